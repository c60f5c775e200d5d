"""The iris data, so that programs need no other package: R. A. Fisher (1936), as scikit-learn has them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@cache
def flowers() -> tuple[Array, Array]:
    """Measurements (150, 4) in cm, float64: length and width of sepals and petals. Species (150,): 0, 1 or 2."""
    table = np.loadtxt(Path(__file__).with_name("iris.csv"), delimiter=",", skiprows=1)
    return table[:, :4], table[:, 4].astype(np.int64)
