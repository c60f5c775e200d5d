"""Layers that change the size of signals and images, and those that take windows of images apart."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module


class Upsample(Module):
    """x (N, C, *L) in another size; `functional.interpolate` explains the arguments.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Upsample(scale_factor=2, mode="bilinear")(numpynet.zeros(1, 3, 4, 5)).shape
    torch.Size([1, 3, 8, 10])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor: Any = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """The input in the other size."""
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        given = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{given}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images by copying the nearest pixel.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.UpsamplingNearest2d(scale_factor=2)(numpynet.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images by interpolating, with the corners kept in place.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.UpsamplingBilinear2d((1, 3))(numpynet.tensor([[[[1.0, 3.0]]]]))
    tensor([[[[1., 2., 3.]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


# --- windows ------------------------------------------------------------------------------------------


class Unfold(Module):
    """The windows of images as columns        x (N, C, H, W) -> (N, C·K·K′, P·P′)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Unfold(3, padding=1)(numpynet.zeros(2, 3, 4, 5)).shape
    torch.Size([2, 27, 20])
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The columns."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Columns added up to images of `output_size`: the adjoint of `Unfold`        (N, C·K·K′, P·P′) -> (N, C, H, W)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Fold((4, 5), 3, padding=1)(numpynet.zeros(2, 27, 20)).shape
    torch.Size([2, 3, 4, 5])
    """

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The images."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
