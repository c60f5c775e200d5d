"""Activations along a dimension, under torch's argument names."""

from __future__ import annotations

from typing import Any

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor


@composed(out=True)
def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """eˣ / Σ eˣ along `dim`, of the input cast to `dtype`. NotImplementedError on integers.

    >>> import numpynet
    >>> numpynet.softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return ops.softmax(input if dtype is None else input.to(dtype=dtype), dim=dim)


@composed(out=True)
def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """ln softmax(x) = x − ln Σ eˣ along `dim`, of the input cast to `dtype`. NotImplementedError on integers.

    >>> import numpynet
    >>> numpynet.log_softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    return ops.log_softmax(input if dtype is None else input.to(dtype=dtype), dim=dim)
