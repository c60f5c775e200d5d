"""Readable: a compiled step as a text for the classroom, in which each value has a name and memory of its own.

It is the program that is always traced and emitted, without what only saves time: no calls in the place of others, no
memory shared, no updates of several parameters at once, no masks for what does not occur. Instead it has what a reader
wants: the lines of the user's program, its variables' names, and the formula of each operation written with them.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import FrameType
from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.emit import WIDTH, Emitter, Line, bare, number_text
from numpynet.compiler.number import Number
from numpynet.compiler.passes import CLEANING, drop_dead_calls
from numpynet.compiler.program import Instruction, Origin, Program
from numpynet.compiler.recorder import of_this_run
from numpynet.compiler.symbol import Kind, Memory, Symbol, is_constant, same_place
from numpynet.compiler.views import INDEXED, Array
from numpynet.core.tape import Node, OpNode
from numpynet.explain.formula import Formula, formula
from numpynet.explain.notation import Text, written
from numpynet.explain.program import name_of_result, place_of, users_frames
from numpynet.ops.form import Op
from numpynet.ops.sums import sum_to

OPERATORS = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.equal: "==", np.not_equal: "!=",
    np.less: "<", np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=", np.bitwise_and: "&",
    np.bitwise_or: "|", np.matmul: "@",
}  # fmt: skip
REDUCTIONS = {
    np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min", np.logical_or: "any",
    np.logical_and: "all",
}  # fmt: skip


# --- what is noted while a step is traced -------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Said:
    """The formula that calls compute. values: what its names stand for."""

    operation: str
    formula: Formula | None
    words: str
    values: Mapping[str, Any]


class Reader:
    """Notes, for each call, the line of the user's program and the formula, and the names of results.

    until: the frame that runs the trace. assumes: whether what does not occur in the trace is left out.
    names: what the program's variables call the memory of results.
    """

    def __init__(self, assumes: bool) -> None:
        self.assumes = assumes
        self.passes = PASSES
        self.emitter = ReadableEmitter
        self.until = sys._getframe()
        self.names: dict[Memory, str] = {}
        self._calls: dict[int, tuple[FrameType, Memory]] = {}
        self._said: dict[Any, Said] = {}

    def origin(self, origin: Origin, operation: Op | None, node: Node | None, forward: Origin | None) -> Origin:
        """The origin of a call with what is told of it. node: whose formulas it belongs to, if it is in the backward
        pass. forward: where that was made.
        """
        frame = sys._getframe(2)
        if isinstance(node, OpNode):
            said = self._gradient(node, frame)
        elif operation is not None and origin.direction == "forward":
            words = re.split(r" {4}|\. |\n", (operation.forward.__doc__ or "").strip())[0]
            said = self._said.setdefault(operation, Said(operation.name, None, words, {}))
        else:
            said = None
        if forward is not None and forward.line is not None:
            return replace(origin, line=forward.line, said=said)
        frames = users_frames(frame, self.until)
        return replace(origin, line=place_of(frames[0][0]).text if frames else "", said=said)

    def _gradient(self, node: OpNode, frame: FrameType | None) -> Said | None:
        """The formula that is at work in a frame, with the values of its parameters."""
        operation = node.plan.operation
        gradients = [getattr(operation.gradients, name) for name in operation.operands if name in operation.gradients]
        functions = {one.__code__: one for one in gradients}
        is_summed = False
        while frame is not None and frame.f_locals.get("self") is not node:
            code = frame.f_code
            is_summed = is_summed or code is sum_to.__code__
            if code in functions:
                if (node, code) not in self._said:
                    function = functions[code]
                    values = {name: frame.f_locals[name] for name in code.co_varnames[: code.co_argcount]}
                    found = formula(function, {name: of_this_run(value) for name, value in values.items()})
                    self._said[node, code] = Said(operation.name, found, found.words, values)
                return self._said[node, code]
            frame = frame.f_back
        summed = Said(operation.name, None, "what broadcasting had copied is added up", {})
        return self._said.setdefault(node, summed) if is_summed else None

    def returned(self, array: Symbol) -> None:
        """Names the result of an operation after the variable that it is assigned to."""
        if array.base_symbol is not None or array.memory.kind is not Kind.TEMPORARY:
            return
        named = name_of_result(users_frames(sys._getframe(1), self.until))
        if named is not None and array.memory not in self.names:
            name, call = named
            _, earlier = self._calls.get(id(call), (None, None))
            self.names.pop(earlier, None)  # type: ignore[arg-type]
            self.names[array.memory] = name
            self._calls[id(call)] = call, array.memory

    def forget(self) -> None:
        """Lets go of frames and nodes."""
        self.until = sys._getframe()
        self._calls.clear()
        self._said.clear()


# --- what is done with the program --------------------------------------------------------------------------


def broadcast_rows(program: Program) -> None:
    """A row that is added to a product is broadcast: NumPy need not be given one for each row of the product."""
    defined = program.definitions()
    for one in program.instructions:
        if one.kind is not kinds.UFUNC or one.function is not np.add:
            continue
        product, rows = (
            defined.get(symbol.memory) if type(symbol) is Symbol and symbol.base_symbol is None else None
            for symbol in one.inputs
        )
        if (
            product is not None
            and rows is not None
            and product.kind is rows.kind is kinds.DOT
            and is_constant(rows.inputs[0], 1)
        ):
            ones, row = rows.inputs
            if ones.ndim == row.ndim == 2 and ones.shape[1] == 1:
                bare = row.base_symbol is not None and row.base_symbol.ndim == 1
                one.inputs = one.inputs[0], row.base_symbol if bare else row


def drop_layouts(program: Program) -> None:
    """A copy that only lies otherwise in memory is not made where its readers, or its writer, compute by element."""
    readers: dict[Memory, list[Instruction]] = {}
    for one in program.instructions:
        for symbol in one.symbols():
            readers.setdefault(symbol.memory, []).append(one)
    fixed = program.overwritten() | program.kept
    defined = program.definitions()
    dropped: set[Instruction] = set()
    for copy in program.instructions:
        source = copy.inputs[0] if copy.kind is kinds.COPY and copy.defines else None
        result = copy.result
        if type(source) is not Symbol or result is None or result.memory in fixed or source.memory in fixed:
            continue
        if source.shape != result.shape or source.dtype != result.dtype or source.memory.kind is Kind.CONSTANT:
            continue
        writer = defined.get(source.memory)
        reading = readers.get(result.memory, [])
        whole = all(symbol.base_symbol is None or symbol.memory is not result.memory
                    for one in reading for symbol in one.symbols())  # fmt: skip
        if whole and all(map(_needs_no_layout, reading)):
            for one in reading:
                one.replaced(partial(_read_from, result.memory, source))
            readers[source.memory] += reading
        elif writer is not None and writer.result is source and len(readers[source.memory]) == 1:
            if not _needs_no_layout(writer):
                continue
            writer.result = result
        else:
            continue
        dropped.add(copy)
    program.instructions = [one for one in program.instructions if one not in dropped]


def _needs_no_layout(one: Instruction) -> bool:
    return one.is_elementwise or (one.kind is kinds.REDUCE and one.function in (np.maximum, np.minimum))


def _read_from(memory: Memory, source: Symbol, symbol: Symbol) -> Symbol:
    return source if symbol.memory is memory else symbol


PASSES = (*CLEANING, broadcast_rows, drop_layouts, drop_dead_calls)


# --- how it is written --------------------------------------------------------------------------------------


class ReadableEmitter(Emitter):
    """Writes calls as expressions: d_z[...] = np.where(mask, 0.0, d_h)."""

    def lay_out(self) -> None:
        self._inlined = _adaptable(self.program)
        self.buffers = {memory: one for memory, one in self.buffers.items() if memory not in self._inlined}
        self._last: dict[Said, Symbol] = {}
        for one in self.program.instructions:
            if one.result is not None and one.origin.said is not None:
                self._last[one.origin.said] = one.result
        self._before: Any = None
        super().lay_out()

    def _temporary_name(self, instruction: Instruction) -> str:
        source, result = instruction.inputs[0], instruction.output
        known = result.memory in self.values or result.memory in self.cotangents
        if not known and instruction.kind is kinds.COPY and type(source) is Symbol and source.memory in self.names:
            if source.shape == result.shape and result.array.flags.f_contiguous:
                return f"{self.names[source.memory]}_by_columns"
            if source.look is not None:
                return source.look.name(self.names[source.memory])
        if not known and instruction.function is np.add and result.dtype == np.int64:
            return "index"
        if (
            instruction.function is np.exp
            and instruction.origin.operation == "log_softmax"
            and instruction.origin.direction == "backward"
        ):
            return "softmax"
        return super()._temporary_name(instruction)

    # --- operands ---------------------------------------------------------------------------------------

    def _text_of(self, symbol: Symbol) -> str:
        memory, base = symbol.memory, symbol.base_symbol
        if memory in self._inlined and base is None:
            return self.text(memory.owner) if isinstance(memory.owner, Number) else _fraction(memory.array)
        if base is not None and symbol.look is not None:
            name = self.name_of(base)
            if symbol.dtype == base.dtype and same_place(symbol.array, base.array):
                return name
            return symbol.look.text(name)
        return super()._text_of(symbol)

    # --- calls ------------------------------------------------------------------------------------------

    def _written(self, instruction: Instruction) -> list[Line]:
        if instruction.kind is kinds.SCALAR and instruction.output.memory in self._inlined:
            return []
        lines = super()._written(instruction)
        said = instruction.origin.said
        if said is not None and said is not self._before:
            told = [one for text in self._formula(said) for one in textwrap.wrap(text, WIDTH - 6)]
            lines[:0] = [Line(f"# {text}") for text in told]
        self._before = said
        return lines

    def _formula(self, said: Said) -> Iterator[str]:
        """What is said of a formula: with the names of this program, or else in its own words."""
        if said.formula is None or said.formula.expression is None:
            if said.words:
                yield f"{said.operation}: {said.words.rstrip('.')}"
            return
        names = {
            name: (self._told_name(one), "v")
            for name, one in said.values.items()
            if type(one) is Symbol and one.memory in self.names
        }
        expression = written(said.formula.expression, {"dy": ("dy", "g"), **names}, Text())
        yield f"{said.operation}: {self.name_of(self._last[said])} = {expression}"
        if said.operation == "log_softmax" and self._before is not None and self._before.operation == "nll_loss":
            yield "that is (softmax − one-hot) · s: d_log_softmax is −s at each target, 0 elsewhere, and −s in sum"

    def _told_name(self, symbol: Symbol) -> str:
        """The name of what a symbol is a view of, or its part of that."""
        is_part = symbol.look is not None and symbol.look.kind is INDEXED
        return self.name_of(symbol) if is_part else self.names[symbol.memory]

    def _heading(self, origin: Origin) -> str:
        line = origin.line
        if line is None:
            return "taken for granted"
        if origin.operation == "accumulate":
            return "cotangents that meet are added up"
        if not line:
            return super()._heading(origin)
        title = f"backward through {line}" if origin.direction == "backward" else line
        return title if len(title) <= WIDTH - 6 else f"{title[: WIDTH - 7]}…"

    def _codes(self, instruction: Instruction) -> list[str]:
        write = EXPRESSIONS.get(instruction.kind)
        expression = "" if write is None else write(self, instruction)
        if not expression:
            return super()._codes(instruction)
        return [f"{self._out(instruction)}[...] = {expression}"]

    def _ufunc_expression(self, instruction: Instruction) -> str:
        words = [self.text(one) for one in instruction.inputs]
        if instruction.function in OPERATORS and not instruction.options:
            return f" {OPERATORS[instruction.function]} ".join(words)
        if instruction.function is np.negative and not instruction.options:
            return f"-{words[0]}"
        return self._called_expression(instruction)

    def _called_expression(self, instruction: Instruction) -> str:
        inputs = instruction.inputs
        while inputs[-1] is None:
            inputs = inputs[:-1]
        return f"np.{instruction.function.__name__}({self._arguments(replace(instruction, inputs=inputs))})"

    def _reduced_expression(self, instruction: Instruction) -> str:
        options = dict(instruction.options)
        (source,) = instruction.inputs
        if instruction.function not in REDUCTIONS:
            return ""
        if instruction.function in (np.maximum, np.minimum) and source.size:
            options.pop("initial", None)  # the least number there is
        if not options["keepdims"]:
            del options["keepdims"]
        named = ", ".join(f"{name}={self.text(value)}" for name, value in options.items())
        return f"{self.name_of(source)}.{REDUCTIONS[instruction.function]}({named})"

    def _dot_expression(self, instruction: Instruction) -> str:
        left, right = map(self.name_of, instruction.inputs)
        return f"{left}.dot({right})"

    def _copied_expression(self, instruction: Instruction) -> str:
        return bare(self.text(instruction.inputs[0]))


EXPRESSIONS: dict[Any, Callable[[ReadableEmitter, Instruction], str]] = {
    kinds.UFUNC: ReadableEmitter._ufunc_expression,
    kinds.REDUCE: ReadableEmitter._reduced_expression,
    kinds.DOT: ReadableEmitter._dot_expression,
    kinds.COPY: ReadableEmitter._copied_expression,
    kinds.WHERE: ReadableEmitter._called_expression,
    kinds.FUNCTION: ReadableEmitter._called_expression,
    kinds.ASSIGN: ReadableEmitter._called_expression,
}


def _adaptable(program: Program) -> set[Memory]:
    """The numbers that may stand as Python's, which adapt to the arrays beside them: those have their dtype."""
    found: set[Memory] = set()
    refused: set[Memory] = set()
    for one in program.instructions:
        operands = [symbol for symbol in one.symbols() if one.kind is not kinds.WHERE or symbol is not one.inputs[0]]
        if one.kind is kinds.SCATTER:
            operands = [symbol for symbol in one.inputs[1:] if type(symbol) is Symbol]
        dtypes = {symbol.dtype for symbol in operands if not _is_number(symbol, one)}
        if one.kind in (kinds.COPY, kinds.SCATTER) and one.result is not None:
            dtypes.add(one.result.dtype)
        for symbol in one.symbols():
            fits = one.kind in (kinds.UFUNC, kinds.WHERE, kinds.COPY, kinds.SCATTER) and dtypes == {symbol.dtype}
            fits = fits and any(symbol is operand for operand in operands)
            (found if fits and _is_number(symbol, one) else refused).add(symbol.memory)
    return found - refused


def _is_number(symbol: Symbol, instruction: Instruction) -> bool:
    """Whether it stands for one number: a constant of one element, or of equal ones that are put into an array."""
    memory = symbol.memory
    if memory.kind is not Kind.CONSTANT:
        return isinstance(memory.owner, Number)
    return not symbol.ndim or (instruction.kind is kinds.SCATTER and is_constant(symbol))


def _fraction(array: Array) -> str:
    """A number as text: 0.5, or (1 / 6) where it is the inverse of an integer and would be long."""
    value = array.reshape(-1)[0]
    text = number_text(value.item(), array.dtype)
    if len(text) > 6 and 0 < abs(value) < 1 and array.dtype.type(1 / round(1 / value)) == value:
        return f"({'-' if value < 0 else ''}1 / {abs(round(1 / value))})"
    return text
