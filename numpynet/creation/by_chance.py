"""Sampling: new tensors of random numbers, from the default generator or one's own, in torch's bits."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from numpynet.composite.arguments import composed
from numpynet.composite.results import undifferentiable
from numpynet.core import dtypes
from numpynet.core.modes import flags
from numpynet.core.tape import Overwritten, as_array
from numpynet.core.tensor import Tensor, wrap
from numpynet.creation.arguments import Kind, floating, integer, new_array, require_settled, settled, sizes
from numpynet.ops.form import Array
from numpynet.ops.layout import axes_like, axes_of, made, memory_format, preserve_format
from numpynet.ops.plan import NOT_IMPLEMENTED
from numpynet.random.fills import in_memory_order, normals_of
from numpynet.random.generator import Generator, chosen, default_generator

__all__ = [
    "bernoulli",
    "multinomial",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


def _uniform(shape: tuple[int, ...], kind: np.dtype[Any]) -> Array:
    return default_generator.uniform(shape, 0.0, 1.0, kind)


def _normal(shape: tuple[int, ...], kind: np.dtype[Any]) -> Array:
    return default_generator.normal(shape, 0.0, 1.0, kind)


def rand(
    *args: Any,
    size: Any = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Numbers uniform in [0, 1), of the default dtype or a floating one.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """
    if generator is size is out is layout is dtype is device is None and requires_grad is pin_memory is False:
        return wrap(new_array(_uniform, "rand", args, None, dtypes.default_numpy_dtype()))
    require_settled("rand", layout, device, pin_memory, requires_grad, dtype, out)
    kind = floating(dtype, "rand", out)
    draw = chosen(generator, "rand").uniform
    array = new_array(lambda shape, kind: draw(shape, 0.0, 1.0, kind), "rand", args, size, kind)
    return settled("rand", array, layout, device, pin_memory, requires_grad, dtype, out)


