"""Equivalents: calls in the place of which others do the same, to the bit, in less time."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.compiler.program import Instruction, Program
from numpynet.compiler.symbol import Kind, Look, Memory, Symbol

FEW = 65536
LONG = 64
SMALL = 512
INTEGERS: dict[int, np.dtype[Any]] = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}


def drop_single_axes(program: Program) -> None:
    """An operand of one element that is spread over the others loses its axes: NumPy takes twice as long for (1,)."""
    for instruction in program.instructions:
        result = instruction.result
        if instruction.kind != "ufunc" or not instruction.is_elementwise or result is None or result.size < 2:
            continue
        for position, one in enumerate(instruction.inputs):
            others = [other.shape for other in instruction.inputs if type(other) is Symbol and other is not one]
            if _is_single(one) and others and np.broadcast_shapes(*others) == result.shape:
                bare = one.recorder.look(one, Look(lambda array: array.reshape(()), ".reshape(())"))
                instruction.inputs = (*instruction.inputs[:position], bare, *instruction.inputs[position + 1 :])


def _is_single(one: Any) -> bool:
    return type(one) is Symbol and one.ndim > 0 and one.size == 1 and one.memory.kind is not Kind.ARGUMENT


def join_negative_absolute(program: Program) -> None:
    """−|x| of few elements is one call: x with the sign of −1."""
    readers: dict[Memory, int] = {}
    for instruction in program.instructions:
        for symbol in instruction.symbols():
            readers[symbol.memory] = readers.get(symbol.memory, 0) + 1
    fixed = program.overwritten() | program.kept
    absolutes: dict[Memory, Instruction] = {}
    dropped: set[Instruction] = set()
    for instruction in program.instructions:
        result = instruction.result
        if instruction.kind != "ufunc" or not instruction.defines or instruction.options or result is None:
            continue
        if instruction.function is np.absolute and result.dtype.kind == "f" and 0 < result.size <= SMALL:
            if not fixed & {result.memory, instruction.inputs[0].memory}:
                absolutes[result.memory] = instruction
        elif instruction.function is np.negative and instruction.inputs[0].base_symbol is None:
            absolute = absolutes.get(instruction.inputs[0].memory)
            if absolute is not None and readers[instruction.inputs[0].memory] == 1:
                minus_one = np.array(-1, result.dtype)
                sign = Symbol(result.recorder, Memory(Kind.CONSTANT, minus_one), minus_one)
                instruction.function, instruction.inputs = np.copysign, (*absolute.inputs, sign)
                dropped.add(absolute)
    program.instructions = [one for one in program.instructions if one not in dropped]


def widen_extremes(program: Program) -> None:
    """np.maximum and np.minimum with a number: faster with an array of that number.

    As large as the other operand; where that has many elements, as long as the axis that lies closest in memory.
    """
    known: dict[Any, Symbol] = {}

    def widened(one: Any, result: Symbol) -> Any:
        if type(one) is not Symbol or one.ndim or one.memory.kind is not Kind.CONSTANT:
            return one
        closest = min(range(result.ndim), key=lambda axis: (result.strides[axis], -result.shape[axis]))
        shape = result.shape
        if shape[closest] >= LONG and result.size > FEW:
            shape = tuple(size if axis == closest else 1 for axis, size in enumerate(shape))
        key = one.memory.number, shape, result.strides
        if key not in known:
            like = result.array if shape == result.shape else np.empty(shape, one.dtype)
            whole = np.full_like(like, one.array)
            known[key] = Symbol(one.recorder, Memory(Kind.CONSTANT, whole), whole)
        return known[key]

    for instruction in program.instructions:
        result = instruction.result
        extreme = instruction.kind == "ufunc" and instruction.function in (np.maximum, np.minimum)
        if extreme and result is not None and result.ndim and result.size:
            instruction.inputs = tuple(widened(one, result) for one in instruction.inputs)


def mask_by_bits(program: Program) -> None:
    """np.where(condition, 0, x) of many elements: the bits of x and those of -1, which are all set, or of 0."""
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

    def array(kind_of_memory: Kind, whole: Any) -> Symbol:
        return Symbol(result.recorder, Memory(kind_of_memory, whole), whole)

    def call(called: str, function: Any, inputs: tuple[Any, ...], to: Symbol) -> Instruction:
        return Instruction(called, function, inputs, {}, to, True, instruction.origin)

    like = np.empty_like(result.array, dtype=kind)
    zero_or_one, kept = array(Kind.TEMPORARY, like), array(Kind.TEMPORARY, like.copy(order="K"))
    return [
        call("copy", np.copyto, (condition,), zero_or_one),
        call("ufunc", np.subtract, (zero_or_one, array(Kind.CONSTANT, np.array(1, kind))), kept),
        call("ufunc", np.bitwise_and, (as_integers(x), kept), as_integers(result)),
    ]
