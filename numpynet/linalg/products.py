"""Products: of vectors, of many matrices, and matrices made of powers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from numpynet import ops
from numpynet.composite.arguments import composed, written
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor, record
from numpynet.ops import linear_algebra as algebra
from numpynet.ops.acceptance import no_booleans, scalar_name
from numpynet.ops.arguments import require


@composed(out=True)
def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """a × b of vectors of 3 along `dim`, the other dimensions broadcast. RuntimeError for other sizes.

    >>> import numpynet
    >>> numpynet.linalg.cross(numpynet.tensor([1.0, 0.0, 0.0]), numpynet.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    dim = normal_dim(dim, input.ndim, "linalg.cross")
    if input.shape[dim] != 3 or other.shape[dim] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[dim]} and {other.shape[dim]}"
        )
    no_booleans("cross", input._array)
    if input._array.dtype != other._array.dtype:
        raise RuntimeError(
            f"linalg.cross: expected scalar type {scalar_name(input._array)} but found {scalar_name(other._array)}"
        )
    return record(algebra.cross, (input, other), {"dim": dim})


@composed(out=True)
def linalg_vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Σ x̄ᵢ yᵢ along `dim`, the other dimensions broadcast: the first vector is conjugated.

    >>> import numpynet
    >>> numpynet.linalg.vecdot(numpynet.tensor([1.0, 2.0]), numpynet.tensor([3.0, 4.0]))
    tensor(11.)
    """
    if x._array.dtype != y._array.dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found {x.dtype} and {y.dtype}: convert one"
        )
    return ops.sum(ops.mul(x.conj(), y), dim)


def linalg_multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The product of two or more matrices, in the order of the fewest multiplications; the outer ones may be vectors.

    RuntimeError for other ranks, and sizes that do not fit.

    >>> import numpynet
    >>> numpynet.linalg.multi_dot([numpynet.ones(2, 3), numpynet.ones(3, 4), numpynet.ones(4)])
    tensor([12., 12.])
    """
    require("linalg_multi_dot", (tensors,))
    matrices = list(tensors)
    if len(matrices) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(matrices)}")
    last = len(matrices) - 1
    for place, one in enumerate(matrices):
        if one.ndim != 2 and not (one.ndim == 1 and place in (0, last)):
            kinds = "1D or 2D" if place in (0, last) else "2D"
            raise RuntimeError(f"multi_dot(): tensor {place} must be {kinds} but got {one.ndim}D")
    shape = [*matrices[0].shape[:-1], *matrices[-1].shape[1:]]
    matrices[0] = ops.unsqueeze(matrices[0], 0) if matrices[0].ndim == 1 else matrices[0]
    matrices[-1] = ops.unsqueeze(matrices[-1], 1) if matrices[-1].ndim == 1 else matrices[-1]
    for place, (left, right) in enumerate(pairwise(matrices)):
        if left.shape[1] != right.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {place} and {place + 1} with shapes {list(left.shape)} and {list(right.shape)} "
                f"cannot be multiplied"
            )
    sizes = [one.shape[0] for one in matrices] + [matrices[-1].shape[1]]
    product = ops.reshape(_multiplied(matrices, _cheapest(sizes), 0, last), shape)
    return product if out is None else written("multi_dot", out, product, tensors)


def _cheapest(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to split each run of matrices, by dynamic programming (Cormen et al., Introduction to Algorithms, 15.2)."""
    count = len(sizes) - 1
    cost: dict[tuple[int, int], int] = {(i, i): 0 for i in range(count)}
    split = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
    return split


def _multiplied(matrices: Sequence[Tensor], split: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    if i == j:
        return matrices[i]
    k = split[i, j]
    return ops.matmul(_multiplied(matrices, split, i, k), _multiplied(matrices, split, k + 1, j))


@composed
def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices, as `numpynet.diagonal`, but of the last two dimensions by default.

    >>> import numpynet
    >>> numpynet.linalg.diagonal(numpynet.eye(2).expand(3, 2, 2)).shape
    torch.Size([3, 2])
    """
    return ops.diagonal(A, offset, dim1, dim2)


@composed
def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """The powers x⁰, x¹, ..., xᴺ⁻¹ in a last dimension: (..., n) -> (..., n, N), by default N = n.

    >>> import numpynet
    >>> numpynet.linalg.vander(numpynet.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [1, 2, 4],
            [1, 3, 9]])
    """
    count = (x.shape[-1] if x.ndim else 1) if N is None else N
    if not x.ndim or count <= 1:
        raise RuntimeError("N must be greater than 1.")
    return powers(x, count)


def powers(x: Tensor, count: int) -> Tensor:
    """x⁰, x¹, ... in a last dimension, so many."""
    if count < 2:
        return x.new_ones((*x.shape, count))
    columns = ops.expand(ops.unsqueeze(x, -1), size=(*x.shape, count - 1))
    return ops.cat([x.new_ones((*x.shape, 1)), ops.cumprod(columns, -1)], -1)
