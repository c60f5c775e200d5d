"""marks: what torch's compilers are told of functions. Here all is followed, or refused, without being told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def allow_in_graph(fn: Function) -> Function:
    """The function itself, which a compiled step follows like any other, and of which it finds out what is constant.

    >>> from numpynet.compiler import allow_in_graph
    >>> @allow_in_graph
    ... def double(x):
    ...     return x + x
    >>> double(2)
    4
    """
    return fn


assume_constant_result = allow_in_graph


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None, wrapping: bool = True) -> Any:
    """The function or module itself, or a decorator that gives it: compiled or not, it gives the same.

    A compiled step that calls it follows it like any other, and is a CompileError where that cannot be.

    >>> from numpynet.compiler import disable
    >>> @disable(reason="it prints")
    ... def double(x):
    ...     return x + x
    >>> double(2)
    4
    """
    return (lambda function: function) if fn is None else fn


def is_compiling() -> bool:
    """Whether a step is being traced; in a compiled step, True.

    >>> from numpynet.compiler import is_compiling
    >>> is_compiling()
    False
    """
    return False  # a step that is traced never gets here: the compiler answers


def reset() -> None:
    """Does nothing: programs belong to what was compiled, and go with it.

    >>> from numpynet.compiler import reset
    >>> reset()
    """
