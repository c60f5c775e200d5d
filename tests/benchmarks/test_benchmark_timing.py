"""The arithmetic of the timing, on a clock that is set by the test."""

from __future__ import annotations

import pytest

from benchmarks import timing
from benchmarks.timing import Spread, calls_within, interleaved, ratios, seconds_of


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when `pass_time` is called."""

    class Clock:
        now = 0.0

        def pass_time(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock.now)
    monkeypatch.setattr(timing.time, "sleep", clock.pass_time)
    return clock


def test_quartiles():
    assert Spread.of([3.0, 1.0, 2.0, 5.0, 4.0]) == Spread(2.0, 3.0, 4.0)
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0)
    assert Spread.of([1.0, 2.0]) == Spread(1.25, 1.5, 1.75)


def test_ratios_are_those_of_each_round():
    """A machine that is ten times slower in one round changes no ratio."""
    assert ratios([2.0, 20.0, 4.0], [1.0, 10.0, 2.0]) == Spread(2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_overlap():
    assert Spread(1.0, 2.0, 3.0).overlaps(Spread(3.0, 4.0, 5.0))
    assert not Spread(1.0, 2.0, 3.0).overlaps(Spread(3.1, 4.0, 5.0))
    assert Spread(1.0, 2.0, 9.0).overlaps(Spread(3.0, 4.0, 5.0))


def test_seconds_are_per_call(clock):
    assert seconds_of(lambda: clock.pass_time(0.25), 8) == 0.25


@pytest.mark.parametrize(("each", "expected"), [(0.25, 4), (8.0, 1), (1.0, 1), (2.0**-10, 1024)])
def test_as_many_calls_as_fill_the_time(clock, each, expected):
    assert calls_within(lambda: clock.pass_time(each), 1.0) == expected


def test_contenders_take_turns(clock):
    turns = []

    def contender(name, seconds):
        def call():
            clock.pass_time(seconds)
            if not turns or turns[-1] != name:
                turns.append(name)

        return call

    rounds = list(interleaved({"a": contender("a", 0.25), "b": contender("b", 4.0)}, 3, 1.0, pause=0.5))
    assert rounds == [{"a": 0.25, "b": 4.0}] * 3
    assert turns == ["a", "b"] * 4  # once to see how many calls make a turn, then three rounds
