"""Variable: what programs written for torch before 0.4 wrap their tensors in. A tensor needs no wrapping."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor


class _OfTensors(type):
    """Every tensor is an instance of `Variable`."""

    def __instancecheck__(cls, instance: Any) -> bool:

        return isinstance(instance, Tensor)


class Variable(metaclass=_OfTensors):
    """The same memory as a tensor without history, which requires a gradient if so wished.

    TypeError for what is no tensor.

    >>> import numpynet
    >>> numpynet.autograd.Variable(numpynet.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Any, requires_grad: bool = False) -> Any:
        if not hasattr(data, "_array"):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)
