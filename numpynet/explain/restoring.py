"""Restoring: everything that a piece of program can reach, put back as it was after the program has run.

Reached are the variables around its functions, and from there tensors, arrays, modules, optimizers, containers, objects
and generators of random numbers. What lies outside of these, such as a file or the place that an iterator has come to,
cannot be put back.
"""

from __future__ import annotations

import builtins
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from numpynet.core import epoch
from numpynet.core.tensor import Tensor
from numpynet.explain.program import is_users_file
from numpynet.random import Generator, default_generator

_ATOMS = (bool, int, float, complex, str, bytes, type(None), type, ModuleType, BuiltinFunctionType, CodeType, range)
_ATTRIBUTES_OF_TENSORS = ("_array", "_node", "_requires_grad", "_view", "_writes")
_MISSING = object()
Undo = Callable[[], None]


@contextmanager
def restored(*roots: Any) -> Iterator[None]:
    """Puts everything that is reached from these objects back at the end of the block, also after an error."""
    state = _State()
    for root in (*roots, default_generator):
        state.keep(root)
    state.undo.append(partial(random.setstate, random.getstate()))
    state.undo.append(partial(np.random.set_state, np.random.get_state()))  # noqa: NPY002  which a program may use
    try:
        yield
    finally:
        for undo in reversed(state.undo):
            undo()
        epoch.count[0] += 1


class _State:
    """What to do to put everything back."""

    def __init__(self) -> None:
        self.undo: list[Undo] = []
        self.seen: dict[int, Any] = {}

    def keep(self, root: Any) -> None:
        """Notes the state of all that is reached from an object."""
        waiting = [root]
        while waiting:
            thing = waiting.pop()
            if isinstance(thing, _ATOMS) or id(thing) in self.seen:
                continue
            self.seen[id(thing)] = thing
            waiting.extend(self.note(thing))

    def note(self, thing: Any) -> list[Any]:
        """Notes the state of one object; returns what it refers to."""
        if isinstance(thing, Tensor):
            return self.tensor(thing)
        if isinstance(thing, np.ndarray):
            return self.array(thing)
        if isinstance(thing, Generator):
            self.undo.append(partial(_resume, thing, thing.state_array()))
            return []
        if isinstance(thing, (np.random.Generator, np.random.RandomState)):
            bits: Any = getattr(thing, "bit_generator", None) or thing._bit_generator  # type: ignore[union-attr]
            self.undo.append(partial(setattr, bits, "state", bits.state))
            return []
        if isinstance(thing, random.Random):
            self.undo.append(partial(thing.setstate, thing.getstate()))
            return []
        if isinstance(thing, FunctionType):
            return self.function(thing)
        if isinstance(thing, MethodType):
            return [thing.__self__, thing.__func__]
        if isinstance(thing, partial):
            return [thing.func, *thing.args, *thing.keywords.values()]
        if isinstance(thing, CellType):
            return self.cell(thing)
        return self.container(thing) if isinstance(thing, (list, tuple, set, frozenset, dict)) else self.object(thing)

    def array(self, array: Any) -> list[Any]:
        if array.flags.writeable:
            self.undo.append(partial(np.copyto, array, array.copy()))
        return []

    def tensor(self, tensor: Tensor) -> list[Any]:
        if tensor._array.flags.writeable:
            self.undo.append(partial(np.copyto, tensor._array, tensor._array.copy()))
        self.undo.append(partial(tensor._writes.__setitem__, 0, tensor._writes[0]))
        attributes = dict(tensor.__dict__)
        slots = [(name, getattr(tensor, name)) for name in _ATTRIBUTES_OF_TENSORS]

        def undo() -> None:
            for name, value in slots:
                setattr(tensor, name, value)
            tensor.__dict__.clear()
            tensor.__dict__.update(attributes)

        self.undo.append(undo)
        return [*attributes.values(), *([tensor._view.root] if tensor._view is not None else [])]

    def function(self, function: FunctionType) -> list[Any]:
        """The user's functions refer to cells, to defaults, and to those globals that their code names."""
        if not is_users_file(function.__code__.co_filename):
            return [function.__closure__] if function.__closure__ else []
        names: set[str] = set()
        codes = [function.__code__]
        for code in codes:
            names.update(code.co_names)
            codes += [one for one in code.co_consts if isinstance(one, CodeType)]
        surroundings = function.__globals__
        for name in names:
            self.undo.append(partial(_rebind, surroundings, name, surroundings.get(name, _MISSING)))
        inner = [function.__defaults__, function.__kwdefaults__, function.__closure__, function.__dict__]
        return [*inner, *(surroundings[name] for name in names if name in surroundings)]

    def cell(self, cell: CellType) -> list[Any]:
        try:
            value = cell.cell_contents
        except ValueError:
            return []
        self.undo.append(partial(setattr, cell, "cell_contents", value))
        return [value]

    def container(self, thing: Any) -> list[Any]:
        if isinstance(thing, list):
            self.undo.append(partial(_restore_list, thing, list(thing)))
        elif isinstance(thing, dict):
            if "__builtins__" in thing or thing is vars(builtins):
                return []  # the variables of a file, of which those count that functions name
            self.undo.append(partial(_restore_dict, thing, dict(thing)))
            return list(thing.values())
        elif isinstance(thing, set):
            self.undo.append(partial(_restore_set, thing, set(thing)))
        return list(thing)

    def object(self, thing: Any) -> list[Any]:
        """Objects of the user's classes and of numpynet's refer to their attributes, and to what their methods name."""
        if not _is_known(type(thing)):
            return []
        found: list[Any] = []
        attributes = getattr(thing, "__dict__", None)
        if isinstance(attributes, dict):
            found += self.container(attributes)
        for kind in type(thing).__mro__:
            slots = kind.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                value = getattr(thing, name, _MISSING)
                if name not in ("__dict__", "__weakref__") and value is not _MISSING:
                    self.undo.append(partial(_reset, thing, name, value))
                    found.append(value)
            methods = [one for one in kind.__dict__.values() if isinstance(one, FunctionType)]
            found += [one for one in methods if is_users_file(one.__code__.co_filename)]
        return found


def _is_known(kind: type) -> bool:
    """Whether a class, or one that it is made of, is the user's or numpynet's."""
    for one in kind.__mro__:
        file = getattr(sys.modules.get(one.__module__), "__file__", None)
        if one.__module__.split(".")[0] in ("numpynet", "__main__") or (file is not None and is_users_file(file)):
            return True
    return False


def _restore_list(thing: list[Any], before: list[Any]) -> None:
    if len(thing) != len(before) or any(a is not b for a, b in zip(thing, before, strict=True)):
        list.__setitem__(thing, slice(None), before)


def _restore_dict(thing: dict[Any, Any], before: dict[Any, Any]) -> None:
    if list(thing) != list(before):
        for key in list(thing):
            dict.__delitem__(thing, key)
    for key, value in before.items():
        if key not in thing or thing[key] is not value:
            dict.__setitem__(thing, key, value)


def _restore_set(thing: set[Any], before: set[Any]) -> None:
    thing &= before
    thing |= before


def _resume(generator: Generator, state: Any) -> None:
    generator.set_state_array(state)


def _rebind(variables: dict[str, Any], name: str, value: Any) -> None:
    if value is _MISSING:
        variables.pop(name, None)
    else:
        variables[name] = value


def _reset(thing: Any, name: str, value: Any) -> None:
    if getattr(thing, name, _MISSING) is not value:
        object.__setattr__(thing, name, value)
