"""torch.nn.functional: the computations of layers and losses as functions, over `numpynet.ops`."""

from __future__ import annotations

import warnings
from typing import Any

from numpynet import ops
from numpynet.ops.form import Op
from numpynet.tensor import Tensor, record

NO_OPTIONS: dict[str, Any] = {}

# --- layers -------------------------------------------------------------------------------------------


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x wᵀ + b        x (..., I), w (O, I) or (I,), b (O,) or None -> y (..., O) or (...)

    RuntimeError when the shapes do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.linear(numpynet.tensor([[1.0, 2.0]]), numpynet.tensor([[3.0, 4.0]]), numpynet.tensor([0.5]))
    tensor([[11.5000]])
    """
    if input._array.ndim == 2 and weight._array.ndim == 2:
        return record(ops.linear, (input, weight, bias), NO_OPTIONS)
    if weight._array.ndim == 1:
        y: Tensor = ops.matmul(input, weight)
        return y if bias is None else y + bias
    if input._array.ndim == 0:
        raise RuntimeError("linear: both arguments to linear need to be at least 1D, but the input is 0D")
    *leading, features = input._array.shape
    rows = ops.reshape(input, (-1, features) if input._array.size else (_count(leading), features))
    y = record(ops.linear, (rows, weight, bias), NO_OPTIONS)
    return ops.reshape(y, (*leading, weight._array.shape[0]))


def _count(sizes: list[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product


# --- activations --------------------------------------------------------------------------------------


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(x, 0); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.relu(numpynet.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else record(ops.relu, (input,), NO_OPTIONS)


def sigmoid(input: Tensor) -> Tensor:
    """y = 1 / (1 + e⁻ˣ)"""
    return record(ops.sigmoid, (input,), NO_OPTIONS)


def tanh(input: Tensor) -> Tensor:
    """y = tanh x"""
    return record(ops.tanh, (input,), NO_OPTIONS)


# --- losses -------------------------------------------------------------------------------------------


def legacy_reduction(size_average: bool | None, reduce: bool | None) -> str | None:
    """The reduction meant by torch's two deprecated arguments; None when neither is given."""
    if size_average is None and reduce is None:
        return None
    reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
        UserWarning,
        stacklevel=3,
    )
    return reduction


def _compared(
    operation: Op, input: Tensor, target: Tensor, options: dict[str, Any], weight: Tensor | None
) -> Tensor:
    """A loss of the difference of input and target, which should be of one size; a warning when they are not.

    weight: of each element; a mean then divides by the sum of the weights. ValueError when it is of another
    size than the input.
    """
    if input._array.shape != target._array.shape:
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            UserWarning,
            stacklevel=3,
        )
    if weight is None:
        return record(operation, (input, target), options)
    if weight._array.shape != input._array.shape:
        raise ValueError("Weights and input must have the same size.")
    reduction = options["reduction"]
    losses = record(operation, (input, target), {**options, "reduction": "none"}) * weight
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    total: Tensor = ops.sum(losses)
    return total / ops.sum(weight) if reduction == "mean" else total


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
    reduction = legacy_reduction(size_average, reduce) or reduction
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
    reduction = legacy_reduction(size_average, reduce) or reduction
    return _compared(ops.l1_loss, input, target, {"reduction": reduction}, weight)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """ℓ = −w [p t ln σ(z) + (1 − t) ln(1 − σ(z))] of logits z (`input`) and targets t, reduced.

    w is `weight`, p `pos_weight`; both broadcast to z. ValueError when the sizes of z and t differ, and for
    an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.binary_cross_entropy_with_logits(numpynet.tensor([0.0]), numpynet.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = legacy_reduction(size_average, reduce) or reduction
    operands = (input, target, weight, pos_weight)
    return record(ops.binary_cross_entropy_with_logits, operands, {"reduction": reduction})
