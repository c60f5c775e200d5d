"""Grid sampling: an image looked up at any places, between its pixels too. It is imported when it is first asked for.

M. Jaderberg et al. 2015, "Spatial transformer networks".
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from numpynet.ops.acceptance import no_integers
from numpynet.ops.form import Array, op
from numpynet.ops.resampling import cubic_weights


class _Tap(NamedTuple):
    """A pixel that places take, along one dimension."""

    pixel: Array  # its number, of each place
    weight: Array  # 0 where there is no such pixel
    slope: Array  # the derivative of the weight by the place, counted in pixels


def _scale(n: int, align_corners: bool) -> float:
    """How many pixels are a step of 1 in the grid."""
    return (n - 1) / 2 if align_corners else n / 2


def _mirrored(at: Array, n: int, align_corners: bool) -> tuple[Array, Array]:
    """Places between two mirrors, which stand at the centers of the outermost pixels or at their edges; ±1."""
    first, width = (0.0, n - 1) if align_corners else (-0.5, n)
    if width == 0:
        return 0 * at, np.zeros_like(at)
    behind, sign = abs(at - first), np.where(at < first, -np.ones_like(at), np.ones_like(at))
    turns, inside = np.floor(behind / width), np.fmod(behind, width)
    even = np.fmod(turns, 2) == 0  # the number of times that it has been mirrored, but for the first mirror
    return np.where(even, inside, width - inside) + first, np.where(even, sign, -sign)


def _within(at: Array, n: int, padding: str, align_corners: bool) -> tuple[Array, Array]:
    """Places moved into the image, and the derivatives of that."""
    if padding == "zeros":
        return at, np.ones_like(at)
    at, slope = _mirrored(at, n, align_corners) if padding == "reflection" else (at, np.ones_like(at))
    return np.minimum(np.maximum(at, 0.0), float(n - 1)), np.where((at > 0) & (at < n - 1), slope, 0.0)


def _cubic_slopes(t: Any, a: float = -0.75) -> list[Any]:
    """The derivatives of `cubic_weights` by t."""

    def near(x: Any) -> Any:
        return (3 * (a + 2) * x - 2 * (a + 3)) * x

    def far(x: Any) -> Any:
        return (3 * a * x - 10 * a) * x + 8 * a

    return [far(t + 1), near(t), -near(1 - t), -far(2 - t)]


def _taps(at: Array, n: int, mode: str, padding: str, align_corners: bool) -> list[_Tap]:
    """The pixels, of n along one dimension, that make up what is seen at these places."""
    weights: list[Any]
    slopes: list[Any]
    if mode == "bicubic":
        low = np.floor(at)
        places = [_within(low + k, n, padding, align_corners)[0] for k in (-1, 0, 1, 2)]
        weights, slopes = cubic_weights(at - low), _cubic_slopes(at - low)
    else:
        at, slope = _within(at, n, padding, align_corners)
        low = np.floor(at)
        share = at - low
        places, weights, slopes = [low, low + 1], [1 - share, share], [-slope, slope]
        if mode == "nearest":
            places, weights, slopes = [np.rint(at)], [np.ones_like(at)], [np.zeros_like(at)]
    taps = []
    for place, weight, slope in zip(places, weights, slopes, strict=True):
        outside = (place < 0) | (place > n - 1)
        pixel = np.where((place >= 0) & (place <= n - 1), place, 0.0).astype(np.int64)  # of NaN too
        taps.append(_Tap(pixel, np.where(outside, 0.0, weight), np.where(outside, 0.0, slope)))
    return taps


def _all_taps(g: Array, lengths: tuple[int, ...], mode: str, padding: str, align_corners: bool) -> list[list[_Tap]]:
    """The taps along each dimension of the image; the last coordinate of the grid is that of its first dimension."""
    taps = []
    for place, n in enumerate(lengths):
        at = (g[..., len(lengths) - 1 - place] + 1) * _scale(n, align_corners)
        taps.append(_taps(at if align_corners else at - 0.5, n, mode, padding, align_corners))
    return taps


def _pixel(chosen: tuple[_Tap, ...], lengths: tuple[int, ...], channels: int) -> Array:
    """The numbers of the pixels that taps along all dimensions meet in, (N, C, P), with those of an image in a row."""
    number: Any = 0
    for tap, n in zip(chosen, lengths, strict=True):
        number = number * n + tap.pixel
    samples, places = number.shape[0], math.prod(number.shape[1:])
    return np.broadcast_to(number.reshape(samples, 1, places), (samples, channels, places))


def _seen(x: Array, chosen: tuple[_Tap, ...], places: tuple[int, ...]) -> Array:
    """The pixels themselves        x (N, C, *L) -> (N, C, *P)"""
    samples, channels, *lengths = x.shape
    rows = x.reshape(samples, channels, math.prod(lengths))
    return np.take_along_axis(rows, _pixel(chosen, tuple(lengths), channels), 2).reshape(samples, channels, *places)


def _weight(taps: tuple[_Tap, ...], by: int | None = None) -> Array:
    """∏ w of the taps along all dimensions, or its derivative by the place along one of them        (N, 1, *P)"""
    weight: Any = 1
    for dim, tap in enumerate(taps):
        weight = weight * (tap.slope if dim == by else tap.weight)
    return np.expand_dims(weight, 1)


@op(
    torch="input grid",
    promotes="same",
    accepts=no_integers,
    grad_fn=lambda x: f"GridSampler{x.ndim - 2}DBackward0",
)
def grid_sampler(x: Array, g: Array, *, mode: str, padding: str, align_corners: bool) -> Array:
    """y[n, c, p] = Σₖ wₖ(g[n, p]) x[n, c, k], over the pixels k around each place

    x (N, C, *L), g (N, *P, d) -> y (N, C, *P). The weights w are products of one for each of the d dimensions. A
    coordinate of −1 is at the beginning and one of 1 at the end of the image, the first coordinate along the last
    dimension of x.

    mode: "nearest", "bilinear" (also of volumes) or "bicubic". padding: "zeros", "border" or "reflection", for places
    beyond the image. align_corners: whether −1 and 1 are the centers of the outermost pixels, in place of their edges.

    >>> image, grid = np.array([[[[0.0, 4.0]]]]), np.array([[[[-0.25, 0.0]]]])
    >>> grid_sampler(image, grid, mode="bilinear", padding="zeros", align_corners=False)
    array([[[[1.]]]])
    """
    taps = _all_taps(g, x.shape[2:], mode, padding, align_corners)
    terms = [_weight(chosen) * _seen(x, chosen, g.shape[1:-1]) for chosen in product(*taps)]
    y: Array = terms[0]
    for term in terms[1:]:
        y = y + term
    return y


def _to_pixels(dy: Array, g: Array, x_shape: tuple[int, ...], mode: str, padding: str, align_corners: bool) -> Array:
    """Each cotangent, by the weight, to every pixel that its place has seen"""
    samples, channels, *lengths = x_shape
    size = math.prod(lengths)
    starts = np.arange(samples * channels).reshape(samples, channels, 1) * size
    dx = np.zeros_like(dy, shape=(samples * channels * size,), order="C")
    for chosen in product(*_all_taps(g, tuple(lengths), mode, padding, align_corners)):
        at = _pixel(chosen, tuple(lengths), channels) + starts
        np.add.at(dx, at.reshape(-1), (dy * _weight(chosen)).reshape(-1))
    return dx.reshape(x_shape)


def _to_places(dy: Array, x: Array, g: Array, mode: str, padding: str, align_corners: bool) -> Array:
    """By how much the pixels around a place differ in each direction: Σ over c, k of dy x ∂w/∂g"""
    lengths = x.shape[2:]
    total: list[Any] = [0] * len(lengths)
    for chosen in product(*_all_taps(g, lengths, mode, padding, align_corners)):
        seen = np.sum(dy * _seen(x, chosen, g.shape[1:-1]), axis=1, keepdims=True)
        for dim, n in enumerate(lengths):
            total[dim] = total[dim] + seen * _weight(chosen, dim) * _scale(n, align_corners)
    return np.stack([one[:, 0] for one in reversed(total)], -1)


grid_sampler.gradients(x=_to_pixels, g=_to_places)
