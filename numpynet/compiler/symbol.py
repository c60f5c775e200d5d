"""Symbol: the stand-in for an array while a step is traced.

NumPy asks its arguments how a function is to be applied to them, by ``__array_ufunc__`` and
``__array_function__``. A symbol answers by computing the result on the array that it stands for, and by writing
down the call. So a step traced computes what it always does, and leaves a list of NumPy calls behind it.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from numpynet.compiler.errors import CompileError, here, unknown
from numpynet.compiler.number import Number
from numpynet.compiler.views import INDEXED, REINTERPRETED, RESHAPED, TRANSPOSED, Array, Look
from numpynet.core.higher_order import Differentiable

if TYPE_CHECKING:
    from numpynet.compiler.recorder import Recorder


class Kind(Enum):
    """Who owns a memory: a tensor from outside, an argument of the step, the program as a constant, or nobody."""

    TENSOR = "tensor"
    ARGUMENT = "argument"
    CONSTANT = "constant"
    TEMPORARY = "temporary"


_numbers = itertools.count()


@dataclass(eq=False)
class Memory:
    """What an array is laid out in.

    array: the whole of it. owner: the tensor whose memory it is, or the number of the argument.
    """

    kind: Kind
    array: Array
    owner: Any = None
    number: int = field(default_factory=_numbers.__next__)


def is_uniform(array: Array) -> bool:
    """Whether all elements are the same to the bit, which tells −0 from 0."""
    return array.tobytes() == array.reshape(-1)[:1].tobytes() * array.size


def is_constant(part: Any, value: float | None = None) -> bool:
    """Whether it is a constant of the program, of equal elements throughout: of this one, where one is given."""
    if type(part) is not Symbol or part.memory.kind is not Kind.CONSTANT or not part.size:
        return False
    first = part.array.reshape(-1)[0]
    return is_uniform(part.array) and (value is None or first.tobytes() == first.dtype.type(value).tobytes())


def same_place(a: Array, b: Array) -> bool:
    """Whether two arrays are the same elements of memory in the same order."""
    return (
        a.__array_interface__["data"] == b.__array_interface__["data"] and a.strides == b.strides and a.shape == b.shape
    )


def _condensed(array: Array, kind: Kind) -> Array:
    """An array of the same shape and dtype that takes the memory of one element, where it may."""
    if array.ndim == 0 or 0 in array.strides:
        return array
    if kind is Kind.TEMPORARY:
        return np.broadcast_to(np.zeros((), array.dtype), array.shape)
    return np.broadcast_to(array.reshape(-1)[0].copy(), array.shape) if array.size and is_uniform(array) else array


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or (isinstance(part, (slice, int, np.integer)) and not isinstance(part, bool))
        for part in parts
    )


def _of_array(name: str) -> Any:
    """An attribute that a symbol has of its array."""
    return property(operator.attrgetter(f"array.{name}"))


def _calling(function: Any) -> Any:
    """A method that calls a function of NumPy."""

    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        return self.recorder.function(function, (self, *args), kwargs)

    return method


def _reducing(ufunc: np.ufunc) -> Any:
    """A method that reduces by a universal function."""

    def method(self: Symbol, axis: Any = None, dtype: Any = None, keepdims: bool = False, **options: Any) -> Symbol:
        return self.recorder.reduce(ufunc, self, axis, keepdims, dtype=dtype, **options)

    return method


class Symbol(NDArrayOperatorsMixin):
    """An array while it is traced: `array` holds its values in this run, `memory` is where they will be in all runs.

    base, look: the symbol that it is a view of, and how; None for the whole of a memory.
    """

    __slots__ = ("__weakref__", "array", "base_symbol", "look", "memory", "recorder")

    def __init__(
        self, recorder: Recorder, memory: Memory, array: Array, base: Symbol | None = None, look: Look | None = None
    ) -> None:
        if array.dtype.kind == "c":
            raise CompileError(f"{here()}: complex numbers are not compiled: compute with them outside of the step")
        self.recorder = recorder
        self.memory = memory
        self.array = array
        self.base_symbol = base
        self.look = look

    # isinstance(symbol, np.ndarray) holds, since a symbol takes an array's place
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.ndarray

    # --- what it is -----------------------------------------------------------------------------------

    shape, strides = _of_array("shape"), _of_array("strides")
    dtype, flags = _of_array("dtype"), _of_array("flags")
    ndim, size = _of_array("ndim"), _of_array("size")
    itemsize, nbytes = _of_array("itemsize"), _of_array("nbytes")

    @property
    def base(self) -> Symbol | None:
        """The symbol of the whole memory that this is a view of; None for that symbol itself."""
        symbol = self
        while symbol.base_symbol is not None:
            symbol = symbol.base_symbol
        return None if symbol is self else symbol

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Symbol]:
        return (self[position] for position in range(len(self.array)))

    def forget(self) -> None:
        """Lets go of the memory of its values, and of those that it is a view of.

        Where they are temporary, the values are gone. Constants stay what they are.
        """
        kind = self.memory.kind
        if kind not in (Kind.TEMPORARY, Kind.CONSTANT):
            return
        if self.base_symbol is not None:
            self.array = _condensed(self.array, kind)
            self.base_symbol.forget()
        else:
            self.array = self.memory.array = _condensed(self.memory.array, kind)

    # --- NumPy's protocols ----------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if Differentiable in map(type, inputs):  # which puts the call on the tape
            return NotImplemented
        return self.recorder.ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if Differentiable in types:
            return NotImplemented
        return self.recorder.function(function, args, kwargs)

    # --- views ----------------------------------------------------------------------------------------

    @property
    def T(self) -> Symbol:
        return self._turned(tuple(range(self.ndim))[::-1])

    @property
    def mT(self) -> Symbol:
        *others, row, column = range(self.ndim)
        return self._turned((*others, column, row))

    def _turned(self, axes: tuple[int, ...]) -> Symbol:
        """With two axes in each other's place, or all in reverse; of such a view, what it is a view of."""
        look = Look(TRANSPOSED, (axes,))
        if self.base_symbol is not None and self.look == look:
            return self.base_symbol
        return self.recorder.look(self, look)

    def reshape(self, *shape: Any) -> Symbol:
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return self.recorder.function(np.reshape, (self, tuple(map(int, wanted))), {})

    def ravel(self) -> Symbol:
        return self.reshape(-1)

    flatten = ravel

    def view(self, dtype: Any = None) -> Symbol:
        if dtype is None:
            return self.recorder.look(self, Look(RESHAPED, (self.shape,)))
        return self.recorder.look(self, Look(REINTERPRETED, (np.dtype(dtype),)))

    def transpose(self, *axes: Any) -> Symbol:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return self.recorder.function(np.transpose, (self, order), {})

    swapaxes, squeeze = _calling(np.swapaxes), _calling(np.squeeze)

    def __getitem__(self, index: Any) -> Symbol:
        if not _is_basic(index):
            return self.recorder.gather(self, index)
        parts = index if isinstance(index, tuple) else (index,)
        if Ellipsis not in parts:
            parts = (*parts, ...)  # with which even a single element is a view
        return self.recorder.look(self, Look(INDEXED, (parts,)))

    # --- computing ------------------------------------------------------------------------------------

    dot, take, clip = _calling(np.dot), _calling(np.take), _calling(np.clip)
    argmax, argmin = _calling(np.argmax), _calling(np.argmin)
    cumsum, cumprod = _calling(np.cumsum), _calling(np.cumprod)
    sum, prod = _reducing(np.add), _reducing(np.multiply)
    max, min = _reducing(np.maximum), _reducing(np.minimum)
    any, all = _reducing(np.logical_or), _reducing(np.logical_and)

    def copy(self, order: str = "C") -> Symbol:
        return self.recorder.copied(self, self.array.dtype, order)

    def astype(self, dtype: Any, copy: bool = True) -> Symbol:
        kind = np.dtype(dtype)
        return self if not copy and kind == self.dtype else self.recorder.copied(self, kind, "K")

    # --- in place -------------------------------------------------------------------------------------

    def __setitem__(self, index: Any, value: Any) -> None:
        if _is_basic(index):
            whole = index is Ellipsis or (isinstance(index, slice) and index == slice(None))
            self.recorder.copy_into(self if whole else self[index], value)
        else:
            self.recorder.scatter(self, index, value)

    def fill(self, value: Any) -> None:
        self.recorder.copy_into(self, value)

    # --- what depends on values -----------------------------------------------------------------------

    def __possible__(self) -> bool:
        return self.recorder.possible(self)

    def __refuse__(self, error: Callable[..., Exception], *arrays: Any) -> None:
        self.recorder.refuse(self, error, arrays)

    def __number__(self) -> Any:
        return self.recorder.number_in(self)

    def item(self) -> Any:
        """Its one element."""
        if self.size != 1 or self.dtype.kind not in "fiu":
            return self._unknown()
        return self.recorder.number_in(self.reshape(()) if self.ndim else self)

    def _unknown(self, *_: Any, **__: Any) -> Any:
        raise unknown()

    def __bool__(self) -> bool:
        owner = self.memory.owner
        return bool(owner) if isinstance(owner, Number) else self._unknown()

    tolist = tobytes = nonzero = __float__ = __int__ = __index__ = __complex__ = __array__ = _unknown
    __reduce_ex__ = __contains__ = _unknown
    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise CompileError(f"{here()}: an array's .{name} cannot be compiled; do this outside the compiled step")

    def __repr__(self) -> str:
        return f"<symbol {self.array.dtype}{list(self.array.shape)} in {self.memory.kind.value} {self.memory.number}>"
