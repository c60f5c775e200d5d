"""Borrowing: the process's random numbers, all of them, begun anew for a while and then put back."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from numpynet.random import fork_rng, manual_seed

_borrowed = threading.RLock()


def _open_in_child() -> None:
    """A fork does not wait for a thread that has borrowed, which may do so for long."""
    global _borrowed
    _borrowed = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_in_child)


@contextmanager
def borrowed(seed: int) -> Iterator[None]:
    """A context in which numpynet's, NumPy's and Python's random numbers begin at a seed, and are the thread's alone.

    Afterwards they go on as though nothing had been drawn. Other threads wait until they may borrow.
    """
    with _borrowed, fork_rng():
        numpys, pythons = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
        try:
            manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            random.seed(seed)
            yield
        finally:
            np.random.set_state(numpys)  # noqa: NPY002
            random.setstate(pythons)
