"""Schedules that multiply the learning rate by a factor.

Each comes in two forms that agree up to rounding: the factor from one epoch to the next, which `step` uses,
and the factor since the start.
"""

from __future__ import annotations

import types
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from numpynet.optim.lr_scheduler.scheduler import LRScheduler, learning_rates
from numpynet.optim.optimizer import LearningRate, Optimizer

Factor = Callable[[int], float]


class FactorScheduler(LRScheduler):
    """Base of schedules with one factor for all groups."""

    def _factor(self) -> float:
        """lr(epoch) / lr(epoch - 1) for epoch = last_epoch; 1, as an integer, where the learning rate stays."""
        raise NotImplementedError

    def _factor_since_start(self) -> float:
        """lr(epoch) / lr(0) for epoch = last_epoch."""
        raise NotImplementedError

    def get_lr(self) -> list[LearningRate]:
        """The groups' current learning rates times the factor of this epoch."""
        self._warn_outside_step()
        factor = self._factor()
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[LearningRate]:
        factor = self._factor_since_start()
        return [lr * factor for lr in self.base_lrs]


class StepLR(FactorScheduler):
    """Multiplies the learning rate by gamma every step_size epochs.

    >>> import numpynet
    >>> from numpynet.optim.lr_scheduler import StepLR
    >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1)], lr=1.0)
    >>> scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for epoch in range(5):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0] [1.0] [0.5] [0.5] [0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        return 1 if self.last_epoch == 0 or self.last_epoch % self.step_size else self.gamma

    def _factor_since_start(self) -> float:
        return self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(FactorScheduler):
    """Multiplies the learning rate by gamma at each of the given epochs.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = lr_scheduler.MultiStepLR(optimizer, milestones=[1], gamma=0.5)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        times = self.milestones[self.last_epoch]
        return self.gamma**times if times else 1

    def _factor_since_start(self) -> float:
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch)


class ExponentialLR(FactorScheduler):
    """Multiplies the learning rate by gamma at every epoch: lr₀ gamma^epoch.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        return 1 if self._is_initial else self.gamma

    def _factor_since_start(self) -> float:
        return self.gamma**self.last_epoch


class ConstantLR(FactorScheduler):
    """The learning rate times a factor during the first total_iters epochs; ValueError unless 0 <= factor <= 1.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if factor > 1.0 or factor < 0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else 1

    def _factor_since_start(self) -> float:
        return self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor)


class LinearLR(FactorScheduler):
    """The learning rate times a factor that goes in total_iters equal steps from start_factor to end_factor.

    ValueError unless 0 < start_factor <= 1 and 0 <= end_factor <= 1.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError("Starting multiplicative factor expected to be greater than 0 and less or equal to 1.")
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)

    def _factor_since_start(self) -> float:
        rise = self.end_factor - self.start_factor
        return self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters


class PolynomialLR(FactorScheduler):
    """lr₀ (1 - epoch / total_iters)^power, and 0 after total_iters epochs.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = lr_scheduler.PolynomialLR(optimizer, total_iters=2)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1
        now, before = 1.0 - self.last_epoch / self.total_iters, 1.0 - (self.last_epoch - 1) / self.total_iters
        return (now / before) ** self.power

    def _factor_since_start(self) -> float:
        return (1.0 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power


class _FunctionScheduler(LRScheduler):
    """Base of schedules whose factors are given as functions of the epoch: one, or one for each group."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        groups = len(optimizer.param_groups)
        functions: list[Any] = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * groups
        if len(functions) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(functions)}")
        for function in functions:
            if not callable(function):
                raise TypeError(f"lr_lambda should be a function, but got {type(function).__name__}")
        self.lr_lambdas = functions
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All its attributes but the optimizer; of callable objects their attributes, of functions None."""
        return {
            **super().state_dict(),
            "lr_lambdas": [
                None if isinstance(function, types.FunctionType) else dict(function.__dict__)
                for function in self.lr_lambdas
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what `state_dict` returned; functions stay those given to the constructor."""
        attributes = dict(state_dict)
        for function, saved in zip(self.lr_lambdas, attributes.pop("lr_lambdas"), strict=True):
            if saved is not None:
                function.__dict__.update(saved)
        self.__dict__.update(attributes)


class LambdaLR(_FunctionScheduler):
    """The learning rate at the start times a function of the epoch.

    lr_lambda: such a function, or a list of them, one for each group. ValueError for a list of another length,
    TypeError for what cannot be called.

    >>> import numpynet
    >>> from numpynet.optim.lr_scheduler import LambdaLR
    >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1)], lr=1.0)
    >>> scheduler = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[LearningRate]:
        """The learning rates at the start times the functions of this epoch."""
        self._warn_outside_step()
        return [lr * function(self.last_epoch) for function, lr in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(_FunctionScheduler):
    """Multiplies the learning rate at every epoch by a function of that epoch.

    lr_lambda: such a function, or a list of them, one for each group. ValueError for a list of another length,
    TypeError for what cannot be called.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[LearningRate]:
        """The groups' current learning rates times the functions of this epoch."""
        self._warn_outside_step()
        if self._is_initial:
            return learning_rates(self.optimizer)
        return [
            group["lr"] * function(self.last_epoch)
            for function, group in zip(self.lr_lambdas, self.optimizer.param_groups, strict=True)
        ]
