"""The commands `numpynet lessons` and `numpynet lesson N`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from numpynet.lessons.reading import lesson, lessons

FAILED = 1


def listing(arguments: Sequence[str]) -> int:
    """Prints the lessons' titles; returns the exit code."""
    argparse.ArgumentParser(prog="numpynet lessons", description="Lists the lessons.").parse_args(arguments)
    for one in lessons():
        print(f"{one.number:>2}  {one.title}")
    print("\n`numpynet lesson N` copies one into the current folder, as a script and as a notebook.")
    return 0


def copying(arguments: Sequence[str]) -> int:
    """Copies a lesson into the current folder; returns the exit code: 1 where it cannot be written."""
    parser = argparse.ArgumentParser(prog="numpynet lesson", description="Copies a lesson into the current folder.")
    parser.add_argument("number", type=int, metavar="N", help="the lesson's number: see `numpynet lessons`")
    try:
        for path in lesson(parser.parse_args(arguments).number).copy():
            print(path)
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        print(f"numpynet lesson: {error}", file=sys.stderr)
        return FAILED
    return 0
