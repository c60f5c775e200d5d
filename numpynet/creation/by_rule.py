"""Creation: tensors filled with one number, counted up, or after a pattern."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core import dtypes
from numpynet.core.modes import flags
from numpynet.core.tensor import Tensor, viewed, wrap
from numpynet.creation.arguments import (
    Kind,
    floating,
    integer,
    new_array,
    number,
    settled,
    too_large,
)
from numpynet.ops.acceptance import filling, fitting, no_complex
from numpynet.ops.form import Array
from numpynet.ops.layout import axes_like, axes_of, contiguous_format, made, memory_format, preserve_format
from numpynet.ops.warning import warn_once
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
    kind = dtypes.default_numpy_dtype() if dtype is None and out is None else floating(dtype, "zeros", out)
    array = new_array(np.zeros, "zeros", args, size, kind)
    if out is layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    kind = dtypes.default_numpy_dtype() if dtype is None and out is None else floating(dtype, "ones", out)
    array = new_array(np.empty, "ones", args, size, kind)
    array.fill(1)
    if out is layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    kind = dtypes.default_numpy_dtype() if dtype is None and out is None else floating(dtype, "empty", out)
    array = new_array(np.empty, "empty", args, size, kind)
    if memory_format is not None and memory_format is not contiguous_format:
        array = made(np.empty, array.shape, kind, axes_of(memory_format, array.ndim))
    if out is layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    if type(size) is not tuple and not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = fill_value if type(fill_value) is float else number(fill_value, "full", "fill_value", 2)
    kind = dtypes.of_python_number(value) if dtype is None and out is None else floating(dtype, "full", out)
    array = new_array(np.empty, "full", (size,), None, kind)
    array.fill(filling(value, kind, array.size))
    if out is layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    if wanted is None or wanted is preserve_format:
        if type(array) is np.ndarray and array.flags.c_contiguous:
            return make(array.shape, kind)
        if 0 not in array.strides:
            return (np.zeros_like if make is np.zeros else np.empty_like)(array, kind)
        return made(make, array.shape, kind, axes_like(array))
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
    if layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    if layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    """Whatever is in memory, in the shape and dtype of another tensor.

    >>> import numpynet
    >>> numpynet.empty_like(numpynet.tensor([1, 2])).dtype
    torch.int64
    """
    array = _like("empty_like", input, dtype, memory_format, np.empty)
    if layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    array.fill(filling(number(fill_value, "full_like", "fill_value", 2), array.dtype, array.size))
    if layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    first: Any
    last: Any
    each: Any
    by_place = start is end is step is None
    if by_place and len(args) == 1:
        first, last, each = 0, args[0], 1
    elif by_place and len(args) == 3:
        first, last, each = args
    else:
        first, last, each = _bounds(args, start, end, step)
    if (
        type(first) is type(last) is type(each) is int
        and dtype is None
        and out is None
        and 0 <= first <= last < 2**62
        and 0 < each < 2**62
    ):
        return settled("arange", np.arange(first, last, each, dtype=_INT64), layout, device, pin_memory, requires_grad)
    first = _real(number(first, "arange", "start", 1))
    last = _real(number(last, "arange", "end", 2))
    each = _real(number(each, "arange", "step", 3))
    if dtype is not None or out is not None:
        kind = floating(dtype, "arange", out)
    elif isinstance(first, int) and isinstance(last, int) and isinstance(each, int):
        kind = _INT64
    else:
        kind = dtypes.default_numpy_dtype()
    if kind.kind == "c":
        no_complex("arange", np.empty((), kind))
    array = _counted(first, last, each, kind)
    if isinstance(out, Tensor) and out._array.size not in (0, array.size):
        warnings.warn(
            f"The number of elements in the out tensor of shape {list(out.shape)} is {out._array.size} which does not "
            f"match the computed number of elements {array.size}. Note that this may occur as a result of rounding "
            f"error. The out tensor will be resized to a tensor of shape ({array.size},).",
            UserWarning,
            stacklevel=2,
        )
    if out is layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
    return settled("arange", array, layout, device, pin_memory, requires_grad, dtype, out, False)


def range_(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... up to and with end, in the default dtype: what `arange` has replaced, with a warning.

    RuntimeError for a step that is 0 or leads away, and for a range that has no end.

    >>> import numpynet
    >>> numpynet.range(1, 2, 0.5)
    tensor([1.0000, 1.5000, 2.0000])
    """
    if end is None:
        raise TypeError('range() missing 1 required positional arguments: "end"')
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    kind = floating(dtype, "range", out)
    first, last, each = (
        _real(number(value, "range", name, position))
        for position, (name, value) in enumerate((("start", start), ("end", end), ("step", step)), 1)
    )
    no_complex("range", np.empty((), kind))
    if kind.kind == "b":
        raise NotImplementedError("\"range_cpu\" not implemented for 'Bool': compare a range of integers")
    if not (math.isfinite(first) and math.isfinite(last)):
        raise RuntimeError(f"unsupported range: {first} -> {last} in range()")
    if kind.kind != "f":
        first, last, each = (fitting(one, _INT64) for one in (first, last, each))
    if not each:
        raise RuntimeError("step must be nonzero in range()")
    if last != first and (last > first) != (each > 0):
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign in range(): {first} to {last} by {each}"
        )
    counted = np.arange(math.floor((last - first) / each) + 1)
    wide: np.dtype[Any] = _INT64 if kind.kind != "f" else np.dtype(np.float32) if kind.itemsize == 2 else _FLOAT64
    array = flags.silently((wide.type(first) + counted.astype(wide) * wide.type(each)).astype, kind)
    return settled("range", array, layout, device, pin_memory, requires_grad, dtype, out, False)


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


