"""Factoring: LU and its equations, and products of reflections. The old names of these stand here too."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled, wrap
from numpynet.core.tensor import Tensor, record
from numpynet.linalg import results
from numpynet.linalg.solving import linalg_solve_triangular
from numpynet.ops import linear_algebra as algebra
from numpynet.ops import lu as factors
from numpynet.ops.acceptance import scalar_name
from numpynet.ops.layout import contiguous_format
from numpynet.ops.linear_algebra import require_matrices
from numpynet.ops.warning import warn_once


def _by_columns(x: Tensor, title: str) -> Tensor:
    """Matrices laid out by columns, as LAPACK leaves them; the node on the tape is given torch's name."""
    if not x._array.mT.flags.c_contiguous:
        x = ops.clone(x.mT, memory_format=contiguous_format).mT
    return titled(x, title)


# --- LU -----------------------------------------------------------------------------------------------------------


def _factored(A: Tensor, pivot: bool) -> tuple[Tensor, Tensor, Tensor]:
    """L and U in one matrix, the pivots, and which of these is the first to be 0."""
    if A.ndim < 2:
        raise RuntimeError(
            f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead"
        )
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    both, pivots = factors.lu_parts(record(factors.lu, (A,), {}), tuple(A.shape))
    info = wrap(np.asarray(factors.zero_pivots(both._array)))
    return titled(both, "LinalgLuFactorExBackward0"), wrap(pivots._array.astype(np.int32)), info


def _require_pivots(info: Tensor) -> None:
    """RuntimeError where a pivot is 0."""
    values = info._array
    if values.any():
        which = int(np.argmax(values.reshape(-1) != 0))
        at = int(values.reshape(-1)[which])
        element = f"(Batch element {which}): " if values.ndim else ""
        raise RuntimeError(
            f"torch.linalg.lu_factor: {element}U[{at},{at}] is zero and using it on lu_solve would result in a "
            f"division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) "
            f"or linalg.lu_factor_ex(A, pivot)"
        )


def _apart(both: Tensor, title: str) -> tuple[Tensor, Tensor]:
    """L and U out of one matrix."""
    m, n = both.shape[-2:]
    k = min(m, n)
    lower = ops.tril(both[..., :k], -1) + wrap(np.eye(m, k, dtype=both._array.dtype))
    return titled(lower, title), titled(ops.triu(both[..., :k, :]), title)


def _permutation(pivots: Tensor, like: Tensor) -> Tensor:
    """The matrix that undoes the exchanges of rows."""
    order = factors.order_of_rows(pivots._array, like.shape[-2])
    return wrap(np.eye(like.shape[-2], dtype=like._array.dtype)[np.argsort(order, -1)])


@composed(out=True)
def linalg_lu(A: Tensor, *, pivot: bool = True) -> Any:
    """X = P L U of matrices (..., M, N): the named tuple (P, L, U), a permutation, and two triangles.

    P (..., M, M), L (..., M, K) with ones on the diagonal and U (..., K, N), K the smaller one of M and N. RuntimeError
    without `pivot`, which torch has on no CPU, and for vectors; NotImplementedError for integers.

    >>> import numpynet
    >>> numpynet.linalg.lu(numpynet.tensor([[1.0, 2.0], [2.0, 6.0]])).U
    tensor([[ 2.,  6.],
            [ 0., -1.]])
    """
    both, pivots, _ = _factored(A, pivot)
    return results.linalg_lu(_permutation(pivots, A), *_apart(both, "LinalgLuBackward0"))


@composed(out=True)
def linalg_lu_factor(A: Tensor, *, pivot: bool = True) -> Any:
    """The named tuple (LU, pivots) of matrices: `lu`, with both triangles in one matrix, as `lu_solve` takes them.

    pivots: (..., K) int32; row j was exchanged with row pivots[j] − 1. RuntimeError where a pivot is 0.

    >>> import numpynet
    >>> numpynet.linalg.lu_factor(numpynet.tensor([[1.0, 2.0], [2.0, 6.0]])).pivots
    tensor([2, 2], dtype=torch.int32)
    """
    both, pivots, info = _factored(A, pivot)
    _require_pivots(info)
    return results.linalg_lu_factor(both, pivots)


