"""Layout: in which order an array's elements lie in memory, as torch names and keeps it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class layout:
    """How a tensor is stored; `strided` is the only way here.

    >>> import numpynet
    >>> numpynet.zeros(2).layout
    torch.strided
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


class memory_format(layout):
    """The order of a tensor's dimensions in memory.

    `contiguous_format` is that of the indices, `preserve_format` that of the tensor copied, and `channels_last`
    and `channels_last_3d` put the second dimension innermost.

    >>> import numpynet
    >>> x = numpynet.zeros(2, 3).t()
    >>> x.clone().stride(), x.clone(memory_format=numpynet.contiguous_format).stride()
    ((1, 3), (2, 1))
    """

    __slots__ = ()


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
_RANKS = {channels_last: 4, channels_last_3d: 5}

Axes = tuple[int, ...] | None


def axes_of(wanted: memory_format, ndim: int) -> Axes:
    """The dimensions from the outermost in memory to the innermost; None where that is their own order.

    TypeError for what is no memory format, RuntimeError for channels last in a tensor that has not 4 or 5 dimensions
    and for a format to be preserved.
    """
    if not isinstance(wanted, memory_format):
        raise TypeError(f"argument 'memory_format' must be torch.memory_format, not {type(wanted).__name__}")
    if wanted is contiguous_format:
        return None
    if wanted is preserve_format:
        raise RuntimeError("unsupported memory format Preserve: there is no tensor whose format could be kept")
    if ndim != _RANKS[wanted]:
        raise RuntimeError(f"required rank {_RANKS[wanted]} tensor to use {wanted.name} format, not rank {ndim}")
    return (0, *range(2, ndim), 1)


def known_strides(shape: tuple[int, ...], strides: tuple[int, ...], unit: int = 1) -> tuple[int, ...]:
    """Strides as torch has them where NumPy has 0: of new dimensions of one element, and of new arrays of none.

    unit: from one element to the next.
    """
    if 0 in shape and not any(strides):
        return tuple([math.prod([max(size, 1) for size in shape[axis + 1 :]]) for axis in range(len(shape))])
    known = list(strides)
    for axis in reversed(range(len(shape))):
        if shape[axis] == 1 and not known[axis]:
            known[axis] = shape[axis + 1] * known[axis + 1] if axis + 1 < len(shape) else unit
    return tuple(known)


def viewed_strides(array: Array, shape: Sequence[int]) -> list[int]:
    """The strides that torch gives a view of an array in another shape, where there is one.

    NumPy has others where a dimension has one element. Source: PyTorch (BSD licence), ``computeStride_impl`` in
    ATen/TensorUtils.cpp.
    """
    sizes, strides = array.shape, known_strides(array.shape, array.strides, array.itemsize)
    step = strides[-1] if strides else array.itemsize
    left, found = list(shape), []
    run = taken = 1  # elements that lie one step behind another, and how many of them already have their dimensions
    for axis in reversed(range(max(len(sizes), 1))):
        run *= sizes[axis] if sizes else 1
        if axis and (sizes[axis - 1] == 1 or strides[axis - 1] == run * step):
            continue
        while left and (taken < run or left[-1] == 1):
            found.append(taken * step)
            taken *= left.pop()
        step, run, taken = strides[axis - 1] if axis else step, 1, 1
    return found[::-1]


def axes_like(array: Array) -> Axes:
    """The same for a dense array with the dimensions in this one's order, which torch finds by insertion."""
    return None if array.flags.c_contiguous else _axes_by(array.shape, [[abs(step) for step in array.strides]])


def _axes_by(shape: Sequence[int], steps: Sequence[Sequence[int]]) -> Axes:
    """The order in which torch lays out a result of that shape, computed from arrays of these strides.

    The first array decides that tells two dimensions apart. A dimension of stride 0, in which all elements are one,
    stays where it is. Source: PyTorch (BSD licence), ``infer_dense_strides`` in ATen/ExpandUtils.cpp and
    ``reorder_dimensions`` in ATen/TensorIterator.cpp.
    """
    order = list(range(len(shape)))[::-1]  # innermost first
    for start in range(1, len(order)):
        place = start
        for before in reversed(range(start)):
            inner, outer = order[before], order[place]
            compared = _compared(inner, outer, shape, steps)
            if compared > 0:
                order[before], order[place] = outer, inner
                place = before
            elif compared < 0:
                break
    axes = tuple(order[::-1])
    return None if axes == tuple(range(len(shape))) else axes


