"""gradcheck accepts right gradients, rejects wrong ones, and says what it could not judge."""

import numpy as np
import pytest

import numpynet
from numpynet import ops
from numpynet.autograd.differences import numerical_gradient
from numpynet.testing import gradcheck
from numpynet.testing.formulas import differentiable, gradients

RNG = np.random.default_rng(5)
X, POSITIVE = RNG.standard_normal((3, 4)), RNG.uniform(0.5, 2.0, (3, 4))
ROW, TARGETS = RNG.standard_normal(4), RNG.uniform(size=(3, 4))

CALLS = [
    (ops.add, (X, ROW), {"alpha": 2}),
    (ops.sub, (ROW, X), {}),
    (ops.mul, (X, ROW), {}),
    (ops.true_divide, (ROW, POSITIVE), {}),
    (ops.pow, (POSITIVE, X), {}),
    (ops.pow, (X, 3), {}),
    (ops.linear, (X, RNG.standard_normal((2, 4)), RNG.standard_normal(2)), {}),
    (ops.linear, (X, RNG.standard_normal((2, 4)), None), {}),
    (ops.matmul, (RNG.standard_normal((2, 1, 3, 4)), RNG.standard_normal((5, 4, 2))), {}),
    (ops.matmul, (ROW, X.T), {}),
    (ops.where, (X > 0, X, ROW), {}),
    (ops.clamp, (X, -0.5, 0.5), {}),
    (ops.maximum, (X, ROW), {}),
    (ops.sum, (X,), {"dim": (0,), "keepdim": True}),
    (ops.mean, (X,), {"dim": -1}),
    (ops.prod, (X,), {"dim": 1}),
    (ops.amax, (X,), {"dim": 1}),
    (ops.softmax, (X,), {"dim": 1}),
    (ops.log_softmax, (X,), {"dim": 0}),
    (ops.logsumexp, (X,), {"dim": 1}),
    (ops.cumsum, (X,), {"dim": 1}),
    (ops.cat, (X, POSITIVE), {"dim": 1}),
    (ops.stack, (X, POSITIVE), {"dim": 1}),
    (ops.index, (X,), {"index": (np.array([0, 0, 2]), slice(1, 3))}),
    (ops.gather, (X,), {"dim": 1, "index": np.array([[0, 0], [1, 3], [2, 2]])}),
    (ops.binary_cross_entropy_with_logits, (X, TARGETS, None, POSITIVE), {}),
    (ops.mse_loss, (X, ROW), {"reduction": "sum"}),
    (ops.l1_loss, (X, TARGETS), {}),
]
UNARY = [ops.relu, ops.sigmoid, ops.tanh, ops.exp, ops.expm1, ops.log, ops.log1p, ops.log2, ops.log10, ops.sqrt,
         ops.rsqrt, ops.reciprocal, ops.square, ops.abs, ops.sin, ops.cos, ops.tan, ops.neg, ops.floor]  # fmt: skip
CALLS += [(operation, (POSITIVE,), {}) for operation in UNARY]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("operation", "inputs", "options"), CALLS, ids=lambda one: getattr(one, "name", ""))
def test_accepts_every_operation(operation, inputs, options, dtype):
    cast = [one.astype(dtype) if isinstance(one, np.ndarray) and one.dtype.kind == "f" else one for one in inputs]
    result = gradcheck(operation, cast, options=options)
    assert result
    assert not result.skipped
    assert result.checked == sum(cast[position].size for position in differentiable(operation, cast))


@pytest.mark.parametrize(
    ("forward", "wrong"),
    [
        (np.square, lambda dy, x: dy * x),
        (np.square, lambda dy, x: -2 * dy * x),
        (np.tanh, lambda dy, x: dy * (1 - np.tanh(x))),
        (np.exp, lambda dy, x: dy * np.exp(x) * 1.00001),
        (np.mean, lambda dy, x: dy * np.ones_like(x)),
        (lambda x: np.maximum(x, 0), lambda dy, x: dy * (x < 0)),
        (lambda x: x / np.sum(x), lambda dy, x: dy / np.sum(x)),
        (np.cumsum, lambda dy, x: np.cumsum(dy)[::-1]),
    ],
)
def test_rejects_wrong_gradients(forward, wrong):
    with pytest.raises(AssertionError, match="but the derivative is"):
        gradcheck(forward, np.array([0.5, 1.5, -1.0]), backward=wrong)
    assert not gradcheck(forward, np.array([0.5, 1.5, -1.0]), backward=wrong, raise_exception=False)


