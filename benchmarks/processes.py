"""Whole processes: what an import costs, and what it costs to import and train, in time and in memory."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping

from benchmarks.machine import REPOSITORY
from benchmarks.own_process import environment
from benchmarks.results import Comparison

IMPORTS = {
    "Python alone": "pass",
    "NumPy": "import numpy",
    "numpynet": "import numpynet",
    "torch": "import torch",
    "JAX": "import jax.numpy",
    "scikit-learn": "import sklearn.neural_network",
    "MyGrad": "import mygrad",
    "autograd": "import autograd.numpy",
}
QUICK_IMPORTS = ("Python alone", "NumPy", "numpynet", "torch")
TRAINERS = (
    "numpynet eager",
    "numpynet compiled",
    "torch eager",
    "torch.compile",
    "JAX jit",
    "scikit-learn",
    "MyGrad",
    "autograd",
)


def importing(names: Iterable[str]) -> dict[str, list[str]]:
    """By library the arguments with which Python imports it and ends."""
    return {name: ["-c", IMPORTS[name]] for name in names}


def training(names: Iterable[str], workload: str, steps: int) -> dict[str, list[str]]:
    """By competitor the arguments with which Python imports it, trains so many steps, and prints its peak memory."""
    return {name: ["-m", "benchmarks.whole_process", name, workload, str(steps)] for name in names}


def in_turns(
    comparison: Comparison, processes: Mapping[str, list[str]], rounds: int, on_round: Callable[[], object]
) -> None:
    """Runs the processes one after the other, round after round, and adds their figures to the comparison.

    A figure is a process's time in seconds, or, where the comparison is one of memory, the number that it prints. The
    times of a first round, which warms caches and bytecode, are not added. Who fails is missing, with its last words.
    """
    variables = environment(comparison.threads or 1)
    warming = comparison.unit == "s"
    for number in range(rounds + warming):
        figures = {}
        for name, arguments in processes.items():
            if name in comparison.missing:
                continue
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, *arguments], cwd=REPOSITORY, env=variables, capture_output=True, text=True, check=False
            )
            seconds = time.perf_counter() - start
            if done.returncode:
                comparison.leave_out(name, (done.stderr.strip() or "failed").splitlines()[-1])
            else:
                figures[name] = seconds if comparison.unit == "s" else float(done.stdout.split()[-1])
        if number or not warming:
            comparison.add_round(figures)
            on_round()
