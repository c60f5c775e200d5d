"""From memory: tensors that look into buffers of others and into files."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.core import dtypes
from numpynet.core.storage import UntypedStorage
from numpynet.core.tensor import Tensor
from numpynet.creation.arguments import Kind, integer, settled


def frombuffer(
    buffer: Any, *, dtype: dtypes.dtype, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A vector (count,) that shares the memory of bytes, a bytearray or whatever else is a buffer of Python's.

    count: how many elements; all that there are where it is negative. offset: how many bytes come before them.
    ValueError where the buffer does not hold that many, is empty, or ends within an element.

    >>> import numpynet
    >>> numpynet.frombuffer(b"\\x00\\x01\\x00\\x02\\x00", dtype=numpynet.int16, offset=1)
    tensor([1, 2], dtype=torch.int16)
    """
    if not isinstance(dtype, dtypes.dtype):
        raise TypeError(f"frombuffer(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    kind = dtypes.to_numpy_dtype(dtype, "frombuffer")
    count = integer(count, "frombuffer", "count", 3)
    offset = integer(offset, "frombuffer", "offset", 4)
    try:
        held = memoryview(buffer)
    except TypeError:
        raise ValueError("frombuffer(): object does not implement Python buffer protocol.") from None
    if not held.contiguous:
        raise RuntimeError("frombuffer(): could not retrieve buffer from object: it does not lie in one piece")
    held = held.cast("B")
    size = len(held)
    if not size or not count:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({size} bytes) minus 1"
        )
    if count < 0:
        if (size - offset) % kind.itemsize:
            raise ValueError(
                f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a multiple of element "
                f"size ({kind.itemsize})"
            )
        count = (size - offset) // kind.itemsize
    if offset + count * kind.itemsize > size:
        raise ValueError(
            f"requested buffer length ({count} * {kind.itemsize} bytes) after offset ({offset} bytes) must not be "
            f"greater than actual buffer length ({size} bytes)"
        )
    return settled("frombuffer", np.frombuffer(held, kind, count, offset), None, None, False, requires_grad)


def from_file(
    filename: str,
    shared: bool | None = None,
    size: int | None = 0,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A vector (size,) of what a file holds, which is read where it is asked for.

    shared: writing changes the file, which is made or grown where it is too short. Otherwise it is never changed.
    RuntimeError where the file is missing or too short.

    >>> import tempfile, numpynet
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = numpynet.from_file(f"{folder}/numbers", shared=True, size=2).fill_(1)
    ...     numpynet.from_file(f"{folder}/numbers", size=2)
    tensor([1., 1.])
    """
    kind = dtypes.default_numpy_dtype() if dtype is None else dtypes.to_numpy_dtype(dtype, "from_file")
    size = 0 if size is None else integer(size, "from_file", "size", 3)
    held = UntypedStorage.from_file(filename, bool(shared), size * kind.itemsize)
    return settled("from_file", held._array.view(kind), layout, device, pin_memory, requires_grad)


def is_storage(obj: Any, /) -> bool:
    """Whether something is a storage.

    >>> import numpynet
    >>> x = numpynet.ones(2)
    >>> numpynet.is_storage(x.untyped_storage()), numpynet.is_storage(x)
    (True, False)
    """
    return isinstance(obj, UntypedStorage)
