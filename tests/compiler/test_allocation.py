"""A compiled step allocates no array after its first calls, but for the result that it returns."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

import numpynet
from numpynet import nn, optim

ROWS = 4096
BOUND = 40_000  # NumPy converts in pieces of 8,192 elements; all arrays of the steps are greater than this
CALLS = 10

WORKLOADS = {
    "regression": (lambda: nn.Linear(20, 20), nn.MSELoss(), lambda: numpynet.randn(ROWS, 20)),
    "logits": (
        lambda: nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 16)),
        nn.BCEWithLogitsLoss(),
        lambda: numpynet.rand(ROWS, 16),
    ),
    "classes": (
        lambda: nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 16)),
        nn.CrossEntropyLoss(),
        lambda: numpynet.randint(0, 16, (ROWS,)),
    ),
}


def training(name, optimizer_of):
    """The step of a workload, not yet compiled."""
    layers, loss_function, targets = WORKLOADS[name]
    model = layers()
    optimizer = optimizer_of(model.parameters())
    x, t = numpynet.randn(ROWS, 20), targets()

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return step


@pytest.mark.parametrize("optimizer_of", [lambda p: optim.SGD(p, lr=0.1, momentum=0.9), optim.Adam])
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_step_allocates_no_arrays(name, optimizer_of):
    step = numpynet.compile(training(name, optimizer_of))
    for _ in range(CALLS):
        step()
    gc.collect()
    tracemalloc.start()
    try:
        step()
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(CALLS):
            step()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < BOUND
    assert after - before < BOUND


@pytest.mark.parametrize("name", WORKLOADS)
def test_only_the_arrays_of_the_program_are_kept(name):
    eager = training(name, lambda p: optim.SGD(p, lr=0.1))
    numpynet.compile(lambda x: x + 1)(numpynet.ones(1))  # which imports the compiler
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        step = numpynet.compile(eager)
        step(), step()
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    report = step.report()
    arrays = report.buffer_bytes + report.parameter_bytes + report.gradient_bytes + report.constant_bytes
    assert kept < arrays + 4 * ROWS * 16  # an array of values that the trace had and the program has not is as large
