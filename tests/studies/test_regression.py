"""The study of regression: its figures, its independence of the global generators, its report."""

import json
import random

import pytest

import numpynet
from numpynet.studies import regression


@pytest.fixture(scope="module")
def result():
    return regression(seed=0)


def test_the_learning_rates_at_the_ends_of_the_epochs(result):
    assert [f"{rate:.6f}" for rate in result.history.epochs["learning_rate"]] == [
        "0.009523",
        "0.008229",
        "0.006451",
        "0.004588",
    ]
    assert result.history.epoch_ends == [312, 624, 936, 1248]


@pytest.mark.parametrize(("seed", "dtype"), [(1, numpynet.float32), (2, numpynet.float64)])
def test_weights_and_offset_are_found(seed, dtype):
    result = regression(seed, dtype=dtype)
    assert result.w_error.dtype == result.b_error.dtype == dtype
    assert result.w_error.abs().max().item() < 1e-3
    assert result.b_error.abs().max().item() < 1e-3


def test_validation_ends_at_the_noise(result):
    # ½ σ² = 5e-5 for σ = 0.01; over 2976 samples its standard error is 5e-5 √(2 / 2976) = 1.3e-6
    assert result.history.validation_losses[-1] == pytest.approx(5e-5, abs=5 * 1.3e-6 + 1e-6)


def test_a_seed_decides_everything_and_the_global_generators_are_left_alone():
    states = random.getstate(), numpynet.get_rng_state()
    first, second, other = regression(5, 1), regression(5, 1), regression(6, 1)
    assert first.history.losses == second.history.losses
    assert first.history.losses != other.history.losses
    assert random.getstate() == states[0]
    assert numpynet.equal(numpynet.get_rng_state(), states[1])


def test_the_report(result):
    lines = result.report().splitlines()
    assert "seed 0" in lines[0]
    assert lines[2].split("  ")[0] == "epoch"
    assert [line.split()[-1] for line in lines[3:7]] == ["0.009523", "0.008229", "0.006451", "0.004588"]
    assert lines[-2] == f"error of w: {result.w_error}"
    assert lines[-1] == f"error of b: {result.b_error}"


def test_the_numbers_survive_json(result):
    numbers = json.loads(json.dumps(result.to_dict()))
    assert numbers["seed"] == 0
    assert numbers["dtype"] == "float32"
    assert numbers["steps"]["loss"] == result.history.losses
    assert numbers["w_error"] == result.w_error.tolist()


def test_the_figure(result, tmp_path):
    pytest.importorskip("matplotlib")
    figure = result.plot(tmp_path / "regression.png")
    assert (tmp_path / "regression.png").read_bytes().startswith(b"\x89PNG")
    assert "seed 0" in figure.subfigs[0].get_suptitle()
