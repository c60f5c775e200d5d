"""Declaration: which operation a student's function claims to be the gradient of, by its name or a decorator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

Function = TypeVar("Function", bound=Callable[..., object])

NAMED = re.compile(r"(\w+?)_(?:backward|bwd|grad)(?:_(?:wrt_)?(\w+))?")
NAMED_FROM_BEHIND = re.compile(r"(?:backward|bwd|grad)_(\w+)")


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


def declared(function: Any, name: str) -> Declaration | None:
    """What a function was declared to be by the decorator, or is by a name: relu_backward, linear_backward_w."""
    marked = getattr(function, "__exercise__", None)
    if isinstance(marked, Declaration):
        return marked
    if name.startswith("_"):
        return None
    if named := NAMED.fullmatch(name):
        return Declaration(named[1], named[2])
    if named := NAMED_FROM_BEHIND.fullmatch(name):
        return Declaration(named[1])
    return None
