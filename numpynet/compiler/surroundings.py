"""Surroundings: what a step refers to by name outside of itself, and the names that its tensors have there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

from numpynet.nn.modules.module import Module
from numpynet.ops.form import Op
from numpynet.tensor import Tensor

_FIXED = (ModuleType, FunctionType, BuiltinFunctionType, type, Op)


@dataclass(frozen=True)
class Variable:
    """A name from around a step: of a cell of its closure, or of a global."""

    name: str
    holder: CellType | dict[str, Any]

    def value(self) -> Any:
        """What it refers to now; None when it refers to nothing any more."""
        if isinstance(self.holder, dict):
            return self.holder.get(self.name)
        try:
            return self.holder.cell_contents
        except ValueError:
            return None

    def text(self, holder: str) -> str:
        """How its value is read, where its holder is known by that name."""
        return f"{holder}[{self.name!r}]" if isinstance(self.holder, dict) else f"{holder}.cell_contents"


def variables(step: Callable[..., Any]) -> list[Variable]:
    """The variables that a function refers to, but for modules, functions and classes, which are not rebound."""
    function = step.__func__ if isinstance(step, MethodType) else step
    if not isinstance(function, FunctionType):
        return []
    code = function.__code__
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    found = [Variable(name, cell) for name, cell in cells]
    found += [Variable(name, function.__globals__) for name in code.co_names if name in function.__globals__]
    return [variable for variable in found if not isinstance(variable.value(), _FIXED)]


def is_data(value: Any) -> bool:
    """Whether a variable's value is a tensor that no gradient is wanted of: an argument in all but name."""
    return isinstance(value, Tensor) and not value._requires_grad


def names(step: Callable[..., Any], roots: list[Module]) -> Iterator[tuple[Tensor, str]]:
    """Tensors with the names that the user knows them by: of parameters in a model, of variables, of attributes."""
    known = variables(step)
    owner = getattr(step, "__self__", None)
    objects = [*roots, *([step] if isinstance(step, Module) else []), *([owner] if owner is not None else [])]
    for thing in [*objects, *(variable.value() for variable in known)]:
        if isinstance(thing, Module):
            yield from ((tensor, name) for name, tensor in thing.named_parameters())
            yield from ((tensor, name) for name, tensor in thing.named_buffers())
    for variable in known:
        value = variable.value()
        if isinstance(value, Tensor):
            yield value, variable.name
    for thing in [*objects, *(variable.value() for variable in known)]:
        if not isinstance(thing, Module):
            attributes = getattr(thing, "__dict__", {})
            yield from ((value, name) for name, value in attributes.items() if isinstance(value, Tensor))


def layer_names(roots: list[Module]) -> dict[str, str]:
    """For every module, by its id as text, what to call it in a heading."""
    found: dict[str, str] = {}
    for root in roots:
        for name, module in root.named_modules():
            label = type(module).__name__
            found.setdefault(str(id(module)), f"{label} {name}" if name else label)
    return found
