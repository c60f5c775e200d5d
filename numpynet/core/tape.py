"""The tape: a node for every recorded operation, and the walk back over them.

A node keeps what the formulas of its operation name, and an edge for each operand that needs a gradient:
the node that made that operand, or the leaf tensor itself. Nodes are numbered as they are made, and an
operand is always made before its result; going from the highest number down therefore visits every node
after all that use its result. That order needs no recursion, and it adds up cotangents in torch's order.
Leaves come last of all: an error on the way leaves every `grad` as it was.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from heapq import heappop, heappush
from typing import Any, Protocol

import numpy as np

from numpynet.core import listening
from numpynet.core.dtypes import from_numpy_dtype
from numpynet.core.modes import going_back
from numpynet.ops.form import Array
from numpynet.ops.plan import Plan
from numpynet.ops.sums import sum_to


class Leaf(Protocol):
    """What the tape needs of a tensor that gradients end at."""

    _hooks: Any
    _node: Any

    def _accumulate(self, gradient: Array) -> None: ...

    def _run_hooks(self, gradient: Array) -> Array: ...


Edge = Any  # Node | Leaf | None
Pull = Callable[["Node", Any], Sequence[Any]]
OnTape = Callable[["OpNode", Sequence[Any]], Sequence[Any]]
ndarray = np.ndarray
next_number: list[Callable[[], int]] = [itertools.count().__next__]  # anomaly mode puts its own in its place

leaves_hooked = [False]  # whether a leaf was ever given a hook, which may tell when its gradient is complete
altered = [False]  # whether the data of a tensor were ever replaced, or a computed one detached in place
# such: memory and former node, weakly, and the number that the next node would have had
detached: dict[int, tuple[Callable[[], Any], Callable[[], Any], int]] = {}
# The memory of computed tensors whose data were replaced, weakly, what it was replaced by, and their nodes, weakly.
replaced: dict[int, tuple[Callable[[], Any], Array, Callable[[], Any]]] = {}

pull_examined: Callable[[Pull, Node, Array], Sequence[Array | None]] | None = None  # set while anomaly mode is on

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have "
    "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
    "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if "
    "you need to access saved tensors after calling backward."
)


class Node:
    """A place on the tape: from the cotangent of a result to those of its operands.

    >>> import numpynet
    >>> node = (numpynet.ones(2, requires_grad=True) * 3).sum().grad_fn
    >>> isinstance(node, numpynet.autograd.graph.Node)
    True
    >>> node.name(), node.next_functions[0][0].name()
    ('SumBackward0', 'MulBackward0')
    """

    __slots__ = ("__weakref__", "_hooks", "edges", "number", "retained")

    made_of: type[Node] | None = None  # of a class that `show` has made
    mixed_in: tuple[Any, ...] = ()
    named_in: str = "builtins"  # the module of that class

    def __init__(self, edges: Sequence[Edge]) -> None:
        self.edges = edges
        self.number = next_number[0]()
        self._hooks: list[Callable[[Array], Array]] | None = None
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

    def listing(self) -> list[int | None]:
        """Of what torch lists for this node which edge that is; None for what needs no gradient."""
        return list(range(len(self.edges)))

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the operands, each with the number of its output, as torch lists them."""
        return tuple((_listed(None if place is None else self.edges[place]), 0) for place in self.listing())

    def __repr__(self) -> str:
        return f"<{self.name().rpartition('::')[2]} object at {id(self):#x}>"


def _listed(edge: Edge) -> Any:
    if isinstance(edge, Nowhere) or edge is None:
        return None
    return show(edge) if isinstance(edge, Node) else AccumulateGrad(edge)


# What the nodes of a kind have besides when they are shown: it would slow them down while nobody looks.
SHOWN: dict[type, dict[str, Any]] = {}


def show(node: Node, *mixins: type) -> Node:
    """The node, as one of a class of its own that has the name which torch gives it, and what is mixed in."""
    kind: Any = type(node)
    mixins = mixins or kind.mixed_in
    node.__class__ = _named(kind.made_of or kind, node.name().rpartition("::")[2], mixins)
    return node


@lru_cache(None)
def _named(kind: Any, name: str, mixins: tuple[type, ...]) -> type[Node]:
    attributes = {"__slots__": (), "__module__": kind.named_in, "made_of": kind, "mixed_in": mixins}
    for one in reversed(kind.__mro__):
        attributes |= SHOWN.get(one, {})
    return type(name, (*mixins, kind), attributes)


