"""Linear algebra: solving, inverting, decomposing. LAPACK does it, by way of NumPy; few programs import this.

A decomposition gives several matrices, an operation gives one array: all parts are laid end to end in one vector, of
which each is a view (`parts`), and so is its cotangent. A formula may call these operations like any function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_booleans, no_complex, scalar_name
from numpynet.ops.form import Array, op, possible, refuse
from numpynet.ops.layout import row_major
from numpynet.ops.reduction import prod
from numpynet.ops.sums import sum_to

Shape = tuple[int, ...]


class LinAlgError(RuntimeError):
    """What LAPACK could not solve, invert or decompose."""

    __module__ = "torch._C"


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"  # under which torch prints it

# --- what is accepted -----------------------------------------------------------------------------------------


def require_matrices(name: str, x: Array, square: bool = True) -> None:
    """RuntimeError unless these are (square) matrices."""
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if square and x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {x.shape[-2]} by {x.shape[-1]} matrices"
        )


KERNELS = {  # of LAPACK's, which torch has refuse float16, and where an asterisk stands integers too
    "linalg.cholesky": "cholesky_cpu",
    "linalg.det": "lu_cpu",
    "linalg.eigh": "linalg_eigh_cpu *",
    "linalg.qr": "geqrf_cpu",
    "linalg.solve": "lu_cpu",
    "linalg.solve_triangular": "triangular_solve_cpu *",
    "linalg.svd": "linalg_svd_cpu",
}


def require_floats(name: str, x: Array, kinds: str = "f") -> None:
    """RuntimeError for integers, and for float16, which LAPACK does not have. kinds: of numbers that are taken.

    NotImplementedError, which is one, where torch leaves it to LAPACK.
    """
    if "c" not in kinds:
        no_complex(name, x)
    kernel, _, takes_integers = KERNELS.get(name, "").partition(" ")
    if x.dtype.kind not in kinds and not takes_integers:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {scalar_name(x)}")
    if kernel and (x.dtype.kind not in kinds or x.itemsize < 4):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x)}': convert it, as in x.float()")
    if x.itemsize < 4:
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {scalar_name(x)}")


def floats(name: str, kinds: str = "f") -> Callable[..., None]:
    """What an operation accepts that torch calls by that name. kinds: see `require_floats`."""

    def accepts(_: str, *arrays: Any) -> None:
        for array in arrays:
            require_floats(name, array, kinds)
        if len({array.dtype for array in arrays}) > 1:
            names = [scalar_name(array) for array in arrays]
            raise RuntimeError(
                f"{name}: Expected A and B to have the same dtype, but found A of type {names[0]} and B of type "
                f"{names[1]} instead: convert one, as in x.float()"
            )

    return accepts


def columns(x: Array) -> Array:
    """The same matrices laid out by columns, as LAPACK leaves them."""
    return np.ascontiguousarray(x.mT).mT if x.ndim > 1 else x


def _first(x: Array, fails: Callable[[Array], bool]) -> str:
    """Of a stack of matrices, which is the first that fails, as torch says it."""
    stack = x.reshape(-1, *x.shape[-2:])
    which = next((place for place, matrix in enumerate(stack) if fails(matrix)), 0)
    return f"(Batch element {which}): " if x.ndim > 2 else ""


def _is_singular(matrix: Array) -> bool:
    try:
        np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return True
    return False


def _factored(x: Array) -> Array:
    """The Cholesky factors; LinAlgError where there is none, which NumPy does not say of NaN."""
    y: Array = np.linalg.cholesky(x)
    if np.isnan(np.diagonal(y, axis1=-2, axis2=-1)).any():
        raise np.linalg.LinAlgError
    return y


def _is_indefinite(matrix: Array) -> bool:
    try:
        _factored(matrix)
    except np.linalg.LinAlgError:
        return True
    return False


def _counted(
    x: Array, factor: Callable[[Array], Array], fails: Callable[[Array], bool], where: Callable[[Array], int]
) -> Array:
    """Of each matrix that fails where that is, counted from 1; 0 of the others: (..., N, N) -> (...), int32.

    factor: raises LinAlgError if any of them fails; they are looked at one by one only then.
    """
    try:
        factor(x)
    except np.linalg.LinAlgError:
        pass
    else:
        return np.zeros(x.shape[:-2], np.int32)
    stack = x.reshape(-1, *x.shape[-2:])
    found = [where(matrix) if fails(matrix) else 0 for matrix in stack]
    return np.array(found, np.int32).reshape(x.shape[:-2])


def singular(x: Array) -> Array:
    """Of each matrix that is singular the number of the first pivot that elimination finds to be 0.

    >>> singular(np.array([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]]))
    array([2, 0], dtype=int32)
    """

    def order(matrix: Array) -> int:
        return next((k for k in range(1, len(matrix)) if np.linalg.matrix_rank(matrix[:, :k]) < k), len(matrix))

    return _counted(x, np.linalg.inv, _is_singular, order)


def indefinite(x: Array) -> Array:
    """Of each matrix that is not positive definite the order of its first leading minor that is not positive.

    >>> indefinite(np.array([[1.0, 2.0], [2.0, 1.0]]))
    array(2, dtype=int32)
    """
    return _counted(x, _factored, _is_indefinite, _order_of_minor)


def _order_of_minor(matrix: Array) -> int:
    return next(order for order in range(1, len(matrix) + 1) if _is_indefinite(matrix[:order, :order]))


# --- several results in one -----------------------------------------------------------------------------------


def packed(*arrays: Array) -> Array:
    """Several arrays end to end, in one vector."""
    return np.concatenate([array.reshape(-1) for array in arrays])


def parts(y: Any, *shapes: Shape) -> list[Any]:
    """The arrays of these shapes that are laid end to end in a vector, as views of it."""
    found, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        found.append(y[start:end].reshape(shape))
        start = end
    return found


# --- solving ----------------------------------------------------------------------------------------------------


@op(torch="A", accepts=floats("linalg.inv", "fc"), complex="analytic", grad_fn="LinalgInvExBackward0")
def inv(x: Array) -> Array:
    """Y = X⁻¹        x (..., N, N); LinAlgError where a matrix is singular.

    ∂L/∂X = −Yᵀ dY Yᵀ, since dY = −Y dX Y (Giles 2008).

    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    require_matrices("linalg.inv", x)
    try:
        return columns(np.linalg.inv(x))
    except np.linalg.LinAlgError:
        raise LinAlgError(
            f"linalg.inv: {_first(x, _is_singular)}The inversion could not be completed because the input matrix is "
            f"singular."
        ) from None


