"""Buffers: which temporary arrays share memory, because the one is no longer needed when the other begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpynet.compiler import kinds
from numpynet.compiler.program import Instruction, Program
from numpynet.compiler.symbol import Memory, Symbol, same_place


@dataclass(eq=False)
class Buffer:
    """Memory for arrays of one dtype, one after the other. size: in elements. users: in the order of their time."""

    dtype: Any
    size: int
    users: list[Memory]


def assign(program: Program, laid_out: set[Memory], share: bool = True) -> dict[Memory, Buffer]:
    """A buffer for each temporary memory that the program defines.

    laid_out: memories that have their place already. share: whether one buffer may be for several, in turns.
    A call that works element by element may write over an array that it is the last to read.
    """
    last = program.reads()
    free: list[Buffer] = []
    buffers: dict[Memory, Buffer] = {}
    ending: dict[int, list[Memory]] = {}
    for memory, position in last.items():
        ending.setdefault(position, []).append(memory)
    for position, instruction in enumerate(program.instructions):
        if instruction.defines and instruction.output.memory not in laid_out:
            memory = instruction.output.memory
            taken = _overwritable(instruction, position, last, buffers, program) if share else None
            if taken is not None:
                buffer = buffers[taken]
                ending[position].remove(taken)
            else:
                fitting = [
                    one for one in free
                    if share and one.dtype == memory.array.dtype and one.size >= memory.array.size and memory.array.ndim
                ]  # fmt: skip
                buffer = min(fitting, key=lambda one: one.size, default=None)  # type: ignore[assignment]
                if buffer is None:
                    buffer = Buffer(memory.array.dtype, memory.array.size, [])
                else:
                    free.remove(buffer)
            buffer.users.append(memory)
            buffers[memory] = buffer
            if memory not in last and memory not in program.kept:
                ending.setdefault(position, []).append(memory)
        free += [
            buffers[memory]
            for memory in ending.get(position, ())
            if memory in buffers and memory not in program.kept and memory.array.ndim
        ]
    return buffers


def _overwritable(
    instruction: Instruction, position: int, last: dict[Memory, int], buffers: dict[Memory, Buffer], program: Program
) -> Memory | None:
    """An array read for the last time by this call, at the very places where its result goes."""
    result = instruction.output
    if not instruction.is_elementwise or result.ndim == 0:
        return None
    first = 2 if instruction.kind is kinds.WHERE else 0
    arrays = [(place, one) for place, one in enumerate(instruction.inputs) if type(one) is Symbol]
    for _, one in arrays:
        memory = one.memory
        others = [(place, other) for place, other in arrays if other.memory is memory]
        if (
            memory in buffers
            and memory not in program.kept
            and last.get(memory) == position
            and (one.shape, one.strides) == (result.shape, result.strides)
            and one.size == memory.array.size == result.memory.array.size
            and memory.array.dtype == result.memory.array.dtype
            and all(place >= first and same_place(other.array, one.array) for place, other in others)
        ):
            return memory
    return None
