"""From data: the array that a number, nested sequences, an array or a tensor stand for, as torch infers it."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core import dtypes
from numpynet.core.device import require_cpu
from numpynet.core.tensor import Tensor, wrap
from numpynet.creation.arguments import Kind, finished, floating
from numpynet.ops.form import Array

SEQUENCES = (list, tuple, range)


def array_from(data: Any, kind: np.dtype[Any] | None) -> Array:
    """A new array of the data, in the dtype `kind` or in the one that torch infers.

    Python floats become the default dtype, integers int64, booleans bool; arrays and tensors keep theirs.
    ValueError for ragged sequences and for integers beyond int64, TypeError and RuntimeError for what are no
    numbers, RuntimeError for numbers that `kind` cannot hold.
    """
    if isinstance(data, Tensor):
        data = data.detach()._array
    if isinstance(data, (np.ndarray, np.generic)):
        array = supported(np.asarray(data))
        return np.array(array, array.dtype if kind is None else kind, order="C")
    typed = isinstance(next(_leaves(data), None), (np.ndarray, np.generic, Tensor))
    array = _of_sequences(_without_tensors(data) if typed else data, kind)
    if kind is not None:
        _require_range(array, kind)
    elif typed:
        kind = functools.reduce(dtypes.promote_arrays, (_dtype_of(one) for one in _leaves(data)))
    elif array.dtype.kind == "f":
        kind = dtypes.default_numpy_dtype()
    return array if kind is None else array.astype(kind)


def supported(array: Array) -> Array:
    """The array itself; TypeError for a dtype and ValueError for a layout that torch does not take."""
    dtypes.from_numpy_dtype(array.dtype)
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders "
            "is currently not supported: convert it, as in array.astype(array.dtype.newbyteorder('='))"
        )
    if any(stride < 0 for stride in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported: copy it, as in array.copy()"
        )
    return array


def _leaves(data: Any) -> Iterator[Any]:
    """What nested sequences hold, in order."""
    if isinstance(data, SEQUENCES):
        for one in data:
            yield from _leaves(one)
    else:
        yield data


def _dtype_of(leaf: Any) -> np.dtype[Any]:
    """The dtype of an array, a tensor, or a number on its own."""
    if isinstance(leaf, Tensor):
        return leaf._array.dtype
    return leaf.dtype if isinstance(leaf, (np.ndarray, np.generic)) else dtypes.of_python_number(leaf)


def _without_tensors(data: Any) -> Any:
    """Nested sequences with each tensor, which must have one element, as a NumPy number."""
    if isinstance(data, SEQUENCES):
        return [_without_tensors(one) for one in data]
    if not isinstance(data, Tensor):
        return data
    if data.numel() != 1:
        raise ValueError(
            f"only one element tensors can be converted to Python scalars, but one of the list has shape "
            f"{tuple(data.shape)}: join them by stack() or cat()"
        )
    return data._array.reshape(data._array.shape)[(0,) * data.ndim] if data.ndim < 2 else data._array


def _of_sequences(data: Any, kind: np.dtype[Any] | None) -> Array:
    """The array that NumPy makes of numbers in nested sequences."""
    try:
        array = np.array(data)
    except ValueError:
        _require_numbers(data)
        _explain_ragged(data, _shape(data), 0)
        raise
    if array.dtype.kind in "OUSVcmM" or array.dtype == np.uint64:
        _require_numbers(data)
        if all(isinstance(one, int) for one in _leaves(data)) and kind is None:
            raise ValueError("Overflow when unpacking long long: an integer is too large for int64")
        array = array.astype(np.float64)
    return array


def _is_nested(data: Any) -> bool:
    return isinstance(data, SEQUENCES) or (isinstance(data, np.ndarray) and data.ndim > 0)


def _shape(data: Any) -> list[int]:
    """The lengths of nested sequences, each of the first one at its level."""
    shape = []
    while _is_nested(data):
        shape.append(len(data))
        if not len(data):
            break
        data = data[0]
    return shape


def _explain_ragged(data: Any, shape: list[int], dim: int) -> None:
    """Raises, in torch's words, where a sequence is not as long as its first neighbour."""
    nested = _is_nested(data)
    if dim == len(shape):
        if nested:
            raise TypeError(
                f"'{type(data).__name__}' object cannot be interpreted as an integer: a number stood here first"
            )
        return
    if not nested:
        raise TypeError(f"not a sequence: {data!r} stands where a sequence of length {shape[dim]} stood first")
    if len(data) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(data)})")
    for one in data:
        _explain_ragged(one, shape, dim + 1)


