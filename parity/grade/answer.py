"""Answer: what a student's function did on one case, and how that compares with what is right."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.grade.cases import Case
from parity.grade.catalogue import Exercise
from parity.grade.oracle import Gradients, Oracle
from parity.grade.signature import Signature

Array = NDArray[Any]

CRASH, MEMORY, EXIT = "crash", "memory", "exit"
NOTHING, COUNT, MUTATION, SHAPE, DTYPE, VALUE = "nothing", "count", "mutation", "shape", "dtype", "value"


@dataclass
class Answer:
    """What came of one call.

    case: the inputs.
    right: the gradients as they ought to be.
    returned: the gradients as they were returned, by operand; those that could not be told apart are missing.
    symptom: None when all is right, else one of CRASH, MEMORY, EXIT, NOTHING, COUNT, MUTATION, SHAPE, DTYPE, VALUE.
    text: the symptom in words.
    operand: the operand whose gradient is wrong.
    bounds: what rounding may explain, where values were compared.
    weak: operands whose gradient came as Python numbers, which have no dtype.
    earlier: what the same inputs gave before, where that was something else.
    names: what the function calls the operands.
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

    def called(self, operand: str = "") -> str:
        """The function's own name of an operand, by default of the one whose gradient is wrong."""
        operand = operand or self.operand
        return self.names.get(operand, operand)

    def failed(self, symptom: str, text: str, operand: str = "") -> Answer:
        """This answer, marked as wrong."""
        self.symptom, self.text, self.operand = symptom, text, operand
        return self

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which elements of the wrong operand's gradient differ; for the symptom VALUE."""
        return ~_close(self.returned[self.operand], self.right[self.operand], self.bounds[self.operand])


Watch = Callable[[Case], AbstractContextManager[Any]]


class Solution:
    """A student's function, bound to its exercise, that can be asked for answers.

    watch: surrounds each call of the function, so that a call that never ends can be told apart.
    """

    def __init__(self, signature: Signature, oracle: Oracle, watch: Watch | None = None) -> None:
        self.signature = signature
        self.oracle = oracle
        self.watch: Watch = watch or (lambda case: nullcontext())
        self.tried = 0

    def answer(self, case: Case) -> Answer:
        """Calls the function on copies of a case's inputs and judges what it returns."""
        return self.judge(case, self.oracle.gradients(case))

    def judge(self, case: Case, right: Gradients) -> Answer:
        """As `answer`, where the right gradients are known."""
        answer = Answer(case, right, names=self.signature.called)
        self.tried += 1
        operands = {name: one.copy() if isinstance(one, np.ndarray) else one for name, one in case.operands.items()}
        y, dy = case.y.copy(), case.dy.copy()
        positional, keywords = self.signature.arguments(operands, case.options, y, dy)
        try:
            with self.watch(case), np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = self.signature.function(*positional, **keywords)
        except (SystemExit, KeyboardInterrupt) as error:
            return answer.failed(EXIT, f"it ended the program with {type(error).__name__}({error})")
        except MemoryError as error:
            return answer.failed(MEMORY, f"it ran out of memory: {error}")
        except Exception as error:
            where = _line(error, self.signature.function)
            return answer.failed(CRASH, f"it raised {type(error).__name__}: {error}{where}")
        mutated = [name for name, one in operands.items() if _changed(one, case.operands[name])]
        mutated += ["y"] * _changed(y, case.y) + ["dy"] * _changed(dy, case.dy)
        if problem := _tell_apart(result, answer, self.signature.exercise):
            return answer.failed(*problem)
        if mutated:
            return answer.failed(MUTATION, f"it changed its input {answer.called(mutated[0])} in place", mutated[0])
        for name in answer.returned:
            if answer.returned[name].shape != right[name].shape:
                return answer.failed(SHAPE, "its shape is wrong", name)
        for name, gradient in answer.returned.items():
            wanted = right[name]
            if _close(gradient, wanted, 4 * np.finfo(wanted.dtype).eps * np.abs(wanted)).all():
                answer.bounds[name] = np.zeros(wanted.shape)
                continue
            answer.bounds = self.oracle.bounds(case, {one: right[one] for one in answer.returned})
            if not _close(gradient, wanted, answer.bounds[name]).all():
                return answer.failed(VALUE, "its values are wrong", name)
        for name, gradient in answer.returned.items():
            if gradient.dtype != right[name].dtype and name not in answer.weak:
                return answer.failed(DTYPE, f"its dtype is {gradient.dtype.name}", name)
        return answer


def _line(error: BaseException, function: Callable[..., Any]) -> str:
    """Where in the student's file it happened."""
    path = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return f" (line {frames[-1].lineno}: {frames[-1].line})" if frames else ""


def _changed(now: Any, before: Any) -> bool:
    if not isinstance(now, np.ndarray):
        return False
    return bool(now.tobytes() != before.tobytes() or now.shape != before.shape)


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
    parts = _by_name(result, required + accepted) if isinstance(result, Mapping) else None
    if isinstance(result, Mapping):
        missing = [name for name in required if not parts or name not in parts]
        if parts is None or missing:
            keys = ", ".join(repr(key) for key in result)
            lacking = ", ".join(map(answer.called, missing or required))
            return COUNT, f"it returned a dict with the keys {keys}; {lacking} is missing", ""
    else:
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
            array = _as_array(part)
        except (TypeError, ValueError):
            return NOTHING, f"d{answer.called(name)} is a {type(part).__name__}, not an array", name
        if array.dtype.kind not in "biuf":
            return DTYPE, f"d{answer.called(name)} has the dtype {array.dtype}", name
        if isinstance(part, (int, float, list, tuple)):
            weak.add(name)
        answer.returned[name] = array
    answer.weak = frozenset(weak)
    return None


def _as_array(part: Any) -> Array:
    return np.asarray(part.detach().numpy() if hasattr(part, "detach") else part)


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
    """The gradients of a dict whose keys are operands: x, dx, d_x, grad_x, x_grad, db, dbias, ..."""
    from parity.grade.signature import SYNONYMS

    found: dict[str, Any] = {}
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
    return found or None
