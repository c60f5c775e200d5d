"""Recording: what a program computes on its way to a loss, heard through `numpynet.core.listening`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from numpynet.core.listening import Listener
from numpynet.core.tape import Node
from numpynet.core.tensor import Tensor
from numpynet.explain.program import Place, name_of_result, place_of, users_frames
from numpynet.nn.modules.module import Module
from numpynet.ops.form import Array, Op

PARAMETERS = {"self", "input", "other", "tensor", "result", "a", "b", "x", "y", "one", "operand"}  # whatever is given


@dataclass
class Recorded:
    """One operation that was computed: its operands as they were, its result, and where the program asked for it.

    operands: tensors, numbers or None. values: the same, with copies of arrays in the place of tensors.
    modules: those being called, the outermost first. name: what the program calls the result, if anything.
    called: what it calls those operands just then that no operation has made, by their positions.
    """

    operation: Op
    operands: Sequence[Any]
    values: list[Any]
    options: dict[str, Any]
    result: Tensor
    array: Array
    place: Place | None
    modules: list[Module]
    name: str | None = None
    called: dict[int, str] = field(default_factory=dict)


@dataclass
class Recording(Listener):
    """Everything recorded on the tape since the recording began.

    until: the frame that runs the program, at which the program's own frames end.
    on_backward: is called with the roots when a backward pass begins.
    most: how many operations may be recorded, if there is a limit; RuntimeError at the next one.
    """

    until: FrameType
    on_backward: Any = None
    most: int | None = None
    nodes: dict[Node, Recorded] = field(default_factory=dict)
    frames: dict[int, FrameType] = field(default_factory=dict)
    _copies: dict[int, tuple[Tensor, int, Array]] = field(default_factory=dict)
    _named: dict[int, tuple[FrameType, Recorded]] = field(default_factory=dict)

    def recorded(self, operation: Op, operands: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
        if result._node is None:
            return
        if self.most is not None and len(self.nodes) >= self.most:
            raise RuntimeError(f"explain: the program computes more than {self.most} operations")
        values = [self._value(one) for one in operands]
        entry = Recorded(operation, tuple(operands), values, dict(options), result, result._array.copy(), None, [])
        self.nodes[result._node] = entry
        self._copies[id(result)] = (result, result._writes[0], entry.array)
        frames = users_frames(sys._getframe(1), self.until)
        inside = frames[0][0] if frames else None
        for position, one in enumerate(operands):
            name = _variable(one, sys._getframe(1), inside) if isinstance(one, Tensor) and one._node is None else ""
            if name:
                entry.called[position] = name
        self.frames.update((id(frame), frame) for frame, _ in frames)
        entry.modules = self._modules(sys._getframe(1))
        if frames:
            entry.place = place_of(frames[0][0])
            named = name_of_result(frames)
            if named is not None:
                name, below = named
                if id(below) in self._named:
                    self._named[id(below)][1].name = None
                self._named[id(below)] = below, entry
                entry.name = name

    def walking_back(self, roots: Sequence[tuple[Any, Array]]) -> None:
        if self.on_backward is not None:
            self.on_backward(roots)

    def forget(self) -> None:
        """Begins anew."""
        for kept in (self.nodes, self.frames, self._copies, self._named):
            kept.clear()

    def _value(self, operand: Any) -> Any:
        """A copy of a tensor's array, shared with others as long as nobody writes into it."""
        if not isinstance(operand, Tensor):
            return operand.copy() if isinstance(operand, np.ndarray) else operand
        tensor, version, array = self._copies.get(id(operand), (None, -1, None))
        if tensor is not operand or version != operand._writes[0] or array is None:
            array = operand._array.copy()
            self._copies[id(operand)] = operand, operand._writes[0], array
        return array

    def _modules(self, frame: FrameType | None) -> list[Module]:
        found: list[Module] = []
        while frame is not None and frame is not self.until:
            code = frame.f_code
            if code.co_argcount and code.co_varnames[0] == "self" and code.co_name in ("forward", "__call__"):
                module = frame.f_locals.get("self")
                if isinstance(module, Module) and not any(module is one for one in found):
                    found.append(module)
            frame = frame.f_back
        return found[::-1]

    def variables(self) -> dict[int, tuple[str, Tensor]]:
        """By the id of each tensor that a variable of the program refers to, in the end, the variable's name."""
        found: dict[int, tuple[str, Tensor]] = {}
        scopes: list[dict[str, Any]] = [dict(frame.f_locals) for frame in self.frames.values()]
        scopes += [frame.f_globals for frame in self.frames.values()]
        for scope in scopes:
            for name, value in list(scope.items()):
                if isinstance(value, Tensor) and name.isidentifier() and not name.startswith("_"):
                    found.setdefault(id(value), (name, value))
        return found

    def modules(self) -> dict[int, tuple[str, Module]]:
        """The outermost modules that were called, with the names that variables of the program give them."""
        roots: dict[int, tuple[str, Module]] = {}
        for entry in self.nodes.values():
            for module in entry.modules[:1]:
                roots.setdefault(id(module), ("", module))
        for frame in self.frames.values():
            for name, value in [*frame.f_locals.items(), *frame.f_globals.items()]:
                if id(value) in roots and not roots[id(value)][0] and name != "self":
                    roots[id(value)] = name, roots[id(value)][1]
        return roots


def _variable(tensor: Tensor, frame: FrameType | None, users: FrameType | None) -> str:
    """What a tensor is called in the program's frame, or else in one of those that this has called; "" for nothing.

    In the program's frame, a tensor of another shape with the same elements does for it.
    """
    found = ""
    while frame is not None:
        variables = {name: one for name, one in frame.f_locals.items() if not name.startswith("_")}
        names = [name for name, one in variables.items() if one is tensor]
        if frame is users:
            alike = (name for name, one in variables.items() if isinstance(one, Tensor) and _same_elements(one, tensor))
            return next(iter(names), "") or next(alike, found)
        found = next((name for name in names if name not in PARAMETERS), found)
        frame = frame.f_back
    return ""


def _same_elements(a: Tensor, b: Tensor) -> bool:
    places = [one._array.__array_interface__["data"][0] for one in (a, b)]
    return places[0] == places[1] and a._array.size == b._array.size and a._array.flags.c_contiguous
