"""Plain values: what a student's function returned, as arrays, numbers, tuples, lists and dicts, and nothing else.

Whatever judges it afterwards meets no method that a student wrote. The same trees go through the pipe between the
two processes: a header in JSON, then the bytes of the arrays. Nothing in them can be executed.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

NUMERIC = "biufc"  # kinds of dtypes that are numbers
DEEPEST, MOST = 8, 200_000  # levels of nesting, and items in all, that an answer can need
LONGEST = 2_000  # characters of a text


@dataclass(frozen=True)
class Other:
    """Stands for an object that is not plain. kind: its type's name."""

    kind: str


@dataclass(frozen=True)
class Context:
    """What a function written for an automatic differentiation package expects as its first argument, `ctx`.

    saved: the saved tensors. attributes: operands and options by their names.
    """

    saved: tuple[Any, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


def safe_text(value: object, cut: int = LONGEST) -> str:
    """str(value), or its type's name where that fails."""
    try:
        return str.__str__(str(value))[:cut]
    except BaseException:
        return f"<{type_name(value)} that cannot be written out>"


def type_name(value: object) -> str:
    """The name of a value's type."""
    return str.__str__(type.__dict__["__name__"].__get__(type(value)))


class _TooLarge(Exception):
    """More than any answer needs."""


def plain(value: Any) -> Any:
    """A value as a plain tree; what is in it and cannot be one becomes `Other`. Raises nothing."""
    left = [MOST]
    try:
        return _plain(value, DEEPEST, left)
    except _TooLarge:
        return Other(f"{type_name(value)} with more than {MOST:,} items")
    except BaseException as error:  # a property, an __iter__, an __array__ of the student's
        return Other(f"{type_name(value)} that raises {type_name(error)} when it is read")


def _plain(value: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if not depth or left[0] < 0:
        raise _TooLarge
    kind = type(value)
    if value is None or kind in (bool, int, float):
        return value
    if kind is str:
        return value[:LONGEST]
    if isinstance(value, (np.ndarray, np.generic)):
        return _array(np.asarray(value))
    if issubclass(kind, dict) or isinstance(value, Mapping):
        return {safe_text(key, 80): _plain(value[key], depth - 1, left) for key in list(value)}
    if (names := _fields(kind)) is not None:
        return {name: _plain(getattr(value, name), depth - 1, left) for name in names}
    if issubclass(kind, Iterator):
        return _plain(tuple(itertools.islice(value, MOST)), depth, left)
    if issubclass(kind, (tuple, list)):
        items = [_plain(one, depth - 1, left) for one in value]
        return tuple(items) if issubclass(kind, tuple) else items
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        return _array(np.asarray(value.detach().numpy()))
    if hasattr(value, "__array__") or hasattr(value, "__float__"):
        return _array(np.asarray(value))
    return Other(kind.__name__)


def _fields(kind: type) -> Sequence[str] | None:
    """The names in a named tuple or a dataclass; None for other types."""
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return tuple(kind._fields)
    return [one.name for one in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else None


def _array(array: Any) -> Any:
    if array.dtype.kind not in NUMERIC:
        return Other(f"array of dtype {array.dtype}")
    if array.size > MOST * 50:
        raise _TooLarge
    return np.array(array, order="C", subok=False)


# --- through a pipe -------------------------------------------------------------------------------------


def pack(tree: Any) -> bytes:
    """A plain tree as bytes."""
    arrays: list[Any] = []
    header = json.dumps(_packed(tree, arrays)).encode()
    return b"".join([struct.pack("<q", len(header)), header, *(one.tobytes() for one in arrays)])


def _packed(tree: Any, arrays: list[Any]) -> Any:
    if isinstance(tree, np.ndarray):
        arrays.append(tree)
        return {"array": [tree.dtype.str, list(tree.shape)]}
    if isinstance(tree, tuple):
        return {"tuple": [_packed(one, arrays) for one in tree]}
    if isinstance(tree, list):
        return [_packed(one, arrays) for one in tree]
    if isinstance(tree, Mapping):
        return {"dict": [[key, _packed(one, arrays)] for key, one in tree.items()]}
    if isinstance(tree, Context):
        return {"context": [_packed(tree.saved, arrays), _packed(dict(tree.attributes), arrays)]}
    if isinstance(tree, Other):
        return {"other": tree.kind}
    return tree


def unpack(message: bytes) -> Any:
    """The tree that was packed; ValueError where it is no such message."""
    try:
        (length,) = struct.unpack_from("<q", message)
        if not 0 <= length <= len(message) - 8:
            raise ValueError("a length that is none")
        header = json.loads(message[8 : 8 + length])
        tree, end = _unpacked(header, message, 8 + length)
    except (struct.error, TypeError, KeyError, AttributeError, RecursionError, UnicodeError, OverflowError) as error:
        raise ValueError(f"not a message: {error}") from None
    if end != len(message):
        raise ValueError("not a message: bytes are left over")
    return tree


def _unpacked(tree: Any, message: bytes, place: int) -> tuple[Any, int]:
    if isinstance(tree, list):
        items = []
        for one in tree:
            item, place = _unpacked(one, message, place)
            items.append(item)
        return items, place
    if not isinstance(tree, dict):
        return tree, place
    ((kind, content),) = tree.items()
    if kind == "array":
        dtype, shape = np.dtype(content[0]), tuple(content[1])
        if dtype.kind not in NUMERIC or any(type(size) is not int or size < 0 for size in shape):
            raise ValueError("not an array of numbers")
        count = math.prod(shape)
        array = np.frombuffer(message, dtype, count, place) if count else np.empty(0, dtype)
        return array.reshape(shape).copy(), place + count * dtype.itemsize
    if kind == "dict":
        pairs = {}
        for key, one in content:
            pairs[str(key)], place = _unpacked(one, message, place)
        return pairs, place
    if kind == "other":
        return Other(str(content)), place
    items, place = _unpacked(content, message, place)
    return (tuple(items) if kind == "tuple" else Context(items[0], items[1])), place
