"""The error function and the normal distribution function, against the C library's."""

import math

import numpy as np
import pytest

from numpynet import ops
from numpynet.ops.blocks import FEW
from numpynet.ops.error_function import normal_distribution

DTYPES = [np.float32, np.float64]
ROOT = math.sqrt(0.5)


def points(dtype):
    """Points in the whole range, around 0 down to the smallest numbers, and on both sides of where formulas change."""
    rng = np.random.default_rng(0)
    edges = np.array([0.75, 1.0, 4.0, 6.0])
    tiny = np.geomspace(float(np.finfo(dtype).smallest_subnormal), 1, 5000)
    x = np.concatenate([rng.uniform(-7, 7, 40000), rng.standard_normal(20000), tiny, edges, edges / ROOT])
    x = np.concatenate([x, -x]).astype(dtype)
    return np.concatenate([x, np.nextafter(x, dtype(0)), np.nextafter(x, dtype(9))])


@pytest.mark.parametrize("dtype", DTYPES)
def test_erf_is_within_2_units_in_the_last_place(dtype):
    x = points(dtype)
    exact = np.array([math.erf(one) for one in x.tolist()])
    y = ops.erf(x)
    assert y.dtype == dtype
    # the C library's own double is off by up to one
    assert (abs(y - exact) <= (2 if dtype == np.float32 else 3) * np.spacing(abs(exact).astype(dtype))).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_erf_is_within_2_units_of_torch(dtype):
    torch = pytest.importorskip("torch")
    x = points(dtype)
    theirs = torch.erf(torch.tensor(x)).numpy()
    assert (abs(ops.erf(x) - theirs) <= 2 * np.spacing(abs(theirs))).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_erf_of_special_values(dtype):
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 30, -30], dtype)
    y = ops.erf(x)
    np.testing.assert_array_equal(y, np.array([0, 0, 1, -1, np.nan, 1, -1], dtype))
    assert np.signbit(y[1])
    assert not np.signbit(y[0])
    assert ops.erf(np.array(0.5, dtype)).shape == ()
    assert ops.erf(np.zeros((0, 3), dtype)).shape == (0, 3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_normal_distribution_function_in_both_tails(dtype):
    x = np.concatenate([points(dtype), np.linspace(-38, 0, 20000, dtype=dtype)])
    exact = np.array([0.5 * math.erfc(-one * ROOT) for one in x.tolist()])
    y = normal_distribution(x)
    # eps (1 + x²) is what rounding x to begin with makes of a relative error; numbers below tiny have fewer digits
    bound = 4 * np.finfo(dtype).eps * exact * (1 + np.minimum(x, 0).astype(float) ** 2)
    assert (abs(y - exact) <= bound + np.finfo(dtype).tiny).all()


def test_the_normal_distribution_function_of_special_values():
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1e30, 1e30])
    np.testing.assert_array_equal(normal_distribution(x), [0.5, 0.5, 1, 0, np.nan, 0, 1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks_give_the_bits_of_the_whole(dtype):
    x = np.random.default_rng(0).standard_normal(FEW + 5).astype(dtype)
    for operation in (ops.erf, ops.gelu, ops.sigmoid, ops.silu, ops.softplus, ops.elu, ops.log_sigmoid):
        whole = operation(x)
        parts = np.concatenate([operation(part) for part in np.split(x, [7, 1000, 100000])])
        assert whole.tobytes() == parts.tobytes(), operation.name
