"""Old types: ``torch.FloatTensor`` and its kin, which make tensors of a dtype, and whose instances these seem to be."""

from __future__ import annotations

from typing import Any

from numpynet.core import dtypes
from numpynet.core.tensor import Tensor
from numpynet.creation.from_data import legacy_tensor
from numpynet.ops.layout import strided
from numpynet.ops.warning import warn_once


class tensortype(type):
    """The type of ``torch.FloatTensor`` and its kin."""

    dtype: dtypes.dtype
    layout = strided
    is_cuda = is_sparse = False

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __call__(cls, *args: Any, size: Any = None, data: Any = None, device: Any = None) -> Tensor:
        """An uninitialised tensor of these sizes, or one of data; see `legacy_tensor`."""
        return legacy_tensor(*args, size=size, data=data, device=device, kind=cls.dtype.numpy)

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


def _of(dtype: dtypes.dtype) -> tensortype:
    """The type of a dtype's tensors.

    >>> import numpynet
    >>> numpynet.LongTensor([[1, 2]]), isinstance(numpynet.ones(1), numpynet.LongTensor)
    (tensor([[1, 2]]), False)
    """
    doc = f"""A tensor of {dtype}: uninitialised of sizes, or of data.

    >>> import numpynet
    >>> numpynet.{dtype.tensor_type}([1, 0]).dtype, numpynet.{dtype.tensor_type}(2, 3).shape
    ({dtype}, torch.Size([2, 3]))
    """
    return tensortype(dtype.tensor_type, (), {"dtype": dtype, "__doc__": doc, "__module__": __name__})


FloatTensor = _of(dtypes.float32)
DoubleTensor = _of(dtypes.float64)
HalfTensor = _of(dtypes.float16)
ByteTensor = _of(dtypes.uint8)
CharTensor = _of(dtypes.int8)
ShortTensor = _of(dtypes.int16)
IntTensor = _of(dtypes.int32)
LongTensor = _of(dtypes.int64)
BoolTensor = _of(dtypes.bool_)


def set_default_tensor_type(t: Any) -> None:
    """Sets the default dtype to that of a type of tensors or of its name, with a warning: see `set_default_dtype`.

    TypeError for what is no such type or not floating, ValueError for a name that there is not.

    >>> import numpynet
    >>> numpynet.set_default_tensor_type(numpynet.FloatTensor)
    >>> numpynet.get_default_dtype()
    torch.float32
    """
    if isinstance(t, dtypes.dtype):
        raise TypeError(
            f"invalid type object: set_default_tensor_type takes torch.FloatTensor or its kin; for {t} there is "
            f"set_default_dtype"
        )
    dtypes.set_default_dtype(dtypes.of_tensor_type(t))
    warn_once(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives."
    )
