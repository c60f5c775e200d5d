"""Fills: tensors overwritten with random numbers, as methods of a tensor.

A tensor whose elements lie in another order than its indices (a transposed one) takes the draws in the
order of its memory, as torch does. What a tensor on the tape held before no longer counts for its gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet.composite.arguments import composed
from numpynet.core.modes import flags
from numpynet.core.tensor import Tensor, wrap
from numpynet.core.views import writeable
from numpynet.ops.acceptance import no_complex
from numpynet.ops.form import Array
from numpynet.random.generator import Generator, chosen

Draw = Callable[[tuple[int, ...]], Any]


def in_memory_order(array: Array, draw: Draw) -> Any:
    """What `draw` gives for the shape of an array, in the order of its memory."""
    if array.flags.c_contiguous:
        return draw(array.shape)
    order = np.argsort([-stride for stride in array.strides], kind="stable")
    return draw(tuple(array.shape[axis] for axis in order)).transpose(np.argsort(order))


def normals_of(source: Generator, array: Array) -> Callable[..., Any]:
    """How torch draws normal numbers for an array: in another way where its memory has gaps or another order."""
    return source.normal if array.flags.c_contiguous else source.normal_elementwise


def _fill(tensor: Tensor, title: str, draw: Draw) -> Tensor:
    """Overwrites a tensor with what `draw` gives for its shape, in the order of its memory.

    title: of the node of a tensor on the tape.
    """
    array = tensor._array
    if tensor._is_quiet() and tensor._writes[0] >= 0:
        writeable(array)[...] = in_memory_order(array, draw)
        tensor._writes[0] += 1
        return tensor
    recorded = flags.enabled
    if recorded:
        tensor._refuse_overwriting()  # before anything is drawn
    drawn = in_memory_order(array, draw)
    if recorded and tensor.requires_grad:
        tensor._put(wrap(drawn), title)
    else:
        tensor._write(drawn)
    return tensor


@composed
def uniform_(self: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fills with numbers between the two bounds, the upper one excluded.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.empty(2).uniform_(-1, 1)
    tensor([-0.0075,  0.5364])
    """
    source = chosen(generator, "uniform_")
    return _fill(self, "UniformBackward0", lambda shape: source.uniform(shape, from_, to, self._array.dtype))


@composed
def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fills with normal numbers; RuntimeError for a negative std.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.empty(2).normal_()
    tensor([ 1.5410, -0.2934])
    """
    source = chosen(generator, "normal_")
    draw = normals_of(source, self._array)
    return _fill(self, "NormalBackward0", lambda shape: draw(shape, mean, std, self._array.dtype))


@composed
def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fills with exponentials of normal numbers of that mean and std.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.empty(2).log_normal_(0, 1)
    tensor([4.6692, 0.7457])
    """
    source = chosen(generator, "log_normal_")
    return _fill(self, "LogNormalBackward0", lambda shape: source.log_normal(shape, mean, std, self._array.dtype))


@composed
def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fills with waiting times for events of rate `lambd`; see `Generator.exponential`.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.empty(2).exponential_()
    tensor([3.5083, 1.2304])
    """
    source = chosen(generator, "exponential_")
    return _fill(self, "ExponentialBackward0", lambda shape: source.exponential(shape, lambd, self._array.dtype))


@composed
def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fills with Cauchy numbers; see `Generator.cauchy`.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.empty(2).cauchy_()
    tensor([10.5977,  0.7648])
    """
    source = chosen(generator, "cauchy_")
    return _fill(self, "CauchyBackward0", lambda shape: source.cauchy(shape, median, sigma, self._array.dtype))


@composed
def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fills with numbers of trials until the first success of probability p.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.empty(4).geometric_(0.5)
    tensor([1., 1., 2., 1.])
    """
    source = chosen(generator, "geometric_")
    return _fill(self, "GeometricBackward0", lambda shape: source.geometric(shape, p, self._array.dtype))


@composed
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fills with 1 with probability p, else 0; p is a number or a tensor that broadcasts.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.empty(4).bernoulli_(0.5)
    tensor([0., 0., 1., 0.])
    """
    source = chosen(generator, "bernoulli_")
    no_complex("bernoulli_", self._array)
    if hasattr(p, "_array"):
        return _fill(self, "BernoulliBackward1", lambda shape: source.bernoulli_array(np.broadcast_to(p._array, shape)))
    return _fill(self, "BernoulliBackward2", lambda shape: source.bernoulli(shape, p))


@composed
def random_(
    self: Tensor, from_: int | None = None, to: int | None = None, *, generator: Generator | None = None
) -> Tensor:
    """Fills with integers from `from_` up to but without `to`; with one argument from 0 up to it.

    Without arguments: every integer from 0 that the dtype holds exactly is as likely.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.empty(4).random_(0, 10)
    tensor([4., 9., 3., 0.])
    """
    source = chosen(generator, "random_")
    kind = self._array.dtype
    if from_ is None and to is None:
        return _fill(self, "RandomBackward2", lambda shape: source.nonnegative_integers(shape, kind))
    if from_ is None or to is None:
        low, high, title = 0, to if from_ is None else from_, "RandomBackward1"
    else:
        low, high, title = from_, to, "RandomBackward0"
    return _fill(self, title, lambda shape: source.integers(shape, low, high, kind))
