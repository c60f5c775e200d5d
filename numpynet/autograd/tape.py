"""The tape: a node for every recorded operation, and the walk back over them.

A node keeps what the formulas of its operation name, and an edge for each operand that needs a gradient:
the node that made that operand, or the leaf tensor itself. Nodes are numbered as they are made, and an
operand is always made before its result; walking in descending order therefore visits every node after
all that use its result. That order needs no recursion, and it adds up cotangents in torch's order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from numpynet.ops.form import Array, Op, Plan, sum_to

if TYPE_CHECKING:
    from numpynet.tensor import Tensor


class Leaf(Protocol):
    """What the tape needs of a tensor that gradients end at."""

    @property
    def shape(self) -> Any: ...

    def _accumulate(self, gradient: Array, fresh: bool) -> None: ...

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

    def pull(self, dy: Array) -> Iterable[Array | None]:
        """The cotangents of the operands, one for each edge."""
        raise NotImplementedError

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
    """A recorded operation: its plan, and the values that its formulas will want."""

    __slots__ = ("kept", "operation", "options", "plan", "shapes", "title", "watched")

    def __init__(
        self,
        operation: Op,
        plan: Plan,
        options: dict[str, Any],
        edges: Sequence[Edge],
        kept: Sequence[Any],
        shapes: Sequence[tuple[int, ...]] | None,
        watched: Sequence[tuple[list[int], int, Array]],
        title: str,
    ) -> None:
        self.edges = edges
        self.number = next_number()
        self.hooks = None
        self.retained = None
        self.operation = operation
        self.plan = plan
        self.options = options
        self.kept: Sequence[Any] | None = kept
        self.shapes = shapes  # of the operands that need a gradient, where broadcasting must be summed away
        self.watched = watched  # version counters of what was kept, and what they showed
        self.title = title

    def pull(self, dy: Array) -> list[Array | None]:
        kept, options, shapes = self.kept, self.options, self.shapes
        if kept is None:
            raise RuntimeError(FREED)
        for counter, version, array in self.watched:
            if counter[0] != version:
                raise RuntimeError(_overwritten(self.title, array, counter[0], version))
        gradients = []
        for formula, sources in self.plan.steps:
            arguments = [options[source] if type(source) is str else kept[source] for source in sources]
            gradients.append(formula(dy, *arguments))
        if shapes is not None:
            return [sum_to(gradient, shape) for gradient, shape in zip(gradients, shapes, strict=True)]
        return gradients[0] if self.operation.variadic else gradients  # type: ignore[return-value]

    def release(self) -> None:
        if self.plan.keeps_arrays:
            self.kept = None
            self.watched = ()

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

    def pull(self, dy: Array) -> Iterable[Array | None]:
        within = self.look(dy).copy()
        outside = dy.copy()
        self.look(outside)[...] = 0
        return outside, within

    def name(self) -> str:
        return "CopySlices"


def reachable(roots: Iterable[Edge]) -> list[Node]:
    """Every node behind these edges, in the order in which the walk back visits them."""
    waiting = [edge for edge in roots if isinstance(edge, Node)]
    found = set(waiting)
    while waiting:
        for edge in waiting.pop().edges:
            if isinstance(edge, Node) and edge not in found:
                found.add(edge)
                waiting.append(edge)
    return sorted(found, key=_by_number, reverse=True)


def _by_number(node: Node) -> int:
    return node.number


@np.errstate(all="ignore")  # torch computes with infinities and NaN in silence
def walk_back(
    roots: Sequence[tuple[Edge, Array]], *, retain_graph: bool, targets: Sequence[Edge] | None = None
) -> dict[Edge, Array]:
    """Carries cotangents from the roots to the leaves.

    Without `targets` every leaf accumulates its gradient into `.grad`, and the result is empty. With them
    no `.grad` is touched: the result holds the cotangents of those targets that were reached.
    """
    cotangents: dict[Edge, Array] = {}
    fresh: set[int] = set()  # ids of leaves whose only cotangent so far is an array nobody else holds
    reached: dict[Edge, Array] = {}
    leaves: list[Leaf] = []
    for edge, dy in roots:
        known = cotangents.get(edge)
        cotangents[edge] = dy if known is None else known + dy
        if known is None and not isinstance(edge, Node):
            leaves.append(edge)
    wanted = frozenset(targets) if targets is not None else None
    for node in reachable(edge for edge, _ in roots):
        arrived = cotangents.pop(node, None)
        if arrived is None:
            continue
        if node.hooks is not None:
            for hook in node.hooks:
                arrived = hook(arrived)
        if node.retained is not None:
            tensor = node.retained()
            if tensor is not None and wanted is None:
                tensor._retain(arrived)
        if wanted is not None and node in wanted:
            reached[node] = arrived
        for edge, gradient in zip(node.edges, node.pull(arrived), strict=True):
            if edge is None or gradient is None:
                continue
            known = cotangents.get(edge)
            if known is not None:
                cotangents[edge] = np.asarray(known + gradient)
                fresh.add(id(edge))
                continue
            if type(gradient) is not np.ndarray:
                gradient = np.asarray(gradient)
            cotangents[edge] = gradient
            if not isinstance(edge, Node):
                leaves.append(edge)
                if gradient is not arrived and gradient.base is None:
                    fresh.add(id(edge))
        if not retain_graph:
            node.release()
    for leaf in leaves:
        gradient = leaf._run_hooks(cotangents[leaf])
        if wanted is None:
            leaf._accumulate(gradient, gradient is cotangents[leaf] and id(leaf) in fresh)
        elif leaf in wanted:
            reached[leaf] = gradient
    return reached
