"""Integrals of what is linear between points."""

from __future__ import annotations

from typing import Any

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import scaled, titled
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor


def _neighbours(y: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    lead = (slice(None),) * dim
    return y[(*lead, slice(1, None))], y[(*lead, slice(None, -1))]


def _widths(y: Tensor, x: Tensor, dim: int, name: str) -> Tensor:
    """The distances of the points x, in a shape that broadcasts with the areas between them."""
    if x.ndim == 0:
        raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
    if x.ndim == 1 and y.ndim != 1:
        x = ops.reshape(x, (x.shape[0],) + (1,) * (y.ndim - dim - 1))
    elif x.ndim < y.ndim:
        x = ops.reshape(x, (1,) * (y.ndim - x.ndim) + tuple(x.shape))
    along = dim - y.ndim
    if x.shape[along] != y.shape[dim]:
        raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
    later, earlier = _neighbours(x, x.ndim + along)
    return later - earlier


@composed
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Σ (xᵢ₊₁ − xᵢ)(yᵢ + yᵢ₊₁) / 2 along `dim`, the integral of what is linear between the points.

    x: the points, as many as there are along `dim`; without them they have the distance dx.

    >>> import numpynet
    >>> numpynet.trapezoid(numpynet.tensor([1.0, 2.0, 4.0]))
    tensor(4.5000)
    """
    along = normal_dim(dim, y.ndim, "trapezoid")
    if not y.shape[along]:
        return y.new_zeros([size for place, size in enumerate(y.shape) if place != along])
    if y._array.dtype.kind == "b":
        raise RuntimeError("trapezoid: received a bool input for `y`, but bool is not supported: convert it first")
    if x is not None:
        later, earlier = _neighbours(y, along)
        area = ops.sum(_widths(y, x, along, "trapezoid") * (later + earlier), along)
        return titled(area / 2.0, "DivBackward1")
    lead = (slice(None),) * along
    half = scaled((y[(*lead, 0)] + y[(*lead, -1)]) * 0.5, "MulBackward1")
    return scaled((ops.sum(y, along) - half) * dx, "MulBackward1")


@composed
def trapz(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """`trapezoid` under its old name.

    >>> import numpynet
    >>> numpynet.trapz(numpynet.tensor([1.0, 2.0, 4.0]), dx=2)
    tensor(9.)
    """
    return trapezoid(y, x, dx=dx, dim=dim)


@composed
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """The integrals up to each point but the first, as `trapezoid` gives the last of them.

    >>> import numpynet
    >>> numpynet.cumulative_trapezoid(numpynet.tensor([1.0, 2.0, 4.0]))
    tensor([1.5000, 4.5000])
    """
    along = normal_dim(dim, y.ndim, "cumulative_trapezoid")
    later, earlier = _neighbours(y, along)
    if x is not None:
        areas = ops.cumsum(_widths(y, x, along, "cumulative_trapezoid") * (later + earlier), along)
        return titled(areas / 2.0, "DivBackward1")
    return ops.cumsum(scaled((later + earlier) * (dx / 2), "MulBackward1"), along)
