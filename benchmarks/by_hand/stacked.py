"""Many small networks as one, by hand: their arrays stacked, their first layers one product."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.by_hand.flat import laid_flat
from benchmarks.workloads import Array


def stacked_step(parameters: Sequence[Array], x: Array, y: Array, lr: float) -> Callable[[], Array]:
    """A function that takes one step of S networks on the same batch and returns their losses before it, (S,).

    parameters: w1 (S, H, I), b1 (S, H), w2 (S, 1, H), b2 (S, 1). x: (N, I), y: (N, 1). The loss is the binary cross
    entropy of `iris_step`. Samples come last, (S, H, N), so that the biases of all layers are added along them.
    """
    s, hidden, inputs = parameters[0].shape
    n, number = len(x), np.float32
    θ, (w1, b1, w2, b2) = laid_flat(parameters)
    gradients, (dw1, db1, dw2, db2) = laid_flat(parameters)
    h, dh = (np.empty((s, hidden, n), number) for _ in range(2))
    h_bits, dh_bits, mask = h.view(np.uint32), dh.view(np.uint32), np.empty(h.shape, np.uint32)
    z, e, t, dz, loss = (np.empty((s, n), number) for _ in range(5))
    zeros, zeros_row, losses = np.zeros_like(h), np.zeros_like(z), np.empty(s, number)
    change, x_T, y_row = np.empty_like(θ), np.ascontiguousarray(x.T), y.reshape(1, n)
    lr_number, one_by_n, one, ones = (
        np.array(lr, number),
        np.array(1 / n, number),
        np.array(1, number),
        np.ones(n, number),
    )
    units, unit_slopes, b1_column, db1_row = h.reshape(-1, n), dh.reshape(-1, n), b1.reshape(-1, 1), db1.reshape(-1)
    w1_rows, dw1_rows, w2_column, db2_row = w1.reshape(-1, inputs), dw1.reshape(-1, inputs), w2.mT, db2.reshape(-1)
    z_planes, dz_planes, h_T = z.reshape(s, 1, n), dz.reshape(s, 1, n), h.mT

    def step() -> Array:
        # h = relu(w1 xᵀ + b1), z = w2 h + b2
        w1_rows.dot(x_T, units)
        np.add(units, b1_column, units)
        np.maximum(h, zeros, out=h)
        np.matmul(w2, h, z_planes)
        np.add(z, b2, z)
        # max(z, 0) − y z + ln(1 + e), where e = e^−|z|
        np.abs(z, e)
        np.negative(e, e)
        np.exp(e, e)
        np.log1p(e, loss)
        np.multiply(z, y_row, t)
        np.subtract(loss, t, loss)
        np.maximum(z, zeros_row, out=t)
        np.add(loss, t, loss)
        np.multiply(loss.dot(ones, losses), one_by_n, losses)
        # ∂L/∂z = (σ(z) − y) / N, where σ(z) = e^min(z, 0) / (1 + e)
        np.minimum(z, zeros_row, out=dz)
        np.exp(dz, dz)
        np.add(e, one, e)
        np.divide(dz, e, dz)
        np.subtract(dz, y_row, dz)
        np.multiply(dz, one_by_n, dz)
        # the second layer, and ∂L/∂h = w2ᵀ ∂L/∂z where h > 0
        np.matmul(dz_planes, h_T, dw2)
        dz.dot(ones, db2_row)
        np.multiply(w2_column, dz_planes, dh)
        np.sign(h_bits, mask)  # 0 or 1: the bits of h ≥ 0 are a positive number but for h = 0
        np.multiply(dh_bits, mask, dh_bits)
        # the first layer
        unit_slopes.dot(x, dw1_rows)
        unit_slopes.dot(ones, db1_row)
        np.multiply(gradients, lr_number, change)
        np.subtract(θ, change, θ)
        return losses

    return step
