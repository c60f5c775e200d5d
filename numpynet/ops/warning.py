"""Warnings that are given once, as torch gives them, of what a program may come by again and again."""

from __future__ import annotations

import warnings

_given: set[str] = set()


def warn_once(message: str, stacklevel: int = 3, place: str = "") -> None:
    """Gives a warning the first time. place: what is warned of only once, whatever the message says."""
    if (place or message) not in _given:
        _given.add(place or message)
        warnings.warn(message, UserWarning, stacklevel=stacklevel)
