"""child: one library's run of the user's file, in a process of its own. Not meant to be called by hand.

    python -m parity.run.child TASK

Into a report it writes a line of JSON for each line printed, one for each file written that other runs share, and one
for how it ended.
"""

from __future__ import annotations

import ast
import importlib
import json
import linecache
import random
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

import numpy as np

from parity.child_process import end_with_parent
from parity.run.folder import tell_of_shared_files
from parity.run.output import Output
from parity.run.redirection import Mirror, missing_name, redirect
from parity.run.source import Piece, Source, read


@dataclass(frozen=True)
class Task:
    """What to run, as strings and numbers.

    file: the user's, or rather its copy. library: torch or numpynet. arguments: the file's own. own: the folder that no
    other run shares. report: where to write.
    """

    file: str
    library: str
    seed: int
    arguments: list[str]
    own: str
    report: str

    def as_argument(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))


def main(task: Task) -> None:
    """Runs the file; whatever it does, the report says so."""
    source = read(Path(task.file))
    pieces = {piece.filename: piece for piece in source.pieces}
    with open(task.report, "w", encoding="utf-8", buffering=1) as file:
        output = Output(pieces, lambda place, text: _write(file, {"place": place, "text": text}))
        if task.library == "numpynet":
            redirect()
        _seed(task.library, task.seed)
        tell_of_shared_files(Path(task.own), lambda path: _write(file, {"shared": path}))
        start = time.perf_counter()
        ended = _run(source, task.arguments, output, pieces)
        seconds = time.perf_counter() - start
        own = task.library == "torch" and "numpynet" in sys.modules
        _write(file, {"end": ended, "seconds": seconds, "uses torch": Mirror.used, "imports numpynet": own})


def _write(file: TextIO, content: dict[str, Any]) -> None:
    file.write(json.dumps(content) + "\n")


def _seed(library: str, seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  the user's file may draw from it
    importlib.import_module(library).manual_seed(seed)


def _run(source: Source, arguments: Sequence[str], output: Output, pieces: dict[str, Piece]) -> dict[str, Any]:
    """Executes the pieces as the module __main__. Returns how that ended; empty when all went well."""
    module = ModuleType("__main__")
    module.__dict__["__file__"] = str(source.path)
    sys.modules["__main__"] = module
    sys.argv = [str(source.path), *arguments]
    sys.path.insert(0, str(source.path.resolve().parent))
    for piece in source.pieces:
        lines = piece.text.splitlines(keepends=True)
        linecache.cache[piece.filename] = (len(piece.text), None, lines, piece.filename)
    before, sys.stdout = sys.stdout, output
    try:
        for piece in source.pieces:
            _execute(piece, module.__dict__)
    except SystemExit as error:
        return {} if error.code in (None, 0) else {"type": "SystemExit", "message": str(error.code)}
    except BaseException as error:
        return _described(error, pieces)
    finally:
        output.close_line()
        sys.stdout = before
    return {}


def _execute(piece: Piece, namespace: dict[str, Any]) -> None:
    tree = ast.parse(piece.text, piece.filename)
    last = tree.body[-1] if tree.body else None
    if not (piece.shows and isinstance(last, ast.Expr)) or piece.text.rstrip().endswith(";"):
        exec(compile(tree, piece.filename, "exec"), namespace)
        return
    del tree.body[-1]
    exec(compile(tree, piece.filename, "exec"), namespace)
    # What a notebook shows below a cell is printed by the cell's last expression, at its line.
    call = ast.Call(ast.Name("__show__", ast.Load()), [last.value], [])
    shown = ast.fix_missing_locations(ast.Expression(ast.copy_location(call, last)))
    namespace["__show__"] = _show
    eval(compile(shown, piece.filename, "eval"), namespace)


def _show(value: Any) -> None:
    if value is not None:
        print(repr(value))


def _described(error: BaseException, pieces: dict[str, Piece]) -> dict[str, Any]:
    """What happened, and in which line of the user's text."""
    place = ""
    if isinstance(error, SyntaxError) and error.filename in pieces:
        place = pieces[error.filename].place(error.lineno or 0)
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in pieces:
            place = pieces[frame.filename].place(frame.lineno or 0)
    return {"type": type(error).__name__, "message": str(error), "place": place, "missing": missing_name(error)}


if __name__ == "__main__":
    end_with_parent()
    main(Task(**json.loads(sys.argv[1])))
