"""The process that checks and times rows.

``python -m benchmarks.operations.worker TASK``, the task as JSON, prints one line of JSON for every row: its
name, the seconds of each library and of numpynet's formulas alone by round, and what is wrong with it.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import torch

import numpynet
from benchmarks import threads
from benchmarks.agreement import DisagreementError
from benchmarks.operations.agreement import assert_agree
from benchmarks.operations.formulas import formulas_of
from benchmarks.operations.row import Row
from benchmarks.operations.table import ROWS
from benchmarks.timing import interleaved
from benchmarks.worker import own_output

LIBRARIES = {"numpynet": numpynet, "torch": torch}
TURN = {"small": 0.004, "large": 0.02}  # seconds
BUDGET = 3.0  # seconds of a row's turns, after which no further round begins, but for the first three


def measured(row: Row, rounds: int) -> dict[str, Any]:
    """The row's line: figures is empty where a library failed or the two disagreed, and `wrong` says how."""
    figures: dict[str, list[float]] = {}
    line = {"name": row.name, "figures": figures, "wrong": ""}
    try:
        own, other = (row.prepare(library) for library in LIBRARIES.values())
        assert_agree(own, other, row.terms)
        calls = {"numpynet": own.call, "torch": other.call}
        formulas = None if row.goes_back else formulas_of(own.call)
        if formulas is not None:
            calls["formulas"] = formulas
        start = time.perf_counter()
        for seconds in interleaved(calls, rounds, TURN[row.size]):
            for name, figure in seconds.items():
                figures.setdefault(name, []).append(figure)
            if len(figures["torch"]) >= 3 and time.perf_counter() - start > BUDGET:
                break
    except DisagreementError as error:
        line["wrong"] = str(error)
    except Exception as error:  # one row that breaks down must not keep the others from being timed
        figures.clear()
        line["wrong"] = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    return line


def main(task: dict[str, Any]) -> None:
    """Prepares, checks and times the rows of these names."""
    with own_output() as lines:
        for library in LIBRARIES.values():
            library.set_num_threads(1)
        threads.hold(1)
        for row in ROWS:
            if row.name in task["rows"]:
                print(json.dumps(measured(row, task["rounds"])), file=lines)


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
