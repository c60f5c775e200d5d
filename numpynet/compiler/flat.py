"""Flat: arrays that are updated alike lie one behind the other, so that one call updates them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from numpynet.compiler.program import Instruction, Program
from numpynet.compiler.symbol import Array, Kind, Memory, Symbol


@dataclass(eq=False)
class Flat:
    """One memory in which others lie one behind the other. kind: of all of them."""

    memory: Memory
    members: list[Memory]

    @property
    def kind(self) -> Kind:
        """Tensors from outside, or temporaries."""
        return self.members[0].kind

    def bounds(self) -> list[tuple[Memory, int, int]]:
        """Every member with its first and its last position."""
        found, start = [], 0
        for member in self.members:
            found.append((member, start, start + member.array.size))
            start += member.array.size
        return found


def flatten(program: Program, movable: Callable[[list[Memory]], bool]) -> list[Flat]:
    """Turns the update at the end of a program, one chain of calls for each parameter, into one for all.

    movable: whether the memory of these tensors from outside may be laid one behind the other.
    """
    block = len(program.instructions)
    while block and _is_plain(program.instructions[block - 1]):
        block -= 1
    while block < len(program.instructions):
        chains = _chains(program.instructions[block:])
        groups: dict[Any, list[list[Instruction]]] = {}
        for chain in chains:
            groups.setdefault(_signature(chain), []).append(chain)
        if all(len(group) > 1 for group in groups.values()):
            fused = [_fuse(group, movable, program.kept) for group in groups.values()]
            done = [one for one in fused if one is not None]
            if len(done) == len(fused):
                program.instructions[block:] = [instruction for calls, _ in done for instruction in calls]
                return [flat for _, flats in done for flat in flats]
        block += 1
    return []


def _is_plain(instruction: Instruction) -> bool:
    """Whether a call takes whole arrays of one shape, and numbers, element by element."""
    result = instruction.result
    if instruction.kind != "ufunc" or not instruction.is_elementwise or result is None or instruction.options:
        return False
    return (
        all(
            type(one) is Symbol and (one.ndim == 0 or (_is_whole(one) and one.shape == result.shape))
            for one in (*instruction.inputs, result)
        )
        and result.ndim > 0
    )


def _is_whole(symbol: Symbol) -> bool:
    memory = symbol.memory
    return (
        memory.kind in (Kind.TENSOR, Kind.TEMPORARY)
        and symbol.size == memory.array.size
        and symbol.flags.c_contiguous
        and memory.array.flags.c_contiguous
    )


def _arrays(instruction: Instruction) -> list[Memory]:
    symbols = [one for one in (*instruction.inputs, instruction.result) if type(one) is Symbol and one.ndim]
    return [symbol.memory for symbol in symbols]


def _chains(block: Iterable[Instruction]) -> list[list[Instruction]]:
    """The calls of a block, parted into chains that have no array in common."""
    chains: list[tuple[set[Memory], list[Instruction]]] = []
    for instruction in block:
        memories = set(_arrays(instruction))
        touched = [chain for chain in chains if chain[0] & memories]
        joined = (memories.union(*(one for one, _ in touched)), [call for _, calls in touched for call in calls])
        joined[1].append(instruction)
        position = chains.index(touched[0]) if touched else len(chains)
        chains = [chain for chain in chains if chain not in touched]
        chains.insert(position, joined)
    return [calls for _, calls in chains]


def _signature(chain: list[Instruction]) -> Any:
    slots: dict[Memory, int] = {}
    signature: list[Any] = []
    for instruction in chain:
        signature += [instruction.function.__name__, instruction.defines]
        signature += [
            (slots.setdefault(one.memory, len(slots)), one.memory.kind, one.dtype.str)
            if one.ndim
            else one.memory.number
            for one in (*instruction.inputs, instruction.result)
        ]
    return tuple(signature)


def _fuse(
    group: list[list[Instruction]], movable: Callable[[list[Memory]], bool], kept: set[Memory]
) -> tuple[list[Instruction], list[Flat]] | None:
    """The calls of one chain for the arrays of all; None where a tensor's memory cannot be moved."""
    slots: dict[Memory, list[Memory]] = {}
    for calls in zip(*group, strict=True):
        for memories in zip(*map(_arrays, calls), strict=True):
            slots.setdefault(memories[0], list(memories))
    defined = {call.result.memory for call in group[0] if call.defines and call.result is not None}
    flats: dict[Memory, Flat] = {}
    wholes: dict[Memory, Memory] = {}
    for first, members in slots.items():
        if first.kind is Kind.TENSOR and not movable(members):
            return None
        array = np.concatenate([member.array.reshape(-1) for member in members])
        wholes[first] = Memory(Kind.TEMPORARY if first in defined else first.kind, array)
        if first not in defined or not kept.isdisjoint(members):
            flats[first] = Flat(wholes[first], members)

    def flat(symbol: Any) -> Any:
        if not symbol.ndim:
            return symbol
        whole = wholes[symbol.memory]
        return Symbol(symbol.recorder, whole, whole.array)

    fused = [
        Instruction(call.kind, call.function, tuple(map(flat, call.inputs)), {}, flat(call.result), call.defines,
                    call.origin)
        for call in group[0]
    ]  # fmt: skip
    return fused, list(flats.values())


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
