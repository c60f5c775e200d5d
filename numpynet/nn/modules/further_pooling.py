"""Further pooling layers. They are imported when they are first asked for."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.nn import further_pooling as functions
from numpynet.nn.modules.module import Module
from numpynet.ops.windows import repeated


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
        return functions.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


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
        return functions.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


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
        return functions.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


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
        return functions.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) of each window        x (N, C, H, W) -> y (N, C, P, P′); see `functional.lp_pool2d`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LPPool2d(2, 2)(numpynet.tensor([[[3.0, 4.0], [0.0, 0.0]]]))
    tensor([[[5.]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        return functions.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) of each window        x (N, C, D, H, W) -> y (N, C, P, P′, P″); see `functional.lp_pool3d`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LPPool3d(1, 2)(numpynet.ones(1, 2, 2, 2))
    tensor([[[[8.]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The norms."""
        return functions.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
