"""Complex numbers: their parts, their conjugates, and the memory in which the two parts lie side by side.

The gradient of a real L by z = a + ib is dz = ∂L/∂a + i ∂L/∂b: a step against it makes L smaller, as with real numbers.
Analytic functions carry it back by one rule, which the tape knows (`numpynet.ops.plan.CONJUGATED`); the formulas here
are of functions that are not analytic, and are written for complex numbers as they are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numpynet.ops.acceptance import scalar_name
from numpynet.ops.form import Array, elementwise, op
from numpynet.ops.layout import row_major


@elementwise(torch="input", complex="written")
def conj(x: Any) -> Any:
    """y = z̄ = a − ib for z = a + ib."""
    return np.conj(x)


conj.gradients(x=lambda dy: np.conj(dy))


@op(torch="input", view=True, complex="written")
def view_as_real(x: Array) -> Array:
    """The memory of complex numbers as real ones: (...) -> (..., 2), the real parts at 0, the imaginary ones at 1.

    RuntimeError for real tensors.

    >>> import numpynet
    >>> numpynet.view_as_real(numpynet.tensor([1 + 2j, 3 - 4j]))
    tensor([[ 1.,  2.],
            [ 3., -4.]])
    """
    if x.dtype.kind != "c":
        raise RuntimeError(f"view_as_real is only supported for complex tensors, and this one is {scalar_name(x)}")
    return x[..., None].view(f"f{x.itemsize // 2}")


view_as_real.gradients(x=lambda dy: dy[..., 0] + 1j * dy[..., 1])


@op(torch="input", view=True, complex="written")
def view_as_complex(x: Array) -> Array:
    """The memory of pairs of real numbers as complex ones: (..., 2) -> (...).

    RuntimeError where the last dimension does not consist of two neighbours, and for other dtypes than float32 and
    float64.

    >>> import numpynet
    >>> numpynet.view_as_complex(numpynet.tensor([[1.0, 2.0], [3.0, -4.0]]))
    tensor([1.+2.j, 3.-4.j])
    """
    if x.dtype.char not in "fd":
        raise RuntimeError(
            f"view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{scalar_name(x)}: here for float and double alone, convert it as in x.float()"
        )
    if not x.ndim or x.shape[-1] != 2:
        raise RuntimeError(f"Tensor must have a last dimension of size 2, and this one has shape {list(x.shape)}")
    if x.strides[-1] != x.itemsize and x.size:
        raise RuntimeError("Tensor must have a last dimension with stride 1: take x.contiguous()")
    if any(step % (2 * x.itemsize) for step, size in zip(x.strides[:-1], x.shape, strict=False) if size > 1):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension: take x.contiguous()")
    y: Array = x.view(f"c{2 * x.itemsize}")[..., 0] if x.size else np.empty(x.shape[:-1], f"c{2 * x.itemsize}")
    return y


view_as_complex.gradients(x=lambda dy: np.stack([dy.real, dy.imag], -1))


def _real_parts(name: str, a: Any, b: Any) -> None:
    """RuntimeError unless both are floating, and of one dtype."""
    kinds = [scalar_name(np.asarray(one)) for one in (a, b)]
    if not {*kinds} <= {"Half", "Float", "Double"}:
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {' and '.join(kinds)} in {name}()"
        )
    if kinds[0] != kinds[1]:
        raise RuntimeError(
            f"Expected object of scalar type {kinds[0]} but got scalar type {kinds[1]} for second argument in {name}()"
        )
    if "Half" in kinds:
        raise NotImplementedError(
            f"{name}(): numpynet has no tensors of torch.complex32: take float32, as in x.float()"
        )


@elementwise(torch="real imag", accepts=_real_parts)
def complex(a: Any, b: Any) -> Any:
    """z = a + ib        broadcast together. RuntimeError unless both are float32, or both float64.

    >>> import numpynet
    >>> numpynet.complex(numpynet.tensor([1.0, 3.0]), numpynet.tensor([2.0, -4.0]))
    tensor([1.+2.j, 3.-4.j])
    """
    z = np.empty(np.broadcast_shapes(a.shape, b.shape), f"c{2 * a.itemsize}")
    z.real, z.imag = a, b
    return z


complex.gradients(
    a=lambda dy: dy.real,
    b=lambda dy: dy.imag,
)


@elementwise(torch="abs angle", accepts=_real_parts)
def polar(r: Any, phi: Any) -> Any:
    """z = r (cos φ + i sin φ)        broadcast together. RuntimeError unless both are float32, or both float64.

    >>> import numpynet
    >>> numpynet.polar(numpynet.tensor([1.0, 2.0]), numpynet.tensor([0.0, 0.0]))
    tensor([1.+0.j, 2.+0.j])
    """
    return complex.forward(r * np.cos(phi), r * np.sin(phi))


polar.gradients(
    r=lambda dy, phi: dy.real * np.cos(phi) + dy.imag * np.sin(phi),
    phi=lambda dy, r, phi: r * (dy.imag * np.cos(phi) - dy.real * np.sin(phi)),
)


@elementwise(torch="input", promotes="float", complex="written")
def angle(x: Any) -> Any:
    """The angle φ in (−π, π] of z = r (cos φ + i sin φ); of real numbers 0 or, where they are negative, π.

    >>> import numpynet
    >>> numpynet.angle(numpynet.tensor([1 + 1j, -2.0]))
    tensor([0.7854, 3.1416])
    """
    if x.dtype.kind == "c":
        return row_major(np.arctan2(x.imag, x.real))
    return np.where(np.isnan(x), x, np.where(x < 0, x.dtype.type(math.pi), x.dtype.type(0)))


def _angle_gradient(dy: Array, x: Array) -> Any:
    """i z dy / |z|², at a right angle to z, and 0 where z is 0; of a real number 0."""
    if x.dtype.kind != "c":
        return np.zeros_like(dy)
    squares = x.real * x.real + x.imag * x.imag
    return np.where(squares == 0, 0, 1j * x * (dy / np.where(squares == 0, 1, squares)))


angle.gradients(x=_angle_gradient)
