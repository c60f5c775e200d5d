"""Reductions of a million float32 numbers, within 4 eps of what exact sums give.

The truth is computed in float64, whose own error, at most n·2⁻⁵³·Σ|terms| and far less when added pairwise, is
nothing beside eps = 2⁻²³. The bound is 4 eps of the sum of the absolute values of what is added: a sum of n numbers
in one accumulator can err by n·eps of that and does err by about √n·eps, which is 1000 eps here; adding pairwise
errs by log₂ n·eps at most, and by 1 or 2 eps in practice.
"""

import numpy as np
import pytest

import numpynet
import numpynet.nn.functional

EPS = float(np.finfo(np.float32).eps)
K = 4
SHAPES = {
    "flat": (10**6,),
    "tall": (10**5, 10),
    "wide": (10, 10**5),
    "square": (1000, 1000),
    "cube": (100, 100, 100),
}
LAYOUTS = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.T,
    "every other": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "columns first": lambda x: x.swapaxes(-1, -2).copy().swapaxes(-1, -2),
    "expanded": lambda x: np.broadcast_to(x[:1], x.shape),
}
CASES = [
    (shape, layout)
    for shape in SHAPES
    for layout in LAYOUTS
    if shape != "flat" or layout not in ("transposed", "columns first")
]
VALUES = {
    "normal": lambda generator, shape: generator.normal(size=shape),
    "far from zero": lambda generator, shape: generator.normal(1000, 1, shape),
    "of all magnitudes": lambda generator, shape: np.exp(generator.normal(0, 4, shape)),
}


def total(x, axis):
    return x.sum(axis), np.abs(x).sum(axis)


def mean(x, axis):
    return x.mean(axis), np.abs(x).mean(axis)


def var(x, axis):
    """x − m errs by K·eps·mean|x|, which enters squared; x − m, the squares and their sum by eps of themselves."""
    true = x.var(axis, ddof=1)
    return true, true + K * EPS * np.square(np.abs(x).mean(axis))


def std(x, axis):
    """√(v + e) − √v is at most √e, and at most e/√v; and √v is rounded."""
    variance, size = var(x, axis)
    true, error = np.sqrt(variance), K * EPS * size
    with np.errstate(divide="ignore"):
        return true, true + np.minimum(np.sqrt(error), error / true) / (K * EPS)


def norm(x, axis):
    true = np.sqrt(np.square(x).sum(axis))
    return true, true


def logsumexp(x, axis):
    """x − max is rounded by eps·|x − max|, which exp turns into a relative error of what it weighs."""
    top = x.max(axis, keepdims=True)
    weights = np.exp(x - top)
    true = np.log(weights.sum(axis)) + top.squeeze(axis)
    return true, np.abs(true) + 1 + (weights * np.abs(x - top)).sum(axis) / weights.sum(axis)


REDUCTIONS = {
    "sum": (lambda x, dim: x.sum(dim), total),
    "mean": (lambda x, dim: x.mean(dim), mean),
    "var": (lambda x, dim: x.var(dim), var),
    "std": (lambda x, dim: x.std(dim), std),
    "norm": (lambda x, dim: x.norm(2, dim), norm),
    "logsumexp": (lambda x, dim: x.logsumexp(dim), logsumexp),
    "cumsum": (lambda x, dim: x.cumsum(dim), lambda x, axis: (x.cumsum(axis), np.abs(x).cumsum(axis))),
    "nansum": (lambda x, dim: x.nansum(dim), total),
}


def excess(ours, truth, size):
    """By how many eps of what is added the worst element is off."""
    return float((np.abs(ours.astype(np.float64) - truth) / (EPS * size)).max())


def numbers(values, shape, layout):
    x = VALUES[values](np.random.default_rng(len(values)), SHAPES[shape]).astype(np.float32)
    return LAYOUTS[layout](x)


def as_tensor(x):
    """A tensor that has the array's values and strides."""
    if not x.flags.writeable:
        return numpynet.from_numpy(x[:1].copy()).expand(x.shape)
    return numpynet.from_numpy(x)


@pytest.mark.parametrize(("shape", "layout"), CASES)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_are_within_four_eps(name, shape, layout):
    reduce, true = REDUCTIONS[name]
    for values in VALUES:
        x = numbers(values, shape, layout)
        for dim in range(x.ndim):
            ours = reduce(as_tensor(x), dim).numpy()
            assert ours.dtype == np.float32
            truth = true(x.astype(np.float64), dim)
            assert excess(ours, *truth) <= K, f"dim {dim} of {x.shape}, numbers {values}"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", [name for name in REDUCTIONS if name != "cumsum"])
def test_reductions_over_several_dimensions_are_within_four_eps(name, layout):
    reduce, true = REDUCTIONS[name]
    for values in VALUES:
        x = numbers(values, "cube", layout)
        for dims in ((0, 1), (1, 2), (0, 2), (0, 1, 2)):
            ours = reduce(as_tensor(x), dims).numpy()
            last = np.moveaxis(x.astype(np.float64), dims, range(-len(dims), 0)).reshape(*ours.shape, -1)
            assert excess(ours, *true(last, -1)) <= K, f"dims {dims} of {x.shape}, numbers {values}"


@pytest.mark.parametrize(("shape", "layout"), CASES)
def test_a_product_errs_by_half_an_eps_for_each_factor_at_most(shape, layout):
    """Each of n − 1 multiplications rounds its result, of which torch's errs by as much."""
    x = LAYOUTS[layout](np.exp(np.random.default_rng(0).normal(0, 1e-5, SHAPES[shape])).astype(np.float32))
    for dim in range(x.ndim):
        ours, truth = as_tensor(x).prod(dim).numpy(), x.astype(np.float64).prod(dim)
        assert ours.dtype == np.float32
        assert excess(ours, truth, truth) <= x.shape[dim] / 2, f"dim {dim} of {x.shape}"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", ["tall", "square", "cube"])
@pytest.mark.parametrize("operation", ["linear", "+"])
def test_the_gradient_of_a_bias_is_within_four_eps(operation, shape, layout):
    for values in VALUES:
        dy = numbers(values, shape, layout)
        bias = numpynet.zeros(dy.shape[-1], requires_grad=True)
        if operation == "linear":
            x, weight = numpynet.zeros(*dy.shape[:-1], 1), numpynet.zeros(dy.shape[-1], 1)
            y = numpynet.nn.functional.linear(x, weight, bias)
        else:
            y = numpynet.zeros(dy.shape) + bias
        y.backward(as_tensor(dy))
        rows = dy.astype(np.float64).reshape(-1, dy.shape[-1])
        assert excess(bias.grad.numpy(), *total(rows, 0)) <= K, f"numbers {values}"
