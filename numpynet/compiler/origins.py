"""Origins: which operation computes in a step, in which direction and in which layer, as the library tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from numpynet.compiler.program import Origin
from numpynet.compiler.symbol import Memory, Symbol
from numpynet.core.listening import Listener
from numpynet.core.modes import flags
from numpynet.core.tape import Node, OpNode, Pull
from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.ops.form import Op

if TYPE_CHECKING:
    from numpynet.compiler.readable import Reader


@dataclass(frozen=True)
class Work:
    """What is at work: an operation, a node of the tape, or an update. made: where the node's operation was called."""

    direction: str = "forward"
    name: str = ""
    operation: Any = None  # an Op
    node: Node | None = None
    made: Origin | None = None


class Origins(Listener):
    """Where what is computed comes from.

    values: of what operations returned, where it comes from. cotangents: the value that each of them belongs to.
    roots: the modules that the step calls, but for those in others.
    reader: what is noted for a program that is to be read, else None.
    """

    def __init__(self, reader: Reader | None) -> None:
        self.reader = reader
        self.values: dict[Memory, Origin] = {}
        self.cotangents: dict[Memory, Memory] = {}
        self.roots: list[Module] = []
        self._at = [Work()]
        self._walks: list[int] = []
        self._modules: list[Module] = []
        self._returned: list[tuple[Tensor, Memory]] = []
        self._nodes: dict[Node, Memory] = {}

    def now(self) -> Origin:
        """The origin of what is computed now."""
        at = self.work
        direction, layer = at.direction, "" if at.made is None else at.made.layer
        if direction == "forward" and self.cotangents and not flags.enabled:
            direction = "update"  # by hand, in torch's way: under no_grad(), after the backward pass
        if self._modules:
            layer = layer or f"{id(self._modules[-1])}"
        origin = Origin(direction, at.name, layer)
        return origin if self.reader is None else self.reader.origin(origin, at.operation, at.node, at.made)

    @property
    def work(self) -> Work:
        """What is at work."""
        return self._at[-1]

    # --- what begins and ends ---------------------------------------------------------------------------

    @contextmanager
    def during(self, work: Work) -> Iterator[None]:
        """While something is at work."""
        depth = len(self._at)
        self._at.append(work)
        try:
            yield
        finally:
            del self._at[depth:]

    @contextmanager
    def inside(self, module: Module) -> Iterator[None]:
        """While a module is called."""
        self._modules.append(module)
        if len(self._modules) == 1 and module not in self.roots:
            self.roots.append(module)
        try:
            yield
        finally:
            self._modules.pop()

    def computing(self, operation: Op) -> None:
        """An operation begins; in the backward pass it belongs to that of the node."""
        forward = Work(name=operation.name, operation=operation)
        self._at.append(replace(self.work, operation=operation) if self.work.direction == "backward" else forward)

    def recorded(self, operation: Op, operands: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
        """It ends."""
        self._at.pop()

    def walking_back(self, roots: Sequence[tuple[Any, Any]]) -> None:
        """A backward pass begins, in which cotangents that meet are added up."""
        self._walks.append(len(self._at))
        self._at.append(Work("backward", "accumulate"))

    def walked_back(self) -> None:
        """It ends, perhaps by an error in an operation."""
        del self._at[self._walks.pop() :]

    def pull(self, pull: Pull, node: Node, dy: Any) -> Any:
        """Leads a cotangent through a node."""
        known = node.plan.operation.name if isinstance(node, OpNode) else node.name().removesuffix("Backward")
        with self.during(Work("backward", known, None, node, self._made_by(node, dy))):
            return pull(node, dy)

    # --- values -----------------------------------------------------------------------------------------

    def returned(self, tensor: Tensor, array: Symbol) -> None:
        """A tensor was made."""
        origin = self.now()
        self._returned.append((tensor, array.memory))
        if origin.operation and origin.direction == "forward":
            self.values.setdefault(array.memory, origin)
            if self.reader is not None:
                self.reader.returned(array)

    def _made_by(self, node: Node, dy: Any) -> Origin | None:
        """Where the operation of a node was called; `dy` is the cotangent of what it returned."""
        for tensor, memory in self._returned:
            if tensor._node is not None:
                self._nodes.setdefault(tensor._node, memory)
        self._returned.clear()
        value = self._nodes.get(node)
        if value is None:
            return None
        if type(dy) is Symbol:
            self.cotangents.setdefault(dy.memory, value)
        return self.values.get(value)

    def forget(self) -> None:
        """Lets go of tensors, nodes and frames."""
        self._returned.clear()
        self._nodes.clear()
        if self.reader is not None:
            self.reader.forget()
