"""Text: an explanation in a terminal, a hundred columns wide."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.explain.graph import PARAMETER, Call, Value
from numpynet.explain.naming import title
from numpynet.explain.notation import Text
from numpynet.explain.uses import Use, coefficient_of, formula_of, gradient_in, slope_of

if TYPE_CHECKING:
    from numpynet.explain.explanation import Explanation, Number

WIDTH = 100
LINE, FORWARD = 30, 25
LONGEST_PART = 200  # of a program that is looked for again, in operations
FEWEST_REPEATS = 3  # of a part of the program that are put together
MOST_TERMS = 12  # of one number that are written out
CURVED = 0.01  # a nudge may be so far off the slope before it is told why
ROUNDED = 0.005  # what a nudge moves is a multiple of the loss's last digit: from this share of it on that is told


def shape_of(value: Any) -> str:
    """A shape as tables show it: 4×3, or () of a number."""
    return "×".join(map(str, value.shape)) or "()"


def table(explanation: Explanation) -> str:
    """The user's lines, each with its operations forward and their gradients."""
    graph, first = explanation.graph, explanation.moments[0]
    parameters = sum(value.array.size for value in graph.values if value.kind == PARAMETER and value.array is not None)
    calls = f"{len(graph.calls)} operation{'s' * (len(graph.calls) != 1)}"
    head = f"{graph.loss.name} = {first.loss:.4f}    {calls}, {parameters:,} parameter{'s' * (parameters != 1)}"
    if graph.loss.dtype is not None:
        head += f", {graph.loss.dtype.name}"
    head += f"    (∂a is ∂{graph.loss.name}/∂a)"
    known = any(call.place is not None for call in graph.calls)
    lines = [head, ""]
    lines.append(_row("your line" if known else "module", "forward", "backward, from the last line up").rstrip())
    before = None
    for part, repeats in _folded(graph.calls):
        if repeats > 1:
            lines.append(_row(*_repeated(part, repeats)).rstrip())
        for call in part:
            where = call.place.text if call.place is not None else call.path
            lines += _call_rows(call, where if not known or call.place != before else "")
            before = call.place
        if repeats > 1:
            lines.append(_row("  (end of what is repeated)", "", "").rstrip())
            before = None
    lines += ["", *(f"({remark})" for remark in explanation.remarks)]
    return "\n".join(lines).rstrip()


def _row(line: str, forward: str, backward: str) -> str:
    return f"  {line:<{LINE}}  {forward:<{FORWARD}}  {backward}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _call_rows(call: Call, line: str) -> list[str]:
    operands = ", ".join(shape_of(one) if isinstance(one, Value) else f"{one:g}" for one in _shown_operands(call))
    forward = f"{title(call)}: {operands} → {shape_of(call.result)}"
    if len(forward) > FORWARD:
        forward = f"{title(call)}: → {shape_of(call.result)}"
    rows = []
    for operand, value in call.by_operand:
        if value is None:
            continue
        text = f"∂{value.name} {'+=' if len(value.uses) > 1 else '='} {said(call, operand)}"
        room = WIDTH - LINE - FORWARD - 6
        pieces = textwrap.wrap(text, room, subsequent_indent="    ", break_on_hyphens=False) or [""]
        for piece in pieces:
            rows.append(_row(_cut(line, LINE), _cut(forward, FORWARD), piece).rstrip())
            line = forward = ""
    return rows


def _shown_operands(call: Call) -> list[Any]:
    return [one for one in call.operands.values() if isinstance(one, (Value, int, float))]


def said(call: Call, operand: str) -> str:
    """What the gradient is: as an expression, or else in the words of the formula's docstring."""
    expression = gradient_in(call, operand, Text())
    if expression is not None:
        return expression
    found = formula_of(call, operand)
    if found is None and title(call) == "CopySlices":
        where = "outside of what was written" if operand == call.by_operand[0][0] else "where it was written"
        return f"∂{call.result.name} {where}"
    if found is None:
        return f"by {call.title}"
    words = re.sub(r"\bdy(?=ₙ|\b)", f"∂{call.result.name}", found.words.split(" = ", 1)[-1])
    if words[:2].isascii() and words[:2].istitle():
        words = words[0].lower() + words[1:]
    return words or f"by {found.origin.removeprefix('numpynet/')}"


def _repeated(part: list[Call], repeats: int) -> tuple[str, str, str]:
    """The line above a part that stands for several."""
    paths = list(dict.fromkeys(call.path.rsplit(".", 1)[0] for call in part if call.path))
    return f"x {repeats}, the first of them:", "", f"from {paths[0]} on" if paths else ""


