"""Written: the contents of a file as lines, to be compared like printed ones.

Text is its lines; an array is one line with all its numbers, and so is each array and value of a file by torch.save,
numpynet.save or numpy.savez. Of other files, figures and pickles among them, only the name is compared.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from numpynet.serialization import load
from parity.run.comparison import Line

LARGEST = 8 * 2**20  # bytes; of larger files the contents are not compared
FIGURES = (".svg", ".eps", ".ps", ".pdf")  # text, but with dates and random names in it


def lines_of(path: Path, name: str) -> list[Line]:
    """The file as lines; the first says that it was written, and whether its contents follow."""
    contents = None
    if path.suffix.lower() not in FIGURES and path.stat().st_size <= LARGEST:
        contents = _contents(path.read_bytes(), name)
    if contents is None:
        return [Line(name, "was written (its contents are not compared)")]
    return [Line(name, "was written"), *contents]


def _contents(data: bytes, name: str) -> list[Line] | None:
    try:
        if data.startswith(b"\x93NUMPY"):
            return list(_values(np.load(io.BytesIO(data), allow_pickle=False), name))
        if zipfile.is_zipfile(io.BytesIO(data)):
            saved = _unpacked(data)
            return None if saved is None else list(_values(saved, name))
    except Exception:  # whatever a damaged file, or one with pickled objects, makes of its reader
        return None
    if b"\0" in data:
        return None
    try:
        return [Line(f"{name}, line {number}", text) for number, text in enumerate(data.decode().splitlines(), 1)]
    except UnicodeDecodeError:
        return None


def _unpacked(data: bytes) -> Any:
    """What was saved in a zip archive; None for other archives."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    if any(name.endswith("data.pkl") for name in names):
        import torch

        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    if "structure.json" in names:
        return load(io.BytesIO(data))
    if all(name.endswith(".npy") for name in names):
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return dict(file)
    return None


def _values(value: Any, place: str) -> Iterator[Line]:
    """A line for each array and each other value, however nested."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _values(one, f"{place}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for number, one in enumerate(value):
            yield from _values(one, f"{place}[{number}]")
    elif hasattr(value, "detach"):  # a tensor, of either library
        dtype = str(value.dtype).rpartition(".")[2]
        yield Line(place, _in_words(dtype, value.shape, value.detach().tolist()))
    elif isinstance(value, np.ndarray):
        yield Line(place, _in_words(str(value.dtype), value.shape, value.tolist()))
    else:
        yield Line(place, str(value).replace("numpynet.", "torch."))  # as of a dtype


def _in_words(dtype: str, shape: tuple[int, ...], numbers: Any) -> str:
    return f"{dtype} {tuple(shape)} {numbers}"
