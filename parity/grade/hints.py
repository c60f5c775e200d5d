"""Hints: why a gradient is wrong, found by testing hypotheses against what was returned.

The first hypothesis that explains (nearly) all wrong answers at once becomes the hint; one small counterexample
alone would fit too many. What distinguishes the inputs of wrong answers from those of right ones is added. The
counterexample is then looked for among the answers that the hint explains, so that the two belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.grade import guesses, mistakes  # noqa: F401 (they list hypotheses)
from parity.grade.answer import VALUE, Answer, Solution
from parity.grade.cases import OUTSIDE, Case
from parity.grade.catalogue import Exercise
from parity.grade.conditions import condition
from parity.grade.expressions import (
    IT_IS,
    explain_constant,
    explain_expression,
    explain_nearness,
    explain_part,
    explain_pieces,
)
from parity.grade.factors import CONSTANT, explain_factor, ratio, scale
from parity.grade.hypotheses import (
    FACTOR,
    GUESS,
    HYPOTHESES,
    MISTAKE,
    PASSES_ON,
    Explanation,
    matches,
    returned_of,
    right_of,
)
from parity.grade.literal import literal
from parity.grade.pool import pool_of
from parity.grade.signature import Source

ENOUGH = 0.9  # the share of wrong answers that a hypothesis must explain
MOST = 12  # wrong answers that are looked at
FEW = 4  # clear answers that suffice
WEAK = frozenset(
    ["accuracy", "crash", "unexplained", "not linear", "one at a time", "ignored", "zero"]
)  # better than nothing
CERTAIN = frozenset([PASSES_ON, "NaN lost"])  # must explain all
SHORT = 4  # digits
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


def explain(solution: Solution, wrong: Sequence[Answer], right: Sequence[Answer]) -> tuple[Hint, str | None]:
    """The hint for wrong answers, and the symptom that it is about: the commonest of which something can be said.

    right: answers on other inputs that were right.
    """
    symptoms = [answer.symptom for answer in wrong]
    found: list[tuple[Hint, str | None]] = []
    for symptom in sorted(set(symptoms), key=lambda one: (-symptoms.count(one), str(one))):
        alike = [answer for answer in wrong if answer.symptom == symptom]
        alike = [answer for answer in alike if {*answer.case.features} <= {OUTSIDE}] or alike
        found.append((_explain_alike(solution, alike, right), symptom))
        if found[-1][0].kind not in WEAK:
            return found[-1]
    return next((one for one in found if one[0].text), found[0])


def _explain_alike(solution: Solution, wrong: Sequence[Answer], right: Sequence[Answer]) -> Hint:
    """The hint for wrong answers of one symptom."""
    operands = [answer.operand for answer in wrong]
    commonest = max(operands, key=operands.count)
    telling = [answer for answer in wrong if answer.operand == commonest]
    telling = sorted(_clear(telling), key=lambda answer: -answer.case.size)  # large cases rule out coincidences
    hint = _explain(solution, telling[:MOST], right)
    nonzero = [one for one in telling if all(_is_nonzero(operand) for operand in one.case.operands.values())]
    if hint.kind in WEAK and FEW <= len(nonzero) < len(telling):  # a 0 among the inputs may hide what is wrong
        clearer = _explain(solution, nonzero[:MOST], right)
        hint = hint if clearer.kind in WEAK else clearer
    shared = condition(wrong, right)
    return replace(hint, words=_with(hint, shared)) if shared else hint


def _with(hint: Hint, shared: str) -> Callable[[Answer], str | None]:
    """The hint's sentence and what the wrong inputs have in common."""

    def words(answer: Answer) -> str | None:
        text = hint.about(answer)
        return None if text is None else f"{text} It fails exactly where {shared}.".strip()

    return words


