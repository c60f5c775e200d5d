"""Relaxed: what distributions share that relax discrete ones, and so have gradients of samples."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.distributions.transformed import TransformedDistribution


class Relaxed(TransformedDistribution):
    """A distribution whose base has a temperature, and probabilities or their logits."""

    has_rsample = True
    base_dist: Any

    @property
    def temperature(self) -> Tensor:
        """How far the samples are from discrete ones."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities, or of their odds."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.base_dist.probs
