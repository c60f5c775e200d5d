"""Layers that move channels, and channels to pixels."""

from __future__ import annotations

from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.ops.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle


class PixelShuffle(Module):
    """Channels as pixels: (..., C r², H, W) -> (..., C, r H, r W) with r = `upscale_factor` (Shi et al. 2016)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.PixelShuffle(2)(numpynet.zeros(1, 8, 3, 4)).shape
    torch.Size([1, 2, 6, 8])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The larger images."""
        return pixel_shuffle(input, upscale_factor=self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels as channels: (..., C, r H, r W) -> (..., C r², H, W) with r = `downscale_factor`

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.PixelUnshuffle(2)(numpynet.zeros(1, 2, 6, 8)).shape
    torch.Size([1, 8, 3, 4])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The smaller images."""
        return pixel_unshuffle(input, downscale_factor=self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """One channel of each group after another, of x (N, C, ...) in so many groups (Zhang et al. 2018)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ChannelShuffle(2)(numpynet.tensor([[[1.0], [2.0], [3.0], [4.0]]])).flatten()
    tensor([1., 3., 2., 4.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """The channels in their new order."""
        return channel_shuffle(input, groups=self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
