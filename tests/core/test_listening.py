"""Listening: every operation is told, whatever short cut it takes otherwise; other threads are not heard."""

import contextlib
import threading

import pytest

import numpynet
from numpynet.core import listening


class Names(listening.Listener):
    """Notes the names of operations."""

    def __init__(self):
        self.names = []

    def recorded(self, operation, operands, options, result):
        assert set(options) == set(operation.options)
        self.names.append(operation.name)


def heard(function):
    listener = Names()
    with listening.listening(listener):
        function()
    return listener.names


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("x + x", ["add"]), ("x * 2", ["mul"]), ("2 - x", ["rsub"]), ("x @ x.T", ["permute", "matmul"]),
        ("x.exp()", ["exp"]), ("x[0]", ["index"]), ("x[:, 1:]", ["index"]), ("x.view(-1)", ["view"]),
        ("x.reshape(4)", ["reshape"]), ("x > 0", ["gt"]), ("-x", ["neg"]), ("x.sum()", ["sum"]), ("x[i]", ["index"]),
        ("torch.cat([x, x])", ["cat"]), ("x.mean(0, keepdim=True)", ["mean"]), ("x.relu()", ["relu"]),
    ],
)  # fmt: skip
def test_no_short_cut_is_taken_while_somebody_listens(expression, names, requires_grad):
    x = numpynet.tensor([[1.0, -2.0], [3.0, 4.0]], requires_grad=requires_grad)
    i = numpynet.tensor([0, 1])
    assert heard(lambda: eval(expression, {"x": x, "torch": numpynet, "i": i})) == names


def test_operations_in_place_are_told():
    x = numpynet.ones(3)

    def overwrite():
        nonlocal x
        x += 1
        x.mul_(x)

    assert heard(overwrite) == ["add", "mul"]
    assert x.tolist() == [4, 4, 4]


def test_only_the_listeners_own_thread_is_heard():
    x = numpynet.ones(3)

    def elsewhere():
        other = threading.Thread(target=lambda: x + x)
        other.start()
        other.join()

    assert heard(elsewhere) == []


def test_listeners_end_with_their_block_and_may_be_several():
    x = numpynet.ones(3)
    outer, inner = Names(), Names()
    with listening.listening(outer):
        x.exp()
        x.log()
        with contextlib.suppress(ZeroDivisionError), listening.listening(inner):
            x.sin()
            raise ZeroDivisionError
        x.cos()
    x.tan()
    assert (outer.names, inner.names) == (["exp", "log", "sin", "cos"], ["sin"])
    assert listening.count[0] == 0


def test_what_is_heard_is_what_is_computed_unheard():
    x = numpynet.randn(4, 4)

    def program():
        return (x * 2 + x[0]).softmax(1)[:, 1:].sum(0).tolist()

    unheard = program()
    listener = Names()
    with listening.listening(listener):
        assert program() == unheard


def test_backward_passes_are_told_before_anything_is_released():
    x = numpynet.ones(3, requires_grad=True)
    loss = (x * x).sum()
    seen = []

    class Roots(listening.Listener):
        def walking_back(self, roots):
            ((node, cotangent),) = roots
            seen.append((node, cotangent.tolist(), node.kept is not None, x.grad))

    with listening.listening(Roots()):
        loss.backward()
    assert seen == [(loss.grad_fn, 1.0, True, None)]
    assert x.grad.tolist() == [2, 2, 2]
