"""Solving: equations, inverses, determinants, least squares, and functions of square matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from numpynet import composite, ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled, wrap
from numpynet.core.tensor import Tensor, record
from numpynet.linalg import results
from numpynet.ops import linear_algebra as algebra
from numpynet.ops.layout import contiguous_format
from numpynet.ops.linear_algebra import LinAlgError, require_floats, require_matrices


@composed(out=True)
def linalg_inv(A: Tensor) -> Tensor:
    """X⁻¹ of square matrices: (..., N, N). RuntimeError for other shapes and dtypes, LinAlgError for singular ones.

    >>> import numpynet
    >>> numpynet.linalg.inv(numpynet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return record(algebra.inv, (A,), {})


def _invertible(A: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Matrices with the identity in the place of those that are singular, which these are, and their zero pivots."""
    info = algebra.singular(A._array)
    failed = wrap(info != 0)
    at = ops.reshape(failed, (*failed.shape, 1, 1))
    return ops.where(at, wrap(np.eye(A.shape[-1], dtype=A._array.dtype)), A) if info.any() else A, at, wrap(info)


@composed(out=True)
def linalg_inv_ex(A: Tensor, *, check_errors: bool = False) -> Any:
    """The named tuple (inverse, info) of `inv`: where a matrix is singular, NaN, and a number of a pivot that is 0.

    info: (...) int32, 0 where a matrix could be inverted. check_errors: raises as `inv` does.

    >>> import numpynet
    >>> numpynet.linalg.inv_ex(numpynet.tensor([[1.0, 2.0], [2.0, 4.0]])).info
    tensor(2, dtype=torch.int32)
    """
    algebra.require_matrices("linalg.inv", A._array)
    require_floats("linalg.inv", A._array)
    if check_errors:
        return results.linalg_inv_ex(linalg_inv(A), wrap(np.zeros(A.shape[:-2], np.int32)))
    safe, failed, info = _invertible(A)
    inverse = linalg_inv(safe)
    if info._array.any():
        inverse = titled(ops.where(failed, np.nan, inverse), "LinalgInvExBackward0")
    return results.linalg_inv_ex(inverse, info)


@composed(out=True)
def linalg_solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """The named tuple (result, info) of `solve`: where A is singular, NaN, and a number of a pivot that is 0.

    info: (...) int32, 0 where the equation could be solved. check_errors: raises as `solve` does.

    >>> import numpynet
    >>> numpynet.linalg.solve_ex(numpynet.zeros(1, 1), numpynet.ones(1, 1)).result
    tensor([[nan]])
    """
    require_matrices("linalg.solve", A._array)
    require_floats("linalg.solve", A._array)
    if check_errors:
        return results.linalg_solve_ex(linalg_solve(A, B, left=left), wrap(np.zeros(A.shape[:-2], np.int32)))
    safe, failed, info = _invertible(A)
    solution = linalg_solve(safe, B, left=left)
    if info._array.any():
        is_vector = B.ndim == 1 or A.shape[:-1] == B.shape
        at = ops.squeeze(failed, -1) if is_vector else failed
        solution = titled(ops.where(at, np.nan, solution), "LinalgSolveExBackward0")
    return results.linalg_solve_ex(solution, info)


@composed(out=True)
def linalg_solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The X with A X = B, or X A = B where not `left`: (..., N, N), (..., N, K) or (..., N) -> the shape of B.

    B holds vectors where it has one dimension, or the shape of A but for the last. RuntimeError for shapes that do not
    fit, LinAlgError for a singular A.

    >>> import numpynet
    >>> numpynet.linalg.solve(numpynet.tensor([[2.0, 0.0], [0.0, 4.0]]), numpynet.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    require_matrices("linalg.solve", A._array)
    shape = tuple(B.shape)
    if len(shape) == 1 or tuple(A.shape[:-1]) == shape:
        if not left:
            raise RuntimeError(
                "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False."
            )
        solution = record(algebra.solve, (A, ops.unsqueeze(B, -1)), {})
        return titled(ops.squeeze(solution, -1), "LinalgSolveExBackward0")
    if len(shape) < 2:
        raise RuntimeError("linalg.solve: The input tensor B must have at least 2 dimensions.")
    if left:
        return record(algebra.solve, (A, B), {})
    return titled(record(algebra.solve, (A.mT, B.mT), {}).mT, "LinalgSolveExBackward0")


@composed(out=True)
def linalg_solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """As `solve`, for a triangular A, of which nothing else is read, with matrices B.

    unitriangular: whether the diagonal counts as ones.

    >>> import numpynet
    >>> A, B = numpynet.tensor([[2.0, 9.0], [1.0, 1.0]]), numpynet.tensor([[2.0], [3.0]])
    >>> numpynet.linalg.solve_triangular(A, B, upper=False)
    tensor([[1.],
            [2.]])
    """
    require_matrices("linalg.solve_triangular", A._array)
    if B.ndim < 2:
        raise RuntimeError("linalg.solve_triangular: The input tensor B must have at least 2 dimensions.")
    if A.shape[-1] != B.shape[-2 if left else -1]:
        raise RuntimeError(
            f"linalg.solve_triangular: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B "
            f"({A.shape[-2]}x{A.shape[-1]} and {B.shape[-2]}x{B.shape[-1]})"
        )
    if left:
        return record(algebra.solve_triangular, (A, B), {"upper": upper, "unitriangular": unitriangular})
    options = {"upper": not upper, "unitriangular": unitriangular}
    return titled(record(algebra.solve_triangular, (A.mT, B.mT), options).mT, "LinalgSolveTriangularBackward0")


@composed(out=True)
def linalg_det(A: Tensor) -> Tensor:
    """The determinants of square matrices: (..., N, N) -> (...). RuntimeError for other shapes and dtypes.

    >>> import numpynet
    >>> numpynet.linalg.det(numpynet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(8.)
    """
    return record(algebra.det, (A,), {})


def sign_and_logarithm(A: Tensor) -> tuple[Tensor, Tensor]:
    """The sign of each determinant, and the logarithm of its absolute value."""
    both = record(algebra.slogdet, (A,), {})
    sign, logarithm = (titled(ops.clone(both[place]), "LinalgSlogdetBackward0") for place in (0, 1))
    return sign, logarithm


@composed(out=True)
def linalg_slogdet(A: Tensor) -> Any:
    """The named tuple (sign, logabsdet) of the determinants of square matrices, of which it is sign · e^logabsdet.

    >>> import numpynet
    >>> numpynet.linalg.slogdet(numpynet.tensor([[1.0, 0.0], [0.0, -1.0]]))
    torch.return_types.linalg_slogdet(
    sign=tensor(-1.),
    logabsdet=tensor(0.))
    """
    return results.linalg_slogdet(*sign_and_logarithm(A))


@composed(out=True)
def linalg_pinv(
    A: Tensor, *, atol: Tensor | float | None = None, rtol: Tensor | float | None = None, hermitian: bool = False
) -> Tensor:
    """The pseudoinverses of matrices: (..., M, N) -> (..., N, M).

    atol, rtol: singular values up to max(atol, rtol · the largest) count as 0; by default rtol is max(M, N) ε, or 0
    where atol is given. hermitian: whether the matrices are symmetric, of which only the lower triangles are read.

    >>> import numpynet
    >>> numpynet.linalg.pinv(numpynet.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    x = A._array
    if x.ndim < 2 or x.dtype.kind != "f" or x.itemsize < 4:
        raise RuntimeError(
            f"linalg.pinv({A.dtype}{list(A.shape)}): expected a tensor with 2 or more dimensions of float or double "
            f"types"
        )
    if hermitian:
        require_matrices("linalg.pinv", x)
        A = ops.tril(A) + ops.tril(A, -1).mT
    return record(algebra.pinv, (A,), {"atol": 0.0 if atol is None else atol, "rtol": rtol})


@composed(out=True)
def linalg_lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """The X with the least ‖A X − B‖, the shortest if there are several: (..., M, N), (..., M, K) -> (..., N, K)

    Returns the named tuple (solution, residuals, rank, singular_values). rcond: up to which part of the largest one
    singular values count as 0. driver: LAPACK's name of a method, which only says what is returned: residuals by
    "gels", "gelsd" and "gelss" where M > N and A has full rank, the rank by all but "gels", singular values by the last
    two; empty tensors otherwise. LinAlgError where "gels" meets an A without full rank.

    >>> import numpynet
    >>> A, B = numpynet.tensor([[1.0], [1.0]]), numpynet.tensor([[1.0], [3.0]])
    >>> numpynet.linalg.lstsq(A, B).solution.round(decimals=4)
    tensor([[2.]])
    """
    name = "torch.linalg.lstsq"
    x = A._array
    driver = "gelsy" if driver is None else driver
    if x.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if B.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if x.dtype != B._array.dtype:
        raise RuntimeError(
            f"{name}: input and other must have the same dtype, not {A.dtype} and {B.dtype}: convert one"
        )
    require_floats("linalg.lstsq", x)
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    is_vector = B.ndim == 1 or (x.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    right = ops.unsqueeze(B, -1) if is_vector else B
    if x.shape[-2] != right.shape[-2]:
        raise RuntimeError(f"{name}: input.size(-{1 if B.ndim == 1 else 2}) should match other.size(-2)")
    m, n = x.shape[-2:]
    values = algebra.svd_parts(algebra.svd(x), x.shape)[1]
    threshold = algebra.threshold(x, values, 0.0, rcond)
    rank = (values > threshold[..., None]).sum(-1)
    is_full = bool((rank == min(m, n)).all())
    if driver == "gels" and not is_full:
        raise LinAlgError(
            f"{name}: The least squares solution could not be computed because the input matrix does not have full "
            f"rank."
        )
    solution = record(algebra.lstsq, (A, right), {"rcond": rcond})
    nothing = wrap(np.zeros(0, x.dtype))
    residuals = nothing
    if m > n and driver != "gelsy" and is_full:
        residuals = ops.sum((ops.matmul(A, solution) - right) ** 2, -2)
    if is_vector:
        solution = titled(ops.squeeze(solution, -1), "LinalgLstsqBackward0")
    return results.linalg_lstsq(
        solution,
        residuals,
        wrap(np.zeros(0, np.int64) if driver == "gels" else np.asarray(rank)),
        wrap(values) if driver in ("gelsd", "gelss") else wrap(np.zeros(0, x.dtype)),
    )


@composed(out=True)
def linalg_matrix_exp(A: Tensor) -> Tensor:
    """1 + X + X²/2 + X³/6 + ... of square matrices: (..., N, N).

    >>> import numpynet
    >>> numpynet.linalg.matrix_exp(numpynet.tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return record(algebra.matrix_exp, (A,), {})


@composed(out=True)
def linalg_matrix_power(A: Tensor, n: int) -> Tensor:
    """The product of n times the same square matrix: the identity for n = 0, of the inverse for n < 0.

    >>> import numpynet
    >>> numpynet.linalg.matrix_power(numpynet.tensor([[2.0, 0.0], [0.0, 4.0]]), -2)
    tensor([[0.2500, 0.0000],
            [0.0000, 0.0625]])
    """
    require_matrices("linalg.matrix_power", A._array)
    if n == 0:
        return ops.clone(A).copy_(wrap(np.eye(A.shape[-1], dtype=A._array.dtype)))
    if n == -1:
        return linalg_inv(A)
    if n < 0:
        A, n = linalg_inv(A), -n
    power = ops.clone(A, memory_format=contiguous_format) if n == 1 else A
    for digit in bin(n)[3:]:  # after the leading one each binary digit squares, and a one multiplies
        power = ops.matmul(power, power)
        if digit == "1":
            power = ops.matmul(power, A)
    return power


@composed(out=True)
def linalg_tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of a tensor as a map from its last dimensions to the first `ind`, which have as many elements.

    >>> import numpynet
    >>> numpynet.linalg.tensorinv(numpynet.eye(4).reshape(2, 2, 4), ind=2).shape
    torch.Size([4, 2, 2])
    """
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    shape = tuple(A.shape)
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError(
            f"Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{columns} != {rows}"
        )
    return ops.reshape(linalg_inv(ops.reshape(A, (rows, columns))), (*shape[ind:], *shape[:ind]))


@composed(out=True)
def linalg_tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """The X with tensordot(A, X, X.ndim) = B. dims: those of A that are moved to its end first.

    >>> import numpynet
    >>> numpynet.linalg.tensorsolve(numpynet.eye(4).reshape(2, 2, 4), numpynet.ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    moved = A if dims is None else composite.movedim(A, tuple(dims), tuple(range(-len(dims), 0)))
    shape = tuple(moved.shape[B.ndim :])
    size = math.prod(shape)
    if size != math.prod(moved.shape[: B.ndim]):
        raise RuntimeError(
            f"Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {size} != {math.prod(moved.shape[: B.ndim])}"
        )
    return ops.reshape(linalg_solve(ops.reshape(moved, (size, size)), ops.reshape(B, (size,))), shape)
