"""The linear regression's step by hand, with the formulas of the step beside it: eleven calls of NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.by_hand.flat import laid_flat
from benchmarks.workloads import Array, Workload


def regression_step(workload: Workload) -> Callable[[Array, Array], float]:
    """A function of a batch x (N, I), y (N, 1) that takes one step and returns the loss before it."""
    n = workload.batch
    θ, (w, b) = laid_flat(workload.parameters)
    gradients, (dw, db) = laid_flat(workload.parameters)
    b, dw_row = b.reshape(()), dw.T
    number = np.float32
    lr, one_by_n, two = (number(value).reshape(()) for value in (workload.lr, 1 / n, 2))
    ones, error, losses = np.ones(n, number), np.empty((n, 1), number), np.empty((n, 1), number)
    change, losses_flat, mean = np.empty_like(θ), losses.reshape(n), 1 / n
    add, subtract, multiply, divide, square = np.add, np.subtract, np.multiply, np.divide, np.square
    total, error_row_by = ones.dot, error.T.dot

    def step(x: Array, y: Array) -> float:
        # ŷ − y = x w + b − y, and the loss (ŷ − y)² / 2
        x.dot(w, error)
        add(error, b, error)
        subtract(error, y, error)
        square(error, losses)
        divide(losses, two, losses)
        loss = float(total(losses_flat)) * mean
        # ∂L/∂ŷ = (ŷ − y) / N, (∂L/∂w)ᵀ = (∂L/∂ŷ)ᵀ x, ∂L/∂b = Σ ∂L/∂ŷ
        multiply(error, one_by_n, error)
        error_row_by(x, dw_row)
        total(error, db)
        # θ ← θ − lr ∂L/∂θ
        multiply(gradients, lr, change)
        subtract(θ, change, θ)
        return loss

    return step
