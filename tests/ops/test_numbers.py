"""Python numbers beside tensors: what float16 rounds, and how often; what wraps around; the signs of zeros."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from expressions import ours, theirs

import numpynet
import numpynet.nn.functional as F

HALVES = np.random.default_rng(0).normal(size=400).astype(np.float16) * np.float16(3)
TENTH_IN_HALF = float(np.float16(0.1))


def rounded(exact: Fraction) -> float:
    """A fraction in the range of float16's normal numbers, rounded to the nearest of them, halves to the even one."""
    if exact == 0:
        return 0.0
    exponent = math.floor(math.log2(abs(exact)))
    unit = Fraction(2) ** (max(exponent, -14) - 10)
    return float(round(exact / unit) * unit)


@pytest.mark.parametrize(
    ("compute", "exact"),
    [
        (lambda x: x * 0.1, lambda x: x * Fraction(float(np.float32(0.1)))),
        (lambda x: 0.1 * x, lambda x: x * Fraction(float(np.float32(0.1)))),
        (lambda x: x / 0.37, lambda x: x / Fraction(float(np.float32(0.37)))),
        (lambda x: x * numpynet.tensor(0.1), lambda x: x * Fraction(float(np.float32(0.1)))),
        (lambda x: x + 0.1, lambda x: x + Fraction(TENTH_IN_HALF)),
        (lambda x: 0.1 - x, lambda x: Fraction(TENTH_IN_HALF) - x),
        (lambda x: x + numpynet.tensor(0.1), lambda x: x + Fraction(TENTH_IN_HALF)),
        (lambda x: x.clone().mul_(0.1), lambda x: x * Fraction(float(np.float32(0.1)))),
        (lambda x: numpynet.add(x, x, alpha=0.1), lambda x: x + x * Fraction(TENTH_IN_HALF)),
        (lambda x: x * x * 1.0, lambda x: Fraction(rounded(x * x))),
    ],
)
def test_float16_computes_in_float32_and_rounds_once(compute: Any, exact: Any) -> None:
    """Factors are taken in float32, terms are rounded to float16 first, as in torch."""
    found = compute(numpynet.tensor(HALVES.tolist(), dtype=numpynet.float16))
    assert found.dtype is numpynet.float16
    # A result in float32 is off by 2**-25 of itself, and may so fall on the other side of the middle of two halves.
    wrong = [i for i, x in enumerate(HALVES) if found[i].item() != rounded(exact(Fraction(float(x))))]
    assert len(wrong) <= 1, [(HALVES[i], found[i].item()) for i in wrong]


@pytest.mark.parametrize(
    "expression",
    """x * 0.1
x / 0.1
x // 0.1
0.1 / x
t.div(x, 0.1, rounding_mode="trunc")
x.abs() ** 0.1
x ** 3
0.1 ** x
x % 0.1
t.fmod(x, 0.1)
t.lerp(x, y, 0.1)
t.addcmul(x, x, y, value=0.1)
t.addcdiv(x, x, y, value=0.1)
t.sub(x, y, alpha=0.1)
F.leaky_relu(x, 0.1)
F.silu(x)
F.softplus(x)
F.relu(x)
x.deg2rad()
x == 0.1
x.clamp(-0.1, 2.3)
t.nan_to_num(x / 0)""".splitlines(),
)
def test_float16_like_torch(expression: str) -> None:
    torch = pytest.importorskip("torch")
    y = HALVES[::-1].tolist()
    found, expected = (
        run(
            expression,
            x=library.tensor(HALVES.tolist(), dtype=library.float16),
            y=library.tensor(y, dtype=library.float16),
        )
        for run, library in ((ours, numpynet), (theirs, torch))
    )
    assert str(found.dtype) == str(expected.dtype)
    mine, its = (np.array(one.tolist(), np.float64) for one in (found, expected))
    # Two libraries' float32 functions differ by an ulp, which moves one result in 2**13 to its neighbour.
    assert np.count_nonzero(~((mine == its) | (np.isnan(mine) & np.isnan(its)))) <= 2


def test_gradients_of_float16_are_of_its_dtype() -> None:
    x = numpynet.tensor([1.5, -2.0], dtype=numpynet.float16, requires_grad=True)
    for y, slope in ((x * 0.1, 0.1), (x / 0.1, 10.0), (0.1 * x, 0.1), (x - 0.1, 1.0)):
        x.grad = None
        y.sum().backward()
        assert x.grad.dtype is numpynet.float16
        assert x.grad.tolist() == [float(np.float16(slope))] * 2


def test_numbers_wrap_around_where_they_are_added_and_are_refused_where_they_are_written() -> None:
    x = numpynet.tensor([1, 250], dtype=numpynet.uint8)
    assert (x + 300).tolist() == [45, 38]
    assert (x * -1).tolist() == [255, 6]
    assert numpynet.add(x, x, alpha=-1).tolist() == [0, 0]
    assert numpynet.add(x, 300, alpha=2).tolist() == [89, 82]
    assert numpynet.sub(x, x, alpha=2).tolist() == [255, 6]
    assert x.masked_fill(x > 100, -1).tolist() == [1, 255]
    assert x.clamp(-1).tolist() == [255, 255]
    for write in (lambda: x.clamp(300), lambda: x.masked_fill(x > 0, 300), lambda: numpynet.where(x > 0, x, -300)):
        with pytest.raises(RuntimeError, match="without overflow"):
            write()


