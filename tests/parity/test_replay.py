"""Replays: an operation is evaluated by both libraries on the same operands, and the first that differs is found."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "ops"))

from operation_checks import generator
from operation_table import CASES

import numpynet
from numpynet import ops
from numpynet.ops import linear_algebra
from parity.replay import Played, first_divergence

torch = pytest.importorskip("torch")

FIRST = {case.op.name: case for case in reversed(CASES)}
INEXACT = {"lgamma", "digamma", "polygamma"}  # computed by other series than torch's, or exactly where torch's is not
UNKNOWN = {"max_pool", "avg_pool", "adaptive_avg_pool", "constant_pad", "taken_along", "im2col", "col2im", "lu"}
UNKNOWN |= {"interpolated", "rnn", "lstm", "gru", "states", "embedding_bag"}  # what torch has no function of


def played(operation, operands, options, wanted):
    operands = [*operands, *[None] * (0 if operation.variadic else len(operation.operands) - len(operands))]
    return Played(operation, operands, options, [None] * len(operands), wanted)


@np.errstate(all="ignore")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", FIRST.values(), ids=str)
def test_every_operation_is_replayed_or_refused(case):
    operands = [np.array(one) if isinstance(one, np.ndarray) else one for one in case.draw(generator(), np.float64)]
    one = played(case.op, operands, case.full_options, case.differentiable)
    if case.op.name in UNKNOWN:
        with pytest.raises(NotImplementedError, match=case.op.name):
            first_divergence([one], torch)
    else:
        assert case.op.name in INEXACT or first_divergence([one], torch) is None


@pytest.mark.parametrize("name", ["preserve_format", "contiguous_format", "channels_last"])
def test_copies_in_a_memory_format_are_replayed(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 2, 2))
    options = {"memory_format": getattr(numpynet, name)}
    assert first_divergence([played(ops.clone, [x], options, [0])], torch) is None


def test_stacks_of_matrices_are_replayed():
    x = np.random.default_rng(0).normal(size=(2, 3, 3))
    for operation in (linear_algebra.matrix_exp, linear_algebra.pinv):
        assert first_divergence([played(operation, [x], operation.option_defaults, [0])], torch) is None


def test_a_wrong_copy_is_found(monkeypatch):
    monkeypatch.setattr(ops.clone.gradients, "x", lambda dy: 1.01 * dy)
    found = first_divergence([played(ops.clone, [np.ones(2)], {"memory_format": None}, [0])], torch)
    assert "gradient by x" in str(found)
