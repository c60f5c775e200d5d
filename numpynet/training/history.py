"""History: what a training run recorded, step by step and epoch by epoch."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from html import escape
from itertools import zip_longest
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from numpynet.creation import from_numpy
from numpynet.serialization.atomic_file import atomic_file
from numpynet.serialization.json_file import write_json
from numpynet.training.plotting import draw_history, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Columns = dict[str, list[Any]]
POINTS = 150  # of the curve that a notebook shows
LAST_EPOCHS = 10  # which it lists
_COLUMNS = ("losses", "learning_rates", "gradient_norms", "train_losses", "validation_losses")


class History:
    """The records of one run, as columns: Python lists that grow by one entry a step, or an epoch.

    A step stands here once its update has happened, an epoch once it has been trained and validated to its end;
    a run that was stopped therefore has steps of an epoch that has no record of its own.

    losses, learning_rates: per step, the loss before the update and the learning rate of the update (of the
        optimizer's first parameter group).
    gradient_norms: per step, the global norm of the gradients before clipping; empty without clipping.
    train_losses, validation_losses: per epoch, the mean of the batches' losses; each batch counts alike. The
        second is empty without validation data.
    metrics: per epoch, what each metric gave for the validation data, by its name.
    epoch_ends: per epoch, the number of steps taken by its end, over the whole run.
    interrupted: whether Ctrl-C (KeyboardInterrupt) ended the run.

    >>> from numpynet.training import History
    >>> history = History()
    >>> for loss in [3.0, 2.0, 1.5, 0.5]:
    ...     history.record_step(loss, learning_rate=0.1)
    ...     if len(history.losses) % 2 == 0:
    ...         history.record_epoch(train_loss=sum(history.losses[-2:]) / 2)
    >>> history
    History(2 epochs, 4 steps, train_loss=1, learning_rate=0.1)
    >>> history.epochs
    {'epoch': [1, 2], 'step': [2, 4], 'train_loss': [2.5, 1.0], 'learning_rate': [0.1, 0.1]}
    """

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.learning_rates: list[float] = []
        self.gradient_norms: list[float] = []
        self.train_losses: list[float] = []
        self.validation_losses: list[float] = []
        self.metrics: dict[str, list[float]] = {}
        self.epoch_ends: list[int] = []
        self.interrupted = False

    def record_step(self, loss: float, learning_rate: float, gradient_norm: float | None = None) -> None:
        """Adds a step.

        >>> from numpynet.training import History
        >>> history = History()
        >>> history.record_step(2.5, learning_rate=0.1)
        >>> history.losses, history.learning_rates
        ([2.5], [0.1])
        """
        self.losses.append(loss)
        self.learning_rates.append(learning_rate)
        if gradient_norm is not None:
            self.gradient_norms.append(gradient_norm)

    def record_epoch(
        self, train_loss: float, validation_loss: float | None = None, metrics: Mapping[str, float] | None = None
    ) -> None:
        """Adds an epoch that ended with the last step added.

        >>> from numpynet.training import History
        >>> history = History()
        >>> history.record_step(2.5, learning_rate=0.1)
        >>> history.record_epoch(train_loss=2.5, validation_loss=2.0)
        >>> history.epoch_ends, history.validation_losses
        ([1], [2.0])
        """
        self.train_losses.append(train_loss)
        if validation_loss is not None:
            self.validation_losses.append(validation_loss)
        for name, value in (metrics or {}).items():
            self.metrics.setdefault(name, []).append(value)
        self.epoch_ends.append(len(self.losses))

    @property
    def steps(self) -> Columns:
        """The table of steps: step (from 1), epoch (from 1), loss, learning_rate and, if clipped, gradient_norm.

        A dictionary of columns of one length, as ``pandas.DataFrame`` takes it.
        """
        epochs: list[int] = []
        for epoch, end in enumerate([*self.epoch_ends, len(self.losses)], 1):
            epochs += [epoch] * (end - len(epochs))
        table: Columns = {
            "step": list(range(1, len(self.losses) + 1)),
            "epoch": epochs,
            "loss": list(self.losses),
            "learning_rate": list(self.learning_rates),
        }
        if self.gradient_norms:
            table["gradient_norm"] = list(self.gradient_norms)
        return table

    @property
    def epochs(self) -> Columns:
        """The table of epochs: epoch (from 1), step (its last), train_loss, validation_loss, metrics, learning_rate.

        The learning rate is that of the last step. validation_loss and metrics are there when there was validation
        data.
        """
        table: Columns = {
            "epoch": list(range(1, len(self.epoch_ends) + 1)),
            "step": list(self.epoch_ends),
            "train_loss": list(self.train_losses),
        }
        if self.validation_losses:
            table["validation_loss"] = list(self.validation_losses)
        table |= {name: list(values) for name, values in self.metrics.items()}
        table["learning_rate"] = [self.learning_rates[end - 1] for end in self.epoch_ends]
        return table

    @property
    def best_epoch(self) -> int | None:
        """The epoch (from 1) with the lowest validation loss, or without validation data the lowest train loss.

        The first of several; None before the end of the first epoch.

        >>> history = History()
        >>> for loss in [3.0, 1.0, 2.0]:
        ...     history.record_step(loss, learning_rate=0.1)
        ...     history.record_epoch(train_loss=loss)
        >>> history.best_epoch
        2
        """
        losses = self.validation_losses or self.train_losses
        numbers = np.array(losses)
        return int(np.where(np.isnan(numbers), np.inf, numbers).argmin()) + 1 if losses else None

    def state_dict(self) -> dict[str, Any]:
        """All records, as tensors that `numpynet.save` writes.

        >>> from numpynet.training import History
        >>> history = History()
        >>> history.record_step(2.5, learning_rate=0.1)
        >>> history.state_dict()["losses"]
        tensor([2.5000], dtype=torch.float64)
        """
        columns: dict[str, Any] = {name: from_numpy(np.array(getattr(self, name), np.float64)) for name in _COLUMNS}
        columns["epoch_ends"] = list(self.epoch_ends)
        columns["metrics"] = {name: from_numpy(np.array(values, np.float64)) for name, values in self.metrics.items()}
        return columns

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over all records.

        >>> from numpynet.training import History
        >>> history = History()
        >>> history.record_step(2.5, learning_rate=0.1)
        >>> other = History()
        >>> other.load_state_dict(history.state_dict())
        >>> other.losses
        [2.5]
        """
        columns = {name: state_dict[name].tolist() for name in _COLUMNS}
        metrics = {name: values.tolist() for name, values in state_dict["metrics"].items()}
        vars(self).update(columns, epoch_ends=list(state_dict["epoch_ends"]), metrics=metrics)

    def to_json(self, path: str | os.PathLike[str], indent: int | None = None) -> None:
        """Writes `to_dict` as JSON, which knows no NaN and infinities: they are "nan", "inf" and "-inf" there.

        The file appears whole or not at all. OSError when it cannot be written.

        >>> import json, tempfile
        >>> from pathlib import Path
        >>> from numpynet.training import History
        >>> history = History()
        >>> history.record_step(float("nan"), learning_rate=0.1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     history.to_json(Path(folder) / "run.json")
        ...     print(json.loads((Path(folder) / "run.json").read_text())["steps"]["loss"])
        ['nan']
        """
        write_json(self.to_dict(), path, indent)

    def to_dict(self) -> dict[str, Any]:
        """``{"steps": ..., "epochs": ..., "interrupted": ...}`` with the two tables; `to_json` writes it.

        >>> from numpynet.training import History
        >>> history = History()
        >>> history.record_step(2.5, learning_rate=0.1)
        >>> history.to_dict()["steps"]
        {'step': [1], 'epoch': [1], 'loss': [2.5], 'learning_rate': [0.1]}
        """
        return {"steps": self.steps, "epochs": self.epochs, "interrupted": self.interrupted}

    def to_csv(self, path: str | os.PathLike[str], per: Literal["step", "epoch"] = "step") -> None:
        """Writes one of the two tables, with a line of headings, as comma-separated values.

        Numbers are written so that they read back to the same bits. The file appears whole or not at all.
        ValueError unless `per` is "step" or "epoch"; OSError when the file cannot be written.

        >>> import tempfile
        >>> from pathlib import Path
        >>> from numpynet.training import History
        >>> history = History()
        >>> history.record_step(2.5, learning_rate=0.1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     history.to_csv(Path(folder) / "steps.csv")
        ...     print((Path(folder) / "steps.csv").read_text())
        step,epoch,loss,learning_rate
        1,1,2.5,0.1
        """
        if per not in ("step", "epoch"):
            raise ValueError(f'per must be "step" or "epoch", but got {per!r}')
        table = self.steps if per == "step" else self.epochs
        with atomic_file(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table)
            writer.writerows(zip_longest(*table.values()))

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draws the losses, the learning rate and, if clipped, the gradient norms over the steps.

        path: where to save it (PNG, SVG, PDF, ... by its ending), whole or not at all. Without it the figure is
        one of pyplot's, which a notebook shows and ``matplotlib.pyplot.show()`` opens. Returns the figure.
        ModuleNotFoundError when Matplotlib is missing.

        >>> import tempfile
        >>> from pathlib import Path
        >>> from numpynet.training import History
        >>> history = History()
        >>> history.record_step(2.5, learning_rate=0.1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     figure = history.plot(Path(folder) / "losses.png")
        >>> len(figure.axes)
        2
        """
        panels = 3 if self.gradient_norms else 2
        figure = new_figure(width=8, height=2 + 1.6 * panels, interactive=path is None)
        draw_history(figure, self)
        if path is not None:
            save_figure(figure, path)
        return figure

    def _repr_html_(self) -> str:
        """What a notebook shows: the losses as a curve, and the last epochs as a table."""
        table = self.epochs
        head = "".join(f"<th>{escape(name)}</th>" for name in table)
        rows = list(zip_longest(*table.values()))[-LAST_EPOCHS:]
        body = "".join(f"<tr>{''.join(f'<td>{_shown(one)}</td>' for one in row)}</tr>" for row in rows)
        left_out = len(self.epoch_ends) - len(rows)
        before = f"<caption>the last {len(rows)} of {len(self.epoch_ends)} epochs</caption>" if left_out else ""
        return (
            f"<p>{escape(repr(self))}</p>{_curve(self.losses)}"
            f"<table>{before}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def __repr__(self) -> str:
        parts = [_counted(len(self.epoch_ends), "epoch"), _counted(len(self.losses), "step")]
        if self.train_losses:
            parts.append(f"train_loss={self.train_losses[-1]:.4g}")
        if self.validation_losses:
            parts.append(f"validation_loss={self.validation_losses[-1]:.4g}")
        if self.learning_rates:
            parts.append(f"learning_rate={self.learning_rates[-1]:.4g}")
        if self.interrupted:
            parts.append("interrupted")
        return f"History({', '.join(parts)})"


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:.6g}"


def _curve(losses: list[float]) -> str:
    """The losses over the steps, as a drawing: the means of as many parts as there are points."""
    parts = [losses[len(losses) * i // POINTS : len(losses) * (i + 1) // POINTS] for i in range(POINTS)]
    means = [sum(part) / len(part) for part in parts if part]
    finite = [mean for mean in means if isfinite(mean)]
    if len(finite) < 2:
        return ""
    low, high = min(finite), max(finite)
    step = 300 / (len(means) - 1)
    points = " ".join(
        f"{i * step:.1f},{78 - 76 * (mean - low) / ((high - low) or 1):.1f}"
        for i, mean in enumerate(means)
        if isfinite(mean)
    )
    return (
        f'<svg viewBox="-2 0 304 80" width="304" height="80" role="img" '
        f'aria-label="the loss over {len(losses)} steps, from {means[0]:.4g} to {means[-1]:.4g}">'
        f'<polyline points="{points}" fill="none" stroke="currentColor"/></svg>'
    )


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
