"""Surroundings: what a step refers to by name outside of itself, and the names that its tensors have there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from dis import get_instructions
from functools import partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from numpynet.compiler.errors import CompileError
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.optim.optimizer import Optimizer

_FIXED = (ModuleType, BuiltinFunctionType, type)
_USERS = {"builtins", "__main__", "types", "argparse"}  # with __main__'s kin, and namespaces to keep options in
_OTHERS = {"numpynet", "numpy", *sys.stdlib_module_names} - _USERS  # hold nothing that a user would rebind
_DEPTH = 3


@dataclass(frozen=True, eq=False)
class Variable:
    """A name from around a step: of a cell of its closure, or of a global."""

    name: str
    holder: CellType | dict[str, Any]

    def __eq__(self, other: object) -> bool:
        # two cells are equal where what is in them is, which may be another variable of the same name
        return isinstance(other, Variable) and self.name == other.name and self.holder is other.holder

    def __hash__(self) -> int:
        return hash((self.name, id(self.holder)))

    def value(self) -> Any:
        """What it refers to now; None when it refers to nothing any more."""
        if isinstance(self.holder, dict):
            return self.holder.get(self.name)
        try:
            return self.holder.cell_contents
        except ValueError:
            return None

    def is_bound(self) -> bool:
        """Whether it refers to anything."""
        if isinstance(self.holder, dict):
            return self.name in self.holder
        try:
            self.holder.cell_contents  # noqa: B018  an error where it is empty
        except ValueError:
            return False
        return True

    def bind(self, value: Any) -> None:
        """Makes it refer to a value."""
        if isinstance(self.holder, dict):
            self.holder[self.name] = value
        else:
            self.holder.cell_contents = value


class Code:
    """What a step and the user's functions that it calls refer to.

    variables: those from around them, but for modules and classes, which are not rebound; those of the step first.
    attributes: the names of all attributes that they read. owner: the object of which the step is a method, or which it
    is itself. held: containers and objects among the defaults of functions and the arguments of partial ones.
    """

    def __init__(self, step: Callable[..., Any]) -> None:
        self.variables: list[Variable] = []
        self.attributes: set[str] = set()
        self.owner = getattr(step, "__self__", step if _is_object(step) else None)
        self.held: list[Any] = []
        self._read_already: dict[int, Any] = {}
        self._with_methods: list[Any] = []
        self._read(step, is_step=True)
        known = -1
        while known != len(self.attributes):  # a method may read attributes that are methods
            known = len(self.attributes)
            for thing in list(self._with_methods):
                for name in sorted(self.attributes | {"__call__"}):
                    method = getattr(type(thing), name, None)
                    self._read(method.fget if isinstance(method, property) else method)

    def _read(self, thing: Any, is_step: bool = False) -> None:
        """Reads what a function, an object or a module runs, or those in a container do."""
        if id(thing) in self._read_already or isinstance(thing, (Tensor, str, type, ModuleType)):
            return
        self._read_already[id(thing)] = thing
        if isinstance(thing, MethodType):
            self._read(thing.__self__)
            self._read(thing.__func__, is_step)
        elif isinstance(thing, partial):
            self._hold([*thing.args, *thing.keywords.values()])
            self._read(thing.func, is_step)
        elif isinstance(thing, FunctionType):
            if is_step or _is_users(thing.__module__):
                self._read(getattr(thing, "__wrapped__", None), is_step)
                self._hold([*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()])
                found = self._referred(thing)
                self.variables += [one for one in found if one not in self.variables]
                for variable in found:
                    self._read(variable.value())
        elif isinstance(thing, (list, tuple, set, frozenset, dict)):
            for one in thing.values() if isinstance(thing, dict) else thing:
                self._read(one)
        elif isinstance(thing, Module):
            for module in thing.modules():
                self._with_methods.append(module)
                self._read(type(module).forward)
        elif _is_object(thing):
            self._with_methods.append(thing)
        else:
            self._read(getattr(thing, "__wrapped__", None), is_step)  # of a compiled step

    def _hold(self, values: list[Any]) -> None:
        self.held += [one for one in values if may_change_inside(one)]
        for one in values:
            self._read(one)

    def state(self) -> list[tuple[Variable | None, Any, Any]]:
        """All variables, and None for the owner, with their values and what is inside of these."""
        found: list[tuple[Variable | None, Any]] = [(one, one.value()) for one in self.variables]
        return [(one, value, contents(value, self.attributes)) for one, value in [(None, self.owner), *found]]

    def refuse_changes(self, before: list[tuple[Variable | None, Any, Any]]) -> None:
        """CompileError where the state is another than before, after variables were bound as they had been."""
        changed = []
        for variable, value, inside in before:
            now = value if variable is None else variable.value()
            if contents(now, self.attributes) != inside:
                changed.append("an attribute of its object" if variable is None else variable.name)
                if variable is not None and now is not value:
                    variable.bind(value)
        if changed:
            raise CompileError(
                f"the step itself changes {', '.join(changed)}, which a compiled step would do once, and never again: "
                f"change tensors in place, return what is to be kept, and do the rest outside the compiled step"
            )

    def _referred(self, function: FunctionType) -> list[Variable]:
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        found = [Variable(name, cell) for name, cell in cells.items()]
        codes = [function.__code__]
        for code in codes:
            codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
            for instruction in get_instructions(code):
                if instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                    self.attributes.add(instruction.argval)
                elif instruction.opname == "LOAD_GLOBAL" and instruction.argval in function.__globals__:
                    found.append(Variable(instruction.argval, function.__globals__))
        return [one for one in dict.fromkeys(found) if one.is_bound() and not isinstance(one.value(), _FIXED)]


def _is_users(module: str | None) -> bool:
    return (module or "").partition(".")[0] not in _OTHERS


def _is_object(value: Any) -> bool:
    """Whether it is an object of a class of the user's own, whose attributes may be set at any time."""
    guarded_elsewhere = (Module, Optimizer, Tensor, FunctionType, type, ModuleType)
    return hasattr(value, "__dict__") and not isinstance(value, guarded_elsewhere) and _is_users(type(value).__module__)


