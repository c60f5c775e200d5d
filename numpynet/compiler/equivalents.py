"""Equivalents: calls in the place of which others do the same, to the bit, in less time."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.program import Instruction, Program
from numpynet.compiler.symbol import Kind, Memory, Symbol, is_constant, same_place
from numpynet.compiler.views import REINTERPRETED, RESHAPED, Look

FEW = 65536
LONG = 64
SMALL = 512
MANY = 1024
INTEGERS: dict[int, np.dtype[Any]] = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}


def drop_single_axes(program: Program) -> None:
    """An operand of one element that is spread over the others loses its axes: NumPy takes twice as long for (1,)."""
    for instruction in program.instructions:
        result = instruction.result
        if instruction.kind is not kinds.UFUNC or not instruction.is_elementwise or result is None or result.size < 2:
            continue
        for position, one in enumerate(instruction.inputs):
            others = [other.shape for other in instruction.inputs if type(other) is Symbol and other is not one]
            if _is_single(one) and others and np.broadcast_shapes(*others) == result.shape:
                bare = one.recorder.look(one, Look(RESHAPED, ((),)))
                instruction.inputs = (*instruction.inputs[:position], bare, *instruction.inputs[position + 1 :])


def _is_single(one: Any) -> bool:
    return type(one) is Symbol and one.ndim > 0 and one.size == 1 and one.memory.kind is not Kind.ARGUMENT


def join_negative_absolute(program: Program) -> None:
    """−|x| of few elements is one call: x with the sign of −1."""
    readers = program.readers()
    fixed = program.overwritten() | program.kept
    absolutes: dict[Memory, Instruction] = {}
    dropped: set[Instruction] = set()
    for instruction in program.instructions:
        result = instruction.result
        if instruction.kind is not kinds.UFUNC or not instruction.defines or instruction.options or result is None:
            continue
        if instruction.function is np.absolute and result.dtype.kind == "f" and 0 < result.size <= SMALL:
            if not fixed & {result.memory, instruction.inputs[0].memory}:
                absolutes[result.memory] = instruction
        elif instruction.function is np.negative and instruction.inputs[0].base_symbol is None:
            absolute = absolutes.get(instruction.inputs[0].memory)
            if absolute is not None and readers[instruction.inputs[0].memory] == 1:
                minus_one = result.recorder.symbol(np.array(-1, result.dtype))
                instruction.function, instruction.inputs = np.copysign, (*absolute.inputs, minus_one)
                dropped.add(absolute)
    program.instructions = [one for one in program.instructions if one not in dropped]


def widen_extremes(program: Program) -> None:
    """np.maximum, np.minimum and their kin with a number: faster with an array of that number.

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
            known[key] = one.recorder.symbol(np.full_like(like, one.array))
        return known[key]

    for instruction in program.instructions:
        result = instruction.result
        extreme = instruction.kind is kinds.UFUNC and instruction.function in (np.maximum, np.minimum, np.fmax, np.fmin)
        if extreme and result is not None and result.ndim and result.size:
            instruction.inputs = tuple(widened(one, result) for one in instruction.inputs)


def square_products(program: Program) -> None:
    """x * x is np.square(x), which has one operand less to look at."""
    for instruction in program.instructions:
        if instruction.kind is kinds.UFUNC and instruction.function is np.multiply and not instruction.options:
            a, b = instruction.inputs
            same = type(a) is type(b) is Symbol and a.memory is b.memory and same_place(a.array, b.array)
            if same and a.dtype != bool:  # of which there are no squares
                instruction.function, instruction.inputs = np.square, (a,)


def turn_products(program: Program) -> None:
    """(aᵀ b)ᵀ = bᵀ a for a column b: the same product of a matrix and a vector, without a view of an argument.

    A view of an argument would have to be made at every call, since the argument may be another array then.
    """
    for instruction in program.instructions:
        result = instruction.result
        if instruction.kind is not kinds.DOT or result is None or result.base_symbol is not None:
            continue
        turned, column = instruction.inputs
        if turned.ndim == column.ndim == 2 and column.shape[1] == 1 and turned.memory.kind is Kind.ARGUMENT:
            a = turned.T
            is_whole = a.base_symbol is None and turned.base_symbol is not None
            if is_whole and a.flags.c_contiguous and column.flags.c_contiguous:
                instruction.inputs = (column.T, a)
                instruction.result = result.T


