"""The Box-Muller transform: pairs of uniform fractions into pairs of normal numbers, as torch computes it.

A radius sqrt(-2 log(1 - u)) and an angle 2πv give two independent standard normals, radius·cos(angle) and
radius·sin(angle) (G. E. P. Box and M. E. Muller, 1958).

torch works on rows of 16 fractions: the first 8 make the radii, the last 8 the angles; the cosines replace
the first 8, the sines the last 8. In float32 its AVX2 kernel takes logarithm, sine and cosine from the
single-precision polynomials of the Cephes library as arranged in avx_mathfun.h (G. Garberoglio after
J. Pommier's sse_mathfun.h, zlib licence). Their values are a few units in the last place off at worst, so
equal bits need the same polynomials, steps and roundings, which are here.

A float32 fused multiply-add is computed in float64, where the product is exact, and converted to float32. That
could round twice, but for none of the 2²⁴ possible fractions does it. Where a product is exact, or is rounded
itself, float32 will do.
"""

from __future__ import annotations

import math
from functools import lru_cache
from math import cos, log1p, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from numpynet.random.c_library_math import of_array
from numpynet.random.fused_multiply_add import fma32, fma64

Int32 = NDArray[np.int32]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

ROW = 16  # fractions, and normals, in a row of torch's kernels
_HALF_ROW = np.dtype("V32")  # 8 float32, copied as one item
_BLOCK = 2**15  # few calls, and temporaries that stay in the cache
_TWO_PI = 2.0 * math.pi


def _float32_of_bits(*bits: int) -> list[float]:
    return [float(x) for x in np.array(bits, np.uint32).view(np.float32)]


def _int32(value: int) -> Int32:
    return np.array(value, np.int32)  # NumPy takes 0-d arrays as operands faster than Python's numbers


def _float32(value: float) -> Float32:
    return np.array(value, np.float32)


def _float64(value: float) -> Float64:
    return np.array(value)


_factor = lru_cache(_float32)
_ONE, _HALF, _MINUS_TWO = map(_float32, (1.0, 0.5, -2.0))
_ZEROS = {1.0: _float32(0.0), -1.0: _float32(-0.0)}  # by their signs

# x = 2^e · m with sqrt(1/2) <= m < sqrt(2), where e is in front of the bits of x less those of sqrt(1/2)
_SQRT_HALF_BITS = _int32(0x3F3504F3)
_TWO_TO_24 = _int32(2**24)
_SQRT_HALF_BITS_24 = _int32(0x3F3504F3 + (24 << 23))  # of sqrt(1/2) · 2²⁴
_EXPONENT_AT = _int32(23)
_MANTISSA = _int32(2**23 - 1)
# log(1 + x) = x - x²/2 + x³ P(x)
_LOG_FIRST, *_LOG_NEXT, _LOG_LAST = map(
    _float64,
    _float32_of_bits(
        0x3D9021BB, 0xBDEBD1B8, 0x3DEF251A, 0xBDFE5D4F, 0x3E11E9BF, 0xBE2AAE50, 0x3E4CCEAC, 0xBE7FFFFC, 0x3EAAAAAA
    ),
)  # fmt: skip
_LOG_2_LOW, _LOG_2_HIGH = map(_float32, _float32_of_bits(0xB95E8083, 0x3F318000))  # their sum is log 2

_ANGLE_UNIT = _float32(_float32_of_bits(0x40C90FDB)[0] * 2.0**-24)
_HALF_QUARTER = _int32(2**21)  # of a circle of 2²⁴
_QUARTER_AT = _int32(22)
# torch takes multiples of π/4 off in three parts, of which only the last is rounded: so it may be at once.
_MINUS_HALF_PI = _float64(2 * sum(_float32_of_bits(0xBF490000, 0xB97DA000, 0xB3222169)))
# cos x = 1 + (C(x²) x² - 1/2) x² and sin x = (S(x²) x² + 1) x for |x| <= π/4
_COSINE = [_float64(x) for x in (*_float32_of_bits(0x37CCF5CE, 0xBAB6061A, 0x3D2AAAA5), -0.5)]
_SINE = [_float64(x) for x in (*_float32_of_bits(0xB94CA1F9, 0x3C08839E, 0xBE2AAAA3), 1.0)]
_ODD_QUARTER_TO_SIGN = _int32(9)  # moves the bits of the quarter to the place of a float32's sign
_LOWER_HALF_TO_SIGN = _int32(8)
_SIGN = _int32(-(2**31))
_SIGN_TO_ALL = _int32(31)


