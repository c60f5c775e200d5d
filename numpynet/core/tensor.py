"""Tensor: an array, its gradient, and its place on the tape.

What a tensor computes is written in `numpynet.ops`, its methods in `numpynet.methods`. Here is what makes
a tensor more than an array: recording an operation on the tape, memory shared between views and guarded by
version counters, assignment in place, and the backward pass from a tensor.
"""

from __future__ import annotations

import copy
import itertools
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from numpynet import ops
from numpynet.core import dtypes, epoch, listening, printing
from numpynet.core.device import CPU, device
from numpynet.core.dtypes import BY_NUMPY
from numpynet.core.indices import array_key, is_whole, plain_key, read_index
from numpynet.core.messages import class_name, torch_error
from numpynet.core.modes import enable_grad, flags, inferring, paused
from numpynet.core.shown_class import ShownAs
from numpynet.core.size import Size, size_of
from numpynet.core.tape import (
    Edge,
    Node,
    Nowhere,
    OpNode,
    Overwritten,
    Resized,
    altered,
    detached,
    leaves_hooked,
    next_number,
    replaced,
    show,
)
from numpynet.core.views import CUSTOM, UNRECORDED, View, owner_of, writeable
from numpynet.ops.acceptance import fitting, no_complex, require_64_bits, wrapped
from numpynet.ops.blocks import held
from numpynet.ops.conversion import narrowed
from numpynet.ops.form import Array, Op
from numpynet.ops.indexing import put, within
from numpynet.ops.layout import (
    contiguous_format,
    dense,
    is_dense,
    is_in_order,
    known_strides,
    laid_out,
    laid_out_like,
    layout,
    memory_format,
    strided,
)
from numpynet.ops.linear import multiplies_nothing
from numpynet.ops.plain import putmask
from numpynet.ops.plan import CONJUGATED, IN_FLOAT32
from numpynet.ops.sums import HALF
from numpynet.ops.ufuncs import OPERATION_OF_UFUNC
from numpynet.ops.warning import warn_once

if TYPE_CHECKING:
    from numpynet.methods import Methods
else:
    Methods = object  # which numpynet.methods gives the class later: it stands above all that methods are made of

_NUMBERS = (bool, int, float)
ndarray = np.ndarray
FLOAT32 = np.dtype(np.float32)  # the dtype that is quickest to tell, by identity
_FEW = 4096  # elements, which np.putmask fills in less time than an index by a mask does
heard = listening.count  # of those who listen, while whom nothing takes a short cut

