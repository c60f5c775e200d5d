"""Users: which functions and classes are the user's own, and which are those of a library."""

from __future__ import annotations

import functools
import inspect
import sys
from types import FunctionType
from typing import Any

from numpynet.compiler.rewriting import codes_in
from numpynet.nn.modules.module import Module

_PROGRAMS = {"training", "studies"}  # rooms of numpynet that are written as a user would
_CONSTRUCTING = {"__init__", "__new__", "__post_init__", "__init_subclass__", "__call__"}  # which are followed
_HEAP_TYPE = 1 << 9  # CPython's flag of classes that are made by Python code


def is_users_module(name: str) -> bool:
    top, _, rest = (name or "").partition(".")
    if top == "numpynet":
        return rest.partition(".")[0] in _PROGRAMS
    return top not in ("numpy", "numpynet") and (top not in sys.stdlib_module_names or top == "__main__")


def is_users_class(kind: type) -> bool:
    if kind.__module__ == "builtins":  # as is that of a class in a text without a name
        return bool(kind.__flags__ & _HEAP_TYPE)
    return is_users_module(kind.__module__)


def module_of(function: Any) -> str:
    """The module that a function was written in, whatever its decorators say."""
    module = getattr(function, "__globals__", {}).get("__name__") or getattr(function, "__module__", None) or ""
    return "" if isinstance(function, FunctionType) and module == "builtins" else module  # of a text without a name


def is_users(function: Any) -> bool:
    """Whether it is a function written in Python by the user."""
    function = getattr(function, "__func__", function)
    return isinstance(function, FunctionType) and is_users_module(module_of(function))


def follows(function: FunctionType) -> bool:
    """Whether a function is run from rewritten source: the user's are, and numpynet's that wrap one of these."""
    wrapped = getattr(function, "__wrapped__", None)
    if is_users(function):
        return True
    space = module_of(function)
    return wrapped is not None and is_users(inspect.unwrap(function)) and space.startswith("numpynet.")


def has_source(function: Any) -> bool:
    return not function.__code__.co_filename.startswith("<string>")


def has_special_methods(kind: type) -> bool:
    """Whether a class has methods of the user's that what is not followed may call, such as __len__."""
    return any(
        name.startswith("__") and name not in _CONSTRUCTING and is_users(found)
        for owner in (kind.__mro__ if is_users_class(kind) else ())
        for name, found in vars(owner).items()
    )


@functools.cache
def named_in(kind: type) -> set[str]:
    """The names in the code of a module's library classes."""
    found = set(Module.__dict__)
    for owner in kind.__mro__:
        for method in vars(owner).values() if not is_users_class(owner) else ():
            function = getattr(method, "__func__", getattr(method, "fget", method))
            for code in codes_in(function.__code__) if isinstance(function, FunctionType) else ():
                found.update(code.co_names)
    return found
