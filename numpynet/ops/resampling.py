"""Resampling: a signal or an image of another size, by interpolation between neighbouring elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_integers
from numpynet.ops.form import Array, op
from numpynet.ops.padding import add_back

Places = tuple[int, ...]
Between = tuple[Places, Places, tuple[float, ...]]


def _weights(share: tuple[float, ...], axis: int, x: Any) -> tuple[Array, Array]:
    """1 − λ and λ, along an axis of x."""
    weights = np.array(share, x.dtype).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    return 1 - weights, weights


@op(torch="input", accepts=no_integers, grad_fn=lambda x, between, title: title)
def interpolated(x: Array, *, between: tuple[Between, ...], title: str = "UpsampleBilinear2DBackward0") -> Array:
    """y[p] = (1 − λ[p]) x[i[p]] + λ[p] x[j[p]] along each of the last dimensions        x (..., *L) -> y (..., *P)

    between: i, j and λ for each of these dimensions. title: of the node on the tape.

    >>> interpolated(np.array([0.0, 4.0]), between=(((0, 0), (1, 1), (0.25, 0.5)),))
    array([1., 2.])
    """
    for axis in reversed(range(x.ndim - len(between), x.ndim)):
        low, high, share = between[axis - x.ndim]
        rest, weights = _weights(share, axis, x)
        x = np.take(x, np.array(low, np.intp), axis) * rest + np.take(x, np.array(high, np.intp), axis) * weights
    return x


def _to_neighbours(dy: Array, x_shape: tuple[int, ...], between: tuple[Between, ...]) -> Array:
    """Each cotangent in the same shares to the two elements that it lies between"""
    first = len(x_shape) - len(between)
    for axis, (low, high, share) in enumerate(between, first):
        rest, weights = _weights(share, axis, dy)
        dy = add_back(dy * rest, axis, x_shape[axis], low) + add_back(dy * weights, axis, x_shape[axis], high)
    return dy


interpolated.gradients(x=_to_neighbours)
