"""The inside of the graph: nodes, their hooks, and what they keep. Most of it holds of torch too."""

import gc
import importlib
import weakref

import pytest

import numpynet


def leaf(library, *values):
    return library.tensor(values, requires_grad=True)


def kinds(node):
    return [None if one is None else type(one).__name__ for one, _ in node.next_functions]


# --- what a node shows ------------------------------------------------------------------------------------------


def test_a_node_is_of_a_class_of_its_own_name(library):
    x = leaf(library, 1.0, 2.0)
    assert type((x * x).grad_fn).__name__ == "MulBackward0"
    assert str(type(x.exp().grad_fn)) == "<class 'ExpBackward0'>"
    assert type(x[1:].grad_fn) is type(x[:1].grad_fn)
    assert isinstance(x.exp().grad_fn, library.autograd.graph.Node) or library is not numpynet


LISTED = {
    "a constant": (lambda t, x, c: x * c, ["AccumulateGrad", None]),
    "in front": (lambda t, x, c: c + x, [None, "AccumulateGrad"]),
    "a number": (lambda t, x, c: x * 2, ["AccumulateGrad", None]),
    "a number in front": (lambda t, x, c: 2 * x, ["AccumulateGrad", None]),
    "added to a number": (lambda t, x, c: 2 + x, ["AccumulateGrad", None]),
    "an exponent": (lambda t, x, c: x**2, ["AccumulateGrad"]),
    "a base": (lambda t, x, c: 2**x, ["AccumulateGrad"]),
    "1 - x": (lambda t, x, c: 1 - x, ["AccumulateGrad"]),
    "lerp": (lambda t, x, c: t.lerp(x, c, 0.5), ["AccumulateGrad", None]),
    "clamp": (lambda t, x, c: x.clamp(0, 1), ["AccumulateGrad"]),
    "bounds": (lambda t, x, c: x.clamp(min=c), ["AccumulateGrad", None, None]),
    "cat": (lambda t, x, c: t.cat([c, x]), [None, "AccumulateGrad"]),
    "linear": (
        lambda t, x, c: t.nn.functional.linear(x[None], t.ones(1, 2), x[:1]),
        ["SliceBackward0", "UnsqueezeBackward0", None],
    ),
    "mse_loss": (lambda t, x, c: t.nn.functional.mse_loss(x, c), ["AccumulateGrad", None]),
    "masked_fill": (lambda t, x, c: x.masked_fill(c > 0, 1.0), ["AccumulateGrad"]),
}


@pytest.mark.parametrize("name", LISTED)
def test_what_needs_no_gradient_is_listed_as_none(library, name):
    make, expected = LISTED[name]
    x, c = leaf(library, 1.0, 2.0), library.ones(2)
    assert kinds(make(library, x, c).grad_fn) == expected


def test_values_kept_by_torchs_names(library):
    x, c = leaf(library, 1.0, 2.0), library.tensor([3.0, 4.0])
    node = (x * c).grad_fn
    assert node._saved_self is None
    assert node._saved_other.tolist() == [3, 4]
    node = (x**3).grad_fn
    assert (node._saved_exponent, node._saved_self.tolist(), node._saved_self.requires_grad) == (3, [1, 2], True)
    y = x.sigmoid()
    assert y.grad_fn._saved_result.tolist() == y.tolist()
    assert y.grad_fn._saved_result.grad_fn is y.grad_fn
    assert x.sum().grad_fn._saved_self_sym_sizes == (2,)
    assert {"_saved_self", "_saved_exponent", "register_hook", "next_functions"} <= set(dir(node))
    with pytest.raises(AttributeError):
        _ = node._saved_anything
    (x**3).sum().backward()
    z = x.exp()
    z.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        _ = z.grad_fn._saved_result


def test_a_node_can_be_called(library):
    x, c = leaf(library, 1.0, 2.0), library.tensor([3.0, 4.0])
    dx, nothing = (x * c).grad_fn(library.tensor([1.0, 10.0]))
    assert (dx.tolist(), nothing, dx.requires_grad) == ([3, 40], None, False)
    dx = (x**2).grad_fn(library.tensor([1.0, 10.0]))
    assert (dx.tolist(), dx.requires_grad) == ([2, 40], True)
    y = x**2
    with library.no_grad():
        assert not y.grad_fn(library.ones(2)).requires_grad
    assert x.grad is None


