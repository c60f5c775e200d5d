"""Acceptance: the dtypes that an operation refuses, in torch's exception classes and words.

Each check takes the operation's name and its operands as they came, before anything was promoted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TORCH_SCALARS = {
    "float16": "Half",
    "float32": "Float",
    "float64": "Double",
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "bool": "Bool",
}


def scalar_name(array: Any) -> str:
    """torch's inner name of an array's dtype, as its messages use it: Float, Double, Long.

    >>> scalar_name(np.zeros(2, np.int64))
    'Long'
    """
    return TORCH_SCALARS.get(array.dtype.name, array.dtype.name)


def _is_bool(operand: Any) -> bool:
    if isinstance(operand, np.bool_):  # a float to torch
        return False
    return isinstance(operand, bool) or getattr(operand, "dtype", np.dtype(float)).kind == "b"


def _is_integer(operand: Any) -> bool:
    return isinstance(operand, int) or getattr(operand, "dtype", np.dtype(float)).kind in "iub"


def no_booleans(name: str, x: Any, *others: Any) -> None:
    """NotImplementedError where the first operand is a mask."""
    if _is_bool(x):
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool': convert it first, as in x.int()")


def not_all_booleans(name: str, *operands: Any) -> None:
    """NotImplementedError where nothing but booleans are operands."""
    if all(map(_is_bool, operands)):
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool': convert it first, as in x.int()")


def no_integers(name: str, x: Any, *others: Any) -> None:
    """NotImplementedError where the first operand consists of integers or is a mask."""
    if _is_integer(x):
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{scalar_name(np.asarray(x))}': convert it first, as in x.float()"
        )


def not_all_integers(name: str, x: Any, *others: Any) -> None:
    """NotImplementedError where nothing but integers or booleans are operands."""
    if _is_integer(x) and all(map(_is_integer, others)):
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{scalar_name(np.asarray(x))}': convert one first, as in x.float()"
        )


def no_boolean_difference(name: str, *operands: Any) -> None:
    """RuntimeError where a mask is subtracted, or subtracted from."""
    booleans = [_is_bool(operand) for operand in operands]
    if all(booleans):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead."
        )
    if any(booleans):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert "
            "a mask, use the `~` or `logical_not()` operator instead."
        )


def no_boolean_negation(name: str, x: Any) -> None:
    """RuntimeError where a mask is negated."""
    if _is_bool(x):
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )


def no_boolean_relu(name: str, x: Any) -> None:
    """RuntimeError where a mask is to be rectified."""
    if _is_bool(x):
        raise RuntimeError(f"Boolean inputs not supported for {name}: convert it first, as in x.int()")


def no_masks(name: str, x: Any) -> None:
    """RuntimeError where a mask's extreme is looked for."""
    if _is_bool(x):
        raise RuntimeError(f"{name}(): does not support bool input: convert it first, as in x.int()")


def equal_dtypes(name: str, a: Any, b: Any) -> None:
    """RuntimeError where two tensors have different dtypes."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.dtype != b.dtype:
        raise RuntimeError(f"{scalar_name(a)} did not match {scalar_name(b)} in {name}(): convert one, as in x.float()")


def no_division_by_zero(name: str, a: Any, b: Any) -> None:
    """RuntimeError where integers are divided by a zero, and NotImplementedError for booleans."""
    not_all_booleans(name, a, b)
    if _is_integer(a) and _is_integer(b) and not np.all(b):
        raise RuntimeError(f"ZeroDivisionError: {name}() of integers by zero")
