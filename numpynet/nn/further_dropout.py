"""Alpha dropout as functions, for networks that normalize themselves. They are imported when they are first asked for.

G. Klambauer et al. 2017, "Self-normalizing neural networks".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor, wrap

_LIMIT = 1.7580993408473766  # −α′, to which SELU falls: its scale times its alpha


def _dropped(name: str, input: Tensor, noise: Tensor, p: Any, training: bool, inplace: bool) -> Tensor:
    """a (x m + α′ (1 − m)) + b with m = 0 of probability p, drawn into `noise`; the input where nothing is dropped."""
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p != p:
        raise RuntimeError(f"{name}: dropout probability has to be between 0 and 1, but got nan")
    if not training or p == 0 or not input.numel():
        return input
    if p == 1:
        return input.mul_(noise) if inplace else input * noise
    if not input.is_floating_point():
        raise RuntimeError(
            f"{name}(): result type Float can't be cast to the desired output type {input.dtype}: convert the input, "
            f"as in x.float()"
        )
    p = float(p)
    noise.bernoulli_(1 - p)
    a = 1.0 / math.sqrt((_LIMIT**2 * p + 1) * (1 - p))
    shift = noise.add(-1).mul_(_LIMIT * a).add_(_LIMIT * a * p)
    noise.mul_(a)
    return input.mul_(noise).add_(shift) if inplace else input * noise + shift


@composed
def alpha_dropout(input: Tensor, p: Any = 0.5, training: bool = False, inplace: Any = False) -> Tensor:
    """a (x m + α′ (1 − m)) + b, where m is 0 with probability p and 1 otherwise, drawn for each element

    α′ ≈ −1.7581 is the limit of SELU; a = 1 / √((1 − p)(1 + p α′²)) and b = −a p α′ keep mean 0 and variance 1.
    training: False leaves the input alone. inplace: writes the result over the input. The draws come from the default
    generator. ValueError unless p is in [0, 1]; RuntimeError for integers.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.alpha_dropout(numpynet.ones(3), 0.0, training=True)
    tensor([1., 1., 1.])
    """
    x = input._array
    noise = wrap(np.zeros_like(x, order="C" if 0 in x.strides else "K"))  # the draws follow the order in memory
    return _dropped("alpha_dropout", input, noise, p, training, inplace)


@composed
def feature_alpha_dropout(input: Tensor, p: Any = 0.5, training: bool = False, inplace: Any = False) -> Tensor:
    """`alpha_dropout` of whole channels of x (N, C, ...), one draw for each; RuntimeError for fewer dimensions.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> channels = F.feature_alpha_dropout(numpynet.ones(2, 3, 4), 0.5, training=True)
    >>> bool((channels == channels[..., :1]).all())
    True
    """
    x = input._array
    if 0 < p < 1 and training and x.size and x.ndim < 2:
        raise RuntimeError(
            f"Feature dropout requires at least 2 dimensions in the input, but it has {x.ndim}: use alpha_dropout()"
        )
    noise = wrap(np.zeros((*x.shape[:2], *(1,) * (x.ndim - 2)), x.dtype))
    return _dropped("feature_alpha_dropout", input, noise, p, training, inplace)
