"""Indexing: elements picked out of a tensor, put into it, and their gradients, which scatter and gather.

An index is what NumPy takes: integers, slices, None, Ellipsis, integer arrays, boolean masks, or a tuple.
Basic indices give views, arrays give copies, in torch as in NumPy.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from numpynet.ops.acceptance import NUMBERS, as_held, fitting, scalar_name
from numpynet.ops.blocks import alone
from numpynet.ops.conversion import narrowed
from numpynet.ops.form import Array, op, possible, refuse
from numpynet.ops.layout import copied, row_major, row_starts
from numpynet.ops.plan import NOT_IMPLEMENTED
from numpynet.ops.sums import sum_to

Index = Any
FEW = 4096  # elements, for which it pays to keep what their places are
UNSIGNED: dict[Any, np.dtype[Any]] = {np.dtype(np.int64): np.dtype(np.uint64), np.dtype(np.int32): np.dtype(np.uint32)}
_PLAIN = frozenset({int, slice, type(None), type(...)})
_ALL = slice(None)
Shape = tuple[int, ...]


def is_basic(index: Index) -> bool:
    """Whether an index consists of integers, slices, None and Ellipsis only, and therefore gives a view."""
    for part in index if isinstance(index, tuple) else (index,):
        if type(part) not in _PLAIN and isinstance(part, (np.ndarray, list, bool, np.bool_)):
            return False
    return True


def put_back(dy: Array, shape: Shape, index: Index) -> Array:
    """Zeros of that shape with dy added at the index: an element picked twice gets both cotangents."""
    dx = np.zeros(shape, dy.dtype) if type(dy) is np.ndarray else np.zeros_like(dy, shape=shape)
    if not dx.size or not dy.size:
        return dx
    for part in index if isinstance(index, tuple) else (index,):
        array = np.asarray(part) if isinstance(part, list) else part
        if isinstance(array, np.ndarray) and array.dtype.kind != "b":  # which may name an element twice
            np.add.at(dx, index, dy)
            return dx
    dx[index] = dy
    return dx


def is_full(part: slice, size: int) -> bool:
    """Whether torch takes a slice for one of everything, and makes no view of it."""
    return part.start in (None, 0) and (part.stop is None or part.stop >= size) and part.step in (None, 1)


def _name(x: Any, index: Index) -> str:
    """The last of the views that torch takes one after the other; a slice of everything is none, but when alone."""
    if type(index) is int:
        return "SelectBackward0"
    if type(index) is slice:
        return "SliceBackward0"
    if type(index) is tuple and len(index) > 1 and type(index[-2]) is int and index[-1] is Ellipsis:
        return "SelectBackward0"
    if not is_basic(index):
        return "IndexBackward0"
    parts = index if isinstance(index, tuple) else (index,)
    if parts and parts[-1] is Ellipsis:
        parts = parts[:-1]
    last = parts[-1] if parts else None
    if type(last) is int:
        return "SelectBackward0"
    if type(last) is slice and last.start:
        return "SliceBackward0"
    name, axis, shape = "AliasBackward0", 0, tuple(x.shape)
    for part in parts:
        if part is None:
            name = "UnsqueezeBackward0"
        elif part is Ellipsis:
            axis += x.ndim - sum(1 for one in parts if one is not None and one is not Ellipsis)
        else:
            if not isinstance(part, slice):
                name = "SelectBackward0"
            elif not is_full(part, shape[axis]):
                name = "SliceBackward0"
            axis += 1
    return name


@op(torch="input", view=True, arrays="index", grad_fn=_name)
def index(x: Array, *, index: Index) -> Any:
    """y = x[index], a view where the index is basic."""
    if type(index) is type(x) is np.ndarray:
        if index.dtype.kind == "i" and x.ndim and x.size and x.flags.c_contiguous:
            return x.take(index, 0)  # in a fourth of the time
    elif is_basic(index):
        parts = index if isinstance(index, tuple) else (index,)
        if Ellipsis not in parts:
            return x[(*parts, ...)]  # with an Ellipsis even a single element is a view, not a NumPy scalar
        return x[index]
    index = within(index, x)
    y = x[index]
    return y if y.ndim < 2 else laid_out_like_torch(y, x, index)


def within(index: Index, x: Array) -> Index:
    """The index; into a tensor of no elements, of which torch does not look at the positions, with each of them 0.

    IndexError for a mask of another shape, which NumPy does not look at there.
    """
    parts = index if isinstance(index, tuple) else (index,)
    cut = False
    for part in parts:
        if type(part) is slice and part != _ALL:
            cut = True
    if x.size and not (cut and _slices_leave_nothing(parts, x.shape)):
        return index
    mask = parts[0]
    if isinstance(mask, np.ndarray) and mask.dtype.kind == "b" and mask.shape != x.shape[: mask.ndim]:
        raise IndexError(
            f"The shape of the mask {list(mask.shape)} does not match the shape of the indexed tensor {list(x.shape)}"
        )
    return tuple(np.zeros_like(one) if isinstance(one, np.ndarray) and one.dtype.kind in "iu" else one for one in parts)


def _slices_leave_nothing(parts: tuple[Any, ...], shape: Shape) -> bool:
    """Whether the slices beside arrays, which torch takes first, leave no elements to these."""
    basic: list[Any] = []
    for part in parts:
        is_mask = type(part) is bool or (hasattr(part, "dtype") and part.dtype.kind == "b")
        basic += [part] if type(part) in _PLAIN else [_ALL] * (np.ndim(part) if is_mask else 1)
    return not np.broadcast_to(0, shape)[tuple(basic)].size


def laid_out_like_torch(y: Array, x: Array, index: Index) -> Array:
    """y = x[index] in the memory layout that torch gives it, where NumPy's would be another.

    torch lays a result out with its dimensions in the order of x's strides; those that arrays index stay where they
    are (TensorIterator's reorder_dimensions, PyTorch).
    """
    if y.flags.c_contiguous and x.flags.c_contiguous:
        return y
    if x.flags.c_contiguous:
        return y.copy()
    order = _memory_order(_strides_of_result(x, index, y.ndim))
    if all(y.strides[a] >= y.strides[b] for a, b in pairwise(order)):
        return y
    return np.ascontiguousarray(y.transpose(order)).transpose(np.argsort(order))


def _strides_of_result(x: Array, index: Index, ndim: int) -> list[int]:
    """The strides of x in each dimension of x[index], 0 in those that arrays make."""
    parts = index if isinstance(index, tuple) else (index,)
    strides: list[int] = []
    made: int | None = None  # where the dimensions stand that the arrays make together
    apart = False
    axis = 0
    kept_since = False
    for part in parts:
        if isinstance(part, np.ndarray):
            apart |= made is not None and kept_since
            made = len(strides) if made is None else made
            kept_since = False
            axis += part.ndim if part.dtype.kind == "b" else 1
        else:
            kept_since = True
            strides.append(
                0 if part is None else abs(x.strides[axis]) * ((part.step if part is not None else None) or 1)
            )
            axis += part is not None
    strides += [abs(stride) for stride in x.strides[axis:]]
    place = 0 if apart or made is None else made
    return strides[:place] + [0] * (ndim - len(strides)) + strides[place:]


def _memory_order(strides: list[int]) -> list[int]:
    """The dimensions from the longest stride to the shortest; one of stride 0 compares with none, and stays."""
    order = list(range(len(strides)))[::-1]  # the fastest first
    for i in range(1, len(order)):
        at = i
        for before in range(i - 1, -1, -1):
            a, b = strides[order[before]], strides[order[at]]
            if a and b and a > b:
                order[before], order[at] = order[at], order[before]
                at = before
            elif a and b and a < b:
                break
    return order[::-1]


index.gradients(x=lambda dy, x_shape, index: put_back(dy, x_shape, index))


@op(
    torch="input value",
    arrays="index",
    grad_fn=lambda index: "CopySlices" if is_basic(index) else "IndexPutBackward0",
    complex="analytic",
)
def index_put(x: Array, value: Any, *, index: Index) -> Array:
    """y = x, but with `value` (broadcast) at the index. Of values put twice in one place the last one stays."""
    y = copied(x, None)
    put(y, within(index, x), value)
    return y


def put(x: Array, index: Index, value: Any) -> None:
    """x[index] = value; RuntimeError where the value does not broadcast there."""
    try:
        if not np.size(value):  # of which NumPy takes superfluous dimensions of any size
            shape, wanted = value.shape, x[index].shape
            surplus = max(len(shape) - len(wanted), 0)
            np.broadcast_to(value if any(size != 1 for size in shape[:surplus]) else 0, wanted)
        x[index] = narrowed(value, x.dtype)
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(np.shape(value))} cannot be broadcast to indexing result of "
            f"shape {list(x[index].shape)}"
        ) from None


def _outside(dy: Array, index: Index) -> Array:
    dx = dy.copy()
    if dx.size:
        dx[index] = 0
    return dx


index_put.gradients(
    x=lambda dy, index: _outside(dy, index),
    value=lambda dy, value_shape, index: _of_value(dy[within(index, dy)], value_shape),
)


@op(torch="input value", arrays="index", grad_fn="IndexPutBackward0", complex="analytic")
def index_put_accumulate(x: Array, value: Any, *, index: Index) -> Array:
    """y = x, to which `value` (broadcast) is added at the index; what is put twice in one place adds up."""
    y = copied(x, None)
    np.add.at(y, within(index, x), value)
    return y


index_put_accumulate.gradients(
    x=lambda dy: dy,
    value=lambda dy, value_shape, index: _of_value(dy[within(index, dy)], value_shape),
)


def _of_value(dy: Array, value_shape: Shape) -> Array:
    """dy summed to the value's shape, which may begin with more dimensions of size 1 than its place has."""
    surplus = max(len(value_shape) - dy.ndim, 0)
    return sum_to(dy, value_shape[surplus:]).reshape(value_shape)


# --- one dimension at a time: at each place its own index -----------------------------------------------


def places_along(positions: Array, dim: int) -> tuple[Array, ...]:
    """The full index that takes `positions` along `dim` and stays in place elsewhere."""
    if positions.ndim == 1:
        return (positions,)
    grids = list(_places(positions.shape) if positions.size <= FEW else np.indices(positions.shape, sparse=True))
    grids[dim] = positions
    return tuple(grids)


@lru_cache(256)
def _places(shape: Shape) -> tuple[Array, ...]:
    """The index of each place in an array of that shape, as one array for each dimension."""
    return tuple(np.indices(shape, sparse=True))


def _check_positions(name: str, x: Array, dim: int, positions: Array) -> None:
    """IndexError and RuntimeError, as in torch, for positions that are none in that dimension of x."""
    axis = dim if 0 <= dim < x.ndim else normalize_axis_index(dim, x.ndim or 1)
    if type(positions) is not np.ndarray:
        _require_tensor(name, positions)
    if positions.dtype not in UNSIGNED:
        raise RuntimeError(
            f"{name}(): Expected dtype int32/int64 for index, but it is {positions.dtype.name}: take x.long()"
        )
    if not positions.size:
        return
    shape, room = positions.shape or (1,), x.shape or (1,)
    if len(shape) != len(room):
        role = "input" if name == "gather" else "self"
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as {role} tensor in {name}(): "
            f"the index has shape {positions.shape}, the {role} {x.shape}"
        )
    for i, size in enumerate(shape):
        if size > room[i] and i != axis:
            where = f"Size does not match at dimension {i} expected" if name == "gather" else "Expected"
            raise RuntimeError(
                f"{where} index {list(positions.shape)} to be no larger than self {list(x.shape)} apart "
                f"from dimension {axis} in {name}()"
            )
    size = room[axis]
    wrong = outside(positions, size)
    if possible(wrong):
        words = "index {index} is out of bounds for dimension {axis} with size {size} in " + f"{name}()"
        refuse(wrong, partial(_out_of_bounds, RuntimeError, words, axis, size), positions, wrong)