INFERENCE = -(2**62)  # the version of memory made in inference mode, which stays negative
STRIDED = "AsStridedBackward0"  # torch's node of a view whose memory was written to
COPIED = "torch::autograd::CopyBackwards"
_OPERATORS = frozenset(  # by which NumPy does what Python's operators ask of arrays
    (
        *(np.add, np.subtract, np.multiply, np.true_divide, np.floor_divide, np.remainder, np.divmod, np.power),
        *(np.matmul, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift, np.right_shift, np.equal),
        *(np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    )
)
COMPARISONS = (ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge)  # which have no gradient, but overwrite with 0 and 1


def _shares_memory(y: Array, x: Array) -> bool:
    """Whether the result of a view operation is a view, as that of reshape may or may not be."""
    base = y.base
    return y is x or (base is not None and (base is x or base is x.base))


def record(operation: Op, operands: Sequence[Any], options: dict[str, Any]) -> Tensor:
    """Computes an operation on tensors, and puts it on the tape when one of them requires a gradient."""
    if heard[0]:
        for listener in listening.of_thread.listeners:
            listener.computing(operation)
    if len(options) < len(operation.options):
        options = {**operation.option_defaults, **options}
    guards = None
    if operation.array_options:
        options, guards = _guarded(operation, options)
    arrays = []
    needed, bit, kind, plain, complexes = 0, 1, None, True, False
    for operand in operands:
        if isinstance(operand, Tensor):
            view = operand._view
            if view is not None and flags.enabled and (operand._requires_grad or view.root._requires_grad):
                operand._refresh()
            if operand._requires_grad:
                needed |= bit
            array = operand._array
            if kind is None:
                kind = array.dtype
                if kind.char not in "fd":
                    plain, complexes = False, complexes or kind.kind == "c"
            elif array.dtype is not kind:
                plain, complexes = False, complexes or array.dtype.kind == "c"
            arrays.append(array)
        else:
            arrays.append(operand)
            if type(operand) is int:
                plain &= -(2**63) <= operand < 2**64
            elif operand is not None and type(operand) is not float:
                plain, complexes = False, complexes or isinstance(operand, (complex, np.complexfloating))
                if isinstance(operand, ndarray):
                    _refuse_array(operation, len(arrays), operand)
        bit <<= 1
    if kind is None:
        _require_tensor(operation, operands)
    if plain:
        y = computed(operation, arrays, options)
    else:
        for operand in operands:
            if operand is not None and not isinstance(operand, _OPERANDS):
                _refuse_operand(operation, operand)
            if type(operand) is int:
                require_64_bits(operand)
        if complexes:
            if not operation.complex:
                no_complex(operation.name, *arrays)
            needed |= CONJUGATED if needed and operation.complex == "analytic" else 0
        if operation.accepts is not None:
            try:
                operation.accepts(operation.name, *arrays)
            except ValueError as error:
                raise torch_error(error, operation.name, arrays) from None
        given, unpromoted = arrays, operands
        if operation.promotes is not None:
            operands = _promoted(operation, operands)
            arrays = [operand._array if isinstance(operand, Tensor) else operand for operand in operands]
        if operation.broadcasts and any(isinstance(one, ndarray) and one.dtype == HALF for one in arrays):
            y = _computed_in_float32(operation, given, arrays, options)
            if needed and (len(operands) == 1 or (operation.scales and len(operands) == 2 and _has_number(operands))):
                needed |= IN_FLOAT32
        else:
            y = computed(operation, arrays, options)
    if operation.is_laid_out and len(arrays) > 1 and y.ndim > 1 and not _in_order(arrays[0], y):
        y = laid_out(y, arrays if operation is not ops.rsub else arrays[::-1])
    if operation.view and _shares_memory(y, arrays[0]):
        names = operation.options
        result = viewed(operands[0], y, operation, options[names[0]] if len(names) == 1 else options)
    else:
        result = wrap(y)
    if needed and flags.enabled and y.dtype.kind in "fc":
        put_on_tape(result, operation, needed, operands, options, arrays)
        node: Any = result._node
        if guards is not None:
            _guard(result, guards)
        if not plain and operands is not unpromoted and node.watched:
            _watch_unpromoted(node, unpromoted, operands)
        if operation is ops.reshape:
            _name_reshaped(result, arrays[0])
    if heard[0]:
        for listener in listening.of_thread.listeners:
            listener.recorded(operation, operands, options, result)
    return result


def _watch_unpromoted(node: OpNode, given: Sequence[Any], promoted: Sequence[Any]) -> None:
    """Guards the operands of which other dtypes were kept, as torch does, which keeps them as they came."""
    kept = [memory for _, _, memory in node.watched or ()]
    for before, now in zip(given, promoted, strict=True):
        if isinstance(before, Tensor) and before is not now and any(now._array is one for one in kept):
            node.watch((before,))


def _require_tensor(operation: Op, operands: Sequence[Any]) -> None:
    """TypeError: nothing among the operands is a tensor."""
    name = operation.torch_name(0)
    raise TypeError(
        f"{operation.name}(): argument '{name}' (position 1) must be Tensor, not {type(operands[0]).__name__}: make "
        f"one with tensor(...)"
    )


def _refuse_operand(operation: Op, operand: Any) -> None:
    """TypeError for what is neither a tensor, an array nor a number; symbols are numbers."""
    if isinstance(operand, (str, bytes)) or not hasattr(type(operand), "__float__"):
        raise TypeError(f"{operation.name}(): an operand must be a Tensor or a number, not {type(operand).__name__}")


def _refuse_array(operation: Op, place: int, array: Array) -> None:
    """TypeError: an operand is an array of NumPy's."""
    name = operation.torch_name(0 if operation.variadic else place - 1)
    raise TypeError(
        f"{operation.name}(): argument '{name}' (position {place}) must be Tensor, not {class_name(type(array))}: "
        f"make a tensor of it, as in torch.from_numpy(array)"
    )


def _guard(result: Tensor, guards: Sequence[Tensor]) -> None:
    """Has the options of a result's node guarded, where its formulas will want them."""
    node: Any = result._node
    if node.plan.keeps_arrays:
        node.watch(guards)


def _in_order(array: Any, y: Array) -> bool:
    """Whether this operand's elements lie in the order of its indices, which then is that of the result y."""
    return not hasattr(array, "flags") or (array.flags.c_contiguous and array.size == y.size)


def _name_reshaped(result: Tensor, array: Array) -> None:
    """Gives the node of a reshaped tensor torch's name, where that is not ViewBackward0."""
    if result._view is None:
        result._node.title = "UnsafeViewBackward0"  # type: ignore[union-attr]
    elif not array.flags.c_contiguous:
        result._node.title = "ReshapeAliasBackward0"  # type: ignore[union-attr]


def number_array(value: float, dtype: Any) -> Array:
    """A number as an array without dimensions, which NumPy takes in half the time of a number of Python's."""
    if type(value) is int and not -(2**63) <= value < 2**64:  # to the cache a float of its value is the same
        require_64_bits(value)
    return held(value, dtype)


def computed(operation: Op, arrays: Sequence[Any], options: dict[str, Any]) -> Array:
    """The forward's result on these arrays; torch's exceptions in the place of NumPy's."""
    try:
        y = flags.silently(operation.forward, *arrays, **options)
    except (ValueError, IndexError, TypeError) as error:
        raise torch_error(error, operation.name, list(arrays)) from None
    if type(y) is ndarray:
        return y
    return np.asarray(y) if isinstance(y, np.generic) else _as_array(y, operation, arrays, options)


def _computed_in_float32(operation: Op, given: Sequence[Any], arrays: Sequence[Any], options: dict[str, Any]) -> Array:
    """The result of an elementwise operation on float16, computed in float32 and rounded once, as torch does it.

    given: the operands as they came. Numbers are rounded to float16 first, unless the operation takes them as factors.
    """
    wide: list[Any] = []
    for position, (before, one) in enumerate(zip(given, arrays, strict=True)):
        factor = operation.scales and (position > 0 or (operation is ops.mul and not isinstance(before, ndarray)))
        if factor and isinstance(before, ndarray) and not before.ndim and before.dtype.kind != "b":
            one = before.astype(np.float32)
        elif isinstance(one, ndarray):
            one = ops.cast.forward(one, kind=np.dtype(np.float32)) if one.dtype == HALF else one
        elif isinstance(one, (int, float)) and not factor:
            one = _in_half(one)
        wide.append(one)
    if "alpha" in options and len(operation.operands) == 2:
        options = {**options, "alpha": _in_half(fitting(options["alpha"], HALF))}
    y = computed(operation, wide, options)
    return flags.silently(y.astype, HALF) if y.dtype.kind == "f" else y


def _has_number(operands: Sequence[Any]) -> bool:
    return any(isinstance(operand, (int, float)) for operand in operands)


def _in_half(number: float) -> float:
    """A number rounded to float16; a whole one stays whole."""
    rounded = float(flags.silently(np.float16, number))
    return int(rounded) if isinstance(number, int) and abs(rounded) != np.inf else rounded


def _as_array(y: Any, operation: Op, arrays: Sequence[Any], options: dict[str, Any]) -> Array:
    """A forward's result that is not plainly an array: a number of NumPy's, or a tensor where an option was one."""
    if isinstance(y, Tensor):
        numbers = {name: one.item() if isinstance(one, Tensor) else one for name, one in options.items()}
        return computed(operation, arrays, numbers)
    return y if isinstance(y, ndarray) else np.asarray(y)


def _guarded(operation: Op, options: dict[str, Any]) -> tuple[dict[str, Any], list[Tensor] | None]:
    """The options with arrays in the place of tensors, and what guards these; None where no option is an array."""
    guards: list[Tensor] | None = None
    for name in operation.array_options:
        value = options[name]
        if isinstance(value, Tensor):
            options = {**options, name: value._array}
            guards = [*(guards or ()), value]
        elif isinstance(value, ndarray):
            guards = guards or []
    return options, guards


def put_on_tape(
    result: Tensor,
    operation: Op,
    needed: int,
    operands: Sequence[Any],
    options: dict[str, Any],
    arrays: Sequence[Any],
) -> None:
    """Gives the result of an operation its node: edges to its operands, and what its formulas will want."""
    if operation.variadic:
        needed, operands, arrays = 1 | needed & CONJUGATED, [operands], [arrays]
    operation.plans[needed].remember(OpNode(), next_number[0](), result, options, *operands, *arrays)


def put_view_on_tape(result: Tensor, parent: Tensor, operation: Op, options: dict[str, Any]) -> None:
    """The same for a view of a tensor whose place on the tape is up to date, where gradients are on."""
    if not paused or flags.enabled:
        array = parent._array
        plan = operation.plans[1]
        plan.remember(OpNode(), next_number[0](), result, options, parent, array)
        if operation is ops.reshape:
            _name_reshaped(result, array)


def _promoted(operation: Op, operands: Sequence[Any]) -> Sequence[Any]:
    """The operands brought to one dtype by torch's rules: tensors by a recorded cast.

    TypeError for an operand that is neither a tensor, a number nor None; RuntimeError where the
    operation wants equal dtypes and they differ.
    """
    gradients = operation.gradients
    names = operation.operands * len(operands) if operation.variadic else operation.operands
    promotable = [not gradients._needs or name in gradients for name in names]
    prepared: list[Any] = []
    for operand in operands:
        if isinstance(operand, np.generic):
            operand = float(operand) if isinstance(operand, np.bool_) else operand.item()  # a float to torch
        elif issubclass(type(operand), _NUMBERS) and type(operand) not in _NUMBERS:  # such as a member of an IntEnum
            operand = int(operand) if isinstance(operand, int) else float(operand)
        elif type(operand) is int:
            require_64_bits(operand)
        elif operand is not None and not isinstance(operand, _PROMOTED):
            raise TypeError(
                f"{operation.name}(): an operand must be a Tensor or a number, not {type(operand).__name__}"
            )
        prepared.append(operand)
    taking_part = [one for one, takes in zip(prepared, promotable, strict=True) if takes and one is not None]
    kinds = [one._array if isinstance(one, Tensor) else one for one in taking_part]
    if operation.promotes == "same":
        found = {array.dtype for array in kinds}
        if len(found) > 1:
            if operation is ops.matmul and multiplies_nothing(kinds[0], kinds[1], prepared[0].requires_grad):
                return [_brought_to(kinds[1].dtype, one, False) for one in prepared]
            have = " and ".join(dict.fromkeys(dtypes.scalar_type_name(array.dtype) for array in kinds))
            raise RuntimeError(
                f"{operation.name}: mat1 and mat2 must have the same dtype, but got {have}: convert one, as in "
                f"x.float()"
            )
        return prepared
    wanted = dtypes.result_dtype(kinds)
    if operation.promotes == "float" and wanted.kind not in "fc":
        wanted = dtypes.default_numpy_dtype()
    numbers_only = not any(isinstance(one, Tensor) for one in taking_part)
    return [
        _brought_to(wanted, one, numbers_only) if takes and one is not None else one
        for one, takes in zip(prepared, promotable, strict=True)
    ]


def _brought_to(wanted: np.dtype[Any], operand: Any, numbers_only: bool) -> Any:
    """One operand in the wanted dtype; a number stays a number, unless there are `numbers_only`, or wraps around."""
    if isinstance(operand, Tensor):
        return operand if operand._array.dtype == wanted else record(ops.cast, (operand,), {"kind": wanted})
    if numbers_only:
        return wrap(np.array(operand, wanted))
    return wrapped(operand, wanted) if type(operand) is int and wanted.kind in "iu" else operand


tensor_types: set[type] = set()  # Tensor and the classes derived from it, told in less time than isinstance tells them


class _Made(ShownAs):
    """Has `Tensor` make tensors of data where users call it, so that `blank` makes empty ones without Python's code."""

    def __new__(metacls, *args: Any, **kwargs: Any) -> Any:
        cls = super().__new__(metacls, *args, **kwargs)
        tensor_types.add(cls)
        return cls

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls._made_of(*args, **kwargs) if cls is Tensor else super().__call__(*args, **kwargs)


class Tensor(Methods, metaclass=_Made, torch_name="torch.Tensor"):
    """A multi-dimensional array of one dtype that knows how it was computed.

    Made by `numpynet.tensor` and the other creation functions. With ``requires_grad=True`` the operations
    on it are recorded, and `backward` computes ∂L/∂tensor into `grad`.

    >>> import numpynet
    >>> x = numpynet.tensor([1.0, 2.0], requires_grad=True)
    >>> (x ** 2).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    # What every tensor has stands in slots, which are quick to fill; what few have is found in the class instead.
    __slots__ = ("__dict__", "__weakref__", "_array", "_node", "_requires_grad", "_view", "_writes")

    _array: Array
    _writes: list[int]  # one counter, shared by all views of the same memory
    _requires_grad: bool
    _node: Node | None  # what made this tensor; None for a leaf
    _view: View | None
    _grad: Tensor | None = None
    _former: tuple[Any, ...] = ()  # weak references to the arrays whose place others have taken, by way of `data`
    _rewritten: int = 0  # its version when its place on the tape was last changed
    _reshaped: int = 0  # its version when its shape was last changed in place
    _hooks: list[Callable[[Array], Array]] | None = None
    _accumulate_hooks: list[Callable[[Tensor], None]] | None = None
    _retains_grad: bool = False

    # --- what it is -----------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes of its dimensions."""
        return size_of[self._array.shape]

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its elements."""
        return BY_NUMPY[self._array.dtype]

    @property
    def device(self) -> device:
        """Where it lives: always the CPU."""
        return CPU

    @property
    def is_cuda(self) -> bool:
        """Always False: it lives on the CPU."""
        return False

    def get_device(self) -> int:
        """The number of its device: −1, which is torch's for the CPU.

        >>> import numpynet
        >>> numpynet.zeros(2).get_device()
        -1
        """
        return -1

    @property
    def layout(self) -> layout:
        """How it is stored: always strided."""
        return strided

    # What is the same for every tensor here.
    is_cpu = True
    is_mps = is_xpu = is_xla = is_ipu = is_maia = is_mtia = is_vulkan = is_meta = False
    is_sparse = is_sparse_csr = is_mkldnn = is_quantized = is_nested = False
    output_nr = 0

    @property
    def volatile(self) -> bool:
        """Always False, with a warning: what it was for is done by `no_grad`."""
        warnings.warn("volatile was removed (Variable.volatile is always False)", UserWarning, stacklevel=2)
        return False

    def is_shared(self) -> bool:
        """Always False: no other process sees its memory.

        >>> import numpynet
        >>> numpynet.zeros(2).is_shared()
        False
        """
        return False

    def is_pinned(self) -> bool:
        """Always False: there is no device to copy it to.

        >>> import numpynet
        >>> numpynet.zeros(2).is_pinned()
        False
        """
        return False

    def is_distributed(self) -> bool:
        """Always False.

        >>> import numpynet
        >>> numpynet.zeros(2).is_distributed()
        False
        """
        return False

    def is_conj(self) -> bool:
        """Always False: what is conjugated is computed at once.

        >>> import numpynet
        >>> numpynet.zeros(2).is_conj()
        False
        """
        return False

    def is_neg(self) -> bool:
        """Always False: what is negated is computed at once.

        >>> import numpynet
        >>> (-numpynet.ones(2)).is_neg()
        False
        """
        return False

    def is_signed(self) -> bool:
        """Whether its dtype holds negative values.

        >>> import numpynet
        >>> numpynet.tensor([1]).is_signed(), numpynet.tensor([1], dtype=numpynet.uint8).is_signed()
        (True, False)
        """
        return self.dtype.is_signed

    def share_memory_(self) -> Tensor:
        """Itself: there is one process only.

        >>> import numpynet
        >>> numpynet.zeros(2).share_memory_()
        tensor([0., 0.])
        """
        return self

    # Properties that need no Python to be read.
    ndim = property(attrgetter("_array.ndim"), doc="The number of its dimensions.")
    itemsize = property(attrgetter("_array.itemsize"), doc="Bytes per element.")
    nbytes = property(attrgetter("_array.nbytes"), doc="Bytes of all its elements.")

    def dim(self) -> int:
        """The number of its dimensions.

        >>> import numpynet
        >>> numpynet.zeros(2, 3).dim()
        2
        """
        return self._array.ndim

    ndimension = dim

    def size(self, dim: int | None = None) -> Any:
        """Its shape, or the size of one dimension; IndexError when that is out of range.

        >>> import numpynet
        >>> x = numpynet.zeros(2, 3)
        >>> x.size(), x.size(1)
        (torch.Size([2, 3]), 3)
        """
        if dim is None:
            return size_of[self._array.shape]
        if isinstance(dim, bool) or not hasattr(dim, "__index__"):
            raise TypeError(f"size(): argument 'dim' (position 1) must be int, not {type(dim).__name__}")
        try:
            return self._array.shape[dim]
        except IndexError as error:
            raise torch_error(error, "size", [self._array], axis=dim) from None

    def numel(self) -> int:
        """How many elements it has.

        >>> import numpynet
        >>> numpynet.zeros(2, 3).numel()
        6
        """
        return self._array.size

    nelement = numel

    def element_size(self) -> int:
        """Bytes per element.

        >>> import numpynet
        >>> numpynet.zeros(2, dtype=numpynet.float64).element_size()
        8
        """
        return self._array.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """Steps in memory, in elements, from one index to the next: for all dimensions, or for one.

        >>> import numpynet
        >>> x = numpynet.zeros(2, 3)
        >>> x.stride(), x.t().stride()
        ((3, 1), (1, 3))
        """
        array = self._array
        itemsize = array.itemsize
        strides = tuple([step // itemsize for step in array.strides])
        if 0 in strides:
            strides = known_strides(array.shape, strides)
        if dim is None:
            return strides
        if isinstance(dim, bool) or not hasattr(dim, "__index__"):
            raise TypeError(f"stride(): argument 'dim' (position 1) must be int, not {type(dim).__name__}")
        try:
            return strides[dim]
        except IndexError as error:
            raise torch_error(error, "stride", [array], axis=dim) from None

    def storage_offset(self) -> int:
        """Where its first element lies in the memory it shares, in elements.

        >>> import numpynet
        >>> numpynet.arange(5)[2:].storage_offset()
        2
        """
        before = 0
        if self._view is not None and owned_alike(self._view.root._array, self._array):
            before, array = self._view.root.storage_offset(), self._view.root._array
            before = before * array.itemsize // self._array.itemsize
        else:  # also after an assignment to .data
            base = self._array.base
            array = base if type(base) is ndarray and base.dtype == self._array.dtype else self._array
        return before + (self.data_ptr() - int(array.__array_interface__["data"][0])) // self._array.itemsize

    @property
    def _version(self) -> int:
        """How often its memory was overwritten, through this tensor or any view of that memory.

        RuntimeError for memory made in inference mode.
        """
        if self._writes[0] < 0:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self._writes[0]

    def is_inference(self) -> bool:
        """Whether its memory was made in inference mode: it is then never overwritten, or kept for a backward pass.

        >>> import numpynet
        >>> with numpynet.inference_mode():
        ...     x = numpynet.ones(2)
        >>> x.is_inference()
        True
        """
        return self._writes[0] < 0

    def _require_writing(self) -> None:
        """RuntimeError where this is memory made in inference mode, and that is over."""
        if self._writes[0] < 0 and not flags.inference:
            raise RuntimeError(
                "Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get "
                "a normal tensor before doing inplace update."
            )

    def _is_view(self) -> bool:
        """Whether it looks into another tensor's memory."""
        return self._view is not None

    @property
    def _base(self) -> Tensor | None:
        """The tensor whose memory this view looks into."""
        return None if self._view is None else self._view.root

    def data_ptr(self) -> int:
        """The address of its first element.

        >>> import numpynet
        >>> x = numpynet.arange(5)
        >>> x[1:].data_ptr() - x.data_ptr()
        8
        """
        return int(self._array.__array_interface__["data"][0])

    def is_contiguous(self, *, memory_format: memory_format = contiguous_format) -> bool:
        """Whether its elements lie in memory in the order of its indices, or of another memory format.

        >>> import numpynet
        >>> x = numpynet.zeros(2, 3)
        >>> x.is_contiguous(), x.t().is_contiguous()
        (True, False)
        """
        if memory_format is contiguous_format:
            return self._array.flags.c_contiguous
        return is_in_order(self._array, memory_format)

    def is_floating_point(self) -> bool:
        """Whether its dtype is a floating type.

        >>> import numpynet
        >>> numpynet.zeros(2).is_floating_point(), numpynet.tensor([1]).is_floating_point()
        (True, False)
        """
        return self._array.dtype.kind == "f"

    def is_complex(self) -> bool:
        """Whether its dtype is a complex type.

        >>> import numpynet
        >>> numpynet.zeros(2).is_complex(), numpynet.tensor(1j).is_complex()
        (False, True)
        """
        return self._array.dtype.kind == "c"

    # --- its place on the tape ------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded. Settable on leaves; RuntimeError on computed tensors."""
        view = self._view
        if view is None:
            return self._requires_grad
        return view.root._requires_grad or (self._requires_grad and type(self._node) is not Nowhere)

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not isinstance(wanted, bool):
            raise RuntimeError(f"requires_grad must be a bool, not {type(wanted).__name__}")
        if wanted and not self.is_leaf:
            raise RuntimeError("you can only change requires_grad flags of leaf variables.")
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Switches recording for this leaf on or off, and returns it.

        RuntimeError on integers, which have no derivative, and when switching off a computed tensor.

        >>> import numpynet
        >>> numpynet.tensor([1.0, 2.0]).requires_grad_()
        tensor([1., 2.], requires_grad=True)
        """
        if requires_grad is self._requires_grad and self._node is None and self._view is None:
            return self
        if not isinstance(requires_grad, bool):
            raise TypeError(
                f"requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
                f"{type(requires_grad).__name__}"
            )
        if not self.is_leaf:
            if not requires_grad:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to use a computed "
                    "variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
                )
            return self
        if requires_grad and self._array.dtype.kind not in "fc":
            raise RuntimeError(
                f"only Tensors of floating point and complex dtype can require gradients, but this one is "
                f"{self.dtype}: convert it first, as in x.float()"
            )
        if requires_grad and self._writes[0] < 0 and not flags.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._node, self._requires_grad = None, requires_grad
        epoch.count[0] += 1
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user, not computed from tensors that require a gradient."""
        return (self._node if self._view is None else self.grad_fn) is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the tape that made it, or None for a leaf."""
        if self._view is not None:
            self._refresh()
            if type(self._node) is Nowhere:
                return None
        return self._node if self._node is None else show(self._node)

    @property
    def grad(self) -> Tensor | None:
        """∂L/∂self, added to by every backward pass; None before the first."""
        grad = self._grad
        if grad is not None or (self._node is None and self._view is None):
            return grad
        if not self._retains_grad and self._node is not None and type(self._node) is not Nowhere:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated "
                "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor.",
                UserWarning,
                stacklevel=2,
            )
        return None

    @grad.setter
    def grad(self, gradient: Tensor | None) -> None:
        if gradient is not None:
            if not isinstance(gradient, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(gradient).__name__}"
                )
            if gradient._array.shape != self._array.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(gradient.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
            if gradient._array.dtype != self._array.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{gradient.dtype}' to a tensor of dtype "
                    f"'{self.dtype}': convert it first, as in gradient.to(x.dtype)"
                )
        self._grad = gradient

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def data(self) -> Tensor:
        """The same memory without history. Assigning replaces the memory and leaves the tape alone."""
        data = wrap(self._array)
        if self._writes[0] < 0:
            data._writes = self._writes
        return data

    @data.setter
    def data(self, new: Tensor) -> None:
        if not isinstance(new, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(new).__name__}")
        if new._array.dtype.kind not in "fc" and self._requires_grad:
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        if self._node is None and self._requires_grad and new._array is not self._array:  # as after p.data -= ...
            self._remember()
        if self._node is not None and type(self._array) is ndarray and new._array is not self._array:
            replaced[id(self._array)] = (weakref.ref(self._array), new._array, weakref.ref(self._node))
            altered[0] = True
        self._resized(new._array.shape)
        self._array = new._array
        if self._view is not None and not self.requires_grad:  # in whose root there is another memory
            hidden = leaf(Tensor, self._array, self._writes, False)
            view: Any = viewed(hidden, self._array, ops.reshape, self.shape)._view
            view.origin, self._view = self._view.origin, view
        epoch.count[0] += 1

    def _resized(self, shape: tuple[int, ...]) -> None:
        """Has the tape carry on a cotangent of this shape, where one is set for a computed tensor and not recorded."""
        node = self._node
        if node is not None and shape != self._array.shape and type(node) is not Nowhere:
            self._move_to(Resized(node, self._array.shape))

    def _remember(self) -> None:
        """Has operations that keep this leaf's data see, in the backward pass, those that are about to replace them."""
        if type(self._array) is ndarray:
            former = [one for one in self._former if one() is not None]
            self._former = (*former, weakref.ref(self._array))
            altered[0] = True

    def detach(self) -> Tensor:
        """The same memory without history: nothing that is done with the result reaches this tensor's grad.

        >>> import numpynet
        >>> x = numpynet.tensor([1.0], requires_grad=True)
        >>> (x * 2).detach()
        tensor([2.])
        """
        detached = wrap(self._array)
        detached._writes = self._writes
        return detached

    def detach_(self) -> Tensor:
        """Takes this tensor off the tape, in place.

        >>> import numpynet
        >>> x = numpynet.tensor([1.0], requires_grad=True)
        >>> y = x * 2
        >>> y.detach_()
        tensor([2.])
        """
        if self._view is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        if self._node is not None and type(self._array) is ndarray:
            detached[id(self._array)] = (weakref.ref(self._array), weakref.ref(self._node), next_number[0]())
            altered[0] = True
        self._node, self._requires_grad = None, False
        epoch.count[0] += 1
        return self

    def retain_grad(self) -> None:
        """Makes a computed tensor keep its gradient in `grad`, as leaves do.

        >>> import numpynet
        >>> x = numpynet.tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * 2
        >>> y.retain_grad()
        >>> y.square().sum().backward()
        >>> y.grad
        tensor([4., 8.])
        """
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        node = self.grad_fn
        if node is not None:
            self._retains_grad = True
            node.retained = weakref.ref(self)

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this computed tensor."""
        return self._retains_grad

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Calls `hook(gradient)` when this tensor's gradient is known; what it returns replaces the gradient.

        >>> import numpynet
        >>> x = numpynet.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda gradient: gradient * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        place: Any = self.grad_fn or self
        if place is self:
            leaves_hooked[0] = True
        if place._hooks is None:
            place._hooks = []
        return RemovableHandle(place._hooks, partial(_hooked, hook))

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Calls `hook(self)` each time a backward pass has added to this leaf's grad.

        >>> import numpynet
        >>> x = numpynet.tensor([1.0], requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda leaf: print(leaf.grad))
        >>> (x * 3).sum().backward()
        tensor([3.])
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if not self.is_leaf:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        leaves_hooked[0] = True
        self._accumulate_hooks = [] if self._accumulate_hooks is None else self._accumulate_hooks
        return RemovableHandle(self._accumulate_hooks, hook)

    def _run_hooks(self, gradient: Array) -> Array:
        """The tape's way to let this leaf's hooks see, and replace, its gradient."""
        for hook in tuple(self._hooks or ()):
            gradient = hook(gradient)
        return gradient.copy()  # a hook may have kept what it was shown

    def _accumulate(self, gradient: Array) -> None:
        """The tape's way to add to this leaf's grad; nobody else holds the array."""
        if not self._requires_grad:  # any more
            return
        array = self._array
        if gradient.shape != array.shape and not (self._reshaped or self._former):
            raise RuntimeError(f"a gradient formula returned shape {gradient.shape} for a leaf of shape {array.shape}")
        if gradient.dtype is not array.dtype:
            if gradient.dtype.kind == "c" != array.dtype.kind:  # a real number moves along the real axis alone
                gradient = gradient.real
            gradient = gradient.astype(array.dtype)
        tensor = None if type(gradient) is ndarray else in_graph(gradient)
        if tensor is not None:
            self._add_in_graph(tensor)
        elif self._grad is None:
            if type(gradient) is ndarray and gradient.strides != array.strides and gradient.shape == array.shape:
                gradient = laid_out_like(gradient, array)
            self._grad = wrap(gradient)
        else:
            self._grad._array += gradient
            self._grad._writes[0] += 1
        if self._accumulate_hooks is not None:
            for hook in tuple(self._accumulate_hooks):
                if listening.call(hook, self) is not None:
                    raise RuntimeError("Tensor post accumulate grad hooks should return None.")

    def _add_in_graph(self, gradient: Tensor) -> None:
        """Adds to `grad`, on the tape."""
        if self._grad is not None:
            self._grad = record(ops.add, (self._grad, gradient), {})
            return
        self._grad = record(ops.clone, (gradient,), {})
        if self._grad._node is not None:
            self._grad._node.title = COPIED  # type: ignore[attr-defined]

    def _retain(self, gradient: Array) -> None:
        """The tape's way to hand a computed tensor the gradient that it retains."""
        tensor = in_graph(gradient)
        if tensor is not None:
            self._add_in_graph(tensor)
            return
        self._grad = wrap(gradient.copy() if self._grad is None else self._grad._array + gradient)

    # --- operations, recorded -------------------------------------------------------------------------

    __operation__ = staticmethod(record)

    @staticmethod
    def __in_place__(operation: Op, operands: Sequence[Any], options: dict[str, Any]) -> Tensor:
        """Computes an operation, and writes its result into the memory of the first operand, which is returned."""
        overwritten: Tensor = operands[0]
        if len(operands) == 1 and operation.broadcasts and overwritten._is_quiet():
            return overwritten._overwrite_quietly(operation, options)
        return overwritten._overwrite(operation, operands, options)

    def _overwrite_quietly(self, operation: Op, options: dict[str, Any]) -> Tensor:
        """As `_overwrite`, of an operation of this tensor alone, element by element, off the tape."""
        try:
            result = operation(self, **options)._array
        except NotImplementedError:
            writeable(self._array)  # which is told first
            raise
        self._require_category(operation.name, result.dtype)
        self._write(result)
        return self

    def __take_over__(self, function: str, result: Tensor, operands: Sequence[Any] = ()) -> Tensor:
        """Takes a function's result over, as its ``out=``: the values, in this tensor's dtype, and the shape.

        RuntimeError when it cannot, see `_require_room`; a warning when it held elements and is resized.
        """
        self._require_room(function, result, operands)
        values, array = result._array, self._array
        if values.shape == array.shape:
            self._write(values)
            return self
        if array.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(array.shape)}, which does "
                f"not match the required output shape {list(values.shape)}: give {function}() an empty out=, or one of "
                f"this shape",
                UserWarning,
                stacklevel=4,
            )
        return self._resize(values)

    def _require_room(self, function: str, result: Tensor, operands: Sequence[Any]) -> None:
        """RuntimeError unless a function's result can be written here.

        It must not need a gradient, be of a higher category than this tensor's dtype, or be computed from memory that
        lies across this tensor's. An operand keeps its shape.
        """
        values, array = result._array, self._array
        differentiable = function not in _NOT_DIFFERENTIATED
        if result._requires_grad or (flags.enabled and differentiable and self.requires_grad):
            raise RuntimeError(
                f"{function}(): functions with out=... arguments don't support automatic differentiation, but one of "
                f"the arguments requires grad: compute without out=, or under no_grad()"
            )
        if (
            function in _EXACT
            and array.dtype != values.dtype
            and (function not in ("any", "all") or array.dtype != "u1")
        ):
            raise RuntimeError(
                f"{function}(): Expected out tensor to have dtype {dtypes.scalar_type_name(values.dtype)}, but got "
                f"{dtypes.scalar_type_name(array.dtype)} instead"
            )
        if not dtypes.can_cast_category(values.dtype, array.dtype):
            error = TypeError if function in ("cat", "stack") else RuntimeError
            raise error(
                f"{function}(): result type {dtypes.scalar_type_name(values.dtype)} can't be cast to the desired "
                f"output type {dtypes.scalar_type_name(array.dtype)}"
            )
        given = [one for operand in operands for one in (operand if isinstance(operand, (tuple, list)) else (operand,))]
        tensors = [one for one in given if isinstance(one, Tensor)]
        # Torch resizes before it looks, but of functions that pick elements or compute them one by one.
        other = function not in _PICKING and (function in _APART or any(one.numel() > values.size for one in tensors))
        written = values if other and values.shape != array.shape else array
        for place, one in enumerate(tensors):
            found = FULL if one is self else overlap(written, one._array, array)
            if found == PARTIAL or (found and place >= _APART.get(function, place + 1)):
                raise RuntimeError(OVERLAPS)
        if values.shape != array.shape:
            writeable(array if written is array else owner_of(array))
        if values.shape != array.shape and any(operand is self for operand in operands):
            raise RuntimeError(
                f"{function}(): output with shape {list(array.shape)} doesn't match the broadcast shape "
                f"{list(values.shape)}"
            )

    def _resize(self, values: Array) -> Tensor:
        """Takes over values of another shape, in this tensor's dtype.

        They go where its elements began, as far as that memory reaches, which others may look into; if it is too
        small for all, they also get a memory of their own. A view is a view no longer.
        """
        self._require_writing()
        values = values.astype(self._array.dtype)
        owner = self._array if self._array.base is None else self._array.base
        if isinstance(owner, ndarray) and owner.dtype == values.dtype and owner.flags.c_contiguous and self._array.size:
            start = (self.data_ptr() - int(owner.__array_interface__["data"][0])) // values.itemsize
            there = writeable(owner).reshape(-1)[start : start + values.size]
            there[...] = values.ravel("K")[: there.size]
            if there.size == values.size:
                values = np.ndarray(values.shape, values.dtype, owner, start * values.itemsize, values.strides)
        if self._view is not None and isinstance(self._node, OpNode):
            self._node.title = STRIDED
        self._resized(values.shape)
        self._array, self._view = values, None
        self._writes[0] += 1
        self._reshaped = self._writes[0]
        epoch.count[0] += 1
        return self

    def _edge(self) -> Edge:
        """Where this tensor's cotangent goes on the tape."""
        if self._view is not None:
            self._refresh()
        return self._node or self

    def _refresh(self) -> None:
        """Brings a view's place on the tape up to date after its memory was written to in place."""
        view = self._view
        assert view is not None
        root = view.root
        if type(self._node) is Nowhere and not root._requires_grad:
            self._node, self._requires_grad = None, False
        if self._requires_grad and view.version == self._writes[0]:
            return
        if view.origin == CUSTOM and self._requires_grad:
            view.refuse("its base or another view of its base has been modified inplace")
        if not root._requires_grad:  # any more
            if isinstance(self._node, OpNode):
                view.refuse("its base or another view of its base has been modified inplace")
                self._node.title = STRIDED
            return
        if view.version == self._writes[0]:
            self._move_to(Nowhere(()))
            return
        view.refuse("its base or another view of its base has been modified inplace")
        if self._requires_grad and root._rewritten <= view.version < root._reshaped:  # what is kept is as it was
            if isinstance(self._node, OpNode):
                self._node.title = STRIDED
            return
        again = root
        with enable_grad():
            for operation, options in view.steps(self._array):
                again = record(operation, (again,), options)
        if view.version < root._reshaped:
            led = again._view
            view.parent, view.operation, view.options = led.parent, led.operation, led.options  # type: ignore[union-attr]
        node: Any = again._node
        node.title = STRIDED
        self._move_to(node)
        view.version = self._writes[0]

    def _move_to(self, node: Node) -> None:
        """Puts this tensor at another place on the tape; its wish to retain its gradient goes with it."""
        if self._node is not None:
            self._node.retained, node.retained = None, self._node.retained
        self._node, self._requires_grad = node, True

    def _overwrite(
        self, operation: Op, operands: Sequence[Any], options: dict[str, Any], guards: Sequence[Tensor] | None = None
    ) -> Tensor:
        """Writes an operation's result, one operand of which is this tensor, into this tensor's memory.

        guards: the tensors among its options that must stay as they are until the backward pass.
        """
        self._require_writing()
        twin = None
        placing = bool(operation.array_options)
        for operand in operands:
            if isinstance(operand, Tensor) and not placing:
                refuse_overlap(self._array, operand._array)
        recorded = flags.enabled and operation not in LOGICAL
        if recorded and any(isinstance(one, Tensor) and one.requires_grad for one in operands):
            self._refuse_overwriting()
            twin = self._twin()
            position = next(position for position, operand in enumerate(operands) if operand is self)
            operands = [*operands[:position], twin, *operands[position + 1 :]]
        try:
            result = record(operation, operands, options)
        except (
            NotImplementedError
        ):  # which torch's kernels raise, and the result's dtype is checked before they are run
            kinds = [one._array if isinstance(one, Tensor) else one for one in operands]
            if operation.broadcasts:
                writeable(self._array)
                self._require_shape(operation, np.broadcast_shapes(*map(np.shape, kinds)))
            if operation.promotes == "common" and len(kinds) == 2:
                self._require_category(operation.name, dtypes.result_dtype(kinds))
            raise
        array, new = self._array, result._array
        if placing and operation is not ops.index_put:  # of which __setitem__ has taken care
            read = [one for one in (*operands[1:], *options.values()) if isinstance(one, Tensor)]
            _refuse_shared(array, [one._array for one in read], any(one is self for one in read))
        self._require_shape(operation, new.shape)
        self._require_category(operation.name, new.dtype)
        node = result._node
        if isinstance(node, OpNode) and twin is not None:
            node.overwrite(twin._array, new, array, self._writes)
            if guards is not None:
                node.watch(guards)
        if new.dtype != array.dtype:
            result = record(ops.cast, (result,), {"kind": array.dtype})
            if node is not None:
                result._node.title = node.name()  # type: ignore[union-attr]
        edge: Edge = result._node
        if twin is not None and operation in COMPARISONS and array.dtype.kind in "fc":
            counted = [one for one in operands if isinstance(one, Tensor) and one._requires_grad]
            title = f"{operation.name.capitalize()}Backward{1 if isinstance(operands[1], Tensor) else 0}"
            # taken before the memory is another, into which operands may look
            edge = Overwritten([one._edge() for one in counted], [one._array.shape for one in counted], title)
        self._write(result._array)
        if edge is not None:
            self._written(edge)
        return self

    def _require_shape(self, operation: Op, shape: tuple[int, ...]) -> None:
        """RuntimeError where a result of that shape is not this tensor's."""
        if shape != self._array.shape:
            raise RuntimeError(
                f"{operation.name}_: output with shape {list(self._array.shape)} doesn't match the broadcast shape "
                f"{list(shape)}: the result must fit into the tensor that is overwritten"
            )

    def _require_category(self, name: str, kind: np.dtype[Any]) -> None:
        """RuntimeError where a result of that dtype is not written over this tensor's."""
        if name == "abs" and self._array.dtype.kind == "c":
            raise RuntimeError("In-place abs is not supported for complex tensors: take the real tensor x.abs()")
        if not dtypes.can_cast_category(kind, self._array.dtype):
            raise RuntimeError(
                f"{name}_: result type {dtypes.scalar_type_name(kind)} can't be cast to the desired "
                f"output type {dtypes.scalar_type_name(self._array.dtype)}"
            )

    def _replace(self, values: Tensor) -> Tensor:
        """Writes values of this tensor's shape, computed from it, into its memory."""
        if values._array.shape != self._array.shape:
            raise RuntimeError(
                f"output with shape {list(self._array.shape)} doesn't match the broadcast shape "
                f"{list(values._array.shape)}: the result must fit into the tensor that is overwritten"
            )
        if values.requires_grad:
            self._refuse_overwriting()
        self._write(values._array)
        if values.requires_grad:
            self._written(values._edge())
        return self

    def _overwrite_at(self, operation: Op, index: Any, values: Tensor) -> Tensor:
        """As `_overwrite`, by an operation with values at an index of arrays."""
        _, arrays, guards = read_index(index, self._array.ndim)
        return self._overwrite(operation, (self, values), {"index": arrays}, guards)

    def _reshape(self, operation: Op, options: dict[str, Any], title: str) -> Tensor:
        """Turns this tensor itself into what a view operation makes of it; its memory stays.

        title: of the node that this makes. Views that were made of it before cannot be followed any more once something
        is written with a gradient.
        """
        self._require_writing()
        if flags.enabled and self.requires_grad:
            self._refuse_overwriting()
        twin = self._twin()
        twin._view = self._view
        part = record(operation, (twin,), options)
        if not part._requires_grad:
            self._resized(part._array.shape)
        self._array = part._array
        if part._requires_grad:
            part._node.title = title  # type: ignore[union-attr]
            self._move_to(part._node)  # type: ignore[arg-type]
        self._writes[0] += 1
        if self._view is not None:
            origin, self._view = self._view.origin, part._view
            self._view.origin = origin  # type: ignore[union-attr]
            if flags.enabled:
                self._view.version = self._writes[0]  # type: ignore[union-attr]
        else:
            self._reshaped = self._writes[0]
        epoch.count[0] += 1
        return self

    def _twin(self) -> Tensor:
        """This tensor once more, told apart by an array object of its own around the same memory."""
        twin = wrap(self._array.view())
        twin._writes = self._writes
        twin._node, twin._requires_grad = self._node, self._requires_grad
        return twin

    def _refuse_overwriting(self) -> None:
        """RuntimeError when the tape, which is on, would lose track of this tensor if it were overwritten."""
        if self._view is not None:
            self._view.refuse()
            self._refresh()
            if self._requires_grad and self._view.root._node is None:
                raise RuntimeError(
                    "a view of a leaf Variable that requires grad is being used in an in-place operation: "
                    "do it under no_grad(), or on a clone()"
                )
        if self._requires_grad and self._node is None:
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation: "
                "do it under no_grad(), or write x = x + 1 in place of x += 1"
            )

    def _write(self, values: Array) -> None:
        """Puts values of this tensor's shape into its memory."""
        self._require_writing()
        array = writeable(self._array)
        np.copyto(array, narrowed(values, array.dtype), casting="unsafe")
        self._counted()

    def _written(self, edge: Edge) -> None:
        """Puts this tensor, and all that look into its memory, on the tape behind what was written."""
        view = self._view
        if view is None:
            self._move_to(edge)
            self._rewritten = self._writes[0]
        else:
            root = view.root
            root._rewritten = root._writes[0]
            root._move_to(view.overwritten(self._array, root._edge() if root._requires_grad else None, edge))

    def _counted(self) -> None:
        """Counts what was just written into its memory."""
        self._writes[0] += 1

    def _fill_unrecorded(self, number: Any) -> None:
        """Writes one number everywhere, also where elements are one element of memory, past the tape."""
        self._require_writing()
        writeable(self._array, repeating=True)[...] = number
        self._counted()

    def _put(self, values: Tensor, title: str = "") -> None:
        """Puts values, cast and broadcast, into the whole of this tensor, on the tape.

        title: of the node that this makes of a tensor that is no view; by default as an assignment of values has it.
        """
        self._refuse_overwriting()
        array = self._array
        refuse_overlap(array, values._array, assigned=True)
        if values._array.dtype != array.dtype:
            values = record(ops.cast, (values,), {"kind": array.dtype})
        if values._array.shape != array.shape:
            superfluous = max(values.ndim - array.ndim, 0)
            if values._array.shape[:superfluous] == (1,) * superfluous:
                values = record(ops.reshape, (values,), {"shape": values._array.shape[superfluous:]})
            values = record(ops.expand, (values,), {"size": array.shape})
        edge = values._edge() if values.requires_grad else None  # before the memory is another, which they may share
        self._write(values._array)
        if self._view is None and (self._requires_grad or edge is not None):
            edges = [self._node] if edge is None else [self._node, edge]
            self._move_to(Overwritten(edges, [array.shape], title or COPIED))
        elif self._requires_grad or edge is not None:
            self._written(edge)

    # --- indexing -------------------------------------------------------------------------------------

    def _is_current(self) -> bool:
        """Whether the place of this view on the tape is up to date."""
        view: Any = self._view
        needed = self._requires_grad
        return needed and view.version == self._writes[0] if view.root._requires_grad else not needed

    def _is_quiet(self) -> bool:
        """Whether nothing that is done with this tensor needs the tape, or is listened to."""
        view = self._view
        if not self._requires_grad and (view is None or not view.root._requires_grad):
            return not heard[0]
        return not (heard[0] or flags.enabled)

    def __getitem__(self, index: Any) -> Tensor:
        if not heard[0] and (self._view is None or self._is_current()):
            array = self._array
            key = plain_key(index)
            try:
                if key is not None:
                    part = viewed(self, array[key], ops.index, key)
                    if self._requires_grad and (not paused or flags.enabled):
                        plan = ops.index.plans[1]
                        plan.remember(OpNode(), next_number[0](), part, {"index": key}, self, array)
                    return part
                key = array_key(index)
                if key is not None:
                    picked = wrap(ops.index.forward(array, index=key))
                    if self._requires_grad and (not paused or flags.enabled):
                        put_on_tape(picked, ops.index, 1, (self,), {"index": key}, (array,))
                        picked._node.watch(index if type(index) is tuple else (index,))  # type: ignore[union-attr]
                    return picked
            except IndexError as error:
                raise torch_error(error, "index", [array]) from None
        basic, arrays, guards = read_index(index, self._array.ndim)
        part = self if basic is None else record(ops.index, (self,), {"index": basic})
        if arrays is None:
            return part
        picked = record(ops.index, (part,), {"index": arrays})
        if isinstance(picked._node, OpNode):
            picked._node.watch(guards)
        return picked

    def __setitem__(self, index: Any, value: Any) -> None:
        index = None if index is True else index
        if self._is_quiet() and self._writes[0] >= 0:
            array = self._array
            given = alike(array, value)
            is_number = type(value) is float or not isinstance(value, Tensor)
            key = None if given is None or (type(index) is Tensor and index._array.ndim) else plain_key(index)
            if key is None and given is not None and array.size:
                if is_number:
                    key = array_key(index)
                elif given.ndim == 1:
                    key = array_key(index)
                    if any(owned_alike(array, one) for one in (given, *(key if type(key) is tuple else (key,)))):
                        key = None
            if key is not None:
                try:
                    if not is_number and owned_alike(array, given):
                        refuse_overlap(array[key], given, assigned=True)
                    fills = is_number and type(key) is ndarray and array.size <= _FEW
                    if fills and key.dtype.char == "?" and key.shape == array.shape:
                        putmask(array, key, given)
                    else:
                        array[key] = given
                    self._writes[0] += 1
                    return
                except (IndexError, TypeError, ValueError):  # told below
                    pass
        basic, arrays, guards = read_index(index, self._array.ndim, partial(self._refuse_placing, value))
        if arrays is not None and _is_byte_mask(index) and np.size(getattr(value, "_array", value)) == 1:
            self._shape_at(basic, arrays)  # what is wrong with the index is told first
            raise RuntimeError(
                "masked_fill_ only supports boolean masks, but got mask with dtype unsigned char: make it one, as in "
                "mask.bool()"
            )
        if not isinstance(value, Tensor):
            if not isinstance(value, (*_NUMBERS, complex, np.generic)):
                raise TypeError(
                    f"can't assign a {class_name(type(value))} to a torch.{self.dtype.tensor_type}: make a tensor of it"
                )
            value = wrap(dtypes.converted(value, self._array.dtype))
        elif arrays is not None:
            value = self._assignable(value, basic, arrays)
        elif value._array.dtype.kind == "c" != self._array.dtype.kind:
            value = record(ops.cast, (value,), {"kind": self._array.dtype})
        if arrays is not None and not (value._array.size == 1 and _is_one_mask(arrays)):
            memory = self._array if basic is None else self._array[basic]
            by_itself = basic is None and value is self and value._array.shape[:1] != (1,)
            by_itself = by_itself and ops.index.forward(memory, index=arrays).shape == value.shape
            _refuse_shared(memory, (value._array, *arrays), by_itself)
        recorded = self._array.dtype.kind in "fc" or arrays is not None
        if not recorded and not value._array.ndim:  # a number that fills integers, not one that is copied to another
            recorded = (self._array if basic is None else ops.index.forward(self._array, index=basic)).ndim > 0
        if flags.enabled and recorded and (self.requires_grad or value.requires_grad):
            if arrays is None and is_whole(basic, self._array.shape):
                self._put(value, "FillBackward3" if not value._array.ndim and self._array.ndim else "")
                return
            part = self if basic is None else record(ops.index, (self,), {"index": basic})
            if arrays is None:
                part._put(value)
                return
            part._overwrite(ops.index_put, (part, value), {"index": arrays}, guards)
            return
        self._require_writing()
        try:
            memory = self._array if basic is None else ops.index.forward(self._array, index=basic)
            if arrays is not None and not memory.flags.writeable:
                self._shape_at(basic, arrays)  # what is wrong with the index is told first
            memory = writeable(memory)
            if arrays is not None:
                arrays = within(arrays, memory)
            if arrays is None:
                refuse_overlap(memory, value._array, assigned=True)
            put(memory, ... if arrays is None else arrays, value._array)
        except IndexError as error:
            raise torch_error(error, "index_put", [self._array, value._array]) from None
        self._counted()

    def _shape_at(self, basic: Any, arrays: tuple[Any, ...]) -> tuple[int, ...]:
        """The shape of what is at an index in two parts, whatever its positions; IndexError where it has none."""
        memory = self._array if basic is None else self._array[basic]
        first = [np.zeros_like(one) if isinstance(one, ndarray) and one.dtype.kind != "b" else one for one in arrays]
        return computed(ops.index, [memory], {"index": tuple(first)}).shape

    def _refuse_placing(self, value: Any, parts: Sequence[Any]) -> None:
        """RuntimeError where this tensor must not be written to by way of an index, or the value lies in its memory."""
        recorded = self.requires_grad or (isinstance(value, Tensor) and value.requires_grad)
        if flags.enabled and recorded and self._array.dtype.kind in "fc":
            self._refuse_overwriting()
        if not isinstance(value, Tensor) or (value._array.size == 1 and _is_one_mask(parts)):
            return
        if all(isinstance(part, ndarray) or part is Ellipsis or part == slice(None) for part in parts):
            _refuse_shared(self._array, [value._array], value is self and value._array.shape[:1] != (1,))

    def _assignable(self, value: Tensor, basic: Any, arrays: tuple[Any, ...]) -> Tensor:
        """A tensor as it can be put at an index of arrays; RuntimeError for another dtype, or too many dimensions."""
        one_mask = _is_one_mask(arrays)
        if value._array.dtype != self._array.dtype:
            if not one_mask or value._array.size != 1:
                self._shape_at(basic, arrays)  # what is wrong with the index is told first
                raise RuntimeError(
                    f"Index put requires the source and destination dtypes match, got "
                    f"{dtypes.scalar_type_name(self._array.dtype)} for the destination and "
                    f"{dtypes.scalar_type_name(value._array.dtype)} for the source: convert it, as in value.to(x.dtype)"
                )
            fitting(value._array.item(), self._array.dtype)
            value = record(ops.cast, (value,), {"kind": self._array.dtype})
        if one_mask and value._array.size == 1:
            value = record(ops.reshape, (value,), {"shape": ()}) if value._array.ndim else value
            return record(ops.clone, (value,), {}) if owned_alike(self._array, value._array) else value
        if one_mask and value._array.ndim > 1:
            place = self._shape_at(basic, arrays)
            surplus = value._array.ndim - len(place)
            if surplus > 0 and value._array.shape[:surplus] == (1,) * surplus:
                return record(ops.reshape, (value,), {"shape": value._array.shape[surplus:]})
            if surplus > 0:
                raise RuntimeError(
                    f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to indexing result "
                    f"of shape {list(place)}"
                )
        return value

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        if self._is_quiet():
            array = self._array
            places = range(len(array))
            return iter(viewed_several(self, [array[i, ...] for i in places], "Unbind", places))
        return iter(self.unbind(0))

    def __reversed__(self) -> Tensor:
        return self.flip(0) if self._array.ndim else self

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, (Tensor, complex, *_NUMBERS)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}"
            )
        return bool(record(ops.eq, (self, element), {})._array.any())

    # --- out of the tensor ----------------------------------------------------------------------------

    def item(self) -> Any:
        """The one element as a Python number; RuntimeError when there are more or none.

        >>> import numpynet
        >>> numpynet.tensor([1.5]).item()
        1.5
        """
        if self._array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._array.size} elements cannot be converted to Scalar: "
                f"item() takes one element, tolist() all"
            )
        return self._array.item()

    def tolist(self) -> Any:
        """Its elements as nested lists of Python numbers, or one number for a 0-dimensional tensor.

        >>> import numpynet
        >>> numpynet.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        return self._array.tolist()

    def numpy(self, *, force: bool = False) -> Array:
        """Its array, sharing memory; RuntimeError when it requires a gradient, unless forced or under `no_grad`.

        >>> import numpynet
        >>> numpynet.tensor([1.0, 2.0]).numpy()
        array([1., 2.], dtype=float32)
        """
        if force is not True and force is not False:
            raise TypeError(f"numpy(): argument 'force' must be bool, not {type(force).__name__}")
        if self.requires_grad and flags.enabled and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """np.exp(t), recorded where the function is an operation of numpynet; beside an array it is not.

        TypeError where an array is the first operand, as that of ``array * t``, which torch refuses.
        """
        behind = not isinstance(inputs[0], Tensor)
        if behind and method == "__call__" and ufunc in _OPERATORS and isinstance(inputs[-1], Tensor):
            return inputs[1].__behind__(ufunc, inputs[0])
        operation = None if behind else OPERATION_OF_UFUNC.get(ufunc)
        alone = method == "__call__" and not kwargs and not any(isinstance(one, ndarray) for one in inputs)
        if operation is not None and alone:
            return record(operation, inputs, {})
        both = (*inputs, *kwargs.get("out", ()))
        has_gradient = flags.enabled and ufunc not in (np.equal, np.not_equal)
        if has_gradient and any(isinstance(one, Tensor) and one.requires_grad for one in both):
            raise RuntimeError(
                f"np.{ufunc.__name__} on a tensor that requires grad is not recorded: call the function of the same "
                f"name in numpynet, or detach() the tensor first. Use tensor.detach().numpy() instead."
            )
        targets = kwargs.get("out", ()) if method != "at" else inputs[:1]
        plain = [one._array if isinstance(one, Tensor) else one for one in inputs]
        if "out" in kwargs:
            kwargs["out"] = tuple(one._array if isinstance(one, Tensor) else one for one in kwargs["out"])
        result = getattr(ufunc, method)(*plain, **kwargs)
        for target in targets:
            if isinstance(target, Tensor):
                target._writes[0] += 1
        if "out" in kwargs:
            return targets[0] if len(targets) == 1 else targets
        if isinstance(result, tuple):
            return tuple(map(_wrapped, result))
        return None if result is None else _wrapped(result)

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise RuntimeError(
                f"Boolean value of Tensor with {'more than one' if self._array.size else 'no'} "
                f"value{'' if self._array.size else 's'} is ambiguous"
            )
        return bool(self._array.item())

    def __float__(self) -> float:
        if self._requires_grad or self._view is not None:
            self._warn_of_history()
        value = self._only_element()
        return float(value if type(value) is not complex else fitting(value, np.dtype(float)))

    def __int__(self) -> int:
        value = self._only_element()
        return int(value if type(value) is not complex else fitting(value, np.dtype(int)))

    def __complex__(self) -> complex:
        self._warn_of_history()
        return complex(self._only_element())

    def _warn_of_history(self) -> None:
        """A warning where a number of Python's loses how it was computed."""
        if self.requires_grad:
            warn_once(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                "Consider using tensor.detach() first."
            )

    def _only_element(self) -> Any:
        if self._array.size != 1:
            raise ValueError(
                f"only one element tensors can be converted to Python scalars, but this one has {self._array.size}"
            )
        return self._array.item()

    def __index__(self) -> int:
        if self._array.dtype.kind in "fc" or self._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __repr__(self) -> str:
        try:
            node = self.grad_fn
            made_by = None if node is None else node.name().rpartition("::")[2]
        except RuntimeError:  # of a view that was made in no_grad mode, and written to
            made_by = "Invalid"
        return printing.tensor_repr(
            self._array,
            grad_fn=made_by,
            requires_grad=self.requires_grad,
        )

    def __format__(self, spec: str) -> str:
        return printing.tensor_format(self._array, spec, tensor=self, plain=type(self) is Tensor)

    __hash__ = object.__hash__

    def __dir__(self) -> list[str]:
        """What completion shows: no private names but torch's own."""
        shown = ("_base", "_is_view", "_version")
        return [name for name in object.__dir__(self) if name[0] != "_" or name[:2] == "__" or name in shown]

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) in memo:
            return memo[id(self)]
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.* call: "
                "detach() or clone() the tensor first"
            )
        twin = _rebuild(type(self), _copied(self._array, memo), self._requires_grad, {})
        memo[id(self)] = twin
        twin._grad = copy.deepcopy(self._grad, memo)
        twin.__dict__.update(copy.deepcopy(self._attributes(), memo))
        return twin

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (type(self), self._array, self.requires_grad, self._attributes())

    def _attributes(self) -> dict[str, Any]:
        """The attributes that its user gave it."""
        return {name: value for name, value in self.__dict__.items() if name not in Tensor.__annotations__}


