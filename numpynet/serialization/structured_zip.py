"""numpynet's first files: a zip archive with one .npy file for each tensor, and structure.json, which they hang from.

They are read, and no longer written. In structure.json null, booleans, integers and strings stand for themselves;
everything else is an object with one key, which names its kind:

    {"tensor": 0, "requires_grad": true}     the array in 0.npy as a tensor; "parameter" likewise
    {"array": 1}, {"scalar": 2}              the array in 1.npy, the one element of that in 2.npy
    {"list": [...]}, {"tuple": [...]}        their elements
    {"dict": [[key, value], ...]}            a dict in its order; "OrderedDict" likewise
    {"float": "0x1.8p+1"}                    a float, in hexadecimal
    {"dtype": "float32"}, {"size": [2, 3]}, {"device": "cpu"}
"""

from __future__ import annotations

import io
import math
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from numpynet.core import dtypes
from numpynet.core.device import device
from numpynet.core.size import Size
from numpynet.core.tensor import wrap
from numpynet.nn.parameter import Parameter
from numpynet.ops.form import Array

STRUCTURE = "structure.json"
_FORMAT = "numpynet 1"


def read(archive: Any) -> Any:
    """The object in an archive. ValueError and the like for a file that is damaged or of a later format."""
    import json

    structure = json.loads(archive.read(STRUCTURE))
    if structure["format"] != _FORMAT:
        raise ValueError(f"the format {structure['format']!r}, which this version cannot read")

    @cache
    def array(position: int) -> Array:
        content = io.BytesIO(archive.read(f"{position}.npy"))
        version = np.lib.format.read_magic(content)
        head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = head(content)
        if math.prod(shape) * dtype.itemsize != len(content.getbuffer()) - content.tell():
            raise ValueError("an array of another size")
        dtypes.from_numpy_dtype(dtype)
        content.seek(0)
        return np.lib.format.read_array(content, allow_pickle=False)

    return _rebuilt(structure["object"], array, {})


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
