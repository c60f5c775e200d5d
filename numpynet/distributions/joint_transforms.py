"""Transforms of vectors, of matrices and of parts of tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpynet import linalg
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.distributions import constraints
from numpynet.distributions.composition import Transform
from numpynet.distributions.constraints import Constraint
from numpynet.distributions.elementwise import WithoutParameters, clipped_sigmoid
from numpynet.distributions.parameters import library, sum_rightmost, tril_matrix_to_vec, vec_to_tril_matrix

_functional = library.nn.functional


def _require_dimensions(shape: Size, count: int) -> None:
    if len(shape) < count:
        raise ValueError(f"Too few dimensions on input: {len(shape)}, of {count}")


class SoftmaxTransform(WithoutParameters):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ, of which ln y is one inverse of many.

    >>> import numpynet
    >>> from numpynet.distributions import SoftmaxTransform
    >>> SoftmaxTransform()(numpynet.tensor([0.0, 0.0]))
    tensor([0.5000, 0.5000])
    """

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        weights = (x - x.max(-1, True)[0]).exp()
        return weights / weights.sum(-1, True)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def forward_shape(self, shape: Size) -> Size:
        _require_dimensions(shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(WithoutParameters):
    """Shares y₁, ..., yₙ₊₁ of a stick, of n numbers: zᵢ = sigmoid(xᵢ − ln(n + 1 − i)) of what is left breaks off.

    >>> import numpynet
    >>> from numpynet.distributions import StickBreakingTransform
    >>> StickBreakingTransform()(numpynet.zeros(3))
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    domain, codomain = constraints.real_vector, constraints.simplex
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        broken = clipped_sigmoid(x - _pieces_left(x).log())
        left = (1 - broken).cumprod(-1)
        return _functional.pad(broken, [0, 1], value=1) * _functional.pad(left, [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        first = y[..., :-1]
        left = (1 - first.cumsum(-1)).clamp(min=library.finfo(y.dtype).tiny)
        return first.log() - left.log() + _pieces_left(first).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = x - _pieces_left(x).log()
        return (-x + _functional.logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Size) -> Size:
        _require_dimensions(shape, 1)
        return Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Size) -> Size:
        _require_dimensions(shape, 1)
        return Size((*shape[:-1], shape[-1] - 1))


def _pieces_left(x: Tensor) -> Tensor:
    """n, n − 1, ..., 1."""
    return x.shape[-1] + 1 - x.new_ones(x.shape[-1]).cumsum(-1)


class LowerCholeskyTransform(WithoutParameters):
    """Lower triangular matrices with e^xᵢᵢ in the diagonal, of any.

    >>> import numpynet
    >>> from numpynet.distributions import LowerCholeskyTransform
    >>> LowerCholeskyTransform()(numpynet.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(WithoutParameters):
    """L Lᵀ, of the `LowerCholeskyTransform` L of any matrix.

    >>> import numpynet
    >>> from numpynet.distributions import PositiveDefiniteTransform
    >>> PositiveDefiniteTransform()(numpynet.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain, codomain = constraints.independent(constraints.real, 2), constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(linalg.cholesky(y))


class CorrCholeskyTransform(Transform):
    """Cholesky factors of n × n correlation matrices, of n (n − 1) / 2 numbers: the squares of a row break a stick.

    Below the diagonal yᵢⱼ = tanh(xᵢⱼ) √(1 − Σ yᵢₖ²) over k < j; in it is what makes a row's length 1.

    >>> import numpynet
    >>> from numpynet.distributions import CorrCholeskyTransform
    >>> CorrCholeskyTransform()(numpynet.tensor([0.6931]))
    tensor([[1.0000, 0.0000],
            [0.6000, 0.8000]])
    """

    domain, codomain = constraints.real_vector, constraints.corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        eps = library.finfo(x.dtype).eps
        below = vec_to_tril_matrix(x.tanh().clamp(min=eps - 1, max=1 - eps), diag=-1)
        left = (1 - below**2).sqrt().cumprod(-1)
        identity = library.eye(below.shape[-1], dtype=x.dtype)
        return (below + identity) * _functional.pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        left = _functional.pad(1 - (y * y).cumsum(-1)[..., :-1], [1, 0], value=1)
        tanh = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(left, diag=-1).sqrt()
        return (tanh.log1p() - tanh.neg().log1p()) / 2

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """ln |det ∂y/∂x|, of the y below the diagonal."""
        left = tril_matrix_to_vec(1 - (y * y).cumsum(-1), diag=-2)
        of_tanh = -2 * (x + _functional.softplus(-2 * x) - math.log(2.0)).sum(-1)
        return 0.5 * left.log().sum(-1) + of_tanh

    def forward_shape(self, shape: Size) -> Size:
        _require_dimensions(shape, 1)
        n = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != shape[-1]:
            raise ValueError(f"Input is not a flattened lower-diagonal number: {shape[-1]}")
        return Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: Size) -> Size:
        _require_dimensions(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError(f"Input is not square: {shape[-2]} x {shape[-1]}")
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


class ReshapeTransform(Transform):
    """The last dimensions, of the shape in_shape, in another one.

    >>> import numpynet
    >>> from numpynet.distributions import ReshapeTransform
    >>> ReshapeTransform((4,), (2, 2))(numpynet.zeros(3, 4)).shape
    torch.Size([3, 2, 2])
    """

    bijective = True

    def __init__(self, in_shape: Sequence[int], out_shape: Sequence[int], cache_size: int = 0) -> None:
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError(f"in_shape, out_shape have different numbers of elements: {in_shape}, {out_shape}")
        super().__init__(cache_size)

    def _arguments(self) -> tuple[Any, ...]:
        return self.in_shape, self.out_shape

    @property
    def domain(self) -> Constraint:
        return constraints.independent(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> Constraint:
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[: x.ndim - len(self.in_shape)] + self.out_shape)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape(y.shape[: y.ndim - len(self.out_shape)] + self.in_shape)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x.new_zeros(x.shape[: x.ndim - len(self.in_shape)])

    def forward_shape(self, shape: Size) -> Size:
        return _with_ending(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Size) -> Size:
        return _with_ending(shape, self.out_shape, self.in_shape)


def _with_ending(shape: Size, old: Size, new: Size) -> Size:
    """A shape with another ending."""
    _require_dimensions(shape, len(old))
    cut = len(shape) - len(old)
    if tuple(shape[cut:]) != tuple(old):
        raise ValueError(f"Shape mismatch: expected {shape[cut:]} but got {old}")
    return Size(shape[:cut]) + new


class _OfParts(Transform):
    """One transform for each part of a tensor along a dimension."""

    def __init__(self, tseq: Sequence[Transform], dim: int, cache_size: int) -> None:
        if not all(isinstance(one, Transform) for one in tseq):
            raise AssertionError(f"all elements of tseq must be Transforms: {list(tseq)!r}")
        super().__init__(cache_size)
        self.transforms = [one.with_cache(cache_size) for one in tseq] if cache_size else list(tseq)
        self.bijective = all(one.bijective for one in tseq)
        self.dim = dim

    def _require_size(self, whole: Tensor, length: int) -> None:
        """AssertionError unless the dimension is there and has that size."""
        if not -whole.ndim <= self.dim < whole.ndim:
            raise AssertionError(f"dim {self.dim} is out of range for a tensor of {whole.ndim} dimensions")
        if whole.shape[self.dim] != length:
            raise AssertionError(f"dimension {self.dim} must have the size {length}, not {whole.shape[self.dim]}")

    def _divided(self, whole: Tensor) -> Sequence[Tensor]:
        raise NotImplementedError

    def _joined(self, parts: list[Tensor]) -> Tensor:
        raise NotImplementedError

    def _call(self, x: Tensor) -> Tensor:
        return self._joined([one(part) for one, part in zip(self.transforms, self._divided(x), strict=True)])

    def _inverse(self, y: Tensor) -> Tensor:
        return self._joined([one.inv(part) for one, part in zip(self.transforms, self._divided(y), strict=True)])

    def _log_abs_det_jacobians(self, x: Tensor, y: Tensor) -> list[Tensor]:
        triples = zip(self.transforms, self._divided(x), self._divided(y), strict=True)
        return [one.log_abs_det_jacobian(of_x, of_y) for one, of_x, of_y in triples]


class CatTransform(_OfParts):
    """One transform each for parts of the given lengths along a dimension, as of `cat`.

    >>> import numpynet
    >>> from numpynet.distributions import CatTransform, ExpTransform, identity_transform
    >>> CatTransform([ExpTransform(), identity_transform], lengths=[1, 2])(numpynet.zeros(3))
    tensor([1., 0., 0.])
    """

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(tseq) if lengths is None else list(lengths)
        if len(self.lengths) != len(tseq):
            raise AssertionError(f"{len(self.lengths)} lengths are given for {len(tseq)} transforms")

    def _arguments(self) -> tuple[Any, ...]:
        return self.transforms, self.dim, self.lengths

    @property
    def length(self) -> int:
        """The size of the dimension."""
        return sum(self.lengths)

    @property
    def event_dim(self) -> int:
        return max(one.event_dim for one in self.transforms)

    @property
    def domain(self) -> Constraint:
        return constraints.cat([one.domain for one in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Constraint:
        return constraints.cat([one.codomain for one in self.transforms], self.dim, self.lengths)

    def _divided(self, whole: Tensor) -> Sequence[Tensor]:
        self._require_size(whole, self.length)
        return whole.split(self.lengths, self.dim)

    def _joined(self, parts: list[Tensor]) -> Tensor:
        return library.cat(parts, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        terms = [
            sum_rightmost(term, self.event_dim - one.event_dim)
            for one, term in zip(self.transforms, self._log_abs_det_jacobians(x, y), strict=True)
        ]
        dim = self.dim - x.ndim * (self.dim >= 0) + self.event_dim
        return library.cat(terms, dim) if dim < 0 else sum(terms[1:], terms[0])


class StackTransform(_OfParts):
    """One transform for each index of a dimension, as of `stack`.

    >>> import numpynet
    >>> from numpynet.distributions import ExpTransform, StackTransform, identity_transform
    >>> StackTransform([ExpTransform(), identity_transform])(numpynet.zeros(2))
    tensor([1., 0.])
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    def _arguments(self) -> tuple[Any, ...]:
        return self.transforms, self.dim

    @property
    def domain(self) -> Constraint:
        return constraints.stack([one.domain for one in self.transforms], self.dim)

    @property
    def codomain(self) -> Constraint:
        return constraints.stack([one.codomain for one in self.transforms], self.dim)

    def _divided(self, whole: Tensor) -> Sequence[Tensor]:
        self._require_size(whole, len(self.transforms))
        return whole.unbind(self.dim)

    def _joined(self, parts: list[Tensor]) -> Tensor:
        return library.stack(parts, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self._joined(self._log_abs_det_jacobians(x, y))
