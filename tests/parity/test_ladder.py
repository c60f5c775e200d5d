"""Every program holds on every rung; and what the rungs assert is what they say."""

import copy

import numpy as np
import pytest

import numpynet
from parity.bounds import EARLY_STEPS, FREE_FLOAT64, K, excess
from parity.free_run import FreeRun
from parity.ladder import Ladder
from parity.libraries import NUMPYNET, run
from parity.locked import locked_run
from parity.programs import PROGRAMS
from parity.recorder import PerturbingRecorder, Recorder
from tests.parity.reference import climbed, torch_trace

torch = pytest.importorskip("torch")

STEPS = {"draws": 0, "operations": 0, "regression": 40, "widths": 35, "loader-schedule": 40}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_numpynet_follows_torch(name, dtype):
    outcome = climbed(name, dtype, seed=3, steps=STEPS.get(name, 25))
    assert outcome.passed, "\n".join(map(str, outcome.failures))
    assert outcome.random_bits == "equal"
    if name != "draws":
        assert 0 < outcome.locked_k < 3  # and not 0: something was compared
    if outcome.steps:
        assert set(outcome.worst) == {"losses", "gradients", "updates"}
        assert outcome.free_steps == (outcome.steps if dtype == "float64" else EARLY_STEPS)


def test_a_program_is_one_text_and_runs_alone():
    """Without an oracle, without a tape: the same steps from the same seed, and nothing global is changed."""
    before = numpynet.get_rng_state()
    first, second = (
        run(PROGRAMS["iris-sgd"], NUMPYNET, Recorder(), dtype="float64", seed=1, steps=5) for _ in range(2)
    )
    assert [step.loss for step in first.steps] == [step.loss for step in second.steps]
    assert first.steps[0].loss.dtype == np.float64
    assert numpynet.get_default_dtype() is numpynet.float32
    assert (numpynet.get_rng_state() == before).all()


def test_locked_steps_start_from_torchs_state():
    """Changed parameters, gradients and momentum in the reference are where the next step of the locked run starts."""
    reference = torch_trace("deep", "float64", 0, 4)
    settings = {"dtype": "float64", "seed": 0, "steps": 4}
    locked, shadows = locked_run(PROGRAMS["deep"], reference, settings)
    own = run(PROGRAMS["deep"], NUMPYNET, Recorder(), **settings)
    for number in range(1, 4):
        theirs = reference.steps[number].buffers["0.weight.momentum_buffer"]
        apart = [
            np.abs(trace.steps[number].buffers["0.weight.momentum_buffer"] - theirs).max() for trace in (locked, own)
        ]
        assert apart[0] <= K * np.finfo(float).eps * np.abs(theirs).max()
    bounds = shadows.steps[2].gradients["0.weight"]
    assert (bounds >= np.abs(locked.steps[2].gradients["0.weight"]) * (1 - 1e-12)).all()


def test_a_free_run_is_excused_only_as_far_as_the_program_amplifies():
    """The gradients that add up carry 1e-16 beyond 1e-12; a difference that is not of that origin stays a failure."""
    for seed in range(8):  # how far each carries it depends on the processor's order of sums
        reference = copy.deepcopy(torch_trace("iris-as-written", "float64", seed, 240))
        ladder = Ladder(PROGRAMS["iris-as-written"], reference, dtype="float64", seed=seed, steps=240, torch=torch)
        outcome = ladder.climb()
        assert outcome.passed, "\n".join(map(str, outcome.failures))
        if outcome.free_error > FREE_FLOAT64:
            break
    assert outcome.free_error > FREE_FLOAT64
    free = run(ladder.program, NUMPYNET, Recorder(), **ladder.settings)
    reference.steps[30].loss *= 1 + 1e-10
    _, shadows = locked_run(ladder.program, reference, ladder.settings)
    (failure,) = FreeRun(free, reference, shadows, program=ladder.program, settings=ladder.settings).failures
    assert (failure.rung, failure.step, failure.tensor) == ("free run", 31, "loss")


def test_the_envelope_of_a_program_that_amplifies_grows():
    settings = {"dtype": "float64", "seed": 0, "steps": 60}
    program = PROGRAMS["iris-as-written"]
    plain = run(program, NUMPYNET, Recorder(), **settings)
    moved = run(program, NUMPYNET, PerturbingRecorder(0), **settings)
    apart = [abs(float(a.loss) - float(b.loss)) for a, b in zip(plain.steps, moved.steps, strict=True)]
    assert apart[0] < 1e-15
    assert max(apart[40:]) > 3 * max(apart[:10])


@pytest.mark.parametrize(
    ("ours", "theirs", "k"),
    [
        ([1.0, np.inf, np.nan], [1.0, np.inf, np.nan], [0, 0, 0]),
        ([1.0], [1.0 + 2**-52], [1]),
        ([1.0, np.inf, np.nan], [np.nan, -np.inf, 1.0], [np.inf] * 3),
        ([1e-310], [0.0], [pytest.approx(0, abs=0.01)]),
    ],
)
def test_excess(ours, theirs, k):
    assert excess(np.array(ours), np.array(theirs), np.ones(len(ours))).tolist() == k


def test_excess_of_what_cannot_be_compared():
    assert np.isinf(excess(np.ones(2, np.float32), np.ones(2), np.ones(2))).all()
    assert np.isinf(excess(np.ones(3), np.ones(2), np.ones(2))).all()
    assert np.isinf(excess(np.array([1.0]), np.array([2.0]), np.array([np.inf]))).all()
    assert excess(np.array([1.0]), np.array([2.0]), np.array([0.0]))[0] > 1e300
