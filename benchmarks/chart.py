"""The chart of a run: for every workload, how many times faster than torch in eager mode each competitor is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import factor, on_threads
from benchmarks.results import Comparison, Run
from benchmarks.timing import Spread
from numpynet.training.plotting import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "numpynet eager": "#5d87c0",
    "numpynet": "#1f4e8c",
    "NumPy": "#b4c6de",
    "bare": "#dde5ef",
    "torch": "#e08a3c",
    "JAX": "#5aa17f",
}
OTHERS = "#b5a8c4"
INK, FAINT = "#1a1a1a", "#8c8c8c"
LABELS, PANEL = 1.7, 4.4  # inches: the names at the left, and one panel
BAR, TITLE = 0.2, 0.46  # inches: a bar with the gap above it, a panel's title
ENDS = 0.9  # inches: the title above and the axis below


def colour(name: str) -> str:
    """One for each library; where two fit, the first."""
    return next((own for start, own in COLOURS.items() if name.startswith(start)), OTHERS)


def ratios_of(comparison: Comparison) -> dict[str, Spread]:
    """By competitor, the largest first, without the baseline's own."""
    found = {name: comparison.ratio(name) for name in comparison.figures if name != comparison.baseline}
    known = {name: spread for name, spread in found.items() if spread is not None}
    return dict(sorted(known.items(), key=lambda pair: -pair[1].median))


def grid_of(run: Run) -> list[list[Comparison]]:
    """The comparisons of times that have ratios: a row for each workload, in it a panel for each thread count."""
    rows: dict[str, list[Comparison]] = {}
    for comparison in run.comparisons:
        if comparison.unit == "s" and ratios_of(comparison):
            rows.setdefault(comparison.workload, []).append(comparison)
    return list(rows.values())


def names_of(row: list[Comparison]) -> list[str]:
    """All competitors of a workload, in the order of its first panel; those that were not measured come last."""
    measured = dict.fromkeys(name for comparison in row for name in ratios_of(comparison))
    return [*measured, *(name for name in row[0].missing if name not in measured)]


def draw_panel(axes: Axes, comparison: Comparison, names: list[str]) -> None:
    """Bars from 1 to each ratio, and a line from quartile to quartile."""
    spreads = ratios_of(comparison)
    axes.axvline(1, color=INK, linewidth=0.9, zorder=1)
    for place, name in enumerate(names):
        weight = "bold" if name.startswith("numpynet") else "normal"
        if name not in spreads:
            axes.annotate(
                "not measured", (1, place), (4, 0), textcoords="offset points", va="center", fontsize=7, color=FAINT
            )
            continue
        spread = spreads[name]
        axes.barh(place, spread.median - 1, left=1, height=0.76, color=colour(name), zorder=2)
        axes.plot([spread.low, spread.high], [place, place], color=INK, linewidth=1, zorder=3)
        beyond, side = (spread.low, "right") if spread.median < 1 else (spread.high, "left")
        shift = (-4 if side == "right" else 4, 0)
        axes.annotate(
            factor(spread.median),
            (beyond, place),
            shift,
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=7.5,
            weight=weight,
        )
    title = f"{comparison.workload}: {comparison.title}{on_threads(comparison.threads)}"
    axes.set_title(title, loc="left", fontsize=8.5, weight="bold", color=INK)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text().startswith("numpynet") else "normal")


def draw_scale(axes: Axes, low: float, high: float) -> None:
    """A logarithmic scale with a faint grid, and no frame."""
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [tick for tick in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}×" for tick in ticks], fontsize=7.5, color=FAINT)
    axes.set_xticks([], minor=True)
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.7, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def draw(run: Run, file: Path) -> None:
    """Writes the chart; memory and sizes have none. ValueError when no ratios of times were measured."""
    from matplotlib.figure import Figure

    grid = grid_of(run)
    if not grid:
        raise ValueError("nothing can be drawn: no ratios of times were measured")
    columns, names = max(map(len, grid)), [names_of(row) for row in grid]
    heights = [len(each) * BAR + TITLE for each in names]
    figure = Figure((LABELS + columns * PANEL, sum(heights) + ENDS))
    figure.set_layout_engine("constrained", w_pad=0.12)
    panels = figure.subplots(len(grid), columns, squeeze=False, height_ratios=heights)
    spreads = [spread for row in grid for comparison in row for spread in ratios_of(comparison).values()]
    low = min(1.0, *(spread.low for spread in spreads)) / 2
    high = max(1.0, *(spread.high for spread in spreads)) * 2
    for row, row_names, row_panels in zip(grid, names, panels, strict=True):
        for number, axes in enumerate(row_panels):
            if number >= len(row):
                axes.set_axis_off()
                continue
            draw_panel(axes, row[number], row_names)
            draw_scale(axes, low, high)
            if number:
                axes.set_yticklabels([])
    baseline = grid[0][0].baseline
    facts = run.machine
    figure.suptitle(f"Times faster than {baseline}", x=0.01, ha="left", fontsize=13, weight="bold", color=INK)
    figure.supxlabel(
        f"medians and quartiles of the rounds' own ratios; {facts['processor']}, {facts['cores']} cores\n"
        f"Python {facts['python']}, NumPy {facts['versions'].get('numpy')}, torch {facts['versions'].get('torch')}, "
        f"commit {facts['commit']}",
        fontsize=7,
        color=FAINT,
    )
    save_figure(figure, file)
