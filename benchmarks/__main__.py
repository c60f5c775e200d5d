"""``python -m benchmarks``: how many times faster an eager training step is under numpynet than under torch."""

from __future__ import annotations

import argparse
import math
import platform

import numpy as np
import torch

import numpynet
from benchmarks.timing import Step, interleaved, ratios
from benchmarks.workloads import WORKLOADS, Workload


def on_threads(count: int, step: Step) -> Step:
    """The step with torch set to that many threads."""

    def counted() -> object:
        if torch.get_num_threads() != count:
            torch.set_num_threads(count)
        return step()

    return counted


def assert_equal_results(workload: Workload, steps: int = 10) -> None:
    """Both libraries must compute the same losses, or their times mean nothing.

    The first steps of a float32 run agree to a few roundings; 1e-5 is some 80 of them.
    """
    ours, theirs = workload(numpynet), workload(torch)
    for number in range(steps):
        a, b = ours(), theirs()
        if not math.isclose(a, b, rel_tol=1e-5):
            raise SystemExit(f"step {number}: numpynet's loss is {a}, torch's {b}: not timed")


def main() -> None:
    """Times every workload and prints a table of medians and ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="turns that each library gets (default 25)")
    parser.add_argument("--seconds", type=float, default=0.05, help="length of a turn (default 0.05)")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, torch {torch.__version__}")
    print(f"{'step':12}{'numpynet µs':>13}{'torch µs, 1 thread':>20}{'2 threads':>11}   torch / numpynet (quartiles)")
    for name, workload in WORKLOADS.items():
        assert_equal_results(workload)
        figures = interleaved(
            {
                "numpynet": workload(numpynet),
                "torch 1": on_threads(1, workload(torch)),
                "torch 2": on_threads(2, workload(torch)),
            },
            arguments.rounds,
            arguments.seconds,
        )
        medians = {library: float(np.median(times)) for library, times in figures.items()}
        one, two = (ratios(figures[library], figures["numpynet"]) for library in ("torch 1", "torch 2"))
        print(
            f"{name:12}{medians['numpynet']:13.1f}{medians['torch 1']:20.1f}{medians['torch 2']:11.1f}   "
            f"{one.median:.2f} ({one.low:.2f} to {one.high:.2f}) on 1 thread, "
            f"{two.median:.2f} ({two.low:.2f} to {two.high:.2f}) on 2"
        )


if __name__ == "__main__":
    main()
