"""Kullback–Leibler divergences, by pairs of distributions: here of one family."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from numpynet import linalg
from numpynet.core.tensor import Tensor
from numpynet.distributions.continuous import Cauchy, Exponential, Gamma, Laplace, Normal, Uniform
from numpynet.distributions.continuous_bernoulli import ContinuousBernoulli
from numpynet.distributions.derived import HalfNormal
from numpynet.distributions.discrete import Bernoulli, Binomial, Categorical, Geometric, OneHotCategorical, Poisson
from numpynet.distributions.distribution import Distribution
from numpynet.distributions.extremes import Gumbel, Pareto
from numpynet.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from numpynet.distributions.multivariate import Beta, Dirichlet, Independent, MultivariateNormal, mahalanobis
from numpynet.distributions.parameters import EULER, library, sum_rightmost
from numpynet.distributions.transformed import TransformedDistribution
from numpynet.ops.special import digamma, lgamma

Divergence = Callable[[Any, Any], Tensor]
_REGISTERED: dict[tuple[type, type], Divergence] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Divergence], Divergence]:
    """Makes a function the divergence between two classes of distributions. TypeError for what is none.

    >>> import numpynet
    >>> from numpynet.distributions import Normal, register_kl
    >>> class Mine(Normal): ...
    >>> @register_kl(Mine, Mine)
    ... def zero(p, q): return numpynet.zeros(p.batch_shape)
    """
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {kind}")

    def decorator(function: Divergence) -> Divergence:
        _REGISTERED[type_p, type_q] = function
        return function

    return decorator


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """E ln(p(x) / q(x)) over x drawn from p, of each pair of a batch. NotImplementedError for pairs that are not known.

    >>> from numpynet.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
    tensor(0.5000)
    """
    function = _most_specific(type(p), type(q))
    if function is not None:
        return function(p, q)
    raise NotImplementedError(
        f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
    )


def _most_specific(type_p: type, type_q: type) -> Divergence | None:
    """What is registered for the nearest base of p, then of q. RuntimeWarning where the other order finds another."""
    by_p = [(one, other) for one in type_p.__mro__ for other in type_q.__mro__ if (one, other) in _REGISTERED]
    by_q = [(one, other) for other in type_q.__mro__ for one in type_p.__mro__ if (one, other) in _REGISTERED]
    if not by_p:
        return None
    if _REGISTERED[by_p[0]] is not _REGISTERED[by_q[0]]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). "
            f"Please register_kl({by_p[0][0].__name__}, {by_q[0][1].__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return _REGISTERED[by_p[0]]


def infinite_where(condition: Tensor, divergence: Tensor) -> Tensor:
    """The divergence itself, made infinite where p has events that q never has."""
    divergence[condition] = math.inf
    return divergence


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    softplus = library.nn.functional.softplus
    happens = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    happens[q.probs == 0] = math.inf
    happens[p.probs == 0] = 0
    not_so = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    not_so[q.probs == 1] = math.inf
    not_so[p.probs == 1] = 0
    return happens + not_so


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Tensor:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    divergence = p.total_count * (p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p())
    return infinite_where(p.total_count > q.total_count, divergence)


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    terms = p.probs * (p.logits - q.logits)
    terms[(q.probs == 0).expand_as(terms)] = math.inf
    terms[(p.probs == 0).expand_as(terms)] = 0
    return terms.sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - library.log1p(-q.probs) / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio = p.scale / q.scale
    distance = (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * library.exp(-distance / p.scale) - 1


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    first = ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log()
    return first - (4 * p.scale * q.scale).log()


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    divergence = ((q.high - q.low) / (p.high - p.low)).log()
    return infinite_where((q.low > p.low) | (q.high < p.high), divergence)


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Tensor:
    return (
        q.concentration * (p.rate / q.rate).log()
        + lgamma(q.concentration)
        - lgamma(p.concentration)
        + (p.concentration - q.concentration) * digamma(p.concentration)
        + (q.rate - p.rate) * (p.concentration / p.rate)
    )


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return -ratio.log() + distance + ratio * EULER + library.exp(lgamma(1 + ratio) - distance) - (1 + EULER)


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    divergence = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return infinite_where(p.scale < q.scale, divergence)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p: ContinuousBernoulli, q: ContinuousBernoulli) -> Tensor:
    of_p, of_q = (one._log_normalizer() + library.log1p(-one.probs) for one in (p, q))
    return p.mean * (p.logits - q.logits) + of_p - of_q


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    sum_p, sum_q = p.concentration1 + p.concentration0, q.concentration1 + q.concentration0
    return (
        lgamma(q.concentration1)
        + lgamma(q.concentration0)
        + lgamma(sum_p)
        - (lgamma(p.concentration1) + lgamma(p.concentration0) + lgamma(sum_q))
        + (p.concentration1 - q.concentration1) * digamma(p.concentration1)
        + (p.concentration0 - q.concentration0) * digamma(p.concentration0)
        + (sum_q - sum_p) * digamma(sum_p)
    )


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    sum_p, sum_q = p.concentration.sum(-1), q.concentration.sum(-1)
    normalizers = (lgamma(p.concentration) - lgamma(q.concentration)).sum(-1)
    slopes = digamma(p.concentration) - digamma(sum_p).unsqueeze(-1)
    return lgamma(sum_p) - lgamma(sum_q) - normalizers + ((p.concentration - q.concentration) * slopes).sum(-1)


def _require_same_events(p: Distribution, q: Distribution) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence between two Multivariate Normals with different event shapes, {p.event_shape} and "
            f"{q.event_shape}, cannot be computed"
        )


def _squares(matrix: Tensor) -> Tensor:
    """tr A Aᵀ."""
    return matrix.pow(2).sum((-2, -1))


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    _require_same_events(p, q)
    half_log_dets = q._half_log_det() - p._half_log_det()
    solved = linalg.solve_triangular(q._factor, p._factor, upper=False)
    squares = _squares(solved) + mahalanobis(q._factor, q.loc - p.loc)
    return half_log_dets + 0.5 * (squares - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p: LowRankMultivariateNormal, q: LowRankMultivariateNormal) -> Tensor:
    _require_same_events(p, q)
    solved = q._solved_factor()
    trace = (
        (p._given_diag / q._given_diag).sum(-1)
        + _squares(p._given_factor * q._given_diag.rsqrt().unsqueeze(-1))
        - _squares(solved * p._given_diag.sqrt().unsqueeze(-2))
        - _squares(solved @ p._given_factor)
    )
    return 0.5 * (q._log_det() - p._log_det() + trace + q._mahalanobis(q.loc - p.loc) - p.event_shape[0])


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _to_low_rank(p: MultivariateNormal, q: LowRankMultivariateNormal) -> Tensor:
    _require_same_events(p, q)
    weighed = p._factor * q._given_diag.rsqrt().unsqueeze(-1)
    trace = _squares(weighed) - _squares(q._solved_factor() @ p._factor)
    log_dets = q._log_det() - 2 * p._half_log_det()
    return 0.5 * (log_dets + trace + q._mahalanobis(q.loc - p.loc) - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _of_low_rank(p: LowRankMultivariateNormal, q: MultivariateNormal) -> Tensor:
    _require_same_events(p, q)
    parts = (p._given_factor, library.diag_embed(p._given_diag.sqrt()))
    of_factor, of_diag = (_squares(linalg.solve_triangular(q._factor, part, upper=False)) for part in parts)
    log_dets = 2 * q._half_log_det() - p._log_det()
    return 0.5 * (log_dets + of_factor + of_diag + mahalanobis(q._factor, q.loc - p.loc) - p.event_shape[0])


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(f"no divergence of {p!r} and {q!r}: their transforms, or their events, differ")
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)
