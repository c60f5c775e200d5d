"""The range of integers that a dtype can take in `random_` and `randint`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

_DIGITS = {2: 11, 4: 24, 8: 53}  # of a floating dtype, by its size in bytes
_LARGEST = {2: 65504, 4: int(np.finfo(np.float32).max), 8: int(np.finfo(np.float64).max)}


def largest_integer(dtype: np.dtype[Any]) -> int:
    """The top of torch's default range: the largest of an integer dtype, 2^digits of a floating one."""
    if dtype.kind == "f":
        return 1 << _DIGITS[dtype.itemsize]
    return _bounds(dtype)[1]


def integer_range(low: int, high: int | None, dtype: np.dtype[Any]) -> tuple[int, int]:
    """The first integer and the number of integers of [low, high), as far as the dtype can hold them.

    high: None for all up to and including `largest_integer`. A floating dtype cannot hold every large
    integer; its bounds move inwards to ones it can (and a UserWarning tells that not all are drawn).
    RuntimeError when the range is empty or leaves the dtype's own.
    """
    last = largest_integer(dtype) if high is None else high - 1
    if low > last:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={last + 1}")
    if dtype.kind == "f":
        low = _held_low(low, dtype)
        last = _held_last(last, dtype)
        if low > last:
            raise RuntimeError(
                f"random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
                f"but got from={low} >= to={last + 1} in {dtype}"
            )
    smallest, largest = _bounds(dtype)
    for name, bound in (("from", low), ("to - 1", last)):
        if not smallest <= bound <= largest:
            raise RuntimeError(
                f"random_: {name} is out of bounds for {dtype}: {bound} is not in [{smallest}, {largest}]"
            )
        if dtype.kind == "f" and abs(bound) > largest_integer(dtype):
            digits = _DIGITS[dtype.itemsize]
            warnings.warn(
                f"random_: {name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
                f"{dtype} can support discrete uniform distribution only within this range.",
                UserWarning,
                stacklevel=4,
            )
    return low, last - low + 1


def _bounds(dtype: np.dtype[Any]) -> tuple[int, int]:
    if dtype.kind == "c":
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    bits = 8 * dtype.itemsize
    if dtype.kind == "i":
        return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if dtype.kind == "u":
        return 0, (1 << bits) - 1
    if dtype.kind == "b":
        return 0, 1
    return -_LARGEST[dtype.itemsize], _LARGEST[dtype.itemsize]


def _held_low(low: int, dtype: np.dtype[Any]) -> int:
    """`low`, or the next integer that the dtype holds, if its successor would be rounded below it."""
    rounded = _as_held(low + 1, dtype)
    return low if rounded is None or rounded >= low else rounded + _spacing(low + 1, dtype)


def _held_last(last: int, dtype: np.dtype[Any]) -> int:
    """`last`, or the one before the last integer that the dtype holds, if `last` would be rounded up."""
    rounded = _as_held(last, dtype)
    return last if rounded is None or rounded <= last else rounded - _spacing(last, dtype) - 1


def _as_held(value: int, dtype: np.dtype[Any]) -> int | None:
    """The integer as the dtype rounds it; None where that leaves int64."""
    with np.errstate(over="ignore"):
        rounded = float(dtype.type(value))
    return int(rounded) if -(2.0**63) <= rounded < 2.0**63 else None


def _spacing(value: int, dtype: np.dtype[Any]) -> int:
    """The distance between neighbouring numbers of that magnitude."""
    return int(1 << (abs(value).bit_length() - _DIGITS[dtype.itemsize]))
