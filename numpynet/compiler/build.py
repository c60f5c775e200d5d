"""Build: from a trace to functions that can be called."""

from __future__ import annotations

import builtins
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from numpynet.compiler import buffers, passes
from numpynet.compiler.emit import Emitter, bare
from numpynet.compiler.entry import MISFIT, Entry
from numpynet.compiler.flat import Flat, flatten, laid_out, lay_out
from numpynet.compiler.guards import Guards
from numpynet.compiler.naming import RESERVED, Layer, identifier, unique
from numpynet.compiler.structures import array_of, pairs_of, tensors_in
from numpynet.compiler.symbol import Kind, Memory, Symbol
from numpynet.compiler.trace import Trace
from numpynet.compiler.views import Array
from numpynet.core.tensor import Tensor, wrap
from numpynet.nn.modules.module import Module


class Built:
    """A step compiled for arguments of certain shapes and dtypes, and for what its trace has read.

    run_options: the names of options that the program reads, of `options`, which others have only led the trace.
    step: the program, a function of arrays. guards: what it takes for granted. entry: what is called by the user.
    changed: why the program before it would not do.
    """

    def __init__(
        self,
        args: tuple[Any, ...],
        argument_names: Sequence[str],
        otherwise: Callable[..., Any],
        trace: Trace,
    ) -> None:
        self.trace = trace
        self.guards = Guards(trace, args)
        program = trace.program
        self._outputs: list[tuple[Tensor, Symbol]] = []
        self._keep(program)
        reader = trace.origins.reader
        for make_shorter in passes.PASSES if reader is None else reader.passes:
            make_shorter(program)
        self.flats = self._flatten(program) if reader is None else []
        laid = {member for flat in self.flats for member in flat.members} | {flat.memory for flat in self.flats}
        laid |= set(trace.tensors) | set(trace.arguments)
        self.buffers = buffers.assign(program, laid, share=reader is None)
        self.arrays: dict[Memory, Array] = {}
        self._move_tensors()
        self._emit(argument_names)
        self._bind(otherwise)
        self.is_verified = False
        self.changed = ""
        self.is_surprised = False
        self.settle()

    # --- what must be kept ----------------------------------------------------------------------------

    def _keep(self, program: Any) -> None:
        self.gradients: list[tuple[Tensor, Tensor | None]] = []
        for tensor, gradient in self.trace.gradients.items():
            if gradient is None or type(array_of(gradient)) is not Symbol:
                self.gradients.append((tensor, gradient))
                continue
            symbol = array_of(gradient)
            program.kept.add(symbol.memory)
            self._outputs.append((tensor, symbol))
        program.kept.update(symbol.memory for symbol in self.trace.results().values())
        program.kept.update(read for number in self.trace.numbers() for read in number.reads)

    def _flatten(self, program: Any) -> list[Flat]:
        flats = flatten(program, self._movable)
        placed = {member for flat in flats for member in flat.members}
        parameters = [
            memory for memory, tensor in self.trace.tensors.items()
            if tensor._requires_grad and memory not in placed and memory.array.flags.c_contiguous
        ]  # fmt: skip
        order = {
            id(tensor): position
            for position, tensor in enumerate(
                one
                for optimizer in self.trace.optimizers
                for group in optimizer.param_groups
                for one in group["params"]
            )
        }
        parameters.sort(key=lambda memory: order.get(id(memory.owner), len(order)))
        if len(parameters) > 1 and len({m.array.dtype for m in parameters}) == 1 and self._movable(parameters):
            flats.append(Flat.of(parameters))
        of_tensor = {id(tensor): symbol.memory for tensor, symbol in self._outputs if _is_whole(symbol)}
        gradients = [of_tensor[id(memory.owner)] for memory in parameters if id(memory.owner) in of_tensor]
        gradients = [memory for memory in gradients if memory not in placed]
        if len(gradients) > 1 and len({memory.array.dtype for memory in gradients}) == 1:
            flats.append(Flat.of(gradients))
        return flats

    def _movable(self, members: list[Memory]) -> bool:
        if laid_out([member.array for member in members]) is not None:
            return True
        return all(member in self.trace.sole for member in members)

    def _move_tensors(self) -> None:
        """Lays parameters, and what optimizers keep for them, one behind the other."""
        for flat in self.flats:
            if flat.members[0].kind is Kind.TENSOR:
                self.arrays[flat.memory] = lay_out([member.owner for member in flat.members])

    def _lay_followers(self) -> Iterator[tuple[Array, Array]]:
        """The numbers of the first model, (P,), and those of all others of an ensemble, (N - 1, P), P by P."""
        followers = self.trace.followers
        groups = [flat.members for flat in self.flats if all(member in followers for member in flat.members)]
        grouped = {member for group in groups for member in group}
        for group in [*groups, *([memory] for memory in followers if memory not in grouped)]:
            each = zip(*(followers[memory] for memory in group), strict=True)
            numbers = lay_out([tensor for tensors in each for tensor in tensors])
            first = laid_out([memory.owner._array for memory in group]) if len(group) > 1 else None
            yield group[0].owner._array if first is None else first, numbers.reshape(-1, len(group))

    # --- text -----------------------------------------------------------------------------------------

    def _emit(self, argument_names: Sequence[str]) -> None:
        trace = self.trace
        given: dict[int, str] = {}
        for tensor, name in [*trace.names, *names(trace)]:
            given.setdefault(id(tensor), identifier(name))
        for tensor, name in names_of_state(trace, given):
            given.setdefault(id(tensor), name)
        memory_names: dict[Memory, str] = {}
        taken = {*RESERVED, *trace.options}
        wanted = [*argument_names, *(name for _, name, _ in trace.data)]
        self.argument_names = [unique(identifier(name), taken) for name in wanted]
        for memory in trace.arguments:
            memory_names[memory] = self.argument_names[memory.owner]
        used = {symbol.memory for one in trace.program.instructions for symbol in [*one.symbols(), one.result]
                if symbol is not None} | {member for flat in self.flats for member in flat.members}  # fmt: skip
        used |= {symbol.memory for symbol in trace.results().values()}
        for memory, tensor in trace.tensors.items():
            if memory in used:
                memory_names[memory] = given.get(id(tensor), "data")
        leaves = {id(one._grad) for one in trace.tensors.values() if one._grad is not None}
        gradients = {memory for memory, tensor in trace.tensors.items() if id(tensor) in leaves}
        for tensor, symbol in self._outputs:
            if symbol.size == symbol.memory.array.size and symbol.memory.kind is Kind.TEMPORARY:
                gradients.add(symbol.memory)
                memory_names.setdefault(symbol.memory, f"{given.get(id(tensor), 'parameter')}_grad")
        for array in trace.results().values():
            if array.memory.kind is Kind.TEMPORARY and _is_whole(array):
                memory_names.setdefault(array.memory, "loss" if array.ndim == 0 else "result")
        modules = [one for root in trace.origins.roots for one in root.named_modules()]
        layers = {str(id(module)): Layer(type(module).__name__, name) for name, module in modules[::-1]}
        if trace.origins.reader is not None:
            memory_names.update(trace.origins.reader.names)
        emitter = self.emitter = (Emitter if trace.origins.reader is None else trace.origins.reader.emitter)(
            trace.program, self.flats, self.buffers, memory_names, layers,
            list(zip(self.argument_names, self.guards.arrays, strict=True)), trace.origins.values,
            trace.origins.cotangents, taken, gradients,
        )  # fmt: skip
        emitter.lay_out()
        emitter.write()
        numbers = [*trace.numbers(), *(part for one in trace.program.instructions for part in one.numbers())]
        self.run_options = {name for one in numbers for name in one.names}
        read = self.run_options | trace.recorder.asked
        self.options = {name: option for name, option in trace.options.items() if name in read}

    @property
    def head(self) -> str:
        """The first line of the step."""
        return f"def step({', '.join(self.argument_names)}):"

    # --- functions ------------------------------------------------------------------------------------

    def _bind(self, otherwise: Callable[..., Any]) -> None:
        emitter = self.emitter
        space: dict[str, Any] = {"np": np, "math": math}
        for name, thing in emitter.bound.items():
            if isinstance(thing, Memory):
                owner = thing.owner
                thing = self.arrays.get(thing, array_of(owner) if isinstance(owner, Tensor) else thing.array)
            space[name] = thing
        space.update((name, place.get()) for name, place in self.options.items())
        results = [f"{emitter.name_of(symbol)}.copy()" for symbol in self.trace.results().values()]
        results += [bare(emitter.text(number)) for number in self.trace.numbers()]
        ending = [f"return {', '.join(results)}"] if results else []
        outputs = [(tensor, emitter.name_of(symbol)) for tensor, symbol in self._outputs]
        lines = [*emitter.live_lines, *emitter.options_lines(), *emitter.step_lines(self.head, ending)]
        text = "\n".join(lines)
        called = re.compile(r"^( +)np\.(\w+)(?=\()", re.MULTILINE)  # which Python finds sooner under names of their own
        space.update((f"np__{name}", getattr(np, name)) for _, name in called.findall(text))
        exec(builtins.compile(called.sub(r"\1np__\2", text), "<compiled step>", "exec"), space)
        self.step = space["step"]
        self.gradients += [(tensor, wrap(eval(name, space))) for tensor, name in outputs]
        for tensor, gradient in list(self.gradients):
            for position, member in enumerate(self.trace.members.get(id(tensor), ())):
                self.gradients.append((member, None if gradient is None else wrap(gradient._array[position, ...])))
        alike = [self.arrays[flat.memory] for flat in self.flats if flat.alike]
        self.followers = list(self._lay_followers())
        self.entry = Entry(
            self.guards, self.step, space["set_options"], self.options, self.gradients, otherwise, alike,
            self.followers, self._surprised,
        )  # fmt: skip

    def settle(self) -> None:
        """Notes where tensors are now that all are laid out."""
        written = [
            memory.owner._array
            for memory in self.trace.program.overwritten()
            if memory.kind is Kind.TENSOR and memory.owner is not None
        ]
        written += [self.arrays[flat.memory] for flat in self.flats if flat.memory in self.arrays]
        self.guards.settle([*written, *(numbers for _, numbers in self.followers)])
        self.entry.settle()

    def run(self, args: tuple[Any, ...]) -> Any:
        """The result for these arguments; `MISFIT` where it does not fit."""
        if self.is_surprised or not (self.guards.takes_tensors or self.guards.agrees_with(args)):
            return MISFIT
        result = self.entry.call(*(args if self.guards.takes_tensors else tensors_in(args)), MISFIT)
        if result is not MISFIT and not self.is_verified:
            self._verify(result)
        return result

    def _verify(self, result: Any) -> None:
        """Compares what the first run left behind with what the trace had computed, bit for bit.

        RuntimeError, after the values of before were put back, when they differ, unless other threads drew from the
        same generators meanwhile.
        """
        trace = self.trace
        found = [
            (memory.array if memory.kind is Kind.ARGUMENT else memory.owner._array, expected)
            for memory, expected in trace.final.items()
        ]
        tensors = [now for then, now in pairs_of(trace.result, result) if isinstance(then, Tensor)]
        found += [(tensor._array, expected) for tensor, expected in zip(tensors, trace.outputs, strict=True)]
        found += [(tensor._grad._array, symbol.array) for tensor, symbol in self._outputs if tensor._grad is not None]
        if not all(_same_bits(actual, expected) for actual, expected in found) and trace.drew_the_same():
            for memory, before in trace.recorder.backups.items():
                np.copyto(memory.array if memory.kind is Kind.ARGUMENT else memory.owner._array, before)
            raise RuntimeError(
                "numpynet.compile went wrong: the compiled step does not give the bits that it gave when it was "
                "traced. Parameters are as before. Use the step without compiling it, and please report this."
            )
        self.forget()

    def forget(self) -> None:
        """Ends the verification, and lets go of what only that needed: the values of the trace."""
        self.is_verified = True
        self.trace.forget(symbol for _, symbol in self._outputs)

    def _surprised(self) -> None:
        self.is_surprised = True

    def values(self) -> dict[str, Tensor]:
        """Everything that the program computes, by its name, as the last run left it."""
        space = self.step.__globals__
        results = (one.result.memory for one in self.trace.program.instructions if one.result is not None)
        names = [self.emitter.names[memory] for memory in dict.fromkeys(results) if memory in self.emitter.names]
        return {name: wrap(space[name].copy()) for name in names if isinstance(space.get(name), np.ndarray)}