_PROMOTED = (Tensor, *_NUMBERS, complex)
_OPERANDS = (Tensor, bool, int, float, complex, ndarray, np.generic)
LOGICAL = (ops.logical_and, ops.logical_or, ops.logical_xor, ops.logical_not)
_PICKING = ("index_select", "take", "masked_select", "nonzero", "kthvalue")
# Functions which torch lets write nowhere into their operands, or not into those behind the first.
_APART = {
    **dict.fromkeys((*_PICKING, "gather", "take_along_dim", "cross", "linalg_cross"), 0),
    **dict.fromkeys(("cat", "concat", "concatenate", "stack", "hstack", "vstack", "row_stack"), 0),
    **dict.fromkeys(("dstack", "column_stack"), 0),
    **dict.fromkeys(("scatter", "scatter_add", "scatter_reduce", "index_add", "index_copy", "index_reduce"), 1),
}
_NOT_DIFFERENTIATED = {operation.name for operation in (*COMPARISONS, *LOGICAL)}  # written anywhere, past the tape
# Functions whose result is written in its own dtype alone; any and all also as uint8.
_EXACT = {
    *("abs", "all", "amax", "amin", "any", "argmax", "argmin", "bitwise_not", "bucketize", "ceil", "clamp", "diag"),
    *("floor", "gather", "index_select", "multinomial", "neg", "nonzero", "norm", "searchsorted", "sign", "take"),
    *("tril", "triu", "trunc", "where", "isin", "isposinf", "isneginf"),
}


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away again.

    >>> import numpynet
    >>> x = numpynet.ones(2, requires_grad=True)
    >>> handle = x.register_hook(lambda gradient: 10 * gradient)
    >>> handle.remove()
    >>> x.sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """

    _numbers = itertools.count()

    def __init__(self, hooks: list[Any] | dict[int, Any], hook: Any) -> None:
        self.id = next(number for number in self._numbers if number not in hooks)  # where they were read from a file
        self._hooks = hooks
        self._hook = hook
        if isinstance(hooks, dict):
            hooks[self.id] = hook
        else:
            hooks.append(hook)
        epoch.count[0] += 1

    def remove(self) -> None:
        """Takes the hook away; a second call does nothing."""
        hooks = self._hooks
        if isinstance(hooks, dict):
            hooks.pop(self.id, None)
        elif self._hook in hooks:
            hooks.remove(self._hook)
        epoch.count[0] += 1

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


_new = object.__new__
blank: Callable[[], Tensor] = type.__call__.__get__(Tensor)  # in three quarters of the time that object.__new__ takes


def wrap(array: Array) -> Tensor:
    """A leaf tensor around an array, sharing its memory."""
    tensor: Tensor = blank()
    tensor._array = array
    tensor._writes = [INFERENCE if inferring and flags.inference else 0]
    tensor._requires_grad = False
    tensor._node = tensor._view = None
    return tensor


def _wrapped(result: Any) -> Tensor:
    """A tensor around what a function of NumPy's returned; TypeError where no tensor has its dtype."""
    dtypes.from_numpy_dtype(result.dtype)
    return wrap(np.asarray(result) if isinstance(result, (np.generic, ndarray)) else result)


