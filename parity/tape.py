"""Tape: what numpynet computes while a program runs, and the shadow of every value and every gradient of it.

While a `ShadowTape` is open every operation that numpynet records passes through it. The shadow of a result is found
at once, from those of its operands; the shadows of gradients when `backward` is called, by a walk of its own. See
`parity.shadow` for what a shadow is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from numpynet.core.listening import Listener, listening
from numpynet.core.tensor import Tensor
from numpynet.ops.form import Op
from numpynet.testing.formulas import gradients, with_defaults
from parity import derived
from parity.shadow import MOVING, RULES, unbroadcast
from parity.trace import Array

MISSED = (
    "the shadow tape did not see what made {node}: operations in place on views, custom functions and tensors computed "
    "before the step began have no shadow"
)


def value_of(operand: Any) -> Any:
    """An operand as plain arrays and numbers, which nothing later overwrites."""
    return operand._array.copy() if isinstance(operand, Tensor) else operand


def key_of(tensor: Tensor) -> Any:
    """What a tensor's value is known by: what computed it, which is another after an operation in place."""
    return id(tensor) if tensor._node is None else tensor._node


@cache
def _selection(operation: Op, formula: Callable[..., Any]) -> Callable[[Call, Any], list[Any]]:
    """How to pick what a rule of an operation names from a call and the shadow of its cotangent."""
    code = formula.__code__
    pickers: list[Callable[[Call, Any], Any]] = []
    for name in code.co_varnames[: code.co_argcount]:
        if name == "DY":
            pickers.append(lambda call, DY: DY)
        elif name == "y":
            pickers.append(lambda call, DY: call.y)
        elif name == "Y":
            pickers.append(lambda call, DY: call.Y)
        elif name in operation.options:
            pickers.append(lambda call, DY, name=name: call.options[name])  # type: ignore[misc]
        elif name in operation.operands:
            position = operation.operands.index(name)
            pickers.append(lambda call, DY, position=position: call.operands[position])  # type: ignore[misc]
        else:
            position = operation.operands.index(name.lower())
            pickers.append(lambda call, DY, position=position: call.shadows[position])  # type: ignore[misc]
    return lambda call, DY: [pick(call, DY) for pick in pickers]


class Call:
    """The values that the rules of an operation may name, for one call of it.

    operands, shadows: of the operation, on plain arrays. y, Y: of its result; Y is None until it is known.
    """

    def __init__(
        self, operation: Op, operands: Sequence[Any], shadows: Sequence[Any], options: dict[str, Any], y: Array
    ) -> None:
        self.operation = operation
        self.operands = operands
        self.shadows = shadows
        self.options = options if len(options) == len(operation.options) else with_defaults(operation, options)
        self.y = y
        self.Y: Array | None = None

    def result_shadow(self) -> Array:
        """By the operation's forward rule, or derived."""
        name = self.operation.name
        if name in MOVING:
            Y: Array = np.asarray(self.operation.forward(*self.shadows, **self.options))
        elif name in RULES:
            Y = np.asarray(self._evaluate(RULES[name].y, None), np.float64)
        else:
            Y = derived.result_shadow(self.operation, self.operands, self.shadows, self.options)
        self.Y = Y
        return Y

    def gradient_shadow(self, position: int, DY: Array) -> Array:
        """The shadow of the gradient by the operand at that position, given that of the result's cotangent."""
        Y = self.result_shadow() if self.Y is None else self.Y
        operation = self.operation
        if operation.name in MOVING:
            return gradients(operation, self.shadows, DY, self.options, y=Y, wanted=[position])[position]
        if operation.name in RULES:
            DX = self._evaluate(RULES[operation.name].gradients[operation.operands[position]], DY)
        else:
            DX = derived.gradient_shadow(operation, self.operands, self.shadows, self.options, position, DY, Y)
        return unbroadcast(DX, np.shape(self.operands[position]))

    def _evaluate(self, formula: Callable[..., Any], DY: Any) -> Any:
        return formula(*_selection(self.operation, formula)(self, DY))


@dataclass
class Entry:
    """An operation as it was recorded: on tensors, numbers or None; `call` as rules see it.

    operands: those that are tensors, by their positions. keys: what these are known by. key: of the result.
    """

    operation: Op
    operands: dict[int, Tensor]
    keys: dict[int, Any]
    key: Any
    call: Call


class ShadowTape(Listener):
    """Stands between numpynet and what it records, as a context manager.

    gradients: by the id of a leaf, the shadow of what backward added to its grad since `clear`, with that of the
        grad before.
    entries: the operations recorded since `clear`.
    """

    def __init__(self) -> None:
        self.gradients: dict[int, Array] = {}
        self.entries: list[Entry] = []
        self._shadows: dict[Any, Array] = {}
        self._undo = ExitStack()

    def __enter__(self) -> ShadowTape:
        backward = Tensor.backward

        def shadowing(tensor: Tensor, gradient: Tensor | None = None, *args: Any, **kwargs: Any) -> None:
            self._walk_back(tensor, gradient)
            backward(tensor, gradient, *args, **kwargs)

        self._undo.enter_context(listening(self))
        self._undo.callback(setattr, Tensor, "backward", backward)
        Tensor.backward = shadowing  # type: ignore[method-assign,assignment]
        return self

    def __exit__(self, *error: object) -> None:
        self._undo.close()

    def clear(self) -> None:
        """Forgets operations and gradients, for the next step."""
        self.gradients.clear()
        self.entries.clear()
        self._shadows.clear()

    def shadow_of(self, operand: Any) -> Any:
        """The shadow of an operand; one that was not computed is known exactly, up to its own last place."""
        if isinstance(operand, Tensor):
            found = self._shadows.get(operand._node)
            if found is None:
                version, found = operand.__dict__.get("shadow", (None, None))
                found = found if version == operand._writes[0] else None
            return np.abs(operand._array, dtype=np.float64) if found is None else found
        if operand is None:
            return None
        return np.abs(operand, dtype=np.float64) if isinstance(operand, np.ndarray) else abs(operand)

    @np.errstate(all="ignore")
    def recorded(self, operation: Op, operands: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
        if result._array.dtype.kind != "f":
            return
        if not result._requires_grad and operation.name not in RULES and operation.name not in MOVING:
            return  # nothing is differentiated through it: taken as known exactly
        values = [value_of(one) for one in operands]
        shadows = [self.shadow_of(one) for one in operands]
        plain = {name: value_of(one) for name, one in options.items()}
        call = Call(operation, values, shadows, plain, result._array.copy())
        shadow = call.result_shadow()
        if result._node is None:
            result.__dict__["shadow"] = result._writes[0], shadow
            return
        self._shadows[result._node] = shadow
        tensors = {position: one for position, one in enumerate(operands) if isinstance(one, Tensor)}
        keys = {position: key_of(one) for position, one in tensors.items()}
        self.entries.append(Entry(operation, tensors, keys, result._node, call))

    @np.errstate(all="ignore")
    def _walk_back(self, tensor: Tensor, gradient: Tensor | None) -> None:
        """RuntimeError when a tensor on the way was made by an operation that did not pass through here."""
        cotangents = {
            key_of(tensor): np.ones(tensor.shape) if gradient is None else np.abs(gradient._array, dtype=np.float64)
        }
        leaves: dict[int, Tensor] = {}
        made = {entry.key for entry in self.entries}
        if tensor._node not in made:
            raise RuntimeError(MISSED.format(node=tensor.grad_fn))
        for entry in reversed(self.entries):
            DY = cotangents.get(entry.key)
            if DY is None:
                continue
            for position, operand in entry.operands.items():
                if operand._requires_grad:
                    key = entry.keys[position]
                    DX = entry.call.gradient_shadow(position, DY)
                    cotangents[key] = cotangents[key] + DX if key in cotangents else DX
                    if isinstance(key, int):
                        leaves[key] = operand
                    elif key not in made:
                        raise RuntimeError(MISSED.format(node=operand.grad_fn))
        for key, leaf in leaves.items():
            before = leaf._grad
            self.gradients[key] = cotangents[key] if before is None else cotangents[key] + np.abs(before._array)
