"""Frequencies: which one each number of a transform belongs to, and the order that has 0 in the middle."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.core.modes import silently
from numpynet.core.tensor import Tensor
from numpynet.creation.arguments import Kind, floating, integer, number, settled
from numpynet.fft.transforms import Dims
from numpynet.ops.acceptance import no_complex
from numpynet.ops.arguments import integers
from numpynet.ops.form import Array


def _multiples(name: str, counted: Array, n: int, d: float, dtype: Kind, out: Any, **keywords: Any) -> Tensor:
    """The numbers divided by n d, as torch does it: multiplied by the reciprocal."""
    kind = floating(dtype, name, out)
    no_complex("arange", np.empty((), kind))
    if kind.kind != "f":
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}] in {name}()")
    distance = number(d, f"fft_{name}", "d", 2)
    if isinstance(distance, complex):
        raise TypeError(f"fft_{name}(): argument 'd' (position 2) must be float, not complex")
    array = silently(lambda: counted.astype(kind) * kind.type(np.divide(1.0, n * distance)))
    return settled(name, array, dtype=dtype, out=out, **keywords)


def fft_fftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The frequencies of an `fft` of n points at distances d: 0, 1, ..., then −n/2, ..., −1, divided by n d.

    TypeError where n is no integer or d no real number, RuntimeError where it is negative and for a dtype of integers.

    >>> import numpynet
    >>> numpynet.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    n = integer(n, "fft_fftfreq", "n", 1)
    counted = np.concatenate([np.arange((n + 1) // 2), np.arange(-(n // 2), 0)])
    keywords = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    return _multiples("fftfreq", counted, n, d, dtype, out, **keywords)


def fft_rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The frequencies of an `rfft` of n points at distances d: 0, 1, ..., n/2, divided by n d; see `fftfreq`.

    >>> import numpynet
    >>> numpynet.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    n = integer(n, "fft_rfftfreq", "n", 1)
    keywords = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    return _multiples("rfftfreq", np.arange(n // 2 + 1), n, d, dtype, out, **keywords)


def _dims(name: str, input: Tensor, dim: Dims) -> tuple[int, ...]:
    dims = tuple(range(input.ndim)) if dim is None else integers(name, "dim", dim)
    if not dims:
        raise RuntimeError("`shifts` required: there is no dimension along which to shift")
    return dims


@composed
def fft_fftshift(input: Tensor, dim: Dims = None) -> Tensor:
    """The numbers of a transform in the order of their frequencies, 0 in the middle: along `dim`, or everywhere.

    >>> import numpynet
    >>> numpynet.fft.fftshift(numpynet.fft.fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    dims = _dims("fft_fftshift", input, dim)
    return ops.roll(input, [input.size(one) // 2 for one in dims], dims)


@composed
def fft_ifftshift(input: Tensor, dim: Dims = None) -> Tensor:
    """Undoes `fftshift`.

    >>> import numpynet
    >>> numpynet.fft.ifftshift(numpynet.fft.fftshift(numpynet.arange(5)))
    tensor([0, 1, 2, 3, 4])
    """
    dims = _dims("fft_ifftshift", input, dim)
    return ops.roll(input, [(input.size(one) + 1) // 2 for one in dims], dims)