def viewed(parent: Tensor, array: Array, operation: Op, options: Any) -> Tensor:
    """A tensor around part of the memory of another one, to which the operation leads; a leaf as yet.

    options: as `View` has them.
    """
    tensor: Tensor = blank()
    tensor._array = array
    tensor._writes = parent._writes
    tensor._requires_grad = False
    tensor._node = None
    tensor._view = view = View()
    view.parent, view.operation, view.options = parent, operation, options
    above = parent._view
    if above is None:
        view.root = parent
        view.origin = "" if not paused or flags.enabled else UNRECORDED
    else:
        view.root = above.root
        view.origin = above.origin if not paused or flags.enabled else UNRECORDED
    view.version = tensor._writes[0]
    return tensor


def no_view(result: Tensor) -> Tensor:
    """The tensor as one of its own: what it is a view of nobody has, and torch gives it its shape in place."""
    result._view = None
    return result


def view_of_nobody(result: Tensor) -> Tensor:
    """The tensor as a view of one that nobody has, as torch gives what it computes anew and brings into shape.

    To overwrite it is to overwrite a view, after which its node has another name; it cannot be detached in place.
    """
    array = result._array
    hidden = leaf(Tensor, array, result._writes, result._requires_grad)
    hidden._node = result._node
    view = viewed(hidden, array, ops.reshape, array.shape)
    view._node, view._requires_grad = result._node, result._requires_grad
    return view


