"""Products: the linear layer and the matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_booleans
from numpynet.ops.form import Array, op
from numpynet.ops.sums import product_with_one, rows, sum_to


def _shapes(*arrays: Array) -> str:
    """Shapes as torch writes them in its messages about products: 2x3 and 4x5."""
    return " and ".join("x".join(map(str, array.shape)) for array in arrays)


def _no_boolean_products(name: str, a: Any, b: Any) -> None:
    """NotImplementedError for masks; torch does not notice where there is nothing to multiply."""
    is_computed = a.ndim == b.ndim == 1 or (a.size and b.size)
    if is_computed and a.dtype.kind == "b" and (b.dtype == a.dtype or (b.ndim > 2 and not _is_one_matrix(a, b))):
        _require_fitting_factors(a, b)
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool': convert it first, as in x.int()")


def _is_one_matrix(a: Any, b: Any) -> bool:
    """Whether torch multiplies a vector by a stack of matrices as by one, whose dtype it then compares first."""
    columns = b.mT
    steps = zip(columns.strides[:-2], columns.strides[1:], columns.shape[1:], strict=False)
    return a.ndim == 1 and all(step == inner * size for step, inner, size in steps)


def _no_boolean_layers(name: str, x: Any, w: Any, b: Any = None) -> None:
    """As `_no_boolean_products`; RuntimeError where there is nothing but a bias to add."""
    if b is not None and b.dtype != x.dtype:
        return
    _no_boolean_products(name, x, w.T)
    if x.dtype.kind == "b" and w.dtype == x.dtype and b is not None and len(x) and len(w):
        raise RuntimeError(f"{name}: result type Long can't be cast to the desired output type Bool: take x.int()")


@op(
    torch="input weight bias",
    promotes="same",
    accepts=_no_boolean_layers,
    multiplies=True,
    viewed="w",
    grad_fn=lambda b: "MmBackward0" if b is None else "AddmmBackward0",
    listed={"MmBackward0": "x w", "AddmmBackward0": "b x w"},
    complex="analytic",
)
def linear(x: Array, w: Array, b: Array | None = None) -> Array:
    """y = x wᵀ + b        x (N, I), w (O, I), b (O,), or what broadcasts to y, or None -> y (N, O)

    RuntimeError when the shapes do not fit.
    """
    try:
        y: Array = x.dot(w.T) if x.size != 1 != w.size else product_with_one(x, w.T)
    except ValueError:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({_shapes(x, w.T)}) in linear(): the input has "
            f"{x.shape[1]} features, the weight {w.shape} takes {w.shape[1]}"
        ) from None
    if b is None:
        return y
    if b.ndim != 1 or len(b) != len(w):
        if _broadcasts_to(b.shape, y.shape):
            return y + b
        raise RuntimeError(
            f"The expanded size of the tensor ({w.shape[0]}) must match the existing size ({b.size}) at non-singleton "
            f"dimension 1 in linear(): the weight {w.shape} wants a bias of shape ({w.shape[0]},), not {b.shape}"
        )
    b = rows(b, len(y))
    return np.add(y, b, y) if type(y) is np.ndarray and y.dtype is b.dtype else y + b


linear.gradients(
    x=lambda dy, w: dy.dot(w),  # (N, O) (O, I) -> (N, I)
    w=lambda dy, x: dy.T.dot(x),  # (O, N) (N, I) -> (O, I)
    b=lambda dy, b_shape: sum_to(dy, b_shape),  # (N, O) -> (O,)
)


def _broadcasts_to(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) <= len(wanted) and all(
        size in (1, full) for size, full in zip(reversed(shape), reversed(wanted), strict=False)
    )


def multiplies_nothing(a: Array, b: Array, needs_gradient: bool) -> bool:
    """Whether torch finds nothing to multiply in stacks of matrices, of which it then does not compare the dtypes.

    needs_gradient: whether a does, which torch then takes apart where it is a single matrix.
    """
    return a.ndim > 1 + needs_gradient and b.ndim > 2 and not (a.size and b.size)


# torch's nodes of products without stacks, by the numbers of dimensions
_PRODUCTS = {(2, 2): "MmBackward0", (1, 1): "DotBackward0", (2, 1): "MvBackward0", (1, 2): "SqueezeBackward4"}


@op(
    torch="input other",
    promotes="same",
    accepts=_no_boolean_products,
    grad_fn=lambda a, b: _PRODUCTS.get((a.ndim, b.ndim)) or _product_name(a, b),
    complex="analytic",
)
def matmul(a: Array, b: Array) -> Array:
    """y = a b        a (..., N, K), b (..., K, M) -> y (..., N, M); leading dimensions broadcast.

    A 1-dimensional operand is a row on the left and a column on the right, and its dimension disappears
    from the result; two of them give their dot product. RuntimeError when the shapes do not fit.

    >>> import numpynet
    >>> numpynet.matmul(numpynet.tensor([[1.0, 2.0], [3.0, 4.0]]), numpynet.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    if a.ndim <= 2 and b.ndim <= 2:
        if a.size != 1 != b.size:
            try:
                return a.dot(b)
            except ValueError:  # told below
                pass
        elif a.ndim and b.ndim and a.shape[-1] == b.shape[0]:
            return product_with_one(a, b)
    try:
        product: Array = a @ b
    except ValueError:
        _require_fitting_factors(a, b)
        rank = max(a.ndim, b.ndim)
        padded = [(1,) * (rank - one.ndim) + one.shape[:-2] for one in (a, b)]
        sizes = next((n, m, dim) for dim, (n, m) in enumerate(zip(*padded, strict=True)) if n != m and 1 not in (n, m))
        raise RuntimeError(
            "The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton dimension {}".format(
                *sizes
            )
        ) from None
    return product


def _require_fitting_factors(a: Array, b: Array) -> None:
    """RuntimeError unless the last dimension of a is that of b's columns."""
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D: use mul()"
        )
    if a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise RuntimeError(
            f"{_mismatch(a, b)} in matmul() of shapes {a.shape} and {b.shape}: the last dimension of the first must "
            f"equal the {'last but one' if b.ndim > 1 else 'only'} dimension of the second"
        )