def _explain(solution: Solution, telling: Sequence[Answer], right: Sequence[Answer]) -> Hint:
    exercise, first = solution.signature.exercise, telling[0]
    pool = pool_of(exercise, _clear(telling), first.operand) if first.symptom == VALUE else None
    if pool is not None and (said := explain_constant(pool.wrong_part)) is not None:
        return Hint(*said)
    found = _by_hypotheses(exercise, telling, first.symptom or "")
    if found is not None:
        return found
    if first.symptom != VALUE:
        return Hint(first.symptom or UNEXPLAINED, "")
    if (found := _by_hypotheses(exercise, telling, MISTAKE)) is not None:
        return found
    parts = [pool_of(exercise, answers, first.operand) for answers in ([*telling], [*telling, *right])]
    in_part = [said for one in parts if one is not None and (said := explain_part(one, first.called())) is not None]
    if in_part and IT_IS in in_part[0][1]:
        return Hint(*in_part[0])
    if pool is not None and (said := explain_nearness(pool.wrong_part)) is not None:
        return Hint(*said)
    for kind in (FACTOR, GUESS):
        if (found := _by_hypotheses(exercise, telling, kind)) is not None:
            return found
    if in_part:
        return Hint(*in_part[0])
    is_mean = exercise.operation.name == "mean" or first.case.options.get("reduction") == "mean"
    factor = explain_factor(telling, is_mean)
    if factor is not None and factor[0] != CONSTANT:
        kind, text = factor
        return Hint(kind, text, lambda answer: f"{text} {scale(answer)}" if ratio(answer) is not None else None)
    if pool is not None and (said := explain_expression(pool.usable_part, first.called())) is not None:
        return Hint(*said)
    if factor is not None:
        return Hint("factor", factor[1])
    if pool is not None and (said := explain_pieces(pool.usable_part, first.called())) is not None:
        return Hint(*said)
    return _last_resort(solution, telling)


def _by_hypotheses(exercise: Exercise, telling: Sequence[Answer], symptom: str) -> Hint | None:
    """The first hypothesis that explains nearly all answers."""
    for kind, explanation in HYPOTHESES.get(symptom, ()):
        words = _guarded(explanation, exercise)
        explained = [text for text in map(words, telling) if text is not None]
        if any(explained) and len(explained) >= (1 if kind in CERTAIN else ENOUGH) * len(telling):
            return Hint(kind, next(filter(None, explained)), words)
    return None


def _clear(answers: Sequence[Answer]) -> Sequence[Answer]:
    """The answers in float64 whose numbers are neither huge nor tiny, where there are enough of them."""
    clear = [one for one in answers if one.case.dy.dtype == np.float64 and {*one.case.features} <= {OUTSIDE}]
    clear = [one for one in clear if _is_tame(one.case)]
    return clear if len(clear) >= FEW else answers


def _is_nonzero(operand: object) -> bool:
    return not isinstance(operand, np.ndarray) or operand.dtype.kind != "f" or bool((operand != 0).all())


def _is_tame(case: Case) -> bool:
    arrays = [one for one in case.operands.values() if isinstance(one, np.ndarray) and one.dtype.kind == "f"]
    sizes = np.abs(case.dy[case.dy != 0])
    return all((np.abs(one) < 10).all() for one in arrays) and bool(((sizes > 0.01) & (sizes < 10)).all())


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
        if _holds(test, solution, telling):
            return Hint(kind, text)
    ignored = _ignored(solution, telling)
    if ignored:
        ignored = telling[0].called(ignored)
        return Hint("ignored", f"It does not depend on {ignored} at all: another {ignored} gives the same answer.")
    if _is_right_for(2, solution, telling):
        said = "each has to meet the numbers that it belongs to, and does not."
        return Hint("permuted", f"It is right only where all dy are equal: {said}")
    if _is_right_for(1, solution, telling):
        return Hint(
            "missing cotangent", "It is right only where every dy is 1: somewhere in the formula dy is missing."
        )
    if (rest := _adds_without_cotangent(solution, telling)) is not None:
        return Hint("without dy", rest)
    if _is_not_linear(solution, telling):
        return Hint(
            "not linear", "Twice the cotangent does not give twice the answer, though every gradient is linear in dy."
        )
    if (alone := _one_at_a_time(solution, telling)) is not None:
        return Hint("one at a time", alone)
    if _holds(_is_approximate, solution, telling):
        return Hint("approximate", "It stays within 5 % of what is right: an approximate formula.")
    return Hint(UNEXPLAINED, "")


