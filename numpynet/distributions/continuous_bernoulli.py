"""ContinuousBernoulli: of numbers in [0, 1] whose logarithmic density is a straight line."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.of_probabilities import OfProbabilities
from numpynet.distributions.parameters import broadcast_all, clamp_probs, lazy_property, library, logits_to_probs


class ContinuousBernoulli(OfProbabilities):
    """Of numbers in [0, 1] with the density C λˣ (1 − λ)^(1 − x), of λ = probs, which is not the mean.

    lims: between them Taylor series about λ = ½ are used, where the formulas are 0 / 0.

    >>> from numpynet.distributions import ContinuousBernoulli
    >>> ContinuousBernoulli(0.25).mean
    tensor(0.4102)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        shape, self._lims = self._choose(probs, logits), lims
        if probs is not None:
            if validate_args is not None and not constraints.unit_interval.check(self.probs).all():
                raise ValueError(f"The parameter probs has invalid values: {self.probs}")
            self.probs = clamp_probs(self.probs)
        super().__init__(shape, validate_args=validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        """λ."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _is_off_half(self) -> Tensor:
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _kept_off_half(self) -> Tensor:
        return library.where(self._is_off_half(), self.probs, self._lims[0])

    def _log_normalizer(self) -> Tensor:
        """ln C = ln |ln((1 − λ) / λ)| − ln |1 − 2λ|."""
        probs = self._kept_off_half()
        is_low = probs <= 0.5
        # each branch is given what it can be differentiated at
        below, above = library.where(is_low, probs, 0.0), library.where(probs >= 0.5, probs, 1.0)
        slope = library.log(library.abs(library.log1p(-probs) - library.log(probs)))
        formula = slope - library.where(is_low, library.log1p(-2.0 * below), library.log(2.0 * above - 1.0))
        x = (self.probs - 0.5).pow(2)
        return library.where(self._is_off_half(), formula, math.log(2.0) + (4 / 3 + 104 / 45 * x) * x)

    @property
    def mean(self) -> Tensor:
        probs, x = self._kept_off_half(), self.probs - 0.5
        formula = probs / (2.0 * probs - 1.0) + 1.0 / (library.log1p(-probs) - library.log(probs))
        return library.where(self._is_off_half(), formula, 0.5 + (1 / 3 + 16 / 45 * x.pow(2)) * x)

    @property
    def variance(self) -> Tensor:
        probs, x = self._kept_off_half(), (self.probs - 0.5).pow(2)
        spread = probs * (probs - 1.0) / (1.0 - 2.0 * probs).pow(2)
        formula = spread + 1.0 / (library.log1p(-probs) - library.log(probs)).pow(2)
        return library.where(self._is_off_half(), formula, 1 / 12 - (1 / 15 - 128 / 945 * x) * x)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(library.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        entropies = library.nn.functional.binary_cross_entropy_with_logits(logits, value, reduction="none")
        return -entropies + self._log_normalizer()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        probs = self._kept_off_half()
        formula = (probs.pow(value) * (1.0 - probs).pow(1.0 - value) + probs - 1.0) / (2.0 * probs - 1.0)
        inside = library.where(self._is_off_half(), formula, value)
        return library.where(value <= 0.0, 0.0, library.where(value >= 1.0, 1.0, inside))

    def icdf(self, value: Tensor) -> Tensor:
        probs = self._kept_off_half()
        slope = library.log1p(-probs + value * (2.0 * probs - 1.0)) - library.log1p(-probs)
        formula = slope / (library.log(probs) - library.log1p(-probs))
        return library.where(self._is_off_half(), formula, value)

    def entropy(self) -> Tensor:
        log_probs0, log_probs1 = library.log1p(-self.probs), library.log(self.probs)
        return self.mean * (log_probs0 - log_probs1) - self._log_normalizer() - log_probs0
