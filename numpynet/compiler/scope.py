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
    """What the rewritten code of one function leads everything through.

    Names are looked up here; all else that can be asked for is a method of the `Calls` of the trace.
    """

    REFUSALS = (CompileError, Again)

    def __init__(self, reads: Calls, function: FunctionType) -> None:
        self.reads = reads
        self.globals = function.__globals__
        self.cells: dict[str, CellType] = dict(
            zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        )

    def __getattr__(self, operation: str) -> Any:
        self.reads.is_at_work = True
        return getattr(self.reads, operation)

    def name(self, key: str) -> Any:
        """A global variable."""
        return self.global_name(self.globals, key)

    def set_name(self, key: str, value: Any) -> None:
        """Sets a global variable."""
        self.write(Place("global", self.globals, key), value, key)

    def cell(self, key: str) -> Any:
        """A variable of a function around."""
        cell = self.cells[key]
        return cell.cell_contents if key == "__class__" else self.read(Place("cell", cell, key), key)

    def set_cell(self, key: str, value: Any) -> None:
        """Sets a variable of a function around."""
        self.write(Place("cell", self.cells[key], key), value, key)