def _holds(test: Callable[[Exercise, Answer], bool], solution: Solution, telling: Sequence[Answer]) -> bool:
    with np.errstate(all="ignore"):
        return all(test(solution.signature.exercise, answer) for answer in telling)


def _is_inaccurate(exercise: Exercise, answer: Answer) -> bool:
    returned, right = returned_of(answer), right_of(answer)
    returned, right = returned[np.isfinite(right)], right[np.isfinite(right)]
    scale = max(np.abs(right).max(initial=0), np.abs(answer.case.dy).max(initial=0))
    return bool((np.abs(returned - right) <= 2e-3 * scale).all())


def _is_approximate(exercise: Exercise, answer: Answer) -> bool:
    right = right_of(answer)
    largest = max(np.abs(right).max(initial=0), np.abs(answer.case.dy).max(initial=0))
    return bool((np.abs(returned_of(answer) - right) <= 0.05 * largest).all())


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
            for changed in (np.roll(value, 1), np.flip(value).copy(), np.full_like(value, value.flat[0])):
                other = replace(answer.case, operands={**answer.case.operands, name: changed})
                again = solution.answer(other)
                if answer.operand not in again.returned:
                    return None
                if not np.array_equal(right_of(answer), again.right[answer.operand]):
                    same.append(np.array_equal(returned_of(answer), again.returned[answer.operand]))
        if same and all(same):
            return name
    return None


def _adds_without_cotangent(solution: Solution, telling: Sequence[Answer]) -> str | None:
    """What is returned for dy = 0 beside the gradient."""
    if not solution.signature.has_cotangent:
        return None
    found = False
    for answer in telling:
        nothing = solution.answer(replace(answer.case, dy=np.zeros_like(answer.case.dy)))
        rest = nothing.returned.get(answer.operand)
        if rest is None or rest.shape != right_of(answer).shape or not rest.any():
            return None
        found = True
        if not matches(answer, right_of(answer) + rest):
            return None
    return "With dy = 0 it does not return 0: something that does not depend on dy is added." if found else None


def _is_right_for(dy: float, solution: Solution, telling: Sequence[Answer]) -> bool:
    """Whether it is right where the whole cotangent is one number."""
    cases = [answer.case for answer in telling if answer.case.dy.size > 1]
    again = [solution.answer(replace(case, dy=np.full_like(case.dy, dy))) for case in cases]
    tell = all(answer.right[telling[0].operand].any() for answer in again)  # 0 is right by chance
    return len(again) > 2 and tell and all(answer.symptom is None for answer in again)


def _is_not_linear(solution: Solution, telling: Sequence[Answer]) -> bool:
    if not solution.signature.has_cotangent:
        return False
    for answer in telling:
        again = solution.answer(replace(answer.case, dy=2 * answer.case.dy))
        if answer.operand in again.returned and not matches(
            answer, 2 * returned_of(answer), again.returned[answer.operand]
        ):
            return True
    return False


def _one_at_a_time(solution: Solution, telling: Sequence[Answer]) -> str | None:
    """What a single cotangent gives, where several act on one number."""
    if not solution.signature.has_cotangent or solution.signature.exercise.is_elementwise:
        return None
    for answer in reversed(telling):  # the smallest first
        dy = answer.case.dy
        if not 1 < dy.size <= 6 or not np.isfinite(returned_of(answer)).all():
            continue
        name, total, wrong = answer.operand, np.zeros(right_of(answer).shape), None
        for index in np.ndindex(dy.shape):
            unit = np.zeros_like(dy)
            unit[index] = 1
            alone = solution.answer(replace(answer.case, dy=unit))
            if name not in alone.returned or alone.returned[name].shape != total.shape:
                return None
            total += dy[index] * alone.returned[name]
            if wrong is None and alone.operand == name:
                wrong = alone
        if not matches(answer, total):
            said = "what two cotangents give together is not the sum of what each gives alone."
            return f"It is no sum over the cotangents: {said}"
        if wrong is not None:
            returned, right = (literal(one, SHORT) for one in (returned_of(wrong), right_of(wrong)))
            called = answer.called()
            return f"With dy = {literal(wrong.case.dy)} alone it returns d{called} = {returned}, right is {right}."
    return None


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
