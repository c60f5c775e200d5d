"""Forking: a child process finds every lock open, though other threads of its parent held some."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def held_for_forks(lock: Any, in_child: Callable[[], None] = lambda: None) -> Any:
    """Lets every fork wait for a lock, so that what it guards is whole in the child. Returns the lock.

    in_child: called in the child, while the lock is held. Of two locks of which one is taken inside the other, that
    one comes first here.
    """

    def release_in_child() -> None:
        in_child()
        lock.release()

    if hasattr(os, "register_at_fork"):  # Windows forks nothing
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=release_in_child)
    return lock
