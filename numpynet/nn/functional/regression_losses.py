"""Losses of the difference of an output and its target."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from numpynet import composite, ops
from numpynet.composite.results import undifferentiable
from numpynet.core.dtypes import can_cast_category, scalar_type_name
from numpynet.core.messages import torch_error
from numpynet.core.tape import OpNode
from numpynet.core.tensor import Tensor
from numpynet.nn.functional.arguments import not_implemented, require_number, require_tensor
from numpynet.nn.functional.reductions import chosen_reduction
from numpynet.ops.form import Array, Op
from numpynet.ops.showing import all_show_operations


def _compared(operation: Op, input: Tensor, target: Tensor, options: dict[str, Any], weight: Tensor | None) -> Tensor:
    """A loss of the difference of input and target, which should be of one size; a warning when they are not.

    weight: of each element; a mean then divides by the sum of the weights. ValueError when it is of another
    size than the input.
    """
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor(operation.name, "input", 1, input, asks="size")
        require_tensor(operation.name, "target", 2, target, asks="size")
    x, t = input._array, target._array
    if weight is not None and not isinstance(weight, Tensor):
        require_tensor(operation.name, "weight", 3, weight, asks="size")
    if weight is not None and weight._array.shape != x.shape:
        _require_broadcasting(operation, x, t)
        raise ValueError("Weights and input must have the same size.")
    if x.dtype is not t.dtype or x.dtype.kind != "f":
        _require_difference(operation, x, t, "" if weight is not None else options["reduction"])
    if x.shape != t.shape:
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            UserWarning,
            stacklevel=3,
        )
        if x.dtype is not t.dtype:  # both then have the dimensions that count where dtypes differ
            input, target = composite.broadcast_tensors(input, target)
            x, t = input._array, target._array
    reduction = options["reduction"]
    if weight is None or operation is ops.huber_loss:
        losses = operation.call(input, target, **(options if weight is None else {**options, "reduction": "none"}))
        if operation is ops.l1_loss and isinstance(losses._node, OpNode):
            losses._node.keep_copies()  # as torch, which keeps signs, and lets both be overwritten
        if operation is ops.huber_loss and t.dtype != x.dtype:
            losses = _as_input(losses, input, target)
        if weight is None:
            return losses
        losses = losses * weight
    else:  # as torch, whose tape keeps the difference, so that both may be overwritten
        difference = input - target
        losses = (difference.abs() if operation is ops.l1_loss else difference**2) * weight
    if reduction == "none":
        return losses
    total: Tensor = ops.sum(losses)
    return total / ops.sum(weight) if reduction == "mean" else total


def _as_input(loss: Tensor, input: Tensor, target: Tensor) -> Tensor:
    """A loss in the dtype of the input, where that is not the target's: torch then refuses to go back through it."""
    found, expected = (target, input) if input.requires_grad else (input, target)
    kinds = [scalar_type_name(one._array.dtype) for one in (found, expected)]
    message = f"huber_loss: Found dtype {kinds[0]} but expected {kinds[1]}: convert the target, as in t.to(x.dtype)"
    return undifferentiable(loss.to(input.dtype), "HuberLossBackward0", message)


def _require_difference(operation: Op, x: Array, t: Array, reduction: str) -> None:
    """NotImplementedError or RuntimeError for dtypes whose difference torch does not take as a loss.

    reduction: empty for losses that are to be weighted, of which torch computes some in another way.
    """
    integers = x.dtype.kind != "f" and t.dtype.kind != "f"
    if operation is ops.l1_loss or (operation is ops.mse_loss and not reduction):
        if "b" in (x.dtype.kind, t.dtype.kind):
            raise RuntimeError(
                f"{operation.name}: Subtraction, the `-` operator, with a bool tensor is not supported: convert it, "
                f"as in x.float()"
            )
        if integers and reduction == "mean":
            raise RuntimeError(
                f"l1_loss: mean(): could not infer output dtype. Input dtype must be either a floating point or "
                f"complex dtype. Got: {scalar_type_name(x.dtype)}: convert it, as in x.float()"
            )
        return
    if operation is ops.huber_loss and not can_cast_category(t.dtype, x.dtype):
        raise RuntimeError(
            f"huber_loss: result type {scalar_type_name(t.dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(x.dtype)}: convert the input, as in x.float()"
        )
    if integers:
        _require_broadcasting(operation, x, t)
        not_implemented(operation.name.replace("_loss", "_cpu"), x)


def _require_broadcasting(operation: Op, x: Array, t: Array) -> None:
    """RuntimeError unless input and target broadcast."""
    try:
        np.broadcast_shapes(x.shape, t.shape)
    except ValueError as error:
        raise torch_error(error, operation.name, [x, t]) from None


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """ℓ = (x − t)², reduced; with a weight for each element, a mean divides by the sum of the weights.

    Warns when the sizes differ; ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.mse_loss(numpynet.tensor([1.0, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(5.)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    return _compared(ops.mse_loss, input, target, {"reduction": reduction}, weight)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """ℓ = |x − t|, reduced; with a weight for each element, a mean divides by the sum of the weights.

    Warns when the sizes differ; ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.l1_loss(numpynet.tensor([1.0, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(2.)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    return _compared(ops.l1_loss, input, target, {"reduction": reduction}, weight)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """ℓ = (x − t)² / 2β where |x − t| < β, else |x − t| − β/2, reduced; with β = 0 it is `l1_loss`.

    Warns when the sizes differ; ValueError for an unknown reduction, RuntimeError for a negative β.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.smooth_l1_loss(numpynet.tensor([0.5, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(1.3125)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if type(beta) is not float:
        bool(beta == 0)  # which a tensor of several elements refuses
        require_number("smooth_l1_loss", "beta", 6, beta)
    if not beta >= 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta: {beta}")
    if beta == 0:
        return _compared(ops.l1_loss, input, target, {"reduction": reduction}, None)
    return _compared(ops.smooth_l1_loss, input, target, {"reduction": reduction, "beta": beta}, None)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """ℓ = (x − t)² / 2 where |x − t| ≤ δ, else δ (|x − t| − δ/2), times the weight of each element, reduced.

    A mean divides by the number of elements, with weights too. Warns when the sizes differ; ValueError for an
    unknown reduction, RuntimeError unless δ > 0.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.huber_loss(numpynet.tensor([0.5, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(1.3125)
    """
    reduction = chosen_reduction(reduction)
    if type(delta) is not float:
        require_number("huber_loss", "delta", 4, delta)
    if not delta > 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta: {delta}")
    if weight is not None and reduction == "mean":
        return ops.mean(huber_loss(input, target, "none", delta, weight))
    return _compared(ops.huber_loss, input, target, {"reduction": reduction, "delta": delta}, weight)


all_show_operations(globals())
