"""Adadelta, Adamax, NAdam, RAdam, ASGD and Rprop against torch, by hand, and against themselves."""

from __future__ import annotations

import copy
import importlib
import pickle
import re
from typing import Any

import numpy as np
import pytest

import numpynet

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "Adadelta": [{}, {"lr": 0.5, "rho": 0.5, "eps": 1e-3, "weight_decay": 0.1}, {"maximize": True}],
    "Adamax": [{}, {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}, {"maximize": True}],
    "NAdam": [
        {},
        {"lr": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.1, "momentum_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
    ],
    "RAdam": [
        {},
        {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
    ],
    "ASGD": [{}, {"lr": 0.1, "lambd": 0.01, "alpha": 0.5, "t0": 3, "weight_decay": 0.1}, {"maximize": True}],
    "Rprop": [{}, {"lr": 0.1, "etas": (0.25, 1.5), "step_sizes": (0.01, 0.2)}, {"maximize": True}],
}
CASES = [(name, options) for name, several in OPTIONS.items() for options in several]
SHAPES = [(), (3,), (2, 3), (0, 2)]
every_optimizer = pytest.mark.parametrize("name", OPTIONS)


def gradients(dtype: Any, steps: int) -> list[list[Any]]:
    """Gradients of either sign, some of them 0; one parameter has none in the second step."""
    random = np.random.default_rng(1)
    made = [
        [np.asarray(random.normal(size=shape) * random.integers(0, 4, shape), dtype) for shape in SHAPES]
        for _ in range(steps)
    ]
    if steps > 1:
        made[1][1] = None
    return made


def run(library: Any, name: str, options: dict[str, Any], dtype: Any, steps: int = 12) -> tuple[Any, Any, Any]:
    """The parameters after each step, the optimizer, and the parameters themselves."""
    random = np.random.default_rng(0)
    parameters = [library.tensor(np.asarray(random.normal(size=s), dtype), requires_grad=True) for s in SHAPES]
    optimizer = getattr(library.optim, name)(parameters, **options)
    seen = []
    for step in gradients(dtype, steps):
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = None if gradient is None else library.tensor(gradient)
        optimizer.step()
        seen.append([np.array(parameter.detach().numpy()) for parameter in parameters])
    return seen, optimizer, parameters


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_steps_are_torchs_up_to_rounding(name: str, options: dict[str, Any], dtype: Any) -> None:
    torch = pytest.importorskip("torch")
    ours, optimizer, mine = run(numpynet, name, options, dtype)
    theirs, reference, his = run(torch, name, options, dtype)
    eps = np.finfo(dtype).eps
    for step, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        for a, b in zip(one, other, strict=True):
            # A dozen roundings a step; g² and |g| + eps are never smaller than a rounding of what they are made of.
            np.testing.assert_allclose(a, b, rtol=16 * (step + 1) * eps, atol=16 * (step + 1) * eps)
    for a, b in zip(mine, his, strict=True):
        made, had = optimizer.state[a], reference.state[b]
        assert list(made) == list(had)
        for key in had:
            assert str(made[key].dtype) == str(had[key].dtype)
            np.testing.assert_allclose(made[key].numpy(), had[key].numpy(), rtol=400 * eps, atol=400 * eps)


@every_optimizer
def test_shown_as_in_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    shown = [repr(getattr(library.optim, name)([library.zeros(1)], lr=0.25)) for library in (numpynet, torch)]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        *[(name, {"lr": -0.1}, "Invalid learning rate: -0.1") for name in OPTIONS],
        ("Adadelta", {"rho": 1.5}, "Invalid rho value: 1.5"),
        ("Adadelta", {"eps": -1}, "Invalid epsilon value: -1"),
        ("Adamax", {"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
        ("Adamax", {"eps": -1}, "Invalid epsilon value: -1"),
        ("NAdam", {"momentum_decay": -1}, "Invalid momentum_decay value: -1"),
        ("NAdam", {"betas": (0.9, 1.0)}, "Invalid beta parameter at index 1: 1.0"),
        ("RAdam", {"betas": (0.9, -0.1)}, "Invalid beta parameter at index 1: -0.1"),
        ("RAdam", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
        ("ASGD", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
        ("Rprop", {"etas": (0.5, 0.9)}, "Invalid eta values: 0.5, 0.9"),
    ],
)
def test_options_out_of_range(library: Any, name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        getattr(library.optim, name)([library.zeros(1)], **options)


@every_optimizer
def test_differentiable_is_missing(name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"{name}.differentiable"):
        getattr(numpynet.optim, name)([numpynet.zeros(1)], differentiable=True)


@every_optimizer
def test_saved_and_loaded_it_goes_on_as_if_nothing_had_happened(name: str) -> None:
    for carry in (copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))):
        _, optimizer, parameters = run(numpynet, name, OPTIONS[name][1], np.float32, 5)
        twins = [parameter.detach().clone().requires_grad_() for parameter in parameters]
        other = getattr(numpynet.optim, name)(twins)
        other.load_state_dict(carry(optimizer.state_dict()))
        for step in gradients(np.float32, 4)[2:]:
            for each in (parameters, twins):
                for parameter, gradient in zip(each, step, strict=True):
                    parameter.grad = numpynet.tensor(gradient)
            optimizer.step()
            other.step()
        assert all(numpynet.equal(a, b) for a, b in zip(parameters, twins, strict=True))


@every_optimizer
def test_a_state_of_another_optimizer_is_refused(name: str) -> None:
    _, optimizer, _ = run(numpynet, "RMSprop", {}, np.float32, 1)
    other = getattr(numpynet.optim, name)([numpynet.zeros(shape) for shape in SHAPES])
    with pytest.raises(KeyError):
        other.load_state_dict(optimizer.state_dict())


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        # m = (1 − β1) g, m̂ = g = 4, u = 4: a step of lr, twice
        ("Adamax", {"lr": 0.5, "eps": 0, "betas": (0.5, 0.5)}, [-0.5, -1]),
        # while ρ ≤ 5 a step is lr m̂ = 0.5 · 4
        ("RAdam", {"lr": 0.5}, [-2, -4]),
        ("ASGD", {"lr": 0.5, "lambd": 0}, [-2, -4]),
        # the size 0.5 grows by 1.5 as the sign stays
        ("Rprop", {"lr": 0.5, "etas": (0.5, 1.5)}, [-0.5, -1.25]),
        # v = 8, δ = √(1 / 9) · 4 = 4/3; u = 8/9, v = 12, δ = √(17/9 / 13) · 4
        ("Adadelta", {"lr": 1, "eps": 1, "rho": 0.5}, [-4 / 3, -4 / 3 - 4 * np.sqrt(17 / 117)]),
        # μ = β1/2 (1 − 0.96⁰ / 2 = 1/2): θ = 0 − lr [(1 − μ)/(1 − μ) + μ/(1 − μ²) · (1 − β1)] g/√v̂
        (
            "NAdam",
            {"lr": 0.5, "eps": 0, "betas": (0.5, 0.5), "momentum_decay": 0},
            [-0.5 - 0.5 * (0.25 / (15 / 16)) / 2],
        ),
    ],
)
def test_steps_by_hand(name: str, options: dict[str, Any], expected: list[float]) -> None:
    parameter = numpynet.zeros(1, dtype=numpynet.float64, requires_grad=True)
    optimizer = getattr(numpynet.optim, name)([parameter], **options)
    for wanted in expected:
        parameter.grad = numpynet.tensor([4.0], dtype=numpynet.float64)
        optimizer.step()
        assert parameter.item() == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize("name", ["Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop"])
def test_a_wrong_rule_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    module = importlib.import_module(f"numpynet.optim.{name.lower()}")
    right = getattr(module, name.lower())

    def wrong(θ: Any, g: Any, *rest: Any) -> None:
        right(θ, g * 1.5 if name != "Rprop" else -g, *rest)

    monkeypatch.setattr(module, name.lower(), wrong)
    with pytest.raises(AssertionError):
        test_steps_are_torchs_up_to_rounding(name, OPTIONS[name][1], np.float32)


@every_optimizer
def test_compiled_is_eager_bit_for_bit(name: str) -> None:
    def losses(compiles: bool) -> list[float]:
        numpynet.manual_seed(5)
        model = numpynet.nn.Sequential(numpynet.nn.Linear(3, 8), numpynet.nn.Tanh(), numpynet.nn.Linear(8, 1))
        x = numpynet.randn(16, 3)
        optimizer = getattr(numpynet.optim, name)(model.parameters())

        def step() -> Any:
            optimizer.zero_grad()
            loss = ((model(x) - 1) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        run = numpynet.compile(step) if compiles else step
        return [run().item() for _ in range(12)]

    assert losses(True) == losses(False)