inv.gradients(x=lambda dy, y: -y.mT @ dy @ y.mT)


@op(torch="A B", accepts=floats("linalg.solve", "fc"), complex="analytic", grad_fn="LinalgSolveExBackward0")
def solve(a: Array, b: Array) -> Array:
    """Y = A⁻¹ B        a (..., N, N), b (..., N, K) -> y (..., N, K); leading dimensions broadcast.

    With A Y = B: ∂L/∂B = A⁻ᵀ dY and ∂L/∂A = −∂L/∂B Yᵀ (Giles 2008). LinAlgError where a matrix is singular.

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([[2.0], [2.0]]))
    array([[1. ],
           [0.5]])
    """
    require_matrices("linalg.solve", a)
    if a.shape[-1] != b.shape[-2]:
        shapes = " and ".join(f"{one.shape[-2]}x{one.shape[-1]}" for one in (a, b))
        raise RuntimeError(f"linalg.solve: Incompatible shapes of A and B for the equation AX = B ({shapes})")
    try:
        return columns(np.linalg.solve(a, b))
    except np.linalg.LinAlgError:
        raise LinAlgError(
            f"torch.linalg.solve: {_first(a, _is_singular)}The solver failed because the input matrix is singular."
        ) from None


solve.gradients(
    a=lambda dy, a, y, a_shape: sum_to(-solve(a.mT, dy) @ y.mT, a_shape),
    b=lambda dy, a, b_shape: sum_to(solve(a.mT, dy), b_shape),
)


@op(
    torch="A B",
    accepts=floats("linalg.solve_triangular", "fc"),
    complex="analytic",
    grad_fn="LinalgSolveTriangularBackward0",
)
def solve_triangular(a: Array, b: Array, *, upper: bool, unitriangular: bool = False) -> Array:
    """Y = A⁻¹ B for a triangular A, of which nothing else is read        a (..., N, N), b (..., N, K)

    Row by row: yᵢ = (bᵢ − Σ aᵢⱼ yⱼ) / aᵢᵢ over the rows j that are known already. The gradients are those of `solve`,
    cut off to the triangle. unitriangular: whether the diagonal counts as ones.
    """
    size, order = a.shape[-1], range(a.shape[-1])
    y = np.zeros((*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), size, b.shape[-1]), b.dtype)
    for i in reversed(order) if upper else order:
        known = slice(i + 1, size) if upper else slice(i)
        row = b[..., i, :] - (a[..., i : i + 1, known] @ y[..., known, :])[..., 0, :]
        y[..., i, :] = row if unitriangular else row / a[..., i, i, None]
    return columns(y)


