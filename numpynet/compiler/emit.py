"""Emit: a program written out as Python with NumPy, to be run, read and kept."""

from __future__ import annotations

import builtins
import itertools
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numpynet.compiler import kinds
from numpynet.compiler.buffers import Buffer
from numpynet.compiler.flat import Flat
from numpynet.compiler.naming import RESERVED, Layer, common_name, constant_name, helper_name, identifier, noun, unique
from numpynet.compiler.number import Number
from numpynet.compiler.program import Instruction, Origin, Program
from numpynet.compiler.symbol import Kind, Memory, Symbol, is_uniform, same_place
from numpynet.compiler.views import Array, index_text

WIDTH = 110  # columns of a line with its comment
COMMENTS = 64  # the column where comments begin at the latest, unless the line itself is longer
SECTIONS = ("parameters", "gradients", "state", "data", "constants", "buffers", "views")


def array_type(array: Array) -> str:
    """How a dtype is written: np.float32."""
    return f"np.{array.dtype.name}" if array.dtype != bool else "bool"


def number_text(value: Any, dtype: np.dtype[Any]) -> str:
    """A number as Python text, as short as this dtype allows."""
    if not isinstance(value, float):
        return repr(value)
    short = str(np.array(value, dtype))
    text = short if dtype.type(float(short)).tobytes() == dtype.type(value).tobytes() else repr(value)
    return re.sub(r"inf|nan", r"np.\g<0>", text)


def allocation(array: Array) -> str:
    """A new array with the shape, the dtype and the order in memory of this one."""
    order = _order(array)
    text = f"np.empty({shape_text(array.shape[axis] for axis in order)}, {array_type(array)})"
    return text + _reordered(order)


def _order(array: Array) -> list[int]:
    """The axes, from the longest stride to the shortest."""
    if array.flags.c_contiguous:
        return list(range(array.ndim))
    return sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis))


def _reordered(order: list[int]) -> str:
    if order == sorted(order):
        return ""
    if order == [1, 0]:
        return ".T"
    return f".transpose({', '.join(str(order.index(axis)) for axis in range(len(order)))})"


def shape_text(shape: Iterable[int]) -> str:
    """A shape as an argument: 3, (), (2, 3)."""
    sizes = list(shape)
    return str(sizes[0]) if len(sizes) == 1 else str(tuple(sizes))


@dataclass
class Line:
    """A line of Python. live: whether it is there when the step is run in place, where tensors have their memory."""

    code: str
    comment: str = ""
    live: bool = True

    def text(self, column: int) -> str:
        """The line with its comment beginning in that column, or behind it, where there is room."""
        code = f"{self.code:{column}}" if column > len(self.code) + 1 else f"{self.code}  "
        return f"{code}# {self.comment}" if self.comment and len(code) + len(self.comment) + 2 <= WIDTH else self.code


