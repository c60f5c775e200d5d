"""Flat: arrays that are updated alike lie one behind the other, so that one call updates them all.

An update makes the same calls for each parameter, one chain of calls that has no array in common with another. Chains
that differ in nothing but their arrays become one, on arrays that hold those of all. What is of one element in each
chain, such as the number of its step, is computed once: that holds as long as the counters of all are equal, which is
looked at before each call (`Flat.alike`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.number import Number
from numpynet.compiler.program import Instruction, Program
from numpynet.compiler.symbol import Kind, Memory, Symbol, is_uniform
from numpynet.compiler.views import Array
from numpynet.core import epoch
from numpynet.core.tensor import Tensor

Movable = Callable[[list[Memory]], bool]
Chain = list[Instruction]


@dataclass(eq=False)
class Flat:
    """One memory in which others lie one behind the other. kind: of all of them.

    alike: whether the program holds only while all its elements are equal, before it runs.
    """

    memory: Memory
    members: list[Memory]
    alike: bool = False

    @classmethod
    def of(cls, members: list[Memory], kind: Kind | None = None, alike: bool = False) -> Flat:
        """A new memory for these."""
        array = np.concatenate([member.array.reshape(-1) for member in members])
        return cls(Memory(kind or members[0].kind, array), members, alike)

    def bounds(self) -> list[tuple[Memory, int, int]]:
        """Every member with its first and its last position."""
        found, start = [], 0
        for member in self.members:
            found.append((member, start, start + member.array.size))
            start += member.array.size
        return found


def flatten(program: Program, movable: Movable) -> list[Flat]:
    """Turns the updates at the end of a program, one chain of calls for each parameter, into one for all alike.

    movable: whether the memory of these tensors from outside may be laid one behind the other.
    """
    first = len(program.instructions)
    while first:
        one = program.instructions[first - 1]
        by_element = one.is_elementwise and one.result is not None
        if not by_element and one.kind not in (kinds.NUMBER, kinds.SCALAR):
            break
        first -= 1
    best, saved, start = None, 0, first
    while len(program.instructions) - start > saved:
        update = Update(program.instructions[start:], program.instructions[:start], program.kept)
        if update.saved > saved:
            best, saved = (start, update), update.saved
        if update.alone is None:
            break
        start += update.alone + 1  # without that call its chain may be like others, or fall apart into such
    if best is None:
        return []
    start, update = best
    calls, flats = update.fused(movable)
    program.instructions[start:] = calls
    return flats


def _is_whole(symbol: Symbol) -> bool:
    memory = symbol.memory
    return (
        memory.kind in (Kind.TENSOR, Kind.TEMPORARY)
        and symbol.size == memory.array.size
        and symbol.flags.c_contiguous
        and memory.array.flags.c_contiguous
    )


class Update:
    """The last calls of a program, parted into chains. before: the calls before them.
    kept: what must be there when the step has ended.

    shared: calls that compute a number of numbers that no chain has for itself; they come first.
    groups: chains that are alike. saved: how many calls fewer it takes to make one chain of each group.
    alone: the place of the first call of which the chain is like no other; None where there is none.
    """

    def __init__(self, instructions: Sequence[Instruction], before: Sequence[Instruction], kept: set[Any]) -> None:
        self._kept = kept
        self._written = {one.result.memory for one in instructions if one.result is not None and not one.defines}
        self._changed = {one.result.memory for one in before if one.result is not None}
        self._own: set[Any] = set(self._written)  # by whom numbers are read: memories, and calls that read numbers
        self.shared: Chain = []
        parts = []
        for one in instructions:
            if self._is_shared(one):
                self.shared.append(one)
            else:
                self._own.add(one if one.result is None else one.result.memory)
                parts.append(one)
        groups: dict[Any, list[Chain]] = {}
        for chain in self._chains(parts):
            groups.setdefault(self._signature(chain), []).append(chain)
        self.groups = list(groups.values())
        self.saved = sum((len(group) - 1) * len(group[0]) for group in self.groups)
        lone = {call for group in self.groups if len(group) == 1 for call in group[0]}
        self.alone = next((place for place, call in enumerate(instructions) if call in lone), None)

    def fused(self, movable: Movable) -> tuple[Chain, list[Flat]]:
        """All calls, with one chain in the place of each group whose memory may be moved; and what is to be flat."""
        calls, flats = [*self.shared], []
        for group in self.groups:
            for part in self._parts(group, movable):
                calls += part[0]
                flats += part[1]
        return calls, flats

    def _parts(self, group: list[Chain], movable: Movable) -> Iterator[tuple[Chain, list[Flat]]]:
        """One chain for a group; where memory may not be moved, one for each half of it, and so on."""
        made = self._fuse(group, movable) if len(group) > 1 else (group[0], [])
        if made is not None:
            yield made
        else:
            for half in (group[: len(group) // 2], group[len(group) // 2 :]):
                yield from self._parts(half, movable)

    # --- chains ---------------------------------------------------------------------------------------

    def _is_shared(self, instruction: Instruction) -> bool:
        result = instruction.result
        if result is not None and (result.ndim or result.memory in self._written):
            return False
        return not any(self._touched(instruction, reads=True))

    def _touched(self, instruction: Instruction, reads: bool = False) -> Iterable[Any]:
        """What belongs to the chain that a call is in: its arrays, its numbers, the calls that read its numbers."""
        for one in (*instruction.inputs, *(() if reads else (instruction.result,))):
            if type(one) is Symbol and one.memory.kind is not Kind.CONSTANT:
                if one.ndim or one.memory in self._own:
                    yield one.memory
            elif type(one) is Number:
                yield from (read for read in one.reads if read in self._own)
        if instruction.result is None and not reads:
            yield instruction

    def _chains(self, instructions: Iterable[Instruction]) -> list[Chain]:
        """The calls, parted into chains that have nothing in common."""
        chains: list[tuple[set[Any], Chain]] = []
        for instruction in instructions:
            things = set(self._touched(instruction))
            touched = [chain for chain in chains if not chain[0].isdisjoint(things)]
            if len(touched) == 1:
                touched[0][0].update(things)
                touched[0][1].append(instruction)
                continue
            joined = (things.union(*(one for one, _ in touched)), [call for _, calls in touched for call in calls])
            joined[1].append(instruction)
            position = chains.index(touched[0]) if touched else len(chains)
            chains = [chain for chain in chains if chain not in touched]
            chains.insert(position, joined)
        return [calls for _, calls in chains]

    def _signature(self, chain: Chain) -> Any:
        """What chains have in common that are alike; no other has that of a chain which cannot be fused."""
        slots: dict[Any, int] = {}
        counters = self._counters(chain)
        signature: list[Any] = []
        for instruction in chain:
            if (instruction.options and instruction.kind is not kinds.NUMBER) or instruction in self._kept:
                return id(chain)
            signature += [instruction.kind, instruction.function, instruction.defines]
            result = instruction.result
            if result is None:
                slots.setdefault(instruction, len(slots))
            for one in (*instruction.inputs, *(() if result is None else (result,))):
                if type(one) is Number:
                    signature.append((one.text, *(slots.get(read, id(read)) for read in one.reads)))
                elif type(one) is not Symbol or (result is not None and one.ndim and one.shape != result.shape):
                    return id(chain)
                elif one.memory.kind is Kind.CONSTANT:
                    if one.ndim and not (one.size and is_uniform(one.array)):
                        return id(chain)
                    signature.append((one.ndim > 0, one.dtype.str, one.array.tobytes()[: one.itemsize]))
                elif one.ndim or one.memory in self._own:
                    if not _is_whole(one) or bool(one.ndim) != bool(one.memory.array.ndim):
                        return id(chain)
                    if one.memory in counters and (one.memory.kind is not Kind.TENSOR or one.memory in self._changed):
                        return id(chain)  # what it is when the update begins is not what it is before each call
                    value = one.memory.array.tobytes() if one.memory in counters else None
                    slot = slots.setdefault(one.memory, len(slots))
                    signature.append((slot, one.memory.kind, one.dtype.str, one.ndim > 0, value))
                else:
                    signature.append((one.memory.number, one.dtype.str, one.array.__array_interface__["data"]))
        return tuple(signature)

    def _counters(self, chain: Chain) -> set[Memory]:
        """The numbers from outside on which others in a chain depend."""
        return {
            one.memory
            for call in chain
            for one in call.symbols()
            if not one.ndim
            and one.memory in self._written
            and (call.result is None or call.result.memory is not one.memory)
        }

    # --- fusing ---------------------------------------------------------------------------------------

    def _fuse(self, group: list[Chain], movable: Movable) -> tuple[Chain, list[Flat]] | None:
        """The calls of one chain for the arrays of all; None where a tensor's memory cannot be moved."""
        members: dict[Memory, list[Memory]] = {}
        for calls in zip(*group, strict=True):
            for symbols in zip(*map(self._laid, calls), strict=True):
                members.setdefault(symbols[0].memory, [symbol.memory for symbol in symbols])
        defined = {call.output.memory for call in group[0] if call.defines}
        counters = self._counters(group[0])
        flats: list[Flat] = []
        wholes: dict[Memory, Memory] = {}
        for first, all_of_it in members.items():
            if first.kind is Kind.TENSOR and not movable(all_of_it):
                return None
            flat = Flat.of(all_of_it, Kind.TEMPORARY if first in defined else None, alike=first in counters)
            wholes[first] = flat.memory
            if first not in defined or not self._kept.isdisjoint(all_of_it):
                flats.append(flat)
        return [_on_all(call, wholes) for call in group[0]], flats

    def _laid(self, instruction: Instruction) -> list[Symbol]:
        """What is laid one behind the other: arrays, and the numbers from outside that are written to."""
        symbols = [one for one in (*instruction.inputs, instruction.result) if type(one) is Symbol]
        symbols = [one for one in symbols if one.memory.kind is not Kind.CONSTANT]
        return [one for one in symbols if one.ndim or one.memory in self._written]


