"""Trainer: the loop over epochs and batches around a model."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from tqdm import tqdm

from numpynet.autograd import no_grad
from numpynet.core.tensor import Tensor
from numpynet.nn import Module
from numpynet.optim import SGD, Optimizer
from numpynet.training.decay import LearningRateDecay
from numpynet.training.history import History
from numpynet.training.interruption import InterruptGuard
from numpynet.training.step import Step, compiled

Batches = Iterable[Any]
Criterion = Callable[[Any, Any], Tensor]


class Trainer:
    """Trains models by gradient descent, one update for each batch.

    max_epochs: how often `fit` goes through the training data, an integer ≥ 0.
    gradient_clip_val: each step's gradients are scaled down so that their global norm, over all parameters of the
        optimizer, is at most this (`numpynet.nn.utils.clip_grad_norm_`). 0 or None for no clipping; ``inf`` only
        records the norms.
    decay_rate: the learning rate is multiplied by 1 / (1 + decay_rate · k) before the update of step k = 1, 2, ...
        (`LearningRateDecay`). 0 leaves it to the optimizer.
    compile: compiles the training step and the validation (`numpynet.compile`): the same bits in a fraction of the
        time. A model that cannot be compiled is run as it is, with a warning that names the line and the reason; where
        this is True, `fit` raises CompileError instead. False runs every model as it is.
    progress: shows a bar of the steps on the standard error stream.
    verbose: prints a line at the end of each epoch.

    TypeError and ValueError for arguments that are none of these.

    After `fit`, or an exception out of it, `history` holds what was recorded and `optimizer` what was used.

    >>> import numpynet
    >>> from numpynet import nn
    >>> _ = numpynet.manual_seed(0)
    >>> x = numpynet.randn(64, 2)
    >>> y = x @ numpynet.tensor([[2.0], [-3.4]]) + 4.2
    >>> model = nn.Linear(2, 1)
    >>> optimizer = numpynet.optim.SGD(model.parameters(), lr=0.2)
    >>> trainer = Trainer(max_epochs=100, progress=False)
    >>> history = trainer.fit(model, [(x, y)], loss=nn.MSELoss(), optimizer=optimizer)
    >>> len(history.losses), history.losses[0] > 10, history.losses[-1] < 1e-9
    (100, True, True)
    """

    def __init__(
        self,
        max_epochs: int,
        gradient_clip_val: float | None = 0.0,
        decay_rate: float = 0.000001,
        *,
        compile: bool | None = None,
        progress: bool = True,
        verbose: bool = False,
    ) -> None:
        self.max_epochs = operator.index(max_epochs)
        if self.max_epochs < 0:
            raise ValueError(f"max_epochs must be ≥ 0, but got {max_epochs}")
        self.gradient_clip_val = 0.0 if gradient_clip_val is None else float(gradient_clip_val)
        if not self.gradient_clip_val >= 0:
            raise ValueError(f"gradient_clip_val must be ≥ 0, but got {gradient_clip_val}")
        self.decay_rate = float(decay_rate)
        if not 0 <= self.decay_rate < math.inf:
            raise ValueError(f"decay_rate must be a finite number ≥ 0, but got {decay_rate}")
        self.compile = compile
        self.progress = progress
        self.verbose = verbose
        self.history = History()
        self.optimizer: Optimizer | None = None

    def fit(
        self,
        model: Any,
        data: Any,
        validation: Batches | None = None,
        *,
        loss: Criterion | None = None,
        optimizer: Optimizer | None = None,
    ) -> History:
        """Trains a model for `max_epochs` epochs and returns the `History` of this run.

        model: an `nn.Module`, or any object with ``forward(inputs)``, ``parameters()`` and, where the arguments
            below are not given, ``loss(outputs, targets)`` and ``lr``.
        data: the training batches, each a pair (inputs, targets): a `DataLoader`, a list of pairs, any iterable;
            ``[(x, y)]`` trains on all data at once. Or an object whose ``get_dataloader(train)`` gives such an
            iterable for training (True) and one for validation (False); it is asked once for each. What can be
            iterated over again is, every epoch, so that a DataLoader shuffles anew; a generator is read into a
            list first, and its batches keep their order in all epochs.
        validation: batches to compute the loss of after each epoch, without gradients and in `eval` mode.
        loss: gives the loss of a batch, a tensor of one element, for (outputs, targets).
        optimizer: by default ``SGD(model.parameters(), lr=model.lr)``.

        Each step k: gradients cleared, loss and gradients of the batch computed, learning rate decayed, gradients
        clipped, parameters updated. The losses of an epoch are means over its batches; a train loss is made of
        the losses before each update.

        Called again, it trains on: weights are the model's and go on from where they are, and so do the learning
        rate and the state of an optimizer given. The rest starts anew: the history, the counts of epochs and of
        steps k, and without an optimizer given the learning rate, at ``model.lr``.

        Ctrl-C (KeyboardInterrupt) ends the training and returns the history, with `interrupted` set. An update
        under way is finished and recorded first; a step that was not that far leaves the weights alone.

        An `nn.Module` is put in `train` mode, and when the training ends in the mode it was in before.

        FloatingPointError when the loss of a batch is not finite: the weights are then those before this step, and
        `history` holds the steps that led there. TypeError when a loss, a learning rate or pairs are missing, and
        ValueError when there is no batch or the optimizer holds none of the model's parameters.

        >>> import numpynet
        >>> from numpynet import nn
        >>> model = nn.Linear(1, 1)
        >>> x = numpynet.tensor([[1.0], [2.0]])
        >>> optimizer = numpynet.optim.SGD(model.parameters(), lr=0.1)
        >>> trainer = Trainer(max_epochs=3, progress=False)
        >>> history = trainer.fit(model, [(x, 2 * x)], loss=nn.MSELoss(), optimizer=optimizer)
        >>> len(history.train_losses)
        3
        """
        batches, validation = _data(data, validation)
        predict = model if callable(model) else model.forward
        criterion = _criterion(model, loss)
        self.optimizer = optimizer = _optimizer(model, optimizer)
        self.history = history = History()
        step = Step(predict, criterion, optimizer, self.gradient_clip_val, compile=self.compile)
        loss_of = partial(_loss, predict, criterion)
        evaluate = compiled(loss_of, self.compile)
        decay = LearningRateDecay(optimizer, self.decay_rate)
        module = model if isinstance(model, Module) else None
        training = module is not None and module.training
        bar = tqdm(desc="Training", unit="step", total=self._steps(batches), disable=not self.progress)
        try:
            with bar, InterruptGuard() as guard:
                for epoch in range(1, self.max_epochs + 1):
                    if module is not None:
                        module.train()
                    train_loss = self._fit_epoch(batches, step, decay, guard, bar)
                    if module is not None and validation is not None:
                        module.eval()
                    validation_loss = None if validation is None else _mean_loss(evaluate, validation)
                    guard.hold()
                    history.record_epoch(train_loss, validation_loss)
                    guard.release()
                    self._report(epoch, train_loss, validation_loss, bar)
        except KeyboardInterrupt:
            history.interrupted = True
        finally:
            if module is not None:
                module.train(training)
        return history

    def _fit_epoch(
        self, batches: Batches, step: Step, decay: LearningRateDecay, guard: InterruptGuard, bar: tqdm[Any]
    ) -> float:
        """Trains on every batch once. Returns the mean of their losses."""
        record, group = self.history.record_step, decay.optimizer.param_groups[0]
        gradients, update = step.gradients, step.update
        total, count = 0.0, 0
        for inputs, targets in _pairs(batches):
            loss = gradients(inputs, targets).item()
            if not math.isfinite(loss):
                raise self._divergence(loss, group["lr"])
            guard.hold()
            decay.step()
            norm = update()
            record(loss, float(group["lr"]), None if norm is None else norm.item())
            guard.release()
            total += loss
            count += 1
            bar.update()
        if not count:
            raise ValueError("there is no batch to train on: the training data is empty")
        return total / count

    def _steps(self, batches: Batches) -> int | None:
        """How many steps there will be, where the data knows its length."""
        try:
            return self.max_epochs * len(batches)  # type: ignore[arg-type]
        except TypeError:
            return None

    def _divergence(self, loss: float, learning_rate: float) -> FloatingPointError:
        history = self.history
        return FloatingPointError(
            f"the loss is {loss} at step {len(history.losses) + 1} (epoch {len(history.epoch_ends) + 1}, learning rate "
            f"{float(learning_rate):.4g}): training stopped before its update. Lower the learning rate, clip the "
            f"gradients with gradient_clip_val, or look for inf and nan in the data"
        )

    def _report(self, epoch: int, train_loss: float, validation_loss: float | None, bar: tqdm[Any]) -> None:
        losses = f"Train Loss: {train_loss:.4f}"
        if validation_loss is not None:
            losses += f", Validation Loss: {validation_loss:.4f}"
        if self.progress:
            bar.set_postfix_str(losses, refresh=False)
        if self.verbose:
            step, rate = len(self.history.losses), self.history.learning_rates[-1]
            tqdm.write(f"Epoch: {epoch}/{self.max_epochs}, Step: {step}, {losses}, Learning Rate: {rate:.6f}")


def _criterion(model: Any, loss: Criterion | None) -> Criterion:
    if loss is None:
        loss = getattr(model, "loss", None)
    if not callable(loss):
        raise TypeError(
            f"{type(model).__name__} has no method loss(outputs, targets): pass one, as in fit(..., loss=nn.MSELoss())"
        )
    return loss


def _optimizer(model: Any, optimizer: Optimizer | None) -> Optimizer:
    if optimizer is None:
        lr = getattr(model, "lr", None)
        if lr is None:
            raise TypeError(
                f"{type(model).__name__} has no learning rate lr: pass an optimizer, as in "
                f"fit(..., optimizer=numpynet.optim.SGD(model.parameters(), lr=0.01))"
            )
        return SGD(model.parameters(), lr=lr)
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if held.isdisjoint(id(parameter) for parameter in model.parameters()):
        raise ValueError(
            f"the optimizer holds none of the parameters of this {type(model).__name__}, so that training would change "
            f"nothing: make it from this very model's parameters(), and after copying a model"
        )
    return optimizer


def _data(data: Any, validation: Batches | None) -> tuple[Batches, Batches | None]:
    """Training and validation batches that can be gone through every epoch."""
    if hasattr(data, "get_dataloader"):
        if validation is not None:
            raise TypeError("validation is given twice: the data has a get_dataloader, which provides it")
        data, validation = _repeatable(data.get_dataloader(True)), data.get_dataloader(False)
    return _repeatable(data), None if validation is None else _repeatable(validation)


def _repeatable(batches: Any) -> Batches:
    """The batches themselves, or a list of them when they could be gone through only once."""
    if isinstance(batches, Tensor) or (isinstance(batches, tuple) and any(isinstance(one, Tensor) for one in batches)):
        raise TypeError(
            "data must be an iterable of batches, each a pair (inputs, targets), not tensors: for all data in one "
            "batch write [(x, y)], for more a DataLoader of a TensorDataset(x, y)"
        )
    return list(batches) if isinstance(batches, Iterator) else batches


def _pairs(batches: Batches) -> Iterator[tuple[Any, Any]]:
    for batch in batches:
        try:
            inputs, targets = batch
        except (TypeError, ValueError):
            size = f" of {len(batch)}" if isinstance(batch, (tuple, list)) else ""
            raise TypeError(
                f"each batch must be a pair (inputs, targets), but got a {type(batch).__name__}{size}"
            ) from None
        yield inputs, targets


def _loss(predict: Callable[[Any], Any], criterion: Criterion, inputs: Any, targets: Any) -> Tensor:
    return criterion(predict(inputs), targets)


@no_grad()
def _mean_loss(evaluate: Callable[[Any, Any], Tensor], batches: Batches) -> float | None:
    """The mean of the batches' losses, without gradients; None when there is no batch."""
    total, count = 0.0, 0
    for inputs, targets in _pairs(batches):
        total += evaluate(inputs, targets).item()
        count += 1
    return total / count if count else None
