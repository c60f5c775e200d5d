"""Strided: a tensor's memory looked at by steps of one's own. Imported when first asked for."""

from __future__ import annotations

from collections.abc import Sequence

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor, look, record
from numpynet.ops import strides


@composed
def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """A view of the tensor's memory, whose element [i, j, ...] lies at storage_offset + i · stride₀ + j · stride₁ + ...

    storage_offset: by default that of the tensor's first element.
    RuntimeError where that leaves the tensor's own elements, and for a tensor with gaps between them.

    >>> import numpynet
    >>> numpynet.as_strided(numpynet.arange(4), (2, 3), (1, 1))
    tensor([[0, 1, 2],
            [1, 2, 3]])
    """
    array = input._array
    order = sorted(range(array.ndim), key=lambda dim: -array.strides[dim])
    if not array.transpose(order).flags.c_contiguous:
        raise RuntimeError(
            f"as_strided(): the elements of a tensor of strides {tuple(input.stride())} have gaps between them or are "
            f"repeated: take as_strided() of the tensor that it is a view of, or of contiguous()"
        )
    offset = 0 if storage_offset is None else storage_offset - input.storage_offset()
    flat = input
    if order != list(range(array.ndim)):
        flat = look(flat, ops.permute, {"dims": order})
    if array.ndim != 1:
        flat = look(flat, ops.view, {"shape": (-1,)})
    return record(strides.as_strided, (flat,), {"size": tuple(size), "stride": tuple(stride), "offset": offset})