def _triangle(gradient: Array, upper: bool, unitriangular: bool) -> Array:
    offset = int(unitriangular)
    return np.triu(gradient, offset) if upper else np.tril(gradient, -offset)


def _triangular_gradient(dy: Array, a: Array, y: Array, a_shape: Shape, upper: bool, unitriangular: bool) -> Array:
    """∂L/∂A = −A⁻ᵀ dY Yᵀ within the triangle"""
    db = solve_triangular(a.mT, dy, upper=not upper, unitriangular=unitriangular)
    return sum_to(_triangle(-db @ y.mT, upper, unitriangular), a_shape)


solve_triangular.gradients(
    a=_triangular_gradient,
    b=lambda dy, a, b_shape, upper, unitriangular: sum_to(
        solve_triangular(a.mT, dy, upper=not upper, unitriangular=unitriangular), b_shape
    ),
)

# --- determinants -------------------------------------------------------------------------------------------------


@op(torch="A", accepts=floats("linalg.det"), grad_fn="LinalgDetBackward0")
def det(x: Array) -> Any:
    """y = |X|        x (..., N, N) -> y (...)

    ∂y/∂X holds the cofactors: y X⁻ᵀ (Jacobi's formula) where X can be inverted. Of a singular matrix they come from
    X = U S Vᵀ, as |U| |V| U diag(∏ sⱼ over j ≠ i) Vᵀ, where torch gives zeros.

    >>> det(np.array([[1.0, 2.0], [3.0, 5.0]])).round(6)
    np.float64(-1.0)
    """
    require_matrices("linalg.det", x)
    return np.linalg.det(x)


def _det_gradient(dy: Array, x: Array, y: Array) -> Array:
    """∂L/∂X = dy · the cofactors of X"""
    if not possible(y == 0):
        return (dy * y)[..., None, None] * inv(x).mT
    u, s, vh = svd_parts(svd(x), x.shape)
    n = x.shape[-1]
    others = prod.of(np.where(np.eye(n, dtype=bool), 1, s[..., None, :]), dim=-1)
    return (dy * det(u) * det(vh))[..., None, None] * ((u * others[..., None, :]) @ vh)


det.gradients(x=_det_gradient)


@op(torch="A", accepts=floats("linalg.slogdet"), grad_fn="LinalgSlogdetBackward0")
def slogdet(x: Array) -> Array:
    """The sign of |X| and ln ‖X‖, one behind the other        x (..., N, N) -> y (2, ...)

    ∂ln‖X‖/∂X = X⁻ᵀ (Jacobi's formula)

    >>> slogdet(np.array([[1.0, 0.0], [0.0, -1.0]]))
    array([-1.,  0.])
    """
    require_matrices("linalg.slogdet", x)
    return np.stack(np.linalg.slogdet(x))


slogdet.gradients(x=lambda dy, x: dy[1][..., None, None] * inv(x).mT)

# --- decompositions -----------------------------------------------------------------------------------------------


def svd_parts(y: Any, shape: Shape, full_matrices: bool = False) -> tuple[Any, Any, Any]:
    """U, S and Vᵀ of matrices of that shape, by columns, out of the vector that they are packed in."""
    *batch, m, n = shape
    k = min(m, n)
    rows, columns_ = (m, n) if full_matrices else (k, k)
    u, s, v = parts(y, (*batch, rows, m), (*batch, k), (*batch, n, columns_))
    return u.mT, s, v.mT


