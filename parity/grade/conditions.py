"""Conditions: what the inputs of wrong answers have in common, and those of right ones have not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.grade.answer import Answer
from parity.grade.cases import Case

FEW = 3  # with fewer answers on either side a coincidence is likely


def properties(case: Case) -> dict[str, bool]:
    """What may be said of a case, and whether it is so."""
    arrays = {name: one for name, one in case.operands.items() if isinstance(one, np.ndarray)}
    floats = [one for one in arrays.values() if one.dtype.kind == "f"]
    found = {
        "the dtype is float32": case.dy.dtype == np.float32,
        "the dtype is float64": case.dy.dtype == np.float64,
        "the operands broadcast": len({one.shape for one in arrays.values()}) > 1,
        "an operand is 0": any((one == 0).any() for one in floats),
        "an operand is negative": any((one < 0).any() for one in floats),
        "an operand is 20 or more in size": any((np.abs(one) >= 20).any() for one in floats),
        "there is more than one element": any(one.size > 1 for one in arrays.values()),
    }
    for name, one in arrays.items():
        for rank in range(4):
            found[f"{name} has {rank} dimension{'s' * (rank != 1)}"] = one.ndim == rank
        found[f"{name} has more than 2 dimensions"] = one.ndim > 2
        found[f"{name} has fewer than 2 dimensions"] = one.ndim < 2
        found[f"{name} has more than one element"] = one.size > 1
        found[f"{name} has more than one row"] = one.ndim > 0 and one.shape[0] > 1
        found[f"{name} has 5 or more rows"] = one.ndim > 0 and one.shape[0] >= 5
    for name, option in case.options.items():
        if isinstance(option, (bool, str, int)) or option is None:
            found[f"{name} is {option!r}"] = True
        if name == "dim":
            found["dim is negative"] = isinstance(option, int) and option < 0
            found["dim is given"] = option is not None
    return found


def condition(wrong: Sequence[Answer], right: Sequence[Answer]) -> str | None:
    """A property that all inputs of wrong answers have and no input of a right one, or None."""
    if len(wrong) < FEW or len(right) < FEW:
        return None
    failing, passing = ([properties(one.case) for one in answers] for answers in (wrong, right))
    for name in failing[0]:
        if all(one.get(name) for one in failing) and not any(one.get(name) for one in passing):
            return name
    return None
