"""Showing: functions made of operations show these, with their forwards and gradients."""

from __future__ import annotations

import inspect
from types import FunctionType, ModuleType
from typing import Any

from numpynet.ops.form import Op
from numpynet.ops.source import Docstring, annotated


class Shown:
    """A function as its source is shown: with the operations that it calls, their forwards and their gradients."""

    __slots__ = ("function",)

    def __init__(self, function: Any) -> None:
        self.function = function

    def __get__(self, instance: Any, owner: type | None = None) -> Shown:  # as routines have it
        return self

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.function, follow_wrapped=False)

    @property
    def __wrapped__(self) -> Any:
        return annotated(self.function, self.operations)

    def operations(self) -> str:
        """The source of the operations' forwards, and their gradients."""
        return "\n".join(
            f"{inspect.getsource(one.forward)}\n{one.told_gradients()}".rstrip() + "\n"
            for one in _called_by(self.function)
        )

    def documentation(self) -> str:
        """The function's docstring, and the gradients."""
        gradients = "\n".join(one.told_gradients() for one in _called_by(self.function))
        return f"{inspect.cleandoc(str(self.function.__doc__))}\n\n{gradients}".rstrip()


def _called_by(function: Any, callers: tuple[Any, ...] = ()) -> list[Op]:
    """The operations with gradients that a function calls, or else those that its helpers call.

    callers: functions that led here, which a helper may call again.
    """
    callers = (*callers, function)
    around, names = function.__globals__, function.__code__.co_names
    rooms = [one for one in around.values() if isinstance(one, ModuleType) and one.__name__.startswith("numpynet.ops")]
    found = [getattr(room, name, None) for name in names for room in rooms]
    operations = [one for one in found if isinstance(one, Op) and one.told_gradients()]
    helpers = [around.get(name) for name in names if name.startswith("_")] if not operations else []
    for helper in helpers:
        if isinstance(helper, FunctionType) and helper not in callers:
            operations += [one for one in _called_by(helper, callers) if one not in operations]
    return operations


def shows_operations(function: Any) -> None:
    """Has a function's help and source show the operations that it calls."""
    shown = Shown(function)
    function.__wrapped__ = shown
    function.__doc__ = Docstring(function.__doc__, shown.documentation)


def all_show_operations(namespace: dict[str, Any]) -> None:
    """The same for the functions of a module."""
    for name, function in namespace.items():
        is_own = isinstance(function, FunctionType) and function.__module__ == namespace["__name__"]
        if is_own and not name.startswith("_") and not hasattr(function, "__wrapped__"):
            shows_operations(function)
