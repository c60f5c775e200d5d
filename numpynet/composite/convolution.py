"""Convolutions: torch's arguments and errors, over `numpynet.ops.convolution`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.padding import pad
from numpynet.composite.results import keeping
from numpynet.core.tensor import Tensor, record
from numpynet.ops.arguments import integers
from numpynet.ops.windows import Sizes, span

Size = int | Sequence[int]


def per_dimension(function: str, argument: str, value: Any, dims: int) -> Sizes:
    """One number for each spatial dimension, of one for all or of so many.

    TypeError for what are no integers, RuntimeError for another number of them.
    """
    if type(value) is int and -(2**63) <= value < 2**63:
        return (value,) * dims
    sizes = integers(function, argument, value)
    if len(sizes) not in (1, dims):
        raise RuntimeError(
            f"expected {argument} to be a single integer value or a list of {dims} values to match the convolution "
            f"dimensions, but got {argument}={list(sizes)} in {function}()"
        )
    return sizes if len(sizes) == dims else sizes * dims


def crossed(sizes: Sequence[int]) -> str:
    """Sizes as torch writes them: (2 x 3)."""
    return f"({' x '.join(map(str, sizes))})"


def _batched(name: str, dims: int, input: Tensor) -> Tensor:
    """The input with a dimension of samples; RuntimeError for another number of dimensions."""
    ndim = input._array.ndim
    if ndim == dims + 2:
        return input
    if ndim != dims + 1:
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {name}, but got input of size: "
            f"{list(input._array.shape)}"
        )
    unsqueezed: Tensor = ops.unsqueeze(input, 0)
    return unsqueezed


def _require_sizes(
    name: str, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Sizes, dilation: Sizes, groups: int,
    transposed: bool,
) -> None:  # fmt: skip
    """RuntimeError for numbers that are out of range, and for channels that do not fit."""
    if any(one <= 0 for one in stride):
        raise RuntimeError(f"non-positive stride is not supported: {name}() was given {stride}")
    if any(one <= 0 for one in dilation):
        raise RuntimeError(f"non-positive dilation is not supported: {name}() was given {dilation}")
    if groups <= 0:
        raise RuntimeError(f"non-positive groups is not supported: {name}() was given {groups}")
    x, w = input._array.shape, weight._array.shape
    if len(w) != len(x):
        raise RuntimeError(
            f"Expected {len(x)}-dimensional input for {len(x)}-dimensional weight {list(w)}, but the weight of "
            f"{name}() has {len(w)} dimensions and the input {list(x)}"
        )
    given = f"Given {'transposed=1' if transposed else f'groups={groups}'}, "
    if not w[0]:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{list(w)} instead"
        )
    if w[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{list(w)}] instead"
        )
    inputs, outputs = (w[0], w[1] * groups) if transposed else (w[1] * groups, w[0])
    if x[1] != inputs:
        raise RuntimeError(
            f"{given}weight of size {list(w)}, expected input{list(x)} to have {inputs} channels, but got {x[1]} "
            f"channels instead"
        )
    if bias is not None and bias._array.shape != (outputs,):
        raise RuntimeError(
            f"Given {'transposed=1, ' if transposed else ''}weight of size {list(w)}, expected bias to be "
            f"1-dimensional with {outputs} elements, but got bias of size {list(bias._array.shape)} instead"
        )


def _margins(padding: str, size: Sizes, stride: Sizes, dilation: Sizes) -> tuple[Sizes, list[int]]:
    """The padding of a word: on both sides, and what is more after the end than before the start, as `pad` takes it."""
    if padding == "valid":
        return (0,) * len(size), []
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}': choose 'valid' or 'same'")
    if any(step != 1 for step in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [span(k, gap) - 1 for k, gap in zip(size, dilation, strict=True)]
    more = [number for total in reversed(totals) for number in (0, total % 2)]
    return tuple(total // 2 for total in totals), more if any(more) else []


def _convolution(
    name: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None,
    stride: Size, padding: str | Size, dilation: Size, groups: int,
) -> Tensor:  # fmt: skip
    steps = per_dimension(name, "stride", stride, dims)
    gaps = per_dimension(name, "dilation", dilation, dims)
    x = _batched(name, dims, input)
    if isinstance(padding, str):
        margins, more = _margins(padding, weight._array.shape[2:], steps, gaps)
        if more:
            x = pad(x, more)
    else:
        margins = per_dimension(name, "padding", padding, dims)
        if any(margin < 0 for margin in margins):
            raise RuntimeError(f"negative padding is not supported: {name}() was given {margins}")
    _require_sizes(name, x, weight, bias, steps, gaps, groups, False)
    size = weight._array.shape[2:]
    lengths = tuple(n + 2 * margin for n, margin in zip(x._array.shape[2:], margins, strict=True))
    reach = tuple(map(span, size, gaps))
    if any(n < wanted for n, wanted in zip(lengths, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: {crossed(lengths)}. Kernel size: {crossed(reach)}. Kernel "
            f"size can't be greater than actual input size"
        )
    options = {"stride": steps, "padding": margins, "dilation": gaps, "groups": groups}
    y = keeping(record(ops.convolution, (x, weight, bias), options), x, weight)
    return y if input._array.ndim == dims + 2 else ops.squeeze(y, 0)


@composed
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: Any = 1,
) -> Tensor:
    """y[n, o, p] = b[o] + Σ w[o, c, k] x[n, c, p · stride + k · dilation − padding] over c and k

    input: x (N, C, L), or (C, L). weight: w (O, C / groups, K). bias: b (O,) or None. padding: so many zeros on both
    sides, "valid" for none, or "same" for a result as long as the input. groups: parts of the channels, each
    convolved by itself. Returns (N, O, P). RuntimeError for sizes that do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.conv1d(numpynet.tensor([[1.0, 2.0, 4.0]]), numpynet.tensor([[[-1.0, 1.0]]]))
    tensor([[1., 2.]])
    """
    return _convolution("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@composed
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: Any = 1,
) -> Tensor:
    """`conv1d` of images: x (N, C, H, W) or (C, H, W), w (O, C / groups, K, K′) -> (N, O, P, P′)

    stride, padding and dilation: one number for both dimensions, or one for each.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.conv2d(numpynet.ones(1, 1, 3, 3), numpynet.ones(1, 1, 3, 3), padding=1)
    tensor([[[[4., 6., 4.],
              [6., 9., 6.],
              [4., 6., 4.]]]])
    """
    return _convolution("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@composed
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: Any = 1,
) -> Tensor:
    """`conv1d` of volumes: x (N, C, D, H, W) or (C, D, H, W), w (O, C / groups, K, K′, K″)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.conv3d(numpynet.ones(1, 2, 3, 3, 3), numpynet.ones(4, 2, 2, 2, 2)).shape
    torch.Size([1, 4, 2, 2, 2])
    """
    return _convolution("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


# --- transposed -------------------------------------------------------------------------------------------------


def _transposed(
    name: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None,
    stride: Size, padding: Size, output_padding: Size, groups: int, dilation: Size,
) -> Tensor:  # fmt: skip
    steps = per_dimension(name, "stride", stride, dims)
    margins = per_dimension(name, "padding", padding, dims)
    more = per_dimension(name, "output_padding", output_padding, dims)
    gaps = per_dimension(name, "dilation", dilation, dims)
    x = _batched(name, dims, input)
    for what, numbers in (("padding", margins), ("output_padding", more)):
        if any(number < 0 for number in numbers):
            raise RuntimeError(f"negative {what} is not supported: {name}() was given {numbers}")
    _require_sizes(name, x, weight, bias, steps, gaps, groups, True)
    if any(one >= max(step, gap) for one, step, gap in zip(more, steps, gaps, strict=True)):
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got output_padding: {more} stride: "
            f"{steps} dilation: {gaps} in {name}()"
        )
    lengths = x._array.shape[2:]
    sizes = zip(lengths, weight._array.shape[2:], steps, margins, more, gaps, strict=True)
    wanted = [(n - 1) * step - 2 * margin + span(k, gap) + one for n, k, step, margin, one, gap in sizes]
    if any(n < 1 for n in wanted):
        raise RuntimeError(
            f"Given input size per channel: {crossed(lengths)}. Calculated output size per channel: "
            f"{crossed(wanted)}. Output size is too small in {name}()"
        )
    options = {"stride": steps, "padding": margins, "output_padding": more, "dilation": gaps, "groups": groups}
    y = keeping(record(ops.conv_transpose, (x, weight, bias), options), x, weight)
    return y if x is input else ops.squeeze(y, 0)


@composed
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: Any = 1,
    dilation: Any = 1,
) -> Tensor:
    """y[n, o, p · stride + k · dilation − padding] = b[o] + Σ w[c, o, k] x[n, c, p] over all c, k and p that lead there

    The gradient of `conv1d` by its input, used forwards: it makes an input longer by as much as that makes it
    shorter. input: x (N, C, L), or (C, L). weight: w (C, O / groups, K). output_padding: how much longer the result
    is at its end. Returns (N, O, (L − 1) stride − 2 padding + dilation (K − 1) + output_padding + 1).

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.conv_transpose1d(numpynet.tensor([[1.0, 10.0]]), numpynet.tensor([[[1.0, 2.0]]]))
    tensor([[ 1., 12., 20.]])
    """
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composed
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: Any = 1,
    dilation: Any = 1,
) -> Tensor:
    """`conv_transpose1d` of images: x (N, C, H, W) or (C, H, W), w (C, O / groups, K, K′)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.conv_transpose2d(numpynet.tensor([[[1.0, 10.0]]]), numpynet.ones(1, 1, 2, 2))
    tensor([[[ 1., 11., 10.],
             [ 1., 11., 10.]]])
    """
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composed
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: Any = 1,
    dilation: Any = 1,
) -> Tensor:
    """`conv_transpose1d` of volumes: x (N, C, D, H, W) or (C, D, H, W), w (C, O / groups, K, K′, K″)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.conv_transpose3d(numpynet.ones(1, 2, 3, 3, 3), numpynet.ones(2, 4, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4, 4])
    """
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)
