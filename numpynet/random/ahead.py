"""Ahead: what becomes of random words, made before it is wanted: of many words at once it costs much less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpynet.random.words import Words

AHEAD = 52 * 624  # no more words than these are fetched, or used, ahead


class Ahead:
    """What is made of a stock of words, step by step: of more and more at a time, while most of it is then wanted.

    step: how many words a step takes. least: how many words cost hardly more than a few.
    make: what is made of the words of whole steps.
    """

    made: Any  # of words of the stock, ...
    _start: int  # ... from this place on ...
    _count: int  # ... so many, ...
    _wanted: int  # ... of which so many have been asked for, ...
    _ahead: int  # ... as that was how many were to be made

    def __init__(self, step: int, least: int, make: Callable[[Words], Any]) -> None:
        self._step, self._least, self._make = step, least, make
        self.forget()

    def forget(self) -> None:
        """For another stock."""
        self._start = self._wanted = self._ahead = 0
        self._count = -1  # not even of no words

    def move(self, by: int) -> None:
        """For a stock that goes on where the one before ended, and in which words have other places."""
        self._start += by

    def place(self, words: Words, start: int, count: int) -> int:
        """The place in `made` of whole steps that begin at a place in stock; what is not yet made is made then."""
        place = start - self._start
        if place % self._step or not 0 <= place <= self._count - count:
            goes_on = place % self._step == 0 and 2 * self._wanted > self._count
            self._ahead = max(count, self._least, min(2 * self._ahead, AHEAD) if goes_on else 0)
            room = (words.size - start) // self._step * self._step
            self._start, self._count, self._wanted, place = start, min(self._ahead, room), 0, 0
            self.made = self._make(words[start : start + self._count])
        self._wanted += count
        return place
