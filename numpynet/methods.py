"""Methods: the operations as a tensor's operators and methods. Nothing is computed here.

A line ``exp = ops.exp`` makes an operation a method; ``exp_ = in_place(ops.exp)`` the form that overwrites.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import index as operator_index
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet import composite, ops
from numpynet.composite.results import scaled, titled
from numpynet.core import dtypes
from numpynet.core import storage as memory
from numpynet.core.backward import backward as _backward
from numpynet.core.device import require_cpu
from numpynet.core.messages import torch_error
from numpynet.core.modes import flags
from numpynet.core.tape import walk_back
from numpynet.core.tensor import (
    Tensor,
    heard,
    look,
    ndarray,
    number_array,
    put_on_tape,
    record,
    viewed,
    wrap,
    writeable,
)
from numpynet.creation import new
from numpynet.creation.arguments import number
from numpynet.creation.arguments import sizes as shape_of
from numpynet.creation.from_data import legacy_tensor
from numpynet.ops import layout
from numpynet.ops.acceptance import fitting
from numpynet.ops.binding import bound
from numpynet.ops.form import Array, Op
from numpynet.random import fills

if TYPE_CHECKING:
    Method = Callable[..., Tensor]


def operator(operation: Op) -> Any:
    """``a ∘ b`` of an operation of two operands; NotImplemented for what is no operand."""
    options = operation.option_defaults
    ufunc = operation.ufunc
    quick_kinds = "fdbhilq" if operation.promotes == "common" else "fd"  # whose integers are not computed as floats

    def general(self: Tensor, other: Any) -> Tensor:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return record(operation, (self, other), options)

    def direct(self: Tensor, other: Any) -> Tensor:
        a = self._array
        b: Any
        dtype = a.dtype
        needed: int = self._requires_grad
        if not heard[0] and (self._view is None or self._is_current()):
            if isinstance(other, Tensor):
                b = other._array
                quick = b.dtype is dtype and dtype.char in quick_kinds and (other._view is None or other._is_current())
                if other._requires_grad:
                    needed += 2
            elif dtype.char in "fd" and (type(other) is float or type(other) is int):
                b, quick = number_array(other, dtype), True
            else:
                b, quick = other, type(other) is int and dtype.char in quick_kinds and -128 <= other < 128
            if quick:
                try:
                    y = flags.silently(ufunc, a, b)
                except ValueError as error:
                    raise torch_error(error, operation.name, [a, b]) from None
                result = wrap(y if type(y) is ndarray else np.asarray(y))
                if needed and flags.enabled and y.dtype.kind == "f":
                    put_on_tape(result, operation, needed, (self, other), options, (a, b))
                return result
        return general(self, other)

    return general if ufunc is None else direct


def reflected(operation: Op) -> Any:
    """``b ∘ a`` where b is no tensor."""
    options = operation.option_defaults

    def binary(self: Tensor, other: Any) -> Tensor:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return self.__operation__(operation, (other, self), options)

    return binary


def in_place(operation: Op) -> Any:
    """The form of an operation that overwrites its first operand and returns it."""

    overwriting = bound(operation, operation.parameters, "__in_place__")
    overwriting.__name__ = overwriting.__qualname__ = f"{operation.name}_"
    overwriting.__doc__ = f"As `{operation.name}`, written into this tensor's own memory."
    return overwriting


def in_place_operator(operation: Op) -> Any:
    """``a ∘= b``"""
    options = operation.option_defaults

    def overwriting(self: Tensor, other: Any) -> Tensor:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return self.__in_place__(operation, (self, other), options)

    return overwriting


def sizes(given: tuple[Any, ...]) -> tuple[int, ...]:
    """The sizes of ``view(2, 3)`` and ``view((2, 3))`` alike."""
    if type(given[0]) is not int and len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = tuple(given[0])
    for size in given:
        if type(size) is not int:
            return tuple(map(operator_index, given))
    return given


class Methods:
    """Everything that a tensor can do to itself by an operation."""

    _array: Array
    _node: Any
    _view: Any
    _is_quiet: Callable[[], bool]
    _overwrite_at: Callable[[Op, Any, Tensor], Tensor]
    _put: Callable[[Tensor, str], None]
    _replace: Callable[[Tensor], Tensor]
    _resize: Callable[[Array], Tensor]
    _reshape: Callable[[Op, dict[str, Any], str], Tensor]
    _writes: list[int]
    _overwrite: Callable[[Op, Sequence[Any], dict[str, Any]], Tensor]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """What ``torch.Tensor(2, 3)`` makes; see `numpynet.creation.from_data.legacy_tensor`."""
        return legacy_tensor(*args, **kwargs) if cls is Tensor else object.__new__(cls)

    # --- operators --------------------------------------------------------------------------------------

    __add__ = operator(ops.add)
    __sub__ = operator(ops.sub)
    __mul__ = operator(ops.mul)
    __truediv__ = operator(ops.true_divide)
    __mod__ = operator(ops.remainder)
    __pow__ = operator(ops.pow)
    __and__ = operator(ops.bitwise_and)
    __or__ = operator(ops.bitwise_or)
    __xor__ = operator(ops.bitwise_xor)
    __lshift__ = operator(ops.bitwise_left_shift)
    __rshift__ = operator(ops.bitwise_right_shift)
    __radd__ = reflected(ops.add)
    __rsub__ = operator(ops.rsub)
    __rmul__ = reflected(ops.mul)
    __rmod__ = reflected(ops.remainder)
    __rpow__ = reflected(ops.pow)
    __rand__ = reflected(ops.bitwise_and)
    __ror__ = reflected(ops.bitwise_or)
    __rxor__ = reflected(ops.bitwise_xor)
    __rlshift__ = reflected(ops.bitwise_left_shift)
    __rrshift__ = reflected(ops.bitwise_right_shift)
    __iadd__ = in_place_operator(ops.add)
    __isub__ = in_place_operator(ops.sub)
    __imul__ = in_place_operator(ops.mul)
    __itruediv__ = in_place_operator(ops.true_divide)
    __imod__ = in_place_operator(ops.remainder)
    __ipow__ = in_place_operator(ops.pow)
    __iand__ = in_place_operator(ops.bitwise_and)
    __ior__ = in_place_operator(ops.bitwise_or)
    __ixor__ = in_place_operator(ops.bitwise_xor)
    __ilshift__ = in_place_operator(ops.bitwise_left_shift)
    __irshift__ = in_place_operator(ops.bitwise_right_shift)
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

    def __matmul__(self, other: Any) -> Tensor:
        if not isinstance(other, Tensor):
            return NotImplemented
        return self.__operation__(ops.matmul, (self, other), {})  # type: ignore[attr-defined]

    def __behind__(self, ufunc: np.ufunc, first: Any) -> Any:
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
            return np.multiply(self.reciprocal(), first)  # type: ignore[call-overload]
        raise TypeError(
            f"unsupported operand type(s) for np.{ufunc.__name__}: 'numpy.ndarray' and 'Tensor': make a tensor of the "
            f"array, as in torch.from_numpy(array), or put the tensor first"
        )

    def __invert__(self) -> Tensor:
        if self._array.dtype.kind == "f":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors: compare first"
            )
        return ops.bitwise_not(self)

    def __rtruediv__(self, other: Any) -> Tensor:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        return ops.mul(ops.reciprocal(self), other)  # as torch rounds it

    def __floordiv__(self, other: Any) -> Tensor:
        return composite.floor_divide(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __ifloordiv__(self, other: Any) -> Tensor:
        return self.floor_divide_(other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Tensor:
        return composite.floor_divide(other, self) if isinstance(other, _OPERANDS) else NotImplemented

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

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """self where the condition holds, else other."""
        return composite.where(condition, self, other)

    # --- in place ---------------------------------------------------------------------------------------

    add_ = in_place(ops.add)
    sub_ = subtract_ = in_place(ops.sub)
    mul_ = multiply_ = in_place(ops.mul)
    remainder_ = in_place(ops.remainder)
    fmod_ = in_place(ops.fmod)
    lerp_ = in_place(ops.lerp)
    addcmul_ = in_place(ops.addcmul)
    addcdiv_ = in_place(ops.addcdiv)
    pow_ = in_place(ops.pow)
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
    clamp_ = clip_ = in_place(ops.clamp)
    nan_to_num_ = in_place(ops.nan_to_num)
    acos_ = arccos_ = in_place(ops.acos)
    acosh_ = arccosh_ = in_place(ops.acosh)
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
    cumsum_ = in_place(ops.cumsum)
    cumprod_ = in_place(ops.cumprod)
    bitwise_and_ = in_place(ops.bitwise_and)
    bitwise_or_ = in_place(ops.bitwise_or)
    bitwise_xor_ = in_place(ops.bitwise_xor)
    bitwise_not_ = in_place(ops.bitwise_not)
    bitwise_left_shift_ = in_place(ops.bitwise_left_shift)
    bitwise_right_shift_ = in_place(ops.bitwise_right_shift)
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
    tril_ = in_place(ops.tril)
    triu_ = in_place(ops.triu)

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """self / other, rounded down ("floor") or towards zero ("trunc") on request, written into this tensor."""
        if rounding_mode is None:
            return self.__in_place__(ops.true_divide, (self, other), {})  # type: ignore[attr-defined]
        return self._overwrite(ops.rounded_divide, (self, other), {"rounding_mode": rounding_mode})

    divide_ = true_divide_ = div_

    def floor_divide_(self, other: Any) -> Tensor:
        """⌊self / other⌋, written into this tensor."""
        return self._overwrite(ops.floor_divide, (self, other), {})

    def clamp_min_(self, min: Any) -> Tensor:
        """max(self, min), written into this tensor."""
        return self._renamed(self.clamp_(min), "ClampMinBackward0")

    def clamp_max_(self, max: Any) -> Tensor:
        """min(self, max), written into this tensor."""
        return self._renamed(self.clamp_(None, max), "ClampMaxBackward0")

    def deg2rad_(self) -> Tensor:
        """Degrees as radians, written into this tensor."""
        return self._renamed(self.mul_(math.pi / 180), "Deg2RadBackward0", scaled)

    def rad2deg_(self) -> Tensor:
        """Radians as degrees, written into this tensor."""
        return self._renamed(self.mul_(180 / math.pi), "Rad2DegBackward0", scaled)

    def _renamed(self, overwritten: Tensor, title: str, rename: Callable[[Tensor, str], Tensor] = titled) -> Tensor:
        """This tensor, overwritten by an operation of another name than torch's."""
        return overwritten if self._view is not None else rename(overwritten, title)

    def addmm_(self, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """beta self + alpha mat1 @ mat2, written into this tensor."""
        return self._replace(composite.addmm(self, mat1, mat2, beta=beta, alpha=alpha))  # type: ignore[arg-type]

    def addmv_(self, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """beta self + alpha mat @ vec, written into this tensor."""
        return self._replace(composite.addmv(self, mat, vec, beta=beta, alpha=alpha))  # type: ignore[arg-type]

    def baddbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """beta self + alpha batch1 @ batch2, written into this tensor."""
        return self._replace(composite.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha))  # type: ignore[arg-type]

    def index_put_(self, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
        """self[indices] = values, or with `accumulate` self[indices] += values where repeated indices add up.

        indices: a tuple of tensors.
        """
        place = tuple(indices)
        if accumulate:
            return self._overwrite_at(ops.index_put_accumulate, place, values)
        self[place] = values  # type: ignore[index]
        return self  # type: ignore[return-value]

    def index_fill_(self, dim: int, index: Tensor, value: float) -> Tensor:
        """Writes one number into the slices at `index` along `dim`."""
        self[(slice(None),) * (dim % self._array.ndim) + (index,)] = value  # type: ignore[index]
        return self._renamed(self, "IndexFillBackward0")  # type: ignore[arg-type]

    def scatter_(self, dim: int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
        """Writes src[i, j] at [i, index[i, j]] for dim = 1, and likewise for any dimension and rank."""
        chosen = value if src is None else src
        return self._overwrite(ops.scatter, (self, chosen), {"dim": dim, "index": index})

    def scatter_add_(self, dim: int, index: Tensor, src: Tensor) -> Tensor:
        """Adds src[i, j] at [i, index[i, j]] for dim = 1, and likewise for any dimension and rank."""
        return self._overwrite(ops.scatter_add, (self, src), {"dim": dim, "index": index})

    def index_add_(self, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
        """Adds alpha times the slices of `source` to those at `index` along `dim`."""
        return self._overwrite(ops.index_add, (self, source), {"dim": dim, "index": index, "alpha": alpha})

    def zero_(self) -> Tensor:
        """Fills this tensor with zeros."""
        if self._is_quiet() and self._array.flags.writeable and self._writes[0] >= 0:
            self._array.fill(0)
            self._writes[0] += 1
            return self  # type: ignore[return-value]
        self._fill(wrap(np.zeros((), self._array.dtype)), "ZeroBackward0")
        return self  # type: ignore[return-value]

    def fill_(self, value: Any) -> Tensor:
        """Fills this tensor with one number.

        TypeError for no number, RuntimeError for a tensor that has dimensions and for a number that the dtype cannot
        hold.
        """
        if not isinstance(value, Tensor):
            value = fitting(number(value, "fill_", "value", 1), self._array.dtype)
        elif value._array.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value._array.ndim} dimensions."
            )
        if self._is_quiet() and not isinstance(value, Tensor) and self._writes[0] >= 0:
            writeable(self._array, repeating=True)[...] = value
            self._writes[0] += 1
        elif isinstance(value, Tensor):
            self._fill(value, "FillBackward3")
        else:
            self._fill(wrap(np.array(value, self._array.dtype)), "FillBackward2")
        return self  # type: ignore[return-value]

    def copy_(self, src: Any, non_blocking: bool = False) -> Tensor:
        """Takes over the values of `src`, broadcast and cast; RuntimeError when it has more dimensions.

        src: a tensor or a number. TypeError for anything else.
        """
        if isinstance(src, (bool, int, float)):
            src = wrap(dtypes.converted(src, self._array.dtype))
        if not isinstance(src, Tensor):
            raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(src).__name__}")
        if src._array.ndim > self._array.ndim:
            raise RuntimeError(
                f"copy_: output with shape {list(self._array.shape)} doesn't match the broadcast shape "
                f"{list(src._array.shape)}"
            )
        self._fill(src, "")
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
            value = value.to(self.dtype)  # type: ignore[attr-defined]
        return self._overwrite(ops.masked_fill, (self, mask, value), {})

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
        retain_graph: keeps the tape for another backward pass.
        RuntimeError when nothing was recorded, when `gradient` is missing or of another shape, on a second
        pass over a tape that was let go, and when a value needed was overwritten in place.
        """
        plain = gradient is None and inputs is None and not create_graph and self._array.size == 1
        if plain and self._node is not None and self._view is None:
            walk_back([(self._node, np.ones_like(self._array))], retain_graph=bool(retain_graph))
        else:
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
    matrix_power = composite.matrix_power
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
    norm = composite.norm
    dist = composite.dist
    cov = composite.cov
    corrcoef = composite.corrcoef
    diff = composite.diff
    quantile = composite.quantile
    kthvalue = composite.kthvalue
    mode = composite.mode
    msort = composite.msort
    bincount = composite.bincount
    histc = composite.histc
    histogram = composite.histogram
    sort = composite.sort
    argsort = composite.argsort
    topk = composite.topk
    median = composite.median

    # --- shapes -------------------------------------------------------------------------------------------

    t = ops.t
    transpose = ops.transpose
    swapaxes = swapdims = composite.swapaxes
    squeeze = ops.squeeze
    unsqueeze = ops.unsqueeze
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
        if self._is_quiet():
            return viewed(self, self._array.T, ops.permute, {"dims": dims})  # type: ignore[arg-type]
        return look(self, ops.permute, {"dims": dims})  # type: ignore[arg-type]

    @property
    def mT(self) -> Tensor:
        """The tensor with its last two dimensions exchanged; RuntimeError when there are fewer."""
        if self._array.ndim < 2:
            raise RuntimeError(
                f"tensor.mT is only supported on matrices or batches of matrices. Got {self._array.ndim}-D tensor."
            )
        return ops.transpose(self, -2, -1)

    def view(self, *given: Any, size: Any = ()) -> Tensor:
        """The same memory in another shape; see `numpynet.ops.shape.view`."""
        if len(given) == 1 and isinstance(given[0], dtypes.dtype):
            raise NotImplementedError("Tensor.view(dtype) is missing: only a change of shape is there")
        return look(self, ops.view, {"shape": sizes(given or (size,))})  # type: ignore[arg-type]

    @property
    def H(self) -> Tensor:
        """The matrix transposed; RuntimeError when it has not 2 dimensions."""
        if self._array.ndim not in (0, 2):
            raise RuntimeError(
                f"tensor.H is only supported on matrices (2-D tensors). Got {self._array.ndim}-D tensor."
            )
        return self.T

    @property
    def mH(self) -> Tensor:
        """The tensor with its last two dimensions exchanged; RuntimeError when there are fewer."""
        if self._array.ndim < 2:
            raise RuntimeError(
                f"tensor.mH is only supported on matrices or batches of matrices. Got {self._array.ndim}-D tensor."
            )
        return self.mT

    @property
    def real(self) -> Tensor:
        """Itself: numpynet has no complex tensors."""
        return self  # type: ignore[return-value]

    def view_as(self, other: Tensor) -> Tensor:
        """The same memory in the shape of another tensor."""
        return ops.view(self, shape=other.shape)

    def reshape(self, *given: Any, shape: Any = ()) -> Tensor:
        """Another shape, sharing memory where the strides allow it."""
        return look(self, ops.reshape, {"shape": sizes(given or (shape,))})  # type: ignore[arg-type]

    def reshape_as(self, other: Tensor) -> Tensor:
        """The shape of another tensor, sharing memory where the strides allow it."""
        return ops.reshape(self, shape=other.shape)

    def permute(self, *given: Any, dims: Any = ()) -> Tensor:
        """The tensor with its dimensions in another order, as a view."""
        return look(self, ops.permute, {"dims": sizes(given or (dims,))})  # type: ignore[arg-type]

    def expand(self, *given: Any, size: Any = ()) -> Tensor:
        """Copies along dimensions of size 1, without using memory."""
        return look(self, ops.expand, {"size": sizes(given or (size,))})  # type: ignore[arg-type]

    def expand_as(self, other: Tensor) -> Tensor:
        """Expanded to the shape of another tensor."""
        return ops.expand(self, size=other.shape)

    def broadcast_to(self, *given: Any, size: Any = ()) -> Tensor:
        """Expanded to a shape, without using memory."""
        return look(self, ops.expand, {"size": sizes(given or (size,))})  # type: ignore[arg-type]

    def flip(self, *given: Any, dims: Any = ()) -> Tensor:
        """The order of the elements reversed along the dimensions: a copy."""
        return ops.flip(self, dims=sizes(given or (dims,)))

    def tile(self, *given: Any, dims: Any = ()) -> Tensor:
        """The tensor laid side by side so many times along each dimension: a copy."""
        return composite.tile(self, sizes(given or (dims,)))  # type: ignore[arg-type]

    def repeat(self, *given: Any, repeats: Any = ()) -> Tensor:
        """As `tile`, with a number for every dimension: RuntimeError when there are fewer."""
        times = sizes(given or (repeats,))
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
        """Gives this tensor the shape of another, as `resize_` does; TypeError for what is no tensor."""
        if not isinstance(the_template, Tensor):
            raise TypeError(
                f"resize_as_(): argument 'the_template' (position 1) must be Tensor, not {type(the_template).__name__}"
            )
        return self.resize_(the_template._array.shape)

    def unsqueeze_(self, dim: int) -> Tensor:
        """This tensor itself given a new dimension of size 1 at `dim`."""
        return self._reshape(ops.unsqueeze, {"dim": dim}, "UnsqueezeBackward1")

    def squeeze_(self, dim: Any = None) -> Tensor:
        """This tensor itself without its dimensions of size 1, or without those of `dim` that have it."""
        return self._reshape(
            ops.squeeze, {"dim": dim}, f"SqueezeBackward{3 if dim is None else 4 if isinstance(dim, int) else 5}"
        )

    def transpose_(self, dim0: int, dim1: int) -> Tensor:
        """This tensor itself with two dimensions exchanged."""
        return self._reshape(ops.transpose, {"dim0": dim0, "dim1": dim1}, "TransposeBackward1")

    swapaxes_ = swapdims_ = transpose_

    def t_(self) -> Tensor:
        """This tensor itself transposed; RuntimeError when it has more than 2 dimensions."""
        return self._reshape(ops.t, {}, "TBackward1")

    # --- indexing -----------------------------------------------------------------------------------------

    gather = ops.gather
    index_select = ops.index_select
    take = composite.take
    take_along_dim = composite.take_along_dim
    scatter = composite.scatter
    scatter_add = composite.scatter_add
    index_add = composite.index_add
    masked_fill = ops.masked_fill
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
        """A copy that the gradient passes through; see `numpynet.ops.conversion.clone`."""
        if self._is_quiet():
            return wrap(ops.clone.forward(self._array, memory_format=memory_format))
        return ops.clone(self, memory_format=memory_format)

    def contiguous(self, *, memory_format: layout.memory_format = layout.contiguous_format) -> Tensor:
        """Itself where its elements lie in that order in memory, else a copy where they do."""
        if layout.is_in_order(self._array, memory_format):
            return self  # type: ignore[return-value]
        return ops.clone(self, memory_format=memory_format)

    def _cast(self, kind: np.dtype[Any], copy: bool = False) -> Tensor:
        if self._array.dtype == kind and not copy:
            return self  # type: ignore[return-value]
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
        follow. RuntimeError for a device other than the CPU, TypeError for anything else.
        """
        if args:
            first, *rest = args
            if isinstance(first, Tensor):
                dtype = dtypes.from_numpy_dtype(first._array.dtype)
            elif isinstance(first, (dtypes.dtype, type)):
                dtype = first
            else:
                require_cpu(first)
                if rest and not isinstance(rest[0], bool):
                    dtype = rest.pop(0)
            if len(rest) > 2 or not all(isinstance(flag, bool) for flag in rest):
                raise TypeError(f"to() received an invalid combination of arguments: {args}")
            if len(rest) == 2:
                copy = rest[1]
        require_cpu(device)
        made = self._cast(self._array.dtype if dtype is None else dtypes.to_numpy_dtype(dtype, "to"), copy)
        if memory_format is None or memory_format is layout.preserve_format:
            return made
        if made is self and memory_format is layout.contiguous_format:
            return made
        return made.contiguous(memory_format=memory_format)

    def __cast__(self, dtype: Any) -> Tensor:
        """The tensor in the dtype in which a reduction is to compute; RuntimeError where that loses its gradient."""
        cast = self.to(dtype)
        if cast._array.dtype.kind != "f" and flags.enabled and self.requires_grad:  # type: ignore[attr-defined]
            raise RuntimeError(f"Autograd not support dtype: {dtype}: detach() the tensor first")
        return cast

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The tensor in another dtype; without one, torch's name of its type.

        dtype: also a type of tensors, as ``torch.FloatTensor``, or its name. TypeError for anything else, ValueError
        for a name that there is not.
        """
        if dtype is None:
            return f"torch.{dtypes.from_numpy_dtype(self._array.dtype).tensor_type}"
        kind = dtype if isinstance(dtype, dtypes.dtype) else dtypes.of_tensor_type(dtype)
        return self._cast(dtypes.to_numpy_dtype(kind, "type"))

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor in the dtype of another; TypeError for what is no tensor."""
        if not isinstance(other, Tensor):
            raise TypeError(f"type_as(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}")
        return self._cast(other._array.dtype)

    def float(self) -> Tensor:
        """As float32."""
        return self._cast(dtypes.float32.numpy)

    def double(self) -> Tensor:
        """As float64."""
        return self._cast(dtypes.float64.numpy)

    def half(self) -> Tensor:
        """As float16."""
        return self._cast(dtypes.float16.numpy)

    def char(self) -> Tensor:
        """As int8."""
        return self._cast(dtypes.int8.numpy)

    def short(self) -> Tensor:
        """As int16."""
        return self._cast(dtypes.int16.numpy)

    def long(self) -> Tensor:
        """As int64."""
        return self._cast(dtypes.int64.numpy)

    def int(self) -> Tensor:
        """As int32."""
        return self._cast(dtypes.int32.numpy)

    def bool(self) -> Tensor:
        """As bool: whether each element is nonzero."""
        return self._cast(dtypes.bool_.numpy)

    def byte(self) -> Tensor:
        """As uint8."""
        return self._cast(dtypes.uint8.numpy)

    storage = memory.storage
    untyped_storage = memory.untyped_storage

    def cpu(self) -> Tensor:
        """Itself: it is on the CPU."""
        return self  # type: ignore[return-value]

    def cuda(self, device: Any = None) -> Tensor:
        """RuntimeError: there is no other device than the CPU."""
        require_cpu("cuda")
        return self  # type: ignore[return-value]


_REVERSED = [tuple(range(ndim))[::-1] for ndim in range(65)]  # as many dimensions as NumPy has, and none
_OPERANDS = (Tensor, float, int, np.generic)
_BEHIND = {  # what Python calls on a tensor behind the operator of a number, of which NumPy makes one of these functions
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
    if _name not in ("__annotations__", "__dict__", "__doc__", "__module__", "__weakref__"):
        setattr(Tensor, _name, _member.call if isinstance(_member, Op) else _member)