def test_integers_take_no_fractions() -> None:
    x = numpynet.tensor([2, -3])
    assert numpynet.addcmul(x, x, x, value=0.5).tolist() == [2, -3]
    assert numpynet.addcmul(x, x, x, value=1.9).tolist() == [6, 6]
    masks = numpynet.tensor([True, False])
    assert numpynet.add(masks, masks, alpha=2).dtype is numpynet.bool


def test_nothing_is_divided_by_zero_where_there_is_nothing() -> None:
    x = numpynet.zeros(0, dtype=numpynet.int32)
    zero = numpynet.tensor([0], dtype=numpynet.int32)
    for y in (x % 0, x // 0, numpynet.fmod(x, zero), numpynet.div(x, zero, rounding_mode="trunc")):
        assert y.shape == (0,)
        assert y.dtype is numpynet.int32


@pytest.mark.parametrize("number", [2, 2.5, "tensor"])
def test_floor_division_has_no_derivative(number: Any) -> None:
    x = numpynet.tensor([7.0, -7.0], requires_grad=True)
    other = numpynet.tensor([2.0, 2.0]) if number == "tensor" else number
    for y in (x // other, numpynet.floor_divide(x, other), other // x, 0.5 % x):
        assert y.grad_fn.name() == "torch::autograd::NotImplemented"
        assert repr(y).endswith("grad_fn=<NotImplemented>)")
        with pytest.raises(RuntimeError, match="is not implemented"):
            y.sum().backward()
    for y, name in (
        (numpynet.div(x, other, rounding_mode="floor"), "DivBackward2"),
        (x % other, f"RemainderBackward{1 if number == 'tensor' else 0}"),
        (numpynet.fmod(x, other), f"FmodBackward{1 if number == 'tensor' else 0}"),
    ):
        assert y.grad_fn.name() == name
        x.grad = None
        y.sum().backward()
        assert x.grad.tolist() == ([0, 0] if name == "DivBackward2" else [1, 1])
    x.grad = None
    (x // 2 + x).detach().sum()
    (x * (x.detach() // 2)).sum().backward()
    assert x.grad.tolist() == [3, -4]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("size", [1, 3, 200])
def test_a_zero_at_a_bound_keeps_its_sign(dtype: str, size: int) -> None:
    minus = numpynet.full((size,), -0.0, dtype=getattr(numpynet, dtype))
    plus = numpynet.zeros(size, dtype=minus.dtype)
    for zero in (minus.clamp(0), minus.clamp(max=0), minus.clamp(0, 1), numpynet.relu(minus), minus.clamp_min(0.0)):
        assert np.signbit(zero.numpy()).all()
    for zero in (plus.clamp(-0.0), plus.clamp(max=-0.0), plus.clamp_max(-0.0)):
        assert not np.signbit(zero.numpy()).any()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_first_of_two_zeros_is_an_extreme_where_there_are_few(dtype: str) -> None:
    minus, plus = (
        numpynet.tensor(-0.0, dtype=getattr(numpynet, dtype)),
        numpynet.zeros((), dtype=getattr(numpynet, dtype)),
    )
    for extreme in (numpynet.maximum, numpynet.minimum):
        assert math.copysign(1, extreme(minus, plus).item()) == -1
        assert math.copysign(1, extreme(plus, minus).item()) == 1
        assert math.isnan(extreme(minus, plus * math.nan).item())
        assert math.isnan(extreme(minus * math.nan, plus).item())
    for cotangent in (1.0, -2.0):
        target = numpynet.tensor([1.0, 2.0], requires_grad=True)
        numpynet.nn.functional.mse_loss(target.detach(), target, reduction="none").backward(
            numpynet.full((2,), cotangent)
        )
        assert not target.grad.any()


def test_linear_broadcasts_its_bias() -> None:
    x, w = numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), numpynet.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    for shape in ((), (1,), (3,), (1, 3), (2, 1), (2, 3)):
        b = numpynet.ones(shape, requires_grad=True)
        y = numpynet.nn.functional.linear(x, w, b)
        assert y.tolist() == [[2, 3, 4], [4, 5, 8]]
        y.backward(numpynet.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
        assert b.grad.shape == shape
        assert b.grad.sum().item() == 21
    for shape in ((2,), (4,), (5, 2, 3)):
        with pytest.raises(RuntimeError):
            numpynet.nn.functional.linear(x, w, numpynet.ones(shape))


def test_sums_of_products_without_a_sum_promote() -> None:
    i, x = numpynet.tensor([1, 2]), numpynet.tensor([0.5, 1.5, 2.5], requires_grad=True)
    y = numpynet.einsum("i,j->ji", i, x)
    assert y.tolist() == [[0.5, 1.0], [1.5, 3.0], [2.5, 5.0]]
    assert y.grad_fn.name() == "MulBackward0"
    y.backward(numpynet.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    assert x.grad.tolist() == [5, 11, 17]
    with pytest.raises(RuntimeError, match="does not broadcast"):
        numpynet.einsum("i,i->i", i, i[:0])


@pytest.mark.parametrize(
    ("equation", "a", "b", "product", "dtype"),
    [
        ("ij,jk->ik", [[1], [2]], [[100, 3]], [[100, 3], [200, 6]], "uint8"),
        ("ij,jk->ik", [[1], [2]], [[200, 3], [100, 3]], [[300, 6], [600, 12]], "int64"),
        ("ij,k->k", [[200, 100]], [2, 3], [600, 900], "int64"),
        ("i,i->", [1, 200, 100], [2], 602, "int64"),
        ("i,i->", [200, 100], [2, 3], 188, "uint8"),
    ],
)
def test_of_integers_what_one_factor_alone_adds_up_is_int64(
    equation: str, a: Any, b: Any, product: Any, dtype: str
) -> None:
    y = numpynet.einsum(equation, *(numpynet.tensor(one, dtype=numpynet.uint8) for one in (a, b)))
    assert (y.tolist(), str(y.dtype)) == (product, f"torch.{dtype}")
    torch = pytest.importorskip("torch")
    y = torch.einsum(equation, *(torch.tensor(one, dtype=torch.uint8) for one in (a, b)))
    assert (y.tolist(), str(y.dtype)) == (product, f"torch.{dtype}")


def test_a_distance_of_nothing_passes_what_is_infinite() -> None:
    """The derivative of ‖x‖ at 0 is 0, by which the cotangent is multiplied."""
    x = numpynet.tensor([3.0, -3.0], requires_grad=True)
    numpynet.dist(x, x.detach()).backward()
    assert x.grad.tolist() == [0, 0]
    x.grad = None
    (1 / numpynet.dist(x, x.detach())).backward()
    assert all(math.isnan(slope) for slope in x.grad.tolist())
    for p in (1, 1.5, 2, 3, math.inf):
        y = numpynet.tensor([0.0, 0.0], requires_grad=True)
        y.norm(p).backward()
        assert y.grad.tolist() == [0, 0]


def test_softmax_of_no_integers_is_empty() -> None:
    for function in (numpynet.nn.functional.softmax, numpynet.nn.functional.log_softmax):
        y = function(numpynet.zeros(0, 3, dtype=numpynet.int32), dim=0)
        assert (y.shape, y.dtype) == ((0, 3), numpynet.int32)


def test_integers_where_a_reduction_loses_the_gradient() -> None:
    x = numpynet.tensor([1.5, 2.5], requires_grad=True)
    with pytest.raises(RuntimeError, match="Autograd not support dtype"):
        x.prod(dtype=numpynet.int64)
    with numpynet.no_grad():
        assert x.sum(dtype=numpynet.int64).item() == 3
    assert x.detach().sum(dtype=numpynet.int8).dtype is numpynet.int8
    assert x.sum(dtype=numpynet.float64).requires_grad


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x.add_(3, y)", "x.add_(y, alpha=3)"),
        ("t.sub(x, 3, y)", "t.sub(x, y, alpha=3)"),
        ("x.addcdiv_(-0.5, y, x)", "x.addcdiv_(y, x, value=-0.5)"),
        ("t.addcmul(x, 2, y, x)", "t.addcmul(x, y, x, value=2)"),
    ],
)
@pytest.mark.filterwarnings("ignore:This overload of")
def test_the_old_forms_with_the_factor_in_front(old, new):
    """torch's forms of old, in which the factor stands before the tensors that it multiplies."""

    def value(text):
        return eval(text, {"t": numpynet, "x": numpynet.tensor([1.0, 2.0]), "y": numpynet.tensor([4.0, 8.0])}).tolist()

    assert value(old) == value(new)


def test_a_factor_may_be_a_tensor_of_one_number():
    assert numpynet.ones(2).add(numpynet.ones(2), alpha=numpynet.tensor(2.0)).tolist() == [3.0, 3.0]


@pytest.mark.parametrize("infinite", [math.inf, math.nan])
def test_a_product_with_one_number_does_not_drop_what_is_not_finite(infinite):
    column, zero = numpynet.tensor([[infinite], [1.0]]), numpynet.tensor([[0.0]])
    for y in (column @ zero, (zero @ column.T).T, F.linear(column, zero), column @ zero[0][:, None]):
        assert repr(y.flatten().tolist()) == "[nan, 0.0]"
    x, w = numpynet.ones(2, 1, requires_grad=True), numpynet.zeros(1, 1, requires_grad=True)
    (x @ w).backward(column)
    assert repr(x.grad.flatten().tolist()) == "[nan, 0.0]"
