"""Resampling: a signal or an image of another size, each element a weighted sum of elements of the first one.

Where torch looks for these elements, and how it weighs them, is computed here in the precision in which torch does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_integers
from numpynet.ops.form import Array, op
from numpynet.ops.padding import add_back

Tap = tuple[tuple[int, ...], tuple[float, ...]]  # which element each place takes, and its weight
Taps = tuple[Tap, ...]


def _along(weights: tuple[float, ...], axis: int, x: Any) -> Array:
    """Weights of the places on an axis of x, in a shape that broadcasts against it."""
    return np.array(weights, x.dtype).reshape((-1,) + (1,) * (x.ndim - 1 - axis))


@op(torch="input", accepts=no_integers, grad_fn=lambda title: title)
def interpolated(x: Array, *, taps: tuple[Taps, ...], title: str = "UpsampleBilinear2DBackward0") -> Array:
    """y[p] = Σₖ wₖ[p] x[iₖ[p]] along each of the last dimensions        x (..., *L) -> y (..., *P)

    taps: for each of these dimensions iₖ and wₖ, for every k. title: of the node on the tape.

    >>> interpolated(np.array([0.0, 4.0]), taps=((((0, 0), (0.75, 0.5)), ((1, 1), (0.25, 0.5))),))
    array([1., 2.])
    """
    for axis in reversed(range(x.ndim - len(taps), x.ndim)):
        terms = [np.take(x, np.array(i, np.intp), axis) * _along(w, axis, x) for i, w in taps[axis - x.ndim]]
        x = reduce(operator.add, terms)
    return x


def _to_taken(dy: Array, x_shape: tuple[int, ...], taps: tuple[Taps, ...]) -> Array:
    """Each cotangent, by the same weights, to the elements that its element was made of"""
    for axis, these in enumerate(taps, len(x_shape) - len(taps)):
        terms = [add_back(dy * _along(w, axis, dy), axis, x_shape[axis], i) for i, w in these]
        dy = reduce(operator.add, terms)
    return dy


interpolated.gradients(x=_to_taken)


# --- the elements and their weights -------------------------------------------------------------------------


def _scale(n: int, count: int, factor: float | None, align_corners: bool, real: Any) -> Any:
    """The distance of two places, in elements."""
    if align_corners:
        return real(n - 1) / real(count - 1) if count > 1 else real(0)
    return real(1 / factor) if factor else real(n) / real(count)


def _places(n: int, count: int, factor: float | None, align_corners: bool, real: Any) -> Any:
    """Where the places lie among the elements: the first ones and the last ones together, or the edges of both."""
    scale, places = _scale(n, count, factor, align_corners, real), np.arange(count, dtype=real)
    return places * scale if align_corners else scale * (places + real(0.5)) - real(0.5)


def _taps(sources: list[Any], weights: list[Any]) -> Taps:
    return tuple((tuple(i.tolist()), tuple(w.tolist())) for i, w in zip(sources, weights, strict=True))


def linear_taps(n: int, count: int, factor: float | None, align_corners: bool, real: Any) -> Taps:
    """Of `count` places between n elements the two that each lies between, the nearer one with the greater weight.

    factor: by how much the length is multiplied, where that was given. real: the precision.

    >>> linear_taps(2, 3, None, True, np.float64)
    (((0, 0, 1), (1.0, 0.5, 1.0)), ((1, 1, 1), (0.0, 0.5, 0.0)))
    """
    if n == count:  # whatever the factor is
        every, one = np.arange(n), np.ones(n, real)
        return _taps([every, every], [one, one - one])
    at = np.maximum(_places(n, count, factor, align_corners, real), real(0))
    low = at.astype(int).clip(None, n - 1)
    share = (at - low.astype(real)).clip(0, 1)
    return _taps([low, low + (low < n - 1)], [real(1) - share, share])


def cubic_weights(t: Any, a: float = -0.75) -> list[Any]:
    """The weights of the elements at −1, 0, 1 and 2 for a place at t in [0, 1], by cubic convolution.

    R. Keys 1981, "Cubic convolution interpolation for digital image processing".

    >>> cubic_weights(0.5)
    [-0.09375, 0.59375, 0.59375, -0.09375]
    """

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def cubic_taps(n: int, count: int, factor: float | None, align_corners: bool, real: Any) -> Taps:
    """As `linear_taps`, of the four elements around each place; the first and the last one stand for those beyond.

    >>> [i for i, _ in cubic_taps(3, 2, None, True, np.float64)]
    [(0, 1), (0, 2), (1, 2), (2, 2)]
    """
    at = _places(n, count, factor, align_corners, real)
    low = np.floor(at).astype(int).clip(None, n - 1)
    share = (at - low.astype(real)).clip(0, 1)
    return _taps([(low + k).clip(0, n - 1) for k in (-1, 0, 1, 2)], cubic_weights(share))


def _triangle(x: Any) -> Any:
    return np.maximum(1 - abs(x), 0)


def _bell(x: Any) -> Any:
    """Keys's cubic, with a = −1/2."""
    x, a = abs(x), -0.5
    near, far = ((a + 2) * x - (a + 3)) * x * x + 1, (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(x: Any) -> Any:
    return np.where(abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


FILTERS: dict[str, tuple[Callable[[Any], Any], int]] = {  # and how far to each side they reach
    "bilinear": (_triangle, 1),
    "bicubic": (_bell, 2),
    "lanczos": (_lanczos, 3),
}


def smooth_taps(mode: str, n: int, count: int, factor: float | None, align_corners: bool, real: Any) -> Taps:
    """As `linear_taps`, of all elements under a filter that is as wide as the distance of the places.

    >>> smooth_taps("bilinear", 2, 1, None, False, np.float64)
    (((0,), (0.5,)), ((1,), (0.5,)))
    """
    if n == count:
        return _taps([np.arange(n)], [np.ones(n, real)])
    weigh, reach = FILTERS[mode]
    scale = _scale(n, count, factor, align_corners, real)
    wide = np.maximum(scale, real(1))
    centers = scale * (np.arange(count, dtype=real) + real(0.5))
    first = (centers - reach * wide + real(0.5)).astype(int).clip(0, None)
    last = (centers + reach * wide + real(0.5)).astype(int).clip(None, n) - 1
    steps = range(int((last - first).max(initial=0)) + 1)
    sources = [np.minimum(first + k, last) for k in steps]
    inside = [first + k <= last for k in steps]
    weights = [
        np.where(one, weigh(((first + k) - centers + real(0.5)) / wide), 0)
        for k, one in zip(steps, inside, strict=True)
    ]
    total = reduce(operator.add, weights)
    return _taps(sources, [one / total for one in weights])
