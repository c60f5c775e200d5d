"""torch.distributions: what can be drawn, how probable it is, how far two of them lie apart, and transforms of them.

Draws take torch's random numbers. Where these pass through a logarithm, a power or a product of matrices, the last bits
are those of NumPy's functions. Gamma, Beta and Dirichlet samples have no gradients by their concentrations, which torch
gets by approximations of its own, nor have those that are made of them by what their concentrations are made of.
Imported when it is first asked for.
"""

from numpynet.core.absence import asked
from numpynet.distributions import constraints, kl, kl_across, transforms, utils
from numpynet.distributions.constraint_registry import biject_to, transform_to
from numpynet.distributions.continuous import Cauchy, Chi2, Exponential, Gamma, Laplace, Normal, Uniform
from numpynet.distributions.continuous_bernoulli import ContinuousBernoulli
from numpynet.distributions.derived import HalfCauchy, HalfNormal, InverseGamma, Kumaraswamy, LogisticNormal, LogNormal
from numpynet.distributions.discrete import (
    Bernoulli,
    Binomial,
    Categorical,
    Geometric,
    Multinomial,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
    Poisson,
)
from numpynet.distributions.distribution import Distribution
from numpynet.distributions.extremes import GeneralizedPareto, Gumbel, Pareto, Weibull
from numpynet.distributions.kl import kl_divergence, register_kl
from numpynet.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from numpynet.distributions.multivariate import Beta, Dirichlet, Independent, MixtureSameFamily, MultivariateNormal
from numpynet.distributions.negative_binomial import NegativeBinomial
from numpynet.distributions.ratios import FisherSnedecor, StudentT
from numpynet.distributions.relaxed_bernoulli import RelaxedBernoulli
from numpynet.distributions.relaxed_categorical import RelaxedOneHotCategorical
from numpynet.distributions.transformed import TransformedDistribution
from numpynet.distributions.transforms import *
from numpynet.distributions.von_mises import VonMises

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ContinuousBernoulli",
    "Dirichlet",
    "Distribution",
    "Exponential",
    "FisherSnedecor",
    "Gamma",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "InverseGamma",
    "Kumaraswamy",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "StudentT",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "biject_to",
    "constraints",
    "kl",
    "kl_divergence",
    "register_kl",
    "transform_to",
    "transforms",
    *transforms.__all__,
]

__getattr__ = asked(__name__)


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