@op(torch="A", grad_fn="LinalgSvdBackward0")
def svd(x: Array, *, full_matrices: bool = False) -> Array:
    """X = U diag(S) Vᵀ, the parts U, S and Vᵀ packed        x (..., M, N); LinAlgError where it does not converge.

    With E = sⱼ² − sᵢ² (1 on the diagonal), skew(Z) = Z − Zᵀ, and what leaves the space that U and V span (Townsend
    2016):
    ∂L/∂X = U ((skew(Uᵀ dU) / E) S + S (skew(Vᵀ dV) / E) + dS) Vᵀ + (1 − U Uᵀ) dU S⁻¹ Vᵀ + U S⁻¹ dVᵀ (1 − V Vᵀ)
    """
    require_matrices("linalg.svd", x, square=False)
    require_floats("linalg.svd", x)
    try:
        u, s, vh = _singular_values(x, full_matrices)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."
        ) from None
    return packed(u.mT, s, vh.mT)


def _singular_values(x: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    """By LAPACK, and so that small matrices have the singular vectors' signs that they have in torch.

    torch's LAPACK takes a tall matrix apart by QR first, and a wide one not where NumPy's would, which rows and columns
    of zeros keep from it.
    """
    *batch, m, n = x.shape
    if m > n > 0:
        q, r = np.linalg.qr(x, mode="complete")
        u, s, vh = np.linalg.svd(r[..., :n, :])
        u = q[..., :n] @ u
        return (np.concatenate([u, q[..., n:]], -1) if full_matrices else u), s, vh
    if 1 < m < n < 16 * m and 11 * m // 6 <= n and not full_matrices:
        rows = next(rows for rows in range(m, n + 1) if 11 * rows // 6 > max(n, rows + 1))
        wide = np.zeros((*batch, rows, max(n, rows + 1)), x.dtype)
        wide[..., :m, :n] = x
        u, s, vh = np.linalg.svd(wide, full_matrices=False)
        return u[..., :m, :m], s[..., :m], vh[..., :m, :n]
    return np.linalg.svd(x, full_matrices=full_matrices)


def _skew(z: Array) -> Array:
    return z - z.mT


def _svd_gradient(dy: Array, y: Array, x_shape: Shape, full_matrices: bool) -> Array:
    """∂L/∂X of Townsend's, for the first min(M, N) singular vectors; the others have none."""
    (u, s, vh), (du, ds, dvh) = (svd_parts(one, x_shape, full_matrices) for one in (y, dy))
    k = s.shape[-1]
    u, du, v, dv = u[..., :k], du[..., :k], vh[..., :k, :].mT, dvh[..., :k, :].mT
    row, column = s[..., None, :], s[..., :, None]
    identity = np.eye(k, dtype=s.dtype)
    e = row * row - column * column + identity
    inner = ds[..., None] * identity
    moves_u, moves_v = possible(du != 0), possible(dv != 0)
    if moves_u:
        inner = inner + _skew(u.mT @ du) / e * row
    if moves_v:
        inner = inner + column * (_skew(v.mT @ dv) / e)
    dx = u @ inner @ v.mT
    if moves_u and u.shape[-2] > k:
        dx = dx + ((du - u @ (u.mT @ du)) / row) @ v.mT
    if moves_v and v.shape[-2] > k:
        dx = dx + u @ ((dv - v @ (v.mT @ dv)) / row).mT
    return dx


svd.gradients(x=_svd_gradient)


@op(torch="A", accepts=floats("linalg.eigh"), grad_fn="LinalgEighBackward0")
def eigh(x: Array, *, UPLO: str = "L") -> Array:
    """X = V diag(L) Vᵀ of symmetric matrices, L and V packed        x (..., N, N), of which one triangle is read

    With E = lⱼ − lᵢ (1 on the diagonal) and skew(Z) = Z − Zᵀ: ∂L/∂X = V (diag(dL) + skew(Vᵀ dV) / 2E) Vᵀ (Giles 2008),
    made symmetric as X is. LinAlgError where it does not converge.
    """
    require_matrices("linalg.eigh", x)
    triangle: Any = str(UPLO).upper()
    if triangle not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    try:
        values, vectors = np.linalg.eigh(x, triangle)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.eigh: The algorithm failed to converge because the input matrix is ill-conditioned."
        ) from None
    return packed(values, vectors.mT)


def eigh_parts(y: Any, shape: Shape) -> tuple[Any, Any]:
    """The eigenvalues and, by columns, the eigenvectors out of the vector that they are packed in."""
    values, vectors = parts(y, shape[:-1], shape)
    return values, vectors.mT


def _eigh_gradient(dy: Array, y: Array, x_shape: Shape) -> Array:
    """∂L/∂X = V (diag(dL) + skew(Vᵀ dV) / 2E) Vᵀ"""
    (values, v), (dl, dv) = (eigh_parts(one, x_shape) for one in (y, dy))
    identity = np.eye(x_shape[-1], dtype=y.dtype)
    inner = dl[..., None] * identity
    if possible(dv != 0):
        inner = inner + _skew(v.mT @ dv) * 0.5 / (values[..., None, :] - values[..., :, None] + identity)
    return v @ inner @ v.mT


eigh.gradients(x=_eigh_gradient)


def _eig_acceptance(name: str, x: Any) -> None:
    if x.dtype.kind not in "fc":
        raise RuntimeError(f"Unknown Complex ScalarType for {scalar_name(x)}: linalg.eig needs floats, as x.float()")
    if x.itemsize < 4:
        raise NotImplementedError(f"\"linalg_eig\" not implemented for '{scalar_name(x)}': convert it, as in x.float()")


@op(torch="A", accepts=_eig_acceptance, complex="written", grad_fn="LinalgEigBackward0")
def eig(x: Array) -> Array:
    """X = V diag(L) V⁻¹, L and V packed, complex        x (..., N, N), real or complex

    With E = lⱼ − lᵢ: ∂L/∂X = V⁻ᴴ (diag(dL) + (Vᴴ dV − Vᴴ V diag(Re Vᴴ dV)) / conj(E)) Vᴴ, the quotient off the diagonal
    alone (Boeddeker et al. 2017). RuntimeError for what is not finite, and in the backward pass where the loss depends
    on the factor of modulus 1 that an eigenvector may have; LinAlgError where it does not converge.
    """
    require_matrices("linalg.eig", x)
    if not np.isfinite(x).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    try:
        values, vectors = np.linalg.eig(x)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.eig: The algorithm failed to converge because the input matrix is ill-conditioned."
        ) from None
    kind = np.result_type(x.dtype, np.complex64)
    return packed(values.astype(kind), vectors.astype(kind).mT)


