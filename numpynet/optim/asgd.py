"""ASGD: gradient descent whose path is averaged."""

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
    check_decay,
    check_kernels,
    check_learning_rate,
    either,
    number,
    one_step_more,
    only_number,
    step_counter,
    with_gradient,
)
from numpynet.optim.together import Together


class ASGD(Optimizer):
    """θ ← θ - η g with a decaying η, and the average of all θ in the state (see `asgd`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element. lambd, alpha: how η decays. t0: the step from which θ is averaged; the
    average is each parameter's ``state["ax"]``.
    foreach, capturable: accepted as in torch, where they choose among kernels.

    ValueError for options out of range. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import ASGD
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = ASGD([w], lr=0.25, lambd=0.0)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.5000, -1.0000], requires_grad=True)
    """

    _required_options = ("lr", "lambd", "alpha", "t0", "weight_decay")
    _required_state = ("step", "eta", "mu", "ax")
    _arrays_of_state = ("ax",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        check_decay(weight_decay)
        check_kernels("ASGD", foreach, None, differentiable, capturable)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        lr, lambd, alpha, t0 = map(number, (group["lr"], group["lambd"], group["alpha"], group["t0"]))
        weight_decay, maximize = group["weight_decay"], group["maximize"]

        def rule(numbers: tuple[float, float], θ: Array, g: Array, average: Array) -> None:
            asgd(θ, g, average, *numbers, lambd, weight_decay, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["eta"] = wrap(np.array(lr, default_numpy_dtype()))
                state["mu"] = wrap(np.ones((), default_numpy_dtype()))
                state["ax"] = wrap(np.zeros_like(θ))
            t = one_step_more(state["step"])
            η, μ = state["eta"]._array, state["mu"]._array
            together.add((only_number(η), only_number(μ)), θ, g, state["ax"]._array)
            η[()] = lr / (1 + lambd * lr * t) ** alpha
            μ[()] = _share(t - t0)
        together.finish()


def _share(count: float) -> float:
    """The share of the newest θ in the average of so many."""
    return 1 / either(count > 1, lambda: count, lambda: 1)


def asgd(
    θ: Array,
    g: Array,
    average: Array,
    η: float,
    μ: float,
    lambd: float = 1e-4,
    weight_decay: float = 0,
    maximize: bool = False,
) -> None:
    """One step for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    average: that of all θ, zeros before the first step. It and θ are changed in place.
    η: the learning rate of this step, after step t lr / (1 + lambd lr t)^alpha. μ: 1 / (the number of θ averaged).

        g ← g + λ θ                          λ = weight_decay
        θ ← (1 - lambd η) θ - η g
        average ← average + μ (θ - average)

    Source: B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by averaging" (1992).

    >>> import numpy
    >>> θ, average = numpy.array([1.0, -2.0]), numpy.zeros(2)
    >>> asgd(θ, 2 * θ, average, 0.25, 1.0, lambd=0.0)
    >>> average
    array([ 0.5, -1. ])
    """
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * θ
    θ *= 1 - lambd * η
    θ -= η * g
    average[...] = either(μ == 1, lambda: θ, lambda: average + (θ - average) * μ)
