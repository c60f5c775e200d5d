"""Wrong arguments raise torch's exceptions, and draw nothing."""

import math

import numpy as np
import pytest

import numpynet
from numpynet.random.generator import Generator

NAN, INF = math.nan, math.inf
f32 = np.float32

# name: ours, torch's, the message's sense
WRONG = {
    "negative std": (
        lambda g: g.normal((20,), 0, -1),
        lambda t: t.empty(20).normal_(0, -1),
        "std >= 0.0, but found std -1",
    ),
    "negative std, few": (lambda g: g.normal((3,), 0, -1), lambda t: t.empty(3).normal_(0, -1), "std -1"),
    "negative std, none": (lambda g: g.normal((0,), 0, -1), lambda t: t.empty(0).normal_(0, -1), "std -1"),
    "std is NaN": (lambda g: g.normal((20,), 0, NAN), lambda t: t.empty(20).normal_(0, NAN), "std nan"),
    "negative std, strided": (
        lambda g: g.normal_elementwise((4,), 0, -2.5),
        lambda t: t.empty(4, 2)[:, 0].normal_(0, -2.5),
        "std -2.5",
    ),
    "normal integers": (
        lambda g: g.normal((3,), 0, 1, "int64"),
        lambda t: t.empty(3, dtype=t.int64).normal_(),
        "not implemented for",
    ),
    "a negative element of std": (
        lambda g: g.normal_around(np.zeros(2, f32), np.array([1, -2], f32)),
        lambda t: t.normal(t.zeros(2), t.tensor([1.0, -2.0])),
        "all elements of std >= 0.0",
    ),
    "NaN among stds": (
        lambda g: g.normal_around(0.0, np.array([1, NAN], f32)),
        lambda t: t.normal(0.0, t.tensor([1.0, NAN])),
        "all elements of std >= 0.0",
    ),
    "means with a negative std": (
        lambda g: g.normal_around(np.zeros(2, f32), -1.0),
        lambda t: t.normal(t.zeros(2), -1.0),
        "std -1",
    ),
    "integer means": (
        lambda g: g.normal_around(np.zeros(2, np.int64), np.ones(2, f32)),
        lambda t: t.normal(t.zeros(2, dtype=t.int64), t.ones(2)),
        "not implemented for",
    ),
    "seed of an array": (
        lambda g: g.manual_seed(np.ones(2)),
        lambda t: t.Generator().manual_seed(np.ones(2)),
        "manual_seed expected a long, but got ",
    ),
    "seed of a tensor": (
        lambda g: g.manual_seed(numpynet.tensor(3)),
        lambda t: t.Generator().manual_seed(t.tensor(3)),
        "manual_seed expected a long, but got Tensor",
    ),
    "uniform backwards": (lambda g: g.uniform((3,), 2, 1), lambda t: t.empty(3).uniform_(2, 1), "from=2 > to=1"),
    "uniform backwards, none": (lambda g: g.uniform((0,), 2, 1), lambda t: t.empty(0).uniform_(2, 1), "from=2 > to=1"),
    "uniform from NaN": (
        lambda g: g.uniform((3,), NAN, 1),
        lambda t: t.empty(3).uniform_(NAN, 1),
        "from is out of bounds",
    ),
    "uniform to NaN": (lambda g: g.uniform((3,), 0, NAN), lambda t: t.empty(3).uniform_(0, NAN), "to is out of bounds"),
    "uniform to infinity": (
        lambda g: g.uniform((3,), 0, INF),
        lambda t: t.empty(3).uniform_(0, INF),
        "to is out of bounds",
    ),
    "uniform beyond float32": (
        lambda g: g.uniform((3,), 0, 1e39),
        lambda t: t.empty(3).uniform_(0, 1e39),
        "out of bounds for float",
    ),
    "uniform too wide": (
        lambda g: g.uniform((3,), -3e38, 3e38),
        lambda t: t.empty(3).uniform_(-3e38, 3e38),
        "exceed the limit",
    ),
    "uniform integers": (
        lambda g: g.uniform((3,), 0, 1, "int64"),
        lambda t: t.empty(3, dtype=t.int64).uniform_(),
        "not implemented for",
    ),
    "randint of nothing": (lambda g: g.integers((3,), 3, 3), lambda t: t.randint(3, 3, (3,)), "from=3 >= to=3"),
    "randint of nothing, none": (lambda g: g.integers((0,), 3, 3), lambda t: t.randint(3, 3, (0,)), "from=3 >= to=3"),
    "randint backwards": (lambda g: g.integers((3,), 5, 3), lambda t: t.randint(5, 3, (3,)), "from=5 >= to=3"),
    "randint beyond uint8": (
        lambda g: g.integers((3,), 0, 300, "uint8"),
        lambda t: t.randint(0, 300, (3,), dtype=t.uint8),
        "to - 1 is out of bounds",
    ),
    "negative uint8": (
        lambda g: g.integers((3,), -1, 3, "uint8"),
        lambda t: t.randint(-1, 3, (3,), dtype=t.uint8),
        "from is out of bounds",
    ),
    "randint of bool": (
        lambda g: g.integers((3,), 0, 3, "bool"),
        lambda t: t.randint(0, 3, (3,), dtype=t.bool),
        "to - 1 is out of bounds for bool",
    ),
    "randint beyond float16": (
        lambda g: g.integers((3,), 0, 70000, "float16"),
        lambda t: t.randint(0, 70000, (3,), dtype=t.float16),
        "to - 1 is out of bounds",
    ),
    "64 bits of int32": (
        lambda g: g.integers((3,), -(2**63), None, "int32"),
        lambda t: t.empty(3, dtype=t.int32).random_(-(2**63), None),
        "64",
    ),
    "bernoulli above 1": (
        lambda g: g.bernoulli((3,), 1.5),
        lambda t: t.empty(3).bernoulli_(1.5),
        r"\[0, 1\], but got p=1.5",
    ),
    "bernoulli below 0": (lambda g: g.bernoulli((0,), -1), lambda t: t.empty(0).bernoulli_(-1), "p=-1"),
    "bernoulli of NaN": (lambda g: g.bernoulli((3,), NAN), lambda t: t.empty(3).bernoulli_(NAN), "p=nan"),
    "bernoulli of integers": (
        lambda g: g.bernoulli_array(np.ones(3, np.int64)),
        lambda t: t.bernoulli(t.ones(3, dtype=t.int64)),
        "bernoulli.*not implemented for",
    ),
    "rate 0": (
        lambda g: g.exponential((3,), 0),
        lambda t: t.empty(3).exponential_(0),
        "lambda > 0.0, but found lambda=0",
    ),
    "negative rate": (lambda g: g.exponential((0,), -1), lambda t: t.empty(0).exponential_(-1), "lambda=-1"),
    "rate NaN": (lambda g: g.exponential((3,), NAN), lambda t: t.empty(3).exponential_(NAN), "lambda=nan"),
    "exponential integers": (
        lambda g: g.exponential((3,), 1, "int64"),
        lambda t: t.empty(3, dtype=t.int64).exponential_(),
        "Exponential distribution is a continuous",
    ),
    "sigma 0": (lambda g: g.cauchy((3,), 0, 0), lambda t: t.empty(3).cauchy_(0, 0), "sigma > 0.0, but found sigma=0"),
    "cauchy integers": (
        lambda g: g.cauchy((3,), 0, 1, "int32"),
        lambda t: t.empty(3, dtype=t.int32).cauchy_(),
        "Cauchy distribution is a continuous",
    ),
    "log_normal std 0": (
        lambda g: g.log_normal((3,), 0, 0),
        lambda t: t.empty(3).log_normal_(0, 0),
        "std > 0.0, but found std=0",
    ),
    "log_normal integers": (
        lambda g: g.log_normal((3,), 0, 1, "int32"),
        lambda t: t.empty(3, dtype=t.int32).log_normal_(),
        "not implemented for",
    ),
    "geometric of 0": (lambda g: g.geometric((3,), 0), lambda t: t.empty(3).geometric_(0), r"\(0, 1\), but got p=0"),
    "geometric of 1": (lambda g: g.geometric((3,), 1), lambda t: t.empty(3).geometric_(1), r"\(0, 1\), but got p=1"),
    "geometric of bool": (
        lambda g: g.geometric((3,), 0.5, "bool"),
        lambda t: t.empty(3, dtype=t.bool).geometric_(0.5),
        "not implemented for",
    ),
    "randperm of -1": (lambda g: g.permutation(-1), lambda t: t.randperm(-1), "negative dimension -1"),
}

