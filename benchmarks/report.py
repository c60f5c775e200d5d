"""The table of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.history import Change
from benchmarks.results import Comparison, Run
from benchmarks.timing import Spread

SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def amount(value: float, unit: str) -> str:
    """A number with three digits and its unit; seconds in s, ms or µs."""
    if unit == "s":
        scale, unit = next((pair for pair in SCALES if value >= pair[0]), SCALES[-1])
        value /= scale
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def factor(value: float) -> str:
    """A ratio with two or three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def range_of(spread: Spread) -> str:
    """The quartiles."""
    return f"{factor(spread.low)} to {factor(spread.high)}"


def on_threads(count: int | None) -> str:
    """As it follows a title; nothing where threads play no part."""
    return "" if count is None else f", {count} thread{'s' * (count > 1)}"


def facts(machine: dict[str, Any]) -> str:
    """The machine and its software in two lines."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    return (
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load']}; {machine['system']}; "
        f"commit {machine['commit']}; {machine['time']}\nPython {machine['python']}, {versions}"
    )


def blas(run: Run) -> str:
    """The BLAS of NumPy, and of SciPy where it was loaded; empty when unknown."""
    pools = (pool for comparison in run.comparisons for pool in comparison.pools if pool["user_api"] == "blas")
    names = {f"{pool['internal_api']} {pool['version']} ({pool.get('architecture')})" for pool in pools}
    return f"\nBLAS: {', '.join(sorted(names))}" if names else ""


def rows(comparison: Comparison, changes: dict[str, Change]) -> Iterator[tuple[str, str, str, str, str]]:
    """Competitor, median, ratio, quartiles, and what changed; the fastest first, the missing last."""
    medians = {name: Spread.of(figures).median for name, figures in comparison.figures.items()}
    for name in sorted(medians, key=medians.__getitem__):
        ratio = comparison.ratio(name)
        shown = ("", "") if ratio is None else (factor(ratio.median), range_of(ratio))
        change = str(changes[name]) if name in changes else ""
        yield name, amount(medians[name], comparison.unit), *shown, change
    for name, reason in comparison.missing.items():
        yield name, "-", "-", reason, ""


def section(comparison: Comparison, changes: dict[str, Change]) -> str:
    """One comparison as a table under its title."""
    lines = [f"{comparison.workload}: {comparison.title}{on_threads(comparison.threads)}"]
    rounds = max(map(len, comparison.figures.values()), default=0)
    what = "less" if comparison.unit == "MiB" else "times faster"
    head = ("", "median", f"{what} than {comparison.baseline}", f"quartiles of {rounds} round{'s' * (rounds != 1)}", "")
    table = [head, *rows(comparison, changes)]
    widths = [max(len(row[column]) for row in table if row[1] != "-" or column < 2) for column in range(3)]
    for name, median, ratio, rest, change in table:
        line = f"  {name:{widths[0]}}  {median:>{widths[1]}}  {ratio:>{widths[2]}}   {rest}   {change}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def report(run: Run, changes: dict[tuple[str, int | None], dict[str, Change]]) -> str:
    """The machine, and a table for each comparison. changes: by workload and threads, and by competitor."""
    sections = [section(one, changes.get((one.workload, one.threads), {})) for one in run.comparisons]
    return "\n\n".join([facts(run.machine) + blas(run), *sections])
