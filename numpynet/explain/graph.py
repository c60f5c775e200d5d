"""Graph: the values on the way to a loss, the operations between them, and the cotangent of every one of them.

It is read off the tape, node by node; a recording of the program, where there is one, adds what the tape does not keep.
The walk back is that of `numpynet.core.tape`, step by step in the same order, so that its sums have the same bits; but
it releases nothing, writes no `.grad`, and keeps the part that each operation contributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numpynet.core.modes import no_grad, silently
from numpynet.core.tape import FREED, Node, OpNode
from numpynet.core.tensor import Tensor
from numpynet.explain.program import Place
from numpynet.explain.recording import Recorded, Recording
from numpynet.nn.modules.module import Module
from numpynet.ops.form import Array, Op
from numpynet.ops.sums import sum_to

INPUT, PARAMETER, RESULT = "input", "parameter", "result"


@dataclass(eq=False, repr=False)
class Value:
    """A tensor of the program: a leaf, or the result of an operation.

    array: its values, None where only the tape is known, which does not keep them. gradient: ∂loss/∂value, None where
    none is computed. uses: the operations that it goes into and their gradients by it, in the order of the backward.
    """

    kind: str
    shape: tuple[int, ...]
    dtype: Any
    array: Array | None = None
    tensor: Tensor | None = None
    name: str = ""
    gradient: Array | None = None
    made_by: Call | None = None
    uses: list[tuple[Call, int]] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<value {self.name}, shape {self.shape}>"

    def label(self, index: Sequence[int] = ()) -> str:
        """Its name, or that of one of its elements: hidden.weight[1, 0]."""
        return f"{self.name}[{', '.join(map(str, index))}]" if index else self.name


@dataclass(eq=False, repr=False)
class Call:
    """An operation on the way to the loss.

    operation: None for what is none of numpynet's, such as a function with a backward of the user's own.
    operands: values, numbers, or None, by the operation's own names; of an operation of many, numbered.
    kept: what the formulas name, as it was in the forward; by_operand: the operands that gradients are computed for.
    contributions: the gradients that it computed, one for each of those.
    """

    node: Node
    operation: Op | None
    title: str
    result: Value
    operands: dict[str, Any]
    options: dict[str, Any]
    by_operand: list[tuple[str, Value | None]]
    kept: Sequence[Any] | None
    place: Place | None = None
    modules: list[Module] = field(default_factory=list)
    path: str = ""
    contributions: list[Array | None] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.title} of {self.result!r}>"

    def pull(self, dy: Array, kept: Sequence[Any] | None = None) -> list[Array | None]:
        """The gradients for any cotangent, with the values kept of the forward or others in their place."""
        if not isinstance(self.node, OpNode):
            with no_grad():  # as in a backward pass: what a function of the user's own computes is not recorded
                return list(silently(self.node.pull, dy))
        found = silently(self.node.plan.gradients, dy, self.kept if kept is None else kept)
        if self.node.shapes is not None:
            found = [sum_to(gradient, shape) for gradient, shape in zip(found, self.node.shapes, strict=True)]
        return [None if one is None else np.asarray(one) for one in found]

    def formula_needs(self, operand: str) -> dict[str, Any]:
        """What the formula for an operand was given besides dy, by the names that it uses."""
        assert self.operation is not None
        own = self.operation.operands[0] if self.operation.variadic else operand
        places = self.kept_places()
        return {need: places[self.operation.whereabouts(need)] for need in self.operation.gradients.needs(own)}

    def kept_names(self) -> list[str]:
        """The formulas' names of what was kept; "" for attributes such as shapes."""
        assert self.operation is not None
        names = [*self.operation.operands, "y", *self.operation.options]
        return [names[place] if attribute is None else "" for place, attribute in self.kept_places()]

    def kept_places(self) -> dict[tuple[int, str | None], Any]:
        """What was kept, by the places of its names among a call's values: see `Op.whereabouts`."""
        assert isinstance(self.node, OpNode)
        assert self.operation is not None
        assert self.kept is not None
        marks = _Marks(self.operation)
        order = self.node.plan.kept(marks.arrays, marks.result, marks.options)
        return {marks.place(mark): value for mark, value in zip(order, self.kept, strict=True)}


