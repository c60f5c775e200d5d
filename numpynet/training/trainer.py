"""Trainer: the loop over epochs and batches around a model."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from tqdm import tqdm

from numpynet.core.tensor import Tensor
from numpynet.nn import Module
from numpynet.optim import SGD, Optimizer
from numpynet.optim.lr_scheduler import ReduceLROnPlateau
from numpynet.training.batches import Batches, Pass, contents_crc, generators_of, given_data, parts_of, repeatable
from numpynet.training.callbacks import Callback, EachEpoch
from numpynet.training.checkpoint import Checkpoint, RandomStates, Stateful, Weights
from numpynet.training.decay import LearningRateDecay
from numpynet.training.evaluation import Evaluation, evaluating, predictions
from numpynet.training.folder_lock import locked_folder
from numpynet.training.history import History
from numpynet.training.interruption import InterruptGuard
from numpynet.training.metrics import Metrics, named
from numpynet.training.step import Criterion, Step

DECAY_RATE = 0.000001
COMPILED_FROM = 1000  # steps: what a compiled step saves is then more than compiling takes, as a rule


class Trainer:
    """Trains models by gradient descent, one update for each batch.

    max_epochs: how often `fit` goes through the training data, an integer ≥ 0.
    gradient_clip_val: each step's gradients are scaled down so that their global norm, over all parameters of the
        optimizer, is at most this (`numpynet.nn.utils.clip_grad_norm_`). 0 or None for no clipping; ``inf`` only
        records the norms.
    decay_rate: the learning rate is multiplied by 1 / (1 + decay_rate · k) before the update of step k = 1, 2, ...
        (`LearningRateDecay`). 0 leaves it to the optimizer. None is 0.000001, or 0 where `fit` is given a scheduler.
    callbacks: each a `Callback`, such as `EarlyStopping`, or a function that is called with the trainer after each
        epoch.
    compile: compiles the training step and the validation (`numpynet.compile`): the same bits in a fraction of the
        time. None does so where there may be 1000 steps or more, since fewer are quicker without, and a model that
        cannot be compiled is run as it is, with a warning that names the line and the reason; where this is True, `fit`
        raises CompileError instead. False runs every model as it is.
    progress: shows a bar of the steps on the standard error stream.
    verbose: prints a line at the end of each epoch.

    TypeError and ValueError for arguments that are none of these.

    After `fit`, or an exception out of it, `history` holds what was recorded, and `model` and `optimizer` are those
    that were used.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.training import Trainer
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
        decay_rate: float | None = None,
        *,
        callbacks: Iterable[Callback | Callable[[Any], Any]] = (),
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
        self.decay_rate = None if decay_rate is None else float(decay_rate)
        if self.decay_rate is not None and not 0 <= self.decay_rate < math.inf:
            raise ValueError(f"decay_rate must be a finite number ≥ 0, but got {decay_rate}")
        self.callbacks = [one if isinstance(one, Callback) else EachEpoch(one) for one in callbacks]
        self.compile = compile
        self.progress = progress
        self.verbose = verbose
        self.history = History()
        self.should_stop = False
        self.model: Any = None
        self.optimizer: Optimizer | None = None

    def fit(
        self,
        model: Any,
        data: Any,
        validation: Batches | None = None,
        *,
        loss: Criterion | None = None,
        optimizer: Optimizer | None = None,
        scheduler: Any = None,
        schedule_every: Literal["epoch", "step"] = "epoch",
        metrics: Metrics | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int | None = None,
        resume: bool = False,
    ) -> History:
        """Trains a model for `max_epochs` epochs and returns the `History` of this run.

        model: an `nn.Module`, or any object with ``forward(inputs)``, ``parameters()`` and, where the arguments
            below are not given, ``loss(outputs, targets)`` and ``lr``.
        data: the training batches, each a pair (inputs, targets): a `DataLoader`, a list of pairs, any iterable;
            ``[(x, y)]`` trains on all data at once. Or an object whose ``get_dataloader(train)`` gives such an
            iterable for training (True) and one for validation (False); it is asked once for each. What can be
            iterated over again is, every epoch, so that a DataLoader shuffles anew; a generator is read into a
            list first, and its batches keep their order in all epochs. A batch may be a triple (inputs, targets,
            weights), whose loss is the mean Σₙ wₙ ℓₙ / Σₙ wₙ over its samples; `loss` then gives every ℓₙ, with
            reduction="none".
        validation: batches to compute the loss of after each epoch, without gradients and in `eval` mode.
        loss: gives the loss of a batch, a tensor of one element, for (outputs, targets).
        optimizer: by default ``SGD(model.parameters(), lr=model.lr)``.
        scheduler: one of `numpynet.optim.lr_scheduler`, stepped after every epoch, or with
            ``schedule_every="step"`` after every update. ReduceLROnPlateau is given the validation loss, or where
            there is none the train loss.
        metrics: functions of all outputs and targets of the validation batches, each joined to one tensor, that give
            a number: a dict by name, or a list. They are columns of ``history.epochs``.
        checkpoint: a folder, made if need be, in which one file holds the run: model, optimizer, scheduler, decay,
            history, callbacks, the random states of numpynet, NumPy and Python, and the place in the epoch. It is
            replaced whole after every epoch, and with checkpoint_every=k after every k-th step as well. One run at a
            time has the folder.
        resume: goes on with the run in `checkpoint`, if there is one, to the same bits as a run that was never
            stopped. Everything else has to be given as it was then; only `max_epochs` may be another.

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
        ValueError when there is no batch or the optimizer holds none of the model's parameters. FileExistsError when
        `checkpoint` holds a run and `resume` is False; ValueError and RuntimeError when it holds another run, or the
        data come in another order than then; BlockingIOError while another run on this machine has the folder.

        >>> import numpynet
        >>> from numpynet import nn
        >>> from numpynet.training import Trainer
        >>> model = nn.Linear(1, 1)
        >>> x = numpynet.tensor([[1.0], [2.0]])
        >>> optimizer = numpynet.optim.SGD(model.parameters(), lr=0.1)
        >>> trainer = Trainer(max_epochs=3, progress=False)
        >>> history = trainer.fit(model, [(x, 2 * x)], loss=nn.MSELoss(), optimizer=optimizer)
        >>> len(history.train_losses)
        3
        """
        batches, validation = given_data(data, validation)
        predict = model if callable(model) else model.forward
        criterion = _criterion(model, loss)
        measures = named(metrics)
        if measures and validation is None:
            raise TypeError("metrics are of validation data: pass some, as in fit(model, data, validation, ...)")
        if schedule_every not in ("epoch", "step"):
            raise ValueError(f'schedule_every must be "epoch" or "step", but got {schedule_every!r}')
        if checkpoint is None and (resume or checkpoint_every is not None):
            raise TypeError("resume and checkpoint_every need a folder: pass checkpoint=FOLDER")
        if checkpoint_every is not None and operator.index(checkpoint_every) < 1:
            raise ValueError(f"checkpoint_every must be ≥ 1, but got {checkpoint_every}")
        self.model, self.optimizer = model, _optimizer(model, optimizer)
        self.history, self.should_stop = History(), False
        rate = (0.0 if scheduler is not None else DECAY_RATE) if self.decay_rate is None else self.decay_rate
        steps = self._steps(batches)
        compile = self.compile
        if compile is None and steps is not None and steps < COMPILED_FROM:
            compile = False
        run = _Run(
            step=Step(predict, criterion, self.optimizer, self.gradient_clip_val, compile=compile),
            decay=LearningRateDecay(self.optimizer, rate),
            scheduler=scheduler,
            each_step=schedule_every == "step",
            random=RandomStates(generators_of(batches)),
            every=checkpoint_every,
        )
        with locked_folder(checkpoint):
            if checkpoint is not None:
                self._open(run, checkpoint, resume, batches)
            evaluate = Evaluation(predict, criterion, measures, compile)
            done = len(self.history.losses)
            bar = tqdm(desc="Training", unit="step", total=steps, initial=done, disable=not self.progress)
            with evaluating(model):
                try:
                    with bar, InterruptGuard() as guard:
                        self._call("on_fit_start")
                        while len(self.history.epoch_ends) < self.max_epochs and not self.should_stop:
                            self._fit_epoch(batches, validation, run, evaluate, guard, bar)
                except KeyboardInterrupt:
                    self.history.interrupted = True
                self._call("on_fit_end")
            return self.history

    def evaluate(
        self, model: Any, data: Batches, *, loss: Criterion | None = None, metrics: Metrics | None = None
    ) -> dict[str, float]:
        """The mean loss of batches and their metrics, without gradients and in `eval` mode: {"loss": ..., ...}.

        The arguments are those of `fit`; the loss is left out where metrics are given and no loss is known.
        TypeError when neither is, ValueError without a batch.

        >>> import numpynet
        >>> from numpynet import nn
        >>> from numpynet.training import Trainer
        >>> model = nn.Linear(1, 1)
        >>> data = [(numpynet.ones(2, 1), model(numpynet.ones(2, 1)).detach())]
        >>> Trainer(1).evaluate(model, data, loss=nn.MSELoss())
        {'loss': 0.0}
        """
        measures = named(metrics)
        known = loss is not None or callable(getattr(model, "loss", None))
        criterion = _criterion(model, loss) if known or not measures else None
        predict = model if callable(model) else model.forward
        with evaluating(model):
            found = Evaluation(predict, criterion, measures, False)(repeatable(data))
        if not found:
            raise ValueError("evaluate: there is no batch")
        return found

    def predict(self, model: Any, data: Any) -> Tensor:
        """The outputs of a model, without gradients and in `eval` mode.

        data: inputs, a tensor; or batches, of which the first part is taken, and whose outputs are joined.
        ValueError without a batch.

        >>> import numpynet
        >>> from numpynet import nn
        >>> from numpynet.training import Trainer
        >>> model = nn.Linear(2, 1)
        >>> Trainer(1).predict(model, numpynet.ones(3, 2)).shape
        torch.Size([3, 1])
        """
        with evaluating(model):
            return predictions(model if callable(model) else model.forward, data)

    def _call(self, name: str) -> None:
        for callback in self.callbacks:
            getattr(callback, name)(self)

    def _open(self, run: _Run, folder: str | os.PathLike[str], resume: bool, batches: Batches) -> None:
        """Makes the checkpoint, and puts the run where it was."""
        parts: dict[str, Stateful] = {"model": Weights(self.model), "history": self.history, "decay": run.decay}
        parts |= {f"callback {number}": callback for number, callback in enumerate(self.callbacks)}
        assert self.optimizer is not None
        parts["optimizer"] = self.optimizer
        if run.scheduler is not None:
            parts["scheduler"] = run.scheduler
        settings = {
            "gradient_clip_val": self.gradient_clip_val,
            "decay_rate": run.decay.decay_rate,
            "batches": _length(batches),
            "first batch": contents_crc(batches[0]) if isinstance(batches, list) and batches else None,
        }
        run.checkpoint = Checkpoint(folder, parts, settings)
        place = run.checkpoint.open(resume)
        if place is not None:
            run.place = place
            self.should_stop = place["stopped"]
            run.random.load_state_dict(place["random"])
            if self.history.losses:  # or else a schedule would warn that it is stepped before any update
                self.optimizer._opt_called = True  # type: ignore[attr-defined]

    def _fit_epoch(
        self,
        batches: Batches,
        validation: Batches | None,
        run: _Run,
        evaluate: Evaluation,
        guard: InterruptGuard,
        bar: tqdm[Any],
    ) -> None:
        """Trains on every batch once, from where the run is, and validates."""
        module = self.model if isinstance(self.model, Module) else None
        if module is not None:
            module.train()
        train_loss = self._fit_batches(batches, run, guard, bar)
        found: dict[str, float] = {}
        if validation is not None:
            if module is not None:
                module.eval()
            found = evaluate(validation)
        validation_loss = found.pop("loss", None)
        guard.hold()
        self.history.record_epoch(train_loss, validation_loss, found)
        if run.scheduler is not None and not run.each_step:
            if isinstance(run.scheduler, ReduceLROnPlateau):
                run.scheduler.step(train_loss if validation_loss is None else validation_loss)
            else:
                run.scheduler.step()
        guard.release()
        self._report(train_loss, validation_loss, found, bar)
        self._call("on_epoch_end")
        run.place = {}
        guard.hold()
        run.save(self.should_stop)
        guard.release()

    def _fit_batches(self, batches: Batches, run: _Run, guard: InterruptGuard, bar: tqdm[Any]) -> float:
        """Trains on the batches of an epoch. Returns the mean of their losses."""
        record, group = self.history.record_step, run.decay.optimizer.param_groups[0]
        gradients, update = run.step.gradients, run.step.update
        per_step = run.scheduler.step if run.scheduler is not None and run.each_step else None
        listened = any(type(one).on_step_end is not Callback.on_step_end for one in self.callbacks)
        passing, total, count = run.passing(batches)
        for batch in passing:
            loss = gradients(*parts_of(batch)).item()
            if not math.isfinite(loss):
                raise self._divergence(loss, group["lr"])
            guard.hold()
            run.decay.step()
            norm = update()
            record(loss, float(group["lr"]), None if norm is None else norm.item())
            if per_step is not None:
                per_step()
            guard.release()
            total += loss
            count += 1
            bar.update()
            if listened:
                self._call("on_step_end")
            if run.every and len(self.history.losses) % run.every == 0:
                guard.hold()
                run.save(self.should_stop, passing, total, count)
                guard.release()
        if not count:
            raise ValueError("there is no batch to train on: the training data is empty")
        return total / count

    def _steps(self, batches: Batches) -> int | None:
        """How many steps there will be, where the data knows its length."""
        length = _length(batches)
        return None if length is None else self.max_epochs * length

    def _divergence(self, loss: float, learning_rate: float) -> FloatingPointError:
        history = self.history
        return FloatingPointError(
            f"the loss is {loss} at step {len(history.losses) + 1} (epoch {len(history.epoch_ends) + 1}, learning rate "
            f"{float(learning_rate):.4g}): training stopped before its update. Lower the learning rate, clip the "
            f"gradients with gradient_clip_val, or look for inf and nan in the data"
        )

    def _report(
        self, train_loss: float, validation_loss: float | None, metrics: dict[str, float], bar: tqdm[Any]
    ) -> None:
        losses = f"Train Loss: {train_loss:.4f}"
        if validation_loss is not None:
            losses += f", Validation Loss: {validation_loss:.4f}"
        losses += "".join(f", {name}: {value:.4f}" for name, value in metrics.items())
        if self.progress:
            bar.set_postfix_str(losses, refresh=False)
        if self.verbose:
            epoch, step, rate = len(self.history.epoch_ends), len(self.history.losses), self.history.learning_rates[-1]
            tqdm.write(f"Epoch: {epoch}/{self.max_epochs}, Step: {step}, {losses}, Learning Rate: {rate:.6f}")


