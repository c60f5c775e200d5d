"""Answer: what a student's function did on one case, and how that compares with what is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.ops.sums import sum_to
from parity.grade.calling import Callee
from parity.grade.cases import Case
from parity.grade.catalogue import Exercise
from parity.grade.oracle import Gradients, Oracle
from parity.grade.plain import Context, Other
from parity.grade.signature import SYNONYMS, Signature

Array = NDArray[Any]

NOTHING, COUNT, MUTATION, SHAPE, VALUE = "nothing", "count", "mutation", "shape", "value"
DTYPE, DIGITS = "dtype", "digits"  # all numbers are right; these are worth a remark
FORGIVEN = frozenset([DTYPE, DIGITS])


@dataclass
class Answer:
    """What came of one call.

    case: the inputs.
    right: the gradients as they ought to be.
    returned: the gradients as they were returned, by operand; those that could not be told apart are missing.
    symptom: None when all is right, else one of CRASH, MEMORY, EXIT, NOTHING, COUNT, MUTATION, SHAPE, VALUE, or of
        those that are forgiven, DTYPE and DIGITS.
    text: the symptom in words.
    operand: the operand whose gradient is wrong.
    bounds: what rounding may explain, where values were compared.
    weak: operands whose gradient came as Python numbers, which have no dtype.
    earlier: what the same inputs gave before, where that was something else.
    names: what the function calls the operands.
    taken: the operands and options that the function takes, and "y" and "dy".
    wrong: which elements of the wrong operand's gradient differ; for the symptom VALUE.
    """

    case: Case
    right: Gradients
    returned: dict[str, Array] = field(default_factory=dict)
    symptom: str | None = None
    text: str = ""
    operand: str = ""
    bounds: Gradients = field(default_factory=dict)
    weak: frozenset[str] = frozenset()
    earlier: Array | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    wrong: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def called(self, operand: str = "") -> str:
        """The function's own name of an operand, by default of the one whose gradient is wrong."""
        operand = operand or self.operand
        return self.names.get(operand, operand)

    def failed(self, symptom: str, text: str, operand: str = "") -> Answer:
        """This answer, marked as wrong."""
        self.symptom, self.text, self.operand = symptom, text, operand
        return self


