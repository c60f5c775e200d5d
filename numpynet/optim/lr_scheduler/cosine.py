"""Schedules along a cosine.

Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017).
"""

from __future__ import annotations

import math

from numpynet.optim.lr_scheduler.scheduler import LRScheduler, learning_rates
from numpynet.optim.optimizer import LearningRate, Optimizer


class CosineAnnealingLR(LRScheduler):
    """From the learning rate at the start, lr₀, down to eta_min in T_max epochs, and up and down again.

        lr(epoch) = eta_min + (lr₀ - eta_min) (1 + cos(π epoch / T_max)) / 2

    As in torch each rate is computed from the one before, so that other schedules may act beside this one.

    >>> import numpynet
    >>> from numpynet.optim.lr_scheduler import CosineAnnealingLR
    >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1)], lr=1.0)
    >>> scheduler = CosineAnnealingLR(optimizer, T_max=2)
    >>> for epoch in range(3):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}", end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00 0.50 0.00
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[LearningRate]:
        """The learning rates of this epoch, from those before."""
        self._warn_outside_step()
        epoch, T, least = self.last_epoch, self.T_max, self.eta_min
        groups = self.optimizer.param_groups
        if self._is_initial:
            return learning_rates(self.optimizer)
        if self._step_count == 1 and epoch > 0:
            return [least + (lr - least) * (1 + math.cos(epoch * math.pi / T)) / 2 for lr in self.base_lrs]
        if (epoch - 1 - T) % (2 * T) == 0:  # the rate before was eta_min, of which no factor leads away
            rise = [(lr - least) * (1 - math.cos(math.pi / T)) / 2 for lr in self.base_lrs]
            return [group["lr"] + by for group, by in zip(groups, rise, strict=True)]
        factor = (1 + math.cos(math.pi * epoch / T)) / (1 + math.cos(math.pi * (epoch - 1) / T))
        return [factor * (group["lr"] - least) + least for group in groups]

    def _get_closed_form_lr(self) -> list[LearningRate]:
        least, angle = self.eta_min, math.pi * self.last_epoch / self.T_max
        return [least + (lr - least) * (1 + math.cos(angle)) / 2 for lr in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Falls along half a cosine from the learning rate at the start to eta_min, then starts anew.

    T_0: epochs of the first fall; each later one is T_mult times as long as the one before.

        lr = eta_min + (lr₀ - eta_min) (1 + cos(π T_cur / T_i)) / 2    T_cur epochs into a fall of T_i

    ValueError unless T_0 > 0 and T_mult >= 1 are integers and eta_min is a number.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[LearningRate]:
        """The learning rates T_cur epochs into a fall of T_i."""
        self._warn_outside_step()
        least, angle = self.eta_min, math.pi * self.T_cur / self.T_i
        return [least + (lr - least) * (1 + math.cos(angle)) / 2 for lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Sets the learning rates of the next epoch, or of the given one, which may have a fraction.

        With ``scheduler.step(epoch + i / batches)`` they change from batch to batch. ValueError for a negative
        epoch.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go_to(epoch)
        self.last_epoch = math.floor(epoch)
        self._get_lr_called_within_step = True
        try:
            rates = self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        self._set_lr(rates)

    def _go_to(self, epoch: float) -> None:
        """Sets T_cur and T_i for an epoch: falls before it took T_0 (1 + T_mult + T_mult² + ...) epochs."""
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            falls = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**falls - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**falls
