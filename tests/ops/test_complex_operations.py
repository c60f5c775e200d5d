"""Every operation that takes complex numbers, in every case of the table: values, gradients and those of gradients.

The gradient of a real L by z = a + ib is ∂L/∂a + i ∂L/∂b, as torch's is. Cotangents are random and complex. An
operation rounds a few times what is as large as its largest element at most, or as that of its operands.
"""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np
import pytest
from operation_cases import Case, Drawn
from operation_checks import as_torch, call_torch, generator
from operation_table import CASES

import numpynet
from numpynet import ops
from numpynet.ops import complex_numbers
from numpynet.ops.form import Op

pytest.importorskip("torch")

K = 256  # eps of the largest number: of sums and products of some ten terms, and of solved equations
BEYOND = ("nan_to_num",)  # of complex numbers it has no gradient in torch
TAKING = [case for case in CASES if case.op.complex and any(isinstance(one, Drawn) for one in case.operands)]
OPERATIONS = list(dict.fromkeys(case.op for case in TAKING))


def normal(rng: np.random.Generator, like: Any) -> Any:
    parts = rng.normal(size=(2, *np.shape(like)))
    values = parts[0] + 1j * parts[1] if np.asarray(like).dtype.kind == "c" else parts[0]
    return np.asarray(values, np.asarray(like).dtype)


def drawn(case: Case, rng: np.random.Generator, dtype: Any) -> list[Any]:
    """Operands of the case, those that are drawn complex."""
    parts = [case.draw(rng, np.float64) for _ in range(2)]
    if case.op.name == "cholesky_inverse":  # of a factor, whose diagonal is real
        parts[1][0] = parts[1][0] * (1 - np.eye(case.operands[0].shape[-1]))
    return [
        np.asarray(real + 0.75j * imaginary, dtype) if isinstance(one, Drawn) else real
        for one, real, imaginary in zip(case.operands, *parts, strict=True)
    ]


def near(ours: Any, theirs: Any, eps: float, scale: float = 1) -> None:
    ours, theirs = (np.asarray(one.detach().resolve_conj().numpy()) for one in (ours, theirs))
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    size = max(scale, float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=K * eps, atol=K * eps * size)


def like_torch(case: Case, dtype: Any) -> None:
    rng = generator()
    compared(case, drawn(case, rng, dtype), [] if case.op.name in BEYOND else case.differentiable, dtype, rng)


@np.errstate(all="ignore")
def compared(case: Case, operands: list[Any], positions: list[int], dtype: Any, rng: np.random.Generator) -> None:
    torch = importlib.import_module("torch")
    eps = float(np.finfo(dtype).eps)
    given: list[Any] = [numpynet.tensor(one) if isinstance(one, np.ndarray) else one for one in operands]
    for at in positions:
        given[at].requires_grad_()
    try:
        theirs, leaves = call_torch(case, operands, positions)
    except RuntimeError:
        with pytest.raises(RuntimeError):
            case.op(*given, **case.options)
        return
    ours: Any = case.op(*given, **case.options)
    near(ours, theirs, eps)
    if not (positions and theirs.requires_grad):
        return
    if case.title:
        assert ours.grad_fn.name() == theirs.grad_fn.name()
    wanted, by = [given[at] for at in positions], list(leaves.values())
    dy = normal(rng, theirs.detach().resolve_conj().numpy())
    plain = numpynet.autograd.grad(ours, wanted, numpynet.tensor(dy), retain_graph=True)
    first = numpynet.autograd.grad(ours, wanted, numpynet.tensor(dy), create_graph=True)
    expected = torch.autograd.grad(theirs, by, as_torch(dy), create_graph=True, materialize_grads=True)
    scale = max((float(abs(one.detach()).max()) for one in expected if one.numel()), default=1.0)
    for gradients in (plain, first):
        for one, other in zip(gradients, expected, strict=True):
            near(one, other, eps, scale)
    pairs = [pair for pair in zip(first, expected, strict=True) if all(one.requires_grad for one in pair)]
    if not pairs:
        return
    cotangents = [normal(rng, one.detach().numpy()) for one, _ in pairs]
    second = numpynet.autograd.grad(
        [one for one, _ in pairs], wanted, [numpynet.tensor(one) for one in cotangents], materialize_grads=True
    )
    wished = torch.autograd.grad(
        [other for _, other in pairs], by, [as_torch(one) for one in cotangents], materialize_grads=True
    )
    scale = max([scale, *(float(abs(one).max()) for one in wished if one.numel())])
    for one, other in zip(second, wished, strict=True):
        near(one, other, 8 * eps, scale)