def _eig_gradient(dy: Array, x: Array, y: Array) -> Array:
    (values, v), (dl, dv) = (eigh_parts(one, x.shape) for one in (y, dy))
    vh = np.conj(v.mT)
    identity = np.eye(x.shape[-1], dtype=y.dtype)
    inner = dl[..., None] * identity
    if possible(dv != 0):
        slopes = vh @ dv
        turning = np.diagonal(slopes, 0, -2, -1)
        if np.any(np.abs(turning.imag) > 1e-2):
            raise RuntimeError(
                "linalg_eig_backward: The eigenvectors in the complex case are specified up to multiplication by "
                "e^{i phi}. The specified loss function depends on this quantity, so it is ill-defined."
            )
        within = slopes - vh @ (v * turning.real[..., None, :])
        inner = inner + within * (1 - identity) / np.conj(values[..., None, :] - values[..., :, None] + identity)
    dx = solve.of(vh, inner @ vh)
    return dx if x.dtype.kind == "c" else dx.real


eig.gradients(x=_eig_gradient)


def qr_parts(y: Any, shape: Shape, mode: str) -> tuple[Any, Any]:
    """Q and R of matrices of that shape, by columns, out of the vector that they are packed in; Q is empty without."""
    *batch, m, n = shape
    k = m if mode == "complete" else min(m, n)
    q, r = parts(y, (0,) if mode == "r" else (*batch, k, m), (*batch, n, k))
    return (q if mode == "r" else q.mT), r.mT


@op(torch="A", accepts=floats("linalg.qr"), grad_fn="LinalgQrBackward0")
def qr(x: Array, *, mode: str = "reduced") -> Array:
    """X = Q R with Qᵀ Q = 1 and R upper triangular, both packed        x (..., M, N)

    mode: "reduced", "complete" (Q is square), or "r" (Q is left away).
    With M = R dRᵀ − dQᵀ Q and sym(M) its lower triangle mirrored (Seeger et al. 2017), of M ≥ N:
    ∂L/∂X = (dQ + Q sym(M)) R⁻ᵀ. Of a wide matrix X = [X₁ X₂] = Q [R₁ R₂] the part X₂ = Q R₂ has ∂L/∂X₂ = Q dR₂ and
    adds X₂ dR₂ᵀ to dQ.
    """
    require_matrices("linalg.qr", x, square=False)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    found: Any = np.linalg.qr(x, mode)  # type: ignore[call-overload]
    return packed(found.mT) if mode == "r" else packed(*(part.mT for part in found))