class _Mark:
    """Stands for one value of a call, and its attributes for themselves."""

    def __init__(self, place: int, attribute: str | None = None) -> None:
        self.where = place, attribute

    @property
    def shape(self) -> _Mark:
        return _Mark(self.where[0], "shape")

    @property
    def dtype(self) -> _Mark:
        return _Mark(self.where[0], "dtype")


class _Marks:
    """A call's values, each replaced by a mark that says where it stands, to see which of them a plan keeps."""

    def __init__(self, operation: Op) -> None:
        count = len(operation.operands)
        first: Any = [_Mark(0)] if operation.variadic else _Mark(0)
        self.arrays = [first, *(_Mark(place) for place in range(1, count))]
        self.result = _Mark(count)
        self.options = {name: _Mark(count + 1 + place) for place, name in enumerate(operation.options)}

    @staticmethod
    def place(mark: Any) -> tuple[int, str | None]:
        return (mark[0] if isinstance(mark, list) else mark).where


@dataclass
class Graph:
    """What leads to a loss. calls: in the order in which they were computed."""

    loss: Value
    calls: list[Call]
    values: list[Value]

    def find(self, name: str) -> Value:
        """The value of that name; KeyError, with the names there are, where there is none."""
        for value in self.values:
            if value.name == name:
                return value
        raise KeyError(f"no value is called {name!r}; there are {', '.join(value.name for value in self.values)}")


def same(one: Graph, other: Graph) -> bool:
    """Whether two graphs are of the same computation: the same operations on the same leaves, with the same bits."""
    if [call.title for call in one.calls] != [call.title for call in other.calls]:
        return False
    for ours, theirs in zip(one.calls, other.calls, strict=True):
        for (_, a), (_, b) in zip(ours.by_operand, theirs.by_operand, strict=True):
            if (a is None) != (b is None) or (a is not None and b is not None and a.tensor is not b.tensor):
                return False
        for x, y in zip(ours.contributions, theirs.contributions, strict=True):
            if x is None or y is None:
                if x is not y:
                    return False
            elif not np.array_equal(x, y, equal_nan=True):
                return False
    return True


def _copied(kept: Any) -> Any:
    if isinstance(kept, list):
        return [_copied(one) for one in kept]
    return kept.copy() if isinstance(kept, np.ndarray) else kept


class _Reader:
    """Makes a graph of a tape, with what a recording knows of it."""

    def __init__(self, recording: Recording | None) -> None:
        self.recorded: dict[Node, Recorded] = {} if recording is None else recording.nodes
        self.values: dict[Any, Value] = {}

    def value(self, edge: Any) -> Value:
        """The value at an edge of the tape: a leaf, or what a node made."""
        if edge in self.values:
            return self.values[edge]
        if isinstance(edge, Node):
            entry = self.recorded.get(edge)
            array = None if entry is None else entry.array
            made = Value(RESULT, () if array is None else array.shape, None if array is None else array.dtype, array)
        else:
            array = edge._array.copy()
            made = Value(PARAMETER, array.shape, array.dtype, array, edge)
        self.values[edge] = made
        return made

    def input(self, tensor: Tensor, array: Array) -> Value:
        """A tensor that needs no gradient; those that look at the same elements in the same way are one."""
        key = tensor._array.__array_interface__["data"][0], array.shape, array.dtype.str, array.tobytes()
        if key not in self.values:
            self.values[key] = Value(INPUT, array.shape, array.dtype, array, tensor)
        return self.values[key]

    def call(self, node: Node) -> Call:
        entry = self.recorded.get(node)
        result = self.value(node)
        if not isinstance(node, OpNode):
            by_operand: list[tuple[str, Value | None]] = [
                (f"operand {i}", None if edge is None else self.value(edge)) for i, edge in enumerate(node.edges)
            ]
            operands = {name: value for name, value in by_operand if value is not None}
            result.made_by = Call(node, None, node.name(), result, operands, {}, by_operand, None)
            return result.made_by
        if node.kept is None:
            raise RuntimeError(FREED)
        operation = node.plan.operation
        if operation.variadic:
            names = [f"{operation.operands[0]}[{i}]" for i in range(len(node.edges))]
        else:
            names = [operation.operands[position] for position in node.plan.positions]
        by_operand = [
            (name, None if edge is None else self.value(edge)) for name, edge in zip(names, node.edges, strict=True)
        ]
        operands = {name: value for name, value in by_operand if value is not None}
        call = Call(node, operation, node.title, result, operands, {}, by_operand, [_copied(one) for one in node.kept])
        if entry is not None:
            self._add(call, entry)
        result.made_by = call
        return call

    def _add(self, call: Call, entry: Recorded) -> None:
        """What was recorded beside the tape: the operands without a gradient, the options, the line."""
        assert call.operation is not None
        differentiated = dict(call.by_operand)
        operands: dict[str, Any] = {}
        for position, (operand, value) in enumerate(zip(entry.operands, entry.values, strict=True)):
            name = (
                f"{call.operation.operands[0]}[{position}]"
                if call.operation.variadic
                else call.operation.operands[position]
            )
            known = differentiated.get(name)
            if known is not None:
                operands[name] = known
                if known.array is None or known.kind == PARAMETER:
                    known.array, known.shape, known.dtype = value, value.shape, value.dtype
            else:
                operands[name] = self.input(operand, value) if isinstance(operand, Tensor) else operand
                if isinstance(operand, Tensor) and not operands[name].name:
                    operands[name].name = entry.called.get(position, "")
        call.operands, call.options = operands, entry.options
        call.place, call.modules = entry.place, entry.modules
        call.result.name = entry.name or ""


