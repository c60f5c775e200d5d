"""Arguments that creation functions share: sizes, numbers, dtypes, and the keywords at the end of every signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from numpynet.core import dtypes
from numpynet.core.device import require_cpu
from numpynet.core.modes import flags
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.acceptance import require_64_bits
from numpynet.ops.form import Array
from numpynet.ops.layout import layout as Layout

Kind = dtypes.dtype | None


# --- sizes ------------------------------------------------------------------------------------------------------


def sizes(size: tuple[Any, ...], operation: str = "empty") -> tuple[int, ...]:
    """The shape meant by ``zeros(2, 3)`` and ``zeros((2, 3))`` alike.

    TypeError for sizes that are no integers, RuntimeError for a negative one.
    """
    shape = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    for one in shape:
        if type(one) is not int or one < 0:
            return _read_sizes(shape, operation)
    return tuple(shape)


def _read_sizes(size: Any, operation: str) -> tuple[int, ...]:
    """The same for what is not plainly a tuple of Python's own integers."""
    shape = []
    for position, one in enumerate(size):
        try:
            shape.append(_whole(one) if position == 0 else index(one))  # torch looks for truth in the first alone
        except (TypeError, ValueError):
            raise TypeError(
                f"{operation}(): argument 'size' (position {position + 1}) must be tuple of ints, not "
                f"{type(one).__name__}"
            ) from None
    if min(shape) < -(2**63):
        raise TypeError(f"{operation}(): argument 'size' does not fit into int64: {shape}")
    if min(shape) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {shape} in {operation}()")
    return tuple(shape)


