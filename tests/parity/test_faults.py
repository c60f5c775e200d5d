"""What is wrong is found, at the first step where it shows, and named after the operation that does it."""

import numpy as np
import pytest

import numpynet
from numpynet import nn, ops, optim
from numpynet.core.tensor import Tensor, wrap
from numpynet.optim import lr_scheduler
from numpynet.random.generator import Generator
from parity.libraries import DTYPES
from tests.parity.reference import climbed

pytest.importorskip("torch")


@pytest.fixture
def formula(monkeypatch):
    """Replaces one gradient formula of an operation."""

    def replace(operation, **wrong):
        for name, function in wrong.items():
            monkeypatch.setattr(operation.gradients, name, function)
            needs = function.__code__.co_varnames[1 : function.__code__.co_argcount]
            monkeypatch.setitem(operation.gradients._needs, name, tuple(needs))

    return replace


def first_failure(name, dtype="float32", steps=12):
    outcome = climbed(name, dtype, steps=steps)
    assert not outcome.passed
    return outcome.failures[0]


def wrong_formulas():
    yield "iris-sgd", ops.relu, {"x": lambda dy, y: dy}, "relu", "gradient by x"
    yield "iris-sgd", ops.linear, {"w": lambda dy, x: dy.T.dot(x)[:, ::-1]}, "linear", "gradient by w"
    yield "iris-sgd", ops.linear, {"b": lambda dy: dy.mean(axis=0)}, "linear", "gradient by b"
    yield "iris-sgd", ops.linear, {"x": lambda dy, w: -dy.dot(w)}, "linear", "gradient by x"
    yield "deep", ops.tanh, {"x": lambda dy, y: dy * (1 - y)}, "tanh", "gradient by x"
    yield "deep", ops.log_softmax, {"x": lambda dy, y, dim: dy}, "log_softmax", "gradient by x"
    yield "regression", ops.matmul, {"b": lambda dy, a: 2 * a.T.dot(dy)}, "matmul", "gradient by b"
    yield "regression", ops.mean, {"x": lambda dy, x_shape: np.broadcast_to(dy, x_shape)}, "mean", "gradient by x"
    yield "dropout-momentum", ops.mul, {"a": lambda dy, b: dy * (b != 0)}, "mul", "gradient by a"
    yield "loader-schedule", ops.mse_loss, {"x": lambda dy, x, t: (x - t) * dy / x.size}, "mse_loss", "gradient by x"


@pytest.mark.parametrize(("program", "operation", "wrong", "name", "what"), list(wrong_formulas()))
def test_a_wrong_gradient_is_named(formula, program, operation, wrong, name, what):
    formula(operation, **wrong)
    failure = first_failure(program)
    assert failure.rung == "locked step"
    assert failure.step == 1
    assert failure.tensor.startswith("gradient ")
    assert (failure.operation.name, failure.operation.what) == (name, what)
    values = failure.operation.values
    assert values.ulp > 4
    assert values.ours != values.theirs
    assert "allowed 4" in values.bound
    assert f"first operation to differ: {name}, {what}: " in str(failure)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_slightly_wrong_forward_is_named(monkeypatch, dtype):
    """By itself an operation may be a few ULP off; within a network a little more, for what is added to it."""
    eps = np.finfo(dtype).eps

    def make_wrong(times):
        factor = np.asarray(1 + times * eps, dtype)
        monkeypatch.setattr(ops.tanh, "forward", lambda x: np.tanh(x) * factor)

    make_wrong(8)
    failure = first_failure("operations", dtype)
    assert (failure.rung, failure.tensor) == ("operation", "tanh, forward")
    assert failure.values.ulp > 4
    make_wrong(1000)
    failure = first_failure("deep", dtype)
    assert (failure.rung, failure.step) == ("locked step", 1)
    assert (failure.operation.name, failure.operation.what) == ("tanh", "forward")


def test_a_wider_dtype_is_named(monkeypatch):
    forward = ops.relu.forward
    monkeypatch.setattr(ops.relu, "forward", lambda x: forward(x).astype(np.float64))
    failures = climbed("iris-sgd", steps=5).failures
    assert any("float64" in str(failure) or "dtype" in str(failure) for failure in failures)


