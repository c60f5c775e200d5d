"""Timing: competitors in turn, round after round, and the ratios of what each round showed.

Machines are shared and drift. A lone time says little; two times taken one after the other, many times
over, say which is faster and by how much. Hence rounds, medians, and a ratio per round.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Step = Callable[[], object]


@dataclass(frozen=True)
class Spread:
    """The quartiles of a sample."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, sample: list[float]) -> Spread:
        """The quartiles of these numbers (at least two)."""
        low, median, high = statistics.quantiles(sample, n=4)
        return cls(low, median, high)


def calibrate(step: Step, seconds: float) -> int:
    """How many calls of a step take about that long."""
    step()
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            step()
        taken = time.perf_counter() - start
        if taken > seconds / 4:
            return max(1, round(calls * seconds / taken))
        calls *= 4


def interleaved(steps: dict[str, Step], rounds: int, seconds: float) -> dict[str, list[float]]:
    """Microseconds per call of every step, one figure for each round, the steps taking turns within a round.

    rounds: how often each has its turn.
    seconds: about how long one turn lasts.
    """
    calls = {name: calibrate(step, seconds) for name, step in steps.items()}
    figures: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                step()
            figures[name].append((time.perf_counter() - start) / calls[name] * 1e6)
    return figures


def ratios(slower: list[float], faster: list[float]) -> Spread:
    """How many times faster the second is, from the rounds' own ratios."""
    return Spread.of([a / b for a, b in zip(slower, faster, strict=True)])
