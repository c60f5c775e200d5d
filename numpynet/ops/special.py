"""Special functions: those of the gamma family, the inverse of erf, and kin. They are imported when first asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_integers, not_all_integers, which_is_number
from numpynet.ops.exponential import erf, exp
from numpynet.ops.form import Array, elementwise, op, possible
from numpynet.ops.layout import copied, row_major

# B₂ₖ / 2k!, Bernoulli's numbers in the asymptotic series below (DLMF 5.11.2, 25.11.5).
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def _by_c(function: Callable[[float], float], otherwise: float) -> Callable[[Array], Array]:
    """A function of C's library for arrays, computed in float64; where Python raises, something else."""

    def one(x: float) -> float:
        try:
            return function(x)
        except (ValueError, OverflowError):
            return otherwise

    def each(x: Array) -> Array:
        values = [one(value) for value in x.reshape(-1).tolist()]
        y = copied(np.asarray(x), None)  # in its layout
        y[...] = np.array(values, np.float64).reshape(x.shape)
        return y

    return each


_lgamma, _erfc = _by_c(math.lgamma, math.inf), _by_c(math.erfc, math.nan)


@elementwise(torch="input", promotes="float")
def lgamma(x: Array) -> Array:
    """y = ln |Γ(x)|;  y′ = ψ(x)

    >>> import numpynet
    >>> numpynet.lgamma(numpynet.tensor([1.0, 4.0]))
    tensor([0.0000, 1.7918])
    """
    return _lgamma(x)


@elementwise(torch="input", promotes="float")
def digamma(x: Array) -> Array:
    """y = ψ(x) = Γ′(x) / Γ(x);  y′ = ψ′(x), the polygamma function of order 1

    By ψ(x) = ψ(x + 1) − 1/x up to 10, and from there by the asymptotic series (DLMF 5.5.2, 5.11.2); below 0 by
    ψ(x) = ψ(1 − x) − π / tan πx (DLMF 5.5.4).

    >>> import numpynet
    >>> numpynet.digamma(numpynet.tensor([1.0, 2.0]))
    tensor([-0.5772,  0.4228])
    """
    z = x.astype(np.float64)
    reflected = z < 0
    a = np.where(reflected, 1 - z, z)
    y = np.zeros_like(a)
    for _ in range(10):
        small = a < 10
        y = y - np.where(small, 1 / a, 0)
        a = np.where(small, a + 1, a)
    inverse = 1 / (a * a)
    series, power = 0.5 / a, inverse
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        series = series + bernoulli / (2 * k) * power
        power = power * inverse
    y = y + np.log(a) - np.where(np.isinf(a), 0, series)
    y = np.where(reflected, y - math.pi / np.tan(math.pi * (z - np.round(z))), y)
    y = np.where(reflected & (z == np.floor(z)), np.nan, y)
    return np.where(z == 0, -np.copysign(np.inf, z), y).astype(x.dtype)


FAR = 20  # below 0: from there on terms are no longer added one by one


def _zeta(s: float, q: Array) -> Array:
    """Hurwitz's ζ(s, q) = Σ (q + k)⁻ˢ: the first terms, and Euler and Maclaurin's rest (DLMF 25.11.5).

    Far below 0 the terms are too many, and s is a whole number n + 1:
    ζ(s, q) = (−1)ⁿ (ζ(s, 1 − q) + π/n! dⁿ/dqⁿ cot πq), whose derivatives are polynomials in cot πq (DLMF 5.15.6).
    """
    a = q.astype(np.float64)
    reflected = (a < -FAR) & (s == np.floor(s))
    a = np.where(reflected, 1 - a, np.where(a < -FAR, np.nan, a))
    y = np.zeros_like(a)
    for _ in range(10 + FAR):
        small = a < 10
        y = y + np.where(small, a**-s, 0)
        a = np.where(small, a + 1, a)
    y = y + a ** (1 - s) / (s - 1) + 0.5 * a**-s
    factor = s
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        y = y + bernoulli / math.factorial(2 * k) * factor * a ** (1 - s - 2 * k)
        factor *= (s + 2 * k - 1) * (s + 2 * k)
    if possible(reflected):
        y = np.where(reflected, (-1) ** (s - 1) * (y + _of_cotangent(int(s) - 1, q)), y)
    return np.where((q <= 0) & (q == np.floor(q)), np.inf, y)


