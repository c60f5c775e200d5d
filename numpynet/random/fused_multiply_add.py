"""The fused multiply-add, a·b + c rounded once, by arithmetic that NumPy has.

torch's kernels scale what they draw with the processor's fused multiply-add; NumPy rounds the product and
then the sum, and the last bit differs. Here the exact result is found as the sum of two numbers and then
rounded once. The tool is rounding to odd: of the two float64 around an exact value take the one whose last
bit is 1. Such a number is never halfway between two shorter ones, so rounding it a second time does no harm.

Sources: T. J. Dekker, "A floating-point technique for extending the available precision" (1971), for the
exact product; D. E. Knuth, "The Art of Computer Programming", vol. 2, for the exact sum; S. Boldo and
G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd" (2008).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# float64 keeps 29 bits more than float32; where they read 100…0 the value is halfway between two float32.
_EXTRA_BITS = np.array(2**29 - 1)
_HALFWAY = np.array(2**28)
_SPLITTER = 2.0**27 + 1.0  # cuts a float64 into two halves of 26 bits


def fma32(a: Float32, b: float, c: float) -> Float32:
    """float32(a·b + c), rounded once.

    a: float32 of any shape; b, c: numbers that float32 holds exactly. Infinities, NaN, subnormal and
    overflowing results come out as IEEE 754 has them (NumPy may warn of them).

    >>> import numpy as np
    >>> a = np.array([1 / 3], np.float32)
    >>> float(fma32(a, 3.0, -1.0)[0]), float(a[0] * np.float32(3.0) - np.float32(1.0))
    (2.9802322387695312e-08, 0.0)
    """
    product = a.astype(np.float64)
    product *= b  # 24 bits times 24: exact
    return add_to_float32(product, c)


def add_to_float32(product: Float64, c: float) -> Float32:
    """float32(product + c), rounded once, for products of two float32.

    The sum is rounded to float64 and then to float32. That differs from one rounding only if the float64
    lies halfway between two float32, or where float32 has fewer bits than usual: in subnormal sums of two
    tiny terms. (A tiny sum of larger terms is a difference of near numbers, which is exact.)
    """
    if 0.0 < abs(c) < 2.0**-125:
        return _round_to_odd(*_exact_sum(product, np.array(c))).astype(np.float32)
    total = product + c
    result = total.astype(np.float32)
    halfway = np.flatnonzero((total.view(np.int64) & _EXTRA_BITS) == _HALFWAY)
    if halfway.size:
        np.put(result, halfway, _round_to_odd(*_exact_sum(product.take(halfway), np.array(c))).astype(np.float32))
    return result


def sums_are_exact(unit: float, c: float, largest: float) -> bool:
    """Whether all multiples of a unit, plus c, are float64 numbers, if none of the sums exceeds `largest`.

    >>> sums_are_exact(2.0**-24, 1.0, 2.0), sums_are_exact(2.0**-24, 1.0, 2.0**40)
    (True, False)
    """
    return largest * max(unit.as_integer_ratio()[1], c.as_integer_ratio()[1]) <= 2.0**53


def fma64(a: Float64, b: float, c: float) -> Float64:
    """float64(a·b + c), rounded once.

    a: float64 of any shape, zeros or magnitudes from 2⁻¹⁰⁰ to 2¹⁰⁰, which uniform fractions and standard
    normals are; b, c: any numbers. Infinities and NaN come out as IEEE 754 has them (NumPy may warn of them).

    >>> import numpy as np
    >>> a = np.array([1 / 3])
    >>> float(fma64(a, 3.0, -1.0)[0]), float(a[0] * 3.0 - 1.0)
    (-5.551115123125783e-17, 0.0)
    """
    if b == 1.0:
        return a + c
    if b == 0.0 or not (math.isfinite(b) and math.isfinite(c)):
        return a * b + c
    if not (2.0**-800 < abs(b) < 2.0**850 and abs(c) < 2.0**1000):
        return _fma64_by_fractions(a, b, c)
    if c == 0.0:
        return a * b + c  # decides the sign of a zero
    product, error = _exact_product(a, b)
    high, low = _exact_sum(np.array(c), error)
    total, rest = _exact_sum(product, high)
    return np.asarray(total + _round_to_odd(*_exact_sum(low, rest)))


def _fma64_by_fractions(a: Float64, b: float, c: float) -> Float64:
    """The same for scales at the ends of float64's range, where the errors kept above would under- or overflow."""
    from fractions import Fraction  # rarely needed

    scale, shift = Fraction(b), Fraction(c)

    def rounded(value: float) -> float:
        exact = Fraction(value) * scale + shift
        if not exact:
            return value * b + c
        try:
            return float(exact)
        except OverflowError:
            return math.inf if exact > 0 else -math.inf

    return np.fromiter(map(rounded, a.ravel().tolist()), np.float64, a.size).reshape(a.shape)


def _exact_product(a: Float64, b: float) -> tuple[Float64, Float64]:
    """The rounded product and its error: their sum is a·b exactly (Dekker)."""
    cut: Any = a * _SPLITTER
    a_high = cut - (cut - a)
    a_low = a - a_high
    cut = b * _SPLITTER
    b_high = cut - (cut - b)
    b_low = b - b_high
    product = a * b
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _exact_sum(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    """The rounded sum and its error: their sum is a + b exactly (Knuth)."""
    total = a + b
    from_b = total - a
    return total, (a - (total - from_b)) + (b - from_b)


def _round_to_odd(total: Float64, error: Float64) -> Float64:
    """The exact value total + error rounded to odd, `total` being that value rounded to nearest."""
    bits = np.array(total).view(np.int64)
    inexact = (error > 0) | (error < 0)
    even = (bits & 1) == 0
    outwards = (error > 0) == (total > 0)  # one unit up in the bits is one unit away from zero
    bits += np.where(inexact & even, np.where(outwards, 1, -1), 0)
    return bits.view(np.float64)