@composed(out=True)
def linalg_lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """As `lu_factor`, the named tuple (LU, pivots, info): which pivot is the first to be 0, counted from 1, or 0.

    >>> import numpynet
    >>> numpynet.linalg.lu_factor_ex(numpynet.tensor([[1.0, 2.0], [2.0, 4.0]])).info
    tensor(2, dtype=torch.int32)
    """
    both, pivots, info = _factored(A, pivot)
    if check_errors:
        _require_pivots(info)
    return results.linalg_lu_factor_ex(both, pivots, info)


@composed(out=True)
def linalg_lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """The X with A X = B of the A that `lu_factor` has taken apart        (..., N, N), (..., N), (..., N, K)

    left: where not, X A = B. adjoint: whether Aᵀ takes the place of A. RuntimeError where shapes or dtypes do not fit.

    >>> import numpynet
    >>> LU, pivots = numpynet.linalg.lu_factor(numpynet.tensor([[0.0, 2.0], [4.0, 0.0]]))
    >>> numpynet.linalg.lu_solve(LU, pivots, numpynet.tensor([[2.0], [4.0]]))
    tensor([[1.],
            [1.]])
    """
    if pivots._array.dtype != np.int32:
        raise RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    if LU.dtype != B.dtype:
        kinds = [scalar_name(one._array) for one in (LU, B)]
        raise RuntimeError(
            f"linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type {kinds[0]} and B of type "
            f"{kinds[1]} instead"
        )
    require_matrices("torch.linalg.lu_solve", LU._array)
    size = LU.shape[-1]
    if B.ndim < 2:
        raise RuntimeError("linalg.lu_solve: The input tensor B must have at least 2 dimensions.")
    if B.shape[-2 if left else -1] != size:
        raise RuntimeError(
            f"linalg.lu_solve: Incompatible shapes of A and B for the equation {'AX' if left else 'XA'} = B "
            f"({size}x{size} and {B.shape[-2]}x{B.shape[-1]})"
        )
    if pivots.shape[-1:] != (size,):
        raise RuntimeError("linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix")
    if pivots.shape != LU.shape[:-1]:
        raise RuntimeError(
            f"linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{list(pivots.shape)} instead"
        )
    if size and (pivots._array.min(initial=1) < 1 or pivots._array.max(initial=1) > size):
        raise RuntimeError(
            "Pivots given to lu_solve must all be smaller or equal to LU.size(-2). Did you properly pass the result of "
            "lu_factor?"
        )
    if not left:
        return titled(linalg_lu_solve(LU, pivots, B.mT, adjoint=not adjoint).mT, "LinalgLuSolveBackward0")
    P = _permutation(pivots, LU)
    if adjoint:
        half = linalg_solve_triangular(LU.mT, B, upper=False)
        solution = P @ linalg_solve_triangular(LU.mT, half, upper=True, unitriangular=True)
    else:
        half = linalg_solve_triangular(LU, P.mT @ B, upper=False, unitriangular=True)
        solution = linalg_solve_triangular(LU, half, upper=True)
    return _by_columns(solution, "LinalgLuSolveBackward0")


@composed(out=True)
def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """`numpynet.linalg.lu_solve`, with its arguments in another order.

    >>> import numpynet
    >>> LU, pivots = numpynet.linalg.lu_factor(numpynet.tensor([[2.0]]))
    >>> numpynet.lu_solve(numpynet.tensor([[6.0]]), LU, pivots)
    tensor([[3.]])
    """
    warn_once(
        "torch.lu_solve is deprecated in favor of torch.linalg.lu_solveand will be removed in a future PyTorch release."
        "\nNote that torch.linalg.lu_solve has its arguments reversed.\nX = torch.lu_solve(B, LU, pivots)\nshould be "
        "replaced with\nX = torch.linalg.lu_solve(LU, pivots, B)",
        4,
    )
    return linalg_lu_solve(LU_data, LU_pivots, input)


