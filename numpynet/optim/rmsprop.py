"""RMSprop: the gradient divided by the root of a moving average of its square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from numpynet.core.tensor import wrap
from numpynet.ops.form import Array
from numpynet.optim.optimizer import (
    Group,
    LearningRate,
    Optimizer,
    check_decay,
    check_kernels,
    check_learning_rate,
    check_not_negative,
    number,
    one_step_more,
    step_counter,
    with_gradient,
)
from numpynet.optim.together import Together


class RMSprop(Optimizer):
    """θ ← θ - lr g / (√v + eps), with a moving average v of the gradient's square (see `rmsprop`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element.
    alpha: how much of the average stays from step to step.
    momentum: lets steps build up; centered: takes the variance in place of the mean square.
    foreach, capturable: accepted as in torch, where they choose among kernels.

    ValueError for negative options. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import RMSprop
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = RMSprop([w], lr=0.25, alpha=0.75)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.5000, -1.5000], requires_grad=True)
    """

    _required_options = ("lr", "alpha", "eps", "weight_decay")
    _required_state = ("step", "square_avg")
    _arrays_of_state = ("square_avg", "momentum_buffer", "grad_avg")

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        check_not_negative("epsilon value", eps)
        check_not_negative("momentum value", momentum)
        check_decay(weight_decay)
        check_not_negative("alpha value", alpha)
        check_kernels("RMSprop", foreach, None, differentiable, capturable)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        lr, alpha, eps, weight_decay = number(group["lr"]), group["alpha"], group["eps"], group["weight_decay"]
        momentum, centered, maximize = group["momentum"], group["centered"], group["maximize"]

        def rule(_: int, θ: Array, g: Array, v: Array, *others: Array) -> None:
            b = others[0] if momentum > 0 else None
            rmsprop(θ, g, v, b, others[-1] if centered else None, lr, alpha, eps, weight_decay, momentum, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["square_avg"] = wrap(np.zeros_like(θ))
                if momentum > 0:
                    state["momentum_buffer"] = wrap(np.zeros_like(θ))
                if centered:
                    state["grad_avg"] = wrap(np.zeros_like(θ))
            one_step_more(state["step"])
            arrays = [θ, g, state["square_avg"]._array]
            if momentum > 0:
                arrays.append(state["momentum_buffer"]._array)
            if centered:
                arrays.append(state["grad_avg"]._array)
            together.add(0, *arrays)
        together.finish()


def rmsprop(
    θ: Array,
    g: Array,
    v: Array,
    b: Array | None,
    mean: Array | None,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0,
    momentum: float = 0,
    maximize: bool = False,
) -> None:
    """One step for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    v: the moving average of g², b: the momentum buffer or None, mean: the moving average of g, or None unless
    centered; zeros before the first step. They and θ are changed in place.

        g ← g + λ θ                    λ = weight_decay
        v ← α v + (1 - α) g²
        step = g / (√v + eps)          centered: √(v - mean²) with mean ← α mean + (1 - α) g
        θ ← θ - lr step                momentum: θ ← θ - lr b with b ← μ b + step

    Source: T. Tieleman and G. Hinton, lecture 6.5 of "Neural networks for machine learning" (2012); centered:
    A. Graves, "Generating sequences with recurrent neural networks" (2013).

    >>> import numpy
    >>> θ, v = numpy.array([1.0, -2.0]), numpy.zeros(2)
    >>> rmsprop(θ, 2 * θ, v, None, None, lr=0.25, alpha=0.75)
    >>> θ, v
    (array([ 0.5, -1.5]), array([1., 4.]))
    """
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * θ
    v *= alpha
    v += (1 - alpha) * g * g
    if mean is None:
        root = np.sqrt(v)
    else:
        mean *= alpha
        mean += (1 - alpha) * g
        root = np.sqrt(v - mean * mean)
    if b is None:
        θ -= lr * g / (root + eps)
    else:
        b *= momentum
        b += g / (root + eps)
        θ -= lr * b
