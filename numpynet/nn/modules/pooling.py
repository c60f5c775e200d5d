"""Pooling layers: windows of a signal or an image, each replaced by its maximum or its mean."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module
from numpynet.ops.windows import repeated

Size = int | tuple[int, ...]


class _MaxPoolNd(Module):
    return_indices: bool
    ceil_mode: bool

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window        x (N, C, L) -> y (N, C, P); `functional.max_pool1d` says of which.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.MaxPool1d(2)(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[3., 2.]])
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima; with `return_indices` also where they are."""
        return F.max_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window        x (N, C, H, W) -> y (N, C, P, P′); `functional.max_pool2d` says of which.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.MaxPool2d(2)(numpynet.zeros(1, 6, 28, 28)).shape
    torch.Size([1, 6, 14, 14])
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima; with `return_indices` also where they are."""
        return F.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window        x (N, C, D, H, W) -> y (N, C, P, P′, P″)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.MaxPool3d(2)(numpynet.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[7.]]]])
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima; with `return_indices` also where they are."""
        return F.max_pool3d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class _AvgPoolNd(Module):
    kernel_size: Size
    stride: Size
    padding: Size

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window        x (N, C, L) -> y (N, C, P); `functional.avg_pool1d` says of which.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AvgPool1d(2)(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[2., 1.]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = (
            repeated(size, 1) for size in (kernel_size, kernel_size if stride is None else stride, padding)
        )
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class _AvgPoolOfImages(_AvgPoolNd):
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if (stride is not None) else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _arguments(self) -> tuple[Any, ...]:
        return (
            self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override,
        )  # fmt: skip


class AvgPool2d(_AvgPoolOfImages):
    """The mean of each window        x (N, C, H, W) -> y (N, C, P, P′); `functional.avg_pool2d` says of which.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AvgPool2d(2)(numpynet.tensor([[[1.0, 2.0], [4.0, 3.0]]]))
    tensor([[[2.5000]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return F.avg_pool2d(input, *self._arguments())


class AvgPool3d(_AvgPoolOfImages):
    """The mean of each window        x (N, C, D, H, W) -> y (N, C, P, P′, P″)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AvgPool3d(2)(numpynet.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[[[3.5000]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return F.avg_pool3d(input, *self._arguments())


class _AdaptivePool(Module):
    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptivePool):
    """The means of `output_size` parts of x (N, C, L)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AdaptiveAvgPool1d(2)(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[2., 1.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptivePool):
    """The means of so many parts of x (N, C, H, W); output_size: a number or a pair, None keeps a size.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AdaptiveAvgPool2d((1, None))(numpynet.zeros(2, 3, 8, 6)).shape
    torch.Size([2, 3, 1, 6])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptivePool):
    """The means of so many parts of x (N, C, D, H, W)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AdaptiveAvgPool3d(2)(numpynet.zeros(1, 3, 8, 6, 4)).shape
    torch.Size([1, 3, 2, 2, 2])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The means."""
        return F.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMaxPool(_AdaptivePool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The maxima of `output_size` parts of x (N, C, L)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AdaptiveMaxPool1d(2)(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[3., 2.]])
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima; with `return_indices` also where they are."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The maxima of so many parts of x (N, C, H, W)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AdaptiveMaxPool2d(1)(numpynet.tensor([[[1.0, 3.0], [2.0, 0.0]]]))
    tensor([[[3.]]])
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima; with `return_indices` also where they are."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The maxima of so many parts of x (N, C, D, H, W)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AdaptiveMaxPool3d(2)(numpynet.zeros(1, 3, 8, 6, 4)).shape
    torch.Size([1, 3, 2, 2, 2])
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima; with `return_indices` also where they are."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _MaxUnpoolNd(Module):
    dims: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = repeated(kernel_size, self.dims)
        self.stride = repeated(kernel_size if stride is None else stride, self.dims)
        self.padding = repeated(padding, self.dims)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """What `MaxPool1d` was given, as far as its maxima tell; see `functional.max_unpool1d`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> y, places = nn.MaxPool1d(2, return_indices=True)(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]))
    >>> nn.MaxUnpool1d(2)(y, places)
    tensor([[0., 3., 2., 0.]])
    """

    dims = 1

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """The maxima where they stood, among zeros."""
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpoolNd):
    """What `MaxPool2d` was given, as far as its maxima tell; see `functional.max_unpool2d`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> y, places = nn.MaxPool2d(2, return_indices=True)(numpynet.tensor([[[1.0, 3.0], [2.0, 0.0]]]))
    >>> nn.MaxUnpool2d(2)(y, places)
    tensor([[[0., 3.],
             [0., 0.]]])
    """

    dims = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """The maxima where they stood, among zeros."""
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpoolNd):
    """What `MaxPool3d` was given, as far as its maxima tell; see `functional.max_unpool3d`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> y, places = nn.MaxPool3d(2, return_indices=True)(numpynet.ones(1, 2, 2, 2))
    >>> nn.MaxUnpool3d(2)(y, places).sum()
    tensor(1.)
    """

    dims = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """The maxima where they stood, among zeros."""
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _LPPoolNd(Module):
    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) of each window        x (N, C, L) -> y (N, C, P); see `functional.lp_pool1d`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LPPool1d(2, 2)(numpynet.tensor([[3.0, 4.0, 0.0, 2.0]]))
    tensor([[5., 2.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        return F.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) of each window        x (N, C, H, W) -> y (N, C, P, P′); see `functional.lp_pool2d`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LPPool2d(2, 2)(numpynet.tensor([[[3.0, 4.0], [0.0, 0.0]]]))
    tensor([[[5.]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        return F.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) of each window        x (N, C, D, H, W) -> y (N, C, P, P′, P″); see `functional.lp_pool3d`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LPPool3d(1, 2)(numpynet.ones(1, 2, 2, 2))
    tensor([[[[8.]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        return F.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
