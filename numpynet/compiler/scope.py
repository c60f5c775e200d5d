"""Scope: the surroundings of one function, as its rewritten code asks for them."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any

from numpynet.compiler.errors import CompileError
from numpynet.compiler.number import Number
from numpynet.compiler.places import PLAIN, Place
from numpynet.compiler.reads import CONTAINERS, Again
from numpynet.compiler.users import is_users
from numpynet.nn.modules.module import Module

if TYPE_CHECKING:
    from numpynet.compiler.calls import Calls


class Scope:
    """The surroundings of one function: what its rewritten code leads everything through."""

    REFUSALS = (CompileError, Again)

    def __init__(self, reads: Calls, function: FunctionType) -> None:
        self.reads = reads
        self.globals = function.__globals__
        code = function.__code__
        self.cells: dict[str, CellType] = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        self.file, self.called = code.co_filename, code.co_name

    def at(self, line: int) -> Calls:
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

    def used(self, thing: Any, line: int) -> Any:
        return self.at(line).used(thing)

    def born(self, thing: Any, line: int) -> Any:
        return self.reads.born(thing)

    def tested(self, thing: Any, line: int) -> Any:
        reads = self.at(line)
        for method in ("__bool__", "__len__"):
            if is_users(getattr(type(thing), method, None)):
                return reads.call(getattr(type(thing), method), (thing,), {})
        if isinstance(thing, Module):
            reads.whole(thing)
        return reads.tested(thing)

    def binary(self, name: str, left: Any, right: Any, line: int) -> Any:
        return self.at(line).binary(name, left, right)

    def inplace(self, name: str, left: Any, right: Any, line: int) -> Any:
        reads = self.at(line)
        if isinstance(left, CONTAINERS) and not reads.is_born(left):
            reads.refuse("a container that was there before is changed")
        method = getattr(type(left), f"__i{name}__", None)
        if is_users(method):
            return reads.call(method, (left, right), {})
        if method is None or isinstance(left, Number):
            return reads.binary(name, left, right)
        return getattr(operator, f"i{name}")(left, reads.used(right))

    def unary(self, name: str, thing: Any, line: int) -> Any:
        reads = self.at(line)
        method = getattr(type(thing), f"__{name}__", None)
        if is_users(method):
            return reads.call(method, (thing,), {})
        return getattr(operator, name)(reads.used(thing))

    def contains(self, thing: Any, one: Any, line: int) -> Any:
        reads = self.at(line)
        method = getattr(type(thing), "__contains__", None)
        if is_users(method):
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
        if not is_users(enter) and not is_users(leave):
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
