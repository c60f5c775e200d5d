"""The command `python -m parity grade FILE`.

The functions run in a process of their own, which is ended when a call takes too long; an endless loop, a crash
of the interpreter or an exit is one more thing to report.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from numpynet.serialization.json_file import STANDARD_OUTPUT, require_json_writable, words_beside, write_json
from parity import child_process
from parity.grade.verdict import RIGHT, UNGRADED, WRONG, Verdict, verdict_text

TIME_LIMIT = 10.0  # seconds for one call
MEMORY_LIMIT = 1024  # MiB beyond what the libraries take
PATIENCE = 300.0  # seconds for everything else: importing torch, reducing a counterexample
CALLS_LIMIT = 12  # a function may take this many time limits in all
FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130  # exit codes

DESCRIPTION = """\
Checks hand-written backward functions on plain NumPy arrays, such as

    def relu_backward(dy, x): ...
    def linear_backward(dy, x, w, b): ...          # returns dx, dw, db: a tuple, a list or a dict by name

found by their names, <operation>_backward, or by the decorator @parity.exercise("linear"). dy is the cotangent
of the result; the other parameters are recognised by name (x or input, w or weight, b or bias, a and b, z and t,
y or out for the result, x_shape, axis, keepdims, reduction) or else by their order."""

EXIT_CODES = """\
exit codes: 0 when every exercise is right, 1 when one is not or the JSON could not be written, 2 when nothing can be
graded, 130 after Ctrl-C, when the verdicts until then have been printed and written"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = DESCRIPTION, EXIT_CODES
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a Python file with backward functions")
    parser.add_argument("--list", action="store_true", help="show the exercises that are known, and end")
    parser.add_argument("--strict", action="store_true", help="count remarks as wrong: NaN, empty arrays, ...")
    parser.add_argument(
        "--json",
        nargs="?",
        const=STANDARD_OUTPUT,
        metavar="JSON",
        help="write the verdicts as JSON into a file; without its name, and for -, alone to the standard output",
    )
    parser.add_argument(
        "--without-torch", action="store_true", help="compare with numpynet's own gradients though torch is installed"
    )
    parser.add_argument(
        "--time-limit", type=float, default=TIME_LIMIT, metavar="S", help="seconds for one call (default: %(default)g)"
    )
    parser.add_argument(
        "--memory-limit", type=int, default=MEMORY_LIMIT, metavar="MIB", help="MiB for a call (default: %(default)d)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Grades the file; returns the exit code."""
    if arguments.list:
        from parity.grade.catalogue import listing

        print(listing())
        return 0
    problem = _unusable(arguments)
    if problem:
        print(f"parity grade: {problem}", file=sys.stderr)
        return UNUSABLE
    verdicts = []
    shown, words = sys.stderr.isatty(), words_beside(arguments.json)
    interrupted = False

    def progress(text: str) -> None:
        if shown:
            print(f"\r{text:<78}", end="\r", file=sys.stderr, flush=True)

    try:
        for verdict in verdicts_of(
            arguments.file,
            time_limit=arguments.time_limit,
            memory_limit=arguments.memory_limit,
            with_torch=not arguments.without_torch,
            progress=progress,
        ):
            verdicts.append(verdict)
            progress("")
            if words is sys.stdout:
                print(verdict_text(verdict), flush=True)
    except KeyboardInterrupt:
        progress("")
        print("parity grade: interrupted", file=sys.stderr)
        interrupted = True
    except Refused as refused:
        print(f"parity grade: {arguments.file}: {refused}", file=sys.stderr)
        return UNUSABLE
    right = [one for one in verdicts if one.status == RIGHT and not (arguments.strict and one.remarks)]
    if arguments.json is not None:
        try:
            write_json([verdict.as_dict() for verdict in verdicts], arguments.json, indent=2)
        except BrokenPipeError:
            raise
        except OSError as error:
            print(f"parity grade: {arguments.json}: {error}", file=sys.stderr)
            return FAILED
    if words is sys.stdout:
        wrong = sum(one.status == WRONG for one in verdicts)
        counted = f"{len(right)} right, {wrong} wrong"
        ungraded = sum(one.status == UNGRADED for one in verdicts)
        strict = len(verdicts) - len(right) - wrong - ungraded
        counted += f", {strict} right but for remarks" * (strict > 0) + f", {ungraded} not graded" * (ungraded > 0)
        print(counted)
    if interrupted:
        return INTERRUPTED
    return 0 if len(right) == len(verdicts) else FAILED


def _unusable(arguments: argparse.Namespace) -> str | None:
    """Why the arguments cannot be worked with, or None."""
    if arguments.file is None:
        return "give it a Python file with backward functions, before the options, or --list"
    if not arguments.file.is_file():
        return f"there is no file {arguments.file}"
    if arguments.file.suffix != ".py":
        return f"{arguments.file} is not a Python file (.py)"
    if arguments.time_limit <= 0 or arguments.memory_limit <= 0:
        return "limits must be greater than 0"
    if importlib.util.find_spec("hypothesis") is None:
        return "the search for counterexamples needs the package hypothesis: pip install hypothesis"
    if arguments.json is not None:
        try:
            require_json_writable(arguments.json)
        except OSError as error:
            return f"cannot write {arguments.json}: {error.strerror}"
    return None


class Refused(Exception):
    """A file that cannot be graded at all."""


def verdicts_of(
    file: Path,
    *,
    time_limit: float = TIME_LIMIT,
    memory_limit: int = MEMORY_LIMIT,
    with_torch: bool = True,
    progress: Callable[[str], None] = lambda text: None,
) -> Iterator[Verdict]:
    """The verdict on each exercise of a file, in order, as soon as it is known.

    time_limit: seconds that one call may take.  memory_limit: MiB that it may use.
    with_torch: False compares with numpynet's own gradients though torch is installed.
    progress: is told what is being graded.
    Refused when the file cannot be imported or has no exercise.
    """
    command = [str(file.resolve()), "--memory", str(memory_limit), *["--formulas"] * (not with_torch)]
    left: list[str] | None = None
    with TemporaryDirectory(prefix="parity-", ignore_cleanup_errors=True) as storage:
        while left is None or left:
            only = [] if left is None else ["--only", *left]
            with _Worker([*command, *only], storage) as worker:
                for verdict in _listen(worker, time_limit, progress):
                    if isinstance(verdict, list):
                        left = verdict if left is None else left
                        continue
                    assert left is not None
                    left.remove(verdict.function)
                    yield verdict


def _listen(worker: _Worker, time_limit: float, progress: Callable[[str], None]) -> Iterator[list[str] | Verdict]:
    """The names of the file's exercises, then the verdicts, until the worker is done or has to be ended."""
    function, inputs, spent = "", "", 0.0
    doing, limit, calling = "starting a process for it", PATIENCE, False
    while True:
        message, seconds = worker.next(limit)
        event = message["event"]
        if calling:
            spent += seconds
        calling = False
        if event in ("silent", "ended") or spent > CALLS_LIMIT * time_limit:
            if not function:
                how = f"took longer than {limit:g} s" if event == "silent" else f"ended the process ({message['how']})"
                raise Refused(f"{doing} {how}")
            yield _ended(function, inputs, message, limit, spent)
            return
        limit = PATIENCE
        if event == "refused":
            raise Refused(message["reason"])
        if event == "importing":
            doing, limit = "importing it", time_limit
        elif event == "found":
            if not message["functions"]:
                raise Refused("it has no exercise: no function is named <operation>_backward (see --list)")
            yield message["functions"]
        elif event == "grading":
            function, inputs, spent = message["function"], "", 0.0
            progress(f"grading {function} ...")
        elif event == "calling":
            inputs, limit, calling = message["inputs"], time_limit, True
        elif event == "verdict":
            del message["event"]
            yield Verdict(**message)
        elif event == "broken":
            raise RuntimeError(f"parity itself failed on {function}:\n{message['trace']}")
        elif event == "done":
            return


def _ended(function: str, inputs: str, message: dict[str, Any], limit: float, spent: float) -> Verdict:
    """The verdict on a function during which the worker had to be ended, or ended itself."""
    if message["event"] == "silent":
        kind, text = "hang", f"It did not return within {limit:g} s: an endless loop?"
    elif message["event"] == "ended":
        kind, text = "process ended", f"It ended the whole process ({message['how']}) instead of returning."
    else:
        kind, text = "slow", f"Its calls on small arrays took {spent:.0f} s together: too slow to be searched."
    return Verdict(function, status=WRONG, hint_kind=kind, hint=text, counterexample=[f"inputs    {inputs}"])


class _Worker:
    """The process with the student's code, and its messages. storage: a folder for what Hypothesis keeps."""

    def __init__(self, arguments: Sequence[str], storage: str) -> None:
        self.process = child_process.start(
            "parity.grade.worker",
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            environment={"HYPOTHESIS_STORAGE_DIRECTORY": storage},
        )
        self.messages: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *error: object) -> None:
        child_process.end(self.process)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.messages.put(line)
        self.messages.put(None)

    def next(self, limit: float) -> tuple[dict[str, Any], float]:
        """The next message, and how long it took; "silent" after `limit` seconds, "ended" when there are no more."""
        start = time.monotonic()
        try:
            line = self.messages.get(timeout=limit)
        except queue.Empty:
            return {"event": "silent"}, limit
        seconds = time.monotonic() - start
        if line is None:
            code = self.process.wait()
            how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
            return {"event": "ended", "how": how}, seconds
        return json.loads(line), seconds
