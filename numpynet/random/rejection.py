"""Rejection: Poisson, binomial and gamma numbers, as torch draws them one by one from uniform and normal ones.

uniform() and normal() give the next float64 of the generator's streams. What is computed, and in which order it is
drawn, is torch's (ATen/native/Distributions.h and .cpp).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Source = Callable[[], float]
Rounding = Callable[[float], float]
_THIRD, _SQUEEZE = 0.3333333432674408, 0.03310000151395798  # 1/3 and 0.0331, which torch rounds to float32

# ln k! − (k + ½) ln(k + 1) + k + 1 − ½ ln 2π, Stirling's error, for small k (Hörmann 1993, as tabulated there).
_STIRLING_TAIL = [
    math.lgamma(k + 1) - (k + 0.5) * math.log(k + 1) + k + 1 - 0.5 * math.log(2 * math.pi) for k in range(10)
]


def poisson(rate: float, uniform: Source) -> float:
    """A Poisson number of that rate: a product of uniform numbers, or transformed rejection from 10 (Hörmann 1993)."""
    if rate == 0:
        return 0.0
    if rate < 10:
        limit, product, count = math.exp(-rate), 1.0, 0
        while True:
            product *= uniform()
            if not product > limit:
                return float(count)
            count += 1
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = uniform() - 0.5, uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        density = -rate + k * math.log(rate) - math.lgamma(k + 1)
        if _log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b) <= density:
            return float(k)


def _log(x: float) -> float:
    return math.log(x) if x else -math.inf


def single(x: float) -> float:
    """Rounded to float32."""
    return float(np.float32(x))


def double(x: float) -> float:
    """As it is."""
    return x


def binomial(count: float, probability: float, uniform: Source, f: Rounding = double) -> float:
    """How many of so many events of that probability happen: by geometric gaps, or rejection where many do.

    f: rounds to the dtype that is drawn in, after every step, as torch computes.
    """
    if count <= 0 or probability <= 0:
        return 0.0
    if probability >= 1:
        return count
    if math.isnan(probability):
        return math.nan
    if probability <= 0.5:
        return _binomial(count, probability, uniform, f)
    return count - _binomial(count, f(1 - probability), uniform, f)


def _binomial(count: float, probability: float, uniform: Source, f: Rounding) -> float:
    if f(count * probability) >= 10:
        return _binomial_by_rejection(count, probability, uniform, f)
    gaps, happened, logarithm = 0.0, 0, f(math.log1p(-probability))
    while True:
        gaps = f(gaps + math.ceil(f(f(_log(f(uniform()))) / logarithm))) if logarithm else math.inf
        if gaps > count:
            return float(happened)
        happened += 1


def _stirling_tail(k: float, f: Rounding) -> float:
    if k <= 9:
        return f(_STIRLING_TAIL[int(k)])
    square = f((k + 1) * (k + 1))
    return f((1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1))


def _binomial_by_rejection(count: float, probability: float, uniform: Source, f: Rounding) -> float:
    """Hörmann's BTRS (1993)."""
    deviation = f(math.sqrt(f(f(count * probability) * f(1 - probability))))
    b = f(1.15 + 2.53 * deviation)
    a = f(-0.0873 + 0.0248 * b + 0.01 * probability)
    c = f(f(count * probability) + 0.5)
    v_r = f(0.92 - 4.2 / b)
    r = f(probability / f(1 - probability))
    alpha = f((2.83 + 5.1 / b) * deviation)
    m = float(math.floor(f(f(count + 1) * probability)))

    def log(numerator: float, denominator: float) -> float:
        return f(math.log(f(numerator / denominator)))

    while True:
        u = f(uniform() - 0.5)
        v = f(uniform())
        us = f(0.5 - abs(u))
        k = float(math.floor(f(f(f(f(2 * a / us) + b) * u) + c)))
        if us >= 0.07 and v <= v_r:
            return k
        if k < 0 or k > count:
            continue
        v = f(_log(f(f(v * alpha) / f(f(a / f(us * us)) + b))))
        bound = f(
            (m + 0.5) * log(m + 1, f(r * (count - m + 1)))
            + f(f(count + 1) * log(count - m + 1, count - k + 1))
            + (k + 0.5) * log(f(r * (count - k + 1)), k + 1)
            + _stirling_tail(m, f)
            + _stirling_tail(count - m, f)
            - _stirling_tail(k, f)
            - _stirling_tail(count - k, f)
        )
        if v <= bound:
            return k


def gamma(alpha: float, uniform: Source, normal: Source, f: Rounding = double) -> float:
    """A gamma number of that shape and scale 1 (Marsaglia and Tsang 2000). f: rounds what is made of the shape."""
    scale = 1.0
    if alpha < 1:
        if alpha == 0:
            return 0.0
        scale *= math.pow(1 - uniform(), f(1 / alpha))
        alpha = f(alpha + 1)
    d = f(alpha - _THIRD)
    c = 1 / math.sqrt(9 * d)
    while True:
        x, y = 0.0, 0.0
        while y <= 0:
            x = normal()
            y = 1 + c * x
        v = y * y * y
        u = 1 - uniform()
        square = x * x
        if u < 1 - _SQUEEZE * square * square:
            return scale * d * v
        if math.log(u) < 0.5 * square + d * (1 - v + math.log(v)):
            return scale * d * v
