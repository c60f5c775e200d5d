"""The backward pass of a backward pass: what `create_graph=True` leaves on the tape. Expectations hold of torch too."""

import math
import warnings

import numpy as np
import pytest

import numpynet


def leaf(library, *values):
    return library.tensor(values, dtype=library.float64, requires_grad=True)


def gradient(library, y, x, **options):
    return library.autograd.grad(y.sum(), x, create_graph=True, **options)[0]


def test_derivatives_of_any_order(library):
    x = leaf(library, 1.0, 2.0)
    first = gradient(library, x**4, x)
    second = gradient(library, first, x)
    third = gradient(library, second, x)
    (fourth,) = library.autograd.grad(third.sum(), x)
    assert (first.tolist(), second.tolist()) == ([4, 32], [12, 48])
    assert (third.tolist(), fourth.tolist()) == ([24, 48], [24, 24])
    assert (third.requires_grad, fourth.requires_grad) == (True, False)


def test_a_power_has_derivatives_until_they_are_zero(library):
    for power in (1, 2, 3, 4):
        x = leaf(library, 1.0, 2.0)
        y = x**power
        for _ in range(power):
            y = gradient(library, y, x)
        assert y.tolist() == [math.factorial(power)] * 2
        assert gradient(library, y, x).tolist() == [0, 0]


def test_a_network_of_straight_pieces_has_a_second_derivative_of_zero(library):
    functional = library.nn.functional
    pieces = [functional.relu, functional.leaky_relu, functional.hardtanh, functional.relu6, functional.softshrink]
    pieces += [functional.hardshrink, lambda x: functional.prelu(x, library.tensor([0.25], dtype=library.float64))]
    pieces += [lambda x: functional.rrelu(x, training=False), lambda x: functional.threshold(x, 0.5, 2.0)]
    w = leaf(library, 1.0, -2.0)
    for piece in pieces:
        x = leaf(library, 1.5, 0.25)
        first = gradient(library, piece(piece(x * w) * w), x)
        second = gradient(library, first, x)
        assert second.tolist() == [0, 0]
        assert second.requires_grad
        assert library.autograd.grad(first.sum(), w)[0].shape == (2,)
    x = leaf(library, 1.5, 0.25)
    first = gradient(library, functional.relu(functional.relu(x * w) * w), x)
    assert library.autograd.grad(first.sum(), w)[0].tolist() == [2, 0]


def test_of_a_linear_function_the_gradient_is_a_constant(library):
    x = leaf(library, 1.0, 2.0)
    first = gradient(library, 3 * x, x)
    assert (first.tolist(), first.requires_grad) == ([3, 3], False)
    with pytest.raises(RuntimeError, match="does not require grad"):
        library.autograd.grad(first.sum(), x)


def test_by_the_cotangent(library):
    x, dy = leaf(library, 1.0, 2.0), leaf(library, 10.0, 100.0)
    (dx,) = library.autograd.grad(x * x * x, x, dy, create_graph=True)
    ddy, ddx = library.autograd.grad(dx, (dy, x), library.tensor([1.0, 1.0], dtype=library.float64))
    assert (ddy.tolist(), ddx.tolist()) == ([3, 12], [60, 1200])


def test_leaves_get_a_gradient_with_a_graph(library):
    x = leaf(library, 2.0, 3.0)
    with warnings.catch_warnings(action="ignore"):
        (x**3).sum().backward(create_graph=True)
        assert (x.grad.tolist(), x.grad.requires_grad) == ([12, 27], True)
        first, x.grad = x.grad, None
        (first**2).sum().backward()
    assert x.grad.tolist() == [2 * 12 * 12, 2 * 27 * 18]
    assert not x.grad.requires_grad


def test_gradients_with_graphs_add_up(library):
    x = leaf(library, 2.0)
    with warnings.catch_warnings(action="ignore"):
        (x**2).backward(create_graph=True)
        (x**3).backward(create_graph=True)
    (second,) = library.autograd.grad(x.grad, x)
    assert (x.grad.tolist(), second.tolist()) == ([4 + 12], [2 + 12])
    x.grad = None


def test_a_graph_is_kept_unless_told_otherwise(library):
    x = leaf(library, 2.0)
    y = x * x * x
    gradient(library, y, x)
    gradient(library, y, x, retain_graph=False)
    with pytest.raises(RuntimeError, match="second time"):
        gradient(library, y, x)


def test_what_the_first_pass_let_go_the_second_does_not_have(library):
    x = leaf(library, 2.0)
    first = gradient(library, x.exp() * x, x)
    library.autograd.grad(first, x)
    with pytest.raises(RuntimeError, match="second time"):
        library.autograd.grad(first, x)


