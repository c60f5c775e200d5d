"""Embedding: rows of a table looked up by their numbers, one by one or in bags."""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from numpynet.ops.acceptance import scalar_name
from numpynet.ops.form import Array, op, possible, refuse
from numpynet.ops.indexing import UNSIGNED, outside
from numpynet.ops.sums import column_sums, sum_over


@op(torch="weight", arrays="index")
def embedding(w: Array, *, index: Array, padding_idx: int | None = None) -> Any:
    """y = w[index]        w (V, D), index (...) integers from 0 to V − 1 -> y (..., D)

    The row `padding_idx` gets no gradient. RuntimeError when the index is not of int64 or int32, IndexError
    when a number is out of range.
    """
    if index.dtype not in UNSIGNED:
        raise RuntimeError(
            f"embedding: Expected tensor for argument 'indices' to have one of the following scalar types: Long, "
            f"Int; but got {scalar_name(index)} instead: convert it, as in x.long()"
        )
    if not len(w) and index.size:
        raise RuntimeError("index_select(): self indexing axis dim should be positive: the table has no rows")
    wrong = outside(index, len(w))
    if possible(wrong):
        refuse(wrong, partial(_out_of_range, len(w)))
    return w.take(index, axis=0, mode="clip")  # "clip" needs no copy, and nothing is clipped


def _out_of_range(rows: int) -> IndexError:
    return IndexError(f"embedding: index out of range in self: the table has the rows 0 to {rows - 1}")


def _by_table(dy: Array, w_shape: tuple[int, ...], index: Array, padding_idx: int | None) -> Array:
    """Σ of the cotangents of all places where a row was looked up"""
    dw = np.zeros_like(dy, shape=w_shape)
    np.add.at(dw, index, dy)
    if padding_idx is not None:
        dw[padding_idx] = 0
    return dw


embedding.gradients(w=_by_table)


# --- bags of rows -----------------------------------------------------------------------------------------


@op(torch="weight per_sample_weights", arrays="index", grad_fn="EmbeddingBagBackward0")
def embedding_bag(w: Array, s: Array | None = None, *, index: Array, sizes: tuple[int, ...], mode: str = "mean") -> Any:
    """y = Σ s[n] w[index[n]] over the n of each bag, or their mean        w (V, D) -> y (bags, D)

    index: (N,) integers from 0 to V − 1, the bags one after another. sizes: how many of them belong to each bag; where
    there is none y is 0. s: (N,) or None, with the sum only. mode: "sum" or "mean".
    """
    rows = embedding.forward(w, index=index)
    if s is not None:
        rows = rows * s[:, None]
    y = _summed(rows, sizes, bags_of(sizes))
    return y / _counts(sizes, w.dtype) if mode == "mean" else y


def bags_of(sizes: tuple[int, ...]) -> list[slice]:
    """The bags of these sizes, one after another."""
    stops = list(accumulate(sizes))
    return [slice(stop - size, stop) for size, stop in zip(sizes, stops, strict=True)]


def _summed(rows: Array, sizes: tuple[int, ...], bags: list[slice]) -> Array:
    """The sum of each bag."""
    if sizes and sizes[0] and sizes.count(sizes[0]) == len(sizes):
        return sum_over(rows.reshape(len(sizes), sizes[0], rows.shape[1]), 1)
    y = np.zeros_like(rows, shape=(len(sizes), rows.shape[1]))
    for bag, part in enumerate(bags):
        if part.stop > part.start:
            y[bag] = column_sums(rows[part])
    return y


def _counts(sizes: tuple[int, ...], dtype: Any) -> Array:
    """How many are averaged, as a column; 1 for none."""
    return np.maximum(np.array(sizes, dtype), 1).reshape(-1, 1)


def _of_rows(dy: Array, sizes: tuple[int, ...], mode: str) -> Array:
    """The cotangent of each row that was looked up."""
    if mode == "mean":
        dy = dy / _counts(sizes, dy.dtype)
    return np.take(dy, np.repeat(np.arange(len(sizes)), sizes), axis=0)


def _by_bags(
    dy: Array, w_shape: tuple[int, ...], s: Array | None, index: Array, sizes: tuple[int, ...], mode: str
) -> Array:
    """Σ of the cotangents of all places where a row was looked up"""
    of_rows = _of_rows(dy, sizes, mode)
    return _by_table(of_rows if s is None else of_rows * s[:, None], w_shape, index, None)


embedding_bag.gradients(
    w=_by_bags,
    s=lambda dy, w, index, sizes: sum_over(_of_rows(dy, sizes, "sum") * w.take(index, axis=0, mode="clip"), 1),
)
