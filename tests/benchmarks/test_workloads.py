"""The workloads can tell a right gradient from a wrong one."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.agreement import CHECKED, DisagreementError, assert_equal
from benchmarks.competitors import STEPS, SWEEPS, numpy_by_hand
from benchmarks.contenders import Contender, Field, step_contenders, sweep_contenders
from benchmarks.workloads import WORKLOADS

SMALL = ("regression", "iris", "mlp-64", "mlp-64-adam", "mlp-256")


@pytest.mark.parametrize("name", SMALL)
def test_losses_fall_by_more_than_the_tolerance(name):
    """Without a right gradient the losses would stay, or go elsewhere, and the comparison would notice."""
    workload = WORKLOADS[name]()
    step = numpy_by_hand.prepare(workload)
    losses = [step() for _ in range(CHECKED)]
    assert losses[0] - losses[-1] > 4 * workload.tolerance(CHECKED - 1) * losses[0]


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_workload_is_seeded(name):
    if name == "mlp-1024":
        pytest.skip("it takes megabytes, and is made like the others")
    one, two = WORKLOADS[name](), WORKLOADS[name]()
    for a, b in zip((one.x, one.y, *one.parameters), (two.x, two.y, *two.parameters), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.x.dtype == np.float32
    assert one.loop >= CHECKED


def test_losses_further_apart_than_roundings_are_an_error():
    losses = {0: np.array([1.0, 2.0]), 3: np.array([0.5, 1.5])}
    assert_equal(losses, losses, lambda step: 0.0)
    near = {step: values * 1.001 for step, values in losses.items()}
    assert_equal(near, losses, lambda step: 0.002)
    with pytest.raises(DisagreementError, match="at step 4 is off by"):
        assert_equal(near, losses, lambda step: 0.002 if step == 0 else 0.0005)
    assert_equal({0: np.array([1.0])}, losses, lambda step: 0.0)  # one seed of two, one step of two
    with pytest.raises(DisagreementError):
        assert_equal({0: np.array([np.nan])}, losses, lambda step: 1.0)


def test_who_disagrees_breaks_down_or_is_missing_is_not_timed():
    def contender(loss):
        return lambda: Contender(lambda: None, 1, {0: np.array([loss])})

    def raising(error):
        def prepare():
            raise error

        return prepare

    field = Field()
    field.enter("first", contender(1.0), lambda step: 1e-6)
    field.enter("same", contender(1.0 + 1e-8), lambda step: 1e-6)
    field.enter("other", contender(2.0), lambda step: 1e-6)
    field.enter("absent", raising(ModuleNotFoundError("No module named 'jax'", name="jax")), lambda step: 1e-6)
    field.enter("broken", raising(ZeroDivisionError("by zero\nand more")), lambda step: 1e-6)
    assert list(field.ready) == ["first", "same"]
    assert field.failed == ["other", "broken"]
    assert field.missing["absent"] == "jax is not installed"
    assert field.missing["broken"] == "failed: ZeroDivisionError: by zero"
    assert field.missing["other"].startswith("not timed: its loss at step 1 is off by 1.0e+00")


@pytest.mark.parametrize("name", ["regression", "iris", "mlp-64", "mlp-64-adam"])
def test_all_competitors_that_are_installed_agree(name):
    names = [name for name in STEPS if name != "torch.compile"]  # which takes minutes to compile
    field = step_contenders(name, names)
    assert not field.failed, field.missing
    assert {"numpynet eager", "NumPy by hand"} <= set(field.ready)


def test_the_sweep_has_the_same_losses_whoever_trains_it():
    pytest.importorskip("sklearn")  # which has the data
    field = sweep_contenders(100, [name for name in SWEEPS if name != "torch eager"])
    assert not field.failed, field.missing
    shares = {name: contender.share for name, contender in field.ready.items()}
    assert shares["NumPy by hand"] == 0.1
    assert shares["numpynet eager"] == 0.1 / 32