def checked(op: Op, dtype: Any) -> None:
    for case in TAKING:
        if case.op is op:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", UserWarning)
                    warnings.simplefilter("error", np.exceptions.ComplexWarning)
                    like_torch(case, dtype)
            except BaseException as failure:
                failure.add_note(f"in the case {case}")
                raise


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("op", OPERATIONS, ids=[op.name for op in OPERATIONS])
def test_like_torch(op: Op, dtype: Any) -> None:
    checked(op, dtype)


def test_operations_of_complex_numbers_alone() -> None:
    """Those that the table has no rows of, since they take or give what is real."""
    rng = generator()
    z, x, y = (normal(rng, np.zeros((3, 4), kind)) for kind in (np.complex128, np.float64, np.float64))
    numbers = complex_numbers
    for op, operands, torch in (
        (numbers.conj, [z], "torch.conj(x)"),
        (numbers.view_as_real, [z], "torch.view_as_real(x)"),
        (numbers.view_as_complex, [x.reshape(3, 2, 2)], "torch.view_as_complex(x)"),
        (numbers.complex, [x, y], "torch.complex(a, b)"),
        (numbers.polar, [abs(x), y], "torch.polar(r, phi)"),
        (numbers.angle, [z], "torch.angle(x)"),
        (numbers.angle, [x], "torch.angle(x)"),
    ):
        case = Case(op, tuple(operands), {}, torch, "result", "result", K, False, True, True, True)
        compared(case, operands, list(range(len(operands))), np.float64, rng)


def _off(result: Any) -> Any:
    """The result with its last element wrong by 2 %."""
    if isinstance(result, list):
        return [_off(one) for one in result]
    wrong = np.array(result)
    if wrong.size:
        wrong[(-1,) * wrong.ndim] = wrong[(-1,) * wrong.ndim] * 1.02 + 0.02
    return wrong


DIFFERENTIATED = {(case.op, case.names[at]) for case in TAKING for at in case.differentiable}
WRONG = [(op, "forward") for op in OPERATIONS]
WRONG += [(op, name) for op in OPERATIONS for name in op.gradients._needs if (op, name) in DIFFERENTIATED]
WRONG = [(op, where) for op, where in WRONG if where == "forward" or op.name not in BEYOND]


@pytest.mark.parametrize(("op", "where"), WRONG, ids=lambda one: one if isinstance(one, str) else one.name)
def test_one_wrong_element_is_caught(monkeypatch: pytest.MonkeyPatch, op: Op, where: str) -> None:
    """Of the forward and of every formula, as of real numbers."""
    holder = op if where == "forward" else op.gradients
    right = getattr(holder, where)
    monkeypatch.setattr(holder, where, lambda *args, **kwargs: _off(right(*args, **kwargs)))
    with pytest.raises((AssertionError, ValueError, RuntimeError, TypeError, pytest.fail.Exception)):
        checked(op, np.complex128)


@pytest.mark.parametrize("op", [ops.mul, ops.exp, ops.matmul, ops.pow, ops.sum], ids=lambda op: op.name)
def test_gradients_that_are_not_conjugated_are_caught(monkeypatch: pytest.MonkeyPatch, op: Op) -> None:
    monkeypatch.setattr(op, "complex", "written" if op.complex == "analytic" else "analytic")
    if op is ops.sum:  # which is the same either way
        checked(op, np.complex128)
    else:
        with pytest.raises(AssertionError):
            checked(op, np.complex128)
