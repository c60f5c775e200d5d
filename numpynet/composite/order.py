"""Order: extremes, sorting, what is derived from the sorted order, and what is in which place of it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import keeping, titled, wrap
from numpynet.core import return_types
from numpynet.core.dtypes import result_dtype
from numpynet.core.messages import normal_dim
from numpynet.core.modes import flags
from numpynet.core.tape import Undifferentiable
from numpynet.core.tensor import Tensor, no_view
from numpynet.ops.acceptance import fitting, no_booleans, no_complex, not_all_booleans
from numpynet.ops.arguments import plain, require
from numpynet.ops.blocks import alone
from numpynet.ops.form import Array, has_nan, possible
from numpynet.ops.layout import laid_out, row_major
from numpynet.ops.reduction import extremes_of_rows
from numpynet.ops.warning import warn_once

# --- extremes -------------------------------------------------------------------------------------------


def _picked(kind: Any, title: str, input: Tensor, dim: int, positions: Array, keepdim: bool = True) -> Any:
    """The elements at these positions along `dim`, and the positions; the cotangent goes where they come from.

    positions: of the input's rank. With ``keepdim=False`` they have size 1 along `dim`, and that is dropped.
    """
    places = positions if keepdim or not positions.ndim else positions.squeeze(dim)
    indices = wrap(row_major(places))
    if input._is_quiet():
        values = wrap(ops.picked.forward(input._array, dim=dim, positions=positions, keepdim=keepdim))
        return tuple.__new__(kind, (values, indices))  # in half the time of kind(values, indices)
    values = ops.picked(input, dim=dim, positions=positions, keepdim=keepdim, title=title)
    return kind(keeping(values, indices), indices)  # which say where the cotangent goes


def _require_elements(name: str, array: Array, dim: int) -> None:
    """IndexError when there is nothing to choose from along `dim`."""
    if not array.shape[dim]:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


def _require_no_keepdim(name: str, keepdim: bool) -> None:
    """TypeError where what is not named is to be kept."""
    if keepdim:
        raise TypeError(f"{name}(): keepdim needs a dim: {name}(input, dim, keepdim=True)")


def _extreme(place: str, title: str, kind: Any, input: Tensor, dim: int, keepdim: bool) -> Any:
    """Values and indices of the extremes along one dimension. place: the method of arrays that finds their indices."""
    array = input._array
    if array.dtype.kind == "c":
        no_complex(kind.__name__, array)
    dim = normal_dim(dim, array.ndim, kind.__name__)
    if not array.ndim:
        return _picked(kind, title, input, dim, np.asarray(0), keepdim)
    if not array.size:
        _require_elements(kind.__name__, array, dim)
    if dim == 1 and array.ndim == 2 and not keepdim and array.flags.c_contiguous and input._is_quiet():
        values, places = extremes_of_rows(array, getattr(np.ndarray, place))
        return tuple.__new__(kind, (wrap(values), wrap(places)))
    positions = getattr(array, place)(dim, keepdims=True)
    return _picked(kind, title, input, dim, positions, keepdim)


@composed(out=True)
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The maximum of all elements; with `dim` a pair (values, indices); with a tensor, the larger of each two.

    NaN where there is one. Of equal maxima `dim` picks the first; without it they share the cotangent.

    >>> import numpynet
    >>> numpynet.max(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), 1).indices
    tensor([1, 0])
    """
    if dim is None and other is None:
        _require_no_keepdim("max", keepdim)
        return ops.max_of_all(input)
    if other is not None or isinstance(dim, Tensor):
        return ops.maximum(input, dim if other is None else other)
    return _extreme("argmax", "MaxBackward0", return_types.max, input, dim, keepdim)


