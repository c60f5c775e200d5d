"""Sums lose few digits, over every dimension and in every layout; and there is one order of adding up."""

import itertools
import math

import numpy as np
import pytest

import numpynet
import numpynet.nn.functional as F
from numpynet import ops
from numpynet.ops.sums import PART, column_sums, sum_over, sum_to, total, total_of, total_of_squares

EPS = float(np.finfo(np.float32).eps)
SHAPES = [
    (10,), (150,), (1000,), (4097,), (10**6,), (1, 1), (150, 3), (161, 1), (161, 10), (3, 1000), (1000, 2), (999, 70),
    (10**5, 10), (10, 10**5), (1000, 1000), (7, 300, 5), (100, 100, 100), (3, 4, 200, 50), (3, 2, 0), (0, 3), (0,),
]  # fmt: skip
LAYOUTS = {
    "as it is": lambda x: x,
    "transposed": lambda x: x.T,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "turned": lambda x: x[::-1],
    "permuted": lambda x: np.moveaxis(np.moveaxis(x, 0, -1).copy(), -1, 0),
}
DATA = {
    "equal": lambda shape: np.full(shape, 0.1),
    "positive": lambda shape: np.random.default_rng(0).random(shape),
    "signed": lambda shape: np.random.default_rng(0).standard_normal(shape),
}


def dimensions(ndim):
    """Every set of dimensions, and None."""
    sets = (itertools.combinations(range(ndim), count) for count in range(1, ndim + 1))
    return [None, *itertools.chain(*sets)]


def units(x, dim):
    """4 eps; for up to 160 elements, which may be added up one after another, a tenth each: equal ones lose most."""
    sizes = [x.shape[axis] for axis in (range(x.ndim) if dim is None else dim)]
    return max(4, *(size / 10 for size in sizes if size <= 160), 0)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sums_of_float32_are_within_4_eps(shape, data, layout):
    x = LAYOUTS[layout](DATA[data](shape).astype(np.float32))
    exact = x.astype(np.float64)  # whose own sums are off by less than 1e−9 eps of float32
    for dim in dimensions(x.ndim):
        for keepdim in (False, True):
            y = np.asarray(sum_over(x, dim, keepdim))
            expected = np.asarray(exact.sum(axis=dim, keepdims=keepdim))
            assert y.dtype == np.float32
            assert y.shape == expected.shape
            assert (abs(y - expected) <= units(x, dim) * EPS * abs(exact).sum(axis=dim, keepdims=keepdim)).all(), dim


@pytest.mark.parametrize("n", [10, 1000, 12345, 10**6])
def test_totals_against_the_exact_sum(n):
    x = np.random.default_rng(n).standard_normal(n)
    assert abs(float(total(x)) - math.fsum(x)) <= 4 * np.finfo(float).eps * math.fsum(abs(x))
    assert float(total_of_squares(x)) == pytest.approx(math.fsum(x * x), rel=4 * np.finfo(float).eps)


def test_sums_over_dimensions_that_are_not_there():
    for dim in (2, -3, (0, 2)):
        with pytest.raises(IndexError):
            sum_over(np.ones((2, 3)), dim)
    with pytest.raises(ValueError, match="repeated"):
        sum_over(np.ones((2, 3)), (0, 0))


@pytest.mark.parametrize(
    "reduction",
    [ops.mean, ops.sum, ops.nansum, lambda x, dim: ops.norm(x, p=1, dim=dim)],
    ids=["mean", "sum", "nansum", "1-norm"],
)
def test_what_is_made_of_sums_over_rows_is_as_accurate(reduction):
    y = reduction(np.full((10**5, 2), 0.1, np.float32), dim=0).astype(np.float64)
    expected = reduction(np.full((10**5, 2), np.float32(0.1), np.float64), dim=0)
    np.testing.assert_allclose(y, expected, rtol=4 * EPS)


def test_roots_of_sums():
    x = np.random.default_rng(0).standard_normal((10**5, 3)).astype(np.float32)
    for operation, options in ((ops.std, {}), (ops.var, {}), (ops.norm, {}), (ops.logsumexp, {})):
        for dim in (0, 1):
            y = operation(x, dim=dim, **options)
            expected = operation(x.astype(np.float64), dim=dim, **options)
            cancelled = 8 * EPS if operation is ops.logsumexp else 0  # the maximum and the logarithm
            np.testing.assert_allclose(y, expected, rtol=8 * EPS, atol=cancelled, err_msg=operation.name)


@pytest.mark.parametrize("shape", [(150, 3), (1000, 2)])
def test_tenths_in_columns_print_as_they_should(shape):
    numbers = repr(numpynet.full(shape, 0.1).sum(0)).removeprefix("tensor([").removesuffix("])").split(",")
    assert {float(number) for number in numbers} == {shape[0] / 10}


