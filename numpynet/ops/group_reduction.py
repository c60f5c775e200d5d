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


_FIRST = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "amax": -math.inf, "amin": math.inf}


@op(torch="data", arrays="index counts")
def segment_reduce(
    x: Array, *, dim: int, index: Array, counts: Array, reduce: str, initial: float | None = None
) -> Array:
    """y[i, k] = the sum, product, mean or extreme of `initial` and all x[i, j] with index[i, j] = k, for dim = 1.

    Likewise for any dimension and rank. index: of x's shape. counts: how many elements there are in each group, in a
    shape that broadcasts to that of y. reduce: "sum", "prod", "mean", "amax" or "amin".
    Without `initial` a group of none has 0, 1, NaN, −∞ or ∞.

    >>> groups = {"index": np.array([0, 0, 1]), "counts": np.array([2, 1])}
    >>> segment_reduce(np.array([1.0, 3.0, 5.0]), dim=0, **groups, reduce="sum")
    array([4., 5.])
    """
    shape = (*x.shape[:dim], counts.shape[dim], *x.shape[dim + 1 :])
    y = np.full_like(x, _FIRST[reduce] if initial is None else initial, shape=shape)
    _UFUNCS[reduce].at(y, places_along(index, dim), x)
    if reduce != "mean":
        return y
    return y / (counts if initial is None else np.maximum(counts, 1)).astype(x.dtype)


def _of_segments(
    dy: Array, x: Array, y: Array, dim: int, index: Array, counts: Array, reduce: str, initial: float | None
) -> Array:
    """To each term what its sum gets, of each mean its part, to each factor the product of the others.

    An extreme shares dy with its equals only where dy is positive, and NaN is always one, as in torch.
    """

    def there(values: Array) -> Array:
        return gather.forward(values, dim=dim, index=index)

    def how_many(chosen: Array) -> Array:
        return there(segment_reduce.forward(chosen.astype(x.dtype), dim=dim, index=index, counts=counts, reduce="sum"))

    def without(those: Array) -> Array:
        """The product of each segment, but for the only one of those that is in it."""
        alone = those & (how_many(those) == 1)
        if hasattr(dy, "__tensor__") and np.count_nonzero(those & ~alone):
            raise NotImplementedError("segment_reduce() of a product in which more than one factor is 0 or NaN")
        factors = np.where(alone, 1, x)
        return there(segment_reduce.of(factors, dim=dim, index=index, counts=counts, reduce="prod", initial=initial))

    if reduce == "mean":
        return there(dy / counts.astype(dy.dtype))
    dy_there, y_there = there(dy), there(y)
    if reduce == "prod":
        is_nan, is_zero = np.isnan(x), x == 0
        quotients = dy_there * y_there / np.where(is_zero, 1, x)
        return np.where(is_nan | is_zero, dy_there * np.where(is_nan, without(is_nan), without(is_zero)), quotients)
    if reduce != "sum":
        attained = np.isnan(x) | (x == y_there)
        return np.where(attained, dy_there / np.where(dy_there > 0, how_many(attained), 1), 0)
    return dy_there


segment_reduce.gradients(x=_of_segments)
