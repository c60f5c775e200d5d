"""What every study returns."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from numpynet.training.plotting import new_figure, save_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure, SubFigure

WIDTH = 9.0  # of every figure, in inches


class Result:
    """The outcome of a study: numbers as attributes, and three ways to look at them.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from numpynet.studies import regression
    >>> result = regression(epochs=1)
    >>> result.report().splitlines()[0]
    'Linear regression from scratch: w = [2.0, -3.4], b = 4.2, seed 0, float32'
    >>> result.to_dict()["seed"]
    0
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     figure = result.plot(Path(folder) / "regression.png")
    >>> len(figure.subfigs)
    1
    """

    height: ClassVar[float]  # of its figure, in inches

    def report(self) -> str:
        """The outcome in words and tables, several lines."""
        raise NotImplementedError(f"{type(self).__name__} has no report")

    def to_dict(self) -> dict[str, Any]:
        """All numbers, ready for ``json.dump``."""
        raise NotImplementedError(f"{type(self).__name__} has no to_dict")

    def draw(self, figure: Figure | SubFigure) -> None:
        """Draws the outcome into an empty figure.

        >>> from matplotlib.figure import Figure
        >>> from numpynet.studies import regression
        >>> figure = Figure()
        >>> regression(epochs=1).draw(figure)
        >>> len(figure.axes)
        2
        """
        raise NotImplementedError(f"{type(self).__name__} has no draw")

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draws the outcome, and saves it when given a path (PNG, SVG, PDF, ... by its ending).

        Without a path the figure is one of pyplot's. ModuleNotFoundError when Matplotlib is missing.
        """
        return plot_all([self], path)


def plot_all(results: Sequence[Result], path: str | os.PathLike[str] | None = None) -> Figure:
    """Draws several outcomes below each other in one figure; otherwise as `Result.plot`."""
    heights = [result.height for result in results]
    figure = new_figure(WIDTH, sum(heights), interactive=path is None)
    parts = figure.subfigures(len(results), 1, height_ratios=heights, squeeze=False, hspace=0.05)
    for result, part in zip(results, parts[:, 0], strict=True):
        result.draw(part)
    if path is not None:
        save_figure(figure, path)
    return figure
