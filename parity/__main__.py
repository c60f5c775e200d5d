"""The command line: python -m parity."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {  # each a module with add_arguments(parser) and execute(arguments) -> exit code
    "run": ("parity.run.command", "run a torch script or notebook under both libraries, and compare what it prints"),
    "grade": ("parity.grade.command", "check the backward functions of a student's file"),
    "record": ("parity.record", "write what torch does into the files that --recorded compares with"),
}
DEFAULT = "parity.check"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command, or without one the check of all programs; the exit code."""
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
    arguments = parser.parse_args(argv)
    module = COMMANDS[arguments.command][0] if arguments.command else DEFAULT
    code: int = importlib.import_module(module).execute(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
