"""graph: what a node of the tape shows of itself, the hooks that it takes, and what becomes of the values it keeps.

As `numpynet.methods` does with tensors, this gives nodes their attributes from above, once they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from numpynet.core import higher_order, listening, tape
from numpynet.core.absence import asked
from numpynet.core.higher_order import Differentiable, on_tape, tensor_of
from numpynet.core.messages import class_name
from numpynet.core.modes import flags, no_grad, silently
from numpynet.core.tape import FREED, Node, OpNode
from numpynet.core.tensor import RemovableHandle, Tensor, in_graph, wrap
from numpynet.ops.layout import dense

__all__ = [
    "GradientEdge",
    "Node",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "save_on_cpu",
    "saved_tensors_hooks",
]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__


_metadata: WeakKeyDictionary[Node, dict[Any, Any]] = WeakKeyDictionary()
_hooks: WeakKeyDictionary[Node, list[Callable[..., Any]]] = WeakKeyDictionary()


# --- what a node keeps ----------------------------------------------------------------------------------------


class Packed:
    """What the user's hook has made of a value that a node keeps."""

    __slots__ = ("unpack", "value")

    def __init__(self, value: Any, unpack: Callable[[Any], Any]) -> None:
        self.value, self.unpack = value, unpack

    def array(self) -> Any:
        """The value again; TypeError where the user's hook returns no tensor."""
        with no_grad():
            tensor = listening.call(self.unpack, self.value)
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{class_name(type(tensor))}"
            )
        return tensor._array


def _unpacked(kept: Sequence[Any]) -> list[Any]:
    return [one.array() if type(one) is Packed else one for one in kept]


def _saved(node: OpNode, name: str) -> Any:
    """``node._saved_self`` and its kin: what the node keeps, by torch's names; None for an operand it does not keep."""
    if not name.startswith("_saved_"):
        raise AttributeError(f"'{type(node).__name__}' object has no attribute '{name}'")
    operation, name = node.plan.operation, name.removeprefix("_saved_")
    if node.kept is None:
        raise RuntimeError(FREED)
    own, attribute = (name.removesuffix("_sym_sizes"), "shape") if name.endswith("_sym_sizes") else (name, None)
    own = {"self": "input", "result": "y", "ord": "p"}.get(own, own)
    places = {**operation.keywords, "mat1": operation.operands[0], "mat2": operation.operands[-1]}
    own = places.get(own, own)
    if own not in (*operation.operands, *operation.options, "y"):
        raise AttributeError(f"'{type(node).__name__}' object has no attribute '_saved_{name}'")
    position = operation.whereabouts(own)[0]
    values = dict(zip(node.plan.places, _unpacked(node.kept), strict=True))
    if (position, attribute) not in values:
        whole = values.get((position, None))
        return getattr(whole, attribute, None) if attribute else None
    value = values[position, attribute]
    if not isinstance(value, np.ndarray):
        return value
    edge = node if own == "y" else dict(zip(node.plan.positions, node.edges, strict=False)).get(position)
    return wrap(value) if edge is None else on_tape(value, edge, node)


# --- hooks ----------------------------------------------------------------------------------------------------


class _Attended:
    """What takes the place of a node's own pull, where the user's hooks attend it."""

    __slots__ = ()

    def pull(self: Any, dy: Any, *on_tape: Any) -> Sequence[Any]:
        kept = getattr(self, "kept", None)
        packed = kept is not None and any(type(one) is Packed for one in kept)
        if kept is not None and packed:
            self.kept = _unpacked(kept)
        try:
            gradients = super().pull(dy, *on_tape)  # type: ignore[misc]
        finally:
            if packed:
                self.kept = kept
        for hook in tuple(_hooks.get(self, ())):
            gradients = _replaced(self, hook, gradients, dy)
        return gradients


def _attend(node: Node) -> None:
    tape.show(node, _Attended)


