"""Losses and their gradients by hand, for outputs that lie outputs first: z (O, N).

Each function binds its buffers and gives a function of the targets that returns the loss and leaves ∂L/∂z in dz.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.workloads import Array

Loss = Callable[[Array], float]


def mse(z: Array, dz: Array) -> Loss:
    """L = mean of (z − y)², ∂L/∂z = 2 (z − y) / size; targets y (N, O)."""
    slope, mean = np.array(2 / z.size, z.dtype), 1 / z.size
    flat = dz.reshape(-1)
    subtract, multiply, squared = np.subtract, np.multiply, flat.dot

    def loss(y: Array) -> float:
        subtract(z, y.T, dz)
        value = float(squared(flat)) * mean
        multiply(dz, slope, dz)
        return value

    return loss


def cross_entropy(z: Array, dz: Array) -> Loss:
    """L = mean of ln Σ e^z − z[y], ∂L/∂z = (softmax(z) − [class = y]) / N; classes y (N,). Changes z."""
    classes, n = z.shape
    by_class, by_sample, columns = np.ones(classes, z.dtype), np.ones(n, z.dtype), np.arange(n)
    total, n_totals, right = (np.empty(n, z.dtype) for _ in range(3))
    places, n_whole, n_number, one_by_n = np.empty_like(columns), np.array(n), np.array(n, z.dtype), z.dtype.type(1 / n)
    flat, slopes, mean = z.reshape(-1), dz.reshape(-1), 1 / n

    def loss(y: Array) -> float:
        np.maximum.reduce(z, axis=0, out=total)
        np.subtract(z, total, z)
        np.exp(z, dz)
        by_class.dot(dz, total)
        np.multiply(y, n_whole, places)
        np.add(places, columns, places)
        flat.take(places, out=right, mode="clip")  # the default mode would make a copy
        np.multiply(total, n_number, n_totals)
        np.divide(dz, n_totals, dz)
        slopes[places] -= one_by_n
        np.log(total, total)
        np.subtract(total, right, total)
        return float(by_sample.dot(total)) * mean

    return loss
