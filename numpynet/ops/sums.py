"""Sums: one way of adding up, which loses few digits, for forwards, gradients and compiled steps alike.

A sum is a product with ones, Σₙ x[n] = 1ᵀ x, for which the processor's linear algebra takes a fraction of the time
of NumPy's own sum. It adds up one element after another, and n of them lose up to n/2 units in the last place. So
more than a few are added up in blocks, then the sums of the blocks likewise (N. J. Higham, "Accuracy and Stability
of Numerical Algorithms", 2nd ed., chapter 4): the error grows with the logarithm of n. The columns of a narrow table
of some hundred or thousand rows are added up in PyTorch's own order (aten/src/ATen/native/cpu/SumKernel.cpp), to
its bits; elsewhere that order would take several times as long.

float16 is added up in float32, as in torch. A sum starts from 0, also that of one element: Σ (−0) = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import NDArray

from numpynet.ops.layout import row_major

Array = NDArray[Any]
ndarray = np.ndarray
Dim = int | tuple[int, ...] | None

HALF = np.dtype(np.float16)
BATCH = 160  # so many rows are added up by one product
BLOCK = 64  # of more, so many at a time
TABLE = 4096  # up to so many, each of fewer bytes than four
REGISTER = 32  # of the registers that torch uses, are added up in torch's order
SIDE = 16  # so many rows are laid side by side, unless their length is a multiple of it: whole registers are full
ROW = 128  # so many elements of each row are added up by one product of a matrix and a vector,
LONG_ROW = 1024  # and so many by one product of two vectors, which loses fewer digits: of 32 sums at least
LONG_BLOCK = 512  # of more, and of many rows, so many at a time
PART = 32 * LONG_ROW  # elements that a formula is computed of before they are added up
SHORT = 32  # numbers are copied to more rows, ...
MANY_ROWS = 512  # ... of which there are so many


class _Ones(dict[int, Array]):
    """n ones of one dtype for every n, which nobody may overwrite."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def __missing__(self, n: int) -> Array:
        if len(self) >= 256:
            self.clear()
        vector = self[n] = np.ones(n, self.dtype)
        vector.flags.writeable = False
        return vector


INT64 = np.dtype(np.int64).char
SHORT_KINDS = "fd" + INT64  # of which few are added up by one product
ones = {dtype: _Ones(dtype) for dtype in "fdFD" + INT64}


def product_with_one(a: Array, b: Array) -> Array:
    """a b where one of them is a single number: `dot` only scales by it, and a 0 would drop infinities and NaN."""
    return np.matmul(a, b) + 0  # a sum of products starts from 0


# --- over some or all dimensions ----------------------------------------------------------------------------


def sum_over(x: Array, dim: Dim = None, keepdim: bool = False) -> Any:
    """Σ x over `dim`: one dimension, several, or None for all. Of floating or complex numbers; in their dtype.

    >>> sum_over(np.array([[1.0, 2.0], [3.0, 4.0]]), 1, keepdim=True)
    array([[3.],
           [7.]])
    """
    if x.ndim == 2 and (dim == 1 or dim == -1) and x.shape[1] <= ROW and x.dtype.char in "fd" and x.size != 1:
        y = x.dot(ones[x.dtype.char][x.shape[1]])
        return y.reshape(-1, 1) if keepdim else y
    if dim is None or not x.ndim:
        y = total(x)
        return y.reshape((1,) * x.ndim) if keepdim else y
    if type(dim) is tuple and len(dim) == 1:
        return sum_over(x, dim[0], keepdim)
    if x.ndim == 2 and dim == 0:
        y = column_sums(x)
        return y.reshape(1, -1) if keepdim else y
    axes = normalize_axis_tuple(dim, x.ndim)
    y = _over_axes(x, axes)
    return y.reshape([1 if axis in axes else size for axis, size in enumerate(x.shape)]) if keepdim else y


def column_sums(x: Array) -> Array:
    """Σₙ x[n, ...] over the first dimension.

    >>> column_sums(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([4., 6.])
    """
    n, kind = len(x), x.dtype.char
    if n <= BATCH and x.ndim == 2 and kind in "fd" and x.size != 1:
        row = ones[kind][n]
        return row.dot(x) if type(x) is np.ndarray else np.dot(row, x)
    return _over_axes(x, (0,))