def _mismatch(a: Array, b: Array) -> str:
    """torch's words for factors that do not fit."""
    if a.ndim == b.ndim == 1:
        return (
            f"inconsistent tensor size, expected tensor [{a.size}] and src [{b.size}] to have the same number of "
            f"elements, but got {a.size} and {b.size} elements respectively"
        )
    if a.ndim == 2 and b.ndim == 1:
        return f"size mismatch, got input ({a.shape[0]}), mat ({_shapes(a)}), vec ({b.size})"
    if a.ndim <= 2 and b.ndim == 2:
        return f"mat1 and mat2 shapes cannot be multiplied ({_shapes(np.atleast_2d(a), b)})"
    expected, got = [b.shape[0], a.shape[-1]], list(b.shape[-3:-1])
    return f"Expected size for first two dimensions of batch2 tensor to be: {expected} but got: {got}."


def _product_name(a: Any, b: Any) -> str:
    """The node of a product with a stack of matrices."""
    if a.ndim == 2 and getattr(a, "requires_grad", False):  # the transposed product
        return "TransposeBackward0" if {0, 1} & {a.shape[0], b.shape[-1]} else "CloneBackward0"
    return "UnsafeViewBackward0"


def _left_gradient(dy: Array, b: Array, a_shape: tuple[int, ...]) -> Array:
    """∂L/∂a = dy bᵀ, summed over the leading dimensions in which a was broadcast."""
    if dy.ndim == len(a_shape) == b.ndim == 2:
        return dy.dot(b.T) if dy.size != 1 != b.size else product_with_one(dy, b.T)
    if b.ndim == 1:
        return sum_to(dy[..., None] * b, a_shape)
    if len(a_shape) == 1:
        dy = dy[..., None, :]
        return sum_to((dy @ b.mT)[..., 0, :], a_shape)
    return sum_to(dy @ b.mT, a_shape)


def _right_gradient(dy: Array, a: Array, b_shape: tuple[int, ...]) -> Array:
    """∂L/∂b = aᵀ dy, summed over the leading dimensions in which b was broadcast."""
    if dy.ndim == a.ndim == len(b_shape) == 2:
        return a.T.dot(dy) if a.size != 1 != dy.size else product_with_one(a.T, dy)
    if a.ndim == 1:
        return sum_to(a * dy if len(b_shape) == 1 else a[:, None] * dy[..., None, :], b_shape)
    if len(b_shape) == 1:
        dy = dy[..., None]
        return sum_to((a.mT @ dy)[..., 0], b_shape)
    return sum_to(a.mT @ dy, b_shape)


matmul.gradients(a=_left_gradient, b=_right_gradient)


@op(torch="input", accepts=no_booleans, complex="analytic")
def trace(x: Array) -> Any:
    """y = Σ xᵢᵢ of a matrix; integers are summed as int64."""
    return np.add.reduce(np.diagonal(x), dtype=np.int64 if x.dtype.kind in "iub" else x.dtype)


def _on_the_diagonal(dy: Array, x_shape: tuple[int, ...]) -> Array:
    dx = np.zeros_like(dy, shape=x_shape)
    dx.reshape(-1)[: x_shape[1] * min(x_shape) : x_shape[1] + 1] = dy
    return dx


trace.gradients(x=_on_the_diagonal)
