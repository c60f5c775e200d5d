"""Windows: what a kernel covers at each of its places on a signal, an image or a volume, as one view.

The last d dimensions of an array are the spatial ones, of the lengths L; a kernel has d sizes K and is laid down at
P places. Element k of the window at place p is x[p · stride + k · dilation], in every dimension by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from numpynet.ops.form import Array

Sizes = tuple[int, ...]
Part = tuple[slice, slice]

ELEMENTS = 1 << 18  # of the windows, that are copied out at a time


def repeated(value: Any, dims: int) -> tuple[Any, ...]:
    """What is given for each dimension, or one for all of them.

    >>> repeated(2, 3), repeated([1, 2], 2)
    ((2, 2, 2), (1, 2))
    """
    return tuple(value) if isinstance(value, Iterable) else (value,) * dims


def span(size: int, dilation: int) -> int:
    """How many neighbouring elements a kernel reaches over, its gaps included.

    >>> span(3, 2)
    5
    """
    return dilation * (size - 1) + 1


def trailing(index: Iterable[Any]) -> tuple[Any, ...]:
    """An index of the last dimensions, with all of those before."""
    return (..., *index)


def windows(x: Array, size: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """x (..., *L) -> (..., *K, *P), a view

    >>> windows(np.arange(5), (3,), (1,), (1,))
    array([[0, 1, 2],
           [1, 2, 3],
           [2, 3, 4]])
    """
    d = len(size)
    spans = tuple(map(span, size, dilation))
    view = sliding_window_view(x, spans, tuple(range(-d, 0)))  # (..., *(L − spans + 1), *spans)
    view = view[trailing(slice(None, None, step) for step in (*stride, *dilation))]
    first = x.ndim - d
    return view.transpose((*range(first), *range(first + d, first + 2 * d), *range(first, first + d)))


def seen_by(offset: Sizes, places: Sizes, stride: Sizes, dilation: Sizes) -> tuple[Any, ...]:
    """The index of what one element of the kernel sees at all its places.

    >>> np.arange(7)[seen_by((1,), (3,), (2,), (1,))]
    array([1, 3, 5])
    """
    starts = [k * gap for k, gap in zip(offset, dilation, strict=True)]
    values = zip(starts, places, stride, strict=True)
    return trailing(slice(start, start + step * (count - 1) + 1, step) for start, count, step in values)


def add_windows(x: Array, values: Array, stride: Sizes, dilation: Sizes) -> None:
    """x (..., *L) += the values (..., *K, *P) of windows, each where its element was seen: the adjoint of `windows`."""
    d = len(stride)
    size, places = values.shape[-2 * d : -d], values.shape[-d:]
    for offset in np.ndindex(size):
        part = x[seen_by(offset, places, stride, dilation)]
        np.add(part, values[trailing((*offset, *(slice(None),) * d))], out=part)


def padded(x: Array, before: Sizes, after: Sizes, value: float = 0.0) -> Array:
    """x with so many further elements of that value before and after it in each spatial dimension; x itself if none.

    >>> padded(np.ones((1, 2)), (1,), (0,))
    array([[0., 1., 1.]])
    """
    if not any(before) and not any(after):
        return x
    d = len(before)
    lengths = tuple(start + n + stop for start, n, stop in zip(before, x.shape[-d:], after, strict=True))
    wide = np.full_like(x, value, shape=(*x.shape[:-d], *lengths), order="C")
    wide[within(before, x.shape[-d:])] = x
    return wide


def within(before: Sizes, lengths: Sizes) -> tuple[Any, ...]:
    """The index of what was padded, in the padded array."""
    return trailing(slice(start, start + n) for start, n in zip(before, lengths, strict=True))


@lru_cache(256)
def parts(samples: int, places: Sizes, each: int) -> tuple[tuple[Part, ...], ...]:
    """Slices of the samples and of the first spatial dimension of the places, in groups of the same samples.

    each: the elements of the windows of one sample. A part has `ELEMENTS` of them or fewer, unless those of a
    single row are more.

    >>> parts(3, (4,), 1 << 17)
    (((slice(0, 2, None), slice(0, 4, None)),), ((slice(2, 3, None), slice(0, 4, None)),))
    """
    rows = places[0]
    count = max(ELEMENTS // max(each, 1), 1)
    step = rows if each <= ELEMENTS else max(ELEMENTS * rows // each, 1)
    return tuple(
        tuple((slice(start, min(start + count, samples)), row) for row in _slices(rows, step))
        for start in range(0, samples, count)
    )


def _slices(n: int, step: int) -> Iterator[slice]:
    return (slice(start, min(start + step, n)) for start in range(0, n, max(step, 1)))


def places_of(lengths: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Sizes:
    """How many places a kernel has in each dimension of these lengths, padding included.

    >>> places_of((5, 6), (3, 2), (1, 2), (1, 1))
    (3, 3)
    """
    return tuple(
        (n - span(k, gap)) // step + 1 for n, k, step, gap in zip(lengths, size, stride, dilation, strict=True)
    )


def volume(sizes: Sizes) -> int:
    """∏ sizes"""
    return math.prod(sizes)