@dataclass
class Group:
    """Lines of the step that belong together. heading: what stands above them."""

    heading: str
    direction: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class Emitter:
    """Writes one program.

    names: of tensors from outside, arguments and results, by their memory. layers: by their ids as text.
    arguments: the name and the array of every argument. values, cotangents: what the trace knows of temporaries.
    taken: names that must not be given. of_gradients: the memories of gradients that the step leaves behind or finds.
    sections: the lines that make memory, by what it is for, in the order in which they run.
    """

    program: Program
    flats: list[Flat]
    buffers: dict[Memory, Buffer]
    names: dict[Memory, str]
    layers: dict[str, Layer]
    arguments: list[tuple[str, Array]] = field(default_factory=list)
    values: dict[Memory, Origin] = field(default_factory=dict)
    cotangents: dict[Memory, Memory] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    of_gradients: set[Memory] = field(default_factory=set)
    bound: dict[str, Any] = field(default_factory=dict)
    options: list[Line] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    unsaveable: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sections: dict[str, list[Line]] = {name: [] for name in SECTIONS}
        self._bases: dict[tuple[str, str], str] = {}
        self._constants: dict[str, str] = {}
        self._texts: dict[Symbol, str] = {}
        self._numbers: dict[Instruction, str] = {}
        self.taken |= RESERVED | {name for name, _ in self.arguments}
        of_argument = {id(array): name for name, array in self.arguments}
        for memory, name in list(self.names.items()):
            if memory.kind is Kind.ARGUMENT:
                self.names[memory] = of_argument.get(id(memory.array), name)
            else:
                self.names[memory] = unique(name, self.taken)
        self._operations: dict[str, set[str]] = {}  # of each layer
        for origin in self.values.values():
            self._operations.setdefault(origin.layer, set()).add(origin.operation)

    # --- memory ---------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Names all memories, and writes the lines that make them."""
        for instruction in self.program.instructions:
            if instruction.defines and instruction.output.memory not in self.names:
                self.names[instruction.output.memory] = unique(self._temporary_name(instruction), self.taken)
        placed: set[Memory] = set()
        for flat in self.flats:
            placed |= {flat.memory, *flat.members}
            self._lay_flat(flat)
        for memory in list(self.names):
            if memory.kind is Kind.TENSOR and memory not in placed:
                line = Line(f"{self.names[memory]} = {allocation(memory.array)}", live=False)
                self.sections[self.role(memory)].append(line)
                self.bound[self.names[memory]] = memory
        users: dict[Buffer, list[Memory]] = {}
        for memory, buffer in self.buffers.items():
            users.setdefault(buffer, []).append(memory)
        for buffer, memories in users.items():
            self._lay_buffer(sorted(memories, key=buffer.users.index))

    def _temporary_name(self, instruction: Instruction) -> str:
        """The name for what an instruction defines; not yet made unique."""
        memory = instruction.output.memory
        source: Any = next(iter(instruction.inputs), None)
        if instruction.kind is kinds.SCALAR:
            return f"{source.text}_array" if source.text.isidentifier() else "factor"
        if memory in self.values and instruction.origin.direction == "forward":
            return self._value_name(memory)
        if memory in self.cotangents:
            value = self.cotangents[memory]
            return f"d_{self.names.get(value) or self._value_name(value)}"
        is_named = type(source) is Symbol and source.memory in self.names
        if is_named and instruction.kind is kinds.COPY and source.dtype != memory.array.dtype:
            return f"{self.names[source.memory]}_as_{memory.array.dtype.name}"
        return helper_name(instruction)

    def _value_name(self, memory: Memory) -> str:
        """The name of what an operation returned."""
        if memory not in self.values:
            return "value"
        origin = self.values[memory]
        layer, name = self.layers.get(origin.layer), noun(origin.operation)
        if layer is None or not layer.path or len(self._operations[origin.layer]) > 1:
            return name
        is_numbered = layer.path.replace(".", "").isdigit()
        return f"{name}_{layer.path.replace('.', '_')}" if is_numbered else identifier(layer.path)

    def role(self, memory: Memory) -> str:
        """What a memory is for: "parameters", "gradients", "state" that is kept from step to step, or "buffers"."""
        if memory in self.of_gradients:
            return "gradients"
        if memory.kind is not Kind.TENSOR:
            return "buffers"
        return "parameters" if memory.owner._requires_grad else "state"

    def _lay_flat(self, flat: Flat) -> None:
        role, *others = {self.role(member) for member in flat.members}
        if others or role == "buffers":
            role = "state"
        if flat.memory not in self.names:
            stem = common_name([self.names[member] for member in flat.members]) if role == "state" else role
            self.names[flat.memory] = unique(stem, self.taken)
        lines = self.sections[role]
        name = self.names[flat.memory]
        from_outside = flat.members[0].kind is Kind.TENSOR
        if from_outside:
            self.bound[name] = flat.memory
        lines.append(Line(f"{name} = {allocation(flat.memory.array)}", live=not from_outside))
        for member, first, last in flat.bounds():
            look = f"{name}[{first}:{last}]"
            if member.array.ndim != 1:
                look += f".reshape({shape_text(member.array.shape)})"
            lines.append(Line(f"{self.names[member]} = {look}"))

    def _lay_buffer(self, memories: list[Memory]) -> None:
        """The lines for arrays that share memory, in the order in which they use it."""
        first = max(memories, key=lambda memory: memory.array.size)
        alike: dict[Any, list[Memory]] = {}
        for memory in [first, *memories]:
            alike.setdefault((memory.array.shape, memory.array.strides), []).append(memory)
        for position, members in enumerate(alike.values()):
            names = [self.names[memory] for memory in (members[1:] if position == 0 else members)]
            made = allocation(first.array) if position == 0 else self._part_of(first, members[0])
            comment = f"in the memory of {self.names[first]}" if position and "np.empty" not in made else ""
            lines = self.sections[self.role(first) if len(memories) == 1 else "buffers"]
            while names:
                count = len(names)
                while count > 1 and len(" = ".join(names[:count])) + len(made) + 3 > WIDTH:
                    count -= 1
                lines.append(Line(f"{' = '.join(names[:count])} = {made}", comment))
                made, names = names[0], names[count:]

    def _part_of(self, first: Memory, memory: Memory) -> str:
        """As many elements at the beginning of another array as this one has."""
        whole, array = first.array, memory.array
        if not whole.flags.c_contiguous and not whole.flags.f_contiguous:
            return allocation(array)
        order = _order(array)
        text = f"{self.names[first]}.reshape(-1{'' if whole.flags.c_contiguous else ', order=' + repr('A')})"
        if array.size != whole.size:
            text += f"[:{array.size}]"
        if array.ndim != 1:
            text += f".reshape({shape_text(array.shape[axis] for axis in order)})"
        return text + _reordered(order)

    # --- text of operands -----------------------------------------------------------------------------

    def name_of(self, symbol: Symbol) -> str:
        """How the program refers to a symbol; a view is bound once, where its memory stays from call to call."""
        if symbol not in self._texts:
            self._texts[symbol] = self._text_of(symbol)
        return self._texts[symbol]

    def _text_of(self, symbol: Symbol) -> str:
        memory = symbol.memory
        if symbol.base_symbol is not None and symbol.look is not None:
            base = self.name_of(symbol.base_symbol)
            text = symbol.look.text(base)
            if symbol.dtype == symbol.base_symbol.dtype and same_place(symbol.array, symbol.base_symbol.array):
                return base
            if memory.kind is Kind.ARGUMENT:
                return text
            if (base, text) not in self._bases:
                name = self._bases[base, text] = unique(symbol.look.name(base), self.taken)
                self.sections["views"].append(Line(f"{name} = {text}"))
            return self._bases[base, text]
        if memory.kind is Kind.CONSTANT and memory not in self.names:
            self._constant(memory)
        if memory.kind is not Kind.CONSTANT and not same_place(symbol.array, memory.array):
            return self._alias(symbol)
        return self.names[memory]

    def _alias(self, symbol: Symbol) -> str:
        """A tensor from outside that looks into another's memory: it is bound as it is."""
        for name, array in self.arguments:
            if symbol.array is array:
                return name
        for name, value in self.bound.items():
            if value is symbol.array:
                return name
        owner = self.names[symbol.memory]
        name = unique(f"{owner}_view", self.taken)
        self.bound[name] = symbol.array
        self.unsaveable.append(f"{name} is a tensor of its own that shares the memory of {owner}")
        return name

    def _constant(self, memory: Memory) -> None:
        """Names a constant, and writes the line that makes it; constants that are made alike are one."""
        array = memory.array
        made, stem, live = _made(array)
        if live and made in self._constants:
            self.names[memory] = self._constants[made]
            return
        name = self.names[memory] = unique(stem, self.taken)
        self.sections["constants"].append(Line(f"{name} = {made}", live=live))
        if live:
            self._constants[made] = name
        else:
            self.bound[name] = memory

    def text(self, part: Any) -> str:
        """An operand or an option as Python."""
        if type(part) is Symbol:
            return self.name_of(part)
        if isinstance(part, Number):
            return part.written([self._numbers[read] for read in part.reads])
        if isinstance(part, tuple):
            inner = ", ".join(map(self.text, part))
            return f"({inner},)" if len(part) == 1 else f"({inner})"
        if isinstance(part, list):
            return f"[{', '.join(map(self.text, part))}]"
        if isinstance(part, np.dtype) or (isinstance(part, type) and issubclass(part, np.generic)):
            return f"np.{np.dtype(part).name}"
        if isinstance(part, float):
            return number_text(part, np.dtype(np.float64))
        return repr(part)

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple):
            return ", ".join(map(self._index, index))
        if type(index) is Symbol:
            return self.name_of(index)
        return index_text(index)

    # --- instructions ---------------------------------------------------------------------------------

    def write(self) -> None:
        """Writes all instructions, in groups that say where they come from."""
        for instruction in self.program.instructions:
            lines = self._written(instruction)
            if instruction.kind is kinds.SCALAR and not instruction.inputs[0].reads:
                self.options.extend(lines)
                continue
            heading = self._heading(instruction.origin)
            if not self.groups or self.groups[-1].heading != heading:
                self.groups.append(Group(heading, instruction.origin.direction))
            self.groups[-1].lines.extend(lines)

    def _heading(self, origin: Origin) -> str:
        """What stands above the lines for what comes from there: the layer, and the direction."""
        layer = self.layers.get(origin.layer) if origin.direction != "update" else None
        return origin.direction if layer is None else f"{layer.title}, {origin.direction}"

    def _written(self, instruction: Instruction) -> list[Line]:
        codes = self._codes(instruction)
        remark = [Line(f"# {instruction.remark}")] if instruction.remark else []
        return [*remark, *map(Line, codes[:-1]), Line(codes[-1], _shapes(instruction))]

    def _codes(self, instruction: Instruction) -> list[str]:
        return WRITERS[instruction.kind](self, instruction)

    def _number_read(self, instruction: Instruction) -> list[str]:
        array = self.name_of(instruction.inputs[0])
        stem = self.names.get(instruction.inputs[0].memory, "number")
        name = self._numbers[instruction] = unique(f"{stem}_value", self.taken)
        return [f"{name} = {array}.item()"]

    def _number_put(self, instruction: Instruction) -> list[str]:
        return [f"{self._out(instruction)}[()] = {bare(self.text(instruction.inputs[0]))}"]

    def _refused(self, instruction: Instruction) -> list[str]:
        words = [self.text(one) for one in instruction.inputs]
        return [f"if {words[0]}.any():", f"    raise {self._refusal(instruction, words)}"]

    def _done(self, instruction: Instruction) -> list[str]:
        name = unique(instruction.options["name"], self.taken)
        self.bound[name] = instruction.function
        self.unsaveable.append(f"{name} changes a generator of torch's random numbers")
        return [f"{name}({self._arguments(instruction, but='name')})"]

    def _dot(self, instruction: Instruction) -> list[str]:
        left, right = map(self.name_of, instruction.inputs)
        result = instruction.output
        if result.flags.c_contiguous and all(result.dtype == one.dtype for one in instruction.inputs):
            return [f"{left}.dot({right}, {self._out(instruction)})"]
        return [f"{self._out(instruction)}[...] = {left}.dot({right})"]

    def _reduced(self, instruction: Instruction) -> list[str]:
        options = instruction.options
        words = [self.text(instruction.inputs[0]), repr(options["axis"])]
        words += [self.text(options["dtype"]) if "dtype" in options else "None", self._out(instruction)]
        if options["keepdims"] or "initial" in options:
            words.append(repr(options["keepdims"]))
        if "initial" in options:
            words.append(self.text(options["initial"]))
        return [f"{_called(instruction)}.reduce({', '.join(words)})"]

    def _copied(self, instruction: Instruction) -> list[str]:
        (source,) = instruction.inputs
        out = self._out(instruction)
        if type(source) is Symbol and source.memory.kind is Kind.CONSTANT and source.ndim == 0:
            return [f"{out}.fill({number_text(source.array.item(), source.dtype)})"]
        casting = "" if source.dtype == instruction.output.dtype else ', casting="unsafe"'
        return [f"np.copyto({out}, {self.name_of(source)}{casting})"]

    def _chosen_by(self, instruction: Instruction) -> list[str]:
        condition, a, b = map(self.text, instruction.inputs)
        out, result, inputs = self._out(instruction), instruction.output, instruction.inputs
        copied = [] if b == out or self._same_buffer(inputs[2], result) else [f"np.copyto({out}, {b})"]
        if type(inputs[1]) is Symbol and inputs[1].ndim == 0 and inputs[0].shape == result.shape:
            return [*copied, f"np.putmask({out}, {condition}, {a})"]
        return [*copied, f"np.copyto({out}, {a}, where={condition})"]

    def _scattered(self, instruction: Instruction) -> list[str]:
        index, value = instruction.inputs
        return [f"{self._out(instruction)}[{self._index(index)}] = {bare(self.text(value))}"]

    def _gathered(self, instruction: Instruction) -> list[str]:
        source, index = instruction.inputs
        return [f"{self._out(instruction)}[...] = {self.name_of(source)}[{self._index(index)}]"]

    def _at(self, instruction: Instruction) -> list[str]:
        index, value = instruction.inputs
        return [f"{_called(instruction)}.at({self._out(instruction)}, {self.text(index)}, {self.text(value)})"]

    def _drawn(self, instruction: Instruction) -> list[str]:
        out, name = self._out(instruction), unique(f"draw_{instruction.options['name']}", self.taken)
        self.bound[name] = instruction.function
        self.unsaveable.append(f"{out} is drawn at random, from the stream of torch's generator, by {name}")
        return [f"{out}[...] = {name}({self._arguments(instruction, but='name')})"]

    def _ufunc(self, instruction: Instruction) -> list[str]:
        # np.maximum and np.minimum warn, and lose time, where out is passed by position
        out = self._out(instruction)
        out = f"out={out}" if instruction.function in (np.maximum, np.minimum) else out
        return [f"{_called(instruction)}({self._arguments(instruction, out)})"]

    def _function(self, instruction: Instruction) -> list[str]:
        return [f"{_called(instruction)}({self._arguments(instruction)}, out={self._out(instruction)})"]

    def _assigned(self, instruction: Instruction) -> list[str]:
        return [f"{self._out(instruction)}[...] = {_called(instruction)}({self._arguments(instruction)})"]

    def _arguments(self, instruction: Instruction, *others: str, but: str = "") -> str:
        """The inputs, other arguments and the options, as they are passed."""
        named = [f"{key}={self.text(value)}" for key, value in instruction.options.items() if key != but]
        return ", ".join([*map(self.text, instruction.inputs), *others, *named])

    def _out(self, instruction: Instruction) -> str:
        return self.name_of(instruction.output)

    def _refusal(self, instruction: Instruction, words: list[str]) -> str:
        """The error of a refused value.

        Its message is had by asking for it with marks in the place of the refused elements, which the expressions
        for these elements then replace in an f-string.
        """
        wrong, *names = words
        elements = {f"<{position}>": f"{{{name}[{wrong}][0]}}" for position, name in enumerate(names)}
        stand_ins = [
            np.array([True]) if name == wrong else np.array([mark], object)
            for mark, name in zip(elements, names, strict=True)
        ]
        error: Callable[..., Exception] = instruction.function
        probe = error(*stand_ins)
        if getattr(builtins, type(probe).__name__, None) is type(probe):
            message = str(probe)
            if elements:
                message = message.replace("{", "{{").replace("}", "}}")
            for mark, element in elements.items():
                message = message.replace(mark, element)
            quoted = json.dumps(message, ensure_ascii=False)
            return f"{type(probe).__name__}({'f' if elements else ''}{quoted})"
        name = unique("refusal", self.taken)
        self.bound[name] = error
        self.unsaveable.append(f"{name} makes an error of a class of its own")
        return f"{name}({', '.join(names)})"

    def _same_buffer(self, symbol: Any, result: Symbol) -> bool:
        if type(symbol) is not Symbol or symbol.base_symbol is not None:
            return False
        mine, its = self.buffers.get(result.memory), self.buffers.get(symbol.memory)
        return mine is not None and mine is its

    # --- the whole ------------------------------------------------------------------------------------

    @property
    def live_lines(self) -> list[str]:
        """What makes the step's own memory, and the views of it."""
        return [line.code for lines in self.sections.values() for line in lines if line.live]

    def options_lines(self) -> list[str]:
        """The function that sets options."""
        return [
            "def set_options(**options):",
            '    """Changes options, which are given by name."""',
            "    globals().update(options)",
            *(f"    {line.code}" for line in self.options),
        ]

    def step_lines(self, head: str, tail: Iterable[str] = ()) -> list[str]:
        """The step as a function. head: what stands above its first call. tail: what comes after the last one."""
        lines = [line for group in self.groups for line in group.lines]
        fitting = [len(line.code) for line in lines if len(line.code) + len(line.comment) + 4 <= WIDTH]
        column = min(max(fitting, default=0) + 2, COMMENTS)
        text = [head]
        for group in self.groups:
            text += ["", f"    # {group.heading}"] if len(text) > 1 else [f"    # {group.heading}"]
            text += [f"    {line.text(column)}" for line in group.lines]
        text += ["", *(f"    {line}" for line in tail)] if tail else []
        return text if len(text) > 1 else [head, "    pass"]


