"""One training step: the gradients of a batch, and the update that follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpynet.nn.utils.clip_grad import clip_grad_norm_
from numpynet.optim import Optimizer
from numpynet.tensor import Tensor


class Step:
    """The two halves of a step, apart, so that what is known in between (the loss) can prevent the update.

    predict: gives the outputs for the inputs of a batch.
    criterion: gives the loss, a tensor of one element, for outputs and targets.
    optimizer: clears the gradients before, and applies them after.
    gradient_clip_val: clips the global norm of the gradients of all its parameters to this; 0 for no clipping.
    """

    def __init__(
        self,
        predict: Callable[[Any], Any],
        criterion: Callable[[Any, Any], Tensor],
        optimizer: Optimizer,
        gradient_clip_val: float = 0.0,
    ) -> None:
        self.predict = predict
        self.criterion = criterion
        self.optimizer = optimizer
        self.gradient_clip_val = gradient_clip_val
        self.parameters: list[Tensor] = [p for group in optimizer.param_groups for p in group["params"]]

    def gradients(self, inputs: Any, targets: Any) -> Tensor:
        """∂L/∂θ of one batch for every parameter θ, in place of the last batch's. Returns L."""
        self.optimizer.zero_grad()
        loss = self.criterion(self.predict(inputs), targets)
        loss.backward()
        return loss

    def update(self) -> float | None:
        """Clips the gradients and applies them. Returns their global norm before clipping; None without clipping."""
        norm = None
        if self.gradient_clip_val:
            norm = clip_grad_norm_(self.parameters, self.gradient_clip_val).item()
        self.optimizer.step()
        return norm
