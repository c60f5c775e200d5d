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


def by_element(function: Callable[[float], float], x: Float64) -> Float64:
    """A function of `math`, of every element of a float64 array of any shape."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def cosine_and_sine(x: Float64) -> tuple[Float64, Float64]:
    """cos x and sin x of a float64 array of angles between 0 and 2π."""
    if _numpy_agrees():
        return np.cos(x), np.sin(x)
    return by_element(math.cos, x), by_element(math.sin, x)


@cache
def _numpy_agrees() -> bool:
    """Whether NumPy's cosine and sine are the C library's: tried on 4,096 angles, once.

    Implementations that differ do so in a percent of all arguments or more.
    """
    angles = np.linspace(0.0, 2 * math.pi, 4096)
    return np.array_equal(np.cos(angles), by_element(math.cos, angles)) and np.array_equal(
        np.sin(angles), by_element(math.sin, angles)
    )
