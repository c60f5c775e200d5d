"""Weights as a direction and a length, or divided by their largest singular value: the forms that work by hooks.

`numpynet.nn.utils.parametrizations` has those that torch now prefers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from numpynet import ops
from numpynet.composite.results import titled
from numpynet.core import epoch
from numpynet.core.messages import normal_dim
from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter, UninitializedParameter
from numpynet.ops.arguments import require


def norm_except_dim(v: Tensor, dim: int) -> Tensor:
    """‖v‖ of each slice along a dimension, which stays; of all of v where dim is −1. TypeError for what is no integer.

    >>> import numpynet
    >>> norm_except_dim(numpynet.tensor([[3.0, 4.0], [0.0, 2.0]]), 0)
    tensor([[5.],
            [2.]])
    """
    require("norm_except_dim", (v, 2, dim))
    if dim == -1:
        return v.norm()
    dim = normal_dim(dim, v.dim(), "norm_except_dim")
    return v.norm(2, [one for one in range(v.dim()) if one != dim], keepdim=True) if v.dim() > 1 else ops.abs(v)


def of_direction_and_length(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """w = g v / ‖v‖ (Salimans & Kingma 2016)

    >>> import numpynet
    >>> of_direction_and_length(numpynet.tensor([[3.0, 4.0]]), numpynet.tensor([[10.0]]), 0)
    tensor([[6., 8.]])
    """
    w = v * (g / norm_except_dim(v, dim))
    return titled(w, "WeightNormInterfaceBackward0") if dim in (0, v.dim() - 1) else w


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """A weight as a matrix whose rows are its slices along a dimension.

    >>> import numpynet
    >>> as_matrix(numpynet.zeros(2, 3, 4), 1).shape
    torch.Size([3, 8])
    """
    if dim != 0:
        weight = weight.permute(dim, *[one for one in range(weight.dim()) if one != dim])
    return weight.reshape(weight.size(0), -1)


def usual_dim(module: Module) -> int:
    """The dimension of a weight's outputs: 1 of transposed convolutions, else 0.

    >>> from numpynet import nn
    >>> usual_dim(nn.Linear(1, 1))
    0
    """
    return 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0


class _Hook:
    """What computes the weight of that name anew, before each forward."""

    name: str

    def compute_weight(self, module: Module) -> Tensor:
        raise NotImplementedError

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def _of_kind(module: Module, kind: type[_Hook], name: str) -> list[Any]:
    hooks = module._forward_pre_hooks.items()
    return [entry for entry in hooks if isinstance(entry[1], kind) and entry[1].name == name]


def _weight(
    module: Module, kind: type[_Hook], function: str, name: str, find: Callable[[Module, str], Any] = getattr
) -> Tensor:
    """The weight; RuntimeError where it has such a hook, ValueError where it has no values as yet."""
    if _of_kind(module, kind, name):
        raise RuntimeError(f"Cannot register two {function} hooks on the same parameter {name}")
    weight = find(module, name)
    if weight is None:
        raise ValueError(f"`{kind.__name__}` cannot be applied as parameter `{name}` is None")
    if isinstance(weight, UninitializedParameter):
        raise ValueError(
            f"The module passed to `{kind.__name__}` can't have uninitialized parameters. Make sure to run the dummy "
            "forward before applying it"
        )
    tensor: Tensor = weight
    return tensor


def _removed(module: Module, kind: type[_Hook], function: str, name: str) -> _Hook:
    """The hook, which the module has no more; ValueError where it had none."""
    entries = _of_kind(module, kind, name)
    if not entries:
        raise ValueError(f"{function} of '{name}' not found in {module}")
    number, found = entries[0]
    del module._forward_pre_hooks[number]
    epoch.count[0] += 1
    hook: _Hook = found
    return hook


# --- a direction and a length -------------------------------------------------------------------------------


class WeightNorm(_Hook):
    """w = g v / ‖v‖, computed before each forward."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """g v / ‖v‖"""
        v, g = getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g")
        return of_direction_and_length(v, g, self.dim)


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learns a module's weight as a length g and a direction v, w = g v / ‖v‖ (Salimans & Kingma 2016).

    dim: along which each slice has a length of its own; None for one of all. Warns that
    `parametrizations.weight_norm` is to be preferred. Returns the module.

    >>> import warnings
    >>> from numpynet import nn
    >>> from numpynet.nn.utils import weight_norm
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     layer = weight_norm(nn.Linear(2, 3))
    >>> [(name, tuple(one.shape)) for name, one in layer.named_parameters()]
    [('bias', (3,)), ('weight_g', (3, 1)), ('weight_v', (3, 2))]
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    hook = WeightNorm(name, dim)
    weight = _weight(module, WeightNorm, "weight_norm", name)
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(norm_except_dim(weight.detach(), hook.dim)))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Makes the weight a parameter again; ValueError where it is not learned as length and direction.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils import remove_weight_norm
    >>> remove_weight_norm(nn.Linear(2, 3))
    Traceback (most recent call last):
    ValueError: weight_norm of 'weight' not found in Linear(in_features=2, out_features=3, bias=True)
    """
    weight = _removed(module, WeightNorm, "weight_norm", name).compute_weight(module)
    for one in (name, f"{name}_g", f"{name}_v"):
        delattr(module, one)
    setattr(module, name, Parameter(weight.detach()))
    return module


# --- divided by the largest singular value ------------------------------------------------------------------


class SpectralNorm(_Hook):
    """w / σ, with the largest singular value σ of w, computed before each forward.

    σ = uᵀ w v, where u and v come nearer to the singular vectors by each step of the power method, in training.
    """

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def compute_weight(self, module: Module) -> Tensor:
        """w / σ"""
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = as_matrix(weight, self.dim)
        if module.training:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(matrix.t().mv(u), dim=0, eps=self.eps))
                    u.copy_(F.normalize(matrix.mv(v), dim=0, eps=self.eps))
            u, v = u.clone(), v.clone()
        divided: Tensor = weight / u.dot(matrix.mv(v))
        return divided


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divides a module's weight by its largest singular value, found by the power method (Miyato et al. 2018).

    n_power_iterations: steps of it before each forward in training. dim: of the outputs. ValueError where
    n_power_iterations is not positive, RuntimeError where the weight has such a hook already, KeyError where there is
    no such parameter. Returns the module.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils import spectral_norm
    >>> [name for name, _ in spectral_norm(nn.Linear(2, 3)).named_buffers()]
    ['weight_u', 'weight_v']
    """
    hook = SpectralNorm(name, n_power_iterations, usual_dim(module) if dim is None else dim, eps)
    weight = _weight(module, SpectralNorm, "spectral_norm", name, lambda module, name: module._parameters[name])
    with no_grad():
        rows, columns = as_matrix(weight, hook.dim).shape
        u, v = (F.normalize(weight.new_empty(size).normal_(0, 1), dim=0, eps=eps) for size in (rows, columns))
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)  # type: ignore[arg-type]
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Makes the divided weight the parameter; ValueError where it is not divided.

    >>> from numpynet import nn
    >>> from numpynet.nn.utils import remove_spectral_norm, spectral_norm
    >>> [name for name, _ in remove_spectral_norm(spectral_norm(nn.Linear(2, 3))).named_parameters()]
    ['bias', 'weight']
    """
    hook = _removed(module, SpectralNorm, "spectral_norm", name)
    training, module.training = module.training, False
    with no_grad():
        weight = hook.compute_weight(module)
    module.training = training
    for one in (name, f"{name}_u", f"{name}_v", f"{name}_orig"):
        delattr(module, one)
    module.register_parameter(name, Parameter(weight.detach()))
    return module
