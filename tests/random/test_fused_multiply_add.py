"""The fused multiply-add against exact rational arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from numpynet.random.fused_multiply_add import fma32, fma64


def rounded_once(a, b, c, dtype):
    """dtype(a·b + c) with one rounding, ties to even, of the exact rational value."""
    exact = Fraction(float(a)) * Fraction(b) + Fraction(c)
    if exact == 0:
        return dtype(float(a) * b + c)  # only the sign of the zero is left to decide
    digits, least = (24, -149) if dtype is np.float32 else (53, -1074)
    exponent = math.floor(math.log2(abs(exact.numerator)) - math.log2(exact.denominator)) - digits
    exponent = max(exponent, least)
    while abs(exact) >= Fraction(2) ** (exponent + digits):
        exponent += 1
    unit = Fraction(2) ** exponent
    value = round(exact / unit) * unit  # Python rounds fractions half to even
    if abs(value) > Fraction(float(np.finfo(dtype).max)):
        return dtype(math.inf if exact > 0 else -math.inf)
    return dtype(math.copysign(float(value), -1 if exact < 0 else 1))  # also of what vanishes


def assert_same_bits(found, expected):
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


float32s = st.floats(width=32, allow_nan=False, allow_infinity=False)
multiples = st.integers(0, 2**24 - 1).map(lambda bits: bits * 2.0**-24)


@given(st.lists(st.one_of(float32s, multiples), min_size=1, max_size=30), float32s, float32s)
@example([(1 + 2.0**-23) * 2.0**-75], (1 - 2.0**-23) * 2.0**-75, 2.0**-130 + 2.0**-149)  # beside a subnormal tie
@example([-(2.0**-24), 0.0, -0.0], 2.0**-149, 0.0)  # vanishes, and keeps its sign
@example([-(2.0**-24), 0.0, -0.0], 2.0**-149, -0.0)
@example([1.0 + 2.0**-23], 1.0 + 2.0**-23, 2.0**-100)  # the product is halfway, the addend decides
@example([1.0 + 2.0**-23], 1.0 + 2.0**-23, -(2.0**-100))
@example([3.4e38, -3.4e38], 3.0, 1.0)  # overflows
def test_fma32_rounds_once(a, b, c):
    a = np.array(a, np.float32)
    with np.errstate(over="ignore"):
        found = fma32(a, b, c)
    assert_same_bits(found, np.array([rounded_once(x, b, c, np.float32) for x in a]))


@pytest.mark.parametrize("c", [1.0, -1.0, 3.0, 2.0**-20])
def test_fma32_where_double_rounding_would_go_wrong(c):
    # Products just beside the midpoint of two float32, by less than float64 can tell next to c.
    random = np.random.default_rng(1)
    a = (1 + 2.0**-23 * random.integers(0, 2**23, 3000)).astype(np.float32)
    b = float(np.float32(2.0**-24 * abs(c)))
    expected = np.array([rounded_once(x, b, c, np.float32) for x in a])
    assert_same_bits(fma32(a, b, c), expected)


scales = st.floats(-1e6, 1e6, allow_subnormal=False) | st.floats(allow_nan=False, allow_infinity=False)
moderate = st.integers(0, 2**53 - 1).map(lambda bits: bits * 2.0**-53) | st.floats(-40, 40).filter(
    lambda x: x == 0 or abs(x) >= 2.0**-100
)


@settings(max_examples=150)
@given(st.lists(moderate, min_size=1, max_size=20), scales, scales)
@example([2.0**-53, 0.5], 1.7e308, 1.0)  # beyond the range in which the product can be split
@example([2.0**-53, 1.5], 1.7e308, 1.7e308)
@example([2.0**-53, 0.5], 3e-308, 1e-308)
@example([-0.25, 0.25, 0.0, -0.0], 2.0**-1074, 0.0)  # vanishes, and keeps its sign
@example([-0.25, 0.25, 0.0, -0.0], 2.0**-1074, -0.0)
@example([1 + 2.0**-27, -1 - 2.0**-27], 1 - 2.0**-27, 2.0**53 + 2)  # beside a tie by less than the product's error
@example([1 + 2.0**-27, -1 - 2.0**-27], 1 - 2.0**-27, -(2.0**53) - 2)
@example([1 + 2.0**-27, -1 - 2.0**-27], 1 - 2.0**-27, 2.0**53 + 4)
@example([0.1, 0.2], 1.0, 0.3)
@example([0.1, 0.2], 0.3, 0.0)
def test_fma64_rounds_once(a, b, c):
    a = np.array(a)
    with np.errstate(over="ignore"):
        found = fma64(a, b, c)
    assert_same_bits(found, np.array([rounded_once(x, b, c, np.float64) for x in a]))


@pytest.mark.parametrize("fma", [fma32, fma64])
@pytest.mark.parametrize(
    ("b", "c"),
    [(math.inf, 1.0), (1.5, math.inf), (1.5, -math.inf), (math.nan, 1.0), (1.5, math.nan), (math.inf, -math.inf)],
)
def test_infinities_and_nan_come_out_as_in_ieee_754(fma, b, c):
    a = np.array([0.5, -0.5, 0.0, 2.0], np.float32 if fma is fma32 else np.float64)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(fma(a, b, c), a * np.float64(b) + np.float64(c))


def test_shapes_are_kept():
    assert fma32(np.zeros((2, 0, 3), np.float32), 2.0, 1.0).shape == (2, 0, 3)
    assert fma64(np.ones((2, 3)), 2.0, 1.0).shape == (2, 3)
    assert fma64(np.ones((2, 3)), 1e300, 1.0).shape == (2, 3)
