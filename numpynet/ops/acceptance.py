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
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}


def scalar_name(array: Any) -> str:
    """torch's inner name of an array's dtype, as its messages use it: Float, Double, Long.

    >>> scalar_name(np.zeros(2, np.int64))
    'Long'
    """
    return TORCH_SCALARS.get(array.dtype.name, array.dtype.name)


BOOL = np.dtype(bool)
NUMBERS = (int, float, complex)
_C_NAMES = {
    "float16": "c10::Half",
    "float32": "float",
    "float64": "double",
    "int32": "int",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}
_LIMITS: dict[np.dtype[Any], tuple[Any, Any]] = {}
for _kind in map(np.dtype, TORCH_SCALARS):
    if _kind.kind in "fc":
        _LIMITS[_kind] = (-float(np.finfo(_kind).max), float(np.finfo(_kind).max))
    elif _kind.kind != "b":
        _LIMITS[_kind] = (int(np.iinfo(_kind).min), int(np.iinfo(_kind).max))


def require_64_bits(number: int) -> None:
    """OverflowError for an integer that takes more than 64 bits, which torch has no number for."""
    if not -(2**63) <= number < 2**64:
        raise OverflowError(f"int too big to convert: {number}")


def fitting(value: bool | int | float | complex, kind: np.dtype[Any]) -> Any:
    """A Python number as a dtype holds it: floats lose their fraction, negative integers wrap around in uint8.

    RuntimeError for a number beyond its range, and for an imaginary part that it has no place for.

    >>> fitting(-1, np.dtype(np.uint8)), fitting(2.7, np.dtype(np.int64))
    (255, 2)
    """
    if (type(value) is float and kind.kind == "f" and -65504.0 <= value <= 65504.0) or (
        type(value) is int and kind.kind != "b" and 0 <= value < 128
    ):  # which all such dtypes hold
        return value
    if isinstance(value, complex):
        if kind.kind == "c":
            return complex(fitting(value.real, kind), fitting(value.imag, kind))
        if value.imag and kind.kind != "b":
            raise RuntimeError(_overflow(value, kind))
        value = value.real if kind.kind != "b" else bool(value)
    if kind not in _LIMITS:
        return bool(value) if kind.kind == "b" else value
    low, high = _LIMITS[kind]
    if kind.kind in "fc":
        if low <= value <= high or value != value or value in (np.inf, -np.inf):
            return value
    elif (-high if kind.kind == "u" and isinstance(value, int) else low) <= value <= high:
        return wrapped(int(value), kind)
    raise RuntimeError(_overflow(value, kind))


def as_held(value: Any, x: Any) -> Any:
    """A number as x's dtype holds it, where x has one: see `fitting`; what is no number as it is."""
    return fitting(value, x.dtype) if hasattr(x, "dtype") and isinstance(value, NUMBERS) else value


def which_is_number(a: Any, b: Any) -> int:
    """1 where the first operand is a number, 2 where the second is, else 0: so torch numbers its nodes."""
    return 1 if isinstance(a, NUMBERS) else 2 if isinstance(b, NUMBERS) else 0


def _overflow(value: Any, kind: np.dtype[Any]) -> str:
    name = _C_NAMES.get(kind.name, f"{kind.name}_t")
    return f"value cannot be converted to type {name} without overflow: it is {value}"


def filling(value: bool | int | float | complex, kind: np.dtype[Any], count: int = 1) -> Any:
    """As `fitting`, of a number that so many elements are filled with: a single one overflows to infinity in float16.

    >>> filling(1e6, np.dtype(np.float16)), filling(-1, np.dtype(np.uint8))
    (inf, 255)
    """
    if count == 1 and kind == np.float16 and not isinstance(value, complex) and not -65504.0 <= value <= 65504.0:
        return float(np.sign(value)) * np.inf if abs(value) >= 65520.0 else value
    return fitting(value, kind)


def wrapped(number: int, kind: np.dtype[Any]) -> int:
    """A Python integer as an integer dtype holds it: what is too large wraps around.

    >>> wrapped(300, np.dtype(np.uint8)), wrapped(-1, np.dtype(np.uint8)), wrapped(128, np.dtype(np.int8))
    (44, 255, -128)
    """
    count = 1 << 8 * kind.itemsize
    number %= count
    return number - count if kind.kind == "i" and number >= count // 2 else number


def _is_bool(operand: Any) -> bool:
    if isinstance(operand, np.bool_):  # a float to torch
        return False
    return isinstance(operand, bool) or getattr(operand, "dtype", np.dtype(float)).kind == "b"


def _is_integer(operand: Any) -> bool:
    return isinstance(operand, int) or getattr(operand, "dtype", np.dtype(float)).kind in "iub"


def _not_implemented(name: str, kind: str, way_out: str, *operands: Any) -> NotImplementedError:
    """torch's error where a kernel takes no such dtype. ValueError where the operands do not even broadcast."""
    np.broadcast_shapes(*(getattr(operand, "shape", ()) for operand in operands))
    return NotImplementedError(f"\"{name}\" not implemented for '{kind}': {way_out}")


def no_complex(name: str, *operands: Any) -> None:
    """NotImplementedError where an operand, an array or a number, is complex."""
    for operand in operands:
        if isinstance(operand, complex) or getattr(operand, "dtype", BOOL).kind == "c":
            kind = scalar_name(operand if hasattr(operand, "dtype") else np.asarray(operand))
            raise _not_implemented(name, kind, "take the real part, as in x.real, or x.abs()")


def no_booleans(name: str, x: Any, *others: Any) -> None:
    """NotImplementedError where the first operand is a mask."""
    if _is_bool(x):
        raise _not_implemented(name, "Bool", "convert it first, as in x.int()")


def not_all_booleans(name: str, *operands: Any) -> None:
    """NotImplementedError where nothing but booleans are operands."""
    if all(map(_is_bool, operands)):
        raise _not_implemented(name, "Bool", "convert it first, as in x.int()", *operands)


def no_integers(name: str, x: Any, *others: Any) -> None:
    """NotImplementedError where the first operand consists of integers or is a mask."""
    if _is_integer(x):
        raise _not_implemented(name, scalar_name(np.asarray(x)), "convert it first, as in x.float()")


def not_all_integers(name: str, x: Any, *others: Any) -> None:
    """NotImplementedError where nothing but integers or booleans are operands."""
    if _is_integer(x) and all(map(_is_integer, others)):
        raise _not_implemented(name, scalar_name(np.asarray(x)), "convert one first, as in x.float()", x, *others)


def no_floats(name: str, *operands: Any) -> None:
    """NotImplementedError where an operand is floating, which has no bits to look at."""
    for operand in operands:
        if not _is_integer(operand):
            raise _not_implemented(name, scalar_name(np.asarray(operand)), "convert it first, as in x.int()", *operands)


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