def _qr_gradient(dy: Array, y: Array, x_shape: Shape, mode: str) -> Array:
    """∂L/∂X = (dQ + Q sym(R dRᵀ − dQᵀ Q)) R⁻ᵀ"""
    m, n = x_shape[-2:]
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
            "mode='reduced') if you are going to differentiate through linalg.qr."
        )
    if mode == "complete" and m > n:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    (q, r), (dq, dr) = (qr_parts(one, x_shape, mode) for one in (y, dy))
    square = m if n > m else n
    right, dright = r[..., square:], dr[..., square:]
    if n > m:
        dq = dq + q @ right @ dright.mT
    r, dr = r[..., :square], np.triu(dr[..., :square])
    inner = r @ dr.mT - dq.mT @ q
    inner = np.tril(inner) + np.tril(inner, -1).mT
    dx = solve_triangular(r, (dq + q @ inner).mT, upper=True).mT
    return np.concatenate([dx, q @ dright], -1) if n > m else dx + 0


qr.gradients(x=_qr_gradient)


def _adjoint(x: Array) -> Array:
    """Xᴴ: transposed and conjugated."""
    return np.conj(x.mT) if x.dtype.kind == "c" else x.mT


@op(torch="A", accepts=floats("linalg.cholesky", "fc"), complex="written", grad_fn="LinalgCholeskyExBackward0")
def cholesky(x: Array) -> Array:
    """X = Y Yᴴ with Y lower triangular        x (..., N, N) Hermitian and positive definite, or LinAlgError

    With Φ(Z) the lower triangle of Z, its diagonal halved and real: ∂L/∂X = Y⁻ᴴ (Φ + Φᴴ)(Yᴴ dY) Y⁻¹ / 2 (Murray 2016).

    >>> cholesky(np.array([[4.0, 2.0], [2.0, 2.0]]))
    array([[2., 0.],
           [1., 1.]])
    """
    require_matrices("linalg.cholesky", x)
    try:
        y = columns(np.linalg.cholesky(x))
    except np.linalg.LinAlgError:
        raise _of_no_factor(x) from None
    refuse(np.isnan(np.diagonal(y, axis1=-2, axis2=-1)), _of_no_factor, x)
    return y


def _of_no_factor(x: Array) -> Exception:
    stack = x.reshape(-1, *x.shape[-2:])
    which = next(place for place, matrix in enumerate(stack) if _is_indefinite(matrix))
    order = _order_of_minor(stack[which])
    element = f"(Batch element {which}): " if x.ndim > 2 else ""
    return LinAlgError(
        f"linalg.cholesky: {element}The factorization could not be completed because the input is not "
        f"positive-definite (the leading minor of order {order} is not positive-definite)."
    )


def _cholesky_gradient(dy: Array, y: Array) -> Array:
    """∂L/∂X = Y⁻ᴴ (Φ + Φᴴ)(Yᴴ dY) Y⁻¹ / 2"""
    inner = _adjoint(y) @ dy
    inner = (np.tril(inner) + _adjoint(np.tril(inner, -1))) * 0.5
    right = solve_triangular(_adjoint(y), inner, upper=True)
    return _adjoint(solve_triangular(_adjoint(y), _adjoint(right), upper=True))


cholesky.gradients(x=_cholesky_gradient)


def _factors(name: str) -> Callable[..., None]:
    """What an operation on factors accepts: numbers that LAPACK has, of one dtype."""

    def accepts(_: str, *arrays: Any) -> None:
        for array in arrays:
            if array.dtype.kind not in "fc" or array.itemsize < 4:
                raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{scalar_name(array)}'")
        if len({array.dtype for array in arrays}) > 1:
            found = " and A of type ".join(map(scalar_name, arrays))
            raise RuntimeError(f"Expected b and A to have the same dtype, but found b of type {found} instead.")

    return accepts


