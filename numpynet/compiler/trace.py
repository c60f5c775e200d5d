"""Trace: one run of a training step with symbols in the place of arrays.

While it runs, what a step can get at leads through gates: `Tensor._array` gives symbols, `Optimizer.param_groups`
gives numbers that may change, reading a module's attribute is noted. Afterwards everything is as it was before: arrays,
gradients, the state of optimizers and of the random generator. What the step changed is in the program.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from numpynet.compiler.arrays import array_of, set_array_of
from numpynet.compiler.errors import CompileError, place
from numpynet.compiler.number import Number
from numpynet.compiler.program import Origin, Program
from numpynet.compiler.recorder import Recorder
from numpynet.compiler.symbol import Array, Kind, Memory, Symbol
from numpynet.core import epoch, tape
from numpynet.core.listening import Listener, listening
from numpynet.core.modes import flags as grad_flags
from numpynet.core.tape import Node, OpNode
from numpynet.core.tensor import Tensor, record
from numpynet.nn.modules.module import Module, Registered
from numpynet.optim.lr_scheduler import LRScheduler
from numpynet.optim.optimizer import Optimizer
from numpynet.random.generator import Generator

DRAWS = (
    "uniform", "normal", "normal_elementwise", "normal_around", "log_normal", "exponential", "cauchy", "geometric",
    "integers", "nonnegative_integers", "permutation", "bernoulli", "bernoulli_array", "multinomial",
)  # fmt: skip
_lock = threading.RLock()
_RECORD = record.__code__
_WALK_BACK = tape._walk_back.__code__


_tracing = threading.local()
_NOTHING: Any = object()


def is_tracing() -> bool:
    """Whether this thread is tracing a step right now."""
    return getattr(_tracing, "on", False)


class Option:
    """A number among the options of an optimizer: where it stands, and the name it has in the program."""

    def __init__(self, group: dict[str, Any], key: str, position: int | None, name: str) -> None:
        self.group, self.key, self.position, self.name = group, key, position, name

    def value(self) -> Any:
        """What it is now."""
        value = self.group[self.key]
        return value if self.position is None else value[self.position]


class TracedGroup(dict[str, Any]):
    """A parameter group whose numbers are `Number`s. It cannot be changed while the step is traced.

    read: the keys that were asked for.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        self.read = {"params"}

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        self.read.update(super().keys())
        return super().__iter__()

    def keys(self) -> Any:
        self.read.update(super().keys())
        return super().keys()

    def values(self) -> Any:
        self.read.update(super().keys())
        return super().values()

    def items(self) -> Any:
        self.read.update(super().keys())
        return super().items()

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise CompileError(
            f"{place()}: the options of an optimizer are changed inside the compiled step: do it outside, between calls"
        )

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = _refuse


