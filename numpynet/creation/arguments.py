"""Arguments that creation functions share: sizes, dtypes, requires_grad."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.core import dtypes
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.form import Array

Kind = dtypes.dtype | None


def finished(array: Array, requires_grad: bool) -> Tensor:
    """A tensor around a new array; RuntimeError when integers should require a gradient."""
    made = wrap(array)
    return made.requires_grad_() if requires_grad else made


def sizes(size: tuple[Any, ...], operation: str = "empty") -> tuple[int, ...]:
    """The shape meant by ``zeros(2, 3)`` and ``zeros((2, 3))`` alike.

    TypeError for sizes that are no integers, RuntimeError for a negative one.
    """
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    for position, one in enumerate(size):
        if isinstance(one, (bool, float, str)) or not hasattr(one, "__index__"):
            raise TypeError(
                f"{operation}(): argument 'size' (position {position + 1}) must be tuple of ints, not "
                f"{type(one).__name__}"
            )
    shape = tuple(int(one) for one in size)
    if any(one < 0 for one in shape):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)} in {operation}()"
        )
    return shape


def floating(dtype: Kind, operation: str) -> np.dtype[Any]:
    """The NumPy dtype wanted, or the default floating one."""
    return dtypes.default_numpy_dtype() if dtype is None else dtypes.to_numpy_dtype(dtype, operation)


# --- from data --------------------------------------------------------------------------------------------
