"""MomentumScheduler: what schedules share that move the momentum along with the learning rate."""

from __future__ import annotations

from typing import Any

from numpynet.optim.lr_scheduler.scheduler import LRScheduler, one_for_each_group
from numpynet.optim.optimizer import Optimizer


class MomentumScheduler(LRScheduler):
    """Base of schedules that also set "momentum" or, in optimizers that have "betas" instead, the first of these."""

    cycle_momentum: bool
    use_beta1: bool

    def _take_momentums(
        self,
        optimizer: Optimizer,
        cycle_momentum: bool,
        base_momentum: float | list[float],
        max_momentum: float | list[float],
        last_epoch: int,
    ) -> None:
        """Notes the bounds in the groups and, at the start, sets the upper one; ValueError without momentum."""
        self.cycle_momentum = cycle_momentum
        if not cycle_momentum:
            return
        if not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        self.use_beta1 = "betas" in optimizer.defaults
        least = one_for_each_group("base_momentum", optimizer, base_momentum)
        most = one_for_each_group("max_momentum", optimizer, max_momentum)
        if last_epoch == -1:
            for group, lower, upper in zip(optimizer.param_groups, least, most, strict=True):
                self._set_momentum(group, upper)
                group["max_momentum"] = upper
                group["base_momentum"] = lower

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum
