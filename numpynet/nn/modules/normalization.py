"""Normalization layers: they keep what passes through a network at a mean of 0 and a variance of 1."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from numpynet import ops
from numpynet.core.tensor import Tensor
from numpynet.creation import empty, ones, tensor, zeros
from numpynet.nn import functional as F
from numpynet.nn import init
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter
from numpynet.ops.windows import repeated


def _register_affine(module: Module, sizes: Any, weight: bool, bias: bool, device: Any, dtype: Any) -> None:
    """Gives a module the weight and the bias that it wants, None in the place of others."""
    for name, wanted in (("weight", weight), ("bias", bias)):
        values = Parameter(empty(sizes, device=device, dtype=dtype)) if wanted else None
        module.register_parameter(name, values)


def _reset_affine(module: Any) -> None:
    """Sets the weight to 1 and the bias to 0, where there are."""
    if module.weight is not None:
        init.ones_(module.weight)
    if module.bias is not None:
        init.zeros_(module.bias)


class LayerNorm(Module):
    """y = w (x − μ) / √(σ² + eps) + b, with mean and variance over the last dimensions of each sample.

    normalized_shape: the sizes of those dimensions, or the size of the last one. weight w and bias b have it
    too and are learned, unless `elementwise_affine` (or `bias`) is False.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LayerNorm(2)(numpynet.tensor([[1.0, 3.0]])).detach().round(decimals=3)
    tensor([[-1.,  1.]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = repeated(normalized_shape, 1)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        _register_affine(self, self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to 1 and the bias to 0.

        >>> from numpynet import nn
        >>> layer = nn.LayerNorm(2)
        >>> _ = nn.init.zeros_(layer.weight)
        >>> layer.reset_parameters()
        >>> layer.weight.tolist()
        [1.0, 1.0]
        """
        _reset_affine(self)

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class _NormBase(Module):
    """What normalizations have that keep running averages. ranks: the numbers of dimensions that x may have."""

    ranks: tuple[int, ...]
    weight: Parameter | None
    bias: Parameter | None
    _version = 2  # since when the batches are counted
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        _register_affine(self, num_features, affine, affine and bias, device, dtype)
        track = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, device=device, dtype=dtype) if track else None)
        self.register_buffer("running_var", ones(num_features, device=device, dtype=dtype) if track else None)
        self.register_buffer("num_batches_tracked", tensor(0) if track else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forgets the batches seen.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.BatchNorm1d(2)
        >>> _ = layer(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> layer.reset_running_stats()
        >>> layer.running_mean
        tensor([0., 0.])
        """
        if self.running_mean is not None:
            init.zeros_(self.running_mean)
        if self.running_var is not None:
            init.ones_(self.running_var)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Sets the weight to 1 and the bias to 0, and forgets the batches seen.

        >>> from numpynet import nn
        >>> layer = nn.BatchNorm1d(2)
        >>> _ = nn.init.zeros_(layer.weight)
        >>> layer.reset_parameters()
        >>> layer.weight.tolist()
        [1.0, 1.0]
        """
        self.reset_running_stats()
        _reset_affine(self)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *others: Any
    ) -> None:
        key = prefix + "num_batches_tracked"
        if local_metadata.get("version", 1) < 2 and self.track_running_stats and key not in state_dict:
            counter = self.num_batches_tracked
            state_dict[key] = tensor(0) if counter is None else counter.clone()
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *others)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_NormBase):
    """What batch normalizations have; `BatchNorm1d` explains it."""

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized; in training the running averages are updated."""
        if input.dim() not in self.ranks:
            raise ValueError(f"expected {' or '.join(f'{n}D' for n in self.ranks)} input (got {input.dim()}D input)")
        training, counter = self.training, self.num_batches_tracked
        share = 0.0 if self.momentum is None else self.momentum
        if training and self.track_running_stats and counter is not None:
            counter._array += 1
            counter._writes[0] += 1
            if self.momentum is None:
                share = 1.0 / float(counter)
        known = self.track_running_stats or not training
        return F.batch_norm(
            input,
            self.running_mean if known else None,
            self.running_var if known else None,
            self.weight,
            self.bias,
            training or self.running_mean is None,
            share,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """y = w (x − μ) / √(σ² + eps) + b, with mean and variance of each feature over the batch.

    x is (N, C) or (N, C, L) -> y as x; ValueError for another number of dimensions, and for a single value per
    feature in training. weight w and bias b, (C,), are learned, unless `affine` (or `bias`) is False.

    In training the batch's own mean and variance are used, and running averages of them are kept in the
    buffers `running_mean` and `running_var`, each new one with the share `momentum` (None: all with equal
    shares). In evaluation these are used, unless `track_running_stats` is False.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.BatchNorm1d(1)(numpynet.tensor([[1.0], [3.0]])).detach().round(decimals=3)
    tensor([[-1.],
            [ 1.]])
    """

    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` of images: x (N, C, H, W) -> y as x, with mean and variance of each channel over all else

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.BatchNorm2d(1)(numpynet.tensor([[[[1.0, 3.0]]]])).detach().round(decimals=3)
    tensor([[[[-1.,  1.]]]])
    """

    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` of volumes: x (N, C, D, H, W) -> y as x, with mean and variance of each channel over all else

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.BatchNorm3d(2)(numpynet.ones(1, 2, 2, 3, 3)).shape
    torch.Size([1, 2, 2, 3, 3])
    """

    ranks = (5,)


class GroupNorm(Module):
    """y = w (x − μ) / √(σ² + eps) + b for x (N, num_channels, ...), over groups of channels of each sample

    weight w and bias b, (num_channels,), are learned, unless `affine` (or `bias`) is False. ValueError when the groups
    do not divide the channels.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.GroupNorm(2, 4)(numpynet.tensor([[1.0, 3.0, 5.0, 7.0]])).detach().round(decimals=3)
    tensor([[-1.,  1., -1.,  1.]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        _register_affine(self, num_channels, affine, affine and bias, device, dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to 1 and the bias to 0.

        >>> from numpynet import nn
        >>> layer = nn.GroupNorm(1, 2)
        >>> _ = nn.init.zeros_(layer.weight)
        >>> layer.reset_parameters()
        >>> layer.weight.tolist()
        [1.0, 1.0]
        """
        _reset_affine(self)

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class _InstanceNorm(_NormBase):
    """What instance normalizations have; `InstanceNorm1d` explains it. Its ranks: without and with a batch."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized; in training the running averages, where kept, are updated."""
        if input.dim() not in self.ranks:
            raise ValueError(f"expected {' or '.join(f'{n}D' for n in self.ranks)} input (got {input.dim()}D input)")
        dim = input.ndim - self.ranks[0]
        if input.shape[dim] != self.num_features:
            wrong = f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: "
            if self.affine:
                raise ValueError(f"{wrong}{input.shape[dim]}.")
            warnings.warn(
                f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing "
                f"in num_features, which is not used because affine=False",
                stacklevel=2,
            )
        batch = input if dim else ops.unsqueeze(input, 0)
        y = F.instance_norm(
            batch,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return y if dim else ops.squeeze(y, 0)


class InstanceNorm1d(_InstanceNorm):
    """y = w (x − μ) / √(σ² + eps) + b for x (N, C, L) or (C, L), with the statistics of each channel of each sample

    weight w and bias b, (C,), are learned with `affine`. With `track_running_stats` averages over the samples are
    kept, and used in evaluation. ValueError for another number of dimensions, or of channels with `affine`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.InstanceNorm1d(1)(numpynet.tensor([[1.0, 3.0]])).round(decimals=3)
    tensor([[-1.,  1.]])
    """

    ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` of images: x (N, C, H, W) or (C, H, W)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.InstanceNorm2d(3)(numpynet.ones(2, 3, 4, 4)).shape
    torch.Size([2, 3, 4, 4])
    """

    ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` of volumes: x (N, C, D, H, W) or (C, D, H, W)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.InstanceNorm3d(3)(numpynet.ones(2, 3, 2, 4, 4)).shape
    torch.Size([2, 3, 2, 4, 4])
    """

    ranks = (4, 5)


class RMSNorm(Module):
    """y = w x / √(mean x² + eps), with the mean over the last dimensions of each sample (Zhang & Sennrich 2019).

    normalized_shape: the sizes of those dimensions, or the size of the last one. The weight w has it too and is
    learned, unless `elementwise_affine` is False. eps: by default that of the input's dtype.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.RMSNorm(2)(numpynet.tensor([[1.0, 7.0]])).detach()
    tensor([[0.2000, 1.4000]])
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = repeated(normalized_shape, 1)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to 1.

        >>> from numpynet import nn
        >>> layer = nn.RMSNorm(2)
        >>> _ = nn.init.zeros_(layer.weight)
        >>> layer.reset_parameters()
        >>> layer.weight.tolist()
        [1.0, 1.0]
        """
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The input normalized."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LocalResponseNorm(Module):
    """y = x / (k + α/size Σ x²)^β, over the `size` channels around each of x (N, C, ...) (Krizhevsky et al. 2012)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LocalResponseNorm(2, alpha=2.0, beta=1.0)(numpynet.tensor([[[1.0], [2.0]]])).flatten()
    tensor([0.5000, 0.3333])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
