"""The user's program: which line of it asked for an operation, and what that line calls the result.

Python notes for every instruction the piece of source that it was made from. So the frame that asks for an operation
tells which expression is being computed, and the syntax tree of its file whether that expression is assigned to a name
or returned: then it is the caller's expression that counts. No tracing is needed, nor any change to the program.
"""

from __future__ import annotations

import ast
import linecache
import os
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

import numpy as np

_LIBRARIES = (
    *(os.path.dirname(file) + os.sep for file in (os.path.dirname(__file__), np.__file__)),
    os.path.dirname(os.__file__) + os.sep,
)
Span = tuple[int | None, int | None, int | None, int | None]


@dataclass(frozen=True)
class Place:
    """A line of the program: its file, its number, and the code of the function that it stands in."""

    file: str
    line: int
    code: CodeType

    @property
    def text(self) -> str:
        """The line itself without its indentation; nothing where its source is not to be had."""
        return linecache.getline(self.file, self.line).strip()


def is_users_file(name: str) -> bool:
    """Whether a file is the user's own: not numpynet's, nor of Python's library, nor of an installed package."""
    return not name.startswith(_LIBRARIES) and f"{os.sep}site-packages{os.sep}" not in name


def is_users(frame: FrameType) -> bool:
    """Whether a frame runs code of the user's own."""
    return is_users_file(frame.f_code.co_filename)


def place_of(frame: FrameType) -> Place:
    """The whole statement's first line, where the frame is now."""
    start, _, _, _ = span_of(frame)
    return Place(frame.f_code.co_filename, _statement_line(frame, start or frame.f_lineno), frame.f_code)


def span_of(frame: FrameType) -> Span:
    """The piece of source that the frame computes now: first line, last line, and the columns."""
    return _positions(frame.f_code)[frame.f_lasti // 2]


@lru_cache(512)
def _positions(code: CodeType) -> list[Span]:
    return list(code.co_positions())


@dataclass
class Source:
    """What the syntax tree of a file tells: what its expressions are assigned to, and which are returned.

    names: the variable, for the span of the expression assigned to it. returned: the spans after `return`.
    statements: for each line, the first line of the statement that it belongs to.
    """

    names: dict[Span, str]
    returned: set[Span]
    statements: dict[int, int]


def source_of(frame: FrameType) -> Source:
    """The source that a frame runs; an empty one where there is none to be had."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    return _read("".join(lines))


@lru_cache(64)
def _read(text: str) -> Source:
    found = Source({}, set(), {})
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # of a notebook's cell with commands of its own in it, for instance
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found.statements[line] = node.lineno
        value: Any = getattr(node, "value", None)
        if not isinstance(value, ast.expr):
            continue
        span = value.lineno, value.end_lineno, value.col_offset, value.end_col_offset
        if isinstance(node, ast.Return):
            found.returned.add(span)
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        name = next((one.id for one in targets if isinstance(one, ast.Name)), None)
        if name is not None and isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            found.names[span] = name
        elif name is not None and isinstance(node, ast.AugAssign):
            found.names[node.lineno, node.end_lineno, node.col_offset, node.end_col_offset] = name
    return found


def _statement_line(frame: FrameType, line: int) -> int:
    return source_of(frame).statements.get(line, line)


def users_frames(frame: FrameType | None, until: FrameType) -> list[tuple[FrameType, FrameType]]:
    """The program's frames from the innermost one outwards, up to `until`, each with the frame that it called."""
    found = []
    below = frame
    while frame is not None and frame is not until:
        if is_users(frame) and below is not None:
            found.append((frame, below))
        below, frame = frame, frame.f_back
    return found


def name_of_result(frames: list[tuple[FrameType, FrameType]]) -> tuple[str, FrameType] | None:
    """The variable to which the expression is assigned that the innermost frame computes; None where it is to none.

    With it comes the frame called by the one that assigns: of several operations in there the last one made the value.
    """
    for frame, below in frames:
        source, span = source_of(frame), span_of(frame)
        if span in source.names:
            return source.names[span], below
        if span not in source.returned:
            return None
    return None
