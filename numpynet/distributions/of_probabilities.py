"""What is given by probabilities, or by logits."""

from __future__ import annotations

from typing import Any

from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.distributions.distribution import Distribution
from numpynet.distributions.parameters import broadcast_all, lazy_property, logits_to_probs, probs_to_logits


def require_one_of(probs: Any, logits: Any) -> None:
    """ValueError where both are given, or none."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


class OfProbabilities(Distribution):
    """A distribution that is given by `probs`, or by `logits`; each is made of the other when it is asked for."""

    is_binary = True

    def _choose(self, probs: Any, logits: Any) -> Size:
        """Keeps the one that is given; returns its shape."""
        require_one_of(probs, logits)
        given = logits if probs is None else probs
        (kept,) = broadcast_all(given)
        setattr(self, "logits" if probs is None else "probs", kept)
        return kept.shape

    @lazy_property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities, or of their odds."""
        return probs_to_logits(self.probs, self.is_binary)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits, self.is_binary)

    @property
    def _param(self) -> Tensor:
        return self.probs if "probs" in self.__dict__ else self.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._param.size()