def test_a_value_overwritten_between_the_passes_is_noticed(library):
    x = leaf(library, 2.0)
    h = x * 1
    first = gradient(library, h * h * h, x)
    h.data.mul_(2)  # which is not noticed, as in torch
    with library.no_grad():
        h.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        library.autograd.grad(first, x)


def test_a_value_that_only_the_second_pass_needs_is_watched(library):
    h, dy = leaf(library, 2.0) * 1, leaf(library, 1.0)
    (first,) = library.autograd.grad(h * h, h, dy, create_graph=True)
    with library.no_grad():
        h.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        library.autograd.grad(first, dy)


def test_an_overwritten_tensor_has_second_derivatives(library):
    x = leaf(library, 1.0, 2.0, 3.0)
    y = x**2
    y[1:] *= x[:2]
    y[0].sin_()
    first = gradient(library, y * y, x)
    (second,) = library.autograd.grad((first**2).sum(), x)
    p, q, r = x.tolist()  # of which sin²(p²) + q⁴p² + r⁴q² is computed
    slope = np.array([2 * p * (np.sin(2 * p**2) + q**4), 4 * q**3 * p**2 + 2 * r**4 * q, 4 * r**3 * q**2])
    hessian = np.array(
        [
            [2 * np.sin(2 * p**2) + 8 * p**2 * np.cos(2 * p**2) + 2 * q**4, 8 * q**3 * p, 0],
            [8 * q**3 * p, 12 * q**2 * p**2 + 2 * r**4, 8 * r**3 * q],
            [0, 8 * r**3 * q, 12 * r**2 * q**2],
        ]
    )
    np.testing.assert_allclose(first.tolist(), slope, rtol=1e-13)
    np.testing.assert_allclose(second.tolist(), 2 * hessian @ slope, rtol=1e-13)


def test_hooks_see_and_replace_gradients_with_graphs(library):
    x = leaf(library, 2.0)
    h = x * x
    h.register_hook(lambda g: g * x)
    first = gradient(library, h * x, x)
    (second,) = library.autograd.grad(first, x)
    assert first.tolist() == [4 + 2 * 2 * 2 * 2]  # h + (x · x) 2x
    assert second.tolist() == [2 * 4 + 6 * 2 * 2]  # (1 · x) 2x, by the hook again, and the derivative of 2x³


def test_a_retained_gradient_has_a_graph(library):
    x = leaf(library, 2.0)
    h = x * x
    h.retain_grad()
    with warnings.catch_warnings(action="ignore"):
        (h * h).sum().backward(create_graph=True)
    assert h.grad.tolist() == [8]
    (second,) = library.autograd.grad(h.grad, x)
    assert (h.grad.tolist(), second.tolist()) == ([8 + 2], [8])  # h is on the way of the second pass too
    x.grad = h.grad = None


def test_computing_in_a_hook_is_recorded_only_in_a_graph(library):
    x = leaf(library, 2.0)
    modes = []
    x.register_hook(lambda g: modes.append(library.is_grad_enabled()))
    y = (x * x).sum()
    y.backward(retain_graph=True)
    library.autograd.grad(y, x, create_graph=True)
    assert modes == [False, True]


