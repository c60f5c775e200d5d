"""The derived bound: what it is, against sums made by hand; and that it forgives rounding and nothing else."""

import numpy as np
import pytest

import numpynet
from numpynet import ops
from parity import derived
from parity.bounds import K
from parity.shadow import RULES
from parity.tape import Call, ShadowTape

EPS = np.finfo(np.float32).eps
X, A, B = np.array([1.0, -2.0, 3.0]), np.array([0.5, 4.0, -1.0]), np.array([-2.0, 0.25, 8.0])


def exact(operands):
    return [None if one is None else np.abs(one) for one in operands]


def forward(operation, operands, **options):
    return derived.result_shadow(operation, operands, exact(operands), options)


def gradient(operation, operands, position, DY, Y, **options):
    return derived.gradient_shadow(operation, operands, exact(operands), options, position, DY, Y)


def close(values):
    return pytest.approx(values, rel=1e-6)


def test_a_sum_of_products():
    """y = x + v a b: |y| + |x| + 2 |v a b|; ∂L/∂a = dy v b: |dy v b| for dy, and as much for b."""
    terms = np.abs(0.5 * A * B)
    assert forward(ops.addcmul, [X, A, B], value=0.5) == close(np.abs(X + 0.5 * A * B) + np.abs(X) + 2 * terms)
    DY = np.array([1.0, 2.0, 3.0])
    found = gradient(ops.addcmul, [X, A, B], 1, DY, np.ones(3), value=0.5)
    assert found == close(2 * DY * np.abs(0.5 * B))


def test_a_function_of_one_operand():
    """y = 2ˣ: |y| + |y ln 2| |x|; ∂L/∂x = dy y ln 2: |dy y ln 2| for dy, |dy ln 2| Y for y."""
    y = 2**X
    assert forward(ops.exp2, [X]) == close(y * (1 + np.log(2) * np.abs(X)))
    Y = np.array([9.0, 8.0, 7.0])
    assert gradient(ops.exp2, [X], 0, np.ones(3), Y) == close(np.log(2) * (y + Y))


def test_what_is_broadcast_has_the_shape_of_the_result():
    rows = np.array([[1.0], [2.0]])
    assert forward(ops.hypot, [rows, X]).shape == (2, 3)
    assert gradient(ops.hypot, [rows, X], 0, np.ones((2, 3)), np.ones((2, 3))).shape == (2, 3)


def test_an_operation_that_mixes_its_elements():
    """y = Σ a b: |y| + 2 Σ |a b|, whatever the signs; trace likewise."""
    assert forward(ops.einsum, [A, B], equation="i,i->") == close(np.abs(A @ B) + 2 * np.abs(A) @ np.abs(B))
    square = np.array([[1.0, 5.0], [7.0, -1.0]])
    assert forward(ops.trace, [square]) == close(0 + 2)
    assert gradient(ops.trace, [square], 0, np.array(3.0), np.array(1.0)) == close(np.diag([3.0, 3.0]))


@pytest.mark.parametrize(("name", "low", "high"), [("mul", 1, 3), ("tanh", 0.5, 2), ("add", 1, 2), ("relu", 1, 2)])
def test_it_is_about_what_rules_by_hand_say(name, low, high):
    operation = getattr(ops, name)
    operands = [A, B][: len(operation.operands)]
    call = Call(operation, operands, [np.abs(one) for one in operands], {}, operation.forward(*operands))
    by_hand = RULES[name].y and call.result_shadow()
    ratio = forward(operation, operands, **call.options)[by_hand > 0] / by_hand[by_hand > 0]
    assert (ratio >= low * (1 - 1e-6)).all()
    assert (ratio <= high * (1 + 1e-6)).all()


def test_at_a_kink_that_rounding_may_decide_the_jump_is_allowed():
    """1 + 2⁻²³ − 1 may as well have come out as 0, and the derivative of leaky_relu as its slope below 0."""
    with ShadowTape() as tape:
        x = numpynet.tensor([1.0, 1.0, -1.0], requires_grad=True)
        moved = x + numpynet.tensor([-1 + 2**-24, 5.0, -5.0])
        numpynet.nn.functional.leaky_relu(moved, 0.25).sum().backward()
        S = tape.gradients[id(x)]
    assert K * EPS * S[0] == pytest.approx(0.75, rel=1e-3)
    assert S[1:].tolist() == close([1, 0.25])


def test_at_a_kink_that_is_known_exactly_nothing_is_allowed():
    with ShadowTape() as tape:
        x = numpynet.tensor([0.0, 1.0, 2.0], requires_grad=True)
        x.clamp(1.0, 2.0).sum().backward()
        assert (tape.gradients[id(x)] <= 2).all()


def test_beyond_the_domain_it_is_asked_on_one_side_only_or_not_at_all():
    """A probability of 1 cannot be moved up, nor acos of 1."""
    p, t = np.array([1.0, 0.5]), np.array([1.0, 0.25])
    found = forward(ops.binary_cross_entropy, [p, t, None], reduction="none")
    assert np.isfinite(found).all()
    assert np.isfinite(forward(ops.acos, [np.array([1.0, 0.5])])).all()


def test_what_is_not_a_number_stays_so():
    found = forward(ops.nan_to_num, [np.array([np.nan, 2.0])], nan=0.5, posinf=None, neginf=None)
    assert found == close([0.5, 4])


def test_nothing_in_nothing_out():
    nothing = np.zeros(0)
    assert forward(ops.erf, [nothing]).shape == (0,)
    assert gradient(ops.erf, [nothing], 0, nothing, nothing).shape == (0,)
    rows = np.zeros((0, 2))
    assert gradient(ops.cumprod, [rows], 0, rows, rows, dim=1, dtype=None).shape == (0, 2)
