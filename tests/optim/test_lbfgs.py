"""L-BFGS against torch, its line search by hand, and what it refuses."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet.optim.line_search import Point, cubic_minimum, strong_wolfe

OPTIONS: list[dict[str, Any]] = [
    {},
    {"lr": 0.1},
    {"max_iter": 3, "lr": 0.5},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "history_size": 3, "max_iter": 7},
    {"line_search_fn": "strong_wolfe", "lr": 5.0, "max_eval": 9},
    {"tolerance_grad": 1.0},
    {"tolerance_change": 0.1},
]


def valley(library: Any, options: dict[str, Any], steps: int = 4) -> tuple[list[float], Any, Any]:
    """The losses of some steps down Rosenbrock's valley, the optimizer, and its first parameter."""
    w = library.tensor([-1.2, 1.0, 0.5], dtype=library.float64, requires_grad=True)
    b = library.tensor([[0.3]], dtype=library.float64, requires_grad=True)
    idle = library.ones(2, dtype=library.float64, requires_grad=True)  # which gets no gradient
    optimizer = library.optim.LBFGS([w, idle, b], **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = 100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2 + (w[2] - b).pow(4).sum() + (b**2).sum()
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(steps)], optimizer, w


@pytest.mark.parametrize("options", OPTIONS)
def test_steps_and_evaluations_are_torchs(options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    ours, optimizer, w = valley(numpynet, options)
    theirs, reference, v = valley(torch, options)
    # Every iteration multiplies what roundings did before it, in this valley by 10 at most: 4 steps of 20 iterations
    # in float64 leave seven digits of the losses above 1e-2.
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-2)
    made, had = optimizer.state[w], reference.state[v]
    assert (made["n_iter"], made["func_evals"]) == (had["n_iter"], had["func_evals"])
    assert set(had) - set(made) <= {"al"}  # torch's room for what it computes with


def test_torchs_state_goes_on_in_numpynet() -> None:
    torch = pytest.importorskip("torch")
    _, reference, _ = valley(torch, {"max_iter": 5}, 1)
    _, optimizer, w = valley(numpynet, {"max_iter": 5}, 1)
    before = copy.deepcopy(optimizer.state_dict())
    optimizer.load_state_dict(reference.state_dict())
    loaded = optimizer.state[w]
    np.testing.assert_allclose(loaded["d"].numpy(), before["state"][0]["d"].numpy(), rtol=1e-9)
    assert len(loaded["old_dirs"]) == len(before["state"][0]["old_dirs"])


def test_logistic_regression_is_solved_in_one_step() -> None:
    numpynet.manual_seed(0)
    x = numpynet.randn(50, 3)
    y = (x @ numpynet.tensor([1.0, -2.0, 0.5]) + numpynet.randn(50) > 0).float()
    w = numpynet.zeros(3, requires_grad=True)
    optimizer = numpynet.optim.LBFGS([w], line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = numpynet.nn.functional.binary_cross_entropy_with_logits(x @ w, y)
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == pytest.approx(math.log(2))
    closure()
    assert w.grad.abs().max() < 1e-4  # a minimum: float32 keeps seven digits of a loss of 0.4, its root is 3e-4


def test_refusals() -> None:
    w, v = (numpynet.ones(1, requires_grad=True) for _ in range(2))
    with pytest.raises(ValueError, match="doesn't support per-parameter options"):
        numpynet.optim.LBFGS([{"params": [w]}, {"params": [v]}])
    with pytest.raises(TypeError, match="closure"):
        numpynet.optim.LBFGS([w]).step()
    optimizer = numpynet.optim.LBFGS([w], line_search_fn="armijo")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        optimizer.step(closure)
    with pytest.raises(numpynet.CompileError):
        numpynet.compile(lambda: numpynet.optim.LBFGS.step(optimizer, closure))()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"history_size": "many"}, TypeError),
        ({"history_size": 1.5}, TypeError),
        ({"history_size": None}, TypeError),
        ({"tolerance_grad": "small"}, TypeError),
        ({"tolerance_grad": ()}, TypeError),
        ({"tolerance_change": 1j}, NotImplementedError),
    ],
)
def test_options_that_are_no_numbers(library: Any, options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        valley(library, options)


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (lambda loss: None, TypeError, "not 'NoneType'"),
        (lambda loss: loss.expand(2), ValueError, "only one element"),
        (lambda loss: "loss", ValueError, "could not convert string"),
    ],
)
def test_the_closure_returns_the_loss(library: Any, returned: Any, error: type[Exception], message: str) -> None:
    w = library.ones(2, requires_grad=True)
    with pytest.raises(error, match=message):
        library.optim.LBFGS([w]).step(lambda: returned(w.sum()))


def test_iterations_up_to_a_number_that_is_no_integer(library: Any) -> None:
    assert valley(library, {"max_iter": 1.5, "lr": 0.5})[0] == valley(library, {"max_iter": 2, "lr": 0.5})[0]


def test_the_minimum_of_a_cubic() -> None:
    def on_cubic(t: float) -> Point:  # 2 t³ - 3 t², least at 1, greatest at 0
        return Point(t, 2 * t**3 - 3 * t**2, np.zeros(0), 6 * t**2 - 6 * t)

    assert cubic_minimum(on_cubic(0.25), on_cubic(2.0)) == pytest.approx(1.0)
    assert cubic_minimum(on_cubic(2.0), on_cubic(0.25)) == pytest.approx(1.0)
    assert cubic_minimum(on_cubic(0.25), on_cubic(0.5), bounds=(0.5, 0.75)) == 0.75
    rising = Point(0.0, 0.0, np.zeros(0), 1.0), Point(1.0, 0.5, np.zeros(0), 1.0)
    assert cubic_minimum(*rising) == 0.5  # f′ = 1 - 3 t + 3 t² has no root: the middle


@pytest.mark.parametrize("first", [1e-3, 0.5, 7.0, 300.0])
def test_found_points_satisfy_the_strong_wolfe_conditions(first: float) -> None:
    def at(t: float) -> Point:
        return Point(t, (t - 2) ** 4 - t, np.zeros(0), 4 * (t - 2) ** 3 - 1)

    start = at(0.0)
    point, calls = strong_wolfe(at, start, first, 1.0)
    assert point.loss <= start.loss + 1e-4 * point.t * start.slope
    assert abs(point.slope) <= -0.9 * start.slope
    assert 1 <= calls <= 26
