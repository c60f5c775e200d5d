"""The error function erf and the normal distribution function, as formulas over whole arrays.

As in W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969),
there are three ranges of a = |x|:

    a < 3/4         erf a  = a + a E(a²)                                       E a polynomial
    up to 4 or 6    erfc a = e^−2u,  u = −½ ln erfc a = a (1/√π + a R(a))      R a rational function
    beyond          erfc a = e^−a² K(1/a²) / a                                 K a rational function

The coefficients interpolate E, R and K at Chebyshev nodes, to a relative error in erf, u and K of less than eps/4 of
float32 and float64.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numpynet.ops.blocks import between, lone
from numpynet.ops.form import elementwise, possible
from numpynet.ops.masks import choose

Array = NDArray[Any]
Polynomial = tuple[Any, ...]


class _Fit(NamedTuple):
    """E, and numerators and denominators of R, up to a = top, and of K. Constant terms come first."""

    e: Polynomial
    top: Any
    r: tuple[Polynomial, Polynomial]
    k: tuple[Polynomial, Polynomial]


_TABLES = {
    np.float32: _Fit(
        (
            0.12837916557875,
            -0.37612619469438,
            0.11283386538415,
            -0.026835114568610,
            0.0051153321125322,
            -0.00067564795687,
        ),
        4.0,
        (
            (0.3183098315, 0.3077261654, 0.12555032, 0.02025752697),
            (1.0, 0.8053108823, 0.2944951368, 0.04055907629),
        ),
        (
            (0.56418958158405455, 2.2077368967592191, 0.81905372254376358),
            (1.0, 4.4131089475062702, 2.9086720569618042),
        ),
    ),
    np.float64: _Fit(
        (
            0.12837916709551257307,
            -0.37612638903183716922,
            0.11283791670952596061,
            -0.026866170644428484084,
            0.0052239776154205386731,
            -0.00085483261887597526637,
            0.00012055289567541706742,
            -0.000014924196305569616579,
            1.6430684179741549055e-6,
            -1.5940066854661717424e-7,
            1.1472499701094691618e-8,
        ),
        6.0,
        (
            (
                0.31830988618379067154,
                0.62586707330442887393,
                0.59593566961543802659,
                0.346630769198352796,
                0.1324173104678681656,
                0.033392954579581829483,
                0.0052914750845794559842,
                0.0004570746832901307106,
                0.000014037432925285451745,
                2.0219003941782274299e-11,
            ),
            (
                1.0,
                1.8047845718551019773,
                1.6108789294704115458,
                0.88347748893324338356,
                0.31970778452339614962,
                0.076488488563713773576,
                0.011512609431782234968,
                0.00094531523067396037805,
                0.000028079987760309488649,
            ),
        ),
        (
            (
                0.56418958354775627591,
                8.8789865479910027087,
                39.158969427319933554,
                49.066078973614695048,
                8.4055218338233839304,
            ),
            (1.0, 16.237593899124812542, 76.776263108619387643, 115.05229671231903965, 38.725347681254050303),
        ),
    ),
}


class _Exponent(NamedTuple):
    """b (c + b p(b) / q(b)) up to b = top, where the coefficient of the highest power in q is 1, which is left out."""

    c: Any
    top: float
    p: Polynomial
    q: Polynomial


def _exponent_of(fit: _Fit, scale: float) -> _Exponent:
    """−2u of a = scale · b as a function of b, where erfc a = e^−2u."""
    p, q = ([one * scale**power for power, one in enumerate(part)] for part in fit.r)
    *others, highest = q
    factor = -2 * scale**2 / highest
    return _Exponent(
        -2 * scale / math.sqrt(math.pi),
        fit.top / scale,
        tuple(factor * one for one in p),
        tuple(one / highest for one in others),
    )


def _as_arrays(part: Any, dtype: Any) -> Any:
    """Numbers as 0-dimensional arrays, with which NumPy computes in half the time."""
    return tuple(_as_arrays(one, dtype) for one in part) if isinstance(part, tuple) else np.array(part, dtype)


ROOT = math.sqrt(0.5)
_KINDS = (np.dtype(np.float32), np.dtype(np.float64))
_FITS = {kind: _Fit(*_as_arrays(tuple(_TABLES[kind.type]), kind)) for kind in _KINDS}
_OF_ERFC, _OF_NORMAL = (
    {kind: _Exponent(*_as_arrays(tuple(_exponent_of(_TABLES[kind.type], scale)), kind)) for kind in _KINDS}
    for scale in (1.0, ROOT)
)


def error_function(x: Array) -> Array:
    """erf x = 2/√π ∫₀ˣ e^−t² dt, within 2 units in the last place.

    >>> error_function(np.array([-np.inf, 0.0, 1.0])).round(4)
    array([-1.    ,  0.    ,  0.8427])
    """
    a = np.abs(x)
    small = between(-1, x, 1)
    near = _polynomial(small * small, _FITS[x.dtype].e)
    near *= small
    near += small
    far = np.copysign(lone(1, x) - np.exp(_exponent(a, _OF_ERFC[x.dtype])), x)
    return choose(a < lone(0.75, a), near, far)


@elementwise(torch="input", grad_fn="SpecialNdtrBackward0")
def normal_distribution(x: Array) -> Array:
    """Φ(x) = erfc(−x/√2) / 2, the probability that a standard normal number is below x.

    Its relative error for x < 0 is that of x, rounded: some eps (1 + x²).

    >>> normal_distribution(np.array([-np.inf, 0.0, 1.0])).round(4)
    array([0.    , 0.5   , 0.8413])
    """
    b, fit = np.abs(x), _OF_NORMAL[x.dtype]
    above = np.exp(_exponent(b, fit))
    above *= lone(0.5, above)
    is_far = b > fit.top
    if possible(is_far):
        above = choose(is_far, 0.5 * _far_out(b * ROOT), above)
    return np.abs((x >= lone(0, x)).astype(x.dtype) - above)  # 1 − above on the right, above on the left


normal_distribution.gradients(x=lambda dy, x: dy * (math.sqrt(0.5 / math.pi) * np.exp(-0.5 * (x * x))))


def _exponent(b: Array, fit: _Exponent) -> Array:
    """The exponent at b ≥ 0, and at the top for what is greater."""
    b = between(-math.inf, b, float(fit.top))
    y = _polynomial(b, fit.p)
    y /= _polynomial(b, fit.q, is_monic=True)
    y *= b
    y += fit.c
    y *= b
    return y


def _far_out(a: Array) -> Array:
    """erfc(a) for a ≥ top"""
    fit = _FITS[a.dtype]
    a = np.maximum(a, fit.top)
    numerator, denominator = fit.k
    s = 1 / (a * a)
    y: Array = np.exp(-a * a) / a * (_polynomial(s, numerator) / _polynomial(s, denominator))
    return y


def _polynomial(x: Array, coefficients: Polynomial, is_monic: bool = False) -> Array:
    """c₀ + c₁ x + c₂ x² + ..., by Horner's rule. is_monic: one more power of x follows, with the coefficient 1."""
    *others, last = coefficients
    y = x + last if is_monic else last * x
    if not is_monic:
        *others, before = others
        y += before
    for coefficient in reversed(others):
        y *= x
        y += coefficient
    return y
