"""Shapes: the same elements arranged otherwise. The gradient arranges them back.

A view shares its operand's memory (reshape does when the strides allow it), exactly as in torch.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from numpynet.ops.form import Array, op
from numpynet.ops.layout import copied, row_major
from numpynet.ops.plain import concatenate
from numpynet.ops.sums import sum_to

Shape = tuple[int, ...]
FEW = 4096  # elements of which a triangle is taken by a mask
INT32 = np.dtype(np.int32)


def _misfit(x: Array, shape: Sequence[int], operation: str) -> RuntimeError:
    """What torch says where x does not fit into that shape."""
    sizes = tuple(int(size) for size in shape)
    if sizes.count(-1) > 1:
        return RuntimeError(f"only one dimension can be inferred in {operation}(), but the shape is {list(sizes)}")
    for position, size in enumerate(sizes):
        if size < -1:
            return RuntimeError(
                f"invalid shape dimension {size} at index {position} of shape {list(sizes)} in {operation}()"
            )
    if -1 in sizes and 0 in sizes and not x.size:
        return RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified dimension size -1 "
            f"can be any value and is ambiguous in {operation}()"
        )
    return RuntimeError(
        f"shape '{list(sizes)}' is invalid for input of size {x.size} in {operation}() of shape {x.shape}"
    )


@op(torch="input", view=True, grad_fn="ViewBackward0")
def reshape(x: Array, *, shape: Sequence[int]) -> Array:
    """x with another shape of as many elements; one size may be −1. A view where the strides allow it.

    RuntimeError when the sizes do not fit.

    >>> import numpynet
    >>> numpynet.reshape(numpynet.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    for size in shape:
        if size < -1:  # which NumPy takes for −1
            raise _misfit(x, shape, "reshape")
    try:
        return x.reshape(shape)
    except ValueError:
        raise _misfit(x, shape, "reshape") from None


reshape.gradients(x=lambda dy, x_shape: np.reshape(dy, x_shape))


@op(torch="input", view=True)
def view(x: Array, *, shape: Sequence[int]) -> Array:
    """x with another shape, always sharing memory; RuntimeError where the strides do not allow that."""
    for size in shape:
        if size < -1:  # which NumPy takes for −1
            raise _misfit(x, shape, "view")
    try:
        y = x.reshape(shape)
    except ValueError:
        raise _misfit(x, shape, "view") from None
    base = y.base
    shares = base is x or (base is not None and base is x.base) or y is x or not y.size
    if not shares and not hasattr(x, "__tensor__"):  # which is of a gradient, laid out as what was looked at
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans "
            "across two contiguous subspaces). Use .reshape(...) instead."
        )
    return y


view.gradients(x=lambda dy, x_shape: np.reshape(dy, x_shape))


@op(torch="input", view=True)
def transpose(x: Array, *, dim0: int, dim1: int) -> Array:
    """x with two dimensions exchanged, as a view.

    >>> import numpynet
    >>> numpynet.transpose(numpynet.zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    if x.ndim:
        return x.swapaxes(dim0, dim1)
    normalize_axis_tuple((dim0, dim1), 1, allow_duplicate=True)  # torch counts a number as a vector here
    return x


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
            f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim}D. transpose() and mT take more"
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
    try:
        return x.transpose(dims)
    except ValueError as error:
        if isinstance(error, np.exceptions.AxisError):
            raise
        raise RuntimeError(f"permute(): duplicate dims are not allowed. They are {list(dims)}") from None


permute.gradients(x=lambda dy, dims: np.transpose(dy, np.argsort([dim % dy.ndim for dim in dims])))


def _expanded(shape: Shape, size: Sequence[int]) -> Shape:
    """The shape that `expand` gives, without its −1s; RuntimeError where there is none of that size."""
    leading = len(size) - len(shape)
    if leading < 0:
        raise RuntimeError(
            f"expand({list(shape)}, size={list(size)}): the number of sizes provided ({len(size)}) must be greater "
            f"or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    for position, one in enumerate(size[:leading]):
        if one < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({one}) isn't allowed in a leading, non-existing dimension {position}"
            )
    wanted = tuple(
        shape[position - leading] if one == -1 and position >= leading else one for position, one in enumerate(size)
    )
    for position, (have, want) in enumerate(zip(shape, wanted[leading:], strict=True)):
        if have not in (1, want):
            raise RuntimeError(
                f"The expanded size of the tensor ({want}) must match the existing size ({have}) at non-singleton "
                f"dimension {position + leading}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}"
            )
    return wanted


@op(torch="input", view=True)
def expand(x: Array, *, size: Sequence[int]) -> Array:
    """x copied along dimensions of size 1 and along new leading ones, without using memory; −1 keeps a size.

    >>> import numpynet
    >>> numpynet.tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    if type(x) is not np.ndarray or not x.flags.c_contiguous or not x.size:
        return np.broadcast_to(x, _expanded(x.shape, size))
    wanted, strides = _expansion(x.shape, x.strides, tuple(size))
    y = np.ndarray(wanted, x.dtype, x, 0, strides)
    y.setflags(False)  # type: ignore[call-arg]  # as np.broadcast_to makes it, in a fraction of its time
    return y


