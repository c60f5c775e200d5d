"""torch.func's derivatives of functions. Every expectation holds of torch too."""

import importlib

import numpy as np
import pytest


@pytest.fixture
def func(library):
    return importlib.import_module(f"{library.__name__}.func")


def vector(library, *values, requires_grad=False):
    return library.tensor(values, dtype=library.float64, requires_grad=requires_grad)


def test_grad_of_grad_of_grad(library, func):
    third = func.grad(func.grad(func.grad(lambda x: x**4)))
    assert third(library.tensor(2.0)).item() == 48


def test_grad_by_several_arguments_and_by_nests(library, func):
    a, b = vector(library, 1.0, 2.0), vector(library, 3.0, 4.0)
    da, db = func.grad(lambda a, b, c: (a * b * c).sum(), argnums=(0, 1))(a, b, 2)
    assert (da.tolist(), db.tolist()) == ([6, 8], [2, 4])
    found = func.grad(lambda p, c: (p["w"] * p["b"][0]).sum() * c)({"w": a, "b": [b]}, 10)
    assert (found["w"].tolist(), found["b"][0].tolist()) == ([30, 40], [10, 20])
    assert func.grad(lambda a, b: (a * b).sum(), argnums=-1)(a, b).tolist() == [1, 2]


def test_grad_and_value_with_more_beside(library, func):
    x = vector(library, 1.0, 2.0)
    g, value = func.grad_and_value(lambda x: (x * x).sum())(x)
    assert (g.tolist(), value.item()) == ([2, 4], 5)
    g, (value, aux) = func.grad_and_value(lambda x: ((x * x).sum(), x + 1), has_aux=True)(x)
    assert (g.tolist(), value.item(), aux.tolist()) == ([2, 4], 5, [2, 3])
    g, aux = func.grad(lambda x: ((x * x).sum(), x + 1), has_aux=True)(x)
    assert (g.tolist(), aux.tolist()) == ([2, 4], [2, 3])


def test_nothing_is_left_behind(library, func):
    x = vector(library, 1.0, 2.0)
    g, value = func.grad_and_value(lambda x: (x**3).sum())(x)
    assert not (x.requires_grad)
    assert not (g.requires_grad)
    assert not (value.requires_grad)
    assert x.grad is None
    y, pull = func.vjp(lambda x: x**3, x)
    assert not (y.requires_grad)
    assert not (pull(x)[0].requires_grad)
    assert not func.jacrev(lambda x: x**3)(x).requires_grad
    assert not any(one.requires_grad for one in func.jvp(lambda x: x**3, (x,), (x,)))


def test_what_is_outside_is_differentiated_through(library, func):
    x = vector(library, 1.0, 2.0, requires_grad=True)
    w = vector(library, 3.0, 4.0, requires_grad=True)
    g = func.grad(lambda x: (x**3 * w).sum())(x)
    dx, dw = library.autograd.grad(g.sum(), (x, w))
    assert (g.tolist(), dx.tolist(), dw.tolist()) == ([9, 48], [18, 48], [3, 12])
    with library.no_grad():
        assert not func.grad(lambda x: (x**3 * w).sum())(x).requires_grad


def test_inner_and_outer_variables_are_not_confused(library, func):
    # d/dx (x · d/dy (x + y)) = d/dx x = 1
    inner = lambda x: x * func.grad(lambda y: x + y)(library.tensor(1.0))  # noqa: E731
    assert func.grad(inner)(library.tensor(1.0)).item() == 1


def test_vjp_pulls_again_and_again(library, func):
    x, y = vector(library, 1.0, 2.0), vector(library, 3.0)
    out, pull = func.vjp(lambda x, y: {"a": x * y, "b": x.sum()}, x, y)
    assert (out["a"].tolist(), out["b"].item()) == ([3, 6], 3)
    dx, dy = pull({"a": vector(library, 1.0, 10.0), "b": library.tensor(100.0, dtype=library.float64)})
    assert (dx.tolist(), dy.tolist()) == ([103, 130], [21])
    assert pull({"a": x * 0, "b": y.sum()})[0].tolist() == [3, 3]
    with pytest.raises(RuntimeError, match="structure of cotangents"):
        pull(x)


def test_jvp(library, func):
    x, y = vector(library, 1.0, 2.0), vector(library, 3.0)
    out, tangent = func.jvp(lambda x, y: x * x * y, (x, y), (vector(library, 1.0, 10.0), vector(library, 100.0)))
    assert (out.tolist(), tangent.tolist()) == ([3, 12], [2 * 3 + 100, 4 * 3 * 10 + 4 * 100])
    *_, aux = func.jvp(lambda x: (x, x + 1), (x,), (x,), has_aux=True)
    assert aux.tolist() == [2, 3]
    with pytest.raises(RuntimeError, match="tuple"):
        func.jvp(lambda x: x, x, x)


