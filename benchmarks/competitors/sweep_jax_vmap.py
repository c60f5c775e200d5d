"""The sweep in JAX: the networks of one width side by side, all steps in one jit."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.competitors.jax_network import Parameters, update
from benchmarks.sweep import Sweep
from benchmarks.workloads import Array


def prepare(sweep: Sweep) -> Callable[[int], Array]:
    """One jit for all widths; `vmap` over the seeds, and a loop over the steps inside."""
    x, y = jnp.asarray(sweep.x), jnp.asarray(sweep.y)
    first = [[jnp.array(array) for array in sweep.parameters[width]] for width in sweep.widths]
    step = jax.vmap(update(sweep.network(sweep.widths[0], 0)), in_axes=(0, None, None))

    def all_steps(all_parameters: list[Parameters], count: int) -> list[jax.Array]:
        def one_step(_: int, state: tuple[Parameters, jax.Array]) -> tuple[Parameters, jax.Array]:
            return step(state[0], x, y)

        losses = jnp.zeros(sweep.seeds)
        return [jax.lax.fori_loop(0, count, one_step, (parameters, losses))[1] for parameters in all_parameters]

    trained = jax.jit(all_steps)
    return lambda count: np.stack([np.asarray(losses) for losses in trained(first, count)])