@composed(out=True)
def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True) -> Any:
    """What `lu_factor` has given as the named tuple (P, L, U); see `numpynet.linalg.lu`.

    unpack_data, unpack_pivots: where not, L and U, or P, are empty.

    >>> import numpynet
    >>> numpynet.lu_unpack(*numpynet.linalg.lu_factor(numpynet.tensor([[1.0, 2.0], [2.0, 6.0]]))).L
    tensor([[1.0000, 0.0000],
            [0.5000, 1.0000]])
    """
    require_matrices("torch.lu_unpack", LU_data._array, square=False)
    if unpack_pivots and LU_pivots._array.dtype != np.int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this "
            "function is intended to be used with the output produced by torch.linalg.lu_factor"
        )
    *batch, m, n = LU_data.shape
    values = LU_pivots._array
    if unpack_pivots and (values.shape != (*batch, min(m, n)) or ((values < 1) | (values > m)).any()):
        raise RuntimeError(
            "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the result "
            "of lu_factor?"
        )
    nothing = wrap(np.zeros(0, LU_data._array.dtype))
    lower, upper = _apart(LU_data, "LuUnpackBackward0") if unpack_data else (nothing, nothing)
    return results.lu_unpack(_permutation(LU_pivots, LU_data) if unpack_pivots else nothing, lower, upper)


@composed
def lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> Any:
    """`numpynet.linalg.lu_factor` as a pair, or where `get_infos` `numpynet.linalg.lu_factor_ex`.

    >>> import numpynet
    >>> numpynet.lu(numpynet.tensor([[2.0]]))
    (tensor([[2.]]), tensor([1], dtype=torch.int32))
    """
    warn_once(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in "
        "a future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\nshould be replaced with\nLU, pivots = "
        "torch.linalg.lu_factor(A, compute_pivots)\nand\nLU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)"
        "\nshould be replaced with\nLU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)",
        3,
    )
    found = linalg_lu_factor_ex(A, pivot=pivot)
    return results._lu_with_info(*found) if get_infos else tuple(found[:2])


# --- reflections --------------------------------------------------------------------------------------------------


def _reflected(A: Tensor, tau: Tensor, C: Tensor, transpose: bool = False) -> Tensor:
    """H₁ H₂ ... C with Hᵢ = 1 − τᵢ vᵢ vᵢᵀ, or of the transposed product; vᵢ is the column i of A below its 1."""
    count = tau.shape[-1]
    vectors = ops.tril(A, -1)[..., :count] + wrap(np.eye(A.shape[-2], count, dtype=A._array.dtype))
    for i in range(count) if transpose else reversed(range(count)):
        v = vectors[..., i : i + 1]
        C = C - (v * tau[..., i : i + 1, None]) @ (v.mT @ C)
    return C


def _require_reflections(name: str, A: Tensor, tau: Tensor) -> None:
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if A.shape[-2] < A.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if A.shape[-1] < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if A.ndim != tau.ndim + 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
            f"input.ndim is equal to {A.ndim}"
        )
    if A.shape[:-2] != tau.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got tau.shape "
            f"{list(tau.shape)} and input.shape {list(A.shape)}"
        )
    if A.dtype != tau.dtype:
        kinds = [scalar_name(one._array) for one in (tau, A)]
        raise RuntimeError(f"{name}: tau dtype {kinds[0]} does not match input dtype {kinds[1]}")


