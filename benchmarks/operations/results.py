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
    """A row: figures are seconds a call, one for each round, of "numpynet", of "torch", and where only operations are
    timed of their "formulas" alone; none where `wrong` says what is wrong.
    """

    name: str
    family: str
    size: str
    figures: dict[str, list[float]]
    wrong: str

    @property
    def ratio(self) -> Spread:
        """torch's time / numpynet's, by the rounds' own ratios."""
        return ratios(self.figures["torch"], self.figures["numpynet"])

    def seconds(self, contender: str) -> float:
        """The median."""
        return median(self.figures[contender])

    @property
    def is_slow(self) -> bool:
        """Whether the ratio is below the mark of its size."""
        return self.ratio.median < SLOW[self.size]

    @property
    def is_slow_in_its_formulas(self) -> bool:
        """Whether it would be, too, if nothing but the formulas took time."""
        formulas = self.figures.get("formulas")
        return (
            self.is_slow and formulas is not None and ratios(self.figures["torch"], formulas).median < SLOW[self.size]
        )


@dataclass(frozen=True)
class Summary:
    """Of some rows: how many, how many at torch's speed or above, the geometric mean of the ratios, how many are below
    the mark of their size, and how many of these would be if nothing but the formulas took time.
    """

    rows: int
    at_speed: int
    mean: float
    slow: int
    slow_in_formulas: int

    @classmethod
    def of(cls, rows: Iterable[Measured]) -> Summary | None:
        """None without any row that was timed."""
        timed = [row for row in rows if row.figures]
        if not timed:
            return None
        values = [row.ratio.median for row in timed]
        slow, in_formulas = sum(row.is_slow for row in timed), sum(row.is_slow_in_its_formulas for row in timed)
        return cls(len(values), sum(ratio >= 1 for ratio in values), geometric_mean(values), slow, in_formulas)


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
