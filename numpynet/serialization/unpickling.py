"""Unpickling: the objects of torch's files, without running anything that stands in them.

A pickle is a program: it names functions and has them called. Here it may name only what is in `_ALLOWED`, which
follows the list of ``torch.load(weights_only=True)`` (torch/_weights_only_unpickler.py), call only what is a function
there, and give a state only to what takes one harmlessly. Everything else is refused before it is looked up.
"""

from __future__ import annotations

import io
import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import IO, Any, ClassVar

import numpy as np

from numpynet import ops
from numpynet.core import dtypes
from numpynet.core.device import device
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor
from numpynet.nn.parameter import Parameter
from numpynet.ops import complex_numbers
from numpynet.ops.form import Array
from numpynet.serialization.storage import TYPES, StorageType, tensor_at

FindStorage = Callable[[Any], Array]

# --- what a pickle may call ---------------------------------------------------------------------------------


def _tensor(
    storage: Any, offset: Any, sizes: Any, strides: Any, requires_grad: Any = False, hooks: Any = None, bits: Any = None
) -> Tensor:
    """torch._utils._rebuild_tensor_v2. bits: whether the numbers stand for their conjugates or negatives."""
    if not isinstance(storage, np.ndarray):
        raise ValueError(f"a tensor around a {type(storage).__name__}")
    bits = bits or {}
    if not isinstance(bits, dict) or not bits.keys() <= {"conj", "neg"}:
        raise ValueError(f"a tensor with {bits!r}")
    tensor = tensor_at(storage, offset, sizes, strides)
    tensor = complex_numbers.conj(tensor) if bits.get("conj") else tensor
    return _requiring(ops.neg(tensor) if bits.get("neg") else tensor, requires_grad)


def _parameter(data: Any, requires_grad: Any = True, hooks: Any = None, state: Any = None) -> Parameter:
    """torch._utils._rebuild_parameter and _rebuild_parameter_with_state"""
    if not isinstance(data, Tensor):
        raise ValueError(f"a parameter around a {type(data).__name__}")
    parameter = Parameter(data, False)
    return _with_attributes(_requiring(parameter, requires_grad), state)


def _tensor_with_attributes(rebuild: Any, kind: Any, args: Any, state: Any) -> Any:
    """torch._tensor._rebuild_from_type_v2, of plain tensors and parameters"""
    if rebuild not in (_tensor, _parameter) or kind not in (_TENSOR_TYPE, _PARAMETER_TYPE) or type(args) is not tuple:
        raise ValueError("a tensor of another class")
    return _with_attributes(rebuild(*args), state)


def _requiring(tensor: Any, requires_grad: Any) -> Any:
    if type(requires_grad) is not bool:
        raise ValueError(f"requires_grad={requires_grad!r}")
    return tensor.requires_grad_() if requires_grad else tensor


def _with_attributes(tensor: Any, state: Any) -> Any:
    """A tensor with the attributes that its user gave it."""
    for name, value in (state or {}).items():
        if type(name) is not str or hasattr(tensor, name) or name.startswith("_"):
            raise ValueError(f"an attribute {name!r} of a tensor")
        setattr(tensor, name, value)
    return tensor


def _encoded(text: Any, encoding: Any) -> bytes:
    """_codecs.encode, as bytes are pickled for old versions of Python"""
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes in the encoding {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """bytes, as of none"""
    return b""


def _bytearray(content: Any = b"", encoding: Any = "latin1") -> bytearray:
    return bytearray(content if type(content) is bytes else _encoded(content, encoding))


def _size(sizes: Any) -> Size:
    return Size([int(size) for size in sizes])


def _empty_array(kind: Any, shape: Any, code: Any) -> Array:
    """numpy's _reconstruct: an array that gets its contents as a state"""
    if kind is not _ARRAY_TYPE or shape != (0,):
        raise ValueError("an array of another class")
    return np.empty(0, np.int8)


def _dtype(name: Any, *_: Any) -> np.dtype[Any]:
    """numpy.dtype of numbers and booleans"""
    if type(name) is not str or name.lstrip("<|=") not in _NUMPY_KINDS:
        raise ValueError(f"an array of dtype {name!r}")
    return np.dtype(name)


def _scalar(dtype: Any, content: Any) -> Any:
    """numpy's own number"""
    if not isinstance(dtype, np.dtype) or type(content) is not bytes or len(content) != dtype.itemsize:
        raise ValueError("a number of another size")
    return np.frombuffer(content, dtype)[0]


class _Kind:
    """A class that a pickle may name, but not call or change."""


_TENSOR_TYPE, _PARAMETER_TYPE, _ARRAY_TYPE = _Kind(), _Kind(), _Kind()
_NUMPY_KINDS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1", "c8", "c16")
_ALLOWED: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._tensor", "_rebuild_from_type_v2"): _tensor_with_attributes,
    ("torch", "Tensor"): _TENSOR_TYPE,
    ("torch.nn.parameter", "Parameter"): _PARAMETER_TYPE,
    ("torch", "Size"): _size,
    ("torch", "device"): device,
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "Counter"): Counter,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "complex"): complex,
    ("builtins", "bytes"): _no_bytes,
    ("builtins", "bytearray"): _bytearray,
    ("_codecs", "encode"): _encoded,
    ("numpy", "ndarray"): _ARRAY_TYPE,
    ("numpy", "dtype"): _dtype,
    **{("torch", kind.name): kind for kind in dtypes.BY_NUMPY.values()},
    **{("torch", name): kind for name, kind in TYPES.items()},
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _empty_array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
}
_CALLED = [one for one in _ALLOWED.values() if callable(one) and not isinstance(one, (dtypes.dtype, StorageType))]


