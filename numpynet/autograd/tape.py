"""The tape: a node for every recorded operation, and the walk back over them.

A node keeps what the formulas of its operation name, and an edge for each operand that needs a gradient:
the node that made that operand, or the leaf tensor itself. Nodes are numbered as they are made, and an
operand is always made before its result; going from the highest number down therefore visits every node
after all that use its result. That order needs no recursion, and it adds up cotangents in torch's order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any, Protocol

import numpy as np

from numpynet.ops.form import Array, Formula, Op, sum_to


class Leaf(Protocol):
    """What the tape needs of a tensor that gradients end at."""

    _hooks: Any

    def _accumulate(self, gradient: Array) -> None: ...

    def _run_hooks(self, gradient: Array) -> Array: ...


Edge = Any  # Node | Leaf | None
_number = itertools.count()
next_number = _number.__next__

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if "
    "you need to access saved tensors after calling backward."
)


class Node:
    """A place on the tape: from the cotangent of a result to those of its operands."""

    __slots__ = ("__weakref__", "edges", "hooks", "number", "retained")

    def __init__(self, edges: Sequence[Edge]) -> None:
        self.edges = edges
        self.number = next_number()
        self.hooks: list[Callable[[Array], Array]] | None = None
        self.retained: Any = None  # a weak reference to the result, when it retains its gradient

    def pull(self, dy: Array) -> Sequence[Array | None]:
        """The cotangents of the operands, one for each edge."""
        raise NotImplementedError

    def retain(self, dy: Array) -> None:
        """Hands the cotangent to the result, if that still lives and retains its gradient."""
        tensor = self.retained()
        if tensor is not None:
            tensor._retain(dy)

    def release(self) -> None:
        """Lets go of the values kept for the backward pass."""

    def name(self) -> str:
        """The name that torch gives such a node."""
        raise NotImplementedError

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the operands, each with the number of its output, as torch lists them."""
        return tuple(
            (edge if isinstance(edge, Node) or edge is None else AccumulateGrad(edge), 0)
            for edge in self.edges
        )

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class AccumulateGrad:
    """How a leaf appears in `next_functions`."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.next_functions: tuple[Any, ...] = ()

    def name(self) -> str:
        """torch's name of it."""
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"


class OpNode(Node):
    """A recorded operation: the formulas for its operands, each with the arguments it will want besides dy."""

    __slots__ = ("calls", "operation", "shapes", "title", "watched")

    def __init__(
        self,
        operation: Op,
        edges: Sequence[Edge],
        calls: list[tuple[Formula, list[Any]]],
        shapes: Sequence[tuple[int, ...]] | None,
        watched: Sequence[tuple[list[int], int, Array]],
        title: str,
    ) -> None:
        self.edges = edges
        self.number = next_number()
        self.hooks = None
        self.retained = None
        self.operation = operation
        self.calls: list[tuple[Formula, list[Any]]] | None = calls
        self.shapes = shapes  # of the operands that need a gradient, where broadcasting must be summed away
        self.watched = watched  # the arrays kept, with their version counters and what those showed
        self.title = title

    def pull(self, dy: Array) -> Sequence[Array | None]:
        if self.calls is None:
            raise RuntimeError(FREED)
        for counter, version, array in self.watched:
            if counter[0] != version:
                raise RuntimeError(_overwritten(self.title, array, counter[0], version))
        gradients = [formula(dy, *arguments) for formula, arguments in self.calls]
        if self.shapes is not None:
            return [sum_to(gradient, shape) for gradient, shape in zip(gradients, self.shapes, strict=True)]
        return gradients[0] if self.operation.variadic else gradients

    def release(self) -> None:
        if self.watched:
            self.calls = None
            self.watched = ()

    def keep_copy(self, array: Array) -> None:
        """Puts a copy in place of an array that is about to be overwritten by its own operation."""
        if self.calls is not None:
            for _, arguments in self.calls:
                arguments[:] = [argument.copy() if argument is array else argument for argument in arguments]
            self.watched = [watch for watch in self.watched if watch[2] is not array]

    def name(self) -> str:
        return self.title


def _overwritten(title: str, array: Array, now: int, expected: int) -> str:
    kind = {"float32": "FloatTensor", "float64": "DoubleTensor"}.get(array.dtype.name, "Tensor")
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[torch.{kind} {list(array.shape)}], which {title} needs, is at version {now}; expected version "
        f"{expected} instead. Hint: write y = y + 1 in place of y += 1, or clone() the value first."
    )


class CopySlices(Node):
    """The history of a tensor after one of its views was overwritten by an operation with a gradient.

    Inside the view the cotangent belongs to what was written, outside it to what had been there before.
    """

    __slots__ = ("look",)

    def __init__(self, before: Edge, written: Edge, look: Callable[[Array], Array]) -> None:
        super().__init__((before, written))
        self.look = look

    def pull(self, dy: Array) -> Sequence[Array | None]:
        within = self.look(dy).copy()
        outside = dy.copy()
        self.look(outside)[...] = 0
        return outside, within

    def name(self) -> str:
        return "CopySlices"


@np.errstate(all="ignore")  # torch computes with infinities and NaN in silence
def walk_back(
    roots: Sequence[tuple[Edge, Array]], *, retain_graph: bool, targets: Sequence[Edge] | None = None
) -> dict[Edge, Array]:
    """Carries cotangents from the roots to the leaves.

    Without `targets` every leaf accumulates its gradient into `.grad`, and the result is empty. With them
    no `.grad` is touched: the result holds the cotangents of those targets that were reached.
    """
    cotangents: dict[Node, Array] = {}
    leaves: dict[Leaf, Array] = {}  # arrays that nobody else holds
    reached: dict[Edge, Array] = {}
    waiting: list[tuple[int, Node]] = []  # a heap: the node made last comes first
    for edge, dy in roots:
        if not isinstance(edge, Node):
            leaves[edge] = dy.copy() if edge not in leaves else leaves[edge] + dy
        elif edge in cotangents:
            cotangents[edge] = cotangents[edge] + dy
        else:
            cotangents[edge] = dy
            heappush(waiting, (-edge.number, edge))
    while waiting:
        node = heappop(waiting)[1]
        dy = cotangents.pop(node)
        if node.hooks is not None:
            for hook in node.hooks:
                dy = hook(dy)
        if targets is None:
            if node.retained is not None:
                node.retain(dy)
        elif node in targets:
            reached[node] = dy
        for edge, gradient in zip(node.edges, node.pull(dy), strict=True):
            if edge is None or gradient is None:
                continue
            if isinstance(edge, Node):
                if edge in cotangents:
                    cotangents[edge] = np.asarray(cotangents[edge] + gradient)
                else:
                    cotangents[edge] = gradient if type(gradient) is np.ndarray else np.asarray(gradient)
                    heappush(waiting, (-edge.number, edge))
            elif edge in leaves:
                leaves[edge] = np.asarray(leaves[edge] + gradient)
            elif gradient is dy or gradient.base is not None or type(gradient) is not np.ndarray:
                leaves[edge] = np.array(gradient)
            else:
                leaves[edge] = gradient
        if not retain_graph:
            node.release()
    for leaf, gradient in leaves.items():
        if leaf._hooks is not None:
            gradient = leaf._run_hooks(gradient)
        if targets is None:
            leaf._accumulate(gradient)
        elif leaf in targets:
            reached[leaf] = gradient
    return reached