def _compared(inner: int, outer: int, shape: Sequence[int], steps: Sequence[Sequence[int]]) -> int:
    """Whether two dimensions are in the right order (−1), in the wrong one (1), or in none (0)."""
    for strides in steps:
        if strides[inner] and strides[outer]:
            if strides[inner] != strides[outer]:
                return 1 if strides[inner] > strides[outer] else -1
            if shape[inner] > shape[outer]:
                return 1
    return 0


def laid_out(y: Array, operands: Sequence[Any]) -> Array:
    """The result of an elementwise function, laid out in memory as torch does it for these operands.

    NumPy falls back on the order of the indices where they differ.
    """
    first = operands[0]
    if getattr(first, "shape", None) == y.shape and 1 not in y.shape and first.flags.f_contiguous:
        return y if y.flags.f_contiguous else y.copy("F")
    arrays = [one for one in operands if getattr(one, "ndim", 0)]
    return laid_out_by(y, [(one.shape, known_strides(one.shape, one.strides, one.itemsize)) for one in arrays])


def laid_out_by(y: Array, operands: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Array:
    """The same for operands of these shapes and strides."""
    steps = []
    for shape, strides in operands:
        leading = y.ndim - len(shape)
        broadcast = zip(strides, shape, y.shape[leading:], strict=True)
        steps.append([0] * leading + [0 if size == 1 != wide else stride for stride, size, wide in broadcast])
    axes = _axes_by(y.shape, steps)
    if axes is None:
        return row_major(y)
    y = y.transpose(axes)
    return row_major(y).transpose(_back(axes))


def is_dense(array: Array) -> bool:
    """Whether its elements fill a piece of memory, in whatever order of its dimensions."""
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return True
    steps = sorted((step, size) for step, size in zip(array.strides, array.shape, strict=True) if size > 1)
    reached = array.itemsize
    for step, size in steps:
        if step != reached:
            return False
        reached *= size
    return True


def dense(y: Any) -> Any:
    """y itself if it is dense, else a copy: what users are shown of a cotangent that is a view or expanded."""
    return y if is_dense(y) else y.copy()


def laid_out_like(y: Array, array: Array) -> Array:
    """y in memory as an array of its shape lies there, if that is dense, else in the order of its indices."""
    axes = axes_like(array) if is_dense(array) else None
    return row_major(y) if axes is None else row_major(y.transpose(axes)).transpose(_back(axes))


def _back(axes: tuple[int, ...]) -> list[int]:
    """The order that undoes another."""
    return [axes.index(axis) for axis in range(len(axes))]


def made(make: Callable[..., Array], shape: Sequence[int], kind: np.dtype[Any], axes: Axes) -> Array:
    """A new array, by np.empty or np.zeros, with its dimensions in that order in memory."""
    if axes is None:
        return make(shape, kind)
    return make([shape[axis] for axis in axes], kind).transpose(_back(axes))


def is_in_order(array: Array, wanted: memory_format) -> bool:
    """Whether an array's elements lie without gaps in the order of a memory format."""
    axes = axes_of(wanted, array.ndim)
    return (array if axes is None else array.transpose(axes)).flags.c_contiguous


def copied(array: Array, wanted: memory_format | None) -> Array:
    """A copy in a memory format, or in that of the array."""
    if wanted is None or wanted is preserve_format:
        if 0 not in array.strides:
            return array.copy("K")
        axes = axes_like(array)
    else:
        axes = axes_of(wanted, array.ndim)
    return array.copy() if axes is None else array.transpose(axes).copy().transpose(_back(axes))


@lru_cache(64)
def row_starts(rows: int, size: int) -> Array:
    """Where the rows of a matrix begin when it is flattened.

    >>> row_starts(3, 10)
    array([ 0, 10, 20])
    """
    starts = np.arange(rows) * size
    starts.flags.writeable = False
    return starts


def row_major(y: Any) -> Any:
    """y itself where its elements lie in the order of its indices, else a copy where they do.

    NumPy lays a result out like its operands; torch does so only for functions of each element by itself.
    """
    return y if y.flags.c_contiguous else y.copy()