def outside(positions: Array, size: int) -> Array:
    """Which positions, of int64 or int32, are none from 0 to size − 1.

    >>> outside(np.array([0, -1, 2]), 2)
    array([False,  True,  True])
    """
    kind = UNSIGNED[positions.dtype]  # as which a negative one is large
    wrong: Array = positions.view(kind) >= alone(size, kind)
    return wrong


def _require_tensor(name: str, index: Any) -> None:
    """TypeError for an index that is a list or a number."""
    if not isinstance(index, np.ndarray):
        raise TypeError(f"{name}(): argument 'index' (position 2) must be Tensor, not {type(index).__name__}")


def _out_of_bounds(
    error: type[Exception], words: str, axis: int, size: int, positions: Array, wrong: Array
) -> Exception:
    return error(words.format(index=positions[wrong][0], axis=axis, size=size))


@op(torch="input", arrays="index", complex="analytic")
def gather(x: Array, *, dim: int, index: Array) -> Array:
    """y[i, j] = x[i, index[i, j]] for dim = 1, and likewise for any dimension and rank.

    index: int64, of x's rank and at most its size elsewhere than along `dim`; y has its shape.
    RuntimeError when an index is outside.

    >>> import numpynet
    >>> numpynet.gather(numpynet.tensor([[1, 2], [3, 4]]), 1, numpynet.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    starts = _row_starts(x, dim, index) if type(index) is np.ndarray and index.dtype in UNSIGNED else None
    if starts is not None and not possible(outside(index, x.shape[-1])):
        return x.take(index + starts)
    _check_positions("gather", x, dim, index)
    if not index.size:
        return np.zeros(index.shape, x.dtype)
    if not x.ndim or not index.ndim:
        return np.reshape(np.reshape(x, (-1,))[np.reshape(index, (-1,))], index.shape)
    return _taken(x, dim, index)


def _taken(x: Array, dim: int, positions: Array) -> Array:
    """x's elements at `positions` along `dim`; in a row-major x, along the last one, by their places in memory."""
    if x.ndim == 1 and type(x) is np.ndarray:
        return x.take(positions)
    starts = _row_starts(x, dim, positions)
    if starts is not None:
        return x.take(positions + starts)
    return row_major(x[places_along(positions, dim)])


