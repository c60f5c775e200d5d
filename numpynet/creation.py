"""Creation: tensors from data, and tensors filled by a rule."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from numpynet import dtypes
from numpynet.device import require_cpu
from numpynet.ops.form import Array
from numpynet.tensor import Tensor, wrap

Kind = dtypes.dtype | None


def finished(array: Array, requires_grad: bool) -> Tensor:
    """A tensor around a new array; RuntimeError when integers should require a gradient."""
    made = wrap(array)
    return made.requires_grad_() if requires_grad else made


def sizes(size: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape meant by ``zeros(2, 3)`` and ``zeros((2, 3))`` alike; RuntimeError for a negative size."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    shape = tuple(int(one) for one in size)
    if any(one < 0 for one in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def floating(dtype: Kind, operation: str) -> np.dtype[Any]:
    """The NumPy dtype wanted, or the default floating one."""
    return dtypes.default_numpy_dtype() if dtype is None else dtypes.to_numpy_dtype(dtype, operation)


def _from_data(data: Any, dtype: Kind, operation: str) -> Array:
    """A new array of Python numbers, sequences, arrays or tensors, in the dtype that torch infers."""
    if isinstance(data, Tensor):
        array = data.detach()._array
    elif isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        dtypes.from_numpy_dtype(array.dtype)
    else:
        array = _from_python(data)
        if dtype is None and array.dtype.kind == "f" and not _holds_typed(data):
            return array.astype(dtypes.default_numpy_dtype())
    kind = array.dtype.newbyteorder("=") if dtype is None else dtypes.to_numpy_dtype(dtype, operation)
    return np.array(array, kind, order="C")


def _from_python(data: Any) -> Array:
    """An array of nested sequences; ValueError and TypeError in torch's words for ragged or foreign ones."""
    if isinstance(data, (list, tuple)) and any(isinstance(one, Tensor) for one in data):
        data = [one.detach()._array if isinstance(one, Tensor) else one for one in data]
    try:
        array = np.array(data)
    except ValueError:
        raise ValueError(
            f"expected sequence of equal lengths at every level to make a tensor, but a {type(data).__name__} of "
            f"{len(data)} has parts of different lengths"
        ) from None
    if array.dtype.kind in "OUSV":
        odd = (
            data
            if array.ndim == 0
            else next((one for one in array.reshape(-1).tolist() if not isinstance(one, (int, float))), data)
        )
        if isinstance(odd, str) and array.ndim:
            raise ValueError("too many dimensions 'str'")
        if isinstance(odd, str):
            raise TypeError("new(): invalid data type 'str'")
        raise RuntimeError(f"Could not infer dtype of {type(odd).__name__}")
    if not array.size and array.dtype.kind == "f":
        return array.astype(dtypes.default_numpy_dtype())
    return array


def _holds_typed(data: Any) -> bool:
    """Whether nested sequences end in arrays or tensors, whose dtype counts, and not in Python numbers."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic, Tensor)) and not isinstance(data, float)


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
    for ragged sequences. Copying another tensor warns, as in torch: clone() says it better.

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
    return finished(_from_data(data, dtype, "tensor"), requires_grad)


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


asarray = as_tensor


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor that shares an array's memory; TypeError for a dtype that torch does not have.

    >>> import numpy, numpynet
    >>> numpynet.from_numpy(numpy.ones(2))
    tensor([1., 1.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    dtypes.from_numpy_dtype(ndarray.dtype)
    return wrap(ndarray)


def zeros(
    *size: Any, dtype: Kind = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """A tensor of zeros.

    >>> import numpynet
    >>> numpynet.zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    require_cpu(device)
    size = size or (ignored["size"],)
    return finished(np.zeros(sizes(size), floating(dtype, "zeros")), requires_grad)


