"""Arithmetic: division in its kinds, and torch's second names for operations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import scaled, titled, wrap
from numpynet.core.dtypes import of_python_number
from numpynet.core.tensor import Tensor
from numpynet.ops.acceptance import no_complex


def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Tensor:
    """input / other; with rounding_mode "floor" or "trunc" the quotient rounded down or towards zero.

    RuntimeError for another mode, and when an integer is divided by 0 and rounded.

    >>> import numpynet
    >>> numpynet.div(numpynet.tensor([7, -7]), 2), numpynet.div(numpynet.tensor([7, -7]), 2, rounding_mode="floor")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -4]))
    """
    if isinstance(input, (int, float)) and isinstance(other, (int, float)):
        input = wrap(np.asarray(input, of_python_number(input)))
    into = {} if out is None else {"out": out}
    if rounding_mode is None:
        return ops.true_divide(input, other, **into)
    if not isinstance(rounding_mode, str):
        raise TypeError(f"div(): argument 'rounding_mode' must be str, not {type(rounding_mode).__name__}")
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return ops.rounded_divide(input, other, rounding_mode=rounding_mode, **into)


def floor_divide(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """⌊input / other⌋

    >>> import numpynet
    >>> numpynet.tensor([7, -7]) // 2
    tensor([ 3, -4])
    """
    if isinstance(input, (int, float)) and isinstance(other, (int, float)):
        input = wrap(np.asarray(input, of_python_number(input)))
    return ops.floor_divide(input, other, **({} if out is None else {"out": out}))


@composed(out=True)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """max(x, min)

    >>> import numpynet
    >>> numpynet.clamp_min(numpynet.tensor([-1.0, 2.0]), 0.5)
    tensor([0.5000, 2.0000])
    """
    return titled(ops.clamp(input, min), "ClampMinBackward0")


@composed(out=True)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """min(x, max)

    >>> import numpynet
    >>> numpynet.clamp_max(numpynet.tensor([-1.0, 2.0]), 0.5)
    tensor([-1.0000,  0.5000])
    """
    return titled(ops.clamp(input, None, max), "ClampMaxBackward0")


@composed(out=True)
def deg2rad(input: Tensor) -> Tensor:
    """Degrees as radians: x π / 180.

    >>> import numpynet
    >>> numpynet.deg2rad(numpynet.tensor([90.0]))
    tensor([1.5708])
    """
    no_complex("deg2rad", input._array)
    return scaled(ops.mul(input, math.pi / 180), "Deg2RadBackward0")


@composed(out=True)
def rad2deg(input: Tensor) -> Tensor:
    """Radians as degrees: x 180 / π.

    >>> import numpynet
    >>> numpynet.rad2deg(numpynet.tensor([numpynet.pi]))
    tensor([180.])
    """
    no_complex("rad2deg", input._array)
    return scaled(ops.mul(input, 180 / math.pi), "Rad2DegBackward0")


true_divide = divide = div
subtract = ops.sub
multiply = ops.mul
negative = ops.neg
absolute = ops.abs
clip = ops.clamp
fix = ops.trunc
arcsin, arccos, arctan, arctan2 = ops.asin, ops.acos, ops.atan, ops.atan2
arcsinh, arccosh, arctanh = ops.asinh, ops.acosh, ops.atanh
less, less_equal, greater, greater_equal = ops.lt, ops.le, ops.gt, ops.ge
not_equal = ops.ne
