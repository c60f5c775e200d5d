"""Activations as modules: the nonlinear functions between the layers of a network."""

from __future__ import annotations

from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module
from numpynet.tensor import Tensor


class ReLU(Module):
    """y = max(x, 0), element by element.

    inplace: whether the result is written over the input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReLU()(numpynet.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = max(x, 0)"""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ), element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Sigmoid()(numpynet.tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """y = 1 / (1 + e⁻ˣ)"""
        return F.sigmoid(input)


class Tanh(Module):
    """y = tanh x, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Tanh()(numpynet.tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """y = tanh x"""
        return F.tanh(input)