def read(root: Any, cotangent: Array, recording: Recording | None = None) -> Graph:
    """The graph behind a place on the tape, with the cotangents of all its values.

    root: the node that made the loss, or a leaf. cotangent: ∂loss/∂loss, ones unless the program gave its own.
    """
    reader = _Reader(recording)
    nodes: dict[Node, None] = {}
    waiting = [root]
    while waiting:
        edge = waiting.pop()
        if isinstance(edge, Node) and edge not in nodes:
            nodes[edge] = None
            waiting.extend(edge.edges)
    calls = [reader.call(node) for node in sorted(nodes, key=lambda node: node.number)]
    loss = reader.value(root)
    silently(_walk, calls, reader, root, cotangent)
    calls = [call for call in calls if call.contributions]
    for call in reversed(calls):
        for slot, (_, value) in enumerate(call.by_operand):
            if value is not None and call.contributions[slot] is not None:
                value.uses.append((call, slot))
    values = [one for call in calls for one in (*call.operands.values(), call.result) if isinstance(one, Value)]
    leaves = [one for one in values if one.kind != RESULT]
    return Graph(loss, calls, list(dict.fromkeys([*leaves, *values, loss])))


def _walk(calls: list[Call], reader: _Reader, root: Any, cotangent: Array) -> None:
    cotangents: dict[Any, Array] = {root: cotangent}
    for call in reversed(calls):
        dy = cotangents.get(call.node)
        if dy is None:
            continue
        for hook in tuple(call.node._hooks or ()):
            dy = hook(dy)
        cotangents[call.node] = dy
        if call.result.array is None and dy.dtype.kind != "O":
            call.result.shape, call.result.dtype = dy.shape, dy.dtype
        call.contributions = call.pull(dy)
        for edge, gradient in zip(call.node.edges, call.contributions, strict=False):
            if edge is None or gradient is None:
                continue
            cotangents[edge] = np.asarray(cotangents[edge] + gradient) if edge in cotangents else gradient
    for edge, gradient in cotangents.items():
        if gradient.dtype.kind == "c":
            raise RuntimeError(
                "explain: gradients of complex numbers are not explained: explain a program of real ones"
            )
        if not isinstance(edge, Node):
            for hook in tuple(edge._hooks or ()):
                gradient = hook(gradient)
            gradient = gradient.astype(edge._array.dtype, copy=False)
        if gradient.dtype.kind != "O":  # those of a function with several results are together until it is called
            reader.value(edge).gradient = gradient.copy()