def _row_starts(x: Array, dim: int, positions: Array) -> Array | None:
    """Where in memory the rows begin from which positions are taken along the last dimension of a row-major x.

    None where they are taken otherwise, or not from all rows.
    """
    if type(x) is not np.ndarray or not x.flags.c_contiguous:
        return None
    return _starts_of_rows(x.shape, dim, positions.shape)


@lru_cache(32)
def _starts_of_rows(shape: Shape, dim: int, positions: Shape) -> Array | None:
    """For each of the positions, where they are not so many that it takes less time to broadcast."""
    if len(shape) < 2 or dim not in (-1, len(shape) - 1) or shape[:-1] != positions[:-1]:
        return None
    starts = row_starts(math.prod(shape[:-1]), shape[-1]).reshape(*shape[:-1], 1)
    return starts if math.prod(positions) > FEW else np.broadcast_to(starts, positions).copy()


def _gathered_back(dy: Array, x_shape: Shape, dim: int, index: Array) -> Array:
    if not index.size:
        return np.zeros_like(dy, shape=x_shape)
    return put_back(np.atleast_1d(dy), x_shape or (1,), places_along(np.atleast_1d(index), dim)).reshape(x_shape)


gather.gradients(x=lambda dy, x, dim, index: _gathered_back(dy, x.shape, dim, index))  # torch keeps x too