# --- the machine --------------------------------------------------------------------------------------------


class _Bounded:
    """A file of which no more is read than there is."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file = file
        self.left = size

    def read(self, n: int) -> bytes:
        """That many bytes; EOFError where there are fewer."""
        if not 0 <= n <= self.left:
            raise EOFError("Ran out of input")
        self.left -= n
        return self.file.read(n)

    def readline(self) -> bytes:
        """The bytes up to the end of a line."""
        line = self.file.readline(self.left)
        self.left -= len(line)
        return line


class Unpickler(pickle._Unpickler):  # in Python, where what an instruction does can be replaced
    """Carries out a pickle's instructions, as far as they are allowed.

    find_storage: gives the memory that a persistent id stands for.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    stack: list[Any]

    def __init__(self, file: IO[bytes], size: int, find_storage: FindStorage, encoding: str = "utf-8") -> None:
        super().__init__(_Bounded(file, size), encoding=encoding)
        self.find_storage = find_storage

    def find_class(self, module: str, name: str) -> Any:
        """What the pickle names; UnpicklingError where that is not allowed."""
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(_refusal(module, name)) from None

    def persistent_load(self, pid: Any) -> Any:
        """The storage that an id stands for."""
        return self.find_storage(pid)

    def load_reduce(self) -> None:
        """REDUCE: a call."""
        args = self.stack.pop()
        function = self.stack[-1]
        if type(args) is not tuple or not any(function is one for one in _CALLED):
            raise pickle.UnpicklingError(f"Weights only load failed: a call of a {type(function).__name__}")
        self.stack[-1] = function(*args)

    def load_newobj(self) -> None:
        """NEWOBJ: an instance, only of dictionaries."""
        args = self.stack.pop()
        kind = self.stack.pop()
        if kind not in (OrderedDict, Counter) or args != ():
            raise pickle.UnpicklingError(f"Weights only load failed: an instance of {kind!r}")
        self.stack.append(kind())

    def load_build(self) -> None:
        """BUILD: a state for what has just been made."""
        state = self.stack.pop()
        made = self.stack[-1]
        if type(made) is OrderedDict and type(state) is dict and all(type(key) is str for key in state):
            for key, value in state.items():
                if hasattr(OrderedDict, key):
                    raise pickle.UnpicklingError(f"Weights only load failed: an attribute {key!r} of a dictionary")
                setattr(made, key, value)
        elif type(made) is np.ndarray:
            _fill(made, state)
        elif not (isinstance(made, np.dtype) and type(state) is tuple and state[1:2] in (("<",), ("|",))):
            raise pickle.UnpicklingError(f"Weights only load failed: a state for a {type(made).__name__}")

    def refuse(self) -> None:
        """An instruction that torch's files do not have."""
        raise pickle.UnpicklingError("Weights only load failed: an instruction that no state dict has")

    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.BUILD[0]] = load_build
    for _code in (
        *(pickle.OBJ, pickle.INST, pickle.NEWOBJ_EX, pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.PERSID),
        *(pickle.NEXT_BUFFER, pickle.READONLY_BUFFER),
    ):
        dispatch[_code[0]] = refuse


def _fill(array: Array, state: Any) -> None:
    """Gives an array of NumPy's its shape and contents."""
    _, shape, dtype, fortran, content = state
    sizes_fit = type(shape) is tuple and all(type(size) is int and size >= 0 for size in shape)
    if array.size or not sizes_fit or not isinstance(dtype, np.dtype) or type(content) is not bytes:
        raise ValueError("a state of an array")
    array.__setstate__((1, shape, dtype, bool(fortran), content))  # type: ignore[arg-type]  # which compares the sizes


def _refusal(module: str, name: str) -> str:
    return (
        f"Weights only load failed: Unsupported global: GLOBAL {module}.{name} was not an allowed global by default. "
        f"Only tensors, numbers and text in dicts, lists and tuples are read: of a module save the state_dict(); or "
        f"load with weights_only=False, if the file is from someone you trust, which runs what stands in it."
    )


class TrustingUnpickler(pickle.Unpickler):
    """Carries out a whole pickle, torch's names included: only for files that are trusted."""

    def __init__(self, file: IO[bytes], find_storage: FindStorage, encoding: str = "utf-8") -> None:
        super().__init__(file, encoding=encoding)
        self.find_storage = find_storage

    def find_class(self, module: str, name: str) -> Any:
        """What the pickle names: torch's names here, all others by importing them."""
        kinds = {_TENSOR_TYPE: Tensor, _PARAMETER_TYPE: Parameter}
        known = _ALLOWED.get((module, name)) if module.split(".")[0] == "torch" else None
        return super().find_class(module, name) if known is None else kinds.get(known, known)

    def persistent_load(self, pid: Any) -> Any:
        """The storage that an id stands for."""
        return self.find_storage(pid)


def unpickled(
    content: bytes | IO[bytes], size: int, find_storage: FindStorage, *, trusted: bool, encoding: str = "utf-8"
) -> Any:
    """The object of a pickle, which is in memory or the next thing in a file of `size` more bytes."""
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    if trusted:
        return TrustingUnpickler(file, find_storage, encoding).load()
    return Unpickler(file, size, find_storage, encoding).load()
