"""Picking: elements by mask, by value or by index, and elements put back."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import keeping, titled, wrap
from numpynet.core.messages import torch_error
from numpynet.core.tensor import Tensor, number_array, record
from numpynet.ops.arguments import plain
from numpynet.ops.layout import laid_out, row_major
from numpynet.ops.plain import where as where_plain
from numpynet.ops.warning import warn_once

_SAFE = 60000.0  # every floating dtype holds numbers up to it
_INFINITE = (-math.inf, math.inf)

# --- by mask and by value -------------------------------------------------------------------------------


@composed(out=True, self="input")
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """input where the condition (bool) holds, else other, all three broadcast together.

    With the condition alone: the indices where it holds, a tensor for each dimension.

    >>> import numpynet
    >>> numpynet.where(numpynet.tensor([True, False]), numpynet.tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    at = condition._array
    if type(input) is Tensor and at.dtype.kind == "b" and at.flags.c_contiguous:
        a = input._array
        if type(other) is Tensor:
            b = other._array
            alike = a.dtype is b.dtype and other._is_quiet()
        else:
            b, alike = other, type(other) is float and a.dtype.kind == "f" and -_SAFE <= other <= _SAFE
        if alike and input._is_quiet():
            try:
                y = where_plain(at, a, b)
            except ValueError as error:
                raise torch_error(error, "where", [at, a, b]) from None
            return wrap(y if at.size == y.size else laid_out(y, (at, a, b)))
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError(
            "where() received an invalid combination of arguments: both what to take from must be given, or neither"
        )
    if at.dtype == np.uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future "
            "version of PyTorch. Use a boolean condition instead.",
            UserWarning,
            stacklevel=3,
        )
    return record(ops.where, (condition, input, other), {})


@composed
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """value where the mask (bool) holds, else input, in its dtype; both broadcast together.

    value: a number or a tensor without dimensions. RuntimeError when the mask is none.

    >>> import numpynet
    >>> numpynet.masked_fill(numpynet.tensor([1.0, 2.0]), numpynet.tensor([True, False]), 0)
    tensor([0., 2.])
    """
    x, at = input._array, mask._array
    fits = (type(value) is float or type(value) is int) and (-_SAFE <= value <= _SAFE or value in _INFINITE)
    if fits and x.dtype.kind == "f" and at.dtype.kind == "b" and input._is_quiet():
        try:
            return wrap(row_major(where_plain(at, number_array(value, x.dtype), x)))
        except ValueError:  # told below
            pass
    return record(ops.masked_fill, (input, mask, value), {})


@composed(out=True)
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds, in one dimension; both broadcast together. RuntimeError for no mask.

    >>> import numpynet
    >>> numpynet.masked_select(numpynet.tensor([1, 2, 3]), numpynet.tensor([True, False, True]))
    tensor([1, 3])
    """
    if mask._array.dtype.kind != "b":
        raise RuntimeError(f"masked_select: expected BoolTensor for mask, but it is {mask.dtype}: compare first")
    if mask._array.shape == input._array.shape and input._is_quiet() and mask._is_quiet():
        return wrap(input._array[mask._array])
    shape = np.broadcast_shapes(input.shape, mask.shape)
    selected = ops.expand(input, size=shape)[ops.expand(mask, size=shape)]
    return titled(keeping(selected, input, mask), "MaskedSelectBackward0")


@composed(out=True)
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0: (N, ndim), or a tuple with a tensor for each dimension.

    >>> import numpynet
    >>> numpynet.nonzero(numpynet.tensor([[1, 0], [0, 2]]))
    tensor([[0, 0],
            [1, 1]])
    """
    array = input._array
    if as_tuple:
        return tuple(wrap(row_major(one)) for one in (array if array.ndim else array.reshape(1)).nonzero())
    return wrap(array.nonzero()[0].reshape(-1, 1) if array.ndim == 1 else np.argwhere(array))


