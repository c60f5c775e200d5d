"""autograd.Function: operations with a backward of the user's own. Every expectation holds of torch too."""

import gc
import weakref

import pytest

import numpynet

AGAIN = "Trying to backward through the graph a second time"


def leaf(library, *values):
    return library.tensor(values or (1.0, 2.0, 3.0), dtype=library.float64, requires_grad=True)


def make(library, forward, backward, **others):
    """A Function of these two."""
    members = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    members |= {name: staticmethod(member) for name, member in others.items()}
    return type("Own", (library.autograd.Function,), members)


def exponential(library):
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    def backward(ctx, dy):
        (y,) = ctx.saved_tensors
        return dy * y

    return make(library, forward, backward)


def product_and_sum(library):
    """a b and a + b, and a number."""

    def forward(ctx, a, b, scale=1.0):
        ctx.save_for_backward(a, b)
        ctx.scale = scale
        return a * b * scale, a + b, "label"

    def backward(ctx, dproduct, dsum, dlabel):
        assert dlabel is None
        a, b = ctx.saved_tensors
        return dproduct * b * ctx.scale + dsum, dproduct * a * ctx.scale + dsum, None

    return make(library, forward, backward)


def test_one_result(library):
    x = leaf(library)
    y = exponential(library).apply(x)
    assert str(y) == "tensor([ 2.7183,  7.3891, 20.0855], dtype=torch.float64, grad_fn=<OwnBackward>)"
    assert y.grad_fn.name() == "OwnBackward"
    y.backward(library.tensor([1.0, 0.0, 2.0], dtype=library.float64))
    assert x.grad.tolist() == [y[0].item(), 0, 2 * y[2].item()]


def test_within_a_graph(library):
    x = leaf(library, 2.0)
    y = exponential(library).apply(x * 0) * x
    (y * y).sum().backward()
    assert x.grad.tolist() == [4]


@pytest.mark.parametrize("used", ["first", "second", "both", "first twice"])
def test_several_results(library, used):
    a, b = leaf(library, 2.0), leaf(library, 3.0)
    product, total, label = product_and_sum(library).apply(a, b, 10.0)
    assert (product.item(), total.item(), label) == (60, 5, "label")
    assert product.requires_grad
    assert total.requires_grad
    loss = {"first": product, "second": total, "both": product * total, "first twice": product + product * 2}[used]
    loss.sum().backward()
    expected = {"first": (30, 20), "second": (1, 1), "both": (5 * 30 + 60, 5 * 20 + 60), "first twice": (90, 60)}[used]
    assert (a.grad.item(), b.grad.item()) == expected


def test_several_results_as_roots_and_as_targets(library):
    a, b = leaf(library, 2.0), leaf(library, 3.0)
    product, total, _ = product_and_sum(library).apply(a, b)
    one = library.ones(1, dtype=library.float64)
    dproduct, da = library.autograd.grad([product, total * product], [product, a], [one, one])
    assert dproduct.item() == 1 + 5
    assert da.item() == 3 * (1 + 5) + 2 * 3


def test_hooks_and_retained_gradients_of_several_results(library):
    a, b = leaf(library, 2.0), leaf(library, 3.0)
    product, total, _ = product_and_sum(library).apply(a, b)
    product.retain_grad()
    total.register_hook(lambda g: g * 100)
    (product * 2 + total).sum().backward()
    assert product.grad.item() == 2
    assert a.grad.item() == 6 + 100


def test_nothing_is_recorded_inside_and_nothing_outside_of_gradients(library):
    seen = []

    def forward(ctx, x, y):
        seen.append((library.is_grad_enabled(), x.requires_grad, ctx.needs_input_grad, (x * 2).requires_grad))
        return x * y

    def backward(ctx, dy):
        seen.append((library.is_grad_enabled(), ctx.needs_input_grad))
        return dy, None

    function = make(library, forward, backward)
    x = leaf(library, 1.0)
    function.apply(x, x.detach()).sum().backward()
    assert seen == [(False, True, (True, False), False), (False, (True, False))]
    assert not function.apply(x.detach(), x.detach()).requires_grad
    with library.no_grad():
        assert not function.apply(x, x).requires_grad


def test_setup_context(library):
    def forward(a, b):
        return a * b

    def setup_context(ctx, inputs, output):
        assert output.shape == inputs[0].shape
        ctx.save_for_backward(*inputs)

    def backward(ctx, dy):
        a, b = ctx.saved_tensors
        return dy * b, dy * a

    a, b = leaf(library, 2.0), leaf(library, 3.0)
    make(library, forward, backward, setup_context=setup_context).apply(a, b).sum().backward()
    assert (a.grad.item(), b.grad.item()) == (3, 2)


