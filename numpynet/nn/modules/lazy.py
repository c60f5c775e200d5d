"""Lazy modules: layers that learn the number of their input's features or channels from their first batch.

Until then their parameters are uninitialized (`numpynet.nn.parameter.UninitializedParameter`). The first call gives
them shapes, draws their values, and makes the module one of the ordinary class. Parameters remain the same objects,
so that an optimizer may be made before.
"""

from __future__ import annotations

from typing import Any

from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.creation import tensor
from numpynet.nn.modules.conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    _Conv,
    _ConvNd,
    _ConvTransposeNd,
)
from numpynet.nn.modules.linear import Linear
from numpynet.nn.modules.module import Module
from numpynet.nn.modules.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    _NormBase,
)
from numpynet.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

Size = int | tuple[int, ...]


class LazyModuleMixin(Module):
    """What makes a module lazy: a class that stands before the module's own among the base classes.

    A subclass writes `initialize_parameters`, which is called with the arguments of the first call.
    cls_to_become: the class that the module then has; None to stay what it is.

    >>> import numpynet
    >>> from numpynet import nn
    >>> class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.UninitializedParameter()
    ...     def initialize_parameters(self, x):
    ...         if self.has_uninitialized_params():
    ...             self.factor.materialize(x.shape[-1:])
    ...             nn.init.ones_(self.factor)
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> Scale()(numpynet.tensor([1.0, 2.0]))
    tensor([1., 2.], grad_fn=<MulBackward0>)
    """

    cls_to_become: type[Any] | None = None
    _inferred = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._inferred:
            self._infer_parameters(args, kwargs)
        return Module.__call__(self, *args, **kwargs)  # whatever its class is now

    def _infer_parameters(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.initialize_parameters(*args, **kwargs)
        if self.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        if self.cls_to_become is None:
            self._inferred = True
        else:
            self.__class__ = self.cls_to_become

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Gives the parameters their shapes and values, for such arguments; every subclass defines it.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.LazyLinear(2)
        >>> layer.initialize_parameters(numpynet.zeros(1, 3))
        >>> layer.weight.shape
        torch.Size([2, 3])
        """
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or a buffer has no shape yet.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.LazyLinear(2)
        >>> layer.has_uninitialized_params(), layer(numpynet.zeros(1, 3)).shape, layer
        (True, torch.Size([1, 2]), Linear(in_features=3, out_features=2, bias=True))
        """
        return any(is_lazy(one) for one in (*self._parameters.values(), *self._buffers.values()))


def _materialize(one: Any, shape: tuple[int, ...]) -> None:
    """Gives a parameter or buffer its shape, where it has none yet."""
    if is_lazy(one):
        one.materialize(shape)


class LazyLinear(LazyModuleMixin, Linear):
    """`Linear` that takes in_features from its first input's last dimension.

    >>> import numpynet
    >>> from numpynet import nn
    >>> net = nn.LazyLinear(2)
    >>> net
    LazyLinear(in_features=0, out_features=2, bias=True)
    >>> net(numpynet.zeros(5, 3)).shape, net
    (torch.Size([5, 2]), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, once they have a shape."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Takes in_features from the input, and draws the parameters."""
        if self.has_uninitialized_params():
            with no_grad():
                self.in_features = input.shape[-1]
                _materialize(self.weight, (self.out_features, self.in_features))
                _materialize(self.bias, (self.out_features,))
                self.reset_parameters()
        if self.in_features == 0:  # they were loaded
            if input.shape[-1] != self.weight.shape[-1]:
                raise AssertionError(
                    f"The in_features inferred from input: {input.shape[-1]} is not equal to in_features from "
                    f"self.weight: {self.weight.shape[-1]}"
                )
            self.in_features = input.shape[-1]


# --- convolutions -------------------------------------------------------------------------------------


class _LazyConv(LazyModuleMixin, _ConvNd):
    """A convolution that takes in_channels from its first input."""

    def _wait(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        """Leaves open what depends on the input."""
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, once they have a shape."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Takes in_channels from the input, and draws the parameters."""
        if not self.has_uninitialized_params():
            return
        if input.dim() not in (self.dims + 1, self.dims + 2):
            raise RuntimeError(
                f"Expected {self.dims + 1}D (unbatched) or {self.dims + 2}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {input.shape}"
            )
        channels = input.shape[-self.dims - 1]
        if channels % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        self.in_channels = channels
        with no_grad():
            _materialize(self.weight, self._weight_shape())
            _materialize(self.bias, (self.out_channels,))
            self.reset_parameters()


class _LazyConvForwards(_LazyConv, _Conv):
    def __init__(
        self,
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
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode)
        self._wait(out_channels, bias, device, dtype)


class LazyConv1d(_LazyConvForwards, Conv1d):
    """`Conv1d` that takes in_channels from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.LazyConv1d(4, 3)
    >>> layer(numpynet.zeros(2, 3, 10)).shape, layer
    (torch.Size([2, 4, 8]), Conv1d(3, 4, kernel_size=(3,), stride=(1,)))
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConvForwards, Conv2d):
    """`Conv2d` that takes in_channels from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.LazyConv2d(4, 3)
    >>> layer
    LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1))
    >>> layer(numpynet.zeros(2, 3, 10, 10)).shape, layer
    (torch.Size([2, 4, 8, 8]), Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1)))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConvForwards, Conv3d):
    """`Conv3d` that takes in_channels from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LazyConv3d(4, 3)(numpynet.zeros(2, 3, 5, 5, 5)).shape
    torch.Size([2, 4, 3, 3, 3])
    """

    cls_to_become = Conv3d