@op(torch="input input2", accepts=_factors("cholesky_solve"), complex="written")
def cholesky_solve(b: Array, f: Array, *, upper: bool = False) -> Array:
    """Y = A⁻¹ B of A = F Fᴴ, or Fᴴ F where F is upper        b (..., N, K), f (..., N, N) -> y (..., N, K)

    Of F nothing but the triangle is read. Its gradient is that of a factor all of which counts, as in torch:
    with ∂L/∂A = −∂L/∂B Yᴴ it is (∂L/∂A + ∂L/∂Aᴴ) F, or F (∂L/∂A + ∂L/∂Aᴴ).
    """
    for name, one in (("b", b), ("u", f)):
        if one.ndim < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {one.ndim} dimensions instead")
    if f.shape[-1] != f.shape[-2]:
        raise RuntimeError(
            f"A must be batches of square matrices, but they are {f.shape[-2]} by {f.shape[-1]} matrices"
        )
    if f.shape[-1] != b.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {f.shape[-1]} by {f.shape[-1]} but each b "
            f"matrix is {b.shape[-2]} by {b.shape[-1]}"
        )
    lower, other = (_adjoint(f), f) if upper else (f, _adjoint(f))
    return solve_triangular.forward(other, solve_triangular.forward(lower, b, upper=False), upper=True)


def _of_factor(da: Array, f: Array, upper: bool) -> Array:
    """The gradient by a factor of A, given that by A."""
    both = da + _adjoint(da)
    return f @ both if upper else both @ f


cholesky_solve.gradients(
    b=lambda dy, f, b_shape, upper: sum_to(cholesky_solve(dy, f, upper=upper), b_shape),
    f=lambda dy, f, y, f_shape, upper: sum_to(
        _of_factor(-cholesky_solve(dy, f, upper=upper) @ _adjoint(y), f, upper), f_shape
    ),
)


def _of_no_inverse(zeros: Array) -> LinAlgError:
    *element, place = np.argwhere(zeros)[0]
    return LinAlgError(
        f"cholesky_inverse: {f'(Batch element {element[-1]}): ' if element else ''}The diagonal element {place + 1} is "
        f"zero, the inversion could not be completed because the input matrix is singular."
    )


@op(torch="input", accepts=_factors("cholesky_inverse"), complex="written")
def cholesky_inverse(f: Array, *, upper: bool = False) -> Array:
    """Y = A⁻¹ of A = F Fᴴ, or Fᴴ F where F is upper        f (..., N, N); LinAlgError where its diagonal has a 0.

    The gradient is that of `cholesky_solve` with ∂L/∂A = −Yᴴ dY Yᴴ.
    """
    require_matrices("cholesky_inverse", f)
    zeros = np.diagonal(f, axis1=-2, axis2=-1) == 0
    refuse(zeros, _of_no_inverse, zeros)
    half = solve_triangular.forward(f, np.eye(f.shape[-1], dtype=f.dtype), upper=upper)
    return columns(half @ _adjoint(half) if upper else _adjoint(half) @ half)


cholesky_inverse.gradients(f=lambda dy, f, y, upper: _of_factor(-y @ dy @ y, f, upper))

# --- least squares and pseudoinverses -----------------------------------------------------------------------------