def fill_rows_float32(bits: Int32, mean: float = -0.0, std: float = 1.0) -> Float32:
    """Normals of that mean and std, of fractions bits · 2⁻²⁴ in whole rows: (16·rows,) -> the same memory.

    By default they are as they come: -0.0, unlike 0.0, is added without a trace.
    """
    for start in range(0, bits.size, _BLOCK):
        halves = bits[start : start + _BLOCK].view(_HALF_ROW)
        singles, doubles = _scratch(4 * halves.size)
        half, radius, waves = singles[0].view(np.int32), singles[1], singles[5:]
        half.view(_HALF_ROW)[...] = halves[0::2]
        _radius_float32(half, radius, *singles[2:4], *doubles[:2])
        half.view(_HALF_ROW)[...] = halves[1::2]
        _cosine_and_sine_float32(half, waves, singles[2].view(np.int32), *singles[3:5], *doubles)
        waves *= radius
        halves[0::2], halves[1::2] = scaled_float32(waves, mean, std, waves).view(_HALF_ROW)
    return bits.view(np.float32)


def polar_float32(bits: Int32) -> tuple[Float32, Float32]:
    """Fractions bits · 2⁻²⁴ as radii and as angles: (n,) -> radii (n,), and cosines and sines as rows of (2, n)."""
    singles, doubles = _scratch(bits.size)
    radius, waves, both = singles[1], singles[5:], singles[0].view(np.int32)
    both[...] = bits
    _radius_float32(both, radius, *singles[2:4], *doubles[:2])
    both[...] = bits
    _cosine_and_sine_float32(both, waves, singles[2].view(np.int32), *singles[3:5], *doubles)
    return radius, waves


