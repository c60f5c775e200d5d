"""Further functions composed of operations: those that few programs have. They are imported when first asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations as chosen
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from numpynet import composite, ops
from numpynet.composite import return_types as results
from numpynet.composite.arguments import composed, tensors_of
from numpynet.composite.results import titled, wrap
from numpynet.core.dtypes import complex128, float64
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor, no_view, record
from numpynet.ops import special
from numpynet.ops.acceptance import no_booleans, no_complex
from numpynet.ops.arguments import require

# --- integrals ----------------------------------------------------------------------------------------------


def _neighbours(y: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    lead = (slice(None),) * dim
    return y[(*lead, slice(1, None))], y[(*lead, slice(None, -1))]


def _widths(y: Tensor, x: Tensor, dim: int, name: str) -> Tensor:
    """The distances of the points x, in a shape that broadcasts with the areas between them."""
    if x.ndim == 0:
        raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
    if x.ndim == 1 and y.ndim != 1:
        x = ops.reshape(x, (x.shape[0],) + (1,) * (y.ndim - dim - 1))
    elif x.ndim < y.ndim:
        x = ops.reshape(x, (1,) * (y.ndim - x.ndim) + tuple(x.shape))
    along = dim - y.ndim
    if x.shape[along] != y.shape[dim]:
        raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
    later, earlier = _neighbours(x, x.ndim + along)
    return later - earlier


@composed
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Σ (xᵢ₊₁ − xᵢ)(yᵢ + yᵢ₊₁) / 2 along `dim`, the integral of what is linear between the points.

    x: the points, as many as there are along `dim`; without them they have the distance dx.

    >>> import numpynet
    >>> numpynet.trapezoid(numpynet.tensor([1.0, 2.0, 4.0]))
    tensor(4.5000)
    """
    along = normal_dim(dim, y.ndim, "trapezoid")
    if not y.shape[along]:
        return y.new_zeros([size for place, size in enumerate(y.shape) if place != along])
    if x is not None:
        later, earlier = _neighbours(y, along)
        area = ops.sum(_widths(y, x, along, "trapezoid") * (later + earlier), along)
        return titled(area / 2.0, "DivBackward1")
    ends = ops.index_select(y, along, wrap(np.array([0, y.shape[along] - 1])))
    return titled((ops.sum(y, along) - ops.sum(ends, along) * 0.5) * dx, "MulBackward1")


