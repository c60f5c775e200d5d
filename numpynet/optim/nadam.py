"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from numpynet.core.dtypes import default_numpy_dtype
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
    scalar,
    step_counter,
    with_gradient,
)
from numpynet.optim.together import Together


class NAdam(Optimizer):
    """θ ← θ - lr (…g + …m) / (√v̂ + eps): Adam that looks ahead along its momentum (see `nadam`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element. betas: how much of the averages stays from step to step.
    momentum_decay: how soon the momentum comes to its full size. weight_decay: λ, added as λ θ to the gradient; with
    decoupled_weight_decay θ shrinks by lr λ θ instead.
    foreach, capturable: accepted as in torch, where they choose among kernels.

    ValueError for options out of range. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import NAdam
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = NAdam([w], lr=0.25)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.7359, -1.7359], requires_grad=True)
    """

    _required_options = ("lr", "betas", "eps", "weight_decay", "momentum_decay")
    _required_state = ("step", "mu_product", "exp_avg", "exp_avg_sq")
    _arrays_of_state = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        check_not_negative("momentum_decay value", momentum_decay)
        check_kernels("NAdam", foreach, None, differentiable, capturable)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        β1, β2 = group["betas"]
        lr, eps, weight_decay, maximize = number(group["lr"]), group["eps"], group["weight_decay"], group["maximize"]
        decoupled, momentum_decay = group["decoupled_weight_decay"], group["momentum_decay"]

        def rule(numbers: tuple[Any, ...], θ: Array, g: Array, m: Array, v: Array) -> None:
            t, μ, μ_next, product = numbers
            nadam(θ, g, m, v, t, μ, μ_next, product, lr, β1, β2, eps, weight_decay, decoupled, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["mu_product"] = wrap(np.ones((), default_numpy_dtype()))
                state["exp_avg"] = wrap(np.zeros_like(θ))
                state["exp_avg_sq"] = wrap(np.zeros_like(θ))
            t = one_step_more(state["step"])
            μ, μ_next = (β1 * (1.0 - 0.5 * 0.96 ** (step * momentum_decay)) for step in (t, t + 1))
            product = state["mu_product"]
            product._array *= scalar(product._array.dtype, μ)
            numbers = (t, μ, μ_next, number(product))
            together.add(numbers, θ, g, state["exp_avg"]._array, state["exp_avg_sq"]._array)
        together.finish()


def nadam(
    θ: Array,
    g: Array,
    m: Array,
    v: Array,
    t: int,
    μ: float,
    μ_next: float,
    product: float,
    lr: float = 2e-3,
    β1: float = 0.9,
    β2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0,
    decoupled: bool = False,
    maximize: bool = False,
) -> None:
    """Step number t = 1, 2, ... for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    m, v: the moving averages of g and g², zeros before the first step. They and θ are changed in place.
    μ, μ_next: the momentum of this step and of the next, product: that of all μ up to this one's.

        m ← β1 m + (1 - β1) g
        v ← β2 v + (1 - β2) g²
        d = √(v / (1 - β2ᵗ)) + eps
        θ ← θ - lr (1 - μ) / (1 - product) g / d - lr μ_next / (1 - product μ_next) m / d

    Weight decay λ comes first: g ← g + λ θ, or, decoupled, θ ← θ - lr λ θ. Source: T. Dozat, "Incorporating Nesterov
    momentum into Adam" (2016).

    >>> import numpy
    >>> θ, m, v = numpy.array([1.0]), numpy.zeros(1), numpy.zeros(1)
    >>> nadam(θ, numpy.array([2.0]), m, v, 1, 0.5, 0.5, 0.5, lr=0.25, β1=0.5, eps=0.0)
    >>> float(θ[0].round(4))
    0.6667
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
    d = np.sqrt(v / (1 - β2**t)) + eps
    θ -= lr * (1.0 - μ) / (1.0 - product) * g / d
    θ -= lr * μ_next / (1.0 - product * μ_next) * m / d