def _folded(calls: Sequence[Call]) -> list[tuple[list[Call], int]]:
    """The operations in the order of the program: parts that are repeated one after the other count once.

    What is repeated stands on the same lines, with the same operations and shapes.
    """
    keys = [(call.place, title(call), call.result.shape, *map(shape_of, _tensors(call))) for call in calls]
    found: list[tuple[list[Call], int]] = []
    start = 0
    while start < len(calls):
        best, repeats = 1, 1
        for period in range(1, min((len(calls) - start) // FEWEST_REPEATS, LONGEST_PART) + 1):
            part, count = keys[start : start + period], 1
            while keys[start + count * period : start + (count + 1) * period] == part:
                count += 1
            if calls[start].place is not None and count >= FEWEST_REPEATS and count * period > best * repeats:
                best, repeats = period, count
        found.append((list(calls[start : start + best]), repeats))
        start += best * repeats
    return found


def _tensors(call: Call) -> list[Value]:
    return [one for one in call.operands.values() if isinstance(one, Value)]


def number(number: Number) -> str:
    """One element of a gradient as its sum, and the nudge that confirms it."""
    value, loss = number.of, number.explanation.graph.loss
    element = value.label(number.index)
    lines = [f"∂{loss.name}/∂{element} = {number.value:.6g}"]
    if value is loss:
        lines.append("    the backward pass begins here: ∂loss/∂loss = 1")
    for use in number.uses:
        call = use.call
        lines.append("")
        where = f"    {call.place.text}" if call.place is not None else ""
        lines.append(f"  through {call.result.name} = {title(call)}(...){where}"[:WIDTH].rstrip())
        element_of = f"element {list(number.index)} of " if number.index else ""
        formula = f"    {element_of} ∂{value.name} = {said(call, use.operand)}"
        lines += textwrap.wrap(formula, WIDTH, subsequent_indent=" " * 8, drop_whitespace=False, break_on_hyphens=False)
        lines += _terms(use)
    if len(number.uses) > 1:
        lines += ["", f"  the sum of these {len(number.uses)}: {number.total:+.6g}"]
    nudged = number.nudged()
    if nudged is not None:
        lines.append("")
        moved = f"a nudge of {number.nudge:g} to {element} moves {loss.name} by {nudged:+.2e}"
        told = f"(the gradient says {number.value * number.nudge:+.2e})"
        one_line = f"  {moved} {told}"
        lines += [one_line] if len(one_line) <= WIDTH else [f"  {moved}", f"  {told}"]
        lines += _doubts(number, nudged)
    return "\n".join(lines)


def _doubts(number: Number, nudged: float) -> list[str]:
    """Why a nudge does not move the loss as the gradient says: rounding, or a loss that is curved."""
    loss, expected = number.explanation.graph.loss, number.value * number.nudge
    if loss.array is not None and np.spacing(np.abs(loss.array)) > ROUNDED * abs(nudged):
        return [f"  ({loss.dtype} knows {loss.name} in steps of {np.spacing(np.abs(loss.array)):.0e})"]
    if not abs(nudged - expected) > CURVED * abs(expected) > 0:
        return []
    back = number.nudged(-number.nudge)
    if back is None or abs((nudged - back) / 2 - expected) > CURVED * abs(expected):
        return []
    return [f"  (one of -{number.nudge:g} by {back:+.2e}: {loss.name} is curved, and the slope lies between)"]


def _form(products: list[float]) -> str:
    """How numbers are written so that the largest products show at least four digits."""
    return "+.6f" if 1e-3 <= max(products) < 1e6 or max(products) == 0 else "+.4e"


def _terms(use: Use) -> list[str]:
    if use.terms is None:
        return ["      the terms are not known: the function is the program's own"]
    rows = []
    slope = slope_of(use.call, use.operand)
    for term in use.terms[:MOST_TERMS]:
        left = f"∂{use.call.result.label(term.at)}"
        told = coefficient_of(use.call, use.operand, use.index, term, slope)
        rows.append((left, told.text, use.cotangent(term), term))
    form = _form([abs(dy * term.coefficient) for _, _, dy, term in rows] or [1.0])
    widths = [max(map(len, column), default=0) for column in ([row[0] for row in rows], [row[1] for row in rows])]
    lines = []
    for place, (left, coefficient, dy, term) in enumerate(rows):
        sign = "+" if place else " "
        names = f"    {sign} {left:<{widths[0]}} · {coefficient:<{widths[1]}}"
        numbers = " = " + f"{dy:{form}} · {term.coefficient:{form}} = {dy * term.coefficient:{form}}"
        if 4 + sum(widths) + 5 + len(numbers) <= WIDTH:
            lines.append(names + numbers)
        else:
            lines += [_cut(names.rstrip(), WIDTH), f"       {numbers}"]
    rest = use.terms[MOST_TERMS:]
    if rest:
        total = sum(use.cotangent(term) * term.coefficient for term in rest)
        lines.append(f"    + {len(rest)} further terms, together {total:{form}}")
    if len(use.terms) > 1:
        total = sum(use.cotangent(term) * term.coefficient for term in use.terms)
        lines.append(f"{f'= {total:{form}}':>{min(max(map(len, lines)), WIDTH)}}")
    if not use.terms:
        lines.append("      no element acts on the loss from here: 0")
    return lines
