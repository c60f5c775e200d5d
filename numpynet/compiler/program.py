"""Program: a traced step as a flat list of NumPy calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from numpynet.compiler import kinds
from numpynet.compiler.number import Number
from numpynet.compiler.symbol import Memory, Symbol


@dataclass(frozen=True)
class Origin:
    """Where a call comes from: forward, backward or update; the operation; the layer, "" where none is known.

    line, said: what a reader of the program is told besides, None where nothing is (see `numpynet.compiler.readable`):
        the line of the user's program, and the formula.
    """

    direction: str
    operation: str
    layer: str
    line: str | None = None
    said: Any = None


@dataclass(eq=False)
class Instruction:
    """One call.

    kind: how it is made. function: what is called. inputs: its arguments, symbols among them.
    options: keyword arguments.
    result: what is written to; None where nothing is.
    defines: whether the result is a whole new memory, not one that was there before.
    remark: what a reader should know of this call and those that follow it.
    """

    kind: kinds.CallKind
    function: Any
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    result: Symbol | None
    defines: bool
    origin: Origin
    remark: str = ""

    @property
    def output(self) -> Symbol:
        """The result of a call that has one."""
        assert self.result is not None
        return self.result

    @property
    def is_elementwise(self) -> bool:
        """Whether each element of the result depends only on the elements at its place."""
        return self.kind.by_element and getattr(self.function, "signature", None) is None

    def symbols(self) -> list[Symbol]:
        """All symbols that it reads."""
        return self._read(Symbol)

    def numbers(self) -> list[Number]:
        """All numbers that it reads."""
        return self._read(Number)

    def _read(self, kind: type) -> list[Any]:
        parts = leaves((self.inputs, self.options) if self.options else self.inputs)
        return [one for one in parts if type(one) is kind]

    def replaced(self, change: Callable[[Symbol], Symbol]) -> None:
        """Puts other symbols in the place of those that it reads."""
        self.inputs, self.options = mapped(
            (self.inputs, self.options), lambda one: change(one) if type(one) is Symbol else one
        )


def mapped(part: Any, change: Callable[[Any], Any]) -> Any:
    """Operands with all that is no container of them changed."""
    kind = type(part)
    if kind is tuple or kind is list:
        return kind([mapped(one, change) for one in part])
    if kind is dict:
        return {name: mapped(one, change) for name, one in part.items()}
    if kind is slice:
        return slice(*(mapped(one, change) for one in (part.start, part.stop, part.step)))
    return change(part)


def leaves(part: Any) -> list[Any]:
    """All that is in operands and is no container of them."""
    found: list[Any] = []
    mapped(part, found.append)
    return found


@dataclass(eq=False)
class Program:
    """What a trace leaves.

    instructions: in the order in which they were called.
    kept: the memories that must hold their values when the step has ended, of gradients and results, and the calls that
        read numbers which the step returns.
    """

    instructions: list[Instruction]
    kept: set[Any] = field(default_factory=set)

    def reads(self) -> dict[Memory, int]:
        """For every memory, the position of the last instruction that reads it."""
        return {
            symbol.memory: position
            for position, instruction in enumerate(self.instructions)
            for symbol in instruction.symbols()
        }

    def definitions(self) -> dict[Memory, Instruction]:
        """The instruction that defines a memory."""
        return {one.output.memory: one for one in self.instructions if one.defines}

    def overwritten(self) -> set[Memory]:
        """The memories that are written to after they were defined."""
        return {one.result.memory for one in self.instructions if one.result is not None and not one.defines}

    def forget(self, others: Iterable[Symbol] = ()) -> None:
        """Lets go of the memory of values that nobody needs any more (`Symbol.forget`).

        others: symbols of the same trace that are in no instruction.
        """
        found = [one for instruction in self.instructions for one in instruction.symbols()]
        found += [one.result for one in self.instructions if one.result is not None]
        for symbol in [*found, *others]:
            symbol.forget()
