"""numpynet with the same step given to `numpynet.compile`."""

from __future__ import annotations

from collections.abc import Callable

import numpynet
from benchmarks.competitors import UnavailableError
from benchmarks.training import training_step
from benchmarks.workloads import Workload
from numpynet.creation import tensor


def prepare(workload: Workload) -> Callable[[], float]:
    """The step of `numpynet_eager`, compiled."""
    if not hasattr(numpynet, "compile"):
        raise UnavailableError("numpynet.compile does not exist yet")
    step = numpynet.compile(training_step(numpynet, workload))
    x, y = tensor(workload.x), tensor(workload.y)
    return lambda: step(x, y).item()