def _replaced(node: Node, hook: Callable[..., Any], gradients: Sequence[Any], dy: Any) -> Sequence[Any]:
    """The gradients, or what a hook wants in place of them: RuntimeError unless it returns as many."""
    listing = node.listing()
    gradients = [None if one is None else dense(one) for one in gradients]
    shown = tuple(None if place is None else tensor_of(gradients[place]) for place in listing)
    cotangents = tuple(tensor_of(dense(one)) for one in (dy if dy.dtype.char == "O" else (dy,)))
    changed = listening.call(hook, shown, cotangents)
    if changed is None:
        return gradients
    given = changed if isinstance(changed, tuple) else (changed,)
    if len(given) != len(listing):
        raise RuntimeError(f"hook has returned {len(given)} gradients for the {len(listing)} inputs of {node.name()}")
    found = list(gradients)
    for place, one in zip(listing, given, strict=True):
        if place is not None:
            found[place] = _like(one, gradients[place])
    return found


def _like(tensor: Tensor | None, before: Any) -> Any:
    """A tensor as what the backward pass takes in place of a gradient."""
    if tensor is None or before is None:
        return None
    return tensor._array if in_graph(before) is None else Differentiable(tensor)


def _register_hook(node: Node, hook: Callable[..., Any]) -> RemovableHandle:
    """Calls ``hook(grad_inputs, grad_outputs)`` after the backward pass went through this node.

    Both are tuples of tensors, with None where there is no gradient; a tuple returned replaces the first one.
    """
    _attend(node)
    return RemovableHandle(_hooks.setdefault(node, []), hook)


def _register_prehook(node: Node, hook: Callable[..., Any]) -> RemovableHandle:
    """Calls ``hook(grad_outputs)`` before the backward pass goes through this node; a tuple returned replaces them."""

    def before(dy: Any) -> Any:
        dy = dense(dy)
        changed = listening.call(hook, (tensor_of(dy),))
        return dy if changed is None else _like(changed[0] if isinstance(changed, tuple) else changed, dy)

    if node._hooks is None:
        node._hooks = []
    return RemovableHandle(node._hooks, before)


def _call(node: OpNode, dy: Tensor) -> Any:
    """The gradients that the node gives for a cotangent; on the tape where gradients are recorded."""
    if not isinstance(dy, Tensor):
        raise TypeError(f"{node.name()}() takes a Tensor, not {type(dy).__name__}")
    pulled = silently(higher_order.pull, node, Differentiable(dy)) if flags.enabled else silently(node.pull, dy._array)
    found = tuple(None if place is None else tensor_of(pulled[place]) for place in node.listing())
    return found[0] if len(found) == 1 else found


def _names(node: Node) -> list[str]:
    """What completion shows, and what draws graphs looks for."""
    names = ["metadata", "name", "next_functions", "register_hook", "register_prehook", "requires_grad"]
    if isinstance(node, OpNode):
        operation = node.plan.operation
        values = [operation.torch_name(place) for place in range(len(operation.operands))]
        values = ["self" if one == "input" else one for one in values] + ["result", *operation.options]
        names += [
            f"_saved_{values[place]}{'_sym_sizes' if attribute == 'shape' else ''}"
            for place, attribute in node.plan.places
            if attribute != "dtype"
        ]
    return names


tape.SHOWN[Node] = {
    "register_hook": _register_hook,
    "register_prehook": _register_prehook,
    "metadata": property(lambda node: _metadata.setdefault(node, {})),
    "requires_grad": True,
    "__dir__": _names,
}
tape.SHOWN[OpNode] = {"__call__": _call, "__getattr__": _saved}


# --- what becomes of the values kept ----------------------------------------------------------------------------


