"""Free run: how far a run may leave torch's when nothing brings it back, and whether it stays within that.

`parity.bounds` says what is asserted, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.bounds import BASELINE_FACTOR, EARLY_STEPS, ENVELOPE, FREE_FLOAT64, LOST, K
from parity.failure import Failure, Values, unlike
from parity.libraries import NUMPYNET, run
from parity.locked import Shadows, locked_run
from parity.programs.program import Program
from parity.recorder import PerturbingRecorder, Recorder
from parity.trace import Array, Arrays, Trace

PERTURBED_RUNS = 2


class FreeRun:
    """Compares a run's losses, parameters and accuracies with the reference's.

    shadows: of the locked run, of the first steps at least.
    failures: what leaves its bounds first. steps: so many are asserted. error: the largest relative difference of
        the losses in them.
    """

    def __init__(
        self,
        free: Trace,
        reference: Trace,
        shadows: Shadows,
        *,
        program: Program,
        settings: dict[str, Any],
        baseline: bool = False,
    ) -> None:
        self.free = free
        self.reference = reference
        self.shadows = shadows
        self.program = program
        self.settings = settings
        self.dtype: str = settings["dtype"]
        self.baseline = baseline
        apart = Distances.between(free, reference)
        failure = self._beyond(apart, None)
        inaccurate = self._accuracies()
        self.steps = len(free.steps) if self.dtype == "float64" else min(EARLY_STEPS, len(free.steps))
        if failure is not None or inaccurate is not None:
            envelope = self._envelope()
            lost = np.flatnonzero(np.maximum(envelope.losses, envelope.parameters) > LOST)
            failure = self._beyond(apart, envelope)
            if lost.size:
                self.steps, inaccurate = min(self.steps, int(lost[0])), None
        self.failures = [one for one in (failure, inaccurate) if one is not None]
        self.error = float(apart.losses[: self.steps].max(initial=0.0))

    def _beyond(self, apart: Distances, envelope: Distances | None) -> Failure | None:
        """The first step at which the free run leaves its bounds, widened by the envelope where there is one."""
        allowed = self._room(len(apart.losses))
        if envelope is not None:
            allowed = Distances(*map(np.maximum, vars(allowed).values(), vars(envelope).values()))
            lost = np.maximum(envelope.losses, envelope.parameters) > LOST
            allowed.losses[lost.cumsum() > 0] = allowed.parameters[lost.cumsum() > 0] = np.inf
        wrong = np.flatnonzero(~((apart.losses <= allowed.losses) & ~(apart.parameters > allowed.parameters)))
        if not wrong.size:
            return None
        step = int(wrong[0])
        ours, theirs = self.free.steps[step], self.reference.steps[step]
        if not apart.losses[step] <= allowed.losses[step]:
            bound = f"relative {apart.losses[step]:.3g}, allowed {allowed.losses[step]:.3g}"
            return Failure("free run", "loss", step + 1, Values.at((), ours.loss, theirs.loss, bound))
        bound = f"relative {apart.parameters[step]:.3g}, allowed {allowed.parameters[step]:.3g}"
        pairs = [(name, (ours.parameters or {})[name], b) for name, b in (theirs.parameters or {}).items()]
        name, a, b = max(pairs, key=lambda pair: float(np.abs(pair[1] - pair[2]).max(initial=0)))
        return Failure("free run", f"parameter {name}", step + 1, Values.worst(np.abs(a - b), a, b, bound))

    def _room(self, count: int) -> Distances:
        """What a program that amplifies nothing is allowed at each step; infinitely much where nothing is asserted."""
        if self.dtype == "float64":
            return Distances(np.full(count, FREE_FLOAT64), np.full(count, FREE_FLOAT64))
        room = Distances(np.full(count, np.inf), np.full(count, np.inf))
        eps = K * float(np.finfo(self.dtype).eps) * (BASELINE_FACTOR if self.baseline else 1)
        sums: Arrays = {}
        for number in range(min(EARLY_STEPS, count)):
            step, shadow = self.reference.steps[number], self.shadows.steps[number]
            if number == self.reference.model_of(number).first:
                sums = {}
            sums = {name: S + sums.get(name, 0) for name, S in shadow.parameters.items()}
            room.losses[number] = (number + 1) * eps * float(shadow.loss) / abs(float(step.loss))
            if step.parameters is not None:
                largest = max(float(S.max(initial=0)) for S in sums.values())
                room.parameters[number] = eps * largest / _largest(step.parameters)
        return room

    def _envelope(self) -> Distances:
        """How far from a run of numpynet others go that round a little otherwise."""
        eps = float(np.finfo(self.dtype).eps)
        plain = run(self.program, NUMPYNET, Recorder(), **self.settings)
        shadows = self.shadows
        if len(shadows.steps) < len(plain.steps):
            _, shadows = locked_run(self.program, self.reference, self.settings)
        losses = np.array([abs(float(step.loss)) for step in plain.steps])
        widest = Distances(
            eps * np.array([float(step.loss) for step in shadows.steps]) / losses, np.full(len(losses), eps)
        )
        for number in range(PERTURBED_RUNS):
            moved = Distances.between(run(self.program, NUMPYNET, PerturbingRecorder(number), **self.settings), plain)
            widest = Distances(*map(np.maximum, vars(widest).values(), vars(moved).values()))
        factor = ENVELOPE * (BASELINE_FACTOR if self.baseline else 1)
        return Distances(*(factor * np.maximum.accumulate(one) for one in vars(widest).values()))

    def _accuracies(self) -> Failure | None:
        for name, (right, total) in self.reference.accuracies.items():
            own = self.free.accuracies.get(name, (0, 0))[0]
            if abs(own - right) > 1:
                return Failure("free run", f"accuracy of {name}: {own} of {total} samples, in torch {right}; allowed 1")
        return None


@dataclass
class Distances:
    """How far two runs are apart after each step.

    losses: relatively. parameters: the largest difference over the largest parameter of the model; NaN where unknown.
    """

    losses: Array
    parameters: Array

    @classmethod
    def between(cls, ours: Trace, theirs: Trace) -> Distances:
        """Of two runs of one length."""
        losses = [np.array([step.loss for step in trace.steps], np.float64) for trace in (ours, theirs)]
        pairs = zip(ours.steps, theirs.steps, strict=True)
        parameters = [_parameters_apart(a.parameters, b.parameters) for a, b in pairs]
        return cls(_relative(*losses), np.array(parameters, np.float64))


def _parameters_apart(ours: Arrays | None, theirs: Arrays | None) -> float:
    if ours is None or theirs is None:
        return float("nan")
    if any(name not in ours or unlike(ours[name], b) for name, b in theirs.items()):
        return float("inf")
    with np.errstate(all="ignore"):
        apart = max(float(np.abs(ours[name] - b).max(initial=0)) for name, b in theirs.items())
        return apart / _largest(theirs) if apart else 0.0


def _largest(arrays: Arrays) -> float:
    return max(float(np.abs(one).max(initial=0)) for one in arrays.values())


def _relative(ours: Array, theirs: Array) -> Array:
    """|ours − theirs| / |theirs|; 0 where they are equal, infinite where they cannot be compared."""
    with np.errstate(all="ignore"):
        apart = np.abs(ours - theirs) / np.abs(theirs)
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))
