"""Size: the shape of a tensor, a tuple that prints as torch's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from operator import index
from typing import Any, SupportsIndex

from numpynet.core.shown_class import ShownAs

_item = tuple.__getitem__


class Size(tuple[int, ...], metaclass=ShownAs, torch_name="torch.Size"):
    """A tensor's shape. TypeError for what are no integers.

    >>> import numpynet
    >>> numpynet.zeros(2, 3).shape, numpynet.zeros(2, 3).shape.numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()

    def __new__(cls, iterable: Iterable[Any] = ()) -> Size:
        sizes = []
        for position, one in enumerate(iterable):
            try:
                sizes.append(int(index(one)))
            except (TypeError, ValueError):
                raise TypeError(
                    f"torch.Size() takes an iterable of 'int' (item {position} is '{type(one).__name__}')"
                ) from None
        return super().__new__(cls, sizes)

    def numel(self) -> int:
        """How many elements a tensor of this shape has.

        >>> import numpynet
        >>> numpynet.zeros(2, 3).shape.numel()
        6
        """
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, key: Any) -> Any:
        picked = _item(self, key)
        return picked if type(picked) is int else Size(picked)

    def __add__(self, other: Any) -> Size:
        return Size(super().__add__(other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: Any) -> Size:
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times: SupportsIndex) -> Size:
        return Size(super().__mul__(times))

    __rmul__ = __mul__


class _Sizes(dict[tuple[int, ...], Size]):
    """The `Size` of each shape met, which takes less time to look up than to make."""

    def __missing__(self, shape: tuple[int, ...]) -> Size:
        if len(self) >= 4096:
            self.clear()
        size = self[shape] = Size(shape)
        return size


size_of = _Sizes()
