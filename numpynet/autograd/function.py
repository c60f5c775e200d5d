"""Function: an operation with a backward of the user's own, written on tensors, as torch's autograd.Function.

A function of several results has one node, and a small node of its own for each result; these hand their
cotangents on to the function's node, together in one array of objects.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from typing import Any

import numpy as np

from numpynet.autograd.graph import innermost
from numpynet.core import listening, tape
from numpynet.core.higher_order import Differentiable, on_tape, tensor_of
from numpynet.core.modes import flags, no_grad, set_grad_enabled
from numpynet.core.tape import FREED, Edge, Node, Undifferentiable, as_array, overwritten
from numpynet.core.tensor import Tensor, wrap
from numpynet.core.views import CUSTOM
from numpynet.ops.form import Array
from numpynet.ops.layout import dense
from numpynet.ops.sums import sum_to

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx:
    """What the forward of a `Function` leaves for its backward: saved tensors, and attributes of any name.

    needs_input_grad: for each argument, whether its gradient will be used.

    >>> import numpynet
    >>> class Scaled(numpynet.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x, factor):
    ...         ctx.factor = factor
    ...         return x * factor
    ...     @staticmethod
    ...     def backward(ctx, dy):
    ...         return dy * ctx.factor if ctx.needs_input_grad[0] else None, None
    >>> x = numpynet.ones(2, requires_grad=True)
    >>> Scaled.apply(x, 3).sum().backward()
    >>> x.grad
    tensor([3., 3.])
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._to_save: tuple[Any, ...] = ()
        self._saved: list[_Saved | None] | None = []
        self._dirty: tuple[Any, ...] = ()
        self._non_differentiable: tuple[Any, ...] = ()
        self._materialize_grads = True
        self._place: Callable[[], FunctionNode | None] = _nowhere

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keeps arguments and results for the backward; RuntimeError there when one was overwritten since.

        >>> import numpynet
        >>> class Exp(numpynet.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         y = x.exp()
        ...         ctx.save_for_backward(y)
        ...         return y
        ...     @staticmethod
        ...     def backward(ctx, dy):
        ...         (y,) = ctx.saved_tensors
        ...         return dy * y
        >>> x = numpynet.zeros(2, requires_grad=True)
        >>> Exp.apply(x).sum().backward()
        >>> x.grad
        tensor([1., 1.])
        """
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, in that order; RuntimeError once the backward pass has let it go."""
        if self._saved is None:
            raise RuntimeError(FREED)
        return tuple(None if saved is None else saved.unpack(self._place()) for saved in self._saved)

    def mark_non_differentiable(self, *results: Tensor) -> None:
        """Says that these results have no gradient.

        >>> import numpynet
        >>> class Sorted(numpynet.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         values, places = x.sort()
        ...         ctx.mark_non_differentiable(places)
        ...         ctx.save_for_backward(places)
        ...         return values, places
        ...     @staticmethod
        ...     def backward(ctx, dy, _):
        ...         (places,) = ctx.saved_tensors
        ...         return numpynet.zeros_like(dy).scatter(0, places, dy)
        >>> values, places = Sorted.apply(numpynet.tensor([2.0, 1.0], requires_grad=True))
        >>> values.requires_grad, places.requires_grad
        (True, False)
        """
        self._non_differentiable = results

    def mark_dirty(self, *arguments: Tensor) -> None:
        """Says that the forward overwrites these arguments, which must then be among its results.

        >>> import numpynet
        >>> class Doubled(numpynet.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.mark_dirty(x)
        ...         return x.mul_(2)
        ...     @staticmethod
        ...     def backward(ctx, dy):
        ...         return 2 * dy
        >>> x = numpynet.ones(2, requires_grad=True)
        >>> y = x.clone()
        >>> Doubled.apply(y) is y
        True
        >>> y.sum().backward()
        >>> x.grad
        tensor([2., 2.])
        """
        self._dirty = arguments

    def set_materialize_grads(self, value: bool) -> None:
        """Whether results that were not used give zeros to the backward (the default), or None.

        >>> import numpynet
        >>> class Twice(numpynet.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.set_materialize_grads(False)
        ...         return x.clone(), x.clone()
        ...     @staticmethod
        ...     def backward(ctx, da, db):
        ...         return da if db is None else da + db
        >>> x = numpynet.ones(2, requires_grad=True)
        >>> Twice.apply(x)[0].sum().backward()
        >>> x.grad
        tensor([1., 1.])
        """
        self._materialize_grads = value

    def _keep(self, name: str, results: Sequence[Any]) -> None:
        saved: list[_Saved | None] = []
        for position, tensor in enumerate(self._to_save):
            if tensor is not None and not hasattr(tensor, "_array"):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {position} is of type "
                    f"{type(tensor).__name__}: keep it as an attribute of ctx"
                )
            place = next((place for place, result in enumerate(results) if tensor is result), None)
            saved.append(None if tensor is None else _Saved(name, tensor, place))
        self._saved, self._to_save, self._dirty, self._non_differentiable = saved, (), (), ()


