"""Workloads: what is trained, as plain arrays, so that every library starts from the same numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Workload:
    """A network, its data and its first parameters; a step is zero_grad, forward, loss, backward, update.

    widths: of the input, the hidden layers (ReLU after each) and the output. One layer alone is the linear
        regression of the studies, whose weight is (I, 1) and which is trained without modules.
    loss: "half squared error", "mse", "bce" (with logits) or "cross entropy".
    x: (N, I) float32. y: (N, O) float32, or the classes (N,) int64 for the cross entropy.
    parameters: weight and bias of each layer in turn; weights are (O, I) as in torch, but for the regression.
    lr: the learning rate. optimizer: "SGD", or "Adam" with torch's other options.
    """

    name: str
    title: str
    widths: tuple[int, ...]
    loss: str
    lr: float
    x: Array = field(repr=False)
    y: Array = field(repr=False)
    parameters: tuple[Array, ...] = field(repr=False)
    optimizer: str = "SGD"

    @property
    def batch(self) -> int:
        """How many samples a step has."""
        return len(self.x)

    @property
    def loop(self) -> int:
        """How many steps a competitor with a loop of its own takes in a call: those of some 10 ms, at least 4."""
        products = self.batch * sum(inputs * outputs for inputs, outputs in pairwise(self.widths))
        return min(200, max(4, 100_000_000 // products))

    def tolerance(self, step: int) -> float:
        """How far two libraries' losses may be apart, relative, at a step counted from 0.

        A loss is made by sums over each layer's inputs and over the batch; n of its roundings lie one behind the
        other. Roundings being as good as random, their error grows like √n (Higham & Mary 2019, "A new approach
        to probabilistic rounding error analysis", theorem 2.4): λ √n eps is exceeded with a probability below
        2 exp(−λ²/2), which for λ = 8 is 3e−14. Each step adds as much again through the parameters.
        """
        roundings = sum(self.widths[:-1]) + self.batch
        return 8 * math.sqrt(roundings) * float(np.finfo(np.float32).eps) * (1 + step)


def regression() -> Workload:
    """Two weights and a bias, a batch of 32: tensors and a Python expression for the loss."""
    random = np.random.default_rng(0)
    x = random.standard_normal((32, 2), np.float32)
    noise = random.standard_normal((32, 1), np.float32)
    y = x @ np.array([[2.0], [-3.4]], np.float32) + np.float32(4.2) + np.float32(0.01) * noise
    w = np.float32(0.01) * random.standard_normal((2, 1), np.float32)
    parameters = (w, np.zeros(1, np.float32))
    return Workload("regression", "linear regression, batch 32", (2, 1), "half squared error", 0.01, x, y, parameters)


def network(name: str, widths: tuple[int, ...], batch: int, loss: str, lr: float, optimizer: str = "SGD") -> Workload:
    """A network with seeded data and first parameters, which are uniform as those of torch's Linear are."""
    random = np.random.default_rng(0)
    x = random.standard_normal((batch, widths[0]), np.float32)
    y: Array
    if loss == "cross entropy":
        y = random.integers(0, widths[-1], batch)
    elif loss == "bce":
        y = (random.random((batch, widths[-1])) > 0.5).astype(np.float32)
    else:
        y = random.standard_normal((batch, widths[-1]), np.float32)
    parameters: list[Array] = []
    for inputs, outputs in pairwise(widths):
        bound = 1 / math.sqrt(inputs)
        parameters += [
            random.uniform(-bound, bound, shape).astype(np.float32) for shape in ((outputs, inputs), outputs)
        ]
    title = f"{'-'.join(map(str, widths))}, batch {batch}{'' if optimizer == 'SGD' else f', {optimizer}'}"
    return Workload(name, title, widths, loss, lr, x, y, tuple(parameters), optimizer)


WORKLOADS: dict[str, Callable[[], Workload]] = {
    "regression": regression,
    "iris": lambda: network("iris", (4, 8, 1), 150, "bce", 0.1),
    "mlp-64": lambda: network("mlp-64", (64, 64, 1), 32, "mse", 0.01),
    "mlp-64-adam": lambda: network("mlp-64-adam", (64, 64, 1), 32, "mse", 0.001, "Adam"),
    "mlp-256": lambda: network("mlp-256", (256, 256, 256, 10), 128, "cross entropy", 0.1),
    "mlp-512": lambda: network("mlp-512", (784, 512, 512, 10), 256, "cross entropy", 0.1),
    "mlp-1024": lambda: network("mlp-1024", (1024, 1024, 1024, 1024, 10), 1024, "cross entropy", 0.1),
}
