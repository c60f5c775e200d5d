"""Figures of training runs, drawn with Matplotlib, which is imported when the first one is made."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from numpynet.serialization.atomic_file import atomic_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from numpynet.training.history import History

BATCH, TRAIN, VALIDATION, RATE, NORM = "#9db8d6", "#1f4e8c", "#d95f02", "#4a4a4a", "#7a5195"


def new_figure(width: float, height: float, *, interactive: bool = False) -> Figure:
    """An empty figure of that size in inches; one of pyplot's when `interactive`.

    ModuleNotFoundError when Matplotlib is missing.
    """
    _require_matplotlib()
    from matplotlib.figure import Figure

    size: dict[str, Any] = {"figsize": (width, height), "layout": "constrained"}
    if interactive:
        from matplotlib import pyplot

        return pyplot.figure(**size)
    return Figure(**size)


def figure_format(path: str | os.PathLike[str]) -> str:
    """The format that the path's ending names; "png" where it has none.

    ValueError for an ending that Matplotlib does not know; ModuleNotFoundError when Matplotlib is missing.
    """
    _require_matplotlib()
    from matplotlib.backend_bases import FigureCanvasBase

    kind = os.path.splitext(path)[1].removeprefix(".").lower() or "png"
    known = FigureCanvasBase.get_supported_filetypes()
    if kind not in known:
        raise ValueError(f"{os.fspath(path)}: figures are saved as {', '.join(sorted(known))}, but not as {kind}")
    return kind


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Saves a figure, whole or not at all, in its `figure_format`. OSError when the file cannot be written."""
    kind = figure_format(path)
    with atomic_file(path, "wb") as file:
        figure.savefig(file, format=kind, dpi=150)


def _require_matplotlib() -> None:
    if find_spec("matplotlib") is None:
        raise ModuleNotFoundError(
            "plots need Matplotlib, which is not installed: pip install matplotlib, or numpynet-backprop[studies] with "
            "all that the studies need",
            name="matplotlib",
        )


def tidy(axes: Axes, title: str) -> None:
    """The house style of a panel: a title at the left, no box, a faint grid."""
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)


def log_scale_if_positive(axes: Axes, *series: list[float]) -> None:
    """A logarithmic axis for values that span decades, where all of them have a logarithm."""
    values = [value for one in series for value in one]
    if values and min(values) > 0 and max(values) > 10 * min(values):
        axes.set_yscale("log")


def draw_history(figure: Figure | SubFigure, history: History) -> None:
    """Draws a history's losses, learning rate and gradient norms below each other."""
    steps = range(1, len(history.losses) + 1)
    norms = history.gradient_norms
    heights = [3, 1, 1] if norms else [3, 1]
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    loss, rate = panels[:2]

    dense = len(history.losses) > 1.5 * len(history.epoch_ends)  # else every epoch is a step: one curve says it all
    marker = "o" if len(history.epoch_ends) <= 40 else None
    style: dict[str, Any] = {"marker": marker, "markersize": 4, "linewidth": 1.4}
    if dense:  # a mean over an epoch is drawn as long as the epoch
        loss.plot(steps, history.losses, color=BATCH, linewidth=0.8, label="batch")
        edges = [0, *history.epoch_ends]
        loss.stairs(history.train_losses, edges, baseline=None, color=TRAIN, linewidth=1.4, label="train, epoch mean")
    else:
        loss.plot(history.epoch_ends, history.train_losses, color=TRAIN, label="train", **style)
    if history.validation_losses:
        loss.plot(history.epoch_ends, history.validation_losses, color=VALIDATION, label="validation", **style)
    log_scale_if_positive(loss, history.losses, history.train_losses, history.validation_losses)
    tidy(loss, "Loss")
    if history.losses:
        loss.legend(frameon=False, fontsize=9)

    rate.plot(steps, history.learning_rates, color=RATE, linewidth=1.2)
    tidy(rate, "Learning rate")
    if norms:
        panels[2].plot(steps, norms, color=NORM, linewidth=0.8)
        log_scale_if_positive(panels[2], norms)
        tidy(panels[2], "Gradient norm before clipping")
    panels[-1].set_xlabel("step")
    panels[-1].margins(x=0.01)