@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
def test_jacobians(library, func, name):
    jacobian = getattr(func, name)
    x, y = vector(library, 1.0, 2.0), vector(library, 3.0)
    assert jacobian(lambda x: x * x)(x).tolist() == [[2, 0], [0, 4]]
    dx, dy = jacobian(lambda x, y: x * y, argnums=(0, 1))(x, y)
    assert (dx.tolist(), dy.tolist()) == ([[3, 0], [0, 3]], [[1], [2]])
    found, aux = jacobian(lambda x: (x.sum(), x), has_aux=True)(x)
    assert (found.tolist(), aux.tolist()) == ([1, 1], [1, 2])
    assert jacobian(lambda x: library.ones(3, dtype=library.float64))(x).tolist() == [[0, 0]] * 3


def test_hessian(library, func):
    x = vector(library, 1.0, 2.0, 3.0)
    assert func.hessian(lambda x: x.prod())(x).tolist() == [[0, 3, 2], [3, 0, 1], [2, 1, 0]]


def test_only_numbers_have_a_gradient(library, func):
    x = vector(library, 1.0, 2.0)
    with pytest.raises(RuntimeError, match="scalar"):
        func.grad(lambda x: x)(x)
    with pytest.raises(RuntimeError, match="return a"):
        func.grad(lambda x: 3.0)(x)
    with pytest.raises(RuntimeError, match="argnum"):
        func.grad(lambda x: x.sum(), argnums=1)(x)


def test_gradients_of_each_sample(library, func):
    rows = library.tensor([[1.0, 2.0], [3.0, 4.0]])
    w = library.tensor([1.0, 10.0])
    each = func.vmap(func.grad(lambda w, x: (w * x).sum() ** 2), in_dims=(None, 0))(w, rows)
    assert each.tolist() == [[42, 84], [258, 344]]


def test_an_update_inside_a_function_is_differentiated(library, func):
    def after_one_step(w):
        g = func.grad(lambda w: (w**3).sum())(w)
        return ((w - 0.1 * g) ** 2).sum()

    w = vector(library, 1.0)
    # (w − 0.3 w²)² has the slope 2 (w − 0.3 w²) (1 − 0.6 w)
    np.testing.assert_allclose(func.grad(after_one_step)(w).tolist(), [2 * 0.7 * 0.4], rtol=1e-12)


def test_linearize_pushes_again_and_again(library, func):
    x, y = library.tensor([1.0, 2.0]), library.tensor([0.5, 0.25])
    runs = []

    def function(a, b):
        runs.append(1)
        return {"product": a * b.sin(), "sum": (a + b).sum()}

    output, push = func.linearize(function, x, y)
    assert sorted(output) == ["product", "sum"]
    runs.clear()
    found = [push(library.tensor(one), library.tensor([0.0, 1.0])) for one in ([1.0, 0.0], [0.0, 3.0])]
    assert runs == []
    for one, other in zip(found, ([0.4794, 1.9378], [0.0, 2.6800]), strict=True):
        assert one["product"].tolist() == pytest.approx(other, abs=1e-4)
    assert [one["sum"].item() for one in found] == [2.0, 4.0]
    for wrong in ((x,), (x, y[:1]), (x.double(), y)):
        with pytest.raises(RuntimeError, match="tangent"):
            push(*wrong)


@pytest.mark.parametrize("name", ["grad", "grad_and_value", "jacrev", "jacfwd", "hessian"])
@pytest.mark.parametrize("argnums", [(), (0, 0), (1, -1), "a"])
def test_argnums_name_each_argument_once(library, func, name, argnums):
    x = vector(library, 1.0, 2.0)
    with pytest.raises(RuntimeError, match="argnums"):
        getattr(func, name)(lambda x, y: (x * y).sum(), argnums)(x, x)


@pytest.mark.parametrize("name", ["jacfwd", "hessian"])
def test_forward_derivatives_by_what_is_no_tensor(func, name):
    with pytest.raises(AttributeError):
        getattr(func, name)(lambda x: x * x)(1.5)


def test_forward_derivatives_by_integers(library, func):
    whole = library.tensor([1, 2])
    for derive in (
        func.jacfwd(library.sin),
        lambda x: func.jvp(library.sin, (x,), (x,)),
        lambda x: func.linearize(library.sin, x),
    ):
        with pytest.raises(ValueError, match="Expected primal to be floating point"):
            derive(whole)


def test_pulling_back_to_no_argument(library, func):
    y, pull = func.vjp(lambda: library.ones(2))
    assert (y.tolist(), pull(y)) == ([1, 1], ())


def test_tangents_are_tensors_of_the_primals_sizes(library, func):
    x = vector(library, 1.0, 2.0)
    with pytest.raises(RuntimeError, match="Expected tangents to only contain Tensors, got <class 'float'>"):
        func.jvp(library.sin, (x,), (1.0,))
    with pytest.raises(RuntimeError, match="forward gradient that has a different size"):
        func.jvp(library.sin, (x,), (x[:1],))


def test_cotangents_are_given_as_one_nest(library, func):
    x = vector(library, 1.0, 2.0)
    _, pull = func.vjp(library.sin, x)
    with pytest.raises(TypeError):
        pull(x, x)
