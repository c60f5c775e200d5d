"""Placing: elements put in the place of others, by a vector of indices, a mask, or along a diagonal."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from numpynet.ops.acceptance import NUMBERS, fitting, scalar_name
from numpynet.ops.form import Array, op, refuse
from numpynet.ops.indexing import index_select, put_back
from numpynet.ops.layout import copied, laid_out
from numpynet.ops.shape import diagonal
from numpynet.ops.sums import sum_to, total

Shape = tuple[int, ...]
LONG = np.dtype(np.int64)

# --- slices by a vector of indices ----------------------------------------------------------------------------


def _slices(dim: int, index: Array) -> tuple[Any, ...]:
    """The full index of the slices at these places along `dim`, which is not negative."""
    return (slice(None),) * dim + (np.atleast_1d(index),)


def _outside(words: str, index: Array, wrong: Array) -> Exception:
    return IndexError(words.format(np.atleast_1d(index)[np.atleast_1d(wrong)][0]))


@op(torch="input source", arrays="index", complex="analytic")
def index_copy(x: Array, source: Array, *, dim: int, index: Array) -> Array:
    """y = x, but with the slices of `source` in the place of x's slices at `index` along `dim`.

    Of slices that are put in one place the last one stays.

    >>> index_copy(np.zeros((3, 2)), np.array([[1.0, 2.0]]), dim=0, index=np.array([1]))
    array([[0., 0.],
           [1., 2.],
           [0., 0.]])
    """
    axis = normalize_axis_index(dim, x.ndim or 1)
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    if not source.ndim and index.size != 1:
        raise IndexError(f"index_copy_(): When source is scalar, index should have one element (got {index.size})")
    if x.ndim and source.ndim and x.ndim != source.ndim:
        raise IndexError(
            f"index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.ndim}), destination dimensionality ({x.ndim})"
        )
    if index.dtype != LONG:
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {scalar_name(index)}")
    if source.dtype != x.dtype:
        raise RuntimeError(
            f"index_copy_(): self and source expected to have the same dtype, but got (self) {scalar_name(x)} and "
            f"(source) {scalar_name(source)}"
        )
    if [*x.shape[:axis], *x.shape[axis + 1 :]] != [*source.shape[:axis], *source.shape[axis + 1 :]]:
        raise RuntimeError(
            f"index_copy_(): Source/destination tensor must have same slice shapes, but they are {list(x.shape)} and "
            f"{list(source.shape)} along dimension {axis}"
        )
    if source.ndim and source.shape[axis] != index.size:
        raise IndexError(
            f"index_copy_(): Number of indices ({index.size}) should be equal to source.size(dim) "
            f"({source.shape[axis]})"
        )
    size = x.shape[axis] if x.ndim else 1
    wrong = (index < 0) | (index >= size)
    words = f"index_copy_(): index {{}} is out of bounds for dimension {axis} with size {size}"
    refuse(wrong, partial(_outside, words), index, wrong)
    y = x.copy()
    np.atleast_1d(y)[_slices(axis, index)] = source
    return y


def _without_slices(dy: Array, dim: int, index: Array) -> Array:
    dx = dy.copy()
    np.atleast_1d(dx)[_slices(normalize_axis_index(dim, dy.ndim or 1), index)] = 0
    return dx


index_copy.gradients(
    x=_without_slices,
    source=lambda dy, source, dim, index: np.reshape(  # which torch keeps for its shape
        index_select.of(dy, dim=dim, index=index.reshape(-1)), source.shape
    ),
)


@op(
    torch="input value",
    arrays="index",
    grad_fn=lambda value: f"IndexFillBackward{1 if hasattr(value, 'dtype') else 0}",
    complex="analytic",
)
def index_fill(x: Array, value: Any, *, dim: int, index: Array) -> Array:
    """y = x, but with one number in x's slices at `index` along `dim`.

    value: a number, or an array without dimensions.

    >>> index_fill(np.zeros(3), 5.0, dim=0, index=np.array([0, -1]))
    array([5., 0., 5.])
    """
    if not isinstance(value, NUMBERS) and value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if index.dtype != LONG:
        raise IndexError(f"index_fill_(): Expected dtype int64 for index, but it is {index.dtype.name}")
    if x.dtype.kind != "c" and (isinstance(value, complex) or getattr(value, "dtype", x.dtype).kind == "c"):
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    axis = normalize_axis_index(dim, x.ndim or 1)
    if index.ndim > 1:
        raise RuntimeError(f"Index has to be a vector/scalar in index_fill_(), but its shape is {list(index.shape)}")
    filling = fitting(value, x.dtype) if isinstance(value, NUMBERS) else value
    if 0 in (*x.shape[:axis], *x.shape[axis + 1 :]):  # where no index is looked at
        return x.copy()
    size = x.shape[axis] if x.ndim else 1
    if not size and index.size:
        raise RuntimeError(f"index_fill_(): there is nothing to fill along dimension {axis} of size 0")
    wrong = (index < -size) | (index >= size)
    words = f"index {{}} is out of bounds for dimension {axis} with size {size} in index_fill_()"
    refuse(wrong, partial(_outside, words), index, wrong)
    y = copied(x, None)
    np.atleast_1d(y)[_slices(axis, index)] = filling
    return y


def _where_filled(dy: Array, value_dtype: Any, dim: int, index: Array) -> Array:
    filled = np.zeros_like(dy, dtype=bool)
    np.atleast_1d(filled)[_slices(normalize_axis_index(dim, dy.ndim or 1), index)] = True
    return total(np.where(filled, dy, 0)).astype(value_dtype)


index_fill.gradients(x=_without_slices, value=_where_filled)

# --- elements by their places in the flattened array ----------------------------------------------------------


@op(torch="input source", arrays="index", complex="analytic")
def put(x: Array, source: Array, *, index: Array, accumulate: bool = False) -> Array:
    """y = x, but with the elements of `source` at the places `index` of the flattened x, or added to what is there.

    Of elements that are put in one place the last one stays.

    >>> put(np.zeros((2, 2)), np.array([1.0, 2.0]), index=np.array([0, -1]))
    array([[1., 0.],
           [0., 2.]])
    """
    if index.dtype != LONG:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {scalar_name(index)}")
    if source.dtype != x.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {scalar_name(x)} and "
            f"source.dtype = {scalar_name(source)}"
        )
    if source.size != index.size:
        raise IndexError(
            f"put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.size}, index.numel() = {index.size}"
        )
    if not x.size and index.size:
        raise IndexError("put_(): Tried to put elements into an empty tensor")
    wrong = (index < -x.size) | (index >= x.size)
    words = f"out of range: tried to access index {{}} on a tensor of {x.size} elements."
    refuse(wrong, partial(_outside, words), index, wrong)
    y = x.reshape(-1).copy()
    if accumulate:
        np.add.at(y, index.reshape(-1), source.reshape(-1))
    else:
        y[index.reshape(-1)] = source.reshape(-1)
    shaped = y.reshape(x.shape)
    return shaped if x.flags.c_contiguous else laid_out(shaped, (x,))


def _without_what_was_put(dy: Array, index: Array, accumulate: bool) -> Array:
    if accumulate:
        return dy
    dx = np.reshape(dy, -1).copy()
    dx[index.reshape(-1)] = 0
    return np.reshape(dx, dy.shape)


put.gradients(
    x=_without_what_was_put,
    source=lambda dy, source, index: np.reshape(np.reshape(dy, -1)[index.reshape(-1)], source.shape),
)


# --- by a mask ------------------------------------------------------------------------------------------------


def _turns(mask: Array, shape: Shape) -> Array:
    """For each element how many places of the mask come before it, and −1 where it is before the first."""
    return np.broadcast_to(mask, shape).reshape(-1).cumsum(0) - 1


@op(torch="input mask source", complex="analytic")
def masked_scatter(x: Array, mask: Array, source: Array) -> Array:
    """y = x, but with the elements of `source`, in their order, where the mask (bool) holds.

    x and the mask broadcast together. RuntimeError when the source has fewer elements than there are places.

    >>> import numpynet
    >>> mask = numpynet.tensor([True, False, True])
    >>> numpynet.masked_scatter(numpynet.zeros(3), mask, numpynet.tensor([1.0, 2.0, 3.0]))
    tensor([1., 0., 2.])
    """
    if mask.dtype.kind != "b":
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {scalar_name(mask)}")
    if source.dtype != x.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got {scalar_name(x)} and "
            f"{scalar_name(source)}"
        )
    shape = np.broadcast_shapes(x.shape, mask.shape)
    places = _turns(mask, shape)
    refuse(places[-1:] >= source.size, _too_few)
    if not source.size:
        return np.broadcast_to(x, shape).copy()
    return np.where(mask, source.reshape(-1)[places].reshape(shape), x)


def _too_few() -> Exception:
    return RuntimeError("masked_scatter: Number of elements of source < number of ones in mask")


def _of_source(dy: Array, mask: Array, source_shape: Shape) -> Array:
    """The cotangents where the mask holds, in their order, and 0 for elements that were not used."""
    size = int(np.prod(source_shape))
    if not size:
        return np.zeros_like(dy, shape=source_shape)
    taken = np.reshape(np.where(mask, dy, 0), -1)
    return np.reshape(put_back(taken, (size,), _turns(mask, dy.shape)), source_shape)


masked_scatter.gradients(
    x=lambda dy, mask, x_shape: sum_to(np.where(mask, 0, dy), x_shape),
    source=_of_source,
)


# --- along a diagonal -----------------------------------------------------------------------------------------


@op(torch="input src")
def diagonal_scatter(x: Array, src: Array, *, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """y = x, but with `src` in the place of ``diagonal(x, offset, dim1, dim2)``, whose shape it must have.

    >>> import numpynet
    >>> numpynet.diagonal_scatter(numpynet.zeros(2, 2), numpynet.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    y = copied(x, None)
    there = diagonal.forward(y, offset=offset, dim1=dim1, dim2=dim2)
    if there.shape != src.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, slice size = "
            f"{list(there.shape)}"
        )
    there[...] = src
    return y


def _off_the_diagonal(dy: Array, offset: int, dim1: int, dim2: int) -> Array:
    dx = dy.copy()
    diagonal.forward(dx, offset=offset, dim1=dim1, dim2=dim2)[...] = 0
    return dx


diagonal_scatter.gradients(
    x=_off_the_diagonal,
    src=lambda dy, offset, dim1, dim2: diagonal.of(dy, offset=offset, dim1=dim1, dim2=dim2),
)
