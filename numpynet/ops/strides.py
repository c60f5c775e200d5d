"""Strides: views of memory by steps from element to element, which may come back to the same one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numpynet.ops.form import Array, op
from numpynet.ops.indexing import put_back

Shape = tuple[int, ...]


def overlaps(array: Array) -> bool:
    """Whether some elements of a view may be one element of memory, as far as its strides tell.

    >>> overlaps(np.zeros((2, 3)).T), overlaps(np.broadcast_to(0.0, 3))
    (False, True)
    """
    reach = array.itemsize  # of all elements along the dimensions of shorter strides
    for stride, size in sorted((abs(stride), size) for stride, size in zip(array.strides, array.shape, strict=True)):
        if size > 1:
            if stride < reach:
                return array.size > 0
            reach += stride * (size - 1)
    return False


def looked_at(x: Array, shape: Shape, strides: Shape, offset: int = 0) -> Array:
    """A view of x's memory that starts so many bytes behind its first element. Where it overlaps it is read-only."""
    owner = x
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    offset += x.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    y: Array = np.ndarray(shape, x.dtype, owner.ravel("K"), offset, strides)
    y.flags.writeable = y.flags.writeable and x.flags.writeable and not overlaps(y)
    return y


@op(torch="input", view=True)
def as_strided(x: Array, *, size: Sequence[int], stride: Sequence[int], offset: int = 0) -> Array:
    """y[i, j, ...] = x[offset + i · stride₀ + j · stride₁ + ...], a view of a vector.

    RuntimeError where that leaves the vector.

    >>> as_strided(np.arange(5), size=(3, 3), stride=(1, 1))
    array([[0, 1, 2],
           [1, 2, 3],
           [2, 3, 4]])
    """
    if len(size) != len(stride):
        raise RuntimeError(f"mismatch in length of strides and shape: {len(stride)} and {len(size)} in as_strided()")
    if any(one < 0 for one in (*size, *stride)) or offset < 0:
        raise RuntimeError(
            f"as_strided: Negative sizes, strides and offsets are not supported, got {list(size)}, {list(stride)} and "
            f"{offset}"
        )
    last = offset + sum(step * (count - 1) for step, count in zip(stride, size, strict=True))
    if 0 not in size and last >= x.size:
        raise RuntimeError(
            f"as_strided: sizes {list(size)}, strides {list(stride)} and offset {offset} lead to element {last} of a "
            f"tensor of {x.size} elements"
        )
    if 0 in size:
        return x[:0].reshape(size)
    if type(x) is not np.ndarray:
        return x.as_strided  # type: ignore[attr-defined]  # which a step that is compiled refuses
    (unit,) = x.strides
    return looked_at(x, tuple(size), tuple(step * unit for step in stride), offset * unit)


def _put_back(dy: Array, x_shape: Shape, size: Sequence[int], stride: Sequence[int], offset: int) -> Array:
    places = np.full(size, offset)
    for place, step in zip(np.indices(size, sparse=True), stride, strict=True):
        places = places + place * step
    return put_back(np.reshape(dy, -1), x_shape, places.reshape(-1))


as_strided.gradients(x=_put_back)