def test_metadata_stay_with_the_node(library):
    y = leaf(library, 1.0) * 2
    assert y.grad_fn.metadata == {}
    y.grad_fn.metadata["name"] = "double"
    assert y.grad_fn.metadata == {"name": "double"}


def test_the_node_of_a_function_is_its_context(library):
    class Cube(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.power = 3
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            return ctx.power * x * x * dy

    x = leaf(library, 2.0)
    node = Cube.apply(x).grad_fn
    assert (node.name(), type(node).__name__, node.power) == ("CubeBackward", "CubeBackward", 3)
    assert node.saved_tensors[0].tolist() == [2]
    assert repr(node).startswith("<torch.autograd.function.CubeBackward object at ")
    with pytest.raises(AttributeError):
        _ = node.root


# --- hooks on nodes ---------------------------------------------------------------------------------------------


def test_hooks_on_a_node(library):
    x = leaf(library, 1.0, 2.0)
    y = x * x
    seen = []
    y.grad_fn.register_prehook(lambda grads: seen.append(("before", [one.tolist() for one in grads])))
    y.grad_fn.register_prehook(lambda grads: (grads[0] * 10,))
    y.grad_fn.register_hook(
        lambda inputs, outputs: seen.append(("after", [one.tolist() for one in inputs], outputs[0].tolist()))
    )
    handle = y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] + 1, inputs[1] * 0))
    y.sum().backward(retain_graph=True)
    assert seen == [("before", [[1, 1]]), ("after", [[10, 20], [10, 20]], [10, 10])]
    assert x.grad.tolist() == [11, 21]
    handle.remove()
    x.grad = None
    y.sum().backward()
    assert x.grad.tolist() == [20, 40]


def test_hooks_on_a_node_in_a_graph_of_the_backward(library):
    x = leaf(library, 2.0)
    y = x * x * x
    y.grad_fn.register_hook(lambda inputs, outputs: tuple(None if one is None else one * x for one in inputs))
    (first,) = library.autograd.grad(y, x, create_graph=True)
    (second,) = library.autograd.grad(first, x)
    assert (first.tolist(), second.tolist()) == ([24], [36])  # 3x³, since both gradients are multiplied by x


def test_a_hook_on_a_node_returns_as_many_gradients(library):
    y = leaf(library, 1.0) * 2
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0],) * 3)
    with pytest.raises(RuntimeError):
        y.backward()


def test_a_leaf_is_complete_before_the_next_node(library):
    library.manual_seed(0)
    nn = importlib.import_module(f"{library.__name__}.nn")
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    calls = []
    for name, parameter in net.named_parameters():
        parameter.register_hook(lambda g, name=name: calls.append(name))
        parameter.register_post_accumulate_grad_hook(lambda p, name=name: calls.append(f"{name} added"))
    h = library.ones(4, 2)
    for position, layer in enumerate(net):
        h = layer(h)
        h.register_hook(lambda g, position=position: calls.append(position))
    h.sum().backward()
    assert calls == [
        *(2, "2.bias", "2.bias added", "2.weight", "2.weight added"),
        *(1, 0, "0.bias", "0.bias added", "0.weight", "0.weight added"),
    ]


def test_a_leaf_used_several_times_is_complete_after_the_last(library):
    x = leaf(library, 1.0)
    calls = []
    x.register_hook(lambda g: calls.append(g.tolist()))
    y = x * 2
    z = y * x
    for name, one in (("y", y), ("z", z)):
        one.register_hook(lambda g, name=name: calls.append(name))
    (z + x).sum().backward()
    assert calls == ["z", "y", [5]]
    calls.clear()
    y, z = x * 2, x * 3
    library.autograd.grad((y * z).sum(), (x, y))
    assert calls == [[12]]


