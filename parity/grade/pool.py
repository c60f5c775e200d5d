"""Pool: the numbers of many answers side by side, so that a guess has to fit dozens of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.grade.answer import Answer
from parity.grade.cases import Case
from parity.grade.catalogue import Exercise

Array = NDArray[Any]


@dataclass
class Pool:
    """Elements of many answers side by side: what the gradient of one operand was, what it ought to be, and of what.

    values: the numbers that belong to each element, by their names in formulas. wrong: which elements are wrong.
    is_scaled: whether dy is the cotangent of a mean, and already divided by N.
    """

    returned: Array
    right: Array
    dy: Array
    values: dict[str, Array]
    wrong: Array
    is_scaled: bool

    def part(self, chosen: Array) -> Pool:
        """Some of the elements."""
        values = {name: one[chosen] for name, one in self.values.items()}
        return Pool(
            self.returned[chosen], self.right[chosen], self.dy[chosen], values, self.wrong[chosen], self.is_scaled
        )

    @property
    def usable_part(self) -> Pool:
        """The elements that are numbers."""
        return self.part(np.isfinite(self.returned) & np.isfinite(self.right))

    @property
    def wrong_part(self) -> Pool:
        """The elements that are wrong, and usable."""
        return self.part(self.wrong & np.isfinite(self.returned) & np.isfinite(self.right))


def pool_of(exercise: Exercise, answers: Sequence[Answer], operand: str) -> Pool | None:
    """The elements of all answers in which every operand has the same shape, or else of all answers."""
    columns: dict[str, list[Array]] = {}
    alike = [answer for answer in answers if _is_of_one_shape(answer)]
    for answer in alike if len(alike) >= 3 else answers:
        case = answer.case
        if operand not in answer.returned or answer.returned[operand].shape != answer.right[operand].shape:
            continue
        shape = answer.right[operand].shape
        scale = 1.0
        if exercise.family in ("alike", "hinge", "classes") and case.options.get("reduction") == "mean":
            scale = 1 / max(
                case.dy.size, shape[0] if exercise.family == "classes" and shape else answer.right[operand].size
            )
        row: dict[str, Any] = {answer.called(name): one for name, one in case.operands.items() if one is not None}
        row = {name: one for name, one in row.items() if np.shape(one) in (shape, ())}
        if case.y.shape == shape and ("y" in answer.taken or not row):
            row["y"] = case.y
        row.update({name: one for name, one in case.options.items() if type(one) in (int, float)})
        row.update({name: one for name, one in case.options.items() if np.shape(one) == shape != ()})
        row["dy"] = _spread(case.dy, case, shape) * scale
        if exercise.operation.name in ("var", "std"):
            x, dim = case.operands["x"], case.options["dim"]
            row[f"({answer.called('x')} − mean)"] = x - x.mean(axis=dim, keepdims=True)
            row["N"] = x.size if dim is None else x.shape[dim]
            if "y" in answer.taken:
                row["y"] = _spread(case.y, case, shape)
        row["·returned"], row["·right"] = answer.returned[operand], answer.right[operand]
        row["·wrong"] = (
            answer.wrong if answer.operand == operand and answer.wrong.shape == shape else np.zeros(shape, bool)
        )
        for name, one in row.items():
            columns.setdefault(name, []).append(np.broadcast_to(np.asarray(one, np.float64), shape).ravel())
    if not columns or not columns["·returned"]:
        return None
    whole = len(columns["·returned"])
    joined = {name: np.concatenate(parts) for name, parts in columns.items() if len(parts) == whole}
    returned, right, dy, wrong = (joined.pop(name) for name in ("·returned", "·right", "dy", "·wrong"))
    is_mean = any(answer.case.options.get("reduction") == "mean" for answer in answers)
    return Pool(returned, right, dy, joined, wrong.astype(bool), is_mean) if returned.size else None


def _spread(values: Array, case: Case, shape: tuple[int, ...]) -> Array:
    """The cotangent or the result of a reduction beside the elements that it came from; NaN where that is unknown."""
    dim = case.options.get("dim")
    if values.shape not in (shape, ()) and isinstance(dim, int) and values.ndim == len(shape) - 1:
        values = np.expand_dims(values, dim)
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        return np.full(shape, np.nan)


def _is_of_one_shape(answer: Answer) -> bool:
    return len({one.shape for one in answer.case.operands.values() if isinstance(one, np.ndarray)}) == 1
