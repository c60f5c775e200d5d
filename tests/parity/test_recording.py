"""Recorded traces: what is packed comes out again, and what ships proves the ladder without torch."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from parity import record
from parity.__main__ import main
from parity.build import about_torch, is_baseline
from parity.ladder import Ladder
from parity.libraries import DTYPES, NUMPYNET, run
from parity.programs import PROGRAMS
from parity.programs.operations import CASES
from parity.programs.program import Program
from parity.recorder import Recorder
from parity.recording import DIRECTORY, Recording, is_detailed, pack, save, unpack


def traced(name, dtype="float32", steps=14, details=is_detailed):
    return run(PROGRAMS[name], NUMPYNET, Recorder(details), dtype=dtype, seed=2, steps=steps)


@pytest.mark.parametrize("name", ["dropout-momentum", "widths", "operations", "loader-schedule"])
def test_what_is_packed_comes_out_again(name, tmp_path):
    trace = traced(name)
    save(tmp_path / f"{name}.npz", {"torch": "none"}, {("float32", 2): trace})
    recording = Recording(name, tmp_path)
    assert recording.about == {"torch": "none"}
    assert recording.runs() == [("float32", 2)]
    again = recording.trace("float32", 2)
    assert [(a.place, a.function, a.digest) for a in again.draws] == [
        (b.place, b.function, b.digest) for b in trace.draws
    ]
    assert again.streams == trace.streams
    assert again.accuracies == trace.accuracies
    for a, b in zip(again.models, trace.models, strict=True):
        assert (a.name, a.first, list(a.initial)) == (b.name, b.first, list(b.initial))
        assert all((a.initial[key] == b.initial[key]).all() for key in b.initial)
    for a, b in zip(again.steps, trace.steps, strict=True):
        assert a.loss == b.loss
        assert a.loss.dtype == np.float32
        assert a.learning_rate == b.learning_rate
        assert (a.gradients is None) == (b.gradients is None)
        for mine, other in ((a.gradients, b.gradients), (a.parameters, b.parameters), (a.buffers, b.buffers)):
            assert (mine or {}).keys() == (other or {}).keys()
            assert all(np.array_equal(mine[key], other[key]) for key in other or {})
    assert list(again.evaluations) == list(trace.evaluations)
    for a, b in zip(again.evaluations.values(), trace.evaluations.values(), strict=True):
        assert np.array_equal(a.result, b.result, equal_nan=True)
        assert all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a.gradients, b.gradients, strict=True))


def test_an_array_of_another_dtype_is_refused():
    trace = traced("iris-sgd", "float64")
    with pytest.raises(TypeError, match="float32 holds an array of float64"):
        pack(trace, "float32")
    assert unpack(pack(trace, "float64")).steps[3].loss == trace.steps[3].loss


def test_what_ships_is_small_and_safe():
    files = sorted(DIRECTORY.glob("*.npz"))
    assert sorted(file.stem for file in files) == sorted(PROGRAMS)
    assert sum(file.stat().st_size for file in files) < 50_000 * len(PROGRAMS)
    for file in files:
        with np.load(file, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype.kind in "uf" for name in arrays.files)
        about = Recording(file.stem).about
        assert about["cpu_capability"] in ("AVX2", "AVX512")
        assert about["torch"].startswith("2.")
        assert {"build", "date", "machine", "numpy"} <= about.keys()
        assert set(Recording(file.stem).runs()) == {(dtype, 0) for dtype in DTYPES}


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *((name, dtype) for name in ("draws", "operations") for dtype in DTYPES),
        ("iris-sgd", "float64"),
        ("loader-schedule", "float32"),
    ],
)
def test_recorded_traces_hold_without_torch(name, dtype):
    program, reference = PROGRAMS[name], Recording(name).trace(dtype, 0)
    outcome = Ladder(program, reference, dtype=dtype, seed=0, steps=program.steps).climb()
    assert outcome.passed, "\n".join(map(str, outcome.failures))
    assert outcome.steps == program.steps


def test_without_torch_a_wrong_formula_is_named_by_finite_differences(monkeypatch):
    from numpynet import ops

    monkeypatch.setattr(ops.relu.gradients, "x", lambda dy, y: dy)
    reference = Recording("deep").trace("float64", 0)
    outcome = Ladder(PROGRAMS["deep"], reference, dtype="float64", seed=0, steps=3).climb()
    failure = next(one for one in outcome.failures if one.rung == "locked step")
    assert failure.step == 1
    assert failure.operation.name == "relu"
    assert failure.operation.what.startswith("gradient by x: along a random direction")


@pytest.mark.parametrize("name", PROGRAMS)
def test_recording_anew_gives_what_ships(name, tmp_path):
    """The oracle has not changed: random bits equal, all else within the bounds of a free run."""
    pytest.importorskip("torch")
    if is_baseline(about_torch()):
        pytest.skip("torch runs its baseline build here, of which nothing is recorded")
    assert main(["record", "--directory", str(tmp_path), "--programs", name]) == 0
    anew, shipped = Recording(name, tmp_path), Recording(name)
    assert anew.runs() == shipped.runs()
    assert record.differences(PROGRAMS[name], {one: anew.trace(*one) for one in anew.runs()}, shipped) == []


def other_state(trace):
    trace.streams[100] += 1


def other_loss(trace):
    trace.steps[700].loss *= 1 + 1e-11


def other_parameter(trace):
    trace.steps[9].parameters["0.bias"] *= 1 - 1e-10


def fewer_steps(trace):
    del trace.steps[900:]


def other_accuracy(trace):
    right, total = trace.accuracies["within 0.15"]
    trace.accuracies["within 0.15"] = right - 2, total


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (other_state, "random bits at step 100: the generator's state"),
        (other_loss, "free run at step 701: loss"),
        (fewer_steps, "free run: 900 steps, in torch 1000"),
        (other_parameter, "free run at step 10: parameter 0.bias"),
        (other_accuracy, "free run: accuracy of within 0.15: 151 of 157 samples, in torch 153; allowed 1"),
    ],
)
def test_a_recording_that_differs_is_told(spoil, told):
    shipped = Recording("loader-schedule")
    runs = {one: shipped.trace(*one) for one in shipped.runs()}
    spoil(runs["float64", 0])
    (problem,) = record.differences(PROGRAMS["loader-schedule"], runs, shipped)
    assert problem.startswith(f"float64, seed 0: {told}")


def test_an_operation_that_differs_or_lacks_is_told():
    shipped = Recording("operations")
    runs = {one: shipped.trace(*one) for one in shipped.runs()}
    runs["float32", 0].evaluations["nll_loss"].gradients[0] *= 1 + 1e-5
    (problem,) = record.differences(PROGRAMS["operations"], runs, shipped)
    assert problem.startswith("float32, seed 0: operation: nll_loss, gradient by operand 1")
    del runs["float32", 0].evaluations["nll_loss"]
    (problem,) = record.differences(PROGRAMS["operations"], runs, shipped)
    assert problem == "float32, seed 0: operation: nll_loss, which numpynet has not evaluated"


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_new_case_is_told_and_changes_no_other(monkeypatch, dtype):
    """In whatever place it is put: what is recorded is known by its name, and draws its own numbers."""
    reference = Recording("operations").trace(dtype, 0)
    monkeypatch.setitem(PROGRAMS["operations"].text.__globals__, "CASES", {"new": CASES["div"], **CASES})
    outcome = Ladder(PROGRAMS["operations"], reference, dtype=dtype, seed=0, steps=0).climb()
    assert [str(one) for one in outcome.failures] == ["operation: new, which the recording has not evaluated"]
    assert outcome.random_bits == "equal"


def test_two_cases_of_one_name_are_refused():
    def twice(torch, recorder, steps):
        """Evaluates the same twice."""
        x = torch.ones(2, requires_grad=True)
        for _ in range(2):
            y = x * 2
            y.backward(torch.ones(2))
            recorder.evaluation("same", [x], y)

    trace = run(Program("twice", twice, 0), NUMPYNET, Recorder(), dtype="float32", seed=0, steps=0)
    assert trace.stopped == "ValueError: two evaluations are called 'same'"


def test_a_run_that_was_not_recorded_anew_is_told():
    assert record.differences(PROGRAMS["draws"], {}, Recording("draws")) == [
        f"{dtype}, seed 0: is not recorded any more" for dtype in DTYPES
    ]


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # as though it were not installed: importing it fails
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torch" else found(name, *rest)
from parity.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def without_torch(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WITHOUT_TORCH, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_the_command_without_torch(tmp_path):
    missing = without_torch("--programs", "draws")
    assert missing.returncode == 1
    assert "torch is not installed" in missing.stderr
    assert "--recorded" in missing.stderr
    file = tmp_path / "outcomes.json"
    proved = without_torch("--recorded", "--programs", "draws,operations", "--processes", "1", "--json", str(file))
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert "all agree" in proved.stdout
    content = json.loads(file.read_text())
    assert content["passed"] is True
    assert content["recorded"] is True
    assert [(one["program"], one["dtype"]) for one in content["outcomes"]] == [
        (name, dtype) for name in ("draws", "operations") for dtype in DTYPES
    ]
