"""Equal results, row by row: what differs by more than roundings explain is not timed.

A sum of n terms has n roundings one behind the other, which have both signs: their error grows like √n, and
λ √n eps is exceeded with a probability below 2 exp(−λ²/2), which for λ = 8 is 3e−14 (Higham & Mary 2019, "A new
approach to probabilistic rounding error analysis", theorem 2.4). It is relative to the terms, not to what is left of
them where they cancel; hence the largest magnitude of a result is what a tolerance is relative to. eps is that of
float32, in which everything is computed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.agreement import DisagreementError
from benchmarks.operations.row import Prepared

LAMBDA = 8


def assert_agree(own: Prepared, other: Prepared, terms: int) -> None:
    """Makes the first call of both, and DisagreementError unless results and states agree."""
    compare(own.call(), other.call(), terms, "result")
    compare(own.state(), other.state(), terms, "state")


def compare(own: Any, other: Any, terms: int, place: str) -> None:
    """DisagreementError unless two values are equal, nested ones item by item.

    Tensors also agree in dtype, shape and requires_grad; numbers lie within the tolerance of the terms; infinities, NaN
    and whatever is no number are equal.
    """
    if isinstance(other, (list, tuple)):
        if not isinstance(own, list if isinstance(other, list) else tuple) or len(own) != len(other):
            raise DisagreementError(f"{place}: {own!r:.80} instead of {other!r:.80}")
        for number, (one, right) in enumerate(zip(own, other, strict=True)):
            compare(one, right, terms, f"{place}[{number}]")
        return
    (kind, values), (right_kind, right) = described(own), described(other)
    if kind != right_kind:
        raise DisagreementError(f"{place}: {kind} instead of {right_kind}")
    if isinstance(values, np.ndarray):
        compare_numbers(values, right, terms, place)
    elif values != right:
        raise DisagreementError(f"{place}: {values!r:.80} instead of {right!r:.80}")


def described(value: Any) -> tuple[str, Any]:
    """What kind of value this is, and its numbers as an array, or else itself as a string."""
    if hasattr(value, "detach"):
        array = value.detach().numpy()
        grad = ", requires_grad" if value.requires_grad else ""
        return f"tensor of {array.dtype}, {array.shape}{grad}", array
    if isinstance(value, (np.ndarray, np.generic, bool, int, float)):
        array = np.asarray(value)
        return f"{type(value).__name__} of {array.dtype}, {array.shape}", array
    return type(value).__name__, str(value)


def compare_numbers(own: Any, right: Any, terms: int, place: str) -> None:
    """DisagreementError unless two arrays of one shape and dtype agree."""
    agree = np.asarray(own == right)
    if right.dtype.kind == "f":
        agree |= np.isnan(own) & np.isnan(right)
        finite = np.isfinite(own) & np.isfinite(right)
        if terms and finite.any():
            eps = float(np.finfo(np.float32).eps)
            apart = np.abs(np.where(finite, own, 0).astype(float) - np.where(finite, right, 0))
            largest = float(np.abs(right[finite]).max())
            tolerance = LAMBDA * math.sqrt(terms) * eps * largest
            agree |= finite & (apart <= tolerance)
            if not agree.all() and finite.all():
                raise DisagreementError(f"{place} is off by {apart.max():.1e}, and roundings explain {tolerance:.1e}")
    if not agree.all():
        raise DisagreementError(f"{place} differs in {np.count_nonzero(~agree)} of {agree.size} numbers")
