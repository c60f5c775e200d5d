"""Padding in all of torch's modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import keeping
from numpynet.core.dtypes import scalar_type_name
from numpynet.core.tensor import Tensor, record
from numpynet.ops.arguments import integers
from numpynet.ops.padding import border_sources

_TITLES = {"reflect": "ReflectionPad{}DBackward0", "replicate": "ReplicationPad{}DBackward0"}
CIRCULAR = "torch::autograd::CopySlices"


@composed
def pad(input: Tensor, pad: Sequence[int], mode: Any = "constant", value: Any = None) -> Tensor:
    """The input with so many elements set before and after it, in its last dimensions; negative numbers cut off.

    pad: before and after the last dimension, then before and after the last but one, and so on.
    mode: "constant" sets `value` (0), in any dimensions; "reflect" mirrors at the border, "replicate" repeats it,
    "circular" takes what is at the other end: in all dimensions but the samples and the channels.

    RuntimeError for numbers that do not fit the sizes; NotImplementedError for other modes and dimensions.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.pad(numpynet.tensor([1.0, 2.0]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    >>> F.pad(numpynet.tensor([[1.0, 2.0, 3.0]]), (2, 0), mode="reflect")
    tensor([[3., 2., 1., 2., 3.]])
    """
    if not set(map(type, pad)) <= {int}:
        pad = integers("pad", "pad", pad)
    x = input._array
    pairs = list(zip(pad[::2], pad[1::2], strict=False))[::-1]
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, but it is {len(pad)}")
    if len(pairs) > x.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {x.ndim}"
        )
    lengths = x.shape[x.ndim - len(pairs) :]
    if mode == "constant":
        if any(n + before + after < 0 for n, (before, after) in zip(lengths, pairs, strict=True)):
            raise RuntimeError(f"narrow(): length must be non-negative: pad() of shape {x.shape} by {tuple(pad)}")
        margins = ((0, 0),) * (x.ndim - len(pairs)) + tuple(pairs)
        return record(ops.constant_pad, (input,), {"margins": margins, "value": 0 if value is None else value})
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if not pairs or x.ndim not in (len(pairs) + 1, len(pairs) + 2) or len(pairs) > 3:
        raise NotImplementedError(f"Padding size {len(pad)} is not supported for {x.ndim}D input tensor.")
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if x.dtype.kind == "b" and mode != "circular":
        kernel = f"{'reflection' if mode == 'reflect' else 'replication'}_pad{len(pairs)}d"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(x.dtype)}': convert it first")
    if mode != "circular" and 0 in x.shape[x.ndim - len(pairs) - 1 :]:
        raise RuntimeError(
            f"Expected {len(pairs) + 1}D or {len(pairs) + 2}D (batch mode) tensor with possibly 0 batch size and other "
            f"non-zero dimensions for input, but got: {list(x.shape)}"
        )
    for axis, (n, (before, after)) in enumerate(zip(lengths, pairs, strict=True), x.ndim - len(pairs)):
        _require_border(mode, x.shape, axis, n, before, after)
    sources = tuple(border_sources(n, *pair, mode) for n, pair in zip(lengths, pairs, strict=True))
    title = _TITLES.get(mode, CIRCULAR).format(len(pairs))
    padded = record(ops.taken_along, (input,), {"sources": sources, "title": title})
    return keeping(padded, *([input] if mode != "circular" else []))


def _require_border(mode: str, shape: tuple[int, ...], axis: int, n: int, before: int, after: int) -> None:
    """RuntimeError where a dimension is too short for the padding that is to be taken from it."""
    if mode == "reflect" and (before >= n or after >= n):
        raise RuntimeError(
            f"Padding size should be less than the corresponding input dimension, but got: padding ({before}, "
            f"{after}) at dimension {axis} of input {list(shape)}"
        )
    if mode == "circular" and max(before, after) > n + min(before, 0) + min(after, 0):
        raise RuntimeError(
            f"Padding value causes wrapping around more than once: padding ({before}, {after}) at dimension {axis} "
            f"of input {list(shape)}"
        )
    if n + before + after < 0 or not n:
        raise RuntimeError(
            f"Negative padding value is resulting in an empty dimension: padding ({before}, {after}) at dimension "
            f"{axis} of input {list(shape)}"
        )
