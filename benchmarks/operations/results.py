"""What was measured of the rows, and what sums it up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import geometric_mean, median
from typing import Any

from benchmarks.timing import Spread, ratios

SLOW = {"small": 0.5, "large": 0.3}  # torch's time / numpynet's below which a row is counted as slow
GROUPINGS = ("size", "family")


@dataclass
class Measured:
    """A row: figures are seconds a call by library, one for each round; none where `wrong` says what is wrong."""

    name: str
    family: str
    size: str
    figures: dict[str, list[float]]
    wrong: str

    @property
    def ratio(self) -> Spread:
        """torch's time / numpynet's, by the rounds' own ratios."""
        return ratios(self.figures["torch"], self.figures["numpynet"])

    def seconds(self, library: str) -> float:
        """The median."""
        return median(self.figures[library])


@dataclass(frozen=True)
class Summary:
    """Of some rows: how many, how many at torch's speed or above, the geometric mean of the ratios, and how many
    are below the mark of their size.
    """

    rows: int
    at_speed: int
    mean: float
    slow: int

    @classmethod
    def of(cls, rows: Iterable[Measured]) -> Summary | None:
        """None without any row that was timed."""
        found = [(row.ratio.median, SLOW[row.size]) for row in rows if row.figures]
        if not found:
            return None
        values = [ratio for ratio, _ in found]
        slow = sum(ratio < mark for ratio, mark in found)
        return cls(len(values), sum(ratio >= 1 for ratio in values), geometric_mean(values), slow)


@dataclass
class Results:
    """All rows of a run, and the facts of the machine it ran on."""

    machine: dict[str, Any]
    options: dict[str, Any]
    rows: list[Measured] = field(default_factory=list)

    def summaries(self, by: str) -> dict[str, Summary]:
        """By size or by family."""
        groups = dict.fromkeys(getattr(row, by) for row in self.rows)
        found = {group: Summary.of(row for row in self.rows if getattr(row, by) == group) for group in groups}
        return {group: summary for group, summary in found.items() if summary is not None}

    def to_dict(self) -> dict[str, Any]:
        """Everything as numbers, strings, lists and dictionaries; a row that was timed has its median ratio."""
        rows = [asdict(row) | ({"ratio": row.ratio.median} if row.figures else {}) for row in self.rows]
        summaries = {by: {group: asdict(one) for group, one in self.summaries(by).items()} for by in GROUPINGS}
        return {"machine": self.machine, "options": self.options, "summaries": summaries, "rows": rows}
