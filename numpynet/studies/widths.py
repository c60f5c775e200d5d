"""Widths: does a wider hidden layer have a lower loss after 100 steps? Asked of many seeds, not of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from numpynet import nn
from numpynet.core.dtypes import dtype as Dtype
from numpynet.core.dtypes import float32
from numpynet.core.tensor import Tensor
from numpynet.ops.form import Array
from numpynet.studies.iris import sgd_step
from numpynet.studies.iris_classifier import Classifier, versicolor_data
from numpynet.studies.result import Result
from numpynet.studies.table import table
from numpynet.training.plotting import tidy
from numpynet.training.sweep import sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

WIDTHS = tuple(range(8, 15))
SEEDS = 32
EARLY = 100  # the epoch that the question is about
CONFIDENCE = 0.95


@dataclass
class Estimate:
    """The mean of a sample with its standard deviation and Student's 95 % confidence interval for the mean.

    With fewer than two values there is no spread to be seen: standard deviation and interval are None.
    """

    mean: float
    standard_deviation: float | None
    interval: tuple[float, float] | None

    @classmethod
    def of(cls, sample: Array) -> Estimate:
        """From the values of a sample, (n,)."""
        mean, n = float(sample.mean()), sample.size
        if n < 2:
            return cls(mean, None, None)
        from scipy.special import stdtrit  # type: ignore[import-untyped]  # comes with scikit-learn

        deviation = float(sample.std(ddof=1))
        half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * deviation / n**0.5
        return cls(mean, deviation, (mean - half, mean + half))

    def cells(self) -> list[str]:
        """Its three numbers as a table shows them; a dash for what is None."""
        if self.interval is None or self.standard_deviation is None:
            return [f"{self.mean:.4f}", "-", "-"]
        low, high = self.interval
        return [f"{self.mean:.4f}", f"{self.standard_deviation:.4f}", f"[{low:.4f}, {high:.4f}]"]


@dataclass
class WidthsResult(Result):
    """What `widths` found.

    early_losses, final_losses: (seeds, widths), the losses at epoch 100 and at the last one.

    >>> import numpy as np
    >>> from numpynet.studies import WidthsResult
    >>> result = WidthsResult([8, 9], [0], "float32", 100, np.array([[0.5, 0.25]]), np.array([[0.5, 0.25]]))
    >>> result.slopes(result.early_losses)
    array([-0.25])
    >>> result.answer().partition("?")[0]
    'Does the loss at epoch 100 fall with the width'
    """

    height: ClassVar[float] = 4.2

    widths: list[int]
    seeds: list[int]
    dtype: str
    epochs: int
    early_losses: Array
    final_losses: Array

    def slopes(self, losses: Array) -> Array:
        """For each seed, the slope of the least-squares line of its losses over the width: (seeds,)."""
        offsets = np.array(self.widths) - np.mean(self.widths)
        return losses @ offsets / (offsets @ offsets)

    def answer(self) -> str:
        """What the slopes of the losses at epoch 100 say; each seed is one independent observation."""
        slopes = self.slopes(self.early_losses)
        slope = Estimate.of(slopes)
        question = f"Does the loss at epoch {EARLY} fall with the width?"
        if slope.interval is None:
            return (
                f"{question} One seed cannot tell: its slope is {slope.mean:+.5f} per neuron, and nothing shows "
                f"how far from it another seed's would be."
            )
        low, high = slope.interval
        measured = (
            f"the mean of the per-seed slopes is {slope.mean:+.5f} per neuron, 95 % interval [{low:+.5f}, {high:+.5f}]"
        )
        if high < 0:
            verdict = f"On average it does: {measured}."
        elif low > 0:
            verdict = f"No, on average it rises: {measured}."
        else:
            verdict = f"These seeds do not show it: {measured}, which includes 0."
        spread = float(self.early_losses.std(axis=0, ddof=1).mean())
        change = slope.mean * (self.widths[-1] - self.widths[0])
        monotonic = int((np.diff(self.early_losses, axis=1) < 0).all(axis=1).sum())
        return (
            f"{question} {verdict} From {self.widths[0]} to {self.widths[-1]} neurons that is {change:+.4f}, while at "
            f"one width the losses of different seeds scatter by {spread:.4f} (standard deviation). The slope is "
            f"negative for {int((slopes < 0).sum())} of {slopes.size} seeds, and the loss falls at every widening for "
            f"{monotonic}."
        )

    def report(self) -> str:
        """A line for each width, and the answer."""
        spread = ["sd", "95 % interval"]
        rows = [
            [str(width), *Estimate.of(early).cells(), *Estimate.of(final).cells()]
            for width, early, final in zip(self.widths, self.early_losses.T, self.final_losses.T, strict=True)
        ]
        seeds = f"seed {self.seeds[0]}" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds from {self.seeds[0]}"
        return "\n".join(
            [
                f"Hidden widths on iris: losses of 4-width-1 networks, {seeds}, {self.dtype}",
                "",
                table(["width", f"epoch {EARLY}", *spread, f"epoch {self.epochs}", *spread], rows),
                "",
                fill(self.answer(), 100),
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Widths, seeds, dtype, every loss at both epochs, and the estimates made of them."""
        summary: dict[str, Any] = {}
        for name, losses in (("early", self.early_losses), ("final", self.final_losses)):
            summary[f"{name}_losses"] = losses.tolist()
            summary[f"{name}"] = [vars(Estimate.of(losses[:, column])) for column in range(len(self.widths))]
            summary[f"{name}_slope"] = vars(Estimate.of(self.slopes(losses)))
        return {
            "widths": self.widths,
            "seeds": self.seeds,
            "dtype": self.dtype,
            "early_epoch": EARLY,
            "epochs": self.epochs,
            **summary,
        }

    def draw(self, figure: Figure | SubFigure) -> None:
        """Draws every network's loss over its width, at both epochs, and the per-seed slopes."""
        figure.suptitle(f"Hidden widths on iris ({len(self.seeds)} seeds, {self.dtype})")
        early, final, slopes = figure.subplots(1, 3, width_ratios=[2, 2, 1.3])
        self._draw_losses(early, self.early_losses, f"Loss at epoch {EARLY}")
        self._draw_losses(final, self.final_losses, f"Loss at epoch {self.epochs}")
        samples = [self.slopes(self.early_losses), self.slopes(self.final_losses)]
        slopes.axhline(0, color="#4a4a4a", linewidth=0.8)
        for place, sample in enumerate(samples):
            self._draw_sample(slopes, place, sample)
        slopes.set_xticks([0, 1], [str(EARLY), str(self.epochs)])
        slopes.set_xlabel("epoch")
        slopes.set_xlim(-0.6, 1.6)
        tidy(slopes, "Slope per neuron")

    def _draw_losses(self, axes: Axes, losses: Array, title: str) -> None:
        for column, width in enumerate(self.widths):
            self._draw_sample(axes, width, losses[:, column])
        axes.plot(self.widths, losses.mean(axis=0), color="#1f4e8c", linewidth=1.2)
        axes.set_xlabel("hidden neurons")
        axes.set_ylim(0, 1.05 * losses.max())  # by the dots: an interval of few seeds can dwarf them
        tidy(axes, title)

    def _draw_sample(self, axes: Axes, place: float, sample: Array) -> None:
        """A dot for each seed, and beside them the mean with its confidence interval."""
        jitter = np.linspace(-0.18, 0.18, sample.size) if sample.size > 1 else np.zeros(1)
        axes.plot(place + jitter, sample, ".", color="#9db8d6", markersize=4, zorder=1)
        estimate = Estimate.of(sample)
        low, high = estimate.interval or (estimate.mean, estimate.mean)
        axes.errorbar(
            place,
            estimate.mean,
            [[estimate.mean - low], [high - estimate.mean]],
            fmt="o",
            color="#1f4e8c",
            markersize=5,
            capsize=3,
        )


