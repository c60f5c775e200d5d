"""Special functions composed of others."""

from __future__ import annotations

import math

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled, wrap
from numpynet.core.tensor import Tensor, record
from numpynet.ops import special


@composed(out=True)
def polygamma(n: int, input: Tensor) -> Tensor:
    """ψ⁽ⁿ⁾(x), the n-th derivative of the digamma function. RuntimeError for a negative n.

    >>> import numpynet
    >>> numpynet.polygamma(1, numpynet.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    y = record(special.digamma, (input,), {}) if n == 0 else record(special.polygamma, (input,), {"n": n})
    return titled(y, "PolygammaBackward0")


@composed(out=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """ln Γₚ(x) = p (p − 1)/4 ln π + Σ ln Γ(x − j/2) over j < p, of x > (p − 1)/2.

    >>> import numpynet
    >>> numpynet.mvlgamma(numpynet.tensor([2.0]), 2)
    tensor([0.4516])
    """
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    steps = wrap(np.arange(-(p - 1) / 2, 0.5, 0.5).astype(input._array.dtype if input.is_floating_point() else "f"))
    total = ops.sum(special.lgamma(ops.unsqueeze(input, -1) + steps), -1)
    return titled(total + p * (p - 1) / 4 * math.log(math.pi), "MvlgammaBackward0")


@composed(out=True)
def ndtr(input: Tensor) -> Tensor:
    """The probability that a standard normal number is at most x: (1 + erf(x/√2)) / 2.

    >>> import numpynet
    >>> numpynet.special.ndtr(numpynet.tensor([0.0, 1.0]))
    tensor([0.5000, 0.8413])
    """
    return titled(special.erfc(input * -math.sqrt(0.5)) * 0.5, "MulBackward1")