class Trace:
    """What came of tracing a step once.

    program: the calls. result: what the step returned, with symbols in its tensors.
    gradients: `.grad` of tensors from outside as the step leaves it. needed_gradients: as it must be at the start.
    tensors: those from outside whose memory the program uses, by that memory. counters: of writes, and how many.
    options: the optimizers' numbers that the program depends on. fixed_options: (group, key, value) of those
        that it read and that are no numbers, which must stay.
    reads: (module, name, value) of the attributes that were read.
    final: the values that the memories from outside had at the end, of those that the step writes to.
    outputs: those of the tensors in the result.
    values: of what operations returned, where it comes from. cotangents: the value that each of them belongs to.
    """

    def __init__(
        self, step: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], implicit: list[Tensor]
    ) -> None:
        self.recorder = Recorder(self._origin)
        self.tensors: dict[Memory, Tensor] = {}
        self.gradients: dict[Tensor, Tensor | None] = {}
        self.needed_gradients: dict[Tensor, Tensor | None] = {}
        self.counters: list[tuple[list[int], int]] = []
        self.options: dict[str, Option] = {}
        self.fixed_options: list[tuple[dict[str, Any], str, Any]] = []
        self.optimizers: list[Optimizer] = []
        self.reads: dict[tuple[int, str], tuple[Module, str, Any]] = {}
        self.roots: list[Module] = []
        self.arguments: list[Memory] = []
        self.is_steady = True
        self.final: dict[Memory, Array] = {}
        self._thread = threading.get_ident()
        self.sole: set[Memory] = set()
        self.values: dict[Memory, Origin] = {}
        self.cotangents: dict[Memory, Memory] = {}
        self.names: list[tuple[Tensor, str]] = []
        self._returned: list[tuple[Tensor, Memory]] = []
        self._nodes: dict[Node, Memory] = {}
        self._adopted: dict[int, Symbol] = {}
        self._watched: list[tuple[list[int], int]] = []
        self._places: list[tuple[Tensor, Any, bool]] = []
        self._before: dict[Tensor, Tensor | None] = {}
        self._groups: dict[Optimizer, list[TracedGroup]] = {}
        self._states: dict[Optimizer, Any] = {}
        if tape.pull_examined is not None:
            raise CompileError("a compiled step has no tape to examine: call it outside detect_anomaly()")
        self._attributes: dict[tuple[Module, str], Any] = {}
        self._set_at: dict[tuple[Module, str], str] = {}
        self._overlapping: list[tuple[Memory, Memory]] = []
        for position, tensor in enumerate([*tensors_in((args, kwargs)), *implicit]):
            if id(tensor._array) not in self._adopted:
                self._adopt(tensor, tensor._array, Memory(Kind.ARGUMENT, tensor._array, position))
        with _lock, self._gates(), listening(Listener()):
            _tracing.on = True
            try:
                epoch.count[0] += 1  # so that other compiled steps look closer, and let themselves be traced
                self.result = step(*args, **kwargs)
                self._finish()
            finally:
                _tracing.on = False
        self.program = Program(self.recorder.instructions)

    # --- tensors --------------------------------------------------------------------------------------

    def _adopt(self, tensor: Tensor, array: Array, memory: Memory) -> Symbol:
        for other in [*self.tensors, *self.arguments]:
            if np.may_share_memory(array, other.array) and array.size:
                if Kind.ARGUMENT in (memory.kind, other.kind):
                    self._overlapping.append((memory, other))
                    continue
                if other in self.recorder.backups:
                    raise CompileError(f"{place()}: a tensor is used here whose memory another one has overwritten")
                memory = other
                break
        else:
            if memory.kind is Kind.ARGUMENT:
                self.arguments.append(memory)
            else:
                self.tensors[memory] = tensor
        symbol = self._adopted[id(array)] = Symbol(self.recorder, memory, array)
        self._watched.append((tensor._writes, tensor._writes[0]))
        self._places.append((tensor, tensor._node, tensor._requires_grad))
        return symbol

    def _get_array(self, tensor: Tensor) -> Any:
        array = array_of(tensor)
        if type(array) is Symbol or threading.get_ident() != self._thread:
            return array
        known = self._adopted.get(id(array))
        if known is not None:
            if known.memory.kind is Kind.ARGUMENT and tensor._requires_grad:
                raise CompileError(
                    f"{place()}: an argument of the compiled step is the memory of a tensor with a gradient: clone() it"
                )
            return known
        alone = sys.getrefcount(array) <= 3  # of the tensor, of this function, and of the call that counts
        symbol = self._adopt(tensor, array, Memory(Kind.TENSOR, array, tensor))
        if alone:
            self.sole.add(symbol.memory)
        return symbol

    def _set_array(self, tensor: Tensor, array: Any) -> None:
        if threading.get_ident() != self._thread:
            set_array_of(tensor, array)
            return
        old = array_of(tensor)
        if old is not None and type(old) is not Symbol:
            mine = self._get_array(tensor)
            if array is not mine:  # memory from outside stays, and takes the values
                self.recorder.copy_into(mine, array)
            return
        if type(array) is not Symbol:  # made in the step from Python values
            constant = self.recorder.symbol(np.asarray(array))
            array = self.recorder.copied(constant, constant.dtype, "K")
        set_array_of(tensor, array)
        self._returned.append((tensor, array.memory))
        origin = self._origin()
        if origin.operation and origin.direction == "forward":
            self.values.setdefault(array.memory, origin)

    def _get_gradient(self, tensor: Tensor) -> Tensor | None:
        gradient = tensor.__dict__.get("_grad")
        if threading.get_ident() != self._thread:
            return gradient
        if tensor not in self._before and type(array_of(tensor)) is not Symbol:
            self.needed_gradients.setdefault(tensor, gradient)
        return gradient

    def _set_gradient(self, tensor: Tensor, gradient: Tensor | None) -> None:
        if threading.get_ident() == self._thread:
            self._before.setdefault(tensor, tensor.__dict__.get("_grad"))
        tensor.__dict__["_grad"] = gradient

    # --- optimizers and modules -----------------------------------------------------------------------

    def _traced_groups(self, optimizer: Optimizer) -> Any:
        if threading.get_ident() != self._thread:
            return optimizer.__dict__["param_groups"]
        if optimizer not in self._groups:
            self.optimizers.append(optimizer)
            self._groups[optimizer] = [
                TracedGroup({key: self._traced(group, key, value) for key, value in group.items()})
                for group in optimizer.__dict__["param_groups"]
            ]
        return self._groups[optimizer]

    def _traced(self, group: dict[str, Any], key: str, value: Any) -> Any:
        """What the step finds in the place of an option."""
        if _is_number(value):
            return self._number(group, key, None, value)
        if _is_numbers(value):
            return tuple(self._number(group, key, position, one) for position, one in enumerate(value))
        return value

    def _fixed_options(self) -> Iterator[tuple[dict[str, Any], str, Any]]:
        for optimizer, groups in self._groups.items():
            for group, traced in zip(optimizer.__dict__["param_groups"], groups, strict=True):
                for key in group:
                    if key in traced.read and not _is_number(group[key]) and not _is_numbers(group[key]):
                        yield group, key, list(group[key]) if isinstance(group[key], list) else group[key]

    def _number(self, group: dict[str, Any], key: str, position: int | None, value: float) -> Number:
        stem = name = key if position is None else f"{key}_{position}"
        count = 1
        while name in self.options:
            count += 1
            name = f"{stem}_{count}"
        self.options[name] = Option(group, key, position, name)
        return Number(self.recorder, value, name)

    def _traced_state(self, optimizer: Optimizer) -> Any:
        if threading.get_ident() != self._thread:
            return optimizer.__dict__["state"]
        if optimizer not in self._states:
            state = optimizer.__dict__["state"]
            copied = state.copy()
            for key, value in state.items():
                copied[key] = dict(value) if isinstance(value, dict) else value
            self._states[optimizer] = copied
        return self._states[optimizer]

    def _read(self, module: Module, name: str) -> Any:
        value = object.__getattribute__(module, name)
        if threading.get_ident() != self._thread:
            return value
        if name in ("__dict__", "_modules", "_parameters", "_buffers"):  # by which all parts can be got at
            attributes = object.__getattribute__(module, "__dict__")
            for kind in ("_modules", "_parameters", "_buffers"):
                for part in list(attributes.get(kind, ())):
                    self._read(module, part)
        if name == "_hooked" or name in object.__getattribute__(module, "__dict__"):
            kept = value.copy() if type(value) in (dict, list, Registered) else value
            self.reads.setdefault((id(module), name), (module, name, kept))
        return value

    @contextmanager
    def _gates(self) -> Iterator[None]:
        generators: dict[Generator, Any] = {}

        def drawing(name: str) -> Callable[..., Any]:
            draw = Generator.__dict__[name]

            def noted(generator: Generator, *args: Any, **kwargs: Any) -> Any:
                if generator in busy or threading.get_ident() != self._thread:  # one draw calls another
                    return draw(generator, *args, **kwargs)
                generators.setdefault(generator, generator.state_array())
                busy.add(generator)
                try:
                    return self.recorder.draw(draw.__get__(generator), name, args, kwargs)
                finally:
                    busy.discard(generator)

            return noted

        busy: set[Generator] = set()
        gates: list[tuple[type, str, Any]] = [
            (Tensor, "_array", property(self._get_array, self._set_array)),
            (Tensor, "_grad", property(self._get_gradient, self._set_gradient)),
            (Module, "__setattr__", self._noted_setting()),
            (LRScheduler, "__setattr__", _refuse_schedule),
            (Optimizer, "param_groups", property(self._traced_groups, _refuse_setting)),
            (Optimizer, "state", property(self._traced_state, _refuse_setting)),
            (Module, "__getattribute__", self._read_gate()),
            *((Generator, name, drawing(name)) for name in DRAWS),
        ]
        originals = [owner.__dict__.get(name, _NOTHING) for owner, name, _ in gates]
        for owner, name, gate in gates:
            setattr(owner, name, gate)
        try:
            yield
        finally:
            for (owner, name, _), original in zip(gates, originals, strict=True):
                if original is _NOTHING:
                    delattr(owner, name)
                else:
                    setattr(owner, name, original)
            self._put_back()
            for generator, state in generators.items():
                generator.set_state_array(state)

    def _read_gate(self) -> Callable[[Module, str], Any]:
        return lambda module, name: self._read(module, name)

    def _noted_setting(self) -> Callable[[Module, str, Any], None]:
        plain = Module.__setattr__

        def noted(module: Module, name: str, value: Any) -> None:
            if threading.get_ident() == self._thread and name != "training":
                before = object.__getattribute__(module, "__dict__")
                self._attributes.setdefault((module, name), before.get(name, _NOTHING))
                self._set_at.setdefault((module, name), place())
            plain(module, name, value)

        return noted

    def _finish(self) -> None:
        """Notes what the step has changed, while the gates are still there."""
        for tensor in self._before:
            if type(array_of(tensor)) is not Symbol:
                gradient = tensor.__dict__.get("_grad")
                self.gradients[tensor] = gradient
        for tensor, node, requires_grad in self._places:
            if tensor._node is not node or tensor._requires_grad is not requires_grad:
                raise CompileError(
                    "a tensor from outside the compiled step is overwritten by an operation with a gradient, so that "
                    "every call would lengthen its history: do it under no_grad(), or on a clone()"
                )
        for (module, name), value in self._attributes.items():
            now = object.__getattribute__(module, "__dict__").get(name, _NOTHING)
            if now is not value and not (type(now) is type(value) in (bool, int, float, str) and now == value):
                raise CompileError(
                    f"{self._set_at[module, name]}: the attribute {name!r} of a module is set, which a compiled step "
                    f"would do once, and never again: change buffers in place, as in self.{name}.copy_(...), and do "
                    f"the rest outside the compiled step"
                )
        written = self.recorder.backups
        if any((a in written or b in written) and np.shares_memory(a.array, b.array) for a, b in self._overlapping):
            raise CompileError(
                "an argument of the compiled step shares memory with another tensor, and one of them is written to: "
                "clone() it first"
            )
        self.fixed_options = list(self._fixed_options())
        self.final = {memory: memory.array.copy() for memory in self.recorder.backups}
        arrays = [array_of(tensor) for tensor in tensors_in(self.result)]
        self.outputs = [array.array.copy() if type(array) is Symbol else array for array in arrays]
        self.counters = [(counter, counter[0] - before) for counter, before in self._watched if counter[0] != before]
        for optimizer, state in self._states.items():
            real = optimizer.__dict__["state"]
            if {key: state_outline(value) for key, value in real.items()} != {
                key: state_outline(value) for key, value in state.items() if value != {} or key in real
            }:
                self.is_steady = False
        if any(type(part) is Number for part in parts_of(self.result)):
            raise CompileError("a number that is computed from an optimizer's options is returned: return tensors")
        walked = bool(self.cotangents) or any(one is not None for one in self.gradients.values())
        if not walked and any(one._node is not None for one in tensors_in(self.result)):
            raise CompileError(
                "a tensor is returned that requires a gradient, but no backward() was called, and results of a "
                "compiled step have no history: compile the whole training step, or call it under no_grad()"
            )

    def results(self) -> list[Symbol]:
        """What stands in the place of arrays in the tensors that the step returns."""
        arrays = [array_of(tensor) for tensor in tensors_in(self.result)]
        return [array for array in arrays if type(array) is Symbol]

    def forget(self, gradients: Iterable[Symbol]) -> None:
        """Lets go of all values that arrays had while the step was traced. gradients: the symbols of these."""
        self.program.forget([*gradients, *self.results()])
        self.final.clear()
        self.outputs.clear()
        self.recorder.forget()

    def _put_back(self) -> None:
        self.recorder.active = False
        for (module, name), value in self._attributes.items():
            attributes = object.__getattribute__(module, "__dict__")
            if value is _NOTHING:
                attributes.pop(name, None)
            else:
                attributes[name] = value
        self._returned.clear()
        self._nodes.clear()
        for tensor, gradient in self._before.items():
            tensor.__dict__["_grad"] = gradient
        for counter, before in self._watched:
            counter[0] = before
        for tensor, node, requires_grad in self._places:
            tensor._node, tensor._requires_grad = node, requires_grad
        self.recorder.restore()

    # --- where calls come from ------------------------------------------------------------------------

    def _origin(self) -> Origin:
        """Reads the Python stack: which operation is at work, in which direction, in which layer."""
        direction, operation, layer = "forward", "", ""
        modules: list[Module] = []
        frame: Any = sys._getframe(2)
        while frame is not None:
            code = frame.f_code
            if code is _RECORD and not operation:
                operation = frame.f_locals["operation"].name
            elif code.co_name == "pull" and isinstance(frame.f_locals.get("self"), Node):
                direction, node = "backward", frame.f_locals["self"]
                known = isinstance(node, OpNode)
                operation = node.plan.operation.name if known else node.name().removesuffix("Backward")
                layer = self._layer_of(node, frame.f_locals.get("dy"))
            elif code is _WALK_BACK and direction == "forward":  # cotangents that meet are added up
                direction, operation = "backward", "accumulate"
            elif code is Optimizer.step.__code__:
                direction = "update"
            elif code is Module.__call__.__code__:
                modules.append(frame.f_locals["self"])
            frame = frame.f_back
        if modules:
            if modules[-1] not in self.roots:
                self.roots.append(modules[-1])
            layer = layer or f"{id(modules[0])}"
        if direction == "forward" and self.cotangents and not grad_flags.enabled:
            direction = "update"  # by hand, in torch's way: under no_grad(), after the backward pass
        return Origin(direction, operation, layer)

    def _layer_of(self, node: Node, dy: Any) -> str:
        """The layer that a node was made in; `dy` is the cotangent of what it returned."""
        for tensor, memory in self._returned:
            if tensor._node is not None:
                self._nodes.setdefault(tensor._node, memory)
        self._returned.clear()
        value = self._nodes.get(node)
        if value is None:
            return ""
        if type(dy) is Symbol:
            self.cotangents.setdefault(dy.memory, value)
        return self.values[value].layer if value in self.values else ""


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(map(_is_number, value))


def _refuse_schedule(scheduler: LRScheduler, name: str, value: Any) -> None:
    raise CompileError(f"{place()}: a scheduler is called inside the compiled step: call it outside, between calls")


def _refuse_setting(optimizer: Optimizer, value: Any) -> None:
    raise CompileError(f"{place()}: the groups or the state of an optimizer are replaced inside the compiled step")


def state_outline(state: Any) -> Any:
    """What must stay the same of a parameter's state: its names, and which of them are which tensors."""
    if not isinstance(state, dict):
        return id(state)
    return {name: id(value) if isinstance(value, Tensor) else value for name, value in state.items()}


def parts_of(whole: Any) -> Iterator[Any]:
    """What is in tuples, lists and dictionaries, at any depth; what is none of these is its own only part."""
    if isinstance(whole, dict):
        whole = list(whole.values())
    if isinstance(whole, (tuple, list)):
        for one in whole:
            yield from parts_of(one)
    else:
        yield whole


def tensors_in(whole: Any) -> Iterator[Tensor]:
    return (part for part in parts_of(whole) if isinstance(part, Tensor))
