"""Program: a traced step as a flat list of NumPy calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from numpynet.compiler.symbol import Memory, Symbol


@dataclass(frozen=True)
class Origin:
    """Where a call comes from: forward, backward or update; the operation; the layer, "" where none is known.

    told: what a reader of the program is told besides (see `numpynet.compiler.readable`), None where nothing is.
    """

    direction: str
    operation: str
    layer: str
    told: Any = None


@dataclass(frozen=True, eq=False)
class CallKind:
    """A kind of calls; those below are all there are, and everything that is true of a kind is said there.

    by_element: each element of the result depends only on the elements at its place.
    is_pure: of equal inputs it gives equal results, and does nothing else.
    computes: it is arithmetic, and does not only move values.
    lasts: it must be made though nobody reads its result.
    noun: what a result is called, "" where its function tells that.
    How calls of a kind are written is said in `numpynet.compiler.emit`, how they are made for many models in
    `numpynet.compiler.batching`: by a table of kinds each.
    """

    by_element: bool = False
    is_pure: bool = False
    computes: bool = False
    lasts: bool = False
    noun: str = ""


UFUNC = CallKind(by_element=True, is_pure=True, computes=True)  # but for those of matrices, such as np.matmul
REDUCE = CallKind(is_pure=True, computes=True)
DOT = CallKind(is_pure=True, computes=True)
FUNCTION = CallKind(is_pure=True, computes=True)  # of NumPy, with out=
ASSIGN = CallKind(is_pure=True, computes=True)  # of NumPy, without out=
COPY = CallKind(by_element=True, is_pure=True, noun="copy")
WHERE = CallKind(by_element=True, is_pure=True, computes=True)
GATHER = CallKind(is_pure=True, noun="selected")  # x[index]
SCATTER = CallKind()  # x[index] = ...
AT = CallKind(computes=True)  # np.add.at and its kin
REFUSE = CallKind(lasts=True)  # raises an error where a condition holds
DRAW = CallKind(lasts=True, noun="random")
DO = CallKind(lasts=True)  # what is done at every call, and gives nothing, such as seeding
NUMBER = CallKind()  # reads a Python number from an array
SCALAR = CallKind(noun="number")  # puts a Python number into an array


@dataclass(eq=False)
class Instruction:
    """One call.

    kind: how it is made. function: what is called. inputs: its arguments, symbols among them.
    options: keyword arguments.
    result: what is written to; None where nothing is.
    defines: whether the result is a whole new memory, not one that was there before.
    remark: what a reader should know of this call and those that follow it.
    """

    kind: CallKind
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
        return self.kind.by_element and getattr(self.function, "signature", None) is None

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
