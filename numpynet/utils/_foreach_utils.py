"""torch.utils._foreach_utils: groups of tensors of one dtype, which optimizers of others ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpynet.core.tensor import Tensor

Row = list[Tensor | None]
Groups = dict[tuple[Any, Any], tuple[list[Row], list[int]]]


def _group_tensors_by_device_and_dtype(
    tensorlistlist: Sequence[Sequence[Tensor | None]], with_indices: bool = False
) -> Groups:
    """Lists of equal lengths, divided by the device and dtype of the first list's tensors, and where these stood.

    >>> import numpynet
    >>> list(_group_tensors_by_device_and_dtype([[numpynet.ones(1)], [None]], with_indices=True).values())
    [([[tensor([1.])], [None]], [0])]
    """
    groups: Groups = {}
    for place, row in enumerate(zip(*tensorlistlist, strict=True)):
        first = row[0]
        if first is None:
            raise RuntimeError("_group_tensors_by_device_and_dtype(): the first list holds tensors only, but got None")
        lists, places = groups.setdefault((first.device, first.dtype), ([[] for _ in tensorlistlist], []))
        for kept, one in zip(lists, row, strict=True):
            kept.append(one)
        if with_indices:
            places.append(place)
    return groups


def _get_foreach_kernels_supported_devices() -> list[str]:
    """No device has them.

    >>> _get_foreach_kernels_supported_devices()
    []
    """
    return []
