"""AdamW: Adam with weight decay apart from the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numpynet.optim.adam import Adam
from numpynet.optim.optimizer import LearningRate


class AdamW(Adam):
    """Adam whose parameters shrink by lr · weight_decay · θ at every step, beside what the gradient does.

    I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019). Options and errors as of `Adam`.

    >>> import numpynet
    >>> from numpynet.optim import AdamW
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.25, weight_decay=0.4)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.6500, -1.5500], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1e-3,
        betas: tuple[LearningRate, LearningRate] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # also when Adam's state was loaded
            group["decoupled_weight_decay"] = True
