"""Blocks: a formula of several passes over a large array, computed on one part after another.

A part of this size stays in the processor's own memory from one pass to the next, and its temporaries are small.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import copysign, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

ELEMENTS = 32768
FEW = 1 << 20  # up to here a whole array and its temporaries fit in the processor's memory as well
MANY_PASSES = 4 * ELEMENTS  # but those of a long formula take their time to be made
SOME, MANY = 128, 4096  # elements between which a number is repeated for each
FLOATS = "fde"


def in_blocks(formula: Callable[..., Array], *arrays: Array, row: int | None = None, few: int = FEW) -> Array:
    """formula(*arrays), for arrays of one shape and a result of the shape and the dtype of the first.

    few: up to so many elements are computed as a whole.

    row: how many neighbouring elements a formula needs to see together: it is called on matrices (..., row), and its
    result for one row must not depend on other rows. None for formulas that compute element by element.

    >>> in_blocks(lambda x: x * x, np.array([1.0, 2.0]))
    array([1., 4.])
    """
    x = arrays[0]
    if x.size <= few or not all(_splits(one, x) for one in arrays):
        return formula(*arrays)
    y = np.empty_like(x)
    shape = (-1,) if row is None else (-1, row)
    step = max(ELEMENTS // (row or 1), 1)
    into, *parts = (one.reshape(shape) for one in (y, *arrays))
    for start in range(0, len(into), step):
        block = slice(start, start + step)
        into[block] = formula(*(part[block] for part in parts))
    return y


def between(low: float, x: Array, high: float) -> Any:
    """min(max(low, x), high) for numbers, of which none is NaN; x itself where it equals one of them, as zeros may.

    >>> between(0.0, np.array([-1.0, -0.0, np.nan, 2.0]), np.inf)
    array([ 0., -0., nan,  2.])
    """
    if type(x) is np.ndarray and (x.size > MANY or (low != -inf and high != inf)) and x.dtype.char in FLOATS:
        kind = x.dtype.char  # in one pass, which takes a third of the time of two
        return x.clip(held(low, kind), held(high, kind))
    if low == -inf:
        return np.minimum(beside(high, x), x)  # a new array even where there is no bound
    x = np.maximum(beside(low, x), x)
    return x if high == inf else np.minimum(beside(high, x), x)


def beside(number: float, x: Array) -> Any:
    """A number as what a function of NumPy takes soonest next to x: an array without dimensions, or of x's shape where
    x has neither few nor many elements, with which np.maximum and its kin take half the time.

    >>> beside(0, np.ones(3))
    array(0.)
    """
    if type(x) is not np.ndarray:
        return number
    kind = x.dtype.char
    if kind not in FLOATS:
        return number
    if SOME < x.size <= MANY and x.flags.c_contiguous:
        return _filled(x.shape, number, 1 if type(number) is int else copysign(1, number), kind)
    return held(number, kind)


def lone(number: float, x: Array) -> Any:
    """A number, not −0, as `alone` has it, in the dtype of x; beside a symbol of a traced step, the number.

    >>> lone(1, np.ones(3))
    array(1.)
    """
    return alone(number, x.dtype) if type(x) is np.ndarray else number


def held(number: float, kind: Any) -> Array:
    """A number as an array without dimensions of floats of that kind, beside which NumPy takes half the time.

    >>> np.array([1.0, 5.0]) * held(3, "d")
    array([ 3., 15.])
    """
    return alone(number, kind) if number else _filled((), number, copysign(1, number), kind)


@lru_cache(256)
def alone(number: float, kind: Any) -> Array:
    """A number, not −0, as an array without dimensions, beside which NumPy takes half the time of one of Python's.

    >>> np.array([1, 5]) < alone(3, np.dtype(np.int64))
    array([ True, False])
    """
    array = np.array(number, kind)
    array.flags.writeable = False
    return array


@lru_cache(64)
def _filled(shape: tuple[int, ...], number: float, sign: float, kind: Any) -> Array:
    """sign: tells 0 from -0, which are one key."""
    filled = np.full(shape, number, kind)
    filled.flags.writeable = False
    return filled


def _splits(one: Array, x: Array) -> bool:
    """Symbols of a traced step do not: there is one call for the whole, which gives the same bits."""
    return type(one) is np.ndarray and one.shape == x.shape and one.dtype == x.dtype and one.flags.c_contiguous
