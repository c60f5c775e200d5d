"""Shapes: the same elements arranged otherwise. The gradient arranges them back.

A view shares its operand's memory (reshape does when the strides allow it), exactly as in torch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from numpynet.ops.form import Array, op, sum_to

Shape = tuple[int, ...]


def _sized(array: Array, shape: Sequence[int], operation: str) -> Shape:
    """The shape with its one −1 filled in; RuntimeError in torch's words when it does not fit."""
    sizes = tuple(int(size) for size in shape)
    unknown = sizes.count(-1)
    known = math.prod(size for size in sizes if size != -1)
    if unknown > 1:
        raise RuntimeError(f"{operation}: only one dimension can be inferred, but the shape is {list(sizes)}")
    fits = known == array.size if not unknown else known != 0 and array.size % known == 0
    if not fits or any(size < -1 for size in sizes):
        raise RuntimeError(f"{operation}: shape '{list(sizes)}' is invalid for input of size {array.size}")
    return tuple(array.size // known if size == -1 else size for size in sizes)


@op(torch="input", view=True, grad_fn="ViewBackward0")
def reshape(x: Array, *, shape: Sequence[int]) -> Array:
    """x with another shape of as many elements; one size may be −1. A view where the strides allow it.

    RuntimeError when the sizes do not fit.

    >>> import numpynet
    >>> numpynet.reshape(numpynet.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    return np.reshape(x, _sized(x, shape, "reshape"))


reshape.gradients(x=lambda dy, x_shape: np.reshape(dy, x_shape))


@op(torch="input", view=True)
def view(x: Array, *, shape: Sequence[int]) -> Array:
    """x with another shape, always sharing memory; RuntimeError where the strides do not allow that."""
    y = np.reshape(x, _sized(x, shape, "view"))
    if y.size and not np.may_share_memory(x, y):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans "
            "across two contiguous subspaces). Use .reshape(...) instead."
        )
    return y


view.gradients(x=lambda dy, x_shape: np.reshape(dy, x_shape))


def _names(one: str, many: str) -> Any:
    return lambda x, dim=None, **options: one if dim is None else many


@op(torch="input", view=True)
def transpose(x: Array, *, dim0: int, dim1: int) -> Array:
    """x with two dimensions exchanged, as a view.

    >>> import numpynet
    >>> numpynet.transpose(numpynet.zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return np.swapaxes(x, dim0, dim1) if x.ndim else x


transpose.gradients(x=lambda dy, dim0, dim1: np.swapaxes(dy, dim0, dim1) if dy.ndim else dy)


@op(torch="input", view=True)
def t(x: Array) -> Array:
    """xᵀ of at most 2 dimensions, as a view.

    >>> import numpynet
    >>> numpynet.t(numpynet.zeros(2, 3)).shape
    torch.Size([3, 2])
    """
    if x.ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D: use transpose() or mT"
        )
    return x.T


t.gradients(x=lambda dy: dy.T)


@op(torch="input", view=True)
def permute(x: Array, *, dims: Sequence[int]) -> Array:
    """x with its dimensions in the order `dims`, as a view.

    >>> import numpynet
    >>> numpynet.permute(numpynet.zeros(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    if len(dims) != x.ndim:
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            f"desired ordering of dimensions i.e. input.dim() = {x.ndim} is not equal to len(dims) = {len(dims)}"
        )
    if len({dim % x.ndim for dim in dims}) != x.ndim:
        raise RuntimeError(f"permute(): duplicate dims are not allowed, but dims = {list(dims)}")
    return np.transpose(x, dims)


permute.gradients(x=lambda dy, dims: np.transpose(dy, np.argsort([dim % dy.ndim for dim in dims])))


@op(torch="input", view=True)
def expand(x: Array, *, size: Sequence[int]) -> Array:
    """x copied along dimensions of size 1 and along new leading ones, without using memory; −1 keeps a size.

    >>> import numpynet
    >>> numpynet.tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    leading = len(size) - x.ndim
    if leading < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(size)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({x.ndim})"
        )
    wanted = tuple(
        x.shape[position - leading] if one == -1 and position >= leading else one
        for position, one in enumerate(size)
    )
    for position, (have, want) in enumerate(zip(x.shape, wanted[leading:], strict=True)):
        if have not in (1, want):
            raise RuntimeError(
                f"The expanded size of the tensor ({want}) must match the existing size ({have}) at non-singleton "
                f"dimension {position + leading}.  Target sizes: {list(size)}.  Tensor sizes: {list(x.shape)}"
            )
    return np.broadcast_to(x, wanted)


