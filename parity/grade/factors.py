"""Factors: a gradient that is right but for one number, and which number that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.grade.answer import Answer
from parity.grade.hypotheses import returned_of, right_of

TOLERANCE = 1e-4  # relative, between the factors of different elements and cases
CONSTANT = "constant"  # a factor that nothing at hand accounts for
ACTED_ON = "the number of results that each element acts on"


def ratio(answer: Answer) -> float | None:
    """The one number, other than 1, that the right gradient was multiplied by; None where there is none."""
    returned, right = returned_of(answer).astype(float), right_of(answer).astype(float)
    finite = np.isfinite(right) & np.isfinite(returned)
    usable = finite & (np.abs(right) > 1e-6 * np.abs(right[finite]).max(initial=0))
    if returned.shape != right.shape or not usable.any() or (returned[right == 0] != 0).any():
        return None
    ratios = returned[usable] / right[usable]
    mean = float(ratios.mean())
    constant = bool(np.ptp(ratios) <= TOLERANCE * np.abs(ratios).max())
    return mean if constant and mean != 0 and abs(mean - 1) > 10 * TOLERANCE else None


def scale(answer: Answer) -> str:
    """The factor in one answer, as a sentence."""
    return f"With {answer.called()} of shape {right_of(answer).shape} it is {ratio(answer):.6g} times what is right."


def quantities(answer: Answer) -> dict[str, float]:
    """Numbers of a case that a gradient may have been multiplied or divided by, in words."""
    right, case = right_of(answer), answer.case
    known: dict[str, float] = {"2": 2, "3": 3, "4": 4}
    known["the number of elements of " + answer.called()] = right.size
    if right.size >= case.dy.size > 0:
        known["the number of elements that each result gathers"] = right.size / case.dy.size
    elif right.size:
        known[ACTED_ON] = case.dy.size / right.size
    for name, value in case.operands.items():
        if isinstance(value, np.ndarray) and value.ndim:
            known[f"{answer.called(name)}.shape[0]"] = value.shape[0]
            known[f"{answer.called(name)}.shape[-1]"] = value.shape[-1]
            known[f"{answer.called(name)}.shape[0]²"] = value.shape[0] ** 2
    dim = case.options.get("dim")
    if isinstance(dim, int) and right.ndim > 1:
        known["the length of the next axis"] = right.shape[(dim + 1) % right.ndim]
        known["the length of the axis before"] = right.shape[(dim - 1) % right.ndim]
    known["the norm of dy"] = float(np.linalg.norm(case.dy.astype(float)))
    for axis in range(1, right.ndim):
        known[f"{answer.called()}.shape[{axis}]"] = right.shape[axis]
    for name, option in case.options.items():
        if isinstance(option, float):
            known[f"the option {name}"] = option
    return known


def _always(telling: Sequence[Answer], numbers: Sequence[float]) -> str | None:
    """The quantity that is this number in each case."""
    for quantity in quantities(telling[0]):
        values = [quantities(answer).get(quantity, np.nan) for answer in telling]
        if np.allclose(numbers, values, rtol=TOLERANCE):
            return quantity
    return None


def _averaged(answer: Answer) -> int:
    """How many numbers the mean is of: the samples where there are classes, or else all elements."""
    t = answer.case.operands.get("t")
    is_classes = isinstance(t, np.ndarray) and t.dtype.kind == "i"
    return int(t.size if is_classes else right_of(answer).size)  # type: ignore[union-attr]


def explain_factor(telling: Sequence[Answer], is_mean: bool) -> tuple[str, str] | None:
    """The kind of hint and its sentence where the answers are multiples of what is right, else None.

    is_mean: whether the forward divides by a number of elements.
    """
    with np.errstate(all="ignore"):
        found = [ratio(answer) for answer in telling]
    ratios = [one for one in found if one is not None]
    if not ratios or len(ratios) < len(found):
        return None
    sign = -1 if ratios[0] < 0 else 1
    also = " and its sign is wrong" if sign < 0 else ""
    if is_mean:  # divided, but by what?
        counts = [_averaged(answer) / answer.case.dy.size for answer in telling]
        divisors = [sign * count / one for count, one in zip(counts, ratios, strict=True)]
        divides = not np.allclose(divisors, 1)
        if divides and np.ptp(divisors) <= TOLERANCE * abs(divisors[0]) and len({*counts}) > 1:
            return "factor", f"It is divided by {divisors[0]:.6g} whatever the number of elements is{also}."
        if divides and (quantity := _always(telling, divisors)):
            belongs = "the number of elements that each result gathers"
            if _averaged(telling[0]) != right_of(telling[0]).size:
                belongs = "the number of samples"
            return "factor", f"It is divided by {quantity} where {belongs} belongs{also}."
    if quantity := _always(telling, [sign * one for one in ratios]):
        if is_mean and not quantity.isdigit():
            return "mean not divided", f"Off by the factor N = {quantity}{also}: a mean divides by it."
        return "factor", f"Off by the factor {quantity}{also}."
    if quantity := _always(telling, [sign / one for one in ratios]):
        part = f"1/{quantity}" if quantity.isdigit() else f"1/N, N = {quantity}"
        averaged = ": their cotangents are added up, not averaged" * (quantity == ACTED_ON)
        return "factor", f"Off by the factor {part}{also}{averaged}."
    if np.ptp(ratios) <= TOLERANCE * abs(ratios[0]):
        return CONSTANT, f"Off by a constant factor: it is {ratios[0]:.6g} times what is right."
    return None
