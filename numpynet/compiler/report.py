"""Report: what a compiled step costs, in calls, memory and arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.places import shortened
from numpynet.compiler.program import Instruction
from numpynet.compiler.symbol import Kind

if TYPE_CHECKING:
    from numpynet.compiler.build import Built

DIRECTIONS = ("forward", "backward", "update")


@dataclass(frozen=True)
class Taken:
    """What a program takes for granted: where it is another at a call, the step is traced again.

    name: what it is of, as the step has it. value: what it is, in short. where: the line that read it.
    """

    name: str
    value: str
    where: str


@dataclass(frozen=True)
class Report:
    """What one call of a compiled step costs, and what it takes for granted; printed as tables.

    calls_by_direction, flops_by_direction: of "forward", "backward" and "update"; see `flops`.
    buffers: how many pieces of memory its temporary arrays share.
    buffer_bytes: what they take. unshared_bytes: what they would take if every array had its own.
    parameter_bytes, gradient_bytes, state_bytes: of parameters, their gradients, and what else is kept from step to
        step (the optimizer's averages, running statistics). data_bytes: of arguments, those around the step included.
    constant_bytes: of arrays that never change.
    guards: what the program takes for granted of what the step has read. variables: what it reads at each call.
    changed: why the program before it would not do, "" for the first.
    """

    name: str
    calls_by_direction: dict[str, int]
    flops_by_direction: dict[str, int]
    buffers: int
    buffer_bytes: int
    unshared_bytes: int
    parameter_bytes: int
    gradient_bytes: int
    state_bytes: int
    data_bytes: int
    constant_bytes: int
    guards: tuple[Taken, ...] = ()
    variables: tuple[str, ...] = ()
    changed: str = ""

    @property
    def calls(self) -> int:
        """How many calls of NumPy one step makes."""
        return sum(self.calls_by_direction.values())

    @property
    def flops(self) -> int:
        """How many floating-point operations one step makes."""
        return sum(self.flops_by_direction.values())

    def __str__(self) -> str:
        rows = [(one, self.calls_by_direction[one], self.flops_by_direction[one]) for one in DIRECTIONS]
        memory = [
            ("parameters", self.parameter_bytes), ("gradients", self.gradient_bytes), ("state", self.state_bytes),
            ("data", self.data_bytes), ("constants", self.constant_bytes),
            (f"buffers ({self.buffers})", self.buffer_bytes), ("  without sharing", self.unshared_bytes),
        ]  # fmt: skip
        tables = [
            _table((self.name, "calls", "flops"), [*rows, ("total", self.calls, self.flops)]),
            _table(("memory", "bytes"), memory),
        ]
        if self.guards:
            taken = [(one.name, one.value, one.where) for one in self.guards]
            tables.append(_table(("takes for granted", "value", "read by"), taken, is_text=True))
        if self.variables:
            tables.append(f"reads at each call: {', '.join(self.variables)}")
        if self.changed:
            tables.append(f"traced again because of: {self.changed}")
        return "\n\n".join(tables)


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]], is_text: bool = False) -> str:
    text = [head, *([f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in text) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 or is_text else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in text
    )


def flops(instruction: Instruction) -> int:
    """The floating-point operations of one call.

    A product of (M, K) and (K, N) counts 2·M·N·K, a multiplication and an addition each time. Any other call counts
    one for each element of its result or of its largest operand, whichever are more: exp and + cost the same here.
    Calls that only move values count nothing.
    """
    if not instruction.kind.computes or instruction.result is None:
        return 0
    sizes = [symbol.size for symbol in instruction.symbols()]
    if instruction.kind is kinds.DOT or instruction.function is np.matmul:
        return 2 * instruction.result.size * instruction.inputs[0].shape[-1]
    return max(instruction.result.size, *sizes, 0)


def report(built: Built, name: str, changed: str = "") -> Report:
    """The report of a compiled step. changed: why the program before would not do."""
    emitter, program = built.emitter, built.trace.program
    calls = dict.fromkeys(DIRECTIONS, 0)
    operations = dict.fromkeys(DIRECTIONS, 0)
    for group in emitter.groups:
        calls[group.direction] += sum(not line.code.lstrip().startswith(("raise ", "#")) for line in group.lines)
    for instruction in program.instructions:
        operations[instruction.origin.direction] += flops(instruction)
    whole = {flat.memory for flat in built.flats}
    sizes = {"parameters": 0, "gradients": 0, "state": 0, "buffers": 0}
    constants: dict[str, int] = {}
    for memory, memory_name in emitter.names.items():
        if memory.kind is Kind.CONSTANT:
            constants[memory_name] = memory.array.nbytes
        elif memory.kind is not Kind.ARGUMENT and memory not in whole:
            sizes[emitter.role(memory)] += memory.array.nbytes
    shared = [
        buffer for buffer in set(built.buffers.values())
        if any(emitter.role(memory) == "buffers" for memory in buffer.users)
    ]  # fmt: skip
    return Report(
        name=name,
        calls_by_direction=calls,
        flops_by_direction=operations,
        buffers=len(shared),
        buffer_bytes=sum(buffer.size * buffer.dtype.itemsize for buffer in shared),
        unshared_bytes=sizes["buffers"],
        parameter_bytes=sizes["parameters"],
        gradient_bytes=sizes["gradients"],
        state_bytes=sizes["state"],
        data_bytes=sum(array.nbytes for array in built.guards.arrays),
        constant_bytes=sum(constants.values()),
        guards=tuple(Taken(one.name, shortened(one.value), one.where) for one in built.guards.reads),
        variables=(*(one for _, one, _ in built.trace.data), *built.options),
        changed=changed,
    )
