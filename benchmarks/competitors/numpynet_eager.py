"""numpynet on its tape."""

from __future__ import annotations

from collections.abc import Callable

import numpynet
from benchmarks.training import training_step
from benchmarks.workloads import Workload
from numpynet.creation import tensor


def prepare(workload: Workload) -> Callable[[], float]:
    """zero_grad, forward, backward and optim.SGD, as a user writes them."""
    step = training_step(numpynet, workload)
    x, y = tensor(workload.x), tensor(workload.y)
    return lambda: step(x, y).item()
