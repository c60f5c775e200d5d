"""Gradient clipping: shorter gradients in the same direction, or each element within bounds."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable

import numpy as np

from numpynet import ops
from numpynet.core.messages import under_old_name
from numpynet.core.modes import no_grad, silently
from numpynet.core.tape import as_array
from numpynet.core.tensor import Tensor, number_array, wrap
from numpynet.creation import tensor
from numpynet.ops.arguments import no_tensor
from numpynet.ops.form import Array


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients of those parameters that have one."""
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    return [gradient for parameter in parameters if (gradient := parameter.grad) is not None]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales all gradients, in place, by one factor, so that their joint norm is at most max_norm.

    The factor is min(1, max_norm / (norm + 1e−6)). norm_type: the p of the norm, which may be inf. foreach
    makes no difference. Returns the norm before clipping; RuntimeError when that is not finite, if
    `error_if_nonfinite`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> p = nn.Parameter(numpynet.zeros(2))
    >>> p.grad = numpynet.tensor([3.0, 4.0])
    >>> nn.utils.clip_grad_norm_(p, 1.0), p.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    if isinstance(parameters, types.GeneratorType):
        parameters = list(parameters)
        if not parameters:
            warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3)
    gradients = _gradients(parameters)
    max_norm = float(max_norm)
    total_norm = get_total_norm(gradients, norm_type, error_if_nonfinite, foreach)
    silently(_scale, gradients, total_norm._array, max_norm)
    return total_norm


clip_grad_norm = under_old_name(clip_grad_norm_, "torch.nn.utils")


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors as though they were one vector; 0 for none. foreach makes no difference.

    norm_type: the p of the norm, which may be inf. RuntimeError for integers, and for a norm that is not finite if
    `error_if_nonfinite`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.utils.get_total_norm([numpynet.tensor([3.0, 4.0]), numpynet.tensor([12.0])])
    tensor(13.)
    """
    several = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    for place, one in enumerate(several):
        if not isinstance(one, Tensor):
            raise no_tensor("get_total_norm", f"tensors[{place}]", 1, one, asks="" if place else "device")
    arrays = [one._array for one in several]
    norm_type = float(norm_type)
    if not arrays:
        return tensor(0.0)
    bool(foreach)  # which a tensor of several elements refuses
    total_norm = wrap(as_array(silently(_joint_norm, arrays, norm_type)))
    if error_if_nonfinite and not ops.isfinite(total_norm):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            f"clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            f"`error_if_nonfinite=False`"
        )
    return total_norm


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scales all gradients, in place, by min(1, max_norm / (total_norm + 1e−6)): what `clip_grad_norm_` does then.

    TypeError for a total_norm that is no tensor, RuntimeError for one of several elements. foreach makes no difference.

    >>> import numpynet
    >>> from numpynet import nn
    >>> p = nn.Parameter(numpynet.zeros(2))
    >>> p.grad = numpynet.tensor([3.0, 4.0])
    >>> nn.utils.clip_grads_with_norm_(p, 1.0, nn.utils.get_total_norm(p.grad))
    >>> p.grad
    tensor([0.6000, 0.8000])
    """
    if not isinstance(total_norm, Tensor):
        raise TypeError(f"clip_grads_with_norm_(): total_norm must be a Tensor, not {type(total_norm).__name__}")
    gradients, max_norm = _gradients(parameters), float(max_norm)
    if not gradients:
        return
    bool(foreach)
    if total_norm.ndim:
        raise RuntimeError(
            f"clip_grads_with_norm_(): total_norm is expected to be 0 dim but it has {total_norm.ndim} dimensions and "
            f"{total_norm.numel()} elements."
        )
    silently(_scale, gradients, total_norm._array, max_norm)


def _joint_norm(gradients: list[Array], p: float) -> Array:
    """The norm of the norms."""
    norms = [ops.norm.forward(np.abs(one) if one.dtype.kind == "c" else one, p=p) for one in gradients]
    joined: Array = np.array(norms) if isinstance(norms[0], np.generic) else np.stack(norms)
    return ops.norm.forward(joined, p=p)


def _scale(gradients: list[Tensor], norm: Array, max_norm: float) -> None:
    factor = np.minimum(max_norm / (norm + 1e-6), 1.0)
    for gradient in gradients:
        array = gradient._array
        if array.flags.writeable:
            np.multiply(array, factor if factor.dtype == array.dtype else factor.astype(array.dtype), out=array)
            gradient._writes[0] += 1
        else:
            gradient.mul_(wrap(as_array(factor)))  # which says why that cannot be


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Cuts every element of all gradients off at −clip_value and clip_value, in place.

    foreach makes no difference. RuntimeError where no parameter has a gradient, as in torch.

    >>> import numpynet
    >>> from numpynet import nn
    >>> p = nn.Parameter(numpynet.zeros(2))
    >>> p.grad = numpynet.tensor([3.0, -0.5])
    >>> nn.utils.clip_grad_value_(p, 1.0)
    >>> p.grad
    tensor([ 1.0000, -0.5000])
    """
    gradients, clip_value = _gradients(parameters), float(clip_value)
    if not gradients:
        raise RuntimeError("clip_grad_value_(): none of the parameters has a gradient")
    bool(foreach)
    silently(_cut_off, gradients, clip_value)


def _cut_off(gradients: list[Tensor], bound: float) -> None:
    for gradient in gradients:
        array = gradient._array
        if array.flags.writeable and array.dtype.kind == "f":
            np.maximum(array, number_array(-bound, array.dtype), out=array)
            np.minimum(array, number_array(bound, array.dtype), out=array)
            gradient._writes[0] += 1
        else:
            gradient.clamp_(-bound, bound)  # which says why that cannot be
