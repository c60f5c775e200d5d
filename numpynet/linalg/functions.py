"""Functions of linear algebra that torch has under names of its own, older than those of torch.linalg."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet import composite, ops
from numpynet.composite.arguments import composed, tensors_of
from numpynet.composite.products import plus_product, require_one_dtype
from numpynet.composite.results import titled, wrap
from numpynet.core.tensor import Tensor, no_view, record
from numpynet.linalg import results
from numpynet.linalg.decompositions import linalg_cholesky, qr_of, svd_of
from numpynet.linalg.products import linalg_cross, linalg_multi_dot, powers
from numpynet.linalg.solving import (
    linalg_inv,
    linalg_matrix_exp,
    linalg_matrix_power,
    linalg_pinv,
    sign_and_logarithm,
)
from numpynet.ops import linear_algebra as algebra
from numpynet.ops.layout import laid_out_by, viewed_strides
from numpynet.ops.linear_algebra import require_matrices
from numpynet.ops.warning import warn_once


def _warn(old: str, new: str) -> None:
    warn_once(
        f"torch.{old} is deprecated in favor of torch.linalg.{new} and will be removed in a future PyTorch release.",
        4,
    )


@composed(out=True)
def inverse(input: Tensor) -> Tensor:
    """X⁻¹ of square matrices: `numpynet.linalg.inv`.

    >>> import numpynet
    >>> numpynet.inverse(numpynet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return linalg_inv(input)


@composed
def det(input: Tensor) -> Tensor:
    """The determinants of square matrices: `numpynet.linalg.det`.

    >>> import numpynet
    >>> numpynet.det(numpynet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(8.)
    """
    return record(algebra.det, (input,), {})


@composed
def slogdet(input: Tensor) -> Any:
    """The named tuple (sign, logabsdet): `numpynet.linalg.slogdet`.

    >>> import numpynet
    >>> numpynet.slogdet(numpynet.eye(2)).logabsdet
    tensor(0.)
    """
    return results.slogdet(*sign_and_logarithm(input))


@composed
def logdet(input: Tensor) -> Tensor:
    """ln |X| of square matrices, NaN where the determinant is negative: (..., N, N) -> (...).

    >>> import numpynet
    >>> numpynet.logdet(numpynet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(2.0794)
    """
    require_matrices("logdet", input._array)
    sign, logarithm = sign_and_logarithm(input)
    return ops.where(ops.eq(sign, -1), np.nan, logarithm)


@composed
def matrix_exp(input: Tensor) -> Tensor:
    """1 + X + X²/2 + X³/6 + ... of square matrices: `numpynet.linalg.matrix_exp`.

    >>> import numpynet
    >>> numpynet.matrix_exp(numpynet.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return linalg_matrix_exp(input)


@composed(out=True)
def matrix_power(input: Tensor, n: int) -> Tensor:
    """The product of n times the same square matrix: `numpynet.linalg.matrix_power`.

    >>> import numpynet
    >>> numpynet.matrix_power(numpynet.tensor([[1, 1], [0, 1]]), 5)
    tensor([[1, 5],
            [0, 1]])
    """
    return linalg_matrix_power(input, n)


@composed
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudoinverses of matrices; singular values up to `rcond` times the largest count as 0.

    >>> import numpynet
    >>> numpynet.pinverse(numpynet.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    return linalg_pinv(input, rtol=rcond)


@composed(out=True)
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """X = U diag(S) Vᵀ of matrices: the named tuple (U, S, V), of `numpynet.linalg.svd`.

    some: whether U and V have only as many columns as there are singular values. compute_uv: where not, both are zeros.

    >>> import numpynet
    >>> numpynet.svd(numpynet.tensor([[0.0, 2.0], [1.0, 0.0]])).S
    tensor([2., 1.])
    """
    u, s, vh = svd_of(input, not some and compute_uv)
    if compute_uv:
        return results.svd(u, s, titled(vh.mT, "TransposeBackward0"))
    *batch, m, n = input._array.shape
    return results.svd(*(one if one is s else input.new_zeros((*batch, k, k)) for one, k in ((u, m), (s, 0), (vh, n))))


@composed(out=True)
def qr(input: Tensor, some: bool = True) -> Any:
    """X = Q R: the named tuple (Q, R), of `numpynet.linalg.qr`, reduced or, where not `some`, complete.

    >>> import numpynet
    >>> numpynet.qr(numpynet.eye(2)).R
    tensor([[1., 0.],
            [0., 1.]])
    """
    _warn("qr", "qr")
    return results.qr(*qr_of(input, "reduced" if some else "complete"))


@composed(out=True)
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """X = L Lᵀ: `numpynet.linalg.cholesky`.

    >>> import numpynet
    >>> numpynet.cholesky(numpynet.tensor([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    _warn("cholesky", "cholesky")
    return titled(linalg_cholesky(input, upper=upper), "CholeskyBackward0")


@composed(out=True)
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """The X with A X = `input`, of A = L Lᵀ, or Lᵀ L where L = `input2` is upper: (..., N, K), (..., N, N).

    >>> import numpynet
    >>> numpynet.cholesky_solve(numpynet.tensor([[8.0]]), numpynet.tensor([[2.0]]))
    tensor([[2.]])
    """
    return record(algebra.cholesky_solve, (input, input2), {"upper": upper})


@composed(out=True)
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """A⁻¹ of A = L Lᵀ, or Lᵀ L, where L = `input` is upper.

    >>> import numpynet
    >>> numpynet.cholesky_inverse(numpynet.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    return record(algebra.cholesky_inverse, (input,), {"upper": upper})


@composed(out=True)
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """a × b of vectors of 3 along `dim`: `numpynet.linalg.cross`. Without it along the first dimension of size 3.

    >>> import numpynet
    >>> numpynet.cross(numpynet.tensor([1.0, 0.0, 0.0]), numpynet.tensor([0.0, 1.0, 0.0]), dim=0)
    tensor([0., 0., 1.])
    """
    if dim is None:
        warn_once(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly or "
            "simply use torch.linalg.cross.\nThe default value of dim will change to agree with that of linalg.cross "
            "in a future release.",
            4,
        )
        shape = np.broadcast_shapes(input.shape, other.shape)
        if 3 not in shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = shape.index(3)
    return linalg_cross(input, other, dim=dim)


def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """The product of matrices: `numpynet.linalg.multi_dot`.

    >>> import numpynet
    >>> numpynet.chain_matmul(numpynet.ones(2, 3), numpynet.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    warn_once(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters.",
        3,
    )
    given = tensors_of("chain_matmul", matrices)
    if len(given) == 1:
        return given[0]
    return linalg_multi_dot(given, out=out)


@composed(out=True)
def ger(input: Tensor, vec2: Tensor) -> Tensor:
    """aᵢ bⱼ of two vectors: `numpynet.outer`.

    >>> import numpynet
    >>> numpynet.ger(numpynet.tensor([1, 2]), numpynet.tensor([1, 10]))
    tensor([[ 1, 10],
            [ 2, 20]])
    """
    return composite.outer(input, vec2)


@composed
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers xᴺ⁻¹, ..., x, 1 of a vector's elements by rows, or increasing: (n,) -> (n, N), by default N = n.

    >>> import numpynet
    >>> numpynet.vander(numpynet.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    if N is not None and N < 0:
        raise RuntimeError("N must be non-negative.")
    rows = powers(x, x.shape[0] if N is None else N)
    return rows if increasing else ops.flip(rows, (1,))


@composed(out=True)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """β input + α aᵢ bⱼ of two vectors; with β = 0 the input is not looked at.

    >>> import numpynet
    >>> numpynet.addr(numpynet.ones(2, 2), numpynet.tensor([1.0, 2.0]), numpynet.tensor([1.0, 10.0]))
    tensor([[ 2., 11.],
            [ 3., 21.]])
    """
    for name, factor in (("vec1", vec1), ("vec2", vec2)):
        if factor.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {factor.ndim}-D")
    require_one_dtype(input, vec1, vec2)
    return plus_product("AddrBackward0", input, composite.outer(vec1, vec2), beta, alpha, as_input=True)


@composed(out=True)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """β input + α Σ batch1 batch2, the products of two stacks of matrices added up; with β = 0 without the input.

    >>> import numpynet
    >>> numpynet.addbmm(numpynet.ones(1, 1), numpynet.ones(3, 1, 2), numpynet.ones(3, 2, 1))
    tensor([[7.]])
    """
    require_one_dtype(input, batch1, batch2)
    if batch1.ndim < 3:
        raise IndexError(
            f"addbmm() takes stacks of matrices, but the shape of batch1 is {tuple(batch1.shape)}: use addmm()"
        )
    product = ops.sum(composite.bmm(batch1, batch2), 0, dtype=batch1.dtype)
    return plus_product("AddbmmBackward0", input, product, beta, alpha)


@composed(out=True)
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Each element of the first times the whole second: (a₁, a₂, ...), (b₁, b₂, ...) -> (a₁ b₁, a₂ b₂, ...).

    RuntimeError for factors whose product does not lie in the order of its indices, such as transposed ones.

    >>> import numpynet
    >>> numpynet.kron(numpynet.tensor([1, 10]), numpynet.tensor([1, 2]))
    tensor([ 1,  2, 10, 20])
    """
    ndim = max(input.ndim, other.ndim)
    a, b = ((1,) * (ndim - one.ndim) + tuple(one.shape) for one in (input, other))
    inner = tuple(size for one in a for size in (one, 1)), tuple(size for one in b for size in (1, one))
    product = ops.mul(ops.reshape(input, inner[0]), ops.reshape(other, inner[1]))
    if product.numel():
        strides = (viewed_strides(one._array, shape) for one, shape in zip((input, other), inner, strict=True))
        product._array = laid_out_by(product._array, list(zip(inner, strides, strict=True)))
    sizes = tuple(m * n for m, n in zip(a, b, strict=True))
    return no_view(titled(ops.view(product, sizes), "UnsafeViewBackward0"))


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices (vectors as rows, numbers as 1 x 1) along the diagonal of one, which is 0 elsewhere.

    >>> import numpynet
    >>> numpynet.block_diag(numpynet.ones(1, 2), numpynet.tensor(7.0))
    tensor([[1., 1., 0.],
            [0., 0., 7.]])
    """
    given = tensors_of("block_diag", tensors)
    for place, one in enumerate(given):
        if one.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {place} has {one.ndim} "
                f"dimensions"
            )
    blocks = [ops.reshape(one, (1,) * (2 - one.ndim) + tuple(one.shape)) for one in given]
    if not blocks:
        return composite.atleast_2d(wrap(np.zeros((1, 0), np.float32)))
    width = sum(one.shape[1] for one in blocks)
    rows, before = [], 0
    for one in blocks:
        after = width - before - one.shape[1]
        rows.append(record(ops.constant_pad, (one,), {"margins": ((0, 0), (before, after)), "value": 0}))
        before += one.shape[1]
    return titled(ops.cat(rows, 0), "BlockDiagBackward0")