def total(x: Array) -> Any:
    """Σ x over all elements; in their dtype.

    >>> float(total(np.array([[1.0, 2.0], [3.0, 4.0]])))
    10.0
    """
    n, char = x.size, x.dtype.char
    if 1 != n <= LONG_ROW and char in SHORT_KINDS and type(x) is ndarray and x.flags.c_contiguous:
        return ones[char][n].dot(x if x.ndim == 1 else x.ravel())
    kind = x.dtype
    if kind.kind != "f":
        return np.add.reduce(x, None, np.int64 if kind.kind in "iub" else None)
    if kind == HALF:
        return total(x.astype(np.float32)).astype(HALF)
    flat = x.reshape(-1) if x.flags.c_contiguous else _flat(x)
    if n == 1:
        return flat[0] + 0
    return ones[char][n].dot(flat) if n <= LONG_ROW and type(x) is ndarray else _sum_of(flat)


def _sum_of(flat: Array) -> Any:
    """Of a vector."""
    return np.dot(ones[flat.dtype.char][flat.size], flat) if flat.size <= LONG_ROW else _row_sums(flat)


def total_of_squares(x: Array) -> Any:
    """Σ x² over all elements; in their dtype.

    >>> float(total_of_squares(np.array([3.0, 4.0])))
    25.0
    """
    n, flat = x.size, x.ravel() if type(x) is np.ndarray and x.flags.c_contiguous else _flat(x)
    if n <= LONG_ROW:
        return flat.dot(flat)
    whole = n - n % LONG_ROW
    blocks, rest = flat[:whole].reshape(-1, LONG_ROW), flat[whole:]
    return total(np.vecdot(blocks, blocks)) + rest.dot(rest)


def total_of(formula: Callable[[Array], Array], x: Array) -> Any:
    """Σ formula(x) over all elements, for a formula that computes element by element: of a long array in parts.

    >>> float(total_of(np.square, np.array([3.0, 4.0])))
    25.0
    """
    n = x.size
    if n <= PART or type(x) is not np.ndarray or x.dtype.char not in "fd":
        return total(formula(x))
    flat, whole = _flat(x), n - n % LONG_BLOCK
    parts = (formula(flat[start : min(start + PART, whole)]) for start in range(0, whole, PART))
    sums = _row_sums(np.concatenate([_row_sums(part.reshape(-1, LONG_BLOCK)) for part in parts]))
    return sums if whole == n else sums + _row_sums(formula(flat[whole:]))


def _flat(x: Array) -> Array:
    """All elements as a vector, as they lie in memory."""
    if not x.flags.c_contiguous:
        x = x.T if x.flags.f_contiguous else x.copy()
    return x.reshape(-1)


def _over_axes(x: Array, axes: tuple[int, ...]) -> Array:
    """The sum over these axes, from the last to the first; neighbours are added up together."""
    if x.size == 1:
        return x.reshape([1] * (x.ndim - len(axes))) + 0
    if x.dtype == HALF:
        return _over_axes(x.astype(np.float32), axes).astype(HALF)
    if x.dtype.kind == "c":  # a product with 1 + 0i makes NaN of infinities
        return row_major(np.add.reduce(x, axes))
    if not x.flags.c_contiguous:
        if x.flags.f_contiguous:
            return row_major(_over_axes(x.T, tuple(x.ndim - 1 - axis for axis in axes)).T)
        x = x.copy()
    stop = x.ndim
    while stop:
        if stop - 1 not in axes:
            stop -= 1
            continue
        start = stop - 1
        while start and start - 1 in axes:
            start -= 1
        before, n, after = x.shape[:start], math.prod(x.shape[start:stop]), x.shape[stop:]
        if math.prod(after) != 1:
            outer = (math.prod(before),) if before else ()
            width = math.prod(after)
            is_narrow = not before and BATCH < n <= TABLE and width * x.itemsize < 4 * REGISTER
            sums = _narrow_column_sums if is_narrow else _column_sums
            x = sums(x.reshape(*outer, n, width)).reshape(before + after)
        else:
            x = _row_sums(x.reshape(math.prod(before), n)).reshape(before + after)
        stop = start
    return x


