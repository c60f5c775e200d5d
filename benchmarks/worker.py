"""A process of its own for one comparison: everything is prepared, checked, and timed in turns.

``python -m benchmarks.worker TASK``, the task as JSON, prints lines of JSON: first who is missing, then one for
every round, so that nothing is lost when it is stopped.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

from benchmarks import threads
from benchmarks.contenders import Field, step_contenders, sweep_contenders
from benchmarks.timing import interleaved

REST = 0.06  # seconds between turns on several threads: those of OpenBLAS spin for 2²⁶ cycles before they sleep


def own_output() -> TextIO:
    """The standard output for the lines alone; what libraries print goes to the standard error instead."""
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return lines


def contenders(task: dict[str, Any]) -> Field:
    """Of the task's workload."""
    if task["workload"] == "sweep":
        return sweep_contenders(task["sweep_steps"], task["competitors"])
    return step_contenders(task["workload"], task["competitors"])


def main(task: dict[str, Any], lines: TextIO) -> None:
    """Prepares, checks and times; see above."""
    field = contenders(task)
    pools = threads.hold(task["threads"])
    print(json.dumps({"missing": field.missing, "failed": field.failed, "pools": pools}), file=lines)
    calls = {name: contender.call for name, contender in field.ready.items()}
    rest = REST if task["threads"] > 1 else 0.0
    for figures in interleaved(calls, task["rounds"], task["seconds"], rest):
        whole = {name: seconds / field.ready[name].share for name, seconds in figures.items()}
        print(json.dumps({"round": whole}), file=lines)


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]), own_output())
    except KeyboardInterrupt:
        sys.exit(130)
