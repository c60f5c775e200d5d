"""From data: the array that a number, nested sequences, an array or a tensor stand for, as torch infers it."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Iterator
from operator import index
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core import dtypes
from numpynet.core.device import require_cpu
from numpynet.core.messages import class_name
from numpynet.core.modes import flags, silently
from numpynet.core.size import Size
from numpynet.core.storage import UntypedStorage
from numpynet.core.tensor import Tensor, wrap
from numpynet.creation.arguments import (
    Kind,
    floating,
    new_array,
    number,
    require_flags,
    require_options,
    settled,
)
from numpynet.ops.acceptance import fitting
from numpynet.ops.form import Array
from numpynet.ops.layout import copied

_PLAIN = frozenset((bool, int, float, complex))
_NESTED = frozenset((list, tuple, range))


def array_from(data: Any, kind: np.dtype[Any] | None) -> Array:
    """A new array of the data, in the dtype `kind` or in the one that torch infers; of a storage its own memory.

    Python floats become the default dtype, integers int64, booleans bool; arrays, tensors and storages keep theirs.
    ValueError for ragged sequences and for integers beyond int64, TypeError and RuntimeError for what are no
    numbers, RuntimeError for numbers that `kind` cannot hold.
    """
    if isinstance(data, Tensor):
        data = data._array
        return copied(data, None).astype(data.dtype if kind is None else kind, copy=False)
    types = _types(data)
    if types <= _PLAIN:
        try:
            return flags.silently(_of_numbers, data, types, kind)
        except (ValueError, OverflowError):  # ragged or too large, which is told below
            pass
    if isinstance(data, np.ndarray):
        array = supported(data, kind is not None)
        array = copied(array, None) if 0 in array.strides else array
        return flags.silently(np.array, array, array.dtype if kind is None else kind)
    if isinstance(data, np.generic) and kind is None:
        return np.array(supported(np.asarray(data)))
    if isinstance(data, UntypedStorage):
        return data.elements(kind)
    if hasattr(type(data), "__array__") and not isinstance(data, np.generic):
        array = np.asarray(data)
        if array.dtype in dtypes.BY_NUMPY:
            return array_from(array, kind)
    return silently(_one_by_one, data, kind)


def supported(array: Array, to_be_cast: bool = False) -> Array:
    """A plain array of the same memory; TypeError for a dtype and ValueError for a layout that torch does not take.

    to_be_cast: unsigned integers are taken of any size.
    """
    kind = array.dtype
    if kind not in dtypes.BY_NUMPY and not (to_be_cast and kind.kind == "u"):
        if not kind.isnative:
            raise ValueError(
                "given numpy array has byte order different from the native byte order. Conversion between byte orders "
                "is currently not supported: convert it, as in array.astype(array.dtype.newbyteorder('='))"
            )
        dtypes.from_numpy_dtype(kind)
    for stride in array.strides:
        if stride < 0:
            raise ValueError(
                "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
                "currently supported: copy it, as in array.copy()"
            )
    return array if type(array) is np.ndarray else np.asarray(array)


# --- Python's own numbers, which NumPy reads at once ------------------------------------------------------------


def _types(data: Any) -> set[type]:
    """The types of what nested lists and tuples hold; of rows of different depth also list or tuple themselves."""
    if type(data) not in _NESTED:
        return {type(data)}
    types = set(map(type, data))
    if not types <= _NESTED:
        return types
    inner: set[type] = set()
    for row in data:
        inner |= _types(row)
    return inner


def _of_numbers(data: Any, types: set[type], kind: np.dtype[Any] | None) -> Array:
    """The array of a number, or of nested lists of numbers, of these types.

    ValueError and OverflowError where NumPy cannot read them, or not all of them as they are.
    """
    if kind is None:
        if complex in types:
            kind = dtypes.of_python_number(0j)
        elif float in types or not types:
            kind = dtypes.default_numpy_dtype()
        else:
            kind = (dtypes.int64 if int in types else dtypes.bool_).numpy
    if complex in types and kind.kind != "c":
        raise ValueError("read one by one, as some may have no imaginary part")
    if kind.kind in "fc" or (kind.itemsize == 8 and float not in types):
        return np.array(data, kind)
    array = np.array(data)
    if kind.kind == "b" or not array.size:
        return array.astype(kind)
    narrowed = array.astype(kind)
    if array.dtype.kind not in "if" or not (narrowed == array).all():
        raise OverflowError("something is rounded, wraps around or is too large")
    return narrowed


# --- anything else, which is read as torch reads it -------------------------------------------------------------


def _one_by_one(data: Any, kind: np.dtype[Any] | None) -> Array:
    """The array of anything that is a number or a sequence to torch, read element by element."""
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    shape: list[int] = []
    first = data
    while _is_sequence(first):
        if isinstance(first, str) and len(first) == 1:
            raise ValueError("too many dimensions 'str'")
        shape.append(len(first))
        if not len(first):
            break
        first = first[0]
    if kind is None:
        kind = _inferred(data)
    elements = _elements(data, shape, 0) if 0 not in shape else ()
    return np.array([_read(one, kind) for one in elements], kind).reshape(shape)


def _is_sequence(data: Any) -> bool:
    """What has elements at positions: no tensor, which is a number here, and no number of NumPy."""
    return hasattr(type(data), "__getitem__") and not isinstance(data, (Tensor, np.generic, dict))


def _inferred(data: Any) -> np.dtype[Any]:
    """The dtype that holds all numbers in nested sequences; TypeError and RuntimeError for what are none."""
    if isinstance(data, Tensor):
        return data._array.dtype
    if isinstance(data, (np.ndarray, np.generic)):
        return dtypes.from_numpy_dtype(data.dtype).numpy
    if isinstance(data, (bool, int, float, complex)):
        return dtypes.of_python_number(data)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if not _is_sequence(data):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    if not len(data):
        return dtypes.default_numpy_dtype()
    return functools.reduce(dtypes.promote_arrays, map(_inferred, data))


def _elements(data: Any, shape: list[int], dim: int) -> Iterator[Any]:
    """What nested sequences of this shape hold, in order; TypeError and ValueError where they are ragged."""
    if dim == len(shape):
        yield data
        return
    try:
        elements = list(data)
    except TypeError:
        raise TypeError(
            f"not a sequence: {data!r} stands where a sequence of length {shape[dim]} stood first"
        ) from None
    if len(elements) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(elements)})")
    for one in elements:
        yield from _elements(one, shape, dim + 1)


def _read(one: Any, kind: np.dtype[Any]) -> Any:
    """A number as `kind` holds it.

    TypeError for what is none, ValueError for an integer beyond int64, RuntimeError for one beyond `kind`.
    """
    if isinstance(one, Tensor) and one._array.size != 1:
        if kind.kind not in "fc":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        raise ValueError(
            f"only one element tensors can be converted to Python scalars, but one of the list has shape "
            f"{tuple(one.shape)}: join them by stack() or cat()"
        )
    if kind.kind == "c":
        return complex(one)
    if kind.kind == "f":
        return math.ldexp(one, 0)  # which takes what is a real number, and no text
    if isinstance(one, np.bool_):
        if kind.kind != "b":  # which NumPy below 2.3 would allow
            raise TypeError(f"{type(one).__name__} object cannot be interpreted as an integer")
        return one
    value = one if isinstance(one, float) or (kind.kind == "b" and isinstance(one, complex)) else index(one)
    if kind.kind == "b":
        return bool(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"Overflow when unpacking long long: {value} is too large for int64")
    try:
        return fitting(value, kind)
    except RuntimeError:
        raise RuntimeError(f"value cannot be converted to type {kind.name} without overflow") from None


# --- creation functions -----------------------------------------------------------------------------------------


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
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    if not requires_grad is pin_memory is False:
        require_flags("tensor", requires_grad=requires_grad, pin_memory=pin_memory)
    array = array_from(data, None if dtype is None else dtypes.to_numpy_dtype(dtype, "tensor"))
    return settled("tensor", array, None, device, pin_memory, requires_grad)


def as_tensor(data: Any, *, dtype: Kind = None, device: Any = None) -> Tensor:
    """A tensor of the data that shares memory with an array or tensor of that dtype already.

    >>> import numpynet
    >>> numpynet.as_tensor([1.5, 2.5])
    tensor([1.5000, 2.5000])
    """
    if device is not None:
        require_cpu(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype=dtype)
    if isinstance(data, np.ndarray):
        if dtype is None:
            return wrap(supported(data))
        kind = dtypes.to_numpy_dtype(dtype, "as_tensor")
        return wrap(flags.silently(supported(data, True).astype, kind, copy=False))
    return wrap(array_from(data, None if dtype is None else dtypes.to_numpy_dtype(dtype, "as_tensor")))


def asarray(
    obj: Any,
    *,
    dtype: Kind = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """As `as_tensor`, but always a copy with ``copy=True``, and detached with ``requires_grad=False``.

    ValueError for ``copy=False`` where the memory cannot be shared.

    >>> import numpynet
    >>> numpynet.asarray([1, 2])
    tensor([1, 2])
    """
    if not device is requires_grad is None:
        require_options("asarray", None, device, False, requires_grad)
    kind = None if dtype is None else dtypes.to_numpy_dtype(dtype, "asarray")
    if isinstance(obj, (bytes, bytearray, memoryview)):
        obj = np.frombuffer(obj, dtypes.default_numpy_dtype() if kind is None else kind)
    elif isinstance(obj, np.generic):
        obj = np.asarray(obj)
    if not isinstance(obj, (Tensor, np.ndarray)):
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor: leave copy=False away")
        made = wrap(array_from(obj, kind))
        return made.requires_grad_() if requires_grad else made
    made = obj if isinstance(obj, Tensor) else wrap(supported(obj))
    held = made._array.dtype
    if kind is not None and kind != held:
        if copy is False:
            raise ValueError(
                f"can't alias tensor with dtype '{dtypes.scalar_type_name(held)}' into dtype "
                f"'{dtypes.scalar_type_name(kind)}': leave copy=False away"
            )
        made = made.to(dtype=dtype)
    elif copy:
        made = ops.clone(made)
    if requires_grad:
        return made.requires_grad_()
    return made.detach() if requires_grad is False and made.requires_grad else made


def from_numpy(ndarray: Array, /) -> Tensor:
    """A tensor that shares an array's memory.

    TypeError for a dtype that torch does not have, ValueError for negative strides and foreign byte order.

    >>> import numpy, numpynet
    >>> numpynet.from_numpy(numpy.ones(2))
    tensor([1., 1.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {class_name(type(ndarray))}): as_tensor() takes more")
    return wrap(supported(ndarray))


def scalar_tensor(
    s: Any,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A 0-dimensional tensor of a number, by default in the default dtype.

    TypeError for what is no number, RuntimeError for one that the dtype cannot hold.

    >>> import numpynet
    >>> numpynet.scalar_tensor(2.5)
    tensor(2.5000)
    """
    kind = floating(dtype, "scalar_tensor")
    array = np.array(fitting(number(s, "scalar_tensor", "s", 1), kind), kind)
    return settled("scalar_tensor", array, layout, device, pin_memory, requires_grad)


def legacy_tensor(
    *args: Any, size: Any = None, data: Any = None, device: Any = None, kind: np.dtype[Any] | None = None
) -> Tensor:
    """``torch.Tensor(2, 3)`` is uninitialised and ``torch.Tensor([1, 2])`` holds the data, both in the default dtype.

    kind: another dtype, as ``torch.LongTensor`` has it. A tensor or its storage is looked at, by torch.Tensor in its
    own dtype. TypeError where it is of another dtype than `kind`, and for a single number that is no size.
    """
    wanted = kind
    kind = dtypes.default_numpy_dtype() if kind is None else kind
    if not args or not size is data is device is None:
        require_cpu(device)
        if (args and not size is data is None) or not (size is None or data is None):
            raise TypeError("new() received an invalid combination of arguments: both sizes and data")
        if not args and data is None:
            return wrap(new_array(np.empty, "new", (), (0,) if size is None else size, kind))
        args = args or (data,)
    first = args[0]
    if len(args) == 1 and isinstance(first, Tensor):
        held = first._array.dtype
        if wanted not in (None, held):
            raise TypeError(
                f"expected a tensor of dtype {dtypes.scalar_type_name(kind)} (got {dtypes.scalar_type_name(held)}): "
                f"convert it, as in x.to(dtype)"
            )
        return ops.view(first, shape=first._array.shape)
    if len(args) == 1 and isinstance(first, np.ndarray) and (first.ndim or first.dtype.kind == "f"):
        return as_tensor(first, dtype=dtypes.from_numpy_dtype(kind))
    if len(args) > 1 or isinstance(first, Size) or hasattr(first, "__index__"):
        return wrap(new_array(np.empty, "new", args, None, kind))
    if isinstance(first, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(first).__name__}'")
    if not _is_sequence(first):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    return wrap(array_from(first, kind))


legacy_tensor.__qualname__ = "Tensor"  # as errors name it