def viewed_several(parent: Tensor, arrays: Sequence[Array], function: str, places: Sequence[Any]) -> list[Tensor]:
    """The tensors of a function that gives several views, which are what stands at these places."""
    above = parent._view
    root = parent if above is None else above.root
    origin = UNRECORDED if paused and not flags.enabled else "" if above is None else above.origin
    if function != "Slice":  # of which torch makes ordinary views, one by one
        origin = origin or function
    writes = parent._writes
    version = writes[0]
    tensors = []
    for array, place in zip(arrays, places):  # noqa: B905  one each, and this is faster
        tensor: Tensor = blank()
        tensor._array = array
        tensor._writes = writes
        tensor._requires_grad = False
        tensor._node = None
        tensor._view = view = View()
        view.parent, view.root, view.origin, view.version = parent, root, origin, version
        view.operation, view.options = ops.index, place
        tensors.append(tensor)
    return tensors


def leaf(kind: type[Any], array: Array, writes: list[int], requires_grad: bool) -> Any:
    """A leaf of a subclass of Tensor around an array, with a version counter that others may share."""
    tensor = _new(kind)
    tensor._array, tensor._writes, tensor._requires_grad = array, writes, requires_grad
    tensor._node = tensor._view = None
    return tensor


def _rebuild(kind: type[Tensor], array: Array, requires_grad: bool, attributes: dict[str, Any]) -> Tensor:
    """A leaf from what a copy or a pickle holds of it."""
    tensor: Tensor = leaf(kind, array, [0], requires_grad)
    tensor.__dict__.update(attributes)
    return tensor


