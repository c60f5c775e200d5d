"""jit: the names of torch's old compiler that libraries mention. Nothing is compiled by it; see `numpynet.compile`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numpynet.nn.modules.module import Module

__all__ = [
    "ScriptFunction",
    "ScriptModule",
    "export",
    "ignore",
    "is_scripting",
    "is_tracing",
    "script",
    "trace",
    "unused",
]

Function = TypeVar("Function", bound=Callable[..., Any])

_ABSENT = "numpynet has no TorchScript: call the function or module as it is, or compile a step by numpynet.compile"


class ScriptModule(Module):
    """What no module is an instance of. RuntimeError when one is made."""

    def __init__(self) -> None:
        raise RuntimeError(_ABSENT)


class ScriptFunction:
    """What no function is an instance of. RuntimeError when one is made."""

    def __init__(self) -> None:
        raise RuntimeError(_ABSENT)


def is_scripting() -> bool:
    """Always False."""
    return False


def is_tracing() -> bool:
    """Always False."""
    return False


def unused(fn: Function) -> Function:
    """The function itself."""
    return fn


def export(fn: Function) -> Function:
    """The function itself."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself: used as ``@ignore`` or ``@ignore(...)``.

    >>> @ignore
    ... def one():
    ...     return 1
    >>> one()
    1
    """
    return drop if callable(drop) else unused


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """RuntimeError: there is no TorchScript."""
    raise RuntimeError(_ABSENT)


def trace(func: Any, *args: Any, **kwargs: Any) -> Any:
    """RuntimeError: there is no TorchScript."""
    raise RuntimeError(_ABSENT)