def _real(number: Any) -> Any:
    """The number; RuntimeError for one with an imaginary part."""
    return fitting(number, _FLOAT64) if isinstance(number, complex) else number


def _counted(start: Any, end: Any, step: Any, kind: np.dtype[Any]) -> Array:
    """The numbers of `arange`."""
    if kind.kind == "f" and step and -1e30 < start < 1e30 and -1e30 < end < 1e30:
        length = (end - start) / step
        if 0 <= length < 2**52:
            return _counted_up(float(start), float(step), math.ceil(length), kind)
    if kind.kind == "b":
        raise NotImplementedError("\"arange\" not implemented for 'Bool': compare an arange of integers")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end} in arange()")
    if not abs(step) > 0:
        raise RuntimeError("step must be nonzero in arange()")
    if kind.kind != "f":
        size = math.ceil((end - start) / step) if kind != _INT64 else 0  # with their fractions, as torch counts them
        start, end, step = (fitting(one, _INT64) for one in (start, end, step))
        if kind != _INT64 and size >= 0:
            return (start + step * np.arange(size)).astype(kind)
        if not step:
            raise ValueError("step must be nonzero in arange(), also when rounded to an integer")
    if end != start and (end > start) != (step > 0):
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign in arange(): {start} to {end} by {step}"
        )
    if kind.kind != "f":
        return np.arange(start, end, step, dtype=_INT64).astype(kind, copy=False)
    return flags.silently(_counted_up, float(start), float(step), math.ceil((end - start) / step), kind)


_INT64, _FLOAT64 = np.dtype(np.int64), np.dtype(np.float64)
_WHOLE = {np.dtype(np.float16): 2**11, np.dtype(np.float32): 2**24, _FLOAT64: 2**53}  # up to which integers are exact


def _counted_up(start: float, step: float, count: int, kind: np.dtype[Any]) -> Array:
    """start + i step, rounded as torch's AVX2 build rounds it.

    It works on pairs of vectors of 32 bytes; what is left over is computed one by one. The first number of a
    vector is start + i step, rounded to `kind`; the others are counted up from it. Multiply and add are fused.
    """
    lanes = 32 // kind.itemsize
    in_vectors = count // (2 * lanes) * (2 * lanes)
    if start.is_integer() and step.is_integer() and abs(start) + count * abs(step) < _WHOLE[kind]:
        return np.arange(start + 0.0 * step, start + count * step, step, dtype=kind)
    numbers: Array | None
    if start or not math.isfinite(step):
        numbers = _line(start, step, count, _FLOAT64)
        if numbers is None:
            numbers = fma64(np.arange(float(count)), step, start)
    else:  # where nothing is added; only the sign of the first zero may change
        numbers = np.arange(start + 0.0 * step, (count - 0.5) * step, step, dtype=_FLOAT64)
    if kind is not _FLOAT64:  # of what float64 rounds off, no float32 sees anything
        numbers = numbers.astype(kind)
        if in_vectors:
            vectors = numbers[:in_vectors].reshape(-1, lanes)
            vectors[:, 1:] = vectors[:, :1] + np.arange(step, (lanes - 0.5) * step, step, dtype=_FLOAT64)
        return numbers
    firsts = numbers[:in_vectors:lanes]
    numbers[1:in_vectors:lanes] = firsts + step
    numbers[2:in_vectors:lanes] = firsts + 2 * step
    numbers[3:in_vectors:lanes] = [math.fsum((first, 2 * step, step)) for first in firsts.tolist()]
    return numbers


