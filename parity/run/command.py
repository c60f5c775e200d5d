"""The command `python -m parity run FILE`."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parity.libraries import TorchMissingError, torch_is_installed
from parity.run.comparison import Line, Pair, compare, excuse
from parity.run.names import missing_names
from parity.run.source import Source, read

TOLERANCE = 1e-3
TIMEOUT = 600.0
DESCRIPTION = """\
Runs a torch script (.py) or Jupyter notebook (.ipynb) twice, once with torch and once with numpynet in its place,
each in its own process on one thread, from the same seeds (torch, random, numpy.random). The file is not changed.
Compares what they print to the standard output, line by line; warnings, progress bars and figures do not count.
Where numbers are too far apart, torch runs twice more, with kernels that round otherwise, as on other machines: MKL's
portable ones, and its own baseline build, whose random numbers have other last digits, too. What lies within torch's
own spread then is excused, and shown with what torch printed in those runs: no library could print the same."""

OTHER_KERNELS = ({"MKL_CBWR": "COMPATIBLE"}, {"ATEN_CPU_CAPABILITY": "default"})
VARIATION = """
torch varies: this program amplifies rounding errors. In these lines torch itself, with kernels that round otherwise
("and torch": MKL_CBWR=COMPATIBLE, then ATEN_CPU_CAPABILITY=default), is as far from its own numbers as numpynet is
from the nearest of them. There is no one number to agree with, and what these lines show neither proves nor disproves
anything; --strict counts them as differences."""


@dataclass
class Ran:
    """One library's run. end: how it ended; empty when all went well, None when the process was ended from outside."""

    library: str
    lines: list[Line] = field(default_factory=list)
    end: dict[str, Any] | None = None
    seconds: float = 0.0
    stopped: str = ""

    @property
    def went_well(self) -> bool:
        """Whether the file ran to its end."""
        return self.end == {}

    def trouble(self) -> str:
        """What went wrong, in words."""
        if self.end is None:
            return f"{self.library}: {self.stopped}"
        place = f"{self.end['place']}: " if self.end.get("place") else ""
        missing = self.end.get("missing")
        lacks = f"numpynet lacks {missing}. " if missing and self.library == "numpynet" else ""
        return f"{self.library}: {place}{lacks}{self.end['type']}: {self.end['message']}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.add_argument("file", type=Path, metavar="FILE", help="a .py or .ipynb file")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of all generators (default: 0)")
    parser.add_argument(
        "--tolerance",
        type=_tolerance,
        default=TOLERANCE,
        metavar="T",
        help="numbers with a decimal point agree within T * max(1, |a|, |b|); 0 for equality (default: %(default)g)",
    )
    parser.add_argument("--ignore", metavar="REGEX", type=_pattern, help="leave out lines in which this is found")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, metavar="S", help="seconds (default: %(default)g)")
    parser.add_argument("--strict", action="store_true", help="excuse no difference by torch's own variation")
    parser.add_argument("--brief", action="store_true", help="show only lines that are not equal")


def execute(arguments: argparse.Namespace) -> int:
    """Returns the exit code: 0 when both run to the end and agree, 1 when not, 2 when there is nothing to run."""
    try:
        source = read(arguments.file)
        if not torch_is_installed():
            raise TorchMissingError("torch is not installed, and there is nothing to compare with: pip install torch")
    except (OSError, UnicodeDecodeError, ValueError, TorchMissingError) as error:
        print(f"parity run: {error}", file=sys.stderr)
        return 2
    torch, own = Run("torch"), Run("numpynet")
    theirs, ours = run_together([torch, own], source.path, arguments.seed, arguments.timeout)
    pairs = compare(_kept(ours.lines, arguments.ignore), _kept(theirs.lines, arguments.ignore), arguments.tolerance)
    if not arguments.strict and any(pair.differs_in_numbers for pair in pairs):
        runs = [Run("torch", kernels) for kernels in OTHER_KERNELS]
        others = run_together(runs, source.path, arguments.seed, arguments.timeout)
        pairs = excuse(pairs, [_kept(other.lines, arguments.ignore) for other in others])
    print(report(source, ours, theirs, pairs, brief=arguments.brief, tolerance=arguments.tolerance))
    return 0 if agree(ours, theirs, pairs) else 1


def agree(ours: Ran, theirs: Ran, pairs: Sequence[Pair]) -> bool:
    """Whether both ran to the end, or into the same error, and printed the same."""
    same_end = ours.end == theirs.end == {} or (
        bool(ours.end) and bool(theirs.end) and _error(ours) == _error(theirs) and not (ours.end or {}).get("missing")
    )
    return same_end and all(pair.within or pair.otherwise for pair in pairs)


def _error(ran: Ran) -> tuple[Any, Any]:
    """The class and the place of the error."""
    assert ran.end is not None
    return ran.end.get("type"), ran.end.get("place")


