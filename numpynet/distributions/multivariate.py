"""Distributions of vectors, and what makes events of batches."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpynet import linalg
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.creation.by_rejection import dirichlet
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.discrete import Categorical
from numpynet.distributions.distribution import Distribution, Symmetric
from numpynet.distributions.parameters import broadcast_all, lazy_property, library, standard_normal, sum_rightmost
from numpynet.ops.special import digamma, lgamma


class Dirichlet(Distribution):
    """Of shares that add up to 1, with the concentrations (..., K). Samples have no gradients here.

    >>> import numpynet
    >>> from numpynet.distributions import Dirichlet
    >>> Dirichlet(numpynet.tensor([1.0, 3.0])).mean
    tensor([0.2500, 0.7500])
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "concentration": constraints.independent(constraints.positive, 1)
    }
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Tensor:
        excess = (self.concentration - 1).clamp(min=0.0)
        mode = excess / excess.sum(-1, True)
        mask = (self.concentration < 1).all(dim=-1)
        mode[mask] = library.nn.functional.one_hot(mode[mask].argmax(dim=-1), excess.shape[-1]).to(mode)
        return mode

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """As `sample`. NotImplementedError where the concentrations require a gradient.

        >>> import numpynet
        >>> from numpynet.distributions import Dirichlet
        >>> Dirichlet(numpynet.ones(3)).rsample((2,)).shape
        torch.Size([2, 3])
        """
        return dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return (
            library.xlogy(self.concentration - 1.0, value).sum(-1)
            + lgamma(self.concentration.sum(-1))
            - lgamma(self.concentration).sum(-1)
        )

    def entropy(self) -> Tensor:
        a, total = self.concentration, self.concentration.sum(-1)
        return (
            lgamma(a).sum(-1) - lgamma(total) - (a.size(-1) - total) * digamma(total) - ((a - 1.0) * digamma(a)).sum(-1)
        )


class Beta(Distribution):
    """Of shares in [0, 1], with the density x^(concentration1 − 1) (1 − x)^(concentration0 − 1) up to a factor.

    >>> from numpynet.distributions import Beta
    >>> Beta(1.0, 3.0).mean
    tensor(0.2500)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        both = library.stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args=validate_args)
        super().__init__(self._dirichlet.batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        expanded = super().expand(batch_shape)
        expanded._dirichlet = self._dirichlet.expand(batch_shape)
        return expanded

    @property
    def concentration1(self) -> Tensor:
        """The first of both."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Tensor:
        """The second of both."""
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Tensor:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """As `sample`. NotImplementedError where a concentration requires a gradient.

        >>> from numpynet.distributions import Beta
        >>> Beta(1.0, 3.0).rsample((2,)).shape
        torch.Size([2])
        """
        return self._dirichlet.rsample(sample_shape).select(-1, 0)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return self._dirichlet.log_prob(library.stack([value, 1.0 - value], -1))

    def entropy(self) -> Tensor:
        return self._dirichlet.entropy()


def of_vectors(matrix: Tensor, vector: Tensor) -> Tensor:
    """A x, of batches."""
    return library.matmul(matrix, vector.unsqueeze(-1)).squeeze(-1)