@composed(out=True)
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The minimum of all elements; with `dim` a pair (values, indices); with a tensor, the smaller of each two.

    NaN where there is one. Of equal minima `dim` picks the first; without it they share the cotangent.

    >>> import numpynet
    >>> numpynet.min(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]))
    tensor(1.)
    """
    if dim is None and other is None:
        _require_no_keepdim("min", keepdim)
        return ops.min_of_all(input)
    if other is not None or isinstance(dim, Tensor):
        return ops.minimum(input, dim if other is None else other)
    return _extreme("argmin", "MinBackward0", return_types.min, input, dim, keepdim)


@composed(out=True)
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The minimum and the maximum, over `dim` or of all elements; equal extremes share the cotangent.

    >>> import numpynet
    >>> numpynet.aminmax(numpynet.tensor([3.0, 1.0])).max
    tensor(3.)
    """
    low, high = ops.amin(input, dim, keepdim), ops.amax(input, dim, keepdim)
    return return_types.aminmax(titled(low, "AminmaxBackward0"), titled(high, "AminmaxBackward0"))


def _running(extreme: np.ufunc, title: str, kind: Any, input: Tensor, dim: int) -> Any:
    """Values and indices of the extreme so far along `dim`; of equal ones it is the last."""
    array, name = input._array, kind.__name__
    no_complex(name, array)
    dim = normal_dim(dim, array.ndim, name) if array.size else 0  # torch does not look at it either
    if not array.ndim or not array.size:
        positions = np.zeros(array.shape, np.int64)
    else:
        attained = (array == extreme.accumulate(array, dim)) | (array != array)  # a NaN stays the extreme
        places = np.arange(array.shape[dim]).reshape((-1,) + (1,) * (array.ndim - 1 - dim))
        positions = np.maximum.accumulate(attained * places, dim)
    running = _picked(kind, title, input, dim, positions)
    keeping(running[0], input)
    return running


@composed(out=True)
def cummax(input: Tensor, dim: int) -> Any:
    """The largest element so far along `dim`, and its index (of equal ones the last).

    >>> import numpynet
    >>> numpynet.cummax(numpynet.tensor([1.0, 3.0, 2.0]), 0).values
    tensor([1., 3., 3.])
    """
    return _running(np.maximum, "CummaxBackward0", return_types.cummax, input, dim)


@composed(out=True)
def cummin(input: Tensor, dim: int) -> Any:
    """The smallest element so far along `dim`, and its index (of equal ones the last).

    >>> import numpynet
    >>> numpynet.cummin(numpynet.tensor([3.0, 1.0, 2.0]), 0).values
    tensor([3., 1., 1.])
    """
    return _running(np.minimum, "CumminBackward0", return_types.cummin, input, dim)


BACKWARDS = slice(None, None, -1)
FEW = 4096  # comparisons, which are made in less time than what is compared is sorted
LARGE = 2048  # from so many elements on, to look for the first takes less time than to sort all

# --- the sorted order -------------------------------------------------------------------------------------


def _order(array: Array, dim: int, descending: bool, count: int | None = None) -> Array:
    """The positions that sort an array; NaN counts as the greatest, equal elements keep their order.

    count: how many of the first are wanted; None for all.
    """
    if array.dtype.kind == "c":
        no_complex("sort", array)
    if not array.ndim:
        return np.asarray(0)
    if descending and array.dtype.kind == "f":
        if array.ndim == 1 and array.size and type(array) is np.ndarray:
            order = _stable_order(-array, 0)
            last = array.item(order.item(-1))
            if last == last:  # else there is a NaN, which has no opposite
                return order[:count]
        elif not has_nan(array):
            array, descending = -array, False
    elif descending:
        array, descending = ~array, False
    if not descending:
        order = _stable_order(array, dim)
        return order if count is None else order[(slice(None),) * dim + (slice(count),)]
    before, n = (slice(None),) * dim, array.shape[dim]
    order = _stable_order(array[(*before, BACKWARDS)], dim)
    last = -1 if count is None else n - 1 - count
    positions: Array = alone(n - 1, order.dtype) - order[(*before, slice(None, last if last >= 0 else None, -1))]
    return positions


def _stable_order(array: Array, dim: int) -> Array:
    if type(array) is not np.ndarray:
        return np.argsort(array, axis=dim, kind="stable")
    if array.size < LARGE or array.dtype.kind != "f" or dim != array.ndim - 1:
        return array.argsort(dim, "stable")
    order = array.argsort(dim)  # which takes half the time, and leaves equal ones in any order
    values = np.take_along_axis(array, order, dim)
    alike = np.zeros(array.shape, bool)  # to the one before
    np.equal(values[..., 1:], values[..., :-1], out=alike[..., 1:])
    count = np.count_nonzero(alike)
    if count > array.size // 8 or np.count_nonzero(values[..., -1:] != values[..., -1:]):
        return array.argsort(dim, "stable")
    if count:
        is_next = alike.reshape(-1)
        among = np.flatnonzero(is_next | np.append(is_next[1:], False))
        positions = order.reshape(-1)[among]
        order.reshape(-1)[among] = positions[np.lexsort((positions, np.cumsum(~is_next[among])))]
    return order


def _first_in_order(array: Array, k: int, dim: int, descending: bool) -> Array:
    """The first k of the positions that sort an array.

    The k-th best of the bests of some blocks of a row is a bound: what is worse cannot be among the first k.
    """
    if array.dtype.kind == "c":
        no_complex("topk", array)
    if not array.ndim:
        return np.asarray(0)
    n = array.shape[dim]
    if array.size < LARGE or not 0 < k <= n // 8 or type(array) is not np.ndarray:
        return _order(array, dim, descending, k)
    rows = np.ascontiguousarray(np.moveaxis(array, dim, -1)).reshape(-1, n)
    blocks = 4 * k
    best = (np.maximum if descending else np.minimum).reduce(
        rows[:, : n - n % blocks].reshape(len(rows), -1, blocks), axis=1
    )
    kth = blocks - k if descending else k - 1
    bound = np.partition(best, kth, axis=1)[:, kth, None]
    is_among = rows >= bound if descending else rows <= bound
    counts = np.count_nonzero(is_among, axis=1, keepdims=True)
    most = counts.max()
    if most * len(rows) > array.size // 4 or np.count_nonzero(best != best):  # many equal ones, or NaN
        return _order(array, dim, descending, k)
    places = np.cumsum(counts)[:, None] - counts + np.arange(most)
    among = np.flatnonzero(is_among).take(places, mode="clip") % n
    values = np.where(np.arange(most) < counts, np.take_along_axis(rows, among, 1), bound)
    first = np.take_along_axis(among, _order(values, 1, descending, k), 1)
    shape = [size for axis, size in enumerate(array.shape) if axis != dim]
    return np.moveaxis(first.reshape(*shape, k), -1, dim)