@op(torch="input", arrays="positions", grad_fn=lambda title: title)
def picked(x: Array, *, dim: int, positions: Array, keepdim: bool = True, title: str = "GatherBackward0") -> Array:
    """`gather` for functions that find the positions themselves: the maximum along `dim`, the sorted order.

    positions: of x's rank. With ``keepdim=False`` they have size 1 along `dim`, and that dimension is dropped.
    title: of the node on the tape.

    >>> picked(np.array([[1, 5], [7, 3]]), dim=1, positions=np.array([[1], [0]]), keepdim=False)
    array([5, 7])
    """
    if not x.ndim:
        return x.copy()
    y = _taken(x, dim, positions)
    return y if keepdim else y.squeeze(dim)


def _picked_back(dy: Array, x_shape: Shape, dim: int, positions: Array, keepdim: bool) -> Array:
    if not x_shape:
        return dy
    return put_back(dy if keepdim else np.expand_dims(dy, dim), x_shape, places_along(positions, dim))


picked.gradients(x=_picked_back)


@op(
    torch="input src",
    arrays="index",
    grad_fn=lambda src: f"ScatterBackward{1 if isinstance(src, NUMBERS) else 0}",
    listed={"ScatterBackward1": "x"},
    complex="analytic",
)
def scatter(x: Array, src: Any, *, dim: int, index: Array) -> Array:
    """y = x, but y[i, index[i, j]] = src[i, j] for dim = 1, and likewise for any dimension and rank.

    src: a number, or an array of x's dtype that is nowhere smaller than the index. Of elements that are put in
    one place the last one stays.

    >>> scatter(np.zeros((2, 3)), 1.0, dim=1, index=np.array([[2], [0]]))
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    values = scattered("scatter", x, src, dim, index)
    y = x.copy()
    if not index.size:  # where the number need not fit
        return y
    starts = _row_starts(y, dim, index)
    if starts is not None:
        y.reshape(-1)[index + starts] = values
    else:
        np.atleast_1d(y)[places_along(np.atleast_1d(index), dim)] = values
    return y


def scattered(name: str, x: Array, src: Any, dim: int, index: Array) -> Any:
    """The part of `src` that goes to the index; RuntimeError in torch's words where it does not fit."""
    _check_positions(name, x, dim, index)
    if isinstance(src, NUMBERS):
        return fitting(src, x.dtype) if index.size else src
    if src.dtype != x.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype: convert one, as in x.float()")
    if index.size and any(size > have for size, have in zip(index.shape, src.shape, strict=False)):
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(x.shape)} apart from dimension {dim} "
            f"and to be no larger size than src {list(src.shape)} in {name}()"
        )
    return np.atleast_1d(src)[tuple(slice(size) for size in np.atleast_1d(index).shape)]


