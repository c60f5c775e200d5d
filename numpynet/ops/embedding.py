"""Embedding: rows of a table looked up by their numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from numpynet.ops.acceptance import scalar_name
from numpynet.ops.form import Array, op, refuse


@op(torch="weight", arrays="index")
def embedding(w: Array, *, index: Array, padding_idx: int | None = None) -> Any:
    """y = w[index]        w (V, D), index (...) integers from 0 to V − 1 -> y (..., D)

    The row `padding_idx` gets no gradient. RuntimeError when the index is not of int64 or int32, IndexError
    when a number is out of range.
    """
    if index.dtype not in (np.int64, np.int32):
        raise RuntimeError(
            f"embedding: Expected tensor for argument 'indices' to have one of the following scalar types: Long, "
            f"Int; but got {scalar_name(index)} instead: convert it, as in x.long()"
        )
    if not len(w) and index.size:
        raise RuntimeError("index_select(): self indexing axis dim should be positive: the table has no rows")
    refuse((index < 0) | (index >= len(w)), partial(_out_of_range, len(w)))
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
