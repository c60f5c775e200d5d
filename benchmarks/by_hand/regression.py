"""The linear regression's step by hand: nine calls of NumPy."""

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
    b = b.reshape(())
    lr, one_by_n = np.float32(workload.lr).reshape(()), np.float32(1 / n).reshape(())
    half_mean = 0.5 / n
    ones = np.ones(n, np.float32)
    error, change = np.empty((n, 1), np.float32), np.empty_like(θ)
    error_row = error.reshape(n)
    add, subtract, multiply = np.add, np.subtract, np.multiply
    squared, error_sum = error_row.dot, ones.dot

    def step(x: Array, y: Array) -> float:
        # ŷ − y = x w + b − y, and the loss ½ (ŷ − y)²
        x.dot(w, error)
        add(error, b, error)
        subtract(error, y, error)
        loss = float(squared(error_row)) * half_mean
        # ∂L/∂ŷ = (ŷ − y) / N, ∂L/∂w = xᵀ ∂L/∂ŷ, ∂L/∂b = Σ ∂L/∂ŷ
        multiply(error, one_by_n, error)
        x.T.dot(error, dw)
        error_sum(error, db)
        # θ ← θ − lr ∂L/∂θ
        multiply(gradients, lr, change)
        subtract(θ, change, θ)
        return loss

    return step
