"""Resampling and windows as columns: torch's arguments and errors."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor, record
from numpynet.ops.acceptance import no_complex
from numpynet.ops.arguments import integers
from numpynet.ops.layout import channels_last, is_in_order
from numpynet.ops.resampling import FILTERS, cubic_taps, linear_taps, smooth_taps
from numpynet.ops.windows import places_of, repeated, volume

_AREA = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}
_RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "lanczos": 4, "trilinear": 5}
_SINGLE = np.float32  # in which torch finds the nearest elements, whatever the dtype


def _wanted(input: Tensor, size: Any, scale_factor: Any) -> tuple[list[int], list[float | None]]:
    """The lengths wanted, and the factors that were given; ValueError or TypeError for what does not fit."""
    lengths = input._array.shape[2:]
    dims = len(lengths)
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    given = size if scale_factor is None else scale_factor
    several = list(given) if isinstance(given, (tuple, list)) else [given] * dims
    if len(several) != dims:
        raise ValueError(
            f"Input and {'output' if scale_factor is None else 'scale_factor'} must have the same number of spatial "
            f"dimensions, but got input with spatial dimensions of {list(lengths)} and {given}: the input is "
            f"(N, C, *lengths)"
        )
    if scale_factor is not None:
        return [int(n * float(factor)) for n, factor in zip(lengths, several, strict=True)], list(map(float, several))
    return list(integers("interpolate", "size", several)), [None] * dims


def _nearest(n: int, count: int, factor: float | None, shift: float, whole: bool) -> tuple[int, ...]:
    """Of which element each place takes its value. whole: whether lengths decide where they are equal, or twice."""
    if whole and count in (n, 2 * n):
        factor = None
    scale = _SINGLE(1 / factor) if factor else _SINGLE(n) / _SINGLE(count)
    places = np.floor((np.arange(count, dtype=_SINGLE) + _SINGLE(shift)) * scale)
    return tuple(places.astype(int).clip(None, n - 1).tolist())


@composed(asks="input.dim")
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
    antialias: bool = False,
) -> Tensor:
    """x (N, C, *L) in another size: a signal, an image or a volume

    size, scale_factor: the lengths wanted, or by how much to multiply them; one number, or one for each dimension.
    mode: "nearest" or "nearest-exact" copies elements; "linear" (of signals), "bilinear" and "bicubic" (of images) and
    "trilinear" (of volumes) interpolate between neighbours; "area" takes means. antialias: of "bilinear" and "bicubic",
    and always of "lanczos", whether a smaller image is smoothed before, so that every pixel counts. align_corners:
    whether the first and the last elements keep their places, in place of the edges of the outermost pixels.

    ValueError for sizes that do not fit and for modes that cannot be smoothed, NotImplementedError for other modes.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.interpolate(numpynet.tensor([[[1.0, 3.0]]]), scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    >>> F.interpolate(numpynet.tensor([[[1.0, 3.0]]]), size=3, mode="linear", align_corners=True)
    tensor([[[1., 2., 3.]]])
    """
    interpolates = mode not in ("nearest", "area", "nearest-exact")
    if not interpolates and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    wanted, factors = _wanted(input, size, scale_factor)
    if recompute_scale_factor:
        if size is not None:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        factors = [None] * len(wanted)
    x = input._array
    if antialias and (mode not in FILTERS or x.ndim != 4):
        raise ValueError(
            f"Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as "
            f"input (got {x.ndim}D and mode {mode})"
        )
    if x.ndim not in _AREA or mode not in (*_RANKS, "nearest", "nearest-exact", "area"):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {x.ndim}D) for the modes: nearest | linear "
            f"| bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
        )
    if interpolates and _RANKS[mode] != x.ndim:
        raise NotImplementedError(f"Got {x.ndim}D input, but {mode} mode needs {_RANKS[mode]}D input")
    if mode == "lanczos" and (not antialias or align_corners):
        word = "does not support align_corners=True" if antialias else "requires antialias=True"
        raise ValueError(f"Lanczos mode {word}")
    lengths = x.shape[2:]
    if any(n < 1 for n in (*lengths, *wanted)):
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {lengths} and output {tuple(wanted)} in "
            f"interpolate()"
        )
    no_complex("interpolate", x)
    if mode == "area":
        return _AREA[x.ndim](input, wanted)
    dims = len(lengths)
    named = f"{dims}DBackward0"
    sizes = list(zip(lengths, wanted, factors, strict=True))
    if not interpolates:
        exact = mode == "nearest-exact"
        by_pixel = x.ndim == 4 and (sum(wanted) <= 128 or (x.shape[1] > 3 and is_in_order(x, channels_last)))
        whole = by_pixel and not exact  # in torch's kernel for small images, and those with many channels
        sources = tuple(_nearest(*one, 0.5 if exact else 0.0, whole) for one in sizes)
        title = f"{'UpsampleNearestExact' if exact else 'UpsampleNearest'}{named}"
        return record(ops.taken_along, (input,), {"sources": sources, "title": title})
    find = partial(smooth_taps, mode) if antialias else cubic_taps if mode == "bicubic" else linear_taps
    real = np.float64 if x.dtype == np.float64 else _SINGLE
    taps = tuple(find(*one, bool(align_corners), real) for one in sizes)
    title = f"Upsample{mode.capitalize()}{dims}D{'Aa' * antialias}Backward0"
    return record(ops.interpolated, (input,), {"taps": taps, "title": title})


def _warn_of(name: str) -> None:
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: Any = None
) -> Tensor:
    """The old name of `interpolate`; warns.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.upsample(numpynet.tensor([[[1.0, 3.0]]]), 4)
    tensor([[[1., 1., 3., 3.]]])
    """
    _warn_of("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of `interpolate` with mode="nearest"; warns.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.upsample_nearest(numpynet.tensor([[[1.0, 3.0]]]), 4)
    tensor([[[1., 1., 3., 3.]]])
    """
    _warn_of("upsample_nearest")
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of `interpolate` with mode="bilinear" and align_corners=True; warns.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.upsample_bilinear(numpynet.tensor([[[[1.0, 3.0]]]]), (1, 3))
    tensor([[[[1., 2., 3.]]]])
    """
    _warn_of("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", True)


# --- windows as columns -----------------------------------------------------------------------------------------


def _pair(name: str, what: str, value: Any) -> tuple[int, ...]:
    if type(value) is int and -(2**63) <= value < 2**63:
        return value, value
    pair = integers(name, what, repeated(value, 2))
    if len(pair) != 2:
        raise RuntimeError(f"It is expected {what} equals to 2, but got size {len(pair)} in {name}()")
    return pair


def _pairs(name: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Any:
    """Each as a pair; TypeError and RuntimeError for what cannot be."""
    pairs = []
    for what, value, least in (
        ("kernel_size", kernel_size, 1), ("dilation", dilation, 1), ("padding", padding, 0), ("stride", stride, 1)
    ):  # fmt: skip
        pair = _pair(name, what, value)
        if any(one < least for one in pair):
            rule = "greater than zero" if least else "non-negative"
            raise RuntimeError(f"{what.replace('_', ' ')} should be {rule}, but got {pair} in {name}()")
        pairs.append(pair)
    return pairs


@composed
def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The windows of images as columns        x (N, C, H, W) or (C, H, W) -> (N, C·K·K′, P·P′)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.unfold(numpynet.tensor([[[1.0, 2.0, 3.0]]]), (1, 2))
    tensor([[1., 2.],
            [2., 3.]])
    """
    size, gaps, margins, steps = _pairs("unfold", kernel_size, dilation, padding, stride)
    x = input._array
    normal_dim(min(2, x.ndim), x.ndim, "unfold")  # which torch looks at before it counts them
    if x.ndim not in (3, 4) or not all(x.shape[-3:]):
        raise RuntimeError(
            f"Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input "
            f"of unfold(), but got: {list(x.shape)}"
        )
    lengths = tuple(n + 2 * margin for n, margin in zip(x.shape[-2:], margins, strict=True))
    places = places_of(lengths, size, steps, gaps)
    if any(count < 1 for count in places):
        raise RuntimeError(
            f"Given input with spatial size {x.shape[-2:]}, kernel_size={size}, dilation={gaps}, padding={margins}, "
            f"calculated shape of the array of sliding blocks as {places}, but its components must be at least one."
        )
    options = {"size": size, "stride": steps, "padding": margins, "dilation": gaps}
    if x.ndim == 4:
        return record(ops.im2col, (input,), options)
    return _unbatched(ops.im2col, input, options)


def _unbatched(operation: Any, input: Tensor, options: dict[str, Any]) -> Tensor:
    """Of one sample; it is one node on the tape, as in torch."""
    y = record(operation, (ops.unsqueeze(input, 0),), options)
    one: Tensor = ops.squeeze(y, 0)
    return one


@composed
def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Columns added up to images: the adjoint of `unfold`        x (N, C·K·K′, P·P′) or (C·K·K′, P·P′) -> (N, C, H, W)

    output_size: (H, W).

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.fold(numpynet.tensor([[1.0, 2.0], [2.0, 3.0]]), (1, 3), (1, 2))
    tensor([[[1., 4., 3.]]])
    """
    size, gaps, margins, steps = _pairs("fold", kernel_size, dilation, padding, stride)
    lengths = _pair("fold", "output_size", output_size)
    x = input._array
    if x.ndim not in (2, 3) or not all(x.shape[-2:]):
        raise RuntimeError(
            f"Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(x.shape)} in fold()"
        )
    columns, count = x.shape[-2:]
    first = x.ndim - 2
    if columns % volume(size):
        raise RuntimeError(
            f"Expected size of input's dimension {first} to be divisible by the product of kernel_size, but got "
            f"input.size({first})={columns} and kernel_size={size}."
        )
    wide = tuple(n + 2 * margin for n, margin in zip(lengths, margins, strict=True))
    places = places_of(wide, size, steps, gaps)
    if any(one < 1 for one in places) or volume(places) != count:
        raise RuntimeError(
            f"Given output_size={lengths}, kernel_size={size}, dilation={gaps}, padding={margins}, stride={steps}, "
            f"expected size of input's dimension {first + 1} to match the calculated number of sliding blocks "
            f"{places[0]} * {places[1]} = {volume(places)}, but got input.size({first + 1})={count}."
        )
    options = {"lengths": lengths, "size": size, "stride": steps, "padding": margins, "dilation": gaps}
    return record(ops.col2im, (input,), options) if x.ndim == 3 else _unbatched(ops.col2im, input, options)