def test_rejects_a_gradient_of_another_shape():
    with pytest.raises(AssertionError, match=r"shape \(2, 3\), the input \(3,\)"):
        gradcheck(np.add, (np.ones((2, 3)), np.ones(3)), backward=lambda dy, a, b: (dy, dy))


@pytest.mark.parametrize(
    ("operation", "inputs", "where", "reason"),
    [
        (ops.relu, [np.array([-1.0, 0.0, 1.0])], [(1,)], "kink: slope"),
        (ops.relu, [np.array([-1.0, 1e-7, 1.0])], [(1,)], "kink"),
        (ops.abs, [np.array([0.0, 3.0])], [(0,)], "kink"),
        (ops.amax, [np.array([2.0, 2.0, 1.0])], [(0,), (1,)], "kink"),
        (ops.clamp, [np.array([-1.0, 0.5]), -1.0, 1.0], [(0,)], "kink"),
        (ops.floor, [np.array([0.5, 2.0])], [(1,)], "jump"),
        (ops.log, [np.array([0.0, 1.0])], [(0,)], "not finite"),
        (ops.sqrt, [np.array([0.0, 1.0])], [(0,)], "not finite"),
    ],
)
def test_skips_kinks_and_says_so(operation, inputs, where, reason):
    with np.errstate(all="ignore"):
        result = gradcheck(operation, inputs)
    assert [index for _, index, _ in result.skipped] == where
    assert all(reason in said for *_, said in result.skipped)
    assert reason in str(result)
    assert result.checked == inputs[0].size - len(where)


def test_a_kink_close_by_does_not_hide_a_wrong_gradient():
    x = np.array([1e-4, -2e-5, 0.3])
    assert gradcheck(ops.relu, x).checked == 3
    with pytest.raises(AssertionError, match="3 wrong"):
        gradcheck(lambda x: np.maximum(x, 0), x, backward=lambda dy, x: dy * (x < 0))


def test_nothing_checked_is_no_success():
    with pytest.raises(AssertionError, match="nothing could be checked"):
        gradcheck(ops.relu, np.zeros(3))
    with pytest.raises(ValueError, match="none of the inputs"):
        gradcheck(ops.relu, np.arange(3))


def test_the_complex_step_is_used_where_the_function_is_analytic_and_only_there():
    x = np.array([0.3, -1.2])
    exact = numerical_gradient(np.sin, x, complex_step=True)
    assert exact.method == "complex step"
    np.testing.assert_allclose(exact.value, np.cos(x), rtol=2**-51)
    by_values = numerical_gradient(np.abs, x, complex_step=True)
    assert by_values.method == "finite differences"
    np.testing.assert_allclose(by_values.value, np.sign(x), rtol=1e-9)


@pytest.mark.parametrize("function", [np.sin, np.exp, lambda x: x**3, lambda x: 1 / (3 + x), np.arctan, np.sinh])
@pytest.mark.parametrize("x", [-1.7, 0.0, 1e-3, 0.4])
def test_finite_differences_are_as_close_as_they_say(function, x):
    measured = numerical_gradient(function, np.array([x]))
    exact = numerical_gradient(function, np.array([x]), complex_step=True)
    assert not measured.skipped
    assert abs(measured.value - exact.value) <= measured.error
    assert measured.error <= 1e-6


def test_the_tape_is_checked_through_a_function_of_tensors():
    x = numpynet.tensor(X, requires_grad=True)
    w = numpynet.tensor(ROW, requires_grad=True)
    result = gradcheck(lambda x, w: ((x * w).tanh().sum(1), (x @ w).exp()), (x, w))
    assert result.checked == 16
    assert set(result.methods.values()) == {"finite differences"}
    detached = gradcheck(lambda x: x * x.detach(), x, raise_exception=False)
    assert len(detached.wrong) == 12


def test_inputs_that_need_no_gradient_are_left_alone():
    x, t = numpynet.tensor(X, requires_grad=True), numpynet.tensor(TARGETS)
    result = gradcheck(numpynet.nn.functional.mse_loss, (x, t))
    assert list(result.methods) == ["input 0"]


def test_formulas_are_summed_where_broadcasting_copied():
    found = gradients(ops.add, [np.ones((2, 3)), np.ones(3)], np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(found[1], [3.0, 5.0, 7.0])
