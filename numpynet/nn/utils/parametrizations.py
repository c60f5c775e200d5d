"""parametrizations: weights as a direction and a length, divided by their largest singular value, or orthogonal."""

from __future__ import annotations

import numpy as np

from numpynet import composite, ops
from numpynet.composite import allclose
from numpynet.composite.results import wrap
from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.creation import randn, zeros_like
from numpynet.linalg.factoring import geqrf, linalg_householder_product
from numpynet.linalg.solving import linalg_matrix_exp, linalg_solve
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module
from numpynet.nn.utils.parametrize import register_parametrization
from numpynet.nn.utils.reparametrization import as_matrix, norm_except_dim, of_direction_and_length, usual_dim


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return of_direction_and_length(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learns a module's weight as a length g and a direction v, w = g v / ‖v‖ (Salimans & Kingma 2016).

    g is ``module.parametrizations.weight.original0``, v is ``original1``. dim: along which each slice has a length of
    its own; None for one of all. Returns the module.

    >>> from numpynet import nn
    >>> [tuple(one.shape) for one in weight_norm(nn.Linear(2, 3)).parameters()]
    [(3,), (3, 1), (3, 2)]
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight.detach(), self.dim)
            u, v = (matrix.new_empty(size).normal_(0, 1) for size in matrix.shape)
            self.register_buffer("_u", F.normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", F.normalize(v, dim=0, eps=eps))
            self._power_method(matrix, 15)

    def _power_method(self, matrix: Tensor, steps: int) -> None:
        with no_grad():
            for _ in range(steps):
                self._u.copy_(F.normalize(matrix.mv(self._v), dim=0, eps=self.eps))
                self._v.copy_(F.normalize(matrix.t().mv(self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        return weight / self._u.clone().dot(matrix.mv(self._v.clone()))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divides a module's weight by its largest singular value, found by the power method (Miyato et al. 2018).

    n_power_iterations: steps of it before each use in training. dim: of the outputs. ValueError where it has no such
    weight and where n_power_iterations is not positive. Returns the module.

    >>> import numpynet
    >>> from numpynet import nn
    >>> layer = nn.Linear(2, 2)
    >>> layer.weight.data = numpynet.tensor([[4.0, 0.0], [0.0, 2.0]])
    >>> spectral_norm(layer).eval().weight.detach()
    tensor([[1.0000, 0.0000],
            [0.0000, 0.5000]])
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    dim = usual_dim(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


def _orthogonalized(A: Tensor) -> Tensor:
    """Q of A = Q R, with no negative element on the diagonal of R."""
    both, tau = geqrf(A)
    return linalg_householder_product(both, tau) * ops.unsqueeze(ops.sign(ops.diagonal(both, dim1=-2, dim2=-1)), -2)


def _is_orthogonal(Q: Tensor) -> bool:
    """Whether the columns are orthonormal, as far as a tenth of the size of the matrix times its rounding tells."""
    n, k = Q.shape[-2:]
    identity = wrap(np.eye(k, dtype=Q._array.dtype))
    eps = 10.0 * n * float(np.finfo(Q._array.dtype).eps)
    return bool(allclose(Q.mT @ Q, identity, atol=eps))


class _Orthogonal(Module):
    base: Tensor

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        wide = X.size(-2) < X.size(-1)
        if wide:
            X = X.mT
        Q = self._of_reflections(X) if self.orthogonal_map == "householder" else self._of_skew_matrix(X)
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if wide else Q

    def _of_reflections(self, X: Tensor) -> Tensor:
        A = ops.tril(X, -1)
        tau = 2.0 / (1.0 + ops.sum(A * A, -2))
        Q = linalg_householder_product(A, tau)
        return Q * ops.unsqueeze(ops.diagonal(X, dim1=-2, dim2=-1).int(), -2)

    def _of_skew_matrix(self, X: Tensor) -> Tensor:
        n, k = X.shape[-2:]
        X = ops.tril(X)
        if n != k:
            X = ops.cat([X, X.new_zeros(*X.shape[:-2], n, n - k)], -1)
        A = X - X.mT
        if self.orthogonal_map == "matrix_exp":
            Q = linalg_matrix_exp(A)
        else:
            identity = wrap(np.eye(n, dtype=A._array.dtype))
            Q = linalg_solve(ops.add(identity, A, alpha=-0.5), ops.add(identity, A, alpha=0.5))
        return Q[..., :k] if n != k else Q

    @no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        start = Q
        wide = Q.size(-2) < Q.size(-1)
        if wide:
            Q = Q.mT
        if not hasattr(self, "base"):
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            A, tau = geqrf(Q)
            diagonal = ops.diagonal(A, dim1=-2, dim2=-1)
            diagonal.copy_(composite.where(tau == 0.0, -ops.sign(diagonal), ops.sign(diagonal)))
            return A.mT if wide else A
        n, k = Q.shape[-2:]
        if n != k:
            Q = _orthogonalized(ops.cat([Q, randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype)], -1))
        else:
            Q = Q.clone() if _is_orthogonal(Q) else _orthogonalized(Q)
        self.base = Q
        negative = zeros_like(start)
        ops.diagonal(negative, dim1=-2, dim2=-1).fill_(-1.0)
        return negative


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Keeps a module's weight W orthogonal: WᵀW = 1, or W Wᵀ = 1 where it is wide. Returns the module.

    orthogonal_map: what makes it of a weight without constraints: "matrix_exp" (e^A of a skew A), "cayley"
    ((1 + A/2) (1 − A/2)⁻¹) or "householder" (a product of reflections); by default the first of square matrices and
    the last of others. use_trivialization: whether it is multiplied by a fixed orthogonal matrix, with which training
    begins at the weight that the module has (Lezcano-Casado 2019). ValueError for vectors and other maps,
    TypeError for a map that is no string.

    >>> import numpynet
    >>> from numpynet import nn
    >>> weight = orthogonal(nn.Linear(3, 5)).weight.detach()
    >>> numpynet.allclose(weight.T @ weight, numpynet.eye(3), atol=1e-6)
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.size(-2) == weight.size(-1) else "householder"
    if not isinstance(orthogonal_map, str):
        raise TypeError(f"orthogonal(): orthogonal_map must be a string, not {type(orthogonal_map).__name__}")
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    constraint = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, constraint, unsafe=True)
