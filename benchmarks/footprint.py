"""What a library costs before and beside the training: import time, whole processes, peak memory, install size."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from importlib import metadata, util
from pathlib import Path

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
DISTRIBUTIONS = {
    "NumPy": "numpy",
    "torch": "torch",
    "JAX": "jax",
    "scikit-learn": "scikit-learn",
    "MyGrad": "mygrad",
    "autograd": "autograd",
}


def import_times(comparison: Comparison, names: Iterable[str], rounds: int, on_round: Callable[[], object]) -> None:
    """Whole processes that import and end, in turns, after a round that only warms caches and bytecode."""
    for number in range(rounds + 1):
        figures = {}
        for name in names:
            if name in comparison.missing:
                continue
            command, variables = [sys.executable, "-c", IMPORTS[name]], environment(1)
            start = time.perf_counter()
            done = subprocess.run(command, cwd=REPOSITORY, env=variables, capture_output=True)
            figures[name] = time.perf_counter() - start
            if done.returncode:
                del figures[name]
                comparison.missing[name] = "not installed"
        if number:
            comparison.add_round(figures)
            on_round()


def whole_processes(
    comparison: Comparison,
    names: Iterable[str],
    workload: str,
    steps: int,
    rounds: int,
    on_round: Callable[[], object],
) -> None:
    """Whole processes that import and train, in turns: their seconds or their peak memory, by the comparison's unit."""
    for _ in range(rounds):
        figures = {}
        for name in names:
            if name in comparison.missing:
                continue
            command = [sys.executable, "-m", "benchmarks.whole_process", name, workload, str(steps)]
            variables = environment(comparison.threads or 1)
            start = time.perf_counter()
            done = subprocess.run(command, cwd=REPOSITORY, env=variables, capture_output=True, text=True)
            seconds = time.perf_counter() - start
            if done.returncode:
                comparison.missing[name] = (done.stderr.strip() or "failed").splitlines()[-1]
            else:
                figures[name] = seconds if comparison.unit == "s" else float(done.stdout.split()[-1])
        comparison.add_round(figures)
        on_round()


def requirements(distribution: str) -> set[str]:
    """The distribution and all that it needs, and so on, of what is installed."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        try:
            wanted = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            waiting += [re.match(r"[\w.-]+", line)[0] for line in wanted if "extra ==" not in line]  # type: ignore[index]
    return found


def size_of(distributions: Iterable[str]) -> float:
    """MiB of the files that they installed, without bytecode."""
    files = (file for name in distributions for file in metadata.files(name) or [] if file.suffix != ".pyc")
    paths = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 2**20


def install_sizes(comparison: Comparison, on_round: Callable[[], object]) -> None:
    """Each library with all that it needs; numpynet's own part is measured where it is imported from."""
    figures = {}
    origin = util.find_spec("numpynet")
    assert origin is not None
    assert origin.origin is not None
    own = sum(path.stat().st_size for path in Path(origin.origin).parent.rglob("*") if path.suffix != ".pyc")
    figures["numpynet"] = own / 2**20 + size_of(requirements("numpy") | requirements("tqdm"))
    for name, distribution in DISTRIBUTIONS.items():
        needed = requirements(distribution)
        if needed:
            figures[name] = size_of(needed)
        else:
            comparison.missing[name] = "not installed"
    comparison.add_round(figures)
    on_round()
