"""Composites: exercises that torch has as one function and `numpynet.ops` as several in a row.

Their forwards and gradients are the operations' own, chained.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops import log_softmax
from numpynet.ops.form import Array, op
from numpynet.ops.loss import nll_loss
from numpynet.testing.formulas import gradients


@op(torch="input target")
def cross_entropy(z: Array, t: Array, *, reduction: str = "mean") -> Any:
    """ℓ = ln Σ eᶻ − z[t]        logits z (N, C), classes t (N,)"""
    return nll_loss.forward(log_softmax.forward(z, dim=1), t, None, reduction=reduction)


def _by_logits(dy: Array, z: Array, t: Array, reduction: str) -> Array:
    """Through the logarithms of the probabilities: ∂L/∂z = (softmax(z) − one-hot(t)) dy."""
    y = np.asarray(log_softmax.forward(z, dim=1))
    by_logarithms = gradients(nll_loss, [y, t, None], dy, {"reduction": reduction})[0]
    return gradients(log_softmax, [z], by_logarithms, {"dim": 1})[0]


cross_entropy.gradients(z=_by_logits)
