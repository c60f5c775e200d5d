"""Further losses and distances as modules: those that few networks have, imported when they are first asked for."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.nn import further_loss as functions
from numpynet.nn.modules.loss import _Loss, _WeightedLoss
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
        return functions.cosine_similarity(x1, x2, self.dim, self.eps)


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
        return functions.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class KLDivLoss(_Loss):
    """ℓ = p (ln p − x), of log-probabilities x and probabilities p, or with log_target ln p, reduced.

    See `numpynet.nn.functional.kl_div`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.KLDivLoss(reduction="batchmean")(numpynet.tensor([[0.5, 0.5]]).log(), numpynet.tensor([[0.25, 0.75]]))
    tensor(0.1308)
    """

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", log_target: bool = False
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.kl_div`."""
        return functions.kl_div(input, target, log_target=self.log_target, reduction=self.reduction)


class PoissonNLLLoss(_Loss):
    """ℓ = eˣ − t x, of the logarithm x of the expected count, or without log_input x − t ln(x + eps), reduced.

    See `numpynet.nn.functional.poisson_nll_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.PoissonNLLLoss()(numpynet.tensor([0.0, 0.0]), numpynet.tensor([1.0, 2.0]))
    tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Any = None,
        eps: float = 1e-8,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.poisson_nll_loss`."""
        return functions.poisson_nll_loss(
            input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """ℓ = (ln v + (x − t)² / v) / 2, of an expected value x with variance v, reduced.

    See `numpynet.nn.functional.gaussian_nll_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.GaussianNLLLoss()(numpynet.tensor([1.0]), numpynet.tensor([3.0]), numpynet.tensor([1.0]))
    tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Any) -> Tensor:
        """The loss; see `numpynet.nn.functional.gaussian_nll_loss`."""
        return functions.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """ℓ = max(0, margin − t (x₁ − x₂)), reduced.

    See `numpynet.nn.functional.margin_ranking_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.MarginRankingLoss()(numpynet.tensor([1.0]), numpynet.tensor([3.0]), numpynet.tensor([1.0]))
    tensor(2.)
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.margin_ranking_loss`."""
        return functions.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """ℓ = x where t = 1, max(0, margin − x) where t = −1, reduced.

    See `numpynet.nn.functional.hinge_embedding_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.HingeEmbeddingLoss()(numpynet.tensor([0.5, 0.25]), numpynet.tensor([1, -1]))
    tensor(0.6250)
    """

    def __init__(
        self, margin: float = 1.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.hinge_embedding_loss`."""
        return functions.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """ℓ = 1 − cos(x₁, x₂) where t = 1, max(0, cos(x₁, x₂) − margin) where t = −1, reduced.

    See `numpynet.nn.functional.cosine_embedding_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.CosineEmbeddingLoss()(numpynet.tensor([[1.0, 0.0]]), numpynet.tensor([[0.0, 1.0]]), numpynet.tensor([1]))
    tensor(1.)
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.cosine_embedding_loss`."""
        return functions.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """ℓ = ln(1 + e^−tx), reduced.

    See `numpynet.nn.functional.soft_margin_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.SoftMarginLoss()(numpynet.tensor([0.0, 0.0]), numpynet.tensor([1.0, -1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.soft_margin_loss`."""
        return functions.soft_margin_loss(input, target, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """ℓ = max(0, margin + d(a, p) − d(a, n)), reduced.

    See `numpynet.nn.functional.triplet_margin_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.TripletMarginLoss()(*numpynet.tensor([[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]]))
    tensor(4.0000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        if margin <= 0:
            raise ValueError(f"{type(self).__name__}: expected margin to be greater than 0, got {margin} instead")
        super().__init__(size_average, reduce, reduction)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.triplet_margin_loss`."""
        return functions.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """ℓ = max(0, margin + d(a, p) − d(a, n)), with a distance of one's own, reduced.

    See `numpynet.nn.functional.triplet_margin_with_distance_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.TripletMarginWithDistanceLoss()(*numpynet.tensor([[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]]))
    tensor(4.0000)
    """

    def __init__(
        self, *, distance_function: Any = None, margin: float = 1.0, swap: bool = False, reduction: str = "mean"
    ) -> None:
        if margin <= 0:
            raise ValueError(f"{type(self).__name__}: expected margin to be greater than 0, got {margin} instead")
        super().__init__(reduction=reduction)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.triplet_margin_with_distance_loss`."""
        return functions.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """ℓ = −Σ w [t ln σ(x) + (1 − t) ln σ(−x)] / C, reduced.

    See `numpynet.nn.functional.multilabel_soft_margin_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.MultiLabelSoftMarginLoss()(numpynet.tensor([[0.0, 0.0]]), numpynet.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.multilabel_soft_margin_loss`."""
        return functions.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """ℓ = Σ max(0, 1 − x[t] + x[j]) / C, over all right classes t and all others j, reduced.

    See `numpynet.nn.functional.multilabel_margin_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.MultiLabelMarginLoss()(numpynet.tensor([[0.0, 0.5, 1.0]]), numpynet.tensor([[2, 0, -1]]))
    tensor(0.6667)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.multilabel_margin_loss`."""
        return functions.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """ℓ = Σ w[t] max(0, margin − x[t] + x[j])ᵖ / C, over the wrong classes j, reduced.

    See `numpynet.nn.functional.multi_margin_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.MultiMarginLoss()(numpynet.tensor([[1.0, 0.5, 3.0]]), numpynet.tensor([0]))
    tensor(1.1667)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        if p not in (1, 2):
            raise ValueError("only p == 1 and p == 2 supported")
        if weight is not None and weight.dim() != 1:
            raise AssertionError(f"weight must be 1-dimensional, got {weight.dim()} dimensions")
        super().__init__(weight, size_average, reduce, reduction)
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.multi_margin_loss`."""
        return functions.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )
