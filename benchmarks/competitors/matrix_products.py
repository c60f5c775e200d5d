"""The step's matrix products alone, in NumPy: the floor."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.by_hand.products import products_step
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Callable[[], None]:
    """The products of a step, which returns no loss."""
    step, x = products_step(workload), workload.x
    return lambda: step(x)