def _line(start: float, step: float, count: int, kind: np.dtype[Any], end: float | None = None) -> Array | None:
    """start + i step, computed exactly and rounded once, as a fused multiply-add does; None where that takes more.

    end: where the second half is counted down from, as end − (count − 1 − i) step.
    Where all terms are whole multiples of a unit, of which the largest sum has fewer than float64 has bits, float64 is
    exact; with some more of them int64 is, and its conversion rounds.
    """
    last = start + count * step if end is None else end
    reach = abs(start) + abs(last) + count * abs(step)  # at least twice as far as any sum
    if not (step and 2.0**-900 < reach < 2.0**900):
        return None
    if (not start and math.copysign(1.0, start) < 0) or (not last and math.copysign(1.0, last) < 0):
        return None
    unit = math.ulp(reach)
    if (start / unit).is_integer() and (step / unit).is_integer() and (last / unit).is_integer():
        numbers = np.arange(start, start + (count - 0.5) * step, step, dtype=_FLOAT64)
        jump = 0.0 if end is None else end - (start + (count - 1) * step)
        if jump:
            downwards = numbers[count // 2 :]
            np.add(downwards, np.array(jump), downwards)
        return numbers if kind is _FLOAT64 else numbers.astype(kind)
    unit /= 256
    if reach < 2.0**-60 or not all((one / unit).is_integer() for one in (start, step, last)):
        return None
    begin, each = int(start / unit), int(step / unit)
    units: Array = np.arange(begin, begin + count * each, each, dtype=_INT64)
    if end is not None:
        half = units[count // 2 :]
        np.add(half, np.array(int(end / unit) - begin - (count - 1) * each), half)
    rounded: Array = units.astype(kind)
    return np.multiply(rounded, np.array(unit, kind), rounded)


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
    kind = dtypes.default_numpy_dtype() if dtype is None and out is None else floating(dtype, "linspace", out)
    if _is_complex(start) or _is_complex(end):
        kind = _complex("linspace", kind, dtype is None and out is None)
    if kind.kind == "c":
        first, last = complex(_value(start)), complex(_value(end))
        array = _spaced(first.real, last.real, steps, _FLOAT64) + 1j * _spaced(first.imag, last.imag, steps, _FLOAT64)
    else:
        array = _spaced(start, end, steps, kind)
    if array.dtype is not kind:
        array = array.astype(kind)
    if out is layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
    return settled("linspace", array, layout, device, pin_memory, requires_grad, dtype, out, False)


def _value(one: Any) -> Any:
    return one.item() if isinstance(one, Tensor) else one


def _is_complex(one: Any) -> bool:
    if type(one) is int or type(one) is float:
        return False
    return one.dtype.is_complex if isinstance(one, Tensor) else isinstance(one, complex)


def _complex(operation: str, kind: np.dtype[Any], inferred: bool) -> np.dtype[Any]:
    """The dtype of complex results; RuntimeError where a real one was wanted."""
    if inferred:
        return dtypes.as_complex(kind)
    if kind.kind != "c":
        raise RuntimeError(f"torch.{operation}(): inferred dtype complex can't be safely cast to passed dtype {kind}")
    return kind


def _spaced(start: Any, end: Any, steps: Any, kind: np.dtype[Any]) -> Array:
    """The numbers of `linspace`, for an integer dtype in float64.

    As torch does: the first half is counted up from the start, the second down from the end.
    """
    start, end, count = _ends("linspace", start, end, steps, kind)
    kind = kind if kind.kind == "f" else _FLOAT64
    if count < 2:
        return np.full(count, start, kind)
    if kind.itemsize > 2:
        if kind is _FLOAT64:
            start, end = float(start), float(end)
            step = (end - start) / (count - 1)
        else:  # what float64 rounds off first makes no difference to float32
            start, end = _float32(start), _float32(end)
            parts = count - 1 if count <= 2**24 else _float32(count - 1)
            step = float(np.float32(_float32(end - start) / parts))
        numbers = _line(start, step, count, kind, end)
        if numbers is not None:
            return numbers
    return flags.silently(_from_both_ends, kind.type(start), kind.type(end), count, kind)


def _float32(number: float) -> float:
    """A number as float32 holds it."""
    if -256.0 <= number <= 256.0 and (number * 65536.0).is_integer():  # which has no more than 24 bits
        return number
    return float(np.float32(number))


def _from_both_ends(start: Any, end: Any, count: int, kind: np.dtype[Any]) -> Array:
    """The same for numbers of any kind."""
    step = (end - start) / kind.type(count - 1)
    upwards = np.arange(count).astype(kind)
    downwards = upwards[::-1].copy()
    if kind.itemsize > 2:
        fused: Any = fma32 if kind.itemsize == 4 else fma64
        first, second = fused(upwards, float(step), float(start)), fused(downwards, -float(step), float(end))
    else:
        first, second = start + step * upwards, end - step * downwards
    return np.where(np.arange(count) < count // 2, first, second)


def _ends(operation: str, start: Any, end: Any, steps: Any, kind: np.dtype[Any]) -> tuple[Any, Any, int]:
    """Start and end as `kind` holds them, and the number of steps.

    TypeError for what are no numbers, RuntimeError for numbers that `kind` cannot hold and for a negative number of
    steps.
    """
    if (
        type(start) is type(end) is type(steps) is int
        and kind.kind == "f"
        and -2048 <= start <= 2048
        and -2048 <= end <= 2048
        and steps >= 0
    ):  # which every floating dtype holds
        return float(start), float(end), steps
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
        value = fitting(number(value, operation, name, position + 1), kind)
        bounds.append(float(value) if kind.kind == "f" else value)
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
    kind = dtypes.default_numpy_dtype() if dtype is None and out is None else floating(dtype, "logspace", out)
    array = flags.silently(_powers, start, end, steps, number(base, "logspace", "base", 4), kind)
    if out is layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
    return settled("logspace", array, layout, device, pin_memory, requires_grad, dtype, out, False)


def _powers(start: Any, end: Any, steps: Any, base: float, kind: np.dtype[Any]) -> Array:
    """The numbers of `logspace`: powers in float64, of exponents in float64 whose distance is divided in it.

    A single exponent is the start as it is given.
    """
    first, last, count = _ends("logspace", start, end, steps, kind)
    if count == 1:
        return np.array([_power(base, start.item() if isinstance(start, Tensor) else start)]).astype(kind)
    if kind.kind == "f":
        difference = float(kind.type(last) - kind.type(first))
        first, last = float(kind.type(first)), float(kind.type(last))
    else:
        difference = last - first
    step = difference / max(count - 1, 1)
    exponents: Array = np.arange(0.0, count) * np.array(step)
    half = count - count // 2
    downwards = np.array(last) - exponents[:half][::-1]
    np.add(exponents, np.array(first), exponents)
    exponents[count // 2 :] = downwards
    if kind == np.float64:  # where NumPy's own powers differ from the C library's in the last bit
        return np.array([_power(base, exponent) for exponent in exponents.tolist()], kind)
    return np.power(np.array(float(base)), exponents).astype(kind)


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
    kind = dtypes.default_numpy_dtype() if dtype is None and out is None else floating(dtype, "eye", out)
    try:
        array = np.zeros((rows, columns), kind)
    except (ValueError, MemoryError):
        raise too_large("eye", (rows, columns)) from None
    array.ravel()[: columns * columns : columns + 1] = 1
    if out is layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    if layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    if layout is device is None and requires_grad is pin_memory is False:
        return wrap(array)
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
    lower = operation == "tril_indices"
    if row * col > 4096:
        return _places(row, col, offset, lower).astype(kind, copy=False)
    return _few_places(row, col, offset, lower).astype(kind)


def _places(row: int, col: int, offset: int, lower: bool) -> Array:
    """The rows and the columns of a triangle's elements, int64 (2, N)."""
    offset = max(min(offset, col), -row)
    diagonal = np.arange(offset, offset + row)[:, None]
    columns = np.arange(col)
    return np.array((columns <= diagonal if lower else columns >= diagonal).nonzero())


_few_places = lru_cache(maxsize=64)(_places)


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
        array = one._array
        if array.dtype != tensors[0]._array.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
        if array.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tuple(array.shape)}"
            )
    if indexing is None:
        warn_once("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.")
    exchanged = indexing == "xy" and len(tensors) > 1
    ordered = (tensors[1], tensors[0], *tensors[2:]) if exchanged else tensors
    shape = tuple([one._array.size for one in ordered])
    grids = []
    for position, one in enumerate(ordered):
        upright = shape[position : position + 1] + (1,) * (len(shape) - position - 1)
        if one._is_quiet():
            is_upright = one._array.shape == upright  # as the last is without more ado
            part = one if is_upright else viewed(one, one._array.reshape(upright), ops.reshape, upright)
            grids.append(viewed(part, ops.expand.forward(part._array, size=shape), ops.expand, shape))
        else:
            grids.append(ops.expand(ops.reshape(one, (1,) * position + upright), shape))
    if exchanged:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)