def _of_source(dy: Array, src_shape: Shape, dim: int, index: Array) -> Array:
    """dy where the index had put the source, in its place, and 0 for elements of the source that were not used."""
    dsrc = np.zeros_like(dy, shape=src_shape)
    used = tuple(slice(size) for size in index.shape)
    dsrc[used] = gather.forward(dy, dim=dim, index=index)
    return dsrc


scatter.gradients(
    x=lambda dy, dim, index: scatter.forward(dy, 0, dim=dim, index=index),
    src=_of_source,
)


@op(torch="input src", arrays="index", complex="analytic")
def scatter_add(x: Array, src: Array, *, dim: int, index: Array) -> Array:
    """y = x, to which src[i, j] is added at [i, index[i, j]] for dim = 1, and likewise for any dimension and rank.

    src: of x's dtype and nowhere smaller than the index.

    >>> scatter_add(np.zeros(2), np.array([1.0, 10.0, 100.0]), dim=0, index=np.array([0, 1, 0]))
    array([101.,  10.])
    """
    values = scattered("scatter_add", x, src, dim, index)
    y = x.copy()
    if not index.size:
        return y
    starts = _row_starts(y, dim, index)
    if starts is not None:
        np.add.at(y.reshape(-1), (index + starts).reshape(-1), values.reshape(-1))
    else:
        np.add.at(np.atleast_1d(y), places_along(np.atleast_1d(index), dim), values)
    return y


scatter_add.gradients(x=lambda dy: dy, src=_of_source)


@op(torch="input src", arrays="index", grad_fn=NOT_IMPLEMENTED, complex="written")
def scatter_reduced(x: Array, src: Any, *, dim: int, index: Array, reduce: str) -> Array:
    """y = x, at whose element [i, index[i, j]] src[i, j] is added ("add") or multiplied up ("multiply").

    For dim = 1, and likewise for any dimension and rank. It has no derivative, as in torch. RuntimeError for another
    reduction.

    >>> scatter_reduced(np.ones(2), 3.0, dim=0, index=np.array([0, 0]), reduce="multiply")
    array([9., 1.])
    """
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"scatter(): reduce argument must be either add or multiply, not {reduce!r}")
    values = scattered("scatter", x, src, dim, index)
    y = x.copy()
    if index.size:
        _REDUCTIONS[reduce].at(np.atleast_1d(y), places_along(np.atleast_1d(index), dim), values)
    return y


_REDUCTIONS = {"add": np.add, "multiply": np.multiply}

# --- one dimension at a time: whole slices ----------------------------------------------------------------


def _slices(ndim: int, dim: int, positions: Array) -> tuple[Any, ...]:
    """The full index of the slices at `positions` along `dim`."""
    return (slice(None),) * (dim % (ndim or 1)) + (np.atleast_1d(positions),)


def _is_usual(x: Array, dim: int, index: Any) -> bool:
    """Whether the index is a vector of positions that are all there in that dimension of x."""
    if type(index) is not np.ndarray or index.ndim != 1 or index.dtype not in UNSIGNED or not 0 <= dim < x.ndim:
        return False
    return not possible(outside(index, x.shape[dim]))


