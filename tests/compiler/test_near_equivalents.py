"""What an ensemble's program computes in another way than its members alone: how near it is, and where it is used."""

import numpy as np
import pytest

import numpynet
import numpynet.nn.functional as F
from numpynet import nn, optim
from numpynet.compiler.near_equivalents import biased_product, log1p

EPS = np.finfo(np.float32).eps


def test_the_logarithm_is_accurate_to_the_last_digits_everywhere():
    e = np.concatenate([np.logspace(-44, 0, 20001), np.linspace(0, 1, 20001)]).astype(np.float32)
    exact = np.log1p(e.astype(np.float64))
    # NumPy's logarithm of float32 is within 4 ULP; its argument, the quotient and the sum are rounded by half of one
    assert (abs(log1p(e) - exact) <= 6 * EPS * exact + np.finfo(np.float32).smallest_subnormal).all()
    assert np.isnan(log1p(np.array([np.nan], np.float32)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "i", "o"), [(7, 3, 2), (5, 1, 1), (4, 3, 0)])
def test_a_biased_product_is_a_product_and_a_bias(dtype, n, i, o):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in ((n, i), (o, i), (o,)))
    bound = (i + 2) * np.finfo(dtype).eps * (abs(x) @ abs(w).T + abs(b))  # i + 1 terms, rounded once each, added up
    assert (abs(biased_product(x, w, np.ones((n, 1), dtype), b) - (x @ w.T + b)) <= bound).all()


def functions(rows, columns, dtype=numpynet.float32, direction="forward"):
    """The NumPy functions that an ensemble's step calls in one direction on a batch of so many rows and columns."""
    x, y = numpynet.randn(rows, columns, dtype=dtype), numpynet.rand(rows, 1, dtype=dtype)
    models = numpynet.ensemble(
        lambda: nn.Sequential(nn.Linear(columns, 2, dtype=dtype), nn.ReLU(), nn.Linear(2, 1, dtype=dtype)), range(3)
    )

    def make_step(model):
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step():
            optimizer.zero_grad()
            loss = F.binary_cross_entropy_with_logits(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    step = models.compile(make_step)
    step()
    calls = step._programs[0].trace.program.instructions
    return [one.function.__name__ for one in calls if one.function is not None and one.origin.direction == direction]


def test_ensembles_use_them():
    called = functions(20, 3)
    assert "log1p" not in called
    assert called[:3] == ["concatenate", "concatenate", "dot"]


def test_only_where_they_are_faster():
    assert "log1p" in functions(20, 3, numpynet.float64)
    assert "concatenate" not in functions(3, 20)  # to copy the weights would take longer than to add the bias


def test_updates_of_an_ensemble_are_two_calls():
    assert functions(20, 3, direction="update") == ["multiply", "subtract"]
