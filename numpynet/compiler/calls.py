"""Calls: what a step calls, which is followed, known to be harmless, or refused."""

from __future__ import annotations

import builtins
import contextlib
import copy
import dataclasses
import enum
import functools
import inspect
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType, MethodWrapperType, ModuleType
from typing import Any, NoReturn, cast

import numpy as np

from numpynet.autograd.function import Function, FunctionCtx
from numpynet.compiler.errors import CELLS, GLOBALS, SCOPE, here
from numpynet.compiler.marks import is_compiling
from numpynet.compiler.number import Number
from numpynet.compiler.operations import Operations
from numpynet.compiler.origins import Work
from numpynet.compiler.places import ABSENT, PLAIN, Place, is_data_descriptor
from numpynet.compiler.reads import CONTAINERS, Effect
from numpynet.compiler.rewriting import (
    codes_in,
    follows,
    has_source,
    has_special_methods,
    is_users,
    is_users_class,
    module_of,
    rewritten,
)
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.optim.lr_scheduler import LRScheduler
from numpynet.optim.optimizer import Optimizer
from numpynet.random.generator import Generator

_ROOMS = {
    *("ops", "core", "composite", "creation", "random", "autograd", "nn", "optim", "methods", "utils", "testing"),
    *("fft", "linalg", "special", "jit"),
}
_PURE = {
    abs, all, any, bool, bytes, callable, complex, dict, divmod, enumerate, filter, float, frozenset, int, len, list,
    map, max, min, object, pow, range, repr, reversed, round, set, slice, sorted, str, sum, tuple, zip, ord, chr,
    format, iter, OrderedDict, deque, functools.reduce, copy.copy,
    dataclasses.asdict, dataclasses.astuple, dataclasses.fields, dataclasses.is_dataclass, contextlib.nullcontext,
    contextlib.suppress,
}  # fmt: skip
_PURE_MODULES = {"math", "_operator", "operator", "itertools", "cmath"}
_MAKERS = {
    list, dict, set, tuple, frozenset, zip, map, filter, enumerate, reversed, sorted, OrderedDict, deque, object,
}  # fmt: skip
_STRUCTURAL = {list, tuple, zip, map, filter, enumerate, reversed, iter, dict, OrderedDict, deque}
_CALLING: set[Any] = {map, filter, max, min, sorted, functools.reduce}
_BINDING: set[Any] = {functools.partial, MethodType}
_BY_KEY = {max, min, sorted}
_READERS = {
    "items", "keys", "values", "get", "copy", "index", "count", "union", "intersection", "difference", "issubset",
    "issuperset", "isdisjoint", "symmetric_difference", "__len__", "__getitem__", "__contains__", "__iter__",
}  # fmt: skip
_COMPARING = {
    "get", "index", "count", "remove", "pop", "setdefault", "add", "discard", "__contains__", "union", "intersection",
    "difference", "issubset", "issuperset", "isdisjoint", "symmetric_difference",
}  # fmt: skip
_STORING = {
    "append", "appendleft", "insert", "add", "get", "index", "count", "remove", "pop", "setdefault", "discard",
    "__contains__", "__getitem__", "__setitem__", "fromkeys", "move_to_end",
}  # fmt: skip
_CHANGES = {  # what gives nothing, and does not depend on what is in the container
    list: ("append", "extend", "insert", "clear", "reverse"), set: ("add", "discard", "update", "clear"),
    deque: ("append", "appendleft", "extend", "extendleft", "clear", "rotate", "reverse"), dict: ("clear",),
}  # fmt: skip
_FRESH = (list, dict, set, deque, tuple, Iterator, KeysView, ItemsView, ValuesView)  # what library code makes anew
_INERT = (ModuleType, type, BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType, GeneratorType)
_TOPS = {"collections", "types", "functools", "contextlib", "operator", "builtins"}  # whose classes may be made
_NUMPY_DENIED = {"random", "load", "save", "savez", "savetxt", "loadtxt", "fromfile", "seterr"}


