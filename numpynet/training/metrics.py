"""Metrics: how good predictions are, in numbers that people read. Any function of outputs and targets is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpynet.core.tensor import Tensor

Metric = Callable[[Any, Any], Any]
Metrics = Mapping[str, Metric] | Iterable[Metric]


def accuracy(outputs: Tensor, targets: Tensor) -> float:
    """The part of the samples whose class is right.

    outputs: (N, C), a score for each class, with targets (N,), their numbers; or (N,) or (N, 1), the logits of one
        class against the other, positive for 1, with targets 0 and 1 of the same shape.

    ValueError for other shapes, and without samples.

    >>> import numpynet
    >>> from numpynet.training import accuracy
    >>> accuracy(numpynet.tensor([[2.0, 1.0], [0.0, 3.0]]), numpynet.tensor([0, 0]))
    0.5
    >>> accuracy(numpynet.tensor([2.0, -1.0]), numpynet.tensor([1.0, 0.0]))
    1.0
    """
    scores, wanted = outputs._array, targets._array
    if scores.shape == wanted.shape and (scores.ndim == 1 or (scores.ndim == 2 and scores.shape[1] == 1)):
        right = (scores > 0) == (wanted > 0.5)
    elif scores.ndim == 2 and wanted.shape == scores.shape[:1]:
        right = scores.argmax(axis=1) == wanted
    else:
        raise ValueError(
            f"accuracy: outputs (N, C) go with targets (N,), and outputs (N,) or (N, 1) with targets of that shape, "
            f"but got {tuple(scores.shape)} and {tuple(wanted.shape)}"
        )
    if not right.size:
        raise ValueError("accuracy: there are no samples")
    return float(right.mean())


def named(metrics: Metrics | None) -> dict[str, Metric]:
    """The metrics by their names, which for a list of functions are theirs.

    ValueError for two of one name, and for names that columns of a history have.
    """
    if metrics is None:
        return {}
    pairs = list(metrics.items()) if isinstance(metrics, Mapping) else [(_name(one), one) for one in metrics]
    taken = {"epoch", "step", "loss", "train_loss", "validation_loss", "learning_rate"}
    for name, _ in pairs:
        if name in taken:
            raise ValueError(f"metrics: {name!r} is taken: give each its own name, as in metrics={{'f1': f1}}")
        taken.add(name)
    return dict(pairs)


def _name(metric: Metric) -> str:
    return getattr(metric, "__name__", type(metric).__name__)
