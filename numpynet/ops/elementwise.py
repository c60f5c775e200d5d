"""Elementwise arithmetic and functions: y[i] depends on the operands' i-th elements alone.

In every formula dy = ∂L/∂y, and the chain rule reads ∂L/∂x = dy · ∂y/∂x, element by element.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.ops.form import Array, elementwise, op, sum_to

# --- arithmetic ---------------------------------------------------------------------------------------


@elementwise
def add(a: Any, b: Any, *, alpha: float = 1) -> Any:
    """y = a + alpha b        broadcast together.

    >>> import numpynet
    >>> numpynet.add(numpynet.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    return a + b if alpha == 1 else a + alpha * b


add.gradients(
    a=lambda dy: dy,
    b=lambda dy, alpha: dy if alpha == 1 else alpha * dy,
)


@elementwise
def sub(a: Any, b: Any, *, alpha: float = 1) -> Any:
    """y = a − alpha b        broadcast together; RuntimeError on boolean tensors, as in torch.

    >>> import numpynet
    >>> numpynet.sub(numpynet.tensor([1.0, 2.0]), 10)
    tensor([-9., -8.])
    """
    if getattr(a, "dtype", type(a)) == bool or getattr(b, "dtype", type(b)) == bool:
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert "
            "a mask, use the `~` or `logical_not()` operator instead."
        )
    return a - b if alpha == 1 else a - alpha * b


sub.gradients(
    a=lambda dy: dy,
    b=lambda dy, alpha: -dy if alpha == 1 else -alpha * dy,
)


@elementwise
def mul(a: Any, b: Any) -> Any:
    """y = a b        broadcast together.

    >>> import numpynet
    >>> numpynet.mul(numpynet.tensor([1.0, 2.0]), 10)
    tensor([10., 20.])
    """
    return a * b


mul.gradients(
    a=lambda dy, b: dy * b,
    b=lambda dy, a: dy * a,
)


@elementwise(promotes="float")
def true_divide(a: Any, b: Any) -> Any:
    """y = a / b        broadcast together; integers are divided as floats."""
    return a / b


true_divide.gradients(
    a=lambda dy, b: dy / b,
    b=lambda dy, a, b: -dy * ((a / b) / b),
)


@elementwise(promotes="common")
def rounded_divide(a: Any, b: Any, *, rounding_mode: str) -> Any:
    """y = a / b rounded down ("floor") or towards zero ("trunc"); its derivative is 0 wherever it exists."""
    if rounding_mode == "floor":
        return np.floor_divide(a, b)
    quotient = np.trunc(a / b)
    return quotient.astype(np.result_type(a, b), copy=False)


rounded_divide.gradients(
    a=lambda dy: np.zeros_like(dy),
    b=lambda dy: np.zeros_like(dy),
)


@elementwise
def remainder(a: Any, b: Any) -> Any:
    """y = a − b ⌊a / b⌋        the sign is the divisor's, as Python's %.

    >>> import numpynet
    >>> numpynet.remainder(numpynet.tensor([-3.0, 5.0]), 2)
    tensor([1., 1.])
    """
    return np.remainder(a, b)


remainder.gradients(
    a=lambda dy: dy,
    b=lambda dy, a, b: -dy * np.floor_divide(a, b),
)


