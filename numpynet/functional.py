"""Functions composed of operations: each is a few lines over `numpynet.ops`, so the tape needs no word of it."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet import ops, return_types
from numpynet.messages import torch_error
from numpynet.views import one_of_several

if TYPE_CHECKING:
    from numpynet.tensor import Tensor

__all__ = [
    "allclose",
    "argsort",
    "bmm",
    "chunk",
    "diag",
    "div",
    "dot",
    "equal",
    "flatten",
    "floor_divide",
    "hstack",
    "is_tensor",
    "log_softmax",
    "masked_fill",
    "masked_select",
    "max",
    "median",
    "min",
    "mm",
    "movedim",
    "mv",
    "narrow",
    "nonzero",
    "norm",
    "numel",
    "outer",
    "ravel",
    "repeat_interleave",
    "select",
    "softmax",
    "sort",
    "split",
    "std",
    "tile",
    "topk",
    "tril",
    "triu",
    "unbind",
    "unique",
    "var",
    "vstack",
]


def _wrap(array: Any) -> Tensor:
    from numpynet.tensor import wrap

    return wrap(array)


# --- division -----------------------------------------------------------------------------------------


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """input / other; with rounding_mode "floor" or "trunc" the quotient rounded down or towards zero.

    >>> import numpynet
    >>> numpynet.div(numpynet.tensor([7, -7]), 2), numpynet.div(numpynet.tensor([7, -7]), 2, rounding_mode="floor")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -4]))
    """
    if rounding_mode is None:
        return ops.true_divide(input, other)
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return ops.rounded_divide(input, other, rounding_mode=rounding_mode)


def floor_divide(input: Any, other: Any) -> Tensor:
    """⌊input / other⌋"""
    return div(input, other, rounding_mode="floor")


# --- products -------------------------------------------------------------------------------------------


def _require_dims(name: str, *wanted: tuple[str, Tensor, int]) -> None:
    for argument, tensor, ndim in wanted:
        if tensor.ndim != ndim:
            raise RuntimeError(
                f"{name}(): {argument} must be a {ndim}-D tensor, but its shape is {tuple(tensor.shape)}: "
                f"matmul takes every shape"
            )


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices: (N, K) (K, M) -> (N, M)."""
    _require_dims("mm", ("self", input, 2), ("mat2", mat2, 2))
    return ops.matmul(input, mat2)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector: (N, K) (K,) -> (N,)."""
    _require_dims("mv", ("input", input, 2), ("vec", vec, 1))
    return ops.matmul(input, vec)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two stacks of matrices: (B, N, K) (B, K, M) -> (B, N, M)."""
    _require_dims("bmm", ("batch1", input, 3), ("batch2", mat2, 3))
    return ops.matmul(input, mat2)


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Σ aᵢ bᵢ of two vectors.

    >>> import numpynet
    >>> numpynet.dot(numpynet.tensor([1.0, 2.0]), numpynet.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _require_dims("dot", ("self", input, 1), ("tensor", tensor, 1))
    return ops.matmul(input, tensor)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """aᵢ bⱼ of two vectors: (N,) (M,) -> (N, M)."""
    _require_dims("outer", ("self", input, 1), ("vec2", vec2, 1))
    return ops.mul(ops.unsqueeze(input, 1), vec2)


# --- extremes and order ---------------------------------------------------------------------------------


def _extreme(name: str, input: Tensor, dim: Any, keepdim: bool) -> Any:
    """Values and indices of the extremes along one dimension; the cotangent goes to the element picked."""
    positions = (ops.argmax if name == "max" else ops.argmin)(input, dim, True)
    values = ops.gather(input, dim, positions) if input.ndim else ops.clone(input)
    if not keepdim and input.ndim:
        values, positions = ops.squeeze(values, dim), ops.squeeze(positions, dim)
    return getattr(return_types, name)(values, positions)


def max(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, **numpy_names: Any
) -> Any:
    """The maximum of all elements; with `dim` a pair (values, indices); with a tensor, the larger of each two.

    >>> import numpynet
    >>> numpynet.max(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), 1).indices
    tensor([1, 0])
    """
    dim = numpy_names.get("axis", dim)
    if other is not None or hasattr(dim, "__operation__"):
        return ops.maximum(input, dim if other is None else other)
    return ops.amax(input) if dim is None else _extreme("max", input, dim, keepdim)


def min(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, **numpy_names: Any
) -> Any:
    """The minimum of all elements; with `dim` a pair (values, indices); with a tensor, the smaller of each two.

    >>> import numpynet
    >>> numpynet.min(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]))
    tensor(1.)
    """
    dim = numpy_names.get("axis", dim)
    if other is not None or hasattr(dim, "__operation__"):
        return ops.minimum(input, dim if other is None else other)
    return ops.amin(input) if dim is None else _extreme("min", input, dim, keepdim)


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices that sort the tensor along `dim`, NaN counting as the greatest; equal elements keep their order."""
    array = input._array
    if not array.ndim:
        return _wrap(np.asarray(0))
    if not descending:
        return _wrap(np.argsort(array, axis=dim, kind="stable"))
    backwards = np.argsort(np.flip(array, dim), axis=dim, kind="stable")
    return _wrap(np.flip(array.shape[dim] - 1 - backwards, dim).copy())


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The sorted values along `dim` and the indices they come from.

    >>> import numpynet
    >>> numpynet.sort(numpynet.tensor([3.0, 1.0, 2.0])).values
    tensor([1., 2., 3.])
    """
    order = argsort(input, dim, descending)
    return return_types.sort(ops.gather(input, dim, order) if input.ndim else ops.clone(input), order)


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) values along `dim`, in order, and their indices.

    RuntimeError when there are fewer than k.
    """
    if k > (input.shape[dim] if input.ndim else 1):
        raise RuntimeError(f"topk: selected index k = {k} out of range for shape {tuple(input.shape)}")
    order = narrow(argsort(input, dim, largest), dim, 0, k) if input.ndim else argsort(input)
    return return_types.topk(ops.gather(input, dim, order) if input.ndim else ops.clone(input), order)


def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median, of an even number of elements the lower one; with `dim` a pair (values, indices)."""
    if dim is None:
        flat = flatten(input)
        return select(sort(flat).values, 0, (flat.numel() - 1) // 2)
    order = argsort(input, dim)
    middle = narrow(order, dim, (input.shape[dim] - 1) // 2, 1)
    values = ops.gather(input, dim, middle)
    if not keepdim:
        values, middle = ops.squeeze(values, dim), ops.squeeze(middle, dim)
    return return_types.median(values, middle)


# --- statistics -----------------------------------------------------------------------------------------


def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> Tensor:
    """The variance Σ (x − x̄)² / (n − correction) over `dim`, with correction 1 unless told otherwise.

    >>> import numpynet
    >>> numpynet.var(numpynet.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased else 0
    deviation = input - ops.mean(input, dim=dim, keepdim=True)
    squares = ops.sum(deviation * deviation, dim=dim, keepdim=keepdim)
    n = input.numel() // math.prod(squares.shape) if squares.numel() else 0
    freedom = n - correction
    return squares / (freedom if freedom > 0 else 0.0)


def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> Tensor:
    """The standard deviation, the root of `var`."""
    return ops.sqrt(var(input, dim, unbiased, keepdim, correction=correction))


def norm(input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Tensor:
    """‖x‖ₚ = (Σ |x|ᵖ)^(1/p) over `dim`; "fro" is p = 2, and ±inf are the extremes of |x|.

    >>> import numpynet
    >>> numpynet.norm(numpynet.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if p in ("fro", 2, None):
        return ops.sqrt(ops.sum(input * input, dim=dim, keepdim=keepdim))
    magnitude = ops.abs(input)
    if p == math.inf:
        return ops.amax(magnitude, dim=dim, keepdim=keepdim)
    if p == -math.inf:
        return ops.amin(magnitude, dim=dim, keepdim=keepdim)
    if p == 1:
        return ops.sum(magnitude, dim=dim, keepdim=keepdim)
    return ops.sum(magnitude**p, dim=dim, keepdim=keepdim) ** (1.0 / p)


def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """eˣ / Σ eˣ along `dim`.

    >>> import numpynet
    >>> numpynet.softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return ops.softmax(input if dtype is None else input.to(dtype), dim=dim)


def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """ln softmax(x) = x − ln Σ eˣ along `dim`."""
    return ops.log_softmax(input if dtype is None else input.to(dtype), dim=dim)


# --- shapes ---------------------------------------------------------------------------------------------


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim joined into one.

    >>> import numpynet
    >>> numpynet.flatten(numpynet.zeros(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    shape = tuple(input.shape) or (1,)
    for dim in (start_dim, end_dim):
        if not -len(shape) <= dim < len(shape):
            raise torch_error(IndexError(), "flatten", [input._array], axis=dim)
    start, end = start_dim % len(shape), end_dim % len(shape)
    if start > end:
        raise RuntimeError(
            f"flatten() has invalid args: start_dim {start_dim} cannot come after end_dim {end_dim}"
        )
    return ops.reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return ops.reshape(input, (-1,)) if input.numel() else ops.reshape(input, (0,))


def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The `length` slices from `start` along `dim`, as a view."""
    return input[(slice(None),) * (dim % input.ndim) + (slice(start, start + length),)]


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one index along `dim`, as a view without that dimension."""
    return input[(slice(None),) * (dim % input.ndim) + (index,)]


def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive pieces along `dim`: of one size (the last may be shorter), or of the sizes listed.

    >>> import numpynet
    >>> numpynet.split(numpynet.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    total = tensor.shape[dim]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size <= 0 and total:
            raise RuntimeError(f"split expects split_size be positive, but got split_size={size}")
        sections = [builtins.min(size, total - start) for start in range(0, total, size)] if total else [0]
    else:
        sections = list(split_size_or_sections)
        if sum(sections) != total:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size at dimension "
                f"{dim}), but got split_sizes={sections}"
            )
    pieces, start = [], 0
    for length in sections:
        pieces.append(narrow(tensor, dim, start, length))
        start += length
    return one_of_several("Split", pieces)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most so many pieces of equal size along `dim`, the last one perhaps shorter."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    return split(input, -(-input.shape[dim] // chunks) or 1, dim)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along `dim`, as views."""
    return one_of_several("Unbind", [select(input, dim, position) for position in range(input.shape[dim])])


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side: along dimension 1, or 0 for vectors."""
    raised = [ops.reshape(one, (1,)) if not one.ndim else one for one in tensors]
    return ops.cat(raised, 0 if raised[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one below the other, vectors as rows."""
    return ops.cat([ops.reshape(one, (1, -1)) if one.ndim < 2 else one for one in tensors], 0)


def movedim(input: Tensor, source: int, destination: int) -> Tensor:
    """The tensor with one dimension moved to another place, as a view."""
    order = list(range(input.ndim))
    order.insert(destination % input.ndim, order.pop(source % input.ndim))
    return ops.permute(input, dims=order)


def tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The tensor laid side by side so many times along each dimension: a copy."""
    if len(dims) < input.ndim:
        dims = (1,) * (input.ndim - len(dims)) + tuple(dims)
    shape = (1,) * (len(dims) - input.ndim) + tuple(input.shape)
    interleaved = [size for pair in zip(dims, shape, strict=True) for size in pair]
    lifted = ops.reshape(input, [size for one in shape for size in (1, one)])
    copied = ops.clone(ops.expand(lifted, size=interleaved))
    return ops.reshape(copied, [times * size for times, size in zip(dims, shape, strict=True)])


def repeat_interleave(input: Tensor, repeats: int, dim: int | None = None) -> Tensor:
    """Each slice along `dim` (each element, without `dim`) so many times in succession."""
    if dim is None:
        input, dim = ravel(input), 0
    return ops.index_select(input, dim, _wrap(np.repeat(np.arange(input.shape[dim]), repeats)))


def _triangle(input: Tensor, mask: Any) -> Tensor:
    return ops.where(_wrap(mask), input, 0)


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of a matrix, zeros above it."""
    return _triangle(input, np.tri(*input.shape[-2:], diagonal, dtype=bool))


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of a matrix, zeros below it."""
    return _triangle(input, ~np.tri(*input.shape[-2:], diagonal - 1, dtype=bool))


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix with that diagonal of a vector."""
    if input.ndim == 2:
        rows, columns = np.nonzero(np.eye(*input.shape, diagonal))
        return input[_wrap(rows), _wrap(columns)]
    size = input.shape[0] + abs(diagonal)
    spread = _wrap(
        np.eye(size, size, diagonal, dtype=input._array.dtype)[np.eye(size, size, diagonal).any(axis=1)]
    )
    placed = ops.unsqueeze(input, 1) * spread
    filler = _wrap(np.zeros((abs(diagonal), size), input._array.dtype))
    return ops.cat([placed, filler] if diagonal >= 0 else [filler, placed])


# --- picking --------------------------------------------------------------------------------------------


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The tensor with one number where the mask holds."""
    return ops.where(mask, value, input)


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds, in one dimension."""
    return input[mask]


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the nonzero elements: (N, ndim), or a tuple with a tensor for each dimension."""
    found = np.nonzero(input._array)
    return tuple(_wrap(one) for one in found) if as_tuple else _wrap(np.stack(found, axis=-1))


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
) -> Any:
    """The distinct elements in ascending order; on request also where each went, and how many there are."""
    values, inverse, counts = np.unique(input._array, return_inverse=True, return_counts=True)
    wanted = [_wrap(values)]
    if return_inverse:
        wanted.append(_wrap(inverse.reshape(input.shape)))
    if return_counts:
        wanted.append(_wrap(counts))
    return tuple(wanted) if len(wanted) > 1 else wanted[0]


# --- equality -------------------------------------------------------------------------------------------


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether |input − other| ≤ atol + rtol |other| everywhere."""
    return bool(np.allclose(input._array, other._array, rtol, atol, equal_nan))


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape and the same elements."""
    return bool(np.array_equal(input._array, other._array))


def numel(input: Tensor) -> int:
    """How many elements a tensor has."""
    return input.numel()


def is_tensor(obj: Any) -> bool:
    """Whether an object is a Tensor."""
    from numpynet.tensor import Tensor

    return isinstance(obj, Tensor)
