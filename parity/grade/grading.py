"""Grading: the search for an input on which a student's backward is wrong, and the verdict.

First come seeded cases, the same for every run: rectangular shapes, extreme values, NaN and infinities, empty
arrays. Then Hypothesis searches further. Whatever fails is explained from all inputs that failed, and shown on an
ordinary input where one shows it, or else on the smallest that Hypothesis finds. Right means right on every finite
input, torch's conventions at kinks included; where a solution differs only on NaN or infinite inputs, on empty arrays,
on arrays without dimensions, in dtype or in the last digits, or offers matrices only, the verdict says so in a
remark. A NaN gradient replaced by a number is wrong, though.
"""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, Phase, configuration, find, reject, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable
from numpy.typing import NDArray

from parity.grade import hints
from parity.grade.answer import COUNT, DIGITS, DTYPE, FORGIVEN, VALUE, Answer, Solution, elements_of
from parity.grade.calling import CRASH, EXIT, MEMORY, Callee
from parity.grade.cases import (
    BEYOND,
    CORNERS,
    DEEP,
    EMPTY,
    EXAMPLE,
    LARGE,
    NOT_FINITE_COTANGENTS,
    NOT_FINITE_VALUES,
    ORDINARY,
    OUTSIDE,
    RECTANGULAR,
    SCALAR,
    SPECIAL,
    SPECIAL_COTANGENT,
    STACKS,
    TINY,
    VECTORS,
    Case,
    Drawn,
    Scope,
    Seeded,
    Undrawable,
    Varied,
    corners,
    draw_case,
)
from parity.grade.catalogue import OTHER_CONVENTION, Exercise, find_class, similar
from parity.grade.catalogue import find as find_exercise
from parity.grade.culprit import culprit
from parity.grade.oracle import Oracle, formulas_gradients
from parity.grade.report import counterexample, in_a_line
from parity.grade.signature import UnknownParameter, readings
from parity.grade.solutions import Solver
from parity.grade.verdict import UNGRADED, WRONG, Verdict
from parity.grade.watching import AUTOGRAD, DEED, LIBRARY

SEEDED: tuple[tuple[Scope, int], ...] = (
    (EXAMPLE, 8),
    (TINY, 4),
    (RECTANGULAR, 16),
    (LARGE, 4),
    (ORDINARY, 20),
    (BEYOND, 28),
    (DEEP, 6),
    (SPECIAL, 12),
    (SPECIAL_COTANGENT, 8),
    (EMPTY, 8),
    (SCALAR, 8),
)
USUAL = (ORDINARY, BEYOND)
ENOUGH = 16  # wrong answers: more would not explain more
SEARCHED = 200  # cases that Hypothesis tries when the seeded ones were right
EXAMPLES = 40  # ordinary cases among which one is looked for that shows the mistake
OFFERED = (STACKS, VECTORS)  # what a solution may leave out, but must do right if it does it
DECLINED = {1: "1-dimensional arrays", 3: "arrays of more than 2 dimensions"}
BY_ELEMENT = frozenset([NOT_FINITE_VALUES, NOT_FINITE_COTANGENTS, OUTSIDE])  # excuse elements, where these are alone


def recognise(solver: Solver) -> Exercise | str | None:
    """The exercise that a function solves, or why there is none; None for a class that claims nothing."""
    exercise = find_class(solver.operation) if solver.is_class else find_exercise(solver.operation)
    if exercise is None:
        if solver.is_class:
            return None
        close = similar(solver.operation)
        meant = f": did you mean {' or '.join(close)}?" if close else ""
        return f"no operation is called {solver.operation!r}{meant}"
    if solver.operand is None:
        return exercise
    operation = exercise.operation
    operand = operation.keywords.get(solver.operand, "")
    return exercise.of(operand) if operand in operation.gradients else exercise