WRITERS: dict[kinds.CallKind, Callable[[Emitter, Instruction], list[str]]] = {
    kinds.UFUNC: Emitter._ufunc,
    kinds.REDUCE: Emitter._reduced,
    kinds.DOT: Emitter._dot,
    kinds.FUNCTION: Emitter._function,
    kinds.ASSIGN: Emitter._assigned,
    kinds.COPY: Emitter._copied,
    kinds.WHERE: Emitter._chosen_by,
    kinds.GATHER: Emitter._gathered,
    kinds.SCATTER: Emitter._scattered,
    kinds.AT: Emitter._at,
    kinds.REFUSE: Emitter._refused,
    kinds.DRAW: Emitter._drawn,
    kinds.DO: Emitter._done,
    kinds.NUMBER: Emitter._number_read,
    kinds.SCALAR: Emitter._number_put,
}


def _called(instruction: Instruction) -> str:
    return f"np.{instruction.function.__name__}"


def _made(array: Array) -> tuple[str, str, bool]:
    """How a constant is made, what it is called, and whether it is whole then, or has its values to be filled in."""
    kind = array_type(array)
    if array.ndim == 0:
        return f"np.array({number_text(array.item(), array.dtype)}, {kind})", constant_name(array), True
    if array.size and is_uniform(array):
        stem, text = constant_name(array), number_text(array.reshape(-1)[0].item(), array.dtype)
        order = _order(array)
        shape = shape_text(array.shape[axis] for axis in order)
        if stem in ("zeros", "ones") and not text.startswith("-"):
            return f"np.{stem}({shape}, {kind}){_reordered(order)}", stem, True
        return f"np.full({shape}, {text}, {kind}){_reordered(order)}", stem, True
    if array.ndim == 1 and array.size > 1 and array.dtype.kind == "i":
        first, step = int(array[0]), int(array[1] - array[0])
        if step > 0 and first == 0 and np.array_equal(array, np.arange(array.size) * step):
            stop = array.size * step
            bounds = f"{stop}" if step == 1 else f"0, {stop}, {step}"
            return f"np.arange({bounds}, dtype={kind})", "positions" if step == 1 else "row_starts", True
    return allocation(array), "constant", False


def bare(expression: str) -> str:
    """An expression without parentheses around the whole of it."""
    inner = expression[1:-1]
    depths = list(itertools.accumulate({"(": 1, ")": -1}.get(letter, 0) for letter in inner))
    return (
        inner if expression.startswith("(") and expression.endswith(")") and min(depths, default=0) >= 0 else expression
    )


def _shapes(instruction: Instruction) -> str:
    if instruction.kind is kinds.DRAW:
        return "random numbers from torch's stream"
    arrays = [one for one in instruction.symbols() if one.ndim]
    if not arrays or instruction.result is None:
        return ""
    return f"{' '.join(str(one.shape) for one in arrays)} -> {instruction.result.shape}"
