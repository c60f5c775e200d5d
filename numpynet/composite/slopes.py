"""Slopes: derivatives of functions that a tensor samples, from differences of neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet import composite, ops
from numpynet.composite.arguments import composed
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor
from numpynet.ops.arguments import plain

Slopes = tuple[Tensor, Tensor, Tensor]  # at the first sample, at those between, and at the last
Part = Callable[[int | None, int | None], Tensor]  # the samples from one place up to another


@composed
def gradient(input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The derivative along each dimension of the function that the tensor samples.

    With distances l and r to the neighbours it is (l² f(x + r) − r² f(x − l) + (r² − l²) f(x)) / (l r (l + r)), and so
    (f(x + h) − f(x − h)) / 2h where both are h. At the edges it is the slope of the line through 2 samples or, with
    ``edge_order=2``, that of the parabola through 3.

    spacing: the distance of the samples, by default 1; or one for each dimension, or for each a vector of coordinates.
    dim: a dimension, or several; by default all.
    RuntimeError for uint8, for fewer than edge_order + 1 samples, and for spacings that do not fit the dimensions.

    >>> import numpynet
    >>> numpynet.gradient(numpynet.tensor([4.0, 1.0, 0.0, 1.0]))
    (tensor([-3., -2.,  0.,  1.]),)
    """
    dims = [dim] if isinstance(dim, int) else list(range(input.ndim) if dim is None else dim)
    several = isinstance(spacing, (tuple, list))
    distances = list(spacing) if several else [1 if spacing is None else plain(spacing, "float")] * len(dims)
    if len(distances) != len(dims):
        raise RuntimeError(
            f"torch.gradient expected spacing to be unspecified, a scalar, or a list with one for each of the "
            f"{len(dims)} dimensions, but got a list of length {len(distances)}"
        )
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if input._array.dtype == np.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    dims = [normal_dim(one, input.ndim, "gradient") for one in dims]
    for one in dims:
        if dims.count(one) > 1:
            raise RuntimeError(f"dim {one} appears multiple times in the list of dims of gradient()")
        if input.shape[one] <= edge_order:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    return tuple(_along(input, one, distance, edge_order) for one, distance in zip(dims, distances, strict=True))


def _along(input: Tensor, dim: int, distance: Any, edge_order: int) -> Tensor:
    def part(start: int | None, stop: int | None) -> Tensor:
        return input[(*(slice(None),) * dim, slice(start, stop))]

    if isinstance(distance, Tensor):
        slopes = _between(part, distance, (-1,) + (1,) * (input.ndim - 1 - dim), edge_order)
    else:
        slopes = _evenly(part, distance, edge_order)
    return ops.cat(slopes, dim)


def _evenly(f: Part, h: float, edge_order: int) -> Slopes:
    """The slopes where all samples have the same distance."""
    center = (f(2, None) - f(None, -2)) / (2 * h)
    if edge_order == 1:
        return (f(1, 2) - f(0, 1)) / h, center, (f(-1, None) - f(-2, -1)) / h
    return (
        (f(0, 1) * -1.5 + f(1, 2) * 2 - f(2, 3) * 0.5) / h,
        center,
        (f(-3, -2) * 0.5 - f(-2, -1) * 2 + f(-1, None) * 1.5) / h,
    )


def _between(f: Part, points: Tensor, shape: tuple[int, ...], edge_order: int) -> Slopes:
    """The slopes of samples at these points. shape: in which numbers for each point broadcast with the samples."""
    if points.ndim != 1:
        raise RuntimeError(
            f"torch.gradient expected each element of spacing to have one dimension, but got an element with "
            f"{points.ndim} dimensions!"
        )
    steps = composite.diff(points)
    l, r = (ops.reshape(one, shape) for one in (steps[:-1], steps[1:]))  # noqa: E741  as in the formula
    center = f(None, -2) * (-r / (l * (l + r))) + f(1, -1) * ((r - l) / (l * r)) + f(2, None) * (l / (r * (l + r)))
    if edge_order == 1:
        return (f(1, 2) - f(0, 1)) / steps[0], center, (f(-1, None) - f(-2, -1)) / steps[-1]
    h, k = steps[0], steps[1]
    first = f(0, 1) * (-(2 * h + k) / (h * (h + k))) + f(1, 2) * ((h + k) / (h * k)) - f(2, 3) * (h / (k * (h + k)))
    h, k = steps[-1], steps[-2]
    last = (
        f(-3, -2) * (h / (k * (h + k))) - f(-2, -1) * ((h + k) / (h * k)) + f(-1, None) * ((2 * h + k) / (h * (h + k)))
    )
    return first, center, last
