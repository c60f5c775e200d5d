"""The matrix products of a network's step and nothing else: what a step cannot be faster than."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.workloads import Array, Workload


def products_step(workload: Workload) -> Callable[[Array], None]:
    """A function of a batch x (N, I) that takes the products of one step, of which the data need no gradient."""
    n, widths = workload.batch, workload.widths
    weights = [w.reshape(o, i) for w, i, o in zip(workload.parameters[::2], widths, widths[1:], strict=False)]
    values = [np.ones((n, width), np.float32) for width in widths]
    slopes = [np.empty_like(w) for w in weights]
    cotangents = [np.ones((n, width), np.float32) for width in widths]

    def step(x: Array) -> None:
        below = x
        for w, h in zip(weights, values[1:], strict=True):
            below.dot(w.T, h)  # y = x wᵀ
            below = h
        for layer in reversed(range(len(weights))):
            dy = cotangents[layer + 1]
            dy.T.dot(values[layer] if layer else x, slopes[layer])  # ∂L/∂w = ∂L/∂yᵀ x
            if layer:
                dy.dot(weights[layer], cotangents[layer])  # ∂L/∂x = ∂L/∂y w

    return step
