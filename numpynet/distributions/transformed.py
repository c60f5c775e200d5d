"""TransformedDistribution: of functions of what another distribution draws."""

from __future__ import annotations

import math
from typing import Any

from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.distributions.composition import ComposeTransform, Transform, widened
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.distribution import Distribution
from numpynet.distributions.multivariate import Independent
from numpynet.distributions.parameters import library, sum_rightmost


class TransformedDistribution(Distribution):
    """Of y = f(x), where x is drawn from the base and f is one transform, or several, one after the other.

    ln p(y) = ln p(x) − ln |det ∂y/∂x|.

    >>> import numpynet
    >>> from numpynet.distributions import AffineTransform, SigmoidTransform, TransformedDistribution, Uniform
    >>> logistic = TransformedDistribution(Uniform(0.0, 1.0), [SigmoidTransform().inv, AffineTransform(1.0, 2.0)])
    >>> logistic.log_prob(numpynet.tensor(1.0)), logistic.cdf(numpynet.tensor(1.0))
    (tensor(-2.0794), tensor(0.5000))
    """

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | list[Transform],
        validate_args: bool | None = None,
    ) -> None:
        given = [transforms] if isinstance(transforms, Transform) else transforms
        if not isinstance(given, list) or not all(isinstance(one, Transform) for one in given):
            raise ValueError(f"transforms must be a Transform or a list of Transforms, but was {transforms}")
        self.transforms = given
        whole = ComposeTransform(given)
        domain_dim, codomain_dim = whole.domain.event_dim, whole.codomain.event_dim
        base_dim = len(base_distribution.event_shape)
        base_shape = base_distribution.batch_shape + base_distribution.event_shape
        if len(base_shape) < domain_dim:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {domain_dim}, but got {base_shape}."
            )
        shape = whole.forward_shape(base_shape)
        needed = whole.inverse_shape(shape)
        if base_shape != needed:  # the transforms' own parameters have a larger batch
            base_distribution = base_distribution.expand(needed[: len(needed) - base_dim])
        if domain_dim > base_dim:
            base_distribution = Independent(base_distribution, domain_dim - base_dim)
        self.base_dist = base_distribution
        cut = len(shape) - max(codomain_dim, base_dim + codomain_dim - domain_dim)
        super().__init__(shape[:cut], shape[cut:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        expanded = super().expand(batch_shape)
        shape = ComposeTransform(self.transforms).inverse_shape(Size(batch_shape) + self._event_shape)
        expanded.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        return expanded

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base has gradients of samples."""
        return self.base_dist.has_rsample

    @property
    def support(self) -> Constraint:
        if not self.transforms:
            return self.base_dist.support
        region = self.transforms[-1].codomain
        return widened(region, max(region.event_dim, len(self._event_shape)))

    def _forward(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with library.no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        event_dim, log_prob = len(self._event_shape), 0.0
        for transform in reversed(self.transforms):
            x = transform.inv(value)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            slope = transform.log_abs_det_jacobian(x, value)
            log_prob = log_prob - sum_rightmost(slope, event_dim - transform.domain.event_dim)
            value = x
        of_base = self.base_dist.log_prob(value)
        return log_prob + sum_rightmost(of_base, event_dim - len(self.base_dist.event_shape))

    def _rising(self, share: Tensor) -> Tensor:
        """1 − share where the transforms fall."""
        sign = math.prod(transform.sign for transform in self.transforms)
        return share if isinstance(sign, int) and sign == 1 else sign * (share - 0.5) + 0.5

    def cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._rising(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self._forward(self.base_dist.icdf(self._rising(value)))
