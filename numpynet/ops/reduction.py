"""Reductions: sums, means and extremes over some or all dimensions.

``dim`` is None (every dimension), an integer or a tuple of them; with ``keepdim`` the reduced dimensions
stay, with size 1. A reduction copies nothing forwards, so its gradient copies dy back over what it reduced.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from numpynet.ops.acceptance import no_booleans, no_masks, scalar_name
from numpynet.ops.blocks import ELEMENTS, lone
from numpynet.ops.form import Array, has_nan, op
from numpynet.ops.layout import row_major, row_starts
from numpynet.ops.rounding import direction, sign
from numpynet.ops.sums import HALF, LONG_ROW, PART, sum_over, sum_to, total, total_of, total_of_squares

Dim = int | tuple[int, ...] | None
FEW = 4096
WIDE = 256  # so many elements are added up at once in less time than it takes to go through them
FLOATS = ("f", "d", "e")
NUMBERS = (np.ndarray, np.float32, np.float64)  # what a number may be, but for the symbols of a traced step
DOUBLE = np.dtype(np.float64)
Shape = tuple[int, ...]


def _axes(dim: Any, ndim: int) -> Dim:
    """The dimensions as NumPy takes them: None for all, which torch's empty list means, and () for those of a number.

    torch counts a number as a vector here: IndexError for other dimensions than its first. TypeError for what is no
    integer.
    """
    if type(dim) is int and ndim:
        return dim
    if dim is None:
        return None
    dims = tuple(dim) if hasattr(dim, "__len__") else (dim,)
    for one in dims:
        if isinstance(one, bool) or not hasattr(one, "__index__"):
            raise TypeError(f"argument 'dim' must be tuple of ints, but found element of type {type(one).__name__}")
    if not dims:
        return None
    if ndim:
        return dims
    normalize_axis_tuple(dims, 1)
    return ()


def spread(dy: Array, shape: Shape, dim: Dim, keepdim: bool) -> Array:
    """dy copied (as a read-only view) over the dimensions of `shape` that a reduction took away."""
    dim = _axes(dim, len(shape))
    if dim is not None and not keepdim:
        dims = dim if isinstance(dim, tuple) else (dim,)
        kept = list(shape)
        for one in dims:
            if shape:
                kept[one] = 1
        dy = np.reshape(dy, kept)
    elif dim is None and type(dy) in NUMBERS and not dy.ndim and math.prod(shape) <= FEW:
        copied = np.empty(shape, dy.dtype)  # a tenth of the time of broadcast_to
        copied.fill(dy)
        return copied
    return np.broadcast_to(dy, shape)


def count(shape: Shape, dim: Dim) -> int:
    """How many elements each result of a reduction gathers."""
    if type(dim) is int:
        return shape[dim] if shape else 1
    dim = _axes(dim, len(shape))
    if dim is None:
        return math.prod(shape)
    dims = dim if isinstance(dim, tuple) else (dim,)
    return math.prod(shape[one] for one in dims) if shape else 1


def _dtype(x: Array, dtype: Any) -> Any:
    """The dtype in which to add or multiply up: the one wanted, and int64 for integers and masks."""
    if dtype is None:
        return np.int64 if x.dtype.kind in "iub" else x.dtype
    return getattr(dtype, "numpy", dtype)


def _reduced(function: Any, x: Array, dim: Dim, keepdim: bool, dtype: Any = None) -> Any:
    """x reduced by one of NumPy's functions of two numbers."""
    return row_major(function.reduce(x, axis=_axes(dim, x.ndim), dtype=dtype, keepdims=keepdim))


def _require_elements(x: Array, dim: Dim, name: str, error: type[Exception] = RuntimeError) -> None:
    """Raises where there is nothing to take an extreme of, in torch's words."""
    if x.size:
        return
    dim = _axes(dim, x.ndim)
    if dim is None:
        raise error(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
            f"Specify the reduction dim with the 'dim' argument."
        )
    for one in dim if isinstance(dim, tuple) else (dim,):
        if -x.ndim <= one < x.ndim and x.shape[one] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {one} to have non-zero size.")


def _require_one(dim: Any, name: str) -> None:
    """TypeError unless this is one dimension, or None."""
    if dim is not None and (isinstance(dim, bool) or not hasattr(dim, "__index__")):
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type(dim).__name__}")


