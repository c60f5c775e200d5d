"""Group reduction: elements of a source that go to the same place are reduced together, with what is there or without.

At each place of the result there is a group: the elements of the source that the index sends there and, with
``include_self``, the element of x. Where nothing is sent, x stays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.ops.form import Array, op
from numpynet.ops.indexing import gather, places_along, scatter, scatter_add, scattered

Shape = tuple[int, ...]
REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")
_UFUNCS = {"sum": np.add, "prod": np.multiply, "mean": np.add, "amax": np.maximum, "amin": np.minimum}


def _neutral(reduce: str, kind: np.dtype[Any]) -> Any:
    """What changes nothing when it is reduced together with others."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    if kind.kind == "b":
        return reduce == "amin"
    if kind.kind == "f":
        return -math.inf if reduce == "amax" else math.inf
    return np.iinfo(kind).min if reduce == "amax" else np.iinfo(kind).max


@op(torch="input src", arrays="index")
def scatter_reduce(x: Array, src: Array, *, dim: int, index: Array, reduce: str, include_self: bool = True) -> Array:
    """y = x, but the sum, product, mean or extreme of all src[i, j] with index[i, j] = k at [i, k], for dim = 1.

    Likewise for any dimension and rank. src: of x's dtype and nowhere smaller than the index.
    reduce: "sum", "prod", "mean", "amax" or "amin".
    include_self: whether x[i, k] is one of the elements.

    >>> scatter_reduce(np.zeros(2), np.array([1.0, 3.0, 5.0]), dim=0, index=np.array([0, 1, 0]), reduce="amax")
    array([5., 3.])
    """
    if reduce not in REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if reduce == "mean" and x.dtype.kind == "b":
        raise NotImplementedError("\"scatter_gather_tensor_cpu_reduce_mean\" not implemented for 'Bool'")
    values = scattered("scatter", x, src, dim, index)
    y = x.copy()
    if not index.size:
        return y
    places = places_along(np.atleast_1d(index), dim)
    flat = np.atleast_1d(y)
    if not include_self:
        flat[places] = _neutral(reduce, x.dtype)
    _UFUNCS[reduce].at(flat, places, values)
    if reduce != "mean":
        return y
    counts = _counts(y, dim, index, include_self)
    return y / counts if y.dtype.kind == "f" else y // counts  # rounded down


def _counts(x: Array, dim: int, index: Array, include_self: bool) -> Array:
    """How many elements there are in each group, and 1 where there are none."""
    counts = (np.ones_like if include_self else np.zeros_like)(x, dtype=np.int64)
    np.add.at(np.atleast_1d(counts), places_along(np.atleast_1d(index), dim), 1)
    return np.maximum(counts, 1).astype(x.dtype)


def _array(values: Any) -> Any:
    """What is computed of arrays without dimensions, which NumPy gives as its numbers, as an array."""
    return np.asarray(values) if isinstance(values, np.generic) else values


def _used(src: Array, index: Array) -> Array:
    """The part of the source that goes to the index."""
    return src[tuple(slice(size) for size in index.shape)]


def _shares(dy: Array, x: Array, src: Array, y: Array, dim: int, index: Array) -> Array:
    """The cotangent of each extreme, divided by how many elements equal it.

    As in torch, an element of x that equals it is one of them even where x is in no group.
    """
    equal = (_used(src, index) == gather.forward(y, dim=dim, index=index)).astype(dy.dtype)
    return dy / scatter_add.forward(_array((x == y).astype(dy.dtype)), equal, dim=dim, index=index)


def _of_x(dy: Array, x: Array, src: Array, y: Array, dim: int, index: Array, reduce: str, include_self: bool) -> Array:
    dx = dy
    if reduce == "mean":
        dx = dy / _counts(dy, dim, index, include_self)
    elif reduce == "prod":
        nonzero = np.where(x == 0, 1, x)
        dx = dy * (scatter_reduce.of(nonzero, src, dim=dim, index=index, reduce="prod", include_self=True) / nonzero)
    elif reduce != "sum":
        dx = (x == y) * _shares(dy, x, src, y, dim, index)
    return dx if include_self else scatter.forward(_array(dx), 0, dim=dim, index=index)


def _of_source(
    dy: Array, x: Array, src: Array, y: Array, dim: int, index: Array, reduce: str, include_self: bool
) -> Array:
    src_shape, src = src.shape, _used(src, index)
    if reduce == "sum":
        found = gather.forward(dy, dim=dim, index=index)
    elif reduce == "mean":
        found = gather.forward(dy / _counts(dy, dim, index, include_self), dim=dim, index=index)
    elif reduce == "prod":
        found = _of_factors(dy, x, src, y, dim, index, include_self)
    else:
        shares = gather.forward(_shares(dy, x, src, y, dim, index), dim=dim, index=index)
        found = (src == gather.forward(y, dim=dim, index=index)) * shares
    dsrc = np.zeros_like(dy, shape=src_shape)
    dsrc[tuple(slice(size) for size in index.shape)] = found
    return dsrc


def _of_factors(dy: Array, x: Array, src: Array, y: Array, dim: int, index: Array, include_self: bool) -> Array:
    """For each factor dy times the product of the others: y / src but where src is 0, and alone in that."""
    is_zero = src == 0
    zeros = scatter_add.forward(np.zeros_like(x, dtype=np.int64), is_zero.astype(np.int64), dim=dim, index=index)
    if hasattr(dy, "__tensor__") and np.count_nonzero(zeros > 1):
        raise NotImplementedError("scatter_reduce() of a product in which more than one factor of the source is 0")
    alone = is_zero & (gather.forward(zeros, dim=dim, index=index) == 1)
    others = scatter_reduce.of(
        x, np.where(alone, 1, src), dim=dim, index=index, reduce="prod", include_self=include_self
    )
    return np.where(
        alone,
        gather.forward(dy * others, dim=dim, index=index),
        gather.forward(dy * y, dim=dim, index=index) / np.where(is_zero, 1, src),
    )


scatter_reduce.gradients(x=_of_x, src=_of_source)
