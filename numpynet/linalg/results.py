"""Results: the named tuples that functions of linear algebra return, printed as torch prints them."""

from __future__ import annotations

from typing import NamedTuple

from numpynet.core.return_types import shown
from numpynet.core.tensor import Tensor


class linalg_svd(NamedTuple):
    """U, S and Vᵀ."""

    U: Tensor
    S: Tensor
    Vh: Tensor

    def __repr__(self) -> str:
        return shown(self)


class svd(NamedTuple):
    """U, S and V."""

    U: Tensor
    S: Tensor
    V: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_eig(NamedTuple):
    """Eigenvalues, and eigenvectors by columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_eigh(NamedTuple):
    """Eigenvalues, and eigenvectors by columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_qr(NamedTuple):
    """Q and R."""

    Q: Tensor
    R: Tensor

    def __repr__(self) -> str:
        return shown(self)


class qr(NamedTuple):
    """Q and R."""

    Q: Tensor
    R: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_slogdet(NamedTuple):
    """The sign of a determinant and the logarithm of its absolute value."""

    sign: Tensor
    logabsdet: Tensor

    def __repr__(self) -> str:
        return shown(self)


class slogdet(NamedTuple):
    """The sign of a determinant and the logarithm of its absolute value."""

    sign: Tensor
    logabsdet: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_lstsq(NamedTuple):
    """What `lstsq` finds."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_lu(NamedTuple):
    """A permutation, and two triangles."""

    P: Tensor
    L: Tensor
    U: Tensor

    def __repr__(self) -> str:
        return shown(self)


class lu_unpack(NamedTuple):
    """A permutation, and two triangles."""

    P: Tensor
    L: Tensor
    U: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_lu_factor(NamedTuple):
    """Both triangles in one matrix, and the pivots."""

    LU: Tensor
    pivots: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_lu_factor_ex(NamedTuple):
    """Both triangles in one matrix, the pivots, and which of these is the first to be 0."""

    LU: Tensor
    pivots: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_inv_ex(NamedTuple):
    """An inverse, and which pivot was 0."""

    inverse: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_solve_ex(NamedTuple):
    """A solution, and which pivot was 0."""

    result: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return shown(self)


class linalg_cholesky_ex(NamedTuple):
    """A triangle, and which leading minor was not positive."""

    L: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return shown(self)


class geqrf(NamedTuple):
    """A triangle with the vectors of reflections below it, and their factors."""

    a: Tensor
    tau: Tensor

    def __repr__(self) -> str:
        return shown(self)


class triangular_solve(NamedTuple):
    """A solution, and a copy of the matrix."""

    solution: Tensor
    cloned_coefficient: Tensor

    def __repr__(self) -> str:
        return shown(self)


class _lu_with_info(NamedTuple):
    """What `lu` gives where it is asked for `get_infos`."""

    LU: Tensor
    pivots: Tensor
    info: Tensor

    def __repr__(self) -> str:
        return shown(self)
