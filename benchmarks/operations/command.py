"""``python -m benchmarks operations``: single calls in eager mode, numpynet beside torch, one thread each.

Every row is a line of code, a training step or a short program. Both libraries run the same text, from the same seed;
rows whose results differ are not timed. Times are medians of rounds in which the two take turns, ratios medians of
the rounds' own ratios.
"""

from __future__ import annotations

import argparse
import sys
from importlib import util
from pathlib import Path

from tqdm import tqdm

from benchmarks import machine
from benchmarks.operations.report import report
from benchmarks.operations.results import Measured, Results
from benchmarks.operations.row import Row
from benchmarks.operations.table import ROWS
from benchmarks.own_process import lines_of
from numpynet.serialization.json_file import require_json_writable, words_beside, write_json

FAILED, INTERRUPTED = 1, 130  # exit codes


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="python -m benchmarks operations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--only", nargs="+", metavar="WORD", help="rows with one of these words in name or family")
    command.add_argument("--size", choices=("small", "large"), help="rows of that size; both by default")
    command.add_argument("--rounds", type=int, default=9, metavar="N", help="turns of each library (default 9)")
    command.add_argument("--json", type=Path, metavar="FILE", help="writes all figures; - for the standard output")
    return command


def chosen(words: list[str] | None, size: str | None) -> list[Row]:
    """The rows of this size that have one of the words, in any case, in their name or family."""

    def fits(row: Row) -> bool:
        text = f"{row.family} {row.name}".lower()
        return (size is None or row.size == size) and (words is None or any(word.lower() in text for word in words))

    return [row for row in ROWS if fits(row)]


def measure(rows: list[Row], rounds: int, results: Results) -> int:
    """Fills the results, row by row. Returns the exit code: 1 when the process broke down, 130 after Ctrl-C."""
    by_name = {row.name: row for row in rows}
    task = {"rows": list(by_name), "rounds": rounds}
    with tqdm(total=len(rows), unit="row", file=sys.stderr) as bar:
        try:
            for said in lines_of("the worker", "benchmarks.operations.worker", task, 1):
                row = by_name[said["name"]]
                results.rows.append(Measured(row.name, row.family, row.size, said["figures"], said["wrong"]))
                bar.set_description(row.family)
                bar.update()
        except RuntimeError as error:
            bar.write(str(error), file=sys.stderr)
            return FAILED
        except KeyboardInterrupt:
            bar.write("Interrupted: what was measured until now follows.", file=sys.stderr)
            return INTERRUPTED
    return FAILED if any(row.wrong for row in results.rows) else 0


def main(arguments: list[str]) -> int:
    """Measures, prints and stores; returns 0, 1 where a row failed or disagreed, 130 after Ctrl-C."""
    command = parser()
    options = command.parse_args(arguments)
    rows = chosen(options.only, options.size)
    if not rows:
        command.error(f"no row has {' or '.join(options.only)} in its name or family")
    if options.rounds < 1:
        command.error(f"--rounds must be at least 1, not {options.rounds}")
    if util.find_spec("torch") is None:
        command.error("torch is not installed: pip install -e '.[bench]' in the checkout")
    try:
        if options.json:
            require_json_writable(options.json)
    except OSError as error:
        command.error(f"cannot write: {error}")
    results = Results(machine.facts(), {"rounds": options.rounds, "only": options.only, "size": options.size})
    code = measure(rows, options.rounds, results)
    print(report(results), file=words_beside(options.json), flush=True)
    if options.json:
        try:
            write_json(results.to_dict(), options.json, indent=2)
        except OSError as error:
            print(f"{command.prog}: {error}", file=sys.stderr)
            return code or FAILED
    return code
