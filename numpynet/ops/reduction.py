"""Reductions: sums, means and extremes over some or all dimensions.

``dim`` is None (every dimension), an integer or a tuple of them; with ``keepdim`` the reduced dimensions
stay, with size 1. A reduction copies nothing forwards, so its gradient copies dy back over what it reduced.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.ops.form import Array, op

Dim = int | tuple[int, ...] | None
Shape = tuple[int, ...]


def _axes(dim: Dim) -> Dim:
    """torch reads an empty tuple of dimensions as all of them."""
    return None if dim == () else tuple(dim) if isinstance(dim, list) else dim


def spread(dy: Array, shape: Shape, dim: Dim, keepdim: bool) -> Array:
    """dy copied (as a read-only view) over the dimensions of `shape` that a reduction took away."""
    dim = _axes(dim)
    if dim is not None and not keepdim:
        dims = dim if isinstance(dim, tuple) else (dim,)
        kept = list(shape)
        for one in dims:
            if shape:
                kept[one] = 1
        dy = np.reshape(dy, kept)
    return np.broadcast_to(dy, shape)


def count(shape: Shape, dim: Dim) -> int:
    """How many elements each result of a reduction gathers."""
    dim = _axes(dim)
    if dim is None:
        return math.prod(shape)
    dims = dim if isinstance(dim, tuple) else (dim,)
    return math.prod(shape[one] for one in dims) if shape else 1


def _names(stem: str) -> Any:
    """torch numbers the node of a reduction 0 over everything and 1 over named dimensions."""
    return lambda *operands, dim=None, **options: f"{stem}Backward{0 if dim is None else 1}"


@op(torch="input", grad_fn=_names("Sum"))
def sum(x: Array, *, dim: Dim = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """y = Σ x over `dim`. Integers and booleans are summed as int64.

    >>> import numpynet
    >>> numpynet.sum(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([4., 6.])
    """
    kind = np.dtype(np.int64) if x.dtype.kind in "iub" else x.dtype
    return x.sum(axis=_axes(dim), keepdims=keepdim, dtype=kind if dtype is None else dtype.numpy)


sum.gradients(x=lambda dy, x_shape, dim, keepdim: spread(dy, x_shape, dim, keepdim))


@op(torch="input", grad_fn=_names("Mean"))
def mean(x: Array, *, dim: Dim = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """y = Σ x / n over `dim`, n elements each; NaN where n = 0. RuntimeError on integers, as in torch.

    >>> import numpynet
    >>> numpynet.mean(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([1.5000, 3.5000])
    """
    kind = x.dtype if dtype is None else dtype.numpy
    if kind.kind != "f":
        raise RuntimeError(
            f"mean(): could not infer output dtype. Input dtype must be either a floating point or complex "
            f"dtype. Got: {kind.name}. Convert it first, as in x.float().mean()"
        )
    return x.sum(axis=_axes(dim), keepdims=keepdim, dtype=kind) / count(x.shape, dim)


mean.gradients(
    x=lambda dy, x_shape, dim, keepdim: spread(dy / count(x_shape, dim), x_shape, dim, keepdim),
)


@op(torch="input")
def prod(x: Array, *, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """y = Π x over `dim` (one dimension, or None for all).

    >>> import numpynet
    >>> numpynet.prod(numpynet.tensor([2.0, 3.0, 4.0]))
    tensor(24.)
    """
    kind = np.dtype(np.int64) if x.dtype.kind in "iub" else x.dtype
    return x.prod(axis=dim, keepdims=keepdim, dtype=kind if dtype is None else dtype.numpy)


def _product_of_the_others(x: Array, dim: int | None) -> Array:
    """For each element the product of all others along `dim`, right also where some are 0."""
    along = x.reshape(-1) if dim is None else np.moveaxis(x, dim, -1)
    ones = np.ones_like(along[..., :1])
    before = np.concatenate([ones, np.cumprod(along, axis=-1)[..., :-1]], axis=-1)
    after = np.concatenate([ones, np.cumprod(along[..., ::-1], axis=-1)[..., :-1]], axis=-1)[..., ::-1]
    others = before * after
    return others.reshape(x.shape) if dim is None else np.moveaxis(others, -1, dim)


prod.gradients(
    x=lambda dy, x, dim, keepdim: spread(dy, x.shape, dim, keepdim) * _product_of_the_others(x, dim),
)


def _extreme_gradient(dy: Array, x: Array, y: Any, dim: Dim, keepdim: bool) -> Array:
    """dy shared equally among the elements that attain the extreme."""
    attained = x == spread(y, x.shape, dim, keepdim)
    ties = attained.sum(axis=_axes(dim), keepdims=keepdim).astype(dy.dtype)
    return attained * spread(dy / ties, x.shape, dim, keepdim)


@op(
    torch="input",
    grad_fn=lambda *operands, dim=None, **options: "MaxBackward1" if dim is None else "AmaxBackward0",
)
def amax(x: Array, *, dim: Dim = None, keepdim: bool = False) -> Any:
    """y = max x over `dim`, NaN if any is NaN; equal maxima share the cotangent equally.

    >>> import numpynet
    >>> numpynet.amax(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([5., 7.])
    """
    return x.max(axis=_axes(dim), keepdims=keepdim)


amax.gradients(x=_extreme_gradient)


@op(
    torch="input",
    grad_fn=lambda *operands, dim=None, **options: "MinBackward1" if dim is None else "AminBackward0",
)
def amin(x: Array, *, dim: Dim = None, keepdim: bool = False) -> Any:
    """y = min x over `dim`, NaN if any is NaN; equal minima share the cotangent equally.

    >>> import numpynet
    >>> numpynet.amin(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([1., 3.])
    """
    return x.min(axis=_axes(dim), keepdims=keepdim)


amin.gradients(x=_extreme_gradient)


@op(torch="input")
def argmax(x: Array, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the (first) maximum along `dim`, or in the flattened tensor; int64, without a derivative.

    >>> import numpynet
    >>> numpynet.argmax(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([1, 0])
    """
    return np.argmax(x, axis=dim, keepdims=keepdim)


@op(torch="input")
def argmin(x: Array, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the (first) minimum along `dim`, or in the flattened tensor; int64, without a derivative.

    >>> import numpynet
    >>> numpynet.argmin(numpynet.tensor([[1.0, 5.0], [7.0, 3.0]]), dim=1)
    tensor([0, 1])
    """
    return np.argmin(x, axis=dim, keepdims=keepdim)


@op(torch="input")
def all(x: Array, *, dim: Dim = None, keepdim: bool = False) -> Any:
    """Whether every element along `dim` is nonzero.

    >>> import numpynet
    >>> numpynet.all(numpynet.tensor([True, False]))
    tensor(False)
    """
    return x.all(axis=_axes(dim), keepdims=keepdim)


@op(torch="input")
def any(x: Array, *, dim: Dim = None, keepdim: bool = False) -> Any:
    """Whether some element along `dim` is nonzero.

    >>> import numpynet
    >>> numpynet.any(numpynet.tensor([True, False]))
    tensor(True)
    """
    return x.any(axis=_axes(dim), keepdims=keepdim)


@op(torch="input", promotes="float")
def logsumexp(x: Array, *, dim: Dim, keepdim: bool = False) -> Any:
    """y = ln Σ eˣ over `dim`, shifted by the maximum so that nothing overflows.

    >>> import numpynet
    >>> numpynet.logsumexp(numpynet.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6931)
    """
    top = x.max(axis=_axes(dim), keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    y = np.log(np.exp(x - top).sum(axis=_axes(dim), keepdims=True)) + top
    return y if keepdim else np.squeeze(y, axis=_axes(dim))


logsumexp.gradients(
    x=lambda dy, x, y, dim, keepdim: (
        spread(dy, x.shape, dim, keepdim) * np.exp(x - spread(y, x.shape, dim, keepdim))
    ),
)


@op(torch="input")
def cumsum(x: Array, *, dim: int, dtype: Any = None) -> Any:
    """yᵢ = x₁ + ... + xᵢ along `dim`.

    >>> import numpynet
    >>> numpynet.cumsum(numpynet.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    kind = np.dtype(np.int64) if x.dtype.kind in "iub" else x.dtype
    return np.cumsum(x, axis=dim, dtype=kind if dtype is None else dtype.numpy)


cumsum.gradients(x=lambda dy, dim: np.flip(np.cumsum(np.flip(dy, dim), axis=dim), dim))
