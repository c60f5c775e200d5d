"""Statistics: spread, norms, counts and histograms."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.picking import where
from numpynet.composite.results import keeping, titled
from numpynet.core.dtypes import default_numpy_dtype, scalar_type_name, to_numpy_dtype
from numpynet.core.dtypes import dtype as DType
from numpynet.core.messages import normal_dim
from numpynet.core.tape import Overwritten
from numpynet.core.tensor import Tensor, record, wrap
from numpynet.ops.acceptance import fitting, no_complex, scalar_name
from numpynet.ops.blocks import alone
from numpynet.ops.form import possible
from numpynet.ops.reduction import Dim
from numpynet.ops.sums import HALF

# --- spread ---------------------------------------------------------------------------------------------


@composed(out=True)
def var(
    input: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """The variance Σ (x − x̄)² / (n − correction) over `dim`, with correction 1 unless told otherwise.

    NaN where n is too small. RuntimeError on integers.

    >>> import numpynet
    >>> numpynet.var(numpynet.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    if dim is True or dim is False:  # torch's old form var(input, unbiased)
        dim, unbiased = None, dim
    return ops.var(input, dim, int(unbiased) if correction is None else correction, keepdim)


@composed(out=True)
def std(
    input: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """The standard deviation, the root of `var`; where it is 0 so is its derivative.

    >>> import numpynet
    >>> numpynet.std(numpynet.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    if dim is True or dim is False:  # torch's old form std(input, unbiased)
        dim, unbiased = None, dim
    return ops.std(input, dim, int(unbiased) if correction is None else correction, keepdim)


@composed
def var_mean(
    input: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """The variance and the mean over `dim`.

    >>> import numpynet
    >>> numpynet.var_mean(numpynet.tensor([1.0, 2.0, 4.0]))
    (tensor(2.3333), tensor(2.3333))
    """
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    variance, mean = (
        var(input, dim, unbiased, keepdim, correction=correction),
        ops.mean(input, dim=dim, keepdim=keepdim),
    )
    return titled(variance, "VarMeanBackward0"), titled(mean, "VarMeanBackward0")


@composed
def std_mean(
    input: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean over `dim`.

    >>> import numpynet
    >>> numpynet.std_mean(numpynet.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
    deviation, mean = (
        std(input, dim, unbiased, keepdim, correction=correction),
        ops.mean(input, dim=dim, keepdim=keepdim),
    )
    return titled(deviation, "StdMeanBackward0"), titled(mean, "StdMeanBackward0")


@composed(out=True)
def nanmean(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean over `dim` of what is not NaN; NaN where nothing is left.

    >>> import numpynet
    >>> numpynet.nanmean(numpynet.tensor([1.0, float("nan"), 3.0]))
    tensor(2.)
    """
    kind = input._array.dtype if dtype is None else np.dtype(getattr(dtype, "numpy", dtype))
    if kind.kind != "f" or input._array.dtype.kind != "f":
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {scalar_name(input._array)}, "
            f"and dtype {kind.name}: convert it first, as in x.float()"
        )
    present = ops.sum(ops.logical_not(ops.isnan(input)), dim=dim, keepdim=keepdim)
    return ops.true_divide(ops.nansum(input, dim=dim, keepdim=keepdim, dtype=dtype), present)


@composed
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariances Σ (xᵢ − x̄ᵢ)(xⱼ − x̄ⱼ) / (n − correction) of variables in rows: (V, n) -> (V, V).

    fweights: how often each observation counts, (n,) integers. aweights: how much each counts, (n,). Then means and
    sums are weighted by w = f a, and n is Σ w (with aweights, `correction` counts Σ w a / Σ w times). RuntimeError for
    weights of another shape or dtype, and for negative ones.

    >>> import numpynet
    >>> numpynet.cov(numpynet.tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 1.0]]))
    tensor([[ 1.0000, -1.0000],
            [-1.0000,  1.3333]])
    """
    if input.ndim > 2:
        raise RuntimeError(f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim}")
    if input._array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input: convert it, as in x.float()")
    no_complex("cov", input._array)
    rows = ops.reshape(input, (1, -1)) if input.ndim < 2 else input
    if rows._array.dtype.kind != "f":
        rows = ops.cast(rows, default_numpy_dtype())
    if fweights is not None or aweights is not None:
        return _weighted_cov(rows, correction, fweights, aweights)
    deviation = rows - ops.mean(rows, dim=1, keepdim=True)
    return ops.squeeze(ops.matmul(deviation, deviation.T) / _freedom(rows.shape[1] - correction))


def _freedom(degrees: int) -> int:
    if degrees <= 0:
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            UserWarning,
            stacklevel=4,
        )
    return max(degrees, 0)


def _weighted_cov(rows: Tensor, correction: int, fweights: Tensor | None, aweights: Tensor | None) -> Tensor:
    for name, weights, kinds in (("fweights", fweights, "iu"), ("aweights", aweights, "f")):
        if weights is None:
            continue
        if weights._array.shape != (rows.shape[1],) or weights._array.dtype.kind not in kinds:
            wanted = "integers" if kinds == "iu" else "floating"
            raise RuntimeError(
                f"cov(): expected {name} to be {wanted} of shape ({rows.shape[1]},), one for each observation, but "
                f"they are {weights.dtype} of shape {tuple(weights.shape)}"
            )
        if (weights._array < 0).any():
            raise RuntimeError(f"cov(): {name} cannot be negative")
    if fweights is None or aweights is None:
        w: Any = aweights if fweights is None else fweights
    else:
        w = fweights * aweights
    total = ops.sum(w)
    mean = ops.sum(rows * w, dim=1, keepdim=True) / total
    norm = total - correction if aweights is None else total - correction * ops.sum(w * aweights) / total
    deviation = rows - mean
    return ops.squeeze(ops.matmul(deviation, (deviation * w).T) / ops.clamp(norm, 0))


@composed
def corrcoef(input: Tensor) -> Tensor:
    """The correlation coefficients of variables in rows: their covariances, divided by both standard deviations.

    >>> import numpynet
    >>> numpynet.corrcoef(numpynet.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    covariances = cov(input)
    if not covariances.ndim:
        return covariances / covariances
    spread = ops.sqrt(ops.diagonal(covariances))
    return ops.clamp(covariances / ops.unsqueeze(spread, 1) / spread, -1, 1)


# --- norms and distances --------------------------------------------------------------------------------------


def for_norm(name: str, x: Tensor, dtype: DType | None) -> Tensor:
    """The tensor in the dtype that its norm is to have; RuntimeError for one that is narrower, or of another kind."""
    if dtype is None:
        return x
    given, wanted = x._array.dtype, to_numpy_dtype(dtype, name)
    if given.kind != wanted.kind:
        kind = "complex" if given.kind == "c" else "real"
        raise RuntimeError(f"{name}: dtype should be {kind} for {kind} inputs, but got {scalar_type_name(wanted)}")
    if wanted.itemsize < given.itemsize:
        raise RuntimeError(
            f"{name}: the dtype of the input ({scalar_type_name(given)}) should be convertible without narrowing to "
            f"the specified dtype ({scalar_type_name(wanted)})"
        )
    return x.to(dtype)


def vector_norm(
    x: Tensor, p: float = 2.0, dim: Any = None, keepdim: bool = False, dtype: DType | None = None
) -> Tensor:
    """‖x‖ₚ = (Σ |x|ᵖ)^(1/p) over `dim`; ±inf are the extremes of |x|. Its derivative at 0 is 0.

    RuntimeError on integers.
    """
    if isinstance(p, complex):
        raise RuntimeError("linalg.vector_norm: Expected a non-complex scalar as the order of norm.")
    dim = None if dim is not None and not isinstance(dim, int) and not dim else dim
    if x._array.dtype.kind not in "fc":
        dtype = None  # which does not help: see below
    y: Tensor = ops.norm(for_norm("linalg.vector_norm", x, dtype), p=float(p), dim=dim, keepdim=keepdim)
    if p == 0 and y._node is not None:
        y._move_to(Overwritten([], [], "LinalgVectorNormBackward0"))  # which hands on no gradient, in torch either
    return y


@composed
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """‖input − other‖ₚ over all elements.

    >>> import numpynet
    >>> numpynet.dist(numpynet.tensor([1.0, 2.0]), numpynet.tensor([4.0, 6.0]))
    tensor(5.)
    """
    y = titled(ops.norm(input - other, p=float(p)), "DistBackward0")
    return keeping(y, input, other)  # not the difference


@composed
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Any = None) -> Tensor:
    """The distances ‖x1ᵢ − x2ⱼ‖ₚ of all pairs of rows: (..., N, D) (..., M, D) -> (..., N, M).

    compute_mode: is ignored: differences are always taken, never expanded into products, which loses digits.
    RuntimeError on integers and vectors.

    >>> import numpynet
    >>> numpynet.cdist(numpynet.tensor([[0.0, 0.0]]), numpynet.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    for name, rows in (("X1", x1), ("X2", x2)):
        if rows._array.dtype.kind != "f":
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {scalar_name(rows._array)}")
        if rows.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {rows.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]} in cdist()"
        )
    if x1._array.dtype != x2._array.dtype:
        raise RuntimeError(f"cdist(): X1 and X2 must have the same dtype, not {x1.dtype} and {x2.dtype}: convert one")
    if x1._array.dtype == HALF:
        raise NotImplementedError("\"cdist\" not implemented for 'Half': convert it first, as in x.float()")
    if p < 0:
        raise RuntimeError(f"cdist only supports non-negative p values, but p is {p}")
    return record(ops.cdist, (x1, x2), {"p": float(p)})


@composed
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distances ‖xᵢ − xⱼ‖ₚ of all pairs i < j of rows: (N, D) -> (N (N − 1) / 2,).

    RuntimeError for anything but a matrix of floating-point numbers, and for a negative p.

    >>> import numpynet
    >>> numpynet.pdist(numpynet.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if input._array.dtype.kind != "f":
        raise RuntimeError(f"pdist only supports floating-point dtypes, not {input.dtype}: convert it, as in x.float()")
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values, but p is {p}")
    if input._array.dtype == HALF:
        raise NotImplementedError("\"pdist\" not implemented for 'Half': convert it first, as in x.float()")
    pairs = np.triu_indices(len(input), 1)
    return titled(ops.index(record(ops.cdist, (input, input), {"p": float(p)}), index=pairs), "PdistBackward0")


@composed(out=True)
def diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """The differences of neighbours along `dim`, n times over; of booleans whether they differ.

    prepend, append: tensors put before and behind the input first.

    >>> import numpynet
    >>> numpynet.diff(numpynet.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n} in diff()")
    if not input._array.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    dim = normal_dim(dim, input._array.ndim, "diff")
    whole = [one for one in (prepend, input, append) if one is not None]
    if len(whole) > 1:
        input = ops.cat(whole, dim)
    lead = (slice(None),) * dim
    for _ in range(min(n, input._array.shape[dim])):
        later, earlier = input[(*lead, slice(1, None))], input[(*lead, slice(None, -1))]
        input = ops.logical_xor(later, earlier) if input._array.dtype.kind == "b" else later - earlier
    return input


