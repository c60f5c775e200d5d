"""Shadows of updates, against sums made by hand; and wrong optimizers, which they find."""

import numpy as np
import pytest

import numpynet
from numpynet import optim
from numpynet.optim import adagrad, adam, rmsprop
from parity.bounds import K
from parity.updates import update_shadows
from tests.parity.reference import climbed

EPS = np.finfo(float).eps
θ0, g1, g2 = np.array([1.0, -2.0, 0.5]), np.array([0.5, 3.0, -1.0]), np.array([-4.0, 0.25, 2.0])
G = np.array([10.0, 20.0, 30.0])


def two_steps(make):
    """An optimizer after its second step; what was before that, and the shadows."""
    w = numpynet.tensor(θ0, requires_grad=True)
    optimizer = make([w])
    w.grad = numpynet.tensor(g1)
    optimizer.step()
    kept = {f"w.{key}": one._array.copy() for key, one in optimizer.state[w].items()}
    before = {"w": w.detach().numpy().copy()}
    w.grad = numpynet.tensor(g2)
    optimizer.step()
    after = {key: one._array.copy() for key, one in optimizer.state[w].items()}
    result = w.detach().numpy().copy()
    buffers, parameters = update_shadows(optimizer, {"w": w}, before, kept, {"w": G})
    assert w.detach().numpy().tolist() == result.tolist()  # nothing of the optimizer is changed
    assert {key: one._array.tolist() for key, one in optimizer.state[w].items()} == {
        key: one.tolist() for key, one in after.items()
    }
    return before["w"], kept, result, after, buffers, parameters["w"]


def close(values):
    return pytest.approx(values, rel=1e-6)


def test_sgd():
    """θ ← θ − γ g: |θ′| + |θ| + γ G."""
    before, _, after, _, buffers, S = two_steps(lambda p: optim.SGD(p, lr=0.1))
    assert buffers == {}
    assert close(np.abs(after) + np.abs(before) + 0.1 * G) == S


def test_momentum_and_weight_decay():
    """b ← μ b + g + λ θ, θ ← θ − γ b."""
    before, kept, after, state, buffers, S = two_steps(lambda p: optim.SGD(p, lr=0.1, momentum=0.5, weight_decay=0.25))
    b = np.abs(kept["w.momentum_buffer"])
    assert buffers["w.momentum_buffer"] == close(np.abs(state["momentum_buffer"]) + 0.5 * b + G + 0.25 * np.abs(before))
    assert close(np.abs(after) + (1 - 0.025) * np.abs(before) + 0.1 * (0.5 * b + G)) == S


def test_adam():
    before, kept, after, state, buffers, S = two_steps(lambda p: optim.Adam(p, lr=0.1, betas=(0.5, 0.75)))
    m, v = np.abs(kept["w.exp_avg"]), kept["w.exp_avg_sq"]
    assert buffers["w.step"].tolist() == 2
    assert buffers["w.exp_avg"] == close(np.abs(state["exp_avg"]) + 0.5 * m + 0.5 * G)
    assert buffers["w.exp_avg_sq"] == close(state["exp_avg_sq"] + 0.75 * v + 2 * 0.25 * np.abs(g2) * G)
    root = np.sqrt(state["exp_avg_sq"] / (1 - 0.75**2)) + 1e-8
    rate = 0.1 / (1 - 0.5**2)
    by_v = rate * state["exp_avg"] / root**2 / (2 * root * (1 - 0.75**2))
    by_g = np.abs(rate * 0.5 / root - by_v * 2 * 0.25 * g2)
    expected = np.abs(after) + np.abs(before) + rate * 0.5 * m / root + np.abs(by_v) * 0.75 * v + by_g * G
    assert close(expected) == S


def wrong_updates():
    right = adam.adam

    def biased(θ, g, m, v, v_max, t, *rest):
        right(θ, g, m, v, v_max, t + 1, *rest)

    def late(θ, g, m, v, v_max, t, lr, β1, β2, eps, *rest):
        right(θ, g, m, v, v_max, t, lr, β1, β2, eps * 1.5, *rest)

    def first_moment(θ, g, m, v, v_max, t, *rest):
        right(θ, g, m, v, v_max, t, *rest)
        m *= np.asarray(1 + 64 * np.finfo(m.dtype).eps, m.dtype)

    yield "adam", adam, "adam", biased, "parameter"
    yield "adam", adam, "adam", late, "parameter"
    yield "adam", adam, "adam", first_moment, "buffer"

    def decayed(θ, g, m, v, v_max, t, lr, β1, β2, eps, weight_decay, decoupled, maximize):
        right(θ, g, m, v, v_max, t, lr, β1, β2, eps, weight_decay * 1.001, decoupled, maximize)

    yield "adamw", adam, "adam", decayed, "parameter"

    def without_max(θ, g, m, v, v_max, t, *rest):
        right(θ, g, m, v, None, t, *rest)
        v_max[...] = v

    yield "amsgrad", adam, "adam", without_max, "buffer"
    root = rmsprop.rmsprop

    def outside(θ, g, v, b, mean, lr, alpha, *rest):
        root(θ, g, v, b, mean, lr, alpha + 1e-4, *rest)

    yield "rmsprop", rmsprop, "rmsprop", outside, "buffer"

    def uncentered(θ, g, v, b, mean, *rest):
        root(θ, g, v, b, None, *rest)
        mean *= 0.99
        mean += (1 - 0.99) * g

    yield "rmsprop-centered", rmsprop, "rmsprop", uncentered, "buffer"
    sums = adagrad.adagrad

    def undecayed(θ, g, total, t, lr, lr_decay, *rest):
        sums(θ, g, total, t, lr, 0, *rest)

    yield "adagrad", adagrad, "adagrad", undecayed, "parameter"


@pytest.mark.parametrize(("program", "module", "name", "wrong", "kind"), list(wrong_updates()))
def test_a_wrong_update_is_named(monkeypatch, program, module, name, wrong, kind):
    pytest.importorskip("torch")
    monkeypatch.setattr(module, name, wrong)
    outcome = climbed(program, "float64", steps=12)
    failure = outcome.failures[0]
    assert failure.rung == "locked step"
    assert failure.tensor.startswith(f"{kind} ")
    assert failure.operation.name == "the update"
    assert outcome.locked_k > 4 * K or kind == "parameter"