def mask_by_bits(program: Program) -> None:
    """np.where(condition, 0, x) by integers, in which NumPy computes faster than it chooses.

    Where the condition is y <= 0 for a y that cannot be negative, as behind a ReLU: the bits of x times 1 or 0.
    Else, for many elements: the bits of x and those of -1, which are all set, or of 0.
    """
    defined = program.definitions()
    readers = program.readers()
    fixed = program.overwritten()
    dropped: set[Instruction] = set()
    remaining: list[Instruction] = []
    for instruction in program.instructions:
        if not _is_mask(instruction):
            remaining.append(instruction)
            continue
        condition, _, x = instruction.inputs
        y = _never_negative(condition, defined)
        if y is not None and y.dtype == x.dtype and y.memory not in fixed:
            remaining.extend(_times_sign(instruction, y))
            if readers[condition.memory] == 1 and condition.memory not in program.kept:
                dropped.add(defined[condition.memory])
        elif x.size >= MANY:
            remaining.extend(_and_bits(instruction))
        else:
            remaining.append(instruction)
    program.instructions = [one for one in remaining if one not in dropped]


def _is_mask(instruction: Instruction) -> bool:
    result = instruction.result
    if instruction.kind is not kinds.WHERE or result is None or not instruction.defines or not result.ndim:
        return False
    condition, zero, x = instruction.inputs
    return (
        type(zero) is Symbol
        and type(x) is Symbol
        and zero.ndim == 0
        and is_constant(zero, 0)
        and condition.dtype == bool
        and condition.shape == x.shape == result.shape
        and x.dtype == result.dtype
        and result.dtype.kind == "f"
        and result.itemsize in INTEGERS
    )


def _never_negative(condition: Symbol, defined: dict[Memory, Instruction]) -> Symbol | None:
    """The y of a condition y <= 0, where y is the maximum of 0 and something else."""
    comparison = defined.get(condition.memory)
    if comparison is None or comparison.function is not np.less_equal or not is_constant(comparison.inputs[1], 0):
        return None
    y = comparison.inputs[0]
    if type(y) is not Symbol or y.base_symbol is not None or y.shape != condition.shape:
        return None
    maximum = defined.get(y.memory)
    if maximum is None or maximum.function is not np.maximum:
        return None
    return y if any(is_constant(one, 0) for one in maximum.inputs) else None


def _times_sign(instruction: Instruction, y: Symbol) -> list[Instruction]:
    _, _, x = instruction.inputs
    result = instruction.output
    kind = np.dtype(f"u{result.itemsize}")
    doubled, one_or_zero = (_temporary(result, kind) for _ in range(2))
    bits = _as(kind, y)
    calls = [
        _call(instruction, np.add, (bits, bits), doubled),
        _call(instruction, np.sign, (doubled,), one_or_zero),
        _call(instruction, np.multiply, (_as(kind, x), one_or_zero), _as(kind, result)),
    ]
    calls[0].remark = "0 where it is 0, else 1: the sign of its bits as a number, doubled so that -0 becomes 0"
    return calls


def _and_bits(instruction: Instruction) -> list[Instruction]:
    condition, _, x = instruction.inputs
    result = instruction.output
    kind = INTEGERS[result.itemsize]
    zero_or_one, kept = (_temporary(result, kind) for _ in range(2))
    one = result.recorder.symbol(np.array(1, kind))
    return [
        Instruction(kinds.COPY, np.copyto, (condition,), {}, zero_or_one, True, instruction.origin),
        _call(instruction, np.subtract, (zero_or_one, one), kept),
        _call(instruction, np.bitwise_and, (_as(kind, x), kept), _as(kind, result)),
    ]


def _as(kind: np.dtype[Any], symbol: Symbol) -> Symbol:
    return symbol.recorder.look(symbol, Look(REINTERPRETED, (kind,)))


def _temporary(like: Symbol, kind: np.dtype[Any]) -> Symbol:
    whole = np.empty_like(like.array, dtype=kind)
    return Symbol(like.recorder, Memory(Kind.TEMPORARY, whole), whole)


def _call(instruction: Instruction, function: np.ufunc, inputs: tuple[Any, ...], to: Symbol) -> Instruction:
    return Instruction(kinds.UFUNC, function, inputs, {}, to, True, instruction.origin)
