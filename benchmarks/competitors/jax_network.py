"""The workloads for JAX: one step as a pure function of parameters, batch and targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.workloads import Workload

Parameters = list[Any]


def loss_function(workload: Workload) -> Callable[[Parameters, Any, Any], Any]:
    """The loss of (parameters, x, y)."""

    def outputs(parameters: Parameters, x: Any) -> Any:
        if workload.loss == "half squared error":
            w, b = parameters
            return x @ w + b
        *hidden, (w, b) = zip(parameters[::2], parameters[1::2], strict=True)
        for hidden_w, hidden_b in hidden:
            x = jax.nn.relu(x @ hidden_w.T + hidden_b)
        return x @ w.T + b

    def of_outputs(z: Any, y: Any) -> Any:
        if workload.loss == "half squared error":
            return ((z - y) ** 2 / 2).mean()
        if workload.loss == "mse":
            return ((z - y) ** 2).mean()
        if workload.loss == "bce":
            return (jnp.maximum(z, 0) - y * z + jnp.log1p(jnp.exp(-jnp.abs(z)))).mean()
        return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1).mean()

    return lambda parameters, x, y: of_outputs(outputs(parameters, x), y)


def update(workload: Workload) -> Callable[[Parameters, Any, Any], tuple[Parameters, Any]]:
    """A step: the parameters after it, and the loss before it."""
    value_and_slopes = jax.value_and_grad(loss_function(workload))

    def step(parameters: Parameters, x: Any, y: Any) -> tuple[Parameters, Any]:
        loss, slopes = value_and_slopes(parameters, x, y)
        return [p - workload.lr * g for p, g in zip(parameters, slopes, strict=True)], loss

    return step
