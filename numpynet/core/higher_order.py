"""Higher order: a backward pass that is itself on the tape, by the very formulas of the first one.

A gradient formula is NumPy on plain arrays. With ``create_graph=True`` it is given a `Differentiable` in the place of
an array: a tensor that NumPy, by its protocols, asks how each function is to be applied to it. It answers with the
operation that does the same, which is recorded, and so the gradient has a gradient of its own.

What a comparison gives has no derivative, and is a plain array again. A function that no operation stands for raises
NotImplementedError: nothing that depends on a tensor is ever taken for a constant.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.lib.mixins import NDArrayOperatorsMixin

from numpynet import ops
from numpynet.core.tape import Node, OpNode, Overwritten
from numpynet.core.tensor import Tensor, record, wrap
from numpynet.ops import complex_numbers
from numpynet.ops.form import Array, Op
from numpynet.ops.layout import contiguous_format
from numpynet.ops.ufuncs import OPERATION_OF_UFUNC


class Differentiable(NDArrayOperatorsMixin):
    """A tensor in an array's place.

    `__tensor__` is the tensor.
    """

    __slots__ = ("__tensor__",)

    def __init__(self, tensor: Tensor) -> None:
        self.__tensor__ = tensor

    # isinstance(one, np.ndarray) holds, since it takes an array's place
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.ndarray

    # --- what it is -----------------------------------------------------------------------------------

    shape = property(operator.attrgetter("__tensor__._array.shape"))
    dtype = property(operator.attrgetter("__tensor__._array.dtype"))
    ndim = property(operator.attrgetter("__tensor__._array.ndim"))
    size = property(operator.attrgetter("__tensor__._array.size"))
    itemsize = property(operator.attrgetter("__tensor__._array.itemsize"))
    nbytes = property(operator.attrgetter("__tensor__._array.nbytes"))
    strides = property(operator.attrgetter("__tensor__._array.strides"))
    flags = property(operator.attrgetter("__tensor__._array.flags"))
    base = None

    def __len__(self) -> int:
        return len(self.__tensor__._array)

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    # --- the protocols --------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        out = options.pop("out", (None,))[0]
        if method == "__call__" and not options:
            result = _universal(ufunc, inputs)
        elif ufunc is np.add and method == "reduce":
            result = _sum(*inputs, **options)
        elif ufunc is np.add and method == "at" and not options:
            target, index, values = inputs
            return _put(target, ops.index_put_accumulate, index, values)
        else:
            raise _unknown(f"{ufunc.__name__}{'' if method == '__call__' else f'.{method}'} with {options}")
        if out is None:
            return result
        _put(out, ops.index_put, ..., result)
        return out

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        carried_out = FUNCTIONS.get(function)
        if carried_out is None:
            raise _unknown(function.__name__)
        return carried_out(*args, **kwargs)

    @staticmethod
    def __operation__(operation: Op, operands: Sequence[Any], options: dict[str, Any]) -> Any:
        return _recorded(operation, *operands, **options)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise _unknown("asarray")

    def __float__(self) -> float:
        raise _unknown("ndarray.item")

    __int__ = __index__ = __bool__ = item = tolist = __float__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise _unknown(f"ndarray.{name}")

    # --- views and elements ---------------------------------------------------------------------------

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        return np.swapaxes(self, -1, -2)

    @property
    def real(self) -> Any:
        return _recorded(complex_numbers.view_as_real, self)[..., 0] if self.dtype.kind == "c" else self

    @property
    def imag(self) -> Any:
        return _recorded(complex_numbers.view_as_real, self)[..., 1]

    def reshape(self, *shape: Any) -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def ravel(self) -> Any:
        return np.reshape(self, -1)

    def transpose(self, *axes: Any) -> Any:
        return np.transpose(self, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)

    def swapaxes(self, a: int, b: int) -> Any:
        return np.swapaxes(self, a, b)

    def squeeze(self, axis: Any = None) -> Any:
        return np.squeeze(self, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        return np.diagonal(self, offset, axis1, axis2)

    def __getitem__(self, index: Any) -> Any:
        return _recorded(ops.index, self, index=index)

    def __setitem__(self, index: Any, value: Any) -> None:
        _put(self, ops.index_put, index, value)

    def take(self, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
        return np.take(self, indices, axis)

    # --- computing ------------------------------------------------------------------------------------

    def dot(self, other: Any) -> Any:
        return np.dot(self, other)

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
        return _sum(self, axis, dtype, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return _recorded(ops.amax, self, dim=axis, keepdim=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return _recorded(ops.amin, self, dim=axis, keepdim=keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Any:
        return _plain(self).argmax(axis, keepdims=keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> Any:
        return _plain(self).argmin(axis, keepdims=keepdims)

    def cumsum(self, axis: Any = None, dtype: Any = None) -> Any:
        return _recorded(ops.cumsum, self if dtype is None else self.astype(dtype), dim=axis)

    def cumprod(self, axis: Any = None, dtype: Any = None) -> Any:
        return _recorded(ops.cumprod, self if dtype is None else self.astype(dtype), dim=axis)

    def clip(self, low: Any = None, high: Any = None) -> Any:
        return np.clip(self, low, high)

    def copy(self, order: str = "C") -> Any:
        return _recorded(ops.clone, self, memory_format=contiguous_format)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        kind = np.dtype(dtype)
        if kind.kind not in "fc":
            return _plain(self).astype(kind)
        return self if kind == self.dtype else _recorded(ops.cast, self, kind=kind)

    # Written as though new: what a formula names twice is left as it was.
    def __iadd__(self, other: Any) -> Any:
        return self + other

    def __imul__(self, other: Any) -> Any:
        return self * other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<differentiable {self.__tensor__!r}>"


def _unknown(function: str) -> NotImplementedError:
    return NotImplementedError(f"np.{function} has no derivative here")


def tensor_of(value: Any) -> Any:
    """The tensor that stands for an array, or one around a plain array; anything else as it is."""
    if isinstance(value, (np.ndarray, np.generic)):
        tensor = getattr(value, "__tensor__", None)
        return wrap(np.asarray(value) if isinstance(value, np.generic) else value) if tensor is None else tensor
    return value


def _plain(value: Any) -> Any:
    """The array of values, for what has no derivative."""
    tensor = getattr(value, "__tensor__", None)
    return value if tensor is None else tensor._array


def _recorded(operation: Op, *operands: Any, **options: Any) -> Any:
    """What the operation gives of these arrays, on the tape."""
    result = record(operation, [tensor_of(one) for one in operands], options)
    return Differentiable(result) if result._array.dtype.kind in "fc" else result._array


def _put(target: Any, operation: Op, index: Any, values: Any) -> None:
    """Writes into the tensor that a formula made, and into all that looks into its memory."""
    tensor = getattr(target, "__tensor__", None)
    if tensor is None:
        raise _unknown("ndarray.__setitem__")
    written: Any = tensor_of(values)
    if isinstance(written, Tensor) and written._array.dtype != tensor._array.dtype:
        written = record(ops.cast, (written,), {"kind": tensor._array.dtype})
    tensor._overwrite(operation, (tensor, written), {"index": index})


# --- universal functions ------------------------------------------------------------------------------------


def _universal(ufunc: np.ufunc, inputs: Sequence[Any]) -> Any:
    if ufunc in STEPS:
        return ufunc(*map(_plain, inputs))
    if ufunc is np.vecdot:
        a, b = inputs
        return _sum(a * b, -1)
    if ufunc in BOUNDS and isinstance(inputs[1], (int, float)):
        x, bound = inputs
        return np.where(BOUNDS[ufunc](x, bound), bound, x)
    operation = OPERATION_OF_UFUNC.get(ufunc)
    if operation is None:
        raise _unknown(ufunc.__name__)
    return _recorded(operation, *inputs)


STEPS = {  # what changes in jumps, if at all
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.isnan, np.isinf, np.isfinite, np.signbit),
    np.floor_divide,
}
# Beside a number, what is exactly as large has no derivative, as torch's second derivatives have it.
BOUNDS = {np.minimum: np.greater_equal, np.maximum: np.less_equal}


# --- functions ----------------------------------------------------------------------------------------------


def _sum(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    x = x if dtype is None else x.astype(dtype)
    return _recorded(ops.sum, x, dim=None if axis is None else axis, keepdim=keepdims) if axis != () else x


def _reshape(x: Any, shape: Any) -> Any:
    return _recorded(ops.reshape, x, shape=tuple(shape) if hasattr(shape, "__len__") else (int(shape),))


def _transpose(x: Any, axes: Any = None) -> Any:
    order = reversed(range(x.ndim)) if axes is None else axes
    return _recorded(ops.permute, x, dims=tuple(map(int, order)))


def _moveaxis(x: Any, source: Any, destination: Any) -> Any:
    moved, to = normalize_axis_tuple(source, x.ndim), normalize_axis_tuple(destination, x.ndim)
    order = [axis for axis in range(x.ndim) if axis not in moved]
    for place, axis in sorted(zip(to, moved, strict=True)):
        order.insert(place, axis)
    return _transpose(x, order)


def _squeeze(x: Any, axis: Any = None) -> Any:
    return _recorded(ops.squeeze, x, dim=axis if axis is None or isinstance(axis, int) else tuple(axis))


def _dot(a: Any, b: Any) -> Any:
    if a.ndim > 2 or b.ndim > 2:
        raise _unknown("dot of more than 2 dimensions")
    return _recorded(ops.matmul if a.ndim and b.ndim else ops.mul, a, b)


def _take(x: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    if axis is None:
        return _recorded(ops.index, _reshape(x, -1), index=(np.asarray(indices),))
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    return _recorded(ops.index, x, index=(*before, np.asarray(indices)))


def _take_along_axis(x: Any, indices: Any, axis: int) -> Any:
    return _recorded(ops.gather, x, dim=axis, index=indices)


def _einsum(equation: str, *operands: Any, optimize: Any = False) -> Any:
    return _recorded(ops.einsum, *operands, equation=equation)


def _tiled(x: Any, repeats: int, axis: int) -> Any:
    return _recorded(ops.repeat_interleave, x, repeats=repeats, dim=axis)


def _roll(x: Any, shift: Any, axis: Any = None) -> Any:
    return _recorded(ops.roll, x, shifts=shift, dims=axis)


def _flip(x: Any, axis: Any) -> Any:
    return _recorded(ops.flip, x, dims=(axis,) if isinstance(axis, int) else tuple(axis))


def _new(function: Callable[..., Array]) -> Callable[..., Any]:
    """A function whose result is new memory, into which a formula writes, and has no derivative."""

    def made(x: Any, *args: Any, **kwargs: Any) -> Any:
        array = function(_plain(x), *args, **kwargs)
        return Differentiable(wrap(array)) if array.dtype.kind in "fc" else array

    return made


def _without_derivative(function: Callable[..., Any]) -> Callable[..., Any]:
    def computed(*args: Any, **kwargs: Any) -> Any:
        return function(*map(_plain, args), **kwargs)

    return computed


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: lambda condition, a, b: _recorded(ops.where, condition, a, b),
    np.reshape: _reshape,
    np.transpose: _transpose,
    np.swapaxes: lambda x, a, b: _recorded(ops.transpose, x, dim0=a, dim1=b),
    np.moveaxis: _moveaxis,
    np.expand_dims: lambda x, axis: _recorded(ops.unsqueeze, x, dim=axis),
    np.squeeze: _squeeze,
    np.atleast_1d: lambda x: x if x.ndim else _reshape(x, 1),
    np.broadcast_to: lambda x, shape: _recorded(ops.expand, x, size=tuple(shape)),
    np.diagonal: lambda x, offset=0, axis1=0, axis2=1: _recorded(
        ops.diagonal, x, offset=offset, dim1=axis1, dim2=axis2
    ),
    np.concatenate: lambda arrays, axis=0: _recorded(ops.cat, *arrays, dim=axis),
    np.stack: lambda arrays, axis=0: _recorded(ops.stack, *arrays, dim=axis),
    np.take: _take,
    np.take_along_axis: _take_along_axis,
    np.repeat: _tiled,
    np.roll: _roll,
    np.flip: _flip,
    np.tril: lambda x, k=0: _recorded(ops.tril, x, diagonal=k),
    np.triu: lambda x, k=0: _recorded(ops.triu, x, diagonal=k),
    np.sum: _sum,
    np.dot: _dot,
    np.einsum: _einsum,
    np.cumsum: lambda x, axis=None, dtype=None: x.cumsum(axis, dtype),
    np.cumprod: lambda x, axis=None, dtype=None: x.cumprod(axis, dtype),
    np.clip: lambda x, low, high: np.minimum(np.maximum(x, low), high),
    np.copy: lambda x, order="K": x.copy(),
    np.zeros_like: _new(np.zeros_like),
    np.real: lambda x: x.real,
    np.ones_like: _new(np.ones_like),
    np.empty_like: _new(np.empty_like),
    np.full_like: _new(np.full_like),
    np.argmax: _without_derivative(np.argmax),
    np.argmin: _without_derivative(np.argmin),
    np.argsort: _without_derivative(np.argsort),
    np.count_nonzero: _without_derivative(np.count_nonzero),
    np.shape: _without_derivative(np.shape),
    np.ndim: _without_derivative(np.ndim),
    np.size: _without_derivative(np.size),
    np.result_type: _without_derivative(np.result_type),
}


# --- the backward pass ----------------------------------------------------------------------------------------


def pull(node: Node, dy: Any) -> list[Any]:
    """As `node.pull`, on the tape: the cotangents of the operands, each a `Differentiable` or None.

    NotImplementedError where the operation's formula cannot be differentiated.
    """
    if not isinstance(node, OpNode):
        return [_differentiable(one) for one in node.pull(dy)]
    try:
        gradients = [_differentiable(one) for one in node.pull(dy, _kept)]
    except NotImplementedError as error:
        raise NotImplementedError(
            f"the derivative of {node.plan.operation.name} is not implemented for second derivatives: {error}"
        ) from error
    if not node.plan.operation.piecewise_linear:
        return gradients
    shapes = [one.shape for one in gradients]
    return [_constant_in(node.edges, shapes, one.__tensor__, node.title) for one in gradients]


def _constant_in(edges: Sequence[Any], shapes: Sequence[tuple[int, ...]], gradient: Tensor, title: str) -> Any:
    """The gradient, with a derivative of zero by what these edges lead to beside those that it has."""
    constant = wrap(gradient._array)
    own = [gradient._node or gradient] if gradient._requires_grad else []
    constant._node = Overwritten((*edges, *own), shapes, f"{title.removesuffix('0')}Backward0")
    constant._requires_grad = True
    return Differentiable(constant)


def _differentiable(gradient: Any) -> Any:
    if gradient is None or type(gradient) is Differentiable or gradient.dtype.char == "O":
        return gradient
    return Differentiable(wrap(np.asarray(gradient) if isinstance(gradient, np.generic) else gradient))


def _kept(node: OpNode, kept: Sequence[Any]) -> list[Any]:
    """What the node keeps, with tensors in the place of operands and the result."""
    plan, count = node.plan, len(node.plan.operation.operands)
    edges = dict(zip(plan.positions, node.edges, strict=False)) | {count: node}
    found = []
    for (position, attribute), value in zip(plan.places, kept, strict=True):
        if attribute is None and position <= count:
            if plan.operation.variadic and position < count:
                value = [_operand(one, edge, node) for one, edge in zip(value, node.edges, strict=True)]
            else:
                value = _operand(value, edges.get(position), node)
        found.append(value)
    return found


def _operand(value: Any, edge: Any, node: Node) -> Any:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc":
        return value
    return Differentiable(wrap(value) if edge is None else on_tape(value, edge, node))


def on_tape(array: Array, edge: Any, node: Node) -> Tensor:
    """The tensor whose values a node has kept, from where its cotangent goes; with the version that it had."""
    if not isinstance(edge, Node):
        if edge._array is array:
            return edge
        edge = Overwritten((edge,), (), "AliasBackward0")
    tensor = wrap(array)
    tensor._node, tensor._requires_grad = edge, True
    for counter, _, memory in getattr(node, "watched", None) or ():
        if memory is array:
            tensor._writes = counter
    return tensor