def contents(value: Any, attributes: Collection[str], depth: int = _DEPTH) -> Any:
    """What is in a container or, under the names given, in an object; equal only where a step finds the same there.

    Numbers and texts count by value, all else by identity.
    """
    if isinstance(value, (bool, int, float, str, bytes, type(None))):
        return type(value), repr(value)
    if depth and isinstance(value, (set, frozenset)):
        return type(value), frozenset(contents(one, attributes, depth - 1) for one in value)
    if depth and isinstance(value, (list, tuple)):
        return type(value), *(contents(one, attributes, depth - 1) for one in value)
    if depth and isinstance(value, dict):
        return dict, *((id(key), key, contents(one, attributes, depth - 1)) for key, one in value.items())
    if depth and _is_object(value):
        mine = value.__dict__
        return id(value), *((name, contents(mine[name], attributes, depth - 1)) for name in mine if name in attributes)
    return id(value)


def may_change_inside(value: Any) -> bool:
    """Whether something can be put in the place of what is in a value, without the value being rebound."""
    if isinstance(value, (tuple, frozenset)):
        return any(map(may_change_inside, value))
    return isinstance(value, (list, dict, set)) or _is_object(value)


def is_data(value: Any) -> bool:
    """Whether a variable's value is a tensor that no gradient is wanted of: an argument in all but name."""
    return isinstance(value, Tensor) and not value._requires_grad


def names(step: Callable[..., Any], roots: list[Module]) -> Iterator[tuple[Tensor, str]]:
    """Tensors with the names that the user knows them by: of parameters in a model, of variables, of attributes."""
    known = Code(step).variables
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