@composed
def trapz(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """`trapezoid` under its old name.

    >>> import numpynet
    >>> numpynet.trapz(numpynet.tensor([1.0, 2.0, 4.0]), dx=2)
    tensor(9.)
    """
    return trapezoid(y, x, dx=dx, dim=dim)


@composed
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """The integrals up to each point but the first, as `trapezoid` gives the last of them.

    >>> import numpynet
    >>> numpynet.cumulative_trapezoid(numpynet.tensor([1.0, 2.0, 4.0]))
    tensor([1.5000, 4.5000])
    """
    along = normal_dim(dim, y.ndim, "cumulative_trapezoid")
    later, earlier = _neighbours(y, along)
    if x is not None:
        areas = ops.cumsum(_widths(y, x, along, "cumulative_trapezoid") * (later + earlier), along)
        return titled(areas / 2.0, "DivBackward1")
    return ops.cumsum((later + earlier) * (dx / 2), along)


# --- choices ------------------------------------------------------------------------------------------------


def _require_vector(x: Tensor) -> None:
    if x.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(x.shape)}")


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All rows with one element of each vector: (n₁,), (n₂,), ... -> (n₁ n₂ ⋯, count); of one vector that itself.

    >>> import numpynet
    >>> numpynet.cartesian_prod(numpynet.tensor([1, 2]), numpynet.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    tensors = tensors_of("cartesian_prod", tensors)
    for one in tensors:
        _require_vector(one)
    if len(tensors) == 1:
        return tensors[0]
    if len({one.dtype for one in tensors}) > 1:
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    places = np.indices([one.shape[0] for one in tensors]).reshape(len(tensors), -1)
    return ops.stack([one[wrap(at)] for one, at in zip(tensors, places, strict=True)], 1)


@composed
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All rows of r elements of a vector, in their order, each place once or, with replacement, again and again.

    >>> import numpynet
    >>> numpynet.combinations(numpynet.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    _require_vector(input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    rows = (combinations_with_replacement if with_replacement else chosen)(range(input.shape[0]), r)
    places = np.array(list(rows), np.int64).reshape(-1, r)
    return ops.stack([input[wrap(np.ascontiguousarray(at))] for at in places.T], 1)


@composed
def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """The places in a tensor of that shape to which indices of its flattened elements belong: one for each dimension.

    TypeError for indices that are no integers, ValueError for negative sizes.

    >>> import numpynet
    >>> numpynet.unravel_index(numpynet.tensor([5, 1]), (2, 3))
    (tensor([1, 0]), tensor([2, 1]))
    """
    if indices._array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = (shape,) if isinstance(shape, int) else shape
    if not isinstance(sizes, (tuple, list)) or not all(isinstance(size, int) for size in sizes):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {shape}")
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    steps = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    places = composite.floor_divide(ops.unsqueeze(indices, -1), wrap(np.array(steps, np.int64)))
    return composite.unbind(ops.remainder(places, wrap(np.array(sizes, np.int64))), -1)


# --- special functions --------------------------------------------------------------------------------------


@composed(out=True)
def polygamma(n: int, input: Tensor) -> Tensor:
    """ψ⁽ⁿ⁾(x), the n-th derivative of the digamma function. RuntimeError for a negative n.

    >>> import numpynet
    >>> numpynet.polygamma(1, numpynet.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    y = record(special.digamma, (input,), {}) if n == 0 else record(special.polygamma, (input,), {"n": n})
    return titled(y, "PolygammaBackward0")


@composed(out=True)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """ln Γₚ(x) = p (p − 1)/4 ln π + Σ ln Γ(x − j/2) over j < p, of x > (p − 1)/2.

    >>> import numpynet
    >>> numpynet.mvlgamma(numpynet.tensor([2.0]), 2)
    tensor([0.4516])
    """
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    steps = wrap(np.arange(-(p - 1) / 2, 0.5, 0.5).astype(input._array.dtype if input.is_floating_point() else "f"))
    total = ops.sum(special.lgamma(ops.unsqueeze(input, -1) + steps), -1)
    return total + p * (p - 1) / 4 * math.log(math.pi)


@composed(out=True)
def ndtr(input: Tensor) -> Tensor:
    """The probability that a standard normal number is at most x: (1 + erf(x/√2)) / 2.

    >>> import numpynet
    >>> numpynet.special.ndtr(numpynet.tensor([0.0, 1.0]))
    tensor([0.5000, 0.8413])
    """
    return titled(special.erfc(input * -math.sqrt(0.5)) * 0.5, "MulBackward1")


@composed(out=True)
def ndtri(input: Tensor) -> Tensor:
    """The inverse of `ndtr`: √2 erf⁻¹(2x − 1).

    >>> import numpynet
    >>> numpynet.special.ndtri(numpynet.tensor([0.5, 0.8413]))
    tensor([0.0000, 0.9998])
    """
    return titled(special.erfinv(input * 2 - 1) * math.sqrt(2), "SpecialNdtriBackward0")


# --- norms --------------------------------------------------------------------------------------------------


@composed(out=True)
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along `dim` whose p-norm is n > maxnorm times maxnorm / (n + 1e-7), the others as they are.

    RuntimeError for p ≤ 0, for maxnorm < 0, and for fewer than 2 dimensions.

    >>> import numpynet
    >>> numpynet.renorm(numpynet.tensor([[3.0, 4.0], [0.5, 0.0]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.5000, 0.0000]])
    """
    if not p > 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if not maxnorm >= 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    along = normal_dim(dim, input.ndim, "renorm")
    input = input.contiguous()  # as is the result
    wide = input.float() if input._array.dtype == np.float16 else input
    norms = composite.norm(wide, p, [one for one in range(input.ndim) if one != along], True)
    factors = composite.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)
    return titled(input * factors.to(input.dtype), "RenormBackward0")


# --- elementwise --------------------------------------------------------------------------------------------


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
    wanted: Any = complex128 if any(map(_is_complex, (self, exponent))) else float64
    if self.dtype is not wanted:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype} but the operation's result requires dtype {wanted}"
        )
    return self.pow_(exponent.to(wanted) if isinstance(exponent, Tensor) else wanted.numpy.type(exponent).item())


def _is_complex(operand: Any) -> bool:
    return isinstance(operand, complex) or getattr(operand, "dtype", float64).is_complex


@composed(out=True)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """x · 2ʸ

    >>> import numpynet
    >>> numpynet.ldexp(numpynet.tensor([1.0]), numpynet.tensor([3]))
    tensor([8.])
    """
    return titled(ops.mul(input, ops.pow(2.0, other)), "LdexpBackward0")


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
    return results.frexp(titled(input * half * rest, "FrexpBackward0"), wrap(exponent.astype(np.int32)))


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
        return titled(ops.sign(input), "SgnBackward0")
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
    return wrap(np.isreal(input._array))


@composed(out=True)
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """As `median`, of the elements that are not NaN; NaN where there are none.

    >>> import numpynet
    >>> numpynet.nanmedian(numpynet.tensor([3.0, numpynet.nan, 1.0, 2.0]))
    tensor(2.)
    """
    if dim is None:
        flat = ops.reshape(input, (-1,))
        return titled(nanmedian(flat, 0)[0], "NanmedianBackward0") if flat.shape[0] else composite.median(input)
    if not input.ndim:
        values, indices = composite.median(input, dim, keepdim)
        return results.nanmedian(titled(values, "NanmedianBackward1"), indices)
    array = input._array
    no_complex("nanmedian", array)
    along = normal_dim(dim, array.ndim, "nanmedian")
    if not array.shape[along]:
        return composite.median(input, dim, keepdim)
    no_booleans("nanmedian", array)
    order = np.argsort(array, along, kind="stable")
    known = np.sum(~np.isnan(array), along, keepdims=True)
    places = np.take_along_axis(order, np.maximum(known - 1, 0) // 2, along)
    values = ops.gather(input, along, wrap(places))
    indices = wrap(places)
    if not keepdim:
        values, indices = no_view(ops.squeeze(values, along)), no_view(ops.squeeze(indices, along))
    return results.nanmedian(titled(values, "NanmedianBackward1"), indices)
