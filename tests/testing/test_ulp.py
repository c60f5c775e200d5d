"""ulp_distance counts steps of nextafter, exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import numpynet
from numpynet.testing import ulp_distance

FLOATS = [np.float16, np.float32, np.float64]


@given(st.sampled_from(FLOATS), st.data(), st.integers(0, 20), st.booleans())
def test_counts_the_steps_of_nextafter(dtype, data, steps, upwards):
    width = np.dtype(dtype).itemsize * 8
    x = y = dtype(data.draw(st.floats(allow_nan=False, allow_infinity=False, width=width)))
    for _ in range(steps):
        with np.errstate(over="ignore"):
            y = np.nextafter(y, dtype(np.inf if upwards else -np.inf))
    assert np.isinf(y) or ulp_distance(x, y) == ulp_distance(y, x) == steps


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_extremes_are_exact(dtype):
    infinity, bits = dtype(np.inf), np.dtype(dtype).itemsize * 8
    finite = int(np.array(infinity).view(f"int{bits}"))
    assert ulp_distance(infinity, dtype(0)) == finite
    assert ulp_distance(-infinity, infinity) == 2 * finite
    assert ulp_distance(np.finfo(dtype).max, infinity) == 1
    assert ulp_distance(np.finfo(dtype).smallest_subnormal, -np.finfo(dtype).smallest_subnormal) == 2


@pytest.mark.parametrize("dtype", FLOATS)
def test_zeros_are_one_number_and_so_are_nans(dtype):
    nan = dtype(np.nan)
    assert ulp_distance(dtype(0.0), dtype(-0.0)) == 0
    assert ulp_distance(nan, -nan) == 0
    assert ulp_distance(nan, dtype(1)) == ulp_distance(dtype(-np.inf), nan) == 2**64 - 1


def test_broadcasts_and_takes_tensors():
    a = numpynet.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    distance = ulp_distance(a, np.float32([1, 4]))
    assert distance.dtype == np.uint64
    assert distance.tolist() == [[0, 2**23], [12582912, 0]]


def test_refuses_different_dtypes_and_integers():
    with pytest.raises(TypeError, match="one floating dtype, not float32 and float64"):
        ulp_distance(np.float32(1), 1.0)
    with pytest.raises(TypeError, match="int64"):
        ulp_distance(1, 2)