WRONG_MULTINOMIAL = {
    "no sample": ([1.0, 2.0], 0, False, "n_sample <= 0"),
    "less than no sample": ([1.0, 2.0], -1, True, "n_sample <= 0"),
    "too many samples": ([1.0, 2.0], 3, False, "without replacement"),
    "no categories": ([], 1, False, "without replacement"),
    "three dimensions": (np.ones((2, 2, 2)), 1, False, "1 or 2 dim"),
    "no dimension": (1.0, 1, False, "1 or 2 dim"),
    "integers": (np.array([1, 2]), 1, False, "floating"),
    "zeros": ([0.0, 0.0], 1, False, "sum of probabilities <= 0"),
    "zeros, replaced": ([0.0, 0.0], 2, True, "sum of probabilities <= 0"),
    "a row of zeros": ([[1.0, 1.0], [0.0, 0.0]], 2, False, "sum of probabilities <= 0"),
    "a negative": ([1.0, -1.0], 1, False, "element < 0"),
    "a negative, replaced": ([1.0, -1.0], 2, True, "< 0"),
    "NaN": ([1.0, NAN], 1, False, "nan"),
    "NaN, replaced": ([1.0, NAN], 2, True, "nan|< 0"),
    "infinity": ([1.0, INF], 2, False, "inf"),
    "infinity, replaced": ([1.0, INF], 2, True, "inf"),
    "rows without categories": (np.ones((2, 0)), 2, True, "sum of probabilities <= 0"),
}


