"""version: which torch is followed, and numpynet's own version."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "numpynet"]


class TorchVersion(str):
    """A version that compares number by number, with text and with tuples.

    >>> TorchVersion("2.13.0") > "2.4", TorchVersion("2.13.0") >= (2, 13), TorchVersion("2.13.0") == "2.13"
    (True, True, True)
    """

    __slots__ = ()

    def _with(self, other: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The numbers of both, as many of each."""
        text = other if isinstance(other, str) else ".".join(map(str, other))
        ours, theirs = _numbers(self), _numbers(text)
        length = max(len(ours), len(theirs))
        return ours + (0,) * (length - len(ours)), theirs + (0,) * (length - len(theirs))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (str, tuple, list)):
            return NotImplemented
        ours, theirs = self._with(other)
        return ours == theirs

    def __lt__(self, other: Any) -> bool:
        ours, theirs = self._with(other)
        return ours < theirs

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __gt__(self, other: Any) -> bool:
        ours, theirs = self._with(other)
        return ours > theirs

    def __ge__(self, other: Any) -> bool:
        return not self < other

    __hash__ = str.__hash__


def _numbers(text: str) -> tuple[int, ...]:
    release = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, release[0].split("."))) if release else ()


__version__ = TorchVersion("2.13.0")
numpynet = "0.1.0"
cuda = hip = git_version = None
debug = False
