"""Linear and bilinear maps."""

from __future__ import annotations

import math

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.core.tensor import Tensor, leaf, record
from numpynet.nn.functional.arguments import c_name, require_tensor
from numpynet.ops.showing import all_show_operations


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x wᵀ + b        x (..., I), w (O, I), b (O,) or None -> y (..., O)

    TypeError unless they are tensors; RuntimeError when their shapes do not fit or their dtypes differ.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.linear(numpynet.tensor([[1.0, 2.0]]), numpynet.tensor([[3.0, 4.0]]), numpynet.tensor([0.5]))
    tensor([[11.5000]])
    """
    try:
        dimensions, columns = input._array.ndim, weight._array.ndim
    except AttributeError:
        require_tensor("linear", "input", 1, input)
        require_tensor("linear", "weight", 2, weight)
        raise
    if bias is not None and not isinstance(bias, Tensor):
        require_tensor("linear", "bias", 3, bias)
    if dimensions == columns == 2:
        return ops.linear.call(input, weight, bias)
    if dimensions == 0:
        raise RuntimeError("linear: both arguments to linear need to be at least 1D, but the input is 0D")
    if bias is None:
        return ops.matmul(input, ops.t(weight))
    x, b = input._array, bias._array
    is_row = b.ndim == 1 or sum(size != 1 for size in b.shape) == 1
    is_usual = b.ndim == 1 and b.dtype == weight._array.dtype
    if dimensions != 2 and not (is_row and (is_usual or x.flags.c_contiguous)):  # as torch, which adds it afterwards
        return ops.matmul(input, ops.t(weight)).add_(bias)
    if columns != 2:
        raise RuntimeError(f"linear: mat2 must be a matrix, got {columns}-D tensor")
    *leading, features = x.shape
    shape = (math.prod(leading), features)
    if input._is_quiet() and x.flags.c_contiguous:
        rows = leaf(Tensor, x.reshape(shape), input._writes, False)
    else:
        rows = record(ops.reshape, (input,), {"shape": shape})
    y = ops.linear.call(rows, weight, bias)
    y = record(ops.reshape, (y,), {"shape": (*leading, weight._array.shape[0])})
    return y if dimensions < 3 or x.flags.c_contiguous else titled(y, "AddBackward0")


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


all_show_operations(globals())