def memory_of(array: Array) -> Array:
    """The array that owns the memory that this one looks into; itself where that is not laid out plainly."""
    owner = owner_of(array)
    return owner if owner.dtype == array.dtype and owner.flags.c_contiguous else array


def _copied(array: Array, memo: dict[int, Any]) -> Array:
    """An array in a copy of its memory, which is copied once however many arrays look into it.

    Of memory that is not a tensor's own, such as a part of a user's array, only what the array sees is copied.
    """
    owner = memory_of(array)
    if owner is array:
        if id(array) not in memo:
            memo[id(array)] = array.copy()
            memo.setdefault(id(memo), []).append(array)  # which keeps it, and so its id, while the copying lasts
        return memo[id(array)]
    whole = _copied(owner, memo)
    offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return (
        np.ndarray(array.shape, array.dtype, whole.reshape(-1), offset, array.strides) if array.size else array.copy()
    )


def in_graph(gradient: Array) -> Tensor | None:
    """The tensor in an array's place, where the backward pass is itself recorded: see `numpynet.core.higher_order`."""
    return getattr(gradient, "__tensor__", None)


_shown: list[Callable[[], Tensor | None]] = [lambda: None]  # the gradient that a hook was shown last


def _hooked(hook: Callable[[Tensor], Tensor | None], gradient: Array) -> Array:
    """A gradient, or what a hook wants in place of it: TypeError or RuntimeError unless that is of its kind."""
    gradient = dense(gradient)
    tensor = in_graph(gradient)
    shown = _shown[0]() if tensor is None else tensor
    if shown is None or (tensor is None and shown._array is not gradient):  # by the hook before
        shown = wrap(gradient)
        _shown[0] = weakref.ref(shown)
    replaced = listening.call(hook, shown)
    if replaced is None:
        return gradient
    name = getattr(hook, "__name__", type(hook).__name__)
    if not isinstance(replaced, Tensor):
        raise TypeError(f"expected Variable, but hook '{name}' returned '{type(replaced).__name__}'")
    if replaced._array.shape != gradient.shape:
        raise RuntimeError(
            f"hook '{name}' has changed the size of value: from {gradient.shape} to {replaced._array.shape}"
        )
    if replaced._array.dtype != gradient.dtype:
        raise RuntimeError(
            f"hook '{name}' has changed the type of value: from {gradient.dtype} to {replaced._array.dtype}"
        )
    return replaced._array if tensor is None else type(gradient)(replaced)


