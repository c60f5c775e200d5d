"""Losses as modules: how far a prediction is from its target."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.functional.reductions import legacy_reduction
from numpynet.nn.modules.distance import PairwiseDistance
from numpynet.nn.modules.module import Module


class _Loss(Module):
    """A loss, reduced: "mean" divides the sum of its elements by their number, "sum" does not, "none" keeps them."""

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction if size_average is reduce is None else legacy_reduction(size_average, reduce)


class _WeightedLoss(_Loss):
    """A loss with a weight for every element or class: a buffer, not learned."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class L1Loss(_Loss):
    """ℓ = |x − t|, reduced.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.L1Loss()(numpynet.tensor([1.0, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of a prediction and its target, which are of one shape."""
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """ℓ = (x − t)², reduced.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.MSELoss()(numpynet.tensor([1.0, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(5.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of a prediction and its target, which are of one shape."""
        return F.mse_loss(input, target, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """ℓ = −w [p t ln σ(z) + (1 − t) ln(1 − σ(z))] of logits z and targets t in [0, 1], reduced.

    weight: w, of each element. pos_weight: p, of the positive class; above 1 it raises the recall. Both
    broadcast to the logits.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.BCEWithLogitsLoss()(numpynet.tensor([0.0, 0.0]), numpynet.tensor([0.0, 1.0]))
    tensor(0.6931)
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of logits and targets of one shape; ValueError when the shapes differ."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class SmoothL1Loss(_Loss):
    """ℓ = (x − t)² / 2β where |x − t| < β, else |x − t| − β/2, reduced.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.SmoothL1Loss()(numpynet.tensor([0.5, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(1.3125)
    """

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of a prediction and its target, which are of one shape."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """ℓ = (x − t)² / 2 where |x − t| ≤ δ, else δ (|x − t| − δ/2), reduced.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.HuberLoss(delta=2.0)(numpynet.tensor([0.5, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(2.0625)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of a prediction and its target, which are of one shape."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCELoss(_WeightedLoss):
    """ℓ = −w [t ln x + (1 − t) ln(1 − x)] of probabilities x and targets t in [0, 1], reduced.

    weight: w, of each element. `BCEWithLogitsLoss` is accurate also where x is near 0 or 1.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.BCELoss()(numpynet.tensor([0.5, 0.5]), numpynet.tensor([0.0, 1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of probabilities and targets of one shape; ValueError when the shapes differ."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class NLLLoss(_WeightedLoss):
    """ℓ = −w[t] x[t], of log-probabilities x (N, C, ...) and the classes t (N, ...) that are right, reduced.

    weight: w, of each class. ignore_index: targets of this class do not count.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.NLLLoss()(numpynet.tensor([[-0.5, -1.0]]), numpynet.tensor([1]))
    tensor(1.)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of log-probabilities and classes."""
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class CrossEntropyLoss(_WeightedLoss):
    """ℓ = −Σ w p ln softmax(z), of logits z (N, C, ...) and classes (N, ...) or probabilities p, reduced.

    weight: w, of each class. ignore_index: targets of this class do not count. label_smoothing: ε in [0, 1];
    p becomes (1 − ε) p + ε / C.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.CrossEntropyLoss()(numpynet.tensor([[0.0, 0.0]]), numpynet.tensor([1]))
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of logits and classes, or probabilities."""
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


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
        return F.kl_div(input, target, log_target=self.log_target, reduction=self.reduction)


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
        return F.poisson_nll_loss(
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
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


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
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


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
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


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
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


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
        return F.soft_margin_loss(input, target, reduction=self.reduction)


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
        return F.triplet_margin_loss(
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
        return F.triplet_margin_with_distance_loss(
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
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


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
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


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
        super().__init__(weight, size_average, reduce, reduction)
        if weight is not None and weight.dim() != 1:
            raise ValueError(f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.dim()}D instead")
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss; see `numpynet.nn.functional.multi_margin_loss`."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class CTCLoss(Module):
    """−ln p of a sequence of labels of which it is not known where they stand; see `functional.ctc_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> x = numpynet.full((2, 1, 2), 0.5).log()
    >>> nn.CTCLoss()(x, numpynet.tensor([[1]]), [2], [1])
    tensor(0.2877)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__()
        self.blank = blank
        self.reduction = reduction
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        """The loss."""
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
