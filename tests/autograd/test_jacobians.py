"""gradcheck and functional.jacobian. Every expectation holds of torch too."""

from functools import partial

import numpy as np
import pytest

import numpynet


def leaf(library, *values):
    return library.tensor(values or (1.0, 2.0, 3.0), dtype=library.float64, requires_grad=True)


def wrong(library, factor):
    class Wrong(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, dy):
            (x,) = ctx.saved_tensors
            return dy * x * factor

    return Wrong.apply


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * x,
        lambda x: x.sum(),
        lambda x: (x.exp(), x.sin().view(1, 3)),
        lambda x: [x.tanh(), x.relu()],
        lambda x: x[x > 1.5],
        lambda x: x * x.detach() - x.detach() * x.detach() / 1,
    ],
)
def test_gradcheck_accepts_what_is_right(library, function):
    x = leaf(library)
    before = x.tolist()
    if "detach" in function.__code__.co_names:  # the derivative of what was detached is missing
        assert not library.autograd.gradcheck(function, x, raise_exception=False)
    else:
        assert library.autograd.gradcheck(function, x) is True
    assert x.tolist() == before
    assert x.grad is None


def test_gradcheck_names_input_and_output(library):
    words = r"(?s)Jacobian mismatch for output 1 with respect to input 0,.*numerical:tensor.*analytical:tensor"
    error = library.autograd.gradcheck.__globals__["GradcheckError"]
    assert issubclass(error, RuntimeError)
    with pytest.raises(error, match=words):
        library.autograd.gradcheck(lambda x: (x, wrong(library, 3)(x)), leaf(library))
    assert library.autograd.gradcheck(wrong(library, 3), leaf(library), raise_exception=False) is False
    assert library.autograd.gradcheck(wrong(library, 2), leaf(library)) is True


def test_gradcheck_names_the_worst_element():
    with pytest.raises(
        numpynet.autograd.GradcheckError, match=r"output\[0, 2\] by input\[2\]: numerical 6, analytical 9"
    ):
        numpynet.autograd.gradcheck(lambda x: wrong(numpynet, 3)(x).view(1, 3), leaf(numpynet))


def test_gradcheck_of_several_inputs(library):
    x, y, constant = leaf(library, 0.5, 2.0), leaf(library, 3.0), library.ones(1, dtype=library.float64)
    assert library.autograd.gradcheck(lambda x, y, c, k: x * y * c + k, (x, y, constant, 4))
    assert library.autograd.gradcheck(lambda x, y: x * 2, (x, y))


def test_gradcheck_of_an_empty_input(library):
    assert library.autograd.gradcheck(lambda x: x * 2, library.zeros(0, dtype=library.float64, requires_grad=True))


def test_gradcheck_of_a_backward_that_does_not_repeat_itself(library):
    factors = iter(range(2, 1000))

    class Fickle(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, dy):
            return dy * (1 + 1e-9 * next(factors))

    with pytest.raises(RuntimeError, match="Backward is not reentrant"):
        library.autograd.gradcheck(Fickle.apply, leaf(library))
    assert library.autograd.gradcheck(Fickle.apply, leaf(library), nondet_tol=1e-3)


def test_gradcheck_wants_float64_and_something_to_check(library):
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        library.autograd.gradcheck(lambda x: x, leaf(library).detach())
    with pytest.warns(UserWarning, match="double precision floating point"):
        library.autograd.gradcheck(
            lambda x: x * 2, leaf(library).detach().float().requires_grad_(), raise_exception=False
        )


def test_gradcheck_of_one_number_seen_several_times(library):
    with pytest.raises(RuntimeError, match="stride 0"):
        library.autograd.gradcheck(library.sin, leaf(library, 1.0).expand(3))


def test_gradcheck_finds_missing_gradients(library):
    with pytest.raises(RuntimeError, match="Numerical gradient for function expected to be zero"):
        library.autograd.gradcheck(lambda x: x.detach() * 2, leaf(library))


@pytest.mark.parametrize("options", [{}, {"check_backward_ad": False}, {"check_batched_forward_grad": True}])
def test_gradcheck_of_products_with_tangents(library, options):
    x, y = leaf(library, 0.5, 2.0), leaf(library, 3.0, 4.0)
    assert library.autograd.gradcheck(lambda x, y: ((x * y).sin(), x.sum()), (x, y), check_forward_ad=True, **options)
    assert library.autograd.gradgradcheck(lambda x: x**3, x, check_fwd_over_rev=True)
    check = partial(library.autograd.gradgradcheck, lambda x: x**3, x, check_fwd_over_rev=True)
    assert check(check_rev_over_rev=False, check_undefined_grad=False)
    with pytest.raises(AssertionError, match="check_undefined_grad=True requires check_rev_over_rev"):
        check(check_rev_over_rev=False)