class Solution:
    """A student's function, in one reading of its parameters, that can be asked for answers."""

    def __init__(self, callee: Callee, signature: Signature, oracle: Oracle) -> None:
        self.callee = callee
        self.signature = signature
        self.oracle = oracle
        self.tried = 0
        self.seen: dict[str, str] = {}

    def answer(self, case: Case, right: Gradients | None = None) -> Answer:
        """Calls the function on copies of a case's inputs and judges what it returns.

        right: the right gradients where they are known; otherwise they are computed after the function has answered.
        """
        self.tried += 1
        positional, keywords = self.signature.arguments(case.operands, case.options, case.y, case.dy)
        outcome = self.callee.call(positional, keywords)
        for kind, what in outcome.seen.items():
            self.seen.setdefault(kind, what)
        right = self.oracle.gradients(case) if right is None else right
        taken = frozenset(
            name for source in self.signature.sources for name in (source.kind, source.name) if source.kind != "shape"
        )
        answer = Answer(case, right, names=self.signature.called, taken=taken)
        if outcome.symptom is not None:
            return answer.failed(outcome.symptom, outcome.text)
        if problem := _tell_apart(outcome.result, answer, self.signature.exercise):
            return answer.failed(*problem)
        for name in self._changed(case, outcome.after):
            return answer.failed(MUTATION, f"it changed its input {answer.called(name)} in place", name)
        for name in answer.returned:
            if answer.returned[name].shape != right[name].shape:
                return answer.failed(SHAPE, "its shape is wrong", name)
        return self._compare(answer)

    def _compare(self, answer: Answer) -> Answer:
        """Compares values, then dtypes."""
        case, right, lossy = answer.case, answer.right, ""
        for name, gradient in answer.returned.items():
            wanted = right[name]
            answer.bounds[name] = np.zeros(wanted.shape)
            if _close(gradient, wanted, 4 * np.finfo(wanted.dtype).eps * np.abs(wanted)).all():
                continue
            answer.bounds = self.oracle.bounds(case, {one: right[one] for one in answer.returned})
            coarser = 1.0  # a narrower dtype is said for itself
            if gradient.dtype.kind == "f" and gradient.dtype.itemsize < wanted.dtype.itemsize:
                coarser = float(np.finfo(gradient.dtype).eps / np.finfo(wanted.dtype).eps)
            bound = coarser * answer.bounds[name]
            wrong = ~_close(gradient, wanted, bound)
            if not wrong.any() or not (wrong & ~self.oracle.is_nearer_to_the_truth(case, name, gradient, wanted)).any():
                continue
            loose = np.maximum(bound, coarser * self.oracle.loose_bound(case, name))
            if _close(gradient, wanted, loose).all():
                lossy, answer.wrong = lossy or name, wrong
                continue
            answer.wrong = wrong
            return answer.failed(VALUE, "its values are wrong", name)
        for name, gradient in answer.returned.items():
            if gradient.dtype != right[name].dtype and name not in answer.weak:
                return answer.failed(DTYPE, f"its dtype is {gradient.dtype.name}", name)
        return answer.failed(DIGITS, "it loses digits", lossy) if lossy else answer

    def _changed(self, case: Case, after: Any) -> list[str]:
        """The operands, "y" or "dy" among the arguments that were changed in place."""
        if not (isinstance(after, list) and len(after) == 2 and isinstance(after[1], dict)):
            return []
        left, by_name, found = list(after[0]), after[1], []
        ahead = [name for name, one in case.operands.items() if one is not None]
        for one, before in self.signature.given(case.operands, case.options, case.y, case.dy):
            source = dict(self.signature.parameters)[one]
            now = by_name.get(one.name) if one.name in by_name else left.pop(0) if left else None
            pairs = list(_pairs(before, now))
            for place, (old, new) in enumerate(pairs):
                if old.dtype != new.dtype or old.shape != new.shape or old.tobytes() != new.tobytes():
                    names = ahead if source.kind == "cache" and place < len(ahead) else []
                    found.append(names[place] if names else source.name or source.kind)
        return found


def _pairs(before: Any, now: Any) -> Iterator[tuple[Array, Array]]:
    """The arrays of an argument before and after a call."""
    if isinstance(before, Context):
        before = list(before.saved)
    if isinstance(before, np.ndarray) and isinstance(now, np.ndarray):
        yield before, now
    elif isinstance(before, (tuple, list)) and isinstance(now, (tuple, list)):
        for old, new in zip(before, now, strict=False):
            yield from _pairs(old, new)
    elif isinstance(before, Mapping) and isinstance(now, Mapping):
        for name, old in before.items():
            yield from _pairs(old, now.get(name))


def elements_of(
    case: Case, name: str, marked: Callable[[Array], Array], *, with_result: bool = True
) -> NDArray[np.bool_]:
    """Which elements of an operand meet a marked number: of its own, another operand's, the cotangent's, the result's.

    For operations whose operands broadcast together, so that each element goes its own way.
    """
    shape = case.operands[name].shape
    floats = [one for one in (*case.operands.values(), case.dy) if _is_floating(one)]
    whole = np.broadcast_shapes(*(one.shape for one in case.operands.values() if isinstance(one, np.ndarray)))
    floats += [case.y] * (with_result and case.y.shape == whole)  # not the one loss of all elements
    found = np.zeros(whole, bool)
    for one in floats:
        found = found | marked(one)
    return np.asarray(sum_to(found.astype(float), shape) > 0)


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _close(returned: Array, right: Array, bound: Array) -> NDArray[np.bool_]:
    """Which elements are right: equal, both NaN, or finite and within the bound."""
    with np.errstate(all="ignore"):
        difference = np.abs(returned.astype(np.float64) - right)
        near = np.isfinite(returned) & np.isfinite(right) & (difference <= bound)
        return np.asarray(near | (returned == right) | (np.isnan(returned) & np.isnan(right)))


