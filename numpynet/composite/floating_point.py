"""Floating-point numbers: their powers, exponents and signs, and which are infinite or real."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import keeping, titled, wrap
from numpynet.core import return_types
from numpynet.core.dtypes import complex128, float64
from numpynet.core.tape import OpNode, as_array
from numpynet.core.tensor import Tensor
from numpynet.ops.acceptance import no_booleans, no_complex
from numpynet.ops.arguments import require
from numpynet.ops.layout import laid_out


def float_power(input: Any, exponent: Any) -> Tensor:
    """xʸ in float64, or complex128, of tensors or of a number and a tensor.

    >>> import numpynet
    >>> numpynet.float_power(numpynet.tensor([4, 9]), 0.5)
    tensor([2., 3.], dtype=torch.float64)
    """
    require("float_power", (input, exponent))
    kind: Any = complex128 if any(map(_is_complex, (input, exponent))) else float64
    a, b = (one.to(kind) if isinstance(one, Tensor) else kind.numpy.type(one).item() for one in (input, exponent))
    return ops.pow(a, b)


@composed
def float_power_(self: Tensor, exponent: Any) -> Tensor:
    """xʸ, written into this tensor. RuntimeError unless its dtype is that of the result.

    >>> import numpynet
    >>> numpynet.tensor([4.0, 9.0]).double().float_power_(0.5)
    tensor([2., 3.], dtype=torch.float64)
    """
    require("float_power", (self, exponent))
    wanted: Any = complex128 if any(map(_is_complex, (self, exponent))) else float64
    if self.dtype is not wanted:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype} but the operation's result requires dtype {wanted}"
        )
    return self.pow_(exponent.to(wanted) if isinstance(exponent, Tensor) else wanted.numpy.type(exponent).item())


def _is_complex(operand: Any) -> bool:
    return operand.is_complex() if isinstance(operand, Tensor) else np.iscomplexobj(operand)


@composed(out=True)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """x · 2ʸ, of a floating x and integers y in the dtype of x, and exact where 2ʸ alone is beyond it.

    >>> import numpynet
    >>> numpynet.ldexp(numpynet.tensor([1.0]), numpynet.tensor([3]))
    tensor([8.])
    """
    if input.is_floating_point() and other._array.dtype.kind in "iub":
        no_booleans("ldexp_cpu_exp", other._array)
        half = ops.cast(ops.rounded_divide(other, 2, rounding_mode="floor"), kind=float64.numpy)
        powers = [ops.pow(2.0, half), ops.pow(2.0, ops.sub(other, half))]
        wide = ops.mul(ops.mul(ops.cast(input, kind=float64.numpy), powers[0]), powers[1])
        product: Tensor = wide.to(input.dtype)
        if product.ndim > 1:
            product._array = laid_out(product._array, [input._array, other._array])
    else:
        power = ops.pow(2.0, other)
        product = ops.mul(input, power)
        if isinstance(product._node, OpNode):  # as torch, which keeps the result for the one and y for the other
            product._node.keep_copies()
            if isinstance(power._node, OpNode):
                power._node.keep_copies()
            keeping(product, *([product] if other.requires_grad else []), *([other] if input.requires_grad else []))
    return titled(product, "LdexpBackward0")


@composed(out=True)
def frexp(input: Tensor) -> Any:
    """The named tuple (mantissa, exponent) with x = mantissa · 2^exponent and ½ ≤ |mantissa| < 1.

    >>> import numpynet
    >>> numpynet.frexp(numpynet.tensor([3.0])).mantissa
    tensor([0.7500])
    """
    array = input._array
    if array.dtype.kind != "f":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    exponent = np.asarray(np.frexp(array)[1])
    half = wrap(np.asarray(np.exp2(-(exponent // 2)), array.dtype))
    rest = wrap(np.asarray(np.exp2(-(exponent - exponent // 2)), array.dtype))
    return return_types.frexp(titled(input * half * rest, "FrexpBackward0"), wrap(exponent.astype(np.int32)))


@composed
def positive(input: Tensor) -> Tensor:
    """The tensor itself. RuntimeError for a mask.

    >>> import numpynet
    >>> numpynet.positive(numpynet.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    return +input


@composed(out=True)
def sgn(input: Tensor) -> Tensor:
    """The sign of each element, −1, 0 or 1, as `sign` gives it; of a complex number z / |z|, and 0 where z is 0.

    >>> import numpynet
    >>> numpynet.sgn(numpynet.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    if not input.is_complex():
        signs: Tensor = ops.sign(input)
        return titled(keeping(signs, input, signs), "SgnBackward0")
    size = ops.abs(input)
    quotient = input / ops.masked_fill(size, size == 0, 1)
    return titled(ops.masked_fill(quotient, size == 0, 0), "SgnBackward0")


@composed(out=True)
def isposinf(input: Tensor) -> Tensor:
    """Whether each element is +∞.

    >>> import numpynet
    >>> numpynet.isposinf(numpynet.tensor([1.0, numpynet.inf]))
    tensor([False,  True])
    """
    no_complex("isposinf", input._array)
    return ops.eq(input, math.inf)


@composed(out=True)
def isneginf(input: Tensor) -> Tensor:
    """Whether each element is −∞.

    >>> import numpynet
    >>> numpynet.isneginf(numpynet.tensor([1.0, -numpynet.inf]))
    tensor([False,  True])
    """
    no_complex("isneginf", input._array)
    return ops.eq(input, -math.inf)


@composed
def isreal(input: Tensor) -> Tensor:
    """Whether each element is a real number, as all are whose imaginary part is 0.

    >>> import numpynet
    >>> numpynet.isreal(numpynet.tensor([1.0, numpynet.nan]))
    tensor([True, True])
    """
    return wrap(as_array(np.isreal(input._array)))
