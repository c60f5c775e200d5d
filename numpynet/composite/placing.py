"""Placing: slices and elements put in the place of others, by index. They are imported when first asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.composite.shapes import selected_dim
from numpynet.core.indices import read_index
from numpynet.core.messages import normal_dim
from numpynet.core.modes import flags
from numpynet.core.tensor import Tensor, owned_alike, record
from numpynet.ops import placing
from numpynet.ops.arguments import require

# --- by a vector of indices -----------------------------------------------------------------------------------


@composed(out=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """The tensor, but with the slices of `source` in the place of its slices at `index` along `dim`.

    Of slices that are put in one place the last one stays. RuntimeError and IndexError where they do not fit.

    >>> import numpynet
    >>> numpynet.index_copy(numpynet.zeros(3), 0, numpynet.tensor([2, 0]), numpynet.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    return record(placing.index_copy, (input, source), {"dim": dim, "index": index})


@composed
def index_copy_(self: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Writes the slices of `source` over this tensor's slices at `index` along `dim`.

    >>> import numpynet
    >>> numpynet.zeros(3).index_copy_(0, numpynet.tensor([2, 0]), numpynet.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    return self._overwrite(placing.index_copy, (self, source), {"dim": dim, "index": index})


@composed(out=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """The tensor, but with one number in its slices at `index` along `dim`.

    value: a number, or a tensor without dimensions. IndexError for an index outside.

    >>> import numpynet
    >>> numpynet.index_fill(numpynet.zeros(3), 0, numpynet.tensor([0, 2]), 5)
    tensor([5., 0., 5.])
    """
    return record(placing.index_fill, (input, value), {"dim": dim, "index": index})


@composed
def index_fill_(self: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Writes one number into the slices at `index` along `dim`.

    value: a number, or a tensor without dimensions.

    >>> import numpynet
    >>> numpynet.zeros(3).index_fill_(0, numpynet.tensor([0, 2]), 5)
    tensor([5., 0., 5.])
    """
    if isinstance(value, Tensor) and owned_alike(self._array, value._array):  # it is read before anything is written
        value = ops.clone(value)
    return self._overwrite(placing.index_fill, (self, value), {"dim": dim, "index": index})


@composed
def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor of the same shape and dtype, of one number everywhere.

    value: a number, or a tensor without dimensions. RuntimeError for one that has some.

    >>> import numpynet
    >>> numpynet.fill(numpynet.zeros(2), 7)
    tensor([7., 7.])
    """
    require("fill", (input, value))
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"fill only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
    return titled(input.clone().fill_(value), f"FillBackward{1 if isinstance(value, Tensor) else 0}")


# --- by places ------------------------------------------------------------------------------------------------


@composed
def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """The tensor, but with input[indices] = values, or with `accumulate` input[indices] += values.

    indices: a tuple of tensors. Only where they accumulate do repeated indices add up.

    >>> import numpynet
    >>> numpynet.index_put(numpynet.zeros(3), (numpynet.tensor([0, 2]),), numpynet.tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    place = _place("index_put", indices, input)
    _require_one_dtype(input, values)
    _, arrays, guards = read_index(place, input.ndim)
    operation = ops.index_put_accumulate if accumulate else ops.index_put
    result = record(operation, (input, values), {"index": arrays})
    if result._node is not None:
        result._node.watch(guards)  # type: ignore[attr-defined]
    return result


@composed
def index_put_(self: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """self[indices] = values, or with `accumulate` self[indices] += values where repeated indices add up.

    indices: a tuple of tensors.

    >>> import numpynet
    >>> numpynet.zeros(3).index_put_((numpynet.tensor([0, 0]),), numpynet.tensor([1.0, 2.0]), accumulate=True)
    tensor([3., 0., 0.])
    """
    if flags.enabled and isinstance(values, Tensor) and (self.requires_grad or values.requires_grad):
        self._refuse_overwriting()
    place = _place("index_put_", indices, self)
    if len(place) > self._array.ndim:  # where index_put takes a mask without dimensions
        raise IndexError(f"too many indices for tensor of dimension {self._array.ndim} (got {len(place)})")
    _require_one_dtype(self, values)
    if accumulate:
        return self._overwrite_at(ops.index_put_accumulate, place, values)
    self[place] = values
    return self


def _require_one_dtype(input: Tensor, values: Tensor) -> None:
    if values._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {input.dtype} for the destination and "
            f"{values.dtype} for the source."
        )


def _place(name: str, indices: Any, input: Tensor) -> tuple[Tensor, ...]:
    """The tensors that make up an index; TypeError for anything else, RuntimeError for none, IndexError for many."""
    if not isinstance(indices, (tuple, list)):
        kind = type(indices).__name__
        raise TypeError(f"{name}(): argument 'indices' (position 1) must be tuple of Tensors, not {kind}")
    for position, one in enumerate(indices):
        if not isinstance(one, Tensor):
            kind = type(one).__name__
            raise TypeError(f"expected Tensor as element {position} in argument 0, but got {kind} in {name}()")
    if not indices:
        raise RuntimeError(f"{name}(): indices must hold a tensor at least")
    count = sum(one._array.ndim if one._array.dtype == np.bool_ else 1 for one in indices)
    if count > input._array.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input._array.ndim} (got {count})")
    return tuple(indices)


@composed(out=True)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """The tensor, but with the elements of `source` at these places of the flattened tensor, or added to them.

    >>> import numpynet
    >>> numpynet.put(numpynet.zeros(2, 2), numpynet.tensor([1, -1]), numpynet.tensor([1.0, 2.0]))
    tensor([[0., 1.],
            [0., 2.]])
    """
    return record(placing.put, (input, source), {"index": index, "accumulate": accumulate})


@composed
def put_(self: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Writes the elements of `source` at these places of the flattened tensor, or adds them there.

    >>> import numpynet
    >>> numpynet.zeros(2, 2).put_(numpynet.tensor([1, -1]), numpynet.tensor([1.0, 2.0]))
    tensor([[0., 1.],
            [0., 2.]])
    """
    return self._overwrite(placing.put, (self, source), {"index": index, "accumulate": accumulate})


# --- in the place of a view -----------------------------------------------------------------------------------


@composed
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """The tensor, but with `src` in the place of ``select(input, dim, index)``, whose shape it must have.

    >>> import numpynet
    >>> numpynet.select_scatter(numpynet.zeros(2, 2), numpynet.tensor([1.0, 2.0]), 0, 1)
    tensor([[0., 0.],
            [1., 2.]])
    """
    along = selected_dim("select_scatter", input, dim, index)
    return titled(_placed(input, src, along, index), "SelectScatterBackward0")


@composed
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """The tensor, but with `src` in the place of its slices from `start` to `end` along `dim`, whose shape it has.

    >>> import numpynet
    >>> numpynet.slice_scatter(numpynet.zeros(4), numpynet.tensor([1.0, 2.0]), 0, 0, 4, 2)
    tensor([1., 0., 2., 0.])
    """
    if not input.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    along = normal_dim(dim, input.ndim, "slice_scatter")
    if step <= 0:
        raise RuntimeError("slice step must be positive in slice_scatter()")
    return titled(_placed(input, src, along, slice(start, end, step)), "SliceScatterBackward0")


def _placed(input: Tensor, src: Tensor, dim: int, place: int | slice) -> Tensor:
    """The tensor with `src` at a place along `dim`; RuntimeError where it is of another shape."""
    index = (*(slice(None),) * dim, place)
    there = input._array[index].shape
    if there != src._array.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src._array.shape)}, slice size "
            f"= {list(there)}"
        )
    return record(ops.index_put, (input, src), {"index": index})
