"""Group reduction: elements and slices of a source reduced by where they go. Imported when first asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import keeping, titled, wrap
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor, record
from numpynet.ops import group_reduction
from numpynet.ops.acceptance import scalar_name
from numpynet.ops.form import refuse
from numpynet.ops.warning import warn_once


@composed(out=True)
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """The tensor, with all src[i, j] for which index[i, j] = k reduced to one element at [i, k], for dim = 1.

    Likewise for any dimension and rank. reduce: "sum", "prod", "mean", "amax" or "amin".
    include_self: whether what is there is reduced with them. Where nothing goes, it stays.

    >>> import numpynet
    >>> numpynet.scatter_reduce(
    ...     numpynet.zeros(2), 0, numpynet.tensor([0, 1, 0]), numpynet.tensor([1.0, 3.0, 5.0]), "amax"
    ... )
    tensor([5., 3.])
    """
    options = {"dim": dim, "index": index, "reduce": reduce, "include_self": include_self}
    return record(group_reduction.scatter_reduce, (input, src), options)


@composed
def scatter_reduce_(
    self: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """As `scatter_reduce`, written into this tensor.

    >>> import numpynet
    >>> numpynet.zeros(2).scatter_reduce_(0, numpynet.tensor([0, 1, 0]), numpynet.tensor([1.0, 3.0, 5.0]), "amax")
    tensor([5., 3.])
    """
    options = {"dim": dim, "index": index, "reduce": reduce, "include_self": include_self}
    return self._overwrite(group_reduction.scatter_reduce, (self, src), options)


@composed(out=True)
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """The tensor, with all slices of `source` that go to one place along `dim` reduced to one slice there.

    index: for each slice of the source, where it goes. reduce: "prod", "mean", "amax" or "amin".
    include_self: whether what is there is reduced with them. Where nothing goes, it stays.

    >>> import numpynet
    >>> numpynet.index_reduce(
    ...     numpynet.zeros(2), 0, numpynet.tensor([0, 1, 0]), numpynet.tensor([1.0, 3.0, 5.0]), "amax"
    ... )
    tensor([5., 3.])
    """
    options = _of_slices(input, dim, index, source, reduce) | {"include_self": include_self}
    return titled(record(group_reduction.scatter_reduce, (input, source), options), "IndexReduceBackward0")


@composed
def index_reduce_(
    self: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """As `index_reduce`, written into this tensor.

    >>> import numpynet
    >>> numpynet.zeros(2).index_reduce_(0, numpynet.tensor([0, 1, 0]), numpynet.tensor([1.0, 3.0, 5.0]), "amax")
    tensor([5., 3.])
    """
    options = _of_slices(self, dim, index, source, reduce) | {"include_self": include_self}
    return self._renamed(
        self._overwrite(group_reduction.scatter_reduce, (self, source), options), "IndexReduceBackward0"
    )


def _of_slices(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str) -> dict[str, Any]:
    """The options with which `scatter_reduce` reduces slices; RuntimeError or IndexError where they do not fit."""
    warn_once("index_reduce() is in beta and the API may change at any time.")
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    along = normal_dim(dim, input.ndim, "index_reduce")
    if index.ndim > 1:
        raise IndexError(f"index_reduce_(): Index is supposed to be a vector, but its shape is {list(index.shape)}")
    if index._array.dtype.name not in ("int32", "int64"):
        raise RuntimeError(f"index_reduce_(): Expected dtype int32/int64 for index but got: {index.dtype}")
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"index_reduce_(): self ({scalar_name(input._array)}) and source ({scalar_name(source._array)}) must have "
            f"the same scalar type"
        )
    if not source.ndim and index.numel() != 1:
        raise IndexError(
            "Dimension specified as 0 but tensor has no dimensions: the source of index_reduce() is a number"
        )
    found = source.shape[along] if along < source.ndim else 1
    if found != index.numel():
        raise RuntimeError(
            f"index_reduce_(): Number of indices ({index.numel()}) should be equal to source.size(dim): ({found}), for "
            f"dim: {dim}"
        )
    others = [[size for place, size in enumerate(one.shape) if place != along] for one in (input, source)]
    if input.ndim != source.ndim or others[0] != others[1]:
        raise RuntimeError(
            f"source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(input.shape)} source.shape = {list(source.shape)}"
        )
    size = input.shape[along] if input.ndim else 1
    wrong = (index._array < 0) | (index._array >= size)
    refuse(
        wrong, lambda: IndexError(f"index out of range in self: index_reduce() along dimension {along} of size {size}")
    )
    shape = [1] * source.ndim
    shape[along : along + 1] = [index.numel()] * min(source.ndim, 1)
    places = ops.expand(ops.reshape(index, shape), size=tuple(source.shape))
    return {"dim": dim, "index": places, "reduce": reduce}


@composed
def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """Consecutive segments along `axis` reduced to one element each: (..., N, ...) -> (..., S, ...).

    reduce: "sum", "prod", "mean", "max" or "min".
    lengths: (..., S), of the segments of each row, with all dimensions before `axis`; they add up to N.
    offsets: (..., S + 1), where segments start and end, in the place of their lengths.
    initial: what each reduction starts from; without it an empty segment has 0, 1, NaN, −∞ or ∞.
    Equal extremes share a positive cotangent; each of them gets all of a negative one, as in torch.
    RuntimeError for lengths that do not fit, also where `unsafe` would let torch go on.

    >>> import numpynet
    >>> numpynet.segment_reduce(numpynet.tensor([1.0, 2.0, 3.0]), "max", lengths=numpynet.tensor([2, 1]))
    tensor([2., 3.])
    """
    kind = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    if kind not in group_reduction.REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    counts = _lengths(data, lengths, offsets, axis)
    if data._array.dtype.kind != "f":
        raise NotImplementedError(f"\"_segment_reduce_cpu\" not implemented for '{scalar_name(data._array)}'")
    dim, count = counts.ndim - 1, counts.shape[-1]
    behind = (1,) * (data.ndim - counts.ndim)
    rows = [np.repeat(np.arange(count), row) for row in counts.reshape(-1, count)]
    places = np.reshape(rows, (*counts.shape[:-1], data.shape[dim], *behind)).astype(np.int64)
    options = {
        "index": wrap(np.broadcast_to(places, data.shape)),
        "counts": wrap(counts.reshape(*counts.shape, *behind)),
    }
    reduced = record(
        group_reduction.segment_reduce, (data,), options | {"dim": dim, "reduce": kind, "initial": initial}
    )
    return keeping(reduced, *(one for one in (lengths, offsets) if one is not None))


def _lengths(data: Tensor, lengths: Tensor | None, offsets: Tensor | None, axis: int) -> Any:
    """The lengths of all segments, as an array; RuntimeError where they do not fit the data."""
    given = offsets if lengths is None else lengths
    if given is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    if given._array.dtype.name not in ("int32", "int64"):
        raise NotImplementedError(
            f"\"_segment_reduce_lengths_cpu_kernel1\" not implemented for '{scalar_name(given._array)}'"
        )
    counts = np.diff(given._array) if lengths is None else given._array
    if data.ndim < counts.ndim:
        raise RuntimeError(
            f"segment_reduce(): the data have {data.ndim} dimensions, but the lengths {counts.ndim}: they have those "
            f"before the axis and one for the segments"
        )
    if normal_dim(axis, data.ndim, "segment_reduce") != counts.ndim - 1:
        raise RuntimeError(f"segment_reduce(): Expected axis to be the last dimension of lengths but got {axis}.")
    if (counts < 0).any():
        raise RuntimeError("segment_reduce(): lengths contains negative value!")
    if counts.shape[:-1] != data._array.shape[: counts.ndim - 1] or (counts.sum(-1) != data.shape[axis]).any():
        raise RuntimeError(
            "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1), but the "
            f"lengths are {counts.tolist()} and the data have shape {tuple(data.shape)}"
        )
    return counts
