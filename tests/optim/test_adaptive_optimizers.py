"""Adam, AdamW, RMSprop and Adagrad against torch, step by step, and by hand."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optimizer_lockstep import lockstep

import numpynet
from numpynet.optim import adam as adam_module

COMMON = {"lr": st.floats(1e-4, 1e-2), "weight_decay": st.sampled_from([0, 0.01, 0.5]), "maximize": st.booleans()}
ADAM = st.fixed_dictionaries(
    {
        **COMMON,
        "betas": st.sampled_from([(0.9, 0.999), (0.0, 0.0), (0.3, 0.99)]),
        "eps": st.sampled_from([1e-8, 1e-3]),
        "amsgrad": st.booleans(),
    }
)
RMSPROP = st.fixed_dictionaries(
    {
        **COMMON,
        "alpha": st.sampled_from([0.99, 0.5]),
        "momentum": st.sampled_from([0, 0.9]),
        "centered": st.booleans(),
    }
)
ADAGRAD = st.fixed_dictionaries(
    {
        **COMMON,
        "lr_decay": st.sampled_from([0, 0.1]),
        "initial_accumulator_value": st.sampled_from([0, 0.5]),
    }
)
KINDS = (
    st.tuples(st.sampled_from(["Adam", "AdamW"]), ADAM)
    | st.tuples(st.just("RMSprop"), RMSPROP)
    | st.tuples(st.just("Adagrad"), ADAGRAD)
)


def program(seed, dtype, maximize, steps=4):
    """Parameters of several shapes, some empty, and gradients that are now and then 0.

    All gradients push an element towards 0, and not beyond, so that decay and gradient have one sign and
    nothing cancels: where they cancel, the sign of the whole step of these optimizers hangs on the last rounding.
    """
    random = np.random.default_rng(seed)
    shapes = [(), (3,), (2, 3), (0, 2)]
    signs = [random.choice([-1, 1], shape) for shape in shapes]
    arrays = [np.asarray(sign * random.uniform(1, 2, sign.shape), dtype) for sign in signs]
    uphill = -1 if maximize else 1
    gradients = [
        [
            np.asarray(uphill * sign * random.uniform(0.1, 1, sign.shape) * random.integers(0, 5, sign.shape), dtype)
            for sign in signs
        ]
        for _ in range(steps)
    ]
    return arrays, gradients


def relative_bounds(options):
    """The change of θ is a quotient of sums of positive terms: no more than 12 roundings, here or in torch.

    To these come half a unit for the last rounding of either library. Centered RMSprop subtracts a square; with
    the options here at least 1/16 remains of what it subtracts from, which multiplies the error before by 16.
    """
    roundings = 12 * (16 if options.get("centered") else 1)

    def bound(θ, g, state, new):
        return np.finfo(θ.dtype).eps * (np.abs(new) + roundings * np.abs(new - θ))

    def state_bound(θ, g, before, new):
        return np.finfo(θ.dtype).eps * roundings * np.abs(new)

    return bound, state_bound


@given(KINDS, st.integers(0, 2**32), st.sampled_from([np.float32, np.float64]))
@settings(max_examples=40)
def test_a_step_is_torchs_up_to_rounding(kind, seed, dtype):
    torch = pytest.importorskip("torch")
    name, options = kind
    lockstep(
        torch,
        lambda library, p: getattr(library.optim, name)(p, **options),
        *program(seed, dtype, options["maximize"]),
        *relative_bounds(options),
    )


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        # The first step of Adam is lr · sign(g), as m̂ = g and √v̂ = |g|; so is the second of an equal gradient.
        ("Adam", {"lr": 0.5, "eps": 0}, [-0.5, -1]),
        ("Adam", {"lr": 0.5, "eps": 0, "maximize": True}, [0.5, 1]),
        # θ = 0 does not decay at first; then by lr λ θ = 0.5 · 0.5 · (-0.5)
        ("AdamW", {"lr": 0.5, "eps": 0, "weight_decay": 0.5}, [-0.5, -0.875]),
        # v = 16/4, then 3/4 · 4 + 4 = 7
        ("RMSprop", {"lr": 0.5, "eps": 0, "alpha": 0.75}, [-1, -1 - 2 / np.sqrt(7)]),
        ("RMSprop", {"lr": 0.5, "eps": 0, "alpha": 0.75, "momentum": 0.5}, [-1, -1.5 - 2 / np.sqrt(7)]),
        # sums 16, 32
        ("Adagrad", {"lr": 0.5, "eps": 0}, [-0.5, -0.5 - 0.5 / np.sqrt(2)]),
        ("Adagrad", {"lr": 0.5, "eps": 0, "lr_decay": 1}, [-0.5, -0.5 - 0.25 / np.sqrt(2)]),
    ],
)
def test_two_steps_by_hand(name, options, expected):
    parameter = numpynet.zeros(1, dtype=numpynet.float64, requires_grad=True)
    optimizer = getattr(numpynet.optim, name)([parameter], **options)
    seen = []
    for _ in expected:
        parameter.grad = numpynet.tensor([4.0], dtype=numpynet.float64)
        optimizer.step()
        seen.append(parameter.item())
    np.testing.assert_allclose(seen, expected, rtol=1e-14)


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Adagrad"])
def test_shown_as_in_torch(name):
    torch = pytest.importorskip("torch")

    def shown(library):
        return repr(getattr(library.optim, name)([library.zeros(1)], lr=0.25))

    assert shown(numpynet) == shown(torch)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("Adam", {"lr": -0.1}, "Invalid learning rate: -0.1"),
        ("Adam", {"eps": -1}, "Invalid epsilon value: -1"),
        ("Adam", {"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
        ("Adam", {"betas": (0.9, -0.1)}, "Invalid beta parameter at index 1: -0.1"),
        ("Adam", {"betas": (0, 0.9)}, "betas must be either both floats or both Tensors"),
        ("AdamW", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
        ("RMSprop", {"alpha": -1}, "Invalid alpha value: -1"),
        ("RMSprop", {"momentum": -1}, "Invalid momentum value: -1"),
        ("Adagrad", {"lr_decay": -1}, "Invalid lr_decay value: -1"),
        ("Adagrad", {"initial_accumulator_value": -1}, "Invalid initial_accumulator_value value: -1"),
    ],
)
def test_options_out_of_range(name, options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        getattr(numpynet.optim, name)([numpynet.zeros(1)], **options)
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        getattr(torch.optim, name)([torch.zeros(1)], **options)


def test_adamw_stays_decoupled_after_loading_adams_state():
    weight = numpynet.ones(2, requires_grad=True)
    optimizer = numpynet.optim.AdamW([weight])
    optimizer.load_state_dict(numpynet.optim.Adam([weight]).state_dict())
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Adagrad"])
def test_differentiable_is_missing(name):
    with pytest.raises(NotImplementedError, match=f"{name}.differentiable"):
        getattr(numpynet.optim, name)([numpynet.zeros(1)], differentiable=True)


def uncorrected(θ, g, m, v, v_max, t, *options):
    right(θ, g, m, v, v_max, t + 1, *options)


def coupled(θ, g, m, v, v_max, t, lr, β1, β2, eps, weight_decay, decoupled, maximize):
    right(θ, g, m, v, v_max, t, lr, β1, β2, eps, weight_decay, False, maximize)


def betas_exchanged(θ, g, m, v, v_max, t, lr, β1, β2, *options):
    right(θ, g, m, v, v_max, t, lr, β2, β1, *options)


right = adam_module.adam


@pytest.mark.parametrize("wrong", [uncorrected, coupled, betas_exchanged])
def test_wrong_rules_are_caught(wrong, monkeypatch):
    torch = pytest.importorskip("torch")
    options = {"lr": 0.1, "weight_decay": 0.1}

    def run():
        lockstep(
            torch,
            lambda library, p: library.optim.AdamW(p, **options),
            *program(0, np.float32, maximize=False),
            *relative_bounds(options),
        )

    run()
    monkeypatch.setattr(adam_module, "adam", wrong)
    with pytest.raises(AssertionError):
        run()