def seeded():
    generator = Generator().manual_seed(0)
    generator.normal((3,))
    return generator


def assert_draws_nothing(draw, error, message):
    generator = seeded()
    with pytest.raises(error, match=message):
        draw(generator)
    np.testing.assert_array_equal(generator.state_array(), seeded().state_array())


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments_raise_and_draw_nothing(case):
    draw, _, message = WRONG[case]
    assert_draws_nothing(draw, RuntimeError, message)  # NotImplementedError is one, too


@pytest.mark.parametrize("case", WRONG)
def test_the_exception_is_torchs(case):
    torch = pytest.importorskip("torch")
    draw, torchs, _ = WRONG[case]
    with pytest.raises(RuntimeError) as expected:
        torchs(torch)
    with pytest.raises(RuntimeError) as found:
        draw(Generator())
    assert found.type is expected.type


@pytest.mark.parametrize("case", WRONG_MULTINOMIAL)
def test_wrong_multinomials_raise_torchs_exception_and_draw_nothing(case):
    probabilities, num_samples, replacement, message = WRONG_MULTINOMIAL[case]
    p = np.asarray(probabilities)
    assert_draws_nothing(lambda g: g.multinomial(p, num_samples, replacement), RuntimeError, message)
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError) as expected:
        torch.multinomial(torch.as_tensor(p), num_samples, replacement)
    assert expected.type is RuntimeError


@pytest.mark.parametrize("wrong", [1.5, -0.5, NAN])
def test_an_array_with_a_wrong_probability_draws_nothing(wrong):
    assert_draws_nothing(lambda g: g.bernoulli_array(np.array([0.5, wrong])), RuntimeError, "p_in <= 1")


def test_shapes_that_do_not_broadcast():
    assert_draws_nothing(lambda g: g.normal_around(np.zeros(3), np.ones(2)), ValueError, "broadcast")


def test_a_permutation_beyond_torchs_algorithm():
    assert_draws_nothing(lambda g: g.permutation(2**31), NotImplementedError, str(2**31))


def test_bounds_must_be_integers():
    assert_draws_nothing(lambda g: g.integers((3,), 0, 2.5), TypeError, "integer")


def test_a_floating_dtype_warns_of_integers_it_does_not_hold():
    with pytest.warns(UserWarning, match=r"to - 1 is out of bounds \[-\(2\^24\), 2\^24\]"):
        drawn = Generator().integers((1000,), 0, 2**26, "float32")
    assert drawn.dtype == np.float32
    assert (drawn >= 0).all()
    assert (drawn < 2**26).all()


@pytest.mark.filterwarnings("error")
def test_overflow_is_silent():
    g = Generator().manual_seed(0)
    assert np.isinf(g.normal((20,), 0, 1e39)).all()
    assert np.isinf(g.normal((3,), 0, INF)).all()
    assert np.isnan(g.normal((20,), NAN, 1, "float64")).all()
    assert np.isinf(g.log_normal((3,), 1e4, 1)).all()
    assert (g.exponential((20,), INF) == 0).all()
    assert np.isinf(g.normal_around(np.zeros(3, f32), np.full(3, INF, f32))).all()
    assert np.isinf(g.cauchy((3,), 0, 1e308)).all()
    assert np.isinf(g.normal((20,), 0, 1e6, "float16")).any()


def test_certain_and_impossible_events():
    g = Generator().manual_seed(0)
    assert g.bernoulli((1000,), 1).all()
    assert not g.bernoulli((1000,), 0.0).any()
    assert g.bernoulli_array(np.ones(1000, f32)).all()
    assert (g.multinomial(np.array([0.0, 1.0, 0.0]), 50, True) == 1).all()


def test_impossible_categories_come_last_in_order():
    drawn = Generator().manual_seed(0).multinomial(np.array([0.0, 3.0, 0.0, 0.0, 1.0]), 5)
    assert sorted(drawn[:2]) == [1, 4]
    assert drawn[2:].tolist() == [0, 2, 3]
