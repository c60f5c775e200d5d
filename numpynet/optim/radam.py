"""RAdam: Adam whose first steps are rectified."""

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
    check_betas,
    check_decay,
    check_kernels,
    check_learning_rate,
    check_not_negative,
    either,
    number,
    one_step_more,
    step_counter,
    with_gradient,
)
from numpynet.optim.together import Together


class RAdam(Optimizer):
    """θ ← θ - lr r m̂ / √v̂, and θ ← θ - lr m̂ while v̂ is too uncertain (see `radam`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element. betas: how much of the averages stays from step to step.
    weight_decay: λ, added as λ θ to the gradient; with decoupled_weight_decay θ shrinks by lr λ θ instead.
    foreach, capturable: accepted as in torch, where they choose among kernels.

    ValueError for options out of range. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import RAdam
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = RAdam([w], lr=0.25)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.5000, -1.0000], requires_grad=True)
    """

    _required_options = ("lr", "betas", "eps", "weight_decay")
    _required_state = ("step", "exp_avg", "exp_avg_sq")
    _arrays_of_state = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas)
        check_decay(weight_decay, decoupled_weight_decay)
        check_kernels("RAdam", foreach, None, differentiable, capturable)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        β1, β2 = group["betas"]
        lr, eps, weight_decay, maximize = number(group["lr"]), group["eps"], group["weight_decay"], group["maximize"]
        decoupled = group["decoupled_weight_decay"]

        def rule(t: int, θ: Array, g: Array, m: Array, v: Array) -> None:
            radam(θ, g, m, v, t, lr, β1, β2, eps, weight_decay, decoupled, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["exp_avg"] = wrap(np.zeros_like(θ))
                state["exp_avg_sq"] = wrap(np.zeros_like(θ))
            together.add(one_step_more(state["step"]), θ, g, state["exp_avg"]._array, state["exp_avg_sq"]._array)
        together.finish()


def radam(
    θ: Array,
    g: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 1e-3,
    β1: float = 0.9,
    β2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0,
    decoupled: bool = False,
    maximize: bool = False,
) -> None:
    """Step number t = 1, 2, ... for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    m, v: the moving averages of g and g², zeros before the first step. They and θ are changed in place.

        m ← β1 m + (1 - β1) g,  m̂ = m / (1 - β1ᵗ)
        v ← β2 v + (1 - β2) g²
        ρ = ρ∞ - 2 t β2ᵗ / (1 - β2ᵗ)   with ρ∞ = 2 / (1 - β2) - 1
        θ ← θ - lr m̂                   while ρ ≤ 5, and then
        θ ← θ - lr m̂ √(1 - β2ᵗ) / (√v + eps) √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))

    Weight decay λ comes first: g ← g + λ θ, or, decoupled, θ ← θ - lr λ θ. Source: L. Liu et al., "On the variance of
    the adaptive learning rate and beyond" (2020).

    >>> import numpy
    >>> θ, m, v = numpy.array([1.0, -2.0]), numpy.zeros(2), numpy.zeros(2)
    >>> radam(θ, 2 * θ, m, v, t=1, lr=0.25)
    >>> θ
    array([ 0.5, -1. ])
    """
    if maximize:
        g = -g
    if weight_decay and decoupled:
        θ *= 1 - lr * weight_decay
    elif weight_decay:
        g = g + weight_decay * θ
    m *= β1
    m += (1 - β1) * g
    v *= β2
    v += (1 - β2) * g * g
    correction = 1 - β2**t
    ρ_end = 2 / (1 - β2) - 1
    ρ = ρ_end - 2 * t * β2**t / correction
    unbiased = m / (1 - β1**t)
    is_certain = ρ > 5.0
    adapted = either(is_certain, lambda: correction**0.5 / (np.sqrt(v) + eps), lambda: 1.0)
    rectified = either(
        is_certain, lambda: ((ρ - 4) * (ρ - 2) * ρ_end / ((ρ_end - 4) * (ρ_end - 2) * ρ)) ** 0.5, lambda: 1.0
    )
    θ -= unbiased * lr * adapted * rectified