def test_results_that_have_no_gradient(library):
    def forward(ctx, x):
        position, copy = x.argmax(), x * 3
        ctx.mark_non_differentiable(position, copy)
        return x * 2, position, copy

    def backward(ctx, dy, dposition, dcopy):
        assert (dposition.item(), dcopy.tolist()) == (0, [0, 0, 0])
        return dy * 2

    x = leaf(library)
    y, position, copy = make(library, forward, backward).apply(x)
    assert [one.requires_grad for one in (y, position, copy)] == [True, False, False]
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


@pytest.mark.parametrize("materialize", [True, False])
def test_cotangents_of_results_that_were_not_used(library, materialize):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(materialize)
        return x * 2, x.float()

    def backward(ctx, dy, dz):
        seen.append(None if dz is None else (dz.tolist(), dz.dtype))
        return dy

    x = leaf(library, 1.0, 2.0)
    y, _ = make(library, forward, backward).apply(x)
    y.sum().backward()
    assert seen == [([0, 0], library.float32) if materialize else None]


def test_a_cotangent_of_no_dimensions_keeps_its_dtype(library):
    seen = []

    def backward(ctx, dy, dz):
        seen.append((dy.dtype, tuple(dy.shape), dz.dtype, tuple(dz.shape)))
        return dy * dz

    x = library.tensor(2.0, requires_grad=True)
    y, z = make(library, lambda ctx, x: (x * 2, x.double()), backward).apply(x)
    (y * z).backward()
    assert seen == [(library.float32, (), library.float64, ())]
    assert x.grad.dtype == library.float32


def test_an_argument_returned_as_it_is(library):
    x = leaf(library)
    y = make(library, lambda ctx, x: x, lambda ctx, dy: dy * 7).apply(x)
    assert y is not x
    assert y.data_ptr() == x.data_ptr()
    y.sum().backward()
    assert x.grad.tolist() == [7, 7, 7]
    z = make(library, lambda ctx, x: x, lambda ctx, dy: dy * 7).apply(x * 1)
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        z.add_(1)


def test_a_view_of_an_argument(library):
    x = leaf(library)
    y = make(library, lambda ctx, x: x.view(1, 3), lambda ctx, dy: dy.view(3) * 2).apply(x)
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_an_argument_overwritten(library):
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    function = make(library, forward, lambda ctx, dy: dy * 2)
    x = leaf(library)
    h = x * 1
    y = function.apply(h)
    assert y is h
    assert h.tolist() == [2, 4, 6]
    (h * h.detach()).sum().backward()
    assert x.grad.tolist() == [4, 8, 12]
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        function.apply(leaf(library))


def test_one_gradient_given_to_two_arguments(library):
    a, b = leaf(library, 2.0), leaf(library, 3.0)
    make(library, lambda ctx, a, b: a + b, lambda ctx, dy: (dy, dy)).apply(a, b).sum().backward()
    a.grad.mul_(5)
    assert b.grad.tolist() == [1]


