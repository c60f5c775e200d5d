"""Distributions of the largest and the smallest of many numbers, and of what exceeds a threshold."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.continuous import Exponential, Uniform
from numpynet.distributions.distribution import Distribution
from numpynet.distributions.elementwise import AffineTransform, ExpTransform, PowerTransform
from numpynet.distributions.parameters import EULER, broadcast_all, library
from numpynet.distributions.transformed import TransformedDistribution
from numpynet.ops.special import lgamma


class Gumbel(TransformedDistribution):
    """Of the largest of many numbers: P(X ≤ x) = exp(−e^(−(x − loc) / scale)).

    >>> from numpynet.distributions import Gumbel
    >>> Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        limits = library.finfo(self.loc.dtype)
        low, high = library.full_like(self.loc, limits.tiny), library.full_like(self.loc, 1 - limits.eps)
        transforms = [
            ExpTransform().inv,
            AffineTransform(0, -library.ones_like(self.scale)),
            ExpTransform().inv,
            AffineTransform(loc, -self.scale),
        ]
        super().__init__(Uniform(low, high, validate_args), transforms, validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        return self.stddev.pow(2)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        y = (self.loc - value) / self.scale  # which the transforms give less exactly
        return (y - y.exp()) - self.scale.log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + EULER)


class Weibull(TransformedDistribution):
    """Of times until a failure whose rate goes with a power of time: P(X > x) = exp(−(x / scale)^concentration).

    >>> from numpynet.distributions import Weibull
    >>> Weibull(2.0, 1.0).mean
    tensor(2.)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "scale": constraints.positive,
        "concentration": constraints.positive,
    }
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(library.ones_like(self.scale), validate_args)
        transforms = [PowerTransform(self.concentration_reciprocal), AffineTransform(0, self.scale)]
        super().__init__(base, transforms, validate_args)

    @property
    def concentration_reciprocal(self) -> Tensor:
        """1 / concentration."""
        return self.concentration.reciprocal()

    def _moment(self, n: int) -> Tensor:
        """E (x / scale)ⁿ."""
        return library.exp(lgamma(1 + n * self.concentration_reciprocal))

    @property
    def mean(self) -> Tensor:
        return self.scale * self._moment(1)

    @property
    def mode(self) -> Tensor:
        return self.scale * ((self.concentration - 1) / self.concentration) ** self.concentration_reciprocal

    @property
    def variance(self) -> Tensor:
        squared_mean = library.exp(2 * lgamma(1 + self.concentration_reciprocal))
        return self.scale.pow(2) * (self._moment(2) - squared_mean)

    def entropy(self) -> Tensor:
        reciprocal = self.concentration_reciprocal
        return EULER * (1 - reciprocal) + library.log(self.scale * reciprocal) + 1


class Pareto(TransformedDistribution):
    """Of incomes above `scale`: P(X > x) = (scale / x)^alpha.

    >>> from numpynet.distributions import Pareto
    >>> Pareto(1.0, 3.0).mean
    tensor(1.5000)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        transforms = [ExpTransform(), AffineTransform(0, self.scale)]
        super().__init__(Exponential(self.alpha, validate_args), transforms, validate_args)

    @property
    def support(self) -> Constraint:
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Tensor:
        alpha = self.alpha.clamp(min=1)  # below, it is infinite too
        return alpha * self.scale / (alpha - 1)

    @property
    def mode(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        alpha = self.alpha.clamp(min=2)
        return self.scale.pow(2) * alpha / ((alpha - 1).pow(2) * (alpha - 2))

    def entropy(self) -> Tensor:
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())


class GeneralizedPareto(Distribution):
    """Of what exceeds a high threshold `loc`: P(X > x) = (1 + c z)^(−1 / c), of z = (x − loc) / scale.

    c is the concentration; where it is 0, that is e^−z.

    >>> from numpynet.distributions import GeneralizedPareto
    >>> GeneralizedPareto(0.0, 1.0, 0.5).mean
    tensor(2.)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        end = library.where(self.concentration < 0, self.loc - self.scale / self.concentration, math.inf)
        return constraints.interval(self.loc, end)

    @property
    def mean(self) -> Tensor:
        is_finite = self.concentration < 1
        mean = self.loc + self.scale / (1 - library.where(is_finite, self.concentration, 0.5))
        return library.where(is_finite, mean, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        is_finite = self.concentration < 0.5
        c = library.where(is_finite, self.concentration, 0.25)
        return library.where(is_finite, self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c)), math.nan)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(library.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def _by_concentration(self) -> tuple[Tensor, Tensor]:
        """Where the concentration is 0, and concentrations that are 1 there."""
        is_zero = library.isclose(self.concentration, library.zeros_like(self.concentration))
        return is_zero, library.where(is_zero, library.ones_like(self.concentration), self.concentration)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        is_zero, c = self._by_concentration()
        power = 1 / c + library.ones_like(z)
        fall = library.where(power == 0, power, power * library.log1p(c * z))
        return -self.scale.log() - library.where(is_zero, z, fall)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """ln P(X > value).

        >>> import numpynet
        >>> from numpynet.distributions import GeneralizedPareto
        >>> GeneralizedPareto(0.0, 1.0, 0.0).log_survival_function(numpynet.tensor(2.0))
        tensor(-2.)
        """
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        is_zero, c = self._by_concentration()
        return library.where(is_zero, -z, -library.log1p(c * z) / c)

    def log_cdf(self, value: Tensor) -> Tensor:
        """ln P(X ≤ value).

        >>> import numpynet
        >>> from numpynet.distributions import GeneralizedPareto
        >>> GeneralizedPareto(0.0, 1.0, 1.0).log_cdf(numpynet.tensor(1.0))
        tensor(-0.6931)
        """
        return library.log1p(-library.exp(self.log_survival_function(value)))

    def cdf(self, value: Tensor) -> Tensor:
        return library.exp(self.log_cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        is_zero, c = self._by_concentration()
        log_survival = library.log1p(-value)
        otherwise = self.loc + self.scale / c * library.expm1(-c * log_survival)
        return library.where(is_zero, self.loc - self.scale * log_survival, otherwise)

    def entropy(self) -> Tensor:
        return library.log(self.scale) + self.concentration + 1
