"""Schedules made of schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from numpynet.optim.lr_scheduler.plateau import ReduceLROnPlateau
from numpynet.optim.lr_scheduler.scheduler import LRScheduler, learning_rates, set_learning_rate
from numpynet.optim.optimizer import Optimizer


class _Composition(LRScheduler):
    _schedulers: Sequence[LRScheduler]

    def _compose(self, optimizer: Any, schedulers: Sequence[LRScheduler]) -> None:
        """Takes the parts; TypeError for what is no schedule, ValueError for those that cannot be parts."""
        name = type(self).__name__
        if len(schedulers) < 1:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
        for number, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{name} at index {number} should have `optimizer` as its attribute.")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler as it requires additional kwargs to be "
                    f"specified when calling `step`, but got one at index {number} in the given schedulers sequence."
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but got scheduler "
                    f"{type(scheduler).__name__} at index {number} has {scheduler.optimizer}, which is different from "
                    f"{type(optimizer).__name__}."
                )
        self.optimizer = optimizer
        self._schedulers = schedulers

    def state_dict(self) -> dict[str, Any]:
        """All its attributes but the optimizer, with the states of its parts."""
        return {**super().state_dict(), "_schedulers": [part.state_dict() for part in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what `state_dict` returned."""
        attributes = dict(state_dict)
        for part, state in zip(self._schedulers, attributes.pop("_schedulers"), strict=True):
            part.load_state_dict(state)
        self.__dict__.update(attributes)


class SequentialLR(_Composition):
    """One schedule after the other: schedulers[i + 1] takes over at epoch milestones[i], from its own start.

    ValueError unless there is one milestone less than schedules, all of one optimizer and none of them a
    ReduceLROnPlateau.

    >>> import numpynet
    >>> from numpynet.optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> from numpynet.optim.lr_scheduler import SequentialLR
    >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1)], lr=1.0)
    >>> warm_up, decay = ConstantLR(optimizer, factor=0.5, total_iters=9), ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> for epoch in range(5):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [0.5] [0.5] [1.0] [0.5] [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self._compose(optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones to be "
                f"equal to {len(milestones)}"
            )
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        # The parts have each made their first step; only the first part's is wanted.
        for group in optimizer.param_groups:
            set_learning_rate(group, group["initial_lr"])
        _undo_last_epoch(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Sets the learning rates of the next epoch."""
        self.last_epoch += 1
        position = bisect_right(self._milestones, self.last_epoch)
        part = self._schedulers[position]
        if position > 0 and self._milestones[position - 1] == self.last_epoch:
            part._update_lr(0)
        else:
            part.step()
        self._last_lr = part.get_last_lr()


class ChainedScheduler(_Composition):
    """All the schedules at once, each acting on the learning rates that the one before has left.

    ValueError unless there is a schedule and all belong to one optimizer, none of them a ReduceLROnPlateau.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedules = [lr_scheduler.ExponentialLR(optimizer, 0.5), lr_scheduler.StepLR(optimizer, 1)]
    >>> schedule = lr_scheduler.ChainedScheduler(schedules)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.05]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._compose(optimizer or getattr(next(iter(schedulers), None), "optimizer", None), schedulers)
        self._last_lr = learning_rates(self.optimizer)

    def step(self) -> None:  # type: ignore[override]
        """Sets the learning rates of the next epoch."""
        for part in self._schedulers:
            part.step()
        self._last_lr = learning_rates(self.optimizer)


def _undo_last_epoch(scheduler: LRScheduler) -> None:
    if isinstance(scheduler, _Composition):
        for part in scheduler._schedulers:
            _undo_last_epoch(part)
    else:
        scheduler.last_epoch -= 1
