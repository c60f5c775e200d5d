"""Reductions of losses: to their mean or their sum."""

from __future__ import annotations

import warnings
from typing import Any

from numpynet import ops
from numpynet.core.tensor import Tensor


def legacy_reduction(size_average: bool | None, reduce: bool | None) -> str:
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
        stacklevel=3,
    )
    return reduction


def reduced(losses: Tensor, reduction: str, size_average: Any = None, reduce: Any = None) -> Tensor:
    """The losses, reduced; ValueError for an unknown reduction."""
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if reduction == "mean":
        return ops.mean(losses)
    if reduction == "sum":
        return ops.sum(losses)
    require_reduction(reduction)
    return losses


def require_reduction(reduction: str) -> None:
    """ValueError for an unknown reduction."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction: choose 'none', 'mean' or 'sum'")
