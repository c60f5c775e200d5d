"""Declaration: which functions of a student's file are exercises, and of which operation."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import NamedTuple, TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


class Declaration(NamedTuple):
    """What a function claims to be: the gradient of an operation, by one operand or by all."""

    operation: str
    operand: str | None = None


def exercise(operation: str, wrt: str | None = None) -> Callable[[Function], Function]:
    """Declares a function to be the backward of an operation, whatever its own name.

    operation: a name that `python -m parity grade --list` shows.
    wrt: the one operand whose gradient it returns; by default it returns all of them.

    >>> import parity
    >>> @parity.exercise("relu")
    ... def my_gate(dy, x):
    ...     return dy * (x > 0)
    """

    def mark(function: Function) -> Function:
        function.__exercise__ = Declaration(operation, wrt)  # type: ignore[attr-defined]
        return function

    return mark


def declared(function: Callable[..., object]) -> Declaration | None:
    """What a function was declared to be by the decorator, or is by its name: relu_backward, linear_backward_w."""
    marked = getattr(function, "__exercise__", None)
    if isinstance(marked, Declaration):
        return marked
    named = re.fullmatch(r"(\w+?)_(?:backward|grad)(?:_(?:wrt_)?(\w+))?", getattr(function, "__name__", ""))
    return Declaration(named[1], named[2]) if named and not named[1].startswith("_") else None


def exercises_of(module: ModuleType) -> dict[str, Callable[..., object]]:
    """The functions that a module itself defines and that are exercises, in the order of their definition."""
    found: dict[str, Callable[..., object]] = {}
    for name, value in vars(module).items():
        own = isinstance(value, FunctionType) and value.__module__ == module.__name__
        if own and declared(value) is not None and value not in found.values():
            found[name] = value
    return found
