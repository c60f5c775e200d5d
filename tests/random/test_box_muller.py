"""Both halves of the float32 Box-Muller transform, for every fraction that there is."""

import hashlib
import math

import numpy as np
import pytest

from numpynet.random.box_muller import few_pairs_float64, fill_rows_float32, fill_rows_float64, pairs_float64

ALL = 2**24
RADIUS_ONE = 6_601_320  # of this fraction the radius is 1.0


def rows(radius_bits, angle_bits):
    """Bits of fractions (n,) each, in rows of 8 for radii and 8 for angles."""
    both = np.broadcast_arrays(np.asarray(radius_bits, np.int32), np.asarray(angle_bits, np.int32))
    return np.stack([half.reshape(-1, 8) for half in both], axis=1).ravel()


def normals(radius_bits, angle_bits):
    """The cosines' and the sines' normals, (n,) each."""
    drawn = fill_rows_float32(rows(radius_bits, angle_bits), 0.0, 1.0).reshape(-1, 2, 8)
    return drawn[:, 0].ravel(), drawn[:, 1].ravel()


# Recorded from torch 2.13.0 (CPU, AVX2), whose generator was put before each of these words.
@pytest.mark.parametrize(
    ("part", "digest"), [("radius", "88bdc07f06091541"), ("cosine", "0159be50a0cb9ad5"), ("sine", "cf51824cdb98f1c2")]
)
def test_every_fraction(part, digest):
    """Angle 0 shows the radius as it is, radius 1 the cosine and the sine."""
    found = hashlib.sha256()
    for start in range(0, ALL, 2**18):
        bits = np.arange(start, start + 2**18)
        drawn = normals(bits, 0)[0] if part == "radius" else normals(RADIUS_ONE, bits)[part == "sine"]
        found.update(drawn.tobytes())
    assert found.hexdigest()[:16] == digest


def test_against_float64():
    random = np.random.default_rng(0)
    radius_bits, angle_bits = random.integers(0, ALL, (2, 100_000))
    radius = np.sqrt(-2 * np.log1p(-radius_bits / ALL))
    for found, wave in zip(normals(radius_bits, angle_bits), (np.cos, np.sin), strict=True):
        expected = radius * wave(2 * math.pi * angle_bits / ALL)
        # The angle is off by half a unit in the last place of 2π, 2⁻²², and by as much as its factor, float32's 2π;
        # radius, wave and product by a few units of 2⁻²⁴ each.
        bound = radius * (2.0**-22 + abs(float(np.float32(2 * math.pi)) - 2 * math.pi)) + abs(expected) * 2.0**-21
        np.testing.assert_array_less(abs(found - expected), bound + 2.0**-60)


@pytest.mark.parametrize("count", [1, 2, 5, 2047, 2048, 2049, 5000])
def test_blocks_do_not_show(count):
    random = np.random.default_rng(1)
    bits = random.integers(0, ALL, (count, 16)).astype(np.int32)
    whole = fill_rows_float32(bits.ravel().copy(), 0.1, 2.0).reshape(-1, 16)
    for row in {0, count // 2, min(2047, count - 1), count - 1}:
        np.testing.assert_array_equal(whole[row], fill_rows_float32(bits[row].copy(), 0.1, 2.0))
    fractions = random.random((count, 16))
    whole = fill_rows_float64(fractions.ravel().copy(), 0.1, 2.0).reshape(-1, 16)
    for row in {0, count // 2, min(2047, count - 1), count - 1}:
        np.testing.assert_array_equal(whole[row], fill_rows_float64(fractions[row].copy(), 0.1, 2.0))


def test_a_few_pairs_are_those_of_many():
    fractions = np.random.default_rng(2).random(2000)
    fractions[:4] = 0.0, 0.0, 1 - 2.0**-53, 1 - 2.0**-53
    np.testing.assert_array_equal(few_pairs_float64(fractions.tolist()), pairs_float64(fractions))