@composed
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices that sort the tensor along `dim`, NaN counting as the greatest; equal elements keep their order.

    >>> import numpynet
    >>> numpynet.argsort(numpynet.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    order = _order(input._array, normal_dim(dim, input.ndim, "argsort"), descending)
    return wrap(order if input._array.flags.c_contiguous else laid_out(order, [input._array]))


@composed(out=True)
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The sorted values along `dim` and the indices they come from.

    >>> import numpynet
    >>> numpynet.sort(numpynet.tensor([3.0, 1.0, 2.0])).values
    tensor([1., 2., 3.])
    """
    dim = normal_dim(dim, input.ndim, "sort")
    order = _order(input._array, dim, descending)
    sorted = _picked(return_types.sort, "SortBackward1" if stable else "SortBackward0", input, dim, order)
    if not input._array.flags.c_contiguous:
        for result in sorted:
            result._array = laid_out(result._array, [input._array])
    return sorted


@composed(out=True)
def msort(input: Tensor) -> Tensor:
    """The values sorted along the first dimension.

    >>> import numpynet
    >>> numpynet.msort(numpynet.tensor([[3, 1], [2, 4]]))
    tensor([[2, 1],
            [3, 4]])
    """
    sorted: Tensor = sort(input, 0).values
    return sorted


@composed(out=True)
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) values along `dim`, in order, and their indices; of equal ones the first.

    RuntimeError when there are fewer than k, and on booleans.

    >>> import numpynet
    >>> numpynet.topk(numpynet.tensor([3.0, 1.0, 2.0]), 2).indices
    tensor([0, 2])
    """
    array = input._array
    dim = normal_dim(dim, array.ndim, "topk")
    available = array.shape[dim] if array.ndim else 1
    if not 0 <= k <= available:
        raise RuntimeError(f"selected index k out of range in topk(): k = {k}, and there are {available}")
    if array.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU: convert it first, as in x.int()")
    order = _first_in_order(array, k, dim, largest)
    return _picked(return_types.topk, "TopkBackward0", input, dim, order)


def _in_order(kind: Any, title: str, input: Tensor, dim: int, order: Array, place: Any, keepdim: bool) -> Any:
    """Value and index of the element in one place of the sorted order along `dim`; or in one for each row."""
    if isinstance(place, int):
        order = order[(slice(None),) * dim + (slice(place, place + 1),)] if order.ndim else order
    else:
        order = np.take_along_axis(order, place, dim)
    return _picked(kind, title, input, dim, order, keepdim)


@composed(out=True)
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest value along `dim`, counted from 1, and its index. RuntimeError when there is none.

    >>> import numpynet
    >>> numpynet.kthvalue(numpynet.tensor([3.0, 1.0, 2.0]), 2)
    torch.return_types.kthvalue(
    values=tensor(2.),
    indices=tensor(2))
    """
    array = input._array
    dim = normal_dim(dim, array.ndim, "kthvalue")
    if array.ndim:
        _require_elements("kthvalue", array, dim)
    if not 1 <= k <= (input.shape[dim] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}: k = {k}")
    if array.dtype.kind == "b" and array.ndim:
        raise NotImplementedError("\"kthvalue\" not implemented for 'Bool': convert it first, as in x.int()")
    order = _order(input._array, dim, False)
    return _in_order(return_types.kthvalue, "KthvalueBackward0", input, dim, order, k - 1, keepdim)


def _middle(array: Array, dim: int) -> tuple[Array, Any]:
    """The sorted order and the place of the median in it: the lower of two, but NaN where there is one."""
    if array.dtype.kind == "b":
        raise NotImplementedError("\"median\" not implemented for 'Bool': convert it first, as in x.int()")
    order, size = _order(array, dim, False), array.shape[dim]
    missing = np.isnan(array)
    if not possible(missing):
        return order, (size - 1) // 2
    count = missing.sum(axis=dim, keepdims=True)
    return order, np.where(count > 0, size - count, (size - 1) // 2)


@composed(out=True)
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median, of an even number of elements the lower one; with `dim` a pair (values, indices).

    NaN where there is one.

    >>> import numpynet
    >>> numpynet.median(numpynet.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    array = input._array
    if dim is None:
        _require_no_keepdim("median", keepdim)
        return ops.median_of_all(input)
    dim = normal_dim(dim, array.ndim, "median")
    if not array.ndim and array.dtype.kind != "b":
        return _in_order(return_types.median, "MedianBackward1", input, 0, np.asarray(0), 0, keepdim)
    if array.ndim:
        _require_elements("median", array, dim)
    order, place = _middle(array, dim)
    return _in_order(return_types.median, "MedianBackward1", input, dim, order, place, keepdim)


@composed(out=True)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent value along `dim`, of several the smallest, and the index of its last occurrence.

    >>> import numpynet
    >>> numpynet.mode(numpynet.tensor([1, 2, 2, 3])).values
    tensor(2)
    """
    array = input._array
    dim = normal_dim(dim, array.ndim, "mode")
    if not array.ndim:
        return _in_order(return_types.mode, "ModeBackward0", input, 0, np.asarray(0), 0, keepdim)
    _require_elements("mode", array, dim)
    order = _order(array, dim, False)
    in_order = ops.picked.forward(array, dim=dim, positions=order).swapaxes(dim, -1)
    places = np.arange(array.shape[dim])
    starts = np.ones(in_order.shape, bool)
    np.not_equal(in_order[..., 1:], in_order[..., :-1], starts[..., 1:])
    run = places - np.maximum.accumulate(starts * places, -1)  # how many equal ones precede
    place = run.argmax(-1, keepdims=True).swapaxes(dim, -1)
    return _in_order(return_types.mode, "ModeBackward0", input, dim, order, place, keepdim)


@composed(out=True)
def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The value below which a share q of the elements lies, between two of them linearly interpolated; NaN if any is.

    q: a number in [0, 1], or a tensor of them, which becomes the first dimension of the result.
    interpolation: "linear", "lower", "higher", "midpoint" or "nearest".
    RuntimeError for integers, and for a q outside.

    >>> import numpynet
    >>> numpynet.quantile(numpynet.tensor([1.0, 2.0, 3.0, 4.0]), 0.5)
    tensor(2.5000)
    """
    return _quantiles("quantile", False, input, q, dim, keepdim, interpolation)


@composed(out=True)
def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """As `quantile`, of the elements that are not NaN; NaN where there are none.

    >>> import numpynet
    >>> numpynet.nanquantile(numpynet.tensor([1.0, numpynet.nan, 2.0]), 0.5)
    tensor(1.5000)
    """
    return _quantiles("nanquantile", True, input, q, dim, keepdim, interpolation)


def _quantiles(
    name: str, skips: bool, input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str
) -> Tensor:
    """skips: whether NaN is left out."""
    array = input._array
    if array.dtype.char not in "fd":
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype: convert it, as in x.float()")
    if isinstance(q, Tensor) and (q._array.dtype != array.dtype or q.ndim > 1):
        raise RuntimeError(
            f"{name}() q tensor must be same dtype as the input tensor, and at most a vector, but "
            f"it is {q.dtype} of {q.ndim} dimensions"
        )
    shares = np.asarray(q._array if hasattr(q, "__operation__") else q, array.dtype)
    if shares.size and not ((shares >= 0) & (shares <= 1)).all():
        raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q}")
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if not input.numel():
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if dim is None:
        # Over everything: with keepdim the result has as many dimensions as the input, each of size 1.
        over_all = [
            _quantile(ops.reshape(input, (-1,)), 0, share, interpolation, skips) for share in shares.reshape(-1)
        ]
        found = [ops.reshape(one, (1,) * input.ndim if keepdim else ()) for one in over_all]
    else:
        along = normal_dim(dim, input.ndim, name)
        found = [_quantile(input, along, share, interpolation, skips) for share in shares.reshape(-1)]
        if not keepdim:
            found = [ops.squeeze(one, dim=along) for one in found]
    return no_view(titled(ops.stack(found) if shares.ndim else found[0], "SqueezeBackward4"))


def _quantile(input: Tensor, dim: int, share: Any, interpolation: str, skips: bool) -> Tensor:
    """One quantile along `dim`, which stays with size 1."""
    ordered = sort(input, dim).values
    if not input.ndim:
        return ops.lerp(ordered, ordered, 0.0)
    last = input.shape[dim] - 1
    missing = np.isnan(input._array).sum(axis=dim, keepdims=True)  # which are sorted to the end
    if skips:
        place = share * np.maximum(last - missing, 0).astype(input._array.dtype)
    else:
        place = np.where(missing, last, share * last)
    below = np.ceil(place) if interpolation == "higher" else np.floor(place)
    above = np.floor(place) if interpolation == "lower" else np.ceil(place)
    if interpolation == "nearest":
        below = above = np.round(place)
    weight = np.full_like(place, 0.5) if interpolation == "midpoint" else place - below
    low, high = (ops.picked(ordered, dim=dim, positions=positions.astype(np.int64)) for positions in (below, above))
    if interpolation in ("lower", "higher", "nearest"):
        return low
    return ops.lerp(low, high, wrap(weight.astype(input._array.dtype)))


# --- distinct values ----------------------------------------------------------------------------------------


@composed
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements (or slices along `dim`) in ascending order; on request also where each went, and how
    many there are.

    >>> import numpynet
    >>> numpynet.unique(numpynet.tensor([3, 1, 1]), return_counts=True)
    (tensor([1, 3]), tensor([2, 1]))
    """
    no_complex("unique", input._array)
    values = wrap(_distinct_values(input._array, dim))
    if flags.enabled and input.requires_grad:
        _has_no_derivative("_unique2" if dim is None else "unique_dim", input, values)
    if not (return_inverse or return_counts):
        return values
    _, inverse, counts = np.unique(input._array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    inverse = inverse.reshape(input.shape if dim is None else -1)
    return _distinct(values, inverse if return_inverse else None, counts if return_counts else None)


@composed
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements (or slices along `dim`) without those that equal their predecessor; on request also where each
    went, and how many there were in succession.

    >>> import numpynet
    >>> numpynet.unique_consecutive(numpynet.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    array = input._array
    no_complex("unique", array)
    rows = array.reshape(-1) if dim is None else np.moveaxis(array, dim, 0)
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).reshape(len(rows) - 1, -1).any(axis=1) if len(rows) > 1 else True
    inverse = np.cumsum(new) - 1
    values = wrap(rows[new] if dim is None else row_major(np.moveaxis(rows[new], 0, dim)))
    if flags.enabled and input.requires_grad:
        _has_no_derivative("unique_consecutive", input, values)
    return _distinct(
        values,
        inverse.reshape(array.shape if dim is None else -1) if return_inverse else None,
        np.bincount(inverse) if return_counts else None,
    )


def _distinct_values(array: Array, dim: int | None) -> Array:
    """The distinct elements or slices in ascending order, each NaN one of its own; of two zeros the first one."""
    if dim is not None or array.size < 2:
        return np.unique(array, axis=dim, equal_nan=False)
    ordered = np.sort(array, axis=None)
    new = np.empty(ordered.size, bool)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], new[1:])
    values = ordered[new]
    if array.dtype.kind == "f" and 0 in values:
        flat = array.reshape(-1)
        values[values == 0] = flat[(flat == 0).argmax()]
    return values


