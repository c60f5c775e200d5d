"""Program: ordinary training code, written once, and what parity has to know about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Text = Callable[[Any, Any, int], None]


@dataclass(frozen=True)
class Program:
    """text(torch, recorder, steps) trains with whatever library it is given, and tells the recorder.

    steps: how many it makes in all; 0 for a program that trains nothing.
    """

    name: str
    text: Text
    steps: int

    @property
    def summary(self) -> str:
        """The first line of the text's documentation."""
        return (self.text.__doc__ or "").splitlines()[0]
