"""The table of shadows: each rule bounds the rounding errors of its operation, and is no wider than it has to be."""

from contextlib import contextmanager

import numpy as np
import pytest

import numpynet
from numpynet import ops
from numpynet.ops.form import Op
from parity.bounds import K
from parity.libraries import NUMPYNET, run
from parity.locked import LockedRecorder
from parity.programs import PROGRAMS
from parity.programs.operations import CASES
from parity.programs.program import Program
from parity.shadow import RULES
from parity.tape import ShadowTape
from parity.trace import Trace

F = numpynet.nn.functional
EPS = np.finfo(np.float32).eps


@contextmanager
def default_dtype(dtype):
    before = numpynet.get_default_dtype()
    numpynet.set_default_dtype(dtype)
    yield
    numpynet.set_default_dtype(before)


def evaluate(case, operands, cotangent):
    """Result and gradients of a case, and the shadow of each."""
    with ShadowTape() as tape:
        leaves = [
            numpynet.tensor(one).requires_grad_() if one.dtype.kind == "f" else numpynet.tensor(one) for one in operands
        ]
        y = case.call(numpynet, *leaves)
        y.backward(numpynet.tensor(cotangent))
        floating = [leaf for leaf in leaves if leaf.requires_grad]
        values = [y.detach().numpy(), *(leaf.grad.numpy() for leaf in floating)]
        return values, [tape.shadow_of(y), *(tape.gradients[id(leaf)] for leaf in floating)]


@pytest.mark.parametrize("name", CASES)
def test_rounding_to_float32_stays_within_the_shadow(name):
    """float64 stands for the exact value; the worst of several random tries must not be absurdly small either."""
    case, worst = CASES[name], []
    numpynet.manual_seed(0)
    for _ in range(5):
        operands = [one.numpy() for one in case.inputs(numpynet)]
        with numpynet.no_grad():
            dy = numpynet.randn(case.call(numpynet, *map(numpynet.tensor, operands)).shape).numpy()
        rounded, shadows = evaluate(case, operands, dy)
        wide = [one.astype(np.float64) if one.dtype.kind == "f" else one for one in operands]
        with default_dtype(numpynet.float64):
            exact, _ = evaluate(case, wide, dy.astype(np.float64))
        for a, b, S in zip(rounded, exact, shadows, strict=True):
            assert a.shape == b.shape == S.shape
            error = np.abs(a - b)
            assert (error <= K * EPS * S + np.finfo(np.float32).tiny).all(), name
            assert (np.abs(b) * (1 - 8 * EPS) <= S + np.finfo(np.float32).tiny).all(), name  # what underflows has none
            finite = (np.abs(b) > 1e-30) & np.isfinite(S)
            worst.append((S[finite] / np.abs(b[finite])).min(initial=np.inf))
    assert min(worst) < 1000, "the shadow is so wide that it hardly bounds anything"


def test_every_operation_that_can_be_differentiated_is_tried():
    """By the cases of the program of operations, whose calls the tape sees."""
    differentiable = {
        one.name
        for one in vars(ops).values()
        if isinstance(one, Op) and any(name in one.gradients for name in one.operands)
    }
    assert len(differentiable) > 115
    names = operations_seen()
    assert differentiable - names == set()
    assert set(RULES) <= names


def operations_seen():
    with ShadowTape() as tape:
        names = set()
        recorder = LockedRecorder(
            Trace(), tape, lambda number, entries: names.update(e.operation.name for e in entries)
        )
        trace = run(PROGRAMS["operations"], NUMPYNET, recorder, dtype="float32", seed=0, steps=0)
    assert trace.stopped is None
    return names


def test_shadows_add_up_where_values_cancel():
    with ShadowTape() as tape:
        a = numpynet.tensor([1e8, 1.0], requires_grad=True)
        y = (a - numpynet.tensor([1e8, 1.0])) * 3
        assert y.tolist() == [0, 0]
        assert tape.shadow_of(y).tolist() == [6e8, 6]


def test_gradients_that_accumulate_carry_their_shadow_on():
    with ShadowTape() as tape:
        w = numpynet.tensor([2.0], requires_grad=True)
        (w * -3).sum().backward()
        tape.clear()
        (w * 5).sum().backward()
        assert w.grad.item() == 2
        assert tape.gradients[id(w)].tolist() == [8]


def test_at_a_kink_the_whole_cotangent_is_allowed():
    """1 + 2⁻²³ − 1 may as well have come out as 0, and relu′ as 0: either side is right."""
    with ShadowTape() as tape:
        x = numpynet.tensor([1.0, 1.0, -1.0], requires_grad=True)
        F.relu(x + numpynet.tensor([-1 + 2**-24, 5.0, -5.0])).sum().backward()
        S = tape.gradients[id(x)]
    assert K * EPS * S[0] == pytest.approx(1)
    assert S[1:].tolist() == [1, 0]


def test_operations_in_place_are_seen():
    with ShadowTape() as tape:
        x = numpynet.tensor([1.0, -2.0], requires_grad=True)
        y = x * 3
        y.mul_(2).add_(1.0)
        y.sum().backward()
        assert tape.shadow_of(y).tolist()[1] == pytest.approx(13)
        assert tape.gradients[id(x)].tolist() == pytest.approx([6, 6])


def test_an_operation_that_the_tape_did_not_see_is_not_passed_over():
    x = numpynet.tensor([0.5], requires_grad=True)
    y = x * 2
    with ShadowTape(), pytest.raises(RuntimeError, match="did not see"):
        (y * 3).sum().backward()
    z = (x * 2).sum()
    z.backward()  # closed again: everything is as before
    assert not hasattr(z, "shadow")


def test_the_tape_ends_with_what_it_bounds_though_the_program_fails():
    def fails(torch, recorder, steps):
        """Ends early."""
        raise ValueError("for a reason")

    trace = run(
        Program("fails", fails, 1), NUMPYNET, LockedRecorder(Trace(), ShadowTape()), dtype="float32", seed=0, steps=1
    )
    assert trace.stopped == "ValueError: for a reason"