def _of_cotangent(n: int, q: Array) -> Array:
    """π/n! dⁿ/dqⁿ cot πq, where cot′ = −(1 + cot²)."""
    polynomial = np.polynomial.Polynomial([0.0, 1.0])
    for k in range(1, n + 1):
        polynomial = np.polynomial.Polynomial([-math.pi / k, 0.0, -math.pi / k]) * polynomial.deriv()
    whole = np.asarray(q, np.float64)
    return math.pi * polynomial(1 / np.tan(math.pi * (whole - np.round(whole))))


@elementwise(torch="input", promotes="float")
def polygamma(x: Array, *, n: int) -> Array:
    """y = ψ⁽ⁿ⁾(x), the n-th derivative of ψ;  y′ = ψ⁽ⁿ⁺¹⁾(x)

    (−1)ⁿ⁺¹ n! ζ(n + 1, x) for n > 0 (DLMF 5.15.1).
    """
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if n == 0:
        return digamma.forward(x)
    return ((-1) ** (n + 1) * math.factorial(n) * _zeta(n + 1.0, x)).astype(x.dtype)


polygamma.gradients(x=lambda dy, x, n: dy * polygamma(x, n=n + 1))
digamma.gradients(x=lambda dy, x: dy * polygamma(x, n=1))
lgamma.gradients(x=lambda dy, x: dy * digamma(x))


@elementwise(torch="input", promotes="float")
def erfc(x: Array) -> Array:
    """y = 1 − erf(x), exact where that cancels;  y′ = −2/√π e^(−x²)

    >>> import numpynet
    >>> numpynet.erfc(numpynet.tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """
    return _erfc(x)


erfc.gradients(x=lambda dy, x: dy * (-2 / math.sqrt(math.pi) * np.exp(-x * x)))


@elementwise(torch="input", promotes="float")
def erfinv(x: Array) -> Array:
    """The y with erf(y) = x, NaN beyond ±1;  y′ = √π/2 e^(y²)

    From Winitzki's approximation (2008) by Halley's method, of erfc near ±1.

    >>> import numpynet
    >>> numpynet.erfinv(numpynet.tensor([0.0, 0.5]))
    tensor([0.0000, 0.4769])
    """
    z = x.astype(np.float64)
    return np.copysign(_where_erf_is(np.abs(z), 1 - np.abs(z)), z).astype(x.dtype)


def _where_erf_is(size: Array, rest: Array) -> Array:
    """The y ≥ 0 with erf(y) = size and erfc(y) = rest, of which the smaller one is exact."""
    logarithm = np.where(size < 0.5, np.log1p(-size), np.log(rest)) + np.log1p(size)
    half = 2 / (math.pi * 0.147) + logarithm / 2
    y = np.sqrt(np.maximum(np.sqrt(half * half - logarithm / 0.147) - half, 0))
    for _ in range(3):
        error = np.where(size < 0.5, erf.forward(y) - size, rest - _erfc(y))
        step = error / (2 / math.sqrt(math.pi) * np.exp(-y * y))
        y = y - step / (1 + y * step)
    return np.where(rest == 0, np.inf, np.where(rest < 0, np.nan, y))


erfinv.gradients(  # of x, as torch's: the result may be overwritten
    x=lambda dy, x: dy * (math.sqrt(math.pi) / 2 * exp(erfinv(x) ** 2))
)


@elementwise(torch="input", promotes="float", grad_fn="SpecialNdtriBackward0")
def ndtri(x: Array) -> Array:
    """The y to which the normal distribution gives the probability x: √2 erf⁻¹(2x − 1);  y′ = √2π e^(y²/2)

    >>> import numpynet
    >>> numpynet.special.ndtri(numpynet.tensor([0.5, 0.8413]))
    tensor([0.0000, 0.9998])
    """
    z = x.astype(np.float64)
    rest = 2 * np.minimum(z, 1 - z)
    y = math.sqrt(2) * _where_erf_is(1 - rest, rest)
    return np.where(z < 0.5, -y, y).astype(x.dtype)


