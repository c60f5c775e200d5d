"""Conversion: the same values in another dtype or in memory of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.form import Array, op
from numpynet.ops.layout import copied, memory_format


@op(torch="input", grad_fn="ToCopyBackward0")
def cast(x: Array, *, kind: np.dtype[Any]) -> Array:
    """x as `kind`, a NumPy dtype."""
    return (copied(x, None) if 0 in x.strides else x).astype(kind)


cast.gradients(x=lambda dy, x_dtype: dy.astype(x_dtype))


@op(torch="input")
def clone(x: Array, *, memory_format: memory_format | None = None) -> Array:
    """A copy of x that the gradient passes through, with its dimensions in memory ordered as x's unless told otherwise.

    >>> import numpynet
    >>> numpynet.clone(numpynet.tensor([1.0]))
    tensor([1.])
    """
    return copied(x, memory_format)


clone.gradients(x=lambda dy: dy)
