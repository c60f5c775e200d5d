"""The step of a network of linear layers with ReLU between them, by hand, for any widths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.by_hand import losses, updates
from benchmarks.by_hand.flat import laid_flat
from benchmarks.workloads import Array, Workload

LOSSES = {"mse": losses.mse, "cross entropy": losses.cross_entropy}
UPDATES = {"SGD": updates.sgd, "Adam": updates.adam}


def network_step(workload: Workload) -> Callable[[Array, Array], float]:
    """A function of a batch x (N, I) and its targets that takes one step and returns the loss before it.

    The outputs z lie outputs first, (O, N): a maximum over ten neighbours is slow, over ten rows fast.
    """
    n, hidden, number = workload.batch, workload.widths[1:-1], np.float32
    θ, parameters = laid_flat(workload.parameters)
    gradients, slopes = laid_flat(workload.parameters)
    (*weights, last_w), (*biases, last_b) = parameters[::2], parameters[1::2]
    (*weight_slopes, last_dw), (*bias_slopes, last_db) = slopes[::2], slopes[1::2]
    hs, dhs = ([np.empty((n, width), number) for width in hidden] for _ in range(2))
    zeros = [np.zeros_like(h) for h in hs]
    bits = [
        (h.view(np.uint32), dh.view(np.uint32), np.empty(h.shape, np.uint32)) for h, dh in zip(hs, dhs, strict=True)
    ]
    z, dz = (np.empty((len(last_w), n), number) for _ in range(2))
    loss_and_slope = LOSSES[workload.loss](z, dz)
    forward = [(w.T, b, h, nothing) for w, b, h, nothing in zip(weights, biases, hs, zeros, strict=True)]
    first, *others = zip(dhs, bits, weight_slopes, bias_slopes, strict=True)
    backward = list(zip(others, hs, dhs, weights[1:], strict=False))[::-1]
    last_h_T, last_dh, dz_T, last_b_column = hs[-1].T, dhs[-1], dz.T, last_b.reshape(-1, 1)
    update = UPDATES[workload.optimizer](θ, gradients, workload.lr)
    ones = np.ones(n, number)
    add, multiply, maximum, sign = np.add, np.multiply, np.maximum, np.sign

    def through_relu(h: Array, dh: Array, mask: Array) -> None:
        """Leaves dh where h ≥ 0 is not 0, and 0 elsewhere; all are the bits of float32, as positive numbers."""
        sign(h, mask)
        multiply(dh, mask, dh)

    def step(x: Array, y: Array) -> float:
        # h = relu(x wᵀ + b), in each further layer with the h below in the place of x
        below = x
        for w_T, b, h, nothing in forward:
            below.dot(w_T, h)
            add(h, b, h)
            below = maximum(h, nothing, out=h)
        # zᵀ = w hᵀ + b
        last_w.dot(last_h_T, z)
        add(z, last_b_column, z)
        loss = loss_and_slope(y)
        # ∂L/∂w = ∂L/∂zᵀ h, ∂L/∂b = Σ ∂L/∂z, ∂L/∂h = ∂L/∂z w
        dz.dot(below, last_dw)
        dz.dot(ones, last_db)
        dz_T.dot(last_w, last_dh)
        for (dh, of_layer, dw, db), below, dbelow, w in backward:
            through_relu(*of_layer)
            dh.T.dot(below, dw)
            ones.dot(dh, db)
            dh.dot(w, dbelow)
        dh, of_layer, dw, db = first
        through_relu(*of_layer)
        dh.T.dot(x, dw)
        ones.dot(dh, db)
        update()
        return loss

    return step
