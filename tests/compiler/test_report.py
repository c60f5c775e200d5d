"""What a compiled step says that it costs, checked against counts made by hand."""

from __future__ import annotations

from typing import Any

import pytest

import numpynet
from numpynet import nn, optim


def small_step(dtype: Any = numpynet.float32) -> Any:
    """L = Σ (x w − y)² for x (5, 3), w (3, 2), y (5, 2), and an update of w by SGD."""
    numpynet.manual_seed(0)
    x, y = numpynet.randn(5, 3, dtype=dtype), numpynet.randn(5, 2, dtype=dtype)
    w = numpynet.zeros(3, 2, dtype=dtype, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    @numpynet.compile
    def step() -> Any:
        optimizer.zero_grad()
        loss = ((x @ w - y) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    step()
    return step


def test_calls_and_flops_of_a_small_step() -> None:
    report = small_step().report()
    # x w; − y; squared; ones · squares = L | 2 (x w − y); xᵀ dy | lr · gradient; w − that
    assert report.calls_by_direction == {"forward": 4, "backward": 2, "update": 2}
    assert report.calls == 8
    assert report.flops_by_direction == {
        "forward": 2 * 5 * 3 * 2 + 10 + 10 + 2 * 10,
        "backward": 10 + 2 * 3 * 5 * 2,
        "update": 6 + 6,
    }
    assert report.flops == 182


@pytest.mark.parametrize(("dtype", "size"), [(numpynet.float32, 4), (numpynet.float64, 8)])
def test_bytes_of_a_small_step(dtype: Any, size: int) -> None:
    report = small_step(dtype).report()
    assert report.parameter_bytes == 6 * size
    assert report.gradient_bytes == 6 * size
    assert report.state_bytes == 0
    assert report.data_bytes == (15 + 10) * size
    assert report.constant_bytes == (10 + 1) * size  # the ones of the sum, and 2
    # x w, x w − y and the cotangent share one piece; lr · gradient has the place of the squares; the loss; lr
    assert report.buffers == 4
    assert report.buffer_bytes == (10 + 10 + 1 + 1) * size
    assert report.unshared_bytes == (4 * 10 + 1 + 1 + 6) * size


def test_state_is_told_apart_from_parameters() -> None:
    numpynet.manual_seed(0)
    model, x = nn.Linear(4, 3), numpynet.randn(6, 4)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    @numpynet.compile
    def step() -> Any:
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        return loss

    step()
    step()
    report = step.report()
    assert (report.parameter_bytes, report.gradient_bytes, report.state_bytes) == (60, 60, 60)


def test_a_step_without_gradients_only_goes_forward() -> None:
    model = nn.Linear(4, 3)

    @numpynet.compile
    def predict(x: Any) -> Any:
        with numpynet.no_grad():
            return model(x)

    predict(numpynet.ones(7, 4))
    report = predict.report()
    assert report.calls_by_direction["backward"] == report.calls_by_direction["update"] == 0
    assert report.flops_by_direction["forward"] >= 2 * 7 * 4 * 3 + 21
    assert report.data_bytes == 7 * 4 * 4


def test_batched_products_count_all_their_terms() -> None:
    a, b = numpynet.ones(6, 2, 3), numpynet.ones(6, 3, 4)

    @numpynet.compile
    def step() -> Any:
        return a @ b

    step()
    assert step.report().flops == 2 * 6 * 2 * 3 * 4


def test_it_prints_as_a_table() -> None:
    lines = str(small_step().report()).splitlines()
    assert [line.split() for line in lines[:5]] == [
        ["step", "calls", "flops"], ["forward", "4", "100"], ["backward", "2", "70"], ["update", "2", "12"],
        ["total", "8", "182"],
    ]  # fmt: skip
    assert "parameters" in lines[7]


def test_what_is_called_a_gradient_is_none():
    """A buffer is state, whatever its name."""

    class Averaging(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 2)
            self.register_buffer("ema_grad", numpynet.zeros(2))

        def forward(self, x):
            y = self.linear(x)
            self.ema_grad.mul_(0.5).add_(y.detach().mean(0), alpha=0.5)
            return y

    model, x = Averaging(), numpynet.randn(4, 3)

    @numpynet.compile
    def step():
        model.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        return loss

    step(), step()
    report = step.report()
    assert report.state_bytes == 2 * 4
    assert report.gradient_bytes == report.parameter_bytes == 8 * 4


def test_what_is_taken_for_granted_is_named_with_its_value_and_its_line() -> None:
    class Options:
        factor, rate, on = 2.0, [0.5], True

    options, count = Options(), 0

    def helper(x: Any) -> Any:
        nonlocal count
        count += 1
        return x * options.factor * options.rate[0] / count

    step = numpynet.compile(lambda x: helper(x) if options.on else x)
    for _ in range(3):
        step(numpynet.ones(2))
    taken = {one.name: one for one in step.report().guards}
    assert taken["options.factor"].value == "2.0"
    assert taken["options.rate[0]"].value == "0.5"
    assert taken["options.on"].value == "True"
    assert "test_report.py, line" in taken["options.factor"].where
    assert "return x * options.factor * options.rate[0] / count" in taken["options.factor"].where
    assert step.report().variables == ("count",)
    options.factor = 3.0
    step(numpynet.ones(2))
    assert step.report().changed.startswith("options.factor = 2.0 (")
    assert step.report().changed.endswith("is 3.0")
    assert "traced again because of: options.factor = 2.0" in str(step.report())
