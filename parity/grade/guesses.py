"""Guesses: which formula was computed instead, found by trying many.

Other operations' gradients, other values of the options, short expressions in the numbers at hand, factors and terms
that are missing or too many, and the part of the inputs on which it goes wrong. A guess has to fit every wrong answer
at once, dozens of numbers, so that chance is no explanation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.grade.answer import SHAPE, VALUE, Answer
from parity.grade.catalogue import Exercise, catalogue
from parity.grade.hypotheses import GUESS, hypothesis, matches, right_of
from parity.grade.oracle import formulas_gradients

Array = NDArray[Any]


# --- gradients of something else ------------------------------------------------------------------------

SUBSTITUTES: dict[str, tuple[Any, ...]] = {
    "alpha": (1.0, 0.0, -1.0),
    "negative_slope": (0.0, 0.01, 0.1, 0.2, 0.3, 1.0),
    "beta": (1.0, 0.5),
    "delta": (1.0, 0.5),
    "correction": (0, 1),
    "value": (1.0, 0.0),
    "diagonal": (0, 1, -1),
    "reduction": ("mean", "sum"),
    "keepdim": (True, False),
    "approximate": ("tanh", "none"),
    "p": (0.0, 0.5),
    "stride": (1, 2),
    "padding": (0,),
    "eps": (0.0, 1e-5, 1e-3, 1e-8),
}
LIKE_OTHERS = frozenset(
    ["huber_loss", "smooth_l1_loss", "frac", "ceil", "floor", "round", "affine", "softplus", "square"]
)
LEFT_OUT = ("weight", "pos_weight", "low", "high")  # operands that may be missing


def _gradient(exercise: Exercise, answer: Answer, *, options: Any = None, operands: Any = None) -> Iterator[Array]:
    """The formula's gradient after a change, from the operands and from the result at hand."""
    case = replace(answer.case, options=options or answer.case.options, operands=operands or answer.case.operands)
    for y in (None, case.y):
        try:
            yield formulas_gradients(exercise, case, [answer.operand], y=y)[answer.operand]
        except (ValueError, IndexError, TypeError, RuntimeError, KeyError):
            continue


def _over_all(exercise: Exercise, answer: Answer) -> Iterator[Array]:
    """The formula's gradient where all elements stand in one row."""
    case = answer.case
    if case.y.shape != right_of(answer).shape:
        return
    operands = {name: one.ravel() if isinstance(one, np.ndarray) else one for name, one in case.operands.items()}
    flat = replace(case, operands=operands, options={**case.options, "dim": 0}, y=case.y.ravel(), dy=case.dy.ravel())
    for y in (None, flat.y):
        yield formulas_gradients(exercise, flat, [answer.operand], y=y)[answer.operand].reshape(case.y.shape)


def _fits(answer: Answer, guesses: Iterator[Array]) -> bool:
    return any(matches(answer, guess) for guess in guesses)


@hypothesis(VALUE, "option")
def has_another_option(exercise: Exercise, answer: Answer) -> str | None:
    """An option is not what it was, or an operand that may be left out was."""
    options = answer.case.options
    rank = max((one.ndim for one in answer.case.operands.values() if isinstance(one, np.ndarray)), default=0)
    for name, value in options.items():
        if name == "reduction" and name not in answer.taken:
            continue
        others = tuple(range(rank)) if name == "dim" else SUBSTITUTES.get(name, ())
        for other in others:
            same = other == value or (name == "dim" and isinstance(value, int) and other == value % max(rank, 1))
            if not same and _fits(answer, _gradient(exercise, answer, options={**options, name: other})):
                return _option_words(name, other, value)
        if name == "dim" and rank > 1 and _fits(answer, _over_all(exercise, answer)):
            return f"This is the gradient over all elements at once, where dim is {value}: a sum lacks its axis."
    for name in LEFT_OUT:
        if answer.case.operands.get(name) is not None:
            operands = {**answer.case.operands, name: None}
            if _fits(answer, _gradient(exercise, answer, operands=operands)):
                called = answer.called(name)
                return f"{called} is ignored: this is the gradient without {called}."
    return None


def _option_words(name: str, other: Any, value: Any) -> str:
    if name == "dim":
        return f"This is the gradient along dimension {other} where dim is {value}: the axis is fixed, or another one."
    if name == "correction":
        belongs = "N − 1" if value == 1 else "N"
        return f"It divides by {'N' if other == 0 else 'N − 1'} where {belongs} belongs (correction = {value})."
    return f"{name} is ignored: this is the gradient for {name} = {other!r}, here it is {value!r}."


@hypothesis(GUESS, "another gradient")
def is_another_operations_gradient(exercise: Exercise, answer: Answer) -> str | None:
    """The gradient of an operation with operands of the same names."""
    own, case = exercise.operation, answer.case
    for name, other in catalogue().items():
        if other.operation is own or not set(own.operands) <= {*other.operation.operands} | set(own.operand_defaults):
            continue
        if set(other.operation.operands) - set(own.operands) - set(other.operation.operand_defaults):
            continue
        if other.family != exercise.family:
            continue
        if answer.operand not in other.operation.gradients or {name, exercise.name} & LIKE_OTHERS:
            continue
        needed = {*other.operation.gradients.needs(answer.operand)}
        if exercise.is_elementwise and not needed & {*other.operation.operands, "y"}:
            continue  # of sums and the like: dy, or −dy
        options = {one: case.options[one] for one in other.operation.options if one in case.options}
        operands = {one: case.operands.get(one) for one in other.operation.operands}
        changed = replace(case, options=options, operands=operands)
        try:
            guess = formulas_gradients(other, changed, [answer.operand])[answer.operand]
        except (ValueError, IndexError, TypeError, RuntimeError, KeyError, AttributeError):
            continue
        if guess.any() and not (guess == guess.flat[0]).all() and matches(answer, guess):
            return f"This is the gradient of {name} ({other.convention}), not of {exercise.name}."
    return None


@hypothesis(SHAPE, "the forward of dy")
@hypothesis(GUESS, "the forward of dy")
def applies_the_forward(exercise: Exercise, answer: Answer) -> str | None:
    """The operation itself applied to the cotangent, instead of its transpose."""
    if exercise.family not in ("one", "gather", "index_select") or exercise.is_elementwise:
        return None
    guess = np.asarray(exercise.operation.forward(answer.case.dy, **answer.case.options))
    if matches(answer, guess):
        return f"It applies {exercise.name} itself to dy. The gradient goes the other way: from each y back to its x."
    return None


@hypothesis(GUESS, "another operand's")
def is_another_operands_gradient(exercise: Exercise, answer: Answer) -> str | None:
    """Right, but by another operand."""
    undecided = False
    for name, right in answer.right.items():
        if name != answer.operand:
            if right.shape != right_of(answer).shape:
                undecided = True
            elif matches(answer, right):
                return f"What is returned as d{answer.called()} is d{answer.called(name)}."
    return "" if undecided else None