def _row_sums(x: Array) -> Array:
    """(..., N) -> (...)"""
    n = x.shape[-1]
    if n <= ROW and x.ndim == 2:
        return x.dot(ones[x.dtype.char][n])
    if n <= LONG_BLOCK:
        y: Array = np.vecdot(x, ones[x.dtype.char][n])
        return y
    block = n // 2 if n <= 2 * LONG_BLOCK and not n % 2 else LONG_BLOCK
    whole = n - n % block
    sums = _row_sums(_row_sums(x[..., :whole].reshape(*x.shape[:-1], whole // block, block)))
    return sums if whole == n else sums + _row_sums(x[..., whole:])


def _column_sums(x: Array, few: int = BATCH) -> Array:
    """(N, O) -> (O,), or (M, N, O) -> (M, O)"""
    *outer, n, width = x.shape
    if n <= few:
        row = ones[x.dtype.char][n]
        return np.dot(row, x) if x.ndim == 2 else np.matmul(row, x)
    if width % SIDE:
        whole = n - n % SIDE
        wide = x[..., :whole, :].reshape(*outer, whole // SIDE, SIDE * width)
        sums = _column_sums(wide, BLOCK).reshape(*outer, SIDE, width)
    else:
        whole = n - n % BLOCK
        sums = np.matmul(ones[x.dtype.char][BLOCK], x[..., :whole, :].reshape(*outer, whole // BLOCK, BLOCK, width))
    sums = _column_sums(sums, BLOCK)
    return sums if whole == n else sums + _column_sums(x[..., whole:, :])


def _narrow_column_sums(x: Array) -> Array:
    """(N, O) -> (O,) in torch's order: it adds up four columns at once where too few are there to fill a register."""
    width = x.shape[1]
    if width * x.itemsize >= REGISTER or width < 4:
        return _four_sums(x)
    four = _cascade(x[:, :4])
    return four if width == 4 else np.concatenate([four, _four_sums(x[:, 4:])])


def _four_sums(x: Array) -> Array:
    """(N, O) -> (O,): four running sums, of every fourth row each; the first one takes the rows left over."""
    n, width = x.shape
    whole = n - n % 4
    sums = _cascade(x[:whole].reshape(whole // 4, 4 * width)).reshape(4, width)
    y: Array = np.add.reduce(sums if whole == n else np.concatenate([sums[:1], x[whole:], sums[1:]]), 0)
    return y


def _cascade(x: Array) -> Array:
    """(N, O) -> (O,): sixteen rows one after another, then sixteen of such sums, and so on."""
    rests = []
    while len(x) >= 16:
        whole = len(x) - len(x) % 16
        if whole < len(x):
            rests.append(np.add.reduce(x[whole:], 0))
        x = np.add.reduce(x[:whole].reshape(-1, 16, x.shape[1]), 1)
    return reduce(np.add, [*rests, np.add.reduce(x, 0)])


def sum_to(dy: Array, shape: tuple[int, ...]) -> Array:
    """The cotangent of an operand of that shape which broadcasting had copied to the shape of `dy`.

    y = f(expand(x)), and what was copied forwards is added up backwards.

    >>> sum_to(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    >>> sum_to(np.ones((4, 3)), (4, 1)).shape
    (4, 1)
    """
    if dy.shape == shape:
        return dy
    leading = dy.ndim - len(shape)
    if leading == 1 and dy.shape[1:] == shape:
        return column_sums(dy)
    axes = tuple(range(leading)) + tuple(
        leading + axis for axis, size in enumerate(shape) if size == 1 and dy.shape[leading + axis] != 1
    )
    summed: Array = sum_over(dy, axes).reshape(shape)
    return summed


# --- and back -----------------------------------------------------------------------------------------------


def rows(b: Array, n: int) -> Array:
    """b (O,) in each of n rows, as an array that can be added to (n, O).

    A short b is copied, by a product with ones: NumPy adds short rows one by one, which takes twice the time where
    they are many, or where there is memory to copy them to, as a compiled step has.
    """
    if (n < MANY_ROWS and type(b) is np.ndarray) or b.size > SHORT or b.size == 1 or n == 0:
        return b
    return np.dot(ones[b.dtype.char][n].reshape(n, 1), b.reshape(1, -1))
