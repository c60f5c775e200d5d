"""Decompositions: singular values, eigenvalues of symmetric matrices, QR and Cholesky."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled, wrap
from numpynet.core.tensor import Tensor, record
from numpynet.linalg import results
from numpynet.ops import linear_algebra as algebra
from numpynet.ops.linear_algebra import require_floats, require_matrices


def _named(title: str, *tensors: Tensor) -> tuple[Tensor, ...]:
    return tuple(titled(one, title) for one in tensors)


def svd_of(A: Tensor, full_matrices: bool) -> tuple[Tensor, ...]:
    """U, S and Vᵀ."""
    packed = record(algebra.svd, (A,), {"full_matrices": full_matrices})
    return _named("LinalgSvdBackward0", *algebra.svd_parts(packed, A._array.shape, full_matrices))


@composed(out=True)
def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """X = U diag(S) Vᵀ of matrices (..., M, N): the named tuple (U, S, Vh), the singular values falling.

    U (..., M, M) and Vh (..., N, N), or where not `full_matrices` (..., M, K) and (..., K, N) with K the smaller one of
    M and N. The sign of each pair of singular vectors is LAPACK's. RuntimeError for other shapes and dtypes, and for a
    driver, which only CUDA has; LinAlgError for what is not finite.

    >>> import numpynet
    >>> numpynet.linalg.svd(numpynet.tensor([[0.0, 2.0], [1.0, 0.0]])).S
    tensor([2., 1.])
    """
    if driver is not None:
        raise RuntimeError("torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs")
    return results.linalg_svd(*svd_of(A, full_matrices))


@composed(out=True)
def linalg_svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values of matrices, falling: (..., M, N) -> (..., K), K the smaller one of M and N.

    >>> import numpynet
    >>> numpynet.linalg.svdvals(numpynet.tensor([[0.0, 2.0], [1.0, 0.0]]))
    tensor([2., 1.])
    """
    if driver is not None:
        raise RuntimeError("torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs")
    return svd_of(A, False)[1]


def eigh_of(A: Tensor, UPLO: str) -> tuple[Tensor, ...]:
    """Eigenvalues and eigenvectors."""
    packed = record(algebra.eigh, (A,), {"UPLO": UPLO})
    return _named("LinalgEighBackward0", *algebra.eigh_parts(packed, A._array.shape))


@composed(out=True)
def linalg_eigh(A: Tensor, UPLO: str = "L") -> Any:
    """X = V diag(L) Vᵀ of symmetric matrices (..., N, N): the named tuple (eigenvalues, eigenvectors).

    The eigenvalues rise, the eigenvectors are columns, each with the sign that NumPy's LAPACK gives it; torch's may
    give the other. UPLO: the triangle that is read, "L" or "U".

    >>> import numpynet
    >>> numpynet.linalg.eigh(numpynet.tensor([[0.0, 2.0], [2.0, 0.0]])).eigenvalues
    tensor([-2.,  2.])
    """
    return results.linalg_eigh(*eigh_of(A, UPLO))


