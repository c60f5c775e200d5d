"""Kullback–Leibler divergences between distributions of different families."""

from __future__ import annotations

import math
from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.distributions.continuous import Exponential, Gamma, Laplace, Normal, Uniform
from numpynet.distributions.continuous_bernoulli import ContinuousBernoulli
from numpynet.distributions.discrete import Bernoulli, Binomial, Poisson
from numpynet.distributions.extremes import Gumbel, Pareto
from numpynet.distributions.kl import infinite_where, register_kl
from numpynet.distributions.multivariate import Beta
from numpynet.distributions.parameters import EULER, library
from numpynet.ops.special import digamma, lgamma

# Where p has events that q never has, for any parameters: a parameter of p gives the shape of what is infinite.
_NEVER: list[tuple[type, str, tuple[type, ...]]] = [
    (Beta, "concentration1", (Pareto,)),
    (ContinuousBernoulli, "probs", (Pareto,)),
    (Exponential, "rate", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    (Gamma, "concentration", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    (Gumbel, "loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    (Laplace, "loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    (Normal, "loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    (Pareto, "scale", (Beta, ContinuousBernoulli, Uniform)),
    (Poisson, "rate", (Bernoulli, Binomial)),
]


def _register_infinite(type_p: type, parameter: str, type_q: type) -> None:
    @register_kl(type_p, type_q)
    def infinite(p: Any, q: Any) -> Tensor:
        return library.full_like(getattr(p, parameter), math.inf)


for _type_p, _parameter, _types_q in _NEVER:
    for _type_q in _types_q:
        _register_infinite(_type_p, _parameter, _type_q)


def _log_gamma_normalizer(q: Gamma) -> Tensor:
    """ln ∫ x^(concentration − 1) e^(−rate x) dx."""
    return lgamma(q.concentration) - q.concentration * q.rate.log()


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


# --- of shares --------------------------------------------------------------------------------------------------


@register_kl(Beta, ContinuousBernoulli)
@register_kl(Uniform, ContinuousBernoulli)
def _to_continuous_bernoulli(p: Any, q: ContinuousBernoulli) -> Tensor:
    divergence = -p.entropy() - p.mean * q.logits - library.log1p(-q.probs) - q._log_normalizer()
    if isinstance(p, Beta):
        return divergence
    return library.where((p.high >= 1) | (p.low <= 0), math.inf, divergence)


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
def _shares_exponential(p: Any, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(Beta, Gamma)
def _beta_gamma(p: Beta, q: Gamma) -> Tensor:
    mean_logarithm = digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0)
    return -p.entropy() + _log_gamma_normalizer(q) - (q.concentration - 1) * mean_logarithm + q.rate * p.mean


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
def _shares_normal(p: Any, q: Normal) -> Tensor:
    squared = (p.variance + p.mean.pow(2) - 2.0 * q.loc * p.mean + q.loc.pow(2)) / q.scale.pow(2)
    return -p.entropy() + 0.5 * (math.log(2.0 * math.pi) + squared) + library.log(q.scale)


@register_kl(Beta, Uniform)
def _beta_uniform(p: Beta, q: Uniform) -> Tensor:
    return library.where((q.low > 0) | (q.high < 1), math.inf, -p.entropy() + (q.high - q.low).log())


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p: ContinuousBernoulli, q: Uniform) -> Tensor:
    # as in torch, infinite where q ends at 0 or 1 too
    return library.where((q.low >= 0) | (q.high <= 1), math.inf, -p.entropy() + (q.high - q.low).log())


# --- of waiting times -------------------------------------------------------------------------------------------


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Exponential, q: Gamma) -> Tensor:
    ratio = q.rate / p.rate
    shape = q.concentration
    return -shape * library.log(ratio) + ratio + lgamma(shape) + shape * EULER - (1 + EULER)


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Exponential, q: Gumbel) -> Tensor:
    product, shift = p.rate * q.scale, q.loc / q.scale
    return product.log() - 1 - shift + library.exp(shift) * product / (product + 1) + product.reciprocal()


@register_kl(Exponential, Normal)
def _exponential_normal(p: Exponential, q: Normal) -> Tensor:
    variance = q.scale.pow(2)
    squared = p.rate.pow(-2) - q.loc / p.rate + q.loc.pow(2) * 0.5
    return 0.5 * library.log(p.rate.pow(2) * variance * 2 * math.pi) - 1 + squared / variance


@register_kl(Gamma, Exponential)
def _gamma_exponential(p: Gamma, q: Exponential) -> Tensor:
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


def _gamma_terms(p: Gamma) -> Tensor:
    """Of −entropy, what has the concentration alone."""
    shape = p.concentration
    return (shape - 1) * digamma(shape) - lgamma(shape) - shape


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Gamma, q: Gumbel) -> Tensor:
    product, shift = p.rate * q.scale, q.loc / q.scale
    mean_exponential = library.exp(shift) * (1 + product.reciprocal()).pow(-p.concentration)
    return _gamma_terms(p) + product.log() + p.concentration / product + mean_exponential - shift


