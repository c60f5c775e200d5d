"""Evaluation: what a model gives for data that it does not learn from, without gradients and in `eval` mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from numpynet.autograd import no_grad
from numpynet.core.tensor import Tensor
from numpynet.nn import Module
from numpynet.ops import cat
from numpynet.training.batches import Batches, parts_of
from numpynet.training.metrics import Metric
from numpynet.training.step import Criterion, Predict, compiled, mean_loss


class Evaluation:
    """The mean loss of batches, and metrics of all their outputs and targets at once.

    predict: gives the outputs for the inputs of a batch. criterion: gives the loss for outputs and targets, or None
    for no loss. compile: as in `Step`.
    """

    def __init__(
        self, predict: Predict, criterion: Criterion | None, metrics: Mapping[str, Metric], compile: bool | None
    ) -> None:
        keeps = bool(metrics)

        def evaluate(inputs: Any, targets: Any, *weights: Any) -> Any:
            outputs = predict(inputs)
            loss = None if criterion is None else mean_loss(criterion, outputs, targets, *weights)
            return loss, outputs if keeps else None

        self._evaluate: Callable[..., Any] = compiled(evaluate, compile)
        self._criterion, self._metrics = criterion, metrics

    @no_grad()
    def __call__(self, batches: Batches) -> dict[str, float]:
        """``{"loss": ..., each metric}``; each batch counts alike in the loss. Empty when there is no batch."""
        total, count = 0.0, 0
        outputs, targets = [], []
        for batch in batches:
            parts = parts_of(batch)
            loss, output = self._evaluate(*parts)
            if loss is not None:
                total += loss.item()
            count += 1
            if self._metrics:
                outputs.append(output)
                targets.append(parts[1])
        if not count:
            return {}
        found = {} if self._criterion is None else {"loss": total / count}
        if self._metrics:
            together = joined(outputs), joined(targets)
            found |= {name: _number(name, metric(*together)) for name, metric in self._metrics.items()}
        return found


@no_grad()
def predictions(predict: Predict, data: Any) -> Tensor:
    """The outputs for inputs (a tensor), or for the inputs of batches, one behind the other."""
    if isinstance(data, Tensor):
        found: Tensor = predict(data)
        return found
    outputs = [predict(batch[0] if isinstance(batch, (tuple, list)) else batch) for batch in data]
    if not outputs:
        raise ValueError("predict: there is no batch")
    return joined(outputs)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """A model in `eval` mode; a module has its own modes again afterwards."""
    modules = list(model.modules()) if isinstance(model, Module) else []
    modes = [module.training for module in modules]
    if modules:
        model.eval()
    try:
        yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


def joined(parts: list[Any]) -> Any:
    """Tensors of batches as one tensor."""
    for part in parts:
        if not isinstance(part, Tensor):
            raise TypeError(
                f"outputs and targets of batches must be tensors to be joined, but got {type(part).__name__}"
            )
    return parts[0] if len(parts) == 1 else cat(*parts)


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"the metric {name!r} must give a number, but gave a {type(value).__name__}") from error
