"""Output: what a program prints, line by line, each with the place in the user's file that printed it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping

from parity.run.source import Piece

LIMIT = 100_000  # lines; a program that prints more is stopped


class TooMuchOutputError(Exception):
    """More lines were printed than anyone will compare."""


class Output(io.TextIOBase):
    """Stands in for the standard output.

    pieces: the user's, by file name. emit(place, text): is called for each line printed. A carriage return starts
    the line anew, as on a terminal.
    """

    encoding = "utf-8"

    def __init__(self, pieces: Mapping[str, Piece], emit: Callable[[str, str], None]) -> None:
        self._pieces = pieces
        self._emit = emit
        self._text = ""
        self._place = ""
        self._count = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Notes text. TooMuchOutputError beyond the limit."""
        *lines, rest = text.split("\n")
        for line in lines:
            self._add(line)
            self.finish_line()
        self._add(rest)
        return len(text)

    def _add(self, text: str) -> None:
        if not self._text:
            self._place = self._where()
        self._text = (self._text + text).rpartition("\r")[2]

    def finish_line(self) -> None:
        """Ends the line begun."""
        self._count += 1
        if self._count > LIMIT:
            raise TooMuchOutputError(f"more than {LIMIT:,} lines were printed")
        self._emit(self._place or self._where(), self._text)
        self._text = ""

    def close_line(self) -> None:
        """Ends a last line without a line break."""
        if self._text:
            self.finish_line()

    def _where(self) -> str:
        """The innermost line of the user's text that is being executed."""
        frame = sys._getframe(2)
        while frame is not None:
            piece = self._pieces.get(frame.f_code.co_filename)
            if piece is not None:
                return piece.place(frame.f_lineno)
            if frame.f_back is None:
                break
            frame = frame.f_back
        return ""
