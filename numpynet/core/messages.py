"""Messages: NumPy's errors told in torch's classes and words, with the operation and the shapes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from inspect import cleandoc
from itertools import zip_longest
from typing import Any

import numpy as np

from numpynet.core.shown_class import torch_name
from numpynet.ops.acceptance import scalar_name

Shape = tuple[int, ...]


def dimension_error(dim: Any, ndim: int, operation: str) -> IndexError:
    """The error for a dimension that a tensor of so many dimensions does not have.

    >>> dimension_error(2, 1, "sum")
    IndexError('Dimension out of range (expected to be in range of [-1, 0], but got 2) in sum()')
    """
    count = ndim or 1  # torch lets a number be addressed as though it were a vector
    return IndexError(
        f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {dim}) in {operation}()"
    )


def normal_dim(dim: int, ndim: int, operation: str) -> int:
    """A dimension counted from the front; IndexError when a tensor of so many dimensions has none such.

    >>> normal_dim(-1, 3, "sum")
    2
    """
    count = ndim or 1
    if type(dim) is not int and (isinstance(dim, bool) or not hasattr(dim, "__index__")):
        raise TypeError(f"{operation}(): argument 'dim' must be int, not {type(dim).__name__}")
    if not -count <= dim < count:
        raise dimension_error(dim, ndim, operation)
    return dim % count


def class_name(kind: type) -> str:
    """The name of a class as torch's messages give it: with its module, unless it is Python's own.

    >>> import numpynet
    >>> class_name(int), class_name(np.ndarray), class_name(type(numpynet.float32))
    ('int', 'numpy.ndarray', 'torch.dtype')
    """
    own = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return torch_name(kind) or own


def under_old_name(function: Callable[..., Any], place: str) -> Callable[..., Any]:
    """The function under its name without the underscore, which warns; place: where torch says that it is."""
    new = function.__name__
    name = new.removesuffix("_")

    @wraps(function)
    def old(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"`{place}.{name}` is now deprecated in favor of `{place}.{new}`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    old.__name__ = old.__qualname__ = name
    old.__doc__ = f"`{new}` under its old name, with a FutureWarning.\n\n{cleandoc(str(function.__doc__))}"
    return old


def torch_error(error: Exception, operation: str, arrays: list[Any], axis: int | None = None) -> Exception:
    """The exception that torch raises where NumPy raised `error` in that operation on those arrays.

    Errors that were raised on purpose by an operation itself pass through unchanged.
    """
    if isinstance(error, np.exceptions.AxisError):
        return dimension_error(error.axis, error.ndim or 0, operation)
    if axis is not None:
        return dimension_error(axis, arrays[0].ndim, operation)
    operands = [array for array in arrays if isinstance(array, np.ndarray)]
    text = str(error)
    if isinstance(error, IndexError):
        return _index_error(text, operation, operands)
    if isinstance(error, ValueError):
        return _value_error(error, text, operation, operands)
    if text.startswith("ufunc '"):  # it has no loop for these dtypes
        if _first_mismatch([array.shape for array in operands]) is not None:
            return _value_error(error, "shape mismatch", operation, operands)
        kinds = ", ".join(f"'{scalar_name(array)}'" for array in operands)
        return NotImplementedError(f'"{operation}" not implemented for {kinds}: convert first, as in x.int()')
    return error


def _index_error(text: str, operation: str, operands: list[Any]) -> Exception:
    if text.startswith("too many indices"):
        if not operands[0].ndim:
            return IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` to convert a 0-dim tensor to a number"
            )
        return IndexError(f"too many indices for tensor of dimension {operands[0].ndim}")
    if text.startswith("index ") and " axis " in text:
        return IndexError(f"{text.replace(' axis ', ' dimension ')} in {operation}() of shape {operands[0].shape}")
    if text.startswith("boolean index did not match"):
        _, _, sizes = text.partition(";")
        return IndexError(
            f"The shape of the mask does not match the shape of the indexed tensor {list(operands[0].shape)} in "
            f"{operation}():{sizes.replace(' axis', ' dimension')}"
        )
    return IndexError(text.replace("indexing arrays", "indexing tensors"))


_MISMATCHES = "operands could not be broadcast", "shape mismatch", "could not broadcast", "array is not broadcastable"


def _value_error(error: Exception, text: str, operation: str, operands: list[Any]) -> Exception:
    shapes = [array.shape for array in operands]
    if text.startswith(_MISMATCHES):
        mismatch = _first_mismatch(shapes)
        if mismatch is None:
            return RuntimeError(f"{operation}(): {text}")
        a, b, dimension = mismatch
        return RuntimeError(
            f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension "
            f"{dimension} in {operation}() of shapes {' and '.join(map(str, shapes))}"
        )
    if text.startswith(("duplicate value in", "repeated axis")):
        return RuntimeError(f"dim appears multiple times in the list of dims in {operation}()")
    return error


def _first_mismatch(shapes: list[Shape]) -> tuple[int, int, int] | None:
    """The first two sizes that do not broadcast, and their dimension, counted as torch does: from the last one."""
    known: list[int] = []  # the broadcast shape so far, last dimension first
    for shape in shapes:
        rank = max(len(known), len(shape))
        for back, (a, b) in enumerate(zip_longest(known, reversed(shape), fillvalue=1)):
            if a != b and 1 not in (a, b):
                return a, b, rank - 1 - back
        known = [b if a == 1 else a for a, b in zip_longest(known, reversed(shape), fillvalue=1)]
    return None
