"""Categorical distributions relaxed to shares of each category, whose samples have gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.discrete import OfCategories
from numpynet.distributions.elementwise import ExpTransform
from numpynet.distributions.parameters import broadcast_all, clamp_probs, library
from numpynet.distributions.relaxed import Relaxed
from numpynet.ops.special import lgamma

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(OfCategories):
    """Of ln softmax((logits + G) / temperature), where G are Gumbel: the logarithms of `RelaxedOneHotCategorical`.

    >>> import numpynet
    >>> from numpynet.distributions.relaxed_categorical import ExpRelaxedCategorical
    >>> ExpRelaxedCategorical(numpynet.tensor(1.0), numpynet.ones(3)).log_prob(numpynet.full((3,), 1 / 3).log())
    tensor(-2.6027)
    """

    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        u = clamp_probs(library.rand(self._extended_shape(sample_shape), dtype=self.logits.dtype))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - scores.logsumexp(dim=-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        count = self._event_shape[0]
        logits, value = broadcast_all(self.logits, value)
        log_scale = lgamma(library.full_like(self.temperature, count)) + self.temperature.log() * (count - 1)
        score = logits - value.mul(self.temperature)
        return (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1) + log_scale


class RelaxedOneHotCategorical(Relaxed):
    """Of softmax((logits + G) / temperature), where G are Gumbel: shares, the nearer to 0 and 1 the lower that is.

    >>> import numpynet
    >>> from numpynet.distributions import RelaxedOneHotCategorical
    >>> RelaxedOneHotCategorical(numpynet.tensor(0.5), numpynet.ones(3)).rsample((2,)).shape
    torch.Size([2, 3])
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex

    def __init__(
        self, temperature: Tensor, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)
