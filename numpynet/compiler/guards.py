"""Guards: what a program takes for granted of the world around it, and whether that still holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from types import CellType
from typing import Any

import numpy as np

from numpynet.compiler.errors import CompileError
from numpynet.compiler.places import ABSENT, PLAIN, Guard, agrees, kept, same, shortened, unchanged
from numpynet.compiler.structures import opened, tensors_in
from numpynet.compiler.symbol import Array, Kind
from numpynet.compiler.trace import Trace, is_tracing, outlines, same_outlines
from numpynet.core import tape
from numpynet.core.dtypes import default_numpy_dtype
from numpynet.core.modes import flags as grad_flags
from numpynet.core.tensor import Tensor

MISSED = (LookupError, AttributeError, NameError, ValueError, TypeError)  # where a guard's expression has lost its way


class Guards:
    """What held when a step was traced with certain arguments.

    reads: what the step read outside itself. space: what the names in their expressions stand for.
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
        self.grad_enabled = grad_flags.enabled
        self.inference = grad_flags.inference
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
        self._default_dtype = default_numpy_dtype()
        self._kinds = [_kind(array) for array in self.arrays]
        for position, guard in enumerate(self.reads):
            self.space[f"value_{position}"] = guard.value
        self._now = [eval(f"lambda: {guard.expression(self.bind)}", self.space) for guard in self.reads]
        self._data = [eval(f"lambda: {place.expression(self.bind)}", self.space) for place, _, _ in trace.data]

    def bind(self, thing: Any) -> str:
        """The name that an object has in the expressions."""
        if id(thing) not in self._names:
            self._names[id(thing)] = f"{'cell' if isinstance(thing, CellType) else 'object'}_{len(self._names)}"
            self.space[self._names[id(thing)]] = thing
        return self._names[id(thing)]

    def conditions(self) -> list[str]:
        """What is true where a closer look is needed, of all that can change at any time."""
        found = []
        for position, guard in enumerate(self.reads):
            if guard.rare:
                continue
            if isinstance(guard.objects[0], CellType):  # the entry has the variable itself
                found.append(f"{self.bind(guard.objects[0])} is not value_{position}")
            else:
                found.append(guard.condition(self.bind, f"value_{position}"))
        return found

    def settle(self, written: Iterable[Array]) -> None:
        """Notes where tensors are, once they are laid out. written: the memory that the program writes to."""
        self._tensors = [
            (tensor, tensor._array, tensor._requires_grad, _hooks(tensor)) for tensor in self.trace.tensors.values()
        ]
        self._touched = list(self.trace.touched.values())
        self._optimizers = [
            (optimizer, tuple(optimizer.param_groups), outlines(optimizer.state))
            for optimizer in (*self.trace.optimizers, *self.trace.others)
            if self.trace.reads.is_of_library(type(optimizer).step)
        ]
        self._written = list(written)
        self._written_ids = set(map(id, self._written))

    def matches(self, args: tuple[Any, ...]) -> bool:
        """Whether the program can run with these arguments, now; what depends on options is not looked at."""
        if not self._agrees_with(args) or not self.still_hold():
            return False
        try:
            tensors = [*tensors_in(args), *(data() for data in self._data)]
        except MISSED:
            return self._says("a variable is gone")
        if not all(self.fits(position, tensor) for position, tensor in enumerate(tensors)):
            return self._says("a tensor has another shape or dtype")
        if any(np.may_share_memory(tensors[first]._array, tensors[second]._array) for first, second in self.apart):
            return False
        if any(tensors[position] is not tensor for position, tensor in self.pinned):
            return self._says("an argument is another tensor")
        return not any(tensors[first]._array is not tensors[second]._array for first, second in self.twins)

    def _agrees_with(self, args: tuple[Any, ...]) -> bool:
        return same(outline(args), self._outline) or self._says("an argument is another")

    def _says(self, what: str) -> bool:
        self.changed = what
        return False

    def fits(self, position: int, tensor: Any) -> bool:
        """Whether this can be the tensor at a position among the arguments and the data."""
        if not isinstance(tensor, Tensor) or tensor._requires_grad or _kind(tensor._array) != self._kinds[position]:
            return False
        array = tensor._array
        if position in self._changed and any(np.may_share_memory(array, one) for _, one, _, _ in self._tensors):
            return False
        if array.base is None and id(array) not in self._written_ids:
            return True
        return not any(np.may_share_memory(array, one) for one in self._written)

    def still_hold(self) -> bool:
        """Whether everything around the step, but for its data, is as it was when it was traced."""
        trace = self.trace
        if grad_flags.enabled is not self.grad_enabled or default_numpy_dtype() is not self._default_dtype:
            return self._says("the mode or the default dtype")
        if grad_flags.inference is not self.inference or tape.pull_examined is not None:  # set by detect_anomaly()
            return self._says("the mode")
        if is_tracing() or not self.also():
            return False
        for position, (guard, read) in enumerate(zip(self.reads, self._now, strict=True)):
            try:
                now = read()
            except MISSED:
                now = ABSENT
            if not guard.holds(now):
                return self._says(f"{guard} ({guard.where}) is {shortened(now)}")
            guard.value = self.space[f"value_{position}"] = kept(now) if guard.of_content else now
        for tensor, array, requires_grad, hooks in self._tensors:
            if tensor._array is not array or tensor._requires_grad is not requires_grad or _hooks(tensor) != hooks:
                return self._says("the memory, the hooks or requires_grad of a tensor")
        for tensor, requires_grad in self._touched:
            if tensor._requires_grad is not requires_grad:
                return self._says("requires_grad of a tensor")
        for group, key, value in trace.fixed_options:
            now = group.get(key, ABSENT)
            if isinstance(value, list):
                if not isinstance(now, list) or not agrees(now, tuple(value)):
                    return self._says(f"the option {key!r} of an optimizer")
            elif not same(now, value):
                return self._says(f"the option {key!r} of an optimizer")
        for optimizer, groups, states in self._optimizers:
            if not unchanged(optimizer.param_groups, groups) or not same_outlines(outlines(optimizer.state), states):
                return self._says("the groups or the state of an optimizer")
        if not all(tensor._grad is gradient for tensor, gradient in trace.needed_gradients.items()):
            return self._says("the gradient of a tensor")
        return True


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
    if isinstance(part, (set, frozenset)) and not all(isinstance(one, PLAIN) for one in part):
        raise CompileError("an argument of a compiled step is a set of objects: pass a list")
    return (type(part), frozenset(part)) if isinstance(part, set) else part


def _hooks(tensor: Tensor) -> tuple[Any, ...]:
    return *(tensor._hooks or ()), *(tensor._accumulate_hooks or ())


def _kind(array: Array) -> tuple[Any, ...]:
    return array.shape, array.strides, array.dtype
