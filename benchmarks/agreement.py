"""Equal results: who computes other losses than the others is not timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.workloads import Array

CHECKED = 4  # steps: a wrong gradient shows in the loss of the step after it

Losses = Mapping[int, Array]  # by step, counted from 0


class DisagreementError(Exception):
    """Two libraries' losses are further apart than roundings explain."""


def assert_equal(losses: Losses, expected: Losses, tolerance: Callable[[int], float]) -> None:
    """DisagreementError unless each loss is within the tolerance of the expected one, relative to that.

    losses, expected: at each step an array whose last axis are seeds; the first seeds, which both have, are compared.
    tolerance: a function of the step.
    """
    for step in sorted(set(losses) & set(expected)):
        seeds = min(losses[step].shape[-1], expected[step].shape[-1])
        own, right = losses[step][..., :seeds], expected[step][..., :seeds]
        apart = np.max(np.abs(own - right) / np.abs(right))
        if not apart <= tolerance(step):
            raise DisagreementError(
                f"not timed: its loss at step {step + 1} is off by {apart:.1e}, and roundings explain "
                f"{tolerance(step):.1e}"
            )
