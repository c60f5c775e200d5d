"""Queries: questions about tensors that Python's own values answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor
from numpynet.ops.form import possible


@composed
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether |input − other| ≤ atol + rtol |other| everywhere; RuntimeError where the dtypes differ.

    >>> import numpynet
    >>> numpynet.allclose(numpynet.tensor([1.0]), numpynet.tensor([1.000001]))
    True
    """
    close = ops.isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)._array
    return bool(np.count_nonzero(close) == close.size)


@composed
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape and the same elements.

    >>> import numpynet
    >>> numpynet.equal(numpynet.tensor([1, 2]), numpynet.tensor([1, 2]))
    True
    """
    a, b = input._array, other._array
    if a.shape != b.shape:
        return False
    differ = a != b
    return not (possible(differ) if type(differ) is np.ndarray else np.count_nonzero(differ))


@composed
def numel(input: Tensor) -> int:
    """How many elements a tensor has.

    >>> import numpynet
    >>> numpynet.numel(numpynet.zeros(2, 3))
    6
    """
    return input.numel()


def is_tensor(obj: Any) -> bool:
    """Whether an object is a Tensor.

    >>> import numpynet
    >>> numpynet.is_tensor(numpynet.zeros(2)), numpynet.is_tensor([0.0])
    (True, False)
    """

    return isinstance(obj, Tensor)


@composed
def is_floating_point(input: Tensor) -> bool:
    """Whether a tensor's dtype is a floating type.

    >>> import numpynet
    >>> numpynet.is_floating_point(numpynet.zeros(2))
    True
    """
    return input.is_floating_point()


@composed
def is_inference(input: Tensor) -> bool:
    """Whether a tensor was made in inference mode.

    >>> import numpynet
    >>> numpynet.is_inference(numpynet.zeros(2))
    False
    """
    return input.is_inference()


@composed
def is_complex(input: Tensor) -> bool:
    """Always False: numpynet has no complex tensors.

    >>> import numpynet
    >>> numpynet.is_complex(numpynet.zeros(2))
    False
    """
    return input.is_complex()


@composed
def is_nonzero(input: Tensor) -> bool:
    """Whether the one element of a tensor is not 0; RuntimeError when there are more or none.

    >>> import numpynet
    >>> numpynet.is_nonzero(numpynet.tensor([0.0])), numpynet.is_nonzero(numpynet.tensor(3))
    (False, True)
    """
    if input.numel() != 1:
        raise RuntimeError(
            f"Boolean value of Tensor with {'more than one' if input.numel() else 'no'} value"
            f"{'' if input.numel() else 's'} is ambiguous"
        )
    return bool(input)


@composed
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape.

    >>> import numpynet
    >>> numpynet.zeros(2, 3).is_same_size(numpynet.ones(2, 3))
    True
    """
    return input._array.shape == other._array.shape


@composed
def is_set_to(input: Tensor, tensor: Tensor) -> bool:
    """Whether two tensors are the same elements of the same memory.

    >>> import numpynet
    >>> x = numpynet.zeros(2)
    >>> x.is_set_to(x.detach()), x.is_set_to(x.clone())
    (True, False)
    """
    a, b = input._array, tensor._array
    same_memory = input._writes is tensor._writes and input.data_ptr() == tensor.data_ptr()
    return same_memory and (a.shape, a.strides, a.dtype) == (b.shape, b.strides, b.dtype)


def typename(obj: Any) -> str:
    """The name of a tensor's type, or of a class or an object's class, with its module.

    >>> import numpynet
    >>> numpynet.typename(numpynet.zeros(2)), numpynet.typename(3)
    ('torch.FloatTensor', 'int')
    """
    if isinstance(obj, Tensor):
        name: str = obj.type()
        return name
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None) or "builtins"
    return named.__qualname__ if module == "builtins" else f"{module}.{named.__qualname__}"
