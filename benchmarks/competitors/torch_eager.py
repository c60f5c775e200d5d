"""torch in eager mode with its own SGD: what nearly everybody uses."""

from __future__ import annotations

from collections.abc import Callable

import torch

from benchmarks.training import training_step
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Callable[[], float]:
    """zero_grad, forward, backward and optim.SGD, the very text that numpynet runs."""
    step = training_step(torch, workload)
    x, y = torch.tensor(workload.x), torch.tensor(workload.y)
    return lambda: step(x, y).item()