@pytest.mark.parametrize("rows", [161, 163, 256, 271, 1000, 1025, 2000, 3333, 4096])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_of_narrow_tables_are_added_up_in_the_order_of_torch(rows, dtype):
    torch = pytest.importorskip("torch")
    if "AVX" not in torch.backends.cpu.get_cpu_capability():
        pytest.skip("torch adds up in other registers")
    for columns in range(2, 128 // np.dtype(dtype).itemsize):
        x = np.random.default_rng(columns).standard_normal((rows, columns)).astype(dtype)
        assert column_sums(x).tobytes() == torch.from_numpy(x).sum(0).numpy().tobytes(), columns


@pytest.mark.parametrize("rows", [1, 32, 150, 161, 1000, 5000])
@pytest.mark.parametrize("columns", [1, 3, 64, 200])
def test_a_bias_gradient_has_the_bits_of_the_sum_by_hand(rows, columns):
    numpynet.manual_seed(0)
    x, w = numpynet.randn(rows, 4), numpynet.randn(columns, 4)
    b = numpynet.zeros(columns, requires_grad=True)
    row = numpynet.zeros(1, columns, requires_grad=True)
    dy = numpynet.randn(rows, columns)
    F.linear(x, w, b).backward(dy)
    (x @ w.T + row).backward(dy)
    by_hand = dy.sum(0)
    assert b.grad.numpy().tobytes() == by_hand.numpy().tobytes()
    assert row.grad.numpy().tobytes() == by_hand.numpy().tobytes()
    assert column_sums(dy.numpy()).tobytes() == by_hand.numpy().tobytes()
    assert sum_to(dy.numpy(), (columns,)).tobytes() == by_hand.numpy().tobytes()


# --- running sums -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(10,), (10**6,), (1000, 1000), (3, 200000), (0,), (2, 0), ()], ids=str)
def test_running_sums_are_rounded_once(shape):
    x = np.full(shape, 0.1, np.float32)
    for dim in range(-x.ndim, x.ndim) if shape else (0, -1):
        exact = np.cumsum(x.astype(np.float64), axis=dim).reshape(shape)
        assert (ops.cumsum(x, dim=dim) == exact.astype(np.float32)).all()
        from_behind = ops.cumsum.gradients.x(x, dim=dim)
        assert from_behind.shape == shape
        assert (abs(np.flip(from_behind, dim) if shape else from_behind) - exact <= EPS * exact).all()


def test_running_products_go_on_from_part_to_part():
    x = 1 + np.random.default_rng(0).standard_normal(10**5).astype(np.float32) / 1000
    assert (ops.cumprod(x, dim=0) == np.cumprod(x.astype(np.float64)).astype(np.float32)).all()
    wide = x.reshape(100, 10, 100)
    for dim in range(3):
        products = np.cumprod(wide.astype(np.float64), axis=dim).astype(np.float32)
        assert (ops.cumprod(wide, dim=dim) == products).all()


def test_running_sums_of_slices_start_from_0():
    for shape in ((2, 3), (2, 10**5)):
        assert not np.signbit(ops.cumsum(np.full(shape, -0.0), dim=0)).any()


# --- sums of what is computed of the elements ---------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 1000, PART, PART + 1, 5 * PART + 1500])
def test_what_is_added_up_in_parts_has_the_bits_of_the_whole(n, dtype):
    x = np.random.default_rng(0).standard_normal(n).astype(dtype)
    assert total_of(np.square, x) == total(x * x)
    assert total_of(lambda part: part.astype(np.float64), x) == total(x.astype(np.float64))


# --- float16 ------------------------------------------------------------------------------------------------

HALVES = {
    "sum": lambda t, x: x.sum(0),
    "mean": lambda t, x: x.mean(),
    "mean of rows": lambda t, x: x.mean(1),
    "var": lambda t, x: x.var(),
    "std": lambda t, x: x.std(0),
    "norm": lambda t, x: x.norm(),
    "norm of rows": lambda t, x: x.norm(dim=1),
    "logsumexp": lambda t, x: x.logsumexp(1),
    "softmax": lambda t, x: x.softmax(1),
    "log_softmax": lambda t, x: x.log_softmax(1),
    "cumsum": lambda t, x: (x / 1000).cumsum(0),
    "layer_norm": lambda t, x: t.nn.functional.layer_norm(x, x.shape[1:]),
    "normalize": lambda t, x: t.nn.functional.normalize(x),
    "gelu": lambda t, x: t.nn.functional.gelu(x),
    "erf": lambda t, x: t.erf(x / 100),
}


@pytest.mark.parametrize("scale", [1e-3, 1, 300])
@pytest.mark.parametrize("name", HALVES)
def test_float16_is_computed_in_float32_as_in_torch(name, scale):
    torch = pytest.importorskip("torch")
    x = (np.random.default_rng(0).standard_normal((40, 30)) * scale).astype(np.float16)
    ours = HALVES[name](numpynet, numpynet.tensor(x)).numpy()
    theirs = HALVES[name](torch, torch.tensor(x)).numpy()
    assert ours.dtype == np.float16
    assert name == "var" or np.isfinite(theirs).all()
    # both round once or twice to float16, whose smallest numbers are 6e−8 apart; torch's erf of float16 is off by 3e−7
    # near 0, and its log_softmax by 5e−4 where large terms cancel
    near = {"erf": 6e-7, "log_softmax": 1e-3}.get(name, 2 * 2**-24)
    np.testing.assert_allclose(ours, theirs, rtol=2 * 2**-10, atol=near)
