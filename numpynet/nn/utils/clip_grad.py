"""Gradient clipping: shorter gradients in the same direction, or each element within bounds."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable

from numpynet import composite, ops
from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.creation import tensor


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients of those parameters that have one."""
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


@no_grad()
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
    norm_type = float(norm_type)
    if not gradients:
        return tensor(0.0)
    norms = [composite.norm(gradient, norm_type) for gradient in gradients]
    total_norm = composite.norm(ops.stack(norms), norm_type)
    if error_if_nonfinite and not ops.isfinite(total_norm):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            f"clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            f"`error_if_nonfinite=False`"
        )
    factor = ops.clamp(float(max_norm) / (total_norm + 1e-6), max=1.0)
    for gradient in gradients:
        gradient.mul_(factor)
    return total_norm


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Cuts every element of all gradients off at −clip_value and clip_value, in place.

    foreach makes no difference.

    >>> import numpynet
    >>> from numpynet import nn
    >>> p = nn.Parameter(numpynet.zeros(2))
    >>> p.grad = numpynet.tensor([3.0, -0.5])
    >>> nn.utils.clip_grad_value_(p, 1.0)
    >>> p.grad
    tensor([ 1.0000, -0.5000])
    """
    clip_value = float(clip_value)
    for gradient in _gradients(parameters):
        gradient.clamp_(-clip_value, clip_value)