@elementwise
def neg(x: Any) -> Any:
    """y = −x

    >>> import numpynet
    >>> numpynet.neg(numpynet.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return -x


neg.gradients(x=lambda dy: -dy)


@elementwise(torch="input exponent", grad_fn=lambda a, b: f"PowBackward{int(hasattr(b, 'grad_fn'))}")
def pow(a: Any, b: Any) -> Any:
    """y = aᵇ        broadcast together. Exponents 2, 3, ½, −½, −1, −2 are products and roots, as in torch.

    RuntimeError for an integer base with a negative integer exponent.

    >>> import numpynet
    >>> numpynet.tensor([1.0, 2.0, 3.0]) ** 2
    tensor([1., 4., 9.])
    """
    if isinstance(b, (int, float)):
        if b == 1:
            return +a
        if b == 2:
            return a * a
        if b == 3:
            return a * a * a
        if getattr(a, "dtype", np.dtype(float)).kind == "f":
            if b == 0.5:
                return np.sqrt(a)
            if b == -0.5:
                return 1 / np.sqrt(a)
            if b == -1:
                return 1 / a
            if b == -2:
                return 1 / (a * a)
        elif b < 0:
            raise RuntimeError(
                "pow: Integers to negative integer powers are not allowed: make the base a float"
            )
    return np.power(a, b)


def _power_rule(dy: Array, a: Any, b: Any) -> Any:
    """dy · b aᵇ⁻¹, and 0 where b = 0 whatever a is."""
    if isinstance(b, (int, float)):
        return np.zeros_like(dy) if b == 0 else dy * (b * pow.forward(a, b - 1))
    return np.where(b == 0, 0, dy * (b * np.power(a, b - 1)))


pow.gradients(
    a=_power_rule,
    b=lambda dy, a, b, y: dy * np.where((a == 0) & (b >= 0), 0, y * np.log(a)),
)


# --- functions of one argument ------------------------------------------------------------------------


@elementwise(promotes="float")
def exp(x: Any) -> Any:
    """y = eˣ

    >>> import numpynet
    >>> numpynet.exp(numpynet.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return np.exp(x)


exp.gradients(x=lambda dy, y: dy * y)


@elementwise(promotes="float")
def expm1(x: Any) -> Any:
    """y = eˣ − 1, accurate near 0.

    >>> import numpynet
    >>> numpynet.expm1(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """
    return np.expm1(x)


expm1.gradients(x=lambda dy, y: dy * (y + 1))


@elementwise(promotes="float")
def log(x: Any) -> Any:
    """y = ln x;  −inf at 0, NaN below.

    >>> import numpynet
    >>> numpynet.log(numpynet.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """
    return np.log(x)


log.gradients(x=lambda dy, x: dy / x)


@elementwise(promotes="float")
def log1p(x: Any) -> Any:
    """y = ln(1 + x), accurate near 0.

    >>> import numpynet
    >>> numpynet.log1p(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """
    return np.log1p(x)


log1p.gradients(x=lambda dy, x: dy / (x + 1))


@elementwise(promotes="float")
def log2(x: Any) -> Any:
    """y = log₂ x

    >>> import numpynet
    >>> numpynet.log2(numpynet.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return np.log2(x)


log2.gradients(x=lambda dy, x: dy / (x * math.log(2)))


@elementwise(promotes="float")
def log10(x: Any) -> Any:
    """y = log₁₀ x

    >>> import numpynet
    >>> numpynet.log10(numpynet.tensor([1.0, 1000.0]))
    tensor([0., 3.])
    """
    return np.log10(x)


log10.gradients(x=lambda dy, x: dy / (x * math.log(10)))


@elementwise(promotes="float")
def sqrt(x: Any) -> Any:
    """y = √x;  NaN below 0.

    >>> import numpynet
    >>> numpynet.sqrt(numpynet.tensor([4.0, 2.0]))
    tensor([2.0000, 1.4142])
    """
    return np.sqrt(x)


sqrt.gradients(x=lambda dy, y: dy / (2 * y))


@elementwise(promotes="float")
def rsqrt(x: Any) -> Any:
    """y = 1 / √x

    >>> import numpynet
    >>> numpynet.rsqrt(numpynet.tensor([4.0]))
    tensor([0.5000])
    """
    return 1 / np.sqrt(x)


rsqrt.gradients(x=lambda dy, y: -0.5 * dy * (y * y * y))


@elementwise(promotes="float")
def reciprocal(x: Any) -> Any:
    """y = 1 / x

    >>> import numpynet
    >>> numpynet.reciprocal(numpynet.tensor([4.0]))
    tensor([0.2500])
    """
    return 1 / x


reciprocal.gradients(x=lambda dy, y: -dy * (y * y))


@elementwise(grad_fn="PowBackward0")
def square(x: Any) -> Any:
    """y = x²

    >>> import numpynet
    >>> numpynet.square(numpynet.tensor([3.0]))
    tensor([9.])
    """
    return x * x


square.gradients(x=lambda dy, x: dy * (2 * x))


@elementwise
def abs(x: Any) -> Any:
    """y = |x|;  the derivative at 0 is 0.

    >>> import numpynet
    >>> numpynet.abs(numpynet.tensor([-3.0, 3.0]))
    tensor([3., 3.])
    """
    return np.abs(x)


abs.gradients(x=lambda dy, x: dy * np.sign(x))


@elementwise(promotes="float")
def sin(x: Any) -> Any:
    """y = sin x, x in radians.

    >>> import numpynet
    >>> numpynet.sin(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return np.sin(x)


sin.gradients(x=lambda dy, x: dy * np.cos(x))


@elementwise(promotes="float")
def cos(x: Any) -> Any:
    """y = cos x, x in radians.

    >>> import numpynet
    >>> numpynet.cos(numpynet.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return np.cos(x)


cos.gradients(x=lambda dy, x: -dy * np.sin(x))


@elementwise(promotes="float")
def tan(x: Any) -> Any:
    """y = tan x, x in radians.

    >>> import numpynet
    >>> numpynet.tan(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return np.tan(x)


tan.gradients(x=lambda dy, y: dy * (1 + y * y))

# --- steps: their derivative is 0 wherever it exists -----------------------------------------------------


@elementwise
def sign(x: Any) -> Any:
    """y = −1, 0 or 1.

    >>> import numpynet
    >>> numpynet.sign(numpynet.tensor([-3.0, 0.0, 3.0]))
    tensor([-1.,  0.,  1.])
    """
    return np.where(np.isnan(x), 0, np.sign(x)).astype(x.dtype) if x.dtype.kind == "f" else np.sign(x)


sign.gradients(x=lambda dy: np.zeros_like(dy))


@elementwise
def floor(x: Any) -> Any:
    """y = ⌊x⌋

    >>> import numpynet
    >>> numpynet.floor(numpynet.tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    return np.floor(x)


floor.gradients(x=lambda dy: np.zeros_like(dy))


@elementwise
def ceil(x: Any) -> Any:
    """y = ⌈x⌉

    >>> import numpynet
    >>> numpynet.ceil(numpynet.tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    return np.ceil(x)


ceil.gradients(x=lambda dy: np.zeros_like(dy))


@elementwise
def trunc(x: Any) -> Any:
    """y = x without its fraction.

    >>> import numpynet
    >>> numpynet.trunc(numpynet.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return np.trunc(x)


trunc.gradients(x=lambda dy: np.zeros_like(dy))


@elementwise
def round(x: Any, *, decimals: int = 0) -> Any:
    """y = x to the nearest integer (or decimal place), halves to the even neighbour.

    >>> import numpynet
    >>> numpynet.round(numpynet.tensor([0.5, 1.5, 2.4]))
    tensor([0., 2., 2.])
    """
    return np.round(x, decimals)


round.gradients(x=lambda dy: np.zeros_like(dy))

# --- choices between values ----------------------------------------------------------------------------


@elementwise
def maximum(a: Any, b: Any) -> Any:
    """y = max(a, b), NaN if either is NaN; where both are equal each gets half of the cotangent.

    >>> import numpynet
    >>> numpynet.maximum(numpynet.tensor([1.0, 5.0]), numpynet.tensor([3.0, 3.0]))
    tensor([3., 5.])
    """
    return np.maximum(a, b)


maximum.gradients(
    a=lambda dy, a, b: np.where(a == b, dy / 2, np.where(a < b, 0, dy)),
    b=lambda dy, a, b: np.where(a == b, dy / 2, np.where(b < a, 0, dy)),
)


@elementwise
def minimum(a: Any, b: Any) -> Any:
    """y = min(a, b), NaN if either is NaN; where both are equal each gets half of the cotangent.

    >>> import numpynet
    >>> numpynet.minimum(numpynet.tensor([1.0, 5.0]), numpynet.tensor([3.0, 3.0]))
    tensor([1., 3.])
    """
    return np.minimum(a, b)


minimum.gradients(
    a=lambda dy, a, b: np.where(a == b, dy / 2, np.where(a > b, 0, dy)),
    b=lambda dy, a, b: np.where(a == b, dy / 2, np.where(b > a, 0, dy)),
)


def _within(x: Any, low: Any, high: Any) -> Any:
    """Where clamp passes x through, its bounds included."""
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


@elementwise(torch="input min max")
def clamp(x: Any, low: Any = None, high: Any = None) -> Any:
    """y = min(max(x, low), high); None leaves a side open. At a bound the cotangent still passes.

    RuntimeError when both bounds are None.

    >>> import numpynet
    >>> numpynet.clamp(numpynet.tensor([-2.0, 0.5, 2.0]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if low is not None:
        x = np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


clamp.gradients(
    x=lambda dy, x, low, high: np.where(_within(x, low, high), dy, 0),
    low=lambda dy, x, low, high: np.where((x < low) & (True if high is None else low < high), dy, 0),
    high=lambda dy, x, low, high: np.where((x > high) | (False if low is None else low > high), dy, 0),
)


@op(torch="condition input other", promotes="common")
def where(condition: Any, a: Any, b: Any) -> Any:
    """y = a where the condition holds, else b        all three broadcast together.

    >>> import numpynet
    >>> numpynet.where(numpynet.tensor([True, False]), numpynet.tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    return np.where(condition, a, b)


where.gradients(
    a=lambda dy, condition, a_shape: sum_to(np.where(condition, dy, 0), a_shape),
    b=lambda dy, condition, b_shape: sum_to(np.where(condition, 0, dy), b_shape),
)
