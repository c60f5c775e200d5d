"""Changes of shape as modules."""

from __future__ import annotations

from collections.abc import Sequence

from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module


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
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits one dimension into several.

    unflattened_size: their sizes, one of which may be −1. TypeError unless they are a tuple of ints;
    RuntimeError when their product is another than the dimension's size.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Unflatten(1, (2, 3))(numpynet.zeros(5, 6)).shape
    torch.Size([5, 2, 3])
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                f"unflattened_size must be a tuple of ints, but found type {type(unflattened_size).__name__}"
            )
        for position, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    f"unflattened_size must be tuple of ints, but found element of type {type(size).__name__} at pos "
                    f"{position}"
                )
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """The input with that dimension split."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
