"""Distances and similarities of vectors."""

from __future__ import annotations

from numpynet import composite, ops
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.composite.statistics import vector_norm
from numpynet.core.dtypes import promote_types
from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.ops.showing import all_show_operations


@composed
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x₁ · x₂ / (max(‖x₁‖, eps) max(‖x₂‖, eps)) along `dim` of what both are broadcast to

    RuntimeError for integers, shapes that do not fit and a negative eps, IndexError for a dimension that is not there.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.cosine_similarity(numpynet.tensor([[1.0, 0.0]]), numpynet.tensor([[1.0, 1.0]]))
    tensor([0.7071])
    """
    kind = promote_types(x1.dtype, x2.dtype)
    if not kind.is_floating_point:
        raise RuntimeError(
            f"cosine_similarity(): expected common dtype to be floating point, yet common dtype is {kind}: convert "
            f"one, as in x.float()"
        )
    if not eps >= 0:
        raise RuntimeError(f"cosine_similarity(): eps must be non-negative, got: {eps}")
    x1, x2 = composite.broadcast_tensors(*(x if x.is_floating_point() else x.to(kind) for x in (x1, x2)))
    lengths = []
    for x in (x1, x2):
        length = vector_norm(x, 2, dim, keepdim=True).clone()
        with no_grad():
            length.clamp_min_(eps)
        lengths.append(length)
    return ops.sum((x1 / lengths[0]) * (x2 / lengths[1]), dim=dim)


@composed
def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """‖x₁ − x₂ + eps‖ₚ along the last dimension        broadcast together

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.pairwise_distance(numpynet.tensor([[1.0, 0.0]]), numpynet.tensor([[1.0, 2.0]]))
    tensor([2.0000])
    """
    return titled(vector_norm(x1 - x2 + eps, p, -1, keepdim), "NormBackward1")


all_show_operations(globals())
