"""Losses of what is not apart by a margin."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from numpynet import composite, ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled, undifferentiable
from numpynet.core.dtypes import bool_, scalar_type_name
from numpynet.core.tensor import Tensor, no_view
from numpynet.creation import ones_like, zeros_like
from numpynet.nn.functional.activations import logsigmoid
from numpynet.nn.functional.distances import pairwise_distance
from numpynet.nn.functional.reductions import chosen_reduction, reduced, require_reduction
from numpynet.ops.form import refuse
from numpynet.ops.showing import all_show_operations


def _out_of_range(what: str) -> RuntimeError:
    return RuntimeError(f"{what} is out of range: it must be a number of a class")


@composed(asks="input1.dim input2.dim target.dim")
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = max(0, margin − t (x₁ − x₂)), of t = 1 where x₁ should be the larger one and −1 where x₂, reduced.

    RuntimeError for tensors of different rank, ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.margin_ranking_loss(numpynet.tensor([1.0]), numpynet.tensor([3.0]), numpynet.tensor([1.0]))
    tensor(2.)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            f"margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{input1.size()}, input2: {input2.size()}, target: {target.size()}"
        )
    return reduced(composite.clamp_min(-target * (input1 - input2) + float(margin), 0), reduction)


@composed
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = x where t = 1, max(0, margin − x) where t = −1, reduced. ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hinge_embedding_loss(numpynet.tensor([0.5, 0.25]), numpynet.tensor([1, -1]), reduction="none")
    tensor([0.5000, 0.7500])
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    margin = margin if input.is_floating_point() else int(margin)  # as torch, which brings it to the input's dtype
    apart = composite.where(target != 1, composite.clamp_min(margin - input, 0), 0)
    return reduced(apart + composite.where(target != -1, input, 0), reduction)


@composed
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = 1 − cos(x₁, x₂) where t = 1, max(0, cos(x₁, x₂) − margin) where t = −1, reduced.

    input1, input2: (N, D) with t (N,), or (D,) with a single t.
    RuntimeError for other shapes, ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> x = numpynet.tensor([[1.0, 0.0], [1.0, 0.0]])
    >>> y = numpynet.tensor([[0.0, 1.0], [1.0, 0.0]])
    >>> F.cosine_embedding_loss(x, y, numpynet.tensor([1, -1]), reduction="none")
    tensor([1., 1.])
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    rank = target.ndim
    if rank > 1:
        raise RuntimeError(f"0D or 1D target tensor expected, multi-target not supported: it has shape {target.size()}")
    if not input1.ndim == input2.ndim == rank + 1:
        raise RuntimeError(
            f"{rank}D target tensor expects {rank + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    squares = [ops.sum(x * x, dim=rank) + 1e-12 for x in (input1, input2)]
    cosine = ops.sum(input1 * input2, dim=rank) / ops.sqrt(squares[0] * squares[1])
    alike = composite.where(target == 1, 1 - cosine, 0.0)
    return reduced(
        alike + composite.where(target == -1, composite.clamp_min(cosine - margin, 0), 0.0),
        reduction,
    )


def _triplet(
    distance: Callable[[Tensor, Tensor], Tensor],
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float,
    swap: bool,
) -> Tensor:
    """How much nearer the negative is than the positive, plus the margin; with `swap` also as near to the positive."""
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            f"The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    far = ops.minimum(far, distance(positive, negative)) if swap else far
    return composite.clamp_min(margin + near - far, 0)


@composed
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = max(0, margin + d(a, p) − d(a, n)), with d of `pairwise_distance`, reduced.

    swap: takes d(p, n) where it is less than d(a, n).
    RuntimeError for tensors of different rank, ValueError for a margin that is not positive and an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.triplet_margin_loss(*numpynet.tensor([[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]]))
    tensor(4.0000)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    losses = _triplet(lambda a, b: pairwise_distance(a, b, p, eps), anchor, positive, negative, margin, swap)
    return reduced(losses, reduction)


@composed(asks="anchor.ndim positive.ndim negative.ndim")
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Any = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """As `triplet_margin_loss`, with a distance of one's own; by default `pairwise_distance`.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> a, p, n = numpynet.tensor([[0.0], [3.0], [2.0]])
    >>> F.triplet_margin_with_distance_loss(a, p, n, distance_function=lambda x, y: (x - y).abs())
    tensor(2.)
    """
    require_reduction(reduction)
    distance = pairwise_distance if distance_function is None else distance_function
    return reduced(_triplet(distance, anchor, positive, negative, margin, swap), reduction)


@composed
def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Tensor:
    """ℓ = ln(1 + e^−tx), of t = 1 and t = −1, reduced. ValueError for an unknown reduction, RuntimeError for integers.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.soft_margin_loss(numpynet.tensor([0.0, 0.0]), numpynet.tensor([1.0, -1.0]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if target.requires_grad:
        raise RuntimeError(
            "The function 'soft_margin_loss' is not differentiable with respect to argument 'target'. This input "
            "cannot have requires_grad True: detach() it"
        )
    product = input * target
    if not input.is_floating_point():
        raise RuntimeError(
            f"soft_margin_loss(): result type Float can't be cast to the desired output type {input.dtype}: convert "
            f"the input, as in x.float()"
        )
    if product.shape != input.shape:
        raise RuntimeError(
            f"soft_margin_loss(): output with shape {list(input.shape)} doesn't match the broadcast shape "
            f"{list(product.shape)}: the target must not be larger than the input"
        )
    loss = reduced(ops.log1p(ops.exp(-product.to(input.dtype))), reduction)
    if target.dtype == bool_:
        message = "soft_margin_loss: Negation, the `-` operator, on a bool tensor is not supported: convert the target"
        return undifferentiable(loss, "SoftMarginLossBackward0", message)
    return titled(loss, "SoftMarginLossBackward0")


@composed
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = −Σ w [t ln σ(x) + (1 − t) ln σ(−x)] / C, over the C classes of the last dimension, reduced.

    target: a tensor, or a number for all. ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.multilabel_soft_margin_loss(numpynet.tensor([[0.0, 0.0]]), numpynet.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    dim = input.ndim - 1
    return reduced(ops.sum(losses, dim=dim) / input.size(dim), reduction)


@composed
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = Σ w[t] max(0, margin − x[t] + x[j])ᵖ / C, over the C − 1 wrong classes j, reduced.

    input: (N, C) with classes t (N,), or (C,) with one class. ValueError for p other than 1 and 2, a weight that is no
    vector and an unknown reduction; RuntimeError for other shapes and for a target that is no class.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.multi_margin_loss(numpynet.tensor([[1.0, 0.5, 3.0]]), numpynet.tensor([0]))
    tensor(1.1667)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    single = input.ndim < 2
    x = ops.reshape(input, shape=(1, -1)) if single else input
    t = ops.reshape(target, shape=(-1,)) if single else target
    classes = x.shape[1]
    if t.shape != x.shape[:1]:
        raise RuntimeError(
            f"multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{x.shape[0]}], but got {list(t.shape)}. Input has shape {list(x.shape)}."
        )
    if weight is not None and weight.requires_grad:
        raise RuntimeError(
            "The function 'multi_margin_loss' is not differentiable with respect to argument 'weight'. This input "
            "cannot have requires_grad True: detach() it."
        )
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    if x._array.dtype.char not in "fd":
        kind = scalar_type_name(x._array.dtype)
        raise NotImplementedError(f"\"multi_margin_loss\" not implemented for '{kind}': convert it, as in x.float()")
    for values, wanted in ((t, np.dtype(np.int64)), (weight, x._array.dtype)):
        if values is not None and values._array.dtype != wanted:
            expected, found = scalar_type_name(wanted), scalar_type_name(values._array.dtype)
            raise RuntimeError(f"multi_margin_loss: expected scalar type {expected} but found {found}")
    refuse((t._array < 0) | (t._array >= classes), partial(_out_of_range, "multi_margin_loss: target"))
    index = ops.unsqueeze(t, 1)
    wrong = ones_like(x, dtype=bool_).scatter_(1, index, value=False)
    over = margin - ops.gather(x, 1, index) + x
    over = ops.masked_fill(over, ~(wrong & (over > 0)), 0)  # and so none of NaN
    losses = over if p == 1 else over * over
    if weight is not None:
        losses = losses * ops.unsqueeze(weight[t], 1)
    loss = ops.sum(losses, dim=1) / max(classes, 1)
    loss = reduced(no_view(ops.reshape(loss, shape=())) if single else loss, reduction)
    return titled(loss, "MultiMarginLossBackward0")


@composed
def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> Tensor:
    """ℓ = Σ max(0, 1 − x[t] + x[j]) / C, over all right classes t and all others j, reduced.

    input: (N, C), with as many integers as target (N, C): the classes that are right, up to the first −1; or both (C,).
    ValueError for an unknown reduction; RuntimeError for other shapes and for a target that is no class.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.multilabel_margin_loss(numpynet.tensor([[0.0, 0.5, 1.0]]), numpynet.tensor([[2, 0, -1]]))
    tensor(0.6667)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    x, t = (ops.reshape(one, (1, -1)) if one.ndim < 2 else one for one in (input, target))
    if input.ndim > 2 or not x.shape[1]:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)} in "
            f"multilabel_margin_loss()"
        )
    if input.shape != target.shape and not (input.numel() == target.numel() == 1):
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)} in "
            f"multilabel_margin_loss()"
        )
    if t._array.dtype != np.int64:
        raise RuntimeError(
            f"multilabel_margin_loss: expected scalar type Long but found {scalar_type_name(t._array.dtype)}"
        )
    classes = x.shape[1]
    if not input.is_floating_point():
        raise NotImplementedError(
            f"\"multilabel_margin_loss\" not implemented for '{scalar_type_name(x._array.dtype)}': convert it, as in "
            f"x.float()"
        )
    refuse(
        (t._array < -1) | (t._array >= classes), partial(_out_of_range, "multilabel_margin_loss: argument #2 'target'")
    )
    counts = ops.cumprod((t >= 0).to(t.dtype), 1)
    right = composite.clamp_min(t, 0)
    others = zeros_like(t).scatter_add_(1, right, counts) == 0
    over = 1 - ops.unsqueeze(ops.gather(x, 1, right), 2) + ops.unsqueeze(x, 1)  # (N, right class, class)
    counted = ops.unsqueeze(counts != 0, 2) & ops.unsqueeze(others, 1) & (over > 0)  # and so none of NaN
    loss = ops.sum(composite.where(counted, over, 0.0), (1, 2)) / classes
    loss = reduced(ops.reshape(loss, ()) if input.ndim < 2 else loss, reduction)
    return titled(loss, "MultilabelMarginLossBackward0")


all_show_operations(globals())
