"""The step of a network with one narrow hidden layer and a logit, by hand and without a loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.by_hand.flat import laid_flat
from benchmarks.workloads import Array, Workload


def iris_step(workload: Workload) -> Callable[[Array, Array], float]:
    """A function of a batch x (N, I), y (N, 1) that takes one step and returns the loss before it.

    With e = e^−|z|, the binary cross entropy of logits z is  max(z, 0) − y z + ln(1 + e)  and σ(z) is
    e^min(z, 0) / (1 + e).  Nothing overflows, and both tails are accurate.
    """
    n, hidden = workload.batch, workload.widths[1]
    θ, (w1, b1, w2, b2) = laid_flat(workload.parameters)
    gradients, (dw1, db1, dw2, db2) = laid_flat(workload.parameters)
    w1_T, b1_row, w2_T, b2 = w1.T, b1.reshape(1, hidden), w2.T, b2.reshape(())
    number = np.float32
    lr, one_by_n, one = (number(value).reshape(()) for value in (workload.lr, 1 / n, 1))
    zeros, zeros_column = np.zeros((n, hidden), number), np.zeros((n, 1), number)
    ones, ones_column, minus_ones = np.ones(n, number), np.ones((n, 1), number), np.full((n, 1), -1, number)
    h, biases, dh = (np.empty((n, hidden), number) for _ in range(3))
    z, e, t, dz = (np.empty((n, 1), number) for _ in range(4))
    terms, (linear, logarithm) = laid_flat([z, z])
    change, mean, ones_twice = np.empty_like(θ), 1 / n, np.ones(2 * n, number)
    dz_row, dh_T = dz.reshape(1, n), dh.T
    h_bits, dh_bits, mask = h.view(np.uint32), dh.view(np.uint32), np.empty((n, hidden), np.uint32)
    add, subtract, multiply, divide, exp, log1p = np.add, np.subtract, np.multiply, np.divide, np.exp, np.log1p
    maximum, minimum, copysign, sign = np.maximum, np.minimum, np.copysign, np.sign
    repeat_rows, through_w2, column_sums, sum_of_terms = ones_column.dot, h.dot, ones.dot, ones_twice.dot
    dz_row_by, dz_by, dh_T_by = dz_row.dot, dz.dot, dh_T.dot

    def step(x: Array, y: Array) -> float:
        # h = relu(x w1ᵀ + b1), z = h w2ᵀ + b2
        x.dot(w1_T, h)
        repeat_rows(b1_row, biases)  # with the addition cheaper than broadcasting rows as short as these
        add(h, biases, h)
        maximum(h, zeros, out=h)
        through_w2(w2_T, z)
        add(z, b2, z)
        # the loss per sample: max(z, 0) − y z, and beside it ln(1 + e)
        copysign(z, minus_ones, e)
        exp(e, e)
        log1p(e, logarithm)
        multiply(y, z, t)
        maximum(z, zeros_column, out=linear)
        subtract(linear, t, linear)
        loss = float(sum_of_terms(terms)) * mean
        # ∂L/∂z = (σ(z) − y) / N, where σ(z) = e^min(z, 0) / (1 + e)
        minimum(z, zeros_column, out=dz)
        exp(dz, dz)
        add(e, one, e)
        divide(dz, e, dz)
        subtract(dz, y, dz)
        multiply(dz, one_by_n, dz)
        # ∂L/∂w2 = ∂L/∂zᵀ h, ∂L/∂b2 = Σ ∂L/∂z, ∂L/∂h = ∂L/∂z w2, which passes where h > 0
        dz_row_by(h, dw2)
        column_sums(dz, db2)
        dz_by(w2, dh)
        sign(h_bits, mask)  # 0 or 1: the bits of h ≥ 0 are a positive number but for h = 0
        multiply(dh_bits, mask, dh_bits)
        # ∂L/∂w1 = ∂L/∂hᵀ x, ∂L/∂b1 = Σ ∂L/∂h
        dh_T_by(x, dw1)
        column_sums(dh, db1)
        # θ ← θ − lr ∂L/∂θ
        multiply(gradients, lr, change)
        subtract(θ, change, θ)
        return loss

    return step
