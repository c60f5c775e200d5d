"""New tensors in another one's dtype: what ``x.new_zeros(2, 3)`` and its kin do."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.core import dtypes
from numpynet.core.tensor import Tensor
from numpynet.creation.arguments import Kind, new_array, number, require_flags, settled
from numpynet.creation.from_data import array_from, legacy_tensor
from numpynet.ops.acceptance import filling


def _kind(operation: str, like: Tensor, dtype: Kind) -> np.dtype[Any]:
    return like._array.dtype if dtype is None else dtypes.to_numpy_dtype(dtype, operation)


def new(self: Tensor, *args: Any, size: Any = None, data: Any = None, device: Any = None) -> Tensor:
    """What ``torch.FloatTensor(...)`` of this tensor's dtype makes: uninitialised by sizes, or of data.

    >>> import numpynet
    >>> numpynet.tensor([1.0]).new([2, 3])
    tensor([2., 3.])
    """
    return legacy_tensor(*args, size=size, data=data, device=device, kind=self._array.dtype)


def new_zeros(
    self: Tensor,
    *args: Any,
    size: Any = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Zeros, in this tensor's dtype unless told otherwise.

    >>> import numpynet
    >>> numpynet.tensor([1, 2]).new_zeros(2)
    tensor([0, 0])
    """
    array = new_array(np.zeros, "new_zeros", args, size, _kind("new_zeros", self, dtype))
    return settled("new_zeros", array, layout, device, pin_memory, requires_grad)


def new_ones(
    self: Tensor,
    *args: Any,
    size: Any = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Ones, in this tensor's dtype unless told otherwise.

    >>> import numpynet
    >>> numpynet.tensor([1, 2]).new_ones(2)
    tensor([1, 1])
    """
    array = new_array(np.empty, "new_ones", args, size, _kind("new_ones", self, dtype))
    array.fill(1)
    return settled("new_ones", array, layout, device, pin_memory, requires_grad)


def new_empty(
    self: Tensor,
    *args: Any,
    size: Any = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Whatever is in memory, in this tensor's dtype unless told otherwise.

    >>> import numpynet
    >>> numpynet.tensor([1, 2]).new_empty(3).shape
    torch.Size([3])
    """
    array = new_array(np.empty, "new_empty", args, size, _kind("new_empty", self, dtype))
    return settled("new_empty", array, layout, device, pin_memory, requires_grad)


def new_full(
    self: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """One number everywhere, in this tensor's dtype unless told otherwise.

    >>> import numpynet
    >>> numpynet.tensor([1, 2]).new_full((2,), 7)
    tensor([7, 7])
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"new_full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = number(fill_value, "new_full", "fill_value", 2)
    array = new_array(np.empty, "new_full", (size,), None, _kind("new_full", self, dtype))
    array.fill(filling(value, array.dtype, array.size))
    return settled("new_full", array, layout, device, pin_memory, requires_grad)


def new_tensor(
    self: Tensor, data: Any, *, dtype: Kind = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of the data, in this one's dtype unless told otherwise.

    >>> import numpynet
    >>> numpynet.tensor([1, 2]).new_tensor([3, 4])
    tensor([3, 4])
    """
    require_flags("new_tensor", requires_grad=requires_grad)
    array = array_from(data, _kind("new_tensor", self, dtype))
    return settled("new_tensor", array, None, device, False, requires_grad)
