"""JAX with the whole step in one jit, called once for each step."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from benchmarks.competitors.jax_network import update
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Callable[[], float]:
    """One call for each step; the memory of the old parameters is given to the new ones."""
    step = jax.jit(update(workload), donate_argnums=0)
    x, y = jnp.asarray(workload.x), jnp.asarray(workload.y)
    parameters = [jnp.array(array) for array in workload.parameters]

    def call() -> float:
        nonlocal parameters
        parameters, loss = step(parameters, x, y)
        return float(loss)

    return call
