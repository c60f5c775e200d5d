"""Reads: what a step reads and writes outside itself, recorded while it is traced.

Every function of the user's is run from rewritten source (`rewriting`), whose names, attributes, items, iterations and
stores come here, and whose calls come to `calls`. A read of what was there before the step becomes a guard; a store is
undone when the trace ends, and made again after each run of the program.
"""

from __future__ import annotations

import builtins
import contextlib
import enum
import functools
import inspect
import linecache
import operator
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import (
    CodeType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from numpynet.autograd.function import FunctionCtx
from numpynet.compiler.errors import CompileError
from numpynet.compiler.number import Number
from numpynet.compiler.places import ABSENT, PLAIN, Guard, Place, kept
from numpynet.compiler.symbol import Symbol
from numpynet.compiler.users import is_users, is_users_class, is_users_module, named_in
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.optim.lr_scheduler import LRScheduler
from numpynet.optim.optimizer import Optimizer
from numpynet.random.generator import Generator

if TYPE_CHECKING:
    from numpynet.compiler.scope import Scope
    from numpynet.compiler.trace import Trace

CONTAINERS = (list, dict, set, deque)
_DUNDERS = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}  # and the mirrored ones
_REGISTERS = {"_parameters", "_buffers", "_modules"}


class Again(BaseException):
    """The step has to be traced once more, with a place as one whose value is not taken for granted."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


@dataclass(eq=False)
class Effect:
    """What the step does to an object outside itself.

    place: where it puts `value`, or the list that this is appended to, or the function that is called with it.
    """

    place: Place
    value: Any
    where: str
    appends: bool = False
    calls: bool = False


class Reads:
    """What a step did outside itself.

    guards: what it read. effects: what it wrote, in order. names: what the user calls tensors and objects.
    variables: places whose values the program reads at each call.
    """

    def __init__(self, trace: Trace, variables: list[Place]) -> None:
        self.trace = trace
        self.variables = {place.identity(): place for place in variables}
        self.values: dict[Any, Any] = {}  # what the step finds at these places
        self.guards: dict[Any, Guard] = {}
        self.effects: list[Effect] = []
        self.names: dict[int, tuple[Any, str]] = {}
        self.here: tuple[Scope, int] | None = None
        self._born: dict[int, Any] = {}
        self.codes: dict[int, CodeType] = {}
        self._written: dict[Any, tuple[Place, Any]] = {}
        self._appended: dict[int, tuple[list[Any], int]] = {}
        self._wholes: dict[int, tuple[Module, dict[str, Any]]] = {}

    # --- where and whether ------------------------------------------------------------------------------

    @property
    def where(self) -> str:
        """The line that is at work."""
        if self.here is None:
            return "the call"
        scope, line = self.here
        text = linecache.getline(scope.file, line, scope.globals).strip()
        return f"{scope.file}, line {line}, in {scope.called}{text and f': `{text}`'}"

    def refuse(self, what: str) -> NoReturn:
        """CompileError for the line that is at work."""
        raise CompileError(f"{self.where}: {what}, which a compiled step cannot follow: do this outside of it")

    def born(self, thing: Any) -> Any:
        """Notes that an object was made by the step itself."""
        self._born[id(thing)] = thing
        return thing

    def is_born(self, thing: Any) -> bool:
        """Whether the step made it."""
        return id(thing) in self._born

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
            self.guards[key] = Guard(name, self.where, template, objects, value, **how)

    def guard_place(self, place: Place, value: Any, name: str, template: str = "", rare: bool = False) -> None:
        key = place.identity()
        if key in self._written or key in self.guards:
            return
        objects = [place.holder]

        def bind(one: Any) -> str:
            if not any(one is other for other in objects):
                objects.append(one)
            return f"{{{next(number for number, other in enumerate(objects) if other is one)}}}"

        text = template or place.expression(bind).replace("{", "{{").replace("}", "}}")
        text = text if template else text.replace("{{0}}", "{0}").replace("{{1}}", "{1}")
        self.guard(key, name, text, tuple(objects), value, rare=rare)

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
        """A global, or a builtin."""
        if key in space:
            return self.read(Place("global", space, key), key)
        self.lacks(f"{key!r} in {{0}}", (space,), key, f"the global {key}")
        if not hasattr(builtins, key):
            raise NameError(f"name {key!r} is not defined")
        return getattr(builtins, key)

    def read(self, place: Place, name: str, template: str = "", rare: bool = False) -> Any:
        """What is at a place outside the step."""
        known = self.values.get(place.identity(), ABSENT)
        if known is not ABSENT and place.identity() not in self._written:
            return known
        value = place.get()
        if value is ABSENT:
            self.lacks("True", (place.holder,), place.key, name)
            raise NameError(
                f"cannot access free variable {name!r} where it is not associated with a value in enclosing scope"
            )
        if place.identity() in self._written:
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

    def attribute(self, thing: Any, key: str) -> Any:
        """thing.key"""
        kind = type(thing)
        if isinstance(thing, (*PLAIN, Number, tuple, *CONTAINERS, GeneratorType)) and not is_users_class(kind):
            return getattr(thing, key)
        if isinstance(thing, ModuleType):
            if not is_users_module(thing.__name__):
                return getattr(thing, key)
            if not hasattr(thing, key):
                self.lacks("hasattr({0}, " + repr(key) + ")", (thing,), key, f"{thing.__name__}.{key}")
            return self.attribute_at(thing, key)
        if isinstance(thing, Tensor) and (not is_users_class(kind) or hasattr(Tensor, key)):
            return self._of_tensor(thing, key)
        if isinstance(thing, type):
            return self._of_class(thing, key)
        if isinstance(thing, super):
            return self._of_super(thing, key)
        if isinstance(thing, (FunctionType, MethodType)):
            return (
                self.attribute_at(thing, key)
                if hasattr(thing, key) and not key.startswith("__")
                else getattr(thing, key)
            )
        if isinstance(thing, LRScheduler) and key not in thing.__dict__ and key != "get_last_lr":
            self.refuse("a scheduler is called")
        if is_users(getattr(kind, "__getattribute__", None)):
            self.refuse(f"{kind.__name__} has a __getattribute__ of its own")
        return self._of_object(thing, key)

    def attribute_at(self, thing: Any, key: str) -> Any:
        if self.is_born(thing):
            return getattr(thing, key)
        place = Place("attribute", thing, key)
        value = getattr(thing, key)  # which raises as Python does
        name = f"{self.called(thing)}.{key}"
        if isinstance(thing, Module) and key in thing.__dict__:
            place = Place("entry", thing, key)
            return self.read(place, name, rare=not isinstance(value, np.ndarray))
        if isinstance(value, MethodType):
            self.guard_place(place, value.__func__, name, f"{{0}}.{key}.__func__")
            return value
        return self.read(place, name)

    def _of_tensor(self, tensor: Tensor, key: str) -> Any:
        if key in tensor.__dict__ and key not in Tensor.__annotations__:
            return self.attribute_at(tensor, key)
        if key in ("_version", "data_ptr"):
            self.refuse(f"a tensor's {key} is asked for")
        self.trace.touch(tensor)
        try:
            return getattr(tensor, key)
        except AttributeError:
            self.lacks("hasattr({0}, " + repr(key) + ")", (tensor,), key, f"{self.called(tensor)}.{key}")
            raise

    def _of_super(self, thing: Any, key: str) -> Any:
        order = thing.__self_class__.__mro__
        for kind in order[order.index(thing.__thisclass__) + 1 :]:
            if key in kind.__dict__:
                self.class_guard(kind, key, kind.__dict__[key], f"{kind.__name__}.{key}")
                break
            if is_users_class(kind):
                self.lacks(f"{key!r} in {{0}}.__dict__", (kind,), key, f"{kind.__name__}.{key}")
        return getattr(thing, key)

    def kind_of(self, thing: Any) -> None:
        """Takes the class of an object for granted."""
        if is_users_class(type(thing)) and not self.is_born(thing) and not isinstance(thing, type):
            is_module = isinstance(thing, Module)
            self.guard(
                ("class", id(thing)), f"type({self.called(thing)})", "type({0})", (thing,), type(thing), rare=is_module
            )

    def _of_class(self, owner: type, key: str) -> Any:
        found = inspect.getattr_static(owner, key, ABSENT)
        if found is ABSENT:
            if is_users_class(owner):
                self.lacks("hasattr({0}, " + repr(key) + ")", (owner,), key, f"{owner.__name__}.{key}")
            return getattr(owner, key)
        value = getattr(owner, key)
        if not is_users_class(owner) or isinstance(value, enum.Enum):
            return value
        if isinstance(found, (classmethod, MethodType)):
            if hasattr(value, "__func__"):
                self.guard_place(
                    Place("attribute", owner, key), value.__func__, f"{owner.__name__}.{key}", f"{{0}}.{key}.__func__"
                )
            return value
        if isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
            return value
        return self.read(Place("attribute", owner, key), f"{owner.__name__}.{key}")

    def _of_object(self, thing: Any, key: str) -> Any:
        kind = type(thing)
        found = inspect.getattr_static(kind, key, ABSENT)
        is_module = isinstance(thing, Module)
        if isinstance(thing, Optimizer) and key in ("param_groups", "state"):
            value = getattr(thing, key)
            if key == "state" and not self.is_born(thing) and not self.trace.is_traced(value):
                self.guard_place(Place("attribute", thing, key), value, f"{self.called(thing)}.{key}")
            return value
        if self.is_known(thing) and not isinstance(thing, (Module, Optimizer, LRScheduler)):
            return getattr(thing, key)
        own = getattr(thing, "__dict__", {})
        name = f"{self.called(thing)}.{key}"
        if key not in own:
            self.kind_of(thing)
        if isinstance(found, property):
            self.class_guard(kind, key, found, name)
            if is_users(found.fget):
                return self.call(found.fget, (thing,), {})
            if is_module:
                self.whole(thing)
            return getattr(thing, key)
        if key in own and not isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
            return self.attribute_at(thing, key)
        if isinstance(found, functools.cached_property):
            if not self.is_born(thing):
                self.refuse(f"{name} is computed and kept")
            thing.__dict__[key] = value = self.call(found.func, (thing,), {})
            return value
        if isinstance(found, (FunctionType, classmethod, staticmethod)):
            self.class_guard(kind, key, found, name)
            if isinstance(thing, Optimizer) and not is_users_class(kind):
                count = len(own)
                self.guard(
                    ("count", id(thing)), f"len(vars({self.called(thing)}))", "len({0}.__dict__)", (thing,), count
                )
            elif not self.is_born(thing):
                own_text = "{0}.__dict__" if hasattr(thing, "__dict__") else "()"
                self.lacks(f"{key!r} in {own_text}", (thing,), key, f"{name} of its own", rare=is_module)
            return getattr(thing, key)
        if found is not ABSENT:
            if is_module and not isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
                self.lacks(f"{key!r} in {{0}}.__dict__", (thing,), key, f"{name} of its own", rare=True)
                owner = next(one for one in kind.__mro__ if key in one.__dict__)
                return self._of_class(owner, key)
            if key == "__dict__" and is_module:
                self.whole(thing)
            if key in ("__class__", "__dict__", "__doc__"):
                return getattr(thing, key)
            return self.attribute_at(thing, key)
        method = getattr(kind, "__getattr__", None)
        self.lacks(
            f"{key!r} in {{0}}.__dict__" if own or hasattr(thing, "__dict__") else "False",
            (thing,),
            key,
            name,
            rare=is_module,
        )
        if is_users(method):
            return self.call(method, (thing, key), {})
        return getattr(thing, key)

    def class_guard(self, kind: type, key: str, found: Any, name: str) -> None:
        if not is_users_class(kind):
            return
        function = getattr(found, "__func__", found)
        bound = isinstance(found, classmethod)
        self.guard_place(
            Place("attribute", kind, key), function, name, f"{{0}}.{key}.__func__" if bound else f"{{0}}.{key}"
        )

    def item(self, thing: Any, key: Any) -> Any:
        """thing[key]"""
        kind = type(thing)
        method = getattr(kind, "__getitem__", None)
        if is_users(method):
            return self.call(method, (thing, key), {})
        if isinstance(thing, Module):
            self.whole(thing)
        if isinstance(thing, type):
            return thing[key]  # type: ignore[index]
        if self.is_born(thing) or isinstance(thing, (*PLAIN, tuple, Tensor, Module)) or self.trace.is_traced(thing):
            return thing[key]
        if isinstance(thing, np.ndarray):
            return self.used(thing)[key]
        if not isinstance(thing, (list, dict, deque)):
            return thing[key] if self.is_known(thing) else self.refuse(f"an item of {kind.__name__} is read")
        if id(thing) in self._appended:
            self.refuse("a list is read that the step itself appends to")
        if isinstance(key, slice):
            return self.born(self.used(thing)[key])
        if isinstance(thing, dict) and not self.has_item(thing, key):
            missing = getattr(thing, "default_factory", None)
            if is_users(getattr(kind, "__missing__", None)):
                return self.call(kind.__missing__, (thing, key), {})
            if isinstance(thing, Counter):
                return 0
            if missing is None:
                raise KeyError(key)
            self.set_item(thing, key, self.call(missing, (), {}))
            return thing[key]
        if not isinstance(thing, dict) and not -len(thing) <= operator.index(key) < len(thing):
            return self.used(thing)[key]
        return self.read(Place("item", thing, key), f"{self.called(thing)}[{shortened_key(key)}]")

    def has_item(self, thing: dict[Any, Any], key: Any) -> bool:
        """Whether a dictionary that was there before has a key."""
        place = Place("item", thing, key)
        if place.identity() not in self._written and place.identity() not in self.guards:
            name = f"{self.called(thing)}[{shortened_key(key)}]"
            self.guard(("has", place.identity()), f"{name} is there", "{1} in {0}", (thing, key), key in thing)
        return key in thing

    def used(self, thing: Any) -> Any:
        """A value of which all is used: what is in a container is taken for granted."""
        if self.is_born(thing) or isinstance(thing, PLAIN):
            return thing
        if (
            isinstance(thing, (*CONTAINERS, np.ndarray))
            and not self.trace.is_traced(thing)
            and not isinstance(thing, Symbol)
        ):
            if id(thing) in self._appended:
                self.refuse("a list is read that the step itself appends to")
            if any(place.holder is thing for place, _ in self._written.values()):
                self.refuse("a container is read that the step itself changes")
            name = f"what is in {self.called(thing)}"
            if ("content", id(thing)) not in self.guards:
                self.guard(("content", id(thing)), name, "{0}", (thing,), kept(thing), of_content=True)
        if isinstance(thing, (*CONTAINERS, tuple)):
            for number, one in enumerate(thing.values() if isinstance(thing, dict) else thing):
                if not isinstance(one, PLAIN):
                    self.used(self.got(one, f"{self.called(thing)}[{number}]"))
        return thing

    def tested(self, thing: Any) -> Any:
        """A value of which it is asked whether it is true: of a container, whether anything is in it."""
        if not isinstance(thing, CONTAINERS) or self.is_born(thing) or self.trace.is_traced(thing):
            return self.used(thing)
        self.unless_changed(thing)
        self.guard(("truth", id(thing)), f"bool({self.called(thing)})", "not {0}", (thing,), not thing)
        return thing

    def unless_changed(self, thing: Any) -> None:
        if id(thing) in self._appended or any(place.holder is thing for place, _ in self._written.values()):
            self.refuse("it is asked how much is in a container that the step itself changes")

    def each(self, thing: Any) -> Any:
        """What a loop goes over."""
        method = getattr(type(thing), "__iter__", None)
        if is_users(method):
            return self._stepped(self.call(method, (thing,), {}))
        if isinstance(thing, Module):
            self.whole(thing)
        elif isinstance(thing, type) and issubclass(thing, enum.Enum):
            return thing
        elif isinstance(thing, (*PLAIN, tuple, *CONTAINERS, Tensor, np.ndarray)) or self.is_born(thing):
            return self.used(thing)
        else:
            self.refuse(f"a loop goes over {type(thing).__name__}")
        return thing

    def _stepped(self, iterator: Any) -> Any:
        method = getattr(type(iterator), "__next__", None)
        if not is_users(method):
            return self.born(iterator)

        def steps() -> Iterator[Any]:
            while True:
                try:
                    yield self.call(method, (iterator,), {})
                except StopIteration:
                    return

        return self.born(steps())

    def whole(self, module: Module) -> None:
        """Takes all for granted that a module and its parts have: library code may read any of it."""
        for one in module.modules():
            self.attributes_of(one)

    def called_module(self, module: Module) -> None:
        """Takes for granted what calling a module reads: its forward and its hooks, or all it has."""
        if is_users(getattr(type(module).forward, "__func__", type(module).forward)):
            self.attribute(module, "forward")
            for hooks in (
                *(module._forward_pre_hooks, module._forward_hooks),
                *(module._backward_pre_hooks, module._backward_hooks),
            ):
                key = ("hooks", id(hooks))
                self.guard(
                    key, f"the hooks of {self.called(module)}", "{0}", (hooks,), kept(hooks), of_content=True, rare=True
                )
        else:
            self.attributes_of(module)

    def is_of_library(self, function: Any) -> bool:
        """Whether a function is numpynet's own."""
        return not is_users(function)

    def attributes_of(self, module: Module) -> None:
        """Takes the attributes of one module for granted."""
        if id(module) in self._wholes or self.is_born(module):
            return
        own = module.__dict__
        self._wholes[id(module)] = module, dict(own)
        skipped = {key for key in own if ("entry", id(module), key) in self.variables}
        skipped |= {key for key in own if ("entry", id(module), key) in self._written}
        name = f"the attributes of {self.called(module)}"
        state = ModuleState(module, skipped)
        self.guard(("whole", id(module)), name, "{0}.now()", (state,), state.now(), of_content=True, rare=True)
        for value in own.values():
            if isinstance(value, Tensor):
                self.trace.reach(value)

    # --- writing ----------------------------------------------------------------------------------------

    def write(self, place: Place, value: Any, name: str) -> None:
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
            if not read and isinstance(place.holder, CONTAINERS) and ("content", id(place.holder)) in self.guards:
                self.refuse("a container is changed of which the step has read all")
            self._written[key] = place, before
        self.effects = [one for one in self.effects if one.appends or one.calls or one.place.identity() != key]
        self.effects.append(Effect(place, value, self.where))
        place.set(value)

    def set_attribute(self, thing: Any, key: str, value: Any) -> None:
        """thing.key = value"""
        kind = type(thing)
        method = getattr(kind, "__setattr__", None)
        if is_users(method):
            self.call(method, (thing, key, value), {})
            return
        found = inspect.getattr_static(kind, key, ABSENT)
        if isinstance(found, property) and is_users(found.fset):
            self.call(found.fset, (thing, value), {})
            return
        if (
            self.is_born(thing)
            or (isinstance(thing, Tensor) and hasattr(Tensor, key))
            or isinstance(thing, FunctionCtx)
        ):
            if isinstance(thing, Tensor):
                self.trace.touch(thing)
            setattr(thing, key, value)
            return
        if isinstance(thing, LRScheduler):
            self.refuse("a scheduler is changed")
        if self.is_known(thing) and not isinstance(thing, (Module, Optimizer)):
            setattr(thing, key, value)
            return
        if isinstance(thing, Optimizer) and key in ("param_groups", "state", "defaults"):
            self.refuse(f"the {key} of an optimizer are replaced")
        if isinstance(thing, Module) and (
            isinstance(value, (Module, Parameter))
            or key in thing._parameters
            or key in thing._modules
            or key in Module.__dict__
            or key in ("_parameters", "_buffers", "_modules")
        ):
            self.refuse(f"the attribute {key!r} of a module is set to a parameter or a module")
        if isinstance(found, property) or (isinstance(found, (MemberDescriptorType,)) and isinstance(thing, Module)):
            self.refuse(f"{kind.__name__}.{key} is set")
        self.write(
            Place("entry" if isinstance(thing, Module) else "attribute", thing, key),
            value,
            f"{self.called(thing)}.{key}",
        )

    def set_item(self, thing: Any, key: Any, value: Any) -> None:
        """thing[key] = value"""
        method = getattr(type(thing), "__setitem__", None)
        if is_users(method):
            self.call(method, (thing, key, value), {})
        elif self.is_born(thing) or isinstance(thing, Tensor) or self.trace.is_traced(thing):
            thing[key] = self.used(value) if isinstance(thing, Tensor) else value
        elif isinstance(thing, dict) or (isinstance(thing, list) and not isinstance(key, slice)):
            if isinstance(thing, list):
                thing[key]  # which raises as Python does
            self.write(Place("item", thing, key), value, f"{self.called(thing)}[{shortened_key(key)}]")
        else:
            self.refuse(f"an item of {type(thing).__name__} is set that was there before")

    def append(self, thing: list[Any], value: Any) -> None:
        """thing.append(value)"""
        if ("content", id(thing)) in self.guards:
            self.refuse("a list is appended to of which the step has read all")
        self._appended.setdefault(id(thing), (thing, len(thing)))
        thing.append(value)
        self.effects.append(Effect(Place("item", thing, None), value, self.where, appends=True))

    def is_guarded(self, place: Place) -> bool:
        """Whether something is taken for granted of what is at a place."""
        key = place.identity()
        whole = self.guards.get(("whole", id(place.holder)))
        return (
            key in self.guards
            or ("lacks", id(place.holder), place.key) in self.guards
            or (whole is not None and place.key in whole.objects[0].named)
        )

    def undo(self) -> None:
        """Puts everything back that the step has written."""
        for thing, count in self._appended.values():
            del thing[count:]
        for module, before in self._wholes.values():
            own = module.__dict__
            if own.keys() != before.keys() or any(own[key] is not before[key] for key in before):
                own.clear()
                own.update(before)
        for place, before in reversed(self._written.values()):
            with contextlib.suppress(AttributeError, LookupError):
                place.set(before)

    def settle_modules(self) -> None:
        """Modes that library code has set are effects; CompileError for all else that it has set."""
        for key, guard in self.guards.items():
            if key[0] == "count":  # the first step of an optimizer may note that there was one
                guard.value = len(vars(guard.objects[0]))
        for module, before in self._wholes.values():
            own = module.__dict__
            for key in {**own, **before}:
                now = own.get(key, ABSENT)
                if now is before.get(key, ABSENT) or ("entry", id(module), key) in self._written:
                    continue
                if key != "training":
                    self.refuse(f"the attribute {key!r} of a module is set")
                self.effects.append(Effect(Place("entry", module, key), now, self.where))

    # --- computing --------------------------------------------------------------------------------------

    def binary(self, name: str, left: Any, right: Any) -> Any:
        """left + right, and its like."""
        mirrored = f"__{_DUNDERS[name]}__" if name in _DUNDERS else f"__r{name}__"
        for one, other, method in ((left, right, f"__{name}__"), (right, left, mirrored)):
            function = getattr(type(one), method, None)
            if is_users(function):
                result = self.call(function, (one, other), {})
                if result is not NotImplemented:
                    return result
        computed = {"or": operator.or_, "and": operator.and_}.get(name) or getattr(operator, name)
        result = computed(self.used(left), self.used(right))
        return self.born(result) if isinstance(result, CONTAINERS) else result

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """function(*args, **kwargs)"""
        raise NotImplementedError


class ModuleState:
    """The attributes of a module that library code may read, but for some that the program reads by itself."""

    def __init__(self, module: Module, skipped: set[str]) -> None:
        self.module, self.skipped = module, skipped
        self.named = named_in(type(module))  # type: ignore[arg-type]  # what library code may ask for by name

    def now(self) -> dict[str, Any]:
        """What they are now, lists and dictionaries as tuples of what is in them."""
        own = self.module.__dict__
        known = {*self.named, *own["_parameters"], *own["_buffers"], *own["_modules"]} - self.skipped - _REGISTERS
        return {
            key: tuple(value.items()) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value
            for key, value in own.items()
            if key in known
        }


def shortened_key(key: Any) -> str:
    """A key as it stands between brackets."""
    return repr(key) if isinstance(key, PLAIN) else type(key).__name__
