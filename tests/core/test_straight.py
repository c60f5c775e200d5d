"""The straight way of operations on tensors: calls that need nothing special take it, and it gives what others give."""

import contextlib

import numpy as np
import pytest

import numpynet
from numpynet.core import functions
from numpynet.core.listening import Listener, listening
from numpynet.nn.functional import normalizations

CALLS = [
    *("a.exp()", "a.sum()", "a.sum(0)", "a.mean(1, keepdim=True)", "t.softmax(a, 1)", "t.cumsum(a, 0)", "abs(k)"),
    *("-a", "a + b", "a - 2", "a * 2.5", "k * k", "k + 3", "a > b", "t.add(a, b, alpha=0.5)", "t.pow(a, 2.5)"),
    *("a @ b", "a.T + b", "a.clamp(-1, 1)", "t.clamp(a, max=b)", "t.lerp(a, b, 0.5)"),
    *("t.addcmul(a, a, b, value=2)", "t.addmm(a, a, b)", "a.view(-1)", "a.reshape(9)", "a.t()", "a.unsqueeze(0)"),
    *("a.permute(1, 0)", "a.T.reshape(-1)", "a[0].view(3)", "t.gather(a, 1, k)", "t.index_select(a, 0, k[0])"),
    *("a.masked_fill(k == 0, 2.0)", "t.nn.functional.softplus(a)", "1 - a", "2.5 * a", "2 ** a", "3 - k", "1 - a.T"),
    *("a.view(3, 3)", "a.view(-1, 9)", "a.reshape(1, 9)", "a.T.reshape(9, 1)", "a.T.view(3, 3)", "a[0].reshape(3, 1)"),
    *("a.permute(1, -2)", "a.expand(2, 3, 3)", "a.expand(2, -1, 3)", "a[1:].T.expand(2, -1, -1)", "a.T.T", "a[:, 1:]"),
]
COMPOSED = [  # what finds the straight way by itself
    *("t.cat([a, b])", "t.cat((a, b), 1)", "t.cat([k, k], -1)", "t.stack([a, b])", "t.stack([a.T, b.T], 1)"),
    *("t.stack([a, b], -1)", "t.hstack([a[0], b[0]])", "t.vstack([a[0], b[1]])"),
    *("t.nn.functional.layer_norm(a, (3,), b[0], b[1])", "t.nn.functional.group_norm(a, 3)"),
    "t.nn.functional.batch_norm(a, None, None, b[0], b[1], True)",
]
OUT_OF_DATE = ["t.cat([a[0], overtaken(a)])", "t.nn.functional.layer_norm(overtaken(a), (3,))"]
OVERWRITING = [
    *("x.add_(y)", "x.add_(y, alpha=0.5)", "x.sub_(2)", "x.mul_(0.5)", "x.exp_()", "x.neg_()", "x.clamp_(-1, 1)"),
    *("x.clamp_(y, None)", "x.lerp_(y, 0.5)", "x.addcmul_(y, y, value=2)", "x.ge_(y)", "x.round_(decimals=1)"),
    *("x.T.add_(y)", "x[1:].mul_(y[:2])", "x.add_(y[0])", "x.add_(x)", "x.cumsum_(0)", "x.tril_()", "k.add_(2)"),
    *("x.remainder_(2.5)", "x.__iadd__(y)", "x.__itruediv__(3)", "k.__isub__(k[0].clone())", "x.__ipow__(2)"),
]
TWO_STEPS = ("softmax", "masked_fill")  # what is no operation by itself


def overtaken(x):
    """A view whose memory was overwritten since."""
    y = x.clone()
    row = y[0]
    y.mul_(2)
    return row


def tensors(dtype):
    generator = np.random.default_rng(5)
    a, b = (numpynet.tensor(generator.normal(size=(3, 3)), dtype=dtype, requires_grad=True) for _ in range(2))
    return {"a": a, "b": b, "k": numpynet.tensor([[0, 1, 2], [2, 0, 1], [1, 2, 0]])}


def computed(call, dtype):
    operands = tensors(dtype)
    y = eval(call, {"t": numpynet, "overtaken": overtaken}, operands)
    gradients = []
    if y.requires_grad:
        dy = numpynet.linspace(-1, 2, y.numel(), dtype=y.dtype).reshape(y.shape)
        gradients = numpynet.autograd.grad(y, (operands["a"], operands["b"]), dy, allow_unused=True)
    return y, gradients


