"""Return types of further functions, printed as torch prints them."""

from __future__ import annotations

from typing import NamedTuple

from numpynet.core.return_types import shown
from numpynet.core.tensor import Tensor


class frexp(NamedTuple):
    """Mantissas and exponents."""

    mantissa: Tensor
    exponent: Tensor

    def __repr__(self) -> str:
        return shown(self)


class nanmedian(NamedTuple):
    """Medians, and where they stand."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return shown(self)
