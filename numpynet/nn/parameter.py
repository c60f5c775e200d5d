"""Parameter: a tensor that a module learns."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor, leaf
from numpynet.creation import empty


class Parameter(Tensor):
    """A tensor that belongs to a module: assigned to an attribute, it is one of the module's `parameters()`.

    data: the tensor whose memory the parameter shares; without one it is empty.
    requires_grad: whether it is to be learned; True also inside `no_grad`.
    RuntimeError when data that are not floating should require a gradient.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Parameter(numpynet.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise AttributeError(
                f"'{type(data).__name__}' object has no attribute 'detach': a Parameter is made of a tensor, as in "
                f"Parameter(numpynet.tensor(data))"
            )
        parameter = leaf(cls, data._array, data._writes, False)
        parameter.requires_grad_(requires_grad)
        return parameter

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A parameter of the same values in memory of its own, without the gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()
