"""Trace: one run of a training step with symbols in the place of arrays.

While it runs, the user's functions go through `Calls`, `Tensor._array` gives symbols on this thread, an optimizer's
groups hold numbers that may change, and a generator's draws are written down. Afterwards all is as it was: arrays,
gradients, attributes, the state of optimizers. Generators were never drawn from, which other threads might do: a twin
of each was. What the step changed is in the program.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial, partialmethod
from operator import is_
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet.compiler.calls import Calls
from numpynet.compiler.errors import CompileError, here
from numpynet.compiler.naming import identifier, unique
from numpynet.compiler.number import Number
from numpynet.compiler.origins import Origins
from numpynet.compiler.places import PLAIN, Place, agrees, same
from numpynet.compiler.program import Program
from numpynet.compiler.reads import Again
from numpynet.compiler.recorder import Recorder
from numpynet.compiler.rewriting import is_users
from numpynet.compiler.structures import Kept, array_of, opened, parts_of, remade, set_array_of, tensors_in
from numpynet.compiler.symbol import Kind, Memory, Symbol
from numpynet.compiler.views import Array
from numpynet.core import epoch, tape
from numpynet.core.dtypes import default_numpy_dtype
from numpynet.core.forking import held_for_forks
from numpynet.core.listening import Listener, listening
from numpynet.core.modes import flags as grad_flags
from numpynet.core.tape import Node, Pull
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.optim.optimizer import Optimizer
from numpynet.random import engine
from numpynet.random.generator import Generator, default_generator

if TYPE_CHECKING:
    from numpynet.compiler.readable import Reader

DRAWS = (
    "uniform", "normal", "normal_elementwise", "normal_around", "log_normal", "exponential", "cauchy", "geometric",
    "integers", "nonnegative_integers", "permutation", "bernoulli", "bernoulli_array", "multinomial",
)  # fmt: skip
UNKNOWN = (  # what a step cannot know: states, and numbers of Python's, which a program would not draw anew
    "seed", "initial_seed", "state_array", "set_state_array", "get_state", "clone_state", "__reduce__",
    "few_uniforms", "few_normals", "random_int64",
)  # fmt: skip
_lock = held_for_forks(threading.RLock())
assert engine  # whose lock is taken inside this one, and comes first

_tracing = threading.local()


def is_tracing() -> bool:
    """Whether this thread is tracing a step right now."""
    return getattr(_tracing, "on", False)


class TracedGroup(dict[str, Any]):
    """A parameter group whose numbers are `Number`s.

    A number that the step sets is set at each call; all else cannot be changed while the step is traced.
    read: the keys that were asked for.
    """

    def __init__(self, options: dict[str, Any], group: dict[str, Any], reads: Calls) -> None:
        super().__init__(options)
        self.read = {"params"}
        self._group, self._reads = group, reads

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not (is_number(value) or type(value) is Number) or not is_number(self._group.get(key)):
            self._refuse()
        self.read.add(key)
        self._reads.write(Place("item", self._group, key), value)
        super().__setitem__(key, value)

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)

    def _all(self, name: str) -> Any:
        self.read.update(super().keys())
        return getattr(super(), name)()

    __iter__, keys = partialmethod(_all, "__iter__"), partialmethod(_all, "keys")
    values, items = partialmethod(_all, "values"), partialmethod(_all, "items")

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise CompileError(
            f"{here()}: the options of an optimizer are changed inside the compiled step, other than from one number "
            f"to another: do it outside, between calls"
        )

    __delitem__ = update = setdefault = pop = popitem = clear = _refuse


class Trace(Listener):
    """What came of tracing a step once.

    program: the calls. result: what the step returned, with symbols in its tensors. reads: what it read and wrote.
    gradients: `.grad` of tensors from outside as the step leaves it. needed_gradients: as it must be at the start.
    tensors: those from outside whose memory the program uses, by that memory. counters: of writes, and how many.
    touched: those of which the step has asked something, by their ids, with their node and requires_grad before.
    data: the tensors at places that are arguments in all but name, each with its place and name.
    options: the numbers that the program reads at each call, by their names. fixed_options: (group, key, value) of
        options that it read and that are no numbers, which must stay.
    takes_data: whether there are such. others: the optimizers of the other models of an ensemble. members: the tensors
        of its models, by the id of the one that has all of them. followers: those of its other models that must have
        the number in a memory, before each call and after it.
    pinned: the positions of arguments that the step has got at in another way, too, with the tensors they must be.
    final: the values that the memories from outside had at the end, of those that the step writes to.
    outputs: those of the tensors in the result.
    origins: where all that is computed comes from.
    """

    follows = True

    def __init__(
        self, step: Callable[..., Any], args: tuple[Any, ...], variables: list[Place], takes_data: bool = True,
        reader: Reader | None = None,
    ) -> None:  # fmt: skip
        if tape.pull_examined is not None:
            raise CompileError("a compiled step has no tape to examine: call it outside detect_anomaly()")
        self.origins = Origins(reader)
        self.recorder = Recorder(self.origins.now, reader is not None and reader.assumes)
        self.takes_data = takes_data
        if reader is not None:
            reader.until = sys._getframe()
        self.others: list[Optimizer] = []
        self.members: dict[int, list[Tensor]] = {}
        self.followers: dict[Memory, list[Tensor]] = {}
        self.reads = Calls(self, variables)
        self.tensors: dict[Memory, Tensor] = {}
        self.gradients: dict[Tensor, Tensor | None] = {}
        self.needed_gradients: dict[Tensor, Tensor | None] = {}
        self.counters: list[tuple[list[int], int]] = []
        self.data: list[tuple[Place, str, Tensor]] = []
        self.options: dict[str, Place] = {}
        self.fixed_options: list[tuple[dict[str, Any], str, Any]] = []
        self.optimizers: list[Optimizer] = []
        self.arguments: list[Memory] = []
        self.reached: dict[int, Tensor] = {}
        self.is_steady = True
        self.final: dict[Memory, Array] = {}
        self._thread = threading.get_ident()
        self.sole: set[Memory] = set()
        self.names: list[tuple[Tensor, str]] = []
        self._adopted: dict[int, Symbol] = {}
        self.touched: dict[int, tuple[Tensor, Any, bool]] = {}
        self._counted: dict[int, tuple[list[int], int]] = {}
        self._before: dict[Tensor, Tensor | None] = {}
        self._originals: dict[Optimizer, tuple[Any, Any]] = {}
        self._traced_ids: dict[int, Any] = {}
        self._groups: dict[int, TracedGroup] = {}
        self._twins: dict[int, tuple[Generator, Generator]] = {}
        self._overlapping: list[tuple[Memory, Memory]] = []
        self._given = list(tensors_in(args))
        for position, tensor in enumerate(self._given):
            if id(tensor._array) not in self._adopted:
                self._adopt(tensor, tensor._array, Memory(Kind.ARGUMENT, tensor._array, position))
        try:
            self._record(step, args)
        except Again:
            self.dispose()
            raise
        self.program = Program(self.recorder.instructions)

    def _record(self, step: Callable[..., Any], args: tuple[Any, ...]) -> None:
        before = grad_flags.enabled, grad_flags.inference, default_numpy_dtype()
        with _lock, self._gates(), listening(self.origins), listening(self):
            _tracing.on = True
            try:
                epoch.count[0] += 1  # so that other compiled steps look closer, and let themselves be traced
                self.listen(default_generator)
                self.result = self._run(step, args)
                if (grad_flags.enabled, grad_flags.inference, default_numpy_dtype()) != before:
                    raise CompileError("the compiled step leaves another mode or default dtype behind it")
                self._finish()
            finally:
                _tracing.on = False
                grad_flags.enabled, grad_flags.inference = before[:2]

    def _run(self, step: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        for one in parts_of(args):
            if isinstance(one, Optimizer):
                self.adopt(one)
            elif isinstance(one, Generator):
                self.listen(one)
        _born_in(args, self.reads)
        function: Any = getattr(step, "__func__", step)
        if function is Module.__call__:
            return self.reads.call(step.__self__, args, {})  # type: ignore[attr-defined]
        if isinstance(function, FunctionType):  # the step itself is followed, whoever wrote it
            given = (*(one for one in (getattr(step, "__self__", None),) if one is not None), *args)
            self.reads.names.update(
                {id(one): (one, name) for one, name in zip(given, _parameters(function), strict=False)}
            )
            return self.reads.follow(function)(*given)
        return self.reads.call(step, args, {})

    # --- tensors --------------------------------------------------------------------------------------

    def _adopt(self, tensor: Tensor, array: Array, memory: Memory) -> Symbol:
        for other in [*self.tensors, *self.arguments]:
            if _overlap(array, other.array):
                if Kind.ARGUMENT in (memory.kind, other.kind):
                    self._overlapping.append((memory, other))
                    continue
                if other in self.recorder.backups:
                    raise CompileError(f"{here()}: a tensor is used here whose memory another one has overwritten")
                memory = other
                break
        else:
            if memory.kind is Kind.ARGUMENT:
                self.arguments.append(memory)
            else:
                self.tensors[memory] = tensor
        symbol = self._adopted[id(array)] = Symbol(self.recorder, memory, array)
        self._counted.setdefault(id(tensor._writes), (tensor._writes, tensor._writes[0]))
        self.touched.setdefault(id(tensor), (tensor, tensor._node, tensor._requires_grad))
        return symbol

    def _get_array(self, tensor: Tensor) -> Any:
        array = array_of(tensor)
        if type(array) is Symbol or threading.get_ident() != self._thread:
            return array
        known = self._adopted.get(id(array))
        if known is not None:
            if known.memory.kind is Kind.ARGUMENT:
                if tensor._requires_grad:
                    raise CompileError(
                        f"{here()}: an argument of the compiled step is the memory of a tensor with a gradient: "
                        f"clone() it"
                    )
                if not any(tensor is one for one in self.all_data()):
                    self.reach(tensor)
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
                if array.shape != mine.shape or array.dtype != mine.dtype:
                    raise CompileError(f"{here()}: a tensor from outside the compiled step gets another shape or dtype")
                self.recorder.copy_into(mine, array)
            return
        if type(array) is not Symbol:  # made in the step from Python values
            constant = self.recorder.symbol(np.asarray(array))
            array = self.recorder.copied(constant, constant.dtype, "K")
        set_array_of(tensor, array)
        self.origins.returned(tensor, array)

    def _get_gradient(self, tensor: Tensor) -> Tensor | None:
        gradient = tensor.__dict__.get("_grad")
        if threading.get_ident() != self._thread:
            return gradient
        if tensor not in self._before and not self.is_made(tensor):
            self.needed_gradients.setdefault(tensor, gradient)
        return gradient

    def _set_gradient(self, tensor: Tensor, gradient: Tensor | None) -> None:
        if threading.get_ident() == self._thread:
            self._before.setdefault(tensor, tensor.__dict__.get("_grad"))
        tensor.__dict__["_grad"] = gradient

    def is_made(self, tensor: Tensor) -> bool:
        """Whether the step has made it."""
        return type(array_of(tensor)) is Symbol

    def touch(self, tensor: Tensor) -> None:
        """Notes a tensor from outside of which the step asks something."""
        if not self.is_made(tensor):
            self.touched.setdefault(id(tensor), (tensor, tensor._node, tensor._requires_grad))

    def reach(self, tensor: Tensor) -> None:
        """Notes a tensor from outside that the step can get at, other than by an argument."""
        self.touch(tensor)
        if not self.is_made(tensor):
            self.reached[id(tensor)] = tensor

    def take(self, place: Place, name: str, tensor: Tensor) -> bool:
        """Makes a tensor from outside an argument in all but name; False where the program has its memory already."""
        array = array_of(tensor)
        if type(array) is Symbol or isinstance(tensor, Parameter) or not self.takes_data:
            return False
        known = self._adopted.get(id(array))
        if known is None:
            position = len(self._given) + len(self.data)
            self._adopt(tensor, array, Memory(Kind.ARGUMENT, array, position))
        elif known.memory.kind is not Kind.ARGUMENT:
            return False
        self.data.append((place, name, tensor))
        return True

    def all_data(self) -> list[Tensor]:
        """The tensors among the arguments, and those that are arguments in all but name."""
        return [*self._given, *(tensor for _, _, tensor in self.data)]

    @property
    def pinned(self) -> list[tuple[int, Tensor]]:
        """Arguments that were reached in another way too: their positions, and which tensors they have to be."""
        arrays = {id(array_of(tensor)) for tensor in self.reached.values()}
        return [(position, one) for position, one in enumerate(self.all_data()) if id(array_of(one)) in arrays]

    # --- modules, optimizers and generators -----------------------------------------------------------

    def module(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls a module as the library would, but for what it takes for granted."""
        reads = self.reads
        reads.called_module(module)
        with self.origins.inside(module):
            return module._call_with_hooks(args, kwargs)

    def pull(self, pull: Pull, node: Node, dy: Any) -> Any:
        """Leads a cotangent through a node."""
        return self.origins.pull(pull, node, dy)

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Follows a function of the user's that the library calls."""
        return self.reads.call(function, args, kwargs)

    def is_traced(self, thing: Any) -> bool:
        """Whether it is a symbol, or a stand-in for a part of an optimizer."""
        return type(thing) is Symbol or id(thing) in self._traced_ids or isinstance(thing, TracedGroup)

    def stand_in(self, thing: Any) -> Any:
        """What stands for an object while the step is traced: for a group of an optimizer."""
        return self._groups.get(id(thing), thing)

    def adopt(self, optimizer: Optimizer) -> None:
        """Puts numbers that may change in the place of an optimizer's options, and a copy in that of its state.

        The state of an optimizer of the user's own stays: what is written there is seen.
        """
        if optimizer in self._originals or self.reads.is_born(optimizer):
            return
        own = optimizer.__dict__
        self._originals[optimizer] = own["param_groups"], own["state"]
        self.optimizers.append(optimizer)
        groups = [
            TracedGroup({key: self._traced(group, key, value) for key, value in group.items()}, group, self.reads)
            for group in own["param_groups"]
        ]
        self._groups.update(zip(map(id, own["param_groups"]), groups, strict=True))
        if any(map(self.reads.is_written_to, own["param_groups"])):
            self.reads.refuse("the options of an optimizer are changed before it is known to be one's")
        for group in groups:
            self._traced_ids[id(group["params"])] = group["params"]
            for tensor in group["params"]:
                self.reach(tensor)
        own["param_groups"] = self._traced_ids[id(groups)] = groups
        if not is_users(type(optimizer).step):
            copied = own["state"].copy()
            for key, value in own["state"].items():
                copied[key] = dict(value) if isinstance(value, dict) else value
            own["state"] = copied
            for one in (copied, *copied.values()):
                self._traced_ids[id(one)] = one

    def _traced(self, group: dict[str, Any], key: str, value: Any) -> Any:
        """What the step finds in the place of an option."""
        if is_number(value):
            return self.number(Place("item", group, key), value)
        if _are_numbers(value):
            return tuple(
                self.number(Place("element", group, (key, position)), one) for position, one in enumerate(value)
            )
        return value

    def _fixed_options(self) -> Iterator[tuple[dict[str, Any], str, Any]]:
        for optimizer, (groups, _) in self._originals.items():
            for group, traced in zip(groups, optimizer.__dict__["param_groups"], strict=True):
                for key, value in group.items():
                    if key == "params" or key not in traced.read or self.reads.is_written(Place("item", group, key)):
                        continue
                    if not (is_number(value) or _are_numbers(value)):
                        yield group, key, list(value) if isinstance(value, list) else value

    def number(self, place: Place, value: float) -> Number:
        """A number that the program reads at each call."""
        key = place.key if isinstance(place.key, tuple) else (place.key,)
        name = unique(identifier("_".join(map(str, key))), set(self.options))
        self.options[name] = place
        return Number(self.recorder, value, name, names=(name,))

    def listen(self, generator: Generator) -> None:
        """Has what a generator draws written down. While the step is traced, a twin draws in its place."""
        if id(generator) in self._twins:
            return
        _, twin = self._twins[id(generator)] = generator, generator.clone_state()
        if self.reads.is_born(generator):  # it starts anew at each call
            self.recorder.do(generator.manual_seed, "seed", (generator._seed,))
        for name in DRAWS:
            self._lead(generator, name, partial(self.recorder.draw, getattr(twin, name)))
        for name in UNKNOWN:
            self._lead(generator, name, self._refuse_unknown)
        self._lead(generator, "manual_seed", partial(self._seed, twin))

    def _lead(self, generator: Generator, name: str, lead: Callable[..., Any]) -> None:
        """Has a method of a generator called by `lead`, with the method, its name and what it takes."""
        method = getattr(generator, name)

        def led(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._thread:
                return method(*args, **kwargs)
            return lead(method, name, args, kwargs)

        self.reads.codes[id(led.__code__)] = led.__code__
        generator.__dict__[name] = led

    def _refuse_unknown(self, method: Callable[..., Any], name: str, *_: Any) -> None:
        raise CompileError(
            f"{here()}: .{name}() of a generator gives what a step cannot know, such as its state or a number that is "
            f"no tensor: draw a tensor, or do it outside"
        )

    def _seed(
        self, twin: Generator, method: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self.recorder.do(method, "seed", (*args, *kwargs.values()))
        twin.manual_seed(*args, **kwargs)
        return method.__self__  # type: ignore[attr-defined]

    @contextmanager
    def _gates(self) -> Iterator[None]:
        """Has `_array` and `_grad` of tensors asked for here.

        The class is changed for that, which nobody else pays for: to look for a listener wherever an array is read, in
        some 700 places, would make a small operation, which reads two to four, 4 % longer.
        """
        gates: list[tuple[str, Any]] = [
            ("_array", property(self._get_array, self._set_array)),
            ("_grad", property(self._get_gradient, self._set_gradient)),
        ]
        originals = [Tensor.__dict__[name] for name, _ in gates]
        try:
            for name, gate in gates:
                setattr(Tensor, name, gate)
            yield
        finally:
            for (name, _), original in zip(gates, originals, strict=True):
                setattr(Tensor, name, original)
            self._put_back()

    def _left(self, part: Any, seen: set[int]) -> Any:
        """What the step leaves, with `Kept` for what was there before. seen: what was left already, by ids."""
        found = opened(part)
        if found is None:
            return part
        if isinstance(part, (list, dict)):
            if id(part) in self.reads.given:
                raise CompileError(
                    "an argument of the compiled step that is a list or a dictionary is returned or kept"
                )
            if id(part) in self.reads.names and not self.reads.is_born(part):  # found outside of the step
                return Kept(part)
            if id(part) in seen:
                raise CompileError("a list or a dictionary is at several places of what the step returns or keeps")
            seen.add(id(part))
        parts = [self._left(one, seen) for one in found[1]]
        return part if all(map(is_, parts, found[1])) else remade(part, parts)

    def _finish(self) -> None:
        """Notes what the step has changed, while the gates are still there."""
        seen: set[int] = set()
        self.result = self._left(self.result, seen)
        for effect in self.reads.effects:
            effect.value = self._left(effect.value, seen)
        for tensor in self._before:
            if not self.is_made(tensor):
                self.gradients[tensor] = tensor.__dict__.get("_grad")
        for tensor, node, requires_grad in self.touched.values():
            if tensor._node is not node or tensor._requires_grad is not requires_grad:
                raise CompileError(
                    "a tensor from outside the compiled step is overwritten by an operation with a gradient, so that "
                    "every call would lengthen its history, or left with another requires_grad: do it under no_grad(), "
                    "or on a clone()"
                )
        self.reads.settle()
        written = self.recorder.backups
        if any((a in written or b in written) and np.shares_memory(a.array, b.array) for a, b in self._overlapping):
            raise CompileError(
                "an argument of the compiled step shares memory with another tensor, and one of them is written to: "
                "clone() it first"
            )
        self.fixed_options = list(self._fixed_options())
        self.final = {memory: memory.array.copy() for memory in self.recorder.backups}
        arrays = [array_of(tensor) for tensor in tensors_in(self.result)]
        self.outputs = [np.array(array.array if type(array) is Symbol else array) for array in arrays]
        counted = self._counted.values()
        self.counters = [(counter, counter[0] - before) for counter, before in counted if counter[0] != before]
        for optimizer, (groups, real) in self._originals.items():
            traced = optimizer.__dict__["param_groups"]
            if id(traced) not in self._traced_ids or len(traced) != len(groups):
                raise CompileError("the groups of an optimizer are changed inside the compiled step: do it outside")
            state = optimizer.__dict__["state"]
            left = {key: value for key, value in state.items() if value != {} or key in real}
            if state is not real and not _is_same_state(real, left):
                self.is_steady = False
        outcomes = [("what is returned", self.result), *((one.where, one.value) for one in self.reads.effects)]
        for where, whole in outcomes:
            for part in parts_of(whole):
                self._check_left(part, where, is_kept=whole is not self.result)
        walked = bool(self.origins.cotangents) or any(one is not None for one in self.gradients.values())
        if not walked and any(one._node is not None for one in tensors_in(self.outcome)):
            raise CompileError(
                "a tensor is returned that requires a gradient, but no backward() was called, and results of a "
                "compiled step have no history: compile the whole training step, or call it under no_grad()"
            )

    def _check_left(self, part: Any, where: str, is_kept: bool) -> None:
        """CompileError where what the step leaves cannot be made again at each call."""
        array = array_of(part) if isinstance(part, Tensor) else None
        if is_kept and type(array) is Symbol and array.memory.kind is not Kind.TEMPORARY:
            raise CompileError(f"{where}: a view of a tensor from outside is kept: clone() it")
        if self.reads.is_born(part) and not isinstance(part, (*PLAIN, Tensor)):
            raise CompileError(
                f"{where}: an object of class {type(part).__name__} that the step has made is left, which a compiled "
                f"step cannot make anew at each call: leave tensors, in tuples, lists and dictionaries"
            )

    @property
    def outcome(self) -> Any:
        """What the step returned, and what it has left in objects from outside."""
        return self.result, [effect.value for effect in self.reads.effects]

    def numbers(self) -> list[Number]:
        """The numbers that the step returns or leaves behind and that are known only when it runs."""
        return list({id(part): part for part in parts_of(self.outcome) if type(part) is Number}.values())

    def results(self) -> dict[int, Symbol]:
        """What stands in the place of arrays in the tensors that the step returns or leaves behind, by their ids."""
        arrays = {id(tensor): array_of(tensor) for tensor in tensors_in(self.outcome)}
        return {key: array for key, array in arrays.items() if type(array) is Symbol}

    def drew_the_same(self) -> bool:
        """Whether what the step drew while it was traced is what it has drawn since, as far as can be known.

        It is not where the generators stand elsewhere, because other threads have drawn from them or have seeded them.
        """
        return threading.active_count() == 1 or all(
            np.array_equal(generator.state_array(), twin.state_array()) for generator, twin in self._twins.values()
        )

    def forget(self, gradients: Iterable[Symbol]) -> None:
        """Lets go of all values that arrays had while the step was traced. gradients: the symbols of these."""
        self.program.forget([*gradients, *self.results().values()])
        self.final.clear()
        self.outputs.clear()
        self._twins.clear()
        self.recorder.forget()

    def dispose(self) -> None:
        """Lets go of everything: a parameter's array that is held elsewhere would not be laid flat."""
        for holder in (self.reads, self.recorder, self):
            vars(holder).clear()

    def _put_back(self) -> None:
        self.recorder.active = False
        self.reads.undo()
        for optimizer, (groups, state) in self._originals.items():
            optimizer.__dict__["param_groups"], optimizer.__dict__["state"] = groups, state
        for generator, _ in self._twins.values():
            for name in (*DRAWS, *UNKNOWN, "manual_seed"):
                generator.__dict__.pop(name, None)
        self.origins.forget()
        for tensor, gradient in self._before.items():
            tensor.__dict__["_grad"] = gradient
        for counter, before in self._counted.values():
            counter[0] = before
        for tensor, node, requires_grad in self.touched.values():
            tensor._node, tensor._requires_grad = node, requires_grad
        self.recorder.restore()


def is_number(value: Any) -> bool:
    """Whether it is an option that the program may read at each call."""
    return type(value) in (int, float, np.float64)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, tuple) and value != () and all(map(is_number, value))


def _overlap(a: Array, b: Array) -> bool:
    """Whether two arrays have an element in common."""
    try:
        return np.may_share_memory(a, b) and np.shares_memory(a, b, max_work=10**5)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def _parameters(function: Any) -> tuple[str, ...]:
    return function.__code__.co_varnames[: function.__code__.co_argcount]


def _born_in(args: Any, reads: Calls) -> None:
    """The containers that arguments are in belong to the call: what is in them is compared at each."""
    found = opened(args)
    if found is not None:
        reads.born(args)
        reads.given[id(args)] = args
        for one in found[1]:
            _born_in(one, reads)


def _is_same_state(a: dict[Any, Any], b: dict[Any, Any]) -> bool:
    """Whether two states of an optimizer are the same but for the values in their tensors."""
    return a.keys() == b.keys() and all(
        agrees(b[key], one) if isinstance(one, dict) and isinstance(b[key], dict) else same(one, b[key])
        for key, one in a.items()
    )