class _LazyConvTransposed(_LazyConv, _ConvTransposeNd):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode)
        self._wait(out_channels, bias, device, dtype)


class LazyConvTranspose1d(_LazyConvTransposed, ConvTranspose1d):
    """`ConvTranspose1d` that takes in_channels from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LazyConvTranspose1d(4, 3)(numpynet.zeros(2, 3, 10)).shape
    torch.Size([2, 4, 12])
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTransposed, ConvTranspose2d):
    """`ConvTranspose2d` that takes in_channels from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LazyConvTranspose2d(4, 3)(numpynet.zeros(2, 3, 5, 5)).shape
    torch.Size([2, 4, 7, 7])
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTransposed, ConvTranspose3d):
    """`ConvTranspose3d` that takes in_channels from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LazyConvTranspose3d(4, 3)(numpynet.zeros(2, 3, 5, 5, 5)).shape
    torch.Size([2, 4, 7, 7, 7])
    """

    cls_to_become = ConvTranspose3d


# --- normalizations -----------------------------------------------------------------------------------


class _LazyNorm(LazyModuleMixin, _NormBase):
    """A normalization by channel that takes num_features from its first input."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = tensor(0)

    def reset_parameters(self) -> None:
        """Sets the weight to 1 and the bias to 0, and forgets the batches seen, once they have a shape."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Takes num_features from the input, and sets the parameters."""
        if self.has_uninitialized_params():
            self.num_features = input.shape[1]
            with no_grad():
                for one in (self.weight, self.bias, self.running_mean, self.running_var):
                    _materialize(one, (self.num_features,))
                self.reset_parameters()


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """`BatchNorm1d` that takes num_features from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.LazyBatchNorm1d()
    >>> layer(numpynet.ones(5, 3)).shape, layer.num_features
    (torch.Size([5, 3]), 3)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """`BatchNorm2d` that takes num_features from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.LazyBatchNorm2d()
    >>> layer(numpynet.ones(5, 3, 2, 2)).shape, layer.num_features
    (torch.Size([5, 3, 2, 2]), 3)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """`BatchNorm3d` that takes num_features from its first input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.LazyBatchNorm3d()
    >>> layer(numpynet.ones(5, 3, 2, 2, 2)).shape, layer.num_features
    (torch.Size([5, 3, 2, 2, 2]), 3)
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """`InstanceNorm1d` that takes num_features from its first input; learned and with running averages by default.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.LazyInstanceNorm1d()
    >>> layer(numpynet.ones(5, 3, 2)).shape, layer.num_features
    (torch.Size([5, 3, 2]), 3)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """`InstanceNorm2d` that takes num_features from its first input; learned and with running averages by default.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.LazyInstanceNorm2d()
    >>> layer(numpynet.ones(5, 3, 2, 2)).shape, layer.num_features
    (torch.Size([5, 3, 2, 2]), 3)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """`InstanceNorm3d` that takes num_features from its first input; learned and with running averages by default.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.LazyInstanceNorm3d()
    >>> layer(numpynet.ones(5, 3, 2, 2, 2)).shape, layer.num_features
    (torch.Size([5, 3, 2, 2, 2]), 3)
    """

    cls_to_become = InstanceNorm3d