def alike(array: Array, other: Any) -> Any:
    """An operand as what NumPy can put together with an array without a change of dtype; None where it cannot be."""
    kind = type(other)
    if kind is Tensor:
        return other._array if other._array.dtype is array.dtype and other._is_quiet() else None
    if array.dtype.char in "fd" and (kind is float or kind is int):
        return held(other, array.dtype.char) if -(2.0**63) < other < 2.0**63 else None
    return other if kind is int and array.dtype.kind == "i" and -128 <= other < 128 else None


def owned_alike(a: Array, b: Any) -> bool:
    """Whether two arrays look into one memory."""
    return type(b) is ndarray and (a if a.base is None else a.base) is (b if b.base is None else b.base)


FULL, PARTIAL = "full", "partial"
OVERLAPS = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)


def overlap(written: Array, read: Any, at: Array) -> str:
    """How an operand lies across the memory that is written: FULL, PARTIAL or nothing, as far as torch looks into it.

    at: the array where that memory begins, perhaps of another shape. Torch does not look into arrays with gaps.
    """
    if not (owned_alike(at, read) and written.size and read.size and is_dense(written) and is_dense(read)):
        return ""
    start, begin = (one.__array_interface__["data"][0] for one in (at, read))
    if start >= begin + read.nbytes or begin >= start + written.size * at.itemsize:
        return ""
    ours, theirs = (known_strides(one.shape, one.strides, one.itemsize) for one in (written, read))
    return FULL if start == begin and written.size == read.size and ours == theirs else PARTIAL


