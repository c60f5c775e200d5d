"""Functions: the operations as torch's functions, which take tensors where the operations also take arrays.

``numpynet.ops.tanh`` computes by hand what it is given; ``numpynet.tanh`` is the door that torch has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial, wraps
from inspect import cleandoc
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core.dtypes import of_python_number
from numpynet.core.messages import class_name
from numpynet.core.modes import flags, paused
from numpynet.core.tape import OpNode, next_number
from numpynet.core.tensor import FLOAT32, Tensor, heard, put_on_tape, record, wrap
from numpynet.ops.arguments import has_out
from numpynet.ops.binding import MISSING, WithOut, bound
from numpynet.ops.form import Op
from numpynet.ops.source import Docstring

# The operations of two operands that torch has for two numbers, and those that it has for a number and a tensor.
OF_NUMBERS = (ops.add, ops.sub, ops.mul, ops.true_divide, ops.floor_divide, ops.rounded_divide)
OF_NUMBER_AND_TENSOR = (
    *(ops.pow, ops.remainder),
    *(ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor, ops.bitwise_left_shift, ops.bitwise_right_shift),
)
for _operation in OF_NUMBER_AND_TENSOR:  # torch's name of that number
    _operation.keywords["self"] = _operation.operands[0]


@cache
def function(operation: Op) -> Any:
    """The operation as torch's function of that name: TypeError where torch wants a tensor and there is none.

    Its ``gradients`` and its ``forward`` are the operation's own.
    """
    made = _joining(operation) if operation.variadic else bound(operation, taken_by=_door(operation))
    made.__name__ = made.__qualname__ = operation.name
    made.__module__ = "numpynet"
    made.__dict__.update(gradients=operation.gradients, forward=operation.forward)
    if has_out(operation.name):
        made.__wrapped__ = WithOut(operation)  # type: ignore[attr-defined]
    return made


def _joining(operation: Op) -> Callable[..., Any]:
    """The function of an operation of many tensors, which torch takes as one sequence, along a dimension."""
    call, join, kinds = operation.call, operation.joins, operation.quick_kinds

    @wraps(call)
    def function(tensors: Any = MISSING, dim: Any = 0, **others: Any) -> Any:
        usual = not others and type(dim) is int and (type(tensors) is list or type(tensors) is tuple)
        if usual and join is not None and not heard[0]:
            try:
                kind, arrays, needed = tensors[0]._array.dtype, [], False
                for one in tensors:
                    array = one._array
                    if array.dtype is not kind or (one._view is not None and not one._is_current()):
                        break
                    arrays.append(array)
                    if one._requires_grad:
                        needed = True
                else:
                    if kind is FLOAT32 or kind.char in kinds:
                        result = wrap(join(arrays, dim))  # which only moves elements, and gives no warnings
                        if needed and kind.kind == "f" and (not paused or flags.enabled):
                            plan = operation.plans[1]
                            plan.remember(OpNode(), next_number[0](), result, {"dim": dim}, tensors, arrays)
                        return result
            except Exception:  # told by the general way
                pass
        if isinstance(tensors, Tensor):  # as the operation takes them by hand
            refuse(operation, 0, "tuple of Tensors", tensors)
        if tensors is MISSING:
            raise TypeError(f'{operation.name}() missing 1 required positional arguments: "tensors"')
        made = call(tensors, dim=dim, **others)
        return made if isinstance(made, Tensor) else refuse(operation, 0, "tuple of Tensors", made)

    function.__wrapped__ = operation
    function.__doc__ = Docstring(operation.forward.__doc__, operation.documentation)
    return function


def current_arrays(operands: Sequence[Any]) -> tuple[list[Any], int]:
    """The arrays of tensors of one dtype that are up to date on the tape, and None for None, while nobody listens.

    No arrays where anything is otherwise: then an operation takes the general way, `record`. And the bits of those that
    require a gradient.
    """
    kind: Any = None
    arrays: list[Any] = []
    needed, bit = 0, 1
    for one in operands:
        if one is None:
            arrays.append(None)
        elif isinstance(one, Tensor) and (one._view is None or one._is_current()):
            array = one._array
            if array.dtype is not kind:
                if kind is not None:
                    return [], 0
                kind = array.dtype
            arrays.append(array)
            if one._requires_grad:
                needed += bit
        else:
            return [], 0
        bit += bit
    return ([], 0) if heard[0] else (arrays, needed)


def placed(
    y: Any, operation: Op, operands: Sequence[Any], arrays: Sequence[Any], needed: int, options: dict[str, Any]
) -> Tensor:
    """A tensor around what the operation's forward gives for these `current_arrays`, in its place on the tape.

    options: all of them.
    """
    result = wrap(y)
    if needed and (not paused or flags.enabled) and y.dtype.kind in "fc":
        put_on_tape(result, operation, needed, operands, options, arrays)
    return result


def _door(operation: Op) -> Callable[[Sequence[Any]], Callable[..., Any]]:
    """What carries an operation out whose first operand is no tensor."""
    if operation in OF_NUMBERS:
        return partial(_of_numbers, operation)
    return partial(_of_number_and_tensor if "self" in operation.keywords else _of_tensors, operation)


def _of_tensors(operation: Op, operands: Sequence[Any]) -> Any:
    others = [(position, one) for position, one in enumerate(operands) if not isinstance(one, Tensor)]
    position, given = min(others, key=lambda other: other[1] is None)  # None may be meant
    return refuse(operation, position, "Tensor", given)


def _of_number_and_tensor(operation: Op, operands: Sequence[Any]) -> Callable[..., Any]:
    first, second = operands
    if is_number(first) and isinstance(second, Tensor):
        return record
    return refuse(operation, *((1, "Tensor", second) if is_number(first) else (0, "Tensor", first)))


def _of_numbers(operation: Op, operands: Sequence[Any]) -> Callable[..., Any]:
    if is_number(operands[0]) and is_number(operands[1]):
        return _recorded_of_numbers
    return _of_number_and_tensor(operation, operands)


def _recorded_of_numbers(operation: Op, operands: Sequence[Any], options: dict[str, Any]) -> Tensor:
    return record(operation, [wrap(_as_array(operand)) for operand in operands], options)


def _as_array(number: Any) -> Any:
    """A number in the dtype of the tensor that torch makes of it."""
    array = np.asarray(number)
    return array.astype(of_python_number(array.item())) if array.dtype.kind in "fc" else array


# The methods that overwrite a tensor and that torch also has as functions.
OVERWRITING = (
    *("abs_", "acos_", "acosh_", "addmv_", "arccos_", "arccosh_", "arcsin_", "arcsinh_", "arctan_", "arctanh_"),
    *("asin_", "asinh_", "atan_", "atanh_", "ceil_", "clamp_", "clamp_max_", "clamp_min_", "clip_", "cos_", "cosh_"),
    *("deg2rad_", "detach_", "erf_", "exp2_", "exp_", "expm1_", "fill_", "fix_", "floor_", "frac_"),
    *("log10_", "log1p_", "log2_", "log_", "nan_to_num_", "neg_", "negative_", "rad2deg_", "reciprocal_", "relu_"),
    *("resize_as_", "round_", "rsqrt_", "sigmoid_", "sin_", "sinh_", "sqrt_", "square_", "tan_", "tanh_", "trunc_"),
    "zero_",
)


def of_method(name: str) -> Callable[..., Any]:
    """A tensor's method as a function: TypeError for what is no tensor."""

    def function(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
        return getattr(input, name)(*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    method = getattr(Tensor, name)
    function.__doc__ = f"The method `Tensor.{name}` as a function.\n\n{cleandoc(str(method.__doc__))}"
    function.__wrapped__ = method  # type: ignore[attr-defined]
    function.__module__ = "numpynet"
    return function


def is_number(value: Any) -> bool:
    """Whether torch takes it for a number: one of Python's or NumPy's."""
    return isinstance(value, (bool, int, float, complex, np.generic))


def refuse(operation: Op, position: int, wanted: str, given: Any) -> Any:
    """TypeError: an operand is not what torch wants there."""
    raise TypeError(
        f"{operation.name}(): argument '{operation.torch_name(position)}' (position {position + 1}) must be {wanted}, "
        f"not {class_name(type(given))}: make a tensor of it, as in torch.tensor(...), or call "
        f"numpynet.ops.{operation.name} by hand"
    )
