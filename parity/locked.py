"""Locked step: numpynet is brought to torch's state before every step, so that no difference builds up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.libraries import NUMPYNET, run
from parity.programs.program import Program
from parity.recorder import Recorder, optimizer_buffers
from parity.tape import Entry, ShadowTape
from parity.trace import Array, Arrays, Trace
from parity.updates import update_shadows

Watch = Callable[[int, list[Entry]], None]


@dataclass
class StepShadows:
    """The shadows of one step: of its loss, its gradients, the optimizer's buffers and the updated parameters."""

    loss: Array
    gradients: Arrays
    buffers: Arrays
    parameters: Arrays


@dataclass
class Shadows:
    """The shadows of a run; `evaluations` holds for each, by name, the result's and the gradients'."""

    steps: list[StepShadows] = field(default_factory=list)
    evaluations: dict[str, tuple[Array, list[Array]]] = field(default_factory=dict)


class LockedRecorder(Recorder):
    """Records a run of numpynet with its shadows, and after every step copies the reference's state in.

    reference: torch's trace; where a recorded one leaves a step's state out, the next step starts from numpynet's own.
    tape: an open one.
    watch: is called with the number of each step or evaluation and the operations of it, before they are forgotten.
    """

    def __init__(
        self,
        reference: Trace,
        tape: ShadowTape,
        watch: Watch | None = None,
    ) -> None:
        super().__init__()
        self.reference = reference
        self.tape = tape
        self.watch = watch
        self.shadows = Shadows()
        self._drawn = {place: iter(draws) for place, draws in reference.draws_by_place().items()}
        self._state: dict[str, Arrays] = {}

    def draw(self, function: str, tensor: Any) -> None:
        super().draw(function, tensor)
        theirs = next(self._drawn.get(self.trace.draws[-1].place, iter(())), None)
        if theirs is not None:
            self._copy_in(tensor, theirs.values)

    def start(self, name: str, parameters: Iterable[tuple[str, Any]], optimizer: Any = None) -> None:
        super().start(name, parameters, optimizer)
        number = len(self.trace.models) - 1
        initial = self.trace.models[-1].initial
        if number < len(self.reference.models):
            initial = self.reference.models[number].initial
            for parameter_name, parameter in self._parameters.items():
                self._copy_in(parameter, initial.get(parameter_name))
        self._state = {"parameters": initial, "buffers": {}}
        self.tape.clear()

    def step(self, loss: Any, learning_rate: float) -> None:
        number = len(self.trace.steps)
        super().step(loss, learning_rate)
        self.shadows.steps.append(self._step_shadows(loss, float(learning_rate)))
        if self.watch is not None:
            self.watch(number, self.tape.entries)
        self.tape.clear()
        own = self.trace.steps[number]
        self._state = {"parameters": own.parameters or {}, "buffers": own.buffers or {}}
        if number < len(self.reference.steps):
            self._take_over(number)

    def evaluation(self, name: str, operands: Sequence[Any], result: Any) -> None:
        super().evaluation(name, operands, result)
        gradients = [self.tape.gradients[id(one)] for one in operands if one.requires_grad]
        self.shadows.evaluations[name] = (self.tape.shadow_of(result), gradients)
        if self.watch is not None:
            self.watch(len(self.trace.evaluations) - 1, self.tape.entries)
        self.tape.clear()

    def _take_over(self, number: int) -> None:
        """The reference's state after that step becomes this run's."""
        step = self.reference.steps[number]
        if step.parameters is None or step.gradients is None or step.buffers is None:
            return
        buffers = optimizer_buffers(self._optimizer, self._parameters)
        for name, parameter in self._parameters.items():
            self._copy_in(parameter, step.parameters.get(name))
            self._copy_in(parameter.grad, step.gradients.get(name))
        for name, buffer in buffers.items():
            self._copy_in(buffer, step.buffers.get(name))
        self._state = {"parameters": step.parameters, "buffers": step.buffers}

    @staticmethod
    def _copy_in(tensor: Any, values: Array | None) -> None:
        """What does not fit stays, and is found by comparison."""
        if values is not None and tensor is not None and tensor._array.shape == values.shape:
            np.copyto(tensor._array, values, casting="unsafe")

    def _step_shadows(self, loss: Any, learning_rate: float) -> StepShadows:
        """Of an update by hand as of θ ← θ − γg, on absolute values."""
        found = self.tape.gradients
        gradients = {  # what backward never reached cannot be right, whatever it has
            name: np.asarray(found.get(id(parameter), np.inf)) for name, parameter in self._parameters.items()
        }
        before, kept = self._state["parameters"], self._state["buffers"]
        if self._optimizer is None:
            parameters = {name: np.abs(before[name]) + abs(learning_rate) * G for name, G in gradients.items()}
            return StepShadows(self.tape.shadow_of(loss), gradients, {}, parameters)
        buffers, parameters = update_shadows(self._optimizer, self._parameters, before, kept, gradients)
        return StepShadows(self.tape.shadow_of(loss), gradients, buffers, parameters)


def locked_run(
    program: Program, reference: Trace, settings: dict[str, Any], watch: Watch | None = None
) -> tuple[Trace, Shadows]:
    """numpynet's run of a program, brought to the reference's state after each step, with its shadows."""
    with ShadowTape() as tape:
        recorder = LockedRecorder(reference, tape, watch)
        return run(program, NUMPYNET, recorder, **settings), recorder.shadows
