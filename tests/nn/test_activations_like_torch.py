"""Piecewise, gated and random activations: as functions and as modules, against torch."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet import nn

torch = pytest.importorskip("torch")

FUNCTIONS = [
    *("hardtanh(x)", "hardtanh(x, -2, 2)", "hardtanh(x, 2, 1)", "relu6(x)", "hardsigmoid(x)", "hardswish(x)"),
    *("hardshrink(x, 0.3)", "softshrink(x)", "softshrink(x, -1)", "threshold(x, 0.1, 20)", "mish(x)", "selu(x)"),
    *("celu(x, 0.7)", "celu(x, 0.0)", "celu(x, -2.0)", "softsign(x)", "tanhshrink(x)", "softmin(x, 1)", "glu(x)"),
    *("glu(x, 0)", "glu(x[:3], 0)", "glu(x[0, 0])", "prelu(x, w)", "prelu(x, w[:1])", "prelu(x, w.double())"),
    *("prelu(x, w[:2])", "prelu(x, x)", "prelu(x[0, 0], w)", "prelu(x[0, 0], w[0])", "prelu(x[0], w[:1])"),
    *("rrelu(x)", "rrelu(x, 0.2, 0.5, True)", "rrelu(x, 0.5, 0.2)", "rrelu(x, 0.3, 0.3, True)"),
    *("gumbel_softmax(x, 0.5)", "gumbel_softmax(x, 0.5, True)", "gumbel_softmax(x, dim=0)", "prelu(n, w[:1])"),
    *("hardtanh(x * 1, inplace=True)", "relu6(x * 1, True)", "selu(x * 1, True)", "celu(x * 1, 2.0, True)"),
    *("hardsigmoid(x * 1, True)", "hardswish(x * 1, True)", "mish(x * 1, True)", "threshold(x * 1, 0, 1, True)"),
    *("elu(x)", "elu(x, 0.3)", "elu(x, 2.0)", "elu(x, 0.0)", "softplus(x, 2, 1)", "softplus(x, 0.5)", "logsigmoid(x)"),
    *("relu_(x * 1)", "elu_(x * 1)", "leaky_relu_(x * 1, 0.1)", "hardtanh_(x * 1)", "selu_(x * 1)", "celu_(x * 1)"),
    *("threshold_(x * 1, 0.0, 2.0)", "rrelu_(x * 1)", "hardtanh_(x)", "hardtanh(n)", "relu6(n)", "hardtanh(b)"),
    *("hardsigmoid(n)", "hardswish(b)", "hardshrink(n)", "softshrink(n)", "mish(n)", "selu(n)", "celu(n)", "glu(b)"),
    *("threshold(n, 1, 20)", "threshold(b, 1, 20)", "softsign(n)", "tanhshrink(n)", "softsign(b)", "tanhshrink(b)"),
    *("hardtanh(n.byte())", "relu6(n.byte())", "hardtanh(3)", "mish('a')", "glu(x, 5)", "hardtanh(x.t()[1:])"),
]


def outcome(library: Any, expression: str, dtype: Any = np.float64) -> Any:
    """The result, its node's name and the gradients under fixed cotangents, or the class of what is raised."""
    random = np.random.default_rng(1)
    x = library.tensor(random.normal(size=(4, 6)).astype(dtype) * 3, requires_grad=True)
    w = library.tensor(random.uniform(0.1, 1, 6).astype(dtype), requires_grad=True)
    n, b = library.tensor([[-4, 1, 8, 0]]), library.tensor([True, False])
    library.manual_seed(3)
    try:
        y = eval(f"F.{expression}", {"F": library.nn.functional, "x": x, "w": w, "n": n, "b": b})
    except Exception as error:
        return type(error)
    title = y.grad_fn.name() if y.grad_fn is not None else None
    if y.requires_grad:
        y.backward(library.tensor(random.normal(size=tuple(y.shape)).astype(dtype)))
    grads = [None if one.grad is None else one.grad.numpy() for one in (x, w)]
    return title, y.detach().numpy(), *grads, library.rand(1).item()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("expression", FUNCTIONS)