@pytest.mark.parametrize("call", [*CALLS, *COMPOSED, *OUT_OF_DATE])
@pytest.mark.parametrize("dtype", [numpynet.float32, numpynet.float64])
def test_it_gives_what_the_general_way_gives(call, dtype):
    with listening(Listener()):
        expected, its_gradients = computed(call, dtype)
    y, gradients = computed(call, dtype)
    assert y.numpy(force=True).tobytes() == expected.numpy(force=True).tobytes()
    assert (y.dtype, y.shape, y.stride(), y._is_view()) == (
        *(expected.dtype, expected.shape, expected.stride(), expected._is_view()),
    )
    assert (y.grad_fn and y.grad_fn.name()) == (expected.grad_fn and expected.grad_fn.name())
    for gradient, other in zip(gradients, its_gradients, strict=True):
        assert gradient is other is None or gradient.numpy().tobytes() == other.numpy().tobytes()


@pytest.mark.parametrize("call", [call for call in CALLS if not any(word in call for word in TWO_STEPS)])
def test_it_is_taken(call, monkeypatch):
    def general(operation, operands, options):
        raise AssertionError(f"{operation} went the general way")

    computed(call, numpynet.float32)
    monkeypatch.setattr(numpynet.Tensor, "__operation__", staticmethod(general))
    eval(call, {"t": numpynet}, tensors(numpynet.float32))


def overwritten(call, dtype):
    given = tensors(dtype)
    x, y = (given[name].detach().clone() for name in "ab")
    operands = {"x": x, "y": y, "k": given["k"]}
    result = eval(call, {}, operands)
    written = [(one.numpy().tobytes(), one._version) for one in (x, y, given["k"])]
    return result.numpy().tobytes(), written


@pytest.mark.parametrize("call", OVERWRITING)
@pytest.mark.parametrize("dtype", [numpynet.float32, numpynet.float64])
@pytest.mark.parametrize("mode", [contextlib.nullcontext, numpynet.no_grad])
def test_it_overwrites_as_the_general_way_does(call, dtype, mode):
    with listening(Listener()), mode():
        expected = overwritten(call, dtype)
    with mode():
        assert overwritten(call, dtype) == expected


@pytest.mark.parametrize("call", OVERWRITING)
def test_it_is_taken_to_overwrite(call, monkeypatch):
    def general(operation, operands, options):
        raise AssertionError(f"{operation} went the general way")

    overwritten(call, numpynet.float32)
    monkeypatch.setattr(numpynet.Tensor, "__in_place__", staticmethod(general))
    overwritten(call, numpynet.float32)


def test_parameters_are_overwritten_past_the_tape():
    w = numpynet.ones(2, requires_grad=True)
    y = (w * w).sum()
    with numpynet.no_grad():
        w.sub_(w, alpha=0.5)
        w *= 2
        w[0] = 5.0
    assert w.tolist() == [5.0, 1.0]
    assert w.is_leaf
    assert w.grad_fn is None
    assert w._version == 3
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        w.add_(1)


def test_what_cannot_be_overwritten_stays_as_it_was():
    x = numpynet.arange(4.0)
    for call in [
        lambda: x[1:].add_(x[:-1]),
        lambda: x.add_(numpynet.ones(2, 4)),
        lambda: x[:1].expand(3).exp_(),
        lambda: x.lerp_(x.double(), 0.5),
        lambda: x[1:].addcmul_(x[:-1], x[:-1]),
    ]:
        with pytest.raises(RuntimeError):
            call()
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("call", COMPOSED)
def test_composed_functions_take_it(call, monkeypatch):
    def general(operation, operands, options):
        raise AssertionError(f"{operation} went the general way")

    operands = {**tensors(numpynet.float32), "t": numpynet}
    eval(call, operands)
    for module in (functions, normalizations):
        monkeypatch.setattr(module, "record", general)
    eval(call, operands)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 2)])
def test_a_batch_is_normalized_by_the_moments_that_move_the_averages(shape):
    x = numpynet.tensor(np.random.default_rng(6).normal(size=shape), dtype=numpynet.float32)
    both = []
    for listeners in ([], [Listener()]):
        with contextlib.ExitStack() as stack:
            for one in listeners:
                stack.enter_context(listening(one))
            mean, variance = numpynet.zeros(3), numpynet.ones(3)
            y = numpynet.nn.functional.batch_norm(x, mean, variance, training=True)
        both.append([one.numpy().tobytes() for one in (y, mean, variance)])
    assert both[0] == both[1]


def test_what_fails_is_refused_by_the_general_way():
    a = numpynet.ones(2, 3)
    with pytest.raises(RuntimeError, match="must match the size of tensor"):
        a + numpynet.ones(2)
    with pytest.raises(TypeError, match="must be Tensor, not float"):
        numpynet.maximum(a, 1.0)
    for sizes in [(4,), (-2, 3), (-1, -1), (2, -3)]:
        with pytest.raises(RuntimeError, match=r"invalid for input of size 6|only one dim|invalid shape dim"):
            a.view(*sizes)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        a.T.view(6)
    with pytest.raises(TypeError):
        numpynet.ones(1).view()
    with pytest.raises(IndexError, match="Dimension out of range"):
        a.permute(2, 0)
