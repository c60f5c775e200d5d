"""Further normalizations: those that few networks have. They are imported when they are first asked for."""

from __future__ import annotations

from numpynet.core.tensor import Tensor
from numpynet.nn import further_normalization as functions
from numpynet.nn.modules.module import Module


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
        return functions.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