def _names(stem: str) -> Any:
    """torch numbers the node of a reduction 0 over everything and 1 over named dimensions."""
    whole, along = f"{stem}Backward0", f"{stem}Backward1"
    return lambda dim: whole if dim is None else along


@op(torch="input", grad_fn=_names("Sum"), complex="analytic", into="biufc")
def sum(x: Array, *, dim: Dim = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """y = Σ x over `dim`. Integers and booleans are summed as int64.

    >>> import numpynet
    >>> numpynet.sum(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([4., 6.])
    """
    if dim is None and dtype is None and not keepdim:
        return total(x)
    if dtype is None and x.dtype.char in FLOATS:
        return sum_over(x, _axes(dim, x.ndim), keepdim)
    kind = np.dtype(_dtype(x, dtype))
    if kind.kind in "fc":
        return sum_over(x.astype(kind, copy=False), _axes(dim, x.ndim), keepdim)
    return _reduced(np.add, x, dim, keepdim, kind)


sum.gradients(x=lambda dy, x_shape, dim, keepdim: spread(dy, x_shape, dim, keepdim))


@op(torch="input", grad_fn="NansumBackward0")
def nansum(x: Array, *, dim: Dim = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """y = Σ x over `dim`, without the elements that are NaN.

    >>> import numpynet
    >>> numpynet.nansum(numpynet.tensor([1.0, numpynet.nan]))
    tensor(1.)
    """
    return sum.forward(np.where(np.isnan(x), 0, x), dim=dim, keepdim=keepdim, dtype=dtype)


nansum.gradients(
    x=lambda dy, x, dim, keepdim: spread(dy, x.shape, dim, keepdim) * ~np.isnan(x),
)


@op(torch="input", grad_fn=_names("Mean"), complex="analytic", into="f")
def mean(x: Array, *, dim: Dim = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """y = Σ x / n over `dim`, n elements each; NaN where n = 0. RuntimeError on integers, as in torch.

    >>> import numpynet
    >>> numpynet.mean(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([1.5000, 3.5000])
    """
    kind = x.dtype if dtype is None else np.dtype(getattr(dtype, "numpy", dtype))
    if dim is None and not keepdim and kind is x.dtype and kind.char in "fd":
        return total(x) / x.size
    if kind.kind in "iub":
        raise RuntimeError(
            f"mean(): could not infer output dtype. Input dtype must be either a floating point or complex "
            f"dtype. Got: {scalar_name(x)}. Convert it first, as in x.float().mean()"
        )
    if kind == HALF:
        return mean.forward(x.astype(np.float32), dim=dim, keepdim=keepdim).astype(HALF)
    return sum_over(x.astype(kind, copy=False), _axes(dim, x.ndim), keepdim) / count(x.shape, dim)


mean.gradients(
    x=lambda dy, x_shape, dim, keepdim: spread(dy / (count(x_shape, dim) or 1), x_shape, dim, keepdim),
)


@op(torch="input", grad_fn=_names("Prod"), complex="analytic", into="biufc")
def prod(x: Array, *, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """y = Π x over `dim` (one dimension, or None for all).

    >>> import numpynet
    >>> numpynet.prod(numpynet.tensor([2.0, 3.0, 4.0]))
    tensor(24.)
    """
    if dim is None and dtype is None and not keepdim and x.dtype.char in "fd":
        return np.multiply.reduce(x, None)
    if isinstance(dim, tuple):
        raise TypeError(f"prod(): argument 'dim' must be int, not tuple: take the product of products over {dim}")
    return _reduced(np.multiply, x, dim, keepdim, _dtype(x, dtype))


def _product_of_the_others(x: Array, dim: int | None) -> Array:
    """For each element the product of all others along `dim`, right also where some are 0.

    NaN for what is not finite, unless there is a 0: torch then divides the product by the element.
    """
    dim = dim if x.ndim else None
    along = x.reshape(-1) if dim is None else np.moveaxis(x, dim, -1)
    ones = np.ones_like(along[..., :1])
    before = np.concatenate([ones, np.cumprod(along, axis=-1)[..., :-1]], axis=-1)
    after = np.concatenate([ones, np.cumprod(along[..., ::-1], axis=-1)[..., :-1]], axis=-1)[..., ::-1]
    others = np.where(np.isfinite(along) | np.any(x == 0), before * after, np.nan).astype(x.dtype, copy=False)
    if dim is None:  # and of two that are 0, 0 whatever the others are
        return np.where(np.sum(x == 0) > 1, others.dtype.type(0), others).reshape(x.shape)
    return np.moveaxis(others, -1, dim)


prod.gradients(  # which torch lets keep y too
    x=lambda dy, x, y, dim, keepdim: spread(dy, x.shape, dim, keepdim) * _product_of_the_others(x, dim),
)


def _extreme_gradient(dy: Array, x: Array, y: Any, dim: Dim, keepdim: bool) -> Array:
    """dy shared equally among the elements that attain the extreme."""
    attained = x == spread(y, x.shape, dim, keepdim)
    ties = attained.sum(axis=_axes(dim, x.ndim), keepdims=keepdim).astype(dy.dtype)
    return attained * spread(dy / ties, x.shape, dim, keepdim)


def _extreme_of_all_gradient(dy: Array, x: Array, y: Any) -> Array:
    """dy shared equally among the elements that attain the extreme, which NaN is."""
    attained = np.isnan(x) if np.isnan(y) else x == y
    return np.where(attained, dy / attained.sum().astype(dy.dtype), dy.dtype.type(0))


class Extreme(NamedTuple):
    """ufunc: takes the extreme of two. place: finds that of many. bound: what no number exceeds."""

    ufunc: np.ufunc
    place: Callable[..., Any]
    bound: float


LARGEST = Extreme(np.maximum, np.ndarray.argmax, -np.inf)
SMALLEST = Extreme(np.minimum, np.ndarray.argmin, np.inf)


def _extreme_of_all(x: Array, kind: Extreme, name: str) -> Any:
    """The extreme of all elements. Of a vector of floats it takes less time to find its place, NaN's before all others.

    name: of the operation, for the error where there are no elements.
    """
    if not x.size:
        _require_elements(x, None, name)
    if type(x) is np.ndarray and x.dtype.char in "fd" and x.flags.c_contiguous:
        flat = x.reshape(-1)
        y = flat[kind.place(flat)]
        if y:  # of zeros that differ in sign another may be meant
            return y
    return kind.ufunc.reduce(x, None)


@op(torch="input", grad_fn="MaxBackward1")
def max_of_all(x: Array) -> Any:
    """y = max x over all elements, NaN if any is NaN; equal maxima share the cotangent equally."""
    return _extreme_of_all(x, LARGEST, "max")


max_of_all.gradients(x=_extreme_of_all_gradient)


@op(torch="input", grad_fn="MinBackward1")
def min_of_all(x: Array) -> Any:
    """y = min x over all elements, NaN if any is NaN; equal minima share the cotangent equally."""
    return _extreme_of_all(x, SMALLEST, "min")


min_of_all.gradients(x=_extreme_of_all_gradient)


def _no_masks_to_halve(name: str, x: Any) -> None:
    """NotImplementedError for masks, unless they have no elements: the median of these is True."""
    if x.size:
        no_booleans(name, x)


@op(torch="input", accepts=_no_masks_to_halve, grad_fn="MedianBackward0")
def median_of_all(x: Array) -> Any:
    """y = the median of all elements, of an even number the lower one, NaN if any is NaN or there are none.

    Elements equal to it share the cotangent equally.
    """
    if not x.size or (x.dtype.kind == "f" and has_nan(x)):
        nothing = np.nan if x.dtype.kind == "f" else np.iinfo(x.dtype).min if x.dtype.itemsize > 2 else x.dtype == bool
        return np.asarray(nothing, x.dtype)
    middle = (x.size - 1) // 2
    flat = x.flatten()
    flat.partition(middle)
    return flat[middle]


median_of_all.gradients(x=_extreme_of_all_gradient)


def extreme_along(x: Array, dim: int, kind: Extreme) -> Any:
    """The extreme of floats along `dim`, which stays with size 1: NaN where there is one, the bound of nothing.

    Of zeros that differ in sign it may be either. Where the extremes of rows are, NumPy finds in half the time that it
    takes to reduce them.

    >>> extreme_along(np.array([[1.0, 5.0], [7.0, 3.0]]), 1, LARGEST)
    array([[5.],
           [7.]])
    """
    if type(x) is np.ndarray and x.ndim == 2 and dim in (1, -1) and 0 < x.shape[1] <= LONG_ROW and x.flags.c_contiguous:
        return extremes_of_rows(x, kind.place)[0].reshape(-1, 1)
    return kind.ufunc.reduce(x, axis=dim, keepdims=True, initial=kind.bound)


def extremes_of_rows(x: Array, place: Callable[..., Any]) -> tuple[Array, Array]:
    """The extremes of the rows of a matrix in row-major order, and where in the rows they are. place: finds them.

    >>> extremes_of_rows(np.array([[1.0, 5.0], [7.0, 3.0]]), np.ndarray.argmax)
    (array([5., 7.]), array([1, 0]))
    """
    places = place(x, 1)
    return x.take(places + row_starts(*x.shape)), places


def _extreme_over(x: Array, dim: Dim, keepdim: bool, kind: Extreme) -> Any:
    """The extreme over `dim`."""
    if type(x) is np.ndarray and x.dtype.char in "fd" and type(dim) is int and x.ndim:
        y = extreme_along(x, dim, kind)
        if np.count_nonzero(y) == y.size:  # of zeros that differ in sign another may be meant
            return row_major(y if keepdim else y.squeeze(dim))
    return _reduced(kind.ufunc, x, dim, keepdim)


@op(torch="input")
def amax(x: Array, *, dim: Dim = None, keepdim: bool = False) -> Any:
    """y = max x over `dim`, NaN if any is NaN; equal maxima share the cotangent equally.

    >>> import numpynet
    >>> numpynet.amax(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([5., 7.])
    """
    _require_elements(x, dim, "amax")
    return _extreme_over(x, dim, keepdim, LARGEST)


amax.gradients(x=_extreme_gradient)


@op(torch="input")
def amin(x: Array, *, dim: Dim = None, keepdim: bool = False) -> Any:
    """y = min x over `dim`, NaN if any is NaN; equal minima share the cotangent equally.

    >>> import numpynet
    >>> numpynet.amin(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([1., 3.])
    """
    _require_elements(x, dim, "amin")
    return _extreme_over(x, dim, keepdim, SMALLEST)


amin.gradients(x=_extreme_gradient)


@op(torch="input", accepts=no_masks)
def argmax(x: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the (first) maximum along `dim`, or in the flattened tensor; int64, without a derivative.

    >>> import numpynet
    >>> numpynet.argmax(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([1, 0])
    """
    _require_one(dim, "argmax")
    _require_elements(x, dim, "argmax", IndexError)
    return x.argmax(dim, keepdims=keepdim)


@op(torch="input", accepts=no_masks)
def argmin(x: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the (first) minimum along `dim`, or in the flattened tensor; int64, without a derivative.

    >>> import numpynet
    >>> numpynet.argmin(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([0, 1])
    """
    _require_one(dim, "argmin")
    _require_elements(x, dim, "argmin", IndexError)
    return x.argmin(dim, keepdims=keepdim)


@op(torch="input", complex="written")
def all(x: Array, *, dim: Dim = None, keepdim: bool = False) -> Any:
    """Whether every element along `dim` is nonzero; of uint8 again as uint8.

    >>> import numpynet
    >>> numpynet.all(numpynet.tensor([True, False]))
    tensor(False)
    """
    if dim is None and not keepdim and type(x) is np.ndarray and x.dtype.char == "?":
        return np.asarray(np.count_nonzero(x) == x.size)
    axes = () if dim is not None and not isinstance(dim, int) and not dim else _axes(dim, x.ndim)  # nothing, if empty
    return row_major(x.all(axis=axes, keepdims=keepdim).astype(x.dtype if x.dtype == np.uint8 else bool, copy=False))


@op(torch="input", complex="written")
def any(x: Array, *, dim: Dim = None, keepdim: bool = False) -> Any:
    """Whether some element along `dim` is nonzero; of uint8 again as uint8.

    >>> import numpynet
    >>> numpynet.any(numpynet.tensor([True, False]))
    tensor(True)
    """
    if dim is None and not keepdim and type(x) is np.ndarray and x.dtype.char == "?":
        return np.asarray(np.count_nonzero(x) > 0)
    axes = () if dim is not None and not isinstance(dim, int) and not dim else _axes(dim, x.ndim)  # nothing, if empty
    return row_major(x.any(axis=axes, keepdims=keepdim).astype(x.dtype if x.dtype == np.uint8 else bool, copy=False))


@op(torch="input", promotes="float")
def logsumexp(x: Array, *, dim: Dim, keepdim: bool = False) -> Any:
    """y = ln Σ eˣ over `dim`, shifted by the maximum so that nothing overflows.

    >>> import numpynet
    >>> numpynet.logsumexp(numpynet.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    if x.dtype == HALF:
        return logsumexp.forward(x.astype(np.float32), dim=dim, keepdim=keepdim).astype(HALF)
    top = x.max(axis=_axes(dim, x.ndim), keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    y = np.log(sum_over(np.exp(x - top), _axes(dim, x.ndim), True)) + top
    return y if keepdim else np.squeeze(y, axis=_axes(dim, x.ndim))


logsumexp.gradients(
    x=lambda dy, x, y, dim, keepdim: spread(dy, x.shape, dim, keepdim) * np.exp(x - spread(y, x.shape, dim, keepdim)),
)


# --- spread and size --------------------------------------------------------------------------------------


def _wide(x: Array) -> Array:
    return x.astype(DOUBLE) if x.dtype.char == "f" else x


def _deviation(x: Array, dim: Dim) -> Array:
    """x − x̄ over `dim`, of float32 in float64: equal elements do not deviate, and squares lose no digits"""
    wide = _wide(x)
    return wide - sum_over(wide, _axes(dim, x.ndim), True) / count(x.shape, dim)


@op(torch="input")
def var(x: Array, *, dim: Dim = None, correction: float = 1, keepdim: bool = False) -> Any:
    """y = Σ (x − x̄)² / (n − correction) over `dim`, n elements each; NaN where too few of them are equal.

    RuntimeError on integers.
    """
    kind = x.dtype
    if kind.kind in "iub":
        raise RuntimeError("std and var only support floating point and complex dtypes: convert first, as in x.float()")
    if kind.char == "e":
        return var.forward(x.astype(np.float32), dim=dim, correction=correction, keepdim=keepdim).astype(HALF)
    n = x.size if dim is None else count(x.shape, dim)
    freedom = n - correction
    if freedom <= 0:
        freedom = 0
        warnings.warn(
            "std(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input "
            "numel divided by output numel).",
            UserWarning,
            stacklevel=2,
        )
    if dim is None and not keepdim:
        if n <= PART:
            x = _wide(x)
            y = total_of_squares(x - total(x) / n) / freedom
            return kind.type(y) if isinstance(y, np.generic) else y.astype(kind)
        mean = total_of(_wide, x) / n
        return (total_of(lambda x: np.square(_wide(x) - mean), x) / freedom).astype(kind)
    deviation, axes = _wide(x), _axes(dim, x.ndim)
    mean = sum_over(deviation, axes, True) / lone(n, deviation)
    if deviation is x:
        deviation = x - mean
    else:
        deviation -= mean
    deviation *= deviation
    return (sum_over(deviation, axes, keepdim) / lone(freedom, deviation)).astype(kind)


def _var_gradient(dy: Array, x: Array, dim: Dim, correction: float, keepdim: bool) -> Array:
    """∂L/∂x = 2 (x − x̄) / (n − correction) dy"""
    deviation, freedom = _deviation(x, dim), count(x.shape, dim) - correction
    if freedom <= 0 and (dim is None or not x.ndim):
        slope = np.where(deviation == 0, np.nan, np.inf)
    else:
        slope = 2 * deviation / freedom
    return spread(dy, x.shape, dim, keepdim) * slope.astype(x.dtype)


var.gradients(x=_var_gradient)


@op(torch="input")
def std(x: Array, *, dim: Dim = None, correction: float = 1, keepdim: bool = False) -> Any:
    """y = √var; where it is 0 so is the derivative. RuntimeError on integers."""
    if x.dtype.char == "e":  # whose square might overflow
        return std.forward(x.astype(np.float32), dim=dim, correction=correction, keepdim=keepdim).astype(HALF)
    return np.sqrt(var.forward(x, dim=dim, correction=correction, keepdim=keepdim))


def _std_gradient(dy: Array, x: Array, y: Any, dim: Dim, correction: float, keepdim: bool) -> Array:
    """∂L/∂x = ∂L/∂var / 2y"""
    return _var_gradient(np.where(y == 0, 0, dy / (2 * y)), x, dim, correction, keepdim)


std.gradients(x=_std_gradient)


@op(torch="input", grad_fn="LinalgVectorNormBackward0", complex="written")
def norm(x: Array, *, p: float = 2, dim: Dim = None, keepdim: bool = False) -> Any:
    """y = ‖x‖ₚ = (Σ |x|ᵖ)^(1/p) over `dim`;  p = ±inf gives the extremes of |x|, p = 0 counts what is not 0.

    RuntimeError on integers, and for the infinite norms of nothing.
    """
    if x.dtype.kind in "iub":
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {scalar_name(x)}: "
            f"convert it first, as in x.float()"
        )
    if x.dtype.kind == "c":
        x = np.abs(x)
    if x.dtype.char == "e":
        return norm.forward(x.astype(np.float32), p=p, dim=dim, keepdim=keepdim).astype(HALF)
    if p == 2:
        if dim is None and not keepdim:
            return np.sqrt(total_of_squares(x))
        return np.sqrt(sum_over(x * x, _axes(dim, x.ndim), keepdim))
    size = np.abs(x)
    if p in (math.inf, -math.inf):
        if not x.size and count(x.shape, dim) == 0:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {p} norm on an empty tensor because the operation does not "
                f"have an identity"
            )
        return row_major((size.max if p > 0 else size.min)(axis=_axes(dim, x.ndim), keepdims=keepdim))
    if p == 0:
        return sum_over((x != 0).astype(x.dtype), _axes(dim, x.ndim), keepdim)
    if p == 1:
        return sum_over(size, _axes(dim, x.ndim), keepdim)
    return np.power(sum_over(np.power(size, p), _axes(dim, x.ndim), keepdim), 1 / p)


def _norm_gradient(dy: Array, x: Array, y: Any, p: float, dim: Dim, keepdim: bool) -> Array:
    """∂L/∂x = x/|x| (|x| / ‖x‖ₚ)ᵖ⁻¹ dy, in which dy is multiplied by 0 where the norm is 0."""
    if p == 0:
        return np.zeros_like(x)
    if p in (math.inf, -math.inf):
        size, y = (np.where(np.isnan(one), -1, one) for one in (np.abs(x), y))  # NaN is the extreme where there is one
        return direction(x) * _extreme_gradient(dy, size, y, dim, keepdim)
    dy, y = spread(dy, x.shape, dim, keepdim), spread(y, x.shape, dim, keepdim)
    if p == 1:
        return dy * direction(x)
    if p == 2:
        return dy * np.where(y == 0, 0, x / y)
    slope = direction(x) * np.power(np.abs(x) / y, p - 1)
    return dy * np.where((y == 0) | ((x == 0) if p < 1 else False), 0, slope)


norm.gradients(x=_norm_gradient)


@op(torch="x1 x2")
def cdist(a: Array, b: Array, *, p: float = 2) -> Any:
    """yᵢⱼ = ‖aᵢ − bⱼ‖ₚ of all pairs of rows        a (..., N, D), b (..., M, D) -> y (..., N, M)

    >>> cdist(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 1.0]]))
    array([[5., 1.]])
    """
    difference = _pairwise_differences(a, b)
    if not difference.size:
        return np.zeros(difference.shape[:-1], a.dtype)
    return row_major(norm.forward(difference, p=p, dim=-1))


def _pairwise_differences(a: Array, b: Array) -> Array:
    return np.expand_dims(a, -2) - np.expand_dims(b, -3)


def _distance_slopes(dy: Array, a: Array, b: Array, y: Array, p: float) -> Array:
    """∂L/∂(aᵢ − bⱼ), which a norm's gradient is; but of equal largest differences each gets all of dy, as in torch."""
    difference = _pairwise_differences(a, b)
    if p == math.inf:
        largest = np.abs(difference) == np.expand_dims(y, -1)
        return sign(difference) * (largest * np.expand_dims(dy, -1))
    return _norm_gradient(dy, difference, y, p, -1, False)


cdist.gradients(
    a=lambda dy, a, b, y, p: sum_to(sum_over(_distance_slopes(dy, a, b, y, p), -2), a.shape),
    b=lambda dy, a, b, y, p: sum_to(-sum_over(_distance_slopes(dy, a, b, y, p), -3), b.shape),
)

# --- running totals ---------------------------------------------------------------------------------------


@op(torch="input", complex="analytic", into="biufc")
def cumsum(x: Array, *, dim: int, dtype: Any = None) -> Any:
    """yᵢ = x₁ + ... + xᵢ along `dim`.

    >>> import numpynet
    >>> numpynet.cumsum(numpynet.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    return _running("cumsum", x, dim, np.dtype(_dtype(x, dtype)))


def _running(accumulate: str, x: Array, dim: int, kind: np.dtype[Any]) -> Any:
    """x.cumsum or x.cumprod along `dim`: of floating-point numbers in float64, then rounded, as in torch."""
    if kind.kind == "b" and x.size:
        raise NotImplementedError(f"\"{accumulate}_out_cpu\" not implemented for 'Bool': choose another dtype")
    if kind.kind != "f":
        return row_major(getattr(x, accumulate)(dim, kind)).reshape(x.shape)
    if x.size > ELEMENTS and type(x) is np.ndarray and kind == x.dtype:
        slices = np.moveaxis(x, dim, 0)
        if x.ndim == 1:
            return _running_in_parts(accumulate, x)
        if x.size > WIDE * len(slices):
            return row_major(np.moveaxis(_running_by_slices(accumulate, slices), 0, dim))
    wide = x.astype(DOUBLE, copy=False)
    if type(x) is np.ndarray and x.ndim:
        run = _STEPS[accumulate].accumulate(wide, dim)  # what the method does, in half the time for a few
    else:
        run = getattr(wide, accumulate)(dim).reshape(x.shape)
    if accumulate == "cumsum":
        run += lone(0, run)  # as a sum starts from 0
    return row_major(run.astype(kind, copy=False))


_STEPS = {"cumsum": np.add, "cumprod": np.multiply}


def _running_by_slices(accumulate: str, slices: Array) -> Array:
    """The same along the first dimension, for wide slices, which NumPy's own way takes apart."""
    run = np.ascontiguousarray(slices).astype(DOUBLE)
    if accumulate == "cumsum":
        run[:1] += 0
    for before, here in pairwise(run):
        _STEPS[accumulate](before, here, here)
    return run.astype(slices.dtype, copy=False)


def _running_in_parts(accumulate: str, x: Array) -> Array:
    """The same for a long vector, with float64 for one part of it at a time."""
    y = np.empty_like(x)
    last = np.empty(0)
    for start in range(0, x.size, ELEMENTS):
        part = getattr(np.concatenate([last, x[start : start + ELEMENTS]]), accumulate)()
        y[start : start + ELEMENTS] = part[last.size :]
        last = part[-1:]
    return y


def _sums_from_here_on(dy: Array, dim: int) -> Array:
    """Σ dyⱼ over j ≥ i along `dim`: xᵢ is part of every sum from the i-th on."""
    return np.flip(_running("cumsum", np.flip(dy, dim), dim, dy.dtype), dim) if dy.ndim else dy


cumsum.gradients(x=_sums_from_here_on)


@op(torch="input", complex="analytic", into="biufc")
def cumprod(x: Array, *, dim: int, dtype: Any = None) -> Any:
    """yᵢ = x₁ · ... · xᵢ along `dim`.

    >>> import numpynet
    >>> numpynet.cumprod(numpynet.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    return _running("cumprod", x, dim, np.dtype(_dtype(x, dtype)))


def _cumprod_gradient(dy: Array, x: Array, y: Array, dim: int) -> Array:
    """∂L/∂xᵢ = x₁ ⋯ xᵢ₋₁ · (dyᵢ + xᵢ₊₁ (dyᵢ₊₁ + xᵢ₊₂ (dyᵢ₊₂ + ...))), which divides by nothing that may be 0.

    torch keeps y too, which must stay as it was.
    """
    if not x.ndim or x.shape[dim] == 1:
        return dy
    if not x.size:
        return np.zeros_like(dy)
    factors, terms = np.moveaxis(x, dim, 0), np.moveaxis(dy, dim, 0)
    rest = [terms[-1]]
    for i in range(len(factors) - 2, -1, -1):
        rest.append(terms[i] + factors[i + 1] * rest[-1])
    before = np.concatenate([np.ones_like(factors[:1]), np.cumprod(factors[:-1], axis=0)])
    return np.where(np.isfinite(x), np.moveaxis(before * np.stack(rest[::-1]), 0, dim), np.nan)


cumprod.gradients(x=_cumprod_gradient)
