"""Results: tensors whose node on the tape bears torch's name of the function."""

from __future__ import annotations

from numpynet.core.tape import OpNode, Undifferentiable
from numpynet.core.tensor import Tensor
from numpynet.core.tensor import wrap as wrap


def titled(tensor: Tensor, title: str) -> Tensor:
    """The tensor itself, its node on the tape given the name that torch's function of this kind gives it."""
    if tensor._node is not None:
        tensor._node.title = title  # type: ignore[attr-defined]
    return tensor


def keeping(result: Tensor, *operands: Tensor) -> Tensor:
    """The result itself, for one backward pass, until which tensors must stay that torch keeps, needed or not."""
    if isinstance(result._node, OpNode):
        result._node.watch(operands)
    return result


def undifferentiable(result: Tensor, title: str, message: str) -> Tensor:
    """The result itself, through which no backward pass leads: there torch raises RuntimeError, with that message."""
    if result._node is not None:
        result._node = Undifferentiable((result._node,), title, message)
    return result


def scaled(tensor: Tensor, title: str) -> Tensor:
    """A multiple of a tensor under a name of its own: torch then keeps the factor for any number of backward passes."""
    if tensor._node is not None:
        tensor._node.watched = None  # type: ignore[attr-defined]
    return titled(tensor, title)