def _nowhere() -> None:
    """The node of what is not on the tape."""


class _Saved:
    """A saved tensor. Of a result only the parts are kept, lest result and node hold each other.

    place: among the results; None for any other tensor.
    packed: what stands in for its values, where `saved_tensors_hooks` have their way.
    """

    def __init__(self, name: str, tensor: Tensor, place: int | None) -> None:
        hooks = innermost()
        self.name = name
        self.counter, self.version, self.array = tensor._writes, tensor._writes[0], tensor._array
        self.tensor = tensor if place is None else None
        self.place = place if tensor._requires_grad else None
        self.edge = tensor._edge() if place is None and tensor.requires_grad else None
        self.packed = None
        if hooks is not None:
            self.packed = hooks.pack(tensor)
            self.tensor, self.array = None, np.empty(0)

    def unpack(self, node: FunctionNode | None) -> Tensor:
        """The tensor; of a result another one of the same memory, whose cotangent goes to the node."""
        if self.packed is None and self.counter[0] != self.version:
            raise RuntimeError(overwritten(self.name, self.array, self.counter[0], self.version))
        if self.tensor is not None:
            return self.tensor
        array = self.array if self.packed is None else self.packed.array()
        edge = self.edge if node is None or self.place is None else node.place(self.place)
        tensor = wrap(array) if edge is None or node is None else on_tape(array, edge, node)
        if self.packed is None:
            tensor._writes = self.counter
        return tensor


class _Absent:
    """The cotangent of a result that nothing used: it adds nothing, not even a zero."""

    __array_ufunc__ = None  # arrays leave an addition to it

    def __add__(self, other: Any) -> Any:
        return other

    __radd__ = __add__


_ABSENT = _Absent()


class FunctionNode(Node):
    """The place of a `Function` on the tape."""

    named_in = "torch.autograd.function"

    def __init__(self, function: type[Function], ctx: FunctionCtx, edges: Sequence[Edge], operands: list[Any]) -> None:
        super().__init__(edges)
        self.function = function
        self.ctx = ctx
        self.kinds = [_kind(one) for one in operands]
        self.results: list[_Kind | None] = []

    def place(self, position: int) -> Node:
        """The node of that result."""
        count = len(self.results)
        return self if count == 1 else ResultNode(self, position, count)

    def pull(self, dy: Array) -> Sequence[Array | None]:
        cotangents = [dy] if len(self.results) == 1 else list(dy)
        in_graph = any(type(one) is Differentiable for one in cotangents)
        with set_grad_enabled(in_graph):
            returned = listening.call(
                self.function.backward,
                self.ctx,
                *(self._cotangent(one, kind) for one, kind in zip(cotangents, self.results, strict=True)),
            )
        gradients = returned if isinstance(returned, tuple) else (returned,)
        count = len(self.edges)
        if len(gradients) < count or any(one is not None for one in gradients[count:]):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {count}, got "
                f"{len(gradients)}): backward returns one for each argument of forward, None where there is none"
            )
        return [self._checked(position, gradients[position], in_graph) for position in range(count)]

    def _cotangent(self, dy: Any, kind: _Kind | None) -> Tensor | None:

        if kind is None:
            return None
        shape, dtype = kind
        if dy is not _ABSENT:
            return tensor_of(dense(as_array(dy)).astype(dtype, copy=False))
        return wrap(np.zeros(shape, dtype)) if self.ctx._materialize_grads else None

    def _checked(self, position: int, gradient: Any, in_graph: bool) -> Array | None:
        kind = self.kinds[position]
        if gradient is not None and kind is None:
            raise RuntimeError(
                f"function {self.name()} returned a gradient different than None at position {position + 1}, but the "
                f"corresponding forward input was not a Variable"
            )
        if gradient is None or kind is None or self.edges[position] is None:
            return None
        if not hasattr(gradient, "_array"):
            raise RuntimeError(
                f"function {self.name()}: expected Variable or None (got {type(gradient).__name__}) at index {position}"
            )
        array: Any = Differentiable(gradient) if in_graph else gradient._array
        shape, dtype = kind
        try:
            fits = np.broadcast_shapes(array.shape, shape) == array.shape
        except ValueError:
            fits = False
        if not fits:
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {position} - got {list(array.shape)} "
                f"but expected shape compatible with {list(shape)}"
            )
        summed = sum_to(array.astype(dtype, copy=False), shape)
        return summed if in_graph else summed[...]  # a view: its memory may be anyone's

    def release(self) -> None:
        if self.ctx._saved:
            self.ctx._saved = None

    def name(self) -> str:
        return f"{self.function.__name__}Backward"

    def __repr__(self) -> str:
        return f"<{self.named_in}.{self.name()} object at {id(self):#x}>"