@lru_cache(256)
def _expansion(shape: Shape, strides: Shape, size: Shape) -> tuple[Shape, Shape]:
    """The shape that `expand` gives, and the strides of the array that has it."""
    wanted = _expanded(shape, size)
    leading = len(wanted) - len(shape)
    steps = [step if have == want else 0 for have, want, step in zip(shape, wanted[leading:], strides, strict=True)]
    return wanted, (0,) * leading + tuple(steps)


expand.gradients(x=lambda dy, x_shape: sum_to(dy, x_shape))


@op(
    torch="input",
    view=True,
    grad_fn=lambda dim: f"SqueezeBackward{0 if dim is None else 1 if isinstance(dim, int) else 2}",
)
def squeeze(x: Array, *, dim: int | tuple[int, ...] | None = None) -> Array:
    """x without its dimensions of size 1, or without those of `dim` that have it, as a view.

    >>> import numpynet
    >>> numpynet.squeeze(numpynet.zeros(1, 3, 1)).shape
    torch.Size([3])
    """
    if dim is None:
        return x.squeeze()
    dims = normalize_axis_tuple(dim, x.ndim or 1)
    return np.squeeze(x, tuple(one for one in dims if x.ndim and x.shape[one] == 1))


squeeze.gradients(x=lambda dy, x_shape: np.reshape(dy, x_shape))


@op(torch="input", view=True)
def unsqueeze(x: Array, *, dim: int) -> Array:
    """x with a new dimension of size 1 at `dim`, as a view.

    >>> import numpynet
    >>> numpynet.unsqueeze(numpynet.zeros(3), 1).shape
    torch.Size([3, 1])
    """
    shape = list(x.shape)
    shape.insert(dim if 0 <= dim <= len(shape) else normalize_axis_index(dim, len(shape) + 1), 1)
    return x.reshape(shape)


unsqueeze.gradients(x=lambda dy, x_shape: np.reshape(dy, x_shape))


