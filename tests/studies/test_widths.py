"""The study of widths: its statistics, and answers that follow from the numbers."""

import json
import math

import numpy as np
import pytest

pytest.importorskip("sklearn")

import numpynet
from numpynet.studies import WidthsResult, widths
from numpynet.studies.iris import sgd_step
from numpynet.studies.iris_classifier import seeded_classifier, versicolor_data
from numpynet.studies.widths import Estimate


def made(early, final=None, columns=None):
    early = np.asarray(early, float)
    columns = columns or list(range(8, 8 + early.shape[1]))
    final = early / 10 if final is None else np.asarray(final, float)
    return WidthsResult(columns, list(range(len(early))), "float32", 1000, early, final)


@pytest.fixture(scope="module")
def result():
    return widths(seeds=[3, 4], epochs=110, widths=[8, 10, 13])


def test_each_network_is_the_one_its_seed_makes(result):
    x, y = versicolor_data(numpynet.float32)
    step = sgd_step(seeded_classifier(4, 10, numpynet.float32), x, y)
    losses = [step().item() for _ in range(110)]
    # as an ensemble, products are added up in another order: some roundings of 1e-7 after a hundred steps
    assert result.early_losses[1, 1] == pytest.approx(losses[99], rel=1e-5)
    assert result.final_losses[1, 1] == pytest.approx(losses[-1], rel=1e-5)
    alone = widths(seeds=[3, 4], epochs=110, widths=[8, 10, 13], compile=False)
    assert alone.early_losses[1, 1] == losses[99]
    assert alone.final_losses[1, 1] == losses[-1]
    assert np.allclose(alone.early_losses, result.early_losses, rtol=1e-5)


def test_estimates_are_students():
    # the interval of 1 ... 5 from a table: t(0.975, 4) = 2.776445, s = 1.581139, s/√5 = 0.707107
    estimate = Estimate.of(np.arange(1.0, 6.0))
    assert estimate.mean == 3
    assert estimate.standard_deviation == pytest.approx(1.5811388, rel=1e-7)
    assert estimate.interval == pytest.approx((3 - 2.776445 * 0.7071068, 3 + 2.776445 * 0.7071068), rel=1e-6)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    trials = 2000
    hits = sum(
        low <= 0.7 <= high for low, high in (Estimate.of(rng.normal(0.7, 0.1, 6)).interval for _ in range(trials))
    )
    assert abs(hits / trials - 0.95) < 4 * math.sqrt(0.95 * 0.05 / trials)


def test_one_value_has_no_interval():
    assert Estimate.of(np.array([2.0])) == Estimate(2.0, None, None)


def test_slopes_are_least_squares():
    rng = np.random.default_rng(1)
    early = rng.normal(size=(5, 7))
    result = made(early)
    expected = np.polyfit(result.widths, early.T, 1)[0]
    assert np.allclose(result.slopes(early), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("slope", "expected"), [(-0.01, "On average it does"), (0.01, "No, on average it rises")])
def test_a_clear_trend_is_told(slope, expected):
    noise = np.random.default_rng(0).normal(0, 1e-4, (8, 7))
    answer = made(0.5 + slope * np.arange(7) + noise).answer()
    assert expected in answer
    assert f"negative for {8 if slope < 0 else 0} of 8 seeds" in answer
    assert f"at every widening for {8 if slope < 0 else 0}." in answer
    assert f"that is {6 * slope:+.3f}" in answer


def test_no_trend_is_told_as_such():
    noise = np.random.default_rng(0).normal(0, 0.05, (16, 7))
    answer = made(0.5 + noise).answer()
    assert "do not show it" in answer
    assert "which includes 0" in answer


def test_one_seed_gets_no_verdict():
    result = made([[0.5, 0.4, 0.3]])
    assert "One seed cannot tell" in result.answer()
    assert "-0.10000 per neuron" in result.answer()
    assert result.report().splitlines()[3].split() == ["8", "0.5000", "-", "-", "0.0500", "-", "-"]


def test_the_report(result):
    lines = result.report().splitlines()
    assert "2 seeds from 3" in lines[0]
    assert lines[2].split()[:2] == ["width", "epoch"]
    assert [line.split()[0] for line in lines[3:6]] == ["8", "10", "13"]
    assert f"{result.early_losses[:, 0].mean():.4f}" == lines[3].split()[1]


def test_the_numbers_survive_json(result):
    numbers = json.loads(json.dumps(result.to_dict()))
    assert numbers["early_losses"] == result.early_losses.tolist()
    assert numbers["final"][0]["mean"] == pytest.approx(result.final_losses[:, 0].mean())
    assert set(numbers["early_slope"]) == {"mean", "standard_deviation", "interval"}


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_figure(tmp_path, seeds):
    pytest.importorskip("matplotlib")
    early = np.random.default_rng(0).uniform(0.3, 0.6, (seeds, 7))
    figure = made(early).plot(tmp_path / "widths.png")
    assert (tmp_path / "widths.png").read_bytes().startswith(b"\x89PNG")
    assert len(figure.subfigs[0].axes) == 3


@pytest.mark.parametrize("arguments", [{"epochs": 99}, {"widths": [8]}, {"seeds": []}])
def test_too_little_is_refused(arguments):
    with pytest.raises(ValueError, match=r"at least 100|two widths and a seed"):
        widths(**arguments)
