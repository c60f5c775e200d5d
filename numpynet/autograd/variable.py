"""Variable: what programs written for torch before 0.4 wrap their tensors in. A tensor needs no wrapping."""

from __future__ import annotations

import warnings
from typing import Any

from numpynet.core.backward import require_flags
from numpynet.core.tensor import Tensor


class _OfTensors(type):
    """Every tensor is an instance of `Variable`."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_OfTensors):
    """The same memory as a tensor without history, which requires a gradient if so wished; without data it is empty.

    volatile: what `no_grad` does today. It has no effect, and a warning says so; ValueError where a gradient is wanted.
    TypeError for what is no tensor, and for a flag that is no integer; OverflowError for one beyond 255.

    >>> import numpynet
    >>> numpynet.autograd.Variable(numpynet.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = False, volatile: bool = False) -> Any:
        require_flags(requires_grad, volatile)
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
            if requires_grad:
                raise ValueError("Variable can't be volatile and require_grad at the same time!")
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(bool(requires_grad))
