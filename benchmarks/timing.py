"""Timing: competitors in turn, round after round, and the ratios of what each round showed.

Machines are shared and drift. A lone time says little; two times taken one after the other, many times
over, say which is faster and by how much. Hence rounds, medians, and a ratio per round.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Call = Callable[[], object]


@dataclass(frozen=True)
class Spread:
    """The quartiles of a sample."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, sample: Sequence[float]) -> Spread:
        """The quartiles of these numbers, of which there must be one; they never leave the sample's range."""
        if len(sample) == 1:
            return cls(sample[0], sample[0], sample[0])
        low, median, high = statistics.quantiles(sample, n=4, method="inclusive")
        return cls(low, median, high)

    def overlaps(self, other: Spread) -> bool:
        """Whether the two ranges between the quartiles have a point in common."""
        return self.low <= other.high and other.low <= self.high


def ratios(slower: Sequence[float], faster: Sequence[float]) -> Spread:
    """How many times faster the second is, from the rounds' own ratios."""
    return Spread.of([a / b for a, b in zip(slower, faster, strict=True)])


def seconds_of(call: Call, calls: int) -> float:
    """How long one of so many calls takes on average."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def calls_within(call: Call, seconds: float) -> int:
    """How many calls take about that long; at least one."""
    calls = 1
    while True:
        each = seconds_of(call, calls)
        if each * calls > seconds / 4:
            return max(1, round(seconds / each))
        calls *= 4


def interleaved(
    contenders: Mapping[str, Call], rounds: int, seconds: float, pause: float = 0.0
) -> Iterator[dict[str, float]]:
    """For every round the seconds per call of each contender, which take turns within the round.

    rounds: how often each has its turn.
    seconds: about how long a turn lasts; a turn begins with a call that is not timed, unless one call is a turn.
    pause: how long everything rests between two turns.
    """
    calls = {name: calls_within(call, seconds) for name, call in contenders.items()}
    for _ in range(rounds):
        figures = {}
        for name, call in contenders.items():
            time.sleep(pause)
            if calls[name] > 1:
                call()
            figures[name] = seconds_of(call, calls[name])
        yield figures