def names(trace: Trace) -> Iterator[tuple[Tensor, str]]:
    """Tensors with the names that the user knows them by: of parameters in a model, of variables, of attributes."""
    roots = [one for one in trace.origins.roots if any(True for _ in one.parameters())]
    called = {id(thing): f"{name.rpartition('.')[2]}." for thing, name in trace.reads.names.values()}
    things = [thing for thing, _ in trace.reads.names.values()]
    for thing in [*trace.origins.roots, *things]:
        if isinstance(thing, Module):
            prefix = called.get(id(thing), "") if len(roots) > 1 and thing in roots else ""
            yield from ((tensor, prefix + name) for name, tensor in thing.named_parameters())
            yield from ((tensor, prefix + name) for name, tensor in thing.named_buffers())
    for thing, name in trace.reads.names.values():
        if isinstance(thing, Tensor):
            yield thing, name.rpartition(".")[2]


def names_of_state(trace: Trace, given: dict[int, str]) -> Iterator[tuple[Tensor, str]]:
    """Tensors that belong to others, with names made of theirs: gradients, what optimizers keep, and options."""
    states = [one for optimizer in trace.optimizers for one in optimizer.state.items() if isinstance(one[1], dict)]
    for parameter, state in states:
        stem = given.get(id(parameter), "parameter")
        yield from ((one, f"{stem}_{identifier(str(key))}") for key, one in state.items() if isinstance(one, Tensor))
    for one in trace.tensors.values():
        if one._grad is not None:
            yield one._grad, f"{given.get(id(one), 'parameter')}_grad"
    yield from ((one, identifier(key)) for _, key, one in trace.fixed_options if isinstance(one, Tensor))


def _is_whole(symbol: Symbol) -> bool:
    return symbol.base_symbol is None and symbol.array is symbol.memory.array


def _same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays are equal to the bit, which tells −0 from 0; one NaN is like another."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return a.tobytes() == b.tobytes() or (np.nan_to_num(a, nan=0.25).tobytes() == np.nan_to_num(b, nan=0.25).tobytes()
                                          and np.array_equal(np.isnan(a), np.isnan(b)))  # fmt: skip