@register_kl(Gamma, Normal)
def _gamma_normal(p: Gamma, q: Normal) -> Tensor:
    variance, shape = q.scale.pow(2), p.concentration
    squared = 0.5 * (shape.pow(2) + shape) / p.rate.pow(2) - q.loc * shape / p.rate + 0.5 * q.loc.pow(2)
    return 0.5 * library.log(p.rate.pow(2) * variance * 2 * math.pi) + _gamma_terms(p) + squared / variance


# --- of numbers on the whole line -------------------------------------------------------------------------------


@register_kl(Gumbel, Normal)
def _gumbel_normal(p: Gumbel, q: Normal) -> Tensor:
    ratio = p.scale / q.scale
    squared = (math.pi * ratio * 0.5).pow(2) / 3 + ((p.mean - q.loc) / q.scale).pow(2) * 0.5
    return squared - (ratio / math.sqrt(2 * math.pi)).log() - (EULER + 1)


@register_kl(Laplace, Normal)
def _laplace_normal(p: Laplace, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    return ratio - 0.5 * library.log(2 * ratio / math.pi) + 0.5 * ((p.loc - q.loc) / q.scale).pow(2) - 1


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Normal, q: Gumbel) -> Tensor:
    distance, ratio = (p.loc - q.loc) / q.scale, (p.scale / q.scale).pow(2)
    return distance + library.exp(0.5 * ratio - distance) - 0.5 * (ratio.log() + 1 + math.log(2 * math.pi))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    difference = p.loc - q.loc
    standardized = difference / p.scale
    near = math.sqrt(2 / math.pi) * p.scale * library.exp(-0.5 * standardized.pow(2))
    far = difference * library.erf(math.sqrt(0.5) * standardized)
    return (near + far) / q.scale - library.log(p.scale / q.scale) - 0.5 * (1 + math.log(0.5 * math.pi))


# --- of what exceeds a bound ------------------------------------------------------------------------------------


@register_kl(Pareto, Exponential)
def _pareto_exponential(p: Pareto, q: Exponential) -> Tensor:
    product = p.scale * q.rate
    divergence = (p.alpha / product).log() - p.alpha.reciprocal() + p.alpha * product / (p.alpha - 1) - 1
    return infinite_where(p.alpha <= 1, divergence)


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Pareto, q: Gamma) -> Tensor:
    mean_logarithm = p.scale.log() + p.alpha.reciprocal()
    of_q = _log_gamma_normalizer(q) + (1 - q.concentration) * mean_logarithm
    mean = q.rate * p.alpha * p.scale / (p.alpha - 1)
    return infinite_where(p.alpha <= 1, p.alpha.log() - mean_logarithm + of_q + mean - 1)


@register_kl(Pareto, Normal)
def _pareto_normal(p: Pareto, q: Normal) -> Tensor:
    excess = p.scale / (p.alpha - 1)
    squared = p.alpha * excess.pow(2) / (p.alpha - 2) + (p.alpha * excess - q.loc).pow(2)
    first = (math.sqrt(2 * math.pi) * q.scale * p.alpha / p.scale).log() - p.alpha.reciprocal()
    return infinite_where(p.alpha <= 2, first + squared / (2 * q.scale.pow(2)) - 1)


# --- of intervals -----------------------------------------------------------------------------------------------


def _mean_logarithm(low: Tensor, high: Tensor) -> Tensor:
    """The mean of ln x between both."""
    width = high - low
    return (library.xlogy(high, high) - library.xlogy(low, low) - width) / width


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    of_x = (q.concentration1 - 1) * _mean_logarithm(p.low, p.high)
    of_rest = (q.concentration0 - 1) * _mean_logarithm(1 - p.high, 1 - p.low)
    log_beta = lgamma(q.concentration1) + lgamma(q.concentration0) - lgamma(q.concentration1 + q.concentration0)
    divergence = log_beta - library.log(p.high - p.low) - of_x - of_rest
    return infinite_where((p.high > 1) | (p.low < 0), divergence)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Uniform, q: Exponential) -> Tensor:
    return infinite_where(p.low < 0, q.rate * p.mean - ((p.high - p.low) * q.rate).log())


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Uniform, q: Gamma) -> Tensor:
    of_logarithm = (1 - q.concentration) * _mean_logarithm(p.low, p.high)
    divergence = _log_gamma_normalizer(q) - (p.high - p.low).log() + of_logarithm + q.rate * p.mean
    return infinite_where(p.low < 0, divergence)


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Uniform, q: Gumbel) -> Tensor:
    ratio = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return ratio.log() + 0.5 * (high + low) - ratio * (library.exp(-high) - library.exp(-low))


@register_kl(Uniform, Normal)
def _uniform_normal(p: Uniform, q: Normal) -> Tensor:
    squared = p.variance + (p.mean - q.loc).pow(2)
    return (math.sqrt(2 * math.pi) * q.scale / (p.high - p.low)).log() + 0.5 * squared / q.scale.pow(2)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    normalizer = (q.alpha * q.scale.pow(q.alpha) * (p.high - p.low)).log()
    return infinite_where(p.low < q.scale, (q.alpha + 1) * _mean_logarithm(p.low, p.high) - normalizer)
