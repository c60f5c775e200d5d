"""dtypes: torch's element types, their names, and the rules by which two of them become one.

torch groups its types into categories (boolean < integer < floating < complex). A result takes the highest
category among its operands; within that category, tensors with dimensions outrank 0-dimensional
tensors, and those outrank Python numbers. A Python number therefore never widens a float32, and an
int64 tensor added to a float32 tensor stays float32 (NumPy would answer float64). What is floating gives
the complex results beside it their precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.core import epoch
from numpynet.core.shown_class import ShownAs
from numpynet.ops.acceptance import TORCH_SCALARS, filling, require_64_bits
from numpynet.ops.form import Array


class dtype(metaclass=ShownAs, torch_name="torch.dtype"):
    """The type of a tensor's elements, as torch names it.

    Obtained from the package (``numpynet.float32``), never constructed. Prints as torch prints it, so
    that a notebook's output does not change.

    >>> import numpynet
    >>> numpynet.float32, numpynet.float32.itemsize, numpynet.int64.is_floating_point
    (torch.float32, 4, False)
    """

    __slots__ = ("__weakref__", "itemsize", "kind", "name", "numpy", "tensor_type")

    kind: str  # the letter by which NumPy tells floating types and integers apart

    def __init__(self, name: str) -> None:
        self.name = name
        self.numpy: np.dtype[Any] = np.dtype(name)
        self.itemsize = self.numpy.itemsize
        self.kind = self.numpy.kind
        self.tensor_type = f"{TORCH_SCALARS[name]}Tensor"

    @property
    def is_floating_point(self) -> bool:
        """Whether this is a floating type."""
        return self.kind == "f"

    @property
    def is_complex(self) -> bool:
        """Whether this is a complex type."""
        return self.kind == "c"

    @property
    def is_signed(self) -> bool:
        """Whether negative values can be held."""
        return self.kind in "ifc"

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _by_name, (self.name,)


class AbsentDtype(dtype):
    """A dtype of torch's of which numpynet has the name, so that programs can ask for it, but no tensors."""

    __slots__ = ()

    def __init__(self, name: str, kind: str, itemsize: int) -> None:
        self.name, self.kind, self.itemsize = name, kind, itemsize


float16 = half = dtype("float16")
float32 = float_ = dtype("float32")
float64 = double = dtype("float64")
uint8 = dtype("uint8")
int8 = dtype("int8")
int16 = short = dtype("int16")
int32 = int_ = dtype("int32")
int64 = long = dtype("int64")
bool_ = dtype("bool")
bfloat16 = AbsentDtype("bfloat16", "f", 2)
complex32 = chalf = AbsentDtype("complex32", "c", 4)
complex64 = cfloat = dtype("complex64")
complex128 = cdouble = dtype("complex128")
uint16 = AbsentDtype("uint16", "u", 2)
uint32 = AbsentDtype("uint32", "u", 4)
uint64 = AbsentDtype("uint64", "u", 8)
_ABSENT = (bfloat16, complex32, uint16, uint32, uint64)


class _ByNumpy(dict[np.dtype[Any], dtype]):
    """The torch dtype of a NumPy dtype, of any byte order; TypeError when torch's core has none for it."""

    def __missing__(self, kind: np.dtype[Any]) -> dtype:
        native = self.get(kind.newbyteorder("="))
        if native is not None:
            return native
        supported = ", ".join(sorted(known.name for known in self.values()))
        raise TypeError(f"can't convert np.ndarray of type numpy.{kind}. The supported types are: {supported}.")


BY_NUMPY = _ByNumpy(
    (kind.numpy, kind)
    for kind in (float16, float32, float64, uint8, int8, int16, int32, int64, bool_, complex64, complex128)
)


def _by_name(name: str) -> dtype:
    return next(kind for kind in (*BY_NUMPY.values(), *_ABSENT) if kind.name == name)


_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
_OF_PYTHON: dict[Any, dtype] = {bool: bool_, int: int64, float: float64, complex: complex128}  # taken as dtypes
_default = float32