@op(torch="A", grad_fn="LinalgPinvBackward0", arrays="atol rtol")
def pinv(x: Array, *, atol: Any = 0.0, rtol: Any = None) -> Array:
    """Y = V diag(1/sᵢ) Uᵀ of X = U diag(S) Vᵀ, over the sᵢ > max(atol, rtol · the largest)        x (..., M, N)

    rtol: by default max(M, N) ε, or 0 where an atol is given.
    ∂L/∂X = −Yᵀ dY Yᵀ + (1 − X Y) dYᵀ Y Yᵀ + Yᵀ Y dYᵀ (1 − Y X) (Golub and Pereyra 1973)

    >>> pinv(np.array([[2.0], [0.0]]))
    array([[0.5, 0. ]])
    """
    if not x.size:
        return np.zeros((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)
    u, s, vh = svd_parts(svd(x), x.shape)
    keeps = s > threshold(x, s, atol, rtol)[..., None]
    inverse = np.where(keeps, 1 / np.where(keeps, s, 1), 0)
    return (vh.mT * inverse[..., None, :]) @ u.mT


def threshold(x: Array, s: Array, atol: Any, rtol: Any) -> Array:
    """Up to where a singular value counts as 0: as torch has it."""
    if rtol is None:
        rtol = np.finfo(x.dtype).eps * max(x.shape[-2:]) if not np.any(np.asarray(atol) > 0) else 0.0
    return np.maximum(np.asarray(atol, s.dtype), np.asarray(rtol, s.dtype) * s.max(-1, initial=0))


def _pinv_gradient(dy: Array, x: Array, y: Array) -> Array:
    """∂L/∂X = −Yᵀ dY Yᵀ + (1 − X Y) dYᵀ Y Yᵀ + Yᵀ Y dYᵀ (1 − Y X)"""
    yt, dyt = y.mT, dy.mT
    left, right = dyt @ (y @ yt), (yt @ y) @ dyt
    return -yt @ dy @ yt + left - x @ (y @ left) + right - (right @ y) @ x


pinv.gradients(x=_pinv_gradient)


@op(torch="input b", grad_fn="LinalgLstsqBackward0")
def lstsq(a: Array, b: Array, *, rcond: float | None = None) -> Array:
    """The shortest of the Y with the least ‖A Y − B‖        a (..., M, N), b (..., M, K) -> y (..., N, K)

    Y = A⁺ B, so ∂L/∂B = A⁺ᵀ dY, and ∂L/∂A is that of the pseudoinverse whose cotangent is dY Bᵀ.

    >>> lstsq(np.array([[1.0], [1.0]]), np.array([[1.0], [3.0]])).round(6)
    array([[2.]])
    """
    u, s, vh = svd_parts(svd(a), a.shape)
    keeps = s > threshold(a, s, 0.0, rcond)[..., None]
    inverse = np.where(keeps, 1 / np.where(keeps, s, 1), 0)[..., None]
    return columns(vh.mT @ (inverse * (u.mT @ b)))


lstsq.gradients(
    a=lambda dy, a, b, a_shape, rcond: sum_to(_pinv_gradient(dy @ b.mT, a, pinv(a, rtol=rcond)), a_shape),
    b=lambda dy, a, b_shape, rcond: sum_to(pinv(a, rtol=rcond).mT @ dy, b_shape),
)

# --- functions of matrices ----------------------------------------------------------------------------------------


@op(torch="A", accepts=floats("linalg.matrix_exp", "fc"), complex="analytic", grad_fn="LinalgMatrixExpBackward0")
def matrix_exp(x: Array) -> Array:
    """Y = 1 + X + X²/2 + X³/6 + ...        x (..., N, N)

    The series of X / 2ˢ, whose norm is at most 2, squared s times (Moler and Van Loan 2003). ∂L/∂X is the upper right
    block of the exponential of [[Xᵀ dY], [0 Xᵀ]] (Mathias 1996).

    >>> matrix_exp(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array([[1., 1.],
           [0., 1.]])
    """
    require_matrices("linalg.matrix_exp", x)
    n = x.shape[-1]
    size = np.abs(x).sum(-2).max(-1, initial=0)
    halvings = np.ceil(np.log2(np.maximum(np.nan_to_num(size, posinf=2.0), 2.0) / 2))
    small = x / np.exp2(halvings)[..., None, None].astype(x.dtype)
    y = identity = np.broadcast_to(np.eye(n, dtype=x.dtype), x.shape)
    for order in range(26, 0, -1):  # 2²⁷ / 27! is far below a rounding
        y = identity + small @ y / order
    for step in range(int(halvings.max(initial=0))):
        y = np.where((step < halvings)[..., None, None], y @ y, y)
    return np.ascontiguousarray(y)


def _matrix_exp_gradient(dy: Array, x: Array) -> Array:
    n = x.shape[-1]
    above = np.concatenate([x.mT, dy], -1)
    below = np.concatenate([np.zeros_like(x), x.mT], -1)
    return matrix_exp(np.concatenate([above, below], -2))[..., :n, n:] + 0


matrix_exp.gradients(x=_matrix_exp_gradient)


@op(
    torch="input other",
    promotes="same",
    accepts=no_booleans,
    complex="analytic",
    grad_fn="LinalgCrossBackward0",
)
def cross(a: Array, b: Array, *, dim: int = -1) -> Array:
    """y = a × b of vectors of 3 along `dim`, all else broadcast: ∂L/∂a = b × dy, ∂L/∂b = dy × a

    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """

    def turned(x: Array, places: int) -> Array:
        return np.roll(x, places, dim)

    return row_major(turned(a, -1) * turned(b, -2) - turned(a, -2) * turned(b, -1))


cross.gradients(
    a=lambda dy, b, a_shape, dim: sum_to(cross(b, dy, dim=dim), a_shape),
    b=lambda dy, a, b_shape, dim: sum_to(cross(dy, a, dim=dim), b_shape),
)
