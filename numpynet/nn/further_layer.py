"""Further layers as functions: those that few networks have. They are imported when they are first asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.picking import where
from numpynet.core.tensor import Tensor, record, wrap
from numpynet.creation import tensor
from numpynet.nn import functional as F
from numpynet.nn.dot_product_attention import c_name
from numpynet.ops import normalization, temporal_classification
from numpynet.ops.embedding import embedding_bag as bags_of_rows


@composed
def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """y = w x / √(mean x² + eps), with the mean over the last dimensions of each sample (Zhang & Sennrich 2019).

    normalized_shape: the sizes of those dimensions, which w (`weight`) has. eps: by default that of the dtype.
    RuntimeError when they do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.rms_norm(numpynet.tensor([[1.0, 7.0]]), (2,), eps=0.0)
    tensor([[0.2000, 1.4000]])
    """
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            f"rms_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}"
        )
    for place, size in enumerate(normalized_shape):
        if not isinstance(size, int):
            raise TypeError(
                f"rms_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, but found element of "
                f"type {type(size).__name__} at pos {place}"
            )
    if weight is not None:
        F.require_tensor("rms_norm", "weight", 3, weight)
    sizes = tuple(normalized_shape)
    if not sizes:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    if weight is not None and tuple(weight.shape) != sizes:
        raise RuntimeError(
            f"Expected weight to be of same shape as normalized_shape, but got weight of shape {list(weight.shape)} "
            f"and normalized_shape = {list(sizes)}"
        )
    x = input._array
    if x.shape[-len(sizes) :] != sizes:
        raise RuntimeError(
            f"Given normalized_shape={list(sizes)}, expected input with shape [*{', '.join(map(str, sizes))}], "
            f"but got input of size{list(x.shape)}"
        )
    if eps is None and x.dtype.kind == "f":
        eps = float(np.finfo(x.dtype).eps)
    return record(normalization.rms_norm, (input, weight), {"dims": len(sizes), "eps": eps}).contiguous()


def _sizes(index: Tensor, offsets: Any, include_last_offset: bool) -> tuple[int, ...]:
    """How many numbers each bag has; RuntimeError for offsets that do not say so."""
    starts = offsets.tolist()
    if include_last_offset and not starts:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    if starts and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
            f"However, got {starts[0]}"
        )
    if starts and starts[-1] > len(index):
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length({len(index)}) but got offsets[-1] of {starts[-1]}"
        )
    stops = starts if include_last_offset else [*starts, len(index)]
    sizes = tuple(stop - start for start, stop in pairwise(stops))
    if min(sizes, default=0) < 0:
        raise RuntimeError(f"embedding_bag(): offsets must not decrease, but they are {starts}")
    return sizes


@composed
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, the mean or the maximum of the rows of a table in each bag        weight (V, D) -> (bags, D)

    input: (bags, N) integers, or (N,) with all bags one after another and `offsets`, where each begins; with
    `include_last_offset` also where the last one ends. per_sample_weights: as input, factors of the rows, with the sum
    only. padding_idx: the number of a row that does not count. ValueError for what does not fit, IndexError for a
    number out of range, NotImplementedError for `max_norm`, `scale_grad_by_freq` and `sparse`.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> table = numpynet.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> F.embedding_bag(numpynet.tensor([0, 1, 1]), table, numpynet.tensor([0, 2]))
    tensor([[1., 2.],
            [2., 3.]])
    """
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        sizes: tuple[int, ...] = (input.size(1),) * input.size(0)
        input = input.reshape(-1)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
        sizes = _sizes(input, offsets, include_last_offset)
        if sum(sizes) < len(input):  # what lies behind the last bag
            input = input[: sum(sizes)]
            per_sample_weights = None if per_sample_weights is None else per_sample_weights[: sum(sizes)]
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}')."
        )
    F.require_plain_embedding(max_norm, scale_grad_by_freq, sparse)
    if not weight.is_floating_point():
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, "
            f"Float, Double; but got {weight.type()} instead: convert it, as in weight.float()"
        )
    if padding_idx is not None:
        rows = weight.size(0)
        if not -rows <= padding_idx < rows:
            raise RuntimeError(
                f"padding_idx must be within the number of embeddings, {-rows} through {rows - 1}, but got "
                f"{padding_idx}"
            )
        kept = (input != padding_idx % rows).nonzero()[:, 0]
        bags = np.repeat(np.arange(len(sizes)), sizes)[kept._array]
        sizes = tuple(np.bincount(bags, minlength=len(sizes)).tolist())
        input = input[kept]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights[kept]
    options = {"index": wrap(input._array), "sizes": sizes, "mode": mode}
    return record(bags_of_rows, (weight, per_sample_weights), options)


@composed
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """yₒ = x₁ᵀ wₒ x₂ + bₒ        x₁ (..., I), x₂ (..., J), w (O, I, J), b (O,) or None -> y (..., O)

    RuntimeError where shapes do not fit or dtypes differ.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.bilinear(numpynet.tensor([1.0, 2.0]), numpynet.tensor([3.0]), numpynet.tensor([[[1.0], [10.0]]]))
    tensor([63.])
    """
    given = {"input1": input1, "input2": input2, "weight": weight, **({} if bias is None else {"bias": bias})}
    if len({one.dtype for one in given.values()}) > 1:
        kinds = ", ".join(f"{name}: {c_name(one)}" for name, one in given.items())
        raise RuntimeError(f"All tensors must have the same dtype, got {kinds}")
    if input1.dim() != input2.dim():
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}")
    for dim, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if a != b:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {a} and {b}")
    for name, one, dim in (("input1", input1, 1), ("input2", input2, 2)):
        if one.size(-1) != weight.size(dim):
            raise RuntimeError(
                f"bilinear(): {name} size does not match weight size: got {one.size(-1)} but expected "
                f"{weight.size(dim)}"
            )
    if bias is not None and bias.size(0) != weight.size(0):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.size(0)} but expected {weight.size(0)}"
        )
    leading = tuple(input1.shape[:-1])
    x1, x2 = input1.reshape(-1, input1.size(-1)), input2.reshape(-1, input2.size(-1))
    y: Tensor = ops.einsum(x1, weight, x2, equation="ni,oij,nj->no").reshape(*leading, weight.size(0))
    return y if bias is None else y + bias


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
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    several = log_probs.dim() == 3
    x = log_probs if several else log_probs.unsqueeze(1)
    if x.dim() != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {x.dim()}-dimensional tensor for argument #1 'log_probs' (while "
            "checking arguments for ctc_loss_allocate_outputs)"
        )
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
