"""The sweep in a loop, each network by numpynet, compiled."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.competitors import numpynet_compiled
from benchmarks.competitors.sweep_loop import one_by_one
from benchmarks.sweep import Sweep
from benchmarks.workloads import Array


def prepare(sweep: Sweep) -> Callable[[int], Array]:
    """Trains the first seed's networks."""
    return one_by_one(numpynet_compiled.prepare, sweep)
