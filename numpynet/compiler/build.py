"""Build: from a trace to functions that can be called."""

from __future__ import annotations

import builtins
import math
import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from numpynet import rearrangement
from numpynet.autograd import tape
from numpynet.autograd.grad_mode import flags as grad_flags
from numpynet.autograd.grad_mode import silencer
from numpynet.compiler import buffers, passes
from numpynet.compiler.emit import Emitter
from numpynet.compiler.errors import CompileError
from numpynet.compiler.flat import Flat, flatten, laid_out
from numpynet.compiler.naming import RESERVED, Layer, identifier, unique
from numpynet.compiler.report import watched
from numpynet.compiler.source import source
from numpynet.compiler.surroundings import Code, contents, is_data, layer_names, may_change_inside, names
from numpynet.compiler.symbol import Array, Kind, Memory, Symbol
from numpynet.compiler.trace import Option, Trace, state_outline, tensors_in
from numpynet.dtypes import default_numpy_dtype
from numpynet.tensor import Tensor, wrap


class Built:
    """A step compiled for arguments of certain shapes and dtypes, and for the surroundings of its trace.

    call: runs it, and gives what the step returns; calls `otherwise` with its arguments when they do not fit it.
    """

    def __init__(
        self,
        step: Callable[..., Any],
        args: tuple[Any, ...],
        argument_names: Sequence[str],
        code: Code,
        otherwise: Callable[..., Any],
        trace: Trace,
    ) -> None:
        self.trace = trace
        self.variables = code.variables
        self.values = [variable.value() for variable in self.variables]
        self.attributes = code.attributes
        self.outline = outline(args)
        self.grad_enabled = grad_flags.enabled
        self.default_dtype = default_numpy_dtype()
        self.implicit = [one for one, value in zip(self.variables, self.values, strict=True) if is_data(value)]
        self.insides = [
            (one, contents(one, self.attributes)) for one in [code.owner, *self.values] if may_change_inside(one)
        ]
        self.explicit = list(tensors_in(args))
        self.takes_tensors = all(isinstance(one, Tensor) for one in args)
        self.argument_arrays = [one._array for one in [*self.explicit, *(v.value() for v in self.implicit)]]
        arrays = self.argument_arrays
        self.twins = [
            (first, position)
            for position, array in enumerate(arrays)
            if (first := next(number for number, one in enumerate(arrays) if one is array)) != position
        ]
        self.kinds = [_kind(array) for array in self.argument_arrays]
        program = trace.program
        self._outputs: list[tuple[Tensor, Symbol]] = []
        self._results: list[str] = []
        self._given: list[Any] = []
        self._keep(program)
        self.passes = watched(program, passes.optimize)
        self.flats = self._flatten(program)
        laid = {member for flat in self.flats for member in flat.members} | {flat.memory for flat in self.flats}
        laid |= set(trace.tensors) | set(trace.arguments)
        self.buffers = buffers.assign(program, laid)
        self.arrays: dict[Memory, Array] = {}
        self._move_tensors()
        self._emit(step, argument_names)
        self._bind(otherwise)
        self.is_verified = False
        self.settle()

    # --- what must be kept ----------------------------------------------------------------------------

    def _keep(self, program: Any) -> None:
        self.gradients: list[tuple[Tensor, Tensor | None]] = []
        for tensor, gradient in self.trace.gradients.items():
            if gradient is None or type(gradient.__dict__["_array"]) is not Symbol:
                self.gradients.append((tensor, gradient))
                continue
            symbol = gradient.__dict__["_array"]
            program.kept.add(symbol.memory)
            self._outputs.append((tensor, symbol))
        for tensor in tensors_in(self.trace.result):
            array = tensor.__dict__["_array"]
            if type(array) is Symbol:
                program.kept.add(array.memory)

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
            flats.append(_flat(parameters))
        of_tensor = {id(tensor): symbol.memory for tensor, symbol in self._outputs if _is_whole(symbol)}
        gradients = [of_tensor[id(memory.owner)] for memory in parameters if id(memory.owner) in of_tensor]
        gradients = [memory for memory in gradients if memory not in placed]
        if len(gradients) > 1 and len({memory.array.dtype for memory in gradients}) == 1:
            flats.append(_flat(gradients))
        return flats

    def _movable(self, members: list[Memory]) -> bool:
        if laid_out([member.array for member in members]) is not None:
            return True
        return all(member in self.trace.sole for member in members)

    def _move_tensors(self) -> None:
        """Lays parameters, and what optimizers keep for them, one behind the other."""
        for flat in self.flats:
            if flat.kind is not Kind.TENSOR:
                continue
            known = laid_out([member.array for member in flat.members])
            if known is None:
                known = np.zeros(flat.memory.array.size, flat.memory.array.dtype)
                for member, first, last in flat.bounds():
                    part = known[first:last].reshape(member.array.shape)
                    part[...] = member.array
                    member.owner._array = part
                rearrangement.count[0] += 1
            self.arrays[flat.memory] = known

    # --- text -----------------------------------------------------------------------------------------

    def _emit(self, step: Callable[..., Any], argument_names: Sequence[str]) -> None:
        trace = self.trace
        given: dict[int, str] = {}
        for tensor, name in [*trace.names, *names(step, trace.roots)]:
            given.setdefault(id(tensor), identifier(name))
        memory_names: dict[Memory, str] = {}
        taken = {*RESERVED, *trace.options}
        wanted = [*argument_names, *(variable.name for variable in self.implicit)]
        self.argument_names = [unique(identifier(name), taken) for name in wanted]
        for memory in trace.arguments:
            memory_names[memory] = self.argument_names[memory.owner]
        used = {symbol.memory for one in trace.program.instructions for symbol in [*one.symbols(), one.result]
                if symbol is not None} | {member for flat in self.flats for member in flat.members}  # fmt: skip
        for memory, tensor in trace.tensors.items():
            if memory in used:
                memory_names[memory] = given.get(id(tensor)) or self._state_name(tensor, given) or "data"
        for tensor, symbol in self._outputs:
            if _is_whole(symbol) and symbol.memory.kind is Kind.TEMPORARY:
                memory_names.setdefault(symbol.memory, f"{given.get(id(tensor), 'parameter')}_grad")
        results = list(tensors_in(trace.result))
        for tensor in results:
            array = tensor.__dict__["_array"]
            if type(array) is Symbol and array.memory.kind is Kind.TEMPORARY and _is_whole(array):
                memory_names.setdefault(array.memory, "loss" if array.ndim == 0 else "result")
        layers = {key: Layer(*label.partition(" ")[::2]) for key, label in layer_names(trace.roots).items()}
        emitter = self.emitter = Emitter(
            trace.program, self.flats, self.buffers, memory_names, layers,
            list(zip(self.argument_names, self.argument_arrays, strict=True)), trace.values, trace.cotangents, taken,
        )  # fmt: skip
        emitter.lay_out()
        emitter.write()
        self.result_text = self._result_text(trace.result)
        text = " ".join([emitter.code, *(expression for expression, _ in trace.recorder.answers)])
        self.options = {
            name: option for name, option in trace.options.items() if re.search(rf"\b{re.escape(name)}\b", text)
        }

    def _state_name(self, tensor: Tensor, given: dict[int, str]) -> str:
        for optimizer in self.trace.optimizers:
            for parameter, state in optimizer.state.items():
                for name, value in state.items() if isinstance(state, dict) else ():
                    if value is tensor:
                        return f"{given.get(id(parameter), 'parameter')}_{identifier(str(name))}"
        for one in self.trace.tensors.values():
            if one._grad is tensor:
                return f"{given.get(id(one), 'parameter')}_grad"
        return next((identifier(key) for _, key, value in self.trace.fixed_options if value is tensor), "")

    def _result_text(self, result: Any) -> str:
        """The expression for what the step returns, in the wrapper's names."""
        if isinstance(result, Tensor):
            array = result.__dict__["_array"]
            if type(array) is Symbol:
                self._results.append(self.emitter.name_of(array))
                return f"wrapped(output_{len(self._results) - 1}.copy())"
        if type(result) in (tuple, list):
            inner = ", ".join(map(self._result_text, result))
            return f"[{inner}]" if type(result) is list else f"({inner}{',' if len(result) == 1 else ''})"
        if type(result) is dict:
            return "{" + ", ".join(f"{key!r}: {self._result_text(value)}" for key, value in result.items()) + "}"
        self._given.append(result)
        return f"given_{len(self._given) - 1}"

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
                thing = self.arrays.get(thing, owner.__dict__["_array"] if isinstance(owner, Tensor) else thing.array)
            space[name] = thing
        space.update((name, option.value()) for name, option in self.options.items())
        text = [*emitter.live_lines, *emitter.options_lines(), *emitter.step_lines(self.head)]
        _execute("\n".join(text), space, "compiled step")
        self.step = space["step"]
        self.guards = guards = self._guards(otherwise)
        guards.update((f"output_{position}", eval(name, space)) for position, name in enumerate(self._results))
        guards.update((f"given_{position}", value) for position, value in enumerate(self._given))
        guards.update(step=self.step, set_options=space.get("set_options"))
        _execute("\n".join(self._wrapper_lines()), guards, "guards of a compiled step")
        self.call = guards["call"]
        guards["run"] = silencer()
        guards["refresh"]()
        for tensor, symbol in self._outputs:
            array = eval(emitter.name_of(symbol), space)
            self.gradients.append((tensor, wrap(array)))
        for position, (tensor, gradient) in enumerate(self.gradients):
            guards[f"of_{position}"], guards[f"gradient_{position}"] = tensor, gradient

    def _guards(self, otherwise: Callable[..., Any]) -> dict[str, Any]:
        space: dict[str, Any] = {
            "otherwise": otherwise, "count": rearrangement.count, "flags": grad_flags, "seen": [rearrangement.count[0]],
            "still_holds": self._still_holds, "fits": self._fits, "new": object.__new__, "Tensor": Tensor,
            "wrapped": wrap, "last": [None] * (len(self.explicit) + len(self.implicit)), "busy": [False],
            "contents": contents, "attributes": self.attributes, "refuse_threads": _refuse_threads,
        }  # fmt: skip
        for position, (value, before) in enumerate(self.insides):
            space[f"outside_{position}"], space[f"inside_{position}"] = value, before
        for position, (variable, value) in enumerate(zip(self.variables, self.values, strict=True)):
            space[f"holder_{position}"], space[f"value_{position}"] = variable.holder, value
        for position, (counter, _) in enumerate(self.trace.counters):
            space[f"counter_{position}"] = counter
        self._groups: list[tuple[dict[str, Any], list[str], int]] = []
        for group in {id(group): group for group, _, _ in self.trace.fixed_options}.values():
            fixed = [key for one, key, value in self.trace.fixed_options
                     if one is group and key != "params" and not isinstance(value, Tensor)]  # fmt: skip
            used = [option.key for option in self.options.values() if option.group is group]
            keys = list(dict.fromkeys([*used, *fixed]))
            if len(keys) < 2:
                keys = [key for key in group if key != "params"][:2] or ["params", "params"]
            position = len(self._groups)
            self._groups.append((group, keys, len(set(used))))
            space[f"group_{position}"], space[f"options_{position}"] = group, itemgetter(*keys)
            space[f"parameters_{position}"] = group["params"]
        for position, (tensor, gradient) in enumerate(self.trace.needed_gradients.items()):
            space[f"needing_{position}"], space[f"needed_{position}"] = tensor, gradient
        return space

    def _wrapper_lines(self) -> list[str]:
        explicit = [f"argument_{position}" for position in range(len(self.explicit))]
        checks = ["count[0] != seen[0]", f"flags.enabled is not {self.grad_enabled}"]
        fetch: list[str] = []
        for position, (variable, value) in enumerate(zip(self.variables, self.values, strict=True)):
            text = variable.text(f"holder_{position}")
            if is_data(value):
                fetch.append(f"implicit_{len(fetch)} = {text}")
            else:
                checks.append(f"{text} is not value_{position}")
        checks += [f"group_{position}['params'] is not parameters_{position}" for position in range(len(self._groups))]
        checks += [
            f"needing_{position}._grad is not needed_{position}"
            for position, tensor in enumerate(self.trace.needed_gradients)
        ]
        checks += [
            f"contents(outside_{position}, attributes) != inside_{position}" for position in range(len(self.insides))
        ]
        tensors = [*explicit, *(f"implicit_{position}" for position in range(len(fetch)))]
        setting = ", ".join(f"{name}={name}" for name in self.options)
        lines = [
            "def refresh():",
            f"    global {', '.join(f'current_{p}' for p in range(len(self._groups)))}" if self._groups else "    pass",
            *(f"    {name} = {self._option_text(option)}" for name, option in self.options.items()),
            *(f"    if ({expression}) != {answer!r}: return False" for expression, answer in self._answers()),
            *(f"    current_{p} = options_{p}(group_{p})" for p in range(len(self._groups))),
            f"    set_options({setting})" if self.options else "    pass",
            "    return True",
            f"def call({', '.join(explicit)}):",
            *(f"    {line}" for line in fetch),
            f"    if {' or '.join(checks)}:",
            f"        if not still_holds(): return otherwise({', '.join(explicit)})",
            "        seen[0] = count[0]",
            "        last[:] = [None] * len(last)",
        ]
        for position, tensor in enumerate(tensors):
            lines += [
                f"    if {tensor} is not last[{position}]:",
                f"        if not fits({position}, {tensor}): return otherwise({', '.join(explicit)})",
                f"        last[{position}] = {tensor}",
            ]
        for first, second in self.twins:
            lines.append(f"    if {tensors[first]}._array is not {tensors[second]}._array:")
            lines.append(f"        return otherwise({', '.join(explicit)})")
        for position, (_, _, numbers) in enumerate(self._groups):
            lines += [
                f"    now = options_{position}(group_{position})",
                f"    if now != current_{position}:",
                f"        if now[{numbers}:] != current_{position}[{numbers}:] and not still_holds() or not refresh():",
                f"            return otherwise({', '.join(explicit)})",
            ]
        lines += [
            "    if busy[0]: refuse_threads()",
            "    busy[0] = True",
            "    try:",
            f"        run({', '.join(['step', *(f'{tensor}._array' for tensor in tensors)])})",
            *(f"        counter_{p}[0] += {times}" for p, (_, times) in enumerate(self.trace.counters)),
            *(f"        of_{p}._grad = gradient_{p}" for p in range(len(self.gradients) + len(self._outputs))),
        ]
        match = re.fullmatch(r"wrapped\((\w+)\.copy\(\)\)", self.result_text)
        if match:  # the commonest result, without a call
            lines += ["        result = new(Tensor)", f"        result._array = {match[1]}.copy()",
                      "        result._writes = [0]", "        return result"]  # fmt: skip
        else:
            lines.append(f"        return {self.result_text}")
        lines += ["    finally:", "        busy[0] = False"]
        return lines

    def _option_text(self, option: Option) -> str:
        """How the value of an option is read."""
        position = next(position for position, (group, _, _) in enumerate(self._groups) if group is option.group)
        return f"group_{position}[{option.key!r}]" + ("" if option.position is None else f"[{option.position}]")

    def _answers(self) -> list[tuple[str, Any]]:
        return list(dict.fromkeys(self.trace.recorder.answers))

    # --- does it still fit? ---------------------------------------------------------------------------

    def _fits(self, position: int, tensor: Any) -> bool:
        if not isinstance(tensor, Tensor) or tensor._requires_grad or _kind(tensor._array) != self.kinds[position]:
            return False
        array = tensor._array
        if array.base is None and id(array) not in self._written_ids:
            return True
        return not any(np.may_share_memory(array, one) for one in self._written)

    def _still_holds(self) -> bool:
        """Whether everything around the step is as it was when it was traced."""
        trace = self.trace
        if grad_flags.enabled is not self.grad_enabled or default_numpy_dtype() is not self.default_dtype:
            return False
        if tape.pull_examined is not None:  # set by detect_anomaly()
            return False
        if any(contents(value, self.attributes) != before for value, before in self.insides):
            return False
        for variable, value in zip(self.variables, self.values, strict=True):
            now = variable.value()
            if is_data(value):
                if not is_data(now):
                    return False
            elif now is not value and not (_is_plain(value) and contents(now, ()) == contents(value, ())):
                return False
        for tensor, array, requires_grad, hooks in self._tensor_states:
            if tensor._array is not array or tensor._requires_grad is not requires_grad or _hooks(tensor) != hooks:
                return False
        for module, name, value in trace.reads.values():
            now = module.__dict__.get(name, getattr(type(module), name, None))
            if now is not value and not (
                (_is_plain(value) or type(value) in (dict, list)) and contents(now, ()) == contents(value, ())
            ):
                return False
        for group, key, value in trace.fixed_options:
            now = group.get(key)
            if isinstance(value, list):
                if not isinstance(now, list) or list(map(id, now)) != list(map(id, value)):
                    return False
            elif now is not value and (isinstance(value, Tensor) or now != value):
                return False
        for optimizer, count, states in self._optimizer_states:
            if len(optimizer.param_groups) != count or states != _states(optimizer):
                return False
        return all(tensor._grad is gradient for tensor, gradient in trace.needed_gradients.items())

    def settle(self) -> None:
        """Notes where tensors are now that all are laid out."""
        self._tensor_states = [
            (tensor, tensor._array, tensor._requires_grad, _hooks(tensor)) for tensor in self.trace.tensors.values()
        ]
        self._optimizer_states = [
            (optimizer, len(optimizer.param_groups), _states(optimizer)) for optimizer in self.trace.optimizers
        ]
        self._written = [
            memory.owner._array
            for memory in self.trace.program.overwritten()
            if memory.kind is Kind.TENSOR and memory.owner is not None
        ]
        self._written += [self.arrays[flat.memory] for flat in self.flats if flat.kind is Kind.TENSOR]
        self._written_ids = set(map(id, self._written))
        self.guards["seen"][0] = rearrangement.count[0]

    def run(self, args: tuple[Any, ...]) -> Any:
        """Runs it with arguments that it matches."""
        result = self.call(*(args if self.takes_tensors else tensors_in(args)))
        if not self.is_verified:
            self._verify(result)
        return result

    def _verify(self, result: Any) -> None:
        """Compares what the first run left behind with what the trace had computed, bit for bit.

        RuntimeError, after the values of before were put back, when they differ.
        """
        trace = self.trace
        found = [
            (memory.array if memory.kind is Kind.ARGUMENT else memory.owner._array, expected)
            for memory, expected in trace.final.items()
        ]
        found += [(tensor._array, expected) for tensor, expected in zip(tensors_in(result), trace.outputs, strict=True)]
        found += [(tensor._grad._array, symbol.array) for tensor, symbol in self._outputs if tensor._grad is not None]
        if not all(_same_bits(actual, expected) for actual, expected in found):
            for memory, before in trace.recorder.backups.items():
                np.copyto(memory.array if memory.kind is Kind.ARGUMENT else memory.owner._array, before)
            raise RuntimeError(
                "numpynet.compile went wrong: the compiled step does not give the bits that it gave when it was "
                "traced. Parameters are as before. Use the step without compiling it, and please report this."
            )
        self.is_verified = True
        trace.final.clear()
        trace.outputs.clear()
        trace.recorder.backups.clear()

    def source(self, name: str) -> str:
        """The whole program as a file of its own. name: of the step."""
        return source(self, name)

    def matches(self, args: tuple[Any, ...]) -> bool:
        """Whether it can run with these arguments, now."""
        if outline(args) != self.outline or not self._still_holds():
            return False
        tensors = [*tensors_in(args), *(variable.value() for variable in self.implicit)]
        if not all(self._fits(position, tensor) for position, tensor in enumerate(tensors)):
            return False
        if any(tensors[first]._array is not tensors[second]._array for first, second in self.twins):
            return False
        return bool(self.guards["refresh"]())


