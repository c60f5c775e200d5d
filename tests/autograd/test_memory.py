"""What the tape keeps alive: what a needed gradient names, until the backward pass, and nothing else."""

import copy
import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import numpynet


@pytest.fixture
def without_collector():
    """Nothing here may wait for the garbage collector: what is out of reach must go at once."""
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def watched(tensor):
    """A reference to the tensor's memory that does not keep it."""
    return weakref.ref(tensor._array)


def saved_bytes(function, *tensors):
    """How many bytes of arrays stay after a function's result is computed, besides the result."""
    kept = []
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept.append(function(*tensors))
    size = tracemalloc.get_traced_memory()[0] - before - kept[0]._array.nbytes
    tracemalloc.stop()
    return size


N = 100_000  # elements of 8 bytes
SLACK = 20_000  # bytes for the nodes themselves


@pytest.mark.parametrize(
    ("function", "arrays"),
    [
        (lambda x: (x + 1) - 2, 0),
        (lambda x: -x - x, 0),
        (lambda x: (x.exp()).exp(), 1),  # the first result; the second is the result that the caller holds
        (lambda x: x.exp().sin(), 1),
        (lambda x: x.sin().sin().exp().sin(), 2),
        (lambda x: (x * 2) * 3, 0),
        (lambda x: (x + 1) * (x + 2), 2),
        (lambda x: (x + 1).detach() * x, 1),
        (lambda x: (x + 1) * x.detach(), 0),  # x is there anyway
        (lambda x: (x * 2).sum(), 0),
        (lambda x: ((x + 1) ** 2).mean(), 1),
        (lambda x: (x + 1).relu() * 2, 1),
    ],
)
def test_only_what_a_needed_gradient_names_is_kept(without_collector, function, arrays):
    x = numpynet.ones(N, dtype=numpynet.float64, requires_grad=True)
    assert abs(saved_bytes(function, x) - arrays * 8 * N) < SLACK


def test_nothing_is_kept_without_a_gradient(without_collector):
    x = numpynet.ones(N, dtype=numpynet.float64)
    assert saved_bytes(lambda x: x.exp().sin().tanh(), x) < SLACK
    x.requires_grad_()
    with numpynet.no_grad():
        assert saved_bytes(lambda x: x.exp().sin().tanh(), x) < SLACK


def test_the_gradient_of_data_costs_no_memory(without_collector):
    """In x @ w with data x, which need no gradient, x is kept for the gradient of w, and w for nothing."""
    x = numpynet.ones(10, 10)
    w = numpynet.ones(10, 10, requires_grad=True) * 1
    data, weight = watched(x), watched(w)
    y = x @ w
    del x, w
    assert data() is not None
    assert weight() is None
    y.sum().backward()
    assert data() is None


def test_values_are_let_go_by_the_backward_pass(without_collector):
    x = numpynet.ones(3, requires_grad=True)
    h = x.exp()
    memory = watched(h)
    y = (h * h).sum()
    del h
    assert memory() is not None
    y.backward()
    assert memory() is None
    assert y.grad_fn is not None


@pytest.mark.parametrize("index", [[0, 1], numpynet.tensor([0, 1]), numpynet.tensor([True, True, False])])
def test_indices_are_let_go_too(without_collector, index):
    x = numpynet.ones(3, requires_grad=True)
    y = x[index]
    y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()


def test_values_stay_with_retain_graph(without_collector):
    x = numpynet.ones(3, requires_grad=True)
    h = x.exp()
    memory = watched(h)
    y = (h * h).sum()
    del h
    y.backward(retain_graph=True)
    assert memory() is not None
    del y
    assert memory() is None


def test_a_tape_that_nobody_holds_is_gone(without_collector):
    x = numpynet.ones(3, requires_grad=True)
    y = (x.exp() * x).sum()
    node = weakref.ref(y.grad_fn.next_functions[0][0])
    del y
    assert node() is None


def test_grad_is_not_part_of_a_cycle(without_collector):
    x = numpynet.ones(3, requires_grad=True)
    (x * x).sum().backward()
    reference = weakref.ref(x)
    del x
    assert reference() is None


def overwritten_views(x):
    y = x * 1
    y[0] += 1
    y[:2] *= y[1:3].clone()
    v = y.view(1, -1)
    v[0, 1].mul_(2)
    return (v.t() * 3).sum()


def custom_function(x):
    class Halves(numpynet.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            a, b = x * 0.5, x.exp()
            ctx.save_for_backward(x, a, b)
            return a, b

        @staticmethod
        def backward(ctx, da, db):
            _, a, b = ctx.saved_tensors
            return da * 0.5 + db * b + 0 * a

    a, b = Halves.apply(x)
    return (a * b).sum()


def hooked(x):
    h = x * 2
    h.retain_grad()
    handle = h.register_hook(lambda g: g * 1)
    y = (h * h).sum()
    handle.remove()
    return y


@pytest.mark.parametrize("function", [overwritten_views, custom_function, hooked])
@pytest.mark.parametrize("walked", [False, True])
def test_no_reference_cycles(without_collector, function, walked):
    x = numpynet.ones(4, requires_grad=True)
    gc.collect()
    y = function(x)
    if walked:
        y.backward()
        x.grad = None
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        ours = [one for one in gc.garbage if isinstance(one, (numpynet.Tensor, np.ndarray))]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert ours == []


def test_a_training_loop_does_not_grow(without_collector):
    w = numpynet.ones(20, 20, requires_grad=True)
    x = numpynet.ones(5, 20)

    def step():
        loss = ((x @ w).relu() - 1).pow(2).mean()
        loss.backward()
        with numpynet.no_grad():
            w.sub_(1e-6 * w.grad)
        w.grad.zero_()

    step()
    before = len(gc.get_objects())
    for _ in range(1000):
        step()
    assert len(gc.get_objects()) - before < 20


# --- depth and width ----------------------------------------------------------------------------------------


def test_a_chain_of_100_000_operations(without_collector):
    """Differentiated and let go without recursion, walked or not."""
    x = numpynet.ones(1, dtype=numpynet.float64, requires_grad=True)
    for walked, depth in ((True, 50_000), (False, 10_000)):
        h = x
        for _ in range(depth):
            h = -(h + 1)
        if walked:
            h.backward()
            assert x.grad.tolist() == [1]
        middle = weakref.ref(h.grad_fn.next_functions[0][0])
        del h
        assert middle() is None


def test_a_chain_of_in_place_operations():
    x = numpynet.ones(2, dtype=numpynet.float64, requires_grad=True)
    h = x * 1
    for _ in range(1_000):
        h += 1
        h[0] *= -1
    h.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_a_wide_graph():
    x = numpynet.ones(1, dtype=numpynet.float64, requires_grad=True)
    sum(x * float(i) for i in range(2_000)).backward()
    assert x.grad.item() == 2_000 * 1_999 / 2


def test_doubling_is_not_exponential():
    """y = y + y forty times has 2⁴⁰ paths and 40 nodes."""
    x = numpynet.ones(1, dtype=numpynet.float64, requires_grad=True)
    y = x
    for _ in range(40):
        y = y + y
    y.backward()
    assert x.grad.item() == 2**40


def test_a_deep_copy_of_a_deep_graphs_leaf():
    x = numpynet.ones(1, requires_grad=True)
    h = x
    for _ in range(10_000):
        h = h + 1
    twin = copy.deepcopy(x)
    assert twin.is_leaf
    assert twin.requires_grad
