"""Reads: what a step reads, writes and calls outside itself, recorded while it is traced.

Every function of the user's is run from rewritten source (`rewriting`), whose names, attributes, items, iterations,
stores and calls come here. A read of what was there before the step becomes a guard; a store is undone when the trace
ends, and made again after each run of the program; a call is followed, known to be harmless, or refused.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import dataclasses
import enum
import functools
import inspect
import linecache
import operator
import sys
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from dataclasses import dataclass
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from numpynet.autograd.function import Function, FunctionCtx
from numpynet.compiler.errors import CompileError
from numpynet.compiler.number import Number
from numpynet.compiler.places import ABSENT, PLAIN, Guard, Place, kept
from numpynet.compiler.rewriting import SCOPE, codes_in, rewritten
from numpynet.compiler.symbol import Symbol
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.optim.lr_scheduler import LRScheduler
from numpynet.optim.optimizer import Optimizer
from numpynet.random import fork_rng
from numpynet.random.generator import Generator

if TYPE_CHECKING:
    from numpynet.compiler.trace import Trace

_PROGRAMS = {"training", "studies"}  # rooms of numpynet that are written as a user would
_ROOMS = {"ops", "core", "composite", "creation", "random", "autograd", "nn", "optim", "methods", "utils", "testing"}
_CONTAINERS = (list, dict, set, deque)
_PURE = {
    abs, all, any, bool, bytes, callable, complex, dict, divmod, enumerate, filter, float, frozenset, int, len, list,
    map, max, min, object, pow, range, repr, reversed, round, set, slice, sorted, str, sum, tuple, zip, ord, chr, format,
    iter, OrderedDict, deque, functools.reduce, copy.copy, copy.deepcopy, dataclasses.replace, dataclasses.asdict,
    dataclasses.astuple, dataclasses.fields, dataclasses.is_dataclass,
}  # fmt: skip
_PURE_MODULES = {"math", "_operator", "operator", "itertools", "cmath"}
_MAKERS = {list, dict, set, tuple, frozenset, zip, map, filter, enumerate, reversed, sorted, OrderedDict, deque}
_STRUCTURAL = {list, tuple, zip, map, filter, enumerate, reversed, iter, dict, OrderedDict, deque}
_BY_KEY = {max, min, sorted}
_READERS = {
    "items", "keys", "values", "get", "copy", "index", "count", "union", "intersection", "difference", "issubset",
    "issuperset", "isdisjoint", "symmetric_difference", "__len__", "__getitem__", "__contains__", "__iter__",
}  # fmt: skip
_FRESH = (list, dict, set, deque, tuple, Iterator, KeysView, ItemsView, ValuesView)  # what library code makes anew
_INERT = (ModuleType, type, BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType, GeneratorType)
_NUMPY_DENIED = {
    "random",
    "load",
    "save",
    "savez",
    "savetxt",
    "loadtxt",
    "fromfile",
    "seterr",
    "copyto",
    "put",
    "place",
}
_DUNDERS = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}  # and the mirrored ones


class Again(BaseException):
    """The step has to be traced once more, with a place as one whose value is not taken for granted."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


@dataclass(eq=False)
class Effect:
    """What the step does to an object outside itself. place: where it puts `value`, or a list that it is appended to."""

    place: Place
    value: Any
    where: str
    appends: bool = False
    calls: bool = False


