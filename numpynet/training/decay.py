"""Decay of the learning rate, a little at every step."""

from __future__ import annotations

from typing import Any

from numpynet.optim import Optimizer


class LearningRateDecay:
    """lr_k = lr_{k-1} / (1 + decay_rate · k)        at steps k = 1, 2, ...

    The factors multiply: after k steps the learning rate is lr_0 / ∏ (1 + decay_rate · j), j = 1 ... k, about
    lr_0 · exp(-decay_rate · k² / 2). Computed as ``lr *= 1 / (1 + decay_rate * k)`` in float64, for every
    parameter group. Call `step` before the optimizer's, so that the k-th update uses lr_k; nothing changes
    before the first call.

    optimizer: anything with `param_groups`. Its learning rates are lr_0, read when they are changed: a rate
    set by hand in between decays on from there.
    decay_rate: a number ≥ 0; 0 leaves the learning rate alone. ValueError when negative or not finite.

    >>> import numpynet
    >>> from numpynet.training import LearningRateDecay
    >>> w = numpynet.zeros(1, requires_grad=True)
    >>> optimizer = numpynet.optim.SGD([w], lr=0.5)
    >>> decay = LearningRateDecay(optimizer, decay_rate=0.25)
    >>> for _ in range(2):
    ...     decay.step()
    ...     print(decay.get_last_lr())
    [0.4]
    [0.26666666666666666]
    """

    def __init__(self, optimizer: Optimizer, decay_rate: float) -> None:
        if not 0 <= decay_rate < float("inf"):
            raise ValueError(f"decay_rate must be a finite number ≥ 0, but got {decay_rate}")
        self.optimizer = optimizer
        self.decay_rate = decay_rate
        self.step_count = 0

    def step(self) -> None:
        """Goes to the next learning rate.

        >>> import numpynet
        >>> from numpynet.training import LearningRateDecay
        >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1, requires_grad=True)], lr=0.5)
        >>> LearningRateDecay(optimizer, decay_rate=0.25).step()
        >>> optimizer.param_groups[0]["lr"]
        0.4
        """
        self.step_count += 1
        factor = 1 / (1 + self.decay_rate * self.step_count)
        for group in self.optimizer.param_groups:
            group["lr"] *= factor

    def get_last_lr(self) -> list[Any]:
        """The present learning rate of each parameter group.

        >>> import numpynet
        >>> from numpynet.training import LearningRateDecay
        >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1, requires_grad=True)], lr=0.5)
        >>> LearningRateDecay(optimizer, decay_rate=0.25).get_last_lr()
        [0.5]
        """
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs beside the optimizer's own state to go on from here.

        >>> import numpynet
        >>> from numpynet.training import LearningRateDecay
        >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1, requires_grad=True)], lr=0.5)
        >>> LearningRateDecay(optimizer, decay_rate=0.25).state_dict()
        {'decay_rate': 0.25, 'step_count': 0}
        """
        return {"decay_rate": self.decay_rate, "step_count": self.step_count}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the rate and the count of steps; the learning rates themselves are in the optimizer's state.

        >>> import numpynet
        >>> from numpynet.training import LearningRateDecay
        >>> optimizer = numpynet.optim.SGD([numpynet.zeros(1, requires_grad=True)], lr=0.5)
        >>> decay = LearningRateDecay(optimizer, decay_rate=0.25)
        >>> decay.load_state_dict({"decay_rate": 0.5, "step_count": 3})
        >>> decay.step_count
        3
        """
        decay_rate, step_count = state_dict["decay_rate"], state_dict["step_count"]
        self.decay_rate, self.step_count = decay_rate, step_count