# --- counts -----------------------------------------------------------------------------------------------


@composed
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements over `dim` are not 0.

    >>> import numpynet
    >>> numpynet.count_nonzero(numpynet.tensor([1.0, 0.0, 2.0]))
    tensor(2)
    """
    if dim is None and input._is_quiet():
        return wrap(np.asarray(np.count_nonzero(input._array)))
    return ops.sum(ops.ne(input, 0), dim=dim)


@composed
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... occurs among integers ≥ 0, or the sum of their weights.

    RuntimeError for negative numbers and more dimensions, NotImplementedError for floats.

    >>> import numpynet
    >>> numpynet.bincount(numpynet.tensor([0, 1, 1, 3]))
    tensor([1, 2, 0, 1])
    """
    array = input._array
    if array.dtype.kind in "fb":
        raise NotImplementedError(
            f"\"bincount\" not implemented for '{scalar_name(array)}': convert it, as in x.long()"
        )
    if array.ndim != 1 or possible(array < alone(0, array.dtype)):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0, but it is {minlength} in bincount()")
    if weights is not None and weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input in bincount()")
    counts = np.bincount(array, None if weights is None else weights._array, minlength)
    single = weights is not None and weights._array.dtype == np.float32
    return wrap(counts.astype(np.float32) if single else counts)


