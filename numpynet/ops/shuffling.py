"""Shuffling: channels in another order, and channels as pixels. They are imported when they are first asked for."""

from __future__ import annotations

import math

from numpynet.ops.form import Array, op


def _require_image(name: str, x: Array, option: str, factor: int) -> None:
    if x.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {x.ndim} dimension(s): give it "
            f"(..., C, H, W)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {option}, but got {factor}")


@op(torch="input")
def pixel_shuffle(x: Array, *, upscale_factor: int) -> Array:
    """y[..., c, r h + i, r w + j] = x[..., c r² + i r + j, h, w]        x (..., C r², H, W) -> y (..., C, r H, r W)

    r is the `upscale_factor`. RuntimeError where the channels are no multiple of r², or the dimensions fewer than 3.
    W. Shi et al. 2016, "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network".

    >>> import numpynet
    >>> numpynet.pixel_shuffle(numpynet.tensor([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]), 2)
    tensor([[[1., 2.],
             [3., 4.]]])
    """
    r = upscale_factor
    _require_image("pixel_shuffle", x, "upscale_factor", r)
    *batch, channels, height, width = x.shape
    if channels % r**2:
        raise RuntimeError(
            f"pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {r**2}"
        )
    blocks = x.reshape(math.prod(batch), channels // r**2, r, r, height, width)
    return blocks.transpose(0, 1, 4, 2, 5, 3).copy().reshape(*batch, channels // r**2, r * height, r * width)


@op(torch="input")
def pixel_unshuffle(x: Array, *, downscale_factor: int) -> Array:
    """y[..., c r² + i r + j, h, w] = x[..., c, r h + i, r w + j]        x (..., C, r H, r W) -> y (..., C r², H, W)

    The inverse of `pixel_shuffle`; r is the `downscale_factor`. RuntimeError where height or width is no multiple
    of r, or the dimensions are fewer than 3.

    >>> import numpynet
    >>> numpynet.pixel_unshuffle(numpynet.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 2).flatten()
    tensor([1., 2., 3., 4.])
    """
    r = downscale_factor
    _require_image("pixel_unshuffle", x, "downscale_factor", r)
    *batch, channels, height, width = x.shape
    for name, dim, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({dim})={size} is "
                f"not divisible by {r}"
            )
    blocks = x.reshape(math.prod(batch), channels, height // r, r, width // r, r)
    return blocks.transpose(0, 1, 3, 5, 2, 4).copy().reshape(*batch, channels * r**2, height // r, width // r)


pixel_shuffle.gradients(
    x=lambda dy, upscale_factor: pixel_unshuffle.of(dy, downscale_factor=upscale_factor),
)
pixel_unshuffle.gradients(
    x=lambda dy, downscale_factor: pixel_shuffle.of(dy, upscale_factor=downscale_factor),
)


@op(torch="input")
def channel_shuffle(x: Array, *, groups: int) -> Array:
    """y[n, k g + i] = x[n, i C/g + k]: one channel of each of the g groups after another        (N, C, ...)

    g is the number of `groups`. RuntimeError where it does not divide the channels, or the dimensions are fewer than 3.
    X. Zhang et al. 2018, "ShuffleNet: an extremely efficient convolutional neural network for mobile devices".

    >>> import numpynet
    >>> numpynet.channel_shuffle(numpynet.tensor([[[1.0], [2.0], [3.0], [4.0]]]), 2).flatten()
    tensor([1., 3., 2., 4.])
    """
    if x.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(x.shape)}: give it "
            f"(N, C, ...)"
        )
    samples, channels, *lengths = x.shape
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups} in channel_shuffle()"
        )
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups in "
            f"channel_shuffle()"
        )
    grouped = x.reshape(samples, groups, channels // groups, *lengths)
    return grouped.swapaxes(1, 2).copy().reshape(x.shape)


def _unshuffled(dy: Array, groups: int) -> Array:
    """The channels in as many groups as a group had channels, shuffled: the inverse"""
    return channel_shuffle.of(dy, groups=max(dy.shape[1] // groups, 1))


channel_shuffle.gradients(x=_unshuffled)