tape.SHOWN[FunctionNode] = {"__getattr__": lambda node, name: getattr(node.ctx, name)}  # which torch's node is itself


class ResultNode(Node):
    """The place of one of several results of a function."""

    __slots__ = ("count", "function", "position")

    def __init__(self, function: FunctionNode, position: int, count: int) -> None:
        super().__init__((function,))
        self.function, self.position, self.count = function, position, count

    def pull(self, dy: Array) -> Sequence[Array | None]:
        parts = np.full(self.count, _ABSENT, dtype=object)
        parts[self.position] = dy
        return (parts,)

    def name(self) -> str:
        return self.function.name()

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        return self.function.next_functions


_Kind = tuple[tuple[int, ...], "np.dtype[Any]"]


def _kind(one: Any) -> _Kind | None:
    """Shape and dtype of a tensor; None for anything else."""
    return (one._array.shape, one._array.dtype) if hasattr(one, "_array") else None


class Function:
    """An operation with a backward of your own. Subclass it, and call the subclass's `apply`.

    forward(ctx, *arguments): computes the result, or a tuple of results. Nothing in it is recorded. Written
        as forward(*arguments), it leaves what concerns ctx to setup_context(ctx, inputs, output).
    backward(ctx, *cotangents): given ∂L/∂result for each result, returns ∂L/∂argument for each argument of
        forward, None for those that have none.

    RuntimeError when backward returns another number of gradients, or one of another shape.

    >>> import numpynet
    >>> class Square(numpynet.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, dy):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * dy
    >>> x = numpynet.tensor(3.0, requires_grad=True)
    >>> y = Square.apply(x)
    >>> y.backward()
    >>> y, x.grad
    (tensor(9., grad_fn=<SquareBackward>), tensor(6.))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = type(self).__name__
        raise RuntimeError(f"{name} should not be called: its methods are static, so write {name}.apply(...)")

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """The result; to be written by the subclass.

        >>> import numpynet
        >>> class Square(numpynet.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x * x
        ...     @staticmethod
        ...     def backward(ctx, dy):
        ...         (x,) = ctx.saved_tensors
        ...         return 2 * x * dy
        >>> Square.apply(numpynet.tensor([1.0, 3.0]))
        tensor([1., 9.])
        """
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        """What `ctx` is to keep; written by subclasses whose forward does not take ctx.

        >>> import numpynet
        >>> class Square(numpynet.autograd.Function):
        ...     @staticmethod
        ...     def forward(x):
        ...         return x * x
        ...     @staticmethod
        ...     def setup_context(ctx, inputs, output):
        ...         ctx.save_for_backward(*inputs)
        ...     @staticmethod
        ...     def backward(ctx, dy):
        ...         (x,) = ctx.saved_tensors
        ...         return 2 * x * dy
        >>> x = numpynet.tensor([1.0, 3.0], requires_grad=True)
        >>> Square.apply(x).sum().backward()
        >>> x.grad
        tensor([2., 6.])
        """
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Any) -> Any:
        """The gradients of the arguments; to be written by the subclass.

        >>> import numpynet
        >>> class Twice(numpynet.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return 2 * x
        ...     @staticmethod
        ...     def backward(ctx, dy):
        ...         return 2 * dy
        >>> x = numpynet.tensor([1.0, 3.0], requires_grad=True)
        >>> Twice.apply(x).sum().backward()
        >>> x.grad
        tensor([2., 2.])
        """
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Runs forward on the arguments and records it. Results other than tensors pass through unchanged.

        backward returns a gradient for each argument, those given by name last; None where there is none.

        >>> import numpynet
        >>> class Clamp(numpynet.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x.clamp(-1, 1)
        ...     @staticmethod
        ...     def backward(ctx, dy):
        ...         return dy
        >>> Clamp.apply(numpynet.tensor([-2.0, 0.5]))
        tensor([-1.0000,  0.5000])
        """
        sets_up = cls.setup_context is not Function.setup_context
        if sets_up and kwargs:  # it is given a tuple
            bound = signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        inputs = (*args, *kwargs.values())
        needs = tuple(hasattr(one, "_array") and one.requires_grad for one in inputs)
        ctx = FunctionCtx(needs)
        recorded = flags.enabled and any(needs)
        edges = [one._edge() if need else None for one, need in zip(inputs, needs, strict=True)]
        node = FunctionNode(cls, ctx, edges, list(inputs)) if recorded else None
        with no_grad():
            if not sets_up:
                output = listening.call(cls.forward, ctx, *args, **kwargs)
            else:
                output = listening.call(cls.forward, *args, **kwargs)
                listening.call(cls.setup_context, ctx, args, output)
        several = isinstance(output, tuple)
        given: tuple[Any, ...] = output if several else (output,)
        results = [_result(one, inputs, ctx) for one in given]
        if node is not None:
            _record(node, ctx, given, results)
        return tuple(results) if several else results[0]


def _result(one: Any, arguments: tuple[Any, ...], ctx: FunctionCtx) -> Any:
    """A result of forward; where forward returned an argument as it is, a view of that."""
    if not any(one is argument for argument in arguments) or any(one is dirty for dirty in ctx._dirty):
        return one
    return one[...] if hasattr(one, "_array") else one


def _record(node: FunctionNode, ctx: FunctionCtx, given: Sequence[Any], results: list[Any]) -> None:
    """Puts the results of a function on the tape. given: what its forward returned, before views were made of it."""
    for dirty in ctx._dirty:
        dirty._refuse_overwriting()
        if dirty._view is not None:
            raise NotImplementedError(f"{node.name()}: mark_dirty on a view is missing: clone() the argument first")
    node.results = [_kind(one) for one in results]
    for position, result in enumerate(results):
        if not hasattr(result, "_array") or not result.is_floating_point():
            continue
        if any(given[position] is one for one in ctx._non_differentiable):
            continue
        place = node.place(position)
        if any(result is dirty for dirty in ctx._dirty):
            result._written(place)
            continue
        if result._view is not None:
            result._view.origin, result._view.version = CUSTOM, result._writes[0]
        result._move_to(place)
    ctx._place = weakref.ref(node)
    ctx._keep(node.name(), results)


TWICE = "trying to differentiate twice a function that was marked with @once_differentiable"


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a backward that is not itself differentiable, such as one that computes with NumPy.

    Nothing in it is recorded; RuntimeError where its results are to be differentiated after all.

    >>> import numpynet
    >>> from numpynet.autograd.function import np
    >>> class Sine(numpynet.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x.sin()
    ...     @staticmethod
    ...     @numpynet.autograd.function.once_differentiable
    ...     def backward(ctx, dy):
    ...         (x,) = ctx.saved_tensors
    ...         return dy * numpynet.from_numpy(np.cos(x.numpy()))
    >>> x = numpynet.zeros(2, requires_grad=True)
    >>> Sine.apply(x).sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """

    @wraps(backward)
    def once(ctx: FunctionCtx, *cotangents: Any) -> Any:
        with no_grad():
            gradients = backward(ctx, *cotangents)
        if not flags.enabled or not any(hasattr(one, "_array") and one.requires_grad for one in cotangents):
            return gradients
        given = gradients if isinstance(gradients, tuple) else (gradients,)
        edges = [one._edge() for one in cotangents if hasattr(one, "_array") and one.requires_grad]
        marked = tuple(
            _placed(one.detach(), Undifferentiable(edges, "torch::autograd::Error", TWICE))
            if hasattr(one, "_array")
            else one
            for one in given
        )
        return marked if isinstance(gradients, tuple) else marked[0]

    return once


def _placed(tensor: Tensor, node: Node) -> Tensor:
    tensor._node, tensor._requires_grad = node, True
    return tensor
