"""Program: a traced step as a flat list of NumPy calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from numpynet.compiler.symbol import Memory, Symbol


@dataclass(frozen=True)
class Origin:
    """Where a call comes from: forward, backward or update; the operation; the layer, "" where none is known."""

    direction: str
    operation: str
    layer: str


@dataclass(eq=False)
class Instruction:
    """One call.

    kind: "ufunc", "reduce", "dot", "function", "assign", "copy", "where", "scatter", "at", "refuse", "number",
        "scalar" or "draw": how it is written out (`numpynet.compiler.emit`).
    function: what is called. inputs: its arguments, symbols among them. options: keyword arguments.
    result: what is written to; None where nothing is.
    defines: whether the result is a whole new memory, not one that was there before.
    remark: what a reader should know of this call and those that follow it.
    """

    kind: str
    function: Any
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    result: Symbol | None
    defines: bool
    origin: Origin
    remark: str = ""

    @property
    def is_elementwise(self) -> bool:
        """Whether each element of the result depends only on the elements at its place."""
        return self.kind in ("copy", "where") or (self.kind == "ufunc" and self.function.signature is None)

    def symbols(self) -> Iterator[Symbol]:
        """All symbols that it reads."""
        yield from _symbols((self.inputs, self.options))

    def replaced(self, change: Callable[[Symbol], Symbol]) -> None:
        """Puts other symbols in the place of those that it reads."""
        self.inputs = _changed(self.inputs, change)
        self.options = _changed(self.options, change)


def _symbols(part: Any) -> Iterator[Symbol]:
    if type(part) is Symbol:
        yield part
    elif isinstance(part, (tuple, list)):
        for one in part:
            yield from _symbols(one)
    elif isinstance(part, dict):
        yield from _symbols(list(part.values()))
    elif isinstance(part, slice):
        yield from _symbols((part.start, part.stop, part.step))


def _changed(part: Any, change: Callable[[Symbol], Symbol]) -> Any:
    if type(part) is Symbol:
        return change(part)
    if isinstance(part, (tuple, list)):
        return type(part)(_changed(one, change) for one in part)
    if isinstance(part, dict):
        return {name: _changed(one, change) for name, one in part.items()}
    return part


@dataclass(eq=False)
class Program:
    """What a trace leaves.

    instructions: in the order in which they were called.
    kept: the memories that must hold their values when the step has ended: gradients and results.
    """

    instructions: list[Instruction]
    kept: set[Memory] = field(default_factory=set)

    def reads(self) -> dict[Memory, int]:
        """For every memory, the position of the last instruction that reads it."""
        return {
            symbol.memory: position
            for position, instruction in enumerate(self.instructions)
            for symbol in instruction.symbols()
        }

    def overwritten(self) -> set[Memory]:
        """The memories that are written to after they were defined."""
        return {
            instruction.result.memory
            for instruction in self.instructions
            if instruction.result is not None and not instruction.defines
        }

    def forget(self, others: Iterable[Symbol] = ()) -> None:
        """Lets go of the memory of values that nobody needs any more (`Symbol.forget`).

        others: symbols of the same trace that are in no instruction.
        """
        found = [one for instruction in self.instructions for one in instruction.symbols()]
        found += [one.result for one in self.instructions if one.result is not None]
        for symbol in [*found, *others]:
            symbol.forget()
