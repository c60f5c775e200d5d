"""Methods: the operations as a tensor's operators and methods. Nothing is computed here.

A line ``exp = ops.exp`` makes an operation a method; ``exp_ = in_place(ops.exp)`` the form that overwrites.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import partial, wraps
from operator import index as operator_index
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet import composite, creation, ops
from numpynet.composite.arguments import composed
from numpynet.composite.picking import scattering
from numpynet.composite.products import old_forms
from numpynet.composite.results import scaled, titled
from numpynet.core import dtypes
from numpynet.core import storage as memory
from numpynet.core.absence import imported
from numpynet.core.backward import backward as _backward
from numpynet.core.device import require_cpu
from numpynet.core.messages import torch_error
from numpynet.core.modes import flags
from numpynet.core.straight import straight
from numpynet.core.tape import walk_back
from numpynet.core.tensor import (
    Tensor,
    _shares_memory,
    alike,
    heard,
    ndarray,
    owned_alike,
    put_view_on_tape,
    record,
    refuse_overlap,
    viewed,
    wrap,
)
from numpynet.core.views import writeable
from numpynet.creation import new
from numpynet.creation.arguments import number
from numpynet.creation.arguments import sizes as shape_of
from numpynet.creation.from_data import legacy_tensor
from numpynet.ops import layout
from numpynet.ops.acceptance import filling, fitting
from numpynet.ops.arguments import require
from numpynet.ops.binding import bound, compiled, made_when_called, tried
from numpynet.ops.form import Array, Op
from numpynet.ops.warning import warn_once
from numpynet.random import fills

if TYPE_CHECKING:
    Method = Callable[..., Tensor]


def operator(operation: Op, reflected: bool = False, in_place: bool = False, numbers: bool = True) -> Any:
    """``a ∘ b`` of an operation of two operands; NotImplemented for what is no operand.

    reflected: ``b ∘ a`` where b is no tensor. in_place: ``a ∘= b``. numbers: whether b may be a number.
    """
    order = ("other", "self") if reflected else ("self", "other")

    def code() -> CodeType:
        way, meanings = straight(operation, in_place, sure=int(reflected))
        surroundings.update(meanings)
        lines = [] if way is None else tried(way.lines(order, (), () if numbers else (1,), (0, 1)), 4)
        return compiled(["def call(self, other):", *lines, "    return general(self, other)"])

    def general(self: Tensor, other: Any) -> Tensor:
        if not isinstance(other, _OPERANDS if numbers else Tensor):
            return NotImplemented
        if not numbers:
            return operation.call(self, other)
        carried_out = self.__in_place__ if in_place else record
        return carried_out(operation, (other, self) if reflected else (self, other), operation.option_defaults)

    surroundings: dict[str, Any] = {"general": general}
    return made_when_called(code, surroundings, operation.name, ())


def in_place(operation: Op, arguments: str | None = None, x: str = "[0.25, 0.5]", y: str = "[0.5, 0.25]") -> Any:
    """The form of an operation that overwrites its first operand and returns it.

    arguments: of the example in its docstring, x the tensor that it overwrites and y another one.
    """
    name = operation.name
    if arguments is None:
        arguments = ", ".join(["y"] * (len(operation.operands) - len(operation.operand_defaults) - 1))
    overwriting = bound(operation, "__in_place__")
    overwriting.__name__, overwriting.__qualname__ = f"{name}_", f"Tensor.{name}_"
    overwriting.__module__ = __name__
    overwriting.__doc__ = _overwriting_documentation(name, arguments, x, y)
    return overwriting


def _overwriting_documentation(name: str, arguments: str, x: str, y: str) -> str:
    return f"""As `{name}`, written into this tensor's own memory, in its dtype; returns the tensor.

    RuntimeError where the result has another shape or a dtype of a higher kind, and for leaves that require a gradient.

    >>> import numpynet
    >>> x, y = numpynet.tensor({x}), numpynet.tensor({y})
    >>> expected = x.{name}({arguments})
    >>> x.{name}_({arguments}) is x, (x == expected).all().item()
    (True, True)
    """


def replacing(function: Callable[..., Tensor], arguments: str, x: str = "[0.25, 0.5]", y: str = "[0.5, 0.25]") -> Any:
    """The form of a composed function that overwrites its first argument and returns it.

    arguments, x, y: of the example in its docstring, as for `in_place`.
    """
    name = function.__name__

    @wraps(function)
    def overwrite(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        given = ops.clone(self) if flags.enabled and self.requires_grad else self  # which the tape may keep
        values = function(given, *args, **kwargs)
        self._require_category(name, values._array.dtype)
        return self._replace(values)

    overwrite.__name__, overwrite.__qualname__ = f"{name}_", f"Tensor.{name}_"
    overwrite.__module__ = __name__
    overwrite.__doc__ = _overwriting_documentation(name, arguments, x, y)
    return overwrite


class Later:
    """A method that few need: its module is imported when it is first asked for, and the method put in this place.

    method: makes the method of the operation or function of that name; by default it is the method.
    """

    def __init__(self, module: str, name: str | None = None, method: Callable[..., Any] | None = None) -> None:
        self.module, self.source, self.make = module, name, method

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        member = getattr(imported(self.module), self.source or self.name)
        if self.make is not None:
            member = self.make(member)
        setattr(Tensor, self.name, member.call if isinstance(member, Op) else member)
        return getattr(owner if instance is None else instance, self.name)


def sizes(given: tuple[Any, ...], method: str) -> tuple[int, ...]:
    """The sizes of ``view(2, 3)`` and ``view((2, 3))`` alike; TypeError for what torch takes for none."""
    wanted = given
    if type(given[0]) is not int and len(given) == 1 and isinstance(given[0], (tuple, list)):
        wanted = tuple(given[0])
    for size in wanted:
        if type(size) is not int:
            require(method, given, method=True)
            return tuple(map(operator_index, wanted))
    return wanted


def looking(operation: Op, look: Callable[[Array, Any], Array] | None = None) -> Callable[[Method], Method]:
    """Has a method that takes its sizes one by one go a short way where they are plain.

    operation: what it computes, with the sizes as its only option. look: how NumPy does that, if it takes a size of −1
    and no other negative ones as torch does; by default the operation's forward.
    """
    (option,) = operation.options
    looked = look or (lambda array, sizes: operation.forward(array, **{option: sizes}))

    def decorated(general: Method) -> Method:
        @wraps(general)
        def method(self: Tensor, *given: Any, **named: Any) -> Tensor:
            for size in given:
                if type(size) is not int or size < -1:
                    return general(self, *given, **named)
            if named or not given or heard[0] or not (self._view is None or self._is_current()):
                return general(self, *given, **named)
            array = self._array
            try:
                y = looked(array, given)
            except Exception:  # which the general way tells in torch's words
                return general(self, *given)
            if y.base is array or _shares_memory(y, array):
                result = viewed(self, y, operation, given)
            elif operation is ops.reshape:
                result = wrap(y)
            else:
                return general(self, *given)
            if self._requires_grad:
                put_view_on_tape(result, self, operation, {option: given})
            return result

        return method

    return decorated


class Methods:
    """Everything that a tensor can do to itself by an operation."""

    _array: Array
    _node: Any
    _view: Any
    _is_current: Callable[[], bool]
    _is_quiet: Callable[[], bool]
    _requires_grad: bool
    _overwrite_at: Callable[[Op, Any, Tensor], Tensor]
    _put: Callable[[Tensor, str], None]
    _require_writing: Callable[[], None]
    _counted: Callable[[], None]
    _replace: Callable[[Tensor], Tensor]
    _resize: Callable[[Array], Tensor]
    _reshape: Callable[[Op, dict[str, Any], str], Tensor]
    _writes: list[int]
    _overwrite: Callable[[Op, Sequence[Any], dict[str, Any]], Tensor]

    _made_of = staticmethod(legacy_tensor)  # what ``torch.Tensor(2, 3)`` makes

    # --- operators --------------------------------------------------------------------------------------

    __add__ = operator(ops.add)
    __sub__ = operator(ops.sub)
    __mul__ = operator(ops.mul)
    __truediv__ = operator(ops.true_divide)
    __floordiv__ = operator(ops.floor_divide)
    __mod__ = operator(ops.remainder)
    __pow__ = operator(ops.pow)
    __and__ = operator(ops.bitwise_and)
    __or__ = operator(ops.bitwise_or)
    __xor__ = operator(ops.bitwise_xor)
    __lshift__ = operator(ops.bitwise_left_shift)
    __rshift__ = operator(ops.bitwise_right_shift)
    __radd__ = __add__
    __rsub__ = operator(ops.rsub)
    __rmul__ = __mul__
    __rfloordiv__ = operator(ops.floor_divide, reflected=True)
    __rmod__ = operator(ops.remainder, reflected=True)
    __rpow__ = operator(ops.pow, reflected=True)
    __rand__ = operator(ops.bitwise_and, reflected=True)
    __ror__ = operator(ops.bitwise_or, reflected=True)
    __rxor__ = operator(ops.bitwise_xor, reflected=True)
    __rlshift__ = operator(ops.bitwise_left_shift, reflected=True)
    __rrshift__ = operator(ops.bitwise_right_shift, reflected=True)
    __iadd__ = operator(ops.add, in_place=True)
    __isub__ = operator(ops.sub, in_place=True)
    __imul__ = operator(ops.mul, in_place=True)
    __itruediv__ = operator(ops.true_divide, in_place=True)
    __ifloordiv__ = operator(ops.floor_divide, in_place=True)
    __imod__ = operator(ops.remainder, in_place=True)
    __ipow__ = operator(ops.pow, in_place=True)
    __iand__ = operator(ops.bitwise_and, in_place=True)
    __ior__ = operator(ops.bitwise_or, in_place=True)
    __ixor__ = operator(ops.bitwise_xor, in_place=True)
    __ilshift__ = operator(ops.bitwise_left_shift, in_place=True)
    __irshift__ = operator(ops.bitwise_right_shift, in_place=True)
    __eq__ = operator(ops.eq)
    __ne__ = operator(ops.ne)
    __lt__ = operator(ops.lt)
    __le__ = operator(ops.le)
    __gt__ = operator(ops.gt)
    __ge__ = operator(ops.ge)
    __neg__ = ops.neg
    __abs__ = ops.abs
    __hash__ = object.__hash__

    def __pos__(self) -> Tensor:
        if self._array.dtype.kind == "b":
            raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
        return self  # type: ignore[return-value]

    __matmul__ = operator(ops.matmul, numbers=False)

    def __rmatmul__(self, other: Any) -> Tensor:
        return ops.matmul(other, self) if isinstance(other, Tensor) else NotImplemented

    def __behind__(self, ufunc: Any, first: Any) -> Any:
        """A function of NumPy's of something and this tensor, as the operator that it stands for.

        TypeError where that is an array, which torch lets a tensor be divided into, and compared with, but no more.
        """
        name = _BEHIND.get(ufunc)
        compares = name is not None and not name.startswith("__r")
        if isinstance(first, np.ndarray) and not first.ndim and compares:  # as NumPy hands its own numbers on
            first = first[()]
        if name is not None and not isinstance(first, np.ndarray):
            return getattr(self, name)(first)
        if ufunc in (np.equal, np.not_equal):
            return ufunc(self, first)
        if ufunc is np.true_divide:
            return np.multiply(self.reciprocal(), first)
        raise TypeError(
            f"unsupported operand type(s) for np.{ufunc.__name__}: 'numpy.ndarray' and 'Tensor': make a tensor of the "
            f"array, as in torch.from_numpy(array), or put the tensor first"
        )

    def __invert__(self) -> Tensor:
        if self._array.dtype.kind in "fc":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors: compare first"
            )
        return ops.bitwise_not(self)

    def __rtruediv__(self, other: Any) -> Tensor:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return ops.mul(ops.reciprocal(self), other)  # as torch rounds it

    # --- elementwise ------------------------------------------------------------------------------------

    add = ops.add
    sub = subtract = ops.sub
    mul = multiply = ops.mul
    div = divide = true_divide = composite.div
    remainder = ops.remainder
    floor_divide = composite.floor_divide
    pow = ops.pow
    neg = negative = ops.neg
    abs = absolute = ops.abs
    fmod = ops.fmod
    lerp = ops.lerp
    addcmul = ops.addcmul
    addcdiv = ops.addcdiv
    hypot = ops.hypot
    exp = ops.exp
    exp2 = ops.exp2
    expm1 = ops.expm1
    log = ops.log
    log1p = ops.log1p
    log2 = ops.log2
    log10 = ops.log10
    logaddexp = ops.logaddexp
    erf = ops.erf
    sqrt = ops.sqrt
    rsqrt = ops.rsqrt
    square = ops.square
    reciprocal = ops.reciprocal
    sin = ops.sin
    cos = ops.cos
    tan = ops.tan
    asin = arcsin = ops.asin
    acos = arccos = ops.acos
    atan = arctan = ops.atan
    atan2 = arctan2 = ops.atan2
    sinh = ops.sinh
    cosh = ops.cosh
    asinh = arcsinh = ops.asinh
    acosh = arccosh = ops.acosh
    atanh = arctanh = ops.atanh
    tanh = ops.tanh
    sigmoid = ops.sigmoid
    relu = ops.relu
    sign = ops.sign
    floor = ops.floor
    ceil = ops.ceil
    trunc = fix = ops.trunc
    frac = ops.frac
    deg2rad = composite.deg2rad
    rad2deg = composite.rad2deg
    round = ops.round
    nan_to_num = ops.nan_to_num
    maximum = ops.maximum
    minimum = ops.minimum
    clamp = clip = ops.clamp
    clamp_min = composite.clamp_min
    clamp_max = composite.clamp_max
    softmax = composite.softmax
    log_softmax = composite.log_softmax

    @composed
    def where(self, condition: Tensor, other: Any) -> Tensor:
        """self where the condition holds, else other.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).where(numpynet.tensor([True, False]), numpynet.tensor([10, 20]))
        tensor([ 1, 20])
        """
        return composite.where(condition, self, other)

    # --- in place ---------------------------------------------------------------------------------------

    add_ = in_place(ops.add)
    sub_ = subtract_ = in_place(ops.sub)
    mul_ = multiply_ = in_place(ops.mul)
    remainder_ = in_place(ops.remainder)
    fmod_ = in_place(ops.fmod)
    lerp_ = in_place(ops.lerp, "y, 0.5")
    addcmul_ = in_place(ops.addcmul)
    addcdiv_ = in_place(ops.addcdiv)
    pow_ = in_place(ops.pow, "2")
    neg_ = negative_ = in_place(ops.neg)
    abs_ = absolute_ = in_place(ops.abs)
    exp_ = in_place(ops.exp)
    expm1_ = in_place(ops.expm1)
    log_ = in_place(ops.log)
    log1p_ = in_place(ops.log1p)
    log2_ = in_place(ops.log2)
    log10_ = in_place(ops.log10)
    sqrt_ = in_place(ops.sqrt)
    rsqrt_ = in_place(ops.rsqrt)
    square_ = in_place(ops.square)
    reciprocal_ = in_place(ops.reciprocal)
    sin_ = in_place(ops.sin)
    cos_ = in_place(ops.cos)
    tan_ = in_place(ops.tan)
    tanh_ = in_place(ops.tanh)
    sigmoid_ = in_place(ops.sigmoid)
    relu_ = in_place(ops.relu)
    floor_ = in_place(ops.floor)
    ceil_ = in_place(ops.ceil)
    round_ = in_place(ops.round)
    trunc_ = fix_ = in_place(ops.trunc)
    sign_ = in_place(ops.sign)
    clamp_ = clip_ = in_place(ops.clamp, "0.3, 0.4")
    nan_to_num_ = in_place(ops.nan_to_num, x="[0.5, numpynet.nan]")
    acos_ = arccos_ = in_place(ops.acos)
    acosh_ = arccosh_ = in_place(ops.acosh, x="[1.25, 1.5]")
    asin_ = arcsin_ = in_place(ops.asin)
    asinh_ = arcsinh_ = in_place(ops.asinh)
    atan_ = arctan_ = in_place(ops.atan)
    atan2_ = arctan2_ = in_place(ops.atan2)
    atanh_ = arctanh_ = in_place(ops.atanh)
    cosh_ = in_place(ops.cosh)
    sinh_ = in_place(ops.sinh)
    exp2_ = in_place(ops.exp2)
    erf_ = in_place(ops.erf)
    frac_ = in_place(ops.frac)
    hypot_ = in_place(ops.hypot)
    cumsum_ = in_place(ops.cumsum, "0")
    cumprod_ = in_place(ops.cumprod, "0")
    bitwise_and_ = in_place(ops.bitwise_and, x="[1, 2]", y="[3, 1]")
    bitwise_or_ = in_place(ops.bitwise_or, x="[1, 2]", y="[3, 1]")
    bitwise_xor_ = in_place(ops.bitwise_xor, x="[1, 2]", y="[3, 1]")
    bitwise_not_ = in_place(ops.bitwise_not, x="[1, 2]", y="[3, 1]")
    bitwise_left_shift_ = in_place(ops.bitwise_left_shift, x="[1, 2]", y="[3, 1]")
    bitwise_right_shift_ = in_place(ops.bitwise_right_shift, x="[1, 2]", y="[3, 1]")
    logical_and_ = in_place(ops.logical_and)
    logical_or_ = in_place(ops.logical_or)
    logical_xor_ = in_place(ops.logical_xor)
    logical_not_ = in_place(ops.logical_not)
    eq_ = in_place(ops.eq)
    ne_ = not_equal_ = in_place(ops.ne)
    lt_ = less_ = in_place(ops.lt)
    le_ = less_equal_ = in_place(ops.le)
    gt_ = greater_ = in_place(ops.gt)
    ge_ = greater_equal_ = in_place(ops.ge)
    tril_ = in_place(ops.tril, x="[[1, 2], [3, 4]]")
    triu_ = in_place(ops.triu, x="[[1, 2], [3, 4]]")

    @composed
    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """self / other, rounded down ("floor") or towards zero ("trunc") on request, written into this tensor.

        >>> import numpynet
        >>> numpynet.tensor([7.0, -7.0]).div_(2, rounding_mode="floor")
        tensor([ 3., -4.])
        """
        if rounding_mode is None:
            return self.__in_place__(ops.true_divide, (self, other), {})  # type: ignore[attr-defined]
        return self._overwrite(ops.rounded_divide, (self, other), {"rounding_mode": rounding_mode})

    divide_ = true_divide_ = div_

    @composed
    def floor_divide_(self, other: Any) -> Tensor:
        """⌊self / other⌋, written into this tensor.

        >>> import numpynet
        >>> numpynet.tensor([7, -7]).floor_divide_(2)
        tensor([ 3, -4])
        """
        return self._overwrite(ops.floor_divide, (self, other), {})

    @composed
    def clamp_min_(self, min: Any) -> Tensor:
        """max(self, min), written into this tensor.

        >>> import numpynet
        >>> numpynet.tensor([-1.0, 2.0]).clamp_min_(0)
        tensor([0., 2.])
        """
        return self._renamed(self.clamp_(min), "ClampMinBackward0")

    @composed
    def clamp_max_(self, max: Any) -> Tensor:
        """min(self, max), written into this tensor.

        >>> import numpynet
        >>> numpynet.tensor([-1.0, 2.0]).clamp_max_(0)
        tensor([-1.,  0.])
        """
        return self._renamed(self.clamp_(None, max), "ClampMaxBackward0")

    def deg2rad_(self) -> Tensor:
        """Degrees as radians, written into this tensor.

        >>> import numpynet
        >>> numpynet.tensor([90.0, 180.0]).deg2rad_()
        tensor([1.5708, 3.1416])
        """
        return self._renamed(self.mul_(math.pi / 180), "Deg2RadBackward0", scaled)

    def rad2deg_(self) -> Tensor:
        """Radians as degrees, written into this tensor.

        >>> import numpynet
        >>> numpynet.tensor([0.0, numpynet.pi]).rad2deg_()
        tensor([  0., 180.])
        """
        return self._renamed(self.mul_(180 / math.pi), "Rad2DegBackward0", scaled)

    def _renamed(self, overwritten: Tensor, title: str, rename: Callable[[Tensor, str], Tensor] = titled) -> Tensor:
        """This tensor, overwritten by an operation of another name than torch's."""
        unrecorded = self._view is not None or not flags.enabled
        return overwritten if unrecorded else rename(overwritten, title)

    @old_forms
    @composed
    def addmm_(self, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """beta self + alpha mat1 @ mat2, written into this tensor.

        >>> import numpynet
        >>> numpynet.ones(2, 2).addmm_(numpynet.eye(2), numpynet.ones(2, 2), alpha=10)
        tensor([[11., 11.],
                [11., 11.]])
        """
        return self._replace(composite.addmm(self, mat1, mat2, beta=beta, alpha=alpha))

    @old_forms
    @composed
    def addmv_(self, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """beta self + alpha mat @ vec, written into this tensor.

        >>> import numpynet
        >>> numpynet.ones(2).addmv_(numpynet.eye(2), numpynet.tensor([1.0, 2.0]))
        tensor([2., 3.])
        """
        return self._replace(composite.addmv(self, mat, vec, beta=beta, alpha=alpha))

    @old_forms
    @composed
    def baddbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """beta self + alpha batch1 @ batch2, written into this tensor.

        >>> import numpynet
        >>> numpynet.zeros(1, 2, 2).baddbmm_(numpynet.eye(2).unsqueeze(0), numpynet.ones(1, 2, 2))
        tensor([[[1., 1.],
                 [1., 1.]]])
        """
        return self._replace(composite.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha))

    @composed
    def scatter_(
        self, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
    ) -> Tensor:
        """Writes src[i, j] at [i, index[i, j]] for dim = 1, and likewise for any dimension and rank.

        reduce: "add" or "multiply", to add to what is there or to multiply it; this has no derivative.

        >>> import numpynet
        >>> numpynet.zeros(2, 3).scatter_(1, numpynet.tensor([[2], [0]]), 1.0)
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
        """
        return self._overwrite(*scattering(self, dim, index, src, value, reduce))  # type: ignore[arg-type]

    @composed
    def scatter_add_(self, dim: int, index: Tensor, src: Tensor) -> Tensor:
        """Adds src[i, j] at [i, index[i, j]] for dim = 1, and likewise for any dimension and rank.

        >>> import numpynet
        >>> numpynet.zeros(2).scatter_add_(0, numpynet.tensor([0, 1, 0]), numpynet.tensor([1.0, 10.0, 100.0]))
        tensor([101.,  10.])
        """
        return self._overwrite(ops.scatter_add, (self, src), {"dim": dim, "index": index})

    @composed
    def index_add_(self, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
        """Adds alpha times the slices of `source` to those at `index` along `dim`.

        >>> import numpynet
        >>> numpynet.zeros(2).index_add_(0, numpynet.tensor([0, 1, 0]), numpynet.tensor([1.0, 10.0, 100.0]))
        tensor([101.,  10.])
        """
        return self._overwrite(ops.index_add, (self, source), {"dim": dim, "index": index, "alpha": alpha})

    @composed
    def fill_diagonal_(self, fill_value: float, wrap: bool = False) -> Tensor:
        """Writes one number into the elements whose indices are all the same.

        wrap: whether the diagonal of a tall matrix begins again, one row after it has reached the last column.
        RuntimeError for a vector, and for more than 2 dimensions that are not equally long.

        >>> import numpynet
        >>> numpynet.zeros(4, 2).fill_diagonal_(1, wrap=True)
        tensor([[1., 0.],
                [0., 1.],
                [0., 0.],
                [1., 0.]])
        """
        shape = self._array.shape
        if len(shape) < 2:
            raise RuntimeError(f"fill_diagonal_(): dimensions must larger than 1, but there are {len(shape)}")
        if len(shape) > 2 and len(set(shape)) > 1:
            raise RuntimeError("fill_diagonal_(): all dimensions of input must be of equal length")
        step = shape[1] + 1 if wrap and len(shape) == 2 else shape[0] + 1
        for start in range(0, shape[0], step):
            diagonal: Tensor = ops.diagonal(self[start:] if start else self)  # type: ignore[index]
            while diagonal.ndim > 1:
                diagonal = ops.diagonal(diagonal, dim1=0, dim2=-1)
            diagonal.fill_(fill_value)
        return self  # type: ignore[return-value]

    def zero_(self) -> Tensor:
        """Fills this tensor with zeros.

        >>> import numpynet
        >>> numpynet.ones(2).zero_()
        tensor([0., 0.])
        """
        is_alone = self._view is None and not (self._requires_grad or heard[0])
        if (is_alone or self._is_quiet()) and self._writes[0] >= 0:
            try:
                self._array.fill(0.0)  # in less time than an integer takes
            except ValueError:  # it is read-only, as `expand` has it
                writeable(self._array, repeating=True).fill(0)
            self._writes[0] += 1
        elif not (flags.enabled or heard[0]):
            self._fill_unrecorded(0)  # type: ignore[attr-defined]
        else:
            self._fill(wrap(np.zeros((), self._array.dtype)), "ZeroBackward0")
        return self  # type: ignore[return-value]

    def apply_(self, callable: Callable[[Any], Any]) -> Tensor:
        """Puts ``callable(x)`` in the place of each element x: slowly, one by one.

        RuntimeError for a tensor that requires a gradient: such a function has none.

        >>> import numpynet
        >>> numpynet.tensor([1.0, -2.0]).apply_(lambda x: x if x > 0 else 0)
        tensor([1., 0.])
        """
        return self._mapped("apply_", callable, self)

    @composed
    def map_(self, other: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
        """Puts ``callable(x, y)`` in the place of each element x, with the element y of another tensor, broadcast.

        RuntimeError for a tensor that requires a gradient, TypeError for one of another dtype.

        >>> import numpynet
        >>> numpynet.tensor([1.0, 5.0]).map_(numpynet.tensor([3.0]), max)
        tensor([3., 5.])
        """
        if other._array.dtype != self._array.dtype:
            raise TypeError(f"map_: expected {self.type()} for 'other' (got {other.type()})")
        return self._mapped("map_", callable, self, other.expand(self._array.shape))

    def _mapped(self, name: str, function: Callable[..., Any], *tensors: Any) -> Tensor:
        """This tensor, overwritten with what a function gives of each element of tensors of its shape."""
        if any(one._requires_grad for one in tensors):
            raise RuntimeError(
                f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead."
            )
        elements = [function(*each) for each in zip(*(one._array.reshape(-1).tolist() for one in tensors), strict=True)]
        return self.copy_(wrap(np.array(elements, self._array.dtype).reshape(self._array.shape)))

    def __delitem__(self, index: Any) -> None:
        raise TypeError("Tensor does not support deleting items: keep the others, as in x[1:]")

    def fill_(self, value: Any) -> Tensor:
        """Fills this tensor with one number.

        TypeError for no number, RuntimeError for a tensor that has dimensions and for a number that the dtype cannot
        hold.

        >>> import numpynet
        >>> numpynet.zeros(2).fill_(7)
        tensor([7., 7.])
        """
        if not isinstance(value, Tensor):
            value = filling(number(value, "fill_", "value", 1), self._array.dtype, self._array.size)
        elif value._array.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value._array.ndim} dimensions."
            )
        if isinstance(value, Tensor):
            self._fill(value, "FillBackward3")
        elif self._is_quiet() and self._writes[0] >= 0:
            writeable(self._array, repeating=True)[...] = value
            self._writes[0] += 1
        elif not (flags.enabled or heard[0]):
            self._fill_unrecorded(value)  # type: ignore[attr-defined]
        else:
            self._fill(wrap(np.array(value, self._array.dtype)), "FillBackward2")
        return self  # type: ignore[return-value]

    def copy_(self, other: Any, non_blocking: bool = False) -> Tensor:
        """Takes over the values of `other`, broadcast and cast; RuntimeError when it has more dimensions.

        other: a tensor or a number. TypeError for anything else.

        >>> import numpynet
        >>> numpynet.zeros(2, 2).copy_(numpynet.tensor([1, 2]))
        tensor([[1., 2.],
                [1., 2.]])
        """
        if type(other) is Tensor and non_blocking is False and self._is_quiet() and self._writes[0] >= 0:
            array, given = self._array, alike(self._array, other)
            if given is not None and given.ndim <= array.ndim and not owned_alike(array, given):
                try:
                    array[...] = given
                    self._writes[0] += 1
                    return self  # type: ignore[return-value]
                except ValueError:  # told below
                    pass
        if non_blocking is not False and non_blocking is not True:
            kind = type(non_blocking).__name__
            raise TypeError(f"copy_(): argument 'non_blocking' (position 2) must be bool, not {kind}")
        if isinstance(other, (bool, int, float, complex, np.generic)):
            other = wrap(dtypes.converted(other, self._array.dtype))
        if not isinstance(other, Tensor):
            raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}")
        if other._array.ndim > self._array.ndim:
            raise RuntimeError(
                f"copy_: output with shape {list(self._array.shape)} doesn't match the broadcast shape "
                f"{list(other._array.shape)}"
            )
        refuse_overlap(self._array, other._array)
        if other.requires_grad and self._array.dtype.kind not in "fc":  # to which no gradient goes
            other = other.detach()
        if other is not self or (flags.enabled and self.requires_grad):
            self._fill(other, "")
        else:
            self._require_writing()
            self._writes[0] += 1
        return self  # type: ignore[return-value]

    def _fill(self, values: Tensor, title: str) -> None:
        """Writes values, cast and broadcast, into the whole of this tensor. title: of the node that this makes."""
        if flags.enabled and (self.requires_grad or values.requires_grad):  # type: ignore[attr-defined]
            self._put(values, title)
        else:
            self[...] = values  # type: ignore[index]

    def masked_fill_(self, mask: Tensor, value: Any) -> Tensor:
        """Writes one number, in this tensor's dtype, where the mask holds.

        TypeError for a mask that is no tensor and for no number, RuntimeError for a number that the dtype cannot hold
        and for a tensor that has dimensions.

        >>> import numpynet
        >>> numpynet.tensor([1.0, 2.0]).masked_fill_(numpynet.tensor([True, False]), 0)
        tensor([0., 2.])
        """
        if not isinstance(mask, Tensor):
            raise TypeError(f"masked_fill_(): argument 'mask' (position 1) must be Tensor, not {type(mask).__name__}")
        if isinstance(value, Tensor) and value._array.ndim:
            raise RuntimeError(
                f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value._array.ndim} "
                f"dimension(s)."
            )
        if not isinstance(value, Tensor):
            value = fitting(number(value, "masked_fill_", "value", 2), self._array.dtype)
        elif value._array.dtype != self._array.dtype:
            fitting(value._array.item(), self._array.dtype)
            value = value.to(self.dtype)  # type: ignore[attr-defined]
        elif owned_alike(self._array, value._array):  # it is read before anything is written
            value = ops.clone(value)
        if not isinstance(value, Tensor) and self._is_quiet() and mask._is_quiet() and self._repeats():
            return self._fill_repeated(mask._array, value)
        return self._overwrite(ops.masked_fill, (self, mask, value), {})

    def _repeats(self) -> bool:
        """Whether a dimension may be many times the same elements."""
        array = self._array
        return array.size > 0 and any(
            step == 0 and size > 1 for step, size in zip(array.strides, array.shape, strict=True)
        )

    def _fill_repeated(self, mask: Array, value: Any) -> Tensor:
        """The same in a tensor that repeats elements: torch writes where the mask holds in one place of them."""
        warnings.warn(
            "Use of masked_fill_ on expanded tensors is deprecated. Please clone() the tensor before performing this "
            "operation.",
            UserWarning,
            stacklevel=3,
        )
        try:
            np.copyto(writeable(self._array, repeating=True), value, where=mask, casting="unsafe")
        except ValueError as error:
            raise torch_error(error, "masked_fill_", [self._array, mask]) from None
        self._writes[0] += 1
        return self  # type: ignore[return-value]

    uniform_ = fills.uniform_
    normal_ = fills.normal_
    log_normal_ = fills.log_normal_
    exponential_ = fills.exponential_
    cauchy_ = fills.cauchy_
    geometric_ = fills.geometric_
    bernoulli_ = fills.bernoulli_
    random_ = fills.random_

    # --- the backward pass -------------------------------------------------------------------------------------

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Tensor] | None = None,
    ) -> None:
        """Adds ∂L/∂leaf to the `grad` of every leaf that this tensor L was computed from.

        gradient: ∂L/∂self, where self is not itself the scalar L; it has this tensor's shape.
        retain_graph: keeps the tape for another backward pass; by default where `create_graph` does.
        create_graph: puts the backward pass itself on the tape, so that gradients have gradients.
        RuntimeError when nothing was recorded, when `gradient` is missing or of another shape, on a second
        pass over a tape that was let go, and when a value needed was overwritten in place.

        >>> import numpynet
        >>> x = numpynet.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
        """
        if self._node is not None and self._view is None and inputs is None and not create_graph:
            array, dy = self._array, None
            if gradient is None:
                if array.size == 1 and array.dtype.kind != "c":
                    dy = np.array(1, array.dtype) if type(array) is ndarray and not array.ndim else np.ones_like(array)
            elif type(gradient) is Tensor:
                given = gradient._array
                if type(given) is ndarray and given.dtype is array.dtype and given.shape == array.shape:
                    dy = given.copy()
            if dy is not None:
                walk_back([(self._node, dy)], retain_graph=bool(retain_graph))
                return
        _backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    # --- comparisons and logic ----------------------------------------------------------------------------

    eq = ops.eq
    ne = not_equal = ops.ne
    lt = less = ops.lt
    le = less_equal = ops.le
    gt = greater = ops.gt
    ge = greater_equal = ops.ge
    logical_and = ops.logical_and
    logical_or = ops.logical_or
    logical_xor = ops.logical_xor
    logical_not = ops.logical_not
    bitwise_and = ops.bitwise_and
    bitwise_or = ops.bitwise_or
    bitwise_xor = ops.bitwise_xor
    bitwise_not = ops.bitwise_not
    bitwise_left_shift = ops.bitwise_left_shift
    bitwise_right_shift = ops.bitwise_right_shift
    isnan = ops.isnan
    isinf = ops.isinf
    isfinite = ops.isfinite
    isclose = ops.isclose
    allclose = composite.allclose
    equal = composite.equal
    is_nonzero = composite.is_nonzero
    is_same_size = composite.is_same_size
    is_set_to = composite.queries.is_set_to
    isin = composite.isin

    # --- products -----------------------------------------------------------------------------------------

    matmul = ops.matmul
    mm = composite.mm
    mv = composite.mv
    bmm = composite.bmm
    dot = composite.dot
    outer = composite.outer
    inner = composite.inner
    vdot = composite.vdot

    copysign = Later("numpynet.ops.floating_point")
    copysign_ = Later("numpynet.ops.floating_point", "copysign", in_place)
    digamma = Later("numpynet.ops.special")
    digamma_ = Later("numpynet.ops.special", "digamma", in_place)
    erfc = Later("numpynet.ops.special")
    erfc_ = Later("numpynet.ops.special", "erfc", in_place)
    erfinv = Later("numpynet.ops.special")
    erfinv_ = Later("numpynet.ops.special", "erfinv", in_place)
    float_power = Later("numpynet.composite.floating_point")
    float_power_ = Later("numpynet.composite.floating_point")
    fmax = Later("numpynet.ops.floating_point")
    fmin = Later("numpynet.ops.floating_point")
    frexp = Later("numpynet.composite.floating_point")
    gcd = Later("numpynet.ops.divisors")
    gcd_ = Later("numpynet.ops.divisors", "gcd", partial(in_place, x="[4, 6]", y="[6, 9]"))
    hardshrink = Later("numpynet.nn.functional")
    heaviside = Later("numpynet.ops.floating_point")
    heaviside_ = Later("numpynet.ops.floating_point", "heaviside", in_place)
    igamma = Later("numpynet.ops.special")
    igamma_ = Later("numpynet.ops.special", "igamma", in_place)
    igammac = Later("numpynet.ops.special")
    igammac_ = Later("numpynet.ops.special", "igammac", in_place)
    isneginf = Later("numpynet.composite.floating_point")
    isposinf = Later("numpynet.composite.floating_point")
    isreal = Later("numpynet.composite.floating_point")
    lcm = Later("numpynet.ops.divisors")
    lcm_ = Later("numpynet.ops.divisors", "lcm", partial(in_place, x="[4, 6]", y="[6, 9]"))
    ldexp = Later("numpynet.composite.floating_point")
    ldexp_ = Later("numpynet.composite.floating_point", "ldexp", partial(replacing, arguments="y"))
    lgamma = Later("numpynet.ops.special")
    lgamma_ = Later("numpynet.ops.special", "lgamma", in_place)
    logaddexp2 = Later("numpynet.ops.special")
    logcumsumexp = Later("numpynet.ops.special")
    logit = Later("numpynet.ops.special")
    logit_ = Later("numpynet.ops.special", "logit", in_place)
    mvlgamma = Later("numpynet.composite.special")
    mvlgamma_ = Later("numpynet.composite.special", "mvlgamma", partial(replacing, arguments="2", x="[1.25, 1.5]"))
    prelu = Later("numpynet.nn.functional")
    renorm_ = Later(
        "numpynet.composite.statistics", "renorm", partial(replacing, arguments="2, 0, 0.5", x="[[3.0], [4.0]]")
    )
    nextafter = Later("numpynet.ops.floating_point")
    nextafter_ = Later("numpynet.ops.floating_point", "nextafter", in_place)
    positive = Later("numpynet.composite.floating_point")
    sgn = Later("numpynet.composite.floating_point")
    sgn_ = Later("numpynet.composite.floating_point", "sgn", partial(replacing, arguments=""))
    signbit = Later("numpynet.ops.floating_point")
    sinc = Later("numpynet.ops.special")
    sinc_ = Later("numpynet.ops.special", "sinc", in_place)
    xlogy = Later("numpynet.ops.special")
    xlogy_ = Later("numpynet.ops.special", "xlogy", in_place)

    def polygamma(self, n: int) -> Tensor:
        """ψ⁽ⁿ⁾(x), the n-th derivative of the digamma function: see `numpynet.polygamma`.

        >>> import numpynet
        >>> numpynet.tensor([1.0]).polygamma(1)
        tensor([1.6449])
        """
        polygamma: Callable[..., Tensor] = imported("numpynet.composite.special").polygamma
        return polygamma(n, self)

    def polygamma_(self, n: int) -> Tensor:
        """ψ⁽ⁿ⁾(x), the n-th derivative of the digamma function, written into this tensor.

        >>> import numpynet
        >>> numpynet.tensor([1.0]).polygamma_(1)
        tensor([1.6449])
        """
        return self._replace(titled(ops.clone(self).polygamma(n), "PolygammaBackward1"))

    addbmm = Later("numpynet.linalg.functions")
    addbmm_ = Later(
        "numpynet.linalg.functions", "addbmm", partial(replacing, arguments="y, y", x="[[1.0]]", y="[[[2.0]]]")
    )
    addr = Later("numpynet.linalg.functions")
    addr_ = Later("numpynet.linalg.functions", "addr", partial(replacing, arguments="y, y", x="[[1.0]]", y="[2.0]"))
    cholesky = Later("numpynet.linalg.functions")
    cholesky_inverse = Later("numpynet.linalg.functions")
    cholesky_solve = Later("numpynet.linalg.functions")
    cross = Later("numpynet.linalg.functions")
    det = Later("numpynet.linalg.functions")
    ger = Later("numpynet.linalg.functions")
    inverse = Later("numpynet.linalg.functions")
    kron = Later("numpynet.linalg.functions")
    logdet = Later("numpynet.linalg.functions")
    matrix_exp = Later("numpynet.linalg.functions")
    matrix_power = Later("numpynet.linalg.functions")
    pinverse = Later("numpynet.linalg.functions")
    qr = Later("numpynet.linalg.functions")
    slogdet = Later("numpynet.linalg.functions")
    svd = Later("numpynet.linalg.functions")
    geqrf = Later("numpynet.linalg.factoring")
    lu = Later("numpynet.linalg.factoring")
    lu_solve = Later("numpynet.linalg.factoring")
    orgqr = Later("numpynet.linalg.factoring")
    ormqr = Later("numpynet.linalg.factoring")
    triangular_solve = Later("numpynet.linalg.factoring")
    trace = composite.trace
    addmm = composite.addmm
    addmv = composite.addmv
    baddbmm = composite.baddbmm

    # --- reductions ---------------------------------------------------------------------------------------

    sum = ops.sum
    mean = ops.mean
    prod = ops.prod
    amax = ops.amax
    amin = ops.amin
    all = ops.all
    any = ops.any
    argmax = ops.argmax
    argmin = ops.argmin
    logsumexp = ops.logsumexp
    nansum = ops.nansum
    nanmean = composite.nanmean
    cumsum = ops.cumsum
    cumprod = ops.cumprod
    cummax = composite.cummax
    cummin = composite.cummin
    count_nonzero = composite.count_nonzero
    aminmax = composite.aminmax
    max = composite.max
    min = composite.min
    var = composite.var
    std = composite.std
    norm = Later("numpynet.linalg.norms")
    renorm = composite.renorm
    dist = composite.dist
    cov = composite.cov
    corrcoef = composite.corrcoef
    diff = composite.diff
    quantile = composite.quantile
    nanquantile = composite.nanquantile
    kthvalue = composite.kthvalue
    mode = composite.mode
    msort = composite.msort
    bincount = composite.bincount
    histc = composite.histc

    def histogram(self, bins: Any = 100, *, range: Any = None, weight: Any = None, density: Any = False) -> Any:
        """How many elements fall into each bin, and the edges of the bins; see `numpynet.histogram`.

        >>> import numpynet
        >>> numpynet.tensor([1.0, 2.0, 1.0]).histogram(4, range=(0.0, 3.0)).hist
        tensor([0., 2., 1., 0.])
        """
        from numpynet.creation.histograms import histogram  # which few need

        return histogram(self, bins, range=range, weight=weight, density=density)  # type: ignore[arg-type]

    def to_sparse(self) -> Any:
        """The sparse tensor of the elements that are not zero; see `numpynet.sparse_coo_tensor`.

        >>> import numpynet
        >>> numpynet.tensor([0.0, 2.0]).to_sparse().values()
        tensor([2.])
        """
        from numpynet.sparse.coordinates import to_sparse  # which few need

        return to_sparse(self)  # type: ignore[arg-type]

    def to_dense(self) -> Any:
        """Itself, as every Tensor is dense.

        >>> import numpynet
        >>> numpynet.ones(1).to_dense()
        tensor([1.])
        """
        return self

    sort = composite.sort
    argsort = composite.argsort
    topk = composite.topk
    median = composite.median
    nanmedian = composite.nanmedian

    # --- shapes -------------------------------------------------------------------------------------------

    t = ops.t
    transpose = ops.transpose
    swapaxes = composite.swapaxes
    swapdims = composite.swapdims
    squeeze = ops.squeeze
    unsqueeze = ops.unsqueeze
    adjoint = composite.adjoint
    as_strided = Later("numpynet.composite.strided")
    narrow_copy = Later("numpynet.composite.copies")
    rot90 = composite.rot90
    fliplr = composite.fliplr
    flipud = composite.flipud
    roll = ops.roll
    flatten = composite.flatten
    unflatten = composite.unflatten
    ravel = composite.ravel
    split = composite.split
    tensor_split = composite.tensor_split
    chunk = composite.chunk
    unbind = composite.unbind
    select = composite.select
    narrow = composite.narrow
    dsplit = Later("numpynet.composite.pieces")
    hsplit = Later("numpynet.composite.pieces")
    split_with_sizes = Later("numpynet.composite.pieces")
    unsafe_chunk = Later("numpynet.composite.pieces")
    unsafe_split = Later("numpynet.composite.pieces")
    unsafe_split_with_sizes = Later("numpynet.composite.pieces")
    vsplit = Later("numpynet.composite.pieces")
    movedim = moveaxis = composite.movedim
    diag = composite.diag
    diagflat = composite.diagflat
    diagonal = ops.diagonal
    diag_embed = ops.diag_embed
    tril = ops.tril
    triu = ops.triu
    repeat_interleave = composite.repeat_interleave

    @property
    def T(self) -> Tensor:
        """The tensor with its dimensions reversed."""
        dims = _REVERSED[self._array.ndim]
        if len(dims) != 2:
            warn_once(_REVERSING if dims else _NOTHING_TO_REVERSE)
        if heard[0] or not (self._view is None or self._is_current()):
            return ops.permute(self, dims)
        result = viewed(self, self._array.T, ops.permute, dims)  # type: ignore[arg-type]
        if self._requires_grad:
            put_view_on_tape(result, self, ops.permute, {"dims": dims})  # type: ignore[arg-type]
        return result

    @property
    def mT(self) -> Tensor:
        """The tensor with its last two dimensions exchanged; RuntimeError when there is but one."""
        if not self._array.ndim:
            warn_once("Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases.")
            return self  # type: ignore[return-value]
        if self._array.ndim < 2:
            raise RuntimeError(
                f"tensor.mT is only supported on matrices or batches of matrices. Got {self._array.ndim}-D tensor."
            )
        return ops.transpose(self, -2, -1)

    @looking(ops.view, ndarray.reshape)
    def view(self, *given: Any, size: Any = None, dtype: Any = None) -> Tensor:
        """The same memory in another shape, see `numpynet.ops.shape.view`; or its bits as those of another dtype.

        Of a dtype of another size there are as many more or fewer elements in the last dimension, whose elements must
        lie one behind the other: RuntimeError where they do not, or do not suffice. Bits have no gradient.

        >>> import numpynet
        >>> numpynet.arange(6).view(2, -1)
        tensor([[0, 1, 2],
                [3, 4, 5]])
        >>> numpynet.ones(2).view(numpynet.int32)
        tensor([1065353216, 1065353216], dtype=torch.int32)
        """
        if dtype is not None or (len(given) == 1 and isinstance(given[0], dtypes.dtype)):
            return self._reinterpreted(given[0] if dtype is None else dtype)
        return ops.view.call(self, sizes(given or (size,), "view"))

    def _reinterpreted(self, dtype: Any) -> Tensor:
        """The same memory, its bits as those of another dtype; RuntimeError where they are no elements of it."""
        array, kind = self._array, dtypes.to_numpy_dtype(dtype, "view")
        have, want = array.dtype.itemsize, kind.itemsize
        words = f"to view {array.dtype.name} as {kind.name} (different element sizes)"
        if have != want and not array.ndim:
            raise RuntimeError(f"self.dim() cannot be 0 {words}")
        if have != want and array.strides[-1] != have and array.shape[-1] > 1:
            raise RuntimeError(
                f"self.stride(-1) must be 1 {words}, but got {array.strides[-1] // have}: use contiguous()"
            )
        if have < want:
            per = want // have
            told = {"size(-1)": array.shape[-1], "storage_offset()": self.storage_offset()}  # type: ignore[attr-defined]
            told |= {f"stride({dim})": step // have for dim, step in enumerate(array.strides[:-1])}
            for name, count in told.items():
                if count % per:
                    raise RuntimeError(f"self.{name} must be divisible by {per} {words}, but got {count}")
        made = wrap(array.view(kind))
        made._writes = self._writes
        return made

    @property
    def H(self) -> Tensor:
        """The conjugate of the matrix transposed; RuntimeError when it has not 2 dimensions."""
        if self._array.ndim not in (0, 2):
            raise RuntimeError(
                f"tensor.H is only supported on matrices (2-D tensors). Got {self._array.ndim}-D tensor."
            )
        return self.T.conj()

    @property
    def mH(self) -> Tensor:
        """The conjugate with its last two dimensions exchanged; RuntimeError when there are fewer."""
        if self._array.ndim < 2:
            raise RuntimeError(
                f"tensor.mH is only supported on matrices or batches of matrices. Got {self._array.ndim}-D tensor."
            )
        return self.mT.conj()

    @property
    def real(self) -> Tensor:
        """The real parts, a view of the same memory; of a real tensor itself."""
        if self._array.dtype.kind != "c":
            return self  # type: ignore[return-value]
        return imported("numpynet.composite.complex_numbers").real(self)

    @real.setter
    def real(self, values: Any) -> None:
        self.real.copy_(values)

    @property
    def imag(self) -> Tensor:
        """The imaginary parts, a view of the same memory; RuntimeError for a real tensor."""
        return imported("numpynet.composite.complex_numbers").imag(self)

    @imag.setter
    def imag(self, values: Any) -> None:
        self.imag.copy_(values)

    conj = Later("numpynet.composite.complex_numbers")
    resolve_conj = Later("numpynet.composite.complex_numbers")
    angle = Later("numpynet.ops.complex_numbers")

    @composed
    def view_as(self, other: Tensor) -> Tensor:
        """The same memory in the shape of another tensor.

        >>> import numpynet
        >>> numpynet.arange(4).view_as(numpynet.zeros(2, 2))
        tensor([[0, 1],
                [2, 3]])
        """
        return ops.view(self, shape=tuple(other.shape))

    @looking(ops.reshape, ndarray.reshape)
    def reshape(self, *given: Any, shape: Any = None) -> Tensor:
        """Another shape, sharing memory where the strides allow it.

        >>> import numpynet
        >>> numpynet.arange(6).reshape(3, 2)
        tensor([[0, 1],
                [2, 3],
                [4, 5]])
        """
        return ops.reshape.call(self, sizes(given or (shape,), "reshape"))

    @composed
    def reshape_as(self, other: Tensor) -> Tensor:
        """The shape of another tensor, sharing memory where the strides allow it.

        >>> import numpynet
        >>> numpynet.arange(4).reshape_as(numpynet.zeros(2, 2))
        tensor([[0, 1],
                [2, 3]])
        """
        return ops.reshape(self, shape=tuple(other.shape))

    @looking(ops.permute, ndarray.transpose)
    def permute(self, *given: Any, dims: Any = None) -> Tensor:
        """The tensor with its dimensions in another order, as a view.

        >>> import numpynet
        >>> numpynet.zeros(2, 3, 4).permute(2, 0, 1).shape
        torch.Size([4, 2, 3])
        """
        return ops.permute.call(self, sizes(given or (dims,), "permute"))

    @looking(ops.expand)
    def expand(self, *given: Any, size: Any = None) -> Tensor:
        """Copies along dimensions of size 1, without using memory.

        >>> import numpynet
        >>> numpynet.tensor([[1], [2]]).expand(2, 3)
        tensor([[1, 1, 1],
                [2, 2, 2]])
        """
        return ops.expand.call(self, sizes(given or (size,), "expand"))

    @composed
    def expand_as(self, other: Tensor) -> Tensor:
        """Expanded to the shape of another tensor.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).expand_as(numpynet.zeros(2, 2))
        tensor([[1, 2],
                [1, 2]])
        """
        return ops.expand(self, size=tuple(other.shape))

    @looking(ops.expand)
    def broadcast_to(self, *given: Any, size: Any = None) -> Tensor:
        """Expanded to a shape, without using memory.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).broadcast_to(2, 2)
        tensor([[1, 2],
                [1, 2]])
        """
        return ops.expand.call(self, sizes(given or (size,), "broadcast_to"))

    def flip(self, *given: Any, dims: Any = None) -> Tensor:
        """The order of the elements reversed along the dimensions: a copy.

        >>> import numpynet
        >>> numpynet.tensor([[1, 2], [3, 4]]).flip(1)
        tensor([[2, 1],
                [4, 3]])
        """
        return ops.flip(self, dims=sizes(given or (dims,), "flip"))

    def tile(self, *given: Any, dims: Any = None) -> Tensor:
        """The tensor laid side by side so many times along each dimension: a copy.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).tile(2)
        tensor([1, 2, 1, 2])
        """
        return composite.tile(self, sizes(given or (dims,), "tile"))  # type: ignore[arg-type]

    def repeat(self, *given: Any, repeats: Any = None) -> Tensor:
        """As `tile`, with a number for every dimension: RuntimeError when there are fewer.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
        """
        times = sizes(given or (repeats,), "repeat")
        if len(times) < self._array.ndim:
            raise RuntimeError(
                f"Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: "
                f"{times} for a tensor of {self._array.ndim} dimensions"
            )
        return composite.tile(self, times)  # type: ignore[arg-type]

    def resize_(
        self, *sizes: Any, size: Any = (), memory_format: layout.memory_format = layout.contiguous_format
    ) -> Tensor:
        """Gives this tensor another shape: the elements of its memory in order, and more memory where it takes more.

        What that holds is undefined. A view is a view no longer. RuntimeError where it requires a gradient, and for a
        negative size.

        >>> import numpynet
        >>> numpynet.arange(6).resize_(2, 2)
        tensor([[0, 1],
                [2, 3]])
        """
        if self.requires_grad:  # type: ignore[attr-defined]
            raise RuntimeError("cannot resize variables that require grad: detach() it, or reshape() it")
        shape = shape_of(sizes or (size,), "resize_")
        array = self._array
        if array.shape == shape:
            return self  # type: ignore[return-value]
        owner = array if array.base is None else array.base
        values = np.empty(shape, array.dtype)
        if isinstance(owner, ndarray) and owner.dtype == array.dtype and owner.flags.c_contiguous and array.size:
            start = (array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]) // array.itemsize
            kept = owner.reshape(-1)[start : start + values.size]
        else:
            kept = array.reshape(-1)[: values.size]
        values.reshape(-1)[: kept.size] = kept
        return self._resize(values)

    def resize_as_(
        self, the_template: Tensor, *, memory_format: layout.memory_format = layout.contiguous_format
    ) -> Tensor:
        """Gives this tensor the shape of another, as `resize_` does; TypeError for what is no tensor.

        >>> import numpynet
        >>> numpynet.arange(6).resize_as_(numpynet.zeros(3))
        tensor([0, 1, 2])
        """
        if not isinstance(the_template, Tensor):
            raise TypeError(
                f"resize_as_(): argument 'the_template' (position 1) must be Tensor, not {type(the_template).__name__}"
            )
        return self.resize_(the_template._array.shape)

    def sum_to_size(self, *given: Any, size: Any = None) -> Tensor:
        """Summed over the dimensions that broadcasting from this shape to the tensor's had added or enlarged.

        RuntimeError where the shape does not broadcast to the tensor's.

        >>> import numpynet
        >>> numpynet.tensor([[1, 2], [3, 4]]).sum_to_size(1, 2)
        tensor([[4, 6]])
        """
        wanted, have = sizes(given or (size,), "sum_to_size"), self._array.shape
        if not wanted:
            return ops.sum(self)
        leading = len(have) - len(wanted)
        if leading < 0 or any(size not in (1, whole) for size, whole in zip(wanted, have[leading:], strict=True)):
            raise RuntimeError(f"size {list(wanted)} is not expandable to size {list(have)}.")
        shape = (1,) * leading + wanted
        over = [
            dim for dim, (size, whole) in enumerate(zip(shape, have, strict=True)) if size != whole or dim < leading
        ]
        summed = ops.sum(self, over, True) if over else self
        return ops.view(summed, wanted) if leading else summed  # type: ignore[return-value]

    @composed
    def unfold(self, dimension: int, size: int, step: int) -> Tensor:
        """The windows of `size` neighbours along a dimension, one after each `step`, in a new last dimension: a view.

        >>> import numpynet
        >>> numpynet.arange(5).unfold(0, 3, 2)
        tensor([[0, 1, 2],
                [2, 3, 4]])
        """
        windows = imported("numpynet.ops.unfolding").unfold
        return windows(self, dimension, size, step)

    @composed
    def unsqueeze_(self, dim: int) -> Tensor:
        """This tensor itself given a new dimension of size 1 at `dim`.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).unsqueeze_(1)
        tensor([[1],
                [2]])
        """
        return self._reshape(ops.unsqueeze, {"dim": dim}, "UnsqueezeBackward1")

    @composed
    def squeeze_(self, dim: Any = None) -> Tensor:
        """This tensor itself without its dimensions of size 1, or without those of `dim` that have it.

        >>> import numpynet
        >>> numpynet.zeros(1, 2).squeeze_(0)
        tensor([0., 0.])
        """
        return self._reshape(
            ops.squeeze, {"dim": dim}, f"SqueezeBackward{3 if dim is None else 4 if isinstance(dim, int) else 5}"
        )

    @composed
    def transpose_(self, dim0: int, dim1: int) -> Tensor:
        """This tensor itself with two dimensions exchanged.

        >>> import numpynet
        >>> numpynet.tensor([[1, 2]]).transpose_(0, 1)
        tensor([[1],
                [2]])
        """
        return self._reshape(ops.transpose, {"dim0": dim0, "dim1": dim1}, "TransposeBackward1")

    swapaxes_ = swapdims_ = transpose_

    def t_(self) -> Tensor:
        """This tensor itself transposed; RuntimeError when it has more than 2 dimensions.

        >>> import numpynet
        >>> numpynet.tensor([[1, 2]]).t_()
        tensor([[1],
                [2]])
        """
        return self._reshape(ops.t, {}, "TBackward1")

    # --- indexing -----------------------------------------------------------------------------------------

    gather = ops.gather
    index_select = ops.index_select
    take = composite.take
    take_along_dim = composite.take_along_dim
    bernoulli = creation.bernoulli
    multinomial = creation.multinomial
    scatter = composite.scatter
    scatter_add = composite.scatter_add
    index_add = composite.index_add
    diagonal_scatter = Later("numpynet.ops.placing")
    index_copy = Later("numpynet.composite.placing")
    index_copy_ = Later("numpynet.composite.placing")
    index_fill = Later("numpynet.composite.placing")
    index_put = Later("numpynet.composite.placing")
    index_fill_ = Later("numpynet.composite.placing")
    index_put_ = Later("numpynet.composite.placing")
    index_reduce = Later("numpynet.composite.group_reduction")
    index_reduce_ = Later("numpynet.composite.group_reduction")
    masked_scatter = Later("numpynet.ops.placing")
    masked_scatter_ = Later("numpynet.ops.placing", "masked_scatter", partial(in_place, arguments="x > 0.3, y"))
    put = Later("numpynet.composite.placing")
    put_ = Later("numpynet.composite.placing")
    scatter_reduce = Later("numpynet.composite.group_reduction")
    scatter_reduce_ = Later("numpynet.composite.group_reduction")
    select_scatter = Later("numpynet.composite.placing")
    slice_scatter = Later("numpynet.composite.placing")
    masked_fill = composite.masked_fill
    masked_select = composite.masked_select
    nonzero = composite.nonzero
    argwhere = composite.argwhere
    unique = composite.unique
    unique_consecutive = composite.unique_consecutive

    # --- copies and dtypes --------------------------------------------------------------------------------

    new_tensor = new.new_tensor
    new_zeros = new.new_zeros
    new_ones = new.new_ones
    new_empty = new.new_empty
    new_full = new.new_full
    new = new.new

    def clone(self, *, memory_format: layout.memory_format | None = None) -> Tensor:
        """A copy that the gradient passes through; see `numpynet.ops.conversion.clone`.

        >>> import numpynet
        >>> x = numpynet.tensor([1, 2])
        >>> y = x.clone()
        >>> y[0] = 7
        >>> x
        tensor([1, 2])
        """
        if self._is_quiet():
            return wrap(ops.clone.forward(self._array, memory_format=memory_format))
        return ops.clone(self, memory_format=memory_format)

    def contiguous(self, *, memory_format: layout.memory_format = layout.contiguous_format) -> Tensor:
        """Itself where its elements lie in that order in memory, else a copy where they do.

        >>> import numpynet
        >>> numpynet.zeros(2, 3).t().contiguous().stride()
        (2, 1)
        """
        if layout.is_in_order(self._array, memory_format):
            return self  # type: ignore[return-value]
        return ops.clone(self, memory_format=memory_format)

    def _cast(self, kind: np.dtype[Any], copy: bool = False) -> Tensor:
        array = self._array
        if array.dtype == kind and not copy:
            return self  # type: ignore[return-value]
        if array.dtype.kind != "c" and self._is_quiet():
            return wrap(flags.silently(ops.cast.forward, array, kind=kind))
        return ops.cast(self, kind=kind)

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: bool = False,
        copy: bool = False,
        memory_format: layout.memory_format | None = None,
    ) -> Tensor:
        """The tensor in another dtype (or that of another tensor); itself when nothing changes.

        Called as ``to(dtype)``, ``to(device, dtype)`` or ``to(other)``, after which `non_blocking` and `copy` may
        follow. As in torch, a number that names no device is such an `other`, of the widest dtype. RuntimeError for a
        device other than the CPU, TypeError for anything else.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).to(numpynet.float64)
        tensor([1., 2.], dtype=torch.float64)
        """
        if args:
            first, *rest = args
            if isinstance(first, (dtypes.dtype, type)):
                dtype = first
            elif isinstance(first, Tensor):
                dtype = dtypes.from_numpy_dtype(first._array.dtype)
            elif (of_number := dtypes.of_wide_number(first)) is not None:
                dtype = of_number
            else:
                require_cpu(first)
                if rest and not isinstance(rest[0], bool):
                    dtype = rest.pop(0)
            if rest:
                if len(rest) > 2 or not all(isinstance(flag, bool) for flag in rest):
                    raise TypeError(f"to() received an invalid combination of arguments: {args}")
                if len(rest) == 2:
                    copy = rest[1]
        if copy is not False and copy is not True:
            raise TypeError(f"to(): argument 'copy' must be bool, not {type(copy).__name__}")
        require_cpu(device)
        made = self._cast(self._array.dtype if dtype is None else dtypes.to_numpy_dtype(dtype, "to"), copy)
        if memory_format is None or memory_format is layout.preserve_format:
            return made
        if made is self and memory_format is layout.contiguous_format:
            return made
        return made.contiguous(memory_format=memory_format)

    def __cast__(self, dtype: Any) -> Tensor:
        """The tensor in the dtype in which a reduction is to compute; RuntimeError where that loses its gradient."""
        cast = self._cast(dtypes.to_numpy_dtype(dtype, "to"))
        if cast._array.dtype.kind not in "fc" and flags.enabled and self.requires_grad:  # type: ignore[attr-defined]
            raise RuntimeError(f"Autograd not support dtype: {dtype}: detach() the tensor first")
        cast._writes = self._writes  # torch keeps the tensor as it came
        return cast

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The tensor in another dtype; without one, torch's name of its type.

        dtype: also a type of tensors, as ``torch.FloatTensor``, or its name. TypeError for anything else, ValueError
        for a name that there is not.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).type(), numpynet.tensor([1, 2]).type(numpynet.float64)
        ('torch.LongTensor', tensor([1., 2.], dtype=torch.float64))
        """
        if dtype is None:
            return f"torch.{dtypes.from_numpy_dtype(self._array.dtype).tensor_type}"
        kind = dtype if isinstance(dtype, dtypes.dtype) else dtypes.of_tensor_type(dtype)
        return self._cast(dtypes.to_numpy_dtype(kind, "type"))

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor in the dtype of another; TypeError for what is no tensor.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).type_as(numpynet.zeros(1))
        tensor([1., 2.])
        """
        if not isinstance(other, Tensor):
            raise TypeError(f"type_as(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}")
        return self._cast(other._array.dtype)

    def float(self) -> Tensor:
        """As float32.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).float()
        tensor([1., 2.])
        """
        return self._cast(dtypes.float32.numpy)

    def cfloat(self) -> Tensor:
        """As complex64.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).cfloat()
        tensor([1.+0.j, 2.+0.j])
        """
        return self._cast(dtypes.complex64.numpy)

    def cdouble(self) -> Tensor:
        """As complex128.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).cdouble()
        tensor([1.+0.j, 2.+0.j], dtype=torch.complex128)
        """
        return self._cast(dtypes.complex128.numpy)

    def double(self) -> Tensor:
        """As float64.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).double()
        tensor([1., 2.], dtype=torch.float64)
        """
        return self._cast(dtypes.float64.numpy)

    def half(self) -> Tensor:
        """As float16.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).half()
        tensor([1., 2.], dtype=torch.float16)
        """
        return self._cast(dtypes.float16.numpy)

    def char(self) -> Tensor:
        """As int8.

        >>> import numpynet
        >>> numpynet.tensor([1.5, -2.5]).char()
        tensor([ 1, -2], dtype=torch.int8)
        """
        return self._cast(dtypes.int8.numpy)

    def short(self) -> Tensor:
        """As int16.

        >>> import numpynet
        >>> numpynet.tensor([1.5, -2.5]).short()
        tensor([ 1, -2], dtype=torch.int16)
        """
        return self._cast(dtypes.int16.numpy)

    def long(self) -> Tensor:
        """As int64.

        >>> import numpynet
        >>> numpynet.tensor([1.5, -1.5]).long()
        tensor([ 1, -1])
        """
        return self._cast(dtypes.int64.numpy)

    def int(self) -> Tensor:
        """As int32.

        >>> import numpynet
        >>> numpynet.tensor([1.5, -1.5]).int()
        tensor([ 1, -1], dtype=torch.int32)
        """
        return self._cast(dtypes.int32.numpy)

    def bool(self) -> Tensor:
        """As bool: whether each element is nonzero.

        >>> import numpynet
        >>> numpynet.tensor([0.0, 2.0]).bool()
        tensor([False,  True])
        """
        return self._cast(dtypes.bool_.numpy)

    def byte(self) -> Tensor:
        """As uint8.

        >>> import numpynet
        >>> numpynet.tensor([1.5, 2.0]).byte()
        tensor([1, 2], dtype=torch.uint8)
        """
        return self._cast(dtypes.uint8.numpy)

    storage = memory.storage
    untyped_storage = memory.untyped_storage

    def cpu(self, memory_format: layout.memory_format = layout.preserve_format) -> Tensor:
        """Itself: it is on the CPU.

        >>> import numpynet
        >>> numpynet.tensor([1, 2]).cpu()
        tensor([1, 2])
        """
        return self  # type: ignore[return-value]

    def cuda(self, device: Any = None) -> Tensor:
        """RuntimeError: there is no other device than the CPU.

        >>> import numpynet
        >>> numpynet.cuda.is_available()
        False
        """
        require_cpu("cuda")
        return self  # type: ignore[return-value]


