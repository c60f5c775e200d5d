"""Unfolding: the windows along one dimension, as a view; its gradient folds them back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.lib.stride_tricks import sliding_window_view

from numpynet.ops.form import Array, op
from numpynet.ops.strides import looked_at
from numpynet.ops.windows import add_windows

Shape = tuple[int, ...]


@op(torch="input", view=True)
def unfold(x: Array, *, dimension: int, size: int, step: int) -> Array:
    """y[..., i, ..., k] = x[..., i · step + k, ...]        x (..., N, ...) -> y (..., (N − size) / step + 1, ..., size)

    A view. RuntimeError for a size that is larger than the dimension, and for steps below 1.

    >>> unfold(np.arange(5), dimension=0, size=3, step=2)
    array([[0, 1, 2],
           [2, 3, 4]])
    """
    axis = normalize_axis_index(dimension, x.ndim or 1)
    length = x.shape[axis] if x.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0 in unfold()")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {axis} is {length} but size is {size} in unfold()")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0 in unfold()")
    if not x.ndim:
        return x.reshape(1)[:size]
    if type(x) is np.ndarray and x.size:
        count, stride = (length - size) // step + 1, x.strides[axis]
        strides = (*x.strides[:axis], stride * step, *x.strides[axis + 1 :], stride)
        return looked_at(x, (*x.shape[:axis], count, *x.shape[axis + 1 :], size), strides)
    if not x.size:
        return x.reshape(-1)[:0].reshape((*x.shape[:axis], (length - size) // step + 1, *x.shape[axis + 1 :], size))
    starts: tuple[Any, ...] = (*(slice(None),) * axis, slice(None, None, step), ...)
    return sliding_window_view(x, (size,), (axis,))[starts]


def _folded(dy: Array, x_shape: Shape, dimension: int, step: int) -> Array:
    """Zeros of x's shape to which each window's cotangents are added where its elements were."""
    dx = np.zeros_like(dy, shape=x_shape or (1,))
    if not x_shape:
        dx[: len(dy)] = dy
        return np.reshape(dx, ())
    axis = normalize_axis_index(dimension, len(x_shape))
    add_windows(np.moveaxis(dx, axis, -1), np.moveaxis(dy, (-1, axis), (-2, -1)), (step,), (1,))
    return dx


unfold.gradients(x=_folded)
