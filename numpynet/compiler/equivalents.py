"""Equivalents: calls in the place of which others do the same, to the bit, in less time."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.compiler.program import Instruction, Program
from numpynet.compiler.symbol import Kind, Look, Memory, Symbol

FEW = 8192
LONG = 64
INTEGERS = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}


def widen_extremes(program: Program) -> None:
    """np.maximum and np.minimum with a number: faster with an array of that number.

    As long as the axis that lies closest in memory, where that is long; else as large as the other operand.
    """
    known: dict[Any, Symbol] = {}

    def widened(one: Any, result: Symbol) -> Any:
        if type(one) is not Symbol or one.ndim or one.memory.kind is not Kind.CONSTANT:
            return one
        closest = min(range(result.ndim), key=lambda axis: (result.strides[axis], -result.shape[axis]))
        shape = tuple(size if axis == closest else 1 for axis, size in enumerate(result.shape))
        if result.shape[closest] < LONG:
            shape = result.shape
        key = one.memory.number, shape
        if key not in known:
            whole = np.full(shape, one.array, one.dtype)
            known[key] = Symbol(one.recorder, Memory(Kind.CONSTANT, whole), whole)
        return known[key]

    for instruction in program.instructions:
        result = instruction.result
        extreme = instruction.kind == "ufunc" and instruction.function in (np.maximum, np.minimum)
        if extreme and result is not None and result.ndim and result.size:
            instruction.inputs = tuple(widened(one, result) for one in instruction.inputs)


def mask_by_bits(program: Program) -> None:
    """np.where(condition, 0, x) of many elements: the bits of x as an integer, times 1 or 0."""
    remaining: list[Instruction] = []
    for instruction in program.instructions:
        remaining.extend(_masked(instruction) if _is_mask(instruction) else [instruction])
    program.instructions = remaining


def _is_mask(instruction: Instruction) -> bool:
    result = instruction.result
    if instruction.kind != "where" or result is None or not instruction.defines or result.size < 1024:
        return False
    condition, zero, x = instruction.inputs
    return (
        type(zero) is Symbol
        and type(x) is Symbol
        and zero.memory.kind is Kind.CONSTANT
        and zero.ndim == 0
        and zero.array.tobytes() == bytes(zero.itemsize)
        and condition.dtype == bool
        and condition.shape == x.shape == result.shape
        and x.dtype == result.dtype
        and result.dtype.kind == "f"
        and result.itemsize in INTEGERS
    )


def _masked(instruction: Instruction) -> list[Instruction]:
    condition, _, x = instruction.inputs
    result = instruction.result
    assert result is not None
    kind = INTEGERS[result.itemsize]

    def as_integers(symbol: Symbol) -> Symbol:
        return symbol.recorder.look(symbol, Look(lambda array: array.view(kind), f".view(np.{kind.name})"))

    def call(function: Any, inputs: tuple[Any, ...], to: Symbol) -> Instruction:
        return Instruction("ufunc", function, inputs, {}, to, True, instruction.origin)

    whole = np.empty_like(condition.array)
    kept = Symbol(result.recorder, Memory(Kind.TEMPORARY, whole), whole)
    return [
        call(np.logical_not, (condition,), kept),
        call(np.multiply, (as_integers(x), kept), as_integers(result)),
    ]