def from_numpy_dtype(kind: np.dtype[Any]) -> dtype:
    """The torch dtype of a NumPy dtype; TypeError when torch's core has none for it."""
    return BY_NUMPY[kind]


def to_numpy_dtype(kind: Any, operation: str, name: str = "dtype") -> np.dtype[Any]:
    """The NumPy dtype of a torch dtype; TypeError, naming the operation and its argument, for anything else.

    NotImplementedError for a dtype of which numpynet has the name alone.
    """
    if isinstance(kind, AbsentDtype):
        raise NotImplementedError(
            f"{operation}(): numpynet has no tensors of {kind!r}, only the name: "
            f"take another, as {'numpynet.complex64' if kind.is_complex else 'numpynet.float32'}"
        )
    if isinstance(kind, dtype):
        return kind.numpy
    if kind in _OF_PYTHON:
        return _OF_PYTHON[kind].numpy
    raise TypeError(
        f"{operation}(): argument '{name}' must be torch.dtype, not {type(kind).__name__}: "
        f"write numpynet.float32, not {kind!r}"
    )


def get_default_dtype() -> dtype:
    """The floating dtype that creation functions give Python floats.

    >>> import numpynet
    >>> numpynet.get_default_dtype()
    torch.float32
    """
    return _default


def set_default_dtype(d: dtype) -> None:
    """Sets the dtype that creation functions give Python floats; TypeError unless it is floating.

    >>> import numpynet
    >>> numpynet.set_default_dtype(numpynet.float64)
    >>> numpynet.tensor([1.5]).dtype
    torch.float64
    >>> numpynet.set_default_dtype(numpynet.float32)
    """
    global _default
    if not isinstance(d, dtype):
        raise TypeError(f"invalid dtype object: set_default_dtype takes a numpynet dtype, not {d!r}")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    to_numpy_dtype(d, "set_default_dtype", "d")
    _default = d
    epoch.count[0] += 1


def default_numpy_dtype() -> np.dtype[Any]:
    """The default floating dtype as NumPy's object."""
    return _default.numpy


def of_python_number(value: bool | int | float | complex) -> np.dtype[Any]:
    """The dtype that torch gives a Python number on its own."""
    if type(value) is float:
        return _default.numpy
    if isinstance(value, bool):
        return bool_.numpy
    if isinstance(value, complex):
        return as_complex(_default.numpy)
    return int64.numpy if isinstance(value, int) else _default.numpy


def of_wide_number(value: Any) -> dtype | None:
    """The widest dtype of a number's category, if that is floating, complex or boolean; None for anything else.

    NumPy's booleans count as floating, as in torch.
    """
    if isinstance(value, bool):
        return bool_
    if isinstance(value, (complex, np.complexfloating)):
        return complex128
    return float64 if isinstance(value, (float, np.floating, np.bool_)) else None


