"""Reads: what a step reads and writes outside itself, recorded while it is traced.

Every function of the user's is run from rewritten source (`rewriting`), whose names, attributes, items, iterations and
stores come here, and whose calls come to `calls`. A read of what was there before the step becomes a guard; a store is
undone when the trace ends, and made again after each run of the program.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
from collections import deque
from dataclasses import dataclass
from types import CellType, CodeType, GeneratorType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from numpynet.compiler.errors import CompileError, here
from numpynet.compiler.places import ABSENT, PLAIN, Guard, Place, kept, restore, shortened
from numpynet.compiler.rewriting import named_in
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.optim.optimizer import Optimizer
from numpynet.random.generator import Generator

if TYPE_CHECKING:
    from numpynet.compiler.trace import Trace

CONTAINERS = (list, dict, set, deque)
_REGISTERS = {"_parameters", "_buffers", "_modules"}


class Again(BaseException):
    """The step has to be traced once more, with a place as one whose value is not taken for granted."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


@dataclass(eq=False)
class Effect:
    """What the step does to an object outside itself.

    place: where it puts `value`, or whose holder is called with it.
    """

    place: Place
    value: Any
    where: str
    calls: bool = False


class Reads:
    """What a step did outside itself, as rewritten code leads it through here.

    guards: what it read. effects: what it wrote, in order. names: what the user calls tensors and objects.
    variables: places whose values the program reads at each call.
    """

    REFUSALS = (CompileError, Again)  # which no handler of the step's catches

    def __init__(self, trace: Trace, variables: list[Place]) -> None:
        self.trace = trace
        self.variables = {place.identity(): place for place in variables}
        self.values: dict[Any, Any] = {}  # what the step finds at these places
        self.guards: dict[Any, Guard] = {}
        self.effects: list[Effect] = []
        self.names: dict[int, tuple[Any, str]] = {}
        self._born: dict[int, Any] = {}
        self.given: dict[int, Any] = {}  # the containers that arguments are in
        self.codes: dict[int, CodeType] = {}
        self._written: dict[Any, tuple[Place, Any]] = {}
        self._changed: dict[int, tuple[Any, Any]] = {}  # containers, with what was in them
        self._wholes: dict[int, tuple[Module, dict[str, Any]]] = {}

    # --- where and whether ------------------------------------------------------------------------------

    def refuse(self, what: str) -> NoReturn:
        """CompileError for the line that is at work."""
        raise CompileError(f"{here()}: {what}, which a compiled step cannot follow: do this outside of it")

    def born(self, thing: Any) -> Any:
        """Notes that an object was made by the step itself."""
        self._born[id(thing)] = thing
        return thing

    def is_born(self, thing: Any) -> bool:
        """Whether the step made it."""
        return id(thing) in self._born

    def is_steps_own(self, thing: Any) -> bool:
        """Whether it is seen by this step alone: made by it, or a stand-in for a part of an optimizer."""
        return id(thing) in self._born or self.trace.is_traced(thing)

    def unless_given(self, thing: Any) -> None:
        """CompileError for a container that is an argument."""
        if id(thing) in self.given:
            self.refuse("a container that is an argument is changed")

    def is_known(self, thing: Any) -> bool:
        """Whether it is of a class of numpynet's."""
        return (type(thing).__module__ or "").startswith("numpynet.")

    def called(self, thing: Any) -> str:
        """What the user calls an object."""
        return self.names[id(thing)][1] if id(thing) in self.names else f"<{type(thing).__name__}>"

    # --- guards -----------------------------------------------------------------------------------------

    def guard(self, key: Any, name: str, template: str, objects: tuple[Any, ...], value: Any, **how: bool) -> None:
        """Takes something for granted, unless that is so already."""
        if key not in self.guards:
            self.guards[key] = Guard(name, here(), template, objects, value, **how)

    def guard_place(self, place: Place, value: Any, name: str, template: str = "", rare: bool = False) -> None:
        """Takes for granted what is at a place, or what a template gives of its holder."""
        key, template = place.identity(), template or place.template
        if key not in self._written:
            objects = (place.holder, place.key) if "{1}" in template else (place.holder,)
            self.guard(key, name, template, objects, value, rare=rare)

    def lacks(self, template: str, objects: tuple[Any, ...], key: Any, name: str, rare: bool = False) -> None:
        self.guard(("lacks", id(objects[0]), key), f"{name} is there", template, objects, False, rare=rare)

    def got(self, value: Any, name: str) -> Any:
        if not isinstance(value, PLAIN):
            self.names.setdefault(id(value), (value, name))
        if isinstance(value, Tensor):
            self.trace.reach(value)
        elif isinstance(value, Optimizer):
            self.trace.adopt(value)
        elif isinstance(value, Generator):
            self.trace.listen(value)
        return value

    # --- reading ----------------------------------------------------------------------------------------

    def name(self, space: dict[str, Any], key: str) -> Any:
        """A global variable, or a builtin."""
        if key in space:
            return self.read(Place("global", space, key), key)
        self.lacks(f"{key!r} in {{0}}", (space,), key, f"the global {key}")
        if key == "print":  # which others replace, to have texts elsewhere
            return self.read(Place("attribute", builtins, key), key)
        if not hasattr(builtins, key):
            raise NameError(f"name {key!r} is not defined")
        return getattr(builtins, key)

    def set_name(self, space: dict[str, Any], key: str, value: Any) -> None:
        """Sets a global variable."""
        self.write(Place("global", space, key), value)

    def cell(self, cells: dict[str, CellType], key: str) -> Any:
        """A variable of a function around."""
        return cells[key].cell_contents if key == "__class__" else self.read(Place("cell", cells[key], key), key)

    def set_cell(self, cells: dict[str, CellType], key: str, value: Any) -> None:
        """Sets a variable of a function around."""
        self.write(Place("cell", cells[key], key), value)

    def read(self, place: Place, name: str, template: str = "", rare: bool = False) -> Any:
        """What is at a place outside the step."""
        known = self.values.get(place.identity(), ABSENT)
        if known is not ABSENT and not self.is_written(place):
            return known
        value = place.get()
        if value is ABSENT:
            self.lacks("True", (place.holder,), place.key, name)
            raise NameError(
                f"cannot access free variable {name!r} where it is not associated with a value in enclosing scope"
            )
        if self.is_written(place):
            return self.got(value, name)
        is_marked = place.identity() in self.variables
        if is_marked and type(value) in (int, float, np.float64):
            self.values[place.identity()] = number = self.trace.number(place, value)
            return number
        is_data = isinstance(value, Tensor) and not value._requires_grad
        if is_data and (is_marked or place.kind in ("global", "cell")) and self.trace.take(place, name, value):
            self.names.setdefault(id(value), (value, name))
            self.values[place.identity()] = value
            return value
        self.guard_place(place, value, name, template, rare)
        return self.got(value, name)

    def has_item(self, thing: dict[Any, Any], key: Any) -> bool:
        """Whether a dictionary that was there before has a key."""
        self.unless_called(thing)
        place = Place("item", thing, key)
        if not self.is_written(place) and place.identity() not in self.guards:
            name = f"{self.called(thing)}[{shortened(key)}]"
            self.guard(("has", place.identity()), f"{name} is there", "{1} in {0}", (thing, key), key in thing)
        return key in thing

    def used(self, thing: Any) -> Any:
        """A value of which all is used: what is in a container is taken for granted."""
        if self.is_born(thing) or isinstance(thing, PLAIN):
            return thing
        if isinstance(thing, (*CONTAINERS, np.ndarray)) and not self.trace.is_traced(thing):
            self.unless_changed(thing)
            name = f"what is in {self.called(thing)}"
            if ("content", id(thing)) not in self.guards:
                self.guard(("content", id(thing)), name, "{0}", (thing,), kept(thing), of_content=True)
        if isinstance(thing, (*CONTAINERS, tuple)):
            for number, one in enumerate(thing.values() if isinstance(thing, dict) else thing):
                if not isinstance(one, PLAIN):
                    self.used(self.got(one, f"{self.called(thing)}[{number}]"))
        return thing

    def unless_changed(self, thing: Any) -> None:
        """CompileError where the step itself has changed a container."""
        self.unless_called(thing)
        if self.is_written_to(thing):
            self.refuse("a container is read that the step itself changes")

    def unless_called(self, thing: Any) -> None:
        """CompileError where the step itself has changed a container by a method."""
        if id(thing) in self._changed:
            self.refuse("a container is read that the step itself changes by a method")

    def was_set(self, module: Module, key: str) -> bool:
        """Whether library code has set an attribute of a module, such as its mode."""
        known = self._wholes.get(id(module))
        return known is not None and known[1].get(key, ABSENT) is not module.__dict__.get(key, ABSENT)

    def is_written(self, place: Place) -> bool:
        """Whether the step has put a value there."""
        return place.identity() in self._written

    def is_written_to(self, thing: Any) -> bool:
        """Whether the step has set an item of a container."""
        return any(holder == id(thing) for _, holder, _ in self._written)

    def whole(self, module: Module) -> None:
        """Takes all for granted that a module and its parts have: library code may read any of it."""
        for one in module.modules():
            self.attributes_of(one)

    def attributes_of(self, module: Module) -> None:
        """Takes the attributes of one module for granted."""
        if id(module) in self._wholes or self.is_born(module):
            return
        own = module.__dict__
        self._wholes[id(module)] = module, dict(own)
        skipped = {key for key in own if ("item", id(own), key) in {**self.variables, **self._written}}
        name = f"the attributes of {self.called(module)}"
        objects, value = (state_of, module, skipped), state_of(module, skipped)
        self.guard(("whole", id(module)), name, "{0}({1}, {2})", objects, value, of_content=True, rare=True)
        for value in own.values():
            if isinstance(value, Tensor):
                self.trace.reach(value)

    # --- writing ----------------------------------------------------------------------------------------

    def write(self, place: Place, value: Any) -> None:
        """Puts a value at a place outside the step; it is undone when the trace ends."""
        key = place.identity()
        before = place.get()
        if key not in self._written:
            guard = self.guards.get(key)
            if guard is not None and value is before:  # as in self.t += 1 of a tensor
                return
            read = guard is not None or ("has", key) in self.guards
            numbers = type(before) in (int, float, np.float64) and isinstance(value, (int, float))
            tensors = isinstance(before, Tensor) and isinstance(value, Tensor) and not before._requires_grad
            if guard is not None and key not in self.variables and (numbers or tensors):
                raise Again(place)
            if not read and ("content", key[1]) in self.guards:
                self.refuse("a container is changed of which the step has read all")
            self._written[key] = place, place.own()
        self.unless_called(place.holder)
        self.effects = [one for one in self.effects if one.calls or one.place.identity() != key]
        self.effects.append(Effect(place, value, here()))
        place.set(value)

    def change(self, thing: Any, name: str, args: tuple[Any, ...]) -> None:
        """thing.append(value), and its like: what gives nothing, and does not depend on what is in the container."""
        if ("content", id(thing)) in self.guards or self.is_written_to(thing):
            self.refuse("a container is changed by a method of which the step has read all, or set an item")
        self._changed.setdefault(id(thing), (thing, kept(thing)))
        method = getattr(thing, name)
        method(*args)
        self.effects.append(Effect(Place("item", method, None), (args, {}), here(), calls=True))

    def is_guarded(self, place: Place) -> bool:
        """Whether something is taken for granted of what is at a place."""
        holder, key = place.holder, place.key
        is_whole = ("whole", id(holder)) in self.guards and key in named_in(type(holder))  # type: ignore[arg-type]
        return is_whole or place.identity() in self.guards or ("lacks", id(holder), key) in self.guards

    def undo(self) -> None:
        """Puts everything back that the step has written."""
        unseen = ((guard.objects[0], guard.value) for guard in self._changed_unseen())
        for container, content in (*unseen, *self._changed.values()):
            restore(container, content)
        for module, before in self._wholes.values():
            own = module.__dict__
            if own.keys() != before.keys() or any(own[key] is not before[key] for key in before):
                own.clear()
                own.update(before)
        for place, before in reversed(self._written.values()):
            if place.get() is before:
                continue
            with contextlib.suppress(AttributeError, LookupError):
                place.set(before)

    def _changed_unseen(self) -> list[Guard]:
        """The containers and arrays of which the step has read all, and that are not what they were."""
        guards = (guard for key, guard in self.guards.items() if key[0] == "content")
        return [
            guard for guard in guards if not guard.holds(guard.objects[0]) and not self.is_written_to(guard.objects[0])
        ]

    def settle(self) -> None:
        """Modes that library code has set are effects; CompileError for all else that it has set."""
        for one in self._born.values():
            is_left = isinstance(one, GeneratorType) and inspect.getgeneratorstate(one) == inspect.GEN_SUSPENDED
            if is_left and id(one.gi_code) in self.codes and one.__name__ != "<genexpr>":  # which does nothing more
                self.refuse("a generator is left before its end, where it may do something")
        for guard in self._changed_unseen():
            raise CompileError(
                f"{guard.where}: {guard.name} is changed by the step in a way that a compiled step cannot follow: do "
                f"this outside of it"
            )
        for key, guard in self.guards.items():
            if key[0] == "count":  # the first step of an optimizer may note that there was one
                guard.value = len(vars(guard.objects[0]))
        for module, before in self._wholes.values():
            own = module.__dict__
            for key in {**own, **before}:
                now = own.get(key, ABSENT)
                if now is before.get(key, ABSENT) or ("item", id(own), key) in self._written:
                    continue
                if key != "training":
                    self.refuse(f"the attribute {key!r} of a module is set")
                self.effects.append(Effect(Place("entry", module, key), now, here()))

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """function(*args, **kwargs)"""
        raise NotImplementedError


def state_of(module: Module, skipped: set[str]) -> dict[str, Any]:
    """The attributes of a module that library code may read, but for some, and lists and dictionaries as tuples."""
    own = module.__dict__
    named = named_in(type(module))  # type: ignore[arg-type]
    known = {*named, *own["_parameters"], *own["_buffers"], *own["_modules"]} - skipped - _REGISTERS
    return {
        key: tuple(value.items()) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value
        for key, value in own.items()
        if key in known
    }
