"""Failure: where two runs first part, told so that one can go and look."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from numpynet.testing import ulp_distance
from parity.trace import Array


@dataclass
class Values:
    """One element: its index, both values, how far apart they are, and how far they may be."""

    index: tuple[int, ...]
    ours: float
    theirs: float
    dtype: str
    ulp: int | None
    bound: str

    @classmethod
    def at(cls, index: tuple[int, ...], ours: Array, theirs: Array, bound: str) -> Values:
        """Of the element at that index of two arrays of one shape."""
        a, b = ours[index], theirs[index]
        comparable = a.dtype == b.dtype and a.dtype.kind == "f"
        ulp = int(ulp_distance(a, b)) if comparable else None
        return cls(tuple(map(int, index)), a.item(), b.item(), a.dtype.name, ulp, bound)

    @classmethod
    def worst(cls, k: Any, ours: Array, theirs: Array, bound: str) -> Values | None:
        """Of the element where k is largest; None where shapes or dtypes differ. `bound` may contain "{k}"."""
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            return None
        index = np.unravel_index(int(np.argmax(k)), ours.shape)
        return cls.at(tuple(map(int, index)), ours, theirs, bound.format(k=f"{np.max(k):,.4g}"))

    def __str__(self) -> str:
        ours, theirs = (np.dtype(self.dtype).type(one) for one in (self.ours, self.theirs))
        where = f"element {list(self.index)}: " if self.index else ""
        distance = f", {self.ulp:,} ULP apart" if self.ulp is not None else ""
        return f"{where}numpynet {ours!s}, torch {theirs!s}{distance}; {self.bound}"


def unlike(ours: Array, theirs: Array) -> str:
    """How two arrays differ that cannot be compared; empty for those that can."""
    if ours.shape != theirs.shape:
        return f" of shape {ours.shape}, in torch {theirs.shape}"
    return f" of dtype {ours.dtype}, in torch {theirs.dtype}" if ours.dtype != theirs.dtype else ""


@dataclass
class Operation:
    """The first operation that gives something else although it is given the same."""

    name: str
    what: str
    values: Values | None = None

    def __str__(self) -> str:
        return f"{self.name}, {self.what}" + (f": {self.values}" if self.values is not None else "")


@dataclass
class Failure:
    """A rung of the ladder that did not hold.

    rung: "random bits", "initial parameters", "operation", "locked step", "free run", or "program" when it stopped.
    tensor: what differs. step: from 1; None where there is none. operation: where the difference first arises.
    """

    rung: str
    tensor: str
    step: int | None = None
    values: Values | None = None
    operation: Operation | None = None

    def __str__(self) -> str:
        step = f" at step {self.step}" if self.step is not None else ""
        lines = [f"{self.rung}{step}: {self.tensor}"]
        if self.values is not None:
            lines.append(f"  {self.values}")
        if self.operation is not None:
            lines.append(f"  first operation to differ: {self.operation}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
