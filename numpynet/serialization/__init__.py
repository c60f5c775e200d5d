"""Serialization: `save` and `load` in torch's own file format, both ways.

What `save` writes, ``torch.load`` reads, and `load` reads what ``torch.save`` writes: tensors, with their dtypes,
strides and shared memory, numbers and text in dicts, lists and tuples. Reading runs nothing that stands in a file.
"""

from __future__ import annotations

import os
import pickle
from typing import IO, Any

from numpynet.core.device import require_cpu
from numpynet.serialization import structured_zip, torch_stream, torch_zip
from numpynet.serialization.atomic_file import atomic_file, check_target

__all__ = ["load", "save"]

File = str | os.PathLike[str] | IO[bytes]
_DAMAGED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, EOFError, RecursionError, MemoryError)


def save(
    obj: Any,
    f: File,
    pickle_module: Any = pickle,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Writes an object to a file that torch reads too.

    f: a path, or a file opened for writing bytes. A path is written whole or not at all: the bytes go to a
        new file beside it, which then takes its name. Devices and pipes are written to.
    _use_new_zipfile_serialization: False writes torch's older format.

    Tensors that share memory share it again when they are read, and a tensor that occurs twice is written once. Of a
    module or an optimizer save the state_dict(): the object itself is pickled with the names of its classes, and read
    only with ``weights_only=False``. PicklingError for what cannot be pickled, RuntimeError when the folder does not
    exist, or the path is a directory or read-only.

    >>> import io, numpynet
    >>> file = io.BytesIO()
    >>> numpynet.save({"weight": numpynet.ones(2), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> numpynet.load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    if pickle_module is not pickle:
        raise NotImplementedError("save: only Python's own pickle can be the pickle_module")
    written = torch_zip.write if _use_new_zipfile_serialization else torch_stream.write
    if not isinstance(f, (str, os.PathLike)):
        written(obj, f, pickle_protocol)
        return
    path = os.fspath(f)
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    try:
        check_target(path)
    except OSError as error:
        raise RuntimeError(f"save: {path} cannot be written: {error.strerror}") from error
    with atomic_file(path, "wb") as file:
        written(obj, file, pickle_protocol)


def load(
    f: File,
    map_location: Any = None,
    pickle_module: Any = pickle,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    encoding: str = "utf-8",
) -> Any:
    """Reads what `save` or ``torch.save`` wrote, in torch's format of today or its older one.

    map_location: a device, which can only be the CPU. Given any, tensors of other devices are read as though of the
        CPU; without one they are a RuntimeError, as in torch.
    weights_only: True, which is the default, reads tensors, numbers and text in dicts, lists and tuples, and runs
        nothing; False also what makes objects of classes that can be imported, which runs code: only for files from
        someone you trust.
    encoding: of text that Python 2 pickled.

    UnpicklingError for a file that names what is not allowed; RuntimeError for one that is damaged, or holds what no
    tensor of numpynet can be.

    >>> import io, numpynet
    >>> file = io.BytesIO()
    >>> whole = numpynet.arange(4)
    >>> numpynet.save([whole, whole[1:3]], file)
    >>> _ = file.seek(0)
    >>> whole, part = numpynet.load(file)
    >>> _ = part.zero_()
    >>> whole
    tensor([0, 0, 0, 3])
    """
    anywhere = map_location is not None
    if anywhere and not callable(map_location) and not isinstance(map_location, dict):
        require_cpu(map_location)
    if mmap:
        raise NotImplementedError("load: mmap=True is missing: the file is read into memory")
    if pickle_module is not pickle:
        raise NotImplementedError("load: only Python's own pickle can be the pickle_module")
    options = {"anywhere": anywhere, "trusted": weights_only is False, "encoding": encoding}
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return _read(file, os.fspath(f), options)
    return _read(f, getattr(f, "name", "the file"), options)


def _read(file: IO[bytes], name: str, options: dict[str, Any]) -> Any:
    import zipfile  # here: it would take a third of the package's own import time
    import zlib

    start = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(start)
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(start)
    try:
        if not is_zip:
            return torch_stream.read(file, size, **options)
        with zipfile.ZipFile(file) as archive:
            torch_zip.check_archive(archive, size)
            names = archive.namelist()
            if structured_zip.STRUCTURE in names:
                return structured_zip.read(archive)
            prefix = next(one for one in names if one.endswith("data.pkl"))[: -len("data.pkl")]
            return torch_zip.read(archive, prefix, **options)
    except RecursionError:
        raise RuntimeError(f"load: {name} is nested too deeply") from None
    except (*_DAMAGED, StopIteration, zipfile.BadZipFile, zlib.error) as error:
        if options["trusted"] and not is_zip and isinstance(error, (ImportError, AttributeError)):
            raise
        raise RuntimeError(
            f"load: {name} was not written by save, or is damaged: {str(error) or type(error).__name__}"
        ) from error
