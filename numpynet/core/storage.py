"""Storage: the memory of a tensor and of all its views, as one row of elements or of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numpynet.core.device import CPU, device
from numpynet.core.dtypes import BY_NUMPY, converted, dtype
from numpynet.core.messages import warn_once
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.form import Array


class UntypedStorage:
    """The bytes of a tensor's memory, which it shares: made by `Tensor.untyped_storage`.

    >>> import numpynet
    >>> numpynet.tensor([1, 2], dtype=numpynet.int16).untyped_storage().tolist()
    [1, 0, 2, 0]
    """

    def __init__(self, array: Array, writes: list[int]) -> None:
        self._array = array
        self._writes = writes

    @property
    def device(self) -> device:
        """The CPU."""
        return CPU

    def __len__(self) -> int:
        return self._array.size

    def size(self) -> int:
        """How many elements it has.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().size()
        8
        """
        return len(self)

    def nbytes(self) -> int:
        """Bytes of all elements.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().nbytes()
        8
        """
        return self._array.nbytes

    def element_size(self) -> int:
        """Bytes per element.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().element_size()
        1
        """
        return self._array.itemsize

    def data_ptr(self) -> int:
        """The address of the first element.

        >>> import numpynet
        >>> x = numpynet.zeros(2)
        >>> x.untyped_storage().data_ptr() == x.data_ptr()
        True
        """
        return int(self._array.__array_interface__["data"][0])

    def is_shared(self) -> bool:
        """Always False: no other process sees it.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().is_shared()
        False
        """
        return False

    def tolist(self) -> list[Any]:
        """The elements as numbers.

        >>> import numpynet
        >>> numpynet.tensor([1, 2], dtype=numpynet.uint8).untyped_storage().tolist()
        [1, 2]
        """
        return self._array.tolist()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(self._array[index], self._writes)
        return self._array[self._place(index)].item()

    def _place(self, index: Any) -> int:
        """An index as NumPy takes it; TypeError or IndexError where there is no such element."""
        if isinstance(index, bool) or not isinstance(index, int):
            raise TypeError(f"can't index a {self._name()} with {type(index)}")
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} out of range for storage of size {len(self)}")
        return index

    def __setitem__(self, index: Any, value: Any) -> None:
        place = index if isinstance(index, slice) else self._place(index)
        self._array[place] = converted(value, self._array.dtype)
        self._writes[0] += 1

    def fill_(self, value: Any) -> Any:
        """Writes one number everywhere; returns this storage.

        >>> import numpynet
        >>> x = numpynet.tensor([1, 2], dtype=numpynet.uint8)
        >>> _ = x.untyped_storage().fill_(7)
        >>> x
        tensor([7, 7], dtype=torch.uint8)
        """
        self[:] = value
        return self

    def copy_(self, source: Any) -> Any:
        """Takes over the elements of a storage of the same size; RuntimeError for one of another size.

        >>> import numpynet
        >>> x, y = numpynet.zeros(2), numpynet.ones(2)
        >>> _ = x.untyped_storage().copy_(y.untyped_storage())
        >>> x
        tensor([1., 1.])
        """
        if len(source) != len(self):
            raise RuntimeError(f"copy_(): a storage of size {len(source)} does not fit into one of size {len(self)}")
        self._array[...] = source._array
        self._writes[0] += 1
        return self

    def clone(self) -> Any:
        """A copy in memory of its own.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().clone().nbytes()
        8
        """
        return type(self)(self._array.copy(), [0])

    def cpu(self) -> Any:
        """Itself: it is on the CPU.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().cpu().nbytes()
        8
        """
        return self

    def _name(self) -> str:
        return f"torch.storage.{type(self).__name__}"

    def _described(self) -> str:
        return f"device={CPU}"

    def __repr__(self) -> str:
        elements = "\n ".join(map(str, self.tolist()))
        return f" {elements}\n[{self._name()}({self._described()}) of size {len(self)}]"


class TypedStorage(UntypedStorage):
    """The elements of a tensor's memory, which it shares: made by `Tensor.storage`.

    >>> import numpynet
    >>> numpynet.tensor([[1, 2], [3, 4]]).t().storage().tolist()
    [1, 2, 3, 4]
    """

    @property
    def dtype(self) -> dtype:
        """The type of its elements."""
        return BY_NUMPY[self._array.dtype]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        if not isinstance(index, int):
            raise RuntimeError(f"can't index a {type(self)} with {type(index)}")
        return super().__getitem__(index)

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes.

        >>> import numpynet
        >>> numpynet.zeros(2).storage().untyped().nbytes()
        8
        """
        return UntypedStorage(self._array.view(np.uint8), self._writes)

    def tensor(self) -> Tensor:
        """A vector that shares this memory.

        >>> import numpynet
        >>> numpynet.arange(3)[1:].storage().tensor()
        tensor([0, 1, 2])
        """
        made = wrap(self._array)
        made._writes = self._writes
        return made

    def _described(self) -> str:
        return f"dtype={self.dtype}, device={CPU}"


def storage(self: Tensor) -> TypedStorage:
    """The elements of the memory that this tensor looks into, in the order in which they lie there.

    >>> import numpynet
    >>> len(numpynet.arange(6)[2:].storage())
    6
    """
    warn_once(
        "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage "
        "class. This should only matter to you if you are using storages directly.  To access UntypedStorage "
        "directly, use tensor.untyped_storage() instead of tensor.storage()"
    )
    return _typed(self)


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The bytes of the memory that this tensor looks into, in the order in which they lie there.

    >>> import numpynet
    >>> numpynet.arange(6)[2:].untyped_storage().nbytes()
    48
    """
    return _typed(self).untyped()


def _typed(tensor: Tensor) -> TypedStorage:
    array = tensor._array if tensor._view is None else tensor._view.root._array
    steps = zip(array.shape, array.strides, strict=True)
    size = 1 + sum((size - 1) * stride for size, stride in steps) // array.itemsize if array.size else 0
    return TypedStorage(np.lib.stride_tricks.as_strided(array, (size,), (array.itemsize,)), tensor._writes)
