"""Losses of sequences of which it is not known what stands where."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.composite.arguments import composed
from numpynet.composite.picking import where
from numpynet.core.tensor import Tensor, record, wrap
from numpynet.creation import tensor
from numpynet.nn.functional.arguments import not_implemented
from numpynet.nn.functional.reductions import chosen_reduction
from numpynet.ops import temporal_classification
from numpynet.ops.showing import all_show_operations


@composed
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """−ln p of a sequence of labels of which it is not known where they stand (Graves et al. 2006).

    log_probs: (T, N, C) or (T, C), logarithms of probabilities. targets: (N, S), or all labels one after another.
    input_lengths, target_lengths: (N,), how many steps and labels count. blank: the label that says nothing.
    reduction: "mean" divides by the target's length before it takes the mean; "sum"; "none". zero_infinity: replaces
    infinite losses, of inputs that are too short, by 0. The gradient is torch's: that of log_probs which come from a
    log_softmax. RuntimeError for lengths that do not fit, ValueError for another reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> x = numpynet.full((2, 1, 2), 0.5).log()
    >>> F.ctc_loss(x, numpynet.tensor([[1]]), [2], [1])  # three of the four paths say 1
    tensor(0.2877)
    """
    reduction = chosen_reduction(reduction)
    several = log_probs.dim() == 3
    x = log_probs if several else log_probs.unsqueeze(1)
    if x.dim() != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {x.dim()}-dimensional tensor for argument #1 'log_probs' (while "
            "checking arguments for ctc_loss_allocate_outputs)"
        )
    if log_probs._array.dtype.kind != "f":
        not_implemented("ctc_loss_cpu", log_probs._array)
    steps, sizes = _lengths("input_lengths", input_lengths), _lengths("target_lengths", target_lengths)
    length, count, labels = x.shape
    for name, given in (("input_lengths", steps), ("target_lengths", sizes)):
        if len(given) != count:
            raise RuntimeError(f"{name} must be of size batch_size")
    if not 0 <= blank < labels:
        raise RuntimeError("blank must be in label range")
    for name, given in (("input_lengths", steps), ("target_lengths", sizes)):
        if min(given, default=0) < 0:
            raise RuntimeError(f"Expected {name} to have value at least 0, but got value {min(given)}")
    if max(steps, default=0) > length:
        raise RuntimeError(f"Expected input_lengths to have value at most {length}, but got value {max(steps)}")
    rows = _rows(targets, sizes, blank)
    wrong = [label for label in rows.ravel().tolist() if not 0 <= label < labels]
    if wrong:
        raise RuntimeError(f"ctc_loss(): a target has the label {wrong[0]}, but the labels are 0 to {labels - 1}")
    options = {"targets": wrap(rows), "input_lengths": steps, "target_lengths": sizes, "blank": blank}
    options["zero_infinity"] = zero_infinity
    loss = record(temporal_classification.ctc_loss, (x,), options)
    if zero_infinity:
        loss = where(loss == math.inf, 0.0, loss)
    if reduction == "mean":
        return (loss / tensor(sizes).clamp(min=1).to(loss.dtype)).mean()
    if reduction == "sum":
        return loss.sum()
    return loss if several else loss.squeeze(0)


def _lengths(name: str, given: Any) -> tuple[int, ...]:
    if isinstance(given, Tensor):
        if given.is_floating_point():
            raise RuntimeError(f"{name} must be integral")
        given = given.reshape(-1).tolist()
    if not isinstance(given, (tuple, list)) or not all(isinstance(one, int) for one in given):
        raise TypeError(
            f"ctc_loss(): argument '{name}' must be Tensor or tuple of ints, not {type(given).__name__}: {given!r}"
        )
    return tuple(given)


def _rows(targets: Tensor, sizes: tuple[int, ...], blank: int) -> Any:
    """The targets (N, S), filled up with the blank."""
    longest, labels = max(sizes, default=0), targets.detach()._array.astype(np.int64)
    rows = np.full((len(sizes), longest), blank)
    wrong = "Expected tensor to have size {} at dimension {}, but got size {} for argument #2 'targets'"
    if labels.ndim == 1:
        if labels.size != sum(sizes):
            raise RuntimeError(wrong.format(sum(sizes), 0, labels.size))
        starts = np.cumsum((0, *sizes))
        for place, size in enumerate(sizes):
            rows[place, :size] = labels[starts[place] : starts[place] + size]
        return rows
    if len(labels) != len(sizes):
        raise RuntimeError(wrong.format(len(sizes), 0, len(labels)))
    if labels.shape[1] < longest:
        raise RuntimeError(wrong.format(f"at least {longest}", 1, labels.shape[1]))
    for place, size in enumerate(sizes):
        rows[place, :size] = labels[place, :size]
    return rows


all_show_operations(globals())
