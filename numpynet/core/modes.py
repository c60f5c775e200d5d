"""Grad mode: whether operations are recorded on the tape. One flag per thread, as in torch."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Generator
from functools import partial, wraps
from threading import get_ident
from types import TracebackType
from typing import Any, TypeVar, cast

import numpy as np

from numpynet.core.shown_class import name_functions

Function = TypeVar("Function", bound=Callable[..., Any])


_GENERATOR = 0x20  # the flag of a code object with yield in it


def silencer() -> Callable[..., Any]:
    """What calls a function with NumPy's warnings off, since torch computes with infinities and NaN in silence.

    It enters a context, which is a tenth of the cost of np.errstate, and cannot be entered while it is.
    """
    context = contextvars.copy_context()
    context.run(partial(np.seterr, all="ignore"))
    return context.run


class _Flags(threading.local):
    """What holds for one thread.

    enabled: whether operations are recorded. silently: calls a function with NumPy's warnings off (`silencer`).
    """

    inference = False

    def __init__(self) -> None:
        self.enabled = True
        self.silently = silencer()


flags = _Flags()

# The threads on which a flag may not be as at first, of which there are mostly none: that is seen in a quarter of the
# time that a flag of the thread takes to read.
paused: set[int] = set()
inferring: set[int] = set()


def _set(enabled: bool, inference: bool) -> None:
    """Sets the flags of this thread; nothing is recorded in inference mode."""
    enabled = enabled and not inference
    paused.add(thread := get_ident())
    (inferring.add if inference else inferring.discard)(thread)
    flags.enabled, flags.inference = enabled, inference
    if enabled:
        paused.discard(thread)


def _directly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def silently(function: Callable[..., Any], *args: Any) -> Any:
    """Calls a function with NumPy's warnings off that may itself, or through the user's code, call operations."""
    silenced = flags.silently
    flags.silently = _directly
    try:
        return silenced(function, *args)
    finally:
        flags.silently = silenced


def going_back(recorded: bool, function: Callable[..., Any], *args: Any) -> Any:
    """As `silently`, for the backward pass, in which operations are recorded only where that is wanted."""
    state = flags.__dict__  # of this thread: quicker than one attribute after the other
    enabled, silenced = state["enabled"], state["silently"]
    state["enabled"], state["silently"] = recorded, _directly
    paused.add(thread := get_ident())
    try:
        return silenced(function, *args)
    finally:
        state["enabled"], state["silently"] = enabled, silenced
        if enabled:
            paused.discard(thread)


def unrecorded(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Calls a function that records nothing: `no_grad` in fewer steps."""
    state = flags.__dict__
    enabled, state["enabled"] = state["enabled"], False
    paused.add(thread := get_ident())
    try:
        return function(*args, **options)
    finally:
        state["enabled"] = enabled
        if enabled:
            paused.discard(thread)


def is_grad_enabled() -> bool:
    """Whether operations on this thread are recorded.

    >>> import numpynet
    >>> with numpynet.no_grad():
    ...     numpynet.is_grad_enabled()
    False
    """
    return flags.enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`.

    >>> import numpynet
    >>> numpynet.is_inference_mode_enabled()
    False
    """
    return flags.inference


class _GradMode:
    """A setting of the flag, as a context manager or a decorator; it may be entered again and again."""

    wanted: bool
    inference: bool | None = None

    def __init__(self) -> None:
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((flags.enabled, flags.inference))
        self._switch()

    def _switch(self) -> None:
        _set(self.wanted, flags.inference if self.inference is None else self.inference)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _set(*self._before.pop())

    def __call__(self, function: Function) -> Function:
        """The function with this mode inside; of a generator function, in all its parts but not between them."""
        if isinstance(function, type):
            raise TypeError(f"{type(self).__name__} decorates functions, not classes: decorate __init__ alone")
        code = getattr(function, "__code__", None)
        generates = code is not None and code.co_flags & _GENERATOR

        @wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            before = flags.enabled, flags.inference  # a local variable: calls may nest, and come from any thread
            self._switch()
            try:
                return function(*args, **kwargs)
            finally:
                _set(*before)

        @wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            parts = function(*args, **kwargs)
            resume: Callable[[], Any] = partial(next, parts)
            while True:
                before = flags.enabled, flags.inference
                self._switch()
                try:
                    part = resume()
                except StopIteration as end:
                    return end.value
                finally:
                    _set(*before)
                try:
                    resume = partial(parts.send, (yield part))
                except GeneratorExit:
                    parts.close()
                    raise
                except BaseException as error:
                    resume = partial(parts.throw, error)

        return cast(Function, generator if generates else inside)


name_functions(_GradMode)


def _decorates_bare(cls: type[_GradMode], function: Any) -> Any:
    """Lets a mode be used as ``@no_grad`` as well as ``@no_grad()``."""
    made = object.__new__(cls)
    if function is not None:
        _GradMode.__init__(made)
        return made(function)
    return made


class no_grad(_GradMode):
    """Nothing inside is recorded, and results need no gradient. A context manager or a decorator.

    >>> import numpynet
    >>> x = numpynet.ones(1, requires_grad=True)
    >>> with numpynet.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    wanted = False

    def __new__(cls, orig_func: Any = None) -> Any:
        return _decorates_bare(cls, orig_func)

    def __init__(self, orig_func: Any = None) -> None:
        super().__init__()


class enable_grad(_GradMode):
    """Recording is on inside, even within `no_grad`. A context manager or a decorator.

    >>> import numpynet
    >>> x = numpynet.ones(1, requires_grad=True)
    >>> with numpynet.no_grad(), numpynet.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    wanted = True

    def __new__(cls, orig_func: Any = None) -> Any:
        return _decorates_bare(cls, orig_func)

    def __init__(self, orig_func: Any = None) -> None:
        super().__init__()


class inference_mode(_GradMode):
    """As `no_grad`, and the tensors made inside are for good without gradient. A context manager or a decorator.

    Outside they can be computed with, but neither overwritten nor kept for a backward pass: RuntimeError, see
    `Tensor.is_inference`. `clone` makes ordinary tensors of them.

    >>> import numpynet
    >>> x = numpynet.ones(1, requires_grad=True)
    >>> with numpynet.inference_mode():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __new__(cls, mode: Any = True) -> Any:
        if not isinstance(mode, bool):  # what is decorated without a call between
            made = object.__new__(cls)
            made.__init__(True)  # type: ignore[misc]
            return made(mode)
        return object.__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.wanted = not mode
        self.inference = mode


class set_grad_enabled(_GradMode):
    """Switches recording on or off at once; as a context manager or a decorator, only until the end of that.

    >>> import numpynet
    >>> with numpynet.set_grad_enabled(False):
    ...     numpynet.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        """TypeError for what is no bool."""
        super().__init__()
        if not isinstance(mode, bool):
            raise TypeError(
                f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {type(mode).__name__}"
            )
        self.wanted = mode
        self._enabled_before = flags.enabled
        self.__enter__()

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.wanted})"

    def __enter__(self) -> None:
        _set(self.wanted, flags.inference)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        flags.enabled = self._enabled_before

    def __call__(self, function: Function) -> Function:
        """As a decorator it acts inside the function only, so the constructor's switch is undone."""
        flags.enabled = self._enabled_before
        return super().__call__(function)
