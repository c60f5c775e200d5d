"""Transforms of each number by itself."""

from __future__ import annotations

import math
from typing import Any

from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.composition import Transform, widened
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.distribution import Distribution
from numpynet.distributions.parameters import broadcast_all, library, sum_rightmost

_functional = library.nn.functional


def clipped_sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^−x), kept away from 0 and 1."""
    limits = library.finfo(x.dtype)
    return library.sigmoid(x).clamp(min=limits.tiny, max=1 - limits.eps)


class WithoutParameters(Transform):
    """A transform that equals any other of its class."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)


class _Increasing(WithoutParameters):
    """An increasing bijection."""

    bijective = True
    sign = 1


class ExpTransform(_Increasing):
    """y = eˣ.

    >>> import numpynet
    >>> from numpynet.distributions import ExpTransform
    >>> ExpTransform().inv(numpynet.tensor(1.0))
    tensor(0.)
    """

    domain, codomain = constraints.real, constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class SigmoidTransform(_Increasing):
    """y = 1 / (1 + e^−x), kept away from 0 and 1.

    >>> import numpynet
    >>> from numpynet.distributions import SigmoidTransform
    >>> SigmoidTransform()(numpynet.tensor(0.0))
    tensor(0.5000)
    """

    domain, codomain = constraints.real, constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        return clipped_sigmoid(x)

    def _inverse(self, y: Tensor) -> Tensor:
        limits = library.finfo(y.dtype)
        y = y.clamp(min=limits.tiny, max=1 - limits.eps)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -_functional.softplus(-x) - _functional.softplus(x)


class SoftplusTransform(_Increasing):
    """y = ln(1 + eˣ), and x itself above 20.

    >>> import numpynet
    >>> from numpynet.distributions import SoftplusTransform
    >>> SoftplusTransform()(numpynet.tensor(0.0))
    tensor(0.6931)
    """

    domain, codomain = constraints.real, constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return _functional.softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -_functional.softplus(-x)


class TanhTransform(_Increasing):
    """y = tanh x. Its inverse is infinite at ±1, where large x end up; a cache has them back.

    >>> import numpynet
    >>> from numpynet.distributions import TanhTransform
    >>> TanhTransform().inv(numpynet.tensor(0.5))
    tensor(0.5493)
    """

    domain, codomain = constraints.real, constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return library.atanh(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        # ln(1 − tanh² x), without the 1 − 1 of large x
        return 2.0 * (math.log(2.0) - x - _functional.softplus(-2.0 * x))


class AbsTransform(WithoutParameters):
    """y = |x|, with the positive one of both inverses.

    >>> import numpynet
    >>> from numpynet.distributions import AbsTransform
    >>> AbsTransform()(numpynet.tensor(-2.0))
    tensor(2.)
    """

    domain, codomain = constraints.real, constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


class PowerTransform(Transform):
    """y = x^exponent, of positive x.

    >>> import numpynet
    >>> from numpynet.distributions import PowerTransform
    >>> PowerTransform(2.0).inv(numpynet.tensor(9.0))
    tensor(3.)
    """

    domain = codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        (self.exponent,) = broadcast_all(exponent)

    def _arguments(self) -> tuple[Any, ...]:
        return (self.exponent,)

    @property
    def sign(self) -> Tensor:
        return self.exponent.sign()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and bool(self.exponent.eq(other.exponent).all())

    def _call(self, x: Tensor) -> Tensor:
        return x.pow(self.exponent)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Size) -> Size:
        return library.broadcast_shapes(shape, self.exponent.shape)

    inverse_shape = forward_shape


class AffineTransform(Transform):
    """y = loc + scale x. event_dim: how many of the last dimensions are one event.

    >>> import numpynet
    >>> from numpynet.distributions import AffineTransform
    >>> AffineTransform(1.0, 2.0)(numpynet.tensor(3.0))
    tensor(7.)
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    def _arguments(self) -> tuple[Any, ...]:
        return self.loc, self.scale, self._event_dim

    @property
    def event_dim(self) -> int:
        return self._event_dim

    @property
    def domain(self) -> Constraint:
        return widened(constraints.real, self._event_dim)

    codomain = domain

    @property
    def sign(self) -> int | Tensor:
        return self.scale.sign() if isinstance(self.scale, Tensor) else (self.scale > 0) - (self.scale < 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AffineTransform) and _equal(self.loc, other.loc) and _equal(self.scale, other.scale)

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if isinstance(self.scale, Tensor):
            slope = self.scale.abs().log()
        else:
            slope = library.full_like(x, math.log(abs(self.scale)))
        return sum_rightmost(slope, self._event_dim).expand(x.shape[: x.ndim - self._event_dim])

    def forward_shape(self, shape: Size) -> Size:
        return library.broadcast_shapes(shape, *(getattr(one, "shape", ()) for one in (self.loc, self.scale)))

    inverse_shape = forward_shape


def _equal(a: Any, b: Any) -> bool:
    same = a == b
    return bool(same.all()) if isinstance(same, Tensor) else same


class CumulativeDistributionTransform(Transform):
    """y = P(X ≤ x) of a distribution: of what is distributed so, uniform numbers.

    >>> import numpynet
    >>> from numpynet.distributions import CumulativeDistributionTransform, Normal
    >>> CumulativeDistributionTransform(Normal(0.0, 1.0))(numpynet.tensor(0.0))
    tensor(0.5000)
    """

    codomain = constraints.unit_interval
    bijective = True
    sign = 1

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    def _arguments(self) -> tuple[Any, ...]:
        return (self.distribution,)

    @property
    def domain(self) -> Constraint:
        return self.distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self.distribution.log_prob(x)
