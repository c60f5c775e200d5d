"""Activations, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.core.functions import function
from numpynet.core.tensor import Tensor, wrap
from numpynet.nn.functional.arguments import NO_OPTIONS, not_implemented
from numpynet.ops import gated_activation, piecewise_activation
from numpynet.ops.form import Op
from numpynet.ops.showing import all_show_operations
from numpynet.random.generator import default_generator

# torch's nodes of what is overwritten.
_IN_PLACE = {
    ops.leaky_relu: "LeakyReluBackward1",
    ops.elu: "EluBackward1",
    piecewise_activation.celu: "CeluBackward1",
    piecewise_activation.selu: "EluBackward1",
    piecewise_activation.threshold: "ThresholdBackward1",
}


def _activation(operation: Op, input: Tensor, options: dict[str, Any], inplace: Any) -> Tensor:
    if not inplace:
        return function(operation)(input, **options)
    overwritten = input._overwrite(operation, (input,), options)
    title = _IN_PLACE.get(operation)
    return overwritten if title is None or input._view is not None else titled(overwritten, title)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(x, 0); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.relu(numpynet.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else function(ops.relu)(input)


def sigmoid(input: Tensor) -> Tensor:
    """y = σ(x) = 1 / (1 + e⁻ˣ)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.sigmoid(numpynet.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """y = tanh x

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.tanh(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return input.tanh()


@composed
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: Any = False) -> Tensor:
    """y = x where x > 0, else negative_slope · x; `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.leaky_relu(numpynet.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return _activation(ops.leaky_relu, input, {"negative_slope": negative_slope}, inplace)


@composed
def elu(input: Tensor, alpha: float = 1.0, inplace: Any = False) -> Tensor:
    """y = x where x > 0, else α (eˣ − 1); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.elu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return _activation(ops.elu, input, {"alpha": alpha}, inplace)


@composed
def silu(input: Tensor, inplace: Any = False) -> Tensor:
    """y = x σ(x); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.silu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return _activation(ops.silu, input, NO_OPTIONS, inplace)


@composed
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """y = x Φ(x), Φ the standard normal distribution function, or its approximation by "tanh".

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.gelu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    return function(ops.gelu)(input, approximate=approximate)


@composed
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """y = ln(1 + e^βx) / β, and x itself where βx exceeds the threshold.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softplus(numpynet.tensor([0.0, 30.0]))
    tensor([ 0.6931, 30.0000])
    """
    return function(ops.softplus)(input, beta=beta, threshold=threshold)


def logsigmoid(input: Tensor) -> Tensor:
    """y = ln σ(x)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.logsigmoid(numpynet.tensor([0.0, 2.0]))
    tensor([-0.6931, -0.1269])
    """
    return function(ops.log_sigmoid)(input)


@composed
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: Any = False) -> Tensor:
    """y = x, cut off at min_val and max_val; `inplace` writes it over the input. ValueError where min_val > max_val.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hardtanh(numpynet.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _activation(piecewise_activation.hardtanh, input, {"min_val": min_val, "max_val": max_val}, inplace)


@composed
def relu6(input: Tensor, inplace: Any = False) -> Tensor:
    """y = x, cut off at 0 and 6; `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.relu6(numpynet.tensor([-2.0, 8.0]))
    tensor([0., 6.])
    """
    return _activation(piecewise_activation.hardtanh, input, {"min_val": 0.0, "max_val": 6.0}, inplace)


@composed
def hardsigmoid(input: Tensor, inplace: Any = False) -> Tensor:
    """y = (x + 3) / 6, cut off at 0 and 1; `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hardsigmoid(numpynet.tensor([0.0, 4.0]))
    tensor([0.5000, 1.0000])
    """
    return _activation(piecewise_activation.hardsigmoid, input, {}, inplace)


@composed
def hardswish(input: Tensor, inplace: Any = False) -> Tensor:
    """y = x · hardsigmoid(x); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hardswish(numpynet.tensor([1.5, 4.0]))
    tensor([1.1250, 4.0000])
    """
    return _activation(piecewise_activation.hardswish, input, {}, inplace)


@composed
def mish(input: Tensor, inplace: Any = False) -> Tensor:
    """y = x tanh ln(1 + eˣ); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.mish(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8651])
    """
    return _activation(gated_activation.mish, input, {}, inplace)


@composed
def selu(input: Tensor, inplace: Any = False) -> Tensor:
    """y = s x where x > 0, else s α (eˣ − 1); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.selu(numpynet.tensor([-1.0, 1.0]))
    tensor([-1.1113,  1.0507])
    """
    return _activation(piecewise_activation.selu, input, {}, inplace)


@composed
def celu(input: Tensor, alpha: float = 1.0, inplace: Any = False) -> Tensor:
    """y = x where x > 0, else α (e^(x/α) − 1); `inplace` writes it over the input. RuntimeError where α is 0.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.celu(numpynet.tensor([-1.0, 1.0]))
    tensor([-0.6321,  1.0000])
    """
    return _activation(piecewise_activation.celu, input, {"alpha": alpha}, inplace)


@composed
def threshold(input: Tensor, threshold: float, value: float, inplace: Any = False) -> Tensor:
    """y = x where x > threshold, else the value; `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.threshold(numpynet.tensor([0.5, 2.0]), 1.0, 20.0)
    tensor([20.,  2.])
    """
    return _activation(piecewise_activation.threshold, input, {"threshold": threshold, "value": value}, inplace)


@composed
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """y = 0 where |x| ≤ λ, else x

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.hardshrink(numpynet.tensor([-2.0, 0.5]))
    tensor([-2.,  0.])
    """
    return function(piecewise_activation.hardshrink)(input, lambd=lambd)


@composed
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """y = x moved towards 0 by λ, and 0 where |x| ≤ λ; RuntimeError for a negative λ.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softshrink(numpynet.tensor([-2.0, 0.25]))
    tensor([-1.5000,  0.0000])
    """
    return function(piecewise_activation.softshrink)(input, lambd=lambd)


@composed(asks="input.abs")
def softsign(input: Tensor) -> Tensor:
    """y = x / (1 + |x|)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softsign(numpynet.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return input / (ops.abs(input) + 1)


@composed(asks="input.tanh")
def tanhshrink(input: Tensor) -> Tensor:
    """y = x − tanh x

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.tanhshrink(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return input - ops.tanh(input)


@composed(asks="input.dim")
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """y = a σ(b), of the two halves a and b along `dim`; RuntimeError where its size is odd.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.glu(numpynet.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """
    return function(gated_activation.glu)(input, dim=dim)


@composed
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """y = x where x > 0, else w x        x (N, C, ...), one w for all or one for each of the C channels

    RuntimeError for another number of weights, and where the dtypes differ.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.prelu(numpynet.tensor([-2.0, 2.0]), numpynet.tensor([0.25]))
    tensor([-0.5000,  2.0000])
    """
    x, w = input._array, weight._array
    if x.dtype != w.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}: convert one")
    if w.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {w.ndim}")
    if w.size != 1:
        if not x.ndim:
            raise RuntimeError("Not allow zero-dim input tensor: prelu() takes one weight for it.")
        channels = x.shape[1] if x.ndim > 1 else 1
        if channels != w.size:
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {w.size} and channel "
                f"size = {channels}."
            )
    shape = (1,) * min(x.ndim, 1) + (w.size,) + (1,) * (x.ndim - 2) if w.size != 1 else (1,) * x.ndim
    return piecewise_activation.prelu(input, ops.reshape(weight, shape=shape) if w.shape != shape else weight)


@composed
def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: Any = False
) -> Tensor:
    """y = x where x > 0, else a x, with a drawn between lower and upper for each such x, or in their middle.

    training: whether a is drawn, by the default generator; it is no option of the gradient. `inplace` writes it over
    the input. RuntimeError where lower > upper, NotImplementedError where a is drawn for integers. (Xu et al. 2015)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.rrelu(numpynet.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound in rrelu()")
    title = f"RreluWithNoiseBackward{1 if inplace else 0}"
    input = input if inplace else input.contiguous()
    if not training:
        y = leaky_relu(input, (lower + upper) / 2, inplace)
        return y if input._view is not None and inplace else titled(y, title)
    x = input._array
    if x.dtype.kind != "f":
        not_implemented("rrelu_with_noise_out_cpu", x)
    slopes = np.ones(x.shape, x.dtype)
    negative = x <= 0
    drawn = default_generator.uniform((int(np.count_nonzero(negative)),), dtype=np.float64)
    slopes[negative] = drawn * (upper - lower) + lower
    if inplace:
        return input.mul_(wrap(slopes))
    return titled(input * wrap(slopes), title)


def _overwriting(function: Callable[..., Tensor], arguments: str = "") -> Callable[..., Tensor]:
    """The function that writes its result over the input. arguments: further ones, of the example."""

    def overwrite(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if not isinstance(input, Tensor):
            raise TypeError(
                f"{function.__name__}_(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
            )
        return function(input, *args, **kwargs, inplace=True)

    overwrite.__name__ = overwrite.__qualname__ = f"{function.__name__}_"
    overwrite.__doc__ = f"""`{function.__name__}`, written over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> x = numpynet.tensor([-1.0, 2.0])
    >>> expected = F.{function.__name__}(x{arguments})
    >>> F.{function.__name__}_(x{arguments}) is x, numpynet.equal(x, expected)
    (True, True)
    """
    return overwrite


relu_ = _overwriting(relu)
elu_ = _overwriting(elu)
leaky_relu_ = _overwriting(leaky_relu)
hardtanh_ = _overwriting(hardtanh)
selu_ = _overwriting(selu)
celu_ = _overwriting(celu)
threshold_ = _overwriting(threshold, ", 0.5, 0.0")
rrelu_ = _overwriting(rrelu)


all_show_operations(globals())