@composed(out=True)
def linalg_eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, rising: (..., N, N) -> (..., N). UPLO: see `eigh`.

    >>> import numpynet
    >>> numpynet.linalg.eigvalsh(numpynet.tensor([[0.0, 2.0], [2.0, 0.0]]))
    tensor([-2.,  2.])
    """
    return eigh_of(A, UPLO)[0]


def eig_of(A: Tensor) -> tuple[Tensor, ...]:
    """Eigenvalues and eigenvectors."""
    packed = record(algebra.eig, (A,), {})
    return _named("LinalgEigBackward0", *algebra.eigh_parts(packed, A._array.shape))


@composed(out=True)
def linalg_eig(A: Tensor) -> Any:
    """X = V diag(L) V⁻¹ of matrices (..., N, N): the named tuple (eigenvalues, eigenvectors), both complex.

    The eigenvectors are columns of length 1, each with the factor of modulus 1 that NumPy's LAPACK gives it.
    RuntimeError for what is not finite, and in the backward pass where a loss depends on that factor.

    >>> import numpynet
    >>> numpynet.linalg.eig(numpynet.tensor([[0.0, 1.0], [-1.0, 0.0]])).eigenvalues
    tensor([0.+1.j, 0.-1.j])
    """
    return results.linalg_eig(*eig_of(A))


@composed(out=True)
def linalg_eigvals(A: Tensor) -> Tensor:
    """The eigenvalues of matrices, complex: (..., N, N) -> (..., N).

    >>> import numpynet
    >>> numpynet.linalg.eigvals(numpynet.tensor([[0.0, 1.0], [-1.0, 0.0]]))
    tensor([0.+1.j, 0.-1.j])
    """
    return eig_of(A)[0]


def qr_of(A: Tensor, mode: str) -> tuple[Tensor, ...]:
    """Q and R."""
    packed = record(algebra.qr, (A,), {"mode": mode})
    return _named("LinalgQrBackward0", *algebra.qr_parts(packed, A._array.shape, mode))


@composed(out=True)
def linalg_qr(A: Tensor, mode: str = "reduced") -> Any:
    """X = Q R of matrices (..., M, N), Q with orthonormal columns, R upper triangular: the named tuple (Q, R).

    mode: "reduced": Q (..., M, K) with K the smaller one of M and N; "complete": Q (..., M, M); "r": Q is empty. What
    torch cannot differentiate (a complete one of a tall matrix, one without Q) raises RuntimeError in the backward
    pass.

    >>> import numpynet
    >>> Q, R = numpynet.linalg.qr(numpynet.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> numpynet.allclose(Q @ R, numpynet.tensor([[3.0, 1.0], [4.0, 2.0]]))
    True
    """
    return results.linalg_qr(*qr_of(A, mode))


@composed(out=True)
def linalg_cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """X = L Lᵀ of symmetric, positive definite matrices (..., N, N), L lower triangular; or Lᵀ where `upper`.

    LinAlgError where a matrix is not positive definite.

    >>> import numpynet
    >>> numpynet.linalg.cholesky(numpynet.tensor([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    if not upper:
        return record(algebra.cholesky, (A,), {})
    require_matrices("linalg.cholesky", A._array)
    return titled(record(algebra.cholesky, (A.mT,), {}).mT, "LinalgCholeskyExBackward0")


@composed(out=True)
def linalg_cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> Any:
    """The named tuple (L, info) of `cholesky`: NaN where a matrix is not positive definite, and why it is not.

    info: (...) int32, the order of the first leading minor that is not positive, or 0. check_errors: raises as
    `cholesky` does.

    >>> import numpynet
    >>> numpynet.linalg.cholesky_ex(numpynet.tensor([[1.0, 2.0], [2.0, 1.0]])).info
    tensor(2, dtype=torch.int32)
    """
    require_matrices("linalg.cholesky", A._array)
    require_floats("linalg.cholesky", A._array)
    info = np.zeros(A.shape[:-2], np.int32) if check_errors else algebra.indefinite(A._array.mT if upper else A._array)
    if not info.any():
        return results.linalg_cholesky_ex(linalg_cholesky(A, upper=upper), wrap(info))
    failed = wrap((info != 0)[..., None, None])
    factor = linalg_cholesky(ops.where(failed, wrap(np.eye(A.shape[-1], dtype=A._array.dtype)), A), upper=upper)
    return results.linalg_cholesky_ex(
        titled(ops.where(failed, np.nan, factor), "LinalgCholeskyExBackward0"), wrap(info)
    )


@composed(out=True)
def linalg_matrix_rank(
    A: Tensor,
    tol: Tensor | float | None = None,
    *,
    atol: Tensor | float | None = None,
    rtol: Tensor | float | None = None,
    hermitian: bool = False,
) -> Tensor:
    """How many singular values of matrices count as more than 0: (..., M, N) -> (...), int64.

    atol, rtol: those up to max(atol, rtol · the largest) do not; by default rtol is max(M, N) ε, or 0 where atol is
    given. tol: the old name of an atol. hermitian: whether only the lower triangles are read, of symmetric matrices.

    >>> import numpynet
    >>> numpynet.linalg.matrix_rank(numpynet.ones(2, 3))
    tensor(1)
    """
    x = A._array
    if x.ndim < 2:
        raise RuntimeError("torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions.")
    require_floats("linalg.matrix_rank", x)
    atol = tol if atol is None else atol
    if not x.size:
        return wrap(np.zeros(x.shape[:-2], np.int64))
    if hermitian:
        require_matrices("linalg.matrix_rank", x)
        x = np.tril(x) + np.tril(x, -1).mT
    values = algebra.svd_parts(algebra.svd(x), x.shape)[1]
    bounds = [getattr(one, "_array", one) for one in (0.0 if atol is None else atol, rtol)]
    return wrap(np.asarray((values > algebra.threshold(x, values, *bounds)[..., None]).sum(-1)))