@composed(out=True)
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of `bins` equal intervals from min to max; those outside do not count.

    With min = max the range is that of the elements. RuntimeError when it is not finite or upside down.

    >>> import numpynet
    >>> numpynet.histc(numpynet.tensor([1.0, 2.0, 1.0, 3.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 1.])
    """
    array = input._array
    for bound in (min, max):
        fitting(float(fitting(bound, np.dtype(float))), array.dtype)
    if array.dtype.kind != "f":
        raise NotImplementedError(
            f"\"histogram\" not implemented for '{scalar_name(array)}': convert it, as in x.float()"
        )
    if bins <= 0:
        raise RuntimeError(f"torch.histc(): bins must be > 0, but got {bins}")
    low, high = float(min), float(max)
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low == high:
        low, high = low - 1, high + 1
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    inside = array[(array >= low) & (array <= high)]
    places = ((inside - low) * bins / array.dtype.type(high - low)).astype(np.int64)
    counts = np.bincount(np.minimum(places, bins - 1), minlength=bins)
    return wrap(counts.astype(array.dtype))


@composed(out=True)
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along `dim` whose p-norm is n > maxnorm times maxnorm / (n + 1e-7), the others as they are.

    RuntimeError for p ≤ 0, for maxnorm < 0, and for fewer than 2 dimensions.

    >>> import numpynet
    >>> numpynet.renorm(numpynet.tensor([[3.0, 4.0], [0.5, 0.0]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.5000, 0.0000]])
    """
    if not p > 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if not maxnorm >= 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    along = normal_dim(dim, input.ndim, "renorm")
    input = input.contiguous()  # as is the result
    wide = input.float() if input._array.dtype == np.float16 else input
    others = [one for one in range(input.ndim) if one != along]
    longer = vector_norm(wide.detach(), p, others, True) > maxnorm
    norms = vector_norm(where(longer, wide, 0.0), p, others, True)  # of the others nothing reaches the gradient
    factors = where(longer, maxnorm / (norms + 1e-7), 1.0)
    return titled(input * factors.to(input.dtype), "RenormBackward0")
