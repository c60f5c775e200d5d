"""The sweep in NumPy by hand, the networks of one width stacked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.by_hand.stacked import stacked_step
from benchmarks.sweep import Sweep
from benchmarks.workloads import Array


def prepare(sweep: Sweep) -> Callable[[int], Array]:
    """Trains all networks of one width before those of the next, whose arrays then have the cache to themselves."""
    steps = [stacked_step(sweep.parameters[width], sweep.x, sweep.y, sweep.lr) for width in sweep.widths]

    def train(count: int) -> Array:
        losses = np.empty((len(steps), sweep.seeds))
        for row, step in enumerate(steps):
            for _ in range(count):
                losses[row] = step()
        return losses

    return train
