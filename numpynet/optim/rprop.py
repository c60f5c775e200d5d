"""Rprop: steps by the sign of the gradient alone."""

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
    check_kernels,
    check_learning_rate,
    number,
    one_step_more,
    step_counter,
    with_gradient,
)
from numpynet.optim.together import Together


class Rprop(Optimizer):
    """θ ← θ - s sign(g), with a size s for each element that grows while the sign stays (see `rprop`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: the first size of all steps. etas: by what a size is multiplied after a change of sign, and otherwise.
    step_sizes: the least and the largest size.
    foreach, capturable: accepted as in torch, where they choose among kernels.

    ValueError for options out of range. NotImplementedError for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import Rprop
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Rprop([w], lr=0.25)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.7500, -1.7500], requires_grad=True)
    """

    _required_options = ("lr", "etas", "step_sizes")
    _required_state = ("step", "prev", "step_size")
    _arrays_of_state = ("prev", "step_size")

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_learning_rate(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        check_kernels("Rprop", foreach, None, differentiable, capturable)
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        etas, (least, greatest), maximize = group["etas"], group["step_sizes"], group["maximize"]

        def rule(_: int, θ: Array, g: Array, previous: Array, size: Array) -> None:
            rprop(θ, g, previous, size, etas, (least, greatest), maximize)

        together = Together(rule, self._flats, len(group["params"]) > 1)
        for parameter, θ, g in with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["prev"] = wrap(np.zeros_like(θ))
                state["step_size"] = wrap(np.full_like(θ, number(group["lr"])))
            one_step_more(state["step"])
            together.add(0, θ, g, state["prev"]._array, state["step_size"]._array)
        together.finish()


def rprop(
    θ: Array,
    g: Array,
    previous: Array,
    size: Array,
    etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50),
    maximize: bool = False,
) -> None:
    """One step for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    previous: the gradient of the last step, zeros before the first; size: that of the steps, at first the learning
    rate. They and θ are changed in place.

        size ← size times η₊ where g previous > 0, η₋ where it is < 0, between the least and the largest size
        g ← 0 where g previous < 0
        θ ← θ - sign(g) size,  previous ← g

    Source: M. Riedmiller and H. Braun, "A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm" (1993).

    >>> import numpy
    >>> θ, previous, size = numpy.zeros(3), numpy.array([1.0, 1.0, 0.0]), numpy.ones(3)
    >>> rprop(θ, numpy.array([2.0, -2.0, 2.0]), previous, size, (0.5, 1.25))
    >>> θ, size
    (array([-1.25,  0.  , -1.  ]), array([1.25, 0.5 , 1.  ]))
    """
    if maximize:
        g = -g
    product = g * previous
    size *= np.where(product > 0, np.array(etas[1], θ.dtype), np.where(product < 0, np.array(etas[0], θ.dtype), 1))
    np.maximum(size, step_sizes[0], out=size)
    np.minimum(size, step_sizes[1], out=size)
    g = np.where(product < 0, 0, g)
    θ -= np.sign(g) * size
    np.add(g, 0, out=previous)
