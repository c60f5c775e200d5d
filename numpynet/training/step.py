"""One training step: the gradients of a batch, and the update that follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.nn.utils.clip_grad import clip_grad_norm_
from numpynet.optim import Optimizer

Predict = Callable[[Any], Any]
Criterion = Callable[[Any, Any], Tensor]


def mean_loss(criterion: Criterion, outputs: Any, targets: Any, weights: Tensor | None = None) -> Tensor:
    """The loss of a batch: L = ℓ(outputs, targets), or with weights L = Σₙ wₙ ℓₙ / Σₙ wₙ over its N samples.

    criterion: gives a tensor of one element, or with weights (N,) one for each sample, as losses with
    reduction="none" do: (N, ...), of which a sample's mean counts. ValueError for weights of another shape, and for a
    criterion that has taken a mean already.
    """
    loss = criterion(outputs, targets)
    if weights is None:
        return loss
    if weights.ndim != 1 or loss.ndim < 1 or loss.shape[0] != weights.shape[0]:
        raise ValueError(
            f"weights of samples must be (N,), beside one loss for each of the N samples, but got weights "
            f"{tuple(weights.shape)} and a loss {tuple(loss.shape)}: use a loss with reduction='none'"
        )
    each = loss if loss.ndim == 1 else loss.flatten(1).mean(1)
    return (each * weights).sum() / weights.sum()


class Step:
    """The two halves of a step, apart, so that what is known in between (the loss) can prevent the update.

    predict: gives the outputs for the inputs of a batch.
    criterion: gives the loss, a tensor of one element, for outputs and targets.
    optimizer: clears the gradients before, and applies them after.
    gradient_clip_val: clips the global norm of the gradients of all its parameters to this; 0 for no clipping.
    compile: whether both halves are compiled (`numpynet.compile`), which changes no bit of what they compute. None for
        where that can be done; a warning tells why it cannot.

    gradients: computes ∂L/∂θ of a batch (inputs, targets[, weights]) for every parameter θ, in place of the last
        batch's, and returns L (`mean_loss`). update: clips the gradients and applies them, and returns their global
        norm before clipping, a tensor of one element, or None without clipping.
    """

    def __init__(
        self,
        predict: Predict,
        criterion: Criterion,
        optimizer: Optimizer,
        gradient_clip_val: float = 0.0,
        *,
        compile: bool | None = None,
    ) -> None:
        parameters: list[Tensor] = [p for group in optimizer.param_groups for p in group["params"]]

        def gradients(inputs: Any, targets: Any, *weights: Any) -> Tensor:
            optimizer.zero_grad()
            loss = mean_loss(criterion, predict(inputs), targets, *weights)
            loss.backward()
            return loss

        def update() -> Tensor | None:
            norm = clip_grad_norm_(parameters, gradient_clip_val) if gradient_clip_val else None
            optimizer.step()
            return norm

        self.gradients: Callable[..., Tensor] = compiled(gradients, compile)
        self.update: Callable[[], Tensor | None] = compiled(update, compile)


def compiled(step: Callable[..., Any], compile: bool | None = None) -> Callable[..., Any]:
    """The step compiled, by a compiler that is imported where it is used.

    compile: True for a CompileError where that cannot be done, None for a warning there, False for the step as it is.
    """
    if compile is False:
        return step
    from numpynet.compiler import CompiledStep

    return CompiledStep(step, asked=compile is True)