ndtri.gradients(x=lambda dy, y: dy * (math.sqrt(2 * math.pi) * exp(y * y / 2)))


@elementwise(promotes="float", accepts=not_all_integers)
def igamma(a: Any, b: Any) -> Array:
    """y = P(a, x) = ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a), the regularized lower incomplete gamma function, x the second operand.

    ∂y/∂x = xᵃ⁻¹ e⁻ˣ / Γ(a); torch has no derivative by a. The power series up to x = a + 1, beyond it the continued
    fraction of 1 − y (DLMF 8.7.1, 8.9.2).

    >>> import numpynet
    >>> numpynet.igamma(numpynet.tensor([1.0]), numpynet.tensor([2.0]))
    tensor([0.8647])
    """
    lower, upper, below = _incomplete(a, b)
    return np.where(below, lower, 1 - upper).astype(np.result_type(a, b))


@elementwise(promotes="float", accepts=not_all_integers)
def igammac(a: Any, b: Any) -> Array:
    """y = 1 − P(a, x), the regularized upper incomplete gamma function: see `igamma`.

    >>> import numpynet
    >>> numpynet.igammac(numpynet.tensor([1.0]), numpynet.tensor([2.0]))
    tensor([0.1353])
    """
    lower, upper, below = _incomplete(a, b)
    return np.where(below, 1 - lower, upper).astype(np.result_type(a, b))


def _incomplete(a: Any, b: Any) -> tuple[Array, Array, Array]:
    """P(a, x) by its series, 1 − P(a, x) by its continued fraction, and where the first holds."""
    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    below = x < a + 1
    factor = np.exp(a * np.log(x) - x - _lgamma(a))
    small, large = np.where(below, x, 0), np.where(below, np.inf, x)
    term = total = 1 / a
    for n in range(1, 10000):
        term = term * small / (a + n)
        total = total + term
        if not (np.abs(term) > 1e-17 * np.abs(total)).any():
            break
    # The modified method of Lentz (Press et al., Numerical Recipes, 6.2)
    c, d = np.full(a.shape, np.inf), 1 / (large + 1 - a)
    fraction = d
    for n in range(1, 10000):
        numerator, denominator = -n * (n - a), large + 2 * n + 1 - a
        d = 1 / (denominator + numerator * d)
        c = denominator + numerator / c
        fraction = fraction * c * d
        if not (np.abs(c * d - 1) > 1e-16).any():
            break
    lower = np.where(x == 0, 0, factor * total)
    upper = np.where(np.isinf(x), 0, factor * fraction)
    wrong = (a < 0) | (x < 0) | np.isnan(a) | np.isnan(x) | ((a == 0) & (x == 0))
    lower = np.where(wrong, np.nan, np.where((a == 0) & (x > 0), 1, lower))
    return lower, np.where(wrong, np.nan, np.where(a == 0, 0, upper)), below


def _density(a: Any, b: Array) -> Array:
    """xᵃ⁻¹ e⁻ˣ / Γ(a)"""
    power = np.where(np.equal(a, 1), 0, (a - 1) * np.log(b))
    return np.exp(power - b - (math.lgamma(a) if isinstance(a, (int, float)) else lgamma(a)))


igamma.gradients(b=lambda dy, a, b: dy * _density(a, b))
igammac.gradients(b=lambda dy, a, b: -dy * _density(a, b))


@elementwise(torch="input", promotes="float")
def sinc(x: Array) -> Array:
    """y = sin πx / πx, and 1 at 0;  y′ = (cos πx − y) / x, and 0 there

    >>> import numpynet
    >>> numpynet.sinc(numpynet.tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """
    turned = math.pi * x
    return np.where(x == 0, np.array(1, x.dtype), np.sin(turned) / np.where(x == 0, np.array(1, x.dtype), turned))


