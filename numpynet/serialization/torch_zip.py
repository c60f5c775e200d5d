"""torch's files: a zip archive with a pickle, and beside it the memory of every storage."""

from __future__ import annotations

import math
import sys
from typing import IO, Any

import numpy as np

from numpynet.ops.form import Array
from numpynet.serialization.pickling import pickled
from numpynet.serialization.storage import StorageType, contents
from numpynet.serialization.unpickling import unpickled

ALIGNMENT = 64  # of a storage in the file, in bytes, as torch has it


def write(obj: Any, file: IO[bytes], protocol: int) -> None:
    """Writes an object as ``torch.save`` does."""
    import zipfile  # here: it would take a third of the package's own import time

    pickle, storages = pickled(obj, protocol)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/.format_version", "1")
        archive.writestr("archive/.storage_alignment", str(ALIGNMENT))
        archive.writestr("archive/byteorder", sys.byteorder)
        for key, owner in enumerate(storages):
            memory = contents(owner)
            entry = zipfile.ZipInfo(f"archive/data/{key}")
            header = archive.start_dir + 30 + len(entry.filename)
            entry.extra = _padding(-(header + 4) % ALIGNMENT)
            entry.file_size = memory.nbytes
            with archive.open(entry, "w") as target:
                target.write(memory.view(np.uint8).data if memory.size else b"")
        archive.writestr("archive/version", "3\n")


def _padding(size: int) -> bytes:
    """An extra field, which readers skip, of that many bytes after its own head of 4."""
    return b"FB" + size.to_bytes(2, "little") + b"Z" * size


def read(archive: Any, prefix: str, *, anywhere: bool, trusted: bool, encoding: str) -> Any:
    """The object in an archive of ``torch.save``.

    prefix: of the names in it. anywhere: whether storages of other devices may be read as though of the CPU.
    ValueError and the like for a file that is damaged, UnpicklingError for what is not allowed.
    """
    order = archive.read(f"{prefix}byteorder") if f"{prefix}byteorder" in archive.namelist() else b"little"
    if order not in (b"little", b"big"):
        raise ValueError(f"the byte order {order!r}")
    storages: dict[str, Array] = {}

    def find_storage(pid: Any) -> Array:
        kind, key, count = storage_of(pid, anywhere)
        if key not in storages:
            entry = archive.getinfo(f"{prefix}data/{key}")
            if entry.file_size != count * kind.numpy.itemsize:
                raise ValueError(f"storage {key} has {entry.file_size} bytes for {count} elements of {kind.dtype}")
            storages[key] = np.empty(count, kind.numpy)
            _read_into(archive.open(entry), storages[key])
            if order.decode() != sys.byteorder:
                storages[key].byteswap(inplace=True)
        if storages[key].dtype != kind.numpy:
            raise ValueError(f"storage {key} has two dtypes")
        return storages[key]

    pickle = archive.read(f"{prefix}data.pkl")
    return unpickled(pickle, len(pickle), find_storage, trusted=trusted, encoding=encoding)


def storage_of(pid: Any, anywhere: bool) -> tuple[StorageType, str, int]:
    """The dtype, the key and the number of elements that a persistent id tells of.

    RuntimeError for a storage of another device, unless it may be from `anywhere`.
    """
    if type(pid) is not tuple or len(pid) < 5 or pid[0] != "storage":
        raise ValueError(f"a persistent id {pid!r}")
    _, kind, key, location, count = pid[:5]
    if not isinstance(kind, StorageType) or type(key) is not str or type(count) is not int or count < 0:
        raise ValueError(f"a persistent id {pid!r}")
    if location != "cpu" and not anywhere:
        raise RuntimeError(
            f"Attempting to deserialize object on {location} device, but there is only the CPU here. Please use "
            f"load with map_location='cpu' to map your storages to the CPU."
        )
    return kind, key, count


def _read_into(entry: IO[bytes], array: Array) -> None:
    """Fills an array with an entry's bytes, whose checksum is compared at the end."""
    memory = array.view(np.uint8).data
    place = 0
    with entry:
        while place < len(memory):
            count = entry.readinto(memory[place:])  # type: ignore[attr-defined]
            if not count:
                raise EOFError("Ran out of input")
            place += count
        if entry.read(1):
            raise ValueError("a storage that goes on")


def check_archive(archive: Any, size: int) -> None:
    """ValueError unless every entry is stored as it is, and all of them fit into a file of that size."""
    entries = archive.infolist()
    if any(entry.compress_type or entry.flag_bits & 1 for entry in entries):
        raise ValueError("a compressed or encrypted entry")
    if math.fsum(entry.file_size for entry in entries) > size:
        raise ValueError("entries that are larger than the file")
