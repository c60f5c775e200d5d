"""Operations on complex numbers: results and gradients worked out by hand, and one rule for all analytic ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import numpynet
from numpynet import ops
from numpynet.ops.complex_numbers import angle, complex, conj, polar, view_as_complex, view_as_real
from numpynet.ops.form import Op
from numpynet.ops.plan import CONJUGATED

# operation, operands, result, cotangent, gradients by operands; each gradient is ∂L/∂a + i ∂L/∂b of z = a + ib
HAND: list[tuple[Op, list[Any], Any, Any, dict[str, Any]]] = [
    (conj, [[1 + 2j]], [1 - 2j], [3 + 4j], {"x": [3 - 4j]}),
    (view_as_real, [[1 + 2j]], [[1, 2]], [[3, 4]], {"x": [3 + 4j]}),
    (view_as_complex, [[[1, 2]]], [1 + 2j], [3 + 4j], {"x": [[3, 4]]}),
    (complex, [[1], [2]], [1 + 2j], [3 + 4j], {"a": [3], "b": [4]}),
    (polar, [[2], [math.pi / 2]], [2j], [3 + 4j], {"r": [4], "phi": [-6]}),
    (angle, [[2j, 0, -1]], [math.pi / 2, 0, math.pi], [8, 8, 8], {"x": [-4, 0, -8j]}),
    (angle, [[2, -2]], [0, math.pi], [8, 8], {"x": [0, 0]}),
    (ops.abs, [[3 + 4j, 0]], [5, 0], [10, 1], {"x": [6 + 8j, 0]}),
    (ops.norm, [[3, 4j]], 5, 10, {"x": [6, 8j]}),
]


def kind(values: Any) -> Any:
    return np.complex128 if np.iscomplexobj(values) else np.float64


@pytest.mark.parametrize(("op", "operands", "result", "dy", "gradients"), HAND, ids=lambda one: str(one)[:40])
def test_by_hand(op: Op, operands: list[Any], result: Any, dy: Any, gradients: dict[str, Any]) -> None:
    arrays = [np.array(one, kind(one)) for one in operands]
    y = np.asarray(op(*arrays))
    np.testing.assert_allclose(y, result, atol=1e-15)
    leaves = [numpynet.from_numpy(one).requires_grad_() for one in arrays]
    op(*leaves).backward(numpynet.from_numpy(np.array(dy, y.dtype)))
    for name, leaf in zip(op.operands, leaves, strict=True):
        assert leaf.grad.dtype is leaf.dtype
        np.testing.assert_allclose(leaf.grad.numpy(), gradients[name], atol=1e-15)


def test_analytic_formulas_are_conjugated() -> None:
    """L = Re z w has ∂L/∂z = conj(w): the formula of mul as it is written gives w."""
    z, w = (numpynet.tensor(one, requires_grad=True) for one in (1 + 2j, 3 - 4j))
    (z * w).real.backward()
    assert (z.grad.item(), w.grad.item()) == (3 + 4j, 1 - 2j)
    assert ops.mul.gradients.a(1, b=3 - 4j) == 3 - 4j
    assert ops.mul.plans[CONJUGATED | 1].gradients(1, [3 - 4j]) == [3 + 4j]


ANALYTIC = [one for one in vars(ops).values() if isinstance(one, Op) and one.complex == "analytic" and one.broadcasts]


@pytest.mark.parametrize("op", dict.fromkeys(ANALYTIC), ids=lambda op: op.name)
def test_gradients_of_analytic_functions_are_derivatives(op: Op) -> None:
    numbers = np.random.default_rng(7)
    operands = tuple(
        numpynet.from_numpy(0.5 + 0.25 * (numbers.random(3) + 1j * numbers.random(3))).requires_grad_()
        for _ in op.operands
    )
    assert numpynet.autograd.gradcheck(op, operands)
    assert numpynet.autograd.gradgradcheck(op, operands)


def test_what_takes_no_complex_numbers_refuses_them() -> None:
    z = numpynet.tensor([1 + 2j])
    for op in {one for one in vars(ops).values() if isinstance(one, Op) and not one.complex}:
        if op.variadic or op.options:
            continue
        with pytest.raises(RuntimeError, match=r"Complex|complex"):
            op(*[z for _ in op.operands])


def test_real_operands_get_real_gradients() -> None:
    x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    (x * 1j * (2 - 3j)).imag.sum().backward()
    assert x.grad.dtype is numpynet.float32
    assert x.grad.tolist() == [2.0, 2.0]


def test_infinities_are_added_up_part_by_part() -> None:
    z = numpynet.tensor([[1 + 2j, np.inf], [3j, 1]])
    assert z.sum().item() == np.inf + 5j
    assert z.sum(0).tolist() == [1 + 5j, np.inf]
