"""Linear layers."""

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


class Identity(Module):
    """Its input, whatever it is; all arguments are ignored.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Identity()(numpynet.tensor([1, 2]))
    tensor([1, 2])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input itself."""
        return input


class Linear(Module):
    """y = x Wᵀ + b        x (..., in_features) -> y (..., out_features)

    weight: (out_features, in_features), bias: (out_features,) or None, both learned and initially drawn
    uniformly from −1/√in_features to 1/√in_features, in torch's order.
    RuntimeError for a negative size, and for an input of another number of features.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.Linear(3, 2)
    >>> layer(numpynet.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, from the default generator.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.Linear(1, 1)
        >>> _ = numpynet.manual_seed(0)
        >>> layer.reset_parameters()
        >>> layer.weight.item() == nn.Linear(1, 1).weight.item()
        False
        """
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # with this a the bound is 1/√in_features
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """y = x Wᵀ + b"""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """yₒ = x₁ᵀ Wₒ x₂ + bₒ        x₁ (..., in1_features), x₂ (..., in2_features) -> y (..., out_features)

    weight (out_features, in1_features, in2_features) and bias (out_features,) or None are learned, and initially drawn
    uniformly from −1/√in1_features to 1/√in1_features. ValueError where in1_features is not positive.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Bilinear(2, 3, 4)(numpynet.zeros(5, 2), numpynet.zeros(5, 3)).shape
    torch.Size([5, 4])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, from the default generator.

        >>> from numpynet import nn
        >>> layer = nn.Bilinear(1, 1, 1)
        >>> layer.reset_parameters()
        >>> bool(layer.weight.abs() <= 1)
        True
        """
        if self.in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={self.in1_features})")
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """x₁ᵀ W x₂ + b"""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


__getattr__ = asked(__name__)  # torch has names of other files here
