"""Emit: a program written out as Python with NumPy, to be run, read and kept."""

from __future__ import annotations

import base64
import keyword
import re
import textwrap
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numpynet.compiler.buffers import Buffer
from numpynet.compiler.flat import Flat
from numpynet.compiler.number import Number
from numpynet.compiler.program import Instruction, Program
from numpynet.compiler.symbol import Array, Kind, Memory, Symbol, index_text

LITERAL = 64  # arrays of up to so many elements are written as numbers


def identifier(name: str) -> str:
    """A Python name: a dotted one with its last part first, as weight_0 for 0.weight."""
    parts = [re.sub(r"\W", "_", part) for part in name.split(".")]
    text = "_".join(parts)
    if not text.isidentifier():
        text = "_".join([*parts[1:], *parts[:1]]) or "value"
    return text if text.isidentifier() and not keyword.iskeyword(text) else f"value_{text}"


def array_type(array: Array) -> str:
    """How a dtype is written: np.float32."""
    return f"np.{array.dtype.name}" if array.dtype != bool else "bool"


def allocation(array: Array, make: str = "np.empty") -> str:
    """A new array with the shape, the dtype and the order in memory of this one."""
    order = sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis))
    if order == list(range(array.ndim)) or array.size <= 1:
        return f"{make}({_shape(array.shape)}, {array_type(array)})"
    text = f"{make}({_shape([array.shape[axis] for axis in order])}, {array_type(array)})"
    return f"{text}.transpose({', '.join(str(order.index(axis)) for axis in range(array.ndim))})"


def _shape(shape: Iterable[int]) -> str:
    sizes = list(shape)
    return str(sizes[0]) if len(sizes) == 1 else str(tuple(sizes))


def _shape_text(array: Array) -> str:
    return str(array.shape)


