"""Creation: tensors from data, and tensors filled by a rule."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from numpynet import dtypes, ops
from numpynet.device import require_cpu
from numpynet.from_data import array_from, supported
from numpynet.ops.form import Array
from numpynet.random.fused_multiply_add import fma32, fma64
from numpynet.tensor import Tensor, wrap

Kind = dtypes.dtype | None


def finished(array: Array, requires_grad: bool) -> Tensor:
    """A tensor around a new array; RuntimeError when integers should require a gradient."""
    made = wrap(array)
    return made.requires_grad_() if requires_grad else made


def sizes(size: tuple[Any, ...], operation: str = "empty") -> tuple[int, ...]:
    """The shape meant by ``zeros(2, 3)`` and ``zeros((2, 3))`` alike.

    TypeError for sizes that are no integers, RuntimeError for a negative one.
    """
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    for one in size:
        if type(one) is not int or one < 0:
            break
    else:
        return size
    for position, one in enumerate(size):
        if isinstance(one, (bool, float, str)) or not hasattr(one, "__index__"):
            raise TypeError(
                f"{operation}(): argument 'size' (position {position + 1}) must be tuple of ints, not "
                f"{type(one).__name__}"
            )
    shape = tuple(int(one) for one in size)
    if any(one < 0 for one in shape):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)} in {operation}()"
        )
    return shape


def floating(dtype: Kind, operation: str) -> np.dtype[Any]:
    """The NumPy dtype wanted, or the default floating one."""
    return dtypes.default_numpy_dtype() if dtype is None else dtypes.to_numpy_dtype(dtype, operation)


# --- from data --------------------------------------------------------------------------------------------


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


def _shape(operation: str, size: tuple[Any, ...], keyword: Any) -> tuple[int, ...]:
    """The shape, given by position or as ``size=``; TypeError when it is not given."""
    if not size and keyword is None:
        raise TypeError(f'{operation}() missing 1 required positional arguments: "size"')
    return sizes(size if keyword is None else (keyword,), operation)


def zeros(
    *args: Any,
    size: Any = None,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of zeros.

    >>> import numpynet
    >>> numpynet.zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    require_cpu(device)
    return finished(np.zeros(_shape("zeros", args, size), floating(dtype, "zeros")), requires_grad)


def ones(
    *args: Any,
    size: Any = None,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of ones.

    >>> import numpynet
    >>> numpynet.ones(3)
    tensor([1., 1., 1.])
    """
    require_cpu(device)
    return finished(np.ones(_shape("ones", args, size), floating(dtype, "ones")), requires_grad)


