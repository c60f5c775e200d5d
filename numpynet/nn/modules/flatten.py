"""Changes of shape as modules."""

from __future__ import annotations

from numpynet import functional
from numpynet.nn.modules.module import Module
from numpynet.tensor import Tensor


class Flatten(Module):
    """Joins the dimensions from start_dim to end_dim into one; the first, the batch, is left alone.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Flatten()(numpynet.zeros(5, 2, 3)).shape
    torch.Size([5, 6])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """The input with those dimensions joined."""
        return functional.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
