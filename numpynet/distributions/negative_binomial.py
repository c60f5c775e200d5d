"""NegativeBinomial: how many successes come before failures."""

from __future__ import annotations

from typing import Any, ClassVar

from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.continuous import Gamma
from numpynet.distributions.of_probabilities import OfProbabilities, require_one_of
from numpynet.distributions.parameters import broadcast_all, library
from numpynet.ops.special import lgamma


class NegativeBinomial(OfProbabilities):
    """How many successes of the probability `probs` come before `total_count` failures, which may be no integer.

    P(X = k) = Γ(n + k) / (k! Γ(n)) (1 − probs)ⁿ probsᵏ, of n = total_count.

    >>> from numpynet.distributions import NegativeBinomial
    >>> NegativeBinomial(2, 0.75).mean
    tensor(6.)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        require_one_of(probs, logits)
        count, parameter = broadcast_all(total_count, logits if probs is None else probs)
        self.total_count = count.type_as(parameter)
        super().__init__(self._choose(*((None, parameter) if probs is None else (parameter, None))), (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        return self.mean / library.sigmoid(-self.logits)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with library.no_grad():  # a count of 0 is none of Gamma's concentrations
            rates = Gamma(self.total_count, library.exp(-self.logits), validate_args=False)
            return library.poisson(rates.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        log_sigmoid = library.nn.functional.logsigmoid
        unnormalized = self.total_count * log_sigmoid(-self.logits) + value * log_sigmoid(self.logits)
        total = self.total_count + value
        normalizer = -lgamma(total) + lgamma(1.0 + value) + lgamma(self.total_count)
        return unnormalized - normalizer.masked_fill(total == 0.0, 0.0)  # where it is ∞ − ∞
