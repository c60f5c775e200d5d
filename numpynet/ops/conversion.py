"""Conversion: the same values in another dtype or in memory of their own."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from numpynet.ops.form import Array, op
from numpynet.ops.layout import copied, memory_format
from numpynet.ops.sums import HALF


def narrowed(x: Any, kind: np.dtype[Any]) -> Any:
    """x on its way to a dtype: float64 becomes float16 by way of float32, and so is rounded twice, as in torch."""
    return x.astype(np.float32) if kind == HALF and getattr(x, "dtype", None) == np.float64 else x


@op(torch="input", grad_fn="ToCopyBackward0", complex="written")
def cast(x: Array, *, kind: np.dtype[Any]) -> Array:
    """x as `kind`, a NumPy dtype; with a warning, the real part of complex numbers as real ones."""
    if x.dtype.kind == "c" and kind.kind not in "cb":
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=2)
        x = x.real
    if 0 in x.strides:
        x = copied(x, None)
    return (narrowed(x, kind) if kind.char == "e" else x).astype(kind)


def _cast_back(dy: Array, x_dtype: np.dtype[Any]) -> Array:
    """dy in x's dtype: of a real x, its real part."""
    return (dy.real if dy.dtype.kind == "c" and x_dtype.kind != "c" else dy).astype(x_dtype)


cast.gradients(x=_cast_back)


@op(torch="input", complex="analytic")
def clone(x: Array, *, memory_format: memory_format | None = None) -> Array:
    """A copy of x that the gradient passes through, with its dimensions in memory ordered as x's unless told otherwise.

    >>> import numpynet
    >>> numpynet.clone(numpynet.tensor([1.0]))
    tensor([1.])
    """
    return copied(x, memory_format)


clone.gradients(x=lambda dy: dy)
