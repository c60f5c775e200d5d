"""explain: the backward pass of a loss, number by number, in the terms of the program that computed it.

`explain` is called as a function: this module is one too.

>>> import numpynet
>>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
>>> x = numpynet.tensor([3.0, 4.0])
>>> def step():
...     y = w * x
...     loss = y.sum()
...     return loss
>>> numpynet.explain(step)
loss = 2.0000    2 operations, 2 parameters, float32    (∂a is ∂loss/∂a)
<BLANKLINE>
  your line                       forward                    backward, from the last line up
  y = w * x                       mul: 2, 2 → 2              ∂w = ∂y ⊙ x
  loss = y.sum()                  sum: 2 → ()                ∂y = spread(∂loss)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.explain.exercise import Exercise
from numpynet.explain.explanation import Explanation, Number, of_loss, of_step, require_scalar
from numpynet.nn.modules.module import Module

__all__ = ["Exercise", "Explanation", "Number", "explain"]


def explain(what: Tensor | Callable[[], Any], number: str | None = None, *, steps: int = 1) -> Explanation | Number:
    """Explains a loss, or the loss of a training step: how it was computed, and how its gradients are.

    what: a loss, a tensor of one element, before `backward()`; or a function without arguments that computes one, with
        or without `backward()` and the optimizer's step. A function is run, and all that it changes in tensors,
        modules, optimizers, containers and random numbers is put back as it was. (What cannot be put back: files, and
        how far an iterator has come.) For a loss the caller's statements that computed it are run in this way.
    number: one element of a gradient, such as "hidden.weight[1, 0]", to be explained as the sum of its terms.
    steps: how many training steps are run to be looked at; for a function.

    RuntimeError for a loss that requires no gradient, whose tape was released, or that is more than one number;
    TypeError for anything else.

    >>> import numpynet
    >>> from numpynet.explain import explain
    >>> w = numpynet.tensor([2.0, -1.0], requires_grad=True)
    >>> explain(lambda: (w * w).sum(), "w[1]").value
    -2.0
    """
    if isinstance(what, Tensor):
        require_scalar(what)
        if what.grad_fn is None:
            raise RuntimeError(
                "explain: the loss does not require grad and does not have a grad_fn: compute it from parameters that "
                "require gradients, and not under no_grad()"
            )
        frame = sys._getframe(1)
        if frame.f_globals is globals():
            frame = sys._getframe(2)
        explanation = of_loss(what, frame)
    elif isinstance(what, Module):
        raise TypeError(
            f"explain: give a function that computes a loss with the {type(what).__name__}, as in "
            f"explain(lambda: loss_function(model(x), target))"
        )
    elif callable(what):
        explanation = of_step(what, steps)
    else:
        raise TypeError(f"explain: give a loss or a function that computes one, not {type(what).__name__}")
    return explanation if number is None else explanation.number(number)


class _Callable(ModuleType):
    """A module that is called as its function `explain`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Explanation | Number:
        return explain(*args, **kwargs)

    def __dir__(self) -> list[str]:
        return [*__all__, *(name for name in super().__dir__() if name.startswith("__"))]


sys.modules[__name__].__class__ = _Callable