def _losses(networks: Any, x: Tensor, y: Tensor, epochs: int) -> dict[str, Any]:
    """Trains a network, or an ensemble; returns its losses at epoch 100 and at the last one."""
    if isinstance(networks, nn.Module):
        step: Callable[[], Any] = sgd_step(networks, x, y)
    else:
        step = networks.compile(lambda network: sgd_step(network, x, y))
    for epoch in range(1, epochs + 1):
        losses = step()
        if epoch == EARLY:
            early = losses.clone()
    return {"early": early, "final": losses}


def widths(
    seeds: Sequence[int] = range(SEEDS),
    epochs: int = 1000,
    *,
    widths: Sequence[int] = WIDTHS,
    dtype: Dtype = float32,
    compile: bool = True,
    n_jobs: int | None = 1,
    progress: bool = False,
) -> WidthsResult:
    """Trains a 4-width-1 network on iris by SGD for every width and every seed, and compares their losses.

    The networks of one width are trained as one (`numpynet.sweep`).

    seeds: the first weights of each network are those of torch after ``manual_seed(seed)``; the global generator
        is left alone.
    epochs: steps on all 150 flowers, at least 100, the learning rate 0.1.
    widths: at least two.
    compile: False trains every network by itself, which takes 40 times as long. Products are then added up in another
        order, so that losses may differ in their last digits, by as much as another processor would make them.
    n_jobs: on how many processes; None for one on each core.
    ValueError for fewer epochs, widths or no seed; ModuleNotFoundError when scikit-learn is missing.

    >>> from numpynet.studies import widths
    >>> result = widths(seeds=[0], epochs=100, widths=[8, 9])
    >>> result.early_losses.shape
    (1, 2)
    """
    if epochs < EARLY:
        raise ValueError(f"epochs must be at least {EARLY}, the epoch that is looked at, but got {epochs}")
    if len(widths) < 2 or not seeds:
        raise ValueError(f"a comparison needs two widths and a seed, but got {list(widths)} and {list(seeds)}")
    x, y = versicolor_data(dtype)
    rows = sweep(
        lambda width: Classifier(4, width, 1, dtype=dtype),
        lambda networks, width: _losses(networks, x, y, epochs),
        {"width": widths},
        seeds,
        ensemble=compile,
        n_jobs=n_jobs,
        progress=progress,
    )
    for row in rows:
        if "error" in row:
            raise RuntimeError(f"width {row['width']}, seed {row['seed']}: {row['error']}")
    early, final = (
        np.array([row[moment] for row in rows]).reshape(len(widths), len(seeds)).T for moment in ("early", "final")
    )
    name = str(dtype).rpartition(".")[2]
    return WidthsResult(list(widths), list(seeds), name, epochs, early, final)