@dataclass
class _Run:
    """What one `fit` works with, and where in the epoch it is: at its start, unless `place` is of a checkpoint."""

    step: Step
    decay: LearningRateDecay
    scheduler: Any
    each_step: bool
    random: RandomStates
    every: int | None
    checkpoint: Checkpoint | None = None
    place: dict[str, Any] = field(default_factory=dict)
    epoch_start: Any = None

    def passing(self, batches: Batches) -> tuple[Pass, float, int]:
        """The batches that are left of the epoch, the sum of the losses before them, and their number."""
        place = self.place
        start: int = place.get("batch", 0)
        if not start:
            self.epoch_start = self.random.state_dict() if self.every else None
            return Pass(batches, watched=bool(self.every)), 0.0, 0
        self.epoch_start = place["epoch_start"]
        self.random.load_state_dict(self.epoch_start)  # the order of the epoch is drawn again
        ready = partial(self.random.load_state_dict, place["random"])
        return Pass(batches, start, place["mark"], ready), place["total"], start

    def save(self, stopped: bool, passing: Pass | None = None, total: float = 0.0, count: int = 0) -> None:
        """Writes the checkpoint, if there is one: within an epoch after `count` batches, or at its end."""
        if self.checkpoint is None:
            return
        place = {"random": self.random.state_dict(), "stopped": stopped, "batch": count, "total": total}
        if passing is not None:
            place |= {"epoch_start": self.epoch_start, "mark": passing.fingerprint()}
        self.checkpoint.save(place)


def _length(batches: Any) -> int | None:
    try:
        return len(batches)
    except TypeError:
        return None


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