@composed
def argwhere(input: Tensor) -> Tensor:
    """The indices of the elements that are not 0: (N, ndim).

    >>> import numpynet
    >>> numpynet.argwhere(numpynet.tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    found: Tensor = nonzero(input)
    return found


# --- by index ---------------------------------------------------------------------------------------------


@composed(out=True)
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at these places of the flattened tensor, in the shape of the index. IndexError when outside.

    >>> import numpynet
    >>> numpynet.take(numpynet.tensor([[1, 2], [3, 4]]), numpynet.tensor([0, -1]))
    tensor([1, 4])
    """
    array, places = input._array, index._array
    if places.dtype != np.int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {index.dtype}")
    if input._is_quiet() and index._is_quiet():
        try:
            return wrap(row_major(np.asarray(array.reshape(-1)[places])))
        except IndexError:  # told below
            pass
    outside = places[(places < -array.size) | (places >= array.size)]
    if outside.size:
        raise IndexError(f"out of range: tried to access index {outside[0]} on a tensor of {array.size} elements.")
    return keeping(titled(ops.reshape(input, (-1,))[index], "TakeBackward0"), input)


@composed(out=True)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements that `argsort` or `argmax` point at: `gather`, with both broadcast except along `dim`.

    Without `dim` the indices are places of the flattened tensor. RuntimeError when the ranks differ.

    >>> import numpynet
    >>> x = numpynet.tensor([[3, 1, 2], [6, 5, 4]])
    >>> numpynet.take_along_dim(x, numpynet.argsort(x, dim=1), dim=1)
    tensor([[1, 2, 3],
            [4, 5, 6]])
    """
    if dim is None:
        return ops.gather(ops.reshape(input, (-1,)), 0, ops.reshape(indices, (-1,)))
    if input.ndim != indices.ndim:
        raise RuntimeError(
            f"torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    of_input, of_indices = list(input.shape), list(indices.shape)
    of_input[dim] = of_indices[dim] = 1
    try:
        shape = list(np.broadcast_shapes(of_input, of_indices))
    except ValueError as error:
        raise torch_error(error, "take_along_dim", [np.empty(of_input), np.empty(of_indices)]) from None
    expanded = []
    for one in (input, indices):
        shape[dim] = one.shape[dim]
        expanded.append(ops.expand(one, size=tuple(shape)))
    return ops.gather(expanded[0], dim, expanded[1])


@composed(out=True)
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: Any = None
) -> Tensor:
    """The tensor, but with src[i, j] at [i, index[i, j]] for dim = 1, and likewise for any dimension and rank.

    src: a tensor of the same dtype and nowhere smaller than the index, or a number. Of elements that are put in
    one place the last one stays. RuntimeError for an index outside, and for shapes that do not fit.

    reduce: "add" or "multiply", to add to what is there or to multiply it; this has no derivative.

    >>> import numpynet
    >>> numpynet.scatter(numpynet.zeros(2, 3), 1, numpynet.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    number = value if src is None else src
    if reduce is None and type(number) is float and input._is_quiet():
        try:
            return wrap(ops.scatter.forward(input._array, number, dim=dim, index=index._array))
        except Exception:  # told below
            pass
    return record(*scattering(input, dim, index, src, value, reduce))


def scattering(
    input: Tensor, dim: int, index: Tensor, src: Any, value: Any, reduce: str | None
) -> tuple[Any, tuple[Any, Any], dict[str, Any]]:
    """The operation that `scatter` with these arguments is, its operands and its options."""
    if src is None and value is None:
        raise TypeError("scatter(): src, a tensor, or value, a number, must be given")
    operands = (input, plain(value if src is None else src, ""))
    if reduce is None:
        return ops.scatter, operands, {"dim": dim, "index": index}
    if isinstance(src, Tensor):
        warn_once(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
            "PyTorch release. Use torch.scatter_reduce instead for more reduction options."
        )
    return ops.scatter_reduced, operands, {"dim": dim, "index": index, "reduce": reduce}


@composed(out=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The tensor, to which src[i, j] is added at [i, index[i, j]] for dim = 1, and likewise for any dimension and rank.

    >>> import numpynet
    >>> numpynet.scatter_add(numpynet.zeros(2), 0, numpynet.tensor([0, 1, 0]), numpynet.tensor([1.0, 10.0, 100.0]))
    tensor([101.,  10.])
    """
    return record(ops.scatter_add, (input, src), {"dim": dim, "index": index})


@composed(out=True)
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """The tensor, to whose slices at `index` along `dim` alpha times the slices of `source` are added.

    >>> import numpynet
    >>> numpynet.index_add(numpynet.zeros(2), 0, numpynet.tensor([0, 1, 0]), numpynet.tensor([1.0, 10.0, 100.0]))
    tensor([101.,  10.])
    """
    return record(ops.index_add, (input, source), {"dim": dim, "index": index, "alpha": alpha})
