"""The command line: python -m parity."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # Python puts the current folder first, where a random.py or torch.py of the user's would be taken for the library.
    current = sys.path.pop(0)
    if os.path.realpath(current) == os.path.dirname(os.path.dirname(os.path.realpath(__file__))):
        sys.path.append(current)  # parity itself is there

import argparse
import importlib
import signal
from collections.abc import Sequence
from types import FrameType

COMMANDS = {  # each a module with add_arguments(parser) and execute(arguments) -> exit code
    "run": ("parity.run.command", "run a torch script or notebook under both libraries, and compare what it does"),
    "grade": ("parity.grade.command", "check the backward functions of a student's file"),
    "record": ("parity.record", "write what torch does into the files that --recorded compares with"),
}
DEFAULT = "parity.check"
FAILED, INTERRUPTED = 1, 130  # exit codes; 130 is what shells give for Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command, or without one the check of all programs; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    place = words.index("--") if "--" in words else len(words)
    try:
        parser = _parser()
        arguments = parser.parse_args(words[:place])
        arguments.passed_on = words[place + 1 :]
        if arguments.passed_on and arguments.command != "run":
            parser.error("only run takes arguments after --, which it passes on to the file")
        module = COMMANDS[arguments.command][0] if arguments.command else DEFAULT
        code: int = importlib.import_module(module).execute(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("parity: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has had enough, as in `python -m parity ... | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m parity",
        description="Does it compute what torch computes? Without a command: runs programs under both libraries from "
        "the same seeds, and compares random bits, single operations, locked steps and free runs.",
    )
    importlib.import_module(DEFAULT).add_arguments(parser)
    commands = parser.add_subparsers(dest="command", title="commands")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        importlib.import_module(module).add_arguments(command)
    return parser


def _end(number: int, frame: FrameType | None) -> None:
    """Ends as the signal asks, but with children ended and temporary files removed."""
    sys.exit(128 + number)


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # under nohup SIGHUP is ignored
            signal.signal(number, _end)
    sys.exit(main())
