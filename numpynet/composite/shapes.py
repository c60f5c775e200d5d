"""Shapes: tensors cut apart, joined, repeated and turned."""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.keywords import takes_numpy_names
from numpynet.composite.results import titled, wrap
from numpynet.core.messages import normal_dim
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.core.views import one_of_several

concat = concatenate = ops.cat
swapaxes = swapdims = ops.transpose

# --- other shapes -----------------------------------------------------------------------------------------


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim joined into one.

    >>> import numpynet
    >>> numpynet.flatten(numpynet.zeros(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    shape = tuple(input.shape) or (1,)
    start, end = (normal_dim(dim, len(shape), "flatten") for dim in (start_dim, end_dim))
    if start > end:
        raise RuntimeError(
            f"flatten() has invalid args: start_dim cannot come after end_dim, but they are {start_dim} and {end_dim}"
        )
    return ops.reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@takes_numpy_names
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension split into several; one of their sizes may be −1.

    >>> import numpynet
    >>> numpynet.unflatten(numpynet.zeros(2, 12), 1, (3, 4)).shape
    torch.Size([2, 3, 4])
    """
    dim = normal_dim(dim, input.ndim, "unflatten")
    have, known = input.shape[dim], math.prod(size for size in sizes if size != -1)
    if have != known if -1 not in sizes else have % (known or 1):
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({have}) in the input "
            f"tensor"
        )
    filled = [have // known if size == -1 else size for size in sizes]
    return ops.reshape(input, (*input.shape[:dim], *filled, *input.shape[dim + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension.

    >>> import numpynet
    >>> numpynet.ravel(numpynet.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return ops.reshape(input, (-1,))


def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """The tensor with one dimension, or several, moved to other places, as a view.

    >>> import numpynet
    >>> numpynet.movedim(numpynet.zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    origins, places = (
        [normal_dim(one, input.ndim, "movedim") for one in ([dims] if isinstance(dims, int) else dims)]
        for dims in (source, destination)
    )
    if len(origins) != len(places):
        raise RuntimeError(f"movedim: Invalid source or destination dims: {source} and {destination}")
    order = [dim for dim in range(input.ndim) if dim not in origins]
    for place, origin in sorted(zip(places, origins, strict=True)):
        order.insert(place, origin)
    return ops.permute(input, dims=order)


moveaxis = movedim


def fliplr(input: Tensor) -> Tensor:
    """The columns in reverse order: `flip` along dimension 1."""
    if input.ndim < 2:
        raise RuntimeError(f"Input must be >= 2-d. in fliplr(), but its shape is {tuple(input.shape)}")
    return ops.flip(input, dims=(1,))


def flipud(input: Tensor) -> Tensor:
    """The rows in reverse order: `flip` along dimension 0."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d. in flipud(), but it is a single number")
    return ops.flip(input, dims=(0,))


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by k quarters in the plane of two dimensions, from the first towards the second: a copy.

    >>> import numpynet
    >>> numpynet.rot90(numpynet.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim} in rot90()")
    first, second = dims
    turned = ops.clone(input) if k % 4 in (0, 1, 3) else ops.flip(input, dims=(first, second))
    if k % 2:
        turned = ops.flip(ops.transpose(turned, first, second), dims=(first,) if k % 4 == 1 else (second,))
    return titled(turned, "Rot90Backward0")


def _at_least(ndim: int, tensors: tuple[Any, ...]) -> Any:
    """Tensors with missing dimensions put in front; one tensor alone, several as a tuple."""
    if len(tensors) == 1 and not isinstance(tensors[0], (list, tuple)):
        (tensor,) = tensors
        for _ in range(ndim - tensor.ndim):
            tensor = ops.unsqueeze(tensor, 0)
        return tensor
    several = tensors[0] if len(tensors) == 1 else tensors
    return tuple(_at_least(ndim, (one,)) for one in several)


def atleast_1d(*tensors: Any) -> Any:
    """Each tensor with at least 1 dimension."""
    return _at_least(1, tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with at least 2 dimensions, vectors as rows.

    >>> import numpynet
    >>> numpynet.atleast_2d(numpynet.tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _at_least(2, tensors)


# --- pieces -----------------------------------------------------------------------------------------------


@takes_numpy_names
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The `length` slices from `start` along `dim`, as a view. IndexError and RuntimeError when there are fewer.

    >>> import numpynet
    >>> numpynet.narrow(numpynet.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim = normal_dim(dim, input.ndim, "narrow")
    size = input.shape[dim]
    if length < 0:
        raise RuntimeError(f"narrow(): length must be non-negative. It is {length}")
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}). In narrow()")
    return input[(slice(None),) * dim + (slice(start, start + length),)]


@takes_numpy_names
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one index along `dim`, as a view without that dimension. IndexError when there is none.

    >>> import numpynet
    >>> numpynet.select(numpynet.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    if not input.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normal_dim(dim, input.ndim, "select")
    if not -input.shape[dim] <= index < input.shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    return input[(slice(None),) * dim + (int(index),)]


def _pieces(name: str, input: Tensor, dim: int, sections: Sequence[int]) -> tuple[Tensor, ...]:
    """Consecutive pieces of these lengths along `dim`, as views."""
    pieces, start = [], 0
    for length in sections:
        pieces.append(narrow(input, dim, start, length))
        start += length
    return one_of_several(name, pieces)


def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive pieces along `dim`: of one size (the last may be shorter), or of the sizes listed.

    RuntimeError when the sizes do not add up.

    >>> import numpynet
    >>> numpynet.split(numpynet.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not tensor.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = normal_dim(dim, tensor.ndim, "split")
    total = tensor.shape[dim]
    if not isinstance(split_size_or_sections, int):
        sections = list(split_size_or_sections)
        if builtins.sum(sections) != total:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size at dimension "
                f"{dim}), but got split_sizes={sections}"
            )
        return _pieces("SplitWithSizes", tensor, dim, sections)
    size = split_size_or_sections
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if not size and total:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}")
    sections = [min(size, total - start) for start in range(0, total, size)] if total else [0]
    return _pieces("Split", tensor, dim, sections)


@takes_numpy_names
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most so many pieces of equal size along `dim`, the last one perhaps shorter.

    >>> import numpynet
    >>> numpynet.chunk(numpynet.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if not input.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    total = input.shape[normal_dim(dim, input.ndim, "chunk")]
    return split(input, -(-total // chunks), dim) if total else split(input, [0] * chunks, dim)


@takes_numpy_names
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive pieces along `dim`: so many of almost equal size, or cut before each of the indices.

    >>> import numpynet
    >>> numpynet.tensor_split(numpynet.arange(5), 2), numpynet.tensor_split(numpynet.arange(5), (1, 3))
    ((tensor([0, 1, 2]), tensor([3, 4])), (tensor([0]), tensor([1, 2]), tensor([3, 4])))
    """
    if not input.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = normal_dim(dim, input.ndim, "tensor_split")
    total = input.shape[dim]
    if hasattr(indices_or_sections, "tolist"):
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        if count <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {count} in tensor_split()")
        small, larger = divmod(total, count)
        return _pieces("Slice", input, dim, [small + (i < larger) for i in range(count)])
    cuts = [0, *indices_or_sections, total]
    slices = [slice(*pair) for pair in itertools.pairwise(cuts)]
    return tuple(input[(slice(None),) * dim + (one,)] for one in slices)


@takes_numpy_names
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along `dim`, as views.

    >>> import numpynet
    >>> numpynet.unbind(numpynet.tensor([[1, 2], [3, 4]]), 1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = normal_dim(dim, input.ndim, "unbind")
    lead = (slice(None),) * dim
    return one_of_several("Unbind", [input[(*lead, position)] for position in range(input.shape[dim])])


# --- joining ------------------------------------------------------------------------------------------------


def _raised(tensors: Sequence[Tensor], name: str, ndim: int) -> list[Tensor]:
    """The tensors with at least so many dimensions: missing ones are put in front, the third behind."""
    if not len(tensors):
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    raised = []
    for tensor in tensors:
        shape = tuple(tensor.shape)
        shape = (1,) * (builtins.min(ndim, 2) - len(shape)) + shape
        raised.append(ops.reshape(tensor, shape + (1,) * (ndim - len(shape))))
    return raised


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side: along dimension 1, or 0 for vectors.

    >>> import numpynet
    >>> numpynet.hstack([numpynet.tensor([1, 2]), numpynet.tensor([3])])
    tensor([1, 2, 3])
    """
    raised = _raised(tensors, "hstack", 1)
    return ops.cat(raised, 0 if raised[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one below the other, vectors as rows.

    >>> import numpynet
    >>> numpynet.vstack([numpynet.tensor([1, 2]), numpynet.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return ops.cat(_raised(tensors, "vstack", 2), 0)


row_stack = vstack


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one behind the other, along dimension 2."""
    return ops.cat(_raised(tensors, "dstack", 3), 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side, vectors as columns.

    >>> import numpynet
    >>> numpynet.column_stack([numpynet.tensor([1, 2]), numpynet.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    if not len(tensors):
        raise RuntimeError("column_stack expects a non-empty TensorList")
    return hstack([ops.reshape(one, (-1, 1)) if one.ndim < 2 else one for one in tensors])


# --- copies -------------------------------------------------------------------------------------------------


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """The tensor expanded to a shape, as a view that uses no memory.

    >>> import numpynet
    >>> numpynet.broadcast_to(numpynet.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return ops.expand(input, size=tuple(size))


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of these shapes have together. RuntimeError when there is none.

    >>> import numpynet
    >>> numpynet.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    try:
        return Size(np.broadcast_shapes(*((one,) if isinstance(one, int) else tuple(one) for one in shapes)))
    except ValueError:
        raise RuntimeError(
            f"broadcast_shapes(): the shapes {', '.join(map(str, map(tuple, shapes)))} do not broadcast together"
        ) from None


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors expanded to the shape that they have together, as views. RuntimeError when there is none.

    >>> import numpynet
    >>> numpynet.broadcast_tensors(numpynet.tensor([1, 2]), numpynet.tensor([[3], [4]]))[0]
    tensor([[1, 2],
            [1, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    shape = broadcast_shapes(*(one.shape for one in tensors))
    return tuple(ops.expand(one, size=shape) for one in tensors)


def tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The tensor laid side by side so many times along each dimension: a copy.

    >>> import numpynet
    >>> numpynet.tile(numpynet.tensor([1, 2]), (2, 2))
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    dims = (1,) * (input.ndim - len(dims)) + tuple(dims)
    shape = (1,) * (len(dims) - input.ndim) + tuple(input.shape)
    total = [times * size for times, size in zip(dims, shape, strict=True)]
    if any(size < 0 for size in total):
        raise RuntimeError(f"Trying to create tensor with negative dimension {builtins.min(total)}: {total}")
    interleaved = [size for pair in zip(dims, shape, strict=True) for size in pair]
    lifted = ops.reshape(input, [size for one in shape for size in (1, one)])
    return titled(ops.reshape(ops.clone(ops.expand(lifted, size=interleaved)), total), "RepeatBackward0")


@takes_numpy_names
def repeat_interleave(input: Tensor, repeats: Any = None, dim: int | None = None) -> Tensor:
    """Each slice along `dim` (each element, without `dim`) so many times in succession.

    repeats: a number, or a tensor with one for each slice. Alone, a tensor gives each index as often as it says.

    >>> import numpynet
    >>> numpynet.repeat_interleave(numpynet.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    if repeats is None:
        return wrap(np.repeat(np.arange(input.numel()), input._array))
    times = np.asarray(repeats._array if hasattr(repeats, "__operation__") else repeats)
    if (times < 0).any():
        raise RuntimeError(f"Repeats must be non-negative in repeat_interleave(), but they are {times.tolist()}")
    if dim is None:
        input, dim = ravel(input), 0
    dim = normal_dim(dim, input.ndim, "repeat_interleave")
    length = input.shape[dim]
    if times.size not in (1, length):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {times.size} and "
            f"input.size({dim}) = {length} in repeat_interleave()"
        )
    repeated = ops.index_select(input, dim, wrap(np.repeat(np.arange(length), times)))
    return titled(repeated, "ViewBackward0") if isinstance(repeats, int) else repeated


# --- diagonals ------------------------------------------------------------------------------------------------


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A copy of the diagonal of a matrix, or the matrix that has a vector on that diagonal.

    >>> import numpynet
    >>> numpynet.diag(numpynet.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    if input.ndim == 1:
        return ops.diag_embed(input, offset=diagonal)
    return titled(ops.clone(ops.diagonal(input, offset=diagonal)), "DiagonalBackward0_copy")


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix that has all elements on one diagonal."""
    return ops.diag_embed(ravel(input), offset=offset)
