"""Pooling: what each window of a signal or an image holds, as its maximum or its mean.

All take arrays (..., *L) and give (..., *P), one number for each place of the kernel; see `numpynet.ops.windows`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_integers
from numpynet.ops.form import Array, op, possible
from numpynet.ops.masks import choose
from numpynet.ops.sums import sum_over
from numpynet.ops.windows import Sizes, add_windows, padded, seen_by, trailing, volume, within

# --- maxima -------------------------------------------------------------------------------------------------


@lru_cache(256)
def _first_places(
    lengths: Sizes, places: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[Array, Array, Array]:
    """Of each place the position of its kernel's first element, and the number of the first one that lies inside.

    Then, for each number, how far that element is from the first. Elements are numbered in their order in the kernel.
    """
    first: Any = np.zeros((1,) * len(lengths), np.int64)
    inside: Any = first
    distances: Any = np.zeros(1, np.int64)
    for axis, (n, count, k, step, margin, gap) in enumerate(
        zip(lengths, places, size, stride, padding, dilation, strict=True)
    ):
        starts = np.arange(count).reshape((-1,) + (1,) * (len(lengths) - 1 - axis)) * step - margin
        first = first * n + starts
        inside = inside * k - np.minimum(starts, 0) // gap
        distances = (distances.reshape(-1, 1) * n + np.arange(k) * gap).reshape(-1)
    number = np.uint8 if len(distances) <= 256 else np.int64
    return first, np.broadcast_to(inside.astype(number), places), distances


def max_positions(x: Array, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, places: Sizes) -> Array:
    """Where in x (..., *L) the maximum of each window is, (..., *P), its spatial dimensions taken as one.

    Of equal maxima it is the first, of several NaN the last, as in torch. What lies outside of x is never chosen.

    >>> max_positions(np.array([3.0, 1.0, 1.0, 5.0]), (2,), (2,), (0,), (1,), (2,))
    array([0, 3])
    """
    lengths = x.shape[-len(size) :]
    first, inside, distances = _first_places(lengths, places, size, stride, padding, dilation)
    after = _margin_after(lengths, places, size, stride, padding, dilation)
    x = padded(x, padding, after, -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min)
    best = x[seen_by((0,) * len(size), places, stride, dilation)]
    chosen: Any = np.broadcast_to(inside, best.shape)
    for number, offset in enumerate(np.ndindex(size)):
        if number:
            seen = x[seen_by(offset, places, stride, dilation)]
            better = (seen > best) | (seen != seen)
            best = choose(better, seen, best)
            chosen = np.maximum(chosen, better * chosen.dtype.type(number))  # the latest has the greatest number
    return first + _looked_up(distances, chosen)


def _looked_up(table: Array, places: Array) -> Array:
    """table[places], in a form that is also computed where the places alone are symbols."""
    return np.take_along_axis(table, places.reshape(-1), 0).reshape(places.shape)


def _margin_after(lengths: Sizes, places: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Sizes:
    """How far the windows at the last places reach beyond the end."""
    values = zip(lengths, places, size, stride, padding, dilation, strict=True)
    return tuple(
        max((count - 1) * step + gap * (k - 1) + 1 - margin - n, 0) for n, count, k, step, margin, gap in values
    )


@op(torch="input", arrays="positions", grad_fn=lambda title: title)
def max_pool(x: Array, *, dims: int, positions: Array, title: str = "MaxPool2DWithIndicesBackward0") -> Array:
    """y = x at the positions of its windows' maxima        x (..., *L), positions (..., *P) -> y (..., *P)

    dims: the number of spatial dimensions. positions: in these taken as one, as `max_positions` finds them.
    title: of the node on the tape.

    >>> max_pool(np.array([[3.0, 1.0, 1.0, 5.0]]), dims=1, positions=np.array([[0, 3]]))
    array([[3., 5.]])
    """
    count = volume(x.shape[:-dims])
    rows, places = x.reshape(count, volume(x.shape[-dims:])), volume(positions.shape[x.ndim - dims :])
    y: Array = np.take_along_axis(rows, positions.reshape(count, places), 1)
    return y.reshape(positions.shape)


def _to_maxima(dy: Array, x_shape: Sizes, dims: int, positions: Array) -> Array:
    """The cotangent of each window, where its maximum was"""
    length = volume(x_shape[-dims:])
    dx = np.zeros_like(dy, shape=volume(x_shape), order="C")
    starts = np.arange(volume(x_shape[:-dims])) * length
    at = positions + starts.reshape(*x_shape[:-dims], *(1,) * dims)
    np.add.at(dx, at.reshape(-1), dy.reshape(-1))
    return dx.reshape(x_shape)


max_pool.gradients(x=_to_maxima)


# --- means --------------------------------------------------------------------------------------------------


@lru_cache(256)
def _counts(
    lengths: Sizes, places: Sizes, size: Sizes, stride: Sizes, padding: Sizes, count_include_pad: bool
) -> tuple[Array, int]:
    """How many elements each window's mean is of, (*P); those of the padding count, or do not."""
    counts: Any = np.ones((1,) * len(lengths), np.int64)
    for axis, (n, count, k, step, margin) in enumerate(zip(lengths, places, size, stride, padding, strict=True)):
        starts = np.arange(count).reshape((-1,) + (1,) * (len(lengths) - 1 - axis)) * step - margin
        ends = np.minimum(starts + k, n + margin)
        counts = counts * (ends - starts if count_include_pad else np.minimum(ends, n) - np.maximum(starts, 0))
    return counts, int(counts.flat[0]) if counts.size and (counts == counts.flat[0]).all() else 0


