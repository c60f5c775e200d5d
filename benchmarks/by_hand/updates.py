"""Updates of all parameters at once, which lie one behind the other, as do their gradients."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from benchmarks.workloads import Array

CACHED = 1 << 16  # numbers, so many that a product with the learning rate is still in the cache when it is subtracted


def sgd(θ: Array, g: Array, lr: float) -> Callable[[], None]:
    """θ ← θ − lr g, in parts that stay in the cache between the two calls."""
    rate = np.array(lr, θ.dtype)
    product = np.empty(min(CACHED, θ.size), θ.dtype)
    parts = [(θ[i : i + CACHED], g[i : i + CACHED], product[: θ.size - i]) for i in range(0, θ.size, CACHED)]
    subtract, multiply = np.subtract, np.multiply

    def update() -> None:
        for part, gradient, change in parts:
            multiply(gradient, rate, change)
            subtract(part, change, part)

    return update


def adam(θ: Array, g: Array, lr: float, β1: float = 0.9, β2: float = 0.999, eps: float = 1e-8) -> Callable[[], None]:
    """m ← β1 m + (1 − β1) g, v ← β2 v + (1 − β2) g², θ ← θ − lr m̂ / (√v̂ + eps), in torch's order of roundings."""
    m, v = np.zeros_like(θ), np.zeros_like(θ)
    a, b = np.empty_like(θ), np.empty_like(θ)
    keep_m, take_m, keep_v, take_v, tiny = (np.array(one, θ.dtype) for one in (β1, 1 - β1, β2, 1 - β2, eps))
    rate, correction = np.empty((), θ.dtype), np.empty((), θ.dtype)
    add, subtract, multiply, divide, sqrt = np.add, np.subtract, np.multiply, np.divide, np.sqrt
    t = 0

    def update() -> None:
        nonlocal t
        t += 1
        rate[()], correction[()] = lr / (1 - β1**t), math.sqrt(1 - β2**t)
        multiply(m, keep_m, m)
        multiply(g, take_m, a)
        add(m, a, m)
        multiply(v, keep_v, v)
        multiply(g, take_v, a)
        multiply(a, g, a)
        add(v, a, v)
        sqrt(v, a)
        divide(a, correction, a)
        add(a, tiny, a)
        multiply(m, rate, b)
        divide(b, a, b)
        subtract(θ, b, θ)

    return update
