"""Equivalents: calls in the place of which others do the same, to the bit, in less time."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.program import Instruction, Program
from numpynet.compiler.symbol import Kind, Memory, Symbol, is_constant
from numpynet.compiler.views import REINTERPRETED, RESHAPED, Look

FEW = 65536
LONG = 64


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


def mask_by_signs(program: Program) -> None:
    """np.where(y <= 0, 0, x) for a y that cannot be negative, as behind a ReLU: the bits of x times 1 or 0.

    NumPy computes with integers faster than it chooses.
    """
    defined, fixed = program.definitions(), program.overwritten()
    remaining: list[Instruction] = []
    for one in program.instructions:
        y = _never_negative(one, defined) if one.kind is kinds.WHERE and one.defines and one.output.ndim else None
        if y is None or y.memory in fixed:
            remaining.append(one)
            continue
        x, result = one.inputs[2], one.output
        kind = np.dtype(f"u{result.itemsize}")
        doubled, one_or_zero = (np.empty_like(result.array, dtype=kind) for _ in range(2))
        bits, two_bits, sign = (
            _as(kind, y),
            *(Symbol(y.recorder, Memory(Kind.TEMPORARY, whole), whole) for whole in (doubled, one_or_zero)),
        )
        remaining += [
            Instruction(kinds.UFUNC, function, inputs, {}, to, True, one.origin)
            for function, inputs, to in (
                (np.add, (bits, bits), two_bits),
                (np.sign, (two_bits,), sign),
                (np.multiply, (_as(kind, x), sign), _as(kind, result)),
            )
        ]
        remaining[-3].remark = "0 where it is 0, else 1: the sign of its bits as a number, doubled so that -0 becomes 0"
    program.instructions = remaining


def _never_negative(choice: Instruction, defined: dict[Memory, Instruction]) -> Symbol | None:
    """The y of np.where(y <= 0, 0, x), where y is the maximum of 0 and something else; all are of one dtype."""
    (condition, zero, x), result = choice.inputs, choice.output
    comparison = defined.get(condition.memory)
    if comparison is None or comparison.function is not np.less_equal or not is_constant(comparison.inputs[1], 0):
        return None
    y = comparison.inputs[0]
    maximum = defined.get(y.memory) if type(y) is Symbol and y.base_symbol is None else None
    if maximum is None or maximum.function is not np.maximum or not any(is_constant(a, 0) for a in maximum.inputs):
        return None
    alike = type(x) is Symbol and y.dtype == x.dtype == result.dtype and y.shape == x.shape == result.shape
    return y if alike and is_constant(zero, 0) and result.dtype in (np.float32, np.float64) else None


def _as(kind: np.dtype[Any], symbol: Symbol) -> Symbol:
    return symbol.recorder.look(symbol, Look(REINTERPRETED, (kind,)))
