"""Batching: the program of one model turned into that of many models of one shape, whose own are alike (`Match`).

What differs from model to model gets a first axis with a place for each: parameters, and what is computed from them.
What does not, such as the data, stays as it is. Where one factor of a product is shared, the product of all models
is a single one: all weights (N·P, K) times xᵀ (K, M). Its result (N, M, P) lies in memory as (N, P, M), the rows of the
batch closest, and so does what is computed from it: NumPy is fast where the axis that lies closest is long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.errors import CompileError
from numpynet.compiler.number import Number
from numpynet.compiler.places import same
from numpynet.compiler.program import Instruction, Origin, leaves, mapped
from numpynet.compiler.structures import parts_of
from numpynet.compiler.symbol import Kind, Memory, Symbol, is_constant
from numpynet.compiler.trace import Trace
from numpynet.compiler.views import INDEXED, RESHAPED, SPREAD, Array, Look
from numpynet.core.tensor import Tensor


class Draws:
    """The random numbers of all models: at the first draw of a step those of each in turn, as if each were alone."""

    def __init__(self, members: int) -> None:
        self.members = members
        self.calls: list[Callable[[], Array]] = []
        self._found: list[Array] = []

    def number(self, position: int) -> Array:
        """What the draw of this number gives all models, (N, ...)."""
        if position == 0:
            each = [[call() for call in self.calls] for _ in range(self.members)]
            self._found = [np.stack(one) for one in zip(*each, strict=True)]
        return self._found[position]


class Batching:
    """Rewrites a program for `members` models.

    memories: of what is different in every model, the memory with all of them.
    """

    def __init__(self, members: int, memories: dict[Memory, Memory]) -> None:
        self.members = members
        self.memories = memories
        self._replaced: dict[Memory, Symbol] = {}
        self._done: list[Instruction] = []
        self._origin = Origin("", "", "")
        self._writing = False
        self._draws = Draws(members)

    def batched(self, instructions: list[Instruction]) -> list[Instruction]:
        """The calls for all models; NotImplementedError for one that cannot be made for many at once."""
        different = self._different(instructions)
        for instruction in instructions:
            self._origin = instruction.origin
            result = instruction.result
            if instruction.kind is kinds.DRAW:
                self._done.append(self._drawn(instruction))
            elif any(map(self._differs, instruction.symbols())):
                self._done.extend(self._rewritten(instruction))
            elif result is not None and result.memory in different:
                batch = self._by_element if instruction.is_elementwise else self._one_by_one
                self._done.extend(batch(instruction))
            else:
                self._done.append(instruction)
        return self._done

    def _different(self, instructions: list[Instruction]) -> set[Memory]:
        """The memories that come to be different in every model, be it by what is written into them later."""
        found, count = set(self.memories), -1
        while len(found) > count:
            count = len(found)
            for one in instructions:
                if one.result is not None and (one.kind is kinds.DRAW or any(s.memory in found for s in one.symbols())):
                    found.add(one.result.memory)
        return found

    def symbol(self, symbol: Symbol) -> Symbol:
        """What stands for a symbol in the program for all models."""
        if not self._differs(symbol):
            return symbol
        if symbol.memory in self._replaced and symbol.base_symbol is None:
            return self._replaced[symbol.memory]
        whole = self.memories.get(symbol.memory)
        if symbol.base_symbol is None or symbol.look is None:
            assert whole is not None
            return Symbol(symbol.recorder, whole, whole.array)
        return self._view(self.symbol(symbol.base_symbol), symbol)

    def memory(self, memory: Memory) -> Memory:
        """What stands for a memory in the program for all models."""
        replaced = self._replaced.get(memory)
        return self.memories.get(memory, memory) if replaced is None else replaced.memory

    def _differs(self, symbol: Symbol) -> bool:
        return symbol.memory in self.memories or symbol.memory in self._replaced

    def _view(self, base: Symbol, symbol: Symbol) -> Symbol:
        """The view of all models that `symbol` is of one."""
        assert symbol.look is not None
        look = symbol.look.of_many(self.members)
        if look.kind is SPREAD:
            base = self._with_axes(base, symbol.ndim)
        try:
            return base.recorder.look(base, look)
        except ValueError:  # elements that are not in this order in memory
            base = self._copied(base)
            return base.recorder.look(base, look)

    def _copied(self, symbol: Symbol) -> Symbol:
        """A copy with the axes in order, which can be looked at in any shape; for reading only."""
        if self._writing:
            raise NotImplementedError("an ensemble cannot write into an array of many models in this shape")
        whole = np.empty(symbol.shape, symbol.dtype)
        copy = Symbol(symbol.recorder, Memory(Kind.TEMPORARY, whole), whole)
        self._done.append(Instruction(kinds.COPY, np.copyto, (symbol,), {}, copy, True, self._origin))
        return copy

    def _written(self, symbol: Symbol) -> Symbol:
        """What stands for a symbol that is written to."""
        self._writing = True
        try:
            return self.symbol(symbol)
        finally:
            self._writing = False

    def _new(self, symbol: Symbol, array: Array | None = None) -> Symbol:
        """A new memory for all models, in the place of that of one."""
        array = np.empty((self.members, *symbol.shape), symbol.dtype) if array is None else array
        memory = Memory(symbol.memory.kind, array)
        self.memories[symbol.memory] = memory
        return Symbol(symbol.recorder, memory, array)

    # --- calls ----------------------------------------------------------------------------------------

    def _rewritten(self, instruction: Instruction) -> list[Instruction]:
        batch = BATCHED.get(instruction.kind, Batching._one_by_one)
        return batch(self, instruction) or self._one_by_one(instruction)

    def _one_by_one(self, instruction: Instruction) -> list[Instruction]:
        """The call of each model, one after the other: of what cannot be called for many at once."""
        result, made = instruction.result, []
        if result is None:
            raise NotImplementedError("an ensemble cannot read a number from a tensor of each model's own")
        if instruction.defines:
            whole = self._new(result)
            zero = result.recorder.symbol(np.zeros((), result.dtype))
            made.append(Instruction(kinds.COPY, np.copyto, (zero,), {}, whole, True, instruction.origin))
        else:
            whole = self._written(result)
        for member in range(self.members):
            look = Look(INDEXED, ((member, ...),))
            one = replace(instruction, result=result.recorder.look(whole, look), defines=False)
            one.replaced(lambda symbol, look=look: self._looked_at(symbol, look))  # type: ignore[misc]
            made.append(one)
        return made

    def _looked_at(self, symbol: Symbol, look: Look) -> Symbol:
        """What stands for a symbol in one model."""
        return symbol.recorder.look(self.symbol(symbol), look) if self._differs(symbol) else symbol

    def _reduced(self, instruction: Instruction) -> list[Instruction]:
        result, (source,) = instruction.output, instruction.inputs
        axis, ndim = instruction.options["axis"], source.ndim
        axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        options = {**instruction.options, "axis": tuple(one % ndim + 1 for one in axes)}
        array = self.symbol(source)
        given = {name: value for name, value in options.items() if name != "keepdims"}
        example = instruction.function.reduce(array.array, keepdims=options["keepdims"], **given)
        return [replace(instruction, inputs=(array,), result=self._new(result, np.asarray(example)), options=options)]

    def _drawn(self, instruction: Instruction) -> Instruction:
        """A draw for all models."""
        result, options = instruction.output, dict(instruction.options)
        name = options.pop("name")
        if any(True for _ in instruction.symbols()):
            raise NotImplementedError("an ensemble cannot draw random numbers of a distribution that tensors give")
        self._draws.calls.append(partial(instruction.function, *instruction.inputs, **options))
        draw = partial(self._draws.number, len(self._draws.calls) - 1)
        whole = self._new(result)
        return Instruction(kinds.DRAW, draw, (), {"name": name}, whole, True, instruction.origin)

    def _by_element(self, instruction: Instruction) -> list[Instruction]:
        result = instruction.result
        if not instruction.is_elementwise and any(one.ndim < 2 for one in instruction.symbols()):
            return []  # a product with a vector, whose only axis is another one than that of a matrix
        ndim = result.ndim if result is not None else max(one.ndim for one in instruction.inputs)
        inputs = tuple(self._aligned(one, ndim) for one in instruction.inputs)
        if result is None:
            return [replace(instruction, inputs=inputs)]
        if not instruction.defines:
            return [replace(instruction, inputs=inputs, result=self._written(result))]
        made = self._new(result, self._elementwise(instruction, inputs))
        return [replace(instruction, inputs=inputs, result=made)]

    def _elementwise(self, instruction: Instruction, inputs: tuple[Any, ...]) -> Array:
        """An array for the result, laid out as NumPy lays out that of such operands."""
        result = instruction.output
        shape = (self.members, *result.shape)
        for one in inputs:
            if type(one) is Symbol and one.shape == shape and 0 not in one.array.strides:
                return np.empty_like(one.array, dtype=result.dtype, order="K")
        return np.empty(shape, result.dtype)

    def _aligned(self, one: Any, ndim: int) -> Any:
        """An operand of a call by element, with its axes from the right where those of the others are."""
        if type(one) is not Symbol or not self._differs(one):
            return one
        return self._with_axes(self.symbol(one), ndim)

    def _with_axes(self, symbol: Symbol, ndim: int) -> Symbol:
        """What stands for an array, with as many axes as one of so many has for all models."""
        missing = ndim + 1 - symbol.ndim
        shape = (self.members, *(1,) * missing, *symbol.shape[1:])
        return self._reshaped(symbol, shape) if missing else symbol

    def _indexed(self, instruction: Instruction) -> list[Instruction]:
        """x[index] of all models, where the index is the same for all."""
        result = instruction.output
        if instruction.kind is kinds.GATHER:
            source, index = instruction.inputs
        else:
            source, (index, value) = result, instruction.inputs
        parts = index if isinstance(index, tuple) else (index,)
        if any(type(part) is Symbol and self._differs(part) for part in parts):
            return []
        everywhere = (slice(None), *parts)
        if instruction.kind is kinds.GATHER:
            return [replace(instruction, inputs=(self.symbol(source), everywhere), result=self._new(result))]
        taken = self._aligned(value, result.ndim - len(parts) + 1) if type(value) is Symbol else value
        return [replace(instruction, inputs=(everywhere, taken), result=self._written(result))]

    def _taken(self, instruction: Instruction) -> list[Instruction]:
        """np.take of all models, where the places are the same for all."""
        if instruction.function is not np.take:
            return []
        result = instruction.output
        source, places, *axis = instruction.inputs
        if self._differs(places) or axis or source.ndim != 1:
            return []
        options = {**instruction.options, "axis": 1}
        return [replace(instruction, inputs=(self.symbol(source), places), result=self._new(result), options=options)]

    def _dot(self, instruction: Instruction) -> list[Instruction]:
        """A product: a single one where a factor is shared, else one for each model."""
        a, b = instruction.inputs
        result = instruction.output
        left, right = self.symbol(a), self.symbol(b)
        if not self._differs(a):
            if a.ndim == 1 and b.ndim == 1:
                return [replace(instruction, inputs=(right, left), result=self._new(result))]
            if a.ndim == 2 and a.shape[1] == 1 and is_constant(a, 1):
                # a column of ones copies b to all rows, which adding does by itself
                wide = (self.members, *result.shape)
                self._replaced[result.memory] = right.recorder.look(right, Look(SPREAD, (wide,)))
                return []
            turned = right if b.ndim == 1 else right.mT
            folded = self._merged_rows(turned) if b.ndim == 2 else turned
            if folded is not None:
                return self._turned_product(instruction, folded, left)
        if not self._differs(b) and a.ndim == 2:
            folded = self._merged_rows(left)
            if folded is not None:
                return self._single(instruction, folded, right, (self.members, *result.shape))
        return [self._each(instruction, left, right, a, b)]

    def _merged_rows(self, symbol: Symbol) -> Symbol | None:
        """(N, M, K) as the matrix (N·M, K), where that needs no copy."""
        try:
            return self._reshaped(symbol, (symbol.shape[0] * symbol.shape[1], symbol.shape[2]))
        except ValueError:
            return None

    def _turned_product(self, instruction: Instruction, right: Symbol, left: Symbol) -> list[Instruction]:
        """(K, N·P)ᵀ (M, K)ᵀ for the shared left factor (M, K): a result (N, M, P) whose rows lie closest in memory."""
        result = instruction.output
        if left.ndim == 1:
            return self._single(instruction, right, left, (self.members, *result.shape))
        columns = left.T
        rows, width = result.shape
        shape = (self.members, width, rows)
        made = self._single(instruction, right, columns, shape)
        self._replaced[result.memory] = self._replaced[result.memory].mT
        return made

    def _single(
        self, instruction: Instruction, left: Symbol, right: Symbol, shape: tuple[int, ...]
    ) -> list[Instruction]:
        """One product, whose result is looked at as that of all models."""
        result = instruction.output
        plain = np.empty((*left.shape[:-1], *right.shape[1:]), result.dtype)
        product = Symbol(result.recorder, Memory(result.memory.kind, plain), plain)
        self._replaced[result.memory] = self._reshaped(product, shape)
        return [replace(instruction, inputs=(left, right), result=product)]

    def _each(self, instruction: Instruction, left: Symbol, right: Symbol, a: Symbol, b: Symbol) -> Instruction:
        """A product for each model, by np.matmul; its rows lie closest in memory where those of the left factor do."""
        result = instruction.output
        shape = (self.members, *result.shape)
        strides = left.array.strides
        if a.ndim == 1 and b.ndim == 1:  # (N, K) (N, K) -> (N,)
            left = self._reshaped(left, (self.members, 1, a.size))
            right = self._reshaped(right, (self.members, b.size, 1))
        elif b.ndim == 1:
            right = self._reshaped(right, (*right.shape, 1))
        elif a.ndim == 1:
            left = self._reshaped(left, (*left.shape[:-1], 1, left.shape[-1]))
        array = np.empty((self.members, left.shape[-2], right.shape[-1]), result.dtype)
        if result.ndim == 2 and strides[1] == left.itemsize:
            array = np.empty((self.members, *result.shape[::-1]), result.dtype).mT
        memory = Memory(result.memory.kind, array)
        product = Symbol(result.recorder, memory, array)
        if array.shape == shape:
            self.memories[result.memory] = memory
        else:
            self._replaced[result.memory] = self._reshaped(product, shape)
        function = np.multiply if left.shape[-1] == 1 else np.matmul  # which is slow where there is nothing to add up
        return Instruction(kinds.UFUNC, function, (left, right), {}, product, True, instruction.origin)

    @staticmethod
    def _reshaped(symbol: Symbol, shape: tuple[int, ...]) -> Symbol:
        """ValueError where that takes a copy."""
        return symbol.recorder.look(symbol, Look(RESHAPED, (shape,)))


BATCHED: dict[kinds.CallKind, Callable[[Batching, Instruction], list[Instruction]]] = {
    kinds.UFUNC: Batching._by_element,
    kinds.COPY: Batching._by_element,
    kinds.WHERE: Batching._by_element,
    kinds.REFUSE: Batching._by_element,
    kinds.REDUCE: Batching._reduced,
    kinds.DOT: Batching._dot,
    kinds.GATHER: Batching._indexed,
    kinds.SCATTER: Batching._indexed,
    kinds.FUNCTION: Batching._taken,
}


# --- programs that are alike ----------------------------------------------------------------------------------


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
