"""Norms: of vectors, of matrices, and condition numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpynet import composite, ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.composite.statistics import for_norm, vector_norm
from numpynet.core.dtypes import dtype as DType
from numpynet.core.messages import normal_dim
from numpynet.core.tensor import Tensor
from numpynet.linalg.decompositions import linalg_svdvals
from numpynet.linalg.solving import linalg_inv_ex
from numpynet.ops.acceptance import scalar_name
from numpynet.ops.linear_algebra import require_matrices


def _require_floats(name: str, x: Tensor) -> None:
    if x._array.dtype.kind not in "fc":
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {scalar_name(x._array)}")


@composed(out=True)
def linalg_vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """(Σ |x|ᵖ)^(1/p) with p = `ord` over `dim`, or over everything.

    ±inf are the extremes of |x|, 0 counts what is not 0.

    RuntimeError for integers, and for an extreme of nothing.

    >>> import numpynet
    >>> numpynet.linalg.vector_norm(numpynet.tensor([[3.0], [4.0]]))
    tensor(5.)
    """
    _require_floats("linalg.vector_norm", x)
    shape = x._array.shape
    taken = () if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    lengths = [shape[one] for one in taken if -len(shape) <= one < len(shape)] or shape
    if 0 in lengths and (ord < 0 or ord == math.inf):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {ord:g} norm on an empty tensor because the operation does not "
            f"have an identity"
        )
    dims = dim if dim is None or isinstance(dim, int) else tuple(dim) or None
    return vector_norm(x, ord, dims, keepdim, dtype)


@composed(out=True)
def linalg_matrix_norm(
    A: Tensor,
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """A norm of the matrices in two dimensions.

    ord: "fro" (the root of the sum of squares), "nuc" (the sum of the singular values), 2 and -2 (the largest and the
    smallest of them), 1 and -1 (the largest and the smallest column sum of |x|), inf and -inf (the same of rows).

    >>> import numpynet
    >>> A = numpynet.tensor([[3.0, 0.0], [0.0, -4.0]])
    >>> [numpynet.linalg.matrix_norm(A, ord).item() for ord in ("fro", "nuc", 2, -2, 1, numpynet.inf)]
    [5.0, 7.0, 4.0, 3.0, 4.0, 4.0]
    """
    name = "linalg.matrix_norm"
    require_matrices(name, A._array, square=False)
    _require_floats(name, A)
    if len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    row, column = (normal_dim(one, A.ndim, name) for one in dim)
    if row == column:
        raise RuntimeError(f"{name}: dims must be different. Got ({dim[0]}, {dim[1]})")
    if isinstance(ord, str):
        if ord not in ("fro", "nuc"):
            raise RuntimeError(f"{name}: Order {ord} not supported.")
    elif abs(ord) not in (1, 2, math.inf):
        raise RuntimeError(f"{name}: Order {ord:g} not supported.")
    p: Any = ord
    A = for_norm(name, A, dtype)
    if p == "fro":
        return vector_norm(A, 2, (row, column), keepdim)
    if p == "nuc" or abs(p) == 2:
        values = linalg_svdvals(composite.movedim(A, (row, column), (-2, -1)))
        y = ops.sum(values, -1) if p == "nuc" else (ops.amax if p > 0 else ops.amin)(values, -1)
        for one in sorted((row, column)) if keepdim else ():
            y = titled(ops.unsqueeze(y, one), "PermuteBackward0")
        return y
    summed, kept = (row, column) if abs(p) == 1 else (column, row)
    if not keepdim and kept > summed:
        kept -= 1
    norms = vector_norm(A, 1, summed, keepdim)
    if p > 0 and not norms.shape[kept]:
        return ops.sum(norms, kept, keepdim)  # 0, which is what the largest of none is
    return (ops.amax if p > 0 else ops.amin)(norms, kept, keepdim)


@composed(out=True, asks="input.layout")
def norm(input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """‖x‖ₚ = (Σ |x|ᵖ)^(1/p) over `dim`; "fro" is p = 2, and ±inf are the extremes of |x|. Its derivative at 0 is 0.

    "nuc" is that of a matrix: the sum of its singular values. RuntimeError on integers.

    >>> import numpynet
    >>> numpynet.norm(numpynet.tensor([3.0, 4.0])), numpynet.norm(numpynet.tensor([[3.0, 0.0], [0.0, 4.0]]), "nuc")
    (tensor(5.), tensor(7.))
    """
    if p == "fro" and dim is dtype is None and keepdim is False:
        return ops.norm(input)
    if isinstance(p, str) and (p != "fro" or (isinstance(dim, (tuple, list)) and len(dim) > 2)):
        dims = tuple(range(input.ndim)) if dim is None else (dim,) if isinstance(dim, int) else dim
        return linalg_matrix_norm(input, p, dims, keepdim, dtype=dtype)
    return vector_norm(input, 2.0 if p in ("fro", None) else p, dim, keepdim, dtype)


@composed(out=True)
def linalg_norm(
    A: Tensor,
    ord: float | str | None = None,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """A norm of vectors or matrices: `matrix_norm` with two dimensions and an `ord`, else `vector_norm`.

    Without dimensions: of a vector or matrix as it is, and without an `ord` of all elements.

    >>> import numpynet
    >>> numpynet.linalg.norm(numpynet.tensor([[3.0, 0.0], [0.0, -4.0]]), 1)
    tensor(4.)
    """
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if ord is not None and dims is None and A.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
        )
    if isinstance(ord, str):
        return linalg_matrix_norm(A, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    if ord is None:
        return linalg_vector_norm(A, 2, dims, keepdim, dtype=dtype)
    if dims is None:
        dims = (0,) if A.ndim == 1 else (0, 1)
    if len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if len(dims) == 1:
        return linalg_vector_norm(A, ord, dims, keepdim, dtype=dtype)
    return linalg_matrix_norm(A, ord, dims, keepdim, dtype=dtype)


@composed(out=True)
def linalg_cond(A: Tensor, p: float | str | None = None) -> Tensor:
    """‖X‖ₚ ‖X⁻¹‖ₚ of matrices, by default with p = 2, for which they need not be square: see `matrix_norm`.

    >>> import numpynet
    >>> numpynet.linalg.cond(numpynet.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(2.)
    """
    require_matrices("linalg.cond", A._array, square=False)
    if p is None or (not isinstance(p, str) and abs(p) == 2):
        values = linalg_svdvals(A)
        largest, smallest = values[..., 0], values[..., -1]
        return titled(smallest / largest if p == -2 else largest / smallest, "SqueezeBackward1")
    require_matrices(f"linalg.cond(ord={p})", A._array)
    inverse, info = linalg_inv_ex(A)
    product = linalg_matrix_norm(A, p) * linalg_matrix_norm(inverse, p)
    if info._array.any():
        product = ops.where(ops.eq(info, 0), product, math.inf)
    return titled(product, "NanToNumBackward0")
