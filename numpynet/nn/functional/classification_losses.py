"""Losses of the probabilities of classes, or of the logits that they come from."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.results import titled
from numpynet.core.dtypes import scalar_type_name
from numpynet.core.functions import current_arrays, placed
from numpynet.core.tensor import Tensor, computed, record, view_of_nobody, wrap
from numpynet.nn.functional.arguments import not_implemented, require_number, require_tensor
from numpynet.nn.functional.reductions import chosen_reduction
from numpynet.ops.arguments import is_integer
from numpynet.ops.form import Op
from numpynet.ops.showing import all_show_operations


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = −w [t ln x + (1 − t) ln(1 − x)] of probabilities x and targets t, reduced; no logarithm below −100.

    ValueError when the sizes differ, and for an unknown reduction; RuntimeError unless all of x and t are in
    [0, 1] and of one dtype. `binary_cross_entropy_with_logits` is accurate also where x is near 0 or 1.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.binary_cross_entropy(numpynet.tensor([0.5]), numpynet.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor("binary_cross_entropy", "input", 1, input, asks="size")
        require_tensor("binary_cross_entropy", "target", 2, target, asks="size")
    if weight is not None and not isinstance(weight, Tensor):
        require_tensor("binary_cross_entropy", "weight", 3, weight, asks="size")
    if target._array.shape != input._array.shape:
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            f"deprecated. Please ensure they have the same size."
        )
    if target._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"binary_cross_entropy: Found dtype {target.dtype} but expected {input.dtype}: convert the target"
        )
    if input._array.dtype.kind != "f":
        not_implemented("binary_cross_entropy", input._array)
    loss = ops.binary_cross_entropy.call(input, target, weight, reduction=reduction)
    if weight is None or weight._array.dtype == input._array.dtype:
        return loss
    return titled(loss.to(input.dtype), loss._node.name() if loss._node else "")


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
    reduction = chosen_reduction(reduction, size_average, reduce)
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor("binary_cross_entropy_with_logits", "input", 1, input, asks="size")
        require_tensor("binary_cross_entropy_with_logits", "target", 2, target, asks="size")
    if weight is not None and not isinstance(weight, Tensor):
        require_tensor("binary_cross_entropy_with_logits", "weight", 3, weight)
    if pos_weight is not None and not isinstance(pos_weight, Tensor):
        require_tensor("binary_cross_entropy_with_logits", "pos_weight", 7, pos_weight)
    x, t = input._array.dtype, target._array.dtype
    same = x is t
    if not (same and x.kind == "f") and input._array.shape == target._array.shape:
        if x.kind != "f":
            not_implemented("log_sigmoid_cpu", input._array)
        if t.kind != "f":
            raise RuntimeError(
                f"binary_cross_entropy_with_logits: result type {scalar_type_name(x)} can't be cast to the desired "
                f"output type {scalar_type_name(t)}: convert the target, as in target.float()"
            )
    loss = ops.binary_cross_entropy_with_logits.call(input, target, weight, pos_weight, reduction=reduction)
    if same and weight is pos_weight is None:
        return loss
    alike = same and all(one is None or one._array.dtype == x for one in (weight, pos_weight))
    if alike or loss._array.dtype == t:
        return loss
    return titled(loss.to(target.dtype), loss._node.name() if loss._node else "")


def _require_kinds(function: str, input: Any, target: Any, weight: Any, ignore_index: Any) -> None:
    """TypeError unless these are tensors, but for weights that are None, and the class to ignore is an integer."""
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor(function, "input", 1, input)
        require_tensor(function, "target", 2, target)
    if weight is not None and not isinstance(weight, Tensor):
        require_tensor(function, "weight", 3, weight)
    if type(ignore_index) is not int and not is_integer(ignore_index):
        kind = type(ignore_index).__name__
        raise TypeError(f"{function}(): argument 'ignore_index' (position 5) must be int, not {kind}")


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = −w[t] x[t], of log-probabilities x (N, C, ...) or (C,) and the classes t (N, ...) or () that are right

    weight: w, of each class. "mean" divides by the sum of the weights of the targets. Targets equal to
    `ignore_index` do not count. IndexError for a target that is no class; ValueError and RuntimeError for
    shapes and dtypes that do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.nll_loss(numpynet.tensor([[-0.5, -1.0]]), numpynet.tensor([1]))
    tensor(1.)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    _require_kinds("nll_loss", input, target, weight, ignore_index)
    return _of_classes(ops.nll_loss, input, target, weight, reduction, ignore_index)


def _of_classes(
    operation: Op, logarithms: Tensor, target: Tensor, weight: Tensor | None, reduction: str, ignore_index: int
) -> Tensor:
    """`nll_loss` as torch gives it, which takes more dimensions than two for images, and views losses in shape."""
    operands, options = (logarithms, target, weight), {"reduction": reduction, "ignore_index": ignore_index}
    (x, t), (arrays, needed) = (logarithms._array, target._array), current_arrays((logarithms,))
    if arrays and weight is None and t.dtype == np.int64 and x.dtype.char in "fd" and 0 < x.ndim < 3:
        y = computed(operation, (x, t, None), options)
        return placed(y, operation, operands, (x, t, None), needed, options)
    loss = record(operation, operands, options)
    return loss if loss._array.ndim < 2 or loss._array.ndim == 3 else view_of_nobody(loss)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """ℓ = −Σ w p ln softmax(z), of logits z (N, C, ...) or (C,) and a target p, reduced

    target: the classes that are right, (N, ...) or (); or the probabilities p, of the shape of z.
    weight: w, of each class, (C,). With classes "mean" divides by the sum of the weights of the targets, and
    targets equal to `ignore_index` do not count; with probabilities it divides by the number of targets.
    label_smoothing: ε in [0, 1]; p becomes (1 − ε) p + ε / C.

    ∂ℓ/∂z = (softmax(z) − one-hot(t)) / N for the mean over N classes t that weigh the same.

    IndexError for a target that is no class; ValueError and RuntimeError for what does not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.cross_entropy(numpynet.tensor([[0.0, 0.0]]), numpynet.tensor([1]))
    tensor(0.6931)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    _require_kinds("cross_entropy", input, target, weight, ignore_index)
    if type(label_smoothing) is not float:
        require_number("cross_entropy", "label_smoothing", 8, label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    shape = input._array.shape
    class_dim = 0 if len(shape) == 1 else 1
    of_probabilities = shape == target._array.shape
    if of_probabilities:
        if not target.is_floating_point():
            raise RuntimeError(f"Expected floating point type for target with class probabilities, got {target.dtype}")
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
    logarithms = ops.log_softmax.call(input, class_dim)
    if of_probabilities:
        return _cross_entropy_of_probabilities(logarithms, target, weight, reduction, label_smoothing, class_dim)
    loss = _of_classes(ops.nll_loss, logarithms, target, weight, reduction, ignore_index)
    if label_smoothing == 0:
        return loss
    share = label_smoothing / shape[class_dim] if shape[class_dim] else 0.0
    smooth = _smooth_loss(logarithms, target, weight, ignore_index, reduction, class_dim)
    return loss * (1 - label_smoothing) + smooth * share


def _along_classes(weight: Tensor, logarithms: Tensor, class_dim: int) -> Tensor:
    """The weights of the classes in a shape that broadcasts against (N, C, ...)."""
    shape = [1] * logarithms._array.ndim
    shape[class_dim] = -1
    return ops.reshape(weight, shape)


def _smooth_loss(
    logarithms: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    class_dim: int,
) -> Tensor:
    """The loss if all classes were equally right: −Σ w ln softmax(z), reduced as `nll_loss` is."""
    if weight is not None:
        logarithms = logarithms * _along_classes(weight, logarithms, class_dim)
    ignored = target._array == ignore_index
    mask = wrap(ignored if class_dim else ignored.reshape(()))
    losses = ops.where(mask, 0.0, -ops.sum(logarithms, dim=class_dim))
    if reduction == "none":
        return losses
    total: Tensor = ops.sum(losses)
    if reduction == "sum":
        return total
    weights = 1 if weight is None else weight._array[np.where(ignored, 0, target._array)]
    return total / ops.sum(wrap(np.where(ignored, 0, weights)))


def _cross_entropy_of_probabilities(
    logarithms: Tensor,
    target: Tensor,
    weight: Tensor | None,
    reduction: str,
    label_smoothing: float,
    class_dim: int,
) -> Tensor:
    count = logarithms._array.shape[class_dim]
    if label_smoothing > 0 and count:
        target = target * (1 - label_smoothing) + label_smoothing / count
    products = logarithms * target
    if weight is not None:
        if weight._array.shape != (count,):
            raise RuntimeError(
                f"cross_entropy: weight tensor should be defined either for all {count} classes or no classes but "
                f"got weight tensor of shape: {list(weight._array.shape)}"
            )
        products = products * _along_classes(weight, logarithms, class_dim)
    if reduction == "none":
        return -ops.sum(products, dim=class_dim)
    loss = -ops.sum(products)
    if reduction == "sum":
        return loss
    if not logarithms._array.size:
        return titled(loss / 0, "NegBackward0")
    return titled(loss / (logarithms._array.size / count), "DivBackward1")


all_show_operations(globals())
