"""MyGrad, an eager tape on NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad
from mygrad.nnet.activations import relu
from mygrad.nnet.losses import softmax_crossentropy
from mygrad.tensor_base import Tensor

from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Callable[[], float]:
    """Forward, backward, and the update on the tensors' arrays."""
    parameters: list[Any] = [Tensor(array.copy()) for array in workload.parameters]
    x, y, lr = workload.x, workload.y, workload.lr

    def outputs() -> Any:
        if workload.loss == "half squared error":
            w, b = parameters
            return mygrad.matmul(x, w) + b
        *hidden, (w, b) = zip(parameters[::2], parameters[1::2], strict=True)
        h: Any = x
        for hidden_w, hidden_b in hidden:
            h = relu(mygrad.matmul(h, hidden_w.T) + hidden_b)
        return mygrad.matmul(h, w.T) + b

    def loss_of(z: Any) -> Any:
        if workload.loss == "half squared error":
            return ((z - y) ** 2 / 2).mean()
        if workload.loss == "mse":
            return ((z - y) ** 2).mean()
        if workload.loss == "bce":
            return (mygrad.maximum(z, 0) - y * z + mygrad.log1p(mygrad.exp(-mygrad.abs(z)))).mean()
        return softmax_crossentropy(z, y)

    def step() -> float:
        loss = loss_of(outputs())
        loss.backward()
        for parameter in parameters:
            parameter.data -= lr * parameter.grad
        return float(loss.item())

    return step
