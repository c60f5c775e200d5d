"""Hooks on a module's backward pass: what stands around its forward so that gradients are seen on their way.

What goes into the module and what comes out of it pass through a function that changes nothing. On the way back the
one behind the module tells the gradients of its outputs, the one before it those of its inputs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from numpynet.autograd.function import Function
from numpynet.core import listening
from numpynet.core.modes import flags
from numpynet.core.tensor import Tensor

Hooks = Sequence[Callable[..., Any]]
Gradients = tuple[Any, ...]


class BackwardHookFunction(Function):
    """The identity; on the way back, what is told the gradients may replace them.

    before: whether this stands before a module: of what was not used it is then told zeros, as torch does, else None.
    """

    @staticmethod
    def forward(ctx: Any, told: Callable[[Gradients], Gradients], before: bool, *tensors: Tensor) -> Gradients:
        ctx.told = told
        ctx.set_materialize_grads(before)
        ctx.mark_non_differentiable(*(one for one in tensors if not one.requires_grad))
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Gradients:
        return (None, None, *ctx.told(gradients))


class BackwardHooks:
    """One call of a module whose backward pass is listened to: `enter` its arguments, then `leave` with its result."""

    def __init__(self, module: Any, hooks: Hooks, pre_hooks: Hooks) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.of_inputs: list[int] | None = None  # the places of the tensors among the inputs, if one needs a gradient
        self.inputs = self.outputs = 0
        self.of_outputs: list[int] = []
        self.grad_outputs: Gradients | None = None

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, from where the inputs' gradients are told."""
        self.inputs = len(args)
        self.of_inputs, args = _through(args, self._entered, before=True)
        return args

    def leave(self, result: Any) -> Any:
        """The result, a tensor or a tuple, to where the outputs' gradients are told."""
        several = isinstance(result, tuple)
        given = result if several else (result,)
        self.outputs = len(given)
        places, given = _through(given, self._left, before=False)
        self.of_outputs = places or []
        return given if several else given[0]

    def _left(self, gradients: Gradients) -> Gradients:
        told = _placed(gradients, self.of_outputs, self.outputs)
        for hook in self.pre_hooks:
            changed = listening.call(hook, self.module, told)
            if changed is not None:
                told = _as_many(changed, told, "pre hook returned an invalid number of grad_output")
        self.grad_outputs = told
        if self.of_inputs is None:
            self._tell_without_inputs(told)
        return tuple(told[place] for place in self.of_outputs)

    def _tell_without_inputs(self, told: Gradients) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
            "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module."
            "register_full_backward_hook for more details.",
            UserWarning,
            stacklevel=2,
        )
        for hook in self.hooks:
            changed = listening.call(hook, self.module, (None,) * self.inputs, told)
            if changed is not None and not (isinstance(changed, tuple) and all(one is None for one in changed)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )
        self.grad_outputs = None

    def _entered(self, gradients: Gradients) -> Gradients:
        grad_outputs, self.grad_outputs = self.grad_outputs, None
        if grad_outputs is None or self.of_inputs is None:  # not by way of the module's outputs
            return gradients
        told = _placed(gradients, self.of_inputs, self.inputs)
        for hook in self.hooks:
            changed = listening.call(hook, self.module, told, grad_outputs)
            if changed is not None:
                told = _as_many(changed, told, "hook returned an invalid number of grad_input")
        return tuple(told[place] for place in self.of_inputs)


def _through(
    values: tuple[Any, ...], told: Callable[[Gradients], Gradients], before: bool
) -> tuple[list[int] | None, Gradients]:
    """The values with their tensors passed through, and the places of these; None where none needs a gradient."""
    places = [place for place, one in enumerate(values) if isinstance(one, Tensor)]
    if not flags.enabled or not any(values[place].requires_grad for place in places):
        return None, values
    passed = BackwardHookFunction.apply(told, before, *(values[place] for place in places))
    changed = list(values)
    for place, one in zip(places, passed, strict=True):
        changed[place] = one
    return places, tuple(changed)


def _placed(gradients: Gradients, places: list[int], count: int) -> Gradients:
    found: list[Any] = [None] * count
    for place, gradient in zip(places, gradients, strict=True):
        found[place] = gradient
    return tuple(found)


def _as_many(changed: Any, told: Gradients, words: str) -> Gradients:
    """What a hook returns in place of the gradients; RuntimeError unless it is as many."""
    given = changed if isinstance(changed, tuple) else (changed,)
    if len(given) != len(told):
        raise RuntimeError(f"Backward {words}, got {len(given)}, but expected {len(told)}")
    return given
