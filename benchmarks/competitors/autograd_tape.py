"""HIPS autograd, which traces a function of NumPy and differentiates it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
from autograd import value_and_grad

from benchmarks.workloads import Array, Workload


def prepare(workload: Workload) -> Callable[[], float]:
    """Value and gradients of the loss, and the update in place."""
    parameters = [array.copy() for array in workload.parameters]
    x, y, lr = workload.x, workload.y, workload.lr
    samples = anp.arange(workload.batch)

    def outputs(parameters: list[Array]) -> Any:
        if workload.loss == "half squared error":
            w, b = parameters
            return anp.dot(x, w) + b
        *hidden, (w, b) = zip(parameters[::2], parameters[1::2], strict=True)
        h: Any = x
        for hidden_w, hidden_b in hidden:
            h = anp.maximum(anp.dot(h, hidden_w.T) + hidden_b, 0)
        return anp.dot(h, w.T) + b

    def loss_of(parameters: list[Array]) -> Any:
        z = outputs(parameters)
        if workload.loss == "half squared error":
            return anp.mean((z - y) ** 2 / 2)
        if workload.loss == "mse":
            return anp.mean((z - y) ** 2)
        if workload.loss == "bce":
            return anp.mean(anp.maximum(z, 0) - y * z + anp.log1p(anp.exp(-anp.abs(z))))
        shifted = z - anp.max(z, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(shifted), axis=1)) - shifted[samples, y])

    value_and_gradients = value_and_grad(loss_of)

    def step() -> float:
        loss, gradients = value_and_gradients(parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= lr * gradient
        return float(loss)

    return step
