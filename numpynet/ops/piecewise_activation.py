"""Activations by pieces: another formula on either side of a place."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import as_held, no_boolean_relu, no_booleans, no_integers
from numpynet.ops.form import Array, elementwise
from numpynet.ops.masks import zero_where


@elementwise(torch="input", accepts=no_boolean_relu, piecewise_linear=True)
def hardtanh(x: Array, *, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """y = x, cut off at min_val and max_val, where the derivative is 0; NaN stays NaN.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hardtanh(numpynet.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """
    if x.dtype.kind == "u" and (min_val < 0 or max_val < 0):
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits: convert it, as in x.int()")
    return np.minimum(np.maximum(x, np.array(min_val, x.dtype)), np.array(max_val, x.dtype))


hardtanh.gradients(
    x=lambda dy, x, min_val, max_val: zero_where(~((x > min_val) & (x < max_val)), dy),
)


@elementwise(torch="input", accepts=no_integers, piecewise_linear=True)
def hardsigmoid(x: Array) -> Any:
    """y = (x + 3) / 6, cut off at 0 and 1, where the derivative is 0

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hardsigmoid(numpynet.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


SIXTH = float(np.float32(1) / np.float32(6))  # as torch has it in float64 too

hardsigmoid.gradients(x=lambda dy, x: zero_where(~((x > -3) & (x < 3)), dy * SIXTH))


@elementwise(torch="input", accepts=no_integers)
def hardswish(x: Array) -> Any:
    """y = x · hardsigmoid(x) (Howard et al. 2019);  y′ = x / 3 + 1/2 between −3 and 3, 0 below, 1 above

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hardswish(numpynet.tensor([-3.0, 1.5, 4.0]))
    tensor([-0.0000,  1.1250,  4.0000])
    """
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


hardswish.gradients(x=lambda dy, x: np.where(x <= -3, 0, np.where(x >= 3, dy, dy * (x / 3 + 0.5))))


@elementwise(torch="input", accepts=no_integers, piecewise_linear=True)
def hardshrink(x: Array, *, lambd: float = 0.5) -> Any:
    """y = 0 where |x| ≤ λ, else x

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hardshrink(numpynet.tensor([-2.0, 0.5]))
    tensor([-2.,  0.])
    """
    return zero_where((x >= -lambd) & (x <= lambd), x)


hardshrink.gradients(x=lambda dy, x, lambd: zero_where(~((x < -lambd) | (x > lambd)), dy))


@elementwise(torch="input", accepts=no_integers, piecewise_linear=True)
def softshrink(x: Array, *, lambd: float = 0.5) -> Any:
    """y = x moved towards 0 by λ, and 0 where |x| ≤ λ

    RuntimeError for a negative λ.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softshrink(numpynet.tensor([-2.0, 0.25]))
    tensor([-1.5000,  0.0000])
    """
    if not lambd >= 0:
        raise RuntimeError(f"softshrink: lambda must be greater or equal to 0, but found to be {lambd}")
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, np.abs(x * 0)))


softshrink.gradients(x=lambda dy, x, lambd: zero_where(~((x < -lambd) | (x > lambd)), dy))


@elementwise(torch="input", accepts=no_booleans, piecewise_linear=True)
def threshold(x: Array, *, threshold: float, value: float) -> Any:
    """y = x where x > threshold, else the value

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.threshold(numpynet.tensor([0.5, 2.0]), 1.0, 20.0)
    tensor([20.,  2.])
    """
    return np.where(x <= as_held(threshold, x), np.array(as_held(value, x), x.dtype), x)


threshold.gradients(x=lambda dy, x, threshold: zero_where(x <= threshold, dy))


@elementwise(torch="input", accepts=no_integers, grad_fn="CeluBackward0")
def celu(x: Array, *, alpha: float = 1.0) -> Any:
    """y = x where x > 0, else α (e^(x/α) − 1) (Barron 2017);  y′ = 1, else e^(x/α)

    RuntimeError where α is 0.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.celu(numpynet.tensor([-2.0, 2.0]), 2.0)
    tensor([-1.2642,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return np.where(x > 0, x, alpha * np.expm1(x * (1 / alpha)))


def _celu_gradient(dy: Array, x: Array, alpha: float) -> Array:
    scale = 1 / float(np.float32(alpha))  # as torch has it in float64 too
    return np.where(x > 0, dy, dy * scale * alpha * np.exp(np.minimum(x, 0) * scale if alpha > 0 else x * scale))


celu.gradients(x=_celu_gradient)


SELU_ALPHA = 1.6732632423543772848170429916717


SELU_SCALE = 1.0507009873554804934193349852946


@elementwise(torch="input", accepts=no_integers, grad_fn="EluBackward0")
def selu(x: Array) -> Any:
    """y = s x where x > 0, else s α (eˣ − 1), with s and α under which mean and variance stay (Klambauer et al. 2017)

    >>> import numpynet
    >>> numpynet.selu(numpynet.tensor([-1.0, 1.0]))
    tensor([-1.1113,  1.0507])
    """
    return np.where(x < 0, np.expm1(np.minimum(x, 0)) * (SELU_ALPHA * SELU_SCALE), x * SELU_SCALE)


selu.gradients(
    x=lambda dy, x: dy * np.where(x > 0, SELU_SCALE, np.exp(np.minimum(x, 0)) * (SELU_ALPHA * SELU_SCALE)),
)


@elementwise(torch="input weight", accepts=no_integers, piecewise_linear=True, grad_fn="PreluKernelBackward0")
def prelu(x: Array, w: Array) -> Any:
    """y = x where x > 0, else w x        broadcast together (He et al. 2015)

    >>> prelu(np.array([-2.0, 2.0]), np.array([0.25, 0.25]))
    array([-0.5,  2. ])
    """
    return np.where(x > 0, x, w * x)


prelu.gradients(
    x=lambda dy, x, w: np.where(x > 0, dy, w * dy),
    w=lambda dy, x: np.where(x > 0, 0, x * dy),
)
