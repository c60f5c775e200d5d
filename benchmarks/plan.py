"""Which comparisons there are, and how each is carried out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks import own_process, processes
from benchmarks.competitors import STEPS, SWEEPS
from benchmarks.install_size import install_sizes
from benchmarks.results import Comparison
from benchmarks.sweep import STEPS as SWEEP_STEPS
from benchmarks.workloads import WORKLOADS

NAMES = (*WORKLOADS, "sweep", "import", "process", "memory", "memory-1024", "size")
LONG = {"mlp-1024", "process", "memory", "memory-1024"}  # left out of a quick run, unless asked for


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    rounds, seconds: as of the command line. quick: few rounds of what takes long, and a shorter sweep. competitors:
    that may take part.
    """

    rounds: int
    seconds: float
    quick: bool
    competitors: Collection[str]

    @property
    def few_rounds(self) -> int:
        """The rounds of what takes seconds a round."""
        return min(self.rounds, 2 if self.quick else 3)

    def among(self, names: Iterable[str]) -> list[str]:
        """Those of the competitors that take part."""
        return [name for name in names if name in self.competitors]


@dataclass(frozen=True)
class Planned:
    """A comparison yet to be filled. rounds: that it will have. carry_out: fills it, and calls what it is given
    after every round.
    """

    comparison: Comparison
    rounds: int
    carry_out: Callable[[Callable[[], object]], None]


def training(workload: str, threads: int, effort: Effort) -> Planned:
    """Training steps, or the width sweep, of which a quick run takes a tenth of the steps."""
    is_sweep = workload == "sweep"
    title = f"7 widths × 32 seeds × {SWEEP_STEPS:,} steps on iris" if is_sweep else WORKLOADS[workload]().title
    rounds = effort.few_rounds if is_sweep else effort.rounds
    comparison = Comparison(workload, title, threads)
    task = {
        "workload": workload,
        "competitors": effort.among(SWEEPS if is_sweep else STEPS),
        "rounds": rounds,
        "seconds": effort.seconds,
        "sweep_steps": SWEEP_STEPS // 10 if effort.quick else SWEEP_STEPS,
    }
    return Planned(comparison, rounds, partial(own_process.compare, comparison, task))


def imports(effort: Effort) -> Planned:
    """Processes that import a library and end."""
    comparison = Comparison("import", "a whole process that imports and ends")
    commands = processes.importing(processes.QUICK_IMPORTS if effort.quick else processes.IMPORTS)
    rounds = 1 if effort.quick else effort.few_rounds
    return Planned(comparison, rounds, partial(processes.in_turns, comparison, commands, rounds))


def whole_processes(name: str, workload: str, steps: int, unit: str, effort: Effort) -> Planned:
    """Time or peak memory of processes that import a library and train, on one thread."""
    what = "a whole process that imports" if unit == "s" else "peak memory of a process that imports"
    comparison = Comparison(name, f"{what} and trains {workload} for {steps:,} steps", 1, unit)
    commands = processes.training(effort.among(processes.TRAINERS), workload, steps)
    rounds = 1 if effort.quick else min(effort.rounds, 3)
    return Planned(comparison, rounds, partial(processes.in_turns, comparison, commands, rounds))


def sizes() -> Planned:
    """What is installed."""
    comparison = Comparison("size", "files of a library and all that it needs", unit="MiB")
    return Planned(comparison, 1, partial(install_sizes, comparison))


def plan(names: Iterable[str], threads: Iterable[int], effort: Effort) -> Iterator[Planned]:
    """What is to be carried out for these names, each on all thread counts where they play a part."""
    for name in names:
        if name in WORKLOADS or name == "sweep":
            yield from (training(name, count, effort) for count in threads)
        elif name == "import":
            yield imports(effort)
        elif name == "process":
            yield whole_processes(name, "iris", 1000, "s", effort)
        elif name == "memory":
            yield whole_processes(name, "iris", 100, "MiB", effort)
        elif name == "memory-1024":
            yield whole_processes(name, "mlp-1024", 2, "MiB", effort)
        else:
            yield sizes()