def _sinc_slope(x: Array, y: Array) -> Array:
    """(cos πx − y) / x, which is −π² x / 3 beside 0."""
    return np.where(x == 0, 0 - math.pi**2 / 3 * x, (np.cos(math.pi * x) - y) / np.where(x == 0, 1, x))


sinc.gradients(x=lambda dy, x, y: dy * _sinc_slope(x, y))


@elementwise(promotes="float", accepts=not_all_integers)
def logaddexp2(a: Any, b: Any) -> Any:
    """y = log₂(2ᵃ + 2ᵇ);  ∂y/∂a = 1 / (1 + 2^(b − a)), ∂y/∂b = 1 / (1 + 2^(a − b))

    >>> import numpynet
    >>> numpynet.logaddexp2(numpynet.tensor([1.0]), numpynet.tensor([1.0]))
    tensor([2.])
    """
    return np.logaddexp2(a, b)


logaddexp2.gradients(
    a=lambda dy, a, b: dy / (1 + np.exp2(b - a)),
    b=lambda dy, a, b: dy / (1 + np.exp2(a - b)),
)


@op(torch="input", accepts=no_integers)
def logcumsumexp(x: Array, *, dim: int) -> Array:
    """yᵢ = ln(e^x₁ + ... + e^xᵢ) along `dim`.

    ∂L/∂xᵢ = e^(xᵢ − yᵢ) rᵢ with rᵢ = Σ dyⱼ e^(yᵢ − yⱼ) over j ≥ i, from the last one: rᵢ = dyᵢ + e^(yᵢ − yᵢ₊₁) rᵢ₊₁,
    in which nothing overflows since y rises.

    >>> import numpynet
    >>> numpynet.logcumsumexp(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([0.0000, 0.6931])
    """
    return row_major(np.logaddexp.accumulate(x, axis=dim)) if x.ndim else x + 0


def _logcumsumexp_gradient(dy: Array, x: Array, y: Array, dim: int) -> Array:
    """∂L/∂xᵢ = e^(xᵢ − yᵢ) Σ dyⱼ e^(yᵢ − yⱼ) over j ≥ i"""
    if not x.ndim:
        return dy
    sums, levels = np.moveaxis(dy, dim, 0), np.moveaxis(y, dim, 0)
    rests = [sums[-1:]] if len(sums) else []
    for i in range(len(sums) - 2, -1, -1):
        rise = levels[i : i + 1] - levels[i + 1 : i + 2]
        rests.insert(0, sums[i : i + 1] + np.where(np.isnan(rise), 0, np.exp(rise)) * rests[0])
    rest = np.moveaxis(np.concatenate(rests, 0), 0, dim) if rests else dy
    return np.where(np.isinf(x) & (x < 0), 0, np.exp(x - y)) * rest


logcumsumexp.gradients(x=_logcumsumexp_gradient)


@elementwise(
    torch="input other",
    promotes="float",
    grad_fn=lambda a, b: f"SpecialXlog1PyBackward{which_is_number(a, b)}",
)
def xlog1py(a: Any, b: Any) -> Any:
    """y = a ln(1 + b), and 0 where a = 0, unless b is NaN;  ∂y/∂a = ln(1 + b), ∂y/∂b = a / (1 + b)

    >>> import numpynet
    >>> numpynet.special.xlog1py(numpynet.tensor([0.0, 2.0]), numpynet.tensor([-1.0, 0.0]))
    tensor([0., 0.])
    """
    return np.where(np.isnan(b), np.nan, np.where(np.equal(a, 0), 0, a * _log1p(b)))


def _log1p(b: Any) -> Any:
    return float(np.log1p(float(b))) if isinstance(b, (int, float)) else np.log1p(b)  # np.float64 would widen a float32


xlog1py.gradients(
    a=lambda dy, a, b: np.where(np.equal(a, 0) & np.less_equal(b, -1), 0, dy * _log1p(b)),
    b=lambda dy, a, b: dy * a / (1 + b),
)
xlog1py.keywords["self"] = "a"  # torch's name of the factor where it is a number