class Calls(Operations):
    """All that a step does outside itself, with what it calls."""

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """function(*args, **kwargs)"""
        special = _SPECIAL.get(function) if isinstance(function, (BuiltinFunctionType, FunctionType, type)) else None
        if special is not None:
            return special(self, *args, **kwargs)
        if isinstance(function, FunctionType):
            return self._function(function, args, kwargs)
        if isinstance(function, MethodType):
            if isinstance(function.__func__, FunctionType) and follows(function.__func__):
                return self._function(function.__func__, (function.__self__, *args), kwargs)
            if isinstance(function.__func__, functools._lru_cache_wrapper):
                return self._remembered(function.__func__, (function.__self__, *args), kwargs)
            return self._method(function, function.__self__, args, kwargs)
        if isinstance(function, functools.partial):
            if not self.is_born(function):
                self.guard_partial(function)
            return self.call(function.func, (*function.args, *args), {**function.keywords, **kwargs})
        if isinstance(function, functools._lru_cache_wrapper):
            return self._remembered(function, args, kwargs)
        if isinstance(function, type):
            return self._made(function, args, kwargs)
        if isinstance(function, (BuiltinFunctionType, MethodWrapperType)) and not isinstance(
            function.__self__, (ModuleType, type(None))
        ):
            return self._method(function, function.__self__, args, kwargs)
        if isinstance(function, Module) and not is_users(type(function).__call__):
            return function(*args, **kwargs)  # the trace takes over from there
        if getattr(type(function), "is_compiled", False):
            return self.call(function.__wrapped__, args, kwargs)
        method = self.special(function, "__call__")
        if method is not None:
            return self.call(method, (function, *args), kwargs)
        is_native = isinstance(function, BuiltinFunctionType) or type(function).__module__ == "numpy"
        if is_native or self.is_known(function):
            return self._library(function, args, kwargs)
        return self._unknown(function)

    def _unknown(self, function: Any) -> NoReturn:
        called = getattr(function, "__qualname__", type(function).__name__)
        self.refuse(f"{called} is called, of which nothing is known")

    def _remembered(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a function with a cache of its results gives: it is asked at each call whether that is still so."""
        args, kwargs = _fixed(args), {key: _fixed(one) for key, one in kwargs.items()}
        name = f"{function.__qualname__}()"
        if not all(map(self._is_key, (*args, *kwargs.values()))):
            self.refuse(f"{name}, which has a cache, is called with what is made anew at each call")
        self.trace.recorder.is_closed = True
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            self.refuse(f"{name}, which has a cache, raises {type(error).__name__}: {error}")
        finally:
            self.trace.recorder.is_closed = False
        key = "remembered", id(function), args, *kwargs.items(), *map(type, (*args, *kwargs.values()))
        self.guard(key, name, "{0}(*{1}, **{2})", (function, args, kwargs), result)
        return self.got(result, name)

    def _is_key(self, thing: Any) -> bool:
        """Whether it is the same, and has the same hash, at each call."""
        if isinstance(thing, tuple) and not is_users_class(type(thing)):
            return all(map(self._is_key, thing))
        is_own = self.is_born(thing) or (isinstance(thing, FunctionType) and id(thing.__code__) in self.codes)
        kind: Any = type(thing)
        is_by_identity = kind.__hash__ is object.__hash__ and kind.__eq__ is object.__eq__
        return isinstance(thing, PLAIN) or (is_by_identity and not is_own)

    def _function(self, function: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if id(function.__code__) in self.codes:  # rewritten already, or a method of a generator that is led
            return function(*args, **kwargs)
        if not follows(function):
            if module_of(function) == "contextlib" and hasattr(function, "__wrapped__"):
                inner = functools.partial(self.call, function.__wrapped__)
                return contextlib.contextmanager(lambda *given, **named: inner(given, named))(*args, **kwargs)
            return self._library(function, args, kwargs)
        result = self.follow(function)(*args, **kwargs)
        return self.born(result) if function.__code__.co_flags & inspect.CO_GENERATOR else result

    def follow(self, function: FunctionType) -> Callable[..., Any]:
        """A function of the user's as one that leads everything through here."""
        if function.__code__.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
            self.refuse(f"{function.__qualname__} is asynchronous")
        if not has_source(function):
            self.refuse(f"{function.__qualname__} has no source that can be read (define it in a file or a notebook)")
        code = rewritten(function)
        for one in codes_in(code):
            self.codes[id(one)] = one
        if not self.is_born(function):
            for key in ("__code__", "__defaults__", "__kwdefaults__"):
                value = getattr(function, key)
                if value is not None:
                    self.guard_place(Place("attribute", function, key), value, f"{function.__qualname__}.{key}")
        self.used(function.__kwdefaults__)
        for one in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.got(one, "a default")
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        space = {SCOPE: self, GLOBALS: function.__globals__, CELLS: cells}
        space.update(__builtins__=builtins, __name__=function.__module__)
        made = FunctionType(code, space, function.__name__, function.__defaults__)
        made.__kwdefaults__ = function.__kwdefaults__
        made.__qualname__ = function.__qualname__
        return made

    def callback(self, thing: Any) -> Any:
        """What library code is given in the place of a function of the user's."""
        is_method = isinstance(thing, MethodType) and isinstance(thing.__func__, FunctionType)
        function = thing.__func__ if is_method else thing
        if isinstance(function, FunctionType) and follows(function) and id(function.__code__) not in self.codes:
            made = self.follow(function)
            return MethodType(made, thing.__self__) if is_method else made
        return thing

    def _handed(self, thing: Any) -> Any:
        """An argument of a function that is not followed."""
        if isinstance(thing, (FunctionType, MethodType)):
            return self.callback(thing)
        if has_special_methods(type(thing)) and not isinstance(thing, (Tensor, Module, Optimizer)):
            self._refuse_handed(thing)
        if isinstance(thing, (list, tuple)) and type(thing) in (list, tuple):
            self.used(thing)
            parts = list(map(self._handed, thing))
            return type(thing)(parts) if any(a is not b for a, b in zip(parts, thing, strict=True)) else thing
        if isinstance(thing, (*CONTAINERS, tuple, np.ndarray)):
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
            is_users_class(type(thing)) or type(thing).__module__ not in ("builtins", "itertools")
        ):
            self._refuse_handed(thing)
        return thing

    def _refuse_handed(self, thing: Any) -> NoReturn:
        self.refuse(f"an object of class {type(thing).__name__} is handed to what is not followed")

    def _passed(self, thing: Any) -> Any:
        """An argument of a builtin that looks into no element."""
        if isinstance(thing, (FunctionType, MethodType)):
            return self.callback(thing)
        if any(self.special(thing, name) is not None for name in ("__reversed__", "keys")):
            self._refuse_handed(thing)
        return self.each(thing) if isinstance(thing, Module) or is_users_class(type(thing)) else self.used(thing)

    def _natively(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        passes = function in _STRUCTURAL or (function in _BY_KEY and "key" in kwargs)
        if function in _CALLING or getattr(function, "__module__", "") == "itertools":
            if function is filter and args[0] is None:
                args = (self.tested, *args[1:])
            args = tuple(map(self._called, args))
            kwargs = {key: self._called(one) for key, one in kwargs.items()}
        handed = self._passed if passes else self._handed
        args, kwargs = tuple(map(handed, args)), {key: handed(one) for key, one in kwargs.items()}
        if module_of(function).partition(".")[0] == "numpy" or type(function).__module__ == "numpy":
            args, kwargs = _fixed(args), {key: _fixed(one) for key, one in kwargs.items()}
        return function(*args, **kwargs)

    def _unless_own_step(self, owner: Any, function: Any) -> None:
        """CompileError for a library's step on an optimizer of the user's, whose state is written to as it is."""
        if isinstance(owner, Optimizer) and function.__name__ == "step" and is_users(type(owner).step):
            self.refuse("the step of another class is called by an optimizer of one's own")

    def _called(self, thing: Any) -> Any:
        """What is called from what is not followed."""
        if not callable(thing) or isinstance(thing, (FunctionType, MethodType, Tensor)):
            return thing
        return lambda *args, **kwargs: self.call(thing, args, kwargs)

    def _library(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A function that is not followed, of which it must be known that it gives a result and does nothing else."""
        space = module_of(function) or type(function).__module__
        top = space.partition(".")[0]
        if space == "numpynet.random.generator":
            self.refuse(f"{function.__qualname__} is called as a function: call it as a method of the generator")
        if args:
            self._unless_own_step(args[0], function)
        number = next((one for one in args if type(one) is Number), None)
        if number is not None and not kwargs and (space == "math" or (function in (min, max) and _are_alike(args))):
            called = f"math.{function.__name__}" if space == "math" else function.__name__
            return number.applied(function, f"{called}({', '.join(['{}'] * len(args))})", *args)
        if not _is_harmless(function):
            self._unknown(function)
        result = self._natively(function, args, kwargs)
        if top == "numpynet" and not isinstance(result, _FRESH):
            return self.got(result, "a result")
        is_fresh = top in ("numpynet", "numpy", "itertools", "copy", "dataclasses") or function in _MAKERS
        return self.born(result) if is_fresh else result

    def _method(self, function: Any, owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A method that is not of the user's."""
        name = function.__name__
        if isinstance(owner, (Tensor, Optimizer, Generator, *PLAIN, FunctionCtx, tuple)):
            self._unless_own_step(owner, function)
            updates = isinstance(owner, Optimizer) and getattr(function, "__func__", None) is Optimizer.step
            with self.trace.origins.during(Work("update") if updates else self.trace.origins.work):
                result = self._natively(function, args, kwargs)
            return self.born(result) if isinstance(result, _FRESH) else result
        if isinstance(owner, CONTAINERS):
            if name in _COMPARING:
                self.compared(owner, *args)
            if name == "sort":
                self.without(("__lt__", "__gt__"), "compared", [owner] if "key" not in kwargs else [])
            self.indexed(*args)
            args = tuple(self._content(name, one) for one in args)
            if self.is_steps_own(owner):
                if name not in _READERS:
                    self.unless_given(owner)
                result = function(*args, **{key: self._called(self.callback(one)) for key, one in kwargs.items()})
                return self.born(result) if name in ("items", "keys", "values", "copy") else result
            if name in _CHANGES.get(type(owner), ()) and not kwargs:
                return self.change(owner, name, args)
            if type(owner) in (dict, OrderedDict, defaultdict):
                found = self._of_dictionary(owner, name, args, kwargs)
                if found is not ABSENT:
                    return found
            if name not in _READERS:
                self.refuse(f".{name}() changes a {type(owner).__name__} that was there before")
            self.used(owner)
            result = function(*args, **kwargs)
            return self.born(result) if name != "get" else result
        if isinstance(owner, Module):
            self.whole(owner)
            if isinstance(function, MethodType):
                return self._library(function.__func__, (owner, *args), kwargs)
            return self._library(function, args, kwargs)
        if isinstance(owner, type):
            if issubclass(owner, Function) and name == "apply":
                return self._natively(function, args, kwargs)
            if _is_harmless(owner):
                return self.born(self._natively(function, args, kwargs))
        if self.is_born(owner) or isinstance(owner, BaseException):
            return self._natively(function, args, kwargs)
        if isinstance(owner, LRScheduler) and name == "get_last_lr":
            return list(self.used(self.attribute_at(owner, "_last_lr")))
        if isinstance(owner, np.ndarray):
            self.used(owner)
            return self._natively(function, args, kwargs)
        if name in ("__init__", "__init_subclass__", "__post_init__") and function.__self__ is owner and not args:
            return function(*args, **kwargs)
        if self.is_known(owner) and not isinstance(owner, LRScheduler) and "data" not in type(owner).__module__:
            return self._natively(function, args, kwargs)
        return self.refuse(f"{type(owner).__name__}.{name} is called, of which nothing is known")

    def _content(self, name: str, thing: Any) -> Any:
        """What a method of a container takes: of another container, what is in it."""
        if name in _STORING or isinstance(thing, PLAIN):
            return self.callback(thing)
        if isinstance(thing, dict) or not hasattr(thing, "keys"):
            return self.used(thing) if isinstance(thing, dict) else list(self.each(thing))
        return self.refuse(f".{name}() takes an object of class {type(thing).__name__}")

    def _of_dictionary(self, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a method of a dictionary does by items; `ABSENT` where it does otherwise."""
        if name == "update" and len(args) < 2:
            for key, value in dict(*map(self.used, args), **kwargs).items():
                self.set_item(owner, key, value)
            return None
        if name not in ("get", "__contains__", "setdefault") or not args:
            return ABSENT
        key, default = args[0], args[1] if len(args) > 1 else None
        if not isinstance(key, (*PLAIN, tuple, Tensor)) or kwargs:
            return ABSENT
        has = self.has_item(owner, key)
        if name == "__contains__":
            return has
        if not has and name == "setdefault":
            self.set_item(owner, key, default)
        return self.item(owner, key) if has or name == "setdefault" else default

    def _made(self, kind: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An object of a class."""
        if kind in _PURE or kind in _MAKERS or issubclass(kind, BaseException):
            result = self._natively(kind, args, kwargs)
            return self.born(result) if kind in _MAKERS else result
        if not is_users_class(kind):
            if not _is_harmless(kind):
                self._unknown(kind)
            if kind in _BINDING:
                return self.born(kind(*args, **kwargs))
            if kind.__module__ in ("collections", "types"):
                return self.born(kind(*map(self.used, args), **kwargs))
            result = self._natively(kind, args, kwargs)
            for one in result.modules() if isinstance(result, Module) else [result]:
                self.born(one)
            return self.got(result, "an object")
        method = self.special(kind, "__call__")
        if method is not None:
            return self.call(method, (kind, *args), kwargs)
        if issubclass(kind, enum.Enum):
            self.refuse(f"a member of {kind.__name__} is looked for by its value")
        new: Any = kind.__new__
        initialize: Any = kind.__init__
        for key, function in (("__new__", new), ("__init__", initialize)):
            self.class_guard(kind, key, function, f"{kind.__name__}()")
        if is_users(new) and has_source(new):
            made = self.call(new, (kind, *args), kwargs)
            if not isinstance(made, kind):
                return made
        elif issubclass(kind, tuple) or not is_users(initialize):
            made = kind(*args, **kwargs)
            return made if isinstance(made, tuple) else self.born(made)
        else:
            made = self.born(new(kind) if new is object.__new__ else new(kind, *args, **kwargs))
        if is_users(initialize) and not has_source(initialize):
            self._initialize(made, args, kwargs)
        elif is_users(initialize):
            self.call(initialize, (made, *args), kwargs)
        return made

    def _initialize(self, made: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Calls the __init__ of a dataclass, of which there is no source, where it only sets attributes."""
        kind: Any = type(made)
        fields = getattr(kind, "__dataclass_fields__", {})
        lists = (one.default_factory is not dataclasses.MISSING for one in fields.values())
        set_otherwise = (is_data_descriptor(inspect.getattr_static(kind, name, None)) for name in fields)
        if not fields or hasattr(kind, "__post_init__") or any(lists) or any(set_otherwise):
            self.refuse(f"{kind.__name__}.__init__ has no source")
        if not kind.__dataclass_params__.frozen:  # which goes by object's
            self.without(("__setattr__",), "set", [made])
        kind.__init__(made, *args, **kwargs)

    # --- builtins that are about objects ----------------------------------------------------------------

    def _getattr(self, thing: Any, key: str, *default: Any) -> Any:
        try:
            return self.attribute(thing, key)
        except AttributeError:
            if not default:
                raise
            return default[0]

    def _type(self, *args: Any) -> Any:
        if len(args) != 1:
            self.refuse("a class is made")
        self.kind_of(args[0])
        return args[0].__class__ if type(args[0]) is Number else type(args[0])

    def _isinstance(self, thing: Any, kinds: Any) -> bool:
        self.kind_of(thing)
        self.without(("__instancecheck__",), "told apart", [kinds])
        return isinstance(thing, kinds)

    def _issubclass(self, kind: type, kinds: Any) -> bool:
        self.without(("__subclasscheck__",), "told apart", [kinds])
        return issubclass(kind, kinds)

    def _len(self, thing: Any) -> int:
        method = self.special(thing, "__len__")
        if method is not None:
            return self.call(method, (thing,), {})
        if isinstance(thing, Module):
            self.whole(thing)
        elif isinstance(thing, CONTAINERS) and not self.is_steps_own(thing):
            self.unless_changed(thing)
            self.guard(("length", id(thing)), f"len({self.called(thing)})", "len({0})", (thing,), len(thing))
        elif not (
            isinstance(thing, (*PLAIN, tuple, frozenset, *CONTAINERS, Tensor, np.ndarray))
            or self.is_born(thing)
            or self.is_known(thing)
        ):
            self.refuse(f"the length of {type(thing).__name__} is asked for")
        return len(thing)

    def _next(self, iterator: Any, *default: Any) -> Any:
        if self.special(iterator, "__next__") is not None or not self.is_born(iterator):
            self.refuse("next() changes an iterator")
        return next(iterator, *default)

    def _converted(self, kind: type, *args: Any, **kwargs: Any) -> Any:
        """float(a) or int(a): of what is known only when the step runs, a number that is known then."""
        thing = args[0] if len(args) == 1 else None
        if isinstance(thing, Tensor) and thing.numel() == 1:
            thing = thing.item()
        if type(thing) is Number and thing.reads:
            return thing.applied(kind, f"{kind.__name__}({{}})", thing)
        return self._made(kind, args, kwargs)

    def _print(self, *args: Any, **kwargs: Any) -> None:
        if any(not isinstance(one, PLAIN) for one in (*args, *kwargs.values())):
            self.refuse("print() of what is no text and no number")
        self.effects.append(Effect(Place("item", builtins.print, None), (args, kwargs), here(), calls=True))


def _is_harmless(thing: Any) -> bool:
    """Whether a function or a class of a library is known to give something, and to do nothing else."""
    space = thing.__module__ if isinstance(thing, type) else module_of(thing) or type(thing).__module__
    top, _, rest = space.partition(".")
    if top == "numpynet":
        is_room = isinstance(thing, type) or not rest or rest.partition(".")[0] in _ROOMS
        return is_room and not rest.startswith("utils.data")
    if top == "numpy" or type(thing).__module__ == "numpy":
        return getattr(thing, "__name__", "") not in _NUMPY_DENIED and "random" not in space
    return space in _PURE_MODULES or thing in _PURE or (isinstance(thing, type) and top in _TOPS)


def _are_alike(numbers: tuple[Any, ...]) -> bool:
    """Whether they are numbers of one type, of which the least or the greatest has it, too."""
    kinds = {type(one.value if type(one) is Number else one) for one in numbers}
    return len(kinds) == 1 and kinds <= {int, float} and len(numbers) > 1


def _fixed(thing: Any) -> Any:
    """What NumPy is given, with the numbers of this run: it would keep the stand-ins in arrays of objects."""
    if type(thing) is Number:
        return thing.fixed()
    return type(thing)(map(_fixed, thing)) if type(thing) in (list, tuple) else thing


_SPECIAL: dict[Any, Callable[..., Any]] = {
    getattr: Calls._getattr, setattr: Calls.set_attribute,
    hasattr: lambda calls, thing, key: calls._getattr(thing, key, ABSENT) is not ABSENT,
    vars: lambda calls, thing: calls.used(calls.attribute(thing, "__dict__")),
    type: Calls._type, isinstance: Calls._isinstance, issubclass: Calls._issubclass,
    super: lambda _, *args: super(*args), len: Calls._len, next: Calls._next, print: Calls._print,
    iter: lambda calls, thing: calls.born(iter(calls.each(thing))),
    cast: lambda _, typ, val: val, is_compiling: lambda _: True,
    float: lambda calls, *args: calls._converted(float, *args),
    int: lambda calls, *args, **kwargs: calls._converted(int, *args, **kwargs),
}  # fmt: skip