def grade_callee(callee: Callee, *, with_torch: bool | None = None, searched: int = SEARCHED) -> Verdict:
    """The verdict on one function.

    with_torch: False compares with numpynet's formulas even where torch is installed.
    searched: how many cases Hypothesis tries beyond the seeded ones; with 0 it does not reduce them either.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of numpynet and torch about the odd cases that they are given
        return _grade(callee, with_torch, searched)


def _grade(callee: Callee, with_torch: bool | None, searched: int) -> Verdict:
    solver = callee.solver
    verdict = Verdict(solver.name)
    exercise = recognise(solver)
    if not isinstance(exercise, Exercise):
        verdict.status, verdict.hint = UNGRADED, exercise or f"no operation is called {solver.operation!r}"
        return verdict
    verdict.exercise, verdict.convention = exercise.name, exercise.convention
    try:
        choices = _graders(callee, exercise, with_torch, searched)
    except UnknownParameter as error:
        verdict.status, verdict.hint = UNGRADED, str(error)
        return verdict
    verdict.oracle = choices[0].solution.oracle.name
    chosen = _choose(choices)
    if chosen is not choices[0]:
        verdict.reading = f"read with {chosen.solution.signature.in_words()}"
    if chosen.wrong and exercise.name in OTHER_CONVENTION and solver.operand is None:
        other = find_exercise(OTHER_CONVENTION[exercise.name])
        assert other is not None
        transposed = _graders(callee, other, with_torch, 0)[0]
        if not transposed.look().wrong:
            said = f"right for {other.convention}, where the weight is the transposed one"
            if exercise.name == "linear":
                chosen.run(verdict)
                verdict.hint_kind = "convention"
                verdict.hint = f"It is {said}. Here, as in torch, {exercise.convention}: dx = dy w, dw = dyᵀ x."
                return verdict
            verdict.remarks.append(f"{said}; {exercise.name} is {exercise.convention}")
            verdict.convention = other.convention
            chosen = transposed
    chosen.run(verdict)
    verdict.tried = sum(one.solution.tried for one in choices)
    return verdict


def _graders(callee: Callee, exercise: Exercise, with_torch: bool | None, searched: int) -> list[_Grader]:
    """One for each reading."""
    found = []
    for signature in readings(callee.solver, exercise):
        oracle = Oracle(signature.exercise, with_torch=with_torch)
        found.append(_Grader(Solution(callee, signature, oracle), searched))
    return found


def _choose(graders: Sequence[_Grader]) -> _Grader:
    """The first reading by which nothing is wrong, or else the one by which most is right."""
    first = graders[0].look()
    if not first.wrong:
        return first
    if all(answer.symptom == COUNT for answer in first.wrong):  # it takes all operands, and returns too little
        graders = [one for one in graders if one.solution.signature.cache != "the needed"]
    for other in graders[1:]:
        if not other.look(patience=ENOUGH // 4).wrong:
            return other
    return max(graders, key=lambda one: one.share)  # the first of equals


@contextmanager
def _storage() -> Iterator[None]:
    """Hypothesis keeps what it keeps in a folder that is removed, not in the user's."""
    before = os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY")
    with TemporaryDirectory(prefix="parity-", ignore_cleanup_errors=True) as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)


