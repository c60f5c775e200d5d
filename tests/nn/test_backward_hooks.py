"""Hooks on the backward pass of modules. Every expectation holds of torch too."""

import importlib

import pytest


@pytest.fixture
def nn(library):
    return importlib.import_module(f"{library.__name__}.nn")


def listed(gradients):
    return [None if one is None else one.tolist() for one in gradients]


def test_a_hook_sees_both_gradients(library, nn):
    layer = nn.ReLU()
    seen = []
    layer.register_full_backward_hook(lambda m, inputs, outputs: seen.append((m, listed(inputs), listed(outputs))))
    x = library.tensor([-1.0, 2.0], requires_grad=True)
    y = layer(x)
    assert type(y.grad_fn).__name__ == "BackwardHookFunctionBackward"
    (y * library.tensor([3.0, 4.0])).sum().backward()
    assert seen == [(layer, [[0, 4]], [[3, 4]])]


def test_hooks_run_from_the_last_layer_to_the_first(library, nn):
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    calls = []
    for position, layer in enumerate(net):
        layer.register_full_backward_hook(lambda m, inputs, outputs, position=position: calls.append(position))
        layer.register_full_backward_pre_hook(lambda m, outputs, position=position: calls.append(f"before {position}"))
    net(library.ones(1, 2, requires_grad=True)).sum().backward()
    assert calls == ["before 2", 2, "before 1", 1, "before 0", 0]


def test_hooks_replace_gradients(library, nn):
    layer = nn.Identity()
    handles = [
        layer.register_full_backward_hook(lambda m, inputs, outputs: (inputs[0] + 1,)),
        layer.register_full_backward_pre_hook(lambda m, outputs: (outputs[0] * 10,)),
    ]
    x = library.ones(2, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [11, 11]
    for handle in handles:
        handle.remove()
    x.grad = None
    layer(x).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_several_inputs_and_outputs(library, nn):
    class Net(nn.Module):
        def forward(self, a, k, b):
            return a * k, a + b

    net, seen = Net(), []
    net.register_full_backward_hook(lambda m, inputs, outputs: seen.append((listed(inputs), listed(outputs))))
    a, b = library.ones(2, requires_grad=True), library.ones(2)
    u, v = net(a, 3, b)
    u.sum().backward()
    assert seen.pop() == ([[3, 3], None, [0, 0]], [[1, 1], None])
    u, v = net(a, 3, b)
    (u * v).sum().backward()
    assert seen.pop() == ([[9, 9], None, [0, 0]], [[2, 2], [3, 3]])


def test_without_inputs_that_need_a_gradient(library, nn):
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda m, inputs, outputs: seen.append((listed(inputs), listed(outputs))))
    with pytest.warns(UserWarning, match="no inputs require gradients"):
        layer(library.ones(1, 2)).sum().backward()
    assert seen == [([None], [[[1]]])]
    assert layer.weight.grad.tolist() == [[1, 1]]
    layer.register_full_backward_hook(lambda m, inputs, outputs: (outputs[0],))
    with pytest.warns(UserWarning, match="hook is firing"), pytest.raises(RuntimeError, match="always return None"):
        layer(library.ones(1, 2)).sum().backward()


def test_as_many_gradients_as_there_were(library, nn):
    for register in ("register_full_backward_hook", "register_full_backward_pre_hook"):
        layer = nn.Identity()
        getattr(layer, register)(lambda *seen: (None, None))
        with pytest.raises(RuntimeError, match="invalid number"):
            layer(library.ones(2, requires_grad=True)).sum().backward()


def test_prepended_and_without_a_graph(library, nn):
    layer, calls = nn.Identity(), []
    layer.register_full_backward_hook(lambda *seen: calls.append("second"))
    layer.register_full_backward_hook(lambda *seen: calls.append("first"), prepend=True)
    layer(library.ones(2, requires_grad=True)).sum().backward()
    assert calls == ["first", "second"]
    with library.no_grad():
        assert layer(library.ones(2)).grad_fn is None


def test_second_derivatives_pass_through(library, nn):
    layer = nn.Identity()
    layer.register_full_backward_hook(lambda m, inputs, outputs: (inputs[0] * 2,))
    x = library.tensor([2.0], requires_grad=True)
    (first,) = library.autograd.grad(layer(x) ** 3, x, create_graph=True)
    (second,) = library.autograd.grad(first, x)
    assert (first.tolist(), second.tolist()) == ([24], [48])  # the hook is on the way of both passes
