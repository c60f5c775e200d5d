"""Reductions of losses: to their mean or their sum."""

from __future__ import annotations

import warnings
from typing import Any

from numpynet import ops
from numpynet.core.tensor import Tensor


def chosen_reduction(reduction: str, size_average: Any = None, reduce: Any = None) -> str:
    """What a loss is asked for, as one of "none", "mean" and "sum"; torch's old words for it warn.

    size_average, reduce: decide in the place of `reduction` where one of them is given. ValueError for an unknown one.
    """
    if size_average is not None or reduce is not None:
        return legacy_reduction(size_average, reduce, stacklevel=4)
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
        return "mean"
    require_reduction(reduction)
    return reduction


def legacy_reduction(size_average: Any, reduce: Any, stacklevel: int = 3) -> str:
    """The reduction meant by torch's two deprecated arguments, of which None counts as True.

    RuntimeError for tensors, which nobody passes here who knows where they go.
    """
    for given in (size_average, reduce):
        if isinstance(given, Tensor) and given.numel() != 1:
            raise RuntimeError(
                "Boolean value of Tensor with more than one value is ambiguous: size_average or reduce was given one. "
                "A loss is made first and then called, as in MSELoss()(input, target)"
            )
    averages, reduces = (given is None or bool(given) for given in (size_average, reduce))
    reduction = "none" if not reduces else "mean" if averages else "sum"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return reduction


def require_reduction(reduction: str) -> None:
    """ValueError for an unknown reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction: choose 'none', 'mean' or 'sum'")


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses, reduced."""
    if reduction == "mean":
        return ops.mean(losses)
    return ops.sum(losses) if reduction == "sum" else losses
