"""Padding layers: so many elements set before and after each spatial dimension."""

from __future__ import annotations

from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module
from numpynet.ops.windows import repeated


class _Pad(Module):
    """padding: one number for all sides, or those before and after the last dimension, then the last but one, ..."""

    dims: int
    mode: str
    padding: tuple[int, ...]

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__()
        self.padding = repeated(padding, 2 * self.dims)

    def forward(self, input: Tensor) -> Tensor:
        """The input padded."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_Pad):
    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The input padded."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Sets elements of one value around the last dimension.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ConstantPad1d(1, 5.0)(numpynet.tensor([[1.0, 2.0]]))
    tensor([[5., 1., 2., 5.]])
    """

    dims = 1


class ConstantPad2d(_ConstantPadNd):
    """Sets elements of one value around the last two dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ConstantPad2d((1, 0, 0, 1), 5.0)(numpynet.zeros(1, 1, 1))
    tensor([[[5., 0.],
             [5., 5.]]])
    """

    dims = 2


class ConstantPad3d(_ConstantPadNd):
    """Sets elements of one value around the last three dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ConstantPad3d(1, 5.0)(numpynet.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    dims = 3


class _ZeroPad(_ConstantPadNd):
    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """Sets zeros around the last dimension.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ZeroPad1d(1)(numpynet.tensor([[1.0, 2.0]]))
    tensor([[0., 1., 2., 0.]])
    """


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """Sets zeros around the last two dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ZeroPad2d(1)(numpynet.ones(1, 1, 1))
    tensor([[[0., 0., 0.],
             [0., 1., 0.],
             [0., 0., 0.]]])
    """


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """Sets zeros around the last three dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ZeroPad3d(1)(numpynet.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """


class _ReflectionPadNd(_Pad):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Mirrors the last dimension at its first and its last element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReflectionPad1d(2)(numpynet.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    dims = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Mirrors the last two dimensions at their first and last elements.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReflectionPad2d(1)(numpynet.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[4., 3., 4., 3.],
             [2., 1., 2., 1.],
             [4., 3., 4., 3.],
             [2., 1., 2., 1.]]])
    """

    dims = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Mirrors the last three dimensions at their first and last elements.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReflectionPad3d(1)(numpynet.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    dims = 3


class _ReplicationPadNd(_Pad):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Repeats the first and the last element of the last dimension.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReplicationPad1d(1)(numpynet.tensor([[1.0, 2.0]]))
    tensor([[1., 1., 2., 2.]])
    """

    dims = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Repeats the first and the last elements of the last two dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReplicationPad2d(1)(numpynet.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[1., 1., 2., 2.],
             [1., 1., 2., 2.],
             [3., 3., 4., 4.],
             [3., 3., 4., 4.]]])
    """

    dims = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Repeats the first and the last elements of the last three dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReplicationPad3d(1)(numpynet.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    dims = 3


class _CircularPadNd(_Pad):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """The input padded; ValueError unless it has so many spatial dimensions."""
        if input.dim() not in (self.dims + 1, self.dims + 2):
            raise ValueError(f"expected {self.dims + 1}D or {self.dims + 2}D input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """Sets before the last dimension what is at its end, and after it what is at its start.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.CircularPad1d(1)(numpynet.tensor([[1.0, 2.0]]))
    tensor([[2., 1., 2., 1.]])
    """

    dims = 1


class CircularPad2d(_CircularPadNd):
    """Sets before the last two dimensions what is at their ends, and after them what is at their starts.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.CircularPad2d(1)(numpynet.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[4., 3., 4., 3.],
             [2., 1., 2., 1.],
             [4., 3., 4., 3.],
             [2., 1., 2., 1.]]])
    """

    dims = 2


class CircularPad3d(_CircularPadNd):
    """Sets before the last three dimensions what is at their ends, and after them what is at their starts.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.CircularPad3d(1)(numpynet.zeros(1, 2, 3, 4)).shape
    torch.Size([1, 4, 5, 6])
    """

    dims = 3
