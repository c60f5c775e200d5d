"""Conversion: the array behind whatever a test compares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_tensor(value: Any) -> bool:
    """Whether this is a tensor, of numpynet or of torch: recognised by its methods, so torch need not be there."""
    return hasattr(value, "detach") and hasattr(value, "numpy")


def as_array(value: Any) -> NDArray[Any]:
    """The values of a tensor, an array, a number or nested lists, as an array; without a copy where possible."""
    return np.asarray(value.detach().numpy() if is_tensor(value) else value)
