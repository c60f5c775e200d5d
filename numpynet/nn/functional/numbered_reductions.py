"""Losses as torch has them beside its tensors: their last argument is the number of the reduction."""

from __future__ import annotations

from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor
from numpynet.nn.functional import margin_losses
from numpynet.ops.arguments import is_integer
from numpynet.ops.showing import all_show_operations


def _name(reduction: int) -> str:
    """The reduction of a number; TypeError for what is none."""
    if not is_integer(reduction):
        raise TypeError(
            f"argument 'reduction' must be int, not {type(reduction).__name__}: 1 is the mean and 2 the sum; names are "
            f"for the losses of torch.nn.functional"
        )
    return {1: "mean", 2: "sum"}.get(int(reduction), "none")


@composed
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 1) -> Tensor:
    """`nn.functional.hinge_embedding_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> numpynet.hinge_embedding_loss(numpynet.tensor([0.5, 0.25]), numpynet.tensor([1, -1]), 1.0, 2)
    tensor(1.2500)
    """
    return margin_losses.hinge_embedding_loss(input, target, margin, reduction=_name(reduction))


@composed
def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 1
) -> Tensor:
    """`nn.functional.margin_ranking_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> numpynet.margin_ranking_loss(*numpynet.tensor([[1.0, 2.0], [3.0, 2.5], [1.0, 1.0]]), 0.0, 2)
    tensor(2.5000)
    """
    return margin_losses.margin_ranking_loss(input1, input2, target, margin, reduction=_name(reduction))


@composed
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 1
) -> Tensor:
    """`nn.functional.cosine_embedding_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> x, y = numpynet.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
    >>> numpynet.cosine_embedding_loss(x, y, numpynet.tensor([1, -1]), 0.0, 2)
    tensor(2.)
    """
    return margin_losses.cosine_embedding_loss(input1, input2, target, margin, reduction=_name(reduction))


@composed
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 1,
) -> Tensor:
    """`nn.functional.triplet_margin_loss`, reduced to the mean (1), the sum (2) or not at all (0).

    >>> import numpynet
    >>> numpynet.triplet_margin_loss(*numpynet.tensor([[[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]]))
    tensor(4.0000)
    """
    return margin_losses.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, reduction=_name(reduction)
    )


all_show_operations(globals())
