"""Distributions of ratios of normal and gamma numbers, as statistics of samples have them."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.continuous import Chi2, Gamma
from numpynet.distributions.distribution import Distribution
from numpynet.distributions.parameters import broadcast_all, library, standard_normal
from numpynet.ops.special import digamma, lgamma


class StudentT(Distribution):
    """Of loc + scale x / √(z / df), with x standard normal and z `Chi2` of df. Samples have no gradients by df here.

    With y = (x − loc) / scale the density is in proportion to (1 + y² / df)^(−(df + 1) / 2).

    >>> import numpynet
    >>> from numpynet.distributions import StudentT
    >>> StudentT(3.0).log_prob(numpynet.tensor(0.0))
    tensor(-1.0009)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(self.df.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        expanded = super().expand(batch_shape)
        expanded._chi2 = self._chi2.expand(batch_shape)
        return expanded

    @property
    def mean(self) -> Tensor:
        mean = self.loc.clone()
        mean[self.df <= 1] = math.nan
        return mean

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        is_finite = self.df > 2
        df = self.df[is_finite]
        variance = self.df.clone()
        variance[is_finite] = self.scale[is_finite].pow(2) * df / (df - 2)
        variance[(self.df <= 2) & (self.df > 1)] = math.inf
        variance[self.df <= 1] = math.nan
        return variance

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """As `sample`. NotImplementedError where df requires a gradient; loc and scale may.

        >>> from numpynet.distributions import StudentT
        >>> StudentT(3.0).rsample((2,)).shape
        torch.Size([2])
        """
        x = standard_normal(self._extended_shape(sample_shape), self.df)
        z = self._chi2.rsample(sample_shape)
        return self.loc + self.scale * (x * library.rsqrt(z / self.df))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        y = (value - self.loc) / self.scale
        normalizer = (
            self.scale.log()
            + 0.5 * self.df.log()
            + 0.5 * math.log(math.pi)
            + lgamma(0.5 * self.df)
            - lgamma(0.5 * (self.df + 1.0))
        )
        return -0.5 * (self.df + 1.0) * library.log1p(y**2.0 / self.df) - normalizer

    def entropy(self) -> Tensor:
        half, next_half = 0.5 * self.df, 0.5 * (self.df + 1)
        log_beta = lgamma(half) + math.lgamma(0.5) - lgamma(next_half)
        return self.scale.log() + next_half * (digamma(next_half) - digamma(half)) + 0.5 * self.df.log() + log_beta


class FisherSnedecor(Distribution):
    """Of (x / df1) / (y / df2), with x `Chi2` of df1 and y of df2. Samples have no gradients here.

    >>> from numpynet.distributions import FisherSnedecor
    >>> FisherSnedecor(3.0, 4.0).mean
    tensor(2.)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        self._gamma1, self._gamma2 = Gamma(self.df1 * 0.5, self.df1), Gamma(self.df2 * 0.5, self.df2)
        super().__init__(self.df1.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        expanded = super().expand(batch_shape)
        expanded._gamma1, expanded._gamma2 = self._gamma1.expand(batch_shape), self._gamma2.expand(batch_shape)
        return expanded

    def _df2_above(self, bound: int) -> Tensor:
        df2 = self.df2.clone()
        df2[df2 <= bound] = math.nan
        return df2

    @property
    def mean(self) -> Tensor:
        df2 = self._df2_above(2)
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Tensor:
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        mode[self.df1 <= 2] = math.nan
        return mode

    @property
    def variance(self) -> Tensor:
        df2 = self._df2_above(4)
        return 2 * df2.pow(2) * (self.df1 + df2 - 2) / (self.df1 * (df2 - 2).pow(2) * (df2 - 4))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """As `sample`. NotImplementedError where a parameter requires a gradient.

        >>> from numpynet.distributions import FisherSnedecor
        >>> FisherSnedecor(3.0, 4.0).rsample((2,)).shape
        torch.Size([2])
        """
        tiny = library.finfo(self.df1.dtype).tiny
        x, y = self._gamma1.rsample(sample_shape), self._gamma2.rsample(sample_shape)
        return (x / y.clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        half1, half2, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        normalizer = lgamma(half1 + half2) - lgamma(half1) - lgamma(half2)
        rise = half1 * ratio.log() + (half1 - 1) * library.log(value)
        return normalizer + rise - (half1 + half2) * library.log1p(ratio * value)