@composed(out=True)
def linalg_householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first N columns of H₁ H₂ ... H_K, of reflections Hᵢ = 1 − τᵢ vᵢ vᵢᵀ

    A (..., M, N), tau (..., K) -> (..., M, N). vᵢ is column i of A below its element i, which counts as 1, and 0 above:
    what `geqrf` gives. RuntimeError unless M ≥ N ≥ K, and where dtypes differ.

    >>> import numpynet
    >>> numpynet.linalg.householder_product(numpynet.tensor([[0.0], [1.0]]), numpynet.tensor([1.0]))
    tensor([[ 0.],
            [-1.]])
    """
    _require_reflections("torch.linalg.householder_product", A, tau)
    algebra.require_floats("torch.linalg.householder_product", A._array)
    identity = wrap(np.broadcast_to(np.eye(*A.shape[-2:], dtype=A._array.dtype), A.shape).copy())
    product = _reflected(A, tau, identity)
    return _by_columns(product, "LinalgHouseholderProductBackward0")


@composed(out=True)
def orgqr(input: Tensor, input2: Tensor) -> Tensor:
    """`numpynet.linalg.householder_product` under LAPACK's name.

    >>> import numpynet
    >>> numpynet.orgqr(*numpynet.geqrf(numpynet.tensor([[3.0], [4.0]])))
    tensor([[-0.6000],
            [-0.8000]])
    """
    return linalg_householder_product(input, input2)


@composed(out=True)
def geqrf(input: Tensor) -> Any:
    """X = H₁ H₂ ... R: the named tuple (a, tau), R with the vectors of the reflections below it, and their factors.

    `linalg.householder_product` makes Q of both. There is no gradient: `linalg.qr` has one.

    >>> import numpynet
    >>> numpynet.geqrf(numpynet.tensor([[3.0], [4.0]]))
    torch.return_types.geqrf(
    a=tensor([[-5.0000],
            [ 0.5000]]),
    tau=tensor([1.6000]))
    """
    packed = record(factors.geqrf, (input,), {})
    return results.geqrf(
        *(titled(one, "GeqrfBackward0") for one in factors.reflection_parts(packed, tuple(input.shape)))
    )


@composed(out=True)
def ormqr(input: Tensor, input2: Tensor, input3: Tensor, left: bool = True, transpose: bool = False) -> Tensor:
    """Q C, with Q = H₁ H₂ ... of the reflections that `geqrf` gives, square, and C = `input3`; C Q where not `left`.

    transpose: whether Qᵀ takes the place of Q. RuntimeError where shapes do not fit or dtypes differ.

    >>> import numpynet
    >>> x = numpynet.tensor([[3.0], [4.0]])
    >>> numpynet.ormqr(*numpynet.geqrf(x), x, transpose=True)[0]
    tensor([-5.])
    """
    tau, other = input2, input3
    for name, one in (("input", input), ("other", other)):
        if one.ndim < 2:
            raise RuntimeError(f"torch.ormqr: {name} must have at least 2 dimensions.")
    along = -2 if left else -1
    if input.ndim != tau.ndim + 1:
        raise RuntimeError(
            f"torch.ormqr: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} "
            f"and input.ndim is equal to {input.ndim}"
        )
    if tau.shape[-1] != min(other.shape[along], input.shape[-1]):
        raise RuntimeError(
            f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{along}], input.shape[-1]), but it is "
            f"{tau.shape[-1]}"
        )
    if other.shape[along] != input.shape[-2]:
        raise RuntimeError(
            f"torch.ormqr: other.shape[{along}] must be equal to input.shape[-2], but they are {other.shape[along]} "
            f"and {input.shape[-2]}"
        )
    if len({one.dtype for one in (input, tau, other)}) > 1:
        raise RuntimeError(
            f"torch.ormqr: Expected input, tau and other to have the same dtype, but got {input.dtype}, {tau.dtype} "
            f"and {other.dtype}"
        )
    algebra.require_floats("torch.ormqr", input._array)
    product = _reflected(input, tau, other, transpose) if left else _reflected(input, tau, other.mT, not transpose).mT
    return _by_columns(product, "OrmqrBackward0")


# --- triangles ----------------------------------------------------------------------------------------------------


@composed(out=True)
def triangular_solve(
    input: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Any:
    """The X with A X = `input` of a triangular A: the named tuple (solution, cloned_coefficient).

    transpose: whether Aᵀ takes the place of A. `numpynet.linalg.solve_triangular` explains the others.

    >>> import numpynet
    >>> numpynet.triangular_solve(numpynet.tensor([[2.0]]), numpynet.tensor([[4.0]])).solution
    tensor([[0.5000]])
    """
    warn_once(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangularand will be removed in a future "
        "PyTorch release.\ntorch.linalg.solve_triangular has its arguments reversed and does not return a copy of one "
        "of the inputs.\nX = torch.triangular_solve(B, A).solution\nshould be replaced with\nX = "
        "torch.linalg.solve_triangular(A, B).",
        4,
    )
    for name, one in (("b", input), ("A", A)):
        if one.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {one.ndim} "
                f"dimensions instead"
            )
    coefficient, upper = (A.mT, not upper) if transpose else (A, upper)
    solution = linalg_solve_triangular(coefficient, input, upper=upper, unitriangular=unitriangular)
    title = "TriangularSolveBackward0"
    return results.triangular_solve(titled(solution, title), _by_columns(ops.clone(A), title))
