"""Recorder: what a program tells of itself while it runs, noted in a trace.

A program calls `start` before it trains a model, `step` after each update, and at its end `accuracy`. Whether it
is merely recorded, or brought to another run's state after every step, is the recorder's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from parity.trace import Array, Arrays, Draw, Evaluation, Model, Step, Trace, digest

STREAM_INTERVAL = 50  # steps between two looks at the generator's state, which cost as much as a step


def array_of(tensor: Any) -> Array:
    """The memory of a tensor of either library, as an array."""
    array: Array = tensor.detach().numpy()
    return array


def optimizer_buffers(optimizer: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """The tensors that an optimizer keeps for its parameters, named "parameter.buffer"; none without one."""
    if optimizer is None:
        return {}
    return {
        f"{name}.{key}": value
        for name, parameter in parameters.items()
        for key, value in optimizer.state.get(parameter, {}).items()
        if hasattr(value, "detach")
    }


class Recorder:
    """Notes a run in its `trace`.

    details: whether to keep gradients, parameters and buffers of a step, given its number from 0.
    """

    def __init__(self, details: Callable[[int], bool] = lambda step: True) -> None:
        self.trace = Trace()
        self.details = details
        self.library: Any = None
        self._parameters: dict[str, Any] = {}
        self._optimizer: Any = None
        self._place = ""

    # --- what a program calls ---------------------------------------------------------------------------

    def start(self, name: str, parameters: Iterable[tuple[str, Any]], optimizer: Any = None) -> None:
        """A model of that name is about to be trained. optimizer: None where the program updates by hand."""
        self._parameters = dict(parameters)
        self._optimizer = optimizer
        self.trace.models.append(Model(name, len(self.trace.steps), self._copies(self._parameters)))
        self.look_at_stream()

    def step(self, loss: Any, learning_rate: float) -> None:
        """A step was made: the loss before the update, the gradients still in `.grad`, the parameters updated."""
        number = len(self.trace.steps)
        step = Step(array_of(loss).copy(), float(learning_rate))
        if self.details(number):
            step.gradients = {name: array_of(one.grad).copy() for name, one in self._parameters.items()}
            step.parameters = self._copies(self._parameters)
            step.buffers = self._copies(optimizer_buffers(self._optimizer, self._parameters))
        self.trace.steps.append(step)
        if (number + 1) % STREAM_INTERVAL == 0:
            self.look_at_stream()

    def begin(self, name: str) -> None:
        """What is drawn from now on is for the evaluation of that name."""
        self._place = name

    def evaluation(self, name: str, operands: Sequence[Any], result: Any) -> None:
        """An operation was evaluated on operands, and differentiated: their gradients are in `.grad`."""
        gradients = [array_of(one.grad).copy() for one in operands if one.requires_grad]
        if name in self.trace.evaluations:
            raise ValueError(f"two evaluations are called {name!r}")
        self.trace.evaluations[name] = Evaluation(array_of(result).copy(), gradients)
        self._place = ""

    def accuracy(self, name: str, right: int, total: int) -> None:
        """So many samples of all are predicted rightly."""
        self.trace.accuracies[name] = (int(right), int(total))

    # --- what the namespace and the runner call -----------------------------------------------------------

    def draw(self, function: str, tensor: Any) -> None:
        """Random numbers were drawn."""
        values = array_of(tensor)
        self.trace.draws.append(Draw(self._place, function, digest(values), values.copy()))

    def look_at_stream(self) -> None:
        """Notes where the library's generator stands."""
        self.trace.streams[len(self.trace.steps)] = digest(self.library.get_rng_state().numpy())

    @staticmethod
    def _copies(tensors: dict[str, Any]) -> Arrays:
        return {name: array_of(tensor).copy() for name, tensor in tensors.items()}


class PerturbingRecorder(Recorder):
    """Moves every parameter by one eps, up or down at random, at the start and after each step.

    The run then shows how far the program itself carries rounding errors such as any two libraries make.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._signs = np.random.default_rng(seed)

    def start(self, name: str, parameters: Iterable[tuple[str, Any]], optimizer: Any = None) -> None:
        super().start(name, parameters, optimizer)
        self._perturb()

    def step(self, loss: Any, learning_rate: float) -> None:
        super().step(loss, learning_rate)
        self._perturb()

    def _perturb(self) -> None:
        for parameter in self._parameters.values():
            values = array_of(parameter)
            eps = np.finfo(values.dtype).eps
            values *= (1 + eps * self._signs.choice([-1, 1], values.shape)).astype(values.dtype)
