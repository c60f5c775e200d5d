"""Convolution layers."""

from __future__ import annotations

import math
from typing import Any

from numpynet.core.absence import asked
from numpynet.core.tensor import Tensor
from numpynet.creation import empty
from numpynet.nn import functional as F
from numpynet.nn import init
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.ops.windows import repeated, span

Size = int | tuple[int, ...]
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all convolutions have: their sizes, the weight and the bias, and how these are drawn at first.

    weight: (out_channels, in_channels / groups, *kernel_size), of a transposed convolution with the channels
    exchanged; bias: (out_channels,) or None. Both are initially drawn uniformly from −1/√fan_in to 1/√fan_in, in
    torch's order.

    ValueError for groups that do not divide the channels, and for an unknown padding or padding mode.
    """

    weight: Parameter
    bias: Parameter | None
    dims: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size,
        padding: Size | str,
        dilation: Size,
        output_padding: Size,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}")
            if padding == "same" and any(step != 1 for step in self._sizes(stride)):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in set(PADDING_MODES):
            raise ValueError(f"padding_mode must be one of {set(PADDING_MODES)}, but got padding_mode='{padding_mode}'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = self._sizes(kernel_size)
        self.stride = self._sizes(stride)
        self.padding = padding if isinstance(padding, str) else self._sizes(padding)
        self.dilation = self._sizes(dilation)
        self.output_padding = self._sizes(output_padding)
        self.groups = groups
        self.padding_mode = padding_mode
        self.weight = Parameter(empty(self._weight_shape(), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _sizes(self, size: Any) -> tuple[int, ...]:
        """One number for each spatial dimension."""
        return repeated(size, self.dims)

    def _weight_shape(self) -> tuple[int, ...]:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return (first, second // self.groups, *self.kernel_size)

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, from the default generator."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # with this a the bound is 1/√fan_in
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def _with_borders(self, input: Tensor) -> tuple[Tensor, Any]:
        """The input, padded in the mode that is not zeros; and the padding that is left to do."""
        if self.padding_mode == "zeros":
            return input, self.padding
        if self.padding == "valid":
            return input, 0
        sides: list[int] = []
        for size, gap, position in zip(
            self.kernel_size[::-1], self.dilation[::-1], range(self.dims)[::-1], strict=True
        ):
            if self.padding == "same":
                total = span(size, gap) - 1
                sides += (total // 2, total - total // 2)
            else:
                sides += (self.padding[position],) * 2  # type: ignore[arg-type]
        return F.pad(input, sides, mode=self.padding_mode), 0

    def extra_repr(self) -> str:
        zeros, ones = (0,) * self.dims, (1,) * self.dims
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, usual in (("padding", zeros), ("dilation", ones), ("output_padding", zeros), ("groups", 1)):
            value = getattr(self, name)
            if value != usual:
                text += f", {name}={value}"
        if self.bias is None:
            text += ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class _Conv(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, device,
            dtype,
        )  # fmt: skip


class Conv1d(_Conv):
    """y = b + w ∗ x        x (N, in_channels, L) -> y (N, out_channels, P); `functional.conv1d` says how.

    weight: (out_channels, in_channels / groups, kernel_size), bias: (out_channels,) or None, both learned and
    initially drawn uniformly from −1/√fan_in to 1/√fan_in, in torch's order. padding: a number, "valid" or "same";
    padding_mode: "zeros", "reflect", "replicate" or "circular". ValueError for groups that do not divide the
    channels, and for an unknown padding or mode.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Conv1d(3, 4, 5, padding="same")(numpynet.zeros(2, 3, 10)).shape
    torch.Size([2, 4, 10])
    """

    dims = 1

    def forward(self, input: Tensor) -> Tensor:
        """y = b + w ∗ x"""
        input, padding = self._with_borders(input)
        return F.conv1d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv2d(_Conv):
    """y = b + w ∗ x        x (N, in_channels, H, W) -> y (N, out_channels, P, P′); as `Conv1d`

    kernel_size, stride, padding, dilation: one number for both dimensions, or a pair.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.Conv2d(1, 6, 5)
    >>> layer
    Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
    >>> layer(numpynet.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 6, 24, 24])
    """

    dims = 2

    def forward(self, input: Tensor) -> Tensor:
        """y = b + w ∗ x"""
        input, padding = self._with_borders(input)
        return F.conv2d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv3d(_Conv):
    """y = b + w ∗ x        x (N, in_channels, D, H, W) -> y (N, out_channels, P, P′, P″); as `Conv1d`

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Conv3d(3, 4, 2)(numpynet.zeros(2, 3, 5, 5, 5)).shape
    torch.Size([2, 4, 4, 4, 4])
    """

    dims = 3

    def forward(self, input: Tensor) -> Tensor:
        """y = b + w ∗ x"""
        input, padding = self._with_borders(input)
        return F.conv3d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


# --- transposed -----------------------------------------------------------------------------------------


class _ConvTransposeNd(_ConvNd):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        if isinstance(padding, str):
            raise TypeError(f"{type(self).__name__}: padding must be int or tuple of ints, not str")
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def _output_padding(self, input: Tensor, output_size: Any) -> tuple[int, ...]:
        """How much longer the result must be at its end to have that size; ValueError when it cannot."""
        if output_size is None:
            return self.output_padding
        first = input.ndim - self.dims
        wanted = list(output_size)[first:] if len(output_size) == input.ndim else list(output_size)
        if len(wanted) != self.dims:
            raise ValueError(
                f"ConvTranspose{self.dims}D: for {input.ndim}D input, output_size must have {self.dims} or "
                f"{input.ndim} elements (got {len(output_size)})"
            )
        assert not isinstance(self.padding, str)
        sizes = zip(input.shape[first:], self.stride, self.padding, self.kernel_size, self.dilation, strict=True)
        least = [(n - 1) * step - 2 * margin + span(k, gap) for n, step, margin, k, gap in sizes]
        most = [n + step - 1 for n, step in zip(least, self.stride, strict=True)]
        if any(not low <= n <= high for n, low, high in zip(wanted, least, most, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} (for an input of "
                f"{input.size()[2:]})"
            )
        return tuple(n - low for n, low in zip(wanted, least, strict=True))


class ConvTranspose1d(_ConvTransposeNd):
    """The gradient of `Conv1d` by its input, used forwards        x (N, in_channels, L) -> y (N, out_channels, P)

    weight: (in_channels, out_channels / groups, kernel_size); else as `Conv1d`. `functional.conv_transpose1d` says
    how long the result is; calling the layer with `output_size` chooses among the lengths of which a convolution
    with its stride makes the input's.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ConvTranspose1d(3, 4, 2, stride=2)(numpynet.zeros(2, 3, 10)).shape
    torch.Size([2, 4, 20])
    """

    dims = 1

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """The input made longer."""
        more = self._output_padding(input, output_size)
        return F.conv_transpose1d(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )


class ConvTranspose2d(_ConvTransposeNd):
    """The gradient of `Conv2d` by its input, used forwards; as `ConvTranspose1d`

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ConvTranspose2d(3, 4, 2, stride=2)(numpynet.zeros(1, 3, 5, 6)).shape
    torch.Size([1, 4, 10, 12])
    """

    dims = 2

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """The input made larger."""
        more = self._output_padding(input, output_size)
        return F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )


class ConvTranspose3d(_ConvTransposeNd):
    """The gradient of `Conv3d` by its input, used forwards; as `ConvTranspose1d`

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ConvTranspose3d(3, 4, 2, stride=2)(numpynet.zeros(1, 3, 4, 5, 6)).shape
    torch.Size([1, 4, 8, 10, 12])
    """

    dims = 3

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """The input made larger."""
        more = self._output_padding(input, output_size)
        return F.conv_transpose3d(
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )


__getattr__ = asked(__name__)  # torch has names of other files here