def refuse_overlap(written: Array, read: Any, assigned: bool = False) -> None:
    """RuntimeError where an operand lies across the memory that is written.

    assigned: whether the operand is copied there, for which torch first brings it to the shape of what is written.
    """
    if written is read or not owned_alike(written, read) or not read.size:
        return
    if assigned and not read.ndim:  # a number, which is read first
        return
    repeated = False
    if assigned and written.shape != read.shape:
        leading = next((axis for axis, size in enumerate(read.shape) if size != 1), read.ndim)
        repeated = leading == read.ndim and written.ndim > 0  # a number in every place, with strides of 0
        try:
            read = np.broadcast_to(read.reshape(read.shape[leading:]), written.shape)
        except ValueError:  # told where it is written
            return
    found = overlap(written, read, written)
    if found == PARTIAL or (found and repeated):
        raise RuntimeError(OVERLAPS)


def _is_byte_mask(index: Any) -> bool:
    """Whether the one tensor in an index is a mask of uint8."""
    parts = index if isinstance(index, tuple) else (index,)
    tensors = [one for one in parts if isinstance(one, Tensor)]
    if any(isinstance(one, (list, ndarray)) for one in parts):
        return False
    return len(tensors) == 1 and tensors[0]._array.dtype == np.uint8 and tensors[0]._array.ndim > 0


def _is_one_mask(arrays: Sequence[Any]) -> bool:
    """Whether an index of arrays has one only, which is a mask."""
    masks = [one for one in arrays if isinstance(one, ndarray)]
    return len(masks) == 1 and masks[0].dtype.kind == "b"


def _refuse_shared(written: Any, operands: Sequence[Any], by_itself: bool) -> None:
    """RuntimeError where an operand lies anywhere in the memory that is written by an index of arrays.

    by_itself: whether a tensor is assigned to its own elements as it is, which even of none is refused.
    """
    if type(written) is ndarray and any(by_itself or overlap(written, read, written) for read in operands):
        raise RuntimeError(OVERLAPS)