def _kept(lines: Sequence[Line], ignore: re.Pattern[str] | None) -> list[Line]:
    return [line for line in lines if ignore is None or not ignore.search(line.text)]


# --- running ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """What to run a file with: a library, and variables of its environment."""

    library: str
    environment: dict[str, str] = field(default_factory=dict)


def run_together(runs: Sequence[Run], path: Path, seed: int, timeout: float = TIMEOUT) -> list[Ran]:
    """Runs the file several ways, side by side."""
    with tempfile.TemporaryDirectory() as directory:
        processes = [_Process(run, path, seed, Path(directory) / str(number)) for number, run in enumerate(runs)]
        try:
            deadline = time.monotonic() + timeout
            return [one.result(deadline, timeout) for one in processes]
        finally:
            for one in processes:
                one.end()


class _Process:
    """A child that runs the file with one library."""

    def __init__(self, run: Run, path: Path, seed: int, files: Path) -> None:
        self.library = run.library
        self.report = files.with_suffix(".jsonl")
        self.errors = files.with_suffix(".stderr")
        command = [sys.executable, "-m", "parity.run.child", str(path), run.library, str(seed), str(self.report)]
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env={**_environment(), **run.environment},
                start_new_session=True,
            )

    def result(self, deadline: float, timeout: float) -> Ran:
        """What the child printed, once it has ended or its time is up."""
        stopped = ""
        try:
            code = self.process.wait(max(0.0, deadline - time.monotonic()))
            stopped = f"the process ended with code {code}: {self._last_words()}" if code else ""
        except subprocess.TimeoutExpired:
            self.end()
            stopped = f"stopped after {timeout:g} s (--timeout)"
        return self._read(stopped)

    def _last_words(self) -> str:
        lines = self.errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it left no message"

    def _read(self, stopped: str) -> Ran:
        ran = Ran(self.library, stopped=stopped)
        written = self.report.read_text(encoding="utf-8").splitlines() if self.report.exists() else []
        for row in written:
            try:
                content = json.loads(row)
            except ValueError:
                break  # the process was ended in the middle of it
            if "end" in content:
                ran.end, ran.seconds = content["end"], content["seconds"]
            else:
                ran.lines.append(Line(content["place"], content["text"]))
        return ran

    def end(self) -> None:
        """Ends the child, and whatever it has started."""
        if self.process.poll() is not None:
            return
        if hasattr(os, "killpg"):
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()


def _environment() -> dict[str, str]:
    """No window, one thread each, and parity to be found wherever it is imported from now."""
    package = str(Path(__file__).resolve().parents[2])
    found = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": os.pathsep.join([package, *([found] if found else [])]),
    }


# --- telling ----------------------------------------------------------------------------------------------


def report(source: Source, ours: Ran, theirs: Ran, pairs: Sequence[Pair], *, brief: bool, tolerance: float) -> str:
    """Everything that is to be said, as text."""
    lines = list(source.notes)
    shown = [pair for pair in pairs if not (brief and pair.verdict == "equal")]
    width = max((len(pair.verdict) for pair in shown), default=0)
    places = max((len(_place(pair)) for pair in shown), default=0)
    for pair in shown:
        start = f"{pair.verdict:<{width}}  {_place(pair):<{places}}  "
        if pair.verdict == "equal" and pair.ours is not None:
            lines.append(start + pair.ours.text)
            continue
        if pair.ours is not None:
            lines.append(f"{start}numpynet  {pair.ours.text}")
            start = " " * len(start)
        if pair.theirs is not None:
            lines.append(f"{start}torch     {pair.theirs.text}")
        lines += [" " * len(start) + f"and torch {text}" for text in pair.otherwise]
    lines += [ran.trouble() for ran in (theirs, ours) if not ran.went_well]
    lines += [f"named but missing in numpynet: {name} ({', '.join(at)})" for name, at in missing_names(source).items()]
    return "\n".join([*lines, "", _summary(ours, theirs, pairs, tolerance)])


def _place(pair: Pair) -> str:
    line = pair.ours or pair.theirs
    return line.place if line is not None else ""


def _summary(ours: Ran, theirs: Ran, pairs: Sequence[Pair], tolerance: float) -> str:
    counts: dict[str, int] = {}
    for pair in pairs:
        kind = "equal to some digits" if pair.verdict.startswith("equal to") else pair.verdict
        counts[kind] = counts.get(kind, 0) + 1
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing printed"
    verdict = "AGREE" if agree(ours, theirs, pairs) else "DO NOT AGREE"
    if verdict == "AGREE" and counts.get("torch varies"):
        verdict = "AGREE as far as torch agrees with itself"
    summary = (
        f"{verdict}: {len(pairs)} lines: {told} (tolerance {tolerance:g}); "
        f"torch {theirs.seconds:.1f} s, numpynet {ours.seconds:.1f} s"
    )
    if counts.get("torch varies"):
        summary += VARIATION
    return summary


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number that is not negative, not {text!r}")
    return value


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a regular expression: {error}") from None
