"""Indices: what stands in x[...], as torch's users write it, told in NumPy's words.

torch takes the integers of an index first, so that x[0, :, [1, 2]] has the shape of x[0][:, [1, 2]], where
NumPy lets the integer 0 take part in the broadcasting of the lists. And torch has no negative steps.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from numpynet.ops.indexing import is_full

ALL = slice(None)
_WIDE = (np.dtype(np.int64), np.dtype(np.int32))
_WIDE_CHARS = "ilq?"  # of these, on any platform, and of masks
_INDEX_DTYPES = (*_WIDE, np.dtype(np.uint8), np.dtype(bool))


class Index(NamedTuple):
    """An index in two parts, taken one after the other; None for a part that is not there.

    basic: integers, slices, None and Ellipsis, which give a view.
    arrays: has integer arrays or boolean masks, which give a copy.
    guards: the tensors among them.
    """

    basic: Any
    arrays: Any = None
    guards: tuple[Any, ...] = ()


def plain_key(index: Any) -> Any:
    """What NumPy takes for an index of integers, forward slices, None and Ellipsis alone; None for any other.

    It has an Ellipsis, with which even a single element is a view.
    """
    kind = type(index)
    if kind is int:
        return index, ...
    if kind is slice and index.step is None:
        return index
    if index is None:
        return None, ...
    if kind is tuple:
        return _plain_parts(index)
    if kind is slice or index is Ellipsis:
        return _plain_parts((index,))
    number = _integer(index)
    return None if number is None else (number, ...)


def _plain_parts(parts: tuple[Any, ...]) -> Any:
    spread = False
    for position, part in enumerate(parts):
        kind = type(part)
        if kind is int or part is None or (kind is slice and part.step is None):
            continue
        if part is Ellipsis and not spread:
            spread = True
        elif kind is slice and type(part.step) is int and part.step > 0:
            pass
        else:
            number = _integer(part)
            if number is None:
                return None
            parts = (*parts[:position], number, *parts[position + 1 :])
    return parts if spread else (*parts, ...)


def _integer(part: Any) -> int | None:
    """The integer that a tensor of int64 without dimensions is; None for anything else."""
    array = getattr(part, "_array", None)
    return int(array) if type(array) is np.ndarray and not array.ndim and array.dtype in _WIDE else None


def array_key(index: Any) -> Any:
    """What NumPy takes for an index of tensors alone: a mask, or integers with dimensions; None for any other."""
    parts = index if type(index) is tuple else (index,)
    keys = []
    for part in parts:
        key = getattr(part, "_array", None)
        if type(key) is not np.ndarray:
            return None
        kind = key.dtype.char
        if kind not in _WIDE_CHARS or not (key.ndim or kind == "?"):
            return None
        keys.append(key)
    return (tuple(keys) or None) if parts is index else keys[0]


def read_index(index: Any, ndim: int, permit: Callable[[list[Any]], None] | None = None) -> Index:
    """What an index means in a tensor of `ndim` dimensions.

    permit: is called with the parts before torch looks at the arrays among them, to refuse what is to be written.
    IndexError for floats and too many parts, ValueError for negative steps, TypeError for strings.
    """
    if type(index) is int or (type(index) is slice and index.step is None):
        return Index(index)
    if isinstance(index, list) and any(map(_is_no_number, index)):
        warnings.warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated: use x[tuple(seq)] for what "
            "x[seq] means now.",
            UserWarning,
            stacklevel=3,
        )
        index = tuple(index)
    parts = index if isinstance(index, tuple) else (index,)
    guards: list[Any] = []
    plain = [_part(part, guards) for part in parts]
    if not any(isinstance(part, np.ndarray) for part in plain):
        return Index(tuple(plain if sum(part is Ellipsis for part in plain) < 2 else _without_ellipsis(plain, ndim)))
    if sum(map(_dimensions, plain)) > ndim:
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    if permit is not None:
        permit(plain)
    if any(isinstance(part, np.ndarray) and part.dtype not in _INDEX_DTYPES for part in plain):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    plain = _without_ellipsis(plain, ndim)
    flags = [isinstance(part, np.ndarray) and not part.ndim for part in plain]  # which are masks, and the only such
    if not any(flags) and not any(isinstance(part, int) for part in plain):
        return Index(None, tuple(plain), tuple(guards))
    basic: list[Any] = []
    for part, is_flag in zip(plain, flags, strict=True):
        if is_flag:
            basic.append(None)
        else:
            basic += [ALL] * _dimensions(part) if isinstance(part, np.ndarray) else [part]
    plain = [np.arange(1 if part else 0) if is_flag else part for part, is_flag in zip(plain, flags, strict=True)]
    arrays = [ALL if part is None or isinstance(part, slice) else part for part in plain if not isinstance(part, int)]
    return Index(tuple(basic), tuple(arrays), tuple(guards))


def is_whole(basic: Any, shape: tuple[int, ...]) -> bool:
    """Whether a basic index means an array of that shape as it is: nothing but Ellipsis and slices of all there is."""
    parts = basic if isinstance(basic, tuple) else (basic,)
    axis = 0
    for part in parts:
        if part is Ellipsis:
            axis = len(shape) - len(parts) + parts.index(part) + 1
        elif not isinstance(part, slice) or axis >= len(shape) or not is_full(part, shape[axis]):
            return False
        else:
            axis += 1
    return True


def _without_ellipsis(parts: list[Any], ndim: int) -> list[Any]:
    """The parts with slices for Ellipsis: to NumPy even one that stands for no dimension keeps arrays apart."""
    for position, part in enumerate(parts):
        if part is Ellipsis:
            missing = ndim - sum(map(_dimensions, parts))
            rest = [part for part in parts[position + 1 :] if part is not Ellipsis]
            return [*parts[:position], *([ALL] * missing), *rest]
    return parts


def _dimensions(part: Any) -> int:
    """How many dimensions a part of an index takes up."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype == bool else 1


def _part(part: Any, guards: list[Any]) -> Any:
    """One part: an int, a slice, None, Ellipsis or an array of integers or booleans."""
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        if part.step is not None and int(part.step) <= 0:
            raise ValueError("step must be greater than zero: torch has no negative steps, write x.flip(0)")
        return part
    if hasattr(part, "_array"):
        guards.append(part)
        array = part._array
    elif isinstance(part, bool):
        array = np.asarray(part)
    elif isinstance(part, (int, np.integer)) or (not isinstance(part, np.ndarray) and hasattr(part, "__index__")):
        return operator.index(part)
    elif isinstance(part, (list, tuple, range, np.ndarray)):
        array = part if isinstance(part, np.ndarray) else np.array([getattr(one, "_array", one) for one in part])
        array = array.astype(np.int64) if not array.size and array.dtype.kind == "f" else array
    elif isinstance(part, str):
        raise TypeError("new(): invalid data type 'str'")
    else:
        raise IndexError(
            f"only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
            f"{type(part).__name__})"
        )
    if array.dtype == np.uint8:
        array = array.astype(bool)
    if not array.ndim and array.dtype in _WIDE:
        return int(array)
    return array


def _is_no_number(part: Any) -> bool:
    """Whether this part makes a list that stands for a tuple of indices, as it still does in torch."""
    return part is None or part is Ellipsis or isinstance(part, slice) or hasattr(part, "__len__")
