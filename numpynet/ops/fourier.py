"""The discrete Fourier transform, of complex numbers and of real ones, along one dimension or several.

With the norm "backward" a transform is a plain sum, and its inverse is divided by the number n of points; "forward" has
it the other way round, and "ortho" divides both by √n. A gradient goes back by the conjugate of the transposed matrix.
That of a transform is the sum of its inverse, and so the same factor falls to the transform of the opposite norm.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from numpynet.ops.form import Array, op

Dims = tuple[int, ...]
Shape = tuple[int, ...]
Norm = Literal["backward", "ortho", "forward"]

OPPOSITE: dict[Any, Norm] = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def _laid_out(y: Array, strides: Dims, dim: Dims) -> Array:
    """A transform as torch has it in memory: what it goes along lies innermost, in this order.

    strides: of what was transformed, in whose order the other dimensions are.
    """
    others = sorted(set(range(y.ndim)) - set(dim), key=lambda axis: -strides[axis])
    axes = (*others, *dim)
    y = y.transpose(axes)
    return y.reshape(-1).reshape(y.shape).transpose(np.argsort(axes))


def _by_stride(x: Array, dim: Dims) -> Dims:
    return tuple(sorted(dim, key=lambda axis: -x.strides[axis]))


@op(torch="input", complex="written", grad_fn="FftC2CBackward0")
def fftn(x: Array, *, dim: Dims, norm: Norm) -> Array:
    """yₖ = Σⱼ xⱼ exp(−2πi jk/n) along each of the dimensions in turn, with the factor of the norm."""
    return _laid_out(np.fft.fftn(x, axes=dim, norm=norm), x.strides, _by_stride(x, dim))


@op(torch="input", complex="written", grad_fn="FftC2CBackward0")
def ifftn(x: Array, *, dim: Dims, norm: Norm) -> Array:
    """yⱼ = 1/n Σₖ xₖ exp(2πi jk/n) along each of the dimensions in turn, with the factor of the norm."""
    return _laid_out(np.fft.ifftn(x, axes=dim, norm=norm), x.strides, _by_stride(x, dim))


fftn.gradients(x=lambda dy, dim, norm: ifftn.of(dy, dim=dim, norm=OPPOSITE[norm]))
ifftn.gradients(x=lambda dy, dim, norm: fftn.of(dy, dim=dim, norm=OPPOSITE[norm]))


@op(torch="input", grad_fn="FftR2CBackward0")
def rfftn(x: Array, *, dim: Dims, norm: Norm) -> Array:
    """As `fftn`, of real numbers: the first n/2 + 1 along the last of the dimensions, which tell the others.

    These are their conjugates: yₙ₋ₖ = conj(yₖ).
    """
    return _laid_out(np.fft.rfftn(x, axes=dim, norm=norm), x.strides, (*_by_stride(x, dim[:-1]), dim[-1]))


@op(torch="input", complex="written", grad_fn="FftC2RBackward0")
def irfftn(x: Array, *, dim: Dims, n: int, norm: Norm) -> Array:
    """As `ifftn`, of n/2 + 1 numbers along the last of the dimensions, which stand for n: real numbers, n of them."""
    sizes = [x.shape[axis] for axis in dim[:-1]]
    y = np.fft.irfftn(x, s=(*sizes, n), axes=dim, norm=norm)
    first = _by_stride(x, dim[:-1])  # which is transformed before the last
    return _laid_out(_laid_out(y, x.strides, first) if first else y, _after(x, first), dim[-1:])


def _after(x: Array, dim: Dims) -> Dims:
    """The strides of x's transform along these dimensions."""
    return _laid_out(x, x.strides, dim).strides if dim else x.strides


def _of_half(dy: Array, x_shape: Shape, dim: Dims, norm: Norm) -> Array:
    """The real part of the inverse transform, in which the numbers that were left out are 0."""
    shape = list(dy.shape)
    shape[dim[-1]] = x_shape[dim[-1]] - shape[dim[-1]]
    whole = np.concatenate([dy, np.zeros(shape, dy.dtype)], dim[-1])
    return ifftn.of(whole, dim=dim, norm=OPPOSITE[norm]).real


def _of_whole(dy: Array, dim: Dims, n: int, norm: Norm) -> Array:
    """The transform, doubled where a number stands for its conjugate too: all but the first, and of even n the last."""
    times = np.full(n // 2 + 1, 2, dy.dtype)
    times[0] = 1
    if n % 2 == 0:
        times[-1] = 1
    shape = [1] * dy.ndim
    shape[dim[-1]] = -1
    return rfftn.of(dy, dim=dim, norm=OPPOSITE[norm]) * times.reshape(shape)


rfftn.gradients(x=_of_half)
irfftn.gradients(x=_of_whole)
