"""Adam: steps of about equal length for all parameters, from moving averages of the gradient and its square."""

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
    square_root,
    step_counter,
    with_gradient,
)
from numpynet.optim.together import Together


class Adam(Optimizer):
    """θ ← θ - lr m̂ / (√v̂ + eps), with moving averages m̂ of the gradient and v̂ of its square (see `adam`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element.
    betas: how much of the averages stays from step to step; two floats, or two tensors of one element.
    weight_decay: λ, added as λ θ to the gradient; with decoupled_weight_decay θ shrinks by lr λ θ instead.
    amsgrad: divides by the largest v so far (S. J. Reddi et al., "On the convergence of Adam and beyond", 2018).
    foreach, fused, capturable: accepted as in torch, where they choose among kernels.

    torch fuses some products with sums: a step may differ from torch's by a few units in the last place.

    ValueError for options out of range. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import Adam
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.25)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.7500, -1.7500], requires_grad=True)
    """

    _required_options = ("lr", "betas", "eps", "weight_decay")
    _required_state = ("step", "exp_avg", "exp_avg_sq")
    _arrays_of_state = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1e-3,
        betas: tuple[LearningRate, LearningRate] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_learning_rate(lr)
        check_not_negative("epsilon value", eps)
        check_decay(weight_decay, decoupled_weight_decay)
        check_betas(betas)
        if isinstance(betas[0], float) != isinstance(betas[1], float):
            raise ValueError("betas must be either both floats or both Tensors")
        check_kernels(type(self).__name__, foreach, fused, differentiable, capturable)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        β1, β2 = map(number, group["betas"])
        lr, eps, weight_decay = number(group["lr"]), group["eps"], group["weight_decay"]
        decoupled, amsgrad, maximize = group["decoupled_weight_decay"], group["amsgrad"], group["maximize"]

        def rule(t: int, θ: Array, g: Array, m: Array, v: Array, v_max: Array | None = None) -> None:
            adam(θ, g, m, v, v_max, t, lr, β1, β2, eps, weight_decay, decoupled, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["exp_avg"] = wrap(np.zeros_like(θ))
                state["exp_avg_sq"] = wrap(np.zeros_like(θ))
                if amsgrad:
                    state["max_exp_avg_sq"] = wrap(np.zeros_like(θ))
            t = one_step_more(state["step"])
            m, v = state["exp_avg"]._array, state["exp_avg_sq"]._array
            if amsgrad:
                together.add(t, θ, g, m, v, state["max_exp_avg_sq"]._array)
            else:
                together.add(t, θ, g, m, v)
        together.finish()


def adam(
    θ: Array,
    g: Array,
    m: Array,
    v: Array,
    v_max: Array | None,
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

    m, v: the moving averages of g and g², zeros before the first step; v_max: the largest v so far, for
    AMSGrad. They and θ are changed in place.

        m ← β1 m + (1 - β1) g
        v ← β2 v + (1 - β2) g²
        m̂ = m / (1 - β1ᵗ)         as if the averages had not begun with zeros
        v̂ = v / (1 - β2ᵗ)
        θ ← θ - lr m̂ / (√v̂ + eps)

    Weight decay λ comes first: g ← g + λ θ, or, decoupled, θ ← θ - lr λ θ. Source: D. P. Kingma and J. Ba,
    "Adam: a method for stochastic optimization" (2015), rounded in torch's order.

    >>> import numpy
    >>> θ, m, v = numpy.array([1.0, -2.0]), numpy.zeros(2), numpy.zeros(2)
    >>> adam(θ, 2 * θ, m, v, None, t=1, lr=0.25)
    >>> θ
    array([ 0.75, -1.75])
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
    if v_max is not None:
        v = np.maximum(v_max, v, out=v_max)
    θ -= lr / (1 - β1**t) * m / (np.sqrt(v) / square_root(1 - β2**t) + eps)
