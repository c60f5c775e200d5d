"""Windows: weights that fall towards both ends of a piece of a signal, before it is transformed.

With N points, or N + 1 of which the last is left away where a window is `periodic`, and n = 0, ..., N − 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet.core.tensor import Tensor
from numpynet.creation.arguments import Kind, floating, integer, require_flags, settled
from numpynet.ops.acceptance import no_complex
from numpynet.ops.arguments import require
from numpynet.ops.form import Array


def _window(
    name: str, given: tuple[Any, ...], weights: Callable[[Array, int], Array], dtype: Kind, **options: Any
) -> Tensor:
    """The weights, computed in float64 of the numbers n and N, in a floating dtype.

    given: the arguments by place, of which the length and `periodic` are the first. TypeError where the length is no
    integer, RuntimeError where it is negative and for a dtype of integers.
    """
    require(name, given)
    length, periodic = given[:2]
    length = integer(length, name, "window_length", 1)
    require_flags(name, periodic=periodic)
    kind = floating(dtype, name)
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    no_complex(name, np.empty((), kind))
    if kind.kind != "f":
        raise RuntimeError(f"{name} expects floating point dtypes, got: {kind.name}")
    points = length + periodic
    array = np.ones(length) if length < 2 else weights(np.arange(points, dtype=np.float64), points)[:length]
    return settled(name, array.astype(kind), **options)


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """wₙ = (1 − cos(2π n / (N − 1))) / 2

    >>> import numpynet
    >>> numpynet.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    options = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    return _window("hann_window", (window_length, periodic), _raised_cosine(0.5, 0.5), dtype, **options)


def _raised_cosine(alpha: float, beta: float) -> Callable[[Array, int], Array]:
    return lambda n, points: alpha - beta * np.cos(2 * math.pi * n / (points - 1))


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """wₙ = α − β cos(2π n / (N − 1))

    >>> import numpynet
    >>> numpynet.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    options = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    given = (window_length, periodic, alpha, beta)
    return _window("hamming_window", given, _raised_cosine(alpha, beta), dtype, **options)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """wₙ = 0.42 − 0.5 cos(2π n / (N − 1)) + 0.08 cos(4π n / (N − 1))

    >>> import numpynet
    >>> numpynet.blackman_window(4)[1:]
    tensor([0.3400, 1.0000, 0.3400])
    """

    def weights(n: Array, points: int) -> Array:
        turn = 2 * math.pi * n / (points - 1)
        return 0.42 - 0.5 * np.cos(turn) + 0.08 * np.cos(2 * turn)

    options = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    return _window("blackman_window", (window_length, periodic), weights, dtype, **options)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """wₙ = 1 − |2n / (N − 1) − 1|, a triangle

    >>> import numpynet
    >>> numpynet.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def weights(n: Array, points: int) -> Array:
        return 1 - np.abs(2 * n / (points - 1) - 1)

    options = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    return _window("bartlett_window", (window_length, periodic), weights, dtype, **options)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """wₙ = I₀(β √(1 − (2n / (N − 1) − 1)²)) / I₀(β) with the modified Bessel function I₀

    >>> import numpynet
    >>> numpynet.kaiser_window(4)[1:]
    tensor([0.2157, 1.0000, 0.2157])
    """

    def weights(n: Array, points: int) -> Array:
        return np.i0(beta * np.sqrt(1 - (2 * n / (points - 1) - 1) ** 2)) / np.i0(beta)

    options = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    return _window("kaiser_window", (window_length, periodic, beta), weights, dtype, **options)
