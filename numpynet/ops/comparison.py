"""Comparisons, logic and tests of values, element by element: results without a derivative."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.ops.acceptance import NUMBERS, equal_dtypes, no_floats, not_all_booleans
from numpynet.ops.form import elementwise

# --- comparisons ----------------------------------------------------------------------------------------


@elementwise(ufunc=np.equal, complex="written")
def eq(a: Any, b: Any) -> Any:
    """Whether a = b, element by element; the dtype is bool.

    >>> import numpynet
    >>> numpynet.eq(numpynet.tensor([1.0, 2.0]), 2)
    tensor([False,  True])
    """
    return np.equal(a, b)


@elementwise(ufunc=np.not_equal, complex="written")
def ne(a: Any, b: Any) -> Any:
    """Whether a ≠ b, element by element.

    >>> import numpynet
    >>> numpynet.ne(numpynet.tensor([1.0, 2.0]), 2)
    tensor([ True, False])
    """
    return np.not_equal(a, b)


@elementwise(ufunc=np.less)
def lt(a: Any, b: Any) -> Any:
    """Whether a < b, element by element.

    >>> import numpynet
    >>> numpynet.lt(numpynet.tensor([1.0, 2.0]), 2)
    tensor([ True, False])
    """
    return np.less(a, b)


@elementwise(ufunc=np.less_equal)
def le(a: Any, b: Any) -> Any:
    """Whether a ≤ b, element by element.

    >>> import numpynet
    >>> numpynet.le(numpynet.tensor([1.0, 2.0]), 2)
    tensor([True, True])
    """
    return np.less_equal(a, b)


@elementwise(ufunc=np.greater)
def gt(a: Any, b: Any) -> Any:
    """Whether a > b, element by element.

    >>> import numpynet
    >>> numpynet.gt(numpynet.tensor([1.0, 2.0]), 1)
    tensor([False,  True])
    """
    return np.greater(a, b)


@elementwise(ufunc=np.greater_equal)
def ge(a: Any, b: Any) -> Any:
    """Whether a ≥ b, element by element.

    >>> import numpynet
    >>> numpynet.ge(numpynet.tensor([1.0, 2.0]), 1)
    tensor([True, True])
    """
    return np.greater_equal(a, b)


@elementwise(accepts=equal_dtypes, complex="written")
def isclose(a: Any, b: Any, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether |a − b| ≤ atol + rtol |b|, element by element; RuntimeError where the dtypes differ.

    >>> import numpynet
    >>> numpynet.isclose(numpynet.tensor([1.0, 2.0]), numpynet.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    for name, one in (("rtol", rtol), ("atol", atol)):
        if isinstance(one, NUMBERS) and one < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {one}")
    is_plain = type(a) is type(b) is np.ndarray and a.dtype is b.dtype and a.dtype.kind == "f"
    if not is_plain or not type(rtol) is type(atol) is float or not rtol + atol < math.inf:
        return np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)
    with np.errstate(invalid="ignore"):  # as np.isclose computes it, in a fraction of its time
        y = (np.abs(a - b) <= atol + rtol * np.abs(b)) & np.isfinite(b) | (a == b)
        return y | (np.isnan(a) & np.isnan(b)) if equal_nan else y


# --- logic: numbers count as true where they are not 0 ------------------------------------------------------


@elementwise(complex="written")
def logical_and(a: Any, b: Any) -> Any:
    """Whether both are nonzero, element by element.

    >>> import numpynet
    >>> numpynet.logical_and(numpynet.tensor([1, 0]), numpynet.tensor([1, 1]))
    tensor([ True, False])
    """
    return np.logical_and(a, b)


@elementwise(complex="written")
def logical_or(a: Any, b: Any) -> Any:
    """Whether at least one is nonzero, element by element.

    >>> import numpynet
    >>> numpynet.logical_or(numpynet.tensor([1, 0]), numpynet.tensor([0, 0]))
    tensor([ True, False])
    """
    return np.logical_or(a, b)


@elementwise(complex="written")
def logical_xor(a: Any, b: Any) -> Any:
    """Whether exactly one is nonzero, element by element.

    >>> import numpynet
    >>> numpynet.logical_xor(numpynet.tensor([1, 0]), numpynet.tensor([1, 1]))
    tensor([False,  True])
    """
    return np.logical_xor(a, b)


@elementwise(torch="input", ufunc=np.logical_not, complex="written")
def logical_not(x: Any) -> Any:
    """Whether x is zero, element by element.

    >>> import numpynet
    >>> numpynet.logical_not(numpynet.tensor([2.0, 0.0]))
    tensor([False,  True])
    """
    return np.logical_not(x)


# --- the bits of integers, and masks --------------------------------------------------------------------------


@elementwise(accepts=no_floats, ufunc=np.bitwise_and)
def bitwise_and(a: Any, b: Any) -> Any:
    """a & b on integers and booleans; NotImplementedError on floating tensors.

    >>> import numpynet
    >>> numpynet.tensor([6, 3]) & 5
    tensor([4, 1])
    """
    return np.bitwise_and(a, b)


@elementwise(accepts=no_floats, ufunc=np.bitwise_or)
def bitwise_or(a: Any, b: Any) -> Any:
    """a | b on integers and booleans; NotImplementedError on floating tensors.

    >>> import numpynet
    >>> numpynet.tensor([6, 3]) | 1
    tensor([7, 3])
    """
    return np.bitwise_or(a, b)


@elementwise(accepts=no_floats, ufunc=np.bitwise_xor)
def bitwise_xor(a: Any, b: Any) -> Any:
    """a ^ b on integers and booleans; NotImplementedError on floating tensors.

    >>> import numpynet
    >>> numpynet.tensor([6, 3]) ^ 1
    tensor([7, 2])
    """
    return np.bitwise_xor(a, b)


def _whole_numbers(name: str, *operands: Any) -> None:
    no_floats(name, *operands)
    not_all_booleans(name, *operands)


@elementwise(accepts=_whole_numbers)
def bitwise_left_shift(a: Any, b: Any) -> Any:
    """y = a 2ᵇ of integers, as bits moved to the left.

    >>> import numpynet
    >>> numpynet.bitwise_left_shift(numpynet.tensor([1, 2]), 3)
    tensor([ 8, 16])
    """
    return np.left_shift(a, b)


@elementwise(accepts=_whole_numbers)
def bitwise_right_shift(a: Any, b: Any) -> Any:
    """y = ⌊a / 2ᵇ⌋ of integers, as bits moved to the right.

    >>> import numpynet
    >>> numpynet.bitwise_right_shift(numpynet.tensor([16, 7]), 1)
    tensor([8, 3])
    """
    return np.right_shift(a, b)


@elementwise(torch="input", accepts=no_floats, ufunc=np.bitwise_not)
def bitwise_not(x: Any) -> Any:
    """~x on integers and booleans; NotImplementedError on floating tensors.

    >>> import numpynet
    >>> ~numpynet.tensor([True, False])
    tensor([False,  True])
    """
    return np.bitwise_not(x)


# --- tests of values --------------------------------------------------------------------------------------


@elementwise(torch="input", complex="written")
def isnan(x: Any) -> Any:
    """Whether x is not a number, element by element.

    >>> import numpynet
    >>> numpynet.isnan(numpynet.tensor([1.0, numpynet.nan]))
    tensor([False,  True])
    """
    return np.isnan(x)


@elementwise(torch="input", complex="written")
def isinf(x: Any) -> Any:
    """Whether x is ∞ or −∞, element by element.

    >>> import numpynet
    >>> numpynet.isinf(numpynet.tensor([1.0, -numpynet.inf]))
    tensor([False,  True])
    """
    return np.isinf(x)


@elementwise(torch="input", complex="written")
def isfinite(x: Any) -> Any:
    """Whether x is a finite number, element by element.

    >>> import numpynet
    >>> numpynet.isfinite(numpynet.tensor([1.0, numpynet.nan]))
    tensor([ True, False])
    """
    return np.isfinite(x)