def _has_no_derivative(function: str, input: Tensor, values: Tensor) -> None:
    """Gives distinct values the node of what has no derivative in torch."""
    title = f"{''.join(part.capitalize() for part in function.split('_'))}Backward0"
    message = f"the derivative for '{function}' is not implemented: detach() what it returns"
    values._move_to(Undifferentiable((input._edge(),), title, message, NotImplementedError))


def _distinct(values: Tensor, inverse: Array | None, counts: Array | None) -> Any:
    found = (values, *(wrap(one) for one in (inverse, counts) if one is not None))
    return found if len(found) > 1 else values


# --- places in a sorted order -------------------------------------------------------------------------------


@composed(out=True)
def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Tensor:
    """Where each value would be inserted into a sorted sequence: before equal ones, or with ``right`` behind them.

    sorter: the positions that sort the sequence, where it is not sorted itself.
    sorted_sequence: (N,), or (..., N) for values (..., M), row by row. RuntimeError when the rows do not match.

    >>> import numpynet
    >>> numpynet.searchsorted(numpynet.tensor([1, 3, 5]), numpynet.tensor([0, 3, 6]))
    tensor([0, 1, 3])
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RuntimeError(
            f"torch.searchsorted(): side and right can't be set to opposites, got side of {side} while right was "
            f"{right}"
        )
    input = plain(input, "")
    if not isinstance(input, (Tensor, int, float, complex)):
        raise TypeError(f"searchsorted(): argument 'input' must be Tensor or a number, not {type(input).__name__}")
    sequence = sorted_sequence._array
    if sorter is not None:
        sequence = np.take_along_axis(sequence, sorter._array, -1)
    if isinstance(input, Tensor):
        values = input._array
    else:
        kind = result_dtype([sequence, input])
        values = np.asarray(fitting(input, kind), kind)
    no_complex("searchsorted", sequence, values)
    not_all_booleans("searchsorted", sequence, values)
    where: Literal["left", "right"] = "right" if right or side == "right" else "left"
    wanted = np.int32 if out_int32 else np.int64
    for name, array in ("input value", values), ("boundary", sequence):
        if not array.flags.c_contiguous:
            warn_once(
                f"torch.searchsorted(): {name} tensor is non-contiguous, this will lower the performance due to extra "
                f"data copy when converting non-contiguous tensor to contiguous, please use contiguous {name} tensor "
                f"if possible."
            )
    if sequence.ndim == 1:
        return wrap(np.asarray(_places(sequence, values, where), wanted))
    if not sequence.ndim or not values.ndim or sequence.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            f"torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(sequence.shape)} and input "
            f"value tensor {list(values.shape)}"
        )
    places = np.empty(values.shape, wanted)
    for row in np.ndindex(*sequence.shape[:-1]):
        places[row] = _places(sequence[row], values[row], where)
    return wrap(places)


def _places(sequence: Array, values: Array, side: Literal["left", "right"]) -> Any:
    """NumPy's searchsorted, but with NaN as torch has it: every comparison with one sends to the right."""
    if not sequence.size or sequence[-1] == sequence[-1]:
        return sequence.searchsorted(values, side)
    stays = np.greater_equal if side == "left" else np.greater
    start, stop = np.zeros(values.shape, np.int64), np.full(values.shape, sequence.size)
    while (start < stop).any():
        middle = (start + stop) // 2
        left = stays(sequence[np.minimum(middle, sequence.size - 1)], values)
        open_ = start < stop
        stop = np.where(open_ & left, middle, stop)
        start = np.where(open_ & ~left, middle + 1, start)
    return start


