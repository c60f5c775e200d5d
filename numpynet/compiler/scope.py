"""Scope: the surroundings of one function, as its rewritten code asks for them."""

from __future__ import annotations

from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any

from numpynet.compiler.errors import CompileError
from numpynet.compiler.places import Place
from numpynet.compiler.reads import Again

if TYPE_CHECKING:
    from numpynet.compiler.calls import Calls


class Scope:
    """What the rewritten code of one function leads everything through, telling the line that is at work last.

    Names are looked up here; all else that can be asked for is a method of the `Calls` of the trace.
    """

    REFUSALS = (CompileError, Again)

    def __init__(self, reads: Calls, function: FunctionType) -> None:
        self.reads = reads
        self.globals = function.__globals__
        code = function.__code__
        self.cells: dict[str, CellType] = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        self.file, self.called = code.co_filename, code.co_name

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.reads, operation)

        def at(*args: Any) -> Any:
            self.reads.enter(self, args[-1])
            return method(*args[:-1])

        setattr(self, operation, at)  # where it is found the next time
        return at

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], line: int) -> Any:
        """function(*args, **kwargs)"""
        self.reads.enter(self, line)
        try:
            return self.reads.call(function, args, kwargs)
        finally:
            self.reads.here = (self, line)

    def name(self, key: str, line: int) -> Any:
        """A global variable."""
        self.reads.enter(self, line)
        return self.reads.name(self.globals, key)

    def set_name(self, key: str, value: Any, line: int) -> None:
        """Sets a global variable."""
        self.reads.enter(self, line)
        self.reads.write(Place("global", self.globals, key), value, key)

    def cell(self, key: str, line: int) -> Any:
        """A variable of a function around."""
        self.reads.enter(self, line)
        cell = self.cells[key]
        return cell.cell_contents if key == "__class__" else self.reads.read(Place("cell", cell, key), key)

    def set_cell(self, key: str, value: Any, line: int) -> None:
        """Sets a variable of a function around."""
        self.reads.enter(self, line)
        self.reads.write(Place("cell", self.cells[key], key), value, key)
