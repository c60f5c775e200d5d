"""Arithmetic, element by element: sums, products, quotients, powers and roots.

In every formula dy = ∂L/∂y, and the chain rule reads ∂L/∂x = dy · ∂y/∂x, element by element.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from numpynet.ops.acceptance import (
    NUMBERS,
    as_held,
    fitting,
    no_boolean_difference,
    no_boolean_negation,
    no_booleans,
    not_all_booleans,
    not_all_integers,
    wrapped,
)
from numpynet.ops.blocks import held, lone
from numpynet.ops.form import Array, elementwise, possible, refuse
from numpynet.ops.layout import row_major
from numpynet.ops.plan import NOT_IMPLEMENTED, no_derivative
from numpynet.ops.rounding import direction
from numpynet.ops.sums import HALF

# --- sums, products, quotients --------------------------------------------------------------------------


def _is_number(operand: Any) -> bool:
    """Whether an operand is a Python number: torch numbers its nodes by that."""
    return isinstance(operand, NUMBERS)


def _is_floating(operand: Any) -> bool:
    return isinstance(operand, float) or (hasattr(operand, "dtype") and operand.dtype.kind == "f")


def _scaled(alpha: float, b: Any, a: Any, sign: int = 1) -> Any:
    """± alpha b, to be added to a, in the dtype of both; RuntimeError where alpha does not fit."""
    if type(alpha) is float and type(a) is type(b) is np.ndarray and a.dtype is b.dtype:
        kind = a.dtype.char
        if kind == "f" or kind == "d":
            return held(sign * (alpha if -65504.0 <= alpha <= 65504.0 else fitting(alpha, a.dtype)), kind) * b
    kinds = {one.dtype for one in (a, b) if hasattr(one, "dtype")}
    kind = kinds.pop() if len(kinds) == 1 else np.result_type(a, b)
    if isinstance(alpha, complex) and kind.kind != "c":
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    if isinstance(alpha, float) and kind.kind not in "fc":
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(alpha, bool) and kind.kind != "b":
        raise RuntimeError("Boolean alpha only supported for Boolean results: write 1 or 0")
    if isinstance(alpha, NUMBERS):
        alpha = fitting(alpha, kind)
    if kind.kind not in "iu":
        product = (alpha if sign > 0 else -alpha) * b
        return bool(product) if kind.kind == "b" and isinstance(product, int) else product
    return wrapped(int(sign * alpha * b), kind) if isinstance(b, int) else fitting(sign * alpha, kind) * b


@elementwise(ufunc=np.add, complex="analytic")
def add(a: Any, b: Any, *, alpha: float = 1) -> Any:
    """y = a + alpha b        broadcast together.

    >>> import numpynet
    >>> numpynet.add(numpynet.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    if alpha == 1 and alpha is not True:
        return a + b
    return a + _scaled(alpha, b, a)


add.gradients(
    a=lambda dy: dy,
    b=lambda dy, alpha: dy if alpha == 1 else alpha * dy,
)


@elementwise(ufunc=np.subtract, accepts=no_boolean_difference, complex="analytic")
def sub(a: Any, b: Any, *, alpha: float = 1) -> Any:
    """y = a − alpha b        broadcast together; RuntimeError on boolean tensors, as in torch.

    >>> import numpynet
    >>> numpynet.sub(numpynet.tensor([1.0, 2.0]), 10)
    tensor([-9., -8.])
    """
    if alpha == 1 and alpha is not True:
        return a - b
    return a + _scaled(alpha, b, a, -1)


sub.gradients(
    a=lambda dy: dy,
    b=lambda dy, alpha: -dy if alpha == 1 else -alpha * dy,
)


@elementwise(
    accepts=no_boolean_difference,
    grad_fn=lambda b: f"RsubBackward{1 if _is_number(b) else 0}",
    listed={"RsubBackward1": "a"},
    complex="analytic",
)
def rsub(a: Any, b: Any, *, alpha: float = 1) -> Any:
    """y = b − alpha a: `sub` with its operands exchanged, as `1 - x` is computed.

    >>> import numpynet
    >>> numpynet.rsub(numpynet.tensor([1.0, 2.0]), 10)
    tensor([9., 8.])
    """
    if alpha == 1 and alpha is not True:
        return b - a
    return b + _scaled(alpha, a, b, -1)


rsub.gradients(
    a=lambda dy, alpha: -dy if alpha == 1 else -alpha * dy,
    b=lambda dy: dy,
)


@elementwise(ufunc=np.multiply, scales=True, complex="analytic")
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


@elementwise(ufunc=np.true_divide, promotes="float", scales=True, grad_fn="DivBackward0", complex="analytic")
def true_divide(a: Any, b: Any) -> Any:
    """y = a / b        broadcast together; integers are divided as floats.

    >>> import numpynet
    >>> numpynet.tensor([1, 3]) / 2
    tensor([0.5000, 1.5000])
    """
    return a / b


true_divide.gradients(
    a=lambda dy, b: dy / b,
    b=lambda dy, a, b: -dy * ((a / b) / b),
)


def _require_divisors(name: str, y: Any, b: Any) -> Any:
    """The result of a division; RuntimeError where integers were divided by a 0."""
    if y.dtype.kind != "f" and y.size:
        refuse(b == 0, lambda: RuntimeError(f"ZeroDivisionError: {name}() of integers by zero"))
    return y


@elementwise(accepts=not_all_booleans, scales=True, grad_fn="DivBackward2")
def rounded_divide(a: Any, b: Any, *, rounding_mode: str) -> Any:
    """y = a / b rounded down ("floor") or towards zero ("trunc"); its derivative is 0 wherever it exists.

    RuntimeError when an integer is divided by 0.

    >>> rounded_divide(np.array([7, -7]), 2, rounding_mode="trunc")
    array([ 3, -3])
    """
    if rounding_mode == "floor":
        return floor_divide.forward(a, b)
    if _is_floating(a) or _is_floating(b):
        return np.trunc(a / b)
    down, rest = np.divmod(a, b)  # in integers: a float quotient would lose the last digits of large ones
    return _require_divisors("div", down + ((rest != 0) & (down < 0)), b)


rounded_divide.gradients(  # for which torch keeps the operands
    a=lambda dy, b: np.zeros_like(dy),
    b=lambda dy, a, b: np.zeros_like(dy),
)


@elementwise(accepts=not_all_booleans, scales=True, grad_fn=NOT_IMPLEMENTED)
def floor_divide(a: Any, b: Any) -> Any:
    """y = ⌊a / b⌋        broadcast together. RuntimeError for an integer divided by 0, and for a backward pass.

    >>> import numpynet
    >>> numpynet.tensor([7, -7]) // 2
    tensor([ 3, -4])
    """
    if _is_floating(a) or _is_floating(b):
        return _floored(a, b)
    return _require_divisors("floor_divide", np.floor_divide(a, b), b)


FEW = 100  # elements, which NumPy divides and rounds in less time than it takes to look at the quotients


def _floored(a: Any, b: Any) -> Any:
    """np.floor_divide of floats, in a tenth of its time.

    A quotient that was rounded lies between the same two integers as before, unless it was rounded to one: only
    there NumPy's way, by the remainder, is taken.
    """
    if getattr(a, "size", 1) * getattr(b, "size", 1) < FEW:
        return np.floor_divide(a, b)
    quotient = np.true_divide(a, b)
    y = np.floor(quotient)
    doubtful = quotient == y
    if not possible(doubtful):
        return y
    if type(y) is not np.ndarray or np.shape(a) != y.shape or np.count_nonzero(doubtful) * 8 > y.size:
        return np.floor_divide(a, b)
    if np.ndim(b):
        b = np.broadcast_to(b, y.shape)[doubtful]
    y[doubtful] = np.floor_divide(a[doubtful], b)
    return y


@elementwise(
    accepts=not_all_booleans,
    grad_fn=lambda a, b: NOT_IMPLEMENTED if _is_number(a) else f"RemainderBackward{0 if _is_number(b) else 1}",
    listed={"RemainderBackward0": "a"},
)
def remainder(a: Any, b: Any) -> Any:
    """y = a − b ⌊a / b⌋        the sign is the divisor's, as Python's %. RuntimeError for an integer modulo 0.

    >>> import numpynet
    >>> numpynet.remainder(numpynet.tensor([-3.0, 5.0]), 2)
    tensor([1., 1.])
    """
    if _is_floating(a) or _is_floating(b):
        rest = np.remainder(a, b)
        is_zero = rest == 0
        # of a zero the sign is the dividend's
        return np.where(is_zero, np.copysign(rest, a), rest) if possible(is_zero) else rest
    rest = _require_divisors("remainder", np.fmod(a, b), b)
    if type(b) in (int, float) and b:
        return np.where(rest < 0 if b > 0 else rest > 0, rest + b, rest)
    return np.where((rest != 0) & ((rest < 0) != (b < 0)), rest + b, rest)


remainder.gradients(
    a=lambda dy: dy,
    b=lambda dy, a, b: no_derivative("remainder") if _is_number(a) else -dy * np.floor_divide(a, b),
)


@elementwise(
    accepts=not_all_booleans,
    grad_fn=lambda b: f"FmodBackward{0 if _is_number(b) else 1}",
    listed={"FmodBackward0": "a"},
)
def fmod(a: Any, b: Any) -> Any:
    """y = a − b trunc(a / b)        the sign is the dividend's, as C's fmod. RuntimeError for an integer modulo 0.

    >>> import numpynet
    >>> numpynet.fmod(numpynet.tensor([-3.0, 5.0]), 2)
    tensor([-1.,  1.])
    """
    return _require_divisors("fmod", np.fmod(a, b), b)


fmod.gradients(
    a=lambda dy: dy,
    b=lambda dy, a, b: -dy * np.trunc(a / b),
)


@elementwise(ufunc=np.negative, accepts=no_boolean_negation, complex="analytic")
def neg(x: Any) -> Any:
    """y = −x;  RuntimeError on a boolean tensor.

    >>> import numpynet
    >>> numpynet.neg(numpynet.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return -x


neg.gradients(x=lambda dy: -dy)


def _lerp_acceptance(name: str, a: Any, b: Any, weight: Any) -> None:
    for role, one in (("end", b), ("weight", weight)):
        is_number = role == "weight" and not getattr(one, "ndim", 0)
        if not is_number and hasattr(one, "dtype") and hasattr(a, "dtype") and one.dtype != a.dtype:
            raise RuntimeError(
                f"expected dtype {a.dtype.name} for `{role}` but got dtype {one.dtype.name} in {name}(): convert one, "
                f"as in x.float()"
            )
    if isinstance(weight, complex):
        fitting(weight, b.dtype)
    not_all_integers(name, a, b, *([weight] if hasattr(weight, "dtype") else []))


@elementwise(
    torch="input end weight",
    accepts=_lerp_acceptance,
    scales=True,
    keeps_numbers=False,
    grad_fn=lambda weight: f"LerpBackward{0 if _is_number(weight) else 1}",
    listed={"LerpBackward0": "a b"},
    complex="analytic",
)
def lerp(a: Any, b: Any, weight: Any) -> Any:
    """y = a + weight (b − a), from whichever end is nearer, so that weight 1 gives b exactly.

    >>> import numpynet
    >>> numpynet.lerp(numpynet.tensor([1.0, 2.0]), numpynet.tensor([5.0, 5.0]), 0.25)
    tensor([2.0000, 2.7500])
    """
    step = b - a
    if isinstance(weight, NUMBERS):
        weight = fitting(weight, step.dtype)
        return a + weight * step if builtins.abs(weight) < 0.5 else b - step * (1 - weight)
    return np.where(np.abs(weight) < 0.5, a + weight * step, b - step * (1 - weight))


lerp.gradients(
    a=lambda dy, weight: dy * (1 - weight),
    b=lambda dy, weight: dy * weight,
    weight=lambda dy, a, b: dy * (b - a),
)


@elementwise(torch="input tensor1 tensor2", accepts=not_all_booleans, scales=True, complex="analytic")
def addcmul(x: Any, a: Any, b: Any, *, value: float = 1) -> Any:
    """y = x + value a b        broadcast together.

    >>> import numpynet
    >>> numpynet.addcmul(numpynet.tensor([1.0]), numpynet.tensor([2.0]), numpynet.tensor([3.0]), value=10)
    tensor([61.])
    """
    if type(value) is int and value == 1 and x.dtype.kind == "f":
        return x + a * b
    return x + as_held(value, x) * a * b


addcmul.gradients(
    x=lambda dy: dy,
    a=lambda dy, b, value: dy * (b * value),
    b=lambda dy, a, value: dy * (a * value),
)


def _addcdiv_acceptance(name: str, x: Any, a: Any, b: Any) -> None:
    if all(np.result_type(one).kind in "iub" for one in (a, b)):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported: make tensor1 or tensor2 a float, as in x.float()"
        )


@elementwise(torch="input tensor1 tensor2", accepts=_addcdiv_acceptance, scales=True, complex="analytic")
def addcdiv(x: Any, a: Any, b: Any, *, value: float = 1) -> Any:
    """y = x + value a / b        broadcast together.

    >>> import numpynet
    >>> numpynet.addcdiv(numpynet.tensor([1.0]), numpynet.tensor([2.0]), numpynet.tensor([4.0]), value=10)
    tensor([6.])
    """
    return x + as_held(value, x) * a / b


addcdiv.gradients(
    x=lambda dy, b: dy,  # torch keeps b for it too
    a=lambda dy, b, value: dy * (value / b),
    b=lambda dy, a, b, value: -dy * (value * a / (b * b)),
)


# --- powers and roots -----------------------------------------------------------------------------------


def _power_acceptance(name: str, a: Any, b: Any) -> None:
    if not isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        not_all_booleans(name, a, b)
    elif isinstance(b, int) and a.dtype.kind in "iu":
        _refuse_negative(b)
        fitting(b, a.dtype)
    elif isinstance(b, (int, float)) and a.dtype == HALF:
        fitting(b, HALF)


def _refuse_negative(exponent: float) -> None:
    if exponent < 0:
        raise RuntimeError(
            "Integers to negative integer powers are not allowed. In pow(): make the base a float, as in x.float()"
        )


def _power_name(a: Any, b: Any) -> str:
    return f"PowBackward{0 if _is_number(b) else 2 if _is_number(a) else 1}"


@elementwise(
    torch="input exponent",
    accepts=_power_acceptance,
    keeps_result=True,
    grad_fn=_power_name,
    listed={"PowBackward0": "a", "PowBackward2": "b"},
    complex="analytic",
)
def pow(a: Any, b: Any) -> Any:
    """y = aᵇ        broadcast together. Exponents 2, 3, ½, −½, −1, −2 are products and roots, as in torch.

    RuntimeError for an integer base with a negative number as exponent.

    >>> import numpynet
    >>> numpynet.tensor([1.0, 2.0, 3.0]) ** 2
    tensor([1., 4., 9.])
    """
    if isinstance(b, NUMBERS):
        if b == 1:
            return a.copy() if a.dtype.kind == "b" else +a
        if b == 2:
            return a * a
        if b == 3:
            return a * a * a
        if getattr(a, "dtype", np.dtype(float)).kind in "fc":
            if b == 0.5:
                return np.sqrt(a)
            if b == -0.5:
                return 1 / np.sqrt(a)
            if b == -1:
                return 1 / a
            if b == -2:
                return 1 / (a * a)
        elif isinstance(b, int):
            _refuse_negative(b)
        return np.power(a, b).astype(bool) if isinstance(b, bool) and a.dtype.kind == "b" else np.power(a, b)
    if getattr(b, "dtype", None) is not None and b.dtype.kind in "iu" and (b < 0).any():
        return _integer_power(a, b)
    if getattr(b, "ndim", 1) == 0 and getattr(a, "ndim", 0) and a.dtype.kind == "f":
        b = np.zeros_like(a) + b  # one for each base: of a single exponent ½ NumPy makes roots, where −∞ is none
    return row_major(np.power(a, b)) if isinstance(a, NUMBERS) else np.power(a, b)


def _integer_power(a: Any, b: Array) -> Any:
    """aᵇ of integers rounded towards zero, where some exponents are negative: 0 unless a is 1 or −1."""
    return np.where(b >= 0, np.power(a, np.abs(b)), np.where(np.abs(a) == 1, np.power(a, np.abs(b)), 0))


def _by_base(dy: Array, a: Any, b: Any) -> Any:
    """dy · b aᵇ⁻¹, and 0 where b = 0 whatever a is."""
    if isinstance(b, NUMBERS):
        if b == 2 and type(a) is np.ndarray:  # without the copy that a¹ would be
            return dy * 2 * a
        is_zero = b == 0 and not isinstance(b, bool)  # torch does not know the exponent False for 0
        return np.zeros_like(dy) if is_zero else dy * b * pow.of(a, b - 1)
    return np.where(b == 0, 0, dy * (b * np.power(a, b - 1)))


def _by_exponent(dy: Array, a: Any, b: Any, y: Array) -> Any:
    """dy · aᵇ ln a, and 0 where 0 is raised to b ≥ 0."""
    # np.float64 would widen a float32
    logarithm = np.log(a).item() if isinstance(a, NUMBERS) else np.log(a)
    return dy * np.where((a == 0) & (np.real(b) >= 0), 0, y * logarithm)


pow.gradients(a=_by_base, b=_by_exponent)


@elementwise(ufunc=np.sqrt, torch="input", promotes="float", complex="analytic")
def sqrt(x: Any) -> Any:
    """y = √x;  NaN below 0.

    >>> import numpynet
    >>> numpynet.sqrt(numpynet.tensor([4.0, 2.0]))
    tensor([2.0000, 1.4142])
    """
    return np.sqrt(x)


sqrt.gradients(x=lambda dy, y: dy / (2 * y))


@elementwise(torch="input", promotes="float", complex="analytic")
def rsqrt(x: Any) -> Any:
    """y = 1 / √x

    >>> import numpynet
    >>> numpynet.rsqrt(numpynet.tensor([4.0]))
    tensor([0.5000])
    """
    return lone(1, x) / np.sqrt(x)


rsqrt.gradients(x=lambda dy, y: -0.5 * dy * (y * y * y))


@elementwise(torch="input", promotes="float", complex="analytic")
def reciprocal(x: Any) -> Any:
    """y = 1 / x

    >>> import numpynet
    >>> numpynet.reciprocal(numpynet.tensor([4.0]))
    tensor([0.2500])
    """
    return 1 / x


reciprocal.gradients(x=lambda dy, y: -dy * (y * y))


@elementwise(torch="input", grad_fn="PowBackward0", complex="analytic")
def square(x: Any) -> Any:
    """y = x², of booleans as int64.

    >>> import numpynet
    >>> numpynet.square(numpynet.tensor([3.0]))
    tensor([9.])
    """
    return x * x if x.dtype.kind != "b" else (x & x).astype(np.int64)


square.gradients(x=lambda dy, x: dy * (2 * x))


@elementwise(torch="input", accepts=no_booleans, complex="written")
def abs(x: Any) -> Any:
    """y = |x|;  the derivative at 0 is 0.

    >>> import numpynet
    >>> numpynet.abs(numpynet.tensor([-3.0, 3.0]))
    tensor([3., 3.])
    """
    return np.abs(x)


abs.gradients(x=lambda dy, x: dy * direction(x))


@elementwise(accepts=not_all_integers)
def hypot(a: Any, b: Any) -> Any:
    """y = √(a² + b²), without overflow on the way.

    >>> import numpynet
    >>> numpynet.hypot(numpynet.tensor([3.0]), numpynet.tensor([4.0]))
    tensor([5.])
    """
    return np.hypot(a, b)


hypot.gradients(
    a=lambda dy, a, y: dy * (a / y),
    b=lambda dy, b, y: dy * (b / y),
)