class AccumulateGrad:
    """How a leaf appears in `next_functions`."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.next_functions: tuple[Any, ...] = ()

    def name(self) -> str:
        """torch's name of it."""
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"


class OpNode(Node):
    """A recorded operation, made by `numpynet.core.tensor.record`.

    plan: the formulas. kept: what they will want besides dy; None when that was let go.
    shapes: of the operands that need a gradient, where broadcasting must be summed away.
    watched: for each tensor's memory among what is kept a tuple of its version counter, what that has to show, and the
        memory; None when nothing is kept at all.
    """

    __slots__ = ("kept", "plan", "shapes", "title", "watched")

    kept: Sequence[Any] | None
    plan: Plan
    shapes: Sequence[tuple[int, ...]] | None
    title: str
    watched: Sequence[tuple[list[int], int, Array]] | None

    __init__ = object.__init__  # made empty, which is quick, and filled by `Plan.remember`

    def pull(self, dy: Array, on_tape: OnTape | None = None) -> Sequence[Array | None]:
        """on_tape: puts what is kept on the tape, where the gradients are to have gradients themselves."""
        kept = self.kept
        if kept is None:
            if self.plan.shared or not all(isinstance(edge, Nowhere) for edge in self.edges):
                raise RuntimeError(FREED)
            return [None] * len(self.edges)
        for counter, version, array in self.watched or ():
            if counter[0] != version and self._counts(array):
                raise RuntimeError(overwritten(self.title, array, counter[0], version))
        if on_tape is not None:
            kept = on_tape(self, kept)
        gradients = self.plan.gradients(dy, kept)
        if self.shapes is not None:
            return [sum_to(gradient, shape) for gradient, shape in zip(gradients, self.shapes, strict=True)]
        return gradients

    def _counts(self, array: Array) -> bool:
        """Whether torch keeps what this array was: not where only a formula names it whose cotangent leads nowhere."""
        plan, edges = self.plan, self.edges
        kept = [place for place, one in zip(plan.places, self.kept or (), strict=True) if one is array]
        always = (*plan.shared, len(plan.operation.operands))  # as results are
        if not kept or any(position in always for position, _ in kept):
            return True
        wanted = [plan.positions[place] for place, edge in enumerate(edges) if not isinstance(edge, Nowhere)]
        operation = plan.operation
        needs = [operation.gradients.needs(operation.operands[position]) for position in wanted]
        return any(place in map(operation.whereabouts, names) for names in needs for place in kept)

    def listing(self) -> list[int | None]:
        if self.plan.operation.variadic:
            return [None if edge is None else place for place, edge in enumerate(self.edges)]
        operation, positions = self.plan.operation, self.plan.positions
        listed: Sequence[int] | None = operation.listed.get(self.title)
        if listed is None:
            listed = [place for place, one in enumerate(operation.operands) if one in operation.gradients]
        return [positions.index(place) if place in positions else None for place in listed]

    def release(self) -> None:
        if self.watched is not None:
            self.kept = None
            self.watched = ()

    def keep_copies(self) -> None:
        """Copies what is kept, so that it may be overwritten; symbols, traced in its place, are left alone."""
        if self.kept is not None and not any(hasattr(one, "recorder") for one in self.kept):
            self.kept = tuple(one.copy() if isinstance(one, ndarray) else one for one in self.kept)
            self.watched = ()

    def watch(self, tensors: Iterable[Any]) -> None:
        """Has options of the operation guarded as its operands are; with none, the node still keeps values."""
        self.watched = (*(self.watched or ()), *((one._writes, one._writes[0], one._array) for one in tensors))

    def overwrite(self, before: Array, result: Array, memory: Array, counter: list[int]) -> None:
        """Is told that the operation's result is about to be written into the memory of its first operand.

        What formulas want of the operand is copied in time; what they want of the result is that memory.
        """
        if self.kept is None or self.watched is None:
            return
        self.kept = [before.copy() if one is before else memory if one is result else one for one in self.kept]
        anew = (counter, counter[0] + 1, memory)
        self.watched = [anew if one[2] is result else one for one in self.watched if one[2] is not before]

    def name(self) -> str:
        return self.title


