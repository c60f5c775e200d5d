"""The sweep with all networks of one width trained as one by numpynet."""

from __future__ import annotations

from collections.abc import Callable

import numpynet
from benchmarks.competitors import UnavailableError
from benchmarks.sweep import Sweep
from benchmarks.workloads import Array


def prepare(sweep: Sweep) -> Callable[[int], Array]:
    """UnavailableError as long as numpynet has no ensembles."""
    if not hasattr(numpynet, "ensemble"):
        raise UnavailableError("numpynet.ensemble does not exist yet")
    raise UnavailableError("numpynet.ensemble exists, but is not measured yet")
