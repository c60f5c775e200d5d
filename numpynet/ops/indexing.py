"""Indexing: elements picked out of a tensor, put into it, and their gradients, which scatter and gather.

An index is what NumPy takes: integers, slices, None, Ellipsis, integer arrays, boolean masks, or a tuple.
Basic indices give views, arrays give copies, in torch as in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.form import Array, op, sum_to

Index = Any
Shape = tuple[int, ...]


def is_basic(index: Index) -> bool:
    """Whether an index consists of integers, slices, None and Ellipsis only, and therefore gives a view."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(part, (np.ndarray, list, bool, np.bool_)) for part in parts)


def scatter(dy: Array, shape: Shape, index: Index) -> Array:
    """Zeros of that shape with dy added at the index: an element picked twice gets both cotangents."""
    dx = np.zeros(shape, dy.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    repeats = any(
        isinstance(part, (list, np.ndarray)) and np.asarray(part).dtype.kind != "b" for part in parts
    )
    if repeats:
        np.add.at(dx, index, dy)
    else:
        dx[index] = dy
    return dx


def _name(x: Any, index: Index) -> str:
    if not is_basic(index):
        return "IndexBackward0"
    last = index[-1] if isinstance(index, tuple) and index else index
    if isinstance(last, (int, np.integer)):
        return "SelectBackward0"
    if last is None:
        return "UnsqueezeBackward0"
    return "SliceBackward0" if isinstance(last, slice) else "AliasBackward0"


@op(torch="input", view=True, grad_fn=_name)
def index(x: Array, *, index: Index) -> Any:
    """y = x[index]"""
    if is_basic(index):
        parts = index if isinstance(index, tuple) else (index,)
        if Ellipsis not in parts:
            return x[(*parts, ...)]  # with an Ellipsis even a single element is a view, not a NumPy scalar
    return x[index]


index.gradients(x=lambda dy, x_shape, index: scatter(dy, x_shape, index))


@op(
    torch="input value",
    grad_fn=lambda x, value, index: "CopySlices" if is_basic(index) else "IndexPutBackward0",
)
def index_put(x: Array, value: Any, *, index: Index) -> Array:
    """y = x, but with `value` (broadcast) at the index. Of values put twice in one place the last one stays."""
    y = x.copy()
    y[index] = value
    return y


def _outside(dy: Array, index: Index) -> Array:
    dx = dy.copy()
    dx[index] = 0
    return dx


index_put.gradients(
    x=lambda dy, index: _outside(dy, index),
    value=lambda dy, value_shape, index: sum_to(dy[index], value_shape),
)


def _along(array: Array, positions: Array, dim: int) -> tuple[Array, ...]:
    """The full index that takes `positions` along `dim` and stays in place elsewhere."""
    grids = list(np.indices(positions.shape, sparse=True))
    grids[dim] = positions
    return tuple(grids)


def _check_positions(name: str, x: Array, dim: int, positions: Array) -> None:
    if x.ndim != positions.ndim:
        raise RuntimeError(
            f"{name}(): Index tensor must have the same number of dimensions as input tensor, but the index has "
            f"shape {positions.shape} and the input {x.shape}"
        )
    if positions.dtype.kind not in "iu":
        raise RuntimeError(f"{name}(): Expected dtype int64 for index, but it is {positions.dtype.name}")
    size = x.shape[dim] if x.ndim else 1
    if positions.size and (positions.min() < 0 or positions.max() >= size):
        outside = positions[(positions < 0) | (positions >= size)][0]
        raise RuntimeError(f"{name}(): index {outside} is out of bounds for dimension {dim} with size {size}")


@op(torch="input")
def gather(x: Array, *, dim: int, index: Array) -> Array:
    """y[i, j] = x[i, index[i, j]] for dim = 1, and likewise for any dimension and rank.

    index: int64, of x's rank and at most its size elsewhere than along `dim`; y has its shape.
    RuntimeError when an index is outside.

    >>> import numpynet
    >>> numpynet.gather(numpynet.tensor([[1, 2], [3, 4]]), 1, numpynet.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    _check_positions("gather", x, dim, index)
    return x[_along(x, index, dim)] if x.ndim else x.copy()


gather.gradients(
    x=lambda dy, x_shape, dim, index: scatter(dy, x_shape, _along(dy, index, dim) if index.ndim else ()),
)


@op(torch="input")
def index_select(x: Array, *, dim: int, index: Array) -> Array:
    """The slices of x along `dim` at the positions of the 1-dimensional int64 `index`.

    >>> import numpynet
    >>> numpynet.index_select(numpynet.tensor([[1, 2], [3, 4]]), 1, numpynet.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    return np.take(x, index, axis=dim)


index_select.gradients(
    x=lambda dy, x_shape, dim, index: scatter(
        dy, x_shape, (slice(None),) * (dim % max(len(x_shape), 1)) + (np.asarray(index),)
    ),
)