@elementwise(torch="input", promotes="float", grad_fn="SpecialEntrBackward0")
def entr(x: Array) -> Array:
    """y = −x ln x, 0 at 0 and −∞ below;  y′ = −ln x − 1

    >>> import numpynet
    >>> numpynet.special.entr(numpynet.tensor([0.0, 1.0, -1.0]))
    tensor([0., -0., -inf])
    """
    inside = np.where(x > 0, -x * np.log(np.where(x > 0, x, np.array(1, x.dtype))), np.array(0, x.dtype))
    return np.where(np.isnan(x), x, np.where(x < 0, np.array(-np.inf, x.dtype), inside))


entr.gradients(x=lambda dy, x: dy * (-np.log(x) - 1))


def _no_halves(name: str, *operands: Any) -> None:
    if any(getattr(one, "dtype", None) == np.float16 for one in operands):
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Half': convert it first, as in x.float()")


@elementwise(
    torch="input other",
    promotes="float",
    accepts=_no_halves,
    grad_fn=lambda a, b: f"SpecialZetaBackward{which_is_number(a, b)}",
)
def zeta(a: Any, b: Any) -> Array:
    """y = ζ(a, b) = Σ (b + k)⁻ᵃ over k ≥ 0, Hurwitz's zeta function; NaN for a < 1.

    >>> import numpynet
    >>> numpynet.special.zeta(numpynet.tensor(2.0), numpynet.tensor(1.0))
    tensor(1.6449)
    """
    s, q = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    y = np.full(s.shape, np.nan)
    y[(s == 1) | ((s > 1) & (q <= 0) & (q == np.floor(q)))] = np.inf
    regular = (s > 1) & ((q > 0) | ((q != np.floor(q)) & (s == np.floor(s))))
    y[regular] = [_zeta(one, at.reshape(1)).item() for one, at in zip(s[regular], q[regular], strict=True)]
    return y.astype(np.result_type(a, b))


zeta.keywords["self"] = "a"


@elementwise(torch="input other", promotes="float", grad_fn=lambda a, b: f"XlogyBackward{which_is_number(a, b)}")
def xlogy(a: Any, b: Any) -> Any:
    """y = a ln b, and 0 where a = 0, unless b is NaN        broadcast together.

    >>> import numpynet
    >>> numpynet.xlogy(numpynet.tensor([0.0, 2.0]), numpynet.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    return np.where(np.isnan(b), np.nan, np.where(np.equal(a, 0), 0, a * _log(b)))


def _log(b: Any) -> Any:
    return float(np.log(float(b))) if isinstance(b, (int, float)) else np.log(b)  # np.float64 would widen a float32


def _xlogy_by_factor(dy: Array, a: Any, b: Any) -> Array:
    """∂y/∂a = ln b, and 0 where a = 0 and b ≤ 0"""
    return np.where(np.equal(a, 0) & np.less_equal(b, 0), 0, xlogy.of(dy, b))  # dy ln b, and 0 where dy is


xlogy.gradients(a=_xlogy_by_factor, b=lambda dy, a, b: dy * a / b)

xlogy.keywords["self"] = "a"  # torch's name of the factor where it is a number


@elementwise(torch="input", promotes="float")
def logit(x: Array, *, eps: float | None = None) -> Any:
    """y = ln(x / (1 − x)), of x cut off at eps and 1 − eps where eps is given;  y′ = 1 / (x (1 − x)), or 0 there

    >>> import numpynet
    >>> numpynet.logit(numpynet.tensor([0.5, 0.75]))
    tensor([0.0000, 1.0986])
    """
    if eps is not None:
        x = np.where(x < eps, np.array(eps, x.dtype), np.where(x > 1 - eps, np.array(1 - eps, x.dtype), x))
    return np.log(x / (1 - x))


def _logit_gradient(dy: Array, x: Array, eps: float | None) -> Array:
    if eps is None:
        return np.where((x < 0) | (x > 1), np.nan, dy / (x * (1 - x)))
    return np.where((x >= eps) & (x <= 1 - eps), dy / (x * (1 - x)), 0)


logit.gradients(x=_logit_gradient)
