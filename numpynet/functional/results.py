"""Results: arrays as tensors, and tensors whose node on the tape bears torch's name of the function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpynet.ops.form import Array

if TYPE_CHECKING:
    from numpynet.tensor import Tensor


def wrap(array: Array) -> Tensor:
    """A tensor around an array."""
    from numpynet.tensor import wrap as wrap_array  # which is defined later: a tensor's methods are these functions

    return wrap_array(array)


def titled(tensor: Tensor, title: str) -> Tensor:
    """The tensor itself, its node on the tape given the name that torch's function of this kind gives it."""
    if tensor._node is not None:
        tensor._node.title = title  # type: ignore[attr-defined]
    return tensor