def promote_arrays(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """The common dtype of two operands of equal rank: the higher category wins whole."""
    if a == b:
        return a
    first, second = _CATEGORY[a.kind], _CATEGORY[b.kind]
    if first != second and first + second < 5:  # a floating and a complex one share a precision
        return a if first > second else b
    return np.promote_types(a, b)


def as_complex(kind: np.dtype[Any]) -> np.dtype[Any]:
    """The complex dtype whose parts are of this floating one; NotImplementedError for float16."""
    if kind.itemsize == 2:
        to_numpy_dtype(complex32, "complex")
    return (complex64 if kind.itemsize == 4 else complex128).numpy


def result_dtype(operands: list[Any]) -> np.dtype[Any]:
    """torch's result type of a mixture of arrays and Python numbers."""
    ranks: list[np.dtype[Any] | None] = [None, None, None]  # with dimensions, 0-dimensional, numbers
    for operand in operands:
        if isinstance(operand, np.ndarray):
            rank, kind = (0 if operand.ndim else 1), operand.dtype
        else:
            rank, kind = 2, of_python_number(operand)
        known = ranks[rank]
        ranks[rank] = kind if known is None else promote_arrays(known, kind)
    result = None
    for kind in ranks:
        if kind is None:
            continue
        if result is None or _CATEGORY[kind.kind] > _CATEGORY[result.kind]:
            result = kind if kind.kind != "c" or result is None or result.kind != "f" else as_complex(result)
    assert result is not None
    return result


def can_cast_category(source: np.dtype[Any], target: np.dtype[Any]) -> bool:
    """Whether torch writes a result of one dtype into memory of another: never into a lower category."""
    return _CATEGORY[source.kind] <= _CATEGORY[target.kind]


def scalar_type_name(kind: np.dtype[Any]) -> str:
    """torch's inner name of a dtype, as its messages use it: Float, Double, Long."""
    return TORCH_SCALARS[kind.name]


def of_tensor_type(wanted: Any) -> dtype:
    """The dtype of a type of tensors, or of torch's name of it, as "torch.FloatTensor".

    TypeError for what is neither, ValueError for a name that torch does not have, RuntimeError for another device's.
    """
    name = wanted if isinstance(wanted, str) else getattr(wanted, "__name__", None)
    if name is None or not isinstance(wanted, (str, type)):
        raise TypeError(f"dtype must be a type, str, or dtype object, not {type(wanted).__name__}")
    if isinstance(wanted, type) and wanted.__module__.startswith("numpynet"):
        name = f"torch.{name}"
    if name == "torch.Tensor":
        return _default
    if name.startswith("torch.cuda."):
        raise RuntimeError(f"numpynet computes on the CPU only: there is no {name}")
    for known in BY_NUMPY.values():
        if name == f"torch.{known.tensor_type}":
            return known
    raise ValueError(f"invalid type: '{name}': write numpynet.float32, or 'torch.FloatTensor'")


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The dtype of a result of tensors of these two; TypeError for what is no dtype.

    >>> import numpynet
    >>> numpynet.promote_types(numpynet.int64, numpynet.float32)
    torch.float32
    """
    return from_numpy_dtype(
        promote_arrays(to_numpy_dtype(type1, "promote_types", "type1"), to_numpy_dtype(type2, "promote_types", "type2"))
    )


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype of a result of these two, tensors or Python numbers; TypeError for anything else.

    >>> import numpynet
    >>> numpynet.result_type(numpynet.tensor([1, 2]), 1.5)
    torch.float32
    """
    operands = []
    for position, one in enumerate((tensor1, tensor2)):
        operand = one.item() if isinstance(one, np.generic) else getattr(one, "_array", one)
        if not isinstance(operand, (np.ndarray, bool, int, float, complex)):
            raise TypeError(
                f"result_type(): argument 'tensor{position + 1}' (position {position + 1}) must be Tensor or Number, "
                f"not {type(one).__name__}"
            )
        if isinstance(operand, int):
            require_64_bits(operand)
        operands.append(operand)
    return from_numpy_dtype(result_dtype(operands))


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether torch writes a result of one dtype into a tensor of another: never into a lower category.

    >>> import numpynet
    >>> numpynet.can_cast(numpynet.float64, numpynet.float32), numpynet.can_cast(numpynet.float32, numpynet.int64)
    (True, False)
    """
    return can_cast_category(to_numpy_dtype(from_, "can_cast", "from_"), to_numpy_dtype(to, "can_cast", "to"))


def converted(value: Any, kind: np.dtype[Any]) -> Array:
    """A number as a 0-dimensional array of a dtype, as torch writes it into a tensor; see `fitting`.

    RuntimeError for what the dtype cannot hold, ValueError for integers beyond int64.

    >>> converted(-1, np.dtype(np.uint8)), converted(2.7, np.dtype(np.int64))
    (array(255, dtype=uint8), array(2))
    """
    number = value.item() if isinstance(value, np.generic) else value
    if isinstance(number, int) and not -(2**63) <= number < 2**63:
        raise ValueError(f"Overflow when unpacking long long: {number} is too large for int64")
    return np.array(filling(number, kind), kind)