_NOTHING_TO_REVERSE = "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases."
_REVERSING = (
    "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw an "
    "error in a future release. Consider `x.mT` to transpose batches of matrices or `x.permute(*torch.arange(x.ndim - "
    "1, -1, -1))` to reverse the dimensions of a tensor."
)
_REVERSED = [tuple(range(ndim))[::-1] for ndim in range(65)]  # as many dimensions as NumPy has, and none
_OPERANDS = (Tensor, float, int, complex, np.generic)
_BEHIND: dict[
    Any, str
] = {  # what Python calls on a tensor behind the operator of a number, of which NumPy makes one of these
    np.add: "__radd__",
    np.subtract: "__rsub__",
    np.multiply: "__rmul__",
    np.true_divide: "__rtruediv__",
    np.floor_divide: "__rfloordiv__",
    np.remainder: "__rmod__",
    np.power: "__rpow__",
    np.bitwise_and: "__rand__",
    np.bitwise_or: "__ror__",
    np.bitwise_xor: "__rxor__",
    np.left_shift: "__rlshift__",
    np.right_shift: "__rrshift__",
    np.equal: "__eq__",
    np.not_equal: "__ne__",
    np.less: "__gt__",
    np.less_equal: "__ge__",
    np.greater: "__lt__",
    np.greater_equal: "__le__",
}

for _name, _member in vars(Methods).items():
    if isinstance(_member, FunctionType) and ("Methods." in _member.__qualname__ or "<locals>" in _member.__qualname__):
        _member.__name__, _member.__qualname__ = _name, f"Tensor.{_name}"
    if _name not in ("__annotations__", "__dict__", "__doc__", "__module__", "__weakref__"):
        setattr(Tensor, _name, _member.call if isinstance(_member, Op) else _member)
