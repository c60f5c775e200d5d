"""The command `numpynet explain FILE`: what a script's training step computes, without a line changed in it."""

from __future__ import annotations

import argparse
import json
import linecache
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpynet.core.listening import listening
from numpynet.explain.explanation import Explanation, Moment, named, outline, title_of
from numpynet.explain.graph import read
from numpynet.explain.recording import Recording
from numpynet.ops.form import Array

FAILED = 1


class _Enough(BaseException):
    """Ends a script when its backward passes have been seen."""


class _Watch(Recording):
    """A recording that reads the graph of every backward pass, and ends the program after so many."""

    def __init__(self, passes: int) -> None:
        super().__init__(sys._getframe())
        self.passes = passes
        self.moments: list[Moment] = []
        self.title = ""

    def walking_back(self, roots: Sequence[tuple[Any, Array]]) -> None:
        graph = named(read(*roots[0], self), self)
        if not self.moments or outline(graph) == outline(self.moments[0].graph):
            self.moments.append(Moment(graph))
        self.title = title_of(graph, self)
        self.forget()
        if len(self.moments) >= self.passes:
            raise _Enough


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments, by default those of the process; returns the exit code.

    0 when all went well, 1 when the script runs no backward pass, or the file could not be read or written.
    SystemExit with code 2 for arguments that make no sense. What the script itself raises is not caught.
    """
    parser = argparse.ArgumentParser(
        prog="numpynet explain",
        description="Runs a script or notebook up to its first backward pass, and explains that.",
    )
    parser.add_argument("file", metavar="FILE", help="a script (.py) or notebook (.ipynb) that uses numpynet")
    parser.add_argument("--number", metavar="NAME", help="one number as its sum, such as 'hidden.weight[1, 0]'")
    parser.add_argument("--save", metavar="PAGE", help="write a page for a browser, such as explain.html")
    parser.add_argument("--steps", type=int, default=1, metavar="N", help="backward passes to look at (default: 1)")
    options = parser.parse_args(arguments)
    if options.steps < 1:
        parser.error("argument --steps: must be a positive integer")
    path = Path(options.file)
    try:
        text = _source(path)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError) as error:
        return _fail(error)
    explanation = explained(path, text, options.steps)
    if explanation is None:
        return _fail(f"{path} runs no backward pass")
    try:
        print(explanation if options.number is None else explanation.number(options.number))
        if options.save is not None:
            explanation.save(options.save)
    except (OSError, LookupError, ValueError) as error:
        return _fail(error)
    return 0


def _fail(error: Exception | str) -> int:
    print(f"numpynet explain: {error.args[0] if isinstance(error, KeyError) else error}", file=sys.stderr)
    return FAILED


def explained(path: Path, text: str, passes: int = 1) -> Explanation | None:
    """The explanation of a script's first backward pass, and of more as training steps; None where it runs none.

    The text is run as the main program, with its output.
    """
    watch = _Watch(passes)
    name = str(path)
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    before = sys.path[0]
    sys.path[0] = os.path.dirname(os.path.abspath(path))
    try:
        with listening(watch):
            watch.until = sys._getframe()
            exec(compile(text, name, "exec"), {"__name__": "__main__", "__file__": name})
    except _Enough:
        pass
    finally:
        sys.path[0] = before
    if not watch.moments:
        return None
    return Explanation(watch.moments[0].graph, watch.moments, title=watch.title)


def _source(path: Path) -> str:
    """A script's text, or the code cells of a notebook without its commands."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in cells for line in ("".join(cell["source"]) + "\n").splitlines()]
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines) + "\n"
