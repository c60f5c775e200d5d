"""Terms: for every operation with a formula they sum to what the formula gives."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "ops"))

from operation_checks import generator
from operation_table import CASES

from numpynet import ops
from numpynet.explain.terms import Factor, coefficients, terms
from numpynet.ops.form import Op

DIFFERENTIABLE = [case for case in CASES if case.differentiable]


def finite(values):
    return all(np.isfinite(one).all() for one in values)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
@np.errstate(all="ignore")
def test_the_terms_of_every_operation_sum_to_its_formula(case):
    rng = generator()
    operands = case.draw(rng, np.float64)
    y = np.asarray(case.forward(operands))
    dy = rng.normal(size=y.shape)
    for position, gradient in case.pull(dy, operands, y).items():
        gradient = np.asarray(gradient)
        if gradient.size > 60 or not finite([gradient]):
            continue
        for index in np.ndindex(gradient.shape):
            found = coefficients(lambda e, at=position: case.pull(e, operands, y)[at], y.shape, index)
            products = [dy[at] * c for at, c in found.items()]
            # each coefficient is a few roundings from the formula's own, and the sum has its n more
            bound = (
                (64 + 4 * len(products)) * np.finfo(np.float64).eps * (np.sum(np.abs(products)) + abs(gradient[index]))
            )
            assert abs(sum(products) - gradient[index]) <= bound + 1e-300


def test_every_operation_with_a_formula_is_among_them():
    operations = [one for one in vars(ops).values() if isinstance(one, Op)]
    having = {one.name for one in operations if any(name in one.gradients for name in one.operands)}
    assert having <= {case.op.name for case in DIFFERENTIABLE}


def product_terms(index):
    x, w = np.arange(6.0).reshape(2, 3) + 1, np.ones((4, 3))
    return terms(lambda dy, kept: ops.linear.gradients.w(dy, x=kept[0]), [x], ["x"], (2, 4), index, np.float64), x, w


def test_coefficients_are_recognised_as_elements():
    found, x, _ = product_terms((3, 1))
    assert [term.at for term in found] == [(0, 3), (1, 3)]
    assert [term.factor for term in found] == [Factor("x", (0, 1)), Factor("x", (1, 1))]
    assert [term.coefficient for term in found] == [x[0, 1], x[1, 1]]


def test_minus_an_element_is_recognised():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    found = terms(lambda dy, kept: -dy * kept[0], [b], ["b"], (2,), (1,), np.float64)
    assert [(term.factor, term.coefficient) for term in found] == [(Factor("b", (1,), -1.0), -b[1])]
    assert a.size == 2


def test_numbers_of_the_formula_are_fixed():
    found = terms(lambda dy, kept: dy * 2.5, [np.ones(3)], ["x"], (3,), (0,), np.float64)
    assert [(term.factor, term.is_fixed, term.coefficient) for term in found] == [(None, True, 2.5)]


def test_a_slope_that_depends_on_a_sign_is_not_fixed():
    y = np.array([1.0, 0.0])
    pull = lambda dy, kept: ops.relu.gradients.x(dy, y=kept[0])  # noqa: E731
    (active,) = terms(pull, [y], ["y"], (2,), (0,), np.float64)
    assert (active.coefficient, active.is_fixed, active.factor) == (1.0, False, None)
    assert terms(pull, [y], ["y"], (2,), (1,), np.float64) == []


def test_the_value_of_an_element_may_occur_twice():
    x = np.ones((2, 2))  # all elements are equal: which one is meant the formula tells, not the value
    found = terms(lambda dy, kept: dy.T.dot(kept[0]), [x], ["x"], (2, 1), (0, 1), np.float64)
    assert [term.factor for term in found] == [Factor("x", (0, 1)), Factor("x", (1, 1))]
