"""Views: the ways in which a program looks at an array, and how each is taken, written, and taken of many at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class ViewKind:
    """A kind of views; those below are all there are.

    take: gives the view of an array, with the arguments of a `Look`. text: the same as Python, of the array's name.
    of_many: for so many arrays along a first axis, the arguments that give the views of all. suffix: what the name of
    the view ends with.
    """

    take: Callable[..., Array]
    text: Callable[..., str]
    of_many: Callable[..., tuple[Any, ...]]
    suffix: Callable[..., str]


@dataclass(frozen=True)
class Look:
    """How a view is taken of another array."""

    kind: ViewKind
    args: tuple[Any, ...]

    def take(self, array: Array) -> Array:
        """The view."""
        return self.kind.take(array, *self.args)

    def text(self, name: str) -> str:
        """The view as Python text, of an array of this name."""
        return self.kind.text(name, *self.args)

    def name(self, base: str) -> str:
        """What the view of an array of this name is called."""
        return f"{base}_{self.kind.suffix(*self.args)}"

    def of_many(self, members: int) -> Look:
        """The view of many arrays at once."""
        return Look(self.kind, self.kind.of_many(members, *self.args))


def _swaps_last(axes: tuple[int, ...]) -> bool:
    """Whether of all axes only the last two change places."""
    *others, a, b = axes if len(axes) > 1 else (1, 0, 0)
    return (*others, b, a) == tuple(range(len(axes)))


def _shape_suffix(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return "flat"
    return "view" if len(shape) != 2 or 1 not in shape else "row" if shape[0] == 1 else "column"


def index_text(index: Any) -> str:
    """A basic index, as it is written between brackets."""
    if isinstance(index, tuple):
        return ", ".join(map(index_text, index)) or "()"
    if index is Ellipsis:
        return "..."
    if isinstance(index, slice):
        parts = ["" if part is None else str(part) for part in (index.start, index.stop)]
        return ":".join([*parts, str(index.step)] if index.step is not None else parts)
    return str(index)


TRANSPOSED = ViewKind(  # by a permutation of all axes
    take=lambda array, axes: array.transpose(axes),
    text=lambda name, axes: (
        f"{name}.{'T' if len(axes) == 2 else 'mT'}" if _swaps_last(axes) else f"{name}.transpose{axes}"
    ),
    of_many=lambda members, axes: ((0, *(axis + 1 for axis in axes)),),
    suffix=lambda axes: "T" if _swaps_last(axes) else "view",
)
RESHAPED = ViewKind(  # ValueError where that takes a copy
    take=lambda array, shape: array.reshape(shape, copy=False),
    text=lambda name, shape: f"{name}.reshape({shape[0] if len(shape) == 1 else shape})",
    of_many=lambda members, shape: ((members, *shape),),
    suffix=_shape_suffix,
)
INDEXED = ViewKind(  # by slices and whole numbers
    take=lambda array, parts: array[parts],
    text=lambda name, parts: f"{name}[{index_text(parts)}]",
    of_many=lambda members, parts: ((slice(None), *parts),),
    suffix=lambda parts: "view",
)
SPREAD = ViewKind(  # over axes that it repeats
    take=np.broadcast_to,
    text=lambda name, shape: f"np.broadcast_to({name}, {shape})",
    of_many=lambda members, shape: ((members, *shape),),
    suffix=lambda shape: "spread",
)
REINTERPRETED = ViewKind(  # its bits as another dtype
    take=lambda array, dtype: array.view(dtype),
    text=lambda name, dtype: f"{name}.view(np.{dtype.name})",
    of_many=lambda members, dtype: (dtype,),
    suffix=lambda dtype: f"as_{dtype.name}",
)
DIAGONAL = ViewKind(  # of two axes, as Einstein's sums write it: "ij i" without a sum
    take=lambda array, axes: np.einsum(axes, array),
    text=lambda name, axes: f"np.einsum({axes!r}, {name})",
    of_many=lambda members, axes: (f"z{axes.replace('->', '->z')}",),
    suffix=lambda axes: "diagonal",
)
WINDOWS = ViewKind(  # of these sizes along these axes
    take=np.lib.stride_tricks.sliding_window_view,
    text=lambda name, sizes, axes: f"np.lib.stride_tricks.sliding_window_view({name}, {sizes}, {axes})",
    of_many=lambda members, sizes, axes: (sizes, tuple(axis + 1 for axis in axes)),
    suffix=lambda sizes, axes: "windows",
)
