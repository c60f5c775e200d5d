"""CyclicLR: the learning rate up and down between two bounds, the momentum going the other way."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any

from numpynet.optim.lr_scheduler.momentum import MomentumScheduler
from numpynet.optim.lr_scheduler.scheduler import one_for_each_group, require_optimizer, set_learning_rate
from numpynet.optim.optimizer import LearningRate, Optimizer


class CyclicLR(MomentumScheduler):
    """From base_lr up to max_lr in step_size_up steps, down again in step_size_down, over and over; a step a batch.

    L. N. Smith, "Cyclical learning rates for training neural networks" (2017).

    mode: how the height of the peaks above base_lr goes on: "triangular" stays, "triangular2" halves from cycle
        to cycle, "exp_range" is multiplied by gamma at every step.
    scale_fn: such a factor as a function of its own, of the cycle's number from 1, or of the step if scale_mode is
        "iterations".
    cycle_momentum: momentum (of Adam beta1) goes from max_momentum to base_momentum and back meanwhile.

    ValueError for an unknown mode, lists of another length than the groups', and an optimizer without momentum.

    >>> import numpynet
    >>> from numpynet.optim.lr_scheduler import CyclicLR
    >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1)])
    >>> scheduler = CyclicLR(optimizer, base_lr=1.0, max_lr=2.0, step_size_up=2)
    >>> for batch in range(6):
    ...     print(scheduler.get_last_lr(), end=" ")
    ...     optimizer.step()
    ...     scheduler.step()
    [1.0] [1.5] [2.0] [1.5] [1.0] [1.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        require_optimizer(optimizer)
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        base_lrs = one_for_each_group("base_lr", optimizer, base_lr)
        self.max_lrs = one_for_each_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        down = up if step_size_down is None else float(step_size_down)
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        if scale_fn is None:
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode = scale_mode
        self._take_momentums(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch)
        if cycle_momentum:
            self.base_momentums = one_for_each_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = one_for_each_group("max_momentum", optimizer, max_momentum)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                set_learning_rate(group, lr)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of the peaks at a cycle or a step, as a part of the first one's.

        >>> import numpynet
        >>> from numpynet import optim
        >>> from numpynet.optim import lr_scheduler
        >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=0.1, momentum=0.9)
        >>> lr_scheduler.CyclicLR(optimizer, 0.1, 1.0, mode="triangular2").scale_fn(2)
        0.5
        """
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return float(1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x)

    def get_lr(self) -> list[LearningRate]:
        """The learning rates of this step; sets the momentums too."""
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        part = 1.0 + self.last_epoch / self.total_size - cycle
        height = part / self.step_ratio if part <= self.step_ratio else (part - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, least, most in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                self._set_momentum(group, most - (most - least) * height * scale)
        return [
            least + (most - least) * height * scale for least, most in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """All its attributes but the optimizer; of a callable scale_fn its attributes, of a function None."""
        function: Any = self._scale_fn_custom
        plain = function is None or isinstance(function, types.FunctionType)
        return {**super().state_dict(), "_scale_fn_custom": None if plain else dict(function.__dict__)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what `state_dict` returned; scale_fn stays that given to the constructor."""
        attributes = dict(state_dict)
        saved = attributes.pop("_scale_fn_custom")
        if saved is not None:
            self._scale_fn_custom.__dict__.update(saved)
        self.__dict__.update(attributes)
