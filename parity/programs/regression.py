"""Linear regression from scratch: no layer, loss or optimizer from a library."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

BATCH = 32
EPOCHS = 4
DECAY_RATE = 1e-6


class Line:
    """ŷ = X w + b."""

    def __init__(self, torch: Any, inputs: int) -> None:
        self.w = torch.normal(0, 0.01, (inputs, 1), requires_grad=True)
        self.b = torch.zeros(1, requires_grad=True)

    def __call__(self, X: Any) -> Any:
        return X @ self.w + self.b


def regression(torch: Any, recorder: Any, steps: int) -> None:
    """A line through noisy points, its gradients by autograd and all else by hand; a learning rate that decays."""
    count = BATCH * (steps // EPOCHS)
    w, b = torch.tensor([2.0, -3.4]), 4.2
    X = torch.randn(count, 2)
    noise = torch.randn(count, 1) * 0.01
    y = torch.matmul(X, w.reshape((-1, 1))) + b + noise

    model = Line(torch, 2)
    recorder.start("line", [("w", model.w), ("b", model.b)])
    learning_rate, step = 0.01, 0
    for _ in range(EPOCHS):
        for batch in batches(count):
            rows = torch.tensor(batch)
            loss = ((model(X[rows]) - y[rows]) ** 2 / 2).mean()
            loss.backward()
            step += 1
            learning_rate *= 1 / (1 + DECAY_RATE * step)
            for parameter in (model.w, model.b):
                parameter.data = parameter.data - learning_rate * parameter.grad
            recorder.step(loss, learning_rate)
            for parameter in (model.w, model.b):
                parameter.grad.zero_()


def batches(count: int) -> Iterator[list[int]]:
    """The numbers below `count`, shuffled, in lists of a batch's size."""
    order = list(range(count))
    random.shuffle(order)
    for first in range(0, count, BATCH):
        yield order[first : first + BATCH]