class _Grader:
    """The search with one reading of a function's parameters."""

    def __init__(self, solution: Solution, searched: int) -> None:
        self.solution = solution
        self.searched = searched
        self.exercise = solution.signature.exercise
        self.offered: set[str] = set()
        self.declined: set[int] = set()
        self.answers: list[Answer] = []
        self.wrong: list[Answer] = []

    def look(self, patience: int = ENOUGH) -> _Grader:
        """Tries the seeded cases, until enough are wrong."""
        self.answers = self._seeded(patience=patience)
        self._find_out_what_is_offered()
        self.wrong = [answer for answer in self.answers if self._counts(answer)]
        return self

    @property
    def share(self) -> float:
        """How much of the first answers was right."""
        first = [one for one in self.answers if not one.case.features][:ENOUGH]
        return sum(one.symptom is None for one in first) / max(len(first), 1)

    def run(self, verdict: Verdict) -> None:
        """Completes the verdict from what was seen, and from a further search."""
        reached_out = DEED in self.solution.seen and self._is_computed_by_others(verdict)
        changed = None if reached_out else self._changes_its_mind()
        if reached_out:
            return
        if changed is not None:
            self._reject(verdict, changed, hints.explain_state(changed))
        elif self.wrong:
            self._explain_seeded(verdict)
        elif not self._is_computed_by_others(verdict):
            found = self._search(lambda answer: True, USUAL)
            if found is not None:
                more = self._seeded(range(1, 4))
                alike = [found, *(one for one in more if one.symptom == found.symptom and self._counts(one))]
                self._reject(verdict, found, hints.explain(self.solution, alike, self._right())[0])
            elif not self._is_computed_by_others(verdict):
                verdict.remarks += self._remarks()

    def _is_computed_by_others(self, verdict: Verdict) -> bool:
        """Whether it was seen to have the gradient computed, or to reach out of its process: then it is rejected."""
        seen = self.solution.seen
        if AUTOGRAD in seen:
            kind, text = (
                AUTOGRAD,
                f"It calls {seen[AUTOGRAD]}: the exercise is to write the gradient's formula.",
            )
        elif DEED in seen:
            kind, text = DEED, f"A backward pass computes with arrays and nothing else, but {seen[DEED]}."
        else:
            return False
        verdict.status, verdict.hint_kind, verdict.hint = WRONG, kind, text
        usual = next((one for one in self.answers if not one.case.features), self.answers[0])
        verdict.counterexample = counterexample(self.solution, usual)[:1]
        return True

    def _right(self) -> list[Answer]:
        return [one for one in self.answers if one.symptom is None and not self._excused(one.case)]

    def _explain_seeded(self, verdict: Verdict) -> None:
        """Rejects for the commonest symptom, with an input that shows what the hint says."""
        hint, symptom = hints.explain(self.solution, self.wrong, self._right())
        alike = [answer for answer in self.wrong if answer.symptom == symptom]
        alike = [answer for answer in alike if not answer.case.features] or alike

        def shows_it(answer: Answer) -> bool:
            return answer.symptom == symptom and hint.about(answer) is not None

        unusual = [
            scope
            for scope, feature in ((SPECIAL, NOT_FINITE_VALUES), (SPECIAL_COTANGENT, NOT_FINITE_COTANGENTS))
            if all(feature in answer.case.features for answer in alike)
        ]
        shown = None
        if symptom != MEMORY:
            shown = self._ordinary(shows_it) or self._search(shows_it, unusual or USUAL)
        if shown is None:
            shown = min(filter(shows_it, alike), key=lambda answer: answer.case.size, default=alike[0])
        self._reject(verdict, shown, hint)

    def _reject(self, verdict: Verdict, answer: Answer, hint: hints.Hint) -> None:
        verdict.status = WRONG
        verdict.hint_kind, verdict.hint = hint.kind, hint.about(answer) or hint.text
        verdict.counterexample = counterexample(self.solution, answer)

    def _seeded(self, rounds: Sequence[int] = (0,), patience: int = ENOUGH) -> list[Answer]:
        """Answers on the cases that are always tried, until enough are wrong and none of matrices right."""
        answers: list[Answer] = []
        wrong, matrices = 0, 0
        for number in rounds:
            for kind, (scope, count) in enumerate(SEEDED):
                for position in range(count):
                    seed = (number * len(SEEDED) + kind) * 1_000 + position
                    choices = Varied(seed) if scope is EXAMPLE else Seeded(seed)
                    try:
                        case = draw_case(self.solution.signature, choices, scope)
                    except Undrawable:
                        continue
                    answers.append(self.solution.answer(case))
                    if DEED in self.solution.seen:
                        return answers
                    if answers[-1].symptom not in (None, *FORGIVEN) and not case.features:
                        wrong += ENOUGH // 2 if answers[-1].symptom == MEMORY else 1
                    elif not case.features and case.rank == 2:
                        matrices += 1
                    if wrong >= (4 * patience if matrices else patience):
                        return answers
        return answers

    def _find_out_what_is_offered(self) -> None:
        """A feature is offered by a solution that mostly gets its plain cases right; what is right for matrices may
        leave out arrays of other ranks altogether."""
        for feature in OFFERED:
            plain = [one for one in self.answers if one.case.features == (feature,) and _is_plain(one.case)]
            if plain and sum(answer.symptom is None for answer in plain) >= len(plain) / 2:
                self.offered.add(feature)
        ranks: dict[int, list[Answer]] = {}
        for answer in self.answers:
            if not answer.case.features and answer.case.rank:
                ranks.setdefault(min(answer.case.rank, 3), []).append(answer)
        matrices = ranks.get(2, [])
        if len(matrices) < 6 or any(one.symptom not in (None, *FORGIVEN) for one in matrices):
            return
        chooses = "dim" in self.exercise.operation.options and not self.solution.signature.takes("dim")
        for rank in DECLINED:
            failed = [one for one in ranks.get(rank, []) if one.symptom not in (None, *FORGIVEN)]
            refused = all(one.symptom == CRASH for one in failed) and self.exercise.family != "broadcast"
            if len(failed) >= 3 and len(failed) >= 0.7 * len(ranks[rank]) and (chooses or refused):
                self.declined.add(rank)

    def _excused(self, case: Case) -> list[str]:
        """The features of a case that a solution may decline."""
        found = [feature for feature in case.features if feature not in self.offered]
        return found + [DECLINED[rank] for rank in self.declined if min(case.rank, 3) == rank]

    def _counts(self, answer: Answer) -> bool:
        """Whether an answer makes the solution wrong."""
        if answer.symptom is None or answer.symptom in FORGIVEN:
            return False
        if answer.symptom == EXIT:
            return True
        excused = self._excused(answer.case)
        if answer.symptom == VALUE:
            if set(excused) <= BY_ELEMENT and self._loses(answer):
                return True
            if self.exercise.is_elementwise and set(excused) <= BY_ELEMENT:
                return bool((answer.wrong & ~self._unusual(answer)).any())
        return not excused

    def _unusual(self, answer: Answer) -> NDArray[np.bool_]:
        """Elements on whose gradient opinions may differ: of NaN or infinite numbers, outside the domain, corners."""
        case, name = answer.case, answer.operand
        strange = elements_of(case, name, lambda one: ~np.isfinite(one)) | np.isnan(answer.right[name])
        strange |= np.isinf(answer.right[name]) & np.isinf(answer.returned[name])  # a pole, from the other side
        where, forgiven = corners(self.exercise, case, name)
        return strange | (where & (np.isfinite(answer.returned[name]) | forgiven))

    def _loses(self, answer: Answer) -> bool:
        """Whether a number was returned where NaN came in, or where an infinite cotangent did, and must come out."""
        case, name = answer.case, answer.operand
        right, returned = answer.right[name], answer.returned[name]
        if self.exercise.is_elementwise:
            from_nan = elements_of(case, name, np.isnan, with_result=False)
            from_infinity = elements_of(_with_finite_operands(case), name, np.isinf, with_result=False)
        else:
            arrays = [one for one in (*case.operands.values(), case.dy) if _is_floating(one)]
            came_in = any(np.isnan(one).any() for one in arrays)
            from_nan = np.full(right.shape, came_in and not np.isnan(returned).any())  # where it goes, formulas differ
            from_infinity = np.zeros(right.shape, bool)
        lost = np.isfinite(returned) & ((np.isnan(right) & from_nan) | (np.isinf(right) & from_infinity))
        if not lost.any():
            return False
        own = formulas_gradients(self.exercise, case, [name])[name]
        return bool((lost & ~np.isfinite(own)).any())

    def _changes_its_mind(self) -> Answer | None:
        """An answer to the same question that differs from the first one, or None."""
        for before in [one for one in self.answers if one.returned and not self._excused(one.case)][:3]:
            again = self.solution.answer(before.case, before.right)
            for name, gradient in before.returned.items():
                if name in again.returned and not np.array_equal(gradient, again.returned[name], equal_nan=True):
                    once_more = self.solution.answer(before.case, before.right)
                    once_more.symptom, once_more.operand = hints.STATE, name
                    once_more.text = "it gave another answer than before to the same inputs"
                    once_more.earlier = again.returned[name]
                    return once_more
        return None

    def _ordinary(self, accepts: Callable[[Answer], bool]) -> Answer | None:
        """The smallest of a few wrong answers to cases of ordinary numbers and shapes, or None."""
        found: list[Answer] = []
        for seed in range(EXAMPLES):
            try:
                case = draw_case(self.solution.signature, Varied(seed), EXAMPLE)
            except Undrawable:
                continue
            if case.features or case.size > 24:
                continue
            answer = self.solution.answer(case)
            finite = all(np.isfinite(one).all() for one in answer.right.values())
            if finite and self._counts(answer) and accepts(answer):
                found.append(answer)
            if len(found) == 8:
                break
        return min(found, key=lambda answer: answer.case.size, default=None)

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
            with _storage():
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

    def _remarks(self) -> list[str]:
        """One sentence for each feature that the solution gets wrong, with an example."""
        remarks: dict[str, str] = {}
        for answer in sorted(self.answers, key=lambda answer: answer.case.size):
            features = self._excused(answer.case)
            if answer.symptom == DTYPE and not features:
                want, have = answer.right[answer.operand].dtype, answer.returned[answer.operand].dtype
                remarks.setdefault(
                    DTYPE, f"{want.name} in, {have.name} out: {culprit(self.solution.callee.solver, have)}"
                )
            elif answer.symptom == DIGITS and not features:
                said = "digits are lost in a difference of nearly equal numbers"
                remarks.setdefault(DIGITS, f"{said}: {in_a_line(self.solution, answer)}")
            elif answer.symptom not in (None, *FORGIVEN):
                words = features[0] if len(features) == 1 else ""
                if not features:
                    words = CORNERS.get(self.exercise.operation.name, "")
                if words and words not in remarks:
                    only = "right for matrices; " * (words in DECLINED.values())
                    remarks[words] = f"{only}not on {words}: {in_a_line(self.solution, answer)}"
        if LIBRARY in self.solution.seen:
            remarks[LIBRARY] = f"it computes with another library: it calls {self.solution.seen[LIBRARY]}"
        return list(remarks.values())


def _with_finite_operands(case: Case) -> Case:
    """The case with finite numbers for operands: only its cotangent is infinite."""
    operands = {
        name: np.where(np.isinf(one), np.nan, one) if _is_floating(one) else one for name, one in case.operands.items()
    }
    return Case(operands, case.options, case.y, case.dy, case.features)


def _is_floating(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _is_plain(case: Case) -> bool:
    """Whether a product's operands are stacks of equal length, so that nothing broadcasts."""
    ranks = [one.shape[:-2] for one in case.operands.values() if isinstance(one, np.ndarray)]
    return len(set(ranks)) == 1 or any(one.ndim == 1 for one in case.operands.values())
