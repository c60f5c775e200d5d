"""OneCycleLR: one rise and one fall of the learning rate, the momentum going the other way."""

from __future__ import annotations

import math
from typing import Any

from numpynet.optim.lr_scheduler.momentum import MomentumScheduler
from numpynet.optim.lr_scheduler.scheduler import one_for_each_group, require_optimizer
from numpynet.optim.optimizer import LearningRate, Optimizer


class OneCycleLR(MomentumScheduler):
    """From max_lr / div_factor up to max_lr, then down to 1 / final_div_factor of the start; one step a batch.

    L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks using large learning
    rates" (2018).

    total_steps: steps of the whole cycle, or else epochs times steps_per_epoch.
    pct_start: the share of steps in which the learning rate rises.
    anneal_strategy: "cos" along half a cosine, "linear" along a line.
    cycle_momentum: momentum (of Adam beta1) goes from max_momentum to base_momentum and back meanwhile.
    three_phase: falls to the start as steeply as it rose, and to the end in what steps are left.

    ValueError for options out of range and an optimizer without momentum; `step` raises it after total_steps.

    >>> import numpynet
    >>> from numpynet import optim
    >>> from numpynet.optim import lr_scheduler
    >>> optimizer = optim.SGD([numpynet.ones(1, requires_grad=True)], lr=1.0, momentum=0.9)
    >>> schedule = lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> schedule.get_last_lr()
    [0.040000000000000036]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        require_optimizer(optimizer)
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        peak = float(pct_start * self.total_steps) - 1
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        max_lrs = one_for_each_group("max_lr", optimizer, max_lr)
        self._take_momentums(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch)

        end = self.total_steps - 1
        rise = _phase(peak, "initial_lr", "max_lr", "max_momentum", "base_momentum")
        if three_phase:
            back = float(2 * pct_start * self.total_steps) - 2
            self._schedule_phases = [
                rise,
                _phase(back, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                _phase(end, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
            ]
        else:
            self._schedule_phases = [rise, _phase(end, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        self._anneal_func_type = anneal_strategy
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"] = lr / div_factor
                group["max_lr"] = lr
                group["min_lr"] = group["initial_lr"] / final_div_factor
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[LearningRate]:
        """The learning rates of this step; sets the momentums too."""
        self._warn_outside_step()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"Tried to step {step} times. The specified number of total steps is {self.total_steps}")
        start = 0.0
        for phase in self._schedule_phases:
            if step <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            start = phase["end_step"]
        part = (step - start) / (phase["end_step"] - start)
        for group in self.optimizer.param_groups if self.cycle_momentum else ():
            self._set_momentum(group, self._between(group[phase["start_momentum"]], group[phase["end_momentum"]], part))
        return [
            self._between(group[phase["start_lr"]], group[phase["end_lr"]], part)
            for group in self.optimizer.param_groups
        ]

    def _between(self, start: float, end: float, part: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def _phase(end: float, start_lr: str, end_lr: str, start_momentum: str, end_momentum: str) -> dict[str, Any]:
    """A phase up to the step `end`: between which of a group's values learning rate and momentum go."""
    return {
        "end_step": end,
        "start_lr": start_lr,
        "end_lr": end_lr,
        "start_momentum": start_momentum,
        "end_momentum": end_momentum,
    }


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    given = (
        {"total_steps": total_steps}
        if total_steps is not None
        else {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    )
    for name, value in given.items():
        if value <= 0 or not isinstance(value, int):  # type: ignore[operator]
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return math.prod(given.values())  # type: ignore[arg-type]
