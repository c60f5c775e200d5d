"""The steps written by hand compute what numpynet's own tape computes."""

from __future__ import annotations

import numpy as np
import pytest

import numpynet
from benchmarks.by_hand.iris import iris_step
from benchmarks.by_hand.network import network_step
from benchmarks.by_hand.products import products_step
from benchmarks.by_hand.regression import regression_step
from benchmarks.by_hand.stacked import stacked_step
from benchmarks.training import training_step
from benchmarks.workloads import WORKLOADS, network, regression

STEPS = 20
CASES = {
    "regression": (regression_step, regression()),
    "iris": (iris_step, WORKLOADS["iris"]()),
    "one hidden layer, mse": (network_step, network("", (7, 5, 1), 9, "mse", 0.1)),
    "three hidden layers": (network_step, network("", (6, 9, 4, 8, 3), 11, "cross entropy", 0.5)),
    "adam": (network_step, network("", (7, 5, 1), 9, "mse", 0.01, "Adam")),
    "many rows": (network_step, network("", (6, 40, 3), 103, "cross entropy", 0.5)),
}


@pytest.mark.parametrize("name", CASES)
def test_losses_are_those_of_the_tape(name):
    make, workload = CASES[name]
    by_hand, tape = make(workload), training_step(numpynet, workload)
    order = np.random.default_rng(1)
    for step in range(STEPS):
        rows = order.permutation(workload.batch)  # another batch in every step: nothing may be bound to the first
        x, y = workload.x[rows], workload.y[rows]
        expected = tape(numpynet.tensor(x), numpynet.tensor(y)).item()
        assert by_hand(x, y) == pytest.approx(expected, rel=workload.tolerance(step))


def test_extreme_logits_overflow_nowhere():
    workload = network("", (1, 1, 1), 4, "bce", 0.0)
    step = iris_step(workload)
    w1, b1, w2, b2 = (array.item() for array in workload.parameters)
    x = np.float32([[-1e4], [-1.0], [1.0], [1e4]])
    y = np.float32([[0.0], [1.0], [1.0], [1.0]])
    z = np.maximum(x.astype(float) * w1 + b1, 0) * w2 + b2
    right = np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z))))
    with np.errstate(over="raise", invalid="raise"):
        assert step(x, y) == pytest.approx(right, rel=1e-5)  # some 80 roundings


def test_stacked_networks_have_the_losses_of_each_alone():
    workloads = [network("", (4, 8, 1), 150, "bce", 0.1) for _ in range(3)]
    shift = np.float32([0.0, 0.1, -0.1])
    own = [tuple(array + delta for array in one.parameters) for one, delta in zip(workloads, shift, strict=True)]
    stacked = [np.stack(place) for place in zip(*own, strict=True)]
    first = workloads[0]
    together = stacked_step(stacked, first.x, first.y, first.lr)
    alone = [iris_step(network_with(first, parameters)) for parameters in own]
    for step in range(STEPS):
        expected = [one(first.x, first.y) for one in alone]
        assert together() == pytest.approx(expected, rel=first.tolerance(step))


def network_with(workload, parameters):
    return type(workload)(**{**vars(workload), "parameters": parameters})


@pytest.mark.parametrize("name", ["regression", "iris", "mlp-64"])
def test_the_bare_products_run_and_change_nothing(name):
    workload = WORKLOADS[name]()
    before = [array.copy() for array in (workload.x, *workload.parameters)]
    assert products_step(workload)(workload.x) is None
    for was, now in zip(before, (workload.x, *workload.parameters), strict=True):
        np.testing.assert_array_equal(was, now)