def _on_all(call: Instruction, wholes: dict[Memory, Memory]) -> Instruction:
    """A call of the first chain for all: as it is where it gives a number, else on what is laid out."""
    result = call.result
    if result is None or result.memory not in wholes:
        return call
    whole = wholes[result.memory]
    are_counters = not result.ndim

    def flat(symbol: Any) -> Any:
        if symbol.memory in wholes and (symbol.ndim or are_counters):
            memory = wholes[symbol.memory]
            return Symbol(symbol.recorder, memory, memory.array)
        if symbol.ndim:  # equal elements
            return symbol.recorder.symbol(np.full(whole.array.size, symbol.array.reshape(-1)[0]))
        return symbol

    return Instruction(
        call.kind, call.function, tuple(map(flat, call.inputs)), {}, flat(result), call.defines, call.origin
    )


def laid_out(arrays: list[Array]) -> Array | None:
    """The 1-dimensional array of which these are consecutive parts; None when they are not laid out like that."""
    base = arrays[0].base
    if base is None or base.ndim != 1 or any(array.base is not base for array in arrays):
        return None
    position = arrays[0].__array_interface__["data"][0]
    start = (position - base.__array_interface__["data"][0]) // base.itemsize
    for array in arrays:
        if array.__array_interface__["data"][0] != position or not array.flags.c_contiguous:
            return None
        position += array.nbytes
    return base[start : start + sum(array.size for array in arrays)]


def lay_out(tensors: list[Tensor]) -> Array:
    """The 1-dimensional array of which those of tensors are consecutive parts, as they are from here on."""
    known = laid_out([tensor._array for tensor in tensors])
    if known is None:
        known = np.concatenate([tensor._array.reshape(-1) for tensor in tensors])
        start = 0
        for tensor in tensors:
            size, shape = tensor._array.size, tensor._array.shape
            tensor._array = known[start : start + size].reshape(shape)
            start += size
        epoch.count[0] += 1
    return known
