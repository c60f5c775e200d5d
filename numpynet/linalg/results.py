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