class Scope:
    """The surroundings of one function: what its rewritten code leads everything through."""

    REFUSALS = (CompileError, Again)

    def __init__(self, reads: Reads, function: FunctionType) -> None:
        self.reads = reads
        self.globals = function.__globals__
        code = function.__code__
        self.cells: dict[str, CellType] = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        self.file, self.called = code.co_filename, code.co_name

    def at(self, line: int) -> Reads:
        """The recorder, told which line is at work."""
        self.reads.here = (self, line)
        return self.reads

    def name(self, key: str, line: int) -> Any:
        return self.at(line).name(self.globals, key)

    def cell(self, key: str, line: int) -> Any:
        if key == "__class__":
            return self.cells[key].cell_contents
        return self.at(line).read(Place("cell", self.cells[key], key), key)

    def set_name(self, key: str, value: Any, line: int) -> None:
        self.at(line).write(Place("global", self.globals, key), value, key)

    def set_cell(self, key: str, value: Any, line: int) -> None:
        self.at(line).write(Place("cell", self.cells[key], key), value, key)

    def attribute(self, thing: Any, key: str, line: int) -> Any:
        return self.at(line).attribute(thing, key)

    def set_attribute(self, thing: Any, key: str, value: Any, line: int) -> None:
        self.at(line).set_attribute(thing, key, value)

    def item(self, thing: Any, key: Any, line: int) -> Any:
        return self.at(line).item(thing, key)

    def set_item(self, thing: Any, key: Any, value: Any, line: int) -> None:
        self.at(line).set_item(thing, key, value)

    def delete_item(self, thing: Any, key: Any, line: int) -> None:
        reads = self.at(line)
        if not reads.is_born(thing):
            reads.refuse("an item of what was there before is deleted")
        del thing[key]

    def slice(self, start: Any, stop: Any, step: Any, line: int) -> Any:
        return slice(start, stop, step)

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], line: int) -> Any:
        reads = self.at(line)
        try:
            return reads.call(function, args, kwargs)
        finally:
            reads.here = (self, line)

    def each(self, thing: Any, line: int) -> Any:
        return self.at(line).each(thing)

    def unpacked(self, thing: Any, line: int) -> Any:
        return self.at(line).each(thing)

    def used(self, thing: Any, line: int) -> Any:
        return self.at(line).used(thing)

    def born(self, thing: Any, line: int) -> Any:
        return self.reads.born(thing)

    def tested(self, thing: Any, line: int) -> Any:
        reads = self.at(line)
        for method in ("__bool__", "__len__"):
            if _is_users(getattr(type(thing), method, None)):
                return reads.call(getattr(type(thing), method), (thing,), {})
        if isinstance(thing, Module):
            reads.whole(thing)
        return reads.tested(thing)

    def binary(self, name: str, left: Any, right: Any, line: int) -> Any:
        return self.at(line).binary(name, left, right)

    def inplace(self, name: str, left: Any, right: Any, line: int) -> Any:
        reads = self.at(line)
        if isinstance(left, _CONTAINERS) and not reads.is_born(left):
            reads.refuse("a container that was there before is changed")
        method = getattr(type(left), f"__i{name}__", None)
        if _is_users(method):
            return reads.call(method, (left, right), {})
        if method is None or isinstance(left, Number):
            return reads.binary(name, left, right)
        return getattr(operator, f"i{name}")(left, reads.used(right))

    def unary(self, name: str, thing: Any, line: int) -> Any:
        reads = self.at(line)
        method = getattr(type(thing), f"__{name}__", None)
        if _is_users(method):
            return reads.call(method, (thing,), {})
        return getattr(operator, name)(reads.used(thing))

    def contains(self, thing: Any, one: Any, line: int) -> Any:
        reads = self.at(line)
        method = getattr(type(thing), "__contains__", None)
        if _is_users(method):
            return reads.call(method, (thing, one), {})
        if isinstance(thing, Module):
            reads.whole(thing)
        if isinstance(thing, dict) and not reads.is_born(thing) and isinstance(one, (*PLAIN, tuple)):
            return reads.has_item(thing, one)
        return one in (reads.used(thing) if method is not None else reads.each(thing))

    @contextlib.contextmanager
    def catching(self, line: int) -> Iterator[None]:
        """While errors are caught, those that depend on values must not come later, out of the program."""
        recorder = self.reads.trace.recorder
        recorder.caught += 1
        try:
            yield
        finally:
            recorder.caught -= 1

    def context(self, thing: Any, line: int) -> Any:
        reads = self.at(line)
        enter, leave = getattr(type(thing), "__enter__", None), getattr(type(thing), "__exit__", None)
        if not _is_users(enter) and not _is_users(leave):
            if not reads.is_known(thing) and type(thing).__module__ != "contextlib":
                reads.refuse(f"with {type(thing).__name__}(...) does what is not known")
            return thing

        @contextlib.contextmanager
        def inside() -> Iterator[Any]:
            value = reads.call(enter, (thing,), {})
            try:
                yield value
            except (CompileError, Again):
                raise
            except BaseException as error:
                if not reads.call(leave, (thing, type(error), error, error.__traceback__), {}):
                    raise
            else:
                reads.call(leave, (thing, None, None, None), {})

        return inside()


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
        self._codes: dict[int, CodeType] = {}
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

    def _guard_place(self, place: Place, value: Any, name: str, template: str = "", rare: bool = False) -> None:
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

    def _lacks(self, template: str, objects: tuple[Any, ...], key: Any, name: str, rare: bool = False) -> None:
        self.guard(("lacks", id(objects[0]), key), f"{name} is there", template, objects, False, rare=rare)

    def _got(self, value: Any, name: str) -> Any:
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
        self._lacks(f"{key!r} in {{0}}", (space,), key, f"the global {key}")
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
            self._lacks("True", (place.holder,), place.key, name)
            raise NameError(
                f"cannot access free variable {name!r} where it is not associated with a value in enclosing scope"
            )
        if place.identity() in self._written:
            return self._got(value, name)
        is_marked = place.identity() in self.variables
        if is_marked and type(value) in (int, float, np.float64):
            self.values[place.identity()] = number = self.trace.number(place, value)
            return number
        is_data = isinstance(value, Tensor) and not value._requires_grad
        if is_data and (is_marked or place.kind in ("global", "cell")) and self.trace.take(place, name, value):
            self.names.setdefault(id(value), (value, name))
            self.values[place.identity()] = value
            return value
        self._guard_place(place, value, name, template, rare)
        return self._got(value, name)

    def attribute(self, thing: Any, key: str) -> Any:
        """thing.key"""
        kind = type(thing)
        if isinstance(thing, (*PLAIN, Number, tuple, *_CONTAINERS, GeneratorType)) and not _is_users_class(kind):
            return getattr(thing, key)
        if isinstance(thing, ModuleType):
            if not _is_users_module(thing.__name__):
                return getattr(thing, key)
            if not hasattr(thing, key):
                self._lacks("hasattr({0}, " + repr(key) + ")", (thing,), key, f"{thing.__name__}.{key}")
            return self._attribute_at(thing, key)
        if isinstance(thing, Tensor) and (not _is_users_class(kind) or hasattr(Tensor, key)):
            return self._of_tensor(thing, key)
        if isinstance(thing, type):
            return self._of_class(thing, key)
        if isinstance(thing, super):
            return self._of_super(thing, key)
        if isinstance(thing, (FunctionType, MethodType)):
            return (
                self._attribute_at(thing, key)
                if hasattr(thing, key) and not key.startswith("__")
                else getattr(thing, key)
            )
        if isinstance(thing, LRScheduler) and key not in thing.__dict__ and key != "get_last_lr":
            self.refuse("a scheduler is called")
        if _is_users(getattr(kind, "__getattribute__", None)):
            self.refuse(f"{kind.__name__} has a __getattribute__ of its own")
        return self._of_object(thing, key)

    def _attribute_at(self, thing: Any, key: str) -> Any:
        if self.is_born(thing):
            return getattr(thing, key)
        place = Place("attribute", thing, key)
        value = getattr(thing, key)  # which raises as Python does
        name = f"{self.called(thing)}.{key}"
        if isinstance(thing, Module) and key in thing.__dict__:
            place = Place("entry", thing, key)
            return self.read(place, name, rare=not isinstance(value, np.ndarray))
        if isinstance(value, MethodType):
            self._guard_place(place, value.__func__, name, f"{{0}}.{key}.__func__")
            return value
        return self.read(place, name)

    def _of_tensor(self, tensor: Tensor, key: str) -> Any:
        if key in tensor.__dict__ and key not in Tensor.__annotations__:
            return self._attribute_at(tensor, key)
        if key in ("_version", "data_ptr"):
            self.refuse(f"a tensor's {key} is asked for")
        self.trace.touch(tensor)
        try:
            return getattr(tensor, key)
        except AttributeError:
            self._lacks("hasattr({0}, " + repr(key) + ")", (tensor,), key, f"{self.called(tensor)}.{key}")
            raise

    def _of_super(self, thing: Any, key: str) -> Any:
        order = thing.__self_class__.__mro__
        for kind in order[order.index(thing.__thisclass__) + 1 :]:
            if key in kind.__dict__:
                self._class_guard(kind, key, kind.__dict__[key], f"{kind.__name__}.{key}")
                break
            if _is_users_class(kind):
                self._lacks(f"{key!r} in {{0}}.__dict__", (kind,), key, f"{kind.__name__}.{key}")
        return getattr(thing, key)

    def _kind_of(self, thing: Any) -> None:
        """Takes the class of an object for granted."""
        if _is_users_class(type(thing)) and not self.is_born(thing) and not isinstance(thing, type):
            is_module = isinstance(thing, Module)
            self.guard(
                ("class", id(thing)), f"type({self.called(thing)})", "type({0})", (thing,), type(thing), rare=is_module
            )

    def _of_class(self, owner: type, key: str) -> Any:
        found = inspect.getattr_static(owner, key, ABSENT)
        if found is ABSENT:
            if _is_users_class(owner):
                self._lacks("hasattr({0}, " + repr(key) + ")", (owner,), key, f"{owner.__name__}.{key}")
            return getattr(owner, key)
        value = getattr(owner, key)
        if not _is_users_class(owner) or isinstance(value, enum.Enum):
            return value
        if isinstance(found, (classmethod, MethodType)):
            if hasattr(value, "__func__"):
                self._guard_place(
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
            return getattr(thing, key)
        if self.is_known(thing) and not isinstance(thing, (Module, Optimizer, LRScheduler)):
            return getattr(thing, key)
        own = getattr(thing, "__dict__", {})
        name = f"{self.called(thing)}.{key}"
        if key not in own:
            self._kind_of(thing)
        if isinstance(found, property):
            self._class_guard(kind, key, found, name)
            if _is_users(found.fget):
                return self.call(found.fget, (thing,), {})
            if is_module:
                self.whole(thing)
            return getattr(thing, key)
        if key in own and not isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
            return self._attribute_at(thing, key)
        if isinstance(found, functools.cached_property):
            if not self.is_born(thing):
                self.refuse(f"{name} is computed and kept")
            thing.__dict__[key] = value = self.call(found.func, (thing,), {})
            return value
        if isinstance(found, (FunctionType, classmethod, staticmethod)):
            self._class_guard(kind, key, found, name)
            if isinstance(thing, Optimizer) and not _is_users_class(kind):
                count = len(own)
                self.guard(
                    ("count", id(thing)), f"len(vars({self.called(thing)}))", "len({0}.__dict__)", (thing,), count
                )
            elif not self.is_born(thing):
                own_text = "{0}.__dict__" if hasattr(thing, "__dict__") else "()"
                self._lacks(f"{key!r} in {own_text}", (thing,), key, f"{name} of its own", rare=is_module)
            return getattr(thing, key)
        if found is not ABSENT:
            if is_module and not isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
                self._lacks(f"{key!r} in {{0}}.__dict__", (thing,), key, f"{name} of its own", rare=True)
                owner = next(one for one in kind.__mro__ if key in one.__dict__)
                return self._of_class(owner, key)
            if key == "__dict__" and is_module:
                self.whole(thing)
            if key in ("__class__", "__dict__", "__doc__"):
                return getattr(thing, key)
            return self._attribute_at(thing, key)
        method = getattr(kind, "__getattr__", None)
        self._lacks(
            f"{key!r} in {{0}}.__dict__" if own or hasattr(thing, "__dict__") else "False",
            (thing,),
            key,
            name,
            rare=is_module,
        )
        if _is_users(method):
            return self.call(method, (thing, key), {})
        return getattr(thing, key)

    def _class_guard(self, kind: type, key: str, found: Any, name: str) -> None:
        if not _is_users_class(kind):
            return
        function = getattr(found, "__func__", found)
        bound = isinstance(found, classmethod)
        self._guard_place(
            Place("attribute", kind, key), function, name, f"{{0}}.{key}.__func__" if bound else f"{{0}}.{key}"
        )

    def item(self, thing: Any, key: Any) -> Any:
        """thing[key]"""
        kind = type(thing)
        method = getattr(kind, "__getitem__", None)
        if _is_users(method):
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
            if _is_users(getattr(kind, "__missing__", None)):
                return self.call(kind.__missing__, (thing, key), {})  # type: ignore[attr-defined]
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
            isinstance(thing, (*_CONTAINERS, np.ndarray))
            and not self.trace.is_traced(thing)
            and type(thing) is not Symbol
        ):
            if id(thing) in self._appended:
                self.refuse("a list is read that the step itself appends to")
            if any(place.holder is thing for place, _ in self._written.values()):
                self.refuse("a container is read that the step itself changes")
            name = f"what is in {self.called(thing)}"
            if ("content", id(thing)) not in self.guards:
                self.guard(("content", id(thing)), name, "{0}", (thing,), kept(thing), of_content=True)
        if isinstance(thing, (*_CONTAINERS, tuple)):
            for number, one in enumerate(thing.values() if isinstance(thing, dict) else thing):
                if not isinstance(one, PLAIN):
                    self.used(self._got(one, f"{self.called(thing)}[{number}]"))
        return thing

    def tested(self, thing: Any) -> Any:
        """A value of which it is asked whether it is true: of a container, whether anything is in it."""
        if not isinstance(thing, _CONTAINERS) or self.is_born(thing) or self.trace.is_traced(thing):
            return self.used(thing)
        self._unless_changed(thing)
        self.guard(("truth", id(thing)), f"bool({self.called(thing)})", "not {0}", (thing,), not thing)
        return thing

    def _unless_changed(self, thing: Any) -> None:
        if id(thing) in self._appended or any(place.holder is thing for place, _ in self._written.values()):
            self.refuse("it is asked how much is in a container that the step itself changes")

    def each(self, thing: Any) -> Any:
        """What a loop goes over."""
        method = getattr(type(thing), "__iter__", None)
        if _is_users(method):
            return self._stepped(self.call(method, (thing,), {}))
        if isinstance(thing, Module):
            self.whole(thing)
        elif isinstance(thing, type) and issubclass(thing, enum.Enum):
            return thing
        elif isinstance(thing, (*PLAIN, tuple, *_CONTAINERS, Tensor, np.ndarray)) or self.is_born(thing):
            return self.used(thing)
        else:
            self.refuse(f"a loop goes over {type(thing).__name__}")
        return thing

    def _stepped(self, iterator: Any) -> Any:
        method = getattr(type(iterator), "__next__", None)
        if not _is_users(method):
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
        if _is_users(getattr(type(module).forward, "__func__", type(module).forward)):
            self.attribute(module, "forward")
            for hooks in (module._forward_pre_hooks, module._forward_hooks):
                key = ("hooks", id(hooks))
                self.guard(
                    key, f"the hooks of {self.called(module)}", "{0}", (hooks,), kept(hooks), of_content=True, rare=True
                )
        else:
            self.attributes_of(module)

    def is_of_library(self, function: Any) -> bool:
        """Whether a function is numpynet's own."""
        return not _is_users(function)

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
            if not read and isinstance(place.holder, _CONTAINERS) and ("content", id(place.holder)) in self.guards:
                self.refuse("a container is changed of which the step has read all")
            self._written[key] = place, before
        self.effects = [one for one in self.effects if one.appends or one.calls or one.place.identity() != key]
        self.effects.append(Effect(place, value, self.where))
        place.set(value)

    def set_attribute(self, thing: Any, key: str, value: Any) -> None:
        """thing.key = value"""
        kind = type(thing)
        method = getattr(kind, "__setattr__", None)
        if _is_users(method):
            self.call(method, (thing, key, value), {})
            return
        found = inspect.getattr_static(kind, key, ABSENT)
        if isinstance(found, property) and _is_users(found.fset):
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
        if _is_users(method):
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
            if _is_users(function):
                result = self.call(function, (one, other), {})
                if result is not NotImplemented:
                    return result
        computed = {"or": operator.or_, "and": operator.and_}.get(name) or getattr(operator, name)
        result = computed(self.used(left), self.used(right))
        return self.born(result) if isinstance(result, _CONTAINERS) else result

    # --- calling ----------------------------------------------------------------------------------------

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """function(*args, **kwargs)"""
        if isinstance(function, FunctionType):
            return self._function(function, args, kwargs)
        if isinstance(function, MethodType):
            if isinstance(function.__func__, FunctionType) and _follows(function.__func__):
                return self._function(function.__func__, (function.__self__, *args), kwargs)
            return self._method(function, function.__self__, args, kwargs)
        if isinstance(function, functools.partial):
            if not self.is_born(function):
                self._guard_partial(function)
            return self.call(function.func, (*function.args, *args), {**function.keywords, **kwargs})
        special = _SPECIAL.get(function) if isinstance(function, (BuiltinFunctionType, type)) else None
        if special is not None:
            return special(self, *args, **kwargs)
        if isinstance(function, type):
            return self._made(function, args, kwargs)
        if isinstance(function, (BuiltinFunctionType, MethodWrapperType)) and not isinstance(
            function.__self__, (ModuleType, type(None))
        ):
            return self._method(function, function.__self__, args, kwargs)
        if isinstance(function, Module) and not _is_users(type(function).__call__):
            return function(*args, **kwargs)  # the trace takes over from there
        followed = getattr(function, "__wrapped__", None)
        if type(function).__name__ == "CompiledStep" and callable(followed):
            return self.call(followed, args, kwargs)
        method = getattr(type(function), "__call__", None)
        if _is_users(method):
            self._class_guard(type(function), "__call__", method, f"{self.called(function)}()")
            return self.call(method, (function, *args), kwargs)
        if (
            isinstance(function, BuiltinFunctionType)
            or isinstance(function, np.ufunc)
            or type(function).__module__ == "numpy"
        ):
            return self._builtin(function, args, kwargs)
        if self.is_known(function):
            return self._library(function, args, kwargs)
        if isinstance(function, (operator.itemgetter, operator.attrgetter)):
            return self._got_by(function, *args)
        return self.refuse(
            f"{getattr(function, '__qualname__', type(function).__name__)} is called, of which nothing is known"
        )

    def _got_by(self, getter: Any, thing: Any) -> Any:
        """What operator.itemgetter or attrgetter gives."""
        found = []
        for key in getter.__reduce__()[1]:
            value = thing
            for part in key.split(".") if isinstance(getter, operator.attrgetter) else [key]:
                value = (
                    self.attribute(value, part) if isinstance(getter, operator.attrgetter) else self.item(value, part)
                )
            found.append(value)
        return found[0] if len(found) == 1 else tuple(found)

    def _guard_partial(self, function: functools.partial[Any]) -> None:
        for key in ("func", "args", "keywords"):
            self._attribute_at(function, key)
        for one in function.args:
            self._got(one, "an argument of partial()")
        for key in function.keywords:
            self.item(function.keywords, key)

    def _function(self, function: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        code = function.__code__
        if id(code) in self._codes:  # defined in a function that is rewritten already
            return function(*args, **kwargs)
        if not _follows(function):
            if function is fork_rng:
                return self.trace.forked(*args, **kwargs)
            if _module_of(function) == "contextlib" and hasattr(function, "__wrapped__"):
                inner = functools.partial(self.call, function.__wrapped__)
                return contextlib.contextmanager(lambda *given, **named: inner(given, named))(*args, **kwargs)
            return self._library(function, args, kwargs)
        result = self.follow(function)(*args, **kwargs)
        return self.born(result) if function.__code__.co_flags & inspect.CO_GENERATOR else result

    def follow(self, function: FunctionType) -> Callable[..., Any]:
        """A function of the user's as one that leads everything through here."""
        if function.__code__.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
            self.refuse(f"{function.__qualname__} is asynchronous")
        code = rewritten(function)
        for one in codes_in(code):
            self._codes[id(one)] = one
        if not self.is_born(function):
            for key in ("__code__", "__defaults__", "__kwdefaults__"):
                if key == "__code__" or getattr(function, key) is not None:
                    value = getattr(function, key)
                    place = Place("attribute", function, key)
                    self._guard_place(place, value, f"{function.__qualname__}.{key}")
        self.used(function.__kwdefaults__)
        for one in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._got(one, "a default")
        space = {"__builtins__": builtins, "__name__": function.__module__, SCOPE: Scope(self, function)}
        made = FunctionType(code, space, function.__name__, function.__defaults__)
        made.__kwdefaults__ = function.__kwdefaults__
        made.__qualname__ = function.__qualname__
        return made

    def callback(self, thing: Any) -> Any:
        """What library code is given in the place of a function of the user's."""
        is_method = isinstance(thing, MethodType) and isinstance(thing.__func__, FunctionType)
        function = thing.__func__ if is_method else thing
        if isinstance(function, FunctionType) and _follows(function) and id(function.__code__) not in self._codes:
            made = self.follow(function)
            return MethodType(made, thing.__self__) if is_method else made
        return thing

    def _handed(self, thing: Any) -> Any:
        """An argument of a function that is not followed."""
        if isinstance(thing, (FunctionType, MethodType)):
            return self.callback(thing)
        if isinstance(thing, (list, tuple)) and type(thing) in (list, tuple):
            self.used(thing)
            parts = list(map(self._handed, thing))
            return type(thing)(parts) if any(a is not b for a, b in zip(parts, thing, strict=True)) else thing
        if isinstance(thing, (*_CONTAINERS, tuple, np.ndarray)):
            return self.used(thing)
        if isinstance(thing, functools.partial):
            return functools.partial(lambda *args, **kwargs: self.call(thing, args, kwargs))
        if isinstance(thing, Module):
            self.whole(thing)
        elif isinstance(thing, Tensor):
            self.trace.touch(thing)
        elif (
            isinstance(thing, (*PLAIN, Number, Optimizer, Generator, *_INERT))
            or self.is_known(thing)
            or self.is_born(thing)
        ):
            pass
        elif not isinstance(thing, BaseException) and (
            _is_users_class(type(thing)) or type(thing).__module__ not in ("builtins", "itertools")
        ):
            self.refuse(f"an object of class {type(thing).__name__} is handed to what is not followed")
        return thing

    def _passed(self, thing: Any) -> Any:
        """An argument of a builtin that looks into no element."""
        if isinstance(thing, (FunctionType, MethodType)):
            return self.callback(thing)
        if _is_users(getattr(type(thing), "__iter__", None)) or isinstance(thing, Module):
            return self.each(thing)
        return self.used(thing)

    def _natively(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        passes = function in _STRUCTURAL or (function in _BY_KEY and "key" in kwargs)
        handed = self._passed if passes else self._handed
        return function(*map(handed, args), **{key: handed(one) for key, one in kwargs.items()})

    def _library(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        space = _module_of(function) or type(function).__module__
        top, _, rest = space.partition(".")
        if space in ("copy", "dataclasses") and function in _PURE:
            return self.born(self._natively(function, args, kwargs))
        if top in ("functools", "operator") or (
            top == "numpy" and function.__name__ not in _NUMPY_DENIED and "random" not in space
        ):
            return self._natively(function, args, kwargs)
        if space == "contextlib" and getattr(function, "__name__", "") in ("nullcontext", "suppress"):
            return self._natively(function, args, kwargs)
        if space == "numpynet.compiler.trace":  # a generator's method, which is written down
            return function(*args, **kwargs)
        if top != "numpynet" or (rest.partition(".")[0] not in _ROOMS and rest) or rest.startswith("utils.data"):
            self.refuse(
                f"{getattr(function, '__qualname__', function)} of {space} is called, of which nothing is known"
            )
        result = self._natively(function, args, kwargs)
        return self.born(result) if isinstance(result, _FRESH) else self._got(result, "a result")

    def _builtin(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        module = getattr(function, "__module__", None) or ""
        name = getattr(function, "__name__", "")
        if module == "math" and any(isinstance(one, Number) for one in args) and not kwargs:
            return Number.applied(self.trace.recorder, function, args)
        is_numpy = (
            isinstance(function, np.ufunc)
            or module.partition(".")[0] == "numpy"
            or type(function).__module__ == "numpy"
        )
        if not (
            function in _PURE
            or module in _PURE_MODULES
            or (is_numpy and name not in _NUMPY_DENIED and "random" not in module)
        ):
            self.refuse(f"{name or function} is called, of which nothing is known")
        result = self._natively(function, args, kwargs)
        return self.born(result) if function in _MAKERS or module == "itertools" or is_numpy else result

    def _method(self, function: Any, owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A method that is not of the user's."""
        name = function.__name__
        if isinstance(owner, (Tensor, Optimizer, Generator, *PLAIN, FunctionCtx, tuple)):
            result = self._natively(function, args, kwargs)
            return self.born(result) if isinstance(result, _FRESH) else result
        if isinstance(owner, _CONTAINERS):
            if self.is_born(owner) or self.trace.is_traced(owner):
                given = {key: self._kept_callback(one) for key, one in kwargs.items()}
                result = function(*map(self._kept_callback, args), **given)
                return self.born(result) if name in ("items", "keys", "values", "copy") else result
            if name == "append" and type(owner) is list:
                return self.append(owner, *args)
            if (
                name in ("get", "__contains__")
                and isinstance(owner, dict)
                and args
                and isinstance(args[0], (*PLAIN, tuple, Tensor))
            ):
                has = self.has_item(owner, args[0])
                return has if name != "get" else self.item(owner, args[0]) if has else (*args[1:], None)[0]
            if name == "setdefault" and isinstance(owner, dict):
                if not self.has_item(owner, args[0]):
                    self.set_item(owner, args[0], (*args[1:], None)[0])
                return self.item(owner, args[0])
            if name == "update" and isinstance(owner, dict) and len(args) < 2:
                for key, value in dict(*map(self.used, args), **kwargs).items():
                    self.set_item(owner, key, value)
                return None
            if name not in _READERS:
                self.refuse(f".{name}() changes a {type(owner).__name__} that was there before")
            self.used(owner)
            result = function(*args, **kwargs)
            return self.born(result) if name != "get" else result
        if isinstance(owner, Module):
            self.whole(owner)
            return self._library(
                function.__func__ if isinstance(function, MethodType) else function,
                *self._with(owner, function, args),
                kwargs,
            )
        if isinstance(owner, type):
            if issubclass(owner, Function) and name == "apply":
                return self._natively(function, args, kwargs)
            if owner in (dict, str, bytes, int, float, object) or not _is_users_class(owner):
                return self.born(self._natively(function, args, kwargs))
        if self.is_born(owner) or isinstance(owner, BaseException):
            return self._natively(function, args, kwargs)
        if isinstance(owner, LRScheduler) and name == "get_last_lr":
            return list(self.used(self._attribute_at(owner, "_last_lr")))
        if isinstance(owner, np.ndarray):
            self.used(owner)
            if name in ("fill", "sort", "put", "itemset", "resize", "partition", "setfield", "byteswap"):
                self.refuse(f".{name}() changes an array that was there before")
            return self._natively(function, args, kwargs)
        if name in ("__init__", "__init_subclass__", "__post_init__") and function.__self__ is owner and not args:
            return function(*args, **kwargs)
        if self.is_known(owner) and not isinstance(owner, LRScheduler) and "data" not in type(owner).__module__:
            return self._natively(function, args, kwargs)
        return self.refuse(f"{type(owner).__name__}.{name} is called, of which nothing is known")

    def _with(self, owner: Any, function: Any, args: tuple[Any, ...]) -> tuple[tuple[Any, ...]]:
        return ((owner, *args) if isinstance(function, MethodType) else args,)

    def _kept_callback(self, thing: Any) -> Any:
        return self.callback(thing) if isinstance(thing, (FunctionType, MethodType)) else thing

    def _made(self, kind: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An object of a class."""
        if kind in _PURE or kind in _MAKERS or issubclass(kind, BaseException):
            result = self._natively(kind, args, kwargs)
            return self.born(result) if kind in _MAKERS else result
        if not _is_users_class(kind):
            top = kind.__module__.partition(".")[0]
            allowed = top in (
                "numpynet",
                "collections",
                "types",
                "functools",
                "contextlib",
                "itertools",
                "numpy",
                "operator",
                "builtins",
            )
            if (
                not allowed
                or kind.__module__.startswith("numpynet.utils.data")
                or ("random" in kind.__module__ and top == "numpy")
            ):
                self.refuse(f"{kind.__qualname__} of {kind.__module__} is made, of which nothing is known")
            if kind is functools.partial or kind.__module__ in ("collections", "types"):
                return self.born(kind(*args, **kwargs))
            result = self.born(self._natively(kind, args, kwargs))
            if isinstance(result, Module):
                for one in result.modules():
                    self.born(one)
            return self._got(result, "an object")
        if issubclass(kind, (tuple, enum.Enum)) or (
            type(kind) not in (type, type(Module)) and not dataclasses.is_dataclass(kind)
        ):
            return kind(*args, **kwargs)
        initialize: Any = kind.__init__  # type: ignore[misc]
        if not _is_users(initialize) or not _has_source(initialize):
            if hasattr(kind, "__post_init__") and _is_users(kind.__post_init__):
                self.refuse(f"{kind.__name__} has a __post_init__")
            return self.born(kind(*args, **kwargs))
        if _is_users(kind.__new__):
            self.refuse(f"{kind.__name__} has a __new__ of its own")
        made = self.born(kind.__new__(kind) if kind.__new__ is object.__new__ else kind.__new__(kind, *args, **kwargs))
        self._class_guard(kind, "__init__", initialize, f"{kind.__name__}()")
        self.call(initialize, (made, *args), kwargs)
        return made

    # --- builtins that are about objects ----------------------------------------------------------------

    def _getattr(self, thing: Any, key: str, *default: Any) -> Any:
        try:
            return self.attribute(thing, key)
        except AttributeError:
            if default:
                return default[0]
            raise

    def _hasattr(self, thing: Any, key: str) -> bool:
        try:
            self.attribute(thing, key)
        except AttributeError:
            return False
        return True

    def _setattr(self, thing: Any, key: str, value: Any) -> None:
        self.set_attribute(thing, key, value)

    def _vars(self, thing: Any) -> Any:
        return self.used(self.attribute(thing, "__dict__"))

    def _type(self, *args: Any) -> Any:
        if len(args) != 1:
            self.refuse("a class is made")
        self._kind_of(args[0])
        return args[0].__class__ if isinstance(args[0], Number) else type(args[0])

    def _isinstance(self, thing: Any, kinds: Any) -> bool:
        self._kind_of(thing)
        return isinstance(thing, kinds)

    def _issubclass(self, thing: Any, kinds: Any) -> bool:
        return issubclass(thing, kinds)

    def _super(self, *args: Any) -> Any:
        return super(*args)

    def _len(self, thing: Any) -> int:
        method = getattr(type(thing), "__len__", None)
        if _is_users(method):
            return self.call(method, (thing,), {})
        if isinstance(thing, Module):
            self.whole(thing)
        elif isinstance(thing, _CONTAINERS) and not self.is_born(thing) and not self.trace.is_traced(thing):
            self._unless_changed(thing)
            self.guard(("length", id(thing)), f"len({self.called(thing)})", "len({0})", (thing,), len(thing))
        elif (
            not isinstance(thing, (*PLAIN, tuple, *_CONTAINERS, Tensor, np.ndarray))
            and not self.is_born(thing)
            and not self.is_known(thing)
        ):
            self.refuse(f"the length of {type(thing).__name__} is asked for")
        return len(thing)

    def _next(self, iterator: Any, *default: Any) -> Any:
        method = getattr(type(iterator), "__next__", None)
        if _is_users(method) or not self.is_born(iterator):
            self.refuse("next() changes an iterator")
        return next(iterator, *default)

    def _iter(self, thing: Any) -> Any:
        return self.born(iter(self.each(thing)))

    def _print(self, *args: Any, **kwargs: Any) -> None:
        if any(not isinstance(one, PLAIN) for one in (*args, *kwargs.values())):
            self.refuse("print() of what is no text and no number")
        self.effects.append(Effect(Place("item", print, None), (args, kwargs), self.where, calls=True))

    def _from_each(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._builtin(function, tuple(map(self._iterated, args)), kwargs)

    def _iterated(self, thing: Any) -> Any:
        return self.each(thing) if _is_users(getattr(type(thing), "__iter__", None)) else thing


_HEAP_TYPE = 1 << 9  # CPython's flag of classes that are made by Python code
_REGISTERS = {"_parameters", "_buffers", "_modules"}


@functools.cache
def _named_in(kind: type) -> set[str]:
    """The names in the code of a module's library classes."""
    found = set(Module.__dict__)
    for owner in kind.__mro__:
        for method in vars(owner).values() if not _is_users_class(owner) else ():
            function = getattr(method, "__func__", getattr(method, "fget", method))
            for code in codes_in(function.__code__) if isinstance(function, FunctionType) else ():
                found.update(code.co_names)
    return found


class ModuleState:
    """The attributes of a module that library code may read, but for some that the program reads by itself."""

    def __init__(self, module: Module, skipped: set[str]) -> None:
        self.module, self.skipped = module, skipped
        self.named = _named_in(type(module))  # what library code may ask for by name

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


def _is_users_module(name: str) -> bool:
    top, _, rest = (name or "").partition(".")
    if top == "numpynet":
        return rest.partition(".")[0] in _PROGRAMS
    return top not in ("numpy", "numpynet") and (top not in sys.stdlib_module_names or top == "__main__")


def _is_users_class(kind: type) -> bool:
    if kind.__module__ == "builtins":  # as is that of a class in a text without a name
        return bool(kind.__flags__ & _HEAP_TYPE)
    return _is_users_module(kind.__module__)


def _module_of(function: Any) -> str:
    """The module that a function was written in, whatever its decorators say."""
    module = getattr(function, "__globals__", {}).get("__name__") or getattr(function, "__module__", None) or ""
    return "" if isinstance(function, FunctionType) and module == "builtins" else module  # of a text without a name


def _is_users(function: Any) -> bool:
    """Whether it is a function written in Python by the user."""
    function = getattr(function, "__func__", function)
    return isinstance(function, FunctionType) and _is_users_module(_module_of(function))


def _follows(function: FunctionType) -> bool:
    """Whether a function is run from rewritten source: the user's are, and numpynet's that wrap one of these."""
    wrapped = getattr(function, "__wrapped__", None)
    if _is_users(function):
        return True
    space = _module_of(function)
    return wrapped is not None and _is_users(inspect.unwrap(function)) and space.startswith("numpynet.")


def _has_source(function: Any) -> bool:
    return not function.__code__.co_filename.startswith("<string>")


_SPECIAL: dict[Any, Callable[..., Any]] = {
    getattr: Reads._getattr, hasattr: Reads._hasattr, setattr: Reads._setattr, vars: Reads._vars, type: Reads._type,
    isinstance: Reads._isinstance, issubclass: Reads._issubclass, super: Reads._super, len: Reads._len,
    next: Reads._next, iter: Reads._iter, print: Reads._print,
}  # fmt: skip
