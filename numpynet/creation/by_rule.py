"""Creation: tensors filled with one number, counted up, or after a pattern."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core import dtypes
from numpynet.core.modes import flags
from numpynet.core.tensor import Tensor, look
from numpynet.creation.arguments import (
    Kind,
    allocated,
    fitting,
    floating,
    integer,
    number,
    settled,
    shape_of,
    sizes,
)
from numpynet.ops.form import Array
from numpynet.ops.layout import axes_like, axes_of, contiguous_format, made, memory_format, preserve_format
from numpynet.random.fused_multiply_add import fma32, fma64


def zeros(
    *args: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of zeros.

    >>> import numpynet
    >>> numpynet.zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    array = allocated(np.zeros, "zeros", shape_of("zeros", args, size), floating(dtype, "zeros", out))
    return settled("zeros", array, layout, device, pin_memory, requires_grad, dtype, out)


def ones(
    *args: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of ones.

    >>> import numpynet
    >>> numpynet.ones(3)
    tensor([1., 1., 1.])
    """
    array = allocated(np.empty, "ones", shape_of("ones", args, size), floating(dtype, "ones", out))
    array.fill(1)
    return settled("ones", array, layout, device, pin_memory, requires_grad, dtype, out)


def empty(
    *args: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """A tensor whose elements are whatever is in memory.

    >>> import numpynet
    >>> numpynet.empty(2, 3).shape
    torch.Size([2, 3])
    """
    shape, kind = shape_of("empty", args, size), floating(dtype, "empty", out)
    if memory_format is None:
        array = allocated(np.empty, "empty", shape, kind)
    else:
        array = made(np.empty, shape, kind, axes_of(memory_format, len(shape)))
    return settled("empty", array, layout, device, pin_memory, requires_grad, dtype, out)


def full(
    size: Any,
    fill_value: Any,
    *,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor filled with one number, in that number's dtype unless told otherwise.

    RuntimeError for a number that the dtype cannot hold.

    >>> import numpynet
    >>> numpynet.full((2,), 7)
    tensor([7, 7])
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = number(fill_value, "full", "fill_value", 2)
    kind = dtypes.of_python_number(value) if dtype is out is None else floating(dtype, "full", out)
    array = allocated(np.empty, "full", sizes((size,), "full"), kind)
    array.fill(fitting(value, kind))
    return settled("full", array, layout, device, pin_memory, requires_grad, dtype, out)


# --- in the shape of another tensor -----------------------------------------------------------------------------


def _like(operation: str, input: Any, dtype: Kind, wanted: memory_format | None, make: Callable[..., Array]) -> Array:
    """An array in the shape, dtype and order in memory of a tensor, or in those wanted instead.

    make: np.empty or np.zeros. TypeError for what is no tensor.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"{operation}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    array = input._array
    kind = array.dtype if dtype is None else dtypes.to_numpy_dtype(dtype, operation)
    if type(array) is not np.ndarray:  # a symbol, while a step is traced
        return (np.zeros_like if make is np.zeros else np.empty_like)(array, kind)
    if wanted is None or wanted is preserve_format:
        return make(array.shape, kind) if array.flags.c_contiguous else made(make, array.shape, kind, axes_like(array))
    return made(make, array.shape, kind, axes_of(wanted, array.ndim))


def zeros_like(
    input: Tensor,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Zeros in the shape and dtype of another tensor.

    >>> import numpynet
    >>> numpynet.zeros_like(numpynet.tensor([1, 2]))
    tensor([0, 0])
    """
    array = _like("zeros_like", input, dtype, memory_format, np.zeros)
    return settled("zeros_like", array, layout, device, pin_memory, requires_grad)


def ones_like(
    input: Tensor,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Ones in the shape and dtype of another tensor.

    >>> import numpynet
    >>> numpynet.ones_like(numpynet.tensor([1, 2]))
    tensor([1, 1])
    """
    array = _like("ones_like", input, dtype, memory_format, np.empty)
    array.fill(1)
    return settled("ones_like", array, layout, device, pin_memory, requires_grad)


def empty_like(
    input: Tensor,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Whatever is in memory, in the shape and dtype of another tensor."""
    array = _like("empty_like", input, dtype, memory_format, np.empty)
    return settled("empty_like", array, layout, device, pin_memory, requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """One number in the shape and dtype of another tensor.

    RuntimeError for a number that the dtype cannot hold.

    >>> import numpynet
    >>> numpynet.full_like(numpynet.tensor([1.0, 2.0]), 7)
    tensor([7., 7.])
    """
    array = _like("full_like", input, dtype, memory_format, np.empty)
    array.fill(fitting(number(fill_value, "full_like", "fill_value", 2), array.dtype))
    return settled("full_like", array, layout, device, pin_memory, requires_grad)


# --- counted up -------------------------------------------------------------------------------------------------


def arange(
    *args: Any,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... up to but without end; ``arange(end)`` starts at 0.

    int64 when all three are integers, else the default dtype. RuntimeError for a step that leads away.

    >>> import numpynet
    >>> numpynet.arange(0, 1, 0.25)
    tensor([0.0000, 0.2500, 0.5000, 0.7500])
    """
    if start is end is step is None and len(args) == 1:
        first, last, each = 0, args[0], 1
    else:
        first, last, each = _bounds(args, start, end, step)
    if not (type(first) is type(last) is type(each) is int and -(2**63) <= first <= last < 2**63):
        first = number(first, "arange", "start", 1)
        last = number(last, "arange", "end", 2)
        each = number(each, "arange", "step", 3)
    if dtype is not None or out is not None:
        kind = floating(dtype, "arange", out)
    elif isinstance(first, int) and isinstance(last, int) and isinstance(each, int):
        kind = dtypes.int64.numpy
    else:
        kind = dtypes.default_numpy_dtype()
    array = _counted(first, last, each, kind)
    return settled("arange", array, layout, device, pin_memory, requires_grad, dtype, out, False)


def _bounds(args: tuple[Any, ...], start: Any, end: Any, step: Any) -> tuple[Any, Any, Any]:
    """start, end and step of `arange` as torch reads them: the end is required, a step goes with a start."""
    given = [start, end, step]
    for position, value in enumerate(args):
        if position > 2 or given[position] is not None or value is None:
            raise TypeError(f"arange() received an invalid combination of arguments: {args} and keywords")
        given[position] = value
    start, end, step = given
    if end is None:
        raise TypeError('arange() missing 1 required positional arguments: "end"')
    if start is None and step is not None:
        raise TypeError("arange() received an invalid combination of arguments: a step goes with a start")
    return 0 if start is None else start, end, 1 if step is None else step


def _counted(start: Any, end: Any, step: Any, kind: np.dtype[Any]) -> Array:
    """The numbers of `arange`."""
    whole = kind.kind != "f"
    if kind.kind == "b":
        raise NotImplementedError("\"arange\" not implemented for 'Bool': compare an arange of integers")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end} in arange()")
    if not abs(step) > 0:
        raise RuntimeError("step must be nonzero in arange()")
    if whole:
        start, end, step = (fitting(one, dtypes.int64.numpy) for one in (start, end, step))
        if not step:
            raise ValueError("step must be nonzero in arange(), also when rounded to an integer")
    if end != start and (end > start) != (step > 0):
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign in arange(): {start} to {end} by {step}"
        )
    if whole:
        return np.arange(start, end, step, np.int64).astype(kind, copy=False)
    start, step = float(start), float(step)
    return flags.silently(_counted_up, start, step, math.ceil((end - start) / step), kind)


def _counted_up(start: float, step: float, count: int, kind: np.dtype[Any]) -> Array:
    """start + i step, rounded as torch's AVX2 build rounds it.

    It works on pairs of vectors of 32 bytes; what is left over is computed one by one. The first number of a
    vector is start + i step, rounded to `kind`; the others are counted up from it. Multiply and add are fused.
    """
    lanes = 32 // kind.itemsize
    in_vectors = count // (2 * lanes) * (2 * lanes)
    numbers = _line(start, step, count, kind)
    if numbers is None:
        positions = np.arange(float(count))
        numbers = fma64(positions, step, start) if kind == np.float64 else (start + positions * step).astype(kind)
    if not in_vectors:
        return numbers
    vectors = numbers[:in_vectors].reshape(-1, lanes)
    firsts = vectors[:, :1]
    if kind != np.float64:  # of what float64 rounds off, no float32 sees anything
        vectors[...] = firsts + np.arange(lanes) * step
    else:
        vectors[:, 1:3] = firsts + np.array([step, 2 * step])
        vectors[:, 3] = [math.fsum((first, 2 * step, step)) for (first,) in firsts.tolist()]
    return numbers


def _line(start: float, step: float, count: int, kind: np.dtype[Any], end: float | None = None) -> Array | None:
    """start + i step, computed exactly and rounded once, as a fused multiply-add does; None where that takes more.

    end: where the second half is counted down from, as end − (count − 1 − i) step.
    All terms are whole multiples of one power of two. Where so many of them fit into float64 or int64 the sums are
    exact in it, and the conversion to `kind` rounds.
    """
    whole = math.isfinite(start) and math.isfinite(step) and step and (end is None or math.isfinite(end))
    if not whole or _is_minus_zero(start) or _is_minus_zero(end):
        return None
    (first, a), (each, b), (last, c) = (one.as_integer_ratio() for one in (start, step, start if end is None else end))
    unit = max(a, b, c)
    first, each, last = first * (unit // a), each * (unit // b), last * (unit // c)
    largest = max(abs(first), abs(first + count * each), abs(last))
    scale = None
    if largest < 2**52:
        numbers = np.arange(start, start + (count - 0.5) * step, step)
        jump: float = (last - first - (count - 1) * each) / unit
    elif largest < 2**62 and unit < 2**100:
        numbers = np.arange(first, first + count * each, each)
        jump, scale = last - first - (count - 1) * each, 1 / unit
    else:
        return None
    if end is not None and jump:
        downwards = numbers[count // 2 :]
        np.add(downwards, np.array(jump), downwards)
    numbers = numbers.astype(kind, copy=False)
    return numbers if scale is None else np.multiply(numbers, np.array(scale, numbers.dtype), numbers)


def _is_minus_zero(number: float | None) -> bool:
    return number == 0 and math.copysign(1.0, number) < 0


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers at equal distances from start to end, both included.

    RuntimeError for a negative number of steps.

    >>> import numpynet
    >>> numpynet.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    kind = floating(dtype, "linspace", out)
    array = flags.silently(_spaced, "linspace", start, end, steps, kind)
    if array.dtype is not kind:
        array = array.astype(kind)
    return settled("linspace", array, layout, device, pin_memory, requires_grad, dtype, out, False)


def _spaced(operation: str, start: Any, end: Any, steps: Any, kind: np.dtype[Any]) -> Array:
    """The numbers of `linspace`, for an integer dtype in float64.

    As torch does: the first half is counted up from the start, the second down from the end.
    """
    start, end, count = _ends(operation, start, end, steps, kind)
    floating_kind = kind if kind.kind == "f" else _FLOAT64
    if count < 2:
        return np.full(count, start, floating_kind)
    exact: Any = float if floating_kind is _FLOAT64 else kind.type
    start, end = exact(start), exact(end)
    step = (end - start) / exact(count - 1)
    if floating_kind.itemsize > 2:
        numbers = _line(float(start), float(step), count, floating_kind, float(end))
        if numbers is not None:
            return numbers
    upwards = np.arange(count).astype(floating_kind)
    downwards = upwards[::-1].copy()
    if floating_kind.itemsize > 2:
        fused: Any = fma32 if floating_kind.itemsize == 4 else fma64
        first, second = fused(upwards, float(step), float(start)), fused(downwards, -float(step), float(end))
    else:
        first, second = start + step * upwards, end - step * downwards
    return np.where(np.arange(count) < count // 2, first, second)


_FLOAT64 = np.dtype(np.float64)


def _ends(operation: str, start: Any, end: Any, steps: Any, kind: np.dtype[Any]) -> tuple[Any, Any, int]:
    """Start and end as `kind` holds them, and the number of steps.

    TypeError for what are no numbers, RuntimeError for numbers that `kind` cannot hold and for a negative number of
    steps.
    """
    if kind.kind == "b":
        raise NotImplementedError(f"\"{operation}_cpu\" not implemented for 'Bool': compare numbers instead")
    if isinstance(steps, np.ndarray):
        raise TypeError(f"{operation}(): argument 'steps' (position 3) must be int, not numpy.ndarray")
    count = integer(steps, operation, "steps", 3)
    if count < 0:
        raise RuntimeError(f"number of steps must be non-negative in {operation}(), but it is {steps}")
    bounds = []
    for position, (name, value) in enumerate((("start", start), ("end", end))):
        if isinstance(value, Tensor):
            if value._array.ndim:
                raise RuntimeError(
                    f"{operation} only supports 0-dimensional start and end tensors, but got {name} of shape "
                    f"{list(value._array.shape)}"
                )
            value = value.item()
        bounds.append(fitting(number(value, operation, name, position + 1), kind))
    return bounds[0], bounds[1], count


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """base to the powers that are at equal distances from start to end, both included.

    >>> import numpynet
    >>> numpynet.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    kind = floating(dtype, "logspace", out)
    array = flags.silently(_powers, start, end, steps, number(base, "logspace", "base", 4), kind)
    return settled("logspace", array, layout, device, pin_memory, requires_grad, dtype, out, False)


def _powers(start: Any, end: Any, steps: Any, base: float, kind: np.dtype[Any]) -> Array:
    """The numbers of `logspace`: powers in float64, of exponents in float64 whose distance is divided in it."""
    start, end, count = _ends("logspace", start, end, steps, kind)
    difference = float(kind.type(end) - kind.type(start)) if kind.kind == "f" else end - start
    step = difference / max(count - 1, 1)
    positions = np.arange(count)
    exponents = start + step * positions
    half = max(count // 2, count == 1)
    exponents[half:] = end - step * positions[: count - half][::-1]
    if kind == np.float64:  # where NumPy's own powers differ from the C library's in the last bit
        return np.array([_power(base, exponent) for exponent in exponents.tolist()], kind)
    return np.power(float(base), exponents).astype(kind)


def _power(base: float, exponent: float) -> float:
    """A power as C has it: infinity and NaN where Python raises."""
    try:
        return math.pow(base, exponent)
    except (OverflowError, ValueError):
        return float(np.power(float(base), exponent))


# --- patterns ---------------------------------------------------------------------------------------------------


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The identity matrix, (n, n) or (n, m).

    >>> import numpynet
    >>> numpynet.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows = integer(n, "eye", "n", 1)
    columns = rows if m is None else integer(m, "eye", "m", 2)
    if rows < 0 or columns < 0:
        name, size = ("n", rows) if rows < 0 else ("m", columns)
        raise RuntimeError(f"{name} must be greater or equal to 0, got {size} in eye()")
    array = allocated(np.zeros, "eye", (rows, columns), floating(dtype, "eye", out))
    array.reshape(-1)[: columns * columns : columns + 1] = 1
    return settled("eye", array, layout, device, pin_memory, requires_grad, dtype, out)


def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The indices of the lower triangle of a (row, col) matrix, rows above columns: (2, N).

    >>> import numpynet
    >>> numpynet.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    array = _triangle("tril_indices", row, col, offset, dtype)
    return settled("tril_indices", array, layout, device, pin_memory, requires_grad)


def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The indices of the upper triangle of a (row, col) matrix, rows above columns: (2, N).

    >>> import numpynet
    >>> numpynet.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    array = _triangle("triu_indices", row, col, offset, dtype)
    return settled("triu_indices", array, layout, device, pin_memory, requires_grad)


def _triangle(operation: str, row: Any, col: Any, offset: Any, dtype: Kind) -> Array:
    """The indices of a triangle, as `dtype`; NotImplementedError for any but int64, int32 and int16."""
    row, col = integer(row, operation, "row", 1), integer(col, operation, "col", 2)
    offset = integer(offset, operation, "offset", 3)
    kind = dtypes.int64.numpy if dtype is None else dtypes.to_numpy_dtype(dtype, operation)
    if kind.kind != "i" or kind.itemsize == 1:
        raise NotImplementedError(f"\"{operation}\" not implemented for '{dtypes.scalar_type_name(kind)}'")
    for name, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(f"{name} must be non-negative, got {size} in {operation}()")
    diagonal = np.arange(offset, offset + row)[:, None]
    columns = np.arange(col)
    inside = columns <= diagonal if operation == "tril_indices" else columns >= diagonal
    return np.array(inside.nonzero(), kind)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid, as views: one tensor for each of the given vectors.

    indexing: "ij" gives the shape (len(first), len(second), ...), "xy" exchanges the first two dimensions.
    RuntimeError for no tensors, for tensors with more than one dimension or of different dtypes, and for another
    indexing.

    >>> import numpynet
    >>> numpynet.meshgrid(numpynet.tensor([1, 2]), numpynet.tensor([3, 4]), indexing="ij")[1]
    tensor([[3, 4],
            [3, 4]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy", None):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for position, one in enumerate(tensors):
        if not isinstance(one, Tensor):
            raise TypeError(f"expected Tensor as element {position} in argument 0, but got {type(one).__name__}")
        if one._array.dtype != tensors[0]._array.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
        if one._array.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tuple(one._array.shape)}"
            )
    exchanged = indexing == "xy" and len(tensors) > 1
    ordered = (tensors[1], tensors[0], *tensors[2:]) if exchanged else tensors
    shape = tuple([one._array.size for one in ordered])
    grids = []
    for position, one in enumerate(ordered):
        upright = (1,) * position + (shape[position],) + (1,) * (len(shape) - position - 1)
        grids.append(look(look(one, ops.reshape, {"shape": upright}), ops.expand, {"size": shape}))
    if exchanged:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)
