"""torch.utils.benchmark: how long a statement takes."""

from __future__ import annotations

import math
import textwrap
import timeit
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from numpynet.core.settings import get_num_threads, set_num_threads

__all__ = ["Measurement", "Timer"]

_UNITS = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))


class Measurement:
    """The times of a statement: each of `raw_times` is that of `number_per_run` runs, in seconds.

    times: those of single runs, of which `mean`, `median` and `iqr` (the distance of the quartiles) are taken.
    title: what was timed.

    >>> import numpynet
    >>> measured = numpynet.utils.benchmark.Measurement(10, [3e-5, 5e-5, 4e-5], "x + 1")
    >>> print("\\n".join(repr(measured).splitlines()[1:]))
    x + 1
      Median: 4.00 us
      3 measurements, 10 runs per measurement, 1 thread
    """

    def __init__(self, number_per_run: int, raw_times: Sequence[float], title: str, num_threads: int = 1) -> None:
        self.number_per_run, self.raw_times = number_per_run, list(raw_times)
        self.title, self.num_threads = title, num_threads

    @property
    def times(self) -> list[float]:
        """The seconds of one run, by each measurement."""
        return [one / self.number_per_run for one in self.raw_times]

    @property
    def mean(self) -> float:
        """The mean of the times."""
        return float(np.mean(self.times))

    @property
    def median(self) -> float:
        """The median of the times."""
        return float(np.median(self.times))

    @property
    def iqr(self) -> float:
        """The distance of the first and the third quartile of the times."""
        low, high = np.quantile(self.times, (0.25, 0.75))
        return float(high - low)

    def __repr__(self) -> str:
        name, unit = next((one for one in _UNITS if self.median >= one[1]), _UNITS[-1])
        count = len(self.times)
        lines = [
            object.__repr__(self),
            self.title,
            f"  {'Median: ' if count > 1 else ''}{self.median / unit:.2f} {name}",
        ]
        if count >= 4:
            low, high = np.quantile(self.times, (0.25, 0.75))
            lines.append(f"  IQR:    {self.iqr / unit:.2f} {name} ({low / unit:.2f} to {high / unit:.2f})")
        runs = f"{self.number_per_run} runs {'per measurement,' if count > 1 else ','}"
        lines.append(f"  {_several(count, 'measurement')}, {runs} {_several(self.num_threads, 'thread')}")
        return "\n".join(lines)


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


class Timer:
    """Times a statement, as `timeit` does it, after one run that is not counted.

    stmt, setup: Python text. globals: the names that it knows. label, sub_label, description: are shown.
    num_threads: how many threads matrix products run on meanwhile.

    >>> import numpynet
    >>> timer = numpynet.utils.benchmark.Timer("x * x", globals={"x": numpynet.ones(3)})
    >>> timer.timeit(100).number_per_run
    100
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = perf_counter,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
    ) -> None:
        if global_setup:
            raise ValueError("Timer(): global_setup is for C++, and statements are Python here: use setup")
        stmt, setup = (textwrap.dedent(text).strip() for text in (stmt, setup))
        self._timer = timeit.Timer(stmt, setup, timer, dict(globals or {}))
        self._num_threads = num_threads
        beside = f": {sub_label}" if sub_label else ""
        head = label or (stmt if "\n" not in stmt else f"stmt:\n{textwrap.indent(stmt, '  ')}\n")
        lines = [head + beside, description or ""]
        if setup not in ("", "pass"):
            lines.append(f"setup: {setup}" if "\n" not in setup else f"setup:\n{textwrap.indent(setup, '  ')}\n")
        self._title = "\n".join(filter(None, lines))

    def timeit(self, number: int = 1000000) -> Measurement:
        """One measurement of so many runs.

        >>> import numpynet
        >>> len(numpynet.utils.benchmark.Timer("1 + 1").timeit(10).times)
        1
        """
        return self._measured(number, lambda times: False)

    def blocked_autorange(self, callback: Any = None, min_run_time: float = 0.2) -> Measurement:
        """Measurements of a number of runs that makes the clock's own time small, until they take so many seconds.

        callback: is called with the number of runs and the seconds of each measurement.

        >>> import numpynet
        >>> numpynet.utils.benchmark.Timer("1 + 1").blocked_autorange(min_run_time=0.01).median < 1
        True
        """
        number = 1
        while self._timer.timeit(number) < min_run_time / 1000 and number < 10**9:
            number *= 10

        def goes_on(times: list[float]) -> bool:
            if callback is not None:
                callback(number, times[-1])
            return math.fsum(times) < min_run_time

        return self._measured(number, goes_on)

    def _measured(self, number: int, goes_on: Callable[[list[float]], bool]) -> Measurement:
        threads = get_num_threads()
        set_num_threads(self._num_threads)
        try:
            self._timer.timeit(1)
            times = [self._timer.timeit(number)]
            while goes_on(times):
                times.append(self._timer.timeit(number))
        finally:
            set_num_threads(threads)
        return Measurement(number, times, self._title, self._num_threads)