@op(torch="input", complex="analytic")
def flip(x: Array, *, dims: Sequence[int]) -> Array:
    """x with the order of its elements reversed along `dims`: a copy.

    >>> import numpynet
    >>> numpynet.flip(numpynet.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    if not x.ndim:
        normalize_axis_tuple(dims, 1)
        return x.copy()
    if x.ndim == 1 and (tuple(dims) == (0,) or tuple(dims) == (-1,)):
        return x[::-1].copy()
    index = [slice(None)] * x.ndim
    for dim in normalize_axis_tuple(dims, x.ndim):
        index[dim] = slice(None, None, -1)
    return copied(x[tuple(index)], None)


flip.gradients(x=lambda dy, dims: flip.forward(dy, dims=dims))


@op(torch="input", complex="analytic")
def roll(x: Array, *, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Array:
    """x with its elements moved on by `shifts` along `dims`, those that fall out re-entering at the front.

    Without `dims` the tensor is rolled as though it had one dimension.

    >>> import numpynet
    >>> numpynet.roll(numpynet.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    by = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    along = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    if len(by) != len(along) and (along or len(by) != 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(by)}, dims:{len(along)} in roll()")
    if not x.size:  # whatever the dimensions
        return x.copy()
    y = x if along else np.reshape(x, (-1,))
    join = concatenate if type(x) is np.ndarray else np.concatenate
    for shift, dim in zip(by, along or (0,), strict=True):
        axis = normalize_axis_index(dim, y.ndim)
        place = -shift % y.shape[axis]
        lead = (slice(None),) * axis
        y = join((y[(*lead, slice(place, None))], y[(*lead, slice(0, place))]), axis)
    return row_major(y if along else y.reshape(x.shape))


def _rolled_back(dy: Array, shifts: int | Sequence[int], dims: int | Sequence[int] | None) -> Array:
    back = -shifts if isinstance(shifts, int) else [-one for one in shifts]
    return roll.forward(dy, shifts=back, dims=dims)


roll.gradients(x=_rolled_back)


@op(torch="input", complex="analytic")
def repeat(x: Array, *, repeats: Sequence[int]) -> Array:
    """x laid side by side so many times along each dimension, new ones in front included: a copy.

    >>> repeat(np.array([1, 2]), repeats=(2, 2))
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    blocks, inner = _blocks(x.shape, repeats)
    total = [times * size for times, size in zip(repeats, inner, strict=True)]
    for size in total:
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {total}")
    y = np.empty_like(x, shape=blocks, order="C")
    y[...] = np.reshape(x, [size for one in inner for size in (1, one)])
    return y.reshape(total)


def _blocks(shape: Shape, repeats: Sequence[int]) -> tuple[list[int], Shape]:
    """The result's shape, each dimension split into copies and what is copied; and the shape of what is copied."""
    inner = (1,) * (len(repeats) - len(shape)) + shape
    return [size for pair in zip(repeats, inner, strict=True) for size in pair], inner


repeat.gradients(
    x=lambda dy, x_shape, repeats: np.reshape(
        np.reshape(dy, _blocks(x_shape, repeats)[0]).sum(axis=tuple(range(0, 2 * len(repeats), 2))), x_shape
    ),
)


@op(torch="input", grad_fn="ViewBackward0", complex="analytic")
def repeat_interleave(x: Array, *, repeats: int, dim: int) -> Array:
    """Each slice of x along `dim` so many times in succession.

    >>> repeat_interleave(np.array([1, 2]), repeats=2, dim=0)
    array([1, 1, 2, 2])
    """
    return np.repeat(x, repeats, dim)


def _copies_added(dy: Array, x_shape: Shape, repeats: int, dim: int) -> Array:
    """Σ over the copies of each slice"""
    return np.reshape(dy, (*x_shape[: dim + 1], repeats, *x_shape[dim + 1 :])).sum(axis=dim + 1).reshape(x_shape)


repeat_interleave.gradients(x=_copies_added)


def _end_to_end(arrays: Sequence[Array], dim: int) -> Array:
    """Plain arrays one after the other."""
    y: Array = concatenate(arrays, dim)
    return y if y.flags.c_contiguous else y.copy()


@op(torch="tensors", promotes="common", joins=_end_to_end, complex="analytic")
def cat(*tensors: Array, dim: int = 0) -> Array:
    """The tensors one after the other along `dim`; their other dimensions agree.

    >>> import numpynet
    >>> numpynet.cat([numpynet.zeros(1, 2), numpynet.ones(2, 2)])
    tensor([[0., 0.],
            [1., 1.],
            [1., 1.]])
    """
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    try:
        if type(tensors[0]) is np.ndarray:
            return _end_to_end(tensors, operator.index(dim))
        y = np.concatenate(tensors, operator.index(dim))
    except (ValueError, TypeError):
        y = _checked_cat(tensors, dim)
    return row_major(y)


def _checked_cat(tensors: Sequence[Array], dim: int) -> Array:
    """The tensors joined, without vectors that have no elements, or torch's exception for what does not fit."""
    for position, array in enumerate(tensors):
        if not hasattr(array, "shape"):
            raise TypeError(
                f"expected Tensor as element {position} in argument 0 of cat(), but got {type(array).__name__}"
            )
        if not array.ndim:
            raise RuntimeError(
                f"zero-dimensional tensor (at position {position}) cannot be concatenated by cat(): use stack()"
            )
    # As in torch, a vector without elements goes with everything.
    joined = [array for array in tensors if array.shape != (0,)] or list(tensors)
    first = joined[0]
    along = normalize_axis_index(dim, first.ndim) if first.shape != (0,) else 0
    for position, array in enumerate(joined):
        if array.ndim != first.ndim:
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {first.ndim} and {array.ndim} in cat()"
            )
        for axis in range(first.ndim):
            if axis != along and array.shape[axis] != first.shape[axis]:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {along}. Expected size {first.shape[axis]} but "
                    f"got size {array.shape[axis]} for tensor number {position} in the list given to cat()"
                )
    return np.concatenate(joined, axis=along)


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


