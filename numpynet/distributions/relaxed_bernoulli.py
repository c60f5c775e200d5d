"""Bernoulli distributions relaxed to numbers between 0 and 1, whose samples have gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.elementwise import SigmoidTransform
from numpynet.distributions.of_probabilities import OfProbabilities
from numpynet.distributions.parameters import broadcast_all, clamp_probs, library
from numpynet.distributions.relaxed import Relaxed

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(OfProbabilities):
    """Of (logits + L) / temperature, where L is logistic: the logits of `RelaxedBernoulli`.

    >>> import numpynet
    >>> from numpynet.distributions.relaxed_bernoulli import LogitRelaxedBernoulli
    >>> LogitRelaxedBernoulli(numpynet.tensor(1.0), 0.5).log_prob(numpynet.tensor(0.0))
    tensor(-1.3863)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        super().__init__(self._choose(probs, logits), validate_args=validate_args)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(library.rand(shape, dtype=probs.dtype))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        difference = logits - value.mul(self.temperature)
        return self.temperature.log() + difference - 2 * difference.exp().log1p()


class RelaxedBernoulli(Relaxed):
    """Of numbers in (0, 1), the nearer to 0 and 1 the lower the temperature: the sigmoid of `LogitRelaxedBernoulli`.

    >>> import numpynet
    >>> from numpynet.distributions import RelaxedBernoulli
    >>> RelaxedBernoulli(numpynet.tensor(1.0), 0.5).log_prob(numpynet.tensor(0.5))
    tensor(0.)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args)
