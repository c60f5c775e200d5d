"""Laws that every operation obeys, over shapes and values that Hypothesis draws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from operation_cases import Case, Drawn, cotangent
from operation_table import CASES

import numpynet
from numpynet import ops
from numpynet.ops import divisors, floating_point, special
from numpynet.ops.arguments import takes_numbers
from numpynet.ops.form import Op
from numpynet.ops.sums import sum_to

cases = st.sampled_from([case for case in CASES if case.differentiable])
elementwise = st.sampled_from([case for case in CASES if case.op.broadcasts and case.differentiable])
seeds = st.integers(0, 2**32)


@st.composite
def broadcast_cases(draw: Any) -> tuple[Case, tuple[int, ...]]:
    """A case of an elementwise operation, its operands in drawn shapes that broadcast; and the shape of the result."""
    case = draw(elementwise)
    drawn = [at for at, one in enumerate(case.operands) if isinstance(one, Drawn)]
    shapes = draw(arrays.mutually_broadcastable_shapes(num_shapes=len(drawn), max_dims=3, max_side=4, min_side=0))
    operands = list(case.operands)
    for at, shape in zip(drawn, shapes.input_shapes, strict=True):
        operands[at] = operands[at].domain[shape]
    return Case(**{**vars(case), "operands": tuple(operands)}), shapes.result_shape


@np.errstate(all="ignore")
@settings(max_examples=150)
@given(cases, seeds, st.floats(-8, 8), st.floats(-8, 8))
def test_gradients_are_linear_in_the_cotangent(case: Case, seed: int, a: float, b: float) -> None:
    rng = np.random.default_rng(seed)
    operands = case.draw(rng, np.float64)
    y = case.forward(operands)
    first, second = (cotangent(rng, y, np.float64) for _ in range(2))
    both = np.asarray(a * first + b * second)  # without dimensions NumPy makes a number of it
    of_first, of_second, of_both = (case.pull(dy, operands, y) for dy in (first, second, both))
    largest = max((np.abs(one).max(initial=0) for one in (*of_first.values(), *of_second.values())), default=0)
    for at, gradient in of_both.items():
        # Each side is rounded a few times, on the way by terms that may be a hundred times as large as the sum.
        allowed = 1e-13 * (abs(a) + abs(b) + 1) * (largest + np.abs(first).sum() + np.abs(second).sum())
        expected = a * of_first[at] + b * of_second[at]
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=allowed, err_msg=case.names[at])


@np.errstate(all="ignore")
@settings(max_examples=150)
@given(broadcast_cases(), seeds)
def test_broadcasting_is_copying(drawn: tuple[Case, tuple[int, ...]], seed: int) -> None:
    """The result is that of operands copied to the full shape; a gradient adds up those of the copies."""
    case, shape = drawn
    rng = np.random.default_rng(seed)
    operands = case.draw(rng, np.float64)
    y = np.asarray(case.forward(operands))
    assert y.shape == shape
    copied = [np.broadcast_to(one, shape).copy() if isinstance(one, np.ndarray) else one for one in operands]
    np.testing.assert_array_equal(y, case.forward(copied))
    dy = cotangent(rng, y, np.float64)
    of_copies = case.unsummed(dy, copied, y)
    for at, gradient in case.pull(dy, operands, y).items():
        assert gradient.shape == operands[at].shape
        full = np.broadcast_to(of_copies[at], shape)
        terms = sum_to(np.abs(full), operands[at].shape)
        added = np.array([math.fsum(part) for part in _parts(full, operands[at].shape)]).reshape(gradient.shape)
        # At most 64 terms are added up, in whatever order.
        np.testing.assert_array_less(np.abs(gradient - added), 64 * np.finfo(np.float64).eps * terms + 1e-300)


def _parts(full: Any, shape: tuple[int, ...]) -> list[list[float]]:
    """For each element of an operand of that shape, the values at all places that it was copied to."""
    owner = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), full.shape).ravel()
    return [full.ravel()[owner == element].tolist() for element in range(math.prod(shape))]


PAIRS = [
    op
    for op in (vars(ops) | vars(special) | vars(floating_point) | vars(divisors)).values()
    if isinstance(op, Op)
    and op.broadcasts
    and len(op.operands) == 2
    and all(name in op.gradients for name in op.operands)
]
REQUIRED = {"rounded_divide": {"rounding_mode": "floor"}}


@np.errstate(all="ignore")
@given(
    st.sampled_from(PAIRS),
    st.sampled_from(["float16", "float32", "float64"]),
    st.one_of(st.floats(0.25, 4), st.integers(1, 5), st.booleans()),
    st.booleans(),
    arrays.array_shapes(min_dims=0, min_side=0, max_dims=2),
)
def test_a_number_never_widens_a_tensor(op: Op, dtype: str, number: Any, number_first: bool, shape: Any) -> None:
    """Neither forwards nor backwards, on tensors as on arrays."""
    if isinstance(number, bool) and op in (ops.sub, ops.rsub):
        number = 1  # torch subtracts no booleans
    x = numpynet.full(shape, 1.5, dtype=getattr(numpynet, dtype), requires_grad=True)
    options = REQUIRED.get(op.name, {})
    if not takes_numbers(op.name, op.parameters[1]):
        with pytest.raises(TypeError, match="must be Tensor"):
            op(x, number, **options)
        return
    if op in (ops.maximum, ops.minimum, ops.pow, ops.sub, ops.true_divide) and number_first:
        y = op(number, x, **options)
    else:
        y = op(x, number, **options)
    assert y.dtype is x.dtype
    y.sum().backward()
    assert x.grad.dtype is x.dtype
    array = np.full(shape, 1.5, dtype)
    forward = op.forward(array, number, **{**op.option_defaults, **options})
    assert np.asarray(forward).dtype == dtype
