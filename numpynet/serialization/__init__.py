"""Serialization: `save` and `load` for tensors in nested dicts and lists, such as a model's state_dict.

The file is a zip archive: one .npy file for each tensor or array, and structure.json, which says how they
hang together. Nothing is pickled, so loading a file never runs code of it. The format is numpynet's own:
torch neither reads nor writes it.

In structure.json null, booleans, integers and strings stand for themselves; everything else is an object
with one key, which names its kind:

    {"tensor": 0, "requires_grad": true}     the array in 0.npy as a tensor; "parameter" likewise
    {"array": 1}, {"scalar": 2}              the array in 1.npy, the one element of that in 2.npy
    {"list": [...]}, {"tuple": [...]}        their elements
    {"dict": [[key, value], ...]}            a dict in its order; "OrderedDict" likewise
    {"float": "0x1.8p+1"}                    a float, in hexadecimal
    {"dtype": "float32"}, {"size": [2, 3]}, {"device": "cpu"}
"""

from __future__ import annotations

import io
import os
from collections import OrderedDict
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from numpynet.core import dtypes
from numpynet.core.device import device, require_cpu
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor, wrap
from numpynet.nn.parameter import Parameter
from numpynet.ops.form import Array
from numpynet.serialization.atomic_file import atomic_file, check_target

__all__ = ["load", "save"]

_STRUCTURE = "structure.json"
_FORMAT = "numpynet 1"

File = str | os.PathLike[str] | IO[bytes]


def save(obj: Any, f: File) -> None:
    """Writes tensors, arrays, numbers and strings, in any nesting of dicts, lists and tuples, to a file.

    f: a path, or a file opened for writing bytes. A path is written whole or not at all: the bytes go to a
        new file beside it, which then takes its name. Devices and pipes are written to.

    A tensor that occurs twice is written once. TypeError for anything else, such as a whole module, naming
    where it is: save its state_dict() instead. RuntimeError when the folder does not exist, or the path is a
    directory or read-only.

    >>> import io, numpynet
    >>> file = io.BytesIO()
    >>> numpynet.save({"weight": numpynet.ones(2), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> numpynet.load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    writer = _Writer()
    structure = writer.told(obj, "the object")
    if not isinstance(f, (str, os.PathLike)):
        _write(structure, writer.arrays, f)
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
        _write(structure, writer.arrays, file)


def load(f: File, map_location: Any = None, *, weights_only: bool | None = None, mmap: bool | None = None) -> Any:
    """Reads what `save` wrote.

    map_location: a device, which can only be the CPU.
    weights_only: either way nothing in the file is executed.

    RuntimeError for a file that is not of this format: one of torch's, or a damaged one.

    >>> import numpynet
    >>> import io
    >>> file = io.BytesIO()
    >>> numpynet.save({"w": numpynet.ones(2)}, file)
    >>> _ = file.seek(0)
    >>> numpynet.load(file)
    {'w': tensor([1., 1.])}
    """
    if not callable(map_location) and not isinstance(map_location, dict):
        require_cpu(map_location)
    if mmap:
        raise NotImplementedError("load: mmap=True is missing: the file is read into memory")
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return _read(file, os.fspath(f))
    return _read(f, getattr(f, "name", "the file"))


class _Writer:
    """Tells an object's structure, and collects its arrays."""

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._places: dict[int, int] = {}  # of the tensors and arrays met before

    def told(self, obj: Any, where: str) -> Any:
        if obj is None or type(obj) in (bool, int, str):
            return obj
        if isinstance(obj, Tensor):
            kind = "parameter" if isinstance(obj, Parameter) else "tensor"
            return {kind: self._place(obj, obj._array), "requires_grad": obj.requires_grad}
        if isinstance(obj, (np.ndarray, np.generic)) and obj.dtype.kind in "fiub":
            return {"array" if isinstance(obj, np.ndarray) else "scalar": self._place(obj, np.asarray(obj))}
        if type(obj) is float:
            return {"float": obj.hex()}
        if type(obj) in (dict, OrderedDict):
            pairs = [
                [self.told(key, f"a key of {where}"), self.told(value, f"{where}[{key!r}]")]
                for key, value in obj.items()
            ]
            return {type(obj).__name__: pairs}
        if isinstance(obj, Size):
            return {"size": list(obj)}
        if type(obj) in (list, tuple):
            return {type(obj).__name__: [self.told(one, f"{where}[{i}]") for i, one in enumerate(obj)]}
        if isinstance(obj, dtypes.dtype):
            return {"dtype": obj.name}
        if isinstance(obj, device):
            return {"device": str(obj)}
        raise TypeError(
            f"save: {where} is a {type(obj).__name__}; only tensors, arrays, numbers and strings in dicts, lists and "
            f"tuples can be saved, since nothing is pickled: of a module or an optimizer save its state_dict()"
        )

    def _place(self, obj: Any, array: Array) -> int:
        if id(obj) not in self._places:
            self._places[id(obj)] = len(self.arrays)
            self.arrays.append(array)
        return self._places[id(obj)]


def _write(structure: Any, arrays: list[Array], file: IO[bytes]) -> None:
    import json
    import zipfile  # here: these would take a third of the package's own import time

    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_STRUCTURE, json.dumps({"format": _FORMAT, "object": structure}))
        for position, array in enumerate(arrays):
            with archive.open(f"{position}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _read(file: IO[bytes], name: str) -> Any:
    import json
    import zipfile

    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if any(entry.endswith("data.pkl") for entry in names):
                raise RuntimeError(_foreign(name))
            structure = json.loads(archive.read(_STRUCTURE))
            if structure["format"] != _FORMAT:
                raise RuntimeError(
                    f"load: {name} has the format {structure['format']!r}, which this version cannot read"
                )
            tensors: dict[int, Any] = {}

            def array(position: int) -> Array:
                with archive.open(f"{position}.npy") as entry:
                    return np.lib.format.read_array(io.BytesIO(entry.read()), allow_pickle=False)

            return _rebuilt(structure["object"], array, tensors)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise RuntimeError(_foreign(name)) from error


def _foreign(name: str) -> str:
    return (
        f"load: {name} was not written by numpynet.save, or is damaged. Files of torch.save hold pickled code and are "
        f"not read: in torch, write the tensors as NumPy arrays, as in numpy.savez(file, **{{name: t.numpy() ...}})"
    )


def _rebuilt(told: Any, array: Callable[[int], Array], known: dict[int, Any]) -> Any:
    """The object that a structure tells of."""
    if not isinstance(told, dict):
        return told
    if not told:
        raise ValueError("an object without a kind")
    kind, content = next(iter(told.items()))
    if kind in ("tensor", "parameter", "array"):
        if content not in known:
            known[content] = array(content)
            if kind != "array":
                tensor = wrap(known[content])
                known[content] = Parameter(tensor, False) if kind == "parameter" else tensor
                known[content].requires_grad_(told["requires_grad"])
        return known[content]
    if kind == "scalar":
        return array(content)[()]
    if kind in ("dict", "OrderedDict"):
        pairs = [(_rebuilt(key, array, known), _rebuilt(value, array, known)) for key, value in content]
        return dict(pairs) if kind == "dict" else OrderedDict(pairs)
    if kind in ("list", "tuple"):
        elements = [_rebuilt(one, array, known) for one in content]
        return elements if kind == "list" else tuple(elements)
    if kind == "float":
        return float.fromhex(content)
    if kind == "size":
        return Size(content)
    if kind == "dtype":
        return dtypes._by_name(content)
    if kind == "device":
        return device(content)
    raise ValueError(f"unknown kind {kind!r}")