def test_gradcheck_finds_wrong_products_with_tangents():
    check = partial(numpynet.autograd.gradcheck, check_forward_ad=True, check_backward_ad=False)
    with pytest.raises(numpynet.autograd.GradcheckError, match=r"forward mode mismatch .* by input\[2\]"):
        check(wrong(numpynet, 3), leaf(numpynet))


def test_gradcheck_takes_what_makes_no_difference_here(library):
    assert library.autograd.gradcheck(library.sin, leaf(library), check_batched_grad=True, masked=True)
    assert library.autograd.gradgradcheck(library.sin, leaf(library), check_batched_grad=True, masked=True)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"check_backward_ad": False}, AssertionError),
        ({"check_batched_forward_grad": True}, AssertionError),
        ({"check_batched_grad": True, "check_backward_ad": False, "check_forward_ad": True}, AssertionError),
        ({"atol": -1e-5}, RuntimeError),
        ({"rtol": float("nan")}, RuntimeError),
        ({"eps": "small"}, TypeError),
        ({"nondet_tol": -1.0}, RuntimeError),
        ({"nondet_tol": 2**70}, OverflowError),
        ({"eps": 2**70}, OverflowError),
    ],
)
def test_gradcheck_refuses_options(library, options, error):
    with pytest.raises(error):
        library.autograd.gradcheck(library.sin, leaf(library), **options)


def test_gradgradcheck_refuses_options(library):
    check = partial(library.autograd.gradgradcheck, library.sin, leaf(library))
    with pytest.raises(AssertionError, match="Expected at least one of check_fwd_over_rev or check_rev_over_rev"):
        check(check_rev_over_rev=False)
    with pytest.raises(AttributeError, match="'float' object has no attribute 'requires_grad'"):
        check(grad_outputs=1.0)


def test_jacobian_of_one_input(library):
    jacobian = library.autograd.functional.jacobian
    x = leaf(library, 1.0, 2.0)
    assert jacobian(lambda x: x * x, x).tolist() == [[2, 0], [0, 4]]
    assert jacobian(lambda x: x.sum(), x).tolist() == [1, 1]
    assert tuple(jacobian(lambda x: x.view(2, 1) * x, x).shape) == (2, 2, 2)
    assert jacobian(lambda x: (x, x.sum()), x)[1].tolist() == [1, 1]
    assert x.grad is None


def test_jacobian_of_several_inputs(library):
    jacobian = library.autograd.functional.jacobian
    w = library.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x = library.tensor([1.0, -1.0])
    dw, dx = jacobian(lambda w, x: w @ x, (w, x))
    assert dx.tolist() == w.tolist()
    np.testing.assert_array_equal(dw.numpy(), np.einsum("ij,k->ijk", np.eye(3), x.numpy()))
    assert jacobian(lambda w, x: x * 2, (w, x))[0].abs().sum() == 0


def test_jacobian_in_strict_mode(library):
    jacobian = library.autograd.functional.jacobian
    x = library.ones(2)
    with pytest.raises(RuntimeError, match="Output 0 of the user-provided function is independent of input 1"):
        jacobian(lambda x, y: x * 2, (x, x), strict=True)
    with pytest.raises(RuntimeError, match="does not require gradients"):
        jacobian(lambda x: x.detach(), x, strict=True)


def test_jacobian_takes_tensors(library):
    jacobian = library.autograd.functional.jacobian
    with pytest.raises(TypeError):
        jacobian(lambda x: x, 3.0)
    with pytest.raises(TypeError):
        jacobian(lambda x: 3.0, library.ones(1))


def test_vjp(library):
    vjp = library.autograd.functional.vjp
    x = library.tensor([1.0, 2.0])
    y, dx = vjp(lambda x: x * x, x, library.tensor([1.0, 10.0]))
    assert (y.tolist(), dx.tolist(), y.requires_grad) == ([1, 4], [2, 40], False)
    _, (da, db) = vjp(lambda a, b: (a * b).sum(), (x, x * 2))
    assert (da.tolist(), db.tolist()) == ([2, 4], [1, 2])
    with pytest.raises(RuntimeError, match="independent of input 1"):
        vjp(lambda a, b: a.sum(), (x, x), strict=True)
