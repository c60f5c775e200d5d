"""The table of rows, the worst ratio first, and what sums it up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.operations.results import GROUPINGS, SLOW, Measured, Results
from benchmarks.report import amount, factor, facts, range_of


def aligned(cells: Iterable[Sequence[str]], left: int) -> Iterator[str]:
    """Lines of columns, of which so many are aligned at their left and the others at their right."""
    cells = list(cells)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = [
            f"{cell:{'<' if i < left else '>'}{width}}"
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  " + "  ".join(padded).rstrip()


def table(rows: Iterable[Measured]) -> Iterator[Sequence[str]]:
    """The cells of every row that was timed, the worst ratio first."""
    yield "", "size", "family", "numpynet", "formulas", "torch", "ratio", "quartiles"
    for row in sorted((row for row in rows if row.figures), key=lambda row: row.ratio.median):
        columns = ("numpynet", "formulas", "torch")
        times = [amount(row.seconds(one), "s") if one in row.figures else "" for one in columns]
        yield row.name, row.size, row.family, *times, factor(row.ratio.median), range_of(row.ratio)


def sums(results: Results) -> Iterator[Sequence[str]]:
    """The cells of every size and every family."""
    yield (
        "",
        "rows",
        "at torch's speed or above",
        "geometric mean",
        f"below {' or '.join(f'{mark} ({size})' for size, mark in SLOW.items())}",
        "of these by their formulas alone",
    )
    for by in GROUPINGS:
        for group, summary in results.summaries(by).items():
            share = f"{summary.at_speed / summary.rows:.0%}"
            yield (
                group,
                str(summary.rows),
                share,
                factor(summary.mean),
                str(summary.slow),
                str(summary.slow_in_formulas),
            )


def report(results: Results) -> str:
    """The machine, the table, the sums, and last the rows in which something is wrong."""
    lines = [
        facts(results.machine),
        "",
        *aligned(table(results.rows), 3),
        "",
        "ratio: torch's time / numpynet's; formulas: the operations' forwards and the draws alone, on plain arrays",
        *aligned(sums(results), 1),
    ]
    wrong = [row for row in results.rows if row.wrong]
    if wrong:
        lines += ["", f"{len(wrong)} not timed:", *(f"  {row.name}: {row.wrong}" for row in wrong)]
    return "\n".join(lines)