def _tell_apart(result: Any, answer: Answer, exercise: Exercise) -> tuple[str, str, str] | None:
    """Fills in which gradient is which; what is wrong about the way they were returned, or None."""
    required = [name for name in exercise.required if name in answer.right]
    accepted = [name for name in exercise.accepted if name in answer.right]
    if result is None:
        return NOTHING, "it returned None", ""
    parts = None
    if isinstance(result, Mapping):
        parts = _by_name(result, required + accepted) if len(result) > len(required) else _by_name(result, required)
    if isinstance(result, Mapping):
        missing = [name for name in required if not parts or name not in parts]
        if parts is None or missing:
            keys = ", ".join(repr(key) for key in result)
            lacking = ", ".join(map(answer.called, missing or required))
            return COUNT, f"it returned a dict with the keys {keys}; {lacking} is missing", ""
    else:
        if isinstance(result, Other):
            return NOTHING, f"it returned a {result.kind}, not an array", ""
        single = len(required) == 1 and not _is_sequence_of_gradients(result, answer.right[required[0]].shape)
        gradients: Sequence[Any] = [result] if single or not isinstance(result, (tuple, list)) else list(result)
        names = required + accepted
        ordered = [name for name in exercise.operation.operands if name in names]
        if len(gradients) not in (len(required), len(names)):
            each = ", ".join(f"d{answer.called(name)}" for name in required)
            found = f"{len(gradients)} gradient{'s' * (len(gradients) != 1)}"
            return COUNT, f"it returned {found} where {len(required)} are asked for: {each}", ""
        parts = dict(zip(required if len(gradients) == len(required) else ordered, gradients, strict=True))
    weak = set()
    for name, part in parts.items():
        if part is None:
            if name in required:
                return NOTHING, f"d{answer.called(name)} is None", name
            continue
        try:
            array = np.asarray(part)
        except (TypeError, ValueError, OverflowError):
            array = np.asarray(None)
        if array.dtype.kind not in "biuf":
            kind = part.kind if isinstance(part, Other) else f"{type(part).__name__} of {array.dtype}"
            return NOTHING, f"d{answer.called(name)} is a {kind}, not an array of real numbers", name
        if isinstance(part, (int, float, list, tuple)):
            weak.add(name)
        answer.returned[name] = array
    answer.weak = frozenset(weak)
    return None


def _is_sequence_of_gradients(result: Any, shape: tuple[int, ...]) -> bool:
    """Whether a tuple or list holds gradients, and is not itself the rows of the only one."""
    if not isinstance(result, (tuple, list)):
        return False
    if any(part is None for part in result):
        return True
    try:
        rows = np.shape(result) == shape
    except ValueError:
        return True
    return not rows or (len(result) == 1 and np.shape(result[0]) == shape)


def _by_name(result: Mapping[Any, Any], names: Sequence[str]) -> dict[str, Any] | None:
    """The gradients of a dict whose keys are operands: x, dx, d_x, grad_x, x_grad, db, dbias, ...

    Where as many keys are strange as operands are left, they stand for these in order.
    """
    found: dict[str, Any] = {}
    strange = []
    for key, gradient in result.items():
        plain = str(key).lower()
        forms = {plain, plain.removeprefix("d"), plain.removeprefix("d_"), plain.removeprefix("grad_")}
        forms |= {plain.removesuffix("_grad"), plain.removesuffix(".grad")}
        exact = [name for name in names if name in forms]
        close = [name for name in names if forms & set(SYNONYMS.get(name, "").split())]
        for name in exact or close:
            if name not in found:
                found[name] = gradient
                break
        else:
            strange.append(gradient)
    left = [name for name in names if name not in found]
    if len(strange) == len(left):
        found.update(zip(left, strange, strict=True))
    return found or None
