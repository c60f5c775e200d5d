"""Poisson, binomial, gamma and Dirichlet numbers with torch's bits. Imported when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from numpynet.composite.arguments import composed
from numpynet.core.modes import flags
from numpynet.core.tensor import Tensor, wrap
from numpynet.creation.by_chance import drawn_from
from numpynet.ops.acceptance import scalar_name
from numpynet.random import rejection
from numpynet.random.generator import Generator, chosen


def _sources(generator: Generator) -> tuple[rejection.Source, rejection.Source]:
    """What gives one uniform and one normal number of the generator's at a time."""
    return partial(_first, generator.few_uniforms), partial(_first, generator.few_normals)


def _first(draw: Callable[[int], list[float]]) -> float:
    return draw(1)[0]


def _collected(numbers: Iterable[float], like: Any) -> Any:
    return np.fromiter(numbers, np.float64, like.size).reshape(like.shape)


def _require_floats(name: str, x: Any) -> None:
    if x.dtype.kind != "f" or x.itemsize < 4:
        raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_name(x)}': convert it, as in x.float()")


@composed
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Poisson numbers of the rates that the input gives, in its dtype. RuntimeError for a negative rate.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.poisson(numpynet.tensor([1.0, 100.0]))
    tensor([  2., 117.])
    """
    rates = input._array
    _require_floats("poisson_cpu", rates)
    if rates.size and not rates.min() >= 0:
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    uniform, _ = _sources(chosen(generator, "poisson"))
    drawn = _collected((rejection.poisson(rate, uniform) for rate in rates.reshape(-1).tolist()), rates)
    return drawn_from([input], wrap(drawn.astype(rates.dtype)), "PoissonBackward0")


@composed
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of so many events of such probabilities happen, in their dtype, which is the same.

    >>> import numpynet
    >>> _ = numpynet.manual_seed(0)
    >>> numpynet.binomial(numpynet.tensor([10.0, 1000.0]), numpynet.tensor([0.5, 0.5]))
    tensor([  7., 504.])
    """
    counts, probabilities = np.broadcast_arrays(count._array, prob._array)
    if counts.dtype.kind != "f":
        kind = scalar_name(counts)
        raise ValueError(f"binomial only supports floating-point dtypes for count, got: {kind}: convert it first")
    _require_floats("binomial_cpu", counts)
    if counts.dtype != probabilities.dtype:
        raise RuntimeError(f"Found dtype {scalar_name(probabilities)} but expected {scalar_name(counts)} in binomial()")
    uniform, _ = _sources(chosen(generator, "binomial"))
    pairs = zip(counts.reshape(-1).tolist(), probabilities.reshape(-1).tolist(), strict=True)
    drawn = _collected((rejection.binomial(n, p, uniform, _rounding(counts)) for n, p in pairs), counts)
    return drawn_from([count, prob], wrap(drawn.astype(counts.dtype)), "BinomialBackward0")


def _rounding(x: Any) -> rejection.Rounding:
    return rejection.single if x.dtype == np.float32 else rejection.double


def standard_gamma(alpha: Tensor, generator: Generator | None = None) -> Tensor:
    """Gamma numbers of such shapes and scale 1. NotImplementedError where their gradient would be needed."""
    shapes = alpha._array
    _require_floats("gamma_cpu", shapes)
    require_no_gradient("standard_gamma", alpha)
    uniform, normal = _sources(chosen(generator, "standard_gamma"))
    numbers = (rejection.gamma(one, uniform, normal, _rounding(shapes)) for one in shapes.reshape(-1).tolist())
    drawn = _collected(numbers, shapes).astype(shapes.dtype)
    return wrap(np.maximum(drawn, np.finfo(shapes.dtype).tiny))


def dirichlet(concentration: Tensor, generator: Generator | None = None) -> Tensor:
    """Rows of shares that add up to 1, with such concentrations. NotImplementedError as `standard_gamma`."""
    shapes = concentration._array
    _require_floats("dirichlet", shapes)
    require_no_gradient("sample_dirichlet", concentration)
    uniform, normal = _sources(chosen(generator, "dirichlet"))
    numbers = _collected((rejection.gamma(one, uniform, normal) for one in shapes.reshape(-1).tolist()), shapes)
    shares = (numbers / numbers.sum(-1, keepdims=True)).astype(shapes.dtype)
    return wrap(np.maximum(shares, np.finfo(shapes.dtype).tiny))


def require_no_gradient(name: str, parameter: Tensor) -> None:
    """NotImplementedError where a draw would have to be differentiated by this parameter."""
    if parameter.requires_grad and flags.enabled:
        raise NotImplementedError(
            f"the derivative of {name}() by its parameter is not implemented: draw by sample(), or detach() the "
            f"parameter first"
        )
