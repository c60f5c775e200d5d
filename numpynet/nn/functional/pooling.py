"""Pooling beyond maxima and averages: norms of windows, and what maxima were taken of."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from numpynet.composite.results import titled
from numpynet.core.tensor import Tensor
from numpynet.creation import zeros
from numpynet.ops.acceptance import scalar_name
from numpynet.ops.arguments import integers
from numpynet.ops.form import refuse
from numpynet.ops.windows import repeated

_AVERAGES = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}
_MAXIMA = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}


def _unpooled_sizes(
    input: Tensor, size: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...], wanted: Any
) -> tuple[int, ...]:
    """The sizes of what was pooled; ValueError for those wanted that cannot have been."""
    dims = len(size)
    usual = tuple((input.shape[dim - dims] - 1) * stride[dim] + size[dim] - 2 * padding[dim] for dim in range(dims))
    if wanted is None:
        if not all(one >= 0 for one in usual if isinstance(one, (int, float))):
            raise ValueError(f"max_unpooling: output_size must contain non-negative spatial values, but got {usual}")
        return integers("max_unpool", "output_size", usual)
    sizes = tuple(wanted)[2:] if len(wanted) == dims + 2 else tuple(wanted)
    if len(sizes) != dims:
        raise ValueError(
            f"output_size should be a sequence containing {dims} or {dims + 2} elements, but it has a length of "
            f"'{len(sizes)}'"
        )
    for dim, (one, middle, step) in enumerate(zip(sizes, usual, stride, strict=True)):
        if not middle - step < one < middle + step:
            raise ValueError(
                f'invalid output_size "{wanted}" (dim {dim} must be between {middle - step} and {middle + step})'
            )
    return sizes


def _invalid(sizes: tuple[int, ...], largest: Any) -> RuntimeError:
    return RuntimeError(
        f"Found an invalid max index: {largest} (output volumes are of size {'x'.join(map(str, sizes))})"
    )


def _max_unpool(
    dims: int, input: Tensor, indices: Tensor, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    name = f"max_unpool{dims}d"
    size = repeated(kernel_size, dims)
    step = size if stride is None else repeated(stride, dims)
    wanted = (output_size,) * dims if isinstance(output_size, int) else output_size
    sizes = _unpooled_sizes(input, size, step, repeated(padding, dims), wanted)
    if len(sizes) != dims:
        raise RuntimeError(f"There should be exactly {dims} elements in output_size of {name}(), but got {len(sizes)}")
    if input.dim() not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Input to {name} should be a {dims + 1}d or {dims + 2}d Tensor, but it has {input.dim()} dimensions"
        )
    if input.shape != indices.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) but got indices "
            f"tensor with shape: {list(indices.shape)}"
        )
    if not input.is_floating_point():
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{scalar_name(input._array)}': convert it first, as in x.float()"
        )
    leading, volume = tuple(input.shape[:-dims]), math.prod(sizes)
    places = indices.reshape(*leading, -1)
    index = places._array
    refuse((index < 0) | (index >= volume), partial(_invalid, sizes), index.max(initial=0))
    values = input.reshape(*leading, -1)
    y = zeros(*leading, volume, dtype=input.dtype).scatter(-1, places, values)
    return titled(y.reshape(*leading, *sizes), "SqueezeBackward1" if dims == 1 else f"MaxUnpool{dims}DBackward0")


@composed(asks="input.size indices.unsqueeze")
def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """What `max_pool1d` was given, as far as its maxima tell: they stand where they stood, among zeros.

    input, indices: (N, C, P), what it has returned; kernel_size, stride and padding: what it was called with.
    output_size: (L,) or (N, C, L), where that leaves more than one; ValueError for a size that it does not leave.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> y, places = F.max_pool1d(numpynet.tensor([[1.0, 3.0, 2.0, 0.0]]), 2, return_indices=True)
    >>> F.max_unpool1d(y, places, 2)
    tensor([[0., 3., 2., 0.]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


@composed(asks="input.size")
def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """As `max_unpool1d`, of images (N, C, P, P′).

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> y, places = F.max_pool2d(numpynet.tensor([[[1.0, 3.0], [2.0, 0.0]]]), 2, return_indices=True)
    >>> F.max_unpool2d(y, places, 2)
    tensor([[[0., 3.],
             [0., 0.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


@composed(asks="input.size")
def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """As `max_unpool1d`, of volumes (N, C, P, P′, P″).

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> y, places = F.max_pool3d(numpynet.ones(1, 2, 2, 2), 2, return_indices=True)
    >>> F.max_unpool3d(y, places, 2).sum()
    tensor(1.)
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


def _lp_pool(dims: int, input: Tensor, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Tensor:
    sizes = repeated(kernel_size, dims)
    if dims > 1 and len(sizes) != dims:
        raise ValueError(f"lp_pool{dims}d(): expected {dims} numbers as kernel_size, but got {len(sizes)}")
    maxima: Any = _MAXIMA[dims]
    if norm_type == math.inf:
        return maxima(ops.abs(input), kernel_size, stride, 0, 1, ceil_mode)
    if norm_type == -math.inf:
        return -maxima(-ops.abs(input), kernel_size, stride, 0, 1, ceil_mode)
    mean: Tensor = _AVERAGES[dims](ops.pow(input, norm_type), kernel_size, stride, 0, ceil_mode)
    total = ops.sign(mean) * ops.relu(ops.abs(mean)) * math.prod(sizes)
    return total.pow(1.0 / norm_type)


@composed(asks="input.pow")
def lp_pool1d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """(Σ xᵖ)^(1/p) of each window, p = `norm_type`; of ∞ the maximum, and of −∞ the minimum, of |x|.

    x (N, C, L) -> y (N, C, P); `avg_pool1d` explains the windows.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.lp_pool1d(numpynet.tensor([[3.0, 4.0, 0.0, 2.0]]), 2, 2)
    tensor([[5., 2.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


@composed(asks="input.pow")
def lp_pool2d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """As `lp_pool1d`, of images (N, C, H, W).

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.lp_pool2d(numpynet.tensor([[[3.0, 4.0], [0.0, 0.0]]]), 2, 2)
    tensor([[[5.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


@composed(asks="input.pow")
def lp_pool3d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """As `lp_pool1d`, of volumes (N, C, D, H, W).

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.lp_pool3d(numpynet.ones(1, 2, 2, 2), 1, 2)
    tensor([[[[8.]]]])
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
