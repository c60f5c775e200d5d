"""ULP distance: how many floating-point numbers lie between two, the finest measure of a difference."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.testing.conversion import as_array

NOT_COMPARABLE = 2**64 - 1  # farther than −∞ is from ∞ in float64

_INTEGERS = {np.dtype("float16"): np.int16, np.dtype("float32"): np.int32, np.dtype("float64"): np.int64}


def _ordinals(x: NDArray[Any]) -> NDArray[np.int64]:
    """The place of each number in the order of all numbers of its dtype, both zeros having place 0.

    IEEE 754 orders the bits of positive numbers as integers; negative ones have the sign bit set besides.
    """
    bits = np.ascontiguousarray(x).view(_INTEGERS[x.dtype])
    magnitude = (bits & np.iinfo(bits.dtype).max).astype(np.int64)
    return np.where(bits < 0, -magnitude, magnitude).reshape(x.shape)


def ulp_distance(a: Any, b: Any) -> Any:
    """How many steps from one representable number to the next lead from a to b: exact, never rounded.

    a, b: tensors, arrays or numbers of one dtype (float16, float32 or float64) whose shapes broadcast.
    Returns uint64 of the broadcast shape, or an int for two 0-dimensional operands. Both zeros are one
    number, and so is every NaN: they are 0 apart. A NaN and a number are ``2**64 - 1`` apart, which is more
    than any two numbers. ∞ is one step from the largest finite number.
    TypeError when the dtypes differ or are not floating.

    >>> import numpy as np
    >>> from numpynet.testing import ulp_distance
    >>> ulp_distance(1.0, 1.0 + 2**-52), ulp_distance(0.0, -0.0)
    (1, 0)
    >>> ulp_distance(np.float32([1, -1]), np.nextafter(np.float32([1, -1]), np.float32(0)))
    array([1, 1], dtype=uint64)
    """
    first, second = as_array(a), as_array(b)
    if first.dtype != second.dtype or first.dtype not in _INTEGERS:
        raise TypeError(
            f"ulp_distance: both operands must have one floating dtype, not {first.dtype.name} and "
            f"{second.dtype.name}: convert one, as in a.astype(b.dtype)"
        )
    p, q = _ordinals(first), _ordinals(second)
    # Two's complement wraps around, so the difference is exact in uint64 even where int64 overflows.
    distance = np.where(p > q, p.view(np.uint64) - q.view(np.uint64), q.view(np.uint64) - p.view(np.uint64))
    lost = np.isnan(first), np.isnan(second)
    distance = np.where(lost[0] & lost[1], np.uint64(0), distance)
    distance = np.where(lost[0] ^ lost[1], np.uint64(NOT_COMPARABLE), distance)
    return distance if distance.ndim else int(distance)
