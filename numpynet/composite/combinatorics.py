"""All choices of elements, and the places that numbers count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations as chosen
from itertools import combinations_with_replacement

import numpy as np

from numpynet import composite, ops
from numpynet.composite.arguments import composed, tensors_of
from numpynet.composite.results import wrap
from numpynet.core.tensor import Tensor


def _require_vector(x: Tensor) -> None:
    if x.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(x.shape)}")


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All rows with one element of each vector: (n₁,), (n₂,), ... -> (n₁ n₂ ⋯, count); of one vector that itself.

    >>> import numpynet
    >>> numpynet.cartesian_prod(numpynet.tensor([1, 2]), numpynet.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    tensors = tensors_of("cartesian_prod", tensors)
    for one in tensors:
        _require_vector(one)
    if len(tensors) == 1:
        return tensors[0]
    if len({one.dtype for one in tensors}) > 1:
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    places = np.indices([one.shape[0] for one in tensors]).reshape(len(tensors), -1)
    return ops.stack([one[wrap(at)] for one, at in zip(tensors, places, strict=True)], 1)


@composed
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All rows of r elements of a vector, in their order, each place once or, with replacement, again and again.

    >>> import numpynet
    >>> numpynet.combinations(numpynet.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    _require_vector(input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    rows = (combinations_with_replacement if with_replacement else chosen)(range(input.shape[0]), r)
    places = np.array(list(rows), np.int64).reshape(-1, r)
    return ops.stack([input[wrap(np.ascontiguousarray(at))] for at in places.T], 1)


@composed(asks="indices.is_complex")
def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """The places in a tensor of that shape to which indices of its flattened elements belong: one for each dimension.

    TypeError for indices that are no integers, ValueError for negative sizes.

    >>> import numpynet
    >>> numpynet.unravel_index(numpynet.tensor([5, 1]), (2, 3))
    (tensor([1, 0]), tensor([2, 1]))
    """
    if indices._array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = (shape,) if isinstance(shape, int) else shape
    if not isinstance(sizes, (tuple, list)) or not all(isinstance(size, int) for size in sizes):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {shape}")
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    steps = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    places = composite.floor_divide(ops.unsqueeze(indices, -1), wrap(np.array(steps, np.int64)))
    return composite.unbind(ops.remainder(places, wrap(np.array(sizes, np.int64))), -1)
