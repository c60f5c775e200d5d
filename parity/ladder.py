"""Ladder: the assertions about one program in one dtype from one seed, from random bits up to free runs.

`parity.bounds` says how closely the two libraries must agree on each rung, and why.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from parity.bounds import DTYPE_INDEX, EARLY_STEPS, ULP, K, excess, ulp_excess
from parity.failure import Failure, Operation, Values, unlike
from parity.free_run import FreeRun
from parity.libraries import NUMPYNET, Finished, run
from parity.locked import Shadows, locked_run
from parity.programs.program import Program
from parity.random_bits import RandomBits
from parity.recorder import Recorder
from parity.replay import Played, copied, first_divergence, first_inconsistency
from parity.tape import Entry
from parity.trace import Array, Arrays, Trace

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
        locked, shadows = locked_run(self.program, self.reference, self.settings)
        for trace in (free, locked):
            if trace.stopped is not None:
                self._fail(Failure("program", f"numpynet stopped with {trace.stopped}", len(trace.steps) + 1))
                break
        self._random_bits(free)
        self._operations(locked, shadows)
        self._locked_steps(locked, shadows)
        self._free_run(free, shadows)
        self.outcome.seconds = time.perf_counter() - start
        return self.outcome

    def check_free(self, trace: Trace) -> Outcome:
        """The random bits, the operations and the free run of a trace made already, by whichever library."""
        self._random_bits(trace)

        def enough(step: int, entries: list[Entry]) -> None:
            if trace.steps and step + 1 == EARLY_STEPS:
                raise Finished

        _, shadows = locked_run(self.program, self.reference, self.settings, enough)
        self._operations(trace, shadows)
        self._free_run(trace, shadows)
        return self.outcome

    def _random_bits(self, trace: Trace) -> None:
        bits = RandomBits(trace, self.reference, baseline=self.baseline)
        self.outcome.random_bits = bits.extent
        self._fail(bits.failure)

    def _free_run(self, trace: Trace, shadows: Shadows) -> None:
        if self.outcome.failures:
            return  # a free run can only tell the same
        if len(trace.steps) != len(self.reference.steps):
            self._fail(Failure("free run", f"{len(trace.steps)} steps, in torch {len(self.reference.steps)}"))
        elif trace.steps:
            free = FreeRun(
                trace, self.reference, shadows, program=self.program, settings=self.settings, baseline=self.baseline
            )
            self.outcome.failures += free.failures
            self.outcome.free_steps, self.outcome.free_error = free.steps, free.error

    def _fail(self, failure: Failure | None) -> bool:
        if failure is not None:
            self.outcome.failures.append(failure)
        return failure is not None

    # --- single operations --------------------------------------------------------------------------------

    def _operations(self, locked: Trace, shadows: Shadows) -> None:
        here, there = locked.evaluations, self.reference.evaluations
        if locked.stopped is None:
            for name in [name for name in (*here, *there) if (name in here) != (name in there)]:
                lacking = "numpynet" if name in there else "torch" if self.torch is not None else "the recording"
                self._fail(Failure("operation", f"{name}, which {lacking} has not evaluated"))
        for number, (name, ours) in enumerate(here.items()):
            if name not in there or name not in shadows.evaluations:
                continue
            theirs, (Y, gradients) = there[name], shadows.evaluations[name]
            allowed = ULP.get(name)
            kinds = [("forward", ours.result, theirs.result, Y, allowed)]
            for position, (a, b, shadow) in enumerate(zip(ours.gradients, theirs.gradients, gradients, strict=True), 1):
                kinds.append((f"gradient by operand {position}", a, b, shadow, None))
            for what, a, b, shadow, ulps in kinds:
                if not self._operation_agrees(f"{name}, {what}", a, b, shadow, ulps):
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

        locked_run(self.program, self.reference, self.settings, watch)
        try:
            operation = first_inconsistency(found) if self.torch is None else first_divergence(found, self.torch)
        except Exception as error:
            return Operation("not found", f"replaying the step ended with {type(error).__name__}: {error}")
        if operation is not None:
            return operation
        if self.torch is None:
            return Operation("not found", "without torch: every gradient is that of its own forward")
        return Operation("none", "each agrees when given the same: what they are given differs, or how they are joined")


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
