"""Parameters: brought to one shape, and probabilities and logits made of each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpynet
from numpynet.core.tensor import Tensor

library: Any = numpynet  # its functions, as a user writes them
EULER = 0.5772156649015329  # γ, the limit of 1 + 1/2 + ... + 1/n − ln n


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; ValueError for anything else.

    >>> import numpynet
    >>> from numpynet.distributions.utils import broadcast_all
    >>> broadcast_all(numpynet.tensor([1.0, 2.0]), 3)
    (tensor([1., 2.]), tensor([3., 3.]))
    """
    if not all(isinstance(one, (Tensor, int, float)) for one in values):
        raise ValueError("Input arguments must all be instances of Number, torch.Tensor or objects implementing it.")
    like = next((one for one in values if isinstance(one, Tensor)), None)
    kind = library.get_default_dtype() if like is None else like.dtype
    tensors = [one if isinstance(one, Tensor) else library.tensor(one, dtype=kind) for one in values]
    return tuple(library.broadcast_tensors(*tensors))


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept away from 0 and 1 by an ε, so that their logits are finite.

    >>> import numpynet
    >>> from numpynet.distributions.utils import clamp_probs
    >>> clamp_probs(numpynet.tensor([0.0, 0.5]))
    tensor([1.1921e-07, 5.0000e-01])
    """
    eps = library.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """ln p, or ln(p / (1 − p)) of two outcomes.

    >>> import numpynet
    >>> from numpynet.distributions.utils import probs_to_logits
    >>> probs_to_logits(numpynet.tensor([0.5, 0.75]), is_binary=True)
    tensor([0.0000, 1.0986])
    """
    kept = clamp_probs(probs)
    return library.log(kept) - library.log1p(-kept) if is_binary else library.log(kept)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """The softmax, or of two outcomes the sigmoid.

    >>> import numpynet
    >>> from numpynet.distributions.utils import logits_to_probs
    >>> logits_to_probs(numpynet.tensor([0.0, 0.0]))
    tensor([0.5000, 0.5000])
    """
    return library.sigmoid(logits) if is_binary else library.nn.functional.softmax(logits, dim=-1)


def standard_normal(shape: Any, like: Tensor) -> Tensor:
    """As many standard normal numbers as torch draws for a distribution."""
    return library.empty(shape, dtype=like.dtype).normal_()


def _lower_triangle(size: int, diag: int) -> Tensor:
    """Where a matrix of that size has the elements up to its diagonal of that number."""
    return library.ones(size, size, dtype=library.bool).tril(diag)


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The elements of lower triangular matrices up to a diagonal, row by row. ValueError for a diagonal outside.

    >>> import numpynet
    >>> from numpynet.distributions.utils import tril_matrix_to_vec
    >>> tril_matrix_to_vec(numpynet.tensor([[1.0, 0.0], [2.0, 3.0]]))
    tensor([1., 2., 3.])
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    return mat[..., _lower_triangle(n, diag)]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The inverse of `tril_matrix_to_vec`. ValueError for a vector whose length fits no matrix.

    >>> import numpynet
    >>> from numpynet.distributions.utils import vec_to_tril_matrix
    >>> vec_to_tril_matrix(numpynet.tensor([1.0, 2.0, 3.0]))
    tensor([[1., 0.],
            [2., 3.]])
    """
    count, slope = vec.shape[-1], 1 + 2 * diag  # of n rows: n² + slope n = 2 count + |diag| (diag + 1)
    n = round(root := (math.sqrt(slope**2 + 8 * count + 4 * abs(diag) * (diag + 1)) - slope) / 2)
    if n - root > library.finfo(vec.dtype).eps:
        raise ValueError(f"{count} elements, of the last dimension, are no lower triangular part of a square matrix")
    matrix = vec.new_zeros((*vec.shape[:-1], n, n))
    matrix[..., _lower_triangle(n, diag)] = vec
    return matrix


def sum_rightmost(value: Tensor, count: int) -> Tensor:
    """The sums over so many last dimensions."""
    return value if count == 0 else value.reshape((*value.shape[:-count], -1)).sum(-1)


class lazy_property:
    """A property that is computed, with gradients, when it is first asked for, and kept.

    >>> from numpynet.distributions.utils import lazy_property
    >>> class Square:
    ...     @lazy_property
    ...     def area(self):
    ...         print("computed")
    ...         return 4
    >>> square = Square()
    >>> square.area + square.area
    computed
    8
    """

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute, self.name = compute, compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with library.enable_grad():
            value = self.compute(instance)
        setattr(instance, self.name, value)
        return value
