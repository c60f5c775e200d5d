"""torch's older files: pickles one after the other, then the memory of every storage."""

from __future__ import annotations

import pickle
import sys
from typing import IO, Any

import numpy as np

from numpynet.ops.form import Array
from numpynet.serialization.pickling import pickled
from numpynet.serialization.storage import contents
from numpynet.serialization.torch_zip import storage_of
from numpynet.serialization.unpickling import unpickled

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
COUNT = 8  # bytes, in which the number of elements stands before a storage


def write(obj: Any, file: IO[bytes], protocol: int) -> None:
    """Writes an object as ``torch.save`` did before version 1.6, and does without its new serialization."""
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": PROTOCOL, "little_endian": sys.byteorder == "little", "type_sizes": sizes}
    text, storages = pickled(obj, protocol, None)  # no storage is a view of another one
    keys = sorted(map(str, range(len(storages))))
    for head in (MAGIC, PROTOCOL, system):
        pickle.dump(head, file, protocol)
    file.write(text)
    pickle.dump(keys, file, protocol)
    for key in keys:
        memory = contents(storages[int(key)])
        file.write(memory.size.to_bytes(COUNT, "little"))
        file.write(memory.view(np.uint8).data if memory.size else b"")


def read(file: IO[bytes], size: int, *, anywhere: bool, trusted: bool, encoding: str) -> Any:
    """The object in a file of that many bytes which torch wrote before version 1.6.

    UnpicklingError, EOFError, ValueError and the like for a file that is no such file.
    """

    def nothing(pid: Any) -> Array:
        raise ValueError("a storage where there is none")

    def following(find_storage: Any = nothing, trusted: bool = False) -> Any:
        return unpickled(file, size - file.tell(), find_storage, trusted=trusted, encoding=encoding)

    magic, protocol, system = following(), following(), following()
    if magic != MAGIC or protocol != PROTOCOL or not isinstance(system, dict):
        raise ValueError("the head of another file")
    storages: dict[str, Array] = {}

    def find_storage(pid: Any) -> Array:
        kind, key, count = storage_of(pid, anywhere)
        if key not in storages:
            if count * kind.numpy.itemsize > size - file.tell():
                raise ValueError(f"storage {key} is larger than the file")
            storages[key] = np.zeros(count, kind.numpy)
        if storages[key].dtype != kind.numpy or storages[key].size != count:
            raise ValueError(f"storage {key} has two dtypes or sizes")
        if len(pid) > 5 and pid[5] is not None:
            raise ValueError("a view of a storage, which no version of torch since 0.4 writes")
        return storages[key]

    obj = following(find_storage, trusted)
    for key in following():
        storage = storages[key]
        if int.from_bytes(file.read(COUNT), "little") != storage.size:
            raise ValueError(f"storage {key} has another size")
        content = file.read(storage.nbytes)
        if len(content) != storage.nbytes:
            raise EOFError("Ran out of input")
        storage[...] = np.frombuffer(content, storage.dtype)
        if system.get("little_endian", True) != (sys.byteorder == "little"):
            storage.byteswap(inplace=True)
    return obj
