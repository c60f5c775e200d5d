"""Passes: each makes a program shorter or faster, and leaves what it computes alone, bit for bit."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.number import Number
from numpynet.compiler.program import Instruction, Program, mapped
from numpynet.compiler.symbol import Kind, Memory, Symbol, is_constant, same_place
from numpynet.compiler.views import REINTERPRETED, RESHAPED, Look

SMALL = 512
LONG, FEW = 64, 65536  # elements of an axis, and of an array, from which an operand is as long as the axis alone


def fold_constants(program: Program) -> None:
    """What is computed from constants alone is a constant: the trace has its value already."""
    overwritten = program.overwritten() | program.kept
    remaining = []
    for instruction in program.instructions:
        is_fixed = instruction.defines and instruction.kind.is_pure and instruction.output.memory not in overwritten
        if is_fixed and all(symbol.memory.kind is Kind.CONSTANT for symbol in instruction.symbols()):
            instruction.output.memory.kind = Kind.CONSTANT
        else:
            remaining.append(instruction)
    program.instructions = remaining


def shrink_uniform_constants(program: Program) -> None:
    """A constant array of equal elements becomes a 0-dimensional one, which NumPy reads from a register."""
    scalars: dict[tuple[str, bytes], Symbol] = {}

    def scalar(symbol: Symbol) -> Symbol:
        first = symbol.array.ravel()[:1]
        key = (first.dtype.str, first.tobytes())
        if key not in scalars:
            scalars[key] = symbol.recorder.symbol(first.reshape(()).copy())
        return scalars[key]

    for instruction in program.instructions:
        if not instruction.is_elementwise or instruction.result is None:
            continue
        shape = instruction.result.shape
        uniform = list(map(is_constant, instruction.inputs))
        others = [one.shape for one, same in zip(instruction.inputs, uniform, strict=True)
                  if not same and type(one) is Symbol]  # fmt: skip
        if (others and np.broadcast_shapes(*others) == shape) or instruction.kind is kinds.COPY:
            instruction.inputs = tuple(
                scalar(one) if same else one for one, same in zip(instruction.inputs, uniform, strict=True)
            )


def _standing_for(replaced: dict[Memory, Symbol], symbol: Symbol) -> Symbol:
    """What a symbol is now, when whole memories have been replaced by others."""
    if symbol.memory not in replaced:
        return symbol
    if symbol.base_symbol is None or symbol.look is None:
        return replaced[symbol.memory]
    return symbol.recorder.look(_standing_for(replaced, symbol.base_symbol), symbol.look)


def share_values(program: Program) -> None:
    """A call made twice on the same values is made once; a copy of what stays as it is, and only read, is not made."""
    overwritten = program.overwritten()
    fixed = overwritten | program.kept
    versions: dict[Memory, int] = {}
    known: dict[Any, Symbol] = {}
    replaced: dict[Memory, Symbol] = {}
    refused: set[Any] = set()

    def key(part: Any) -> str:
        return repr(mapped(part, leaf_key))

    def leaf_key(leaf: Any) -> Any:
        if type(leaf) is Symbol:
            return _place(leaf), versions.get(leaf.memory, 0)
        return (leaf.text, *map(id, leaf.reads)) if type(leaf) is Number else (type(leaf), leaf)

    remaining = []
    for instruction in program.instructions:
        instruction.replaced(partial(_standing_for, replaced))
        result = instruction.result
        if result is None:
            asked = key(instruction.inputs[0]) if instruction.kind is kinds.REFUSE else None
            if asked is None or asked not in refused:  # what was refused before does not come here
                remaining.append(instruction)
                refused.add(asked)
            continue
        if not instruction.defines:
            if result.memory in replaced:
                instruction.result = result = _standing_for(replaced, result)
            versions[result.memory] = versions.get(result.memory, 0) + 1
        elif _is_copy(instruction) and not {instruction.inputs[0].memory, result.memory} & fixed:
            replaced[result.memory] = instruction.inputs[0]
            continue
        elif instruction.kind is not kinds.DRAW and result.memory not in fixed:
            wanted = (
                instruction.kind, instruction.function, key(instruction.inputs), key(instruction.options),
                result.shape, result.array.strides, result.dtype.str,
            )  # fmt: skip
            if wanted in known:
                replaced[result.memory] = known[wanted]
                continue
            known[wanted] = result
        remaining.append(instruction)
    program.instructions = remaining


def _is_copy(instruction: Instruction) -> bool:
    """Whether a call only copies an array, into one that lies in memory as that does."""
    if instruction.kind is not kinds.COPY and instruction.function is not np.positive:
        return False
    source, result = instruction.inputs[0], instruction.output
    return type(source) is Symbol and (source.dtype, source.shape, source.strides) == (
        result.dtype,
        result.shape,
        result.strides,
    )


def _place(symbol: Symbol) -> Any:
    """Where a symbol lies, as something that can be compared."""
    array = symbol.array
    start = array.__array_interface__["data"][0] - symbol.memory.array.__array_interface__["data"][0]
    return symbol.memory.number, start, array.shape, array.strides, array.dtype.str


def drop_dead_calls(program: Program) -> None:
    """A call whose result nobody reads is not made."""
    live: set[Any] = set(program.kept)
    remaining: list[Instruction] = []
    for instruction in reversed(program.instructions):
        result = instruction.result
        if result is None:
            needed = instruction.kind.lasts or instruction in live
        else:
            needed = result.memory in live or result.memory.kind is not Kind.TEMPORARY or instruction.kind.lasts
        if not needed:
            continue
        remaining.append(instruction)
        if instruction.defines:
            live.discard(instruction.output.memory)
        live.update(symbol.memory for symbol in instruction.symbols())
        for number in instruction.numbers():
            live.update(number.reads)
    program.instructions = remaining[::-1]


# --- calls in the place of which others do the same, to the bit, in less time -------------------------------


def drop_single_axes(program: Program) -> None:
    """An operand of one element that is spread over the others loses its axes: NumPy takes twice as long for (1,)."""
    for instruction in program.instructions:
        result = instruction.result
        if instruction.kind is not kinds.UFUNC or not instruction.is_elementwise or result is None or result.size < 2:
            continue
        for position, one in enumerate(instruction.inputs):
            others = [other.shape for other in instruction.inputs if type(other) is Symbol and other is not one]
            is_single = type(one) is Symbol and one.ndim > 0 and one.size == 1 and one.memory.kind is not Kind.ARGUMENT
            if is_single and others and np.broadcast_shapes(*others) == result.shape:
                bare = one.recorder.look(one, Look(RESHAPED, ((),)))
                instruction.inputs = (*instruction.inputs[:position], bare, *instruction.inputs[position + 1 :])


def use_quicker_calls(program: Program) -> None:
    """x * x is np.square(x), which has one operand less; −|x| of few elements is one call: x with the sign of −1."""
    defined, fixed = program.definitions(), program.overwritten()
    for one in program.instructions:
        if one.kind is not kinds.UFUNC or one.options or any(type(a) is not Symbol for a in one.inputs):
            continue
        first, last, result = one.inputs[0], one.inputs[-1], one.output
        if one.function is np.multiply and first.memory is last.memory and same_place(first.array, last.array):
            if first.dtype != bool:  # of which there are no squares
                one.function, one.inputs = np.square, (first,)
        elif one.function is np.negative and first.base_symbol is None and 0 < result.size <= SMALL:
            before = defined.get(first.memory)
            if before is not None and before.function is np.absolute and not before.options:
                (x,) = before.inputs
                if result.dtype.kind == "f" and not fixed & {first.memory, x.memory}:
                    minus_one = result.recorder.symbol(np.array(-1, result.dtype))
                    one.function, one.inputs = np.copysign, (x, minus_one)


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


CLEANING = (fold_constants, shrink_uniform_constants, share_values, drop_dead_calls)
PASSES = (
    *(*CLEANING, use_quicker_calls, turn_products, drop_single_axes, widen_extremes, mask_by_signs),
    drop_dead_calls,
)
