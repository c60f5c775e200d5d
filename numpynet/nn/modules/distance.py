"""Distances and similarities of vectors, as modules."""

from __future__ import annotations

from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module


class CosineSimilarity(Module):
    """x₁ · x₂ / (max(‖x₁‖, eps) max(‖x₂‖, eps)) along `dim`; see `numpynet.nn.functional.cosine_similarity`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.CosineSimilarity()(numpynet.tensor([[1.0, 0.0]]), numpynet.tensor([[1.0, 1.0]]))
    tensor([0.7071])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """x₁ · x₂ / (max(‖x₁‖, eps) max(‖x₂‖, eps)) along `dim`"""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """‖x₁ − x₂ + eps‖ₚ along the last dimension; see `numpynet.nn.functional.pairwise_distance`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.PairwiseDistance(1.0)(numpynet.tensor([[1.0, 0.0]]), numpynet.tensor([[1.0, 2.0]]))
    tensor([2.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """‖x₁ − x₂ + eps‖ₚ along the last dimension"""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
