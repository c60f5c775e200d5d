"""Line search: how far to go along a direction, so that the strong Wolfe conditions hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from numpynet.ops.form import Array


class Point(NamedTuple):
    """A place on the line: t steps along the direction, the loss there, its gradient, and its slope along the line."""

    t: Any
    loss: float
    gradient: Array
    slope: Any


def cubic_minimum(a: Point, b: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic through both points, with their slopes, is least; kept within the bounds, or between them.

    The middle of the bounds where that cubic has no minimum. Source: J. Nocedal and S. Wright, "Numerical
    Optimization", 2nd edition, equation 3.59.

    >>> point = lambda t: Point(t, (t - 1.0) ** 2, None, 2 * (t - 1.0))
    >>> cubic_minimum(point(0.0), point(3.0))
    1.0
    """
    left, right = (a, b) if a.t <= b.t else (b, a)
    low, high = bounds if bounds is not None else (left.t, right.t)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2.0
    d2 = type(square)(math.sqrt(square))
    place = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(place, low), high)


def strong_wolfe(
    at: Callable[[Any], Point],
    start: Point,
    t: Any,
    length: float,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance_change: float = 1e-9,
    max_ls: int = 25,
) -> tuple[Point, int]:
    """The first point found whose loss is less by c1 of what the slope promised, and whose slope is c2 of it or less.

    at: goes t along the line and computes the loss there. start: the point with t = 0. t: where to look first.
    length: the greatest element of the direction, by magnitude; the search ends where the bracket is shorter than
    `tolerance_change` by it, or after `max_ls` steps, with the best point of the bracket.

    Returns the point and how often `at` was called. Source: J. Nocedal and S. Wright, "Numerical Optimization",
    2nd edition, algorithms 3.5 and 3.6, with the safeguards of M. Schmidt's minFunc, as in torch.
    """

    def is_too_high(point: Point, other: float) -> bool:
        return bool(point.loss > start.loss + c1 * point.t * start.slope or point.loss >= other)

    def is_flat(point: Point) -> bool:
        return bool(abs(point.slope) <= -c2 * start.slope)

    previous, point = start, at(t)
    calls = 1
    for searched in range(max_ls):
        if is_too_high(point, previous.loss if searched > 1 else math.inf):
            break
        if is_flat(point):
            return point, calls
        if point.slope >= 0:
            break
        bounds = point.t + 0.01 * (point.t - previous.t), point.t * 10
        previous, point = point, at(cubic_minimum(previous, point, bounds))
        calls += 1
    else:
        return min(start, point, key=lambda one: one.loss), calls

    best, worst = (previous, point) if previous.loss <= point.loss else (point, previous)
    has_stalled = False
    while calls <= max_ls:
        low, high = min(best.t, worst.t), max(best.t, worst.t)
        if (high - low) * length < tolerance_change:
            break
        t = cubic_minimum(best, worst)
        margin = 0.1 * (high - low)
        is_near_end = min(high - t, t - low) < margin
        if is_near_end and (has_stalled or t >= high or t <= low):
            t = high - margin if abs(t - high) < abs(t - low) else low + margin
            is_near_end = False
        has_stalled = bool(is_near_end)
        point = at(t)
        calls += 1
        if is_too_high(point, best.loss):
            best, worst = (best, point) if best.loss <= point.loss else (point, best)
            continue
        if is_flat(point):
            return point, calls
        best, worst = point, best if point.slope * (worst.t - best.t) >= 0 else worst
    return best, calls


def magnitude(x: Array) -> Any:
    """The greatest element of x by magnitude; 0 of none."""
    return np.abs(x).max(initial=0)