def randn(
    *args: Any,
    size: Any = None,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Normal numbers of mean 0 and variance 1.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    if generator is size is out is layout is dtype is device is None and requires_grad is pin_memory is False:
        return wrap(new_array(_normal, "randn", args, None, dtypes.default_numpy_dtype()))
    require_settled("randn", layout, device, pin_memory, requires_grad, dtype, out)
    kind = floating(dtype, "randn", out)
    draw = chosen(generator, "randn").normal
    array = new_array(lambda shape, kind: draw(shape, 0.0, 1.0, kind), "randn", args, size, kind)
    return settled("randn", array, layout, device, pin_memory, requires_grad, dtype, out)


@composed(out=True)
def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Integers from low up to but without high, int64 unless told otherwise; ``randint(high, size)`` starts at 0.

    RuntimeError when low >= high.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.randint(10, (5,))
    tensor([4, 9, 3, 0, 3])
    """
    if size is None:
        low, high, size = (0, low, high) if type(high) is not int else (low, high, None)
    if high is None:
        low, high = 0, low
    if size is None or high is None:
        missing = "size" if size is None else "high"
        raise TypeError(f'randint() missing 1 required positional arguments: "{missing}"')
    low = 0 if low is None else low
    if type(low) is not int or type(high) is not int:
        low, high = integer(low, "randint", "low", 1), integer(high, "randint", "high", 2)
    shape = sizes((size,), "randint")
    if generator is layout is dtype is device is None and pin_memory is requires_grad is False:
        return wrap(default_generator.integers(shape, low, high))
    kind = dtypes.int64.numpy if dtype is None else dtypes.to_numpy_dtype(dtype, "randint")
    require_settled("randint", layout, device, pin_memory, requires_grad)
    array = chosen(generator, "randint").integers(shape, low, high, kind)
    return settled("randint", array, layout, device, pin_memory, requires_grad)


@composed(out=True)
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The integers from 0 to n − 1 in random order.

    TypeError where n is no integer, RuntimeError where the dtype does not hold all of them.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.randperm(5)
    tensor([4, 0, 1, 3, 2])
    """
    if generator is layout is dtype is device is None and pin_memory is requires_grad is False:
        return wrap(default_generator.permutation(operator.index(n)))
    kind = dtypes.int64.numpy if dtype is None else dtypes.to_numpy_dtype(dtype, "randperm")
    count = operator.index(n)
    require_settled("randperm", layout, device, pin_memory, requires_grad)
    draw = chosen(generator, "randperm").permutation
    if kind is dtypes.int64.numpy:
        order = draw(count)
    else:
        _require_permuted(kind, count)
        order = draw(count).astype(kind)
    return settled("randperm", order, layout, device, pin_memory, requires_grad)


def _require_permuted(kind: np.dtype[Any], count: int) -> None:
    """NotImplementedError for truth values, RuntimeError for a dtype that does not hold so many numbers from 0 on."""
    if kind.kind == "b":
        raise NotImplementedError("\"randperm\" not implemented for 'Bool': make integers, as in randperm(n) > 0")
    if count > (2 ** (np.finfo(kind).nmant + 1) + 1 if kind.kind == "f" else np.iinfo(kind).max + 1):
        raise RuntimeError(
            f"randperm(): {count} is too large for {dtypes.from_numpy_dtype(kind)}, which does not hold it"
        )


@composed(out=True)
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers of that mean and std: two numbers with a size, or tensors with a value for each element.

    RuntimeError for a negative std, TypeError for a size that is a number.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.normal(0, 0.01, (2, 1))
    tensor([[ 0.0154],
            [-0.0029]])
    """
    require_settled("normal", layout, device, pin_memory, requires_grad)
    source = chosen(generator, "normal")
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        moments = [one._array if isinstance(one, Tensor) else float(one) for one in (mean, std)]
        array = as_array(source.normal_around(*moments))
        drawn = settled("normal", array, layout, device, pin_memory, requires_grad)
        number = 1 if not isinstance(std, Tensor) else 3 if isinstance(mean, Tensor) else 2
        return drawn_from([one for one in (mean, std) if isinstance(one, Tensor)], drawn, f"NormalBackward{number}")
    if size is None or isinstance(size, int):
        raise TypeError(
            f"normal() of two numbers needs a size that is a tuple of int, as in normal(0, 1, (3,)): {size}"
        )
    array = source.normal(sizes((size,), "normal"), mean, std, floating(dtype, "normal"))
    return settled("normal", array, layout, device, pin_memory, requires_grad)


@composed(out=True)
def bernoulli(input: Tensor, p: Any = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element of the input gives, else 0, in the input's dtype.

    p: a number, which is the probability of all in place of the input's elements; no backward pass leads through what
    is drawn so. RuntimeError for a probability outside [0, 1].

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.bernoulli(numpynet.tensor([0.5, 0.5, 0.5]))
    tensor([1., 0., 1.])
    """
    if p is not None:
        drawn = wrap(np.empty_like(input._array)).bernoulli_(p, generator=generator)
        message = "derivative for aten::bernoulli is not implemented: detach() what it is drawn for"
        return undifferentiable(drawn_from([input], drawn, NOT_IMPLEMENTED), NOT_IMPLEMENTED, message)
    probabilities = input._array
    happened = chosen(generator, "bernoulli").bernoulli_array(probabilities).astype(probabilities.dtype)
    return drawn_from([input], wrap(as_array(happened)), "BernoulliBackward0")


def drawn_from(operands: list[Tensor], drawn: Tensor, title: str) -> Tensor:
    """What was drawn, whose gradient by the distribution's parameters is 0 to torch."""
    counted = [one for one in operands if one.requires_grad]
    if counted and flags.enabled:
        drawn._move_to(Overwritten([one._edge() for one in counted], [one._array.shape for one in counted], title))
    return drawn


@composed(out=True)
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn with probabilities in proportion to the input, (N,) -> (num_samples,) or row by row.

    RuntimeError for negative or non-finite weights, and for more samples than nonzero weights.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.multinomial(numpynet.tensor([0.0, 10.0, 3.0, 0.0]), 2)
    tensor([1, 2])
    """
    source = chosen(generator, "multinomial")
    return wrap(source.multinomial(input._array, num_samples, replacement))


def _memory_like(input: Tensor, dtype: Kind, wanted: memory_format | None, operation: str) -> Array:
    """Memory as for the numbers to be drawn: in the input's order, which may be the input's own, or in the one wanted.

    It is only looked at, and not written to.
    """
    array = input._array
    if dtype is None and wanted is None and array.flags.c_contiguous:
        return array
    kind = array.dtype if dtype is None else dtypes.to_numpy_dtype(dtype, operation)
    axes = axes_like(array) if wanted is None or wanted is preserve_format else axes_of(wanted, array.ndim)
    return made(np.empty, array.shape, kind, axes)


@composed
def rand_like(
    input: Tensor,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Numbers uniform in [0, 1) in the shape, dtype and layout of another tensor.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.rand_like(numpynet.zeros(3))
    tensor([0.4963, 0.7682, 0.0885])
    """
    source = chosen(generator, "rand_like")
    require_settled("rand_like", layout, device, pin_memory, requires_grad)
    memory = _memory_like(input, dtype, memory_format, "rand_like")
    drawn = in_memory_order(memory, lambda shape: source.uniform(shape, 0.0, 1.0, memory.dtype))
    return settled("rand_like", drawn, layout, device, pin_memory, requires_grad)


@composed
def randn_like(
    input: Tensor,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Normal numbers in the shape, dtype and layout of another tensor.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.randn_like(numpynet.zeros(3))
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    require_settled("randn_like", layout, device, pin_memory, requires_grad)
    memory = _memory_like(input, dtype, memory_format, "randn_like")
    draw = normals_of(chosen(generator, "randn_like"), memory)
    drawn = in_memory_order(memory, lambda shape: draw(shape, 0.0, 1.0, memory.dtype))
    return settled("randn_like", drawn, layout, device, pin_memory, requires_grad)


@composed
def randint_like(
    input: Tensor,
    low: int | None = None,
    high: int | None = None,
    *,
    dtype: Kind = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Integers from low up to but without high in the shape, dtype and layout of another tensor.

    ``randint_like(input, high)`` and ``randint_like(input, high=high)`` start at 0. TypeError where high is missing,
    RuntimeError when low >= high.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.randint_like(numpynet.zeros(3), 10)
    tensor([4., 9., 3.])
    """
    low, high = (0, low) if high is None else (0 if low is None else low, high)
    if high is None:
        raise TypeError('randint_like() missing 1 required positional arguments: "high"')
    source = chosen(generator, "randint_like")
    require_settled("randint_like", layout, device, pin_memory, requires_grad)
    memory = _memory_like(input, dtype, memory_format, "randint_like")
    drawn = in_memory_order(memory, lambda shape: source.integers(shape, low, high, memory.dtype))
    return settled("randint_like", drawn, layout, device, pin_memory, requires_grad)
