"""Activations: the nonlinear functions between the layers of a network."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.form import Array, elementwise, op


@elementwise(torch="input")
def relu(x: Array) -> Any:
    """y = max(x, 0)        any shape; NaN stays NaN and −0 stays −0.

    The derivative at 0 is 0.

    >>> import numpynet
    >>> numpynet.relu(numpynet.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return np.maximum(0, x)  # in this order: of two equal zeros the second is returned


relu.gradients(x=lambda dy, y: np.where(y <= 0, 0, dy))


@elementwise(torch="input", promotes="float")
def sigmoid(x: Array) -> Any:
    """σ(x) = 1 / (1 + e⁻ˣ), from e^−|x|, which cannot overflow.

    σ′ = σ (1 − σ).

    >>> import numpynet
    >>> numpynet.sigmoid(numpynet.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


sigmoid.gradients(x=lambda dy, y: dy * ((1 - y) * y))


@elementwise(torch="input", promotes="float")
def tanh(x: Array) -> Any:
    """y = tanh x;  y′ = 1 − y².

    >>> import numpynet
    >>> numpynet.tanh(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(x)


tanh.gradients(x=lambda dy, y: dy * (1 - y * y))


@op(torch="input", promotes="float")
def softmax(x: Array, *, dim: int | None) -> Any:
    """y = eˣ / Σ eˣ along `dim`, shifted by the maximum so that nothing overflows.

    >>> import numpynet
    >>> numpynet.softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    e = np.exp(x - x.max(axis=dim, keepdims=True, initial=-np.inf))
    return e / e.sum(axis=dim, keepdims=True)


# ∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ − yⱼ), hence ∂L/∂x = y (dy − Σ dy y)
softmax.gradients(x=lambda dy, y, dim: y * (dy - (dy * y).sum(axis=dim, keepdims=True)))


@op(torch="input", promotes="float")
def log_softmax(x: Array, *, dim: int | None) -> Any:
    """y = x − ln Σ eˣ along `dim`.

    >>> import numpynet
    >>> numpynet.log_softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    shifted = x - x.max(axis=dim, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))


log_softmax.gradients(x=lambda dy, y, dim: dy - np.exp(y) * dy.sum(axis=dim, keepdims=True))
