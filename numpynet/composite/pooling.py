"""Pools: torch's arguments and errors, over `numpynet.ops.pooling`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import keeping
from numpynet.core.dtypes import scalar_type_name
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor, record, wrap
from numpynet.ops.acceptance import scalar_name
from numpynet.ops.arguments import integers
from numpynet.ops.pooling import adaptive_max_positions, max_positions
from numpynet.ops.windows import Sizes, span

_WORDS = {1: "one int", 2: "two ints", 3: "three ints"}


def _sizes(name: str, argument: str, value: Any, dims: int) -> Sizes:
    """One number for each spatial dimension, of one for all or of so many; TypeError or RuntimeError for others."""
    if type(value) is int and -(2**63) <= value < 2**63:
        return (value,) * dims
    sizes = integers(name, argument, value)
    if len(sizes) not in (1, dims):
        either = "either be omitted, a single int" if argument == "stride" else "either be a single int"
        raise RuntimeError(f"{name}: {argument} must {either}, or a tuple of {_WORDS[dims]}, not {sizes}")
    return sizes if len(sizes) == dims else sizes * dims


def _strides(name: str, stride: Any, size: Sizes) -> Sizes:
    omitted = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    return size if omitted else _sizes(name, "stride", stride, len(size))


def _require_dimensions(name: str, x: Any, dims: int) -> None:
    """RuntimeError unless there are so many spatial dimensions, and in them and the channels elements."""
    ndim = x.ndim
    if ndim not in (dims + 1, dims + 2) or not all(x.shape[1 if ndim == dims + 2 else 0 :]):
        raise RuntimeError(
            f"{name}: Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{list(x.shape)}"
        )


def _places(
    name: str, shape: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> Sizes:
    """How many places the windows have in each dimension; RuntimeError for numbers that are out of range."""
    dims = len(size)
    if any(step == 0 for step in stride):
        raise RuntimeError(f"stride should not be zero in {name}()")
    for what, numbers, least in (("kernel size", size, 1), ("stride", stride, 1), ("dilation", dilation, 1)):
        if any(number < least for number in numbers):
            raise RuntimeError(f"{what} should be greater than zero, but got {numbers} in {name}()")
    places = []
    for n, k, step, margin, gap in zip(shape[-dims:], size, stride, padding, dilation, strict=True):
        if margin < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {margin} in {name}()")
        if margin > span(k, gap) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={margin}, kernel_size={k} and "
                f"dilation={gap} in {name}()"
            )
        room = n + 2 * margin - span(k, gap)
        count = (room + (step - 1 if ceil_mode else 0)) // step + 1
        if ceil_mode and (count - 1) * step >= n + margin:  # the last window would lie in the padding alone
            count -= 1
        if gap > 1 and any(_lies_in_padding(place * step - margin, n, k, gap) for place in range(count)):
            raise RuntimeError(
                f"{name}(): a window of {k} elements, {gap} apart, lies in the padding alone, which has no maximum: "
                f"take less of it, or ceil_mode=False"
            )
        places.append(count)
    if any(count < 1 for count in places):
        given, found = ("x".join(map(str, sizes)) for sizes in (shape[-dims - 1 :], (shape[-dims - 1], *places)))
        raise RuntimeError(
            f"Given input size: ({given}). Calculated output size: ({found}). Output size is too small in {name}()"
        )
    return tuple(places)


def _lies_in_padding(start: int, n: int, k: int, gap: int) -> bool:
    """Whether no element of a window that begins at `start` is one of n."""
    skipped = max(0, -(start // gap)) if start < 0 else 0
    return skipped >= k or start + skipped * gap >= n


def _as_image(function: Any, input: Tensor) -> Any:
    """What a function of images gives for a signal, taken for an image one pixel high."""
    images = ops.unsqueeze(input, -2)
    found = function(images)
    return tuple(ops.squeeze(one, -2) for one in found) if isinstance(found, tuple) else ops.squeeze(found, -2)


# --- maxima -----------------------------------------------------------------------------------------------------


def _pooled(input: Tensor, positions: Any, dims: int, title: str, return_indices: bool) -> Any:
    y = keeping(record(ops.max_pool, (input,), {"dims": dims, "positions": positions, "title": title}), input)
    return (y, wrap(positions)) if return_indices else y


def _max_pool(
    name: str, dims: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool, return_indices: bool,
) -> Any:  # fmt: skip
    size = _sizes(name, "kernel_size", kernel_size, dims)
    steps = _strides(name, stride, size)
    margins, gaps = _sizes(name, "padding", padding, dims), _sizes(name, "dilation", dilation, dims)
    x = input._array
    _require_dimensions(name, x, dims)
    places = _places(name, x.shape, size, steps, margins, gaps, ceil_mode)
    if x.dtype.kind in "bc":
        raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_name(x)}': convert it, as in x.float()")
    positions = max_positions(x, size, steps, margins, gaps, places)
    return _pooled(input, positions, dims, f"MaxPool{dims}DWithIndicesBackward0", return_indices)


@composed
def max_pool1d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """y[p] = max x[p · stride + k · dilation − padding] over k        x (N, C, L) or (C, L) -> y (N, C, P)

    stride: of the windows, as long as the kernel by default. padding: so many −∞ on both sides. ceil_mode: whether a
    last window may reach beyond the end. return_indices: whether to return (y, the places of the maxima).
    NaN where there is one; of equal maxima the first gets the gradient. RuntimeError for sizes that do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.max_pool1d(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    if input._array.dtype.kind != "f":
        raise NotImplementedError(
            f"\"max_pool1d_impl\" not implemented for '{scalar_type_name(input._array.dtype)}': convert it, as in "
            f"x.float()"
        )
    _require_dimensions("max_pool1d", input._array, 1)
    size = _sizes("max_pool1d", "kernel_size", kernel_size, 1)
    steps = _strides("max_pool1d", stride, size)
    margins, gaps = _sizes("max_pool1d", "padding", padding, 1), _sizes("max_pool1d", "dilation", dilation, 1)
    _places("max_pool1d", input._array.shape, size, steps, margins, gaps, ceil_mode)
    return _as_image(
        lambda images: _max_pool(
            "max_pool1d", 2, images, (1, *size), (1, *steps), (0, *margins), (1, *gaps), ceil_mode, return_indices
        ),
        input,
    )


@composed
def max_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool1d` of images: x (N, C, H, W) or (C, H, W) -> (N, C, P, P′); numbers may be pairs.

    The places that `return_indices` tells are counted along the rows of each image.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.max_pool2d(numpynet.tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2)
    tensor([[[4.]]])
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composed
def max_pool3d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool1d` of volumes: x (N, C, D, H, W) or (C, D, H, W); numbers may be triples.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.max_pool3d(numpynet.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


# --- means ------------------------------------------------------------------------------------------------------


def _avg_pool(
    name: str, dims: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor: int | None,
) -> Tensor:  # fmt: skip
    size = _sizes(name, "kernel_size", kernel_size, dims)
    steps, margins = _strides(name, stride, size), _sizes(name, "padding", padding, dims)
    if divisor == 0:
        raise RuntimeError(f"divisor must be not zero in {name}()")
    x = input._array
    if dims == 2:
        normal_dim(-3, x.ndim, name)  # which torch looks at before it counts them
    _require_dimensions(name, x, dims)
    places = _places(name, x.shape, size, steps, margins, (1,) * dims, ceil_mode)
    options: dict[str, Any] = {"size": size, "stride": steps, "padding": margins, "places": places}
    options |= {"count_include_pad": count_include_pad, "divisor": divisor}
    return keeping(record(ops.avg_pool, (input,), options), input)


@composed
def avg_pool1d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """y[p] = the mean of x[p · stride + k − padding] over k        x (N, C, L) or (C, L) -> y (N, C, P)

    stride: of the windows, as long as the kernel by default. padding: so many zeros on both sides, which count with
    `count_include_pad`. ceil_mode: whether a last window may reach beyond the end.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.avg_pool1d(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    name = "avg_pool1d"
    _require_dimensions(name, input._array, 1)
    size = _sizes(name, "kernel_size", kernel_size, 1)
    steps, margins = _strides(name, stride, size), _sizes(name, "padding", padding, 1)
    _places(name, input._array.shape, size, steps, margins, (1,), ceil_mode)
    pooled: Tensor = _as_image(
        lambda images: _avg_pool(
            name, 2, images, (1, *size), (1, *steps), (0, *margins), ceil_mode, count_include_pad, None
        ),
        input,
    )
    return pooled


@composed
def avg_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """`avg_pool1d` of images: x (N, C, H, W) or (C, H, W) -> (N, C, P, P′); numbers may be pairs.

    divisor_override: what totals are divided by in place of the number of elements.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.avg_pool2d(numpynet.tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2)
    tensor([[[2.5000]]])
    """
    return _avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@composed
def avg_pool3d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """`avg_pool1d` of volumes: x (N, C, D, H, W) or (C, D, H, W); numbers may be triples.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.avg_pool3d(numpynet.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5000]]]])
    """
    return _avg_pool(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


# --- to a given number of places --------------------------------------------------------------------------------


def _wanted(name: str, dims: int, ndim: int, lengths: Sizes, output_size: Any) -> Sizes:
    """The sizes wanted, None for those of the input; RuntimeError for negative ones, and for another number of them.

    Of several dimensions torch takes anything that has a length: ValueError where that is the input's, or more.
    """
    if type(output_size) is int and 0 <= output_size < 2**63:
        return (output_size,) * dims
    if dims > 1 and not isinstance(output_size, int):
        count = len(output_size)
        if count >= ndim:
            raise ValueError(f"Input dimension should be at least {count + 1} for {name}(), but it is {ndim}")
        lengths = lengths[ndim - count :]
        output_size = [n if one is None else one for one, n in zip(output_size, lengths, strict=True)]
    wanted = integers(name, "output_size", output_size)
    if isinstance(output_size, int):
        wanted *= dims
    if len(wanted) != dims:
        raise RuntimeError(f"{name}: output_size must be {dims}, but got {len(wanted)} numbers: {wanted}")
    if any(one < 0 for one in wanted):
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{', '.join(map(str, wanted))}}}"
        )
    return wanted


def _require_places(name: str, dims: int, x: Any) -> None:
    """RuntimeError unless there are so many spatial dimensions, and in them elements."""
    if x.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(f"{name}(): Expected {dims + 1}D or {dims + 2}D tensor, but got {list(x.shape)}")
    for dim in range(x.ndim - dims, x.ndim):
        if not x.shape[dim]:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{list(x.shape)} with dimension {dim} being empty"
            )


def _adaptive_avg_pool(name: str, dims: int, input: Tensor, output_size: Any) -> Tensor:
    x = input._array
    places = _wanted(name, dims, x.ndim, x.shape, output_size)
    if places == (1,) * dims:  # of any other dimensions before these, as in torch
        mean: Tensor = ops.mean(input, dim=tuple(range(-dims, 0)), keepdim=True)
        return mean
    _require_places(name, dims, x)
    return keeping(record(ops.adaptive_avg_pool, (input,), {"places": places}), input)


def _adaptive_max_pool(name: str, dims: int, input: Tensor, output_size: Any, return_indices: bool) -> Any:
    x = input._array
    places = _wanted(name, dims, x.ndim, x.shape, output_size)
    _require_places(name, dims, x)
    if x.dtype.kind != "f":
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{scalar_type_name(x.dtype)}': convert it, as in x.float()"
        )
    positions = adaptive_max_positions(x, places)
    return _pooled(input, positions, dims, f"AdaptiveMaxPool{dims}DBackward0", return_indices)


@composed
def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """y (N, C, P): the means of P parts of x (N, C, L) or (C, L), from ⌊p L / P⌋ to ⌈(p + 1) L / P⌉

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.adaptive_avg_pool1d(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    name = "adaptive_avg_pool1d"
    x = input._array
    places = (1, *_wanted(name, 1, x.ndim, x.shape, output_size))
    if x.ndim not in (2, 3):
        raise RuntimeError(f"Expected 2 to 3 dimensions, but got {x.ndim}-dimensional tensor in {name}()")
    pooled: Tensor = _as_image(lambda images: _adaptive_avg_pool(name, 2, images, places), input)
    return pooled


@composed(asks="input.size")
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """`adaptive_avg_pool1d` of images: x (N, C, H, W) or (C, H, W) -> (N, C, P, P′)

    output_size: P for both dimensions, or a pair, in which None keeps the input's size.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.adaptive_avg_pool2d(numpynet.ones(1, 3, 8, 6), 1).shape
    torch.Size([1, 3, 1, 1])
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


@composed(asks="input.size")
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """`adaptive_avg_pool1d` of volumes: x (N, C, D, H, W) or (C, D, H, W)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.adaptive_avg_pool3d(numpynet.ones(1, 3, 8, 6, 4), 2).shape
    torch.Size([1, 3, 2, 2, 2])
    """
    return _adaptive_avg_pool("adaptive_avg_pool3d", 3, input, output_size)


@composed
def adaptive_max_pool1d(input: Tensor, output_size: int | Sequence[int], return_indices: bool = False) -> Any:
    """y (N, C, P): the maxima of P parts of x (N, C, L) or (C, L), from ⌊p L / P⌋ to ⌈(p + 1) L / P⌉

    return_indices: whether to return (y, the places of the maxima).

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.adaptive_max_pool1d(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    name = "adaptive_max_pool1d"
    x = input._array
    places = (1, *_wanted(name, 1, x.ndim, x.shape, output_size))
    _require_places(name, 1, x)
    return _as_image(lambda images: _adaptive_max_pool(name, 2, images, places, return_indices), input)


@composed(asks="input.size")
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool1d` of images: x (N, C, H, W) or (C, H, W) -> (N, C, P, P′)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.adaptive_max_pool2d(numpynet.arange(6.0).reshape(1, 2, 3), (1, 2))
    tensor([[[4., 5.]]])
    """
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


@composed(asks="input.size")
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool1d` of volumes: x (N, C, D, H, W) or (C, D, H, W)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.adaptive_max_pool3d(numpynet.ones(1, 3, 8, 6, 4), 2).shape
    torch.Size([1, 3, 2, 2, 2])
    """
    return _adaptive_max_pool("adaptive_max_pool3d", 3, input, output_size, return_indices)
