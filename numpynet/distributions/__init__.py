"""torch.distributions: what can be drawn, how probable it is, and how far two of them lie apart.

Draws have torch's bits. Gamma, Beta and Dirichlet samples have no gradients by their concentrations, which torch gets
by approximations of its own. Imported when it is first asked for.
"""

from numpynet.core.absence import asked
from numpynet.distributions import constraints, kl
from numpynet.distributions.continuous import (
    Cauchy,
    Chi2,
    Exponential,
    Gamma,
    HalfNormal,
    Laplace,
    LogNormal,
    Normal,
    Uniform,
)
from numpynet.distributions.discrete import (
    Bernoulli,
    Binomial,
    Categorical,
    Geometric,
    Multinomial,
    OneHotCategorical,
    Poisson,
)
from numpynet.distributions.distribution import Distribution
from numpynet.distributions.kl import kl_divergence, register_kl
from numpynet.distributions.multivariate import Beta, Dirichlet, Independent, MixtureSameFamily, MultivariateNormal

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "Dirichlet",
    "Distribution",
    "Exponential",
    "Gamma",
    "Geometric",
    "HalfNormal",
    "Independent",
    "Laplace",
    "LogNormal",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "Normal",
    "OneHotCategorical",
    "Poisson",
    "Uniform",
    "constraints",
    "kl",
    "kl_divergence",
    "register_kl",
]

__getattr__ = asked(__name__)


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