def test_stale_momentum_is_an_update_at_the_second_step(monkeypatch):
    right = optim.sgd.sgd

    def stale(θ, g, b, lr, momentum=0, *rest):
        if b is None or not momentum:
            return right(θ, g, b, lr, momentum, *rest)
        old = b.copy()
        right(θ.copy(), g, b, lr, momentum, *rest)
        θ -= lr * old
        return b

    monkeypatch.setattr(optim.sgd, "sgd", stale)
    failure = first_failure("dropout-momentum")
    assert (failure.rung, failure.step) == ("locked step", 2)
    assert failure.tensor.startswith("parameter ")
    assert failure.operation.name == "the update"


def test_a_wrong_momentum_buffer_is_named(monkeypatch):
    right = optim.sgd.sgd
    monkeypatch.setattr(optim.sgd, "sgd", lambda θ, g, b, lr, *rest: right(θ, g, b, lr, *rest) * 1.5)
    failure = first_failure("deep")
    assert (failure.rung, failure.step) == ("locked step", 1)
    assert failure.tensor == "buffer 0.weight.momentum_buffer of 4-8-8-8-3"
    assert failure.operation.name == "the update"


def test_a_schedule_off_by_one_is_a_learning_rate(monkeypatch):
    right = lr_scheduler.LinearLR.get_lr

    def ahead(self):
        self.last_epoch += 1
        try:
            return right(self)
        finally:
            self.last_epoch -= 1

    monkeypatch.setattr(lr_scheduler.LinearLR, "get_lr", ahead)
    failure = first_failure("loader-schedule", steps=30)
    assert failure.rung == "locked step"
    assert "learning rate" in failure.tensor


def test_a_changed_generator_is_the_draw_and_its_element(monkeypatch):
    right = Generator.normal

    def shifted(self, *args, **kwargs):
        drawn = right(self, *args, **kwargs)
        drawn.reshape(-1)[5:6] = np.nextafter(drawn.reshape(-1)[5:6], np.float32(9))
        return drawn

    monkeypatch.setattr(Generator, "normal", shifted)
    failure = first_failure("regression")
    assert failure.rung == "random bits"
    assert failure.tensor == "draw 1, by randn"
    assert failure.values.ulp == 1
    assert failure.values.index == (2, 1)


def test_a_draw_too_many_is_found_in_the_stream(monkeypatch):
    right = nn.functional.dropout

    def wasteful(*args, **kwargs):
        numpynet.rand(1)
        return right(*args, **kwargs)

    monkeypatch.setattr(nn.functional, "dropout", wasteful)
    assert first_failure("dropout-momentum").rung == "random bits"


def test_other_initial_parameters_are_named(monkeypatch):
    right = nn.Linear.reset_parameters

    def smaller(self):
        right(self)
        self.bias.data = self.bias.data * 0.5

    monkeypatch.setattr(nn.Linear, "reset_parameters", smaller)
    failure = first_failure("iris-sgd")
    assert (failure.rung, failure.tensor) == ("initial parameters", "4-8-1, fc1.bias")


def test_gradients_that_do_not_add_up_are_found_though_every_operation_is_right(monkeypatch):
    monkeypatch.setattr(Tensor, "_accumulate", lambda self, gradient: setattr(self, "_grad", wrap(gradient)))
    failure = first_failure("iris-as-written")
    assert (failure.rung, failure.step) == ("locked step", 2)
    assert failure.tensor.startswith("gradient ")
    assert failure.operation.name == "none"


def test_a_formula_that_raises_stops_the_program_and_says_so(formula):
    formula(ops.linear, b=lambda dy: dy)
    failure = first_failure("iris-sgd")
    assert (failure.rung, failure.step) == ("program", 1)
    assert "shape" in failure.tensor


def test_an_operation_alone_is_named(formula):
    formula(ops.maximum, a=lambda dy, a, b: np.where(a >= b, dy, 0))
    failure = first_failure("operations")
    assert failure.rung == "operation"
    assert failure.tensor == "maximum, gradient by operand 1"
    assert (failure.operation.name, failure.operation.what) == ("maximum", "gradient by a")