def _means(
    total: Array,
    lengths: Sizes,
    size: Sizes,
    stride: Sizes,
    padding: Sizes,
    count_include_pad: bool,
    divisor: int | None,
) -> Any:
    """Totals (..., *P), each divided by the number of elements in its window, or by one divisor."""
    if divisor is not None:
        return total / divisor
    counts, same = _counts(lengths, total.shape[-len(size) :], size, stride, padding, count_include_pad)
    return total / (same or counts.astype(total.dtype))


@op(torch="input", accepts=no_integers, piecewise_linear=True, grad_fn=lambda size: f"AvgPool{len(size)}DBackward0")
def avg_pool(
    x: Array,
    *,
    size: Sizes,
    stride: Sizes,
    padding: Sizes,
    places: Sizes,
    count_include_pad: bool = True,
    divisor: int | None = None,
) -> Any:
    """y[p] = Σ x[p · stride + k − padding] over k, divided        x (..., *L) -> y (..., *P)

    The divisor is the number of elements, of the padding too with ``count_include_pad``, unless one is given.
    """
    lengths, ones = x.shape[-len(size) :], (1,) * len(size)
    wide = padded(x, padding, _margin_after(lengths, places, size, stride, padding, ones))
    total: Any = None
    for offset in np.ndindex(size):
        seen = wide[seen_by(offset, places, stride, ones)]
        total = seen + 0 if total is None else total + seen
    return _means(total, lengths, size, stride, padding, count_include_pad, divisor)


def _to_windows(
    dy: Array,
    x_shape: Sizes,
    size: Sizes,
    stride: Sizes,
    padding: Sizes,
    places: Sizes,
    count_include_pad: bool,
    divisor: int | None,
) -> Array:
    """Each mean's cotangent, in equal shares to all elements of its window"""
    d, ones = len(size), (1,) * len(size)
    lengths = x_shape[-d:]
    share = _means(dy, lengths, size, stride, padding, count_include_pad, divisor)
    after = _margin_after(lengths, places, size, stride, padding, ones)
    wide = tuple(map(sum, zip(lengths, padding, after, strict=True)))
    dx = np.zeros_like(dy, shape=(*x_shape[:-d], *wide), order="C")
    values = share.reshape(*x_shape[:-d], *ones, *places)
    add_windows(dx, np.broadcast_to(values, (*x_shape[:-d], *size, *places)), stride, ones)
    return dx[within(padding, lengths)]


avg_pool.gradients(x=_to_windows)


# --- to a given number of places ----------------------------------------------------------------------------


def cells(lengths: Sizes, places: Sizes) -> list[tuple[slice, ...]]:
    """The windows that divide lengths L as evenly as may be: from ⌊p L / P⌋ to ⌈(p + 1) L / P⌉.

    >>> cells((5,), (2,))
    [(slice(0, 3, None),), (slice(2, 5, None),)]
    """
    return [
        tuple(
            slice(p * n // count, -(-(p + 1) * n // count)) for p, n, count in zip(place, lengths, places, strict=True)
        )
        for place in np.ndindex(places)
    ]


@op(
    torch="input",
    accepts=no_integers,
    piecewise_linear=True,
    grad_fn=lambda places: f"AdaptiveAvgPool{len(places)}DBackward0",
)
def adaptive_avg_pool(x: Array, *, places: Sizes) -> Any:
    """y[p] = the mean of x over the cell p of `cells`        x (..., *L) -> y (..., *P)"""
    d = len(places)
    lead, lengths = x.shape[:-d], x.shape[-d:]
    axes = tuple(range(-d, 0))
    y = np.empty_like(x, shape=(*lead, *places), order="C")
    for place, cell in zip(np.ndindex(places), cells(lengths, places), strict=True):
        part = x[trailing(cell)]
        y[trailing(place)] = sum_over(part, axes) / volume(part.shape[-d:])
    return y


def _to_cells(dy: Array, x_shape: Sizes, places: Sizes) -> Array:
    d = len(places)
    dx = np.zeros_like(dy, shape=x_shape, order="C")
    for place, cell in zip(np.ndindex(places), cells(x_shape[-d:], places), strict=True):
        part = dx[trailing(cell)]
        share = dy[trailing(place)] / volume(part.shape[-d:])
        np.add(part, share.reshape(*x_shape[:-d], *(1,) * d), out=part)
    return dx


adaptive_avg_pool.gradients(x=_to_cells)


def adaptive_max_positions(x: Array, places: Sizes) -> Array:
    """Where in x (..., *L) the maximum of each of the `cells` is, as `max_positions` tells it."""
    d = len(places)
    lead, lengths = x.shape[:-d], x.shape[-d:]
    numbers = np.arange(volume(lengths)).reshape(lengths)
    found = []
    for cell in cells(lengths, places):
        part = x[trailing(cell)]
        part = part.reshape(*lead, volume(part.shape[-d:]))
        best = part.argmax(-1)
        missing = part != part
        if possible(missing):
            last = part.shape[-1] - 1 - np.flip(missing, -1).argmax(-1)
            best = np.where(missing.any(-1), last, best)
        found.append(_looked_up(numbers[cell].reshape(-1), best))
    if not found:
        return np.zeros_like(x, dtype=np.int64, shape=(*lead, *places))
    return np.stack(found, -1).reshape(*lead, *places)
