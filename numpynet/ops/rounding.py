"""Rounding, element by element: steps, whose derivative is 0 wherever it exists."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_booleans, no_integers, not_all_integers
from numpynet.ops.form import Array, elementwise, has_nan
from numpynet.ops.layout import copied


@elementwise(torch="input")
def sign(x: Array) -> Any:
    """y = −1, 0 or 1, and 0 for NaN.

    >>> import numpynet
    >>> numpynet.sign(numpynet.tensor([-3.0, 0.0, 3.0]))
    tensor([-1.,  0.,  1.])
    """
    if x.dtype.kind == "b":
        return copied(x, None)
    y = np.sign(x)
    return np.where(np.isnan(x), x.dtype.type(0), y) if x.dtype.kind == "f" and has_nan(x) else y


sign.gradients(x=lambda dy: np.zeros_like(dy))


def direction(x: Array) -> Array:
    """x / |x|, and 0 where x is 0."""
    if x.dtype.kind != "c":
        return sign(x)
    length = np.abs(x)
    return np.where(length == 0, 0, x / np.where(length == 0, 1, length))


@elementwise(ufunc=np.floor, torch="input", accepts=no_booleans)
def floor(x: Any) -> Any:
    """y = ⌊x⌋

    >>> import numpynet
    >>> numpynet.floor(numpynet.tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    return np.floor(x)


floor.gradients(x=lambda dy: np.zeros_like(dy))


@elementwise(ufunc=np.ceil, torch="input", accepts=no_booleans)
def ceil(x: Any) -> Any:
    """y = ⌈x⌉

    >>> import numpynet
    >>> numpynet.ceil(numpynet.tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    return np.ceil(x)


ceil.gradients(x=lambda dy: np.zeros_like(dy))


@elementwise(ufunc=np.trunc, torch="input", accepts=no_booleans)
def trunc(x: Any) -> Any:
    """y = x without its fraction.

    >>> import numpynet
    >>> numpynet.trunc(numpynet.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return np.trunc(x)


trunc.gradients(x=lambda dy: np.zeros_like(dy))


@elementwise(torch="input", accepts=not_all_integers)
def frac(x: Any) -> Any:
    """y = x − trunc x, the fraction of x with x's sign. The derivative is 1.

    >>> import numpynet
    >>> numpynet.frac(numpynet.tensor([1.5, -1.5]))
    tensor([ 0.5000, -0.5000])
    """
    return x - np.trunc(x)


frac.gradients(x=lambda dy: dy)


@elementwise(torch="input", accepts=no_booleans, grad_fn=lambda decimals: f"RoundBackward{1 if decimals else 0}")
def round(x: Any, *, decimals: int = 0) -> Any:
    """y = x to the nearest integer (or decimal place), halves to the even neighbour.

    >>> import numpynet
    >>> numpynet.round(numpynet.tensor([0.5, 1.5, 2.4]))
    tensor([0., 2., 2.])
    """
    if decimals:
        no_integers("round_with_decimals", x)
    elif type(x) is np.ndarray:
        return np.rint(x) if x.dtype.kind == "f" else copied(x, None)
    return np.round(x, decimals)


round.gradients(x=lambda dy: np.zeros_like(dy))