class MultivariateNormal(Symmetric):
    """Of the mean `loc` (..., K) and a covariance, its inverse, the precision, or its Cholesky factor (..., K, K).

    >>> import numpynet
    >>> from numpynet.distributions import MultivariateNormal
    >>> MultivariateNormal(numpynet.zeros(2), numpynet.eye(2)).log_prob(numpynet.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        chosen = [(name, matrix) for name, matrix in given.items() if matrix is not None]
        if len(chosen) != 1:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        ((name, matrix),) = chosen
        if matrix.dim() < 2:
            raise ValueError(f"{name} must be at least two-dimensional, with optional leading batch dimensions")
        shape = library.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand((*shape, -1, -1)))
        self.loc = loc.expand((*shape, -1))
        super().__init__(shape, self.loc.shape[-1:], validate_args=validate_args)
        if scale_tril is not None:
            self._factor = scale_tril
        elif covariance_matrix is not None:
            self._factor = linalg.cholesky(covariance_matrix)
        else:
            self._factor = _factor_of_inverse(matrix)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower Cholesky factor of the covariance."""
        return self._factor.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        product = library.matmul(self._factor, self._factor.mT)
        return product.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        inverse = library.cholesky_inverse(self._factor)
        return inverse.expand(self._batch_shape + self._event_shape + self._event_shape)

    @property
    def variance(self) -> Tensor:
        return self._factor.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        eps = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + of_vectors(self._factor, eps)

    def _half_log_det(self) -> Tensor:
        return self._factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        distance = mahalanobis(self._factor, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - self._half_log_det()

    def entropy(self) -> Tensor:
        entropy = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._half_log_det()
        return entropy if len(self._batch_shape) == 0 else entropy.expand(self._batch_shape)


def mahalanobis(factor: Tensor, difference: Tensor) -> Tensor:
    """‖L⁻¹ d‖² of vectors d, with a lower Cholesky factor L."""
    solved = linalg.solve_triangular(factor, difference.unsqueeze(-1), upper=False)
    return solved.squeeze(-1).pow(2).sum(-1)


def _factor_of_inverse(precision: Tensor) -> Tensor:
    """The lower Cholesky factor of a precision's inverse."""
    flipped = linalg.cholesky(library.flip(precision, (-2, -1)))
    inverse = library.flip(flipped, (-2, -1)).mT
    identity = library.eye(precision.shape[-1], dtype=precision.dtype)
    return linalg.solve_triangular(inverse, identity, upper=False)


class Independent(Distribution):
    """The same distribution, of which so many of the last batch dimensions are part of the event.

    >>> import numpynet
    >>> from numpynet.distributions import Independent, Normal
    >>> Independent(Normal(numpynet.zeros(3), 1.0), 1).log_prob(numpynet.zeros(3))
    tensor(-2.7568)
    """

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int, validate_args: bool | None = None
    ) -> None:
        if reinterpreted_batch_ndims > len(base_distribution.batch_shape):
            raise ValueError(
                f"Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual "
                f"{reinterpreted_batch_ndims} vs {len(base_distribution.batch_shape)}"
            )
        shape = base_distribution.batch_shape + base_distribution.event_shape
        event_dim = reinterpreted_batch_ndims + len(base_distribution.event_shape)
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        super().__init__(shape[: len(shape) - event_dim], shape[len(shape) - event_dim :], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        kept = self.base_dist.batch_shape[len(self.base_dist.batch_shape) - self.reinterpreted_batch_ndims :]
        base = self.base_dist.expand(Size(batch_shape) + kept)
        return Independent(base, self.reinterpreted_batch_ndims, validate_args=False)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base has gradients of samples."""
        return self.base_dist.has_rsample

    @property
    def support(self) -> Constraint:
        support = self.base_dist.support
        count = self.reinterpreted_batch_ndims
        return constraints.independent(support, count) if count else support

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamily(Distribution):
    """A mixture: one of the last batch dimension's distributions, chosen by a `Categorical` with that batch.

    >>> import numpynet
    >>> from numpynet.distributions import Categorical, MixtureSameFamily, Normal
    >>> weights, parts = Categorical(numpynet.ones(2)), Normal(numpynet.tensor([-1.0, 1.0]), 1.0)
    >>> MixtureSameFamily(weights, parts).log_prob(numpynet.tensor(0.0))
    tensor(-1.4189)
    """

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution need to be an instance of torch.distributions.Distribution")
        batch, count = component_distribution.batch_shape[:-1], component_distribution.batch_shape[-1]
        for size1, size2 in zip(reversed(mixture_distribution.batch_shape), reversed(batch), strict=False):
            if size1 != 1 and size2 != 1 and size1 != size2:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({mixture_distribution.batch_shape}) is not compatible with "
                    f"`component_distribution.batch_shape`({batch})"
                )
        if mixture_distribution.logits.shape[-1] != count:
            raise ValueError(
                f"`mixture_distribution component` ({mixture_distribution.logits.shape[-1]}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({count})"
            )
        self._mixture, self._component = mixture_distribution, component_distribution
        super().__init__(batch, component_distribution.event_shape, validate_args=validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """Which part is chosen."""
        return self._mixture

    @property
    def component_distribution(self) -> Distribution:
        """The parts."""
        return self._component

    @property
    def support(self) -> Constraint:
        return constraints.MixtureSameFamilyConstraint(self._component.support)

    def _padded(self, probs: Tensor) -> Tensor:
        shape = (*self._mixture.batch_shape, *[1] * (len(self._batch_shape) - len(self._mixture.batch_shape)))
        return probs.reshape((*shape, -1, *[1] * len(self._event_shape)))

    @property
    def mean(self) -> Tensor:
        return (self._padded(self._mixture.probs) * self._component.mean).sum(-1 - len(self._event_shape))

    @property
    def variance(self) -> Tensor:
        dim = -1 - len(self._event_shape)
        probs = self._padded(self._mixture.probs)
        inner = (probs * self._component.variance).sum(dim)
        outer = (probs * (self._component.mean - self.mean.unsqueeze(dim)).pow(2.0)).sum(dim)
        return inner + outer

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with library.no_grad():
            shape = Size(sample_shape)
            dim = len(shape) + len(self._batch_shape)
            chosen = self._mixture.sample(shape)
            parts = self._component.sample(shape)
            chosen = chosen.reshape((*chosen.shape, *[1] * (len(self._event_shape) + 1)))
            chosen = chosen.expand((*parts.shape[:dim], 1, *parts.shape[dim + 1 :]))
            return library.gather(parts, dim, chosen).squeeze(dim)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        of_parts = self._component.log_prob(value.unsqueeze(-1 - len(self._event_shape)))
        return library.logsumexp(of_parts + library.log_softmax(self._mixture.logits, dim=-1), dim=-1)

    def cdf(self, value: Tensor) -> Tensor:
        of_parts = self._component.cdf(value.unsqueeze(-1 - len(self._event_shape)))
        return library.sum(of_parts * self._mixture.probs, dim=-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture},\n  {self._component})"
