"""check: runs the programs under both libraries, and tells how far they agree. What `python -m parity` does."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from typing import Any

from tqdm import tqdm

from numpynet.serialization.json_file import require_json_writable, words_beside, write_json
from numpynet.studies.table import table
from parity.bounds import BASELINE_DRAW, BASELINE_FACTOR, K
from parity.build import BASELINE_NOTICE, about_torch, headline, is_baseline
from parity.ladder import Ladder, Outcome
from parity.libraries import DTYPES, TorchMissingError, run, torch_library
from parity.programs import PROGRAMS
from parity.recorder import Recorder
from parity.recording import DIRECTORY, Recording

FAILED, USAGE, INTERRUPTED = 1, 2, 130


@dataclass(frozen=True)
class Job:
    """One program in one dtype from one seed. steps: None for the program's own number of them."""

    program: str
    dtype: str
    seed: int
    steps: int | None = None
    recorded: Path | None = None


def climb(job: Job) -> Outcome:
    """Runs the program under torch, or opens what was recorded of it, and climbs the ladder."""
    program = PROGRAMS[job.program]
    settings: dict[str, Any] = {"dtype": job.dtype, "seed": job.seed, "steps": job.steps or program.steps}
    if job.recorded is not None:
        return Ladder(program, Recording(job.program, job.recorded).trace(job.dtype, job.seed), **settings).climb()
    torch = torch_library()
    reference = run(program, torch, Recorder(), **settings)
    return Ladder(program, reference, **settings, torch=torch, baseline=is_baseline(about_torch())).climb()


def outcomes(jobs: Sequence[Job], processes: int) -> Iterator[Outcome]:
    """Of all jobs, as they become ready; with one process in this one."""
    if processes == 1 or len(jobs) == 1:
        yield from map(climb, jobs)
        return
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # one thread for each process; inherited by those that are started now
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        with _ignored_by_children():
            waiting: list[Future[Outcome]] = [pool.submit(climb, job) for job in jobs]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            for child in active_children():
                child.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _ignored_by_children() -> Iterator[None]:
    """Ctrl-C, which the terminal sends to all, is left to this process: those that are started inside ignore it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_with_parent() -> None:
    """Of a process of the pool, which would wait for work for ever were its parent killed."""

    def wait() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(FAILED)

    threading.Thread(target=wait, daemon=True).start()


# --- the command line -------------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `python -m parity` itself."""
    parser.add_argument("--programs", metavar="NAME,...", type=_programs, default=list(PROGRAMS), help=_program_help())
    parser.add_argument("--seeds", metavar="N", type=_positive, default=5, help="seeds 0 to N-1 (default: 5)")
    parser.add_argument("--dtype", choices=DTYPES, action="append", help="may be given twice (default: both)")
    parser.add_argument("--recorded", action="store_true", help="against what was recorded of torch, without torch")
    parser.add_argument(
        "--json", metavar="FILE", help="write every outcome into a file; - for the standard output, alone"
    )
    parser.add_argument(
        "--processes", metavar="N", type=_positive, default=_cores(), help="at once (default: one for each core)"
    )
    parser.add_argument("--no-progress", dest="progress", action="store_false", help="show no progress bar")