def ones(
    *size: Any, dtype: Kind = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """A tensor of ones.

    >>> import numpynet
    >>> numpynet.ones(3)
    tensor([1., 1., 1.])
    """
    require_cpu(device)
    size = size or (ignored["size"],)
    return finished(np.ones(sizes(size), floating(dtype, "ones")), requires_grad)


def empty(
    *size: Any, dtype: Kind = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """A tensor whose elements are whatever is in memory."""
    require_cpu(device)
    size = size or (ignored["size"],)
    return finished(np.empty(sizes(size), floating(dtype, "empty")), requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Kind = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor filled with one number, in that number's dtype unless told otherwise.

    >>> import numpynet
    >>> numpynet.full((2,), 7)
    tensor([7, 7])
    """
    require_cpu(device)
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    kind = dtypes.of_python_number(value) if dtype is None else dtypes.to_numpy_dtype(dtype, "full")
    return finished(np.full(sizes((size,)), value, kind), requires_grad)


def _like(input: Tensor, dtype: Kind, device: Any, operation: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    require_cpu(device)
    return input._array.shape, input._array.dtype if dtype is None else dtypes.to_numpy_dtype(
        dtype, operation
    )


def zeros_like(
    input: Tensor, *, dtype: Kind = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """Zeros in the shape and dtype of another tensor."""
    return finished(np.zeros(*_like(input, dtype, device, "zeros_like")), requires_grad)


def ones_like(
    input: Tensor, *, dtype: Kind = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """Ones in the shape and dtype of another tensor."""
    return finished(np.ones(*_like(input, dtype, device, "ones_like")), requires_grad)


def empty_like(
    input: Tensor, *, dtype: Kind = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """Whatever is in memory, in the shape and dtype of another tensor."""
    return finished(np.empty(*_like(input, dtype, device, "empty_like")), requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Kind = None,
    device: Any = None,
    requires_grad: bool = False,
    **ignored: Any,
) -> Tensor:
    """One number in the shape and dtype of another tensor."""
    shape, kind = _like(input, dtype, device, "full_like")
    return finished(np.full(shape, fill_value, kind), requires_grad)


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Kind = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... up to but without end; from 0 when only the end is given.

    int64 when all three are integers, else the default dtype. RuntimeError for a step that leads away.

    >>> import numpynet
    >>> numpynet.arange(0, 1, 0.25)
    tensor([0.0000, 0.2500, 0.5000, 0.7500])
    """
    require_cpu(device)
    if end is None:
        start, end = 0, start
    start, end, step = (one.item() if isinstance(one, Tensor) else one for one in (start, end, step))
    if step == 0:
        raise RuntimeError("arange: step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("arange: upper bound and lower bound inconsistent with step sign")
    if dtype is not None:
        kind = dtypes.to_numpy_dtype(dtype, "arange")
    elif all(isinstance(one, int) for one in (start, end, step)):
        kind = dtypes.int64.numpy
    else:
        kind = dtypes.default_numpy_dtype()
    count = math.ceil((end - start) / step)
    values = start + np.arange(count, dtype=np.float64 if kind.kind == "f" else np.int64) * step
    return finished(values.astype(kind), requires_grad)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Kind = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers at equal distances from start to end, both included.

    >>> import numpynet
    >>> numpynet.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    require_cpu(device)
    if steps < 0:
        raise RuntimeError(f"linspace: number of steps must be non-negative, but got {steps}")
    kind = floating(dtype, "linspace")
    step_type = kind.type if kind.kind == "f" else np.float64
    start, end = step_type(start), step_type(end)
    if steps == 1:
        return finished(np.full(1, start, kind), requires_grad)
    # As torch does: the first half counts up from the start, the second down from the end.
    step = (end - start) / step_type(max(steps - 1, 1))
    positions = np.arange(steps).astype(step_type)
    upwards = start + step * positions
    downwards = end - step * positions[::-1]
    return finished(np.where(np.arange(steps) < steps // 2, upwards, downwards).astype(kind), requires_grad)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Kind = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """base to the powers that `linspace` would give."""
    require_cpu(device)
    powers = np.power(base, np.linspace(start, end, steps))
    return finished(powers.astype(floating(dtype, "logspace")), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Kind = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The identity matrix, (n, n) or (n, m).

    >>> import numpynet
    >>> numpynet.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    require_cpu(device)
    return finished(np.eye(n, m, dtype=floating(dtype, "eye")), requires_grad)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid: one tensor for each of the given vectors."""
    vectors: Sequence[Tensor] = (
        tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    )
    return tuple(
        wrap(grid.copy()) for grid in np.meshgrid(*(one._array for one in vectors), indexing=indexing)
    )
