"""Exponentials, logarithms and the error function, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.ops.acceptance import not_all_integers
from numpynet.ops.blocks import MANY_PASSES, in_blocks
from numpynet.ops.error_function import error_function
from numpynet.ops.form import Array, elementwise
from numpynet.ops.sums import HALF


@elementwise(ufunc=np.exp, torch="input", promotes="float", complex="analytic")
def exp(x: Any) -> Any:
    """y = eˣ

    >>> import numpynet
    >>> numpynet.exp(numpynet.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return np.exp(x)


exp.gradients(x=lambda dy, y: dy * y)


@elementwise(ufunc=np.exp2, torch="input", promotes="float", complex="analytic")
def exp2(x: Any) -> Any:
    """y = 2ˣ

    >>> import numpynet
    >>> numpynet.exp2(numpynet.tensor([0.0, 3.0]))
    tensor([1., 8.])
    """
    return np.exp2(x)


exp2.gradients(x=lambda dy, y: dy * y * math.log(2))


@elementwise(ufunc=np.expm1, torch="input", promotes="float", complex="analytic")
def expm1(x: Any) -> Any:
    """y = eˣ − 1, accurate near 0.

    >>> import numpynet
    >>> numpynet.expm1(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """
    return np.expm1(x)


expm1.gradients(x=lambda dy, y: dy * (y + 1))


@elementwise(ufunc=np.log, torch="input", promotes="float", complex="analytic")
def log(x: Any) -> Any:
    """y = ln x;  −inf at 0, NaN below.

    >>> import numpynet
    >>> numpynet.log(numpynet.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """
    return np.log(x)


log.gradients(x=lambda dy, x: dy / x)


@elementwise(ufunc=np.log1p, torch="input", promotes="float", grad_fn="Log1PBackward0", complex="analytic")
def log1p(x: Any) -> Any:
    """y = ln(1 + x), accurate near 0.

    >>> import numpynet
    >>> numpynet.log1p(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """
    return np.log1p(x)


log1p.gradients(x=lambda dy, x: dy / (x + 1))


@elementwise(ufunc=np.log2, torch="input", promotes="float", complex="analytic")
def log2(x: Any) -> Any:
    """y = log₂ x

    >>> import numpynet
    >>> numpynet.log2(numpynet.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return np.log2(x)


log2.gradients(x=lambda dy, x: dy / (x * math.log(2)))


@elementwise(torch="input", promotes="float", complex="analytic")
def log10(x: Any) -> Any:
    """y = log₁₀ x

    >>> import numpynet
    >>> numpynet.log10(numpynet.tensor([1.0, 1000.0]))
    tensor([0., 3.])
    """
    # NumPy's float32 log10(1000) is not 3 on every processor
    return np.log10(x, dtype=np.float64).astype(x.dtype) if x.dtype == np.float32 else np.log10(x)


log10.gradients(x=lambda dy, x: dy / (x * math.log(10)))


def _share(a: Any, b: Any) -> Any:
    """eᵃ / (eᵃ + eᵇ)"""
    return 1 / (1 + np.exp(b - a))


@elementwise(accepts=not_all_integers)
def logaddexp(a: Any, b: Any) -> Any:
    """y = ln(eᵃ + eᵇ) = max(a, b) + ln(1 + e^−|a − b|), which cannot overflow.

    >>> import numpynet
    >>> numpynet.logaddexp(numpynet.tensor([1000.0]), numpynet.tensor([1000.0]))
    tensor([1000.6932])
    """
    top = np.maximum(a, b)
    return np.where(np.isinf(top), top, top + np.log1p(np.exp(-np.abs(a - b))))


logaddexp.gradients(
    a=lambda dy, a, b: dy * _share(a, b),
    b=lambda dy, a, b: dy * _share(b, a),
)


@elementwise(torch="input", promotes="float")
def erf(x: Array) -> Any:
    """y = 2/√π ∫₀ˣ e^−t² dt, the error function.

    >>> import numpynet
    >>> numpynet.erf(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    if x.dtype == HALF:
        return error_function(x.astype(np.float32)).astype(HALF)
    return in_blocks(error_function, x, few=MANY_PASSES)


erf.gradients(x=lambda dy, x: in_blocks(lambda dy, x: 2 / math.sqrt(math.pi) * np.exp(-x * x) * dy, dy, x))
