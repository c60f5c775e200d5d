"""Histograms: how many elements fall between given edges, in one dimension or in several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from numpynet.composite.arguments import composed
from numpynet.core import return_types
from numpynet.core.tensor import Tensor, wrap
from numpynet.creation.arguments import integer
from numpynet.creation.by_rule import linspace
from numpynet.ops.acceptance import scalar_name
from numpynet.ops.form import Array


@composed
def histogram(
    input: Tensor, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False
) -> return_types.histogram:
    """How many elements fall into each bin, and the edges of the bins, of which the last contains its upper edge.

    bins: a number of equal bins, or a vector of increasing edges. range: of equal bins; by default the elements' own.
    weight: what each element counts for, in the shape of the input. density: divides by the sum and by the widths.
    Elements outside do not count. NotImplementedError for integers; RuntimeError for no bins, a range that is not
    finite or upside down, and for bins or weights of another dtype or shape.

    >>> import numpynet
    >>> numpynet.histogram(numpynet.tensor([1.0, 2.0, 1.0]), bins=4, range=(0.0, 3.0)).hist
    tensor([0., 2., 1., 0.])
    """
    if range is not None and isinstance(bins, Tensor):
        raise TypeError("histogram() received an invalid combination of arguments: a range goes with a number of bins")
    if weight is not None and weight._array.shape != input._array.shape:
        raise _other_shape([*input.shape, 1], weight)
    weights = None if weight is None else weight._array.reshape(-1)
    counts, edges = _counted("histogram", input._array.reshape(-1, 1), [bins], range, weights, weight, density)
    return return_types.histogram(wrap(counts), edges[0])


@composed
def histogramdd(
    input: Tensor, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False
) -> return_types.histogramdd:
    """How many points, input (..., D), fall into each bin of a grid in D dimensions, and the edges of the bins.

    bins: one number of equal bins, or for each dimension a number or a vector of increasing edges.
    range: the lowest and the highest edge of each dimension, one behind the other.
    weight (...), density, and what is raised: as of `histogram`.

    >>> import numpynet
    >>> numpynet.histogramdd(numpynet.tensor([[0.0, 0.0], [1.0, 2.0]]), bins=[2, 2]).hist
    tensor([[1., 0.],
            [0., 1.]])
    """
    if input._array.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    dims = input._array.shape[-1]
    bins = bins if isinstance(bins, (list, tuple)) else [integer(bins, "histogramdd", "bins", 2)] * dims
    if len(bins) != dims:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    if weight is not None and weight._array.shape != input._array.shape[:-1]:
        raise _other_shape(list(input.shape), weight)
    weights = None if weight is None else weight._array.reshape(-1)
    counts, edges = _counted("histogramdd", input._array.reshape(-1, dims), bins, range, weights, weight, density)
    return return_types.histogramdd(wrap(counts), tuple(edges))


def _other_shape(shape: list[int], weight: Tensor) -> RuntimeError:
    return RuntimeError(
        f"torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor excluding "
        f"its innermost dimension, but got input with shape {shape} and weight with shape {list(weight.shape)}"
    )


def _counted(
    name: str, points: Array, bins: Sequence[Any], bounds: Any, weights: Array | None, weight: Any, density: bool
) -> tuple[Array, list[Tensor]]:
    """The counts of points (N, D), and the edges of each dimension."""
    if points.dtype.kind != "f" or points.dtype.itemsize < 4:
        raise NotImplementedError(
            f"\"histogramdd\" not implemented for '{scalar_name(points)}': convert it, as in x.float()"
        )
    if weights is not None and weights.dtype != points.dtype:
        raise RuntimeError(
            f"torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
            f"dtype, but got input({points.dtype.name}), and weight({weights.dtype.name})"
        )
    if bounds is not None and len(bounds) != 2 * len(bins):
        raise RuntimeError(
            f"torch.{name}: for a {len(bins)}-dimensional histogram range should have {2 * len(bins)} elements, but "
            f"got {len(bounds)}"
        )
    edges = [
        _edges(name, dim, points[:, dim], one, None if bounds is None else bounds[2 * dim : 2 * dim + 2])
        for dim, one in enumerate(bins)
    ]
    inside = np.ones(len(points), bool)
    places = []
    for x, limits in zip(points.T, edges, strict=True):
        first = limits._array
        inside &= (x >= first[0]) & (x <= first[-1])
        places.append(np.minimum(np.searchsorted(first, x, "right") - 1, len(first) - 2))
    counts = np.zeros([len(one) - 1 for one in edges], points.dtype)
    np.add.at(counts, tuple(place[inside] for place in places), 1 if weights is None else weights[inside])
    if density:
        counts /= counts.sum()
        for dim, limits in enumerate(edges):
            counts /= np.diff(limits._array).reshape(-1, *(1,) * (len(edges) - dim - 1))
    return counts, edges


def _edges(name: str, dim: int, x: Array, bins: Any, bounds: Any) -> Tensor:
    """The edges of one dimension's bins."""
    count = bins._array.size - 1 if isinstance(bins, Tensor) else integer(bins, name, "bins", 2)
    if isinstance(bins, Tensor):
        if bins._array.dtype != x.dtype:
            raise RuntimeError(
                f"torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with "
                f"dtype {x.dtype.name} and bins for dimension {dim} with dtype {bins._array.dtype.name}"
            )
        if bins._array.ndim != 1:
            raise RuntimeError(
                f"torch.histogramdd: bins tensor should have one dimension, but got {bins._array.ndim} dimensions in "
                f"the bins tensor for dimension {dim}"
            )
    if count <= 0:
        raise RuntimeError(f"torch.{name}(): bins must be > 0, but got {count} for dimension {dim}")
    if isinstance(bins, Tensor):
        return bins.clone()
    if bounds is not None:
        low, high = map(float, bounds)
    else:
        low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histogramdd: dimension {dim}'s range [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {dim}"
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, count + 1, dtype=wrap(x).dtype)