def _states(optimizer: Any) -> dict[Any, Any]:
    return {id(key): state_outline(value) for key, value in optimizer.state.items()}


def _hooks(tensor: Tensor) -> tuple[Any, ...]:
    return *(tensor._hooks or ()), *(tensor._accumulate_hooks or ())


def _flat(members: list[Memory]) -> Flat:
    array = np.concatenate([member.array.reshape(-1) for member in members])
    return Flat(Memory(members[0].kind, array), members)


def _is_whole(symbol: Symbol) -> bool:
    return symbol.base_symbol is None and symbol.array is symbol.memory.array


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str, bytes, tuple, type(None)))


def _same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays are equal to the bit, which tells −0 from 0; one NaN is like another."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return a.tobytes() == b.tobytes() or (np.nan_to_num(a, nan=0.25).tobytes() == np.nan_to_num(b, nan=0.25).tobytes()
                                          and np.array_equal(np.isnan(a), np.isnan(b)))  # fmt: skip


def _refuse_threads() -> None:
    raise RuntimeError("a compiled step is called while another thread runs it: compile one for each thread")


def _kind(array: Array) -> tuple[Any, ...]:
    return array.shape, array.strides, array.dtype


def outline(part: Any) -> Any:
    """Arguments with tensors left out: what must be equal for a program to be used again.

    CompileError for a tensor that requires a gradient and for a NumPy array.
    """
    if isinstance(part, Tensor):
        if part._requires_grad:
            raise CompileError(
                "an argument of a compiled step requires a gradient: let the step refer to such a tensor by its name, "
                "and pass data alone"
            )
        return Tensor
    if isinstance(part, (tuple, list)):
        return type(part), tuple(map(outline, part))
    if isinstance(part, dict):
        return dict, tuple((key, outline(value)) for key, value in part.items())
    if isinstance(part, np.ndarray):
        raise CompileError("an argument of a compiled step is a NumPy array: pass numpynet.from_numpy(array)")
    return contents(part, ()) if _is_plain(part) else part


def _execute(text: str, space: dict[str, Any], name: str) -> None:
    exec(builtins.compile(text, f"<{name}>", "exec"), space)
