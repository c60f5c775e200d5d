"""numpynet with the same step given to `numpynet.compile`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpynet
from benchmarks.competitors import UnavailableError
from benchmarks.training import training_step
from benchmarks.workloads import Workload
from numpynet.creation import tensor


def prepare(workload: Workload) -> Callable[[], float]:
    """The step of `numpynet_eager`, compiled."""
    compile_step: Callable[..., Any] | None = getattr(numpynet, "compile", None)
    if compile_step is None:
        raise UnavailableError("numpynet.compile does not exist yet")
    step = compile_step(training_step(numpynet, workload))
    x, y = tensor(workload.x), tensor(workload.y)
    return lambda: step(x, y).item()
