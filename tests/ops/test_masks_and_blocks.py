"""Choices without branches and formulas in blocks give the bits of NumPy's plain calls."""

import math

import numpy as np
import pytest

import numpynet
from numpynet import ops
from numpynet.ops import form
from numpynet.ops.blocks import ELEMENTS, FEW, beside, between, in_blocks
from numpynet.ops.masks import MANY, choose, zero_where
from numpynet.ops.reduction import LARGEST, SMALLEST, extreme_along
from numpynet.ops.sums import LONG_ROW

SPECIAL = np.array([0.0, -0.0, 1.5, -1.5, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 1, 10, MANY, MANY + 1, 20000])
def test_choices(size, dtype):
    rng = np.random.default_rng(0)
    a, b = (rng.choice(SPECIAL, size).astype(dtype) for _ in range(2))
    condition = rng.random(size) < 0.5
    assert choose(condition, a, b).tobytes() == np.where(condition, a, b).tobytes()
    assert zero_where(condition, a).tobytes() == np.where(condition, dtype(0), a).tobytes()
    assert choose(condition, a, dtype(2)).tobytes() == np.where(condition, a, dtype(2)).tobytes()


def test_choices_broadcast_and_of_turned_arrays():
    a, b = np.random.default_rng(0).standard_normal((2, 100, 100))
    for first, second in ((a, b[0]), (a.T, b), (a[::-1], b[:, ::-1]), (a, b[:, :1])):
        assert (choose(a > 0, first, second) == np.where(a > 0, first, second)).all()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4, 7), (1, 1), (150, 3), (3, LONG_ROW), (3, LONG_ROW + 1), (2, 3, 5), (6,)])
def test_extremes_along_a_dimension(shape, dtype):
    x = np.random.default_rng(0).choice([-np.inf, -2.5, -1.0, 3.0, 7.5, np.inf], shape).astype(dtype)
    with_nan = x.copy()
    with_nan.reshape(-1)[:: x.size // 2 + 1] = np.nan
    for one in (x, with_nan, np.full_like(x, -np.inf), x.T, x[..., ::-1], x[:0]):
        for dim in range(-x.ndim, x.ndim):
            for kind, extreme in (LARGEST, np.max), (SMALLEST, np.min):
                y = extreme_along(one, dim, kind)
                np.testing.assert_array_equal(y, extreme(one, dim, keepdims=True, initial=kind.bound), strict=True)


@pytest.mark.parametrize("size", [1, FEW, FEW + 1, 3 * ELEMENTS + 5 + FEW])
def test_elements_in_blocks(size):
    x = np.random.default_rng(0).standard_normal(size).astype(np.float32)
    kept = x.copy()
    y = in_blocks(lambda a, b: a * b + a, x, x)
    assert (y == kept * kept + kept).all()
    assert (x == kept).all()
    assert not np.shares_memory(y, x)


@pytest.mark.parametrize("row", [1, 3, 1000, FEW + 7])
def test_rows_in_blocks(row):
    x = np.random.default_rng(0).standard_normal((FEW // row + 5, row))
    y = in_blocks(lambda rows: rows - rows.max(axis=-1, keepdims=True), x, row=row)
    assert (y == x - x.max(axis=-1, keepdims=True)).all()


def test_arrays_that_lie_otherwise_are_computed_as_a_whole():
    x = np.random.default_rng(0).standard_normal((1000, 300))
    calls = []
    y = in_blocks(lambda a, b: calls.append(a.shape) or a + b, x.T, x.T)
    assert calls == [(300, 1000)]
    assert (y == 2 * x.T).all()


def test_numbers_beside_arrays():
    x = np.random.default_rng(0).standard_normal((40, 30)).astype(np.float32)
    assert beside(2, x).shape == x.shape
    assert beside(2, x).dtype == np.float32
    assert beside(2, x[:3]) == beside(2, x.T[:20]) == beside(2, np.ones((100, 100))) == 2
    assert beside(0.5, np.arange(1000)) == 0.5  # of integers, which a fraction makes floating-point numbers
    x[:, :5] = [0.0, -0.0, np.nan, np.inf, -np.inf]
    for function in (np.maximum, np.minimum, np.fmin):
        assert function(beside(0, x), x).tobytes() == function(0, x).tobytes()
        assert function(x, beside(0, x)).tobytes() == function(x, 0).tobytes()


@pytest.mark.parametrize("size", [3, 1000, 10000])
@pytest.mark.parametrize("bounds", [(0, math.inf), (-math.inf, -0.0), (-1.0, 0.5), (2.0, 1.0)])
def test_what_lies_between_two_numbers(size, bounds):
    x = np.resize(np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 0.5, -1.0, 3.0], np.float32), size)
    low, high = bounds
    expected = np.where(x < low, np.float32(low), x)
    assert between(low, x, high).tobytes() == np.where(expected > high, np.float32(high), expected).tobytes()


@pytest.mark.parametrize("size", [0, 1, 5000])
def test_what_is_possible(size):
    condition = np.zeros(size, bool)
    assert not form.possible(condition)
    condition[-1:] = True
    assert form.possible(condition) == bool(size)
    assert form.possible(np.asfortranarray(condition.reshape(1, -1)[:, ::-1])) == bool(size)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("equal_nan", [False, True])
@pytest.mark.parametrize(("rtol", "atol"), [(1e-5, 1e-8), (0.0, 0.0), (0.5, 0.25), (math.inf, 0.0), (0, 1)])
def test_what_is_close(rtol, atol, equal_nan, dtype):
    numbers = np.array([*SPECIAL, 1.0, 1 + 1e-5, 1 - 1e-5, 1.25, 2.0, 1e-8, 60000.0, -60000.0]).astype(dtype)
    options = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan}
    for a, b in ((numbers[:, None], numbers), (numbers[3:4].reshape(()), numbers), (numbers[:0], numbers[:0])):
        with np.errstate(all="ignore"):
            ours, plain = ops.isclose(a, b, **options), np.isclose(a, b, **options)
        assert ours.dtype == plain.dtype
        assert (ours == plain).all()


@pytest.mark.parametrize("size", [3, 10000])
def test_what_no_bound_changes_is_copied_all_the_same(size):
    x = np.ones(size, np.float32)
    assert not np.shares_memory(between(-math.inf, x, math.inf), x)
    tensor = numpynet.tensor(x)
    assert tensor.clamp(min=-math.inf).data_ptr() != tensor.data_ptr()


def test_a_number_may_stand_before_an_array_by_hand():
    x = np.array([1.0, 3.0])
    assert numpynet.ops.maximum(2.0, x).tolist() == [2.0, 3.0]
    assert numpynet.ops.minimum(2.0, x).tolist() == [1.0, 2.0]
