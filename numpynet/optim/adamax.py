"""Adamax: Adam with the largest gradient so far in the place of the mean square."""

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
    number,
    one_step_more,
    step_counter,
    with_gradient,
)
from numpynet.optim.together import Together


class Adamax(Optimizer):
    """θ ← θ - lr m̂ / u, with a moving average m̂ of the gradient and a decaying maximum u of its size (see `adamax`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element. betas: how much of m and u stays from step to step.
    foreach, capturable: accepted as in torch, where they choose among kernels.

    ValueError for options out of range. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import Adamax
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Adamax([w], lr=0.25)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.7500, -1.7500], requires_grad=True)
    """

    _required_options = ("lr", "betas", "eps", "weight_decay")
    _required_state = ("step", "exp_avg", "exp_inf")
    _arrays_of_state = ("exp_avg", "exp_inf")

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas)
        check_decay(weight_decay)
        check_kernels("Adamax", foreach, None, differentiable, capturable)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        β1, β2 = group["betas"]
        lr, eps, weight_decay, maximize = number(group["lr"]), group["eps"], group["weight_decay"], group["maximize"]

        def rule(t: int, θ: Array, g: Array, m: Array, u: Array) -> None:
            adamax(θ, g, m, u, t, lr, β1, β2, eps, weight_decay, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["exp_avg"] = wrap(np.zeros_like(θ))
                state["exp_inf"] = wrap(np.zeros_like(θ))
            together.add(one_step_more(state["step"]), θ, g, state["exp_avg"]._array, state["exp_inf"]._array)
        together.finish()


def adamax(
    θ: Array,
    g: Array,
    m: Array,
    u: Array,
    t: int,
    lr: float = 2e-3,
    β1: float = 0.9,
    β2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0,
    maximize: bool = False,
) -> None:
    """Step number t = 1, 2, ... for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    m: the moving average of g, u: the decaying maximum of |g|, zeros before the first step. They and θ are changed in
    place.

        g ← g + λ θ                          λ = weight_decay
        m ← β1 m + (1 - β1) g
        u ← max(β2 u, |g| + eps)
        θ ← θ - lr / (1 - β1ᵗ) m / u

    Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015), section 7.1.

    >>> import numpy
    >>> θ, m, u = numpy.array([1.0, -2.0]), numpy.zeros(2), numpy.zeros(2)
    >>> adamax(θ, 2 * θ, m, u, t=1, lr=0.25, eps=0.0)
    >>> θ
    array([ 0.75, -1.75])
    """
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * θ
    m *= β1
    m += (1 - β1) * g
    u *= β2
    np.maximum(u, np.abs(g) + eps, out=u)
    θ -= lr / (1 - β1**t) * m / u
