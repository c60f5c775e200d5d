"""LRScheduler: what all schedules of a learning rate share."""

from __future__ import annotations

import functools
import warnings
import weakref
from typing import Any

from numpynet.core.shown_class import name_functions
from numpynet.core.tensor import Tensor
from numpynet.optim.optimizer import LearningRate, Optimizer

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler: with an epoch the closed form is used, where there is one, instead of "
    "the chainable form."
)


class LRScheduler:
    """Base of schedules that change the learning rate of each of an optimizer's groups, epoch by epoch.

    A subclass writes `get_lr`, the learning rates of epoch `last_epoch`: most of them in chainable form, by
    which a rate follows from the rate before, so that several schedules may act on one optimizer. Optionally
    `_get_closed_form_lr` gives the same from `base_lrs`, the rates at the start.

    last_epoch: -1 to start; to resume, the epoch reached: KeyError then, unless the optimizer's groups have the
        "initial_lr" that an earlier schedule noted there.

    >>> import numpynet
    >>> from numpynet.optim.lr_scheduler import LRScheduler
    >>> class HalfLR(LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / 2 ** self.last_epoch for lr in self.base_lrs]
    >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1)], lr=1.0)
    >>> scheduler = HalfLR(optimizer)
    >>> for epoch in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        name_functions(cls)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        require_optimizer(optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _own(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming scheduler with "
                    f"last_epoch >= 0: load the optimizer's state_dict first, or start with last_epoch=-1"
                )
        self.base_lrs = learning_rates(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """The step to the first epoch."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[LearningRate]:
        """The learning rates of epoch `last_epoch`, one for each group; called by `step`.

        >>> import numpynet
        >>> from numpynet import optim
        >>> from numpynet.optim import lr_scheduler
        >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
        >>> schedule = lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5)
        >>> schedule.get_last_lr()
        [0.5]
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_lr")

    def get_last_lr(self) -> list[LearningRate]:
        """The learning rates that this schedule set last, one for each group.

        >>> import numpynet
        >>> from numpynet import optim
        >>> from numpynet.optim import lr_scheduler
        >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
        >>> lr_scheduler.StepLR(optimizer, step_size=2).get_last_lr()
        [1.0]
        """
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Sets the learning rates of the next epoch; call it after `optimizer.step()`.

        epoch: deprecated; the epoch to go to. Warns when no `optimizer.step()` came before, which would skip
        the first learning rate.

        >>> import numpynet
        >>> from numpynet import optim
        >>> from numpynet.optim import lr_scheduler
        >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
        >>> schedule = lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
        >>> optimizer.step()
        >>> schedule.step()
        >>> optimizer.param_groups[0]["lr"]
        0.5
        """
        if self._step_count == 1:
            self._warn_of_wrong_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _warn_of_wrong_order(self) -> None:
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
                "Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`.",
                UserWarning,
                stacklevel=3,
            )
        elif not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call them in the "
                "opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in "
                "skipping the first value of the learning rate schedule.",
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        """Goes to the next epoch, or to the given one by the closed form."""
        self._get_lr_called_within_step = True
        try:
            if epoch is None:
                self.last_epoch += 1
                rates = self.get_lr()
            else:
                self.last_epoch = epoch
                rates = getattr(self, "_get_closed_form_lr", self.get_lr)()
        finally:
            self._get_lr_called_within_step = False
        self._set_lr(rates)

    def _set_lr(self, rates: list[LearningRate]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            set_learning_rate(group, lr)
        self._last_lr = learning_rates(self.optimizer)

    def _warn_outside_step(self) -> None:
        """For `get_lr` of the schedules here, which is only right while `step` calls it."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def state_dict(self) -> dict[str, Any]:
        """All its attributes but the optimizer.

        >>> import numpynet
        >>> from numpynet import optim
        >>> from numpynet.optim import lr_scheduler
        >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
        >>> lr_scheduler.StepLR(optimizer, step_size=3).state_dict()["last_epoch"]
        0
        """
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what `state_dict` returned.

        >>> import numpynet
        >>> from numpynet import optim
        >>> from numpynet.optim import lr_scheduler
        >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
        >>> one, other = lr_scheduler.StepLR(optimizer, 3), lr_scheduler.StepLR(optimizer, 5)
        >>> other.load_state_dict(one.state_dict())
        >>> other.step_size
        3
        """
        self.__dict__.update(state_dict)


class _LRScheduler(LRScheduler):
    """The name that older programs subclass."""


def require_optimizer(optimizer: Any) -> None:
    """TypeError for what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def learning_rates(optimizer: Optimizer, key: str = "lr") -> list[LearningRate]:
    """An option of each group; tensors are copied, for the optimizer's own change."""
    return [_own(group[key]) for group in optimizer.param_groups]


def set_learning_rate(group: dict[str, Any], lr: LearningRate) -> None:
    """Gives a group a learning rate; a tensor stays the same tensor and takes the value."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(lr)
    else:
        group["lr"] = lr


def one_for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A list of values, one for each group, or one value repeated; ValueError for a list of another length."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [_own(value) for _ in range(count)]
    if len(value) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, "
            f"param_groups has {count}."
        )
    return [_own(one) for one in value]


def _own(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def _note_steps(optimizer: Optimizer) -> None:
    """Lets the optimizer note that its step was called, so that a schedule can tell a wrong order."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    function: Any = optimizer.step.__func__  # type: ignore[attr-defined]
    reference = weakref.ref(optimizer)  # the optimizer will hold what holds this

    @functools.wraps(function)
    def step(*args: Any, **kwargs: Any) -> Any:
        owner = reference()
        owner._opt_called = True  # type: ignore[union-attr]
        return function(owner, *args, **kwargs)

    step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = step  # type: ignore[method-assign]
