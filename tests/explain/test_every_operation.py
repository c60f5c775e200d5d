"""Explanations of every operation: text, terms, page and exercise of a program that uses it."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "ops"))

from operation_checks import generator
from operation_table import CASES

import numpynet as torch
from numpynet.explain import explain
from numpynet.explain.page import page

DIFFERENTIABLE = [case for case in CASES if case.differentiable]

FIRST = {case.op.name: case for case in reversed(DIFFERENTIABLE)}
LAST = {case.op.name: case for case in DIFFERENTIABLE}
CHOSEN = [case for case in DIFFERENTIABLE if any(case is one[case.op.name] for one in (FIRST, LAST))]


def program(case):
    """A step that uses the operation once, and the leaves that it differentiates by."""
    rng = generator()
    drawn = case.draw(rng, np.float64)
    leaves = {at: torch.from_numpy(drawn[at].copy()).requires_grad_() for at in case.differentiable}
    operands = [
        leaves.get(at, torch.from_numpy(one.copy()) if isinstance(one, np.ndarray) else one)
        for at, one in enumerate(drawn)
    ]
    shape = np.shape(case.forward(drawn))
    weights = torch.from_numpy(np.asarray(rng.normal(size=shape)))

    def step():
        y = case.op.call(*operands, **case.options)
        loss = (y * weights).sum()
        return loss  # noqa: RET504  a name to be shown

    return step, leaves


@np.errstate(all="ignore")
@pytest.mark.parametrize("case", CHOSEN, ids=str)
def test_every_operation_is_explained(case):
    step, leaves = program(case)
    explanation = explain(step)
    step().backward()
    text = repr(explanation)
    assert max(map(len, text.splitlines())) <= 100
    named = {id(value.tensor): value.name for value in explanation.graph.values if value.tensor is not None}
    for leaf in leaves.values():
        name = named[id(leaf)]
        gradient = explanation.gradient(name)
        assert np.array_equal(gradient, leaf.grad.numpy(), equal_nan=True)
        for index in list(np.ndindex(gradient.shape))[:3]:
            number = explanation.number(f"{name}[{', '.join(map(str, index))}]" if index else name)
            repr(number)
            if np.isfinite(gradient[index]):
                products = [use.cotangent(term) * term.coefficient for use in number.uses for term in use.terms]
                bound = (64 + 4 * len(products)) * np.finfo(np.float64).eps * (np.sum(np.abs(products)) + 1e-300)
                assert abs(number.total - gradient[index]) <= bound + 64 * np.finfo(np.float64).eps * abs(
                    gradient[index]
                )
    if case is not FIRST[case.op.name]:
        return
    assert page(explanation).startswith("<!doctype html>")
    exercise = explanation.exercise()
    for value in exercise.asked:
        assert exercise.check(f"d_{value.name.replace('.', '_')}", value.gradient).right
    compile(exercise.text(), "exercise", "exec")
