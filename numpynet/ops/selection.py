"""Selection: each element of the result is one of several candidates, and the cotangent goes to the one taken."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.ops import plain
from numpynet.ops.acceptance import BOOL, fitting, not_all_booleans, scalar_name
from numpynet.ops.blocks import between
from numpynet.ops.form import Array, elementwise, op
from numpynet.ops.layout import copied, laid_out, row_major
from numpynet.ops.masks import zero_where
from numpynet.ops.sums import HALF, sum_to, total

FEW_BYTES = 64  # which torch does not compare at once


@elementwise
def maximum(a: Any, b: Any) -> Any:
    """y = max(a, b), NaN if either is NaN; where both are equal each gets half of the cotangent.

    Of zeros that differ in sign torch returns the second where it compares many at once, as processors do, and NumPy
    with them; few elements it compares one by one, and returns the first.

    >>> import numpynet
    >>> numpynet.maximum(numpynet.tensor([1.0, 5.0]), numpynet.tensor([3.0, 3.0]))
    tensor([3., 5.])
    """
    return np.maximum(b, a) if getattr(a, "nbytes", 0) < FEW_BYTES else np.maximum(a, b)


maximum.gradients(
    a=lambda dy, a, b: np.where(a == b, dy / 2, np.where(a < b, 0, dy)),
    b=lambda dy, a, b: np.where(a == b, dy / 2, np.where(b < a, 0, dy)),
)


@elementwise
def minimum(a: Any, b: Any) -> Any:
    """y = min(a, b), NaN if either is NaN; where both are equal each gets half of the cotangent.

    >>> import numpynet
    >>> numpynet.minimum(numpynet.tensor([1.0, 5.0]), numpynet.tensor([3.0, 3.0]))
    tensor([1., 3.])
    """
    return np.minimum(b, a) if getattr(a, "nbytes", 0) < FEW_BYTES else np.minimum(a, b)  # as `maximum`


minimum.gradients(
    a=lambda dy, a, b: np.where(a == b, dy / 2, np.where(a > b, 0, dy)),
    b=lambda dy, a, b: np.where(a == b, dy / 2, np.where(b > a, 0, dy)),
)


def _clamp_acceptance(name: str, x: Any, low: Any = None, high: Any = None) -> None:
    _require_fitting(name, x, low, high)
    for bound in (low, high):
        if isinstance(bound, (int, float)) and x.dtype == HALF:
            fitting(bound, HALF)
    if (low is None or high is None) and not hasattr(low, "dtype") and not hasattr(high, "dtype"):
        not_all_booleans(f"{name}_{'min' if high is None else 'max'}_scalar", x, low if high is None else high)


def _require_fitting(name: str, *operands: Any) -> None:
    """RuntimeError where a Python integer does not fit into the integers among which it is to be written."""
    kinds = [one.dtype for one in operands if hasattr(one, "dtype")]
    if kinds and all(kind.kind in "iu" for kind in kinds) and not any(isinstance(one, float) for one in operands):
        for one in operands:
            if isinstance(one, int):
                fitting(one, np.result_type(*kinds))


def _within(x: Any, low: Any, high: Any) -> Any:
    """Where clamp passes x through, its bounds included."""
    if low is None:
        return x <= high
    return x >= low if high is None else (x >= low) & (x <= high)


@elementwise(
    torch="input min max",
    accepts=_clamp_acceptance,
    grad_fn=lambda low, high: (
        f"ClampBackward{1 if isinstance(low, (int, float)) or isinstance(high, (int, float)) else 0}"
    ),
    listed={"ClampBackward1": "x"},
)
def clamp(x: Any, low: Any = None, high: Any = None) -> Any:
    """y = min(max(x, low), high); None leaves a side open. At a bound the cotangent still passes.

    RuntimeError when both bounds are None.

    >>> import numpynet
    >>> numpynet.clamp(numpynet.tensor([-2.0, 0.5, 2.0]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    is_number = _is_number(low if high is None else high)
    if low is not None and _is_number(low) != is_number:
        raise TypeError("clamp(): 'min' and 'max' must both be numbers or both be tensors: make a tensor of the number")
    if is_number:
        low = -math.inf if low is None else _bound(low, x)
        high = math.inf if high is None else _bound(high, x)
        return between(low, x, high) if low == low and high == high else x + math.nan
    if low is not None:
        x = maximum.forward(x, low)
    return x if high is None else minimum.forward(x, high)


def _is_number(bound: Any) -> bool:
    return isinstance(bound, (int, float))


def _bound(bound: float, x: Any) -> Any:
    """A number as what x is compared with."""
    return bound if -65504.0 <= bound <= 65504.0 else fitting(bound, x.dtype)  # all floats hold those


clamp.gradients(
    x=lambda dy, x, low, high: zero_where(~_within(x, low, high), dy),
    low=lambda dy, x, low, high: np.where((x < low) & (True if high is None else low < high), dy, 0),
    high=lambda dy, x, low, high: np.where((x > high) | (False if low is None else low > high), dy, 0),
)


@op(
    torch="condition input other",
    promotes="common",
    accepts=lambda name, condition, a, b: _require_fitting(name, a, b),
    complex="analytic",
)
def where(condition: Any, a: Any, b: Any) -> Any:
    """y = a where the condition (bool) holds, else b        all three broadcast together.

    RuntimeError when the condition is no mask.

    >>> import numpynet
    >>> numpynet.where(numpynet.tensor([True, False]), numpynet.tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    kind = getattr(condition, "dtype", BOOL)
    if kind is not BOOL and kind.kind != "b" and kind != np.uint8:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {scalar_name(condition)}: "
            f"compare first, as in x != 0"
        )
    y = (plain.where if type(condition) is type(a) is type(b) is np.ndarray else np.where)(condition, a, b)
    if y.ndim > 1 and type(condition) is np.ndarray and not condition.flags.c_contiguous:
        y = laid_out(y, (condition, a, b))
    return y


where.gradients(
    a=lambda dy, condition, a_shape: sum_to(np.where(condition, dy, 0), a_shape),
    b=lambda dy, condition, b_shape: sum_to(np.where(condition, 0, dy), b_shape),
)


@op(
    torch="input mask value",
    grad_fn=lambda value: f"MaskedFillBackward{1 if hasattr(value, 'dtype') else 0}",
    listed={"MaskedFillBackward0": "x"},
    complex="analytic",
)
def masked_fill(x: Array, mask: Array, value: Any) -> Any:
    """y = value where the mask (bool) holds, else x, in x's dtype        all broadcast together.

    value: a number or a 0-dimensional tensor. RuntimeError when the mask is none.

    >>> import numpynet
    >>> numpynet.masked_fill(numpynet.tensor([1.0, 2.0]), numpynet.tensor([True, False]), 0)
    tensor([0., 2.])
    """
    if mask.dtype.kind != "b":
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype.name}: compare first"
        )
    if isinstance(value, (int, float, complex)) or (value.dtype.kind == "c" != x.dtype.kind and not value.ndim):
        value = fitting(value if isinstance(value, (int, float, complex)) else value.item(), x.dtype)
    value = np.asarray(value)
    if value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} "
            f"dimension(s): where() takes one of any shape"
        )
    y = np.where(mask, value.astype(x.dtype), x)
    return row_major(y)


masked_fill.gradients(
    x=lambda dy, mask, x_shape: sum_to(np.where(mask, 0, dy), x_shape),
    value=lambda dy, mask, value_dtype: total(np.where(mask, dy, 0)).astype(value_dtype),
)


@op(torch="input", complex="written")
def nan_to_num(x: Array, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """y = x with NaN and the infinities replaced, by default with 0 and the largest numbers of the dtype.

    >>> import numpynet
    >>> numpynet.nan_to_num(numpynet.tensor([numpynet.nan, 1.0, -numpynet.inf]), neginf=-1.0)
    tensor([ 0.,  1., -1.])
    """
    x = copied(x, None) if 0 in x.strides else x
    return np.nan_to_num(x, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


nan_to_num.gradients(x=lambda dy, x: dy * np.isfinite(x))
