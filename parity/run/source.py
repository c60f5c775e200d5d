"""Source: a script or a notebook as pieces of Python, in order, each line at its own number."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RUN_THE_REST = ("%%time", "%%timeit", "%%capture")  # cell magics around Python


@dataclass
class Piece:
    """A whole script, or one cell of a notebook.

    name: what tracebacks and reports call it, "cell 3"; empty for a script. shows: whether the value of a last
    expression is displayed, as notebooks do.
    """

    name: str
    text: str
    filename: str
    shows: bool

    def place(self, line: int) -> str:
        """Where a line of this piece is, for people."""
        return f"{self.name}, line {line}" if self.name else f"line {line}"


@dataclass
class Source:
    """pieces: to be run in order. notes: what was left out, and where."""

    path: Path
    pieces: list[Piece] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(path: Path) -> Source:
    """Reads a .py or .ipynb file; ValueError when it is no notebook, or holds no Python."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix != ".ipynb":
        return Source(path, [Piece("", text, str(path), shows=False)])
    source = Source(path)
    for number, cell in enumerate(_code_cells(path, text), 1):
        name = f"cell {number}"
        python = _python_only(cell, name, source.notes)
        if python.strip():
            source.pieces.append(Piece(name, python, f"{path}, {name}", shows=True))
    if not source.pieces:
        raise ValueError(f"{path} has no cell with Python in it")
    return source


def _code_cells(path: Path, text: str) -> list[str]:
    """The texts of the code cells, of notebooks in format 4 or 3."""
    try:
        notebook: Any = json.loads(text)
        sheets = notebook.get("worksheets", [notebook])
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell["cell_type"] == "code"]
        texts = [cell.get("source", cell.get("input", "")) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a Jupyter notebook: {type(error).__name__}: {error}") from None
    return ["".join(one) if isinstance(one, list) else str(one) for one in texts]


def _python_only(text: str, name: str, notes: list[str]) -> str:
    """The cell without magics and shell commands, which are noted. What is Python as it stands is left alone."""
    if _is_python(text):
        return text
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    magic = lines[first].strip()
    if magic.startswith("%%"):
        if not magic.startswith(RUN_THE_REST):
            notes.append(f"{name} was skipped, it is not Python: {magic}")
            return ""
        notes.append(f"{name}, line {first + 1} was skipped: {magic}")
        lines[first] = ""
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith(("%", "!")) or (bare.endswith("?") and "#" not in bare):
            notes.append(f"{name}, line {number + 1} was skipped: {bare}")
            lines[number] = line[: len(line) - len(line.lstrip())] + "pass"
    return "\n".join(lines)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
