"""Storage: the memory of a tensor and of all its views, as one row of elements or of bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from numpynet.core.device import CPU, device, require_cpu
from numpynet.core.dtypes import BY_NUMPY, converted, dtype, scalar_type_name
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.form import Array
from numpynet.ops.warning import warn_once


class UntypedStorage:
    """The bytes of a tensor's memory, which it shares when `Tensor.untyped_storage` or `from_file` made it.

    size: how many bytes, uninitialised, or a sequence of integers, of which each byte takes the last eight bits.
        RuntimeError for anything else.

    >>> import numpynet
    >>> numpynet.tensor([1, 2], dtype=numpynet.int16).untyped_storage().tolist()
    [1, 0, 2, 0]
    >>> numpynet.UntypedStorage([1, 258]).tolist()
    [1, 2]
    """

    filename: str | None = None  # of the file that writing changes

    def __init__(self, size: Any = 0, *, device: Any = None) -> None:
        require_cpu(device)
        if isinstance(size, int):
            if size < 0:
                raise RuntimeError(f"torch.UntypedStorage(): a size of {size} bytes is negative")
            self._array = np.empty(size, np.uint8)
        elif isinstance(size, Tensor) or not hasattr(type(size), "__getitem__"):
            raise RuntimeError(f"torch.UntypedStorage(): Expected a sequence type, but got {type(size).__name__}")
        else:
            self._array = np.array([self._taken(one) for one in size], np.uint8)
        self._writes = [0]

    @classmethod
    def _of(cls, array: Array, writes: list[int]) -> Any:
        """The storage that this row of elements is."""
        made = cls.__new__(cls)
        made._array = array
        made._writes = writes
        return made

    @classmethod
    def from_file(cls, filename: str, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The first `nbytes` bytes of a file, read where they are asked for.

        shared: writing changes the file, which is made or grown where it is too short. Otherwise it is never changed.
        RuntimeError where the file is missing or too short.

        >>> import tempfile, numpynet
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = numpynet.UntypedStorage.from_file(f"{folder}/bytes", shared=True, nbytes=3).fill_(65)
        ...     open(f"{folder}/bytes", "rb").read()
        b'AAA'
        """
        if not isinstance(filename, str):
            raise TypeError(f"from_file(): argument 'filename' must be str, not {type(filename).__name__}")
        if isinstance(nbytes, bool) or not isinstance(nbytes, int):
            raise TypeError(f"from_file(): argument 'nbytes' must be int, not {type(nbytes).__name__}")
        if nbytes < 0:
            raise RuntimeError(f"from_file(): unable to map {nbytes} bytes of {filename!r}")
        if not nbytes:
            return cls()
        try:
            if shared:
                with open(filename, "ab") as file:
                    file.truncate(max(file.tell(), nbytes))
            elif os.path.getsize(filename) < nbytes:
                raise RuntimeError(
                    f"file <{filename}> size <{os.path.getsize(filename)}> is smaller than the required mapping size "
                    f"<{nbytes}>"
                )
            mapped = np.memmap(filename, np.uint8, "r+" if shared else "c", shape=(nbytes,))
        except OSError as error:
            raise RuntimeError(f"unable to open file <{filename}>: {error.strerror}") from None
        made: UntypedStorage = cls._of(np.asarray(mapped), [0])
        made.filename = filename if shared else None
        return made

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

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.nbytes()

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
        """Whether other processes see what is written: of a file that `from_file` shares, and of nothing else.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().is_shared()
        False
        """
        return self.filename is not None

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
        found = self._array[self._place(index)]
        return self._of(found, self._writes) if isinstance(index, slice) else found.item()

    def _place(self, index: Any) -> Any:
        """An index as NumPy takes it; TypeError or IndexError where there is no such element."""
        if isinstance(index, slice):
            step = index.indices(len(self))[2]
            if step != 1:
                raise RuntimeError(f"Trying to slice with a step of {step}, but only a step of 1 is supported")
            return index
        if isinstance(index, bool) or not isinstance(index, int):
            raise TypeError(f"can't index a {self._name()} with {type(index)}")
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} out of range for storage of size {len(self)}")
        return index

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[self._place(index)] = self._taken(value)
        self._writes[0] += 1

    def _taken(self, value: Any) -> Any:
        """What an element becomes; RuntimeError for what is no integer."""
        if not isinstance(value, int):
            raise RuntimeError(
                f"{self._name()}: can only set storage content with a int types, but got {type(value).__name__} instead"
            )
        return value & 255

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
        return self._of(self._array.copy(), [0])

    def cpu(self) -> Any:
        """Itself: it is on the CPU.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().cpu().nbytes()
        8
        """
        return self

    def untyped(self) -> UntypedStorage:
        """Itself.

        >>> import numpynet
        >>> numpynet.zeros(2).untyped_storage().untyped().nbytes()
        8
        """
        return self

    def elements(self, kind: np.dtype[Any] | None) -> Array:
        """The same memory as a row of numbers of this dtype, int64 where it is None; a rest of bytes is left out.

        >>> import numpy, numpynet
        >>> numpynet.tensor([1.5, 2.5]).untyped_storage().elements(numpy.dtype("float32"))
        array([1.5, 2.5], dtype=float32)
        """
        kind = np.dtype(np.int64) if kind is None else kind
        return self._array[: len(self) // kind.itemsize * kind.itemsize].view(kind)

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "TypedStorage: only Tensor.storage() makes one; UntypedStorage() and frombuffer() take what is elsewhere"
        )

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

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[index if isinstance(index, slice) else self._place(index)] = self._taken(value)
        self._writes[0] += 1

    def _taken(self, value: Any) -> Any:
        return converted(value, self._array.dtype)

    def elements(self, kind: np.dtype[Any] | None) -> Array:
        """The row of its numbers; RuntimeError where they are of another dtype than `kind`.

        >>> import numpynet
        >>> numpynet.tensor([1.5, 2.5]).storage().elements(None)
        array([1.5, 2.5], dtype=float32)
        """
        held = self._array.dtype
        if kind not in (None, held):
            raise RuntimeError(
                f"Expected a Storage of type {scalar_type_name(kind)} or an UntypedStorage, but got type "
                f"{scalar_type_name(held)} for argument 1 'storage'"
            )
        return self._array

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes.

        >>> import numpynet
        >>> numpynet.zeros(2).storage().untyped().nbytes()
        8
        """
        made: UntypedStorage = UntypedStorage._of(self._array.view(np.uint8), self._writes)
        return made

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
    row = np.lib.stride_tricks.as_strided(array, (size,), (array.itemsize,))
    made: TypedStorage = TypedStorage._of(row, tensor._writes)
    return made
