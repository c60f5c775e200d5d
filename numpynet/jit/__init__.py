"""jit: the names of torch's old compiler that libraries mention. Nothing is compiled by it; see `numpynet.compile`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numpynet.nn.modules.module import Module
from numpynet.ops.warning import warn_once

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
_AS_IT_IS = (
    "numpynet has no TorchScript: what torch.jit.script and torch.jit.trace are given runs as it is, as in torch where "
    "PYTORCH_JIT=0; numpynet.compile makes steps faster"
)


class ScriptModule(Module):
    """What no module is an instance of. RuntimeError when one is made.

    >>> import numpynet
    >>> isinstance(numpynet.jit.script(numpynet.nn.ReLU()), numpynet.jit.ScriptModule)
    False
    """

    def __init__(self) -> None:
        raise RuntimeError(_ABSENT)


class ScriptFunction:
    """What no function is an instance of. RuntimeError when one is made.

    >>> import numpynet
    >>> isinstance(numpynet.jit.script(numpynet.exp), numpynet.jit.ScriptFunction)
    False
    """

    def __init__(self) -> None:
        raise RuntimeError(_ABSENT)


def is_scripting() -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.jit.is_scripting()
    False
    """
    return False


def is_tracing() -> bool:
    """Always False.

    >>> import numpynet
    >>> numpynet.jit.is_tracing()
    False
    """
    return False


def unused(fn: Function) -> Function:
    """The function itself.

    >>> import numpynet
    >>> @numpynet.jit.unused
    ... def one():
    ...     return 1
    >>> one()
    1
    """
    return fn


def export(fn: Function) -> Function:
    """The function itself.

    >>> import numpynet
    >>> @numpynet.jit.export
    ... def one():
    ...     return 1
    >>> one()
    1
    """
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself: used as ``@ignore`` or ``@ignore(...)``.

    >>> from numpynet.jit import ignore
    >>> @ignore
    ... def one():
    ...     return 1
    >>> one()
    1
    """
    return drop if callable(drop) else unused


def script(obj: Any, optimize: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The function or module itself, as in torch with PYTORCH_JIT=0: it runs as it is, which a warning says once.

    >>> import numpynet
    >>> @numpynet.jit.script
    ... def double(x):
    ...     return x + x
    >>> double(numpynet.ones(2))
    tensor([2., 2.])
    """
    warn_once(_AS_IT_IS)
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The function or module itself, as in torch with PYTORCH_JIT=0: it runs as it is, which a warning says once.

    >>> import numpynet
    >>> numpynet.jit.trace(numpynet.exp, numpynet.zeros(2))(numpynet.zeros(1))
    tensor([1.])
    """
    warn_once(_AS_IT_IS)
    return func
