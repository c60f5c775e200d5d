"""Freed memory: it stays with the process for the next array, instead of going back to the system.

The C library of Linux (glibc) asks the system for every array of more than 128 KiB, and gives it back when it is freed;
the next one of that size is then made of pages that the system must clear first, one by one. That takes ten and more
times as long as an operation on the array. As soon as a larger block is freed, though, glibc keeps all that are not
larger ("M_MMAP_THRESHOLD", man mallopt), and up to twice as much at the end of its memory ("M_TRIM_THRESHOLD").
"""

from __future__ import annotations

import numpy as np

LARGEST = (32 << 20) - (64 << 10)  # bytes: of 32 MiB, with what glibc adds, a block counts in this


def keep_freed_memory() -> None:
    """Frees a block of the largest size that counts. It is not touched, and so takes no memory."""
    np.empty(LARGEST, np.uint8)