def rows_of_polar_float32(radius: Float32, waves: Float32) -> Float32:
    """The same normals of what `polar_float32` gives for whole rows: (16·rows,), (2, 16·rows) -> (16·rows,)."""
    normals = np.empty((radius.size // ROW, 2, 8), np.float32)
    np.multiply(waves.reshape(2, -1, 2, 8)[:, :, 1], radius.reshape(-1, 2, 8)[:, 0], out=normals.swapaxes(0, 1))
    return normals.reshape(-1)


def scaled_float32(normals: Float32, mean: float, std: float, out: Float32 | None = None) -> Float32:
    """normals · std + mean, rounded once. What float32 cannot hold becomes infinite.

    out: takes up what is computed on the way, and may be `normals`.
    """
    if mean == 0 and 2.0**-80 < std < 2.0**100:  # no product under- or overflows
        if std != 1:
            normals = out = np.multiply(normals, _factor(std), out=out)
        return np.add(normals, _ZEROS[math.copysign(1.0, mean)], out=out)  # decides the sign of a zero
    with np.errstate(over="ignore", invalid="ignore"):
        return fma32(normals, float(np.float32(std)), float(np.float32(mean)))


def scaled_rows_float32(rows: Float32, mean: float, std: float) -> Float32:
    """The same, a fresh array, of normals without -0.0."""
    if mean == 0 and 2.0**-80 < std < 2.0**100:
        return rows.copy() if std == 1 else rows * _factor(std)
    return scaled_float32(rows, mean, std)


def _scratch(count: int) -> tuple[Float32, Float64]:
    """Arrays (7, count) of float32 and (3, count) of float64; long ones at addresses that vector instructions like."""
    if count < 4096:
        return np.empty((7, count), np.float32), np.empty((3, count))
    memory = np.empty(52 * count + 63, np.uint8)
    start = -memory.__array_interface__["data"][0] % 64
    doubles = memory[start : start + 24 * count].view(np.float64)
    singles = memory[start + 24 * count : start + 52 * count].view(np.float32)
    return singles.reshape(7, count), doubles.reshape(3, count)


def _radius_float32(bits: Int32, x: Float32, exponent: Float32, square: Float32, value: Float64, x_64: Float64) -> None:
    """x = sqrt(-2 log(1 - bits · 2⁻²⁴)). All are (n,); `bits`, too, and the others are overwritten."""
    np.subtract(_TWO_TO_24, bits, out=bits)
    x[...] = bits
    x_bits = x.view(np.int32)
    x_bits -= _SQRT_HALF_BITS_24
    np.right_shift(x_bits, _EXPONENT_AT, out=bits)
    exponent[...] = bits
    x_bits &= _MANTISSA
    x_bits += _SQRT_HALF_BITS
    x -= _ONE  # 1 - bits · 2⁻²⁴ = 2^exponent · (1 + x)
    log = bits.view(np.float32)

    x_64[...] = x
    np.multiply(x_64, _LOG_FIRST, out=value)
    for coefficient in _LOG_NEXT:
        value += coefficient
        log[...] = value
        value[...] = log
        value *= x_64
    value += _LOG_LAST
    log[...] = value
    log *= x

    np.multiply(x, x, out=square)
    value[...] = log
    x_64[...] = square
    value *= x_64
    np.multiply(exponent, _LOG_2_LOW, out=log)
    x_64[...] = log
    value += x_64
    log[...] = value
    square *= _HALF
    log -= square
    x += log
    exponent *= _LOG_2_HIGH  # exact
    x += exponent
    x *= _MINUS_TWO
    np.sqrt(x, out=x)


def _cosine_and_sine_float32(
    bits: Int32,
    waves: Float32,
    quarter: Int32,
    x: Float32,
    square: Float32,
    value: Float64,
    x_64: Float64,
    square_64: Float64,
) -> None:
    """waves = cos and sin of 2π · bits · 2⁻²⁴. `waves` is (2, n), the others (n,), all overwritten."""
    x[...] = bits
    x *= _ANGLE_UNIT
    bits += _HALF_QUARTER
    np.right_shift(bits, _QUARTER_AT, out=quarter)  # 0 to 4: the multiple of π/2 to be taken off
    x_64[...] = x
    value[...] = quarter
    value *= _MINUS_HALF_PI
    x_64 += value
    x[...] = x_64
    x_64[...] = x
    np.multiply(x, x, out=square)
    square_64[...] = square

    cosine, sine = waves
    for wave, (first, second, third, fourth), factor in ((cosine, _COSINE, square_64), (sine, _SINE, x_64)):
        np.multiply(square_64, first, out=value)
        value += second
        wave[...] = value
        value[...] = wave
        value *= square_64
        value += third
        wave[...] = value
        wave *= square
        value[...] = wave
        value += fourth
        value *= factor
        wave[...] = value
    cosine += _ONE

    cosine, sine = waves.view(np.int32)
    odd, exchanged = square.view(np.int32), x.view(np.int32)
    np.left_shift(bits, _ODD_QUARTER_TO_SIGN, out=quarter)
    np.right_shift(quarter, _SIGN_TO_ALL, out=odd)
    np.bitwise_xor(cosine, sine, out=exchanged)
    exchanged &= odd  # in odd quarters of the circle sine and cosine change places
    bits <<= _LOWER_HALF_TO_SIGN
    bits &= _SIGN
    exchanged ^= bits  # both are negated in the last two quarters, ...
    quarter &= _SIGN
    sine ^= exchanged
    cosine ^= exchanged
    cosine ^= quarter  # ... and the cosine in the odd ones


def fill_rows_float64(fractions: Float64, mean: float, std: float) -> Float64:
    """Normals of that mean and std, of fractions in whole rows: (16·rows,) -> the same memory."""
    rows = fractions.reshape(-1, ROW)
    for start in range(0, len(rows), _BLOCK // ROW):
        block = rows[start : start + _BLOCK // ROW]
        radius = of_array(math.log, 1.0 - block[:, :8])
        radius *= -2.0
        np.sqrt(radius, out=radius)
        angle = _TWO_PI * block[:, 8:]
        for half, wave in ((block[:, :8], math.cos), (block[:, 8:], math.sin)):
            normals = of_array(wave, angle)
            normals *= radius
            with np.errstate(over="ignore", invalid="ignore"):
                half[...] = fma64(normals, std, mean)
    return fractions


def pairs_float64(fractions: Float64) -> Float64:
    """Standard normals for torch's scalar path, which makes them two by two, always in float64.

    fractions: (2n,), the angle's before the radius's, -> (2n,), the cosine's normal before the sine's.
    """
    radius = np.sqrt(-2.0 * of_array(math.log1p, -fractions[1::2]))
    angle = _TWO_PI * fractions[0::2]
    normals = np.empty_like(fractions)
    normals[0::2] = radius * of_array(math.cos, angle)
    normals[1::2] = radius * of_array(math.sin, angle)
    return normals


def few_pairs_float64(fractions: list[float]) -> list[float]:
    """The same for a few, in plain Python."""
    normals: list[float] = []
    each = iter(fractions)
    for turn in each:
        angle = _TWO_PI * turn
        radius = sqrt(-2.0 * log1p(-next(each)))
        normals.append(radius * cos(angle))
        normals.append(radius * sin(angle))
    return normals
