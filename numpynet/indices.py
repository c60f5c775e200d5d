"""Indices: what stands in x[...], as torch's users write it, told in NumPy's words.

Two things differ. torch takes the integers of an index first, so that x[0, :, [1, 2]] has the shape of
x[0][:, [1, 2]], where NumPy lets the integer 0 take part in the broadcasting of the lists. And it has no
negative steps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from numpynet.ops.form import Array

Guard = tuple[list[int], Array]
ALL = slice(None)


class Index(NamedTuple):
    """An index in two parts, taken one after the other; None for a part that is not there.

    basic: integers, slices, None and Ellipsis, which give a view.
    arrays: has integer arrays or boolean masks, which give a copy.
    guards: version counter and memory of every tensor among those arrays.
    """

    basic: Any
    arrays: Any = None
    guards: tuple[Guard, ...] = ()


def read_index(index: Any) -> Index:
    """What an index means. IndexError for floats, ValueError for negative steps, TypeError for strings."""
    if type(index) is int:
        return Index(index)
    parts = index if isinstance(index, tuple) else (index,)
    guards: list[Guard] = []
    plain = [_part(part, guards) for part in parts]
    if not any(isinstance(part, np.ndarray) for part in plain):
        return Index(tuple(plain))
    if not any(isinstance(part, int) for part in plain):
        return Index(None, tuple(plain), tuple(guards))
    basic: list[Any] = []
    for part in plain:
        if isinstance(part, np.ndarray):
            basic += [ALL] * (part.ndim if part.dtype == bool else 1)
        else:
            basic.append(part)
    arrays = [ALL if part is None or isinstance(part, slice) else part for part in plain if not isinstance(part, int)]
    return Index(tuple(basic), tuple(arrays), tuple(guards))


def _part(part: Any, guards: list[Guard]) -> Any:
    """One part: an int, a slice, None, Ellipsis or an array of integers or booleans."""
    from numpynet.tensor import Tensor

    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        if part.step is not None and int(part.step) <= 0:
            raise ValueError("step must be greater than zero: torch has no negative steps, write x.flip(0)")
        return part
    if isinstance(part, Tensor):
        guards.append((part._version, part._array))
        array = part._array
    elif isinstance(part, (bool, np.bool_)):
        array = np.asarray(part)
    elif isinstance(part, (int, np.integer)):
        return int(part)
    elif isinstance(part, (list, tuple, range, np.ndarray)):
        array = np.array([one.tolist() if isinstance(one, Tensor) else one for one in part])
        array = array.astype(np.int64) if not array.size and array.dtype.kind == "f" else array
    elif isinstance(part, str):
        raise TypeError("new(): invalid data type 'str'")
    else:
        raise IndexError(
            f"only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
            f"{type(part).__name__})"
        )
    if array.dtype.kind not in "iub":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    if array.dtype == np.uint8:
        array = array.astype(bool)
    if not array.ndim and array.dtype.kind in "iu":
        return int(array)
    return array
