"""What was measured, in a form that is printed, drawn, stored and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.timing import Spread, ratios

BASELINES = ("torch eager", "torch", "numpynet eager", "numpynet")


@dataclass
class Comparison:
    """One workload under several competitors.

    workload, title: its name and what it is. threads: held for every competitor; None where they play no part.
    unit: "s" or "MiB".
    figures: for each competitor one number per round, in the unit.
    missing: for each competitor that was not measured the reason. failed: those of the missing that broke down or
        computed something else than the others.
    pools: the libraries' thread pools, as threadpoolctl tells them.
    """

    workload: str
    title: str
    threads: int | None = None
    unit: str = "s"
    figures: dict[str, list[float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    pools: list[dict[str, Any]] = field(default_factory=list)

    def add_round(self, figures: Mapping[str, float]) -> None:
        """Appends each competitor's number."""
        for name, figure in figures.items():
            self.figures.setdefault(name, []).append(figure)

    def leave_out(self, name: str, reason: str) -> None:
        """Forgets what was measured of a competitor, which then is missing."""
        self.figures.pop(name, None)
        self.missing[name] = reason

    @property
    def baseline(self) -> str | None:
        """What the others are compared with: torch in eager mode, without it numpynet; None when neither ran."""
        return next((name for name in BASELINES if name in self.figures), None)

    def ratio(self, name: str) -> Spread | None:
        """How many times less the competitor needs than the baseline, by the rounds' own ratios."""
        if self.baseline is None:
            return None
        return ratios(self.figures[self.baseline], self.figures[name])


@dataclass
class Run:
    """All comparisons of one run, and the facts of the machine it ran on."""

    machine: dict[str, Any]
    options: dict[str, Any]
    comparisons: list[Comparison] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as numbers, strings, lists and dictionaries."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Run:
        """The run that `to_dict` was asked of. KeyError or TypeError when it was no run."""
        comparisons = [Comparison(**comparison) for comparison in stored["comparisons"]]
        return cls(stored["machine"], stored["options"], comparisons)

    def find(self, workload: str, threads: int | None) -> Comparison | None:
        """The comparison of this workload on so many threads."""
        found = (one for one in self.comparisons if (one.workload, one.threads) == (workload, threads))
        return next(found, None)
