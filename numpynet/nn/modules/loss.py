"""Losses as modules: how far a prediction is from its target."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module


class _Loss(Module):
    """A loss, reduced: "mean" divides the sum of its elements by their number, "sum" does not, "none" keeps them."""

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        given = size_average is not None or reduce is not None
        self.reduction = F.legacy_reduction(size_average, reduce) if given else reduction


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
