"""Dropout: of elements, of whole channels, and for networks that normalize themselves (Klambauer et al. 2017)."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor, wrap
from numpynet.nn.functional.arguments import require_tensor
from numpynet.ops.acceptance import no_complex
from numpynet.ops.blocks import lone
from numpynet.ops.form import Array
from numpynet.ops.showing import all_show_operations
from numpynet.random.generator import default_generator

_LIMIT = 1.7580993408473766  # −α′, to which SELU falls: its scale times its alpha


def _require_probability(p: float) -> None:
    """ValueError unless p is in [0, 1], and RuntimeError where it is no number."""
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p != p:
        raise RuntimeError("dropout probability has to be between 0 and 1, but got nan")


@composed
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: Any = False) -> Tensor:
    """Each element with probability p replaced by 0, the others divided by 1 − p, so that the mean stays.

    training: False leaves the input alone. inplace: writes the result over the input. The draws come from
    the default generator; none are made when nothing is to be dropped, or everything.
    ValueError unless p is in [0, 1]; RuntimeError for integers.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.dropout(numpynet.ones(3), 0.0)
    tensor([1., 1., 1.])
    """
    _require_probability(p)
    x = input._array
    if not training or p == 0 or not x.size:
        bool(inplace)  # which a tensor of several elements refuses
        return input
    if x.dtype.kind != "f":
        no_complex("dropout", x)
        raise RuntimeError(
            f"dropout(): result type Float can't be cast to the desired output type of {input.dtype}: convert the "
            f"input, as in x.float()"
        )
    if p < 1 and x.flags.c_contiguous:
        drawn = default_generator.bernoulli(x.shape, 1 - p).astype(x.dtype)
        drawn /= lone(1 - p, x)
        mask = wrap(drawn)
        return input.mul_(mask) if inplace else input * mask
    return _masked(input, _unmasked(x), p, inplace)


def _unmasked(x: Array) -> Tensor:
    """Zeros for draws in the order in memory, which is that of x, unless that has elements in one place."""
    return wrap(np.zeros_like(x, order="C" if 0 in x.strides else "K"))


def _masked(input: Tensor, mask: Tensor, p: float, inplace: bool) -> Tensor:
    """The input times what is drawn into the mask, 0 with probability p and else 1 / (1 − p)."""
    if p < 1:
        mask.bernoulli_(1 - p)
        mask._array /= 1 - p
    return input.mul_(mask) if inplace else input * mask


def _unmasked_channels(x: Array) -> Tensor:
    return wrap(np.zeros((*x.shape[:2], *(1,) * (x.ndim - 2)), x.dtype))


def _feature_dropout(input: Tensor, p: float, training: bool, inplace: bool, batched: bool = True) -> Tensor:
    """Dropout of whole channels of x (N, C, ...), or (C, ...) where it is not batched, one draw for each."""
    if not batched:
        batch: Tensor = input.unsqueeze_(0) if inplace else ops.unsqueeze(input, 0)
        result = _feature_dropout(batch, p, training, inplace)
        return result.squeeze_(0) if inplace else ops.squeeze(result, 0)
    x = input._array
    if not training or p == 0 or not x.size:
        bool(inplace)  # which a tensor of several elements refuses
        return input
    if x.ndim < 2:
        raise RuntimeError(
            f"Feature dropout requires at least 2 dimensions in the input, but it has {x.ndim}: use dropout()"
        )
    return _masked(input, _unmasked_channels(x), p, inplace)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, L) or (C, L); RuntimeError for another number of dimensions.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.dropout1d(numpynet.ones(1, 2, 2), 0.0)
    tensor([[[1., 1.],
             [1., 1.]]])
    """
    _require_probability(p)
    require_tensor("dropout1d", "input", 1, input, asks="dim")
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input: (N, C, L) or (C, L)"
        )
    return _feature_dropout(input, p, training, inplace, batched=input.ndim == 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, H, W); warns for another number of dimensions.

    An input of 3 dimensions is taken for (N, C, L), as in torch.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.dropout2d(numpynet.ones(1, 2, 1, 2), 0.0)
    tensor([[[[1., 1.]],
    <BLANKLINE>
             [[1., 1.]]]])
    """
    _require_probability(p)
    require_tensor("dropout2d", "input", 1, input, asks="dim")
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim: use dropout1d()",
            stacklevel=2,
        )
    elif input.ndim != 4:
        warnings.warn(
            f"dropout2d: Received a {input.ndim}-D input to dropout2d, which is deprecated and will result in an error "
            f"in a future release: use dropout()",
            stacklevel=2,
        )
    return _feature_dropout(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, D, H, W) or (C, D, H, W); warns for another number of dimensions.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.dropout3d(numpynet.ones(1, 2, 3, 3, 3), 0.0).shape
    torch.Size([1, 2, 3, 3, 3])
    """
    _require_probability(p)
    require_tensor("dropout3d", "input", 1, input, asks="dim")
    if input.ndim not in (4, 5):
        warnings.warn(
            f"dropout3d: Received a {input.ndim}-D input to dropout3d, which is deprecated and will result in an error "
            f"in a future release: use dropout()",
            stacklevel=2,
        )
    return _feature_dropout(input, p, training, inplace, batched=input.ndim != 4)


def _dropped(name: str, input: Tensor, noise: Tensor, p: Any, training: bool, inplace: bool) -> Tensor:
    """a (x m + α′ (1 − m)) + b with m = 0 of probability p, drawn into `noise`; the input where nothing is dropped."""
    _require_probability(p)
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
    return _dropped("alpha_dropout", input, _unmasked(input._array), p, training, inplace)


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
    return _dropped("feature_alpha_dropout", input, _unmasked_channels(x), p, training, inplace)


all_show_operations(globals())
