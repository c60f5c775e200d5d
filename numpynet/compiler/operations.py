"""Operations: what a step does with objects by Python's operators, loops, subscripts and blocks."""

from __future__ import annotations

import contextlib
import enum
import operator
from collections import Counter, deque
from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView
from typing import Any

import numpy as np

from numpynet.compiler.attributes import Attributes
from numpynet.compiler.errors import CompileError
from numpynet.compiler.number import Number
from numpynet.compiler.places import PLAIN, Place, shortened
from numpynet.compiler.reads import CONTAINERS, Again
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module

_MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_INPLACE: dict[tuple[Any, str], str] = {
    (list, "add"): "extend",
    (deque, "add"): "extend",
    (set, "or"): "update",
}
_COMPARED = (*CONTAINERS, tuple, frozenset, KeysView, ItemsView, ValuesView)  # by what is in them


def _function(name: str) -> Any:
    return getattr(operator, name, None) or getattr(operator, f"{name}_")  # where the name is a keyword


class Operations(Attributes):
    """What operators, loops, subscripts and blocks do; the user's own methods for them are followed."""

    # --- what Python does by itself -----------------------------------------------------------------------

    def without(self, names: tuple[str, ...], what: str, things: Iterable[Any]) -> None:
        """CompileError where Python would call one of these methods of the user's, which is not followed from there."""
        for thing in things:
            if isinstance(thing, PLAIN):
                continue
            for name in names:
                if self.special(thing, name) is not None:
                    self.refuse(f"objects are {what} by {type(thing).__name__}.{name}")
            if isinstance(thing, dict):
                self.without(names, what, thing.values())
            if isinstance(thing, (tuple, frozenset, *CONTAINERS)):
                self.without(names, what, thing)

    def compared(self, *things: Any) -> None:
        """Looks whether these are equal, or finds them among others."""
        self.without(("__eq__", "__hash__"), "compared", things)

    def indexed(self, *keys: Any) -> None:
        """Looks for what is at these places."""
        self.without(("__index__",), "used as an index", keys)

    def born(self, thing: Any) -> Any:
        """Notes that an object was made by the step itself."""
        if isinstance(thing, (dict, set)):
            self.compared(*thing)
        return super().born(thing)

    def formatted(self, thing: Any) -> Any:
        """A value of which a text is made."""
        self.without(("__format__", "__str__", "__repr__"), "written as text", [thing])
        return self.used(thing)

    def mapped(self, thing: Any) -> Any:
        """**thing"""
        if not isinstance(thing, dict):
            self.refuse(f"** of {type(thing).__name__}")
        return self.used(thing)

    # --- items ------------------------------------------------------------------------------------------

    def item(self, thing: Any, key: Any) -> Any:
        """thing[key]"""
        thing = self.trace.stand_in(thing)
        method = self.special(thing, "__getitem__")
        if method is not None:
            return self.call(method, (thing, key), {})
        self.indexed(key)
        if isinstance(thing, dict):
            self.compared(key)
        if isinstance(thing, Module):
            self.whole(thing)
        if isinstance(thing, (*PLAIN, type, tuple, Tensor, Module)) or self.is_steps_own(thing):
            return self.born(thing[key]) if isinstance(thing, list) and isinstance(key, slice) else thing[key]
        if isinstance(thing, np.ndarray):
            return self.used(thing)[key]
        if not isinstance(thing, (list, dict, deque)):
            return thing[key] if self.is_known(thing) else self.refuse(f"an item of {type(thing).__name__} is read")
        self.unless_called(thing)
        if isinstance(key, slice):
            return self.born(self.used(thing)[key])
        if isinstance(thing, dict) and not self.has_item(thing, key):
            return self._missing(thing, key)
        if not isinstance(thing, dict) and not -len(thing) <= operator.index(key) < len(thing):
            return self.used(thing)[key]  # which raises as Python does
        return self.read(Place("item", thing, key), f"{self.called(thing)}[{shortened(key)}]")

    def _missing(self, thing: dict[Any, Any], key: Any) -> Any:
        method = self.special(thing, "__missing__")
        if method is not None:
            return self.call(method, (thing, key), {})
        if isinstance(thing, Counter):
            return 0
        factory = getattr(thing, "default_factory", None)
        if factory is None:
            raise KeyError(key)
        self.set_item(thing, key, self.call(factory, (), {}))
        return thing[key]

    def set_item(self, thing: Any, key: Any, value: Any) -> None:
        """thing[key] = value"""
        thing = self.trace.stand_in(thing)
        self.indexed(key)
        method = self.special(thing, "__setitem__")
        if method is None and isinstance(thing, dict):
            self.compared(key)
        if method is not None:
            self.call(method, (thing, key, value), {})
        elif isinstance(thing, Tensor) or self.is_steps_own(thing):
            self.unless_given(thing)
            thing[key] = self.used(value) if isinstance(thing, Tensor) else value
        elif isinstance(thing, dict) or (isinstance(thing, list) and not isinstance(key, slice)):
            if isinstance(thing, list):
                thing[key]  # which raises as Python does
            self.write(Place("item", thing, key), value)
        else:
            self.refuse(f"an item of {type(thing).__name__} is set that was there before")

    def slice(self, start: Any, stop: Any, step: Any) -> Any:
        """start:stop:step"""
        self.indexed(start, stop, step)
        return slice(start, stop, step)

    # --- operators --------------------------------------------------------------------------------------

    def binary(self, name: str, left: Any, right: Any) -> Any:
        """left + right, and its like."""
        mirrored = _MIRRORED.get(name, f"r{name}")
        for one, other, method in ((left, right, f"__{name}__"), (right, left, f"__{mirrored}__")):
            function = self.special(one, method)
            if function is not None:
                result = self.call(function, (one, other), {})
                if result is not NotImplemented:
                    return result
        if name == "mod" and isinstance(left, (str, bytes)):
            self.formatted(right)
        elif name in _MIRRORED or isinstance(left, (set, frozenset, KeysView, ItemsView)):
            self.compared(*(one for one in (left, right) if isinstance(one, _COMPARED)))
        elif name == "mul":
            self.indexed(*(one for one in (left, right) if not isinstance(one, _COMPARED)))
        result = _function(name)(self.used(left), self.used(right))
        return self.born(result) if isinstance(result, CONTAINERS) else result

    def inplace(self, name: str, left: Any, right: Any) -> Any:
        """What left is after left += right, and its like."""
        self.unless_given(left)
        if isinstance(left, (*CONTAINERS, np.ndarray)) and not self.is_born(left):
            method = _INPLACE.get((type(left), name)) or self.refuse(
                f"a {type(left).__name__} that was there before is changed"
            )
            self.change(left, method, (list(self.each(right)),))
            return left
        method = self.special(left, f"__i{name}__")
        if method is not None:
            return self.call(method, (left, right), {})
        if isinstance(left, Number) or not hasattr(type(left), f"__i{name}__"):
            return self.binary(name, left, right)
        return getattr(operator, f"i{name}")(left, self.used(right))

    def unary(self, name: str, thing: Any) -> Any:
        """-thing, and its like."""
        method = self.special(thing, f"__{name}__")
        return _function(name)(self.used(thing)) if method is None else self.call(method, (thing,), {})

    def contains(self, thing: Any, one: Any) -> Any:
        """one in thing"""
        method = self.special(thing, "__contains__")
        if method is not None:
            return self.call(method, (thing, one), {})
        if isinstance(thing, Module):
            self.whole(thing)
        if isinstance(thing, _COMPARED):
            self.compared(one, thing)
        if isinstance(thing, dict) and not self.is_born(thing) and isinstance(one, (*PLAIN, tuple)):
            return self.has_item(thing, one)
        return one in (self.used(thing) if hasattr(type(thing), "__contains__") else self.each(thing))

    def tested(self, thing: Any) -> Any:
        """Of what it is asked whether it is true: of a container, whether anything is in it."""
        for name in ("__bool__", "__len__"):
            method = self.special(thing, name)
            if method is not None:
                return self.call(method, (thing,), {})
        if isinstance(thing, Module):
            self.whole(thing)
        if not isinstance(thing, CONTAINERS) or self.is_steps_own(thing):
            return self.used(thing)
        self.unless_changed(thing)
        self.guard(("truth", id(thing)), f"bool({self.called(thing)})", "not {0}", (thing,), not thing)
        return thing

    # --- loops and blocks -------------------------------------------------------------------------------

    def each(self, thing: Any) -> Any:
        """What a loop goes over."""
        method = self.special(thing, "__iter__")
        if method is not None:
            return self._stepped(self.call(method, (thing,), {}))
        if isinstance(thing, Module):
            self.whole(thing)
        elif isinstance(thing, (*PLAIN, tuple, frozenset, *CONTAINERS, Tensor, np.ndarray)) or (
            self.is_born(thing) and self.special(thing, "__getitem__") is None
        ):
            self.used(thing)
        elif not (isinstance(thing, type) and issubclass(thing, enum.Enum)):
            self.refuse(f"a loop goes over {type(thing).__name__}")
        return thing

    def _stepped(self, iterator: Any) -> Any:
        method = self.special(iterator, "__next__")
        if method is None:
            return self.born(iterator)

        def steps() -> Iterator[Any]:
            while True:
                try:
                    yield self.call(method, (iterator,), {})
                except StopIteration:
                    return

        return self.born(steps())

    @contextlib.contextmanager
    def catching(self) -> Iterator[None]:
        """While errors are caught, those that depend on values must not come later, out of the program."""
        recorder = self.trace.recorder
        recorder.caught += 1
        try:
            with self.trace.origins.during(self.trace.origins.work):
                yield
        finally:
            recorder.caught -= 1

    def context(self, thing: Any) -> Any:
        """What a with block enters."""
        enter, leave = self.special(thing, "__enter__"), self.special(thing, "__exit__")
        if enter is None and leave is None:
            if not self.is_known(thing) and type(thing).__module__ != "contextlib":
                self.refuse(f"with {type(thing).__name__}(...) does what is not known")
            return thing
        return self._inside(thing, enter or type(thing).__enter__, leave or type(thing).__exit__)

    @contextlib.contextmanager
    def _inside(self, thing: Any, enter: Any, leave: Any) -> Iterator[Any]:
        value = self.call(enter, (thing,), {})
        try:
            yield value
        except (CompileError, Again):
            raise
        except BaseException as error:
            if not self.call(leave, (thing, type(error), error, error.__traceback__), {}):
                raise
        else:
            self.call(leave, (thing, None, None, None), {})