def overwritten(title: str, array: Array, now: int, expected: int) -> str:
    """The message where a value that a node kept was overwritten before the backward pass."""
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[torch.{from_numpy_dtype(array.dtype).tensor_type} {list(array.shape)}], which {title} needs, is at "
        f"version {now}; expected version {expected} instead. Hint: write y = y + 1 in place of y += 1, or "
        "clone() the value first; autograd.set_detect_anomaly(True) shows where it was needed."
    )


class Nowhere(Node):
    """Where the cotangent of a view goes that was made unrecorded of a tensor which requires a gradient."""

    __slots__ = ()

    def pull(self, dy: Array) -> Sequence[Array | None]:
        return ()

    def name(self) -> str:
        return "None"


class CopySlices(Node):
    """The history of a tensor after one of its views was overwritten by an operation with a gradient.

    Inside the view the cotangent belongs to what was written, outside it to what had been there before.

    look: leads from the tensor's memory to the view's.
    axes: the tensor's axes, from the longest stride to the shortest. The cotangent is laid out like that, since
        what is a view of one layout may be a copy of another.
    """

    __slots__ = ("axes", "look", "title")

    look: Callable[[Array], Array] | None  # None after the one backward pass

    def __init__(self, before: Edge, written: Edge, look: Callable[[Array], Array], axes: Sequence[int]) -> None:
        super().__init__((before, written))
        self.look = look
        self.axes = axes
        self.title = "torch::autograd::CopySlices"

    def pull(self, dy: Array) -> Sequence[Array | None]:
        if self.look is None:
            raise RuntimeError(FREED)
        outside = np.transpose(np.transpose(dy, self.axes).copy(), np.argsort(self.axes))
        view = self.look(outside)
        within = view.copy()
        view[...] = 0
        return outside, within

    def release(self) -> None:
        self.look = None

    def name(self) -> str:
        return self.title


class Overwritten(Node):
    """The history of a tensor all of which was overwritten: what counted before has a gradient of zero.

    edges: of what counts no more, and perhaps, after these, of what was written. shapes: of the former.
    """

    __slots__ = ("shapes", "title")

    def __init__(self, edges: Sequence[Edge], shapes: Sequence[tuple[int, ...]], title: str) -> None:
        super().__init__(edges)
        self.shapes = shapes
        self.title = title

    def pull(self, dy: Array) -> Sequence[Array | None]:
        zeros: list[Array | None] = [np.zeros_like(dy, shape=shape, order="C") for shape in self.shapes]
        return [*zeros, dy]

    def name(self) -> str:
        return self.title


class Resized(Node):
    """The history of a tensor that was given another shape unrecorded: by way of `data`, or in place under no_grad.

    Its cotangent goes on in the shape that the tensor had, if that was one which broadcasts to the new one.
    """

    __slots__ = ("shape", "title")

    def __init__(self, edge: Node, shape: tuple[int, ...]) -> None:
        super().__init__((edge,))
        self.shape = shape
        self.title = edge.name()

    def require(self, dy: Array) -> None:
        """RuntimeError for a cotangent whose shape does not fit."""
        if len(self.shape) > dy.ndim or any(
            size not in (1, wide) for size, wide in zip(self.shape[::-1], dy.shape[::-1], strict=False)
        ):
            raise RuntimeError(
                f"Function {self.title} returned an invalid gradient at index 0 - got {list(dy.shape)} but expected "
                f"shape compatible with {list(self.shape)}: the tensor was given another shape unrecorded"
            )

    def pull(self, dy: Array) -> Sequence[Array | None]:
        self.require(dy)
        return (sum_to(dy, self.shape),)

    def name(self) -> str:
        return self.title


class Undifferentiable(Node):
    """What has no derivative although its operands require one: where a cotangent would go on, an error is raised."""

    __slots__ = ("error", "message", "title")

    def __init__(self, edges: Sequence[Edge], title: str, message: str, error: type[Exception] = RuntimeError) -> None:
        super().__init__(edges)
        self.title = title
        self.message = message
        self.error = error

    def pull(self, dy: Array) -> Sequence[Array | None]:
        if all(isinstance(edge, Nowhere) for edge in self.edges):
            return [None] * len(self.edges)
        raise self.error(self.message)

    def name(self) -> str:
        return self.title