# --- what becomes of the values kept ------------------------------------------------------------------------------


def test_saved_tensors_go_through_the_hooks(library):
    x = leaf(library, 1.0, 2.0)
    calls = []

    def pack(tensor):
        calls.append(("pack", tensor.tolist()))
        return tensor.tolist()

    def unpack(kept):
        calls.append(("unpack", kept))
        return library.tensor(kept)

    with library.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = (x * x * 3).sum()
    z = y * y
    assert calls == [("pack", [1, 2]), ("pack", [1, 2])]
    z.backward()
    assert calls[2:] == [("unpack", [1, 2]), ("unpack", [1, 2])]
    assert x.grad.tolist() == [2 * 15 * 6, 2 * 15 * 12]


def test_hooks_of_functions_of_the_users(library):
    class Square(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * x
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, dy):
            x, _y = ctx.saved_tensors
            return 2 * x * dy

    x = leaf(library, 1.0, 2.0)
    with library.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda kept: library.tensor(kept)):
        y = Square.apply(x)
    (first,) = library.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = library.autograd.grad(first.sum(), x)
    assert (first.tolist(), second.tolist()) == ([2, 4], [2, 2])


def test_second_derivatives_of_what_was_packed(library):
    x = leaf(library, 1.0, 2.0)
    with library.autograd.graph.saved_tensors_hooks(lambda t: t * 1, lambda t: t):
        y = (x**3).sum()
    (first,) = library.autograd.grad(y, x, create_graph=True)
    (second,) = library.autograd.grad(first.sum(), x)
    assert (first.tolist(), second.tolist()) == ([3, 12], [6, 12])


def test_the_innermost_hooks_count_and_only_inside(library):
    x = leaf(library, 1.0)
    calls = []
    hooks = library.autograd.graph.saved_tensors_hooks
    with hooks(lambda t: calls.append("outer") or t, lambda t: t):
        a = x.exp()
        with hooks(lambda t: calls.append("inner") or t, lambda t: t):
            b = x.exp()
        c = x.exp()
    d = x.exp()
    assert calls == ["outer", "inner", "outer"]
    (a + b + c + d).backward()
    assert x.grad.item() == pytest.approx(4 * 2.718281828)


def test_unpacking_gives_a_tensor(library):
    x = leaf(library, 1.0)
    with library.autograd.graph.saved_tensors_hooks(lambda t: 3, lambda kept: kept):
        y = x.exp()
    with pytest.raises(TypeError, match="unpack_hook expected to be a Tensor"):
        y.backward()


def test_packed_values_are_let_go_with_the_graph():
    x = numpynet.ones(3, requires_grad=True)
    kept = []

    class Box:
        pass

    def pack(tensor):
        box = Box()
        kept.append(weakref.ref(box))
        return box

    with numpynet.autograd.graph.saved_tensors_hooks(pack, lambda box: numpynet.ones(3)):
        y = x.exp().sum()
    y.backward()
    gc.collect()
    assert kept[0]() is None
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_save_on_cpu_and_disabled_hooks(library):
    graph = library.autograd.graph
    x = leaf(library, 1.0, 2.0)
    with graph.save_on_cpu():
        y = (x**3).sum()
    y.backward()
    assert x.grad.tolist() == [3, 12]
    hooks = graph.saved_tensors_hooks(lambda t: t, lambda t: t)
    with pytest.raises(RuntimeError, match="not here"), graph.disable_saved_tensors_hooks("not here"), hooks:
        pass


def test_edges_and_versions(library):
    graph = library.autograd.graph
    x = leaf(library, 1.0)
    edge = graph.get_gradient_edge(x * 2)
    assert (edge.node.name(), edge.output_nr) == ("MulBackward0", 0)
    assert type(graph.get_gradient_edge(x).node).__name__ == "AccumulateGrad"
    with pytest.raises((RuntimeError, AssertionError)):
        graph.get_gradient_edge(library.ones(1))
    h = x * 1
    y = h.exp() * h
    graph.increment_version(h)
    with pytest.raises(RuntimeError, match="inplace"):
        y.backward()
