"""Shapes: tensors cut apart, joined, repeated and turned."""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled, wrap
from numpynet.core import functions
from numpynet.core.messages import normal_dim
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor, record, view_of_nobody, viewed, viewed_several
from numpynet.core.views import one_of_several
from numpynet.ops.arguments import is_integer

concat = concatenate = ops.cat
_cat = functions.function(ops.cat)
_ALL = (slice(None),) * 64  # as many dimensions as NumPy has

# --- other shapes -----------------------------------------------------------------------------------------


@composed
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim joined into one.

    >>> import numpynet
    >>> numpynet.flatten(numpynet.zeros(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    array = input._array
    if start_dim == 0 and end_dim == -1 and array.ndim > 1:
        return input.reshape(array.size)
    shape = array.shape or (1,)
    start, end = start_dim, len(shape) - 1
    if not 0 <= start <= end or type(start) is not int:
        start = normal_dim(start_dim, len(shape), "flatten")
    if end_dim != -1:
        end = normal_dim(end_dim, len(shape), "flatten")
    if start > end:
        raise RuntimeError(
            f"flatten() has invalid args: start_dim cannot come after end_dim, but they are {start_dim} and {end_dim}"
        )
    if start == end and array.ndim:
        return input
    joined = array.size if end - start + 1 == len(shape) else math.prod(shape[start : end + 1])
    return input.reshape(*shape[:start], joined, *shape[end + 1 :])


@composed
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension split into several; one of their sizes may be −1.

    >>> import numpynet
    >>> numpynet.unflatten(numpynet.zeros(2, 12), 1, (3, 4)).shape
    torch.Size([2, 3, 4])
    """
    shape = input._array.shape
    dim = normal_dim(dim, len(shape), "unflatten")
    if not shape:
        raise RuntimeError("unflatten got an unexpected error: the tensor has no dimensions")
    if list(sizes).count(-1) > 1:
        raise RuntimeError(f"unflatten got an unexpected error: only one dimension can be inferred, not {list(sizes)}")
    have, known = shape[dim], math.prod([size for size in sizes if size != -1])
    if have != known if -1 not in sizes or not known else have % known:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({have}) in the input "
            f"tensor"
        )
    if not known and -1 in sizes:
        raise RuntimeError(f"unflatten got an unexpected error: the size -1 can be any value beside 0 in {list(sizes)}")
    filled = [have // known if size == -1 else size for size in sizes]
    result = ops.reshape(input, (*shape[:dim], *filled, *shape[dim + 1 :]))
    return titled(result, "ViewBackward0") if result._view is not None else result


@composed
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension.

    >>> import numpynet
    >>> numpynet.ravel(numpynet.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return ops.reshape(input.contiguous(), (-1,))


@composed
def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """The tensor with one dimension, or several, moved to other places, as a view.

    >>> import numpynet
    >>> numpynet.movedim(numpynet.zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    ndim = input._array.ndim
    origins = [normal_dim(one, ndim, "movedim") for one in ((source,) if isinstance(source, int) else source)]
    places = [
        normal_dim(one, ndim, "movedim") for one in ((destination,) if isinstance(destination, int) else destination)
    ]
    if len(origins) != len(places) or len(set(origins)) < len(origins) or len(set(places)) < len(places):
        raise RuntimeError(f"movedim: Invalid source or destination dims: {source} and {destination}")
    order = [dim for dim in range(ndim) if dim not in origins]
    for place, origin in sorted(zip(places, origins, strict=True)):
        order.insert(place, origin)
    moved = ops.permute(input, order[:ndim])
    return moved if ndim else titled(moved, "AliasBackward0")


moveaxis = movedim


@composed
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """The tensor with two dimensions exchanged, as a view: `transpose`.

    >>> import numpynet
    >>> numpynet.swapaxes(numpynet.zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return ops.transpose(input, axis0, axis1)


@composed
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The tensor with two dimensions exchanged, as a view: `transpose`.

    >>> import numpynet
    >>> numpynet.swapdims(numpynet.zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return ops.transpose(input, dim0, dim1)


@composed
def adjoint(input: Tensor) -> Tensor:
    """The tensor with its last two dimensions exchanged, as a view; of a complex one its conjugate, in new memory.

    RuntimeError for a vector.

    >>> import numpynet
    >>> numpynet.adjoint(numpynet.zeros(4, 2, 3)).shape
    torch.Size([4, 3, 2])
    """
    ndim = input._array.ndim
    if ndim == 1:
        raise RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return ops.transpose(input, -2, -1).conj() if ndim else input.conj()


@composed
def fliplr(input: Tensor) -> Tensor:
    """The columns in reverse order: `flip` along dimension 1.

    >>> import numpynet
    >>> numpynet.fliplr(numpynet.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if input.ndim < 2:
        raise RuntimeError(f"Input must be >= 2-d. in fliplr(), but its shape is {tuple(input.shape)}")
    return record(ops.flip, (input,), {"dims": (1,)})


@composed
def flipud(input: Tensor) -> Tensor:
    """The rows in reverse order: `flip` along dimension 0.

    >>> import numpynet
    >>> numpynet.flipud(numpynet.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d. in flipud(), but it is a single number")
    return record(ops.flip, (input,), {"dims": (0,)})


@composed
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by k quarters in the plane of two dimensions, from the first towards the second: a copy.

    >>> import numpynet
    >>> numpynet.rot90(numpynet.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim} in rot90()")
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)} in rot90()")
    first, second = (normal_dim(dim, input._array.ndim, "rot90") for dim in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got {dims[0]} and {dims[1]} in rot90()")
    turned = ops.clone(input) if k % 4 in (0, 1, 3) else ops.flip(input, dims=(first, second))
    if k % 2:
        turned = ops.flip(ops.transpose(turned, first, second), dims=(first,) if k % 4 == 1 else (second,))
    return titled(turned, "Rot90Backward0")


def _at_least(ndim: int, tensors: tuple[Any, ...]) -> Any:
    """Tensors with missing dimensions put in front, the third behind; one tensor alone, several as a tuple."""
    if len(tensors) == 1 and not isinstance(tensors[0], (list, tuple)):
        (tensor,) = tensors
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"atleast_{ndim}d(): argument 'tensors' must be Tensor, not {type(tensor).__name__}: make one with "
                f"tensor(...)"
            )
        if not tensor.ndim:
            return ops.reshape(tensor, (1,) * ndim)
        behind = ndim == 3 and tensor.ndim < 3
        for _ in range(ndim - tensor.ndim - behind):
            tensor = ops.unsqueeze(tensor, 0)
        return ops.unsqueeze(tensor, -1) if behind else tensor
    several = tensors[0] if len(tensors) == 1 else tensors
    return tuple(_at_least(ndim, (one,)) for one in several)


def atleast_1d(*tensors: Any) -> Any:
    """Each tensor with at least 1 dimension.

    >>> import numpynet
    >>> numpynet.atleast_1d(numpynet.tensor(5))
    tensor([5])
    """
    return _at_least(1, tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with at least 2 dimensions, vectors as rows.

    >>> import numpynet
    >>> numpynet.atleast_2d(numpynet.tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _at_least(2, tensors)


def atleast_3d(*tensors: Any) -> Any:
    """Each tensor with at least 3 dimensions, matrices as one plane: (N, M) -> (N, M, 1), (N,) -> (1, N, 1).

    >>> import numpynet
    >>> numpynet.atleast_3d(numpynet.zeros(2, 4)).shape
    torch.Size([2, 4, 1])
    """
    return _at_least(3, tensors)


# --- pieces -----------------------------------------------------------------------------------------------


@composed
def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """The `length` slices from `start` along `dim`, as a view. IndexError and RuntimeError when there are fewer.

    >>> import numpynet
    >>> numpynet.narrow(numpynet.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    shape = input._array.shape
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim = normal_dim(dim, len(shape), "narrow")
    if isinstance(start, Tensor) and (start.ndim or start._array.dtype.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor in narrow()")
    size, start = shape[dim], int(start)
    if length < 0:
        raise RuntimeError(f"narrow(): length must be non-negative. It is {length}")
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}). In narrow()")
    return titled(_part(input, (*_ALL[:dim], slice(start, start + length))), "SliceBackward0")


@composed
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one index along `dim`, as a view without that dimension. IndexError when there is none.

    >>> import numpynet
    >>> numpynet.select(numpynet.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return _part(input, (*_ALL[: selected_dim("select", input, dim, index)], int(index)))


def selected_dim(name: str, input: Tensor, dim: int, index: int) -> int:
    """The dimension along which `select` finds that index, counted from the first; IndexError where there is none."""
    shape = input._array.shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normal_dim(dim, len(shape), name)
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}")
    return dim


def _part(input: Tensor, index: tuple[Any, ...]) -> Tensor:
    """The view at an index of integers and slices."""
    if input._is_quiet():
        return viewed(input, input._array[(*index, ...)], ops.index, index)
    return record(ops.index, (input,), {"index": index})


def _parts(function: str, input: Tensor, dim: int, places: Iterable[int | slice]) -> tuple[Tensor, ...]:
    """The views at several places along `dim`, as a function gives them at once."""
    lead = _ALL[:dim]
    indices = [(*lead, place) for place in places]
    if input._is_quiet():
        array = input._array
        arrays = [array[index] if type(index[-1]) is slice else array[(*index, ...)] for index in indices]
        return tuple(viewed_several(input, arrays, function, indices))
    return one_of_several(function, [_part(input, index) for index in indices])


def _pieces(name: str, input: Tensor, dim: int, lengths: Iterable[int]) -> tuple[Tensor, ...]:
    """Consecutive pieces of these lengths along `dim`, as views."""
    cuts = itertools.pairwise(itertools.accumulate(lengths, initial=0))
    return _parts(name, input, dim, [slice(start, stop) for start, stop in cuts])


@composed(split_size="split_size_or_sections", split_sections="split_size_or_sections", asks="tensor.split")
def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive pieces along `dim`: of one size (the last may be shorter), or of the sizes listed.

    RuntimeError when the sizes do not add up.

    >>> import numpynet
    >>> numpynet.split(numpynet.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    shape = tensor._array.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = normal_dim(dim, len(shape), "split")
    total = shape[dim]
    if isinstance(split_size_or_sections, int):
        return _split(tensor, split_size_or_sections, dim)
    sections = list(split_size_or_sections)
    if builtins.sum(sections) != total:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size at dimension "
            f"{dim}), but got split_sizes={sections}"
        )
    for size in sections:
        if size < 0:
            raise RuntimeError(f"split_with_sizes expects split_sizes have only non-negative entries: {sections}")
    return _pieces("SplitWithSizes", tensor, dim, sections)


def _split(tensor: Tensor, size: int, dim: int) -> tuple[Tensor, ...]:
    """Pieces of one size, the last perhaps shorter."""
    total = tensor._array.shape[dim]
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if not size and total:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}")
    if not total:
        return _parts("Split", tensor, dim, [slice(0, 0)])
    return _parts("Split", tensor, dim, map(slice, range(0, total, size), [*range(size, total, size), total]))


@composed
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most so many pieces of equal size along `dim`, the last one perhaps shorter.

    >>> import numpynet
    >>> numpynet.chunk(numpynet.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    shape = input._array.shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = normal_dim(dim, len(shape), "chunk")
    total = shape[dim]
    return _split(input, -(-total // chunks), dim) if total else _pieces("SplitWithSizes", input, dim, [0] * chunks)


@composed(
    indices="indices_or_sections", sections="indices_or_sections", tensor_indices_or_sections="indices_or_sections"
)
def tensor_split(input: Tensor, indices_or_sections: int | Sequence[int] | Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive pieces along `dim`: so many of almost equal size, or cut before each of the indices.

    >>> import numpynet
    >>> numpynet.tensor_split(numpynet.arange(5), 2), numpynet.tensor_split(numpynet.arange(5), (1, 3))
    ((tensor([0, 1, 2]), tensor([3, 4])), (tensor([0]), tensor([1, 2]), tensor([3, 4])))
    """
    if not input.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = normal_dim(dim, input.ndim, "tensor_split")
    total = input.shape[dim]
    if isinstance(indices_or_sections, Tensor):
        if indices_or_sections.ndim > 1 or indices_or_sections._array.dtype != np.int64:
            raise RuntimeError(
                f"tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor "
                f"of int64, but got {indices_or_sections.dtype} of {indices_or_sections.ndim} dimensions"
            )
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        if count <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {count} in tensor_split()")
        if count >= 2**63:
            raise ValueError("Overflow when unpacking long long")
        small, larger = divmod(total, count)
        return _pieces("Slice", input, dim, [small + (i < larger) for i in range(count)])
    cuts = itertools.pairwise([0, *indices_or_sections, total])
    return _parts("Slice", input, dim, [slice(start, stop) for start, stop in cuts])


@composed
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along `dim`, as views.

    >>> import numpynet
    >>> numpynet.unbind(numpynet.tensor([[1, 2], [3, 4]]), 1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    shape = input._array.shape
    if not shape:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = normal_dim(dim, len(shape), "unbind")
    if not dim and input._is_quiet():
        return tuple(input)
    return _parts("Unbind", input, dim, range(shape[dim]))


# --- joining ------------------------------------------------------------------------------------------------


def _raised(tensors: Sequence[Tensor], name: str, ndim: int) -> Sequence[Tensor]:
    """The tensors with at least so many dimensions: missing ones are put in front, the third behind."""
    if (type(tensors) is tuple or type(tensors) is list) and tensors:
        for tensor in tensors:
            if type(tensor) is not Tensor or tensor._array.ndim < ndim:
                break
        else:
            return tensors
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if not len(tensors):
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    raised = []
    behind = (1,) if ndim == 3 else ()
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {tensor!r}")
        shape = tensor._array.shape
        if len(shape) < ndim:
            shape = (1,) * (ndim - len(behind) - len(shape)) + shape + behind
            # Of what is joined at once nobody has a view.
            tensor = wrap(tensor._array.reshape(shape)) if tensor._is_quiet() else ops.reshape(tensor, shape)
        raised.append(tensor)
    return raised


@composed(out=True)
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side: along dimension 1, or 0 for vectors.

    >>> import numpynet
    >>> numpynet.hstack([numpynet.tensor([1, 2]), numpynet.tensor([3])])
    tensor([1, 2, 3])
    """
    raised = _raised(tensors, "hstack", 1)
    return _cat(raised, 0 if raised[0]._array.ndim == 1 else 1)


@composed(out=True)
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one below the other, vectors as rows.

    >>> import numpynet
    >>> numpynet.vstack([numpynet.tensor([1, 2]), numpynet.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return _cat(_raised(tensors, "vstack", 2), 0)


row_stack = vstack


@composed(out=True)
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one behind the other, along dimension 2.

    >>> import numpynet
    >>> numpynet.dstack([numpynet.tensor([1, 2]), numpynet.tensor([3, 4])]).shape
    torch.Size([1, 2, 2])
    """
    return _cat(_raised(tensors, "dstack", 3), 2)


@composed(out=True)
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


@composed
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """The tensor expanded to a shape, as a view that uses no memory.

    >>> import numpynet
    >>> numpynet.broadcast_to(numpynet.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return ops.expand(input, tuple(size))


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of these shapes have together. RuntimeError when there is none.

    >>> import numpynet
    >>> numpynet.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    several = [shape if isinstance(shape, (tuple, list)) else (shape,) for shape in shapes]
    for shape, sizes in zip(shapes, several, strict=True):
        if not all(isinstance(size, int) or is_integer(size) for size in sizes):
            raise RuntimeError(
                f"Input shapes should be of type ints, a tuple of ints, or a list of ints, got {shape} in "
                f"broadcast_shapes()"
            )
        if any(size < 0 for size in sizes):
            raise ValueError(f"broadcast_shapes(): negative sizes are no sizes: {shape}")
    try:
        return Size(np.broadcast_shapes(*(tuple(map(int, sizes)) for sizes in several)))
    except ValueError:
        raise RuntimeError(
            f"broadcast_shapes(): the shapes {', '.join(map(str, map(tuple, several)))} do not broadcast together"
        ) from None


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors expanded to the shape that they have together, as views. RuntimeError when there is none.

    >>> import numpynet
    >>> numpynet.broadcast_tensors(numpynet.tensor([1, 2]), numpynet.tensor([[3], [4]]))[0]
    tensor([[1, 2],
            [1, 2]])
    """
    for position, one in enumerate(tensors):
        if not isinstance(one, Tensor):
            raise TypeError(
                f"broadcast_tensors(): argument 'tensors' (position {position + 1}) must be Tensor, not "
                f"{type(one).__name__}: make one with tensor(...)"
            )
    shape = broadcast_shapes(*(one.shape for one in tensors))
    return tuple(one if one.shape == shape else ops.expand(one, size=shape) for one in tensors)


@composed
def tile(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The tensor laid side by side so many times along each dimension: a copy.

    >>> import numpynet
    >>> numpynet.tile(numpynet.tensor([1, 2]), (2, 2))
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    return record(ops.repeat, (input,), {"repeats": (1,) * (input._array.ndim - len(dims)) + dims})


@composed
def repeat_interleave(
    input: Tensor, repeats: int | Tensor | None = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each slice along `dim` (each element, without `dim`) so many times in succession.

    repeats: a number, or a tensor with one for each slice. Alone, a tensor gives each index as often as it says.
    output_size: how many there will be, which torch may be told and which is not needed here.

    >>> import numpynet
    >>> numpynet.repeat_interleave(numpynet.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    if repeats is None:
        if input._array.dtype.kind != "i":
            raise NotImplementedError(
                f"repeats has to be Long or Int tensor, but it is {input.dtype} in repeat_interleave()"
            )
        return wrap(np.repeat(np.arange(input.numel(), dtype=input._array.dtype), input._array))
    if dim is None:
        input, dim = ravel(input), 0
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions: leave dim away in repeat_interleave()")
    dim = normal_dim(dim, input.ndim, "repeat_interleave")
    if isinstance(repeats, int):
        if repeats < 0:
            raise RuntimeError(f"Repeats must be non-negative in repeat_interleave(), but they are {repeats}")
        return view_of_nobody(record(ops.repeat_interleave, (input,), {"repeats": repeats, "dim": dim}))
    times = repeats._array
    length = input.shape[dim] if input.ndim else 1
    if times.ndim > 1 or times.size not in (1, length):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {times.size} and "
            f"input.size({dim}) = {length} in repeat_interleave()"
        )
    if times.dtype.kind != "i":
        raise NotImplementedError(
            f"repeats has to be Long or Int tensor, but it is {times.dtype.name} in repeat_interleave()"
        )
    if (times < 0).any():
        raise RuntimeError(f"Repeats must be non-negative in repeat_interleave(), but they are {times.tolist()}")
    return ops.index_select(input, dim, wrap(np.repeat(np.arange(length), times)))


# --- diagonals ------------------------------------------------------------------------------------------------


@composed(out=True)
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
    if input._is_quiet():
        return wrap(input._array.diagonal(diagonal).copy())
    return titled(ops.clone(ops.diagonal(input, offset=diagonal)), "DiagonalBackward0_copy")


@composed
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix that has all elements on one diagonal.

    >>> import numpynet
    >>> numpynet.diagflat(numpynet.tensor([1, 2]), 1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    return ops.diag_embed(ravel(input), offset=offset)