def as_array(result: Any) -> Array:
    """NumPy's result of an operation, which is a number of its own kind where an array would be 0-dimensional."""
    return result if isinstance(result, ndarray) else np.asarray(result)


def pass_by(edge: Edge, dy: Array) -> None:
    """Lets a node's hooks, and its result, see a cotangent that goes no further."""
    if isinstance(edge, Node):
        for hook in tuple(edge._hooks or ()):
            dy = hook(dy)
        if edge.retained is not None:
            edge.retain(dy)


def pull_plainly(node: Node, dy: Array) -> Sequence[Array | None]:
    """The node's own pull."""
    return node.pull(dy)


def _leading_to(targets: set[Edge], roots: Sequence[tuple[Edge, Array]]) -> set[Node]:
    """The nodes between the roots and the targets: those with a target behind them."""
    found = {edge for edge, _ in roots if isinstance(edge, Node)}
    waiting = list(found)
    while waiting:
        for edge in waiting.pop().edges:
            if isinstance(edge, Node) and edge not in found:
                found.add(edge)
                waiting.append(edge)
    leading: set[Node] = set()
    for node in sorted(found, key=lambda node: node.number):
        if any(edge in targets or edge in leading for edge in node.edges):
            leading.add(node)
    return leading


def _renew(node: Node) -> None:
    """Has a node see what its operands' data were replaced by; RuntimeError where one was detached in place since."""
    kept = getattr(node, "kept", None)
    for key, (array, producer, moment) in list(detached.items()):
        if array() is None:
            del detached[key]
        elif node.number < moment and producer() is not node and any(one is array() for one in kept or ()):
            raise RuntimeError(
                "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_(). This is not "
                "supported, please use out-of-place `.detach()` instead"
            )
    for key, (array, new, producer) in list(replaced.items()):
        if array() is None:
            del replaced[key]
        elif kept and producer() in node.edges and any(one is array() for one in kept):
            node.kept = kept = tuple(new if one is array() else one for one in kept)  # type: ignore[attr-defined]
    viewed, operands = "", ()
    if isinstance(node, OpNode):
        viewed, operands = node.plan.operation.viewed, node.plan.operation.operands
    for place, edge in enumerate(node.edges):
        if viewed and operands[node.plan.positions[place]] == viewed:  # type: ignore[attr-defined]
            continue
        former = [one() for one in getattr(edge, "_former", ())]
        if kept and any(one is old for one in kept for old in former if old is not None):
            node.kept = kept = tuple(  # type: ignore[attr-defined]
                edge._array if any(one is old for old in former) else one for one in kept
            )


def walk_back(
    roots: Sequence[tuple[Edge, Array]],
    *,
    retain_graph: bool,
    targets: set[Edge] | None = None,
    pull: Pull | None = None,
) -> dict[Edge, Array]:
    """Carries cotangents from the roots to the leaves.

    Without `targets` every leaf accumulates its gradient into `.grad`, and the result is empty. With them
    no `.grad` of a leaf is touched, and no node visited that has no target behind it: the result holds the
    cotangents of those targets that were reached.

    pull: leads through a node in the place of its own `pull`, and is itself recorded. Without it nothing is, whatever
        hooks and backward passes of the user's compute.
    """
    if not listening.count[0]:
        return going_back(pull is not None, _walk_back, roots, retain_graph, targets, pull)
    listeners = listening.of_thread.listeners
    for listener in listeners:
        listener.walking_back(roots)
    follower = listening.follower() if listeners else None
    leading = pull if follower is None else partial(follower.pull, pull or pull_plainly)
    try:
        return going_back(pull is not None, _walk_back, roots, retain_graph, targets, leading)
    finally:
        for listener in listeners:
            listener.walked_back()


