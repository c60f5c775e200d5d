"""Passes: each makes a program shorter, and leaves what it computes alone, bit for bit."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.equivalents import drop_single_axes, mask_by_signs, turn_products, widen_extremes
from numpynet.compiler.number import Number
from numpynet.compiler.program import Instruction, Program, mapped
from numpynet.compiler.symbol import Kind, Memory, Symbol, is_constant


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


def share_common_calls(program: Program) -> None:
    """A call made twice on the same values is made once."""
    overwritten = program.overwritten()
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
                instruction.result = _standing_for(replaced, result)
                result = instruction.result
            versions[result.memory] = versions.get(result.memory, 0) + 1
            remaining.append(instruction)
            continue
        if instruction.kind is not kinds.DRAW and result.memory not in overwritten | program.kept:
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


def _place(symbol: Symbol) -> Any:
    """Where a symbol lies, as something that can be compared."""
    array = symbol.array
    start = array.__array_interface__["data"][0] - symbol.memory.array.__array_interface__["data"][0]
    return symbol.memory.number, start, array.shape, array.strides, array.dtype.str


def forward_copies(program: Program) -> None:
    """A copy that is only read, of an array that is not overwritten either, is that array."""
    overwritten = program.overwritten() | program.kept
    replaced: dict[Memory, Symbol] = {}

    remaining = []
    for instruction in program.instructions:
        instruction.replaced(partial(_standing_for, replaced))
        result = instruction.result
        if instruction.defines and result is not None and (
            instruction.kind is kinds.COPY or (instruction.kind is kinds.UFUNC and instruction.function is np.positive)
        ):  # fmt: skip
            (source,) = instruction.inputs
            if (
                type(source) is Symbol
                and source.dtype == result.dtype
                and source.shape == result.shape
                and source.array.strides == result.array.strides
                and not {source.memory, result.memory} & overwritten
            ):
                replaced[result.memory] = source
                continue
        remaining.append(instruction)
    program.instructions = remaining


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


CLEANING = (fold_constants, shrink_uniform_constants, forward_copies, share_common_calls, drop_dead_calls)
PASSES = (*CLEANING, turn_products, drop_single_axes, widen_extremes, mask_by_signs, drop_dead_calls)
