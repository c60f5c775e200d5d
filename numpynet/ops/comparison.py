"""Comparisons, logic and tests of values: results without a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.form import elementwise


@elementwise
def eq(a: Any, b: Any) -> Any:
    """Whether a = b, element by element; the dtype is bool.

    >>> import numpynet
    >>> numpynet.eq(numpynet.tensor([1.0, 2.0]), 2)
    tensor([False,  True])
    """
    return np.equal(a, b)


@elementwise
def ne(a: Any, b: Any) -> Any:
    """Whether a ≠ b, element by element."""
    return np.not_equal(a, b)


@elementwise
def lt(a: Any, b: Any) -> Any:
    """Whether a < b, element by element."""
    return np.less(a, b)


@elementwise
def le(a: Any, b: Any) -> Any:
    """Whether a ≤ b, element by element."""
    return np.less_equal(a, b)


@elementwise
def gt(a: Any, b: Any) -> Any:
    """Whether a > b, element by element."""
    return np.greater(a, b)


@elementwise
def ge(a: Any, b: Any) -> Any:
    """Whether a ≥ b, element by element."""
    return np.greater_equal(a, b)


@elementwise
def logical_and(a: Any, b: Any) -> Any:
    """Whether both are nonzero, element by element."""
    return np.logical_and(a, b)


@elementwise
def logical_or(a: Any, b: Any) -> Any:
    """Whether at least one is nonzero, element by element."""
    return np.logical_or(a, b)


@elementwise
def logical_xor(a: Any, b: Any) -> Any:
    """Whether exactly one is nonzero, element by element."""
    return np.logical_xor(a, b)


@elementwise
def logical_not(x: Any) -> Any:
    """Whether x is zero, element by element."""
    return np.logical_not(x)


@elementwise
def bitwise_and(a: Any, b: Any) -> Any:
    """a & b on integers and booleans; RuntimeError on floating tensors."""
    _refuse_floats("bitwise_and", a, b)
    return np.bitwise_and(a, b)


@elementwise
def bitwise_or(a: Any, b: Any) -> Any:
    """a | b on integers and booleans; RuntimeError on floating tensors."""
    _refuse_floats("bitwise_or", a, b)
    return np.bitwise_or(a, b)


@elementwise
def bitwise_xor(a: Any, b: Any) -> Any:
    """a ^ b on integers and booleans; RuntimeError on floating tensors."""
    _refuse_floats("bitwise_xor", a, b)
    return np.bitwise_xor(a, b)


@elementwise
def bitwise_not(x: Any) -> Any:
    """~x on integers and booleans; RuntimeError on floating tensors."""
    _refuse_floats("bitwise_not", x)
    return np.bitwise_not(x)


def _refuse_floats(name: str, *operands: Any) -> None:
    for operand in operands:
        if np.asarray(operand).dtype.kind == "f":
            raise RuntimeError(
                f'"{name}_cpu" not implemented for floating tensors: compare first, as in x > 0'
            )


@elementwise
def isnan(x: Any) -> Any:
    """Whether x is not a number, element by element."""
    return np.isnan(x)


@elementwise
def isinf(x: Any) -> Any:
    """Whether x is ∞ or −∞, element by element."""
    return np.isinf(x)


@elementwise
def isfinite(x: Any) -> Any:
    """Whether x is a finite number, element by element."""
    return np.isfinite(x)


@elementwise
def isclose(a: Any, b: Any, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether |a − b| ≤ atol + rtol |b|, element by element."""
    return np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)