@composed(out=True)
def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The bucket that each value falls into: i where boundaries[i − 1] < value ≤ boundaries[i]; with ``right`` the
    boundary itself belongs to the next bucket.

    >>> import numpynet
    >>> numpynet.bucketize(numpynet.tensor([0, 3, 6]), numpynet.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        raise RuntimeError(f"bucketize(): boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@composed(out=True)
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element is one of those to test against (with ``invert``: none of them).

    >>> import numpynet
    >>> numpynet.isin(numpynet.tensor([1, 2, 3]), numpynet.tensor([2, 3]))
    tensor([False,  True,  True])
    """
    require("isin", (elements, test_elements))
    among, wanted = (np.asarray(getattr(one, "_array", one)) for one in (elements, test_elements))
    no_complex("isin", among, wanted)
    for one in (among, wanted):
        if one.dtype.kind == "b":
            raise RuntimeError("Unsupported input type encountered for isin(): Bool: convert it, as in x.int()")
    if among.size * wanted.size <= FEW:
        found = np.logical_or.reduce(among[..., None] == wanted.reshape(-1), -1)
        return wrap(row_major(np.asarray(~found if invert else found)))
    return wrap(row_major(np.asarray(np.isin(among, wanted, assume_unique=assume_unique, invert=invert))))


@composed(out=True)
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """As `median`, of the elements that are not NaN; NaN where there are none.

    >>> import numpynet
    >>> numpynet.nanmedian(numpynet.tensor([3.0, numpynet.nan, 1.0, 2.0]))
    tensor(2.)
    """
    if dim is None:
        flat = ops.reshape(input, (-1,))
        return titled(nanmedian(flat, 0)[0], "NanmedianBackward0") if flat.shape[0] else median(input)
    if not input.ndim:
        values, indices = median(input, dim, keepdim)
        return return_types.nanmedian(titled(values, "NanmedianBackward1"), indices)
    array = input._array
    no_complex("nanmedian", array)
    along = normal_dim(dim, array.ndim, "nanmedian")
    if not array.shape[along]:
        return median(input, dim, keepdim)
    no_booleans("nanmedian", array)
    order = np.argsort(array, along, kind="stable")
    known = np.sum(~np.isnan(array), along, keepdims=True)
    places = np.take_along_axis(order, np.maximum(known - 1, 0) // 2, along)
    return _picked(return_types.nanmedian, "NanmedianBackward1", input, along, places, keepdim)