class Functions:
    """The same functions of the user's in both libraries."""

    def __init__(self, library):
        once = __import__(f"{library.__name__}.autograd.function", fromlist=["x"]).once_differentiable

        class Cube(library.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx, dy):
                (x,) = ctx.saved_tensors
                return 3 * x * x * dy

        class Exp(library.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                y = x.exp()
                ctx.save_for_backward(y)
                return y

            @staticmethod
            def backward(ctx, dy):
                (y,) = ctx.saved_tensors
                return y * dy

        class Both(library.autograd.Function):
            @staticmethod
            def forward(ctx, x, w):
                y, z = x.exp() * w, x * w
                ctx.save_for_backward(x, w, y, z)
                return y, z

            @staticmethod
            def backward(ctx, a, b):
                _, w, y, z = ctx.saved_tensors
                return a * y + b * w, a * y / w + b * z / w

        class Once(library.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            @once
            def backward(ctx, dy):
                (x,) = ctx.saved_tensors
                return 3 * x * x * dy

        self.cube, self.exp, self.both, self.once = Cube.apply, Exp.apply, Both.apply, Once.apply


def test_a_function_of_ones_own_is_differentiated_as_its_backward_is_written(library):
    cube = Functions(library).cube
    x = leaf(library, 2.0)
    first = gradient(library, cube(x), x)
    second = gradient(library, first, x)
    assert (first.tolist(), second.tolist()) == ([12], [12])
    assert library.autograd.grad(second, x)[0].tolist() == [6]


def test_a_saved_result_leads_back_to_the_function(library):
    exp = Functions(library).exp
    x = leaf(library, 0.5)
    second = gradient(library, gradient(library, exp(x), x), x)
    np.testing.assert_allclose(second.tolist(), np.exp(0.5), rtol=1e-15)
    np.testing.assert_allclose(library.autograd.grad(second, x)[0].tolist(), np.exp(0.5), rtol=1e-15)


def test_saved_results_of_a_function_of_several(library):
    both = Functions(library).both
    x, w = leaf(library, 0.5, 1.2), leaf(library, 0.3, 2.0)

    def derivatives(y, z):
        first = library.autograd.grad((y * z).sum(), (x, w), create_graph=True)
        return [*first, *library.autograd.grad((first[0] * first[1]).sum(), (x, w))]

    for ours, plain in zip(derivatives(*both(x, w)), derivatives(x.exp() * w, x * w), strict=True):
        np.testing.assert_allclose(ours.tolist(), plain.tolist(), rtol=1e-12)


def test_once_differentiable_is_not_differentiated_twice(library):
    once = Functions(library).once
    x = leaf(library, 2.0)
    assert not gradient(library, once(x), x).requires_grad  # by a cotangent that is a constant
    y = once(x)
    first = gradient(library, y * y, x)
    assert first.tolist() == [6 * 2**5]
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_a_formula_that_cannot_be_differentiated_says_so(monkeypatch):
    from numpynet import ops

    monkeypatch.setattr(ops.exp.gradients, "x", lambda dy, y: dy * np.cbrt(y))
    x = numpynet.ones(2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="derivative of exp is not implemented for second derivatives: np"):
        numpynet.autograd.grad(x.exp().sum(), x, create_graph=True)


@pytest.mark.parametrize("detached", [np.asarray, np.array, float, lambda x: x.tolist(), lambda x: np.linalg.norm(x)])
def test_nothing_in_a_formula_is_taken_for_a_constant(monkeypatch, detached):
    from numpynet import ops

    monkeypatch.setattr(ops.exp.gradients, "x", lambda dy, y: detached(y) * dy)
    x = numpynet.ones((), requires_grad=True)
    with pytest.raises(NotImplementedError, match="derivative of exp"):
        numpynet.autograd.grad(x.exp(), x, create_graph=True)


def test_anomaly_mode_looks_into_both_passes(library):
    x = library.tensor(0.0, requires_grad=True)
    with library.autograd.set_detect_anomaly(True), warnings.catch_warnings(action="ignore"):
        assert gradient(library, x**3, x).item() == 0
        with pytest.raises(RuntimeError, match="nan"):
            gradient(library, x.sqrt() * 0, x)


def test_gradgradcheck_finds_a_wrong_second_derivative(library):
    class Wrong(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            return 3 * x.detach() * x * dy

    x = leaf(library, 0.5, 2.0)
    assert library.autograd.gradcheck(Wrong.apply, x)
    assert library.autograd.gradgradcheck(lambda x: x**3 * x.sum(), x)
    assert not library.autograd.gradgradcheck(Wrong.apply, x, raise_exception=False)
    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        library.autograd.gradgradcheck(Wrong.apply, x)
    dy = leaf(library, 3.0, 4.0)
    assert library.autograd.gradgradcheck(lambda x: x.exp(), x, dy)


ACTIVATIONS = (
    *("sigmoid", "tanh", "softplus", "logsigmoid", "silu", "gelu", "mish", "elu", "selu", "celu", "relu", "leaky_relu"),
    *("hardswish", "softsign", "tanhshrink", "hardtanh", "relu6", "softshrink"),
)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "huber_loss", "smooth_l1_loss"])
def test_second_derivatives_far_out_and_at_kinks_are_torchs(name):
    torch = pytest.importorskip("torch")
    found = []
    for library in (numpynet, torch):
        x = leaf(library, -1000.0, -100.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0, 100.0, 1000.0)
        dy = library.tensor([float(n) for n in range(1, 13)], dtype=library.float64)
        function = getattr(library.nn.functional, name)
        y = function(x, 0 * dy, reduction="none") if name.endswith("loss") else function(x)
        first = gradient(library, y * dy, x)
        if first.requires_grad:
            found.append(library.autograd.grad((first * dy).sum(), x, materialize_grads=True)[0].numpy(force=True))
        else:
            found.append(np.zeros(12))
    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-12)


def test_the_gradient_of_a_determinant_that_is_zero_has_one() -> None:
    """∂²|X|/∂x₀₀∂x₁₁ = 1 and ∂²|X|/∂x₀₁∂x₁₀ = −1, whatever X is."""
    x = numpynet.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=numpynet.float64, requires_grad=True)
    (first,) = numpynet.autograd.grad(numpynet.linalg.det(x), x, create_graph=True)
    weights = numpynet.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=numpynet.float64)
    (second,) = numpynet.autograd.grad((first * weights).sum(), x)
    np.testing.assert_allclose(second.numpy(), [[4, -3], [-2, 1]], rtol=1e-12)
