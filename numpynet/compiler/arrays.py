"""A tensor's array, past the gate that stands before it while a step is traced."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor

_SLOT: Any = Tensor.__dict__["_array"]


def array_of(tensor: Tensor) -> Any:
    """The array or symbol in the tensor; None before it was given one."""
    try:
        return _SLOT.__get__(tensor)
    except AttributeError:
        return None


def set_array_of(tensor: Tensor, array: Any) -> None:
    """Puts an array or a symbol into the tensor."""
    _SLOT.__set__(tensor, array)