def empty(
    *args: Any,
    size: Any = None,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor whose elements are whatever is in memory.

    >>> import numpynet
    >>> numpynet.empty(2, 3).shape
    torch.Size([2, 3])
    """
    require_cpu(device)
    return finished(np.empty(_shape("empty", args, size), floating(dtype, "empty")), requires_grad)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor filled with one number, in that number's dtype unless told otherwise.

    >>> import numpynet
    >>> numpynet.full((2,), 7)
    tensor([7, 7])
    """
    require_cpu(device)
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = fill_value.item() if hasattr(fill_value, "item") else fill_value
    if not isinstance(value, (int, float)):
        raise TypeError(f"full(): argument 'fill_value' (position 2) must be Number, not {type(value).__name__}")
    kind = dtypes.of_python_number(value) if dtype is None else dtypes.to_numpy_dtype(dtype, "full")
    filler = array_from(value, None).astype(kind) if kind.kind == "b" else array_from(value, kind)
    return finished(np.full(sizes((size,), "full"), filler), requires_grad)


def _like(input: Any, dtype: Kind, device: Any, operation: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype of a tensor, or the dtype wanted instead; TypeError for what is no tensor."""
    require_cpu(device)
    if not isinstance(input, Tensor):
        raise TypeError(f"{operation}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return input._array.shape, input._array.dtype if dtype is None else dtypes.to_numpy_dtype(dtype, operation)


def zeros_like(
    input: Tensor,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros in the shape and dtype of another tensor.

    >>> import numpynet
    >>> numpynet.zeros_like(numpynet.tensor([1, 2]))
    tensor([0, 0])
    """
    return finished(np.zeros(*_like(input, dtype, device, "zeros_like")), requires_grad)


def ones_like(
    input: Tensor,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones in the shape and dtype of another tensor.

    >>> import numpynet
    >>> numpynet.ones_like(numpynet.tensor([1, 2]))
    tensor([1, 1])
    """
    return finished(np.ones(*_like(input, dtype, device, "ones_like")), requires_grad)


def empty_like(
    input: Tensor,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Whatever is in memory, in the shape and dtype of another tensor."""
    return finished(np.empty(*_like(input, dtype, device, "empty_like")), requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """One number in the shape and dtype of another tensor.

    >>> import numpynet
    >>> numpynet.full_like(numpynet.tensor([1.0, 2.0]), 7)
    tensor([7., 7.])
    """
    shape, kind = _like(input, dtype, device, "full_like")
    return finished(np.full(shape, array_from(fill_value, kind)), requires_grad)


# --- counted up -----------------------------------------------------------------------------------------------


def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """start, start + step, ... up to but without end; from 0 when only the end is given.

    int64 when all three are integers, else the default dtype. RuntimeError for a step that leads away.

    >>> import numpynet
    >>> numpynet.arange(0, 1, 0.25)
    tensor([0.0000, 0.2500, 0.5000, 0.7500])
    """
    require_cpu(device)
    if start is None and end is None:
        raise TypeError('arange() missing 1 required positional arguments: "end"')
    if end is None:
        start, end = 0, start
    elif start is None:
        start = 0
    start, end, step = (one.item() if hasattr(one, "item") else one for one in (start, end, step))
    if dtype is not None:
        kind = dtypes.to_numpy_dtype(dtype, "arange")
        if kind.kind == "b":
            raise NotImplementedError("\"arange\" not implemented for 'Bool': compare an arange of integers")
    elif all(isinstance(one, int) for one in (start, end, step)):
        kind = dtypes.int64.numpy
    else:
        kind = dtypes.default_numpy_dtype()
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end} in arange()")
    if kind.kind != "f":
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise RuntimeError("step must be nonzero in arange()")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign in arange(): {start} to {end} by {step}"
        )
    count = math.ceil((end - start) / step)
    if kind.kind != "f":
        return finished((start + np.arange(count) * step).astype(kind), requires_grad)
    return finished(_counted_up(float(start), float(step), count, kind), requires_grad)


def _counted_up(start: float, step: float, count: int, kind: np.dtype[Any]) -> Array:
    """start + i step, rounded as torch's AVX2 build rounds it.

    It works on pairs of vectors of 32 bytes; what is left over is computed one by one. The first number of a
    vector is start + i step, rounded to `kind`; the others are counted up from it. Multiply and add are fused.
    """
    lanes = 32 // kind.itemsize
    positions = np.arange(float(count))
    in_vectors = count // (2 * lanes) * (2 * lanes)
    if kind != np.float64:  # of what float64 rounds off, no float32 sees anything
        lane = np.where(positions < in_vectors, positions % lanes, 0)
        return ((start + (positions - lane) * step).astype(kind) + lane * step).astype(kind)
    numbers = fma64(positions, step, start)
    firsts = numbers[:in_vectors:lanes]
    numbers[1:in_vectors:lanes] = firsts + step
    numbers[2:in_vectors:lanes] = firsts + 2 * step
    numbers[3:in_vectors:lanes] = [math.fsum((first, 2 * step, step)) for first in firsts.tolist()]
    return numbers


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers at equal distances from start to end, both included.

    RuntimeError for a negative number of steps.

    >>> import numpynet
    >>> numpynet.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    require_cpu(device)
    kind = floating(dtype, "linspace")
    start, end, steps = _ends("linspace", start, end, steps, kind)
    exact = kind.type if kind.kind == "f" else np.float64
    step = (exact(end) - exact(start)) / exact(max(steps - 1, 1))
    # As torch does: the first half is counted up from the start, the second down from the end.
    upwards = np.arange(steps).astype(exact)
    downwards = upwards[::-1].copy()
    if exact is not np.float16:
        fused: Any = fma32 if exact is np.float32 else fma64
        first, second = fused(upwards, float(step), float(start)), fused(downwards, -float(step), float(end))
    else:
        first, second = start + step * upwards, end - step * downwards
    numbers = np.where(np.arange(steps) < max(steps // 2, steps == 1), first, second)
    return finished(numbers.astype(kind), requires_grad)


def _ends(operation: str, start: Any, end: Any, steps: Any, kind: np.dtype[Any]) -> tuple[Any, Any, int]:
    """Start and end as numbers of that dtype, and the steps; TypeError and RuntimeError for steps that are none."""
    if not hasattr(steps, "__index__"):
        raise TypeError(f"{operation}(): argument 'steps' must be int, not {type(steps).__name__}")
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative in {operation}(), but it is {steps}")
    start, end = (kind.type(one.item() if hasattr(one, "item") else one) for one in (start, end))
    return start, end, int(steps)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """base to the powers that are at equal distances from start to end, both included.

    >>> import numpynet
    >>> numpynet.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    require_cpu(device)
    kind = floating(dtype, "logspace")
    start, end, steps = _ends("logspace", start, end, steps, kind)
    powers = np.power(float(base), np.linspace(float(start), float(end), steps))
    return finished(powers.astype(kind), requires_grad)


# --- patterns -------------------------------------------------------------------------------------------------


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Kind = None,
    device: Any = None,
    layout: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The identity matrix, (n, n) or (n, m).

    >>> import numpynet
    >>> numpynet.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    require_cpu(device)
    for position, (name, size) in enumerate((("n", n), ("m", n if m is None else m))):
        if not hasattr(size, "__index__"):
            raise TypeError(
                f"eye(): argument '{name}' (position {position + 1}) must be int, not {type(size).__name__}"
            )
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size} in eye()")
    return finished(np.eye(n, m, dtype=floating(dtype, "eye")), requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Kind = None, device: Any = None) -> Tensor:
    """The indices of the lower triangle of a (row, col) matrix, rows above columns: (2, N).

    >>> import numpynet
    >>> numpynet.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    require_cpu(device)
    return wrap(
        np.stack(np.tril_indices(row, offset, col)).astype(dtypes.to_numpy_dtype(dtype or dtypes.int64, "tril"))
    )


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Kind = None, device: Any = None) -> Tensor:
    """The indices of the upper triangle of a (row, col) matrix, rows above columns: (2, N).

    >>> import numpynet
    >>> numpynet.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    require_cpu(device)
    return wrap(
        np.stack(np.triu_indices(row, offset, col)).astype(dtypes.to_numpy_dtype(dtype or dtypes.int64, "triu"))
    )


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid, as views: one tensor for each of the given vectors.

    indexing: "ij" gives the shape (len(first), len(second), ...), "xy" exchanges the first two dimensions.
    RuntimeError for tensors with more than one dimension or of different dtypes, and for another indexing.

    >>> import numpynet
    >>> numpynet.meshgrid(numpynet.tensor([1, 2]), numpynet.tensor([3, 4]), indexing="ij")[1]
    tensor([[3, 4],
            [3, 4]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if len({one._array.dtype for one in tensors}) > 1:
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    for one in tensors:
        if one.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tuple(one.shape)}"
            )
    exchanged = indexing == "xy" and len(tensors) > 1
    ordered = (tensors[1], tensors[0], *tensors[2:]) if exchanged else tensors
    shape = tuple(one.numel() for one in ordered)
    grids = []
    for position, one in enumerate(ordered):
        upright = [1] * len(ordered)
        upright[position] = -1
        grids.append(ops.expand(ops.reshape(one, upright), size=shape))
    if exchanged:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)
