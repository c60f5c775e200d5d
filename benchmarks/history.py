"""Results over time: runs kept as lines of JSON, and one run held against another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import Comparison, Run
from benchmarks.timing import Spread
from numpynet.serialization.json_file import json_text


def append(run: Run, file: Path) -> None:
    """Adds the run to the file as one line, written in one go."""
    with file.open("a", encoding="utf-8") as history:
        history.write(json_text(run.to_dict()))


def latest(file: Path) -> Run:
    """The last run of a history, or the only one of a file written by --json.

    ValueError when the file holds none.
    """
    text = file.read_text(encoding="utf-8").strip()
    try:
        stored = json.loads(text if text.startswith("{\n") else text.splitlines()[-1])
        return Run.from_dict(stored)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"{file} holds no results of python -m benchmarks") from error


@dataclass(frozen=True)
class Change:
    """A competitor's ratio to the baseline, in an earlier run and now."""

    before: Spread
    now: Spread

    @property
    def is_beyond_quartiles(self) -> bool:
        """Whether the ranges between the quartiles lie apart, so that the rounds' scatter does not explain it."""
        return not self.before.overlaps(self.now)

    def __str__(self) -> str:
        if not self.is_beyond_quartiles:
            return f"as before ({self.before.median:.2f})"
        word = "FASTER" if self.now.median > self.before.median else "SLOWER"
        return f"{word} than before: {self.before.median:.2f} ({self.before.low:.2f} to {self.before.high:.2f})"


def changes(now: Comparison, before: Comparison) -> dict[str, Change]:
    """By competitor, for all that both comparisons have; none when they have different baselines."""
    if now.baseline is None or now.baseline != before.baseline:
        return {}
    found = {}
    for name in now.figures:
        if name in before.figures and name != now.baseline:
            old, new = before.ratio(name), now.ratio(name)
            if old is not None and new is not None:
                found[name] = Change(old, new)
    return found


def against(now: Run, before: Run) -> dict[tuple[str, int | None], dict[str, Change]]:
    """The changes of every comparison that both runs have, by workload and threads."""
    return {
        (one.workload, one.threads): changes(one, earlier)
        for one in now.comparisons
        if (earlier := before.find(one.workload, one.threads)) is not None
    }
