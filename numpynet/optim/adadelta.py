"""Adadelta: steps of the size of the last ones, whatever the unit of the gradient."""

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


class Adadelta(Optimizer):
    """θ ← θ - lr δ with δ = g √(u + eps) / √(v + eps), averages v of g² and u of δ² (see `adadelta`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element. rho: how much of the averages stays from step to step.
    foreach, capturable: accepted as in torch, where they choose among kernels.

    ValueError for options out of range. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import Adadelta
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Adadelta([w], lr=10.0, rho=0.75, eps=0.01)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([-0.9901, -0.0025], requires_grad=True)
    """

    _required_options = ("lr", "rho", "eps", "weight_decay")
    _required_state = ("step", "square_avg", "acc_delta")
    _arrays_of_state = ("square_avg", "acc_delta")

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative("epsilon value", eps)
        check_decay(weight_decay)
        check_kernels("Adadelta", foreach, None, differentiable, capturable)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        lr, rho, eps, weight_decay = number(group["lr"]), group["rho"], group["eps"], group["weight_decay"]
        maximize = group["maximize"]

        def rule(_: int, θ: Array, g: Array, v: Array, u: Array) -> None:
            adadelta(θ, g, v, u, lr, rho, eps, weight_decay, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["square_avg"] = wrap(np.zeros_like(θ))
                state["acc_delta"] = wrap(np.zeros_like(θ))
            one_step_more(state["step"])
            together.add(0, θ, g, state["square_avg"]._array, state["acc_delta"]._array)
        together.finish()


def adadelta(
    θ: Array,
    g: Array,
    v: Array,
    u: Array,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0,
    maximize: bool = False,
) -> None:
    """One step for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    v, u: the moving averages of g² and δ², zeros before the first step. They and θ are changed in place.

        g ← g + λ θ                          λ = weight_decay
        v ← ρ v + (1 - ρ) g²
        δ = √(u + eps) / √(v + eps) g
        u ← ρ u + (1 - ρ) δ²
        θ ← θ - lr δ

    Source: M. D. Zeiler, "Adadelta: an adaptive learning rate method" (2012).

    >>> import numpy
    >>> θ, v, u = numpy.array([1.0]), numpy.zeros(1), numpy.zeros(1)
    >>> adadelta(θ, numpy.array([4.0]), v, u, rho=0.75, eps=1.0)
    >>> v
    array([4.])
    """
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * θ
    v *= rho
    v += (1 - rho) * g * g
    δ = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    u *= rho
    u += (1 - rho) * δ * δ
    θ -= lr * δ
