"""Hints: why a gradient is wrong, found by testing hypotheses against what was returned.

The first hypothesis that explains (nearly) all wrong answers at once becomes the hint; one small counterexample
alone would fit too many. What distinguishes the inputs of wrong answers from those of right ones is added. The
counterexample is then looked for among the answers that the hint explains, so that the two belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.grade.answer import VALUE, Answer, Solution
from parity.grade.catalogue import Exercise
from parity.grade.conditions import condition
from parity.grade.factors import explain_factor, ratio, scale
from parity.grade.hypotheses import HYPOTHESES, Explanation, matches, returned_of, right_of
from parity.grade.signature import Source

ENOUGH = 0.8  # the share of wrong answers that a hypothesis must explain
MOST = 12  # wrong answers that are looked at
STATE = "state"
UNEXPLAINED = "unexplained"


@dataclass
class Hint:
    """What went wrong.

    kind: in a word or two.
    text: a sentence that says what the data show.
    words: the sentence for another wrong answer; None where the hint does not explain that one.
    """

    kind: str
    text: str
    words: Callable[[Answer], str | None] | None = None

    def about(self, answer: Answer) -> str | None:
        """The sentence about one wrong answer, or None."""
        return self.text if self.words is None else self.words(answer) or None


def explain(solution: Solution, wrong: Sequence[Answer], right: Sequence[Answer]) -> Hint:
    """The hint for wrong answers of one symptom; `right` are answers on other inputs that were right."""
    operands = [answer.operand for answer in wrong]
    commonest = max(operands, key=operands.count)
    telling = [answer for answer in wrong if answer.operand == commonest]
    telling.sort(key=lambda answer: -answer.case.size)  # large cases rule out coincidences
    hint = _explain(solution, telling[:MOST])
    shared = condition(wrong, right)
    return replace(hint, words=_with(hint, shared)) if shared else hint


def _with(hint: Hint, shared: str) -> Callable[[Answer], str | None]:
    """The hint's sentence and what the wrong inputs have in common."""

    def words(answer: Answer) -> str | None:
        text = hint.about(answer)
        return None if text is None else f"{text} It fails exactly where {shared}.".strip()

    return words


def _explain(solution: Solution, telling: Sequence[Answer]) -> Hint:
    exercise, first = solution.signature.exercise, telling[0]
    for kind, explanation in HYPOTHESES.get(first.symptom or "", ()):
        words = _guarded(explanation, exercise)
        explained = [text for text in map(words, telling) if text is not None]
        if any(explained) and len(explained) >= ENOUGH * len(telling):
            return Hint(kind, next(filter(None, explained)), words)
    if first.symptom == VALUE:
        is_mean = exercise.operation.name == "mean" or first.case.options.get("reduction") == "mean"
        factor = explain_factor(telling, is_mean)
        if factor is not None:
            kind, text = factor
            return Hint(kind, text, lambda answer: f"{text} {scale(answer)}" if ratio(answer) is not None else None)
        return _last_resort(solution, telling)
    return Hint(first.symptom or UNEXPLAINED, "")


def _guarded(explanation: Explanation, exercise: Exercise) -> Callable[[Answer], str | None]:
    def words(answer: Answer) -> str | None:
        try:
            with np.errstate(all="ignore"):
                return explanation(exercise, answer)
        except (ValueError, IndexError, RuntimeError, KeyError):  # shapes or symptoms that do not fit the hypothesis
            return None

    return words


# --- when nothing exact fits ----------------------------------------------------------------------------


def _last_resort(solution: Solution, telling: Sequence[Answer]) -> Hint:
    """Hints that say less: what the answers do not do."""
    tests: list[tuple[str, Callable[[Exercise, Answer], bool], str]] = [
        (
            "accuracy",
            _is_inaccurate,
            "Close, but farther off than rounding explains: perhaps a constant added against division by 0, a "
            "difference quotient, or an approximate formula.",
        ),
        (
            "permuted",
            _is_permuted,
            "The numbers are right, but stand in other places: an axis or an index is mixed up.",
        ),
        ("zero", _is_zero, "It is 0 where the gradient is not."),
    ]
    for kind, test, text in tests:
        with np.errstate(all="ignore"):
            if all(test(solution.signature.exercise, answer) for answer in telling):
                return Hint(kind, text)
    ignored = _ignored(solution, telling)
    if ignored:
        ignored = telling[0].called(ignored)
        return Hint("ignored", f"It does not depend on {ignored} at all: another {ignored} gives the same answer.")
    if _is_not_linear(solution, telling):
        return Hint(
            "not linear", "Twice the cotangent does not give twice the answer, though every gradient is linear in dy."
        )
    return Hint(UNEXPLAINED, "")


def _is_inaccurate(exercise: Exercise, answer: Answer) -> bool:
    returned, right = returned_of(answer), right_of(answer)
    returned, right = returned[np.isfinite(right)], right[np.isfinite(right)]
    scale = max(np.abs(right).max(initial=0), np.abs(answer.case.dy).max(initial=0))
    return bool((np.abs(returned - right) <= 2e-3 * scale).all())


def _is_permuted(exercise: Exercise, answer: Answer) -> bool:
    right = np.sort(right_of(answer), axis=None)
    return right.size > 1 and matches(answer, right, np.sort(returned_of(answer), axis=None))


def _is_zero(exercise: Exercise, answer: Answer) -> bool:
    return not returned_of(answer)[answer.wrong].any()


def _ignored(solution: Solution, telling: Sequence[Answer]) -> str | None:
    """An operand that the right answer depends on and the solution's answer does not."""
    for name in solution.signature.exercise.operation.operands:
        same = []
        for answer in [one for one in telling if Source("operand", name) in solution.signature.sources]:
            value = answer.case.operands[name]
            if not isinstance(value, np.ndarray) or value.size < 2 or (value == value.flat[0]).all():
                continue
            other = replace(answer.case, operands={**answer.case.operands, name: np.roll(value, 1)})
            again = solution.answer(other)
            if answer.operand not in again.returned:
                return None
            if not np.array_equal(right_of(answer), again.right[answer.operand]):
                same.append(np.array_equal(returned_of(answer), again.returned[answer.operand]))
        if same and all(same):
            return name
    return None


def _is_not_linear(solution: Solution, telling: Sequence[Answer]) -> bool:
    for answer in telling:
        again = solution.answer(replace(answer.case, dy=2 * answer.case.dy))
        if answer.operand in again.returned and not matches(
            answer, 2 * returned_of(answer), again.returned[answer.operand]
        ):
            return True
    return False


# --- another answer to the same question --------------------------------------------------------------------


def explain_state(answer: Answer) -> Hint:
    """The hint for a function that answers the same question differently the second time."""
    returned, right, earlier = returned_of(answer), right_of(answer), answer.earlier
    if earlier is not None and earlier.shape == returned.shape == right.shape:
        eps = np.finfo(answer.case.dy.dtype).eps
        if (np.abs((returned - earlier) - right) <= 1e3 * eps * (np.abs(returned) + np.abs(right))).all():
            return Hint(
                "accumulates", "It accumulates: the second call returned the first result plus the gradient once more."
            )
    return Hint(
        STATE, "It remembers something between calls, or draws at random: the same inputs gave another result before."
    )