@dataclass
class Emitter:
    """Writes one program.

    names: of tensors from outside, arguments and results, by their memory. layers: names of layers.
    """

    program: Program
    flats: list[Flat]
    buffers: dict[Memory, Buffer]
    names: dict[Memory, str]
    layers: dict[str, str]
    taken: set[str] = field(default_factory=lambda: {"np", "math", "step", "set_options"})
    bound: dict[str, Any] = field(default_factory=dict)
    memory_lines: list[str] = field(default_factory=list)
    value_lines: list[str] = field(default_factory=list)
    view_lines: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    options_body: list[str] = field(default_factory=list)
    live_lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._views: dict[tuple[str, str], str] = {}
        self._refusals: list[tuple[str, str]] = []
        for memory, name in list(self.names.items()):
            self.names[memory] = self._unique(name)

    def _unique(self, name: str) -> str:
        stem, count = name, 1
        while name in self.taken:
            count += 1
            name = f"{stem}_{count}"
        self.taken.add(name)
        return name

    # --- memory ---------------------------------------------------------------------------------------

    def lay_out(self) -> None:
        """Names all memories, and writes the lines that make them."""
        for flat in self.flats:
            name = self.names.setdefault(flat.memory, self._unique(self._flat_name(flat)))
            line = f"{name} = {allocation(flat.memory.array, 'np.zeros')}"
            self.memory_lines.append(line)
            if flat.kind is Kind.TENSOR:
                self.bound[name] = flat.memory
                self._save_values(name, flat.memory.array)
            else:
                self.live_lines.append(line)
            for member, first, last in flat.bounds():
                own = self.names.get(member) or self._unique(self._name_of(member))
                self.names[member] = own
                line = f"{own} = {name}[{first}:{last}].reshape({_shape(member.array.shape) or '()'})"
                line = line.replace("reshape(())", "reshape(())")
                self.memory_lines.append(line)
                self.live_lines.append(line)
        placed = {member for flat in self.flats for member in flat.members}
        for memory, name in list(self.names.items()):
            if memory.kind is Kind.TENSOR and memory not in placed and not any(f.memory is memory for f in self.flats):
                self.memory_lines.append(f"{name} = {allocation(memory.array)}")
                self.bound[name] = memory
                self._save_values(name, memory.array)
        self._name_temporaries()
        seen: dict[Buffer, Memory] = {}
        for memory, buffer in self.buffers.items():
            name = self.names[memory]
            first = seen.setdefault(buffer, memory)
            if first is memory:
                line = f"{name} = {allocation(memory.array)}"
            elif first.array.shape == memory.array.shape and first.array.strides == memory.array.strides:
                line = f"{name} = {self.names[first]}  # in the same place, which is free by then"
            else:
                line = f"{name} = {self._part_of(first, memory)}  # in the same place, which is free by then"
            self.memory_lines.append(line)
            self.live_lines.append(line)

    def _part_of(self, first: Memory, memory: Memory) -> str:
        array = memory.array
        order = sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis))
        flat = (
            f"{self.names[first]}.reshape(-1)"
            if first.array.flags.c_contiguous
            else (f"{self.names[first]}.reshape(-1, order='A')")
        )
        if not first.array.flags.c_contiguous and not first.array.flags.f_contiguous:
            return allocation(array)
        text = f"{flat}[:{array.size}].reshape({_shape([array.shape[axis] for axis in order])})"
        if order == list(range(array.ndim)):
            return text
        return f"{text}.transpose({', '.join(str(order.index(axis)) for axis in range(array.ndim))})"

    def _flat_name(self, flat: Flat) -> str:
        if flat.kind is Kind.TENSOR:
            owners = [member.owner for member in flat.members]
            return "parameters" if all(owner.requires_grad for owner in owners) else "state"
        return "gradients"

    def _name_of(self, memory: Memory) -> str:
        return "array"

    def _name_temporaries(self) -> None:
        for instruction in self.program.instructions:
            result = instruction.result
            if result is None or result.memory in self.names or not instruction.defines:
                continue
            self.names[result.memory] = self._unique(self._temporary_name(instruction))

    @staticmethod
    def _temporary_name(instruction: Instruction) -> str:
        called = getattr(instruction.function, "__name__", instruction.kind)
        if instruction.kind == "scalar":
            return "scalar"
        if instruction.origin.direction == "backward":
            return f"d_{instruction.origin.operation}"
        if instruction.origin.operation and instruction.origin.operation not in ("mul", "add", "sub"):
            return instruction.origin.operation
        return {"subtract": "difference", "add": "total", "multiply": "product"}.get(called, called)

    def _save_values(self, name: str, array: Array) -> None:
        if array.size <= LITERAL:
            self.value_lines.append(f"{name}[...] = {array.tolist()!r}")
            return
        self.value_lines.append(f'{name}[...] = _decoded("""')
        self.value_lines.extend(textwrap.wrap(base64.b64encode(zlib.compress(array.tobytes(), 9)).decode(), 118))
        self.value_lines.append(f'""", {name})')

    # --- text of operands -----------------------------------------------------------------------------

    def name_of(self, symbol: Symbol) -> str:
        """How the program refers to a symbol."""
        return self._name(symbol, [])

    def _name(self, symbol: Symbol, lines: list[str]) -> str:
        """The name of a symbol; a view's is bound once, where its memory does not change from call to call."""
        memory = symbol.memory
        if symbol.base_symbol is not None and symbol.look is not None:
            base = self._name(symbol.base_symbol, lines)
            text = symbol.look.of(base)
            if symbol.look.text == ".view()":
                return base
            if memory.kind is Kind.ARGUMENT:
                return text
            if (base, text) not in self._views:
                suffix = re.sub(r"\W+", "_", symbol.look.text.replace("{}", "")).strip("_")
                name = self._views[base, text] = self._unique(f"{base}_{suffix}"[:40].rstrip("_"))
                self.view_lines.append(f"{name} = {text}")
            return self._views[base, text]
        if memory.kind is Kind.CONSTANT and memory not in self.names:
            self._constant(memory)
        if symbol.array is not memory.array and memory.kind is not Kind.CONSTANT and not _same_place(symbol, memory):
            return self._alias(symbol)
        return self.names[memory]

    def _alias(self, symbol: Symbol) -> str:
        """A tensor from outside that looks into another's memory: it is bound as it is."""
        for name, value in self.bound.items():
            if value is symbol.array:
                return name
        name = self._unique("alias")
        self.bound[name] = symbol.array
        self.value_lines.append(f"raise NotImplementedError('{name} shares memory in a way that cannot be saved')")
        return name

    def _constant(self, memory: Memory) -> None:
        array = memory.array
        if array.ndim == 0:
            text = f"{array.item()!r}"
            text = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}.get(text, text)
            word = re.sub(r"\W", "_", f"{array.item():.6g}".replace("-", "minus_"))
            name = self.names[memory] = self._unique(f"c_{word}")
            line = f"{name} = np.array({text}, {array_type(array)})"
        elif array.size and np.all(array == array.flat[0]):
            stem = {0: "zeros", 1: "ones"}.get(array.flat[0].item(), "constant")
            name = self.names[memory] = self._unique(stem)
            line = f"{name} = np.full({_shape(array.shape)}, {array.flat[0].item()!r}, {array_type(array)})"
        else:
            name = self.names[memory] = self._unique("constant")
            self.bound[name] = array
            self.memory_lines.append(f"{name} = {allocation(array)}")
            self._save_values(name, array)
            return
        self.memory_lines.append(line)
        self.live_lines.append(line)

    def _text(self, part: Any, lines: list[str]) -> str:
        if type(part) is Symbol:
            return self._name(part, lines)
        if isinstance(part, Number):
            return part.text
        if isinstance(part, tuple):
            inner = ", ".join(self._text(one, lines) for one in part)
            return f"({inner},)" if len(part) == 1 else f"({inner})"
        if isinstance(part, list):
            return f"[{', '.join(self._text(one, lines) for one in part)}]"
        if isinstance(part, np.dtype):
            return f"np.{part.name}"
        return repr(part)

    def _index(self, index: Any, lines: list[str]) -> str:
        if isinstance(index, tuple):
            return ", ".join(self._index(part, lines) for part in index)
        if type(index) is Symbol:
            return self._name(index, lines)
        return index_text(index)

    # --- instructions ---------------------------------------------------------------------------------

    def write(self) -> None:
        """Writes all instructions, under headings that say where they come from."""
        heading = None
        for instruction in self.program.instructions:
            lines: list[str] = []
            self._write(instruction, lines)
            target = self.body
            if instruction.kind == "scalar" and not instruction.inputs[0].reads:
                self.options_body.extend(lines)
                continue
            origin = instruction.origin
            layer = self.layers.get(origin.layer, "")
            this = f"{origin.direction}: {layer or origin.operation or 'step'}"
            if this != heading:
                target.append(f"# {this}")
                heading = this
            target.extend(lines)

    def _write(self, instruction: Instruction, lines: list[str]) -> None:
        kind, function, inputs, options = (
            instruction.kind, instruction.function, instruction.inputs, instruction.options
        )  # fmt: skip
        result = instruction.result
        out = self._name(result, lines) if result is not None else ""
        shapes = self._shapes(instruction)
        if kind == "dot":
            left, right = (self._name(one, lines) for one in inputs)
            assert result is not None
            if result.flags.c_contiguous and result.dtype == inputs[0].dtype == inputs[1].dtype:
                lines.append(f"{left}.dot({right}, {out}){shapes}")
            else:
                lines.append(f"{out}[...] = {left}.dot({right}){shapes}")
        elif kind == "ufunc":
            words = [self._text(one, lines) for one in inputs]
            named = "".join(f", {key}={self._text(value, lines)}" for key, value in options.items())
            if function in (np.maximum, np.minimum):  # which warn, and lose time, where out is passed by position
                out = f"out={out}"
            lines.append(f"{self._ufunc(function)}({', '.join([*words, out])}{named}){shapes}")
        elif kind == "reduce":
            words = [self._text(inputs[0], lines), repr(options["axis"])]
            words.append(self._text(options["dtype"], lines) if "dtype" in options else "None")
            words.append(out)
            if options["keepdims"] or "initial" in options:
                words.append(repr(options["keepdims"]))
            if "initial" in options:
                words.append(
                    {"inf": "np.inf", "-inf": "-np.inf"}.get(repr(options["initial"]), repr(options["initial"]))
                )
            lines.append(f"np.{function.__name__}.reduce({', '.join(words)}){shapes}")
        elif kind == "copy":
            (source,) = inputs
            assert result is not None
            if type(source) is Symbol and source.memory.kind is Kind.CONSTANT and source.ndim == 0:
                lines.append(f"{out}.fill({source.array.item()!r})".replace("inf", "np.inf").replace("nan", "np.nan"))
            else:
                casting = "" if source.dtype == result.dtype else ', casting="unsafe"'
                lines.append(f"np.copyto({out}, {self._name(source, lines)}{casting}){shapes}")
        elif kind == "where":
            condition, a, b = (self._text(one, lines) for one in inputs)
            assert result is not None
            if b != out and not self._same_buffer(inputs[2], result):
                lines.append(f"np.copyto({out}, {b})")
            if type(inputs[1]) is Symbol and inputs[1].ndim == 0 and inputs[0].shape == result.shape:
                lines.append(f"np.putmask({out}, {condition}, {a}){shapes}")
            else:
                lines.append(f"np.copyto({out}, {a}, where={condition}){shapes}")
        elif kind == "scatter":
            lines.append(f"{out}[{self._index(inputs[0], lines)}] = {self._text(inputs[1], lines)}{shapes}")
        elif kind == "gather":
            source = self._name(inputs[0], lines)
            lines.append(f"{out}[...] = {source}[{self._index(inputs[1], lines)}]{shapes}")
        elif kind == "at":
            index = inputs[0]
            place = f"({self._index(index, lines)})" if isinstance(index, tuple) else self._index(index, lines)
            lines.append(f"np.{function.__name__}.at({out}, {place}, {self._text(inputs[1], lines)}){shapes}")
        elif kind == "refuse":
            name = self._unique("refusal")
            self.bound[name] = function
            wrong, *arrays = (self._text(one, lines) for one in inputs)
            message = f"{instruction.origin.operation}: an argument has a value that it does not take"
            self._refusals.append((name, message))
            lines.append(f"if {wrong}.any():")
            lines.append(f"    raise {name}({', '.join(arrays)})")
        elif kind == "number":
            lines.append(f"{options['name']} = {self._name(inputs[0], lines)}.item()")
        elif kind == "scalar":
            lines.append(f"{out}[()] = {inputs[0].text}")
        elif kind == "draw":
            name = self._unique(f"draw_{options['name']}")
            self.bound[name] = function
            words = [self._text(one, lines) for one in inputs]
            words += [f"{key}={self._text(value, lines)}" for key, value in options.items() if key != "name"]
            lines.append(f"{out}[...] = {name}({', '.join(words)}){shapes}")
            self.value_lines.append(f"raise NotImplementedError('{name}: a saved step cannot draw random numbers')")
        else:
            words = [self._text(one, lines) for one in inputs]
            words += [f"{key}={self._text(value, lines)}" for key, value in options.items()]
            if kind == "function":
                lines.append(f"np.{function.__name__}({', '.join([*words, f'out={out}'])}){shapes}")
            else:
                lines.append(f"{out}[...] = np.{function.__name__}({', '.join(words)}){shapes}")

    def _ufunc(self, function: Any) -> str:
        if getattr(np, function.__name__, None) is function:
            return f"np.{function.__name__}"
        name = function.__name__.partition(" ")[0]  # of the function of math that np.frompyfunc was given
        if name not in self.taken:
            self.taken.add(name)
            line = f"{name} = np.frompyfunc(math.{name}, 1, 1)"
            self.memory_lines.append(line)
            self.live_lines.append(line)
        return name

    def _same_buffer(self, symbol: Any, result: Symbol) -> bool:
        if type(symbol) is not Symbol or symbol.base_symbol is not None:
            return False
        mine, its = self.buffers.get(result.memory), self.buffers.get(symbol.memory)
        return mine is not None and mine is its

    @staticmethod
    def _shapes(instruction: Instruction) -> str:
        arrays = [one for one in instruction.inputs if type(one) is Symbol and one.ndim]
        if not arrays or instruction.result is None:
            return ""
        return f"  # {' '.join(_shape_text(one.array) for one in arrays)} -> {_shape_text(instruction.result.array)}"

    @property
    def refusals(self) -> list[tuple[str, str]]:
        """The names of the errors that the step raises, and what they say in a saved file."""
        return self._refusals


def _same_place(symbol: Symbol, memory: Memory) -> bool:
    return (
        symbol.array.__array_interface__["data"] == memory.array.__array_interface__["data"]
        and symbol.shape == memory.array.shape
        and symbol.array.strides == memory.array.strides
    )
