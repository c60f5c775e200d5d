"""Guards: what a program takes for granted of the world around it, and whether that still holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from numpynet.compiler.errors import CompileError
from numpynet.compiler.surroundings import Code, Variable, contents, is_data, may_change_inside
from numpynet.compiler.symbol import Array, Kind
from numpynet.compiler.trace import Trace, is_tracing, state_outline, tensors_in
from numpynet.core import tape
from numpynet.core.dtypes import default_numpy_dtype
from numpynet.core.modes import flags as grad_flags
from numpynet.core.tensor import Tensor


class Guards:
    """What held when a step was traced with certain arguments.

    variables: the names around the step. values: what they referred to.
    insides: containers and the user's objects among these, each with what was inside.
    explicit: the tensors among the arguments. implicit: the variables that refer to data, arguments in all but name.
    tensors, arrays: both, in this order, as they were. twins: pairs of positions at which one and the same memory was.
    apart: pairs that must not overlap, because the program writes to one of them.
    takes_tensors: whether the arguments are tensors and nothing else. also: tells whether anything else holds.
    """

    def __init__(self, trace: Trace, code: Code, args: tuple[Any, ...]) -> None:
        self.trace = trace
        self.also: Callable[[], bool] = lambda: True
        self.variables = code.variables
        self.values = [variable.value() for variable in self.variables]
        self.attributes = code.attributes
        in_modules = [module.__dict__.get(name) for module, name, _ in trace.reads.values() if not name.startswith("_")]
        self.insides = [
            (one, contents(one, self.attributes))
            for one in [code.owner, *code.held, *self.values, *in_modules]
            if may_change_inside(one)
        ]
        self.grad_enabled = grad_flags.enabled
        self.inference = grad_flags.inference
        self.explicit = list(tensors_in(args))
        self.implicit: list[Variable] = [
            one for one, value in zip(self.variables, self.values, strict=True) if is_data(value)
        ]
        self.takes_tensors = all(isinstance(one, Tensor) for one in args)
        self.tensors: list[Tensor] = [*self.explicit, *(variable.value() for variable in self.implicit)]
        self.arrays: list[Array] = [one._array for one in self.tensors]
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

    def settle(self, written: Iterable[Array]) -> None:
        """Notes where tensors are, once they are laid out. written: the memory that the program writes to."""
        self._tensors = [
            (tensor, tensor._array, tensor._requires_grad, _hooks(tensor)) for tensor in self.trace.tensors.values()
        ]
        self._optimizers = [
            (optimizer, list(map(id, optimizer.param_groups)), _states(optimizer))
            for optimizer in self.trace.optimizers
        ]
        self._written = list(written)
        self._written_ids = set(map(id, self._written))

    def matches(self, args: tuple[Any, ...]) -> bool:
        """Whether the program can run with these arguments, now; what depends on options is not looked at."""
        if outline(args) != self._outline or not self.still_hold():
            return False
        tensors = [*tensors_in(args), *(variable.value() for variable in self.implicit)]
        if not all(self.fits(position, tensor) for position, tensor in enumerate(tensors)):
            return False
        if any(np.may_share_memory(tensors[first]._array, tensors[second]._array) for first, second in self.apart):
            return False
        return not any(tensors[first]._array is not tensors[second]._array for first, second in self.twins)

    def fits(self, position: int, tensor: Any) -> bool:
        """Whether this can be the tensor at a position among the explicit and the implicit ones."""
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
            return False
        if grad_flags.inference is not self.inference or tape.pull_examined is not None:  # set by detect_anomaly()
            return False
        if (
            is_tracing()
            or not self.also()
            or any(contents(value, self.attributes) != before for value, before in self.insides)
        ):
            return False
        for variable, value in zip(self.variables, self.values, strict=True):
            now = variable.value()
            if is_data(value):
                if not is_data(now):
                    return False
            elif now is not value and not (_is_plain(value) and contents(now, ()) == contents(value, ())):
                return False
        for tensor, array, requires_grad, hooks in self._tensors:
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
        for optimizer, groups, states in self._optimizers:
            if list(map(id, optimizer.param_groups)) != groups or states != _states(optimizer):
                return False
        return all(tensor._grad is gradient for tensor, gradient in trace.needed_gradients.items())


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
    if isinstance(part, np.generic):
        return type(part), part.tobytes()
    if isinstance(part, np.ndarray):
        raise CompileError("an argument of a compiled step is a NumPy array: pass numpynet.from_numpy(array)")
    return contents(part, ()) if _is_plain(part) else part


def _states(optimizer: Any) -> dict[Any, Any]:
    return {id(key): state_outline(value) for key, value in optimizer.state.items()}


def _hooks(tensor: Tensor) -> tuple[Any, ...]:
    return *(tensor._hooks or ()), *(tensor._accumulate_hooks or ())


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str, bytes, tuple, type(None)))


def _kind(array: Array) -> tuple[Any, ...]:
    return array.shape, array.strides, array.dtype