def execute(arguments: argparse.Namespace) -> int:
    """Returns the exit code: 0 when everything agrees, 1 when not or when torch is missing, 130 after Ctrl-C."""
    start = time.perf_counter()
    if arguments.json is not None:
        try:
            require_json_writable(arguments.json)
        except OSError as error:
            print(f"parity: cannot write {arguments.json}: {error.strerror}", file=sys.stderr)
            return USAGE
    dtypes = arguments.dtype or list(DTYPES)
    try:
        about = _about(arguments)
        jobs = list(_jobs(arguments, dtypes))
    except (TorchMissingError, FileNotFoundError) as error:
        print(f"parity: {error}", file=sys.stderr)
        return FAILED
    baseline = not arguments.recorded and is_baseline(about)
    text = words_beside(arguments.json)
    print(headline(about, recorded=arguments.recorded), file=text)
    if baseline:
        capability = about["cpu_capability"]
        notice = BASELINE_NOTICE.format(capability=capability, draw=BASELINE_DRAW, factor=BASELINE_FACTOR)
        print(f"\n{notice}", file=text)
    shown = arguments.progress and sys.stderr.isatty()
    found: list[Outcome] = []
    try:
        for outcome in tqdm(outcomes(jobs, arguments.processes), total=len(jobs), unit="run", disable=not shown):
            found.append(outcome)  # noqa: PERF402  list() would lose them
    except KeyboardInterrupt:
        print(f"parity: interrupted after {len(found)} of {len(jobs)} runs", file=sys.stderr)
    interrupted = len(found) < len(jobs)
    if not found:
        return INTERRUPTED
    order = {(job.program, job.dtype, job.seed): place for place, job in enumerate(jobs)}
    found.sort(key=lambda one: order[one.program, one.dtype, one.seed])
    print(report(found), file=text)
    passed = all(one.passed for one in found)
    seconds = time.perf_counter() - start
    verdict = "INTERRUPTED: until then " * interrupted + _verdict(found, baseline=baseline)
    print(f"\n{verdict} ({len(found)} runs in {seconds:.0f} s)", file=text, flush=True)
    if arguments.json is not None:
        content = {"about": about, "recorded": arguments.recorded, "baseline": baseline, "passed": passed}
        content |= {"interrupted": interrupted, "outcomes": [one.to_dict() for one in found]}
        try:
            write_json(content, arguments.json, indent=1)
        except BrokenPipeError:
            raise
        except OSError as error:
            print(f"parity: {arguments.json}: {error}", file=sys.stderr)
            return INTERRUPTED if interrupted else FAILED
    if interrupted:
        return INTERRUPTED
    return 0 if passed else FAILED


def report(found: Sequence[Outcome]) -> str:
    """The table, a row for each program and dtype, and below it what failed."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in found:
        groups.setdefault((outcome.program, outcome.dtype), []).append(outcome)
    headings = ["program", "dtype", "seeds", "steps", "random bits", "worst k", "free-run error", "verdict"]
    width = max(len(name) for name, _ in groups)
    rows = [[name.ljust(width), dtype, *_cells(group)] for (name, dtype), group in groups.items()]
    lines = ["", table(headings, rows)]
    lines += [
        "",
        f"worst k: the largest difference in a locked step or a single operation, in eps of its shadow; allowed {K}",
        "free-run error: the largest relative difference of losses over the steps in brackets, if not over all",
    ]
    for outcome in found:
        for failure in outcome.failures:
            lines += ["", f"{outcome.program}, {outcome.dtype}, seed {outcome.seed}: {failure}"]
    return "\n".join(lines)


def _cells(group: Sequence[Outcome]) -> list[str]:
    bits = max((one.random_bits for one in group), key=["equal", "within bounds", "differ"].index)
    known = [one.locked_k for one in group if one.locked_k is not None]
    errors = [one.free_error for one in group if one.free_error is not None]
    steps = min((one.free_steps for one in group if one.free_steps is not None), default=0)
    free = f"{max(errors):.1e}" if errors else "-"
    if errors and steps < group[0].steps:
        free += f" [{steps}]"
    failed = sum(not one.passed for one in group)
    return [
        str(len(group)),
        str(group[0].steps) if group[0].steps else "-",
        bits,
        f"{max(known):.3g}" if known else "-",
        free,
        f"FAIL ({failed} of {len(group)})" if failed else "pass",
    ]


def _verdict(found: Sequence[Outcome], *, baseline: bool) -> str:
    failed = sum(not one.passed for one in found)
    if failed:
        return f"{failed} of {len(found)} runs FAILED"
    return "all agree, within the wider bounds of torch's baseline build" if baseline else "all agree"


def _about(arguments: argparse.Namespace) -> dict[str, str]:
    return Recording(arguments.programs[0]).about if arguments.recorded else about_torch()


def _jobs(arguments: argparse.Namespace, dtypes: Sequence[str]) -> Iterator[Job]:
    for name in arguments.programs:
        if not arguments.recorded:
            yield from (Job(name, dtype, seed) for dtype in dtypes for seed in range(arguments.seeds))
            continue
        for dtype, seed in Recording(name).runs():
            if dtype in dtypes and seed < arguments.seeds:
                yield Job(name, dtype, seed, recorded=DIRECTORY)


def _program_help() -> str:
    names = "; ".join(f"{program.name}: {program.summary.rstrip('.')}" for program in PROGRAMS.values())
    return f"some of them only (default: all). {names}"


def _programs(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in PROGRAMS:
            raise argparse.ArgumentTypeError(f"no program is named {name!r}; there are {', '.join(PROGRAMS)}")
    return names


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer, not {text!r}")
    return number


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
