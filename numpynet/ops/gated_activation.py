"""Activations by gates: x, or a half of it, times what says how much of it is let through."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_integers
from numpynet.ops.activation import sigmoid
from numpynet.ops.form import Array, elementwise, op


@elementwise(torch="input", accepts=no_integers)
def mish(x: Array) -> Any:
    """y = x tanh ln(1 + eˣ) (Misra 2020);  y′ = t + x σ(x) (1 − t²) with t the tanh

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.mish(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8651])
    """
    return x * np.tanh(np.log1p(np.exp(x)))


def _mish_gradient(dy: Array, x: Array) -> Array:
    t = np.tanh(np.log1p(np.exp(x)))
    return dy * (t + x * sigmoid.of(x) * (1 - t * t))


mish.gradients(x=_mish_gradient)


@op(torch="input", accepts=no_integers)
def glu(x: Array, *, dim: int = -1) -> Any:
    """y = a σ(b), of the two halves a and b along `dim` (Dauphin et al. 2017)

    RuntimeError where the dimension has an odd size, and without dimensions.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.glu(numpynet.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """
    if not x.ndim:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    a, b = _halves(x, dim)
    return a * sigmoid.of(b)


def _halves(x: Array, dim: int) -> tuple[Array, Array]:
    size = x.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim % x.ndim} is size {size}")
    before: Any = (slice(None),) * (dim % x.ndim)
    return x[(*before, slice(0, size // 2))], x[(*before, slice(size // 2, size))]


def _glu_gradient(dy: Array, x: Array, dim: int) -> Array:
    """∂y/∂a = σ(b);  ∂y/∂b = a σ(b) (1 − σ(b))"""
    a, b = _halves(x, dim)
    s = sigmoid.of(b)
    return np.concatenate([s * dy, (1 - s) * s * dy * a], axis=dim)


glu.gradients(x=_glu_gradient)
