"""Random bits: whether a run drew torch's numbers, and began from torch's parameters, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.bounds import BASELINE_DRAW
from parity.failure import Failure, Values, unlike
from parity.trace import Array, Draw, Trace


class RandomBits:
    """Compares the draws, the initial parameters and the generator's state of two runs.

    baseline: whether the reference is of torch's baseline build, whose draws have other last bits.
    extent: "equal", "within bounds" (of the baseline build), or "differ". failure: the first difference, if any.
    """

    def __init__(self, ours: Trace, reference: Trace, *, baseline: bool = False) -> None:
        self.reference = reference
        self.baseline = baseline
        self.extent = "equal"
        self.failure = self._first_differing_draw(ours) or self._first_differing_start(ours) or self._stream(ours)
        if self.failure is not None:
            self.extent = "differ"

    def _first_differing_draw(self, run: Trace) -> Failure | None:
        """Among those for the same evaluation, one after the other; evaluations that only one run has are left out."""
        ours, theirs = run.draws_by_place(), self.reference.draws_by_place()
        for place in dict.fromkeys([*theirs, *ours]):
            if (place in run.evaluations) != (place in self.reference.evaluations):
                continue
            failure = self._first_differing(place, ours.get(place, []), theirs.get(place, []), run.stopped is not None)
            if failure is not None:
                return failure
        return None

    def _first_differing(self, place: str, ours: list[Draw], theirs: list[Draw], stopped: bool) -> Failure | None:
        for number, (a, b) in enumerate(zip(ours, theirs, strict=False), 1):
            if a.function == b.function and a.digest == b.digest:
                continue
            name = f"draw {number}{f' of {place}' if place else ''}, by {a.function}"
            if a.function != b.function:
                return Failure("random bits", f"{name}, where torch draws by {b.function}")
            if not self._near(a, b):
                return Failure("random bits", name + self._described(a, b), values=self._differing(a.values, b.values))
            self.extent = "within bounds"
        if len(ours) != len(theirs) and not stopped:
            return Failure(
                "random bits", f"{len(ours)} draws{f' for {place}' if place else ''}, in torch {len(theirs)}"
            )
        return None

    def _near(self, ours: Draw, theirs: Draw) -> bool:
        """Whether two draws are as near as torch's two builds are."""
        a, b = ours.values, theirs.values
        if not self.baseline or a is None or b is None or unlike(a, b) or a.dtype.kind != "f":
            return False
        return bool((np.abs(a - b) <= self._baseline_room(b)).all())

    @staticmethod
    def _baseline_room(array: Array) -> Any:
        return BASELINE_DRAW * np.finfo(array.dtype).eps * np.abs(array).max(initial=0)

    @staticmethod
    def _described(ours: Draw, theirs: Draw) -> str:
        if ours.values is None or theirs.values is None:
            return ": its bytes have another digest than torch's"
        return unlike(ours.values, theirs.values)

    @staticmethod
    def _differing(ours: Array | None, theirs: Array | None) -> Values | None:
        """The first element that differs."""
        if ours is None or theirs is None or unlike(ours, theirs):
            return None
        places = np.argwhere((ours != theirs) & ~((ours != ours) & (theirs != theirs)))
        return Values.at(tuple(places[0]), ours, theirs, "allowed 0") if len(places) else None

    def _first_differing_start(self, run: Trace) -> Failure | None:
        if len(run.models) != len(self.reference.models) and run.stopped is None:
            return Failure("initial parameters", f"{len(run.models)} models, in torch {len(self.reference.models)}")
        for ours, theirs in zip(run.models, self.reference.models, strict=False):
            if list(ours.initial) != list(theirs.initial):
                return Failure(
                    "initial parameters", f"{ours.name}: {list(ours.initial)}, in torch {list(theirs.initial)}"
                )
            for name, a in ours.initial.items():
                b = theirs.initial[name]
                if not unlike(a, b) and a.tobytes() == b.tobytes():
                    continue
                if self.baseline and not unlike(a, b) and (np.abs(a - b) <= self._baseline_room(b)).all():
                    self.extent = "within bounds"
                    continue
                return Failure("initial parameters", f"{ours.name}, {name}{unlike(a, b)}", values=self._differing(a, b))
        return None

    def _stream(self, run: Trace) -> Failure | None:
        for step, stream in sorted(self.reference.streams.items()):
            if step in run.streams and run.streams[step] != stream:
                return Failure("random bits", "the generator's state", step)
        return None
