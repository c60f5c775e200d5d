"""The command `python -m parity grade FILE`.

The functions run in a process of their own (`remote`, `worker`), which is ended when a call takes too long; an endless
loop, a crash of the interpreter or an exit is one more thing to report. What is right is known only here.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from numpynet.serialization.json_file import STANDARD_OUTPUT, require_json_writable, words_beside, write_json
from parity.grade.remote import Ended, Refused, Remote, Worker
from parity.grade.verdict import RIGHT, UNGRADED, WRONG, Verdict, verdict_text
from parity.libraries import torch_is_installed, torch_library

TIME_LIMIT = 10.0  # seconds for one call
MEMORY_LIMIT = 1024  # MiB beyond what the libraries take
SEARCHED = 200  # inputs that Hypothesis tries
SUFFIXES = (".py", ".ipynb")
FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130  # exit codes

DESCRIPTION = """\
Checks hand-written backward functions on plain NumPy arrays, such as

    def relu_backward(dy, x): ...
    def linear_backward(dy, x, w, b): ...          # returns dx, dw, db: a tuple, a list or a dict by name

found by their names, <operation>_backward, or by the decorator @parity.exercise("linear"); classes with `backward`,
by the name of the class. dy is the cotangent of the result; the other parameters are recognised by name (x or input, w
or weight, b or bias, a and b, z and t, y or out for the result, x_shape, axis, keepdims, reduction, cache, ctx) or else
by their order. A cache holds what the file's own forward of that name returns beside its result, as in
linear_forward(x, w, b), or else the operands. Files may be notebooks; of a folder every script and notebook is
graded."""

EXIT_CODES = """\
exit codes: 0 when every exercise is right, 1 when one is not or the JSON could not be written, 2 when nothing can be
graded, 130 after Ctrl-C, when the verdicts until then have been printed and written"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = DESCRIPTION, EXIT_CODES
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a script, a notebook or a folder")
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
        for verdict in verdicts_in(
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
        return "give it a file with backward functions, before the options, or --list"
    if not arguments.file.exists():
        return f"there is no file {arguments.file}"
    if arguments.file.is_dir():
        if not files_of(arguments.file):
            return f"{arguments.file} has no script (.py) and no notebook (.ipynb) in it"
    elif arguments.file.suffix not in SUFFIXES:
        return f"{arguments.file} is not a Python file (.py) nor a notebook (.ipynb)"
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


def files_of(folder: Path) -> list[Path]:
    """The scripts and notebooks in a folder and those below it, in order; nothing that is hidden or a cache."""
    found = [path for path in sorted(folder.rglob("*")) if path.suffix in SUFFIXES and path.is_file()]
    parts = [(path, path.relative_to(folder).parts) for path in found]
    return [path for path, names in parts if not any(name.startswith((".", "__pycache__")) for name in names)]


def verdicts_in(
    place: Path,
    *,
    time_limit: float = TIME_LIMIT,
    memory_limit: int = MEMORY_LIMIT,
    with_torch: bool = True,
    searched: int = SEARCHED,
    progress: Callable[[str], None] = lambda text: None,
) -> Iterator[Verdict]:
    """The verdicts on a file, or on all files of a folder that have exercises; the file's name before the function's.

    A file of a folder that cannot be imported has one verdict, "not graded". Refused when there is no exercise at all.
    """
    limits: dict[str, Any] = {"time_limit": time_limit, "memory_limit": memory_limit}
    if not place.is_dir():
        yield from verdicts_of(place, **limits, with_torch=with_torch, searched=searched, progress=progress)
        return
    some = False
    for file in files_of(place):
        name = str(file.relative_to(place))
        try:
            for verdict in verdicts_of(file, **limits, with_torch=with_torch, searched=searched, progress=progress):
                some = True
                verdict.function = f"{name}: {verdict.function}"
                yield verdict
        except NoExercise:
            continue
        except Refused as refused:
            some = True
            yield Verdict(name, status=UNGRADED, hint=str(refused))
    if not some:
        raise NoExercise


class NoExercise(Refused):
    """A file without backward functions."""

    def __init__(self) -> None:
        super().__init__("it has no exercise: no function is named <operation>_backward (see --list)")


def verdicts_of(
    file: Path,
    *,
    time_limit: float = TIME_LIMIT,
    memory_limit: int = MEMORY_LIMIT,
    with_torch: bool = True,
    searched: int = SEARCHED,
    progress: Callable[[str], None] = lambda text: None,
) -> Iterator[Verdict]:
    """The verdict on each exercise of a file, in order, as soon as it is known.

    time_limit: seconds that one call may take.  memory_limit: MiB that it may use.
    with_torch: False compares with numpynet's own gradients though torch is installed.
    searched: how many inputs Hypothesis tries beyond those that always are.
    progress: is told what is being graded.
    Refused when the file cannot be imported or has no exercise.
    """
    progress(f"importing {file.name} ...")
    left: list[int] | None = None
    while left is None or left:
        with Worker(file, time_limit=time_limit, memory_limit=memory_limit) as worker:
            from parity.grade.grading import grade_callee, recognise

            if left is None:
                left = [number for number, one in enumerate(worker.solvers) if recognise(one) is not None]
                if not left:
                    raise NoExercise
            if with_torch and torch_is_installed():
                torch_library()  # on one thread
            while left:
                callee = Remote(worker, left.pop(0))
                progress(f"grading {callee.solver.name} ...")
                try:
                    yield grade_callee(callee, with_torch=with_torch and torch_is_installed(), searched=searched)
                except Ended as ended:
                    yield _ended(callee, ended)
                    break


def _ended(callee: Remote, ended: Ended) -> Verdict:
    """The verdict on a function during which the worker had to be ended, or ended itself."""
    text = str(ended)
    if ended.kind == "process ended":
        text = f"It {text} instead of returning."
    shown = [f"inputs    {callee.inputs}"] if callee.inputs else []
    return Verdict(callee.solver.name, status=WRONG, hint_kind=ended.kind, hint=text, counterexample=shown)