def test_as_in_torch(expression: str, dtype: Any) -> None:
    ours, theirs = outcome(numpynet, expression, dtype), outcome(torch, expression, dtype)
    if isinstance(theirs, type):
        assert ours is theirs
        return
    assert not isinstance(ours, type), ours
    assert ours[0] == theirs[0]
    assert ours[-1] == theirs[-1], "another number of draws"
    for one, other in zip(ours[1:-1], theirs[1:-1], strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.dtype == other.dtype
            # Chains of at most a dozen roundings of numbers below 20, where some of them cancel.
            np.testing.assert_allclose(one, other, rtol=64 * np.finfo(dtype).eps, atol=64 * np.finfo(dtype).eps)


MODULES = [
    *("Hardtanh()", "Hardtanh(-2, 3, True)", "ReLU6()", "ReLU6(True)", "SELU()", "SELU(True)", "CELU(0.5)", "Mish()"),
    *("CELU(1.0, True)", "Hardsigmoid()", "Hardswish()", "Hardswish(True)", "Threshold(0.1, 20)", "Softsign()"),
    *("Threshold(0.1, 20, True)", "Hardshrink()", "Softshrink(0.25)", "Tanhshrink()", "GLU()", "GLU(0)", "PReLU()"),
    *("PReLU(6, 0.3)", "RReLU()", "RReLU(0.1, 0.4, True)", "RReLU().eval()", "Softmin(1)", "Softmax2d()"),
]


@pytest.mark.parametrize("expression", MODULES)
def test_modules_as_in_torch(expression: str) -> None:
    seen = []
    for library in (numpynet, torch):
        module = eval(f"nn.{expression}", {"nn": library.nn})
        shape = (2, 3, 2, 2) if "2d" in expression else (4, 6)
        x = library.tensor(np.random.default_rng(2).normal(size=shape).astype(np.float32) * 2)
        library.manual_seed(0)
        y = module(x.clone())
        seen.append((repr(module), list(module.state_dict()), vars(module)["training"], y.detach().numpy()))
        if library is numpynet:
            for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
                library.manual_seed(0)
                assert library.equal(copied(x.clone()), y)
    ours, theirs = seen
    assert ours[:-1] == theirs[:-1]
    eps = np.finfo(np.float32).eps
    np.testing.assert_allclose(ours[-1], theirs[-1], rtol=16 * eps, atol=16 * eps)


def test_wrong_arguments(library: Any) -> None:
    with pytest.raises(AssertionError):
        library.nn.Hardtanh(2, 1)
    with pytest.warns(FutureWarning, match="min_value"):
        assert library.nn.Hardtanh(min_value=-3).min_val == -3
    with pytest.raises(ValueError, match="3D or 4D"):
        library.nn.Softmax2d()(library.ones(2))
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmin"):
        library.nn.functional.softmin(library.ones(2))


def test_names_are_at_torchs_places() -> None:
    assert numpynet.selu is nn.functional.selu
    assert "Hardtanh" in dir(nn)
    assert "hardtanh" in dir(nn.functional)
    assert numpynet.threshold(numpynet.tensor([1.0]), 2.0, 5.0).item() == 5


@pytest.mark.parametrize(
    "name", ["Hardtanh", "SELU", "CELU", "Mish", "Hardswish", "GLU", "PReLU", "Softsign", "Softshrink"]
)
def test_compiled_is_eager_bit_for_bit(name: str) -> None:
    def losses(compiles: bool) -> list[float]:
        numpynet.manual_seed(5)
        model = nn.Sequential(nn.Linear(3, 8), getattr(nn, name)(), nn.Linear(4 if name == "GLU" else 8, 1))
        x = numpynet.randn(16, 3)
        optimizer = numpynet.optim.SGD(model.parameters(), lr=0.1)

        def step() -> Any:
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        run = numpynet.compile(step) if compiles else step
        return [run().item() for _ in range(6)]

    assert losses(True) == losses(False)
