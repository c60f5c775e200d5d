"""torch.nn.init: initial values of parameters, in torch's random bits. Nothing here is recorded."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.core.absence import asked
from numpynet.core.messages import under_old_name
from numpynet.core.modes import no_grad, unrecorded
from numpynet.core.tensor import Tensor, wrap
from numpynet.creation import empty_like, randperm
from numpynet.ops.acceptance import no_complex

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__


# --- by a distribution --------------------------------------------------------------------------------


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Fills a tensor from the uniform distribution on [a, b), and returns it.

    >>> import numpynet
    >>> from numpynet import nn
    >>> bool((nn.init.uniform_(numpynet.empty(3), -1, 1).abs() <= 1).all())
    True
    """
    return unrecorded(tensor.uniform_, a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Fills a tensor from the normal distribution of that mean and standard deviation, and returns it.

    >>> import numpynet
    >>> from numpynet import nn
    >>> _ = numpynet.manual_seed(0)
    >>> nn.init.normal_(numpynet.empty(2))
    tensor([ 1.5410, -0.2934])
    """
    return unrecorded(tensor.normal_, mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Fills a tensor from the normal distribution cut off outside [a, b], and returns it.

    Where [a, b] holds more than 30 % of the distribution, normal numbers are drawn anew until they are inside;
    else uniform numbers from [a, b] are drawn until one is accepted with a probability proportional to the
    density. Warns when the mean is more than 2 std outside [a, b].

    >>> import numpynet
    >>> from numpynet import nn
    >>> _ = numpynet.manual_seed(0)
    >>> nn.init.trunc_normal_(numpynet.empty(2))
    tensor([ 1.5410, -0.2934])
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            UserWarning,
            stacklevel=2,
        )
    with no_grad():
        if _below((b - mean) / std) - _below((a - mean) / std) > 0.3:
            return tensor.copy_(_normal_until_inside(tensor, mean, std, a, b, generator))
        return tensor.copy_(_uniform_until_accepted(tensor, mean, std, a, b, generator))


def _below(x: float) -> float:
    """The probability that a standard normal number is below x."""
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _normal_until_inside(like: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    values = normal_(empty_like(like), mean, std, generator)
    while True:
        outside: Tensor = (values < a) | (values > b)
        if not outside.any():
            return values
        values = ops.where(outside, normal_(empty_like(like), mean, std, generator), values)


def _uniform_until_accepted(like: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    top = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2  # of the logarithm of the density on [a, b]

    def rejected(candidates: Tensor) -> Any:
        logarithm = ((candidates - mean) / std).square() * -0.5 - top
        return uniform_(empty_like(like), 0.0, 1.0, generator).log() > logarithm

    values = uniform_(empty_like(like), a, b, generator)
    pending = rejected(values)
    while pending.any():
        candidates = uniform_(empty_like(like), a, b, generator)
        values = ops.where(pending, candidates, values)
        pending = pending & rejected(candidates)
    return values


# --- by a rule ----------------------------------------------------------------------------------------


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fills a tensor with one number, and returns it.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.init.constant_(numpynet.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return unrecorded(tensor.fill_, val)


def ones_(tensor: Tensor) -> Tensor:
    """Fills a tensor with ones, and returns it.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.init.ones_(numpynet.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fills a tensor with zeros, and returns it.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.init.zeros_(numpynet.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fills a matrix with the identity, and returns it; ValueError when it has not 2 dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.init.eye_(numpynet.empty(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        return tensor.copy_(wrap(np.eye(*tensor._array.shape, dtype=tensor._array.dtype)))


# --- by the sizes of the layer ------------------------------------------------------------------------


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much the standard deviation of a layer's weights is raised for the nonlinearity after it.

    1 for "linear", "conv..." and "sigmoid", 5/3 for "tanh", √2 for "relu", √(2 / (1 + slope²)) for
    "leaky_relu" of slope `param` (0.01), 3/4 for "selu". ValueError for others.

    >>> from numpynet import nn
    >>> nn.init.calculate_gain("leaky_relu", 1)
    1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if not isinstance(nonlinearity, str) or nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


_LINEAR = ("linear", "sigmoid", *(f"conv{way}{n}d" for way in ("", "_transpose") for n in (1, 2, 3)))
_GAINS = {**dict.fromkeys(_LINEAR, 1), "tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output of a weight (out, in, ...) has, and how many outputs each input."""
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    outputs, inputs, *receptive_field = tensor._array.shape
    size = math.prod(receptive_field)
    return inputs * size, outputs * size


def _fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fills a weight uniformly from −a to a with a = gain √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010).

    >>> import numpynet
    >>> from numpynet import nn
    >>> _ = numpynet.manual_seed(0)
    >>> nn.init.xavier_uniform_(numpynet.empty(1, 2))
    tensor([[-0.0106,  0.7586]])
    """
    bound = math.sqrt(3.0) * (gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor)))))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fills a weight normally with σ = gain √(2 / (fan_in + fan_out)) (Glorot & Bengio 2010).

    >>> import numpynet
    >>> from numpynet import nn
    >>> _ = numpynet.manual_seed(0)
    >>> nn.init.xavier_normal_(numpynet.empty(1, 2))
    tensor([[ 1.2582, -0.2396]])
    """
    std = gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Fills a weight uniformly from −c to c with c = gain √(3 / fan) (He et al. 2015).

    a: the slope of the leaky ReLU that the gain is for. mode: "fan_in" preserves the variance forwards,
    "fan_out" backwards; ValueError for another.

    >>> import numpynet
    >>> from numpynet import nn
    >>> _ = numpynet.manual_seed(0)
    >>> nn.init.kaiming_uniform_(numpynet.empty(1, 2))
    tensor([[-0.0130,  0.9291]])
    """
    if _is_empty(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Fills a weight normally with σ = gain / √fan (He et al. 2015); see `kaiming_uniform_`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> _ = numpynet.manual_seed(0)
    >>> nn.init.kaiming_normal_(numpynet.empty(1, 2))
    tensor([[ 1.5410, -0.2934]])
    """
    if _is_empty(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Fills a weight with gain times a matrix whose rows or columns are orthonormal, and returns it.

    What follows the first dimension is flattened. That matrix is Q of the QR decomposition of normal numbers, the signs
    of its columns those of R's diagonal, so that it is uniformly distributed (Mezzadri 2007; Saxe et al. 2014).
    ValueError when it has fewer than 2 dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> weight = nn.init.orthogonal_(numpynet.empty(3, 5))
    >>> numpynet.allclose(weight @ weight.T, numpynet.eye(3), atol=1e-6)
    True
    """
    if tensor.ndimension() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    array = tensor._array
    no_complex("orthogonal_", array)
    if not array.size:
        return tensor
    rows = array.shape[0]
    normals = normal_(tensor.new_empty(rows, array.size // rows), 0, 1, generator)._array
    q, r = np.linalg.qr(normals.T if rows < normals.shape[1] else normals)
    q = q * np.sign(np.diagonal(r))
    with no_grad():
        return tensor.copy_(wrap((q.T if rows < normals.shape[1] else q).reshape(array.shape))).mul_(gain)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Fills a matrix normally, and a fraction of each column, drawn at random, with zeros (Martens 2010).

    ValueError when it has not 2 dimensions.

    >>> import numpynet
    >>> from numpynet import nn
    >>> (nn.init.sparse_(numpynet.empty(4, 2), 0.5) == 0).sum(0)
    tensor([2, 2])
    """
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor._array.shape
    zeros = math.ceil(sparsity * rows)
    normal_(tensor, 0, std, generator)
    with no_grad():
        for column in range(columns):
            tensor[randperm(rows)[:zeros], column] = 0
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fills the weight (out, in, ...) of a convolution so that it passes on as many channels as it can; returns it.

    ValueError when it has not 3, 4 or 5 dimensions, or when `groups` does not divide the first.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.init.dirac_(numpynet.empty(2, 2, 1)).squeeze(-1)
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndimension() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    outputs, inputs, *sizes = tensor._array.shape
    if outputs % groups:
        raise ValueError("dim 0 must be divisible by groups")
    each = outputs // groups
    passed = np.arange(min(each, inputs))
    values = np.zeros_like(tensor._array)
    for group in range(groups):
        values[(group * each + passed, passed, *(size // 2 for size in sizes))] = 1
    with no_grad():
        return tensor.copy_(wrap(values))


# --- old names ----------------------------------------------------------------------------------------

uniform = under_old_name(uniform_, "nn.init")
normal = under_old_name(normal_, "nn.init")
constant = under_old_name(constant_, "nn.init")
eye = under_old_name(eye_, "nn.init")
dirac = under_old_name(dirac_, "nn.init")
xavier_uniform = under_old_name(xavier_uniform_, "nn.init")
xavier_normal = under_old_name(xavier_normal_, "nn.init")
kaiming_uniform = under_old_name(kaiming_uniform_, "nn.init")
kaiming_normal = under_old_name(kaiming_normal_, "nn.init")
orthogonal = under_old_name(orthogonal_, "nn.init")
sparse = under_old_name(sparse_, "nn.init")


def _is_empty(tensor: Tensor) -> bool:
    if not isinstance(tensor, Tensor):
        kind = type(tensor).__name__
        raise AttributeError(f"a weight must be Tensor, not {kind}: initialise module.weight, not the module")
    if tensor._array.size:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", UserWarning, stacklevel=3)
    return True


__getattr__ = asked(__name__)
