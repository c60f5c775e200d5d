"""Softmaxes: exponentials whose sum is 1."""

from __future__ import annotations

import warnings
from typing import Any

from numpynet import composite, ops
from numpynet.composite.arguments import composed
from numpynet.core.tensor import Tensor
from numpynet.creation import zeros
from numpynet.nn.functional.arguments import require_tensor
from numpynet.ops.showing import all_show_operations


def _implicit_dim(name: str, input: Tensor, stacklevel: int) -> int:
    """The dimension that torch takes when none is given, which it warns of."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return 0 if input.ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """eˣ / Σ eˣ along `dim`, after a conversion to `dtype` if there is one; warns without a dimension.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    if dim is None:
        dim = _implicit_dim("softmax", input, _stacklevel)
    if dtype is None and type(dim) is int and isinstance(input, Tensor):
        return ops.softmax(input, dim=dim)
    require_tensor("softmax", "input", 1, input, asks="softmax")
    return composite.softmax(input, dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """x − ln Σ eˣ along `dim`, after a conversion to `dtype` if there is one; warns without a dimension.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.log_softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    if dim is None:
        dim = _implicit_dim("log_softmax", input, _stacklevel)
    if dtype is None and type(dim) is int and isinstance(input, Tensor):
        return ops.log_softmax(input, dim=dim)
    require_tensor("log_softmax", "input", 1, input, asks="log_softmax")
    return composite.log_softmax(input, dim, dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The softmax of −x along `dim`, after a conversion to `dtype` if there is one; warns without a dimension.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softmin(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    if dim is None:
        dim = _implicit_dim("softmin", input, _stacklevel)
    return softmax(-input, dim, dtype=dtype)


@composed
def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """softmax((x + g) / τ) along `dim`, with g drawn from the Gumbel distribution (Jang et al. 2017).

    hard: gives 1 where that is greatest and 0 elsewhere; the gradient is that of the softmax. eps: not used, as in
    torch.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.gumbel_softmax(numpynet.tensor([0.0, 100.0]), hard=True)
    tensor([0., 1.])
    """
    gumbels = -zeros(logits.shape, dtype=logits.dtype).exponential_().log()
    soft = composite.softmax((logits + gumbels) / tau, dim)
    if not hard:
        return soft
    index = composite.max(soft, dim, keepdim=True)[1]
    chosen = zeros(logits.shape, dtype=logits.dtype).scatter_(dim, index, value=1.0)
    return chosen - soft.detach() + soft


all_show_operations(globals())
