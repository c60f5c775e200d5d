"""Callbacks: what is done beside the training, at the ends of steps and epochs."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from numpynet.training.checkpoint import Weights

if TYPE_CHECKING:
    from numpynet.training.trainer import Trainer


class Callback:
    """Base of what a `Trainer` calls while it trains; a method that is not overridden does nothing.

    Each is given the trainer: its `model`, `optimizer`, `history` and `should_stop`, which ends the training after
    the present epoch when it is set to True. What a callback returns from `state_dict` is kept in checkpoints.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.training import Callback, Trainer
    >>> class Shown(Callback):
    ...     def on_epoch_end(self, trainer):
    ...         print(len(trainer.history.epoch_ends))
    >>> model = nn.Linear(1, 1)
    >>> data = [(numpynet.ones(2, 1), numpynet.ones(2, 1))]
    >>> optimizer = numpynet.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = Trainer(2, callbacks=[Shown()], progress=False)
    >>> _ = trainer.fit(model, data, loss=nn.MSELoss(), optimizer=optimizer)
    1
    2
    """

    def on_fit_start(self, trainer: Trainer) -> None:
        """Before the first step; after a checkpoint has been read, if there was one.

        >>> from numpynet.training import Trainer
        >>> from numpynet.training import Callback
        >>> Callback().on_fit_start(Trainer(1))
        """

    def on_step_end(self, trainer: Trainer) -> None:
        """After an update has been recorded.

        >>> from numpynet.training import Trainer
        >>> from numpynet.training import Callback
        >>> Callback().on_step_end(Trainer(1))
        """

    def on_epoch_end(self, trainer: Trainer) -> None:
        """After an epoch has been recorded, before its checkpoint is written.

        >>> from numpynet.training import Trainer
        >>> from numpynet.training import Callback
        >>> Callback().on_epoch_end(Trainer(1))
        """

    def on_fit_end(self, trainer: Trainer) -> None:
        """After the last epoch, or an interruption; not after an error.

        >>> from numpynet.training import Trainer
        >>> from numpynet.training import Callback
        >>> Callback().on_fit_end(Trainer(1))
        """

    def state_dict(self) -> Any:
        """What `load_state_dict` needs to go on from here.

        >>> from numpynet.training import Callback
        >>> print(Callback().state_dict())
        None
        """

    def load_state_dict(self, state_dict: Any) -> None:
        """Goes on from there.

        >>> from numpynet.training import Callback
        >>> Callback().load_state_dict(None)
        """


class EachEpoch(Callback):
    """A function that is called with the trainer after each epoch."""

    def __init__(self, function: Callable[[Trainer], Any]) -> None:
        self._function = function

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Calls it."""
        self._function(trainer)


class EarlyStopping(Callback):
    """Ends the training when a number has not got better for some epochs.

    monitor: a column of `History.epochs`: "validation_loss", "train_loss" or the name of a metric. By default the
        validation loss where there is one, else the train loss.
    patience: for how many epochs in a row it may fail to improve, an integer ≥ 1.
    min_delta: by how much it must improve to count, a number ≥ 0.
    mode: whether lower ("min") or higher ("max") is better.
    restore_best: puts the weights of the best epoch back when the training ends.

    After the fit `best` and `best_epoch` (from 1) tell which it was. ValueError for arguments that are none of these;
    KeyError at the end of the first epoch when `monitor` is no column.

    >>> import numpynet
    >>> from numpynet import nn
    >>> from numpynet.training import EarlyStopping, Trainer
    >>> _ = numpynet.manual_seed(0)
    >>> model = nn.Linear(1, 1)
    >>> data = [(numpynet.tensor([[0.0], [1.0]]), numpynet.tensor([[1.0], [3.0]]))]
    >>> optimizer = numpynet.optim.SGD(model.parameters(), lr=0.5)
    >>> trainer = Trainer(1000, callbacks=[EarlyStopping(patience=2, min_delta=1e-3)], progress=False)
    >>> history = trainer.fit(model, data, loss=nn.MSELoss(), optimizer=optimizer)
    >>> len(history.epoch_ends) < 100
    True
    """

    def __init__(
        self,
        monitor: str | None = None,
        patience: int = 3,
        min_delta: float = 0.0,
        mode: Literal["min", "max"] = "min",
        restore_best: bool = True,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f'mode must be "min" or "max", but got {mode!r}')
        if patience < 1 or not min_delta >= 0:
            raise ValueError(f"patience must be ≥ 1 and min_delta ≥ 0, but got {patience} and {min_delta}")
        self.monitor, self.patience, self.min_delta, self.mode = monitor, patience, min_delta, mode
        self.restore_best = restore_best
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch = 0
        self._weights: Any = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Begins anew, unless the run goes on from a checkpoint."""
        if not trainer.history.losses:
            self._forget()

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Looks whether the number is better than ever before."""
        columns = trainer.history.epochs
        name = self.monitor or ("validation_loss" if "validation_loss" in columns else "train_loss")
        if name not in columns:
            raise KeyError(f"EarlyStopping: monitor={name!r} is none of the columns {', '.join(columns)}")
        value, epoch = columns[name][-1], len(columns["epoch"])
        gain = self.best - value if self.mode == "min" else value - self.best
        if gain > self.min_delta:
            self.best, self.best_epoch = value, epoch
            if self.restore_best:
                self._weights = copy.deepcopy(Weights(trainer.model).state_dict())
        elif epoch - self.best_epoch >= self.patience:
            trainer.should_stop = True

    def on_fit_end(self, trainer: Trainer) -> None:
        """Puts the best weights back."""
        if self._weights is not None:
            Weights(trainer.model).load_state_dict(self._weights)

    def state_dict(self) -> Any:
        """The best epoch so far, with its number and weights.

        >>> EarlyStopping().state_dict()
        {'best': inf, 'best_epoch': 0, 'weights': None}
        """
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self._weights}

    def load_state_dict(self, state_dict: Any) -> None:
        """Takes it over.

        >>> stopping = EarlyStopping()
        >>> stopping.load_state_dict({"best": 0.5, "best_epoch": 3, "weights": None})
        >>> stopping.best_epoch
        3
        """
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        self._weights = state_dict["weights"]
