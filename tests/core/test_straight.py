"""The straight way of operations on tensors: calls that need nothing special take it, and it gives what others give."""

import numpy as np
import pytest

import numpynet
from numpynet.core.listening import Listener, listening

CALLS = [
    *("a.exp()", "a.sum()", "a.sum(0)", "a.mean(1, keepdim=True)", "t.softmax(a, 1)", "t.cumsum(a, 0)", "abs(k)"),
    *("-a", "a + b", "a - 2", "a * 2.5", "k * k", "k + 3", "a > b", "t.add(a, b, alpha=0.5)", "t.pow(a, 2.5)"),
    *("a @ b", "a.T + b", "a.clamp(-1, 1)", "t.clamp(a, max=b)", "t.lerp(a, b, 0.5)"),
    *("t.addcmul(a, a, b, value=2)", "t.addmm(a, a, b)", "a.view(-1)", "a.reshape(9)", "a.t()", "a.unsqueeze(0)"),
    *("a.permute(1, 0)", "a.T.reshape(-1)", "a[0].view(3)", "t.gather(a, 1, k)", "t.index_select(a, 0, k[0])"),
    *("a.masked_fill(k == 0, 2.0)", "t.nn.functional.softplus(a)"),
]
TWO_STEPS = ("softmax", "masked_fill")  # what is no operation by itself


def tensors(dtype):
    generator = np.random.default_rng(5)
    a, b = (numpynet.tensor(generator.normal(size=(3, 3)), dtype=dtype, requires_grad=True) for _ in range(2))
    return {"a": a, "b": b, "k": numpynet.tensor([[0, 1, 2], [2, 0, 1], [1, 2, 0]])}


def computed(call, dtype):
    operands = tensors(dtype)
    y = eval(call, {"t": numpynet}, operands)
    gradients = []
    if y.requires_grad:
        dy = numpynet.linspace(-1, 2, y.numel(), dtype=y.dtype).reshape(y.shape)
        gradients = numpynet.autograd.grad(y, (operands["a"], operands["b"]), dy, allow_unused=True)
    return y, gradients


@pytest.mark.parametrize("call", CALLS)
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


def test_what_fails_is_refused_by_the_general_way():
    a = numpynet.ones(2, 3)
    with pytest.raises(RuntimeError, match="must match the size of tensor"):
        a + numpynet.ones(2)
    with pytest.raises(TypeError, match="must be Tensor, not float"):
        numpynet.maximum(a, 1.0)
    with pytest.raises(RuntimeError, match="invalid for input of size 6"):
        a.view(4)
