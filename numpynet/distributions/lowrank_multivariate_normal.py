"""LowRankMultivariateNormal, whose covariance is a product of narrow matrices and a diagonal."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpynet import linalg
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.distribution import Symmetric
from numpynet.distributions.multivariate import mahalanobis, of_vectors
from numpynet.distributions.parameters import lazy_property, library, standard_normal


class LowRankMultivariateNormal(Symmetric):
    """Of the mean `loc` (..., K) and the covariance W Wᵀ + D, with W = cov_factor (..., K, R), D = diag(cov_diag).

    Its inverse and determinant are had by C = I + Wᵀ D⁻¹ W, which is R × R: (W Wᵀ + D)⁻¹ = D⁻¹ − D⁻¹ W C⁻¹ Wᵀ D⁻¹.

    >>> import numpynet
    >>> from numpynet.distributions import LowRankMultivariateNormal
    >>> d = LowRankMultivariateNormal(numpynet.zeros(2), numpynet.tensor([[1.0], [0.0]]), numpynet.ones(2))
    >>> d.covariance_matrix
    tensor([[2., 0.],
            [0., 1.]])
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        size = loc.shape[-1]
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2] != size:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {size} x m, not {cov_factor.shape}")
        if tuple(cov_diag.shape[-1:]) != (size,):
            raise ValueError(f"cov_diag must be a batch of vectors with shape ({size},), not {cov_diag.shape}")
        try:
            batch = library.broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc, self.cov_diag = loc.expand((*batch, size)), cov_diag.expand((*batch, size))
        self.cov_factor = cov_factor.expand((*batch, size, -1))
        self._given_factor, self._given_diag = cov_factor, cov_diag  # of the smaller batch that they may have
        weighed = cov_factor.mT / cov_diag.unsqueeze(-2)
        self._capacitance = linalg.cholesky(weighed @ cov_factor + library.eye(cov_factor.shape[-1], dtype=loc.dtype))
        super().__init__(batch, (size,), validate_args=validate_args)

    def _matrices(self, matrices: Tensor) -> Tensor:
        return matrices.expand(self._batch_shape + self._event_shape + self._event_shape)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        expanded = super().expand(batch_shape)
        for name in ("scale_tril", "covariance_matrix", "precision_matrix"):
            expanded.__dict__.pop(name, None)  # which have the old batch
        return expanded

    @property
    def variance(self) -> Tensor:
        variance = self._given_factor.pow(2).sum(-1) + self._given_diag
        return variance.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower Cholesky factor of the covariance, as √D times that of I + D^−½ W Wᵀ D^−½."""
        root = self._given_diag.sqrt().unsqueeze(-1)
        weighed = self._given_factor / root
        identity = library.eye(self._event_shape[0], dtype=self.loc.dtype)
        return self._matrices(root * linalg.cholesky(weighed @ weighed.mT + identity))

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        product = library.matmul(self._given_factor, self._given_factor.mT)
        return self._matrices(product + library.diag_embed(self._given_diag))

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        solved = self._solved_factor()
        return self._matrices(library.diag_embed(self._given_diag.reciprocal()) - solved.mT @ solved)

    def _solved_factor(self) -> Tensor:
        """A = L⁻¹ Wᵀ D⁻¹ with C = L Lᵀ, by which the inverse of the covariance is D⁻¹ − Aᵀ A."""
        return linalg.solve_triangular(
            self._capacitance, self._given_factor.mT / self._given_diag.unsqueeze(-2), upper=False
        )

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        of_factor = standard_normal(Size(shape[:-1]) + self.cov_factor.shape[-1:], self.loc)
        of_diag = standard_normal(shape, self.loc)
        return self.loc + of_vectors(self._given_factor, of_factor) + self._given_diag.sqrt() * of_diag

    def _log_det(self) -> Tensor:
        return 2 * self._capacitance.diagonal(dim1=-2, dim2=-1).log().sum(-1) + self._given_diag.log().sum(-1)

    def _mahalanobis(self, difference: Tensor) -> Tensor:
        """dᵀ (W Wᵀ + D)⁻¹ d."""
        weighed = of_vectors(self._given_factor.mT / self._given_diag.unsqueeze(-2), difference)
        return (difference.pow(2) / self._given_diag).sum(-1) - mahalanobis(self._capacitance, weighed)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        distance = self._mahalanobis(value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + distance)

    def entropy(self) -> Tensor:
        entropy = 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy
