"""How large libraries are on the disk, with all that they need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

import numpynet
from benchmarks.results import Comparison

DISTRIBUTIONS = {
    "NumPy": "numpy",
    "torch": "torch",
    "JAX": "jax",
    "scikit-learn": "scikit-learn",
    "MyGrad": "mygrad",
    "autograd": "autograd",
}
NEEDED = ("numpy", "tqdm")  # by numpynet


def requirements(distribution: str) -> set[str]:
    """The distribution, all that it needs, what these need, and so on; of these what is installed."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        try:
            lines = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            waiting += [re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line]
    return found


def size_of(distributions: Iterable[str]) -> float:
    """MiB of the files that they installed, without bytecode."""
    files = (file for name in distributions for file in metadata.files(name) or [] if file.suffix != ".pyc")
    paths = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 2**20


def install_sizes(comparison: Comparison, on_round: Callable[[], object]) -> None:
    """Adds the sizes to the comparison; numpynet's own part is measured where it is imported from."""
    own_files = (path for path in Path(numpynet.__path__[0]).rglob("*") if path.is_file() and path.suffix != ".pyc")
    own = sum(path.stat().st_size for path in own_files) / 2**20
    figures = {"numpynet": own + size_of(set().union(*map(requirements, NEEDED)))}
    for name, distribution in DISTRIBUTIONS.items():
        needed = requirements(distribution)
        if needed:
            figures[name] = size_of(needed)
        else:
            comparison.leave_out(name, f"{distribution} is not installed")
    comparison.add_round(figures)
    on_round()