def _side_by_side(arrays: Sequence[Array], dim: int) -> Array:
    """Plain arrays along a new dimension; ValueError where their shapes differ."""
    shape = arrays[0].shape
    for array in arrays:
        if array.shape != shape:
            raise ValueError
    if dim == 0:
        return np.array(arrays)
    axis = dim if 0 < dim <= len(shape) else normalize_axis_index(dim, len(shape) + 1)
    if axis == len(shape):
        return _end_to_end([array[..., None] for array in arrays], axis)
    return _end_to_end(arrays, axis).reshape((*shape[:axis], len(arrays), *shape[axis:]))


@op(torch="tensors", promotes="common", joins=_side_by_side, complex="analytic")
def stack(*tensors: Array, dim: int = 0) -> Array:
    """Tensors of one shape side by side along a new dimension.

    >>> import numpynet
    >>> numpynet.stack([numpynet.zeros(2), numpynet.ones(2)], dim=1)
    tensor([[0., 1.],
            [0., 1.]])
    """
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    shape: Shape = getattr(tensors[0], "shape", ())
    for array in tensors:
        if not hasattr(array, "shape") or array.shape != shape:
            raise _no_stack(tensors)
    return _side_by_side(tensors, dim) if type(tensors[0]) is np.ndarray else np.stack(tensors, dim)


def _no_stack(tensors: Sequence[Array]) -> Exception:
    """torch's exception for the first that is no tensor, or has another shape."""
    for position, array in enumerate(tensors):
        if not hasattr(array, "shape"):
            kind = type(array).__name__
            return TypeError(f"expected Tensor as element {position} in argument 0 of stack(), but got {kind}")
    shapes = [list(array.shape) for array in tensors]
    place = next(place for place, shape in enumerate(shapes) if shape != shapes[0])
    return RuntimeError(
        f"stack expects each tensor to be equal size, but got {shapes[0]} at entry 0 and {shapes[place]} at entry "
        f"{place}"
    )


stack.gradients(tensors=lambda dy, dim: list(np.moveaxis(dy, dim, 0)))


