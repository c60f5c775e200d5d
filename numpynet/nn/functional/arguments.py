"""Arguments that are refused wherever a function of layers takes them."""

from __future__ import annotations

from typing import Any

from numpynet.core.dtypes import scalar_type_name
from numpynet.core.tensor import Tensor
from numpynet.ops.arguments import is_number, no_tensor
from numpynet.ops.form import Array

NO_OPTIONS: dict[str, Any] = {}


def require_tensor(function: str, argument: str, position: int, value: Any, asks: str = "") -> None:
    """TypeError, or AttributeError where torch asks for an attribute of it first, unless a value is a tensor."""
    if not isinstance(value, Tensor):
        raise no_tensor(function, argument, position, value, asks)


def require_number(function: str, argument: str, position: int, value: Any) -> None:
    """TypeError unless a value is a number."""
    if not is_number(value) or isinstance(value, complex):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be float, not {type(value).__name__}"
        )


def not_implemented(kernel: str, x: Array) -> None:
    kind = scalar_type_name(x.dtype)
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{kind}': convert it, as in x.float()")


def c_name(tensor: Tensor) -> str:
    """The name of a tensor's dtype as some of torch's messages have it.

    >>> import numpynet
    >>> c_name(numpynet.zeros(1))
    'float'
    """
    name = str(tensor.dtype).removeprefix("torch.")
    return {"float32": "float", "float64": "double", "int64": "long int", "int32": "int", "float16": "Half"}.get(
        name, name
    )
