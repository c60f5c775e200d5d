"""VonMises: of angles."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.distribution import Symmetric
from numpynet.distributions.parameters import broadcast_all, library

# ln I₀ and ln I₁ by the polynomials 9.8.1 to 9.8.4 of Abramowitz and Stegun, in (x / 3.75)² and in 3.75 / x
_SMALL = (
    (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813),
    (0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411),
)
_LARGE = (
    (
        *(0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281),
        *(-0.02057706, 0.02635537, -0.01647633, 0.00392377),
    ),
    (
        *(0.39894228, -0.03988024, -0.00362018, 0.00163801, -0.01031555),
        *(0.02282967, -0.02895312, 0.01787654, -0.00420059),
    ),
)


def _polynomial(x: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    value: Any = coefficients[-1]
    for one in reversed(coefficients[:-1]):
        value = one + x * value
    return value


def _log_bessel(x: Tensor, order: int) -> Tensor:
    """ln I₀(x), or ln I₁(x), of positive x."""
    small = _polynomial((x / 3.75) * (x / 3.75), _SMALL[order])
    small = (x.abs() * small if order else small).log()
    large = x - 0.5 * x.log() + _polynomial(3.75 / x, _LARGE[order]).log()
    return library.where(x < 3.75, small, large)


class VonMises(Symmetric):
    """Of angles about `loc`, with the density e^(concentration cos(x − loc)) / (2π I₀(concentration)).

    Mean and variance are circular.

    >>> import numpynet
    >>> from numpynet.distributions import VonMises
    >>> VonMises(0.0, 1.0).log_prob(numpynet.tensor(0.0))
    tensor(-1.0738)
    """

    arg_constraints: ClassVar[dict[str, Constraint]] = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def variance(self) -> Tensor:
        return 1 - (_log_bessel(self.concentration, 1) - _log_bessel(self.concentration, 0)).exp()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """By rejection, of angles of a wrapped Cauchy distribution (Best and Fisher 1979), in float64."""
        with library.no_grad():
            loc, kappa = self.loc.double(), self.concentration.double()
            tau = 1 + (1 + 4 * kappa**2).sqrt()
            rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
            r = library.where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))
            angle = library.zeros(self._extended_shape(sample_shape), dtype=library.float64)
            done = library.zeros(angle.shape, dtype=library.bool)
            while not done.all():
                u1, u2, u3 = library.rand((3, *angle.shape), dtype=library.float64).unbind()
                z = library.cos(math.pi * u1)
                f = (1 + r * z) / (r + z)
                c = kappa * (r - f)
                accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                # as torch, what was accepted before is replaced too
                angle = library.where(accepted, (u3 - 0.5).sign() * f.acos(), angle)
                done = done | accepted
            return ((angle + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        exponent = self.concentration * library.cos(value - self.loc)
        return exponent - math.log(2 * math.pi) - _log_bessel(self.concentration, 0)
