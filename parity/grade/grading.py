"""Grading: the search for an input on which a student's backward is wrong, and the verdict.

First come seeded cases, the same for every run: rectangular shapes, extreme values, NaN and infinities, empty
arrays. Then Hypothesis searches further. Whatever fails is explained from all inputs that failed, and reduced by
Hypothesis to the smallest input that shows it. Right means right on every finite input, torch's conventions at
kinks included; where a solution differs only on NaN or infinite inputs, on empty arrays, on arrays without
dimensions, or does not offer stacks of matrices, the verdict says so in a remark. A NaN gradient replaced by a
number is wrong, though.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, reject, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable

from parity.grade import hints
from parity.grade.answer import EXIT, MEMORY, VALUE, Answer, Solution
from parity.grade.cases import (
    BEYOND,
    EMPTY,
    LARGE,
    NOT_FINITE_VALUES,
    ORDINARY,
    RECTANGULAR,
    SCALAR,
    SPECIAL,
    STACKS,
    TINY,
    VECTORS,
    Case,
    Drawn,
    Scope,
    Seeded,
    Undrawable,
    draw_case,
)
from parity.grade.catalogue import Exercise, similar
from parity.grade.catalogue import find as find_exercise
from parity.grade.declaration import declared
from parity.grade.oracle import Oracle, formulas_gradients
from parity.grade.report import counterexample, in_a_line, inputs_of
from parity.grade.signature import Signature, UnknownParameter
from parity.grade.verdict import UNGRADED, WRONG, Verdict

SEEDED: tuple[tuple[Scope, int], ...] = (
    (TINY, 4),
    (RECTANGULAR, 16),
    (LARGE, 4),
    (ORDINARY, 24),
    (BEYOND, 24),
    (SPECIAL, 16),
    (EMPTY, 8),
    (SCALAR, 8),
)
USUAL = (ORDINARY, BEYOND)
ENOUGH = 16  # wrong answers: more would not explain more
SEARCHED = 200  # cases that Hypothesis tries when the seeded ones were right
OFFERED = (STACKS, VECTORS)  # what a solution may leave out, but must do right if it does it


def recognise(function: Callable[..., Any]) -> Exercise | str:
    """The exercise that a function solves, or why there is none."""
    declaration = declared(function)
    if declaration is None:
        return "its name does not end in _backward, and it has no @parity.exercise decorator"
    exercise = find_exercise(declaration.operation)
    if exercise is None:
        close = similar(declaration.operation)
        meant = f": did you mean {' or '.join(close)}?" if close else ""
        return f"no operation is called {declaration.operation!r}{meant}"
    if declaration.operand is None:
        return exercise
    operation = exercise.operation
    operand = operation.keywords.get(declaration.operand, "")
    return exercise.of(operand) if operand in operation.gradients else exercise


def grade(
    function: Callable[..., Any],
    *,
    watch: Callable[[str], AbstractContextManager[Any]] | None = None,
    with_torch: bool | None = None,
    searched: int = SEARCHED,
) -> Verdict:
    """The verdict on one function, in this process: it must not hang.

    watch: makes a context for each call of the function, from its inputs in words.
    with_torch: False compares with numpynet's formulas even where torch is installed.
    searched: how many cases Hypothesis tries beyond the seeded ones; with 0 it does not reduce them either.
    """
    verdict = Verdict(function.__name__)
    exercise = recognise(function)
    if isinstance(exercise, str):
        verdict.status, verdict.hint = UNGRADED, exercise
        return verdict
    verdict.exercise = exercise.name
    try:
        signature = Signature(function, exercise)
        signature.exercise = exercise = exercise.asked_by(signature.called)
    except UnknownParameter as error:
        verdict.status, verdict.hint = UNGRADED, str(error)
        return verdict
    oracle = Oracle(exercise, with_torch=with_torch)
    verdict.oracle = oracle.name
    around = None if watch is None else lambda case: watch(inputs_of(signature, case))
    solution = Solution(signature, oracle, around)
    _Grader(solution, searched).run(verdict)
    verdict.tried = solution.tried
    return verdict


class _Grader:
    """One search."""

    def __init__(self, solution: Solution, searched: int) -> None:
        self.solution = solution
        self.searched = searched
        self.exercise = solution.signature.exercise
        self.offered: set[str] = set()

    def run(self, verdict: Verdict) -> None:
        answers = self._seeded()
        self._find_out_what_is_offered(answers)
        wrong = [answer for answer in answers if self._counts(answer)]
        changed = self._changes_its_mind(answers)
        if changed is not None:
            self._reject(verdict, changed, hints.explain_state(changed))
            return
        right = [answer for answer in answers if answer.symptom is None and not self._excused(answer.case)]
        if wrong:
            self._explain_seeded(verdict, wrong, right)
            return
        found = self._search(lambda answer: True, USUAL)
        if found is not None:
            alike = [
                found,
                *(one for one in self._seeded(range(1, 4)) if one.symptom == found.symptom and self._counts(one)),
            ]
            self._reject(verdict, found, hints.explain(self.solution, alike, right))
            return
        verdict.remarks = self._remarks(answers)

    def _explain_seeded(self, verdict: Verdict, wrong: Sequence[Answer], right: Sequence[Answer]) -> None:
        """Rejects for the commonest symptom, with the smallest input that shows what the hint says."""
        symptoms = [answer.symptom for answer in wrong]
        symptom = max(symptoms, key=symptoms.count)
        alike = [answer for answer in wrong if answer.symptom == symptom]
        alike = [answer for answer in alike if not answer.case.features] or alike
        hint = hints.explain(self.solution, alike, right)

        def shows_it(answer: Answer) -> bool:
            return answer.symptom == symptom and hint.about(answer) is not None

        unusual = all(NOT_FINITE_VALUES in answer.case.features for answer in alike)
        smallest = self._search(shows_it, (SPECIAL,) if unusual else USUAL) if symptom != MEMORY else None
        if smallest is None:
            smallest = min(filter(shows_it, alike), key=lambda answer: answer.case.size, default=alike[0])
        self._reject(verdict, smallest, hint)

    def _reject(self, verdict: Verdict, answer: Answer, hint: hints.Hint) -> None:
        verdict.status = WRONG
        verdict.hint_kind, verdict.hint = hint.kind, hint.about(answer) or hint.text
        verdict.counterexample = counterexample(self.solution, answer)

    def _seeded(self, rounds: Sequence[int] = (0,)) -> list[Answer]:
        """Answers on the cases that are always tried, until enough are wrong."""
        answers: list[Answer] = []
        wrong = 0
        for number in rounds:
            for kind, (scope, count) in enumerate(SEEDED):
                for position in range(count):
                    choices = Seeded((number * len(SEEDED) + kind) * 1_000 + position)
                    try:
                        case = draw_case(self.solution.signature, choices, scope)
                    except Undrawable:
                        continue
                    answers.append(self.solution.answer(case))
                    if answers[-1].symptom is not None and not case.features:
                        wrong += ENOUGH // 2 if answers[-1].symptom == MEMORY else 1
                    if wrong >= ENOUGH:
                        return answers
        return answers

    def _find_out_what_is_offered(self, answers: Sequence[Answer]) -> None:
        """A feature is offered by a solution that mostly gets its plain cases right."""
        for feature in OFFERED:
            plain = [answer for answer in answers if answer.case.features == (feature,) and _is_plain(answer.case)]
            if plain and sum(answer.symptom is None for answer in plain) >= len(plain) / 2:
                self.offered.add(feature)

    def _excused(self, case: Case) -> list[str]:
        """The features of a case that a solution may decline."""
        return [feature for feature in case.features if feature not in self.offered]

    def _counts(self, answer: Answer) -> bool:
        """Whether an answer makes the solution wrong."""
        if answer.symptom is None:
            return False
        if answer.symptom == VALUE and self._loses_nan(answer):
            return True
        return answer.symptom == EXIT or not self._excused(answer.case)

    def _loses_nan(self, answer: Answer) -> bool:
        """Whether a number was returned where the gradient is NaN, not by torch's formula alone but by any."""
        lost = np.isnan(answer.right[answer.operand]) & np.isfinite(answer.returned[answer.operand])
        if not lost.any():
            return False
        own = formulas_gradients(self.exercise, answer.case, [answer.operand])[answer.operand]
        return bool((lost & np.isnan(own)).any())

    def _changes_its_mind(self, answers: Sequence[Answer]) -> Answer | None:
        """An answer to the same question that differs from the first one, or None."""
        for before in [one for one in answers if one.returned and not self._excused(one.case)][:3]:
            again = self.solution.judge(before.case, before.right)
            for name, gradient in before.returned.items():
                if name in again.returned and not np.array_equal(gradient, again.returned[name], equal_nan=True):
                    again.symptom, again.operand = hints.STATE, name
                    again.text = "it gave another answer than before to the same inputs"
                    again.earlier = gradient
                    return again
        return None

    def _search(self, accepts: Callable[[Answer], bool], scopes: Sequence[Scope]) -> Answer | None:
        """The wrong answer to the smallest case that Hypothesis finds among those that are accepted."""
        if not self.searched:
            return None
        found: list[Answer] = []

        @st.composite
        def cases(draw: st.DrawFn) -> Case:
            try:
                return draw_case(self.solution.signature, Drawn(draw), draw(st.sampled_from(scopes)))
            except Undrawable:
                reject()

        def fails(case: Case) -> bool:
            answer = self.solution.answer(case)
            if not (self._counts(answer) and accepts(answer)):
                return False
            found.append(answer)
            return True

        try:
            find(
                cases(),
                fails,
                settings=settings(
                    max_examples=self.searched,
                    database=None,
                    deadline=None,
                    phases=[Phase.generate, Phase.shrink],
                    suppress_health_check=list(HealthCheck),
                ),
                random=random.Random(0),
            )
        except (NoSuchExample, Unsatisfiable):
            return None
        except Flaky:  # it answers differently every time; whatever it got wrong, it got wrong
            pass
        return found[-1]  # Hypothesis tries the smallest once more at the end

    def _remarks(self, answers: Sequence[Answer]) -> list[str]:
        """One sentence for each feature that the solution gets wrong, with an example."""
        remarks: dict[str, str] = {}
        for answer in sorted(answers, key=lambda answer: answer.case.size):
            features = self._excused(answer.case)
            if answer.symptom is None or len(features) != 1 or features[0] in remarks:
                continue
            remarks[features[0]] = f"not on {features[0]}: {in_a_line(self.solution, answer)}"
        return list(remarks.values())


def _is_plain(case: Case) -> bool:
    """Whether a product's operands are stacks of equal length, so that nothing broadcasts."""
    ranks = [one.shape[:-2] for one in case.operands.values() if isinstance(one, np.ndarray)]
    return len(set(ranks)) == 1 or any(one.ndim == 1 for one in case.operands.values())
