"""SGD: stochastic gradient descent, with momentum and weight decay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numpynet.core.tape import as_array
from numpynet.core.tensor import Tensor, wrap
from numpynet.ops.form import Array
from numpynet.optim.optimizer import (
    Group,
    LearningRate,
    Optimizer,
    check_decay,
    check_kernels,
    check_learning_rate,
    check_not_negative,
    scalar,
    with_gradient,
)
from numpynet.optim.together import Together


class SGD(Optimizer):
    """θ ← θ - lr ∂L/∂θ, optionally with momentum, Nesterov's momentum and weight decay (see `sgd`).

    params: tensors, named tensors or groups of them; see `Optimizer`.
    lr: a number or a tensor of one element. The other options are described at `sgd`.
    foreach, fused: accepted as in torch; they choose among torch's kernels, and there is only one here.

    Product and difference are rounded one after the other, so that a step has the very bits of
    ``p -= lr * p.grad``. torch rounds once, in a fused multiply-add: its parameters may differ by one unit in
    the last place of the larger term after each step.

    ValueError for negative options, and for nesterov without momentum or with dampening. NotImplementedError
    for differentiable=True.

    >>> import numpynet
    >>> from numpynet.optim import SGD
    >>> w = numpynet.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w ** 2).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.5000, -1.0000], requires_grad=True)
    """

    _required_options = ("lr", "momentum", "dampening", "weight_decay")
    _arrays_of_state = ("momentum_buffer",)

    _takes_complex = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: LearningRate = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_learning_rate(lr)
        check_not_negative("momentum value", momentum)
        check_decay(weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_kernels("SGD", foreach, fused, differentiable)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def _update(self, group: Group) -> None:
        momentum, dampening, weight_decay = group["momentum"], group["dampening"], group["weight_decay"]
        nesterov, maximize = group["nesterov"], group["maximize"]
        numbers: dict[Any, tuple[Any, Any, Any]] = {}

        def rule(_: int, θ: Array, g: Array, b: Array | None = None) -> Any:
            lr, μ, λ = numbers[θ.dtype]
            return sgd(θ, g, b, lr, μ, dampening, λ, nesterov, maximize)

        together = Together(rule, self._flats, len(group["params"]) > 5) if momentum else None
        dtype = None
        for parameter, θ, g in with_gradient(group):
            if θ.dtype is not dtype:
                dtype = θ.dtype
                lr = scalar(dtype, group["lr"])
                μ = scalar(dtype, momentum) if momentum else 0
                λ = scalar(dtype, weight_decay) if weight_decay else 0
                numbers[dtype] = lr, μ, λ
            if together is None:
                sgd(θ, g, None, lr, 0, 0, λ, False, maximize)
                continue
            state = self.state[parameter]
            buffer = state.get("momentum_buffer")
            if buffer is None:
                state["momentum_buffer"] = wrap(as_array(rule(0, θ, g)))
            else:
                together.add(0, θ, g, buffer._array)
                buffer._writes[0] += 1
        if together is not None:
            together.finish()


def sgd(
    θ: Array,
    g: Array,
    b: Array | None,
    lr: Any,
    momentum: Any = 0,
    dampening: float = 0,
    weight_decay: Any = 0,
    nesterov: bool = False,
    maximize: bool = False,
) -> Any:
    """One step, in place, for a parameter θ with gradient g = ∂L/∂θ; all arrays have one shape and dtype.

    b: the momentum buffer, None at the first step; returns that of the next step, None without momentum.

    As torch's documentation writes it, with γ = lr, μ = momentum, τ = dampening, λ = weight_decay:

        g ← g + λ θ
        b ← μ b + (1 - τ) g       (b ← g at the first step)
        g ← b                     (g ← g + μ b for nesterov)
        θ ← θ - γ g

    maximize: starts from -g. Nesterov's momentum: Sutskever et al., "On the importance of initialization and
    momentum in deep learning" (2013), as torch rearranges it.

    >>> import numpy
    >>> θ, g = numpy.array([1.0, -2.0]), numpy.array([2.0, -4.0])
    >>> b = sgd(θ, g, None, lr=0.25, momentum=0.5)
    >>> b = sgd(θ, g, b, lr=0.25, momentum=0.5)
    >>> θ, b
    (array([-0.25,  0.5 ]), array([ 3., -6.]))
    """
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * θ
    if momentum:
        if b is None:
            b = g.copy()
        else:
            b *= momentum
            b += (1 - dampening) * g if dampening else g
        g = g + momentum * b if nesterov else b
    θ -= lr * g
    return b