expand.gradients(x=lambda dy, x_shape: sum_to(dy, x_shape))


@op(torch="input", view=True, grad_fn=_names("SqueezeBackward0", "SqueezeBackward1"))
def squeeze(x: Array, *, dim: int | tuple[int, ...] | None = None) -> Array:
    """x without its dimensions of size 1, or without those of `dim` that have it, as a view.

    >>> import numpynet
    >>> numpynet.squeeze(numpynet.zeros(1, 3, 1)).shape
    torch.Size([3])
    """
    if dim is None:
        return np.squeeze(x)
    dims = dim if isinstance(dim, tuple) else (dim,)
    return np.squeeze(x, tuple(one for one in dims if x.ndim and x.shape[one] == 1))


squeeze.gradients(x=lambda dy, x_shape: np.reshape(dy, x_shape))


@op(torch="input", view=True)
def unsqueeze(x: Array, *, dim: int) -> Array:
    """x with a new dimension of size 1 at `dim`, as a view.

    >>> import numpynet
    >>> numpynet.unsqueeze(numpynet.zeros(3), 1).shape
    torch.Size([3, 1])
    """
    return np.expand_dims(x, dim)


unsqueeze.gradients(x=lambda dy, x_shape: np.reshape(dy, x_shape))


@op(torch="input dims")
def flip(x: Array, *, dims: int | Sequence[int]) -> Array:
    """x with the order of its elements reversed along `dims`: a copy.

    >>> import numpynet
    >>> numpynet.flip(numpynet.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    return np.flip(x, tuple(dims) if isinstance(dims, list) else dims).copy()


flip.gradients(x=lambda dy, dims: np.flip(dy, tuple(dims) if isinstance(dims, list) else dims))


@op(torch="tensors", promotes="common")
def cat(*tensors: Array, dim: int = 0) -> Array:
    """The tensors one after the other along `dim`; their other dimensions agree.

    >>> import numpynet
    >>> numpynet.cat([numpynet.zeros(1, 2), numpynet.ones(2, 2)])
    tensor([[0., 0.],
            [1., 1.],
            [1., 1.]])
    """
    if not tensors:
        raise RuntimeError("cat: expected a non-empty list of Tensors")
    joined = [array for array in tensors if array.shape != (0,)] or list(
        tensors
    )  # torch skips legacy empties
    if any(array.ndim == 0 for array in joined):
        raise RuntimeError("cat: zero-dimensional tensor cannot be concatenated: use stack")
    first = joined[0]
    for position, array in enumerate(joined):
        if array.ndim != first.ndim:
            raise RuntimeError(
                f"cat: Tensors must have same number of dimensions: got {first.ndim} and {array.ndim}"
            )
        for axis in range(first.ndim):
            if axis != dim % first.ndim and array.shape[axis] != first.shape[axis]:
                raise RuntimeError(
                    f"cat: Sizes of tensors must match except in dimension {dim}. Expected size "
                    f"{first.shape[axis]} but got size {array.shape[axis]} for tensor number {position} in the list."
                )
    return np.concatenate(joined, axis=dim)


def _parts(dy: Array, shapes: list[Shape], dim: int) -> list[Array]:
    """dy cut where `cat` had joined."""
    parts, start = [], 0
    for shape in shapes:
        stop = start + (shape[dim] if shape != (0,) else 0)
        cut = (slice(None),) * (dim % dy.ndim) + (slice(start, stop),)
        parts.append(dy[cut] if shape != (0,) or dy.ndim == 1 else np.zeros(shape, dy.dtype))
        start = stop
    return parts


cat.gradients(tensors=lambda dy, tensors_shape, dim: _parts(dy, tensors_shape, dim))


@op(torch="tensors", promotes="common")
def stack(*tensors: Array, dim: int = 0) -> Array:
    """Tensors of one shape side by side along a new dimension.

    >>> import numpynet
    >>> numpynet.stack([numpynet.zeros(2), numpynet.ones(2)], dim=1)
    tensor([[0., 1.],
            [0., 1.]])
    """
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    for position, array in enumerate(tensors):
        if array.shape != tensors[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(tensors[0].shape)} at entry 0 and "
                f"{list(array.shape)} at entry {position}"
            )
    return np.stack(tensors, axis=dim)


stack.gradients(tensors=lambda dy, dim: list(np.moveaxis(dy, dim, 0)))
