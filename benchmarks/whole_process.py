"""A whole process that imports a library and trains with it.

``python -m benchmarks.whole_process NAME WORKLOAD STEPS`` prints its own peak memory in MiB, or on the standard error
why there is none.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from benchmarks.competitors import STEPS, UnavailableError
from benchmarks.workloads import WORKLOADS


def peak_memory() -> float:
    """The greatest memory that this process ever held, in MiB.

    From Linux's own account of the process: that of getrusage begins with the memory of the process that started it.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        from resource import RUSAGE_SELF, getrusage

        return getrusage(RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**10


def main(name: str, workload: str, steps: int) -> None:
    """Trains, and prints the peak."""
    call = import_module(f"benchmarks.competitors.{STEPS[name]}").prepare(WORKLOADS[workload]())
    taken = 0
    while taken < steps:
        losses = call()
        taken += len(losses) if isinstance(losses, list) else 1
    print(peak_memory())


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is not installed")
    except UnavailableError as error:
        sys.exit(str(error))
