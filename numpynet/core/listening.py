"""Listening: the one place where others can hear what tensors compute, and what of the user's is called.

A listener is told of every operation that its thread computes. While there is any, in whatever thread, no
operation takes a short cut around `numpynet.core.tensor.record`. One that `follows` also calls, in the library's place,
the user's functions that the library was given: a module's forward, hooks, the two passes of a `Function`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from numpynet.core.forking import held_for_forks

if TYPE_CHECKING:
    from numpynet.core.tensor import Tensor
    from numpynet.nn.modules.module import Module
    from numpynet.ops.form import Op


class Listener:
    """What a listener may be told; a method that is not overridden does nothing.

    follows: whether it calls modules and the user's functions itself.
    """

    follows = False

    def computing(self, operation: Op) -> None:
        """An operation is about to be computed; unless that fails, `recorded` follows."""

    def recorded(self, operation: Op, operands: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
        """An operation was computed, and recorded where it needs a gradient."""

    def walking_back(self, roots: Sequence[tuple[Any, Any]]) -> None:
        """A backward pass begins at these places on the tape, each with its cotangent; nothing is released yet."""

    def walked_back(self) -> None:
        """The backward pass has ended."""

    def pull(self, pull: Callable[..., Any], node: Any, dy: Any) -> Any:
        """Leads a cotangent through a node of the tape; asked of one that follows."""
        return pull(node, dy)

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls a function of the user's."""
        return function(*args, **kwargs)

    def module(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls a module, with its hooks."""
        return module._call_with_hooks(args, kwargs)


class _OfThread(threading.local):
    listeners: tuple[Listener, ...] = ()


count = [0]  # of the listeners in all threads
of_thread = _OfThread()


def _only_this_thread() -> None:
    count[0] = len(of_thread.listeners)


_lock = held_for_forks(threading.Lock(), in_child=_only_this_thread)


def follower() -> Listener | None:
    """The listener of this thread that calls the user's functions itself."""
    return next((one for one in of_thread.listeners if one.follows), None)


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls a function of the user's, or has it called."""
    listener = follower() if count[0] else None
    return function(*args, **kwargs) if listener is None else listener.call(function, args, kwargs)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Has a listener told what this thread computes until the end of the block."""
    with _lock:
        count[0] += 1
    before = of_thread.listeners
    of_thread.listeners = (*before, listener)
    try:
        yield
    finally:
        of_thread.listeners = before
        with _lock:
            count[0] -= 1