class saved_tensors_hooks(listening.Listener):
    """A context manager: what operations inside keep for the backward pass goes through the user's hooks.

    pack_hook: takes each tensor that is to be kept, to anything that is kept in its place.
    unpack_hook: takes that to the tensor again, when it is needed. TypeError where it returns something else.

    Of several the innermost one counts. RuntimeError inside `disable_saved_tensors_hooks`.

    >>> import numpynet
    >>> x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    >>> with numpynet.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda kept: numpynet.tensor(kept)):
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        if _disabled:
            raise RuntimeError(_disabled[-1])
        self._listening = listening.listening(self)
        self._listening.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._listening.__exit__(*error)

    def recorded(self, operation: Any, operands: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
        node = result._node
        if innermost() is not self or not isinstance(node, OpNode) or node.plan.operation is not operation:
            return
        if node.kept is None:
            return
        tensors, gradients = [*operands, result], operation.gradients
        values = dict(zip(node.plan.places, node.kept, strict=True))
        named = [need for place in node.plan.positions for need in gradients.needs(operation.operands[place])]
        for place in dict.fromkeys(map(operation.whereabouts, named)):  # in the order in which formulas name them
            tensor = tensors[place[0]] if place[0] < len(tensors) and place[1] is None else None
            if isinstance(tensor, Tensor) and tensor._array is values[place]:
                values[place] = self.pack(tensor)
                node.kept, node.watched = list(values.values()), ()
                _attend(node)

    def pack(self, tensor: Tensor) -> Packed:
        """What is kept in the place of a tensor.

        >>> import numpynet
        >>> from numpynet.autograd.graph import saved_tensors_hooks
        >>> hooks = saved_tensors_hooks(lambda t: t.tolist(), numpynet.tensor)
        >>> hooks.pack(numpynet.ones(2)).value
        [1.0, 1.0]
        """
        with no_grad():
            return Packed(listening.call(self.pack_hook, tensor), self.unpack_hook)


def innermost() -> saved_tensors_hooks | None:
    """The hooks that count now."""
    return next((one for one in reversed(listening.of_thread.listeners) if isinstance(one, saved_tensors_hooks)), None)


class save_on_cpu(saved_tensors_hooks):
    """A context manager: what operations inside keep is copied to the memory of the CPU, as torch does it for a GPU.

    >>> import numpynet
    >>> x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    >>> with numpynet.autograd.graph.save_on_cpu():
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        if not isinstance(device_type, str):
            raise TypeError(f"save_on_cpu(): device_type must be a string, not {type(device_type).__name__}")
        super().__init__(lambda tensor: tensor.clone(), lambda kept: kept)


_disabled: list[str] = []


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Any:
    """A context manager: inside, `saved_tensors_hooks` raises a RuntimeError with this message.

    >>> import numpynet
    >>> graph = numpynet.autograd.graph
    >>> with graph.disable_saved_tensors_hooks("not here"), graph.save_on_cpu():
    ...     pass
    Traceback (most recent call last):
        ...
    RuntimeError: not here
    """
    _disabled.append(error_message)
    try:
        yield
    finally:
        _disabled.pop()


# --- further functions of torch's -------------------------------------------------------------------------------


class GradientEdge(NamedTuple):
    """Where a tensor's gradient goes: a node, and which of its outputs the tensor is.

    >>> import numpynet
    >>> numpynet.autograd.graph.get_gradient_edge(numpynet.ones(1, requires_grad=True) * 2).output_nr
    0
    """

    node: Any
    output_nr: int


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Where a tensor's gradient goes. RuntimeError for one that requires none.

    >>> import numpynet
    >>> numpynet.autograd.graph.get_gradient_edge(numpynet.ones(1, requires_grad=True) * 2).node.name()
    'MulBackward0'
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(tensor.grad_fn or tape.AccumulateGrad(tensor), 0)


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Counts a write that autograd could not see: a value kept for the backward pass is then noticed to have changed.

    RuntimeError for what are no tensors.

    >>> import numpynet
    >>> x = numpynet.ones(2)
    >>> numpynet.autograd.graph.increment_version(x)
    >>> x._version
    1
    """
    several = (tensor,) if isinstance(tensor, Tensor) else tensor
    if not isinstance(several, Iterable) or not all(isinstance(one, Tensor) for one in several):
        raise RuntimeError(f"increment_version expects a tensor or several, but got {type(tensor).__name__}")
    for one in several:
        one._writes[0] += 1


__getattr__ = asked(__name__)
