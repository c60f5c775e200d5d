"""Storages: the memory behind tensors, as torch's files tell of it.

A tensor is a view of a storage, a vector of elements: an offset, sizes and strides, all counted in elements. Tensors
that share memory name one storage, and share memory again when they are read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from numpynet.core.tensor import Tensor, wrap
from numpynet.core.views import owner_of
from numpynet.ops.acceptance import TORCH_SCALARS
from numpynet.ops.form import Array

# torch's names of the storages of each dtype.
NAMES = {dtype: f"{scalar}Storage" for dtype, scalar in TORCH_SCALARS.items()}


class StorageType(NamedTuple):
    """A dtype by torch's name of its storages."""

    dtype: str

    @property
    def numpy(self) -> np.dtype[Any]:
        """The same as a dtype of NumPy's."""
        return np.dtype(self.dtype)


TYPES = {name: StorageType(dtype) for dtype, name in NAMES.items()}


class Place(NamedTuple):
    """Where a tensor lies in a storage, in elements."""

    owner: Array  # whose memory the storage is
    offset: int
    strides: tuple[int, ...]


def place(tensor: Tensor) -> Place:
    """The storage that a tensor looks into, and where.

    >>> import numpynet
    >>> place(numpynet.arange(6).reshape(2, 3)[1])[1:]
    (3, (1,))
    """
    array = tensor._array
    owner = owner_of(array)
    dense = owner.flags.c_contiguous or owner.flags.f_contiguous
    if not dense or owner.dtype != array.dtype or type(owner) is not np.ndarray or min(array.strides, default=0) < 0:
        owner = array = np.ascontiguousarray(array)
        return Place(owner, 0, wrap(array.reshape(tensor.shape)).stride())
    offset = (array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]) // owner.itemsize
    return Place(owner, offset if array.size else 0, tensor.stride())


def contents(owner: Array) -> Array:
    """The elements of a storage as they lie in memory: a vector that shares it."""
    return (owner if owner.flags.c_contiguous else owner.T).reshape(-1)


def tensor_at(storage: Array, offset: Any, sizes: Any, strides: Any) -> Tensor:
    """The tensor at that place in a storage, sharing its memory.

    ValueError unless these are integers, and all its elements are inside.

    >>> tensor_at(np.arange(6), 3, (3,), (1,))
    tensor([3, 4, 5])
    """
    if not (_are_sizes([offset]) and _are_sizes(sizes) and _are_sizes(strides) and len(sizes) == len(strides) <= 64):
        raise ValueError(f"a tensor of sizes {sizes!r} and strides {strides!r} at {offset!r}")
    count = math.prod(sizes)
    last = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    if count >= 2**62 or (count and last >= storage.size):
        raise ValueError(f"a tensor of sizes {sizes} and strides {strides} at {offset} of {storage.size} elements")
    if not count:
        return wrap(np.empty(sizes, storage.dtype))
    step = storage.itemsize
    return wrap(np.ndarray(sizes, storage.dtype, storage, offset * step, [stride * step for stride in strides]))


def _are_sizes(numbers: Sequence[Any]) -> bool:
    return isinstance(numbers, (list, tuple)) and all(type(one) is int and 0 <= one < 2**62 for one in numbers)
