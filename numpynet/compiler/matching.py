"""Matching: the programs of an ensemble's members, which must be one but for what each has of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.errors import CompileError
from numpynet.compiler.number import Number
from numpynet.compiler.places import same
from numpynet.compiler.program import Instruction, leaves, mapped
from numpynet.compiler.structures import parts_of
from numpynet.compiler.symbol import Memory, Symbol
from numpynet.compiler.trace import Trace
from numpynet.core.tensor import Tensor


class Differs(Exception):
    """Two programs are not the same."""


class Match:
    """What stands in the program of another member for what is in that of the first.

    memories: the memory of the other, for each of the first.
    """

    def __init__(self, first: Trace, other: Trace) -> None:
        self.memories: dict[Memory, Memory] = {}
        self._reads: dict[Instruction, Instruction] = {}
        ours, theirs = first.program.instructions, other.program.instructions
        if len(ours) != len(theirs) or first.recorder.answers != other.recorder.answers:
            raise Differs("another number of calls")
        for a, b in zip(ours, theirs, strict=True):
            self._calls(a, b)
        results, others = list(parts_of(first.result)), list(parts_of(other.result))
        if len(results) != len(others):
            raise Differs("another result")
        for one, another in zip(results, others, strict=True):
            if isinstance(one, Tensor) is not isinstance(another, Tensor):
                raise Differs("another result")
            if not isinstance(one, (Tensor, Number)) and not same(one, another):
                raise Differs(f"{one!r} is returned by the first and {another!r} by another")

    def _calls(self, a: Instruction, b: Instruction) -> None:
        if a.kind is not b.kind or a.defines is not b.defines or (a.result is None) is not (b.result is None):
            raise Differs("another call")
        if a.kind is kinds.DO:
            raise CompileError("an ensemble cannot seed a generator in its step: do it outside")
        if a.kind is kinds.DRAW and getattr(a.function, "__self__", None) is not getattr(b.function, "__self__", None):
            raise CompileError("an ensemble draws from one generator: give its step none of each model's own")
        if a.kind not in (kinds.REFUSE, kinds.DRAW) and a.function is not b.function:
            raise Differs("another function")
        self._reads[a] = b
        ours, theirs = (a.inputs, a.options, a.result), (b.inputs, b.options, b.result)
        if mapped(ours, type) != mapped(theirs, type):
            raise Differs("another kind of operand")
        for one, another in zip(leaves(ours), leaves(theirs), strict=True):
            self._operands(one, another)

    def _operands(self, a: Any, b: Any) -> None:
        if type(a) is Symbol:
            self._symbols(a, b)
        elif type(a) is Number:
            if a.text != b.text or [self._reads.get(one) for one in a.reads] != list(b.reads):
                raise Differs("another number")
        elif not same(a, b) and a != b:
            raise Differs(f"{a!r} in the first and {b!r} in another")

    def _symbols(self, a: Symbol, b: Symbol) -> None:
        if (a.shape, a.dtype, a.memory.kind) != (b.shape, b.dtype, b.memory.kind):
            raise Differs(f"{a.dtype} of shape {a.shape} in the first and {b.dtype} of shape {b.shape} in another")
        if self.memories.setdefault(a.memory, b.memory) is not b.memory:
            raise Differs("memory that is shared in one and not in the other")
        if (a.base_symbol is None) is not (b.base_symbol is None):
            raise Differs("another view")
        if a.base_symbol is not None and b.base_symbol is not None:
            if a.look != b.look:
                raise Differs("another view")
            self._symbols(a.base_symbol, b.base_symbol)


def equal_bits(arrays: list[Any]) -> bool:
    """Whether arrays have the same elements."""
    return all(np.array_equal(arrays[0].reshape(-1).view(np.uint8) if arrays[0].flags.c_contiguous else arrays[0],
                              one.reshape(-1).view(np.uint8) if one.flags.c_contiguous else one)
               for one in arrays[1:])  # fmt: skip
