"""Elementary functions of float64 with the C library's bits, which are the bits of torch's scalar loops.

NumPy has vectorised versions of its own whose last bit may differ, depending on its version and on the
processor. Python's `math` calls the C library.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Function = Callable[[float], float]

# Arguments on which NumPy's functions are tried: as the distributions use them.
_TRIED = 8192
_RANGES: dict[Function, tuple[float, float]] = {
    math.log: (2.0**-53, 1.0),
    math.log1p: (-1.0 + 2.0**-53, 0.0),
    math.cos: (0.0, 2 * math.pi),
    math.sin: (0.0, 2 * math.pi),
    math.tan: (-math.pi / 2, math.pi / 2),
}


def of_array(function: Function, x: Float64) -> Float64:
    """`function`, one of `math`'s log, log1p, cos, sin and tan, of every element of a float64 array."""
    if _numpy_agrees(function):
        result: Float64 = getattr(np, function.__name__)(x)
        return result
    return by_element(function, x)


def by_element(function: Function, x: Float64) -> Float64:
    """A function of `math`, of every element of a float64 array of any shape."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


@cache
def _numpy_agrees(function: Function) -> bool:
    """Whether NumPy's function of that name is the C library's: tried on some thousand arguments, once.

    Implementations that differ do so in some thousandths of all arguments or more.
    """
    x = np.linspace(*_RANGES[function], _TRIED)
    return np.array_equal(getattr(np, function.__name__)(x), by_element(function, x))