def _whole(value: Any) -> int:
    """A whole number; TypeError for anything else, booleans too."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError
    return index(value)


def new_array(
    make: Callable[..., Array], operation: str, args: tuple[Any, ...], size: Any, kind: np.dtype[Any]
) -> Array:
    """A new array, by np.empty or np.zeros, of the shape that is given by position or as ``size=``.

    TypeError when it is not given, or twice; otherwise as `sizes` and `too_large`.
    """
    if size is not None:
        if args:
            raise TypeError(f"{operation}() got multiple values for argument 'size'")
        if not isinstance(size, (tuple, list)):
            raise TypeError(f"{operation}(): argument 'size' must be tuple of ints, not {type(size).__name__}")
        args = (size,)
    elif not args:
        raise TypeError(f'{operation}() missing 1 required positional arguments: "size"')
    shape = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
    for one in shape:
        if type(one) is not int or one < 0:
            shape = _read_sizes(shape, operation)
            break
    try:
        return make(shape, kind)
    except (ValueError, MemoryError):
        raise too_large(operation, shape) from None


def too_large(operation: str, shape: Sequence[int]) -> Exception:
    """What torch raises where there is no memory for a shape."""
    if any(one >= 2**63 for one in shape):
        return TypeError(f"{operation}(): argument 'size' does not fit into int64: {shape}")
    return RuntimeError(f"{operation}(): can't allocate memory for a tensor of shape {list(shape)}")


def integer(value: Any, operation: str, name: str, position: int) -> int:
    """A whole number; TypeError for anything else, booleans too, ValueError for one beyond int64."""
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    try:
        whole = _whole(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"{operation}(): argument '{name}' (position {position}) must be int, not {type(value).__name__}"
        ) from None
    if not -(2**63) <= whole < 2**63:
        raise ValueError(f"Overflow when unpacking long long: {whole} as '{name}' of {operation}()")
    return whole


# --- numbers ----------------------------------------------------------------------------------------------------


def number(value: Any, operation: str, name: str, position: int) -> Any:
    """A Python number, also of a NumPy scalar or a 0-dimensional tensor without gradient; TypeError for anything else.

    OverflowError for an integer that takes more than 64 bits.
    """
    kind = type(value)
    if kind is float or (kind is int and -(2**63) <= value < 2**64):
        return value
    if isinstance(value, Tensor) and not value._array.ndim and not value.requires_grad:
        value = value.item()
    elif isinstance(value, (np.floating, np.bool_)):
        value = float(value)
    elif isinstance(value, np.integer):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        require_64_bits(value)
    elif isinstance(value, np.complexfloating):
        value = complex(value)
    elif not isinstance(value, (float, bool, complex)):
        raise TypeError(
            f"{operation}(): argument '{name}' (position {position}) must be Number, not {type(value).__name__}"
        )
    return value


# --- the keywords at the end ------------------------------------------------------------------------------------


def floating(dtype: Kind, operation: str, out: Any = None) -> np.dtype[Any]:
    """The NumPy dtype wanted, or that of `out`, or the default floating one."""
    if dtype is not None:
        return dtypes.to_numpy_dtype(dtype, operation)
    return out._array.dtype if isinstance(out, Tensor) else dtypes.default_numpy_dtype()


def settled(
    operation: str,
    array: Array,
    layout: Any,
    device: Any,
    pin_memory: Any,
    requires_grad: Any,
    dtype: Kind = None,
    out: Tensor | None = None,
    reshaped: bool = True,
) -> Tensor:
    """A tensor around a new array, or `out` with its values, as the keywords of a creation function say.

    reshaped: False where `out` keeps its shape if it has as many elements.
    TypeError and RuntimeError for keywords that torch refuses, and for another device than the CPU.
    """
    if out is layout is device is None and pin_memory is False:
        if requires_grad is False:
            return wrap(array)
        if requires_grad is True and array.dtype.kind in "fc":
            made = wrap(array)
            made._requires_grad = True
            return made
    require_settled(operation, layout, device, pin_memory, requires_grad, dtype, out)
    made = wrap(array) if out is None else _written(array, out, reshaped)
    return made.requires_grad_() if requires_grad else made


def require_settled(
    operation: str,
    layout: Any,
    device: Any,
    pin_memory: Any,
    requires_grad: Any,
    dtype: Kind = None,
    out: Tensor | None = None,
) -> None:
    """Raises what `settled` raises of the keywords themselves: before anything is drawn."""
    if out is layout is device is None and requires_grad is pin_memory is False:
        return
    require_options(operation, layout, device, pin_memory, requires_grad)
    if out is not None:
        _require_out(operation, dtype, out)


def require_options(operation: str, layout: Any, device: Any, pin_memory: Any, requires_grad: Any) -> None:
    """TypeError for a layout or a flag of another kind, RuntimeError for another device than the CPU."""
    require_cpu(device)
    if layout is not None and type(layout) is not Layout:
        raise TypeError(f"{operation}(): argument 'layout' must be torch.layout, not {type(layout).__name__}")
    require_flags(
        operation,
        pin_memory=False if pin_memory is None else pin_memory,
        requires_grad=False if requires_grad is None else requires_grad,
    )
    if pin_memory:
        raise RuntimeError(
            f"Cannot access accelerator device when none is available: leave pin_memory of {operation}()"
        )


def require_flags(operation: str, **flags: Any) -> None:
    """TypeError for a flag that is neither True nor False."""
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise TypeError(f"{operation}(): argument '{name}' must be bool, not {type(value).__name__}")


def _require_out(operation: str, dtype: Kind, out: Any) -> None:
    """TypeError unless `out` is a tensor, RuntimeError when its dtype is another or it requires a gradient."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{operation}(): argument 'out' must be Tensor, not {type(out).__name__}")
    held = out._array.dtype
    kind = held if dtype is None else dtypes.to_numpy_dtype(dtype, operation)
    if kind != held:
        raise RuntimeError(
            f"dtype {dtypes.scalar_type_name(kind)} does not match dtype of out parameter "
            f"({dtypes.scalar_type_name(held)}) in {operation}()"
        )
    if flags.enabled and out.requires_grad:
        raise RuntimeError(
            f"{operation}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            f"arguments requires grad."
        )


def _written(array: Array, out: Tensor, reshaped: bool) -> Tensor:
    """`out`, overwritten by these values, and with their shape."""
    if not reshaped and out._array.size == array.size:
        array = array.reshape(out._array.shape)
    if out._array.shape == array.shape:
        out._write(array)
        return out
    return out._resize(array)
