"""Losses as modules: how far a prediction is from its target."""

from __future__ import annotations

from typing import Any

from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module
from numpynet.tensor import Tensor


class _Loss(Module):
    """A loss, reduced: "mean" divides the sum of its elements by their number, "sum" does not, "none" keeps them."""

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = F.legacy_reduction(size_average, reduce) or reduction


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
