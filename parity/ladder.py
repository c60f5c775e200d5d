"""Ladder: the assertions about one program in one dtype from one seed, from random bits up to free runs.

`parity.bounds` says how closely the two libraries must agree on each rung, and why.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from parity.bounds import (
    BASELINE_DRAW,
    BASELINE_FACTOR,
    DTYPE_INDEX,
    EARLY_STEPS,
    ENVELOPE,
    FREE_FLOAT64,
    LOST,
    ULP,
    K,
    excess,
    ulp_excess,
)
from parity.failure import Failure, Operation, Values, unlike
from parity.libraries import NUMPYNET, Finished, run
from parity.locked import LockedRecorder, Shadows, Watch
from parity.programs.program import Program
from parity.recorder import PerturbingRecorder, Recorder
from parity.replay import Played, copied, first_divergence, first_inconsistency
from parity.tape import Entry, ShadowTape
from parity.trace import Array, Arrays, Draw, Trace

PERTURBED_RUNS = 2
ALLOWED_K = f"k = {{k}}, allowed {K}"


@dataclass
class Outcome:
    """What became of one program in one dtype from one seed.

    random_bits: "equal", "within bounds" (of torch's baseline build), or "differ".
    locked_k: the worst k of the locked steps and operations, None where there are none; `worst` of each kind.
    free_error: the largest relative difference of the losses in the steps of the free run that are asserted.
    """

    program: str
    dtype: str
    seed: int
    random_bits: str = "equal"
    locked_k: float | None = None
    worst: dict[str, float] = field(default_factory=dict)
    free_error: float | None = None
    free_steps: int | None = None
    steps: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every rung held."""
        return not self.failures

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": self.passed}


class Ladder:
    """Climbs the rungs for one program against a reference, and notes the first failure of each.

    reference: torch's trace, made just now or recorded. torch: the library, to name operations with; None without it.
    baseline: whether the reference is of torch's baseline build, with wider bounds.
    """

    def __init__(
        self,
        program: Program,
        reference: Trace,
        *,
        dtype: str,
        seed: int,
        steps: int,
        torch: Any = None,
        baseline: bool = False,
    ) -> None:
        self.program = program
        self.reference = reference
        self.torch = torch
        self.baseline = baseline
        self.settings: dict[str, Any] = {"dtype": dtype, "seed": seed, "steps": steps}
        self.dtype = dtype
        self.outcome = Outcome(program.name, dtype, seed, steps=len(reference.steps))

    def climb(self) -> Outcome:
        """All rungs. Only the free run is left out where one before it did not hold."""
        start = time.perf_counter()
        if self.reference.stopped is not None:
            self._fail(Failure("program", f"torch stopped with {self.reference.stopped}"))
            return self.outcome
        free = run(self.program, NUMPYNET, Recorder(), **self.settings)
        locked, shadows = self._locked_run()
        for trace in (free, locked):
            if trace.stopped is not None:
                self._fail(Failure("program", f"numpynet stopped with {trace.stopped}", len(trace.steps) + 1))
                break
        self._random_bits(free)
        self._operations(locked, shadows)
        self._locked_steps(locked, shadows)
        if not self.outcome.failures:  # else a free run can only tell the same
            self._free_run(free, shadows)
        self.outcome.seconds = time.perf_counter() - start
        return self.outcome

    def check_free(self, trace: Trace) -> Outcome:
        """The random bits and the free run of a trace made already, by whichever library."""
        self._random_bits(trace)

        def enough(step: int, entries: list[Entry]) -> None:
            if trace.steps and step + 1 == EARLY_STEPS:
                raise Finished

        _, shadows = self._locked_run(enough)
        self._operations(trace, shadows)
        self._free_run(trace, shadows)
        return self.outcome

    def _fail(self, failure: Failure | None) -> bool:
        if failure is not None:
            self.outcome.failures.append(failure)
        return failure is not None

    # --- random bits --------------------------------------------------------------------------------------

    def _random_bits(self, free: Trace) -> None:
        failure = self._first_differing_draw(free) or self._first_differing_start(free) or self._stream(free)
        if self._fail(failure):
            self.outcome.random_bits = "differ"

    def _first_differing_draw(self, free: Trace) -> Failure | None:
        ours, theirs = free.draws, self.reference.draws
        for number, (a, b) in enumerate(zip(ours, theirs, strict=False), 1):
            if a.function == b.function and a.digest == b.digest:
                continue
            name = f"draw {number}, by {a.function}"
            if a.function != b.function:
                return Failure("random bits", f"{name}, where torch draws by {b.function}")
            if not self._near(a, b):
                return Failure("random bits", name + self._described(a, b), values=self._differing(a.values, b.values))
            self.outcome.random_bits = "within bounds"
        if len(ours) != len(theirs) and free.stopped is None:
            return Failure("random bits", f"{len(ours)} draws, in torch {len(theirs)}")
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

    def _first_differing_start(self, free: Trace) -> Failure | None:
        if len(free.models) != len(self.reference.models) and free.stopped is None:
            return Failure("initial parameters", f"{len(free.models)} models, in torch {len(self.reference.models)}")
        for ours, theirs in zip(free.models, self.reference.models, strict=False):
            if list(ours.initial) != list(theirs.initial):
                return Failure(
                    "initial parameters", f"{ours.name}: {list(ours.initial)}, in torch {list(theirs.initial)}"
                )
            for name, a in ours.initial.items():
                b = theirs.initial[name]
                if not unlike(a, b) and a.tobytes() == b.tobytes():
                    continue
                if self.baseline and not unlike(a, b) and (np.abs(a - b) <= self._baseline_room(b)).all():
                    self.outcome.random_bits = "within bounds"
                    continue
                return Failure("initial parameters", f"{ours.name}, {name}{unlike(a, b)}", values=self._differing(a, b))
        return None

    def _stream(self, free: Trace) -> Failure | None:
        for step, stream in sorted(self.reference.streams.items()):
            if step in free.streams and free.streams[step] != stream:
                return Failure("random bits", "the generator's state", step)
        return None

    # --- single operations --------------------------------------------------------------------------------

    def _operations(self, locked: Trace, shadows: Shadows) -> None:
        evaluations = zip(locked.evaluations, self.reference.evaluations, shadows.evaluations, strict=False)
        for number, (ours, theirs, (Y, gradients)) in enumerate(evaluations):
            allowed = ULP.get(theirs.name)
            kinds = [("forward", ours.result, theirs.result, Y, allowed)]
            for position, (a, b, shadow) in enumerate(zip(ours.gradients, theirs.gradients, gradients, strict=True), 1):
                kinds.append((f"gradient by operand {position}", a, b, shadow, None))
            for what, a, b, shadow, ulps in kinds:
                if not self._operation_agrees(f"{theirs.name}, {what}", a, b, shadow, ulps):
                    if ulps is None:
                        self.outcome.failures[-1].operation = self._divergence(number)
                    return

    def _operation_agrees(
        self, what: str, ours: Array, theirs: Array, shadow: Array, ulps: tuple[int, int] | None
    ) -> bool:
        if unlike(ours, theirs):
            return not self._fail(Failure("operation", what + unlike(ours, theirs)))
        if ulps is not None:
            allowed = ulps[DTYPE_INDEX[self.dtype]]
            distance = ulp_excess(ours, theirs)
            if distance.size and distance.max() > allowed:
                values = Values.worst(distance, ours, theirs, f"allowed {allowed} ULP")
                return not self._fail(Failure("operation", what, values=values))
            return True
        k = excess(ours, theirs, shadow)
        self._worst("operations", k)
        if k.size and k.max() > K:
            return not self._fail(Failure("operation", what, values=Values.worst(k, ours, theirs, ALLOWED_K)))
        return True

    def _worst(self, kind: str, k: Array) -> None:
        worst = float(k.max(initial=0.0))
        self.outcome.worst[kind] = max(self.outcome.worst.get(kind, 0.0), worst)
        self.outcome.locked_k = max(self.outcome.locked_k or 0.0, worst)

    # --- locked steps -------------------------------------------------------------------------------------

    def _locked_run(self, watch: Watch | None = None) -> tuple[Trace, Shadows]:
        """numpynet, brought to the reference's state after each step. watch: see `LockedRecorder`."""
        with ShadowTape() as tape:
            recorder = LockedRecorder(self.reference, tape, watch)
            return run(self.program, NUMPYNET, recorder, **self.settings), recorder.shadows

    def _is_locked(self, step: int) -> bool:
        """Whether the state before this step was the reference's."""
        return step == self.reference.model_of(step).first or self.reference.steps[step - 1].parameters is not None

    def _locked_steps(self, locked: Trace, shadows: Shadows) -> None:
        count = min(len(locked.steps), len(self.reference.steps))
        first: tuple[int, int, str] | None = None
        for order, (name, steps, k) in enumerate(self._comparisons(locked, shadows, count)):
            kind = name.partition(" ")[0]
            self._worst({"loss": "losses", "gradient": "gradients"}.get(kind, "updates"), k)
            wrong = np.flatnonzero(k > K)
            if wrong.size:
                found = (steps[int(wrong[0])], order, name)
                first = found if first is None else min(first, found)
        rates = [
            step
            for step in range(count)
            if locked.steps[step].learning_rate != self.reference.steps[step].learning_rate
        ]
        if rates and (first is None or rates[0] <= first[0]):
            ours, theirs = locked.steps[rates[0]], self.reference.steps[rates[0]]
            rate = f"the learning rate {ours.learning_rate!r}, in torch {theirs.learning_rate!r}"
            self._fail(Failure("locked step", rate, rates[0] + 1))
        elif first is not None:
            self._fail(self._locked_failure(locked, shadows, first[0], first[2]))
        elif len(locked.steps) != len(self.reference.steps) and locked.stopped is None:
            self._fail(Failure("locked step", f"{len(locked.steps)} steps, in torch {len(self.reference.steps)}"))

    def _comparisons(self, locked: Trace, shadows: Shadows, count: int) -> Iterator[tuple[str, list[int], Array]]:
        """For every tensor compared its name, the steps at which it was, and the worst k in each."""
        pairs: dict[str, list[tuple[int, Any, Any, Any]]] = {}
        for number in range(count):
            if not self._is_locked(number):
                continue
            ours, theirs, shadow = locked.steps[number], self.reference.steps[number], shadows.steps[number]
            model = self.reference.model_of(number).name
            pairs.setdefault("loss", []).append((number, ours.loss, theirs.loss, shadow.loss))
            for kind, own, right, bounds in (
                ("gradient", ours.gradients, theirs.gradients, shadow.gradients),
                ("buffer", ours.buffers, theirs.buffers, shadow.buffers),
                ("parameter", ours.parameters, theirs.parameters, shadow.parameters),
            ):
                if right is None or own is None:
                    continue
                for name, b in right.items():
                    pairs.setdefault(f"{kind} {name} of {model}", []).append(
                        (number, own.get(name), b, bounds.get(name, np.inf))
                    )
        for name, rows in pairs.items():
            yield name, [row[0] for row in rows], _worst_of_each(rows)

    def _locked_failure(self, locked: Trace, shadows: Shadows, number: int, name: str) -> Failure:
        kind, _, rest = name.partition(" ")
        key = rest.rpartition(" of ")[0]
        ours, theirs, shadow = locked.steps[number], self.reference.steps[number], shadows.steps[number]
        chosen: dict[str, tuple[Arrays | None, Arrays | None, Arrays]] = {
            "loss": ({"": ours.loss}, {"": theirs.loss}, {"": shadow.loss}),
            "gradient": (ours.gradients, theirs.gradients, shadow.gradients),
            "buffer": (ours.buffers, theirs.buffers, shadow.buffers),
            "parameter": (ours.parameters, theirs.parameters, shadow.parameters),
        }
        own, right, bounds = chosen[kind]
        a, b = (own or {}).get(key), (right or {})[key]
        failure = Failure("locked step", name, number + 1)
        if a is None:
            failure.tensor += ", which numpynet does not have"
        elif unlike(a, b):
            failure.tensor += unlike(a, b)
        else:
            failure.values = Values.worst(excess(a, b, bounds.get(key, np.inf)), a, b, ALLOWED_K)
        if kind in ("loss", "gradient"):
            failure.operation = self._divergence(number)
        else:
            failure.operation = Operation("the update", "given the same parameters, gradients and buffers")
        return failure

    def _divergence(self, number: int) -> Operation | None:
        """The first operation of that step (or evaluation) which differs from torch's."""
        found: list[Played] = []

        def watch(step: int, entries: list[Entry]) -> None:
            if step == number:
                found.extend(copied(entries))
                raise Finished

        self._locked_run(watch)
        try:
            operation = first_inconsistency(found) if self.torch is None else first_divergence(found, self.torch)
        except Exception as error:
            return Operation("not found", f"replaying the step ended with {type(error).__name__}: {error}")
        if operation is not None:
            return operation
        if self.torch is None:
            return Operation("not found", "without torch: every gradient is that of its own forward")
        return Operation("none", "each agrees when given the same: what they are given differs, or how they are joined")

    # --- free run -----------------------------------------------------------------------------------------

    def _free_run(self, free: Trace, shadows: Shadows) -> None:
        if not self.reference.steps or len(free.steps) != len(self.reference.steps):
            return  # there is nothing to compare, or it was said already
        apart = Distances.between(free, self.reference)
        failure = self._beyond(apart, free, shadows, None)
        inaccurate = self._accuracies(free)
        asserted = len(free.steps) if self.dtype == "float64" else min(EARLY_STEPS, len(free.steps))
        if failure is not None or inaccurate is not None:
            envelope = self._envelope(shadows)
            lost = np.flatnonzero(np.maximum(envelope.losses, envelope.parameters) > LOST)
            failure = self._beyond(apart, free, shadows, envelope)
            if lost.size:
                asserted, inaccurate = min(asserted, int(lost[0])), None
        self._fail(failure)
        self._fail(inaccurate)
        self.outcome.free_steps = asserted
        self.outcome.free_error = float(apart.losses[:asserted].max(initial=0.0))

    def _beyond(self, apart: Distances, free: Trace, shadows: Shadows, envelope: Distances | None) -> Failure | None:
        """The first step at which the free run leaves its bounds, widened by the envelope where there is one."""
        allowed = self._room(shadows, len(apart.losses))
        if envelope is not None:
            allowed = Distances(*map(np.maximum, vars(allowed).values(), vars(envelope).values()))
            lost = np.maximum(envelope.losses, envelope.parameters) > LOST
            allowed.losses[lost.cumsum() > 0] = allowed.parameters[lost.cumsum() > 0] = np.inf
        wrong = np.flatnonzero(~((apart.losses <= allowed.losses) & ~(apart.parameters > allowed.parameters)))
        if not wrong.size:
            return None
        step = int(wrong[0])
        ours, theirs = free.steps[step], self.reference.steps[step]
        if not apart.losses[step] <= allowed.losses[step]:
            bound = f"relative {apart.losses[step]:.3g}, allowed {allowed.losses[step]:.3g}"
            return Failure("free run", "loss", step + 1, Values.at((), ours.loss, theirs.loss, bound))
        bound = f"relative {apart.parameters[step]:.3g}, allowed {allowed.parameters[step]:.3g}"
        pairs = [(name, (ours.parameters or {})[name], b) for name, b in (theirs.parameters or {}).items()]
        name, a, b = max(pairs, key=lambda pair: float(np.abs(pair[1] - pair[2]).max(initial=0)))
        return Failure("free run", f"parameter {name}", step + 1, Values.worst(np.abs(a - b), a, b, bound))

    def _room(self, shadows: Shadows, count: int) -> Distances:
        """What a program that amplifies nothing is allowed at each step; infinitely much where nothing is asserted."""
        if self.dtype == "float64":
            return Distances(np.full(count, FREE_FLOAT64), np.full(count, FREE_FLOAT64))
        room = Distances(np.full(count, np.inf), np.full(count, np.inf))
        eps = K * float(np.finfo(self.dtype).eps) * (BASELINE_FACTOR if self.baseline else 1)
        sums: Arrays = {}
        for number in range(min(EARLY_STEPS, count)):
            step, shadow = self.reference.steps[number], shadows.steps[number]
            if number == self.reference.model_of(number).first:
                sums = {}
            sums = {name: S + sums.get(name, 0) for name, S in shadow.parameters.items()}
            room.losses[number] = (number + 1) * eps * float(shadow.loss) / abs(float(step.loss))
            if step.parameters is not None:
                largest = max(float(S.max(initial=0)) for S in sums.values())
                room.parameters[number] = eps * largest / _largest(step.parameters)
        return room

    def _envelope(self, shadows: Shadows) -> Distances:
        """How far from a run of numpynet others go that round a little otherwise."""
        eps = float(np.finfo(self.dtype).eps)
        plain = run(self.program, NUMPYNET, Recorder(), **self.settings)
        if len(shadows.steps) < len(plain.steps):
            _, shadows = self._locked_run()
        losses = np.array([abs(float(step.loss)) for step in plain.steps])
        widest = Distances(
            eps * np.array([float(step.loss) for step in shadows.steps]) / losses, np.full(len(losses), eps)
        )
        for number in range(PERTURBED_RUNS):
            moved = Distances.between(run(self.program, NUMPYNET, PerturbingRecorder(number), **self.settings), plain)
            widest = Distances(*map(np.maximum, vars(widest).values(), vars(moved).values()))
        factor = ENVELOPE * (BASELINE_FACTOR if self.baseline else 1)
        return Distances(*(factor * np.maximum.accumulate(one) for one in vars(widest).values()))

    def _accuracies(self, free: Trace) -> Failure | None:
        for name, (right, total) in self.reference.accuracies.items():
            own = free.accuracies.get(name, (0, 0))[0]
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


def _worst_of_each(rows: Sequence[tuple[int, Array | None, Array, Any]]) -> Array:
    """The worst k of each row (step, ours, theirs, shadow); infinite where ours cannot be compared."""
    comparable = [a is not None and a.shape == b.shape and a.dtype == b.dtype for _, a, b, _ in rows]
    worst = np.full(len(rows), np.inf)
    chosen = [row for row, can in zip(rows, comparable, strict=True) if can]
    if chosen:
        ours, theirs = np.stack([np.asarray(row[1]) for row in chosen]), np.stack([row[2] for row in chosen])
        shadow = np.stack([np.broadcast_to(row[3], row[2].shape) for row in chosen])
        k = excess(ours, theirs, shadow).reshape(len(chosen), -1)
        worst[np.flatnonzero(comparable)] = k.max(axis=1, initial=0.0)
    return worst
