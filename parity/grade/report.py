"""Report: wrong answers as text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.testing.ulp import ulp_distance
from parity.grade.answer import DTYPE, MUTATION, SHAPE, VALUE, Answer, Solution
from parity.grade.cases import Case
from parity.grade.literal import argument, literal
from parity.grade.signature import Signature

SHORT = 6  # digits that are shown of results, where they suffice


def inputs_of(signature: Signature, case: Case) -> str:
    """What a function is called with, by its own parameters' names."""
    given = signature.given(case.operands, case.options, case.y, case.dy)
    shown = ", ".join(f"{one.name} = {argument(value)}" for one, value in given)
    return f"{shown}    ({case.dy.dtype.name})"


def counterexample(solution: Solution, answer: Answer) -> list[str]:
    """The inputs, what was returned, what is right, and how far apart they are."""
    lines = [f"inputs    {inputs_of(solution.signature, answer.case)}"]
    hidden = [
        name for name, one in answer.case.options.items() if not solution.signature.takes(name) and one is not None
    ]
    plain = {name: answer.case.options[name] for name in hidden if name in ("dim", "reduction")}
    if plain:
        lines[0] += "    with " + ", ".join(f"{name}={value!r}" for name, value in plain.items())
    if not answer.operand or answer.symptom == MUTATION:
        asked = {name: answer.right[name] for name in solution.signature.exercise.required if name in answer.right}
        right = ", ".join(f"d{answer.called(name)} = {literal(value)}" for name, value in asked.items())
        return [*lines, f"problem   {answer.text}", f"right     {right}"]
    right_one = answer.right[answer.operand]
    if answer.operand not in answer.returned:
        return [*lines, f"problem   {answer.text}", f"right     d{answer.called()} = {literal(right_one)}"]
    returned = answer.returned[answer.operand]
    digits = SHORT if _differ_in_short(answer) else None
    lines.append(f"returned  d{answer.called()} = {literal(returned, digits)}{_extra(answer, returned)}")
    lines.append(f"right     d{answer.called()} = {literal(right_one, digits)}{_extra(answer, right_one)}")
    if answer.symptom == VALUE:
        lines.append(f"distance  {_distance(answer)}")
    elif answer.symptom not in (SHAPE, DTYPE):
        lines.append(f"problem   {answer.text}")
    return lines


def _differ_in_short(answer: Answer) -> bool:
    """Whether a few digits show what is wrong."""
    if answer.symptom != VALUE:
        return True
    returned, right = answer.returned[answer.operand][answer.wrong], answer.right[answer.operand][answer.wrong]
    return all(literal(one, SHORT) != literal(other, SHORT) for one, other in zip(returned, right, strict=True))


def in_a_line(solution: Solution, answer: Answer) -> str:
    """A wrong answer in short, for a remark."""
    inputs = inputs_of(solution.signature, answer.case).split("    ")[0]
    if answer.operand not in answer.returned or answer.symptom == MUTATION:
        return f"{inputs}: {answer.text}"
    name = answer.operand
    returned, right = answer.returned[name], answer.right[name]
    return (
        f"{inputs} gave d{answer.called()} = {literal(returned)}{_extra(answer, returned)}, "
        f"right is {literal(right)}{_extra(answer, right)}"
    )


def _extra(answer: Answer, array: NDArray[Any]) -> str:
    if answer.symptom == SHAPE:
        return f"    shape {array.shape}"
    return f"    {array.dtype.name}" if answer.symptom == DTYPE else ""


def _distance(answer: Answer) -> str:
    """The element that is farthest outside its bound."""
    returned, right = answer.returned[answer.operand], answer.right[answer.operand]
    bound = answer.bounds[answer.operand]
    with np.errstate(all="ignore"):
        excess = np.where(answer.wrong, np.abs(returned.astype(float) - right) / np.maximum(bound, 1e-300), -1)
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(excess), np.inf, excess))), right.shape)
    index = tuple(int(step) for step in worst)
    have, want = returned[index], right[index]
    place = f"at {list(index)} " if index else ""
    if not (np.isfinite(have) and np.isfinite(want)):
        return f"{place}{have:g} is not {want:g}"
    ulps = ulp_distance(have.astype(want.dtype), want)
    steps = f" ({ulps:,} ULP)" if ulps < 1e9 else ""
    return f"{place}{abs(float(have) - float(want)):.3g}{steps}; rounding explains at most {float(bound[index]):.2g}"
