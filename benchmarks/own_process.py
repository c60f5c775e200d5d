"""Comparisons in a process of their own, which sees only the threads that it is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import Any

from benchmarks import threads
from benchmarks.machine import REPOSITORY
from benchmarks.results import Comparison


def environment(count: int) -> dict[str, str]:
    """This process's environment, with so many threads, and with bytecode kept as it is for everybody."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, **threads.environment(count)}


def lines_of(what: str, module: str, task: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """Runs ``python -m MODULE TASK`` on so many threads, and yields the lines of JSON that it prints.

    RuntimeError that says what broke down, with the process's own words, when it fails. It is stopped when nobody
    reads on.
    """
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(task)],
            cwd=REPOSITORY,
            env=environment(count),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as worker,
    ):
        assert worker.stdout is not None
        try:
            yield from map(json.loads, worker.stdout)
        except BaseException:
            worker.terminate()
            raise
        if worker.wait():
            errors.seek(0)
            raise RuntimeError(f"{what} broke down:\n{errors.read().strip()}")


def compare(comparison: Comparison, task: dict[str, Any], on_round: Callable[[], object]) -> None:
    """Has the worker time a task, and adds what it says to the comparison, round by round.

    on_round: is called after each. RuntimeError with the worker's own words when it fails; what was measured until
    then, or until an interruption, is in the comparison.
    """
    count = comparison.threads or 1
    what = f"{comparison.workload} on {count} threads"
    for said in lines_of(what, "benchmarks.worker", {**task, "threads": count}, count):
        if "round" in said:
            comparison.add_round(said["round"])
            on_round()
        else:
            comparison.missing, comparison.failed, comparison.pools = (
                said[key] for key in ("missing", "failed", "pools")
            )
