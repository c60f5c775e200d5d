"""Literals: arguments and results as text that one can read, and paste into Python."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.grade.plain import Context

SHOWN = 24  # elements of an array that are written out


def literal(value: Any, digits: int | None = None) -> str:
    """An array as the nested list it is, a shape where it is long or empty; anything else by its repr.

    digits: how many significant ones are shown; by default as many as it takes to read the same number back.
    """
    if not isinstance(value, (np.ndarray, np.generic)):
        return repr(value)
    array = np.asarray(value)
    if array.size == 0 or array.size > SHOWN:
        return f"<{array.dtype.name} of shape {array.shape}>"
    return _nested(array, digits)


def _nested(array: NDArray[Any], digits: int | None) -> str:
    if array.ndim:
        return "[" + ", ".join(_nested(np.asarray(row), digits) for row in array) + "]"
    item = array.item()
    if isinstance(item, float) and 1e-4 <= abs(item) < 1e6:
        number = array.dtype.type(item)
        return np.format_float_positional(number, precision=digits, fractional=digits is None, trim="0")
    return str(array.dtype.type(item)) if isinstance(item, float) else repr(item)


def argument(value: Any) -> str:
    """An argument of a call: arrays in tuples and dicts too."""
    if isinstance(value, Context):
        return "<saved_tensors = " + argument(value.saved) + ">"
    if isinstance(value, tuple) and value and hasattr(value[0], "shape"):
        return "(" + ", ".join(map(literal, value)) + "," * (len(value) == 1) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name!r}: {literal(one)}" for name, one in value.items()) + "}"
    return literal(value)
