"""The study of iris: what the bug does and what it does not, and that this is measured, not said."""

import copy
import json

import pytest

pytest.importorskip("sklearn")

from tqdm import tqdm

import numpynet
from numpynet.studies import iris
from numpynet.studies.iris import Agreement, Run, run, sgd_step
from numpynet.studies.iris_classifier import seeded_classifier, versicolor_data


@pytest.fixture(scope="module")
def result():
    return iris(seed=0, epochs=200)


def test_the_data():
    x, y = versicolor_data(numpynet.float64)
    assert x.shape == (150, 4)
    assert y.shape == (150, 1)
    assert y.sum().item() == 50
    assert x.dtype == y.dtype == numpynet.float64


def test_first_weights_come_from_the_seed_and_the_global_generator_is_left_alone():
    before = numpynet.get_rng_state()
    model = seeded_classifier(7, 8, numpynet.float32)
    assert numpynet.equal(numpynet.get_rng_state(), before)
    numpynet.manual_seed(7)
    expected = numpynet.nn.Linear(4, 8).weight
    numpynet.set_rng_state(before)
    assert numpynet.equal(model.fc1.weight, expected)


def test_mended_the_manual_update_is_sgd_to_the_last_bit(result):
    assert result.mended.losses == result.sgd.losses
    assert result.mended.parameters == result.sgd.parameters
    assert result.mended.accuracy == result.sgd.accuracy
    assert result.mended_follows_sgd.is_exact


def test_as_written_it_is_momentum_1_to_the_last_bit(result):
    assert result.as_written.losses == result.momentum_1.losses
    assert result.as_written.parameters == result.momentum_1.parameters
    assert result.as_written.losses[:2] == result.sgd.losses[:2]
    assert result.as_written.losses[2] != result.sgd.losses[2]
    assert result.accumulated_norm > result.gradient_norm


def test_float64_too():
    result = iris(seed=2, epochs=50, dtype=numpynet.float64)
    assert result.dtype == "float64"
    assert result.mended_follows_sgd.is_exact
    assert result.as_written_follows_momentum_1.is_exact


def test_sgd_reaches_an_accuracy_of_95_percent_for_most_seeds():
    x, y = versicolor_data(numpynet.float32)
    accuracies = []
    with tqdm(disable=True) as bar:
        for seed in range(5):
            model = seeded_classifier(seed, 8, numpynet.float32)
            accuracies.append(run(model, sgd_step(model, x, y), x, y, 1000, bar).accuracy)
    assert sum(accuracy >= 0.95 for accuracy in accuracies) > len(accuracies) / 2


def test_the_report(result):
    report = result.report()
    table, findings = report.split("\n\n")[1:]
    assert len(table.splitlines()) == 1 + 10 + 1
    assert f"step 200  {result.sgd.losses[-1]:.4f}" in table
    assert table.splitlines()[-1].split() == [
        "accuracy",
        f"{result.sgd.accuracy:.4f}",
        f"{result.as_written.accuracy:.4f}",
        f"{result.mended.accuracy:.4f}",
    ]
    flat = findings.replace("\n", " ")
    assert "Mended, the manual update follows SGD bit for bit: all 200 losses and all 49 parameters are equal" in flat
    assert "leave those of SGD at step 3." in flat
    assert "the rule of the update is right" in flat


def test_the_report_says_what_was_measured_and_nothing_else(result):
    altered = copy.deepcopy(result)
    altered.mended.losses[99] += 1e-6
    altered.mended.parameters[3] += 0.25
    flat = altered.report().replace("\n", " ")
    assert "follows SGD only up to step 99 of 200: at the end 48 of 49 parameters are equal" in flat
    assert "up to 0.25 apart" in flat
    assert "is right" not in flat


def test_agreement():
    a = Run([1.0, float("nan"), 3.0], 1.0, [1.0, 2.0])
    assert Agreement.between(a, copy.deepcopy(a)).is_exact
    b = Run([1.0, float("nan"), 3.5], 1.0, [1.0, 2.5])
    found = Agreement.between(a, b)
    assert (found.first_difference, found.equal_parameters, found.largest_difference) == (3, 1, 0.5)
    assert not found.is_exact
    c = Run(a.losses, 1.0, [1.0, 2.5])
    assert "all 3 losses are equal, but 1 of 2" in str(Agreement.between(a, c))


def test_few_epochs_make_a_short_table():
    table = iris(epochs=3).report().split("\n\n")[1]
    assert [line.split()[:2] for line in table.splitlines()[1:4]] == [["step", "1"], ["step", "2"], ["step", "3"]]


def test_the_numbers_survive_json(result):
    numbers = json.loads(json.dumps(result.to_dict()))
    assert numbers["sgd"]["losses"] == result.sgd.losses
    assert numbers["mended_follows_sgd"]["first_difference"] is None


def test_the_figure(result, tmp_path):
    pytest.importorskip("matplotlib")
    figure = result.plot(tmp_path / "iris.png")
    assert (tmp_path / "iris.png").read_bytes().startswith(b"\x89PNG")
    assert len(figure.subfigs[0].axes[0].lines) == 3
