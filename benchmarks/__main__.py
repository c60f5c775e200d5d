"""``python -m benchmarks``: how fast numpynet is beside the libraries that people would use instead.

Every comparison runs in one process of its own, its competitors in turns, on a stated number of threads, after their
losses were found equal. Times are medians; ratios are medians of the rounds' own ratios, with quartiles.

``python -m benchmarks operations`` compares single eager calls with torch's; `--help` after it shows its options.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import util
from pathlib import Path

from tqdm import tqdm

from benchmarks import chart, history, machine
from benchmarks.competitors import COMPETITORS, QUICK
from benchmarks.operations import command as operations
from benchmarks.plan import LONG, NAMES, Effort, Planned, plan
from benchmarks.report import report
from benchmarks.results import Run
from numpynet.serialization.atomic_file import require_writable
from numpynet.serialization.json_file import require_json_writable, words_beside, write_json
from numpynet.training.plotting import figure_format

FAILED, INTERRUPTED = 1, 130  # exit codes


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(NAMES)}; all by default")
    command.add_argument(
        "--quick", action="store_true", help="in under a minute: one thread, few competitors and rounds"
    )
    command.add_argument("--threads", type=int, nargs="+", metavar="N", help="thread counts (default 1 and 2)")
    command.add_argument(
        "--competitors",
        nargs="+",
        metavar="NAME",
        help=f"of {', '.join(COMPETITORS)}; all by default, but in a quick run",
    )
    command.add_argument("--rounds", type=int, metavar="N", help="turns of each competitor (default 15; quick 5)")
    command.add_argument("--seconds", type=float, metavar="S", help="length of a turn (default 0.05; quick 0.02)")
    command.add_argument(
        "--json", type=Path, metavar="FILE", help="writes all figures; - for the standard output, alone"
    )
    command.add_argument("--chart", type=Path, metavar="FILE", help="draws the ratios, as PNG, SVG or PDF")
    command.add_argument("--history", type=Path, metavar="FILE", help="appends this run as one line of JSON")
    command.add_argument("--against", type=Path, metavar="FILE", help="marks what changed since the last run in FILE")
    return command


def carry_out(jobs: list[Planned], run: Run) -> int:
    """Fills the run, comparison by comparison. Returns the exit code: 1 where something failed, 130 after Ctrl-C."""
    code = 0
    with tqdm(total=sum(job.rounds for job in jobs), unit="round", file=sys.stderr) as bar:
        for job in jobs:
            comparison = job.comparison
            bar.set_description(
                f"{comparison.workload}/{comparison.threads}" if comparison.threads else comparison.workload
            )
            try:
                job.carry_out(bar.update)
            except RuntimeError as error:
                code = FAILED
                bar.write(str(error), file=sys.stderr)
            except KeyboardInterrupt:
                if comparison.figures:
                    run.comparisons.append(comparison)
                bar.write("Interrupted: what was measured until now follows.", file=sys.stderr)
                return INTERRUPTED
            run.comparisons.append(comparison)
            code = FAILED if comparison.failed else code
    return code


def checked(options: argparse.Namespace, command: argparse.ArgumentParser) -> tuple[list[str], list[int], Effort]:
    """Which workloads, on which thread counts, with which effort; ends the program where the options are wrong."""
    competitors = options.competitors or (QUICK if options.quick else COMPETITORS)
    for what, chosen, known in (("workload", options.workloads, NAMES), ("competitor", competitors, COMPETITORS)):
        unknown = sorted(set(chosen) - set(known))
        if unknown:
            command.error(f"there is no {what} {', '.join(unknown)}; choose among {', '.join(known)}")
    names = options.workloads or [name for name in NAMES if not (options.quick and name in LONG)]
    threads = options.threads or ([1] if options.quick else [1, 2])
    cores = os.cpu_count() or 1
    if not all(1 <= count <= cores for count in threads):
        command.error(f"this machine has {cores} cores, so that --threads can be 1 to {cores}, not {threads}")
    rounds, seconds = (5, 0.02) if options.quick else (15, 0.05)
    rounds = rounds if options.rounds is None else options.rounds
    seconds = seconds if options.seconds is None else options.seconds
    if rounds < 1 or seconds <= 0:
        command.error(f"--rounds must be at least 1 and --seconds positive, not {rounds} and {seconds}")
    if options.chart and util.find_spec("matplotlib") is None:
        command.error(
            "--chart draws with matplotlib, which is not installed: pip install -e '.[bench]' in the checkout"
        )
    try:
        if options.json:
            require_json_writable(options.json)
        for path in filter(None, (options.history, options.chart)):
            require_writable(path)
        if options.chart:
            figure_format(options.chart)
    except (OSError, ValueError) as error:
        command.error(f"cannot write: {error}")
    return names, threads, Effort(rounds, seconds, options.quick, sorted(competitors))


def store(run: Run, options: argparse.Namespace) -> None:
    """Writes the files that were asked for."""
    if options.json:
        write_json(run.to_dict(), options.json, indent=2)
    if options.history:
        history.append(run, options.history)
    if options.chart:
        chart.draw(run, options.chart)


def main(arguments: list[str] | None = None) -> int:
    """Measures, prints and stores; returns 0, 1 where something failed or disagreed, 130 after Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["operations"]:
        return operations.main(arguments[1:])
    command = parser()
    options = command.parse_args(arguments)
    names, threads, effort = checked(options, command)
    try:
        earlier = history.latest(options.against) if options.against else None
    except (OSError, ValueError) as error:
        command.error(str(error))
    run = Run(machine.facts(), {"threads": threads, **vars(effort)})
    code = carry_out(list(plan(names, threads, effort)), run)
    print(report(run, history.against(run, earlier) if earlier else {}), file=words_beside(options.json), flush=True)
    try:
        store(run, options)
    except (OSError, ValueError) as error:
        print(f"{command.prog}: {error}", file=sys.stderr)
        return code or FAILED
    return code


if __name__ == "__main__":
    sys.exit(main())
