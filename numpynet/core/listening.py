"""Listening: the one place where others can hear what tensors compute.

A listener is told of every operation that its thread computes. While there is any, in whatever thread, no
operation takes a short cut around `numpynet.core.tensor.record`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpynet.core.tensor import Tensor
    from numpynet.ops.form import Op


class Listener:
    """What a listener may be told; a method that is not overridden does nothing."""

    def recorded(self, operation: Op, operands: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
        """An operation was computed, and recorded where it needs a gradient."""

    def walking_back(self, roots: Sequence[tuple[Any, Any]]) -> None:
        """A backward pass begins at these places on the tape, each with its cotangent; nothing is released yet."""


class _OfThread(threading.local):
    listeners: tuple[Listener, ...] = ()


count = [0]  # of the listeners in all threads
of_thread = _OfThread()
_lock = threading.Lock()


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
