"""JAX with the whole loop in one jit: nothing is dispatched between the steps, and nothing can be seen of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.competitors.jax_network import Parameters, update
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Callable[[], list[float]]:
    """A call that takes several steps and returns their losses."""
    x, y = jnp.asarray(workload.x), jnp.asarray(workload.y)
    parameters = [jnp.array(array) for array in workload.parameters]
    step = update(workload)

    def several(parameters: Parameters, x: Any, y: Any) -> tuple[Parameters, Any]:
        return jax.lax.scan(lambda state, _: step(state, x, y), parameters, length=workload.loop)

    trained = jax.jit(several, donate_argnums=0)

    def call() -> list[float]:
        nonlocal parameters
        parameters, losses = trained(parameters, x, y)
        return losses.tolist()

    return call
