"""Messages: NumPy's errors told in torch's classes and words, with the operation and the shapes."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import numpy as np


def torch_error(error: Exception, operation: str, arrays: list[Any], axis: int | None = None) -> Exception:
    """The exception that torch raises where NumPy raised `error` in that operation on those arrays.

    Errors that were raised on purpose by an operation itself pass through unchanged.
    """
    text = str(error)
    if isinstance(error, np.exceptions.AxisError):
        axis = error.axis
        ndim = error.ndim
    elif axis is not None:
        ndim = arrays[0].ndim
    else:
        return _other_error(error, text, operation, arrays)
    low, high = (-ndim, ndim - 1) if ndim else (-1, 0)
    return IndexError(
        f"Dimension out of range (expected to be in range of [{low}, {high}], but got {axis}) in {operation}()"
    )


def _other_error(error: Exception, text: str, operation: str, arrays: list[Any]) -> Exception:
    shapes = [array.shape for array in arrays if isinstance(array, np.ndarray)]
    if isinstance(error, IndexError):
        if text.startswith("too many indices"):
            return IndexError(f"too many indices for tensor of dimension {len(shapes[0])}")
        return IndexError(
            f"{text.replace(' axis ', ' dimension ')} (in {operation}() of a tensor of shape {shapes[0]})"
        )
    if not isinstance(error, ValueError):
        return error
    if text.startswith(("operands could not be broadcast", "shape mismatch", "could not broadcast")):
        mismatch = _first_mismatch(shapes)
        if mismatch is not None:
            a, b, dimension = mismatch
            return RuntimeError(
                f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension "
                f"{dimension} in {operation}() of shapes {' and '.join(map(str, shapes))}"
            )
        return RuntimeError(f"{operation}(): {text}")
    if "zero-size array to reduction operation" in text or "empty sequence" in text:
        return IndexError(
            f"{operation}(): Expected reduction dim to be specified for input.numel() == 0. "
            f"Specify the reduction dim with the 'dim' argument."
        )
    return error


def _first_mismatch(shapes: list[tuple[int, ...]]) -> tuple[int, int, int] | None:
    """The two sizes that do not broadcast, and their dimension, counted as torch does: from the last one."""
    if len(shapes) < 2:
        return None
    a, b = shapes[:2]
    rank = max(len(a), len(b))
    for back, (x, y) in enumerate(zip_longest(reversed(a), reversed(b), fillvalue=1)):
        if x != y and 1 not in (x, y):
            return x, y, rank - 1 - back
    return None
