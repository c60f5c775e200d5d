"""Guards: what a program takes for granted of the world around it, and whether that still holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from types import CellType
from typing import Any

import numpy as np

from numpynet.compiler.errors import CompileError
from numpynet.compiler.places import ABSENT, Guard, kept, same, shortened, unchanged
from numpynet.compiler.rewriting import is_users
from numpynet.compiler.structures import opened, tensors_in
from numpynet.compiler.symbol import Kind
from numpynet.compiler.trace import Trace, is_tracing
from numpynet.compiler.views import Array
from numpynet.core import tape
from numpynet.core.dtypes import default_numpy_dtype
from numpynet.core.modes import flags as grad_flags
from numpynet.core.tensor import Tensor

LOST = (LookupError, AttributeError, NameError, ValueError, TypeError)  # where a guard's expression has lost its way

ANOTHER_SHAPE, ANOTHER_ARGUMENT = "a tensor has another shape or dtype", "an argument is another"


class Guards:
    """What held when a step was traced with certain arguments.

    reads: what the step read outside itself. taken: these, and what the program needs of modes, tensors and optimizers.
    space: what the names in their expressions stand for.
    explicit: the tensors among the arguments. tensors, arrays: these and the data, as they were.
    twins: pairs of positions at which one and the same memory was.
    apart: pairs that must not overlap, because the program writes to one of them.
    takes_tensors: whether the arguments are tensors and nothing else. also: tells whether anything else holds.
    changed: what was found to be another, in words; "" where nothing was.
    """

    def __init__(self, trace: Trace, args: tuple[Any, ...]) -> None:
        self.trace = trace
        self.also: Callable[[], bool] = lambda: True
        self.changed = ""
        self.reads: list[Guard] = list(trace.reads.guards.values())
        self.space: dict[str, Any] = {"unchanged": unchanged}
        self._names: dict[int, str] = {}
        self.explicit = list(tensors_in(args))
        self.takes_tensors = all(isinstance(one, Tensor) for one in args)
        self.tensors: list[Tensor] = trace.all_data()
        self.arrays: list[Array] = [one._array for one in self.tensors]
        self.pinned = trace.pinned
        self.twins = [
            (first, position)
            for position, array in enumerate(self.arrays)
            if (first := next(number for number, one in enumerate(self.arrays) if one is array)) != position
        ]
        self._changed = {memory.owner for memory in trace.program.overwritten() if memory.kind is Kind.ARGUMENT}
        self.apart = [
            (first, second)
            for first, second in itertools.combinations(range(len(self.arrays)), 2)
            if {first, second} & self._changed and self.arrays[first] is not self.arrays[second]
        ]
        self._outline = outline(args)
        self._kinds = [_kind(tensor) for tensor in self.tensors]
        self._memory = [
            Guard("the memory of a tensor", "", "{0}._array", (one,), None, rare=True)
            for one in itertools.chain(trace.tensors.values(), *trace.followers.values())
        ]
        self.taken = [*_of_modes(), *self.reads, *_of_optimizers(trace), *_of_tensors(trace), *self._memory]
        for position, guard in enumerate(self.taken):
            self.space[f"value_{position}"] = guard.value
        self._now = [eval(f"lambda: {guard.expression(self.bind)}", self.space) for guard in self.taken]
        for guard, read in zip(self.taken, self._now, strict=True):
            if guard in self.reads and not guard.holds(_found(read)):
                raise CompileError(
                    f"{guard.where}: {guard.name} is another whenever it is read, which a compiled step cannot follow: "
                    f"do this outside of it"
                )

    def bind(self, thing: Any) -> str:
        """The name that an object has in the expressions."""
        if id(thing) not in self._names:
            self._names[id(thing)] = f"{'cell' if isinstance(thing, CellType) else 'object'}_{len(self._names)}"
            self.space[self._names[id(thing)]] = thing
        return self._names[id(thing)]

    def conditions(self) -> list[str]:
        """What is true where a closer look is needed, of all that can change at any time."""
        found = []
        for position, guard in enumerate(self.taken):
            if guard.rare:
                continue
            if isinstance(guard.objects[0], CellType):  # the entry has the variable itself
                found.append(f"{self.bind(guard.objects[0])} is not value_{position}")
            else:
                found += guard.conditions(self.bind, f"value_{position}")
        return found

    def settle(self, written: Iterable[Array]) -> None:
        """Notes where tensors are, once they are laid out. written: the memory that the program writes to."""
        for guard in self._memory:
            guard.value = guard.objects[0]._array
        self._outside = [guard.value for guard in self._memory]
        self._written = list(written)
        self._written_ids = set(map(id, self._written))

    def agrees_with(self, args: tuple[Any, ...]) -> bool:
        """Whether the arguments are the same but for their tensors."""
        return same(outline(args), self._outline) or self._says(ANOTHER_ARGUMENT)

    def _says(self, what: str) -> bool:
        self.changed = what
        return False

    def fits(self, position: int, tensor: Any) -> bool:
        """Whether this can be the tensor at a position among the arguments and the data."""
        if not isinstance(tensor, Tensor) or tensor._requires_grad or _kind(tensor) != self._kinds[position]:
            return False
        array = tensor._array
        if position in self._changed and any(np.may_share_memory(array, one) for one in self._outside):
            return False
        if array.base is None and id(array) not in self._written_ids:
            return True
        return not any(np.may_share_memory(array, one) for one in self._written)

    def still_hold(self) -> bool:
        """Whether everything around the step, but for its data, is as it was when it was traced."""
        if is_tracing() or not self.also():
            return False
        for position, (guard, read) in enumerate(zip(self.taken, self._now, strict=True)):
            now = _found(read)
            if not guard.holds(now):
                return self._says(f"{guard} ({guard.where}) is {shortened(now)}" if guard.where else guard.name)
            guard.value = self.space[f"value_{position}"] = kept(now) if guard.of_content else now
        return True


def _found(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except LOST:
        return ABSENT


def _of_modes() -> Iterator[Guard]:
    """Of the modes, the default dtype, and the tape that `detect_anomaly` examines."""
    enabled = grad_flags.enabled
    yield Guard("the mode of gradients", "", "{0}.enabled", (grad_flags,), enabled)
    yield Guard("inference mode", "", "{0}.inference", (grad_flags,), grad_flags.inference, rare=enabled)
    yield Guard("the default dtype", "", "{0}()", (default_numpy_dtype,), default_numpy_dtype(), rare=True)
    yield Guard("the detection of anomalies", "", "{0}.pull_examined", (tape,), None, rare=True)


def _of_tensors(trace: Trace) -> Iterator[Guard]:
    """Of the tensors that the program works on or that the step has asked something."""
    used = [tensor for one in trace.tensors.values() for tensor in (one, *trace.members.get(id(one), ()))]
    for tensor in used:
        yield Guard("the hooks of a tensor", "", "{0}({1})", (_hooks, tensor), _hooks(tensor), rare=True)
    data = set(map(id, trace.all_data()))  # of which it is known whenever they are taken
    touched = (tensor for key, (tensor, _, _) in trace.touched.items() if key not in data)
    for tensor in dict.fromkeys((*used, *touched)):
        yield Guard("requires_grad of a tensor", "", "{0}._requires_grad", (tensor,), tensor._requires_grad, rare=True)
    for tensor, gradient in trace.needed_gradients.items():
        yield Guard("the gradient of a tensor", "", "{0}._grad", (tensor,), gradient)


def _of_optimizers(trace: Trace) -> Iterator[Guard]:
    """Of the groups of optimizers, of the options that are no numbers, and of which tensors are in their state."""
    for optimizer in (*trace.optimizers, *trace.others):
        name, is_library = "the groups of an optimizer", not is_users(type(optimizer).step)
        yield Guard(name, "", "{0}.param_groups", (optimizer,), tuple(optimizer.param_groups), of_content=True)
        for group in optimizer.param_groups:
            yield Guard(name, "", "{0}['params']", (group,), group["params"])
            yield Guard(name, "", "{0}", (group["params"],), tuple(group["params"]), of_content=True)
        for parameter, state in optimizer.state.items() if is_library else ():
            if isinstance(state, dict):
                name = "the state of an optimizer"
                yield Guard(name, "", "{0}.state.get({1})", (optimizer, parameter), state)
                yield Guard(name, "", "{0}", (state,), kept(state), of_content=True, rare=True)
                for key, value in state.items():
                    if isinstance(value, Tensor):
                        yield Guard(name, "", f"{{0}}.get({key!r})", (state,), value)
    for group, key, value in trace.fixed_options:
        name = f"the option {key!r} of an optimizer"
        kept_value, of_content = (tuple(value), True) if isinstance(value, list) else (value, False)
        yield Guard(name, "", f"{{0}}[{key!r}]", (group,), kept_value, of_content)


def outline(part: Any) -> Any:
    """Arguments with tensors left out: what must be the same for a program to be used again.

    CompileError for a tensor that requires a gradient and for a NumPy array.
    """
    if isinstance(part, Tensor):
        if part._requires_grad:
            raise CompileError(
                "an argument of a compiled step requires a gradient: let the step refer to such a tensor by its name, "
                "and pass data alone"
            )
        return Tensor
    found = opened(part)
    if found is not None:
        keys = found[0] or range(len(found[1]))
        return type(part), *((key, outline(one)) for key, one in zip(keys, found[1], strict=True))
    if isinstance(part, np.ndarray):
        raise CompileError("an argument of a compiled step is a NumPy array: pass numpynet.from_numpy(array)")
    if isinstance(part, (set, frozenset)):
        raise CompileError("an argument of a compiled step is a set: pass a list")
    return part


def _hooks(tensor: Tensor) -> tuple[Any, ...]:
    return *(tensor._hooks or ()), *(tensor._accumulate_hooks or ())


def _kind(tensor: Tensor) -> tuple[Any, ...]:
    array = tensor._array
    return type(tensor), array.shape, array.strides, array.dtype