def _walk_back(
    roots: Sequence[tuple[Edge, Array]], retain_graph: bool, targets: set[Edge] | None, pull: Pull | None
) -> dict[Edge, Array]:
    if pull_examined is not None:
        pull = partial(pull_examined, pull or pull_plainly)
    leading = set() if targets is None else _leading_to(targets, roots)
    expected: dict[Edge, int] = {}
    hooked = False
    if leaves_hooked[0]:
        expected = _arrivals(roots, leading, targets)
        hooked = any(one is not None and (one._hooks or one._accumulate_hooks) for one in expected)
    cotangents: dict[Node, Array] = {}
    leaves: dict[Leaf, Array] = {}  # arrays that nobody else holds
    reached: dict[Edge, Array] = {}
    # A node that was made later comes before those that were made earlier: a heap, but for one node that waits alone,
    # whose cotangent `to_alone` then is.
    alone: Node | None = None
    to_alone: Any = None
    waiting: list[tuple[int, Node]] = []
    for edge, dy in roots:
        if not isinstance(edge, Node):
            leaves[edge] = dy.copy() if edge not in leaves else leaves[edge] + dy
        elif edge in cotangents:
            cotangents[edge] = as_array(cotangents[edge] + dy)
        elif len(roots) == 1:
            alone, to_alone = edge, dy
        else:
            cotangents[edge] = dy
            heappush(waiting, (-edge.number, edge))
    while True:
        if alone is not None:
            node, dy, alone = alone, to_alone, None
        elif waiting:
            node = heappop(waiting)[1]
            dy = cotangents.pop(node)
        else:
            break
        if targets is not None and node not in targets and node not in leading:
            continue
        if node._hooks is not None:
            for hook in tuple(node._hooks):
                dy = hook(dy)
        if targets is not None:
            if node in targets:
                reached[node] = dy
            if node not in leading:
                if node.retained is not None:
                    node.retain(dy)
                continue
        if altered[0]:
            _renew(node)
        gradients = node.pull(dy) if pull is None else pull(node, dy)
        if node.retained is not None:
            node.retain(dy)
        for edge, gradient in zip(node.edges, gradients):  # noqa: B905  one each, and this is faster
            if edge is None or gradient is None:
                if hooked and edge in expected:
                    expected[edge] -= 1
                continue
            if isinstance(edge, Node):
                if edge is alone:
                    to_alone = as_array(to_alone + gradient)
                elif edge in cotangents:
                    cotangents[edge] = as_array(cotangents[edge] + gradient)
                elif alone is None and not waiting:
                    alone, to_alone = edge, gradient if type(gradient) is ndarray else as_array(gradient)
                else:
                    cotangents[edge] = as_array(gradient)
                    heappush(waiting, (-edge.number, edge))
                    if alone is not None:
                        cotangents[alone] = to_alone
                        heappush(waiting, (-alone.number, alone))
                        alone = None
                continue
            if edge in leaves:
                total = leaves.pop(edge)
                total += gradient
                leaves[edge] = total  # at the end again: leaves are told in the order in which torch completes them
            elif not isinstance(gradient, ndarray):
                leaves[edge] = np.array(gradient)
            else:
                leaves[edge] = gradient.copy() if gradient is dy or gradient.base is not None else gradient
            if hooked and edge in expected:
                expected[edge] -= 1
        if not retain_graph:
            node.release()
        if hooked:
            for place in node.listing():
                edge = None if place is None else node.edges[place]
                if edge in leaves and expected[edge] == 0:
                    _complete(edge, leaves.pop(edge), targets, reached)
    for leaf in leaves:
        if leaf._node is not None and targets is None:
            raise RuntimeError(
                "leaf variable has been moved into the graph interior: it was overwritten after it had been used, so "
                "that this backward pass has no place for its gradient"
            )
    for leaf, gradient in leaves.items():
        if targets is None and leaf._hooks is None:
            leaf._accumulate(gradient)
        else:
            _complete(leaf, gradient, targets, reached)
    return reached


def _complete(leaf: Leaf, gradient: Array, targets: set[Edge] | None, reached: dict[Edge, Array]) -> None:
    """Hands a leaf its whole gradient."""
    if targets is not None and leaf not in targets:
        return
    if leaf._hooks is not None:
        gradient = leaf._run_hooks(gradient)
    if targets is None:
        leaf._accumulate(gradient)
    else:
        reached[leaf] = gradient


def _arrivals(roots: Sequence[tuple[Edge, Array]], leading: set[Node], targets: set[Edge] | None) -> dict[Edge, int]:
    """How many cotangents will reach each leaf from the nodes that are visited."""
    arrivals: dict[Edge, int] = {}
    waiting = [edge for edge, _ in roots if isinstance(edge, Node)]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if targets is not None and node not in leading:
            continue
        for edge in node.edges:
            if not isinstance(edge, Node):
                arrivals[edge] = arrivals.get(edge, 0) + 1
            elif edge not in seen:
                seen.add(edge)
                waiting.append(edge)
    return arrivals