def _check_vector(name: str, x: Array, dim: int, index: Array, error: type[Exception], words: str) -> None:
    """Raises, as torch does, unless the index is a vector of positions in that dimension of x."""
    axis = normalize_axis_index(dim, x.ndim or 1)
    _require_tensor(name, index)
    if index.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector, but its shape is {list(index.shape)}")
    if index.dtype not in UNSIGNED:
        raise RuntimeError(f"{name}(): Expected dtype int32 or int64 for index, but it is {index.dtype.name}")
    size = x.shape[axis] if x.ndim else 1
    wrong = outside(index, size)
    if possible(wrong):
        refuse(wrong, partial(_out_of_bounds, error, words, axis, size), index, wrong)


@op(torch="input", arrays="index", complex="analytic")
def index_select(x: Array, *, dim: int, index: Array) -> Array:
    """The slices of x along `dim` at the positions of the 1-dimensional int64 `index`.

    IndexError when a position is outside.

    >>> import numpynet
    >>> numpynet.index_select(numpynet.tensor([[1, 2], [3, 4]]), 1, numpynet.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    if _is_usual(x, dim, index):
        return x.take(index, dim)
    if not x.ndim and np.size(index) != 1 and -1 <= dim < 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {np.size(index)} value(s)")
    if not x.size and x.ndim > 1 and -x.ndim <= dim < x.ndim and not x.shape[dim] and np.size(index):
        raise RuntimeError("index_select(): self indexing axis dim should be positive: there is nothing to select from")
    _check_vector(
        "index_select",
        x,
        dim,
        index,
        # as torch's two ways to do it raise
        RuntimeError if x.ndim > 1 and (dim in (1, 1 - x.ndim) or not x.size) else IndexError,
        "index out of range in self: index_select() finds {index} for dimension {axis} of size {size}",
    )
    return x.take(index.reshape(-1), dim) if x.ndim else x.copy()


def _selected_back(dy: Array, x_shape: Shape, dim: int, index: Array) -> Array:
    return put_back(dy, x_shape, _slices(len(x_shape), dim, index)) if x_shape else dy


index_select.gradients(x=_selected_back)


@op(torch="input source", arrays="index", complex="analytic")
def index_add(x: Array, source: Array, *, dim: int, index: Array, alpha: float = 1) -> Array:
    """y = x, to whose slices at `index` along `dim` alpha times the slices of `source` are added.

    >>> index_add(np.zeros((2, 2)), np.ones((3, 2)), dim=0, index=np.array([0, 1, 0]))
    array([[2., 2.],
           [1., 1.]])
    """
    if x.size or x.ndim < 2:
        _check_vector(
            "index_add",
            x,
            dim,
            index,
            RuntimeError if x.ndim > 1 else IndexError,
            "index {index} is out of bounds for dimension {axis} with size {size} in index_add()",
        )
    if source.dtype != x.dtype:
        raise RuntimeError(
            f"index_add_(): self ({scalar_name(x)}) and source ({scalar_name(source)}) must have the same scalar type"
        )
    found = source.shape[dim] if source.ndim else 1
    if not source.ndim and index.size != 1:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions: the source of index_add() is a number")
    if found != index.size:
        raise RuntimeError(
            f"index_add_(): Number of indices ({index.size}) should be equal to source.size(dim): ({found}), "
            f"for dim: {dim}"
        )
    others = [list(one.shape[:dim]) + list(one.shape[dim:][1:]) for one in (x, source)]
    if x.ndim and source.ndim and others[0] != others[1]:
        raise RuntimeError(
            f"source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(x.shape)} source.shape = {list(source.shape)}"
        )
    y = x.copy()
    if not y.size:
        return y
    np.add.at(np.atleast_1d(y), _slices(x.ndim, dim, index), source if alpha == 1 else as_held(alpha, x) * source)
    return y


def _of_slices(dy: Array, source: Array, dim: int, index: Array, alpha: float) -> Array:
    """The slices of dy, in the shape of the source, which torch keeps for that."""
    return np.reshape(alpha * index_select.forward(dy, dim=dim, index=index), source.shape)


index_add.gradients(x=lambda dy: dy, source=_of_slices)