def _require_numbers(data: Any) -> None:
    """Raises, in torch's words, for the first thing in nested sequences that is no real number."""
    first = data
    while isinstance(first, SEQUENCES) and len(first):
        first = first[0]
    if isinstance(first, str) and first is not data:
        raise ValueError("too many dimensions 'str'")
    for one in _leaves(data):
        if isinstance(one, (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type(one).__name__}'")
        if isinstance(one, complex):
            raise NotImplementedError("complex tensors are missing: numpynet has real numbers only")
        if not isinstance(one, (int, float, np.number)):
            raise RuntimeError(f"Could not infer dtype of {type(one).__name__}")


def _require_range(array: Array, kind: np.dtype[Any]) -> None:
    """RuntimeError where an integer dtype cannot hold a number; negative ones wrap around in an unsigned dtype."""
    if kind.kind not in "iu" or not array.size or array.dtype.kind == "b":
        return
    limits = np.iinfo(kind)
    low = limits.min if kind.kind == "i" else -limits.max
    if not ((array >= low) & (array <= limits.max)).all():
        raise RuntimeError(f"value cannot be converted to type {kind.name} without overflow")


def tensor(
    data: Any,
    *,
    dtype: Kind = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor with a copy of the data: numbers, nested sequences, NumPy arrays.

    Python floats become the default dtype, integers int64, booleans bool; arrays keep theirs. ValueError
    for ragged sequences, TypeError or RuntimeError for what are no numbers. Copying another tensor warns, as
    in torch: clone() says it better.

    >>> import numpynet
    >>> numpynet.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    require_cpu(device)
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    return finished(array_from(data, None if dtype is None else dtypes.to_numpy_dtype(dtype, "tensor")), requires_grad)


def as_tensor(data: Any, dtype: Kind = None, device: Any = None) -> Tensor:
    """A tensor of the data that shares memory with an array or tensor of that dtype already.

    >>> import numpynet
    >>> numpynet.as_tensor([1.5, 2.5])
    tensor([1.5000, 2.5000])
    """
    require_cpu(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray):
        shared = from_numpy(data)
        return shared if dtype is None else shared.to(dtype)
    return tensor(data, dtype=dtype)


def asarray(
    obj: Any, *, dtype: Kind = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """As `as_tensor`, but always a copy with ``copy=True``, and with ``requires_grad`` if that is wanted.

    ValueError for ``copy=False`` where the memory cannot be shared.
    """
    made = as_tensor(obj, dtype, device)
    shares = made is obj or (isinstance(obj, np.ndarray) and np.may_share_memory(made._array, obj))
    if copy is False and not shares:
        raise ValueError("can't alias arbitrary sequence into a tensor: leave copy=False away")
    if copy and shares:
        made = ops.clone(made)
    return made.requires_grad_() if requires_grad else made


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor that shares an array's memory.

    TypeError for a dtype that torch does not have, ValueError for negative strides and foreign byte order.

    >>> import numpy, numpynet
    >>> numpynet.from_numpy(numpy.ones(2))
    tensor([1., 1.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        kind = type(ndarray)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        raise TypeError(f"expected np.ndarray (got {name}): as_tensor() takes more")
    return wrap(supported(ndarray))


def scalar_tensor(
    s: Any, *, dtype: Kind = None, device: Any = None, layout: Any = None, requires_grad: bool = False
) -> Tensor:
    """A 0-dimensional tensor of a number, by default in the default dtype."""
    require_cpu(device)
    return finished(array_from(s, floating(dtype, "scalar_tensor")), requires_grad)


# --- filled with one number -----------------------------------------------------------------------------------
