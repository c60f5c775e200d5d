"""The Box-Muller transform: pairs of uniform fractions into pairs of normal numbers, as torch computes it.

A radius sqrt(-2 log(1 - u)) and an angle 2πv give two independent standard normals, radius·cos(angle) and
radius·sin(angle) (G. E. P. Box and M. E. Muller, 1958).

torch works on rows of 16 fractions: the first 8 make the radii, the last 8 the angles; the cosines replace
the first 8, the sines the last 8. In float32 its AVX2 kernel takes logarithm, sine and cosine from the
single-precision polynomials of the Cephes library as arranged in avx_mathfun.h (G. Garberoglio after
J. Pommier's sse_mathfun.h, zlib licence). Their values are a few units in the last place off at worst, so
equal bits need the same polynomials, steps and roundings, which are here.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from numpynet.random.c_library_math import by_element, cosine_and_sine
from numpynet.random.fused_multiply_add import fma32, fma64

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

ROW = 16  # fractions, and normals, in a row of torch's kernels
_ROWS_AT_A_TIME = 4096  # few calls, and temporaries that stay in the cache
_TWO_PI = 2.0 * math.pi


def _float32_of_bits(*bits: int) -> Float32:
    return np.array(bits, np.uint32).view(np.float32)


def _coefficients(*polynomials: list[int]) -> list[Float64]:
    """For each power, the highest first, its coefficients in float64: 0-d for one polynomial, else (k, 1)."""
    table = np.array(polynomials, np.uint32).view(np.float32).astype(np.float64).T
    return [np.array(row[0]) if len(polynomials) == 1 else row[:, np.newaxis].copy() for row in table]


_TWO_PI_32, _FOUR_OVER_PI = _float32_of_bits(0x40C90FDB, 0x3FA2F983)

# log(1 + x) = x - x²/2 + x³ P(x) for sqrt(1/2) <= 1 + x < sqrt(2)
_LOG = _coefficients(
    [
        0x3D9021BB,
        0xBDEBD1B8,
        0x3DEF251A,
        0xBDFE5D4F,
        0x3E11E9BF,
        0xBE2AAE50,
        0x3E4CCEAC,
        0xBE7FFFFC,
        0x3EAAAAAA,
    ]
)
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_LOG_2_LOW, _LOG_2_HIGH = _float32_of_bits(0xB95E8083, 0x3F318000)  # their sum is log 2

# cos x = 1 - x²/2 + x⁴ C(x²) and sin x = x + x³ S(x²) for |x| <= π/4
_COSINE_SINE = _coefficients([0x37CCF5CE, 0xBAB6061A, 0x3D2AAAA5], [0xB94CA1F9, 0x3C08839E, 0xBE2AAAA3])
# -π/4 in three parts, of which the first two have few bits: a small integer times them is exact
_QUARTER_PI_1, _QUARTER_PI_2, _QUARTER_PI_3 = _float32_of_bits(0xBF490000, 0xB97DA000, 0xB3222169)


def fill_rows_float32(rows: Float32, mean: float, std: float) -> None:
    """Turns float32 fractions in [0, 1), shape (rows, 16), into normals of that mean and std, in place."""
    mean, std = float(np.float32(mean)), float(np.float32(std))
    for start in range(0, len(rows), _ROWS_AT_A_TIME):
        block = rows[start : start + _ROWS_AT_A_TIME]
        normals = _cosine_and_sine_float32((block[:, 8:] * _TWO_PI_32).ravel())
        normals *= _radius_float32((np.float32(1) - block[:, :8]).ravel())
        if mean == 0 and std > 2.0**-80:  # no product underflows
            normals *= np.float32(std)
            normals += np.float32(mean)  # decides the sign of a zero
        else:
            normals = fma32(normals, std, mean)
        block.reshape(-1, 2, 8)[...] = normals.reshape(2, -1, 8).swapaxes(0, 1)


def fill_rows_float64(rows: Float64, mean: float, std: float) -> None:
    """Turns float64 fractions in [0, 1), shape (rows, 16), into normals of that mean and std, in place."""
    for start in range(0, len(rows), _ROWS_AT_A_TIME):
        block = rows[start : start + _ROWS_AT_A_TIME]
        radius = np.sqrt(-2.0 * by_element(math.log, 1.0 - block[:, :8]))
        cosine, sine = cosine_and_sine(_TWO_PI * block[:, 8:])
        block[:, :8] = fma64(radius * cosine, std, mean)
        block[:, 8:] = fma64(radius * sine, std, mean)


def pairs_float64(fractions: Float64) -> Float64:
    """Standard normals for torch's scalar path, which makes them two by two, always in float64.

    fractions: (2n,), the angle's before the radius's, -> (2n,), the cosine's normal before the sine's.
    """
    radius = np.sqrt(-2.0 * by_element(math.log1p, -fractions[1::2]))
    cosine, sine = cosine_and_sine(_TWO_PI * fractions[0::2])
    normals = np.empty_like(fractions)
    normals[0::2] = radius * cosine
    normals[1::2] = radius * sine
    return normals


# A float32 fused multiply-add is computed below in float64 and then rounded to float32. That could round
# twice, but for none of the 2²⁴ possible fractions does it; where a product is exact, float32 itself will do.


def _horner(x: Float64, coefficients: list[Float64]) -> Float32:
    """A polynomial by Horner's rule, every step a float32 fused multiply-add.

    x: (n,) -> (n,), or (k, n) for the coefficients of k polynomials.
    """
    value = x * coefficients[0]
    for coefficient in coefficients[1:-1]:
        value += coefficient
        np.multiply(value.astype(np.float32), x, out=value)
    value += coefficients[-1]
    return value.astype(np.float32)


def _radius_float32(x: Float32) -> Float32:
    """sqrt(-2 log x) for x in (0, 1]. x: (n,) is overwritten."""
    bits = x.view(np.int32)
    exponent = bits - _SQRT_HALF_BITS
    exponent >>= 23
    bits -= exponent << 23  # x = 2^exponent · m with sqrt(1/2) <= m < sqrt(2); from here x is m
    x -= np.float32(1)
    square = x * x
    log = _horner(x.astype(np.float64), _LOG)
    log *= x
    power = exponent.astype(np.float32)
    total = log * square.astype(np.float64)
    total += power * _LOG_2_LOW
    log = total.astype(np.float32)
    square *= np.float32(0.5)
    log -= square
    log += x
    power *= _LOG_2_HIGH  # exact
    log += power
    log *= np.float32(-2)
    return np.sqrt(log, out=log)


def _cosine_and_sine_float32(angle: Float32) -> Float32:
    """cos and sin, as the rows of (2, n), of angles (n,) between 0 and 2π. `angle` is overwritten."""
    octant = (angle * _FOUR_OVER_PI).astype(np.int32)
    octant += 1
    octant &= ~1  # 0, 2, 4, 6 or 8: the multiple of π/4 to be taken off
    multiple = octant.astype(np.float32)
    angle += multiple * _QUARTER_PI_1
    angle += multiple * _QUARTER_PI_2
    total = np.multiply(multiple, _QUARTER_PI_3, dtype=np.float64)
    total += angle
    reduced = np.empty((2, angle.size), np.float32)
    square, x = reduced
    x[...] = total
    np.multiply(x, x, out=square)

    waves = _horner(square.astype(np.float64), _COSINE_SINE)
    waves *= square
    sums = waves * reduced.astype(np.float64)  # C x²·x² and S x²·x
    square *= np.float32(-0.5)
    sums += reduced  # - x²/2 and + x
    waves = sums.astype(np.float32)
    waves[0] += np.float32(1)

    bits = waves.view(np.int32)
    exchanged = bits[0] ^ bits[1]
    exchanged &= -((octant >> 1) & 1)  # in odd quarters of the circle sine and cosine change places
    bits ^= exchanged
    bits[0] ^= ((octant + 2) & 4) << 29  # the cosine is negative in the second and third quarter,
    bits[1] ^= (octant & 4) << 29  # the sine in the last two
    return waves