@op(torch="input", complex="analytic")
def tril(x: Array, *, diagonal: int = 0) -> Array:
    """The lower triangle of a matrix (or of each in a stack), its diagonal included, and zeros above it.

    diagonal: which is the last that stays: 0 the main one, positive above it, negative below.

    >>> import numpynet
    >>> numpynet.tril(numpynet.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    _require_matrix("tril", x)
    return _triangle(x, diagonal, True)


tril.gradients(x=lambda dy, diagonal: _triangle(dy, diagonal, True))


@op(torch="input", complex="analytic")
def triu(x: Array, *, diagonal: int = 0) -> Array:
    """The upper triangle of a matrix (or of each in a stack), its diagonal included, and zeros below it.

    diagonal: which is the first that stays: 0 the main one, positive above it, negative below.

    >>> import numpynet
    >>> numpynet.triu(numpynet.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    _require_matrix("triu", x)
    return _triangle(x, diagonal, False)


triu.gradients(x=lambda dy, diagonal: _triangle(dy, diagonal, False))


def _triangle(x: Array, diagonal: int, lower: bool) -> Array:
    """np.tril or np.triu, in a fraction of their time: few elements by a mask that is kept, many row by row."""
    if type(x) is not np.ndarray:
        return np.tril(x, diagonal) if lower else np.triu(x, diagonal)
    rows, columns = x.shape[-2:]
    if x.size <= FEW:
        if x.dtype.itemsize == 4:  # the bits of which are kept or not, without a branch
            bits = x.view(INT32) & _bits_within(rows, columns, diagonal, lower)
            return row_major(bits).view(x.dtype)
        y = x.copy()
        np.copyto(y, y.dtype.type(0), where=_beyond(rows, columns, diagonal, lower))
        return y
    y = np.zeros(x.shape, x.dtype)
    for row in range(rows):
        cut = min(max(row + diagonal + lower, 0), columns)
        part = slice(cut) if lower else slice(cut, None)
        y[..., row, part] = x[..., row, part]
    return y


@lru_cache(64)
def _bits_within(rows: int, columns: int, diagonal: int, lower: bool) -> Array:
    """−1, all of whose bits are set, inside a triangle, and 0 beyond."""
    return _beyond(rows, columns, diagonal, lower).astype(np.int32) - 1


@lru_cache(64)
def _beyond(rows: int, columns: int, diagonal: int, lower: bool) -> Array:
    """Where a triangle ends: the other side of its diagonal."""
    return ~np.tri(rows, columns, diagonal, dtype=bool) if lower else np.tri(rows, columns, diagonal - 1, dtype=bool)


def _require_matrix(name: str, x: Array) -> None:
    if x.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions, but its shape is {x.shape}")


@op(torch="input", view=True)
def diagonal(x: Array, *, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """The elements of two dimensions whose indices differ by `offset`, as a view with them in the last dimension.

    >>> import numpynet
    >>> numpynet.diagonal(numpynet.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    if dim1 == 0 and dim2 == 1 and x.ndim > 1 and type(x) is np.ndarray:
        found = x.diagonal(offset)
    else:
        first, second = normalize_axis_index(dim1, x.ndim), normalize_axis_index(dim2, x.ndim)
        if first == second:
            raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
        found = np.diagonal(x, offset, first, second)
    if not found.flags.writeable and x.flags.writeable:
        found.setflags(True)  # type: ignore[call-arg]  # which NumPy denies this view as a precaution
    return found


def _on_the_diagonal(dy: Array, x_shape: Shape, offset: int, dim1: int, dim2: int) -> Array:
    dx = np.zeros_like(dy, shape=x_shape)
    diagonal.forward(dx, offset=offset, dim1=dim1, dim2=dim2)[...] = dy
    return dx


diagonal.gradients(x=_on_the_diagonal)


@op(torch="input", complex="analytic")
def diag_embed(x: Array, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    """Matrices in the dimensions `dim1` and `dim2` that have x's last dimension on their diagonal, zeros elsewhere.

    >>> import numpynet
    >>> numpynet.diag_embed(numpynet.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    first, second = sorted(normalize_axis_tuple((dim1, dim2), x.ndim + 1))
    shape = list(x.shape[:-1])
    for dim in (first, second):
        shape.insert(dim, x.shape[-1] + abs(offset))
    y = np.zeros_like(x, shape=shape)
    diagonal.forward(y, offset=offset, dim1=dim1, dim2=dim2)[...] = x
    return y


diag_embed.gradients(
    x=lambda dy, offset, dim1, dim2: diagonal.forward(dy, offset=offset, dim1=dim1, dim2=dim2),
)
