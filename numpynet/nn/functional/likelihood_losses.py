"""Losses of what a distribution says of the target: divergences and negative log-likelihoods."""

from __future__ import annotations

import math
import warnings
from typing import Any

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.creation import full_like
from numpynet.nn.functional.reductions import chosen_reduction, reduced, require_reduction
from numpynet.ops.showing import all_show_operations
from numpynet.ops.special import xlogy


@composed
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """ℓ = p (ln p − x), of log-probabilities x and probabilities p, or with log_target ln p, reduced.

    reduction: also "batchmean", the sum divided by the size of the first dimension, which is the divergence; a plain
    "mean" warns. ValueError for an unknown one.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.kl_div(numpynet.tensor([[0.5, 0.5]]).log(), numpynet.tensor([[0.25, 0.75]]), reduction="batchmean")
    tensor(0.1308)
    """
    if reduction == "mean" and size_average is reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=3,
        )
    by_batch = reduction == "batchmean"
    reduction = chosen_reduction("sum" if by_batch else reduction, size_average, reduce)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported: convert them, as in x.float()")
    losses = ops.exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    loss = reduced(losses, reduction)
    return loss / input.size(0) if by_batch and input.ndim else loss


@composed
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = eˣ − t x, of the logarithm x of the expected count, or without log_input x − t ln(x + eps), reduced.

    full: adds Stirling's approximation of ln t! where t > 1. ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.poisson_nll_loss(numpynet.tensor([0.0, 0.0]), numpynet.tensor([1.0, 2.0]))
    tensor(1.)
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    losses = ops.exp(input) - target * input if log_input else input - target * ops.log(input + eps)
    if full:
        stirling = target * ops.log(target) - target + 0.5 * ops.log(2 * math.pi * target)
        losses = losses + ops.masked_fill(stirling, target <= 1, 0).to(losses.dtype)
    return reduced(losses, reduction)


@composed(asks="input.size")
def gaussian_nll_loss(
    input: Tensor, target: Any, var: Any, full: bool = False, eps: Any = 1e-6, reduction: str = "mean"
) -> Tensor:
    """ℓ = (ln v + (x − t)² / v) / 2, of an expected value x with variance v, which counts as at least eps, reduced.

    var: a number, or a tensor of the input's shape, in which the last size may be 1 or missing. full: adds ln(2π) / 2.
    ValueError for a negative variance or one of another shape, and for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.gaussian_nll_loss(numpynet.tensor([1.0]), numpynet.tensor([3.0]), numpynet.tensor([1.0]))
    tensor(2.)
    """
    if not isinstance(var, Tensor):
        if not isinstance(var, float):
            raise TypeError(f"gaussian_nll_loss(): var must be Tensor or float, not {type(var).__name__}")
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = full_like(input, var)
    elif bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = ops.unsqueeze(var, -1)
        elif input.size()[:-1] != var.size()[:-1] or var.size(-1) != 1:
            raise ValueError("var is of incorrect size")
    require_reduction(reduction)
    var = var.clone()
    with no_grad():
        var.clamp_(min=eps)
    losses = 0.5 * (ops.log(var) + (input - target) ** 2 / var)
    if full:
        losses += 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


all_show_operations(globals())
