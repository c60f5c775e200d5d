"""Losses as torch has them beside its tensors: the reduction is a number, and by default nothing is reduced."""

from __future__ import annotations

from typing import Any

from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor
from numpynet.nn.functional import likelihood_losses, margin_losses, sequence_losses
from numpynet.nn.functional.reductions import reduced
from numpynet.ops.arguments import integers, is_integer
from numpynet.ops.showing import all_show_operations


def _name(function: str, reduction: int) -> str:
    """The reduction of a number; TypeError for what is none, ValueError for one beyond int64."""
    if not is_integer(reduction):
        raise TypeError(
            f"{function}(): argument 'reduction' must be int, not {type(reduction).__name__}: 1 is the mean and 2 the "
            f"sum; names are for the losses of torch.nn.functional"
        )
    (number,) = integers(function, "reduction", reduction)
    return {1: "mean", 2: "sum"}.get(number, "none")


@composed
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0) -> Tensor:
    """`nn.functional.hinge_embedding_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> numpynet.hinge_embedding_loss(numpynet.tensor([0.5, 0.25]), numpynet.tensor([1, -1]), 1.0, 2)
    tensor(1.2500)
    """
    by_name = _name("hinge_embedding_loss", reduction)
    return margin_losses.hinge_embedding_loss(input, target, margin, reduction=by_name)


@composed
def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """`nn.functional.margin_ranking_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> numpynet.margin_ranking_loss(*numpynet.tensor([[1.0, 2.0], [3.0, 2.5], [1.0, 1.0]]), 0.0, 2)
    tensor(2.5000)
    """
    by_name = _name("margin_ranking_loss", reduction)
    return margin_losses.margin_ranking_loss(input1, input2, target, margin, reduction=by_name)


@composed
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """`nn.functional.cosine_embedding_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> x, y = numpynet.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
    >>> numpynet.cosine_embedding_loss(x, y, numpynet.tensor([1, -1]), 0.0, 2)
    tensor(2.)
    """
    by_name = _name("cosine_embedding_loss", reduction)
    return margin_losses.cosine_embedding_loss(input1, input2, target, margin, reduction=by_name)


@composed
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 0,
) -> Tensor:
    """`nn.functional.triplet_margin_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> numpynet.triplet_margin_loss(*numpynet.tensor([[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]]))
    tensor([4.0000])
    """
    by_name = _name("triplet_margin_loss", reduction)
    return margin_losses.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=by_name)


@composed
def kl_div(input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False) -> Tensor:
    """`nn.functional.kl_div`, reduced to the mean (1), the sum (2) or not at all (0), without its warning.

    >>> import numpynet
    >>> numpynet.kl_div(numpynet.tensor([0.5, 0.5]).log(), numpynet.tensor([0.25, 0.75]), 2)
    tensor(0.1308)
    """
    by_name = _name("kl_div", reduction)
    return reduced(likelihood_losses.kl_div(input, target, reduction="none", log_target=log_target), by_name)


@composed
def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """`nn.functional.poisson_nll_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> numpynet.poisson_nll_loss(numpynet.tensor([0.0, 0.0]), numpynet.tensor([1.0, 2.0]), True, False, 1e-8, 0)
    tensor([1., 1.])
    """
    by_name = _name("poisson_nll_loss", reduction)
    return likelihood_losses.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=by_name)


@composed
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """`nn.functional.ctc_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> numpynet.ctc_loss(numpynet.full((2, 1, 2), 0.5).log(), numpynet.tensor([[1]]), [2], [1])
    tensor([0.2877])
    """
    by_name = _name("ctc_loss", reduction)
    return sequence_losses.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, by_name, zero_infinity)


all_show_operations(globals())