def test_a_saved_tensor_returned_as_gradient_stays_as_it_is(library):
    def forward(ctx, x):
        y = x * 1
        ctx.save_for_backward(y)
        return y.sum()

    x = leaf(library)
    y = make(library, forward, lambda ctx, dy: ctx.saved_tensors[0]).apply(x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [2, 4, 6]


def test_gradients_are_cast_and_summed_to_their_arguments(library):
    x = library.ones(3, requires_grad=True)
    y = make(library, lambda ctx, x: x * 1, lambda ctx, dy: dy.double().expand(2, 3)).apply(x)
    y.sum().backward()
    assert x.grad.dtype == library.float32
    assert x.grad.tolist() == [2, 2, 2]


def test_no_gradient_at_all(library):
    x = leaf(library)
    make(library, lambda ctx, x: x * 1, lambda ctx, dy: None).apply(x).sum().backward()
    assert x.grad is None


def test_superfluous_nones_are_allowed(library):
    x = leaf(library)
    make(library, lambda ctx, x: x * 1, lambda ctx, dy: (dy, None, None)).apply(x).sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_a_gradient_for_what_needs_none_is_ignored(library):
    x = leaf(library)
    function = make(library, lambda ctx, x, i: x[i], lambda ctx, dy: (library.ones(3), library.ones(7)))
    function.apply(x, library.tensor(0)).backward()
    assert x.grad.tolist() == [1, 1, 1]
    with pytest.raises(
        RuntimeError, match="different than None at position 2, but the corresponding forward input was"
    ):
        function.apply(x, 0).backward()


@pytest.mark.parametrize(
    ("backward", "error", "words"),
    [
        (
            lambda ctx, dy: dy,
            RuntimeError,
            r"function OwnBackward returned an incorrect number of gradients \(expected 2, got 1\)",
        ),
        (lambda ctx, dy: (dy, dy, dy), RuntimeError, r"incorrect number of gradients \(expected 2, got 3\)"),
        (
            lambda ctx, dy: (dy[:2], dy),
            RuntimeError,
            r"Function OwnBackward returned an invalid gradient at index 0 - got \[2\] but expected shape compatible "
            r"with \[3\]",
        ),
        (lambda ctx, dy: (dy, dy[None, :1].expand(3, 1)), RuntimeError, r"invalid gradient at index 1 - got \[3, 1\]"),
        (lambda ctx, dy: (dy, 3.0), RuntimeError, r"expected Variable or None \(got float\)"),
        (lambda ctx, dy: [dy, dy], RuntimeError, ""),
        (lambda ctx, dy: 1 / 0, ZeroDivisionError, "division"),
    ],
)
def test_what_a_backward_must_return(library, backward, error, words):
    a, b = leaf(library), leaf(library)
    y = make(library, lambda ctx, a, b: a * b, backward).apply(a, b)
    with pytest.raises(error, match=words or None):
        y.sum().backward()
    assert a.grad is None
    assert library.is_grad_enabled()


def test_what_is_not_written(library):
    class Empty(library.autograd.Function):
        pass

    class Forward(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

    x = leaf(library)
    with pytest.raises(NotImplementedError, match="forward function"):
        Empty.apply(x)
    y = Forward.apply(x)
    with pytest.raises(NotImplementedError, match="backward"):
        y.sum().backward()


def test_only_tensors_are_saved(library):
    def forward(ctx, x):
        ctx.save_for_backward(x, None, 3)
        return x * 1

    with pytest.raises(TypeError, match="save_for_backward can only save variables, but argument 2 is of type int"):
        make(library, forward, lambda ctx, dy: dy).apply(leaf(library))


def test_none_may_be_saved(library):
    def forward(ctx, x):
        ctx.save_for_backward(None, x)
        return x * 1

    def backward(ctx, dy):
        nothing, x = ctx.saved_tensors
        assert nothing is None
        return dy * x

    x = leaf(library)
    make(library, forward, backward).apply(x).sum().backward()
    assert x.grad.tolist() == [1, 2, 3]


def test_a_second_pass(library):
    x = leaf(library)
    saving = exponential(library).apply(x).sum()
    saving.backward(retain_graph=True)
    saving.backward()
    with pytest.raises(RuntimeError, match=AGAIN):
        saving.backward()
    saving_nothing = make(library, lambda ctx, x: x * 1, lambda ctx, dy: dy).apply(x).sum()
    saving_nothing.backward()
    saving_nothing.backward()


@pytest.mark.parametrize("overwritten", ["argument", "result"])
def test_saved_tensors_must_not_be_overwritten(library, overwritten):
    def forward(ctx, x):
        y = x * x
        ctx.save_for_backward(x, y)
        return y

    h = leaf(library) * 1
    y = make(library, forward, lambda ctx, dy: dy * ctx.saved_tensors[0]).apply(h)
    (h if overwritten == "argument" else y).add_(1)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.* is at version 1; expected version 0"):
        y.sum().backward()


def test_once_differentiable(library):
    backward = library.autograd.function.once_differentiable(lambda ctx, dy: dy * 2)
    x = leaf(library)
    make(library, lambda ctx, x: x * 1, backward).apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_functions_are_not_instantiated(library):
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        instance = exponential(library)()
    assert instance.apply(leaf(library, 0.0)).tolist() == [1]
    with pytest.raises(RuntimeError):
        instance(leaf(library))


def test_a_function_is_an_ordinary_link_of_a_long_chain(library):
    function = make(library, lambda ctx, x: (x + 1, x - 1), lambda ctx, dy, dz: dy + dz)
    x = leaf(library, 1.0)
    h = x
    for _ in range(1000):
        h, _ = function.apply(h)
    h.sum().backward()
    assert x.grad.tolist() == [1]


def test_a_saved_result_makes_no_cycle():
    gc.disable()
    try:
        y = exponential(numpynet).apply(leaf(numpynet))
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_gradcheck_of_a_function(library):
    a, b = leaf(library, 0.5, 2.0), leaf(library, 3.0, -1.0)
    function = product_and_sum(library)
    assert library.autograd.gradcheck(lambda a, b: function.apply(a, b)[:2], (a, b))


def test_arguments_by_name(library):
    def forward(ctx, x, power, shift=0):
        ctx.save_for_backward(x)
        ctx.power = power
        return x**power + shift

    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return dy * ctx.power * x ** (ctx.power - 1), None, dy

    x, shift = (library.tensor([value], requires_grad=True) for value in (3.0, 1.0))
    y = make(library, forward, backward).apply(x, power=2, shift=shift)
    y.backward()
    assert (y.item(), x.grad.item(), shift.grad.item()) == (10, 6, 1)


def test_arguments_by_name_with_setup_context(library):
    def forward(x, power, shift=0):
        return x**power + shift

    def setup_context(ctx, inputs, output):
        ctx.inputs = inputs

    def backward(ctx, dy):
        x, power, _ = ctx.inputs
        return dy * power * x ** (power - 1), None, None

    x = library.tensor([3.0], requires_grad=True)
    make(library, forward, backward, setup_context=setup_context).apply(x, power=2).backward()
    assert x.grad.item() == 6
