"""The sweep as a loop that trains one network after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.sweep import Sweep
from benchmarks.workloads import Array, Workload


def one_by_one(prepare: Callable[[Workload], Callable[[], float]], sweep: Sweep) -> Callable[[int], Array]:
    """Trains the networks of the first seed only: all take the same time, and 32 times as many that much longer.

    prepare: a competitor's, as for any workload. The function that is returned takes a number of further steps and
    returns the losses at the last, (widths, 1).
    """
    steps = [prepare(sweep.network(width, 0)) for width in sweep.widths]

    def train(count: int) -> Array:
        losses = np.empty((len(steps), 1))
        for row, step in enumerate(steps):
            for _ in range(count):
                losses[row] = step()
        return losses

    return train
