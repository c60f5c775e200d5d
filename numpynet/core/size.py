"""Size: the shape of a tensor, a tuple that prints as torch's."""

from __future__ import annotations

import math
from typing import Any, SupportsIndex


class Size(tuple[int, ...]):
    """A tensor's shape.

    >>> import numpynet
    >>> numpynet.zeros(2, 3).shape, numpynet.zeros(2, 3).shape.numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, key: Any) -> Any:
        picked = super().__getitem__(key)
        return Size(picked) if isinstance(key, slice) else picked

    def __add__(self, other: Any) -> Size:
        return Size(super().__add__(tuple(other)))

    def __mul__(self, times: SupportsIndex) -> Size:
        return Size(super().__mul__(times))
