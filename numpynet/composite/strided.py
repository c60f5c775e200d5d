"""Strided: a tensor's memory looked at by steps of one's own. Imported when first asked for."""

from __future__ import annotations

from collections.abc import Sequence

from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor, record
from numpynet.core.views import steps_of_strides


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
    offset = 0 if storage_offset is None else storage_offset - input.storage_offset()
    steps = steps_of_strides(input._array, size, stride, offset)
    if steps is None:
        raise RuntimeError(
            f"as_strided(): the elements of a tensor of strides {tuple(input.stride())} have gaps between them or are "
            f"repeated: take as_strided() of the tensor that it is a view of, or of contiguous()"
        )
    view = input
    for operation, options in steps:
        view = record(operation, (view,), options)
    return view
