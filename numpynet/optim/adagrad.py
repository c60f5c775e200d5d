"""Adagrad: the gradient divided by the root of the sum of all its squares so far."""

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


class Adagrad(Optimizer):
    """θ ← θ - lr g / (√Σg² + eps), the sum over all steps so far (see `adagrad`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element; at step t it is lr / (1 + (t - 1) lr_decay).
    initial_accumulator_value: what the sum begins with.
    foreach, fused: accepted as in torch, where they choose among kernels.

    ValueError for negative options. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import Adagrad
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Adagrad([w], lr=0.25)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.7500, -1.7500], requires_grad=True)
    """

    _required_options = ("lr", "lr_decay", "eps", "weight_decay")
    _required_state = ("step", "sum")
    _arrays_of_state = ("sum",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_learning_rate(lr)
        check_not_negative("lr_decay value", lr_decay)
        check_decay(weight_decay)
        check_not_negative("initial_accumulator_value value", initial_accumulator_value)
        check_not_negative("epsilon value", eps)
        check_kernels("Adagrad", foreach, fused, differentiable)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for parameter in group["params"]:
                self._begin(parameter)

    def _begin(self, parameter: Any) -> dict[str, Any]:
        """The state of a parameter before its first step; as in torch the default sum counts for all groups."""
        state: dict[str, Any] = self.state[parameter]
        state["step"] = step_counter()
        state["sum"] = wrap(np.full_like(parameter._array, self.defaults["initial_accumulator_value"]))
        return state

    def _update(self, group: Group) -> None:
        lr, lr_decay, eps = number(group["lr"]), group["lr_decay"], group["eps"]
        weight_decay, maximize = group["weight_decay"], group["maximize"]

        def rule(t: int, θ: Array, g: Array, total: Array) -> None:
            adagrad(θ, g, total, t, lr, lr_decay, eps, weight_decay, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter] or self._begin(parameter)
            t = one_step_more(state["step"])
            together.add(t, θ, g, state["sum"]._array)
        together.finish()


def adagrad(
    θ: Array,
    g: Array,
    total: Array,
    t: int,
    lr: float = 1e-2,
    lr_decay: float = 0,
    eps: float = 1e-10,
    weight_decay: float = 0,
    maximize: bool = False,
) -> None:
    """Step number t = 1, 2, ... for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    total: the sum of g² over the steps before. It and θ are changed in place.

        g ← g + λ θ                                  λ = weight_decay
        total ← total + g²
        θ ← θ - lr / (1 + (t - 1) lr_decay) · g / (√total + eps)

    Source: J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011).

    >>> import numpy
    >>> θ, total = numpy.array([1.0, -2.0]), numpy.zeros(2)
    >>> adagrad(θ, 2 * θ, total, t=1, lr=0.25)
    >>> θ, total
    (array([ 0.75, -1.75]), array([ 4., 16.]))
    """
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * θ
    total += g * g
    θ -= lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(total) + eps)
