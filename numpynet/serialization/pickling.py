"""Pickling: an object as torch pickles it, with torch's names, and its tensors' memory kept apart."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from typing import Any, ClassVar

import numpy as np

from numpynet.core import dtypes
from numpynet.core.device import device
from numpynet.core.size import Size
from numpynet.core.tensor import Tensor, wrap
from numpynet.nn.parameter import Parameter
from numpynet.ops.form import Array
from numpynet.serialization.storage import NAMES, Place, place


class Name:
    """Something of torch's, which is not there: its module and its name stand in the pickle."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __call__(self, *args: Any) -> Any:
        """RuntimeError: it is only a name."""
        raise RuntimeError(f"{self.module}.{self.name} is a name in a pickle")


_TENSOR = Name("torch._utils", "_rebuild_tensor_v2")
_PARAMETER = Name("torch._utils", "_rebuild_parameter")
_WITH_ATTRIBUTES = Name("torch._tensor", "_rebuild_from_type_v2")
_TENSOR_TYPE = Name("torch", "Tensor")
_SIZE = Name("torch", "Size")
_DEVICE = Name("torch", "device")
_DTYPES = {kind: Name("torch", kind.name) for kind in dtypes.BY_NUMPY.values()}
_STORAGES = {dtype: Name("torch", name) for dtype, name in NAMES.items()}


class _Storage:
    """A storage in the pickle."""

    def __init__(self, key: str, owner: Array, more: tuple[Any, ...]) -> None:
        self.id = ("storage", _STORAGES[owner.dtype.name], key, "cpu", owner.size, *more)


class Pickler(pickle._Pickler):  # in Python: the one in C wants to import what it names
    """Writes an object; `storages` are the arrays whose memory it leaves out, in the order of their keys 0, 1, ..."""

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)
    write: Any
    memoize: Any
    save: Any

    def __init__(self, protocol: int, more: tuple[Any, ...] = ()) -> None:
        self.more = more
        self.file = io.BytesIO()
        super().__init__(self.file, protocol)
        self.storages: list[Array] = []
        self._keys: dict[int, _Storage] = {}

    def persistent_id(self, obj: Any) -> Any:
        """What stands for an object in the pickle where it is a storage."""
        return obj.id if isinstance(obj, _Storage) else None

    def reducer_override(self, obj: Any) -> Any:
        """How to make the object again, where it is of numpynet's own kinds."""
        if isinstance(obj, Parameter):
            return _PARAMETER, (_detached(obj), obj.requires_grad, OrderedDict())
        if isinstance(obj, Tensor):
            made = self._tensor(obj)
            return (_WITH_ATTRIBUTES, (*_split(made), obj._attributes())) if obj._attributes() else made
        if isinstance(obj, Size):
            return _SIZE, (tuple(obj),)
        if isinstance(obj, device):
            return _DEVICE, (str(obj),)
        return NotImplemented

    def _tensor(self, obj: Tensor) -> tuple[Name, tuple[Any, ...]]:
        where: Place = place(obj)
        storage = self._keys.get(id(where.owner))
        if storage is None:
            storage = self._keys[id(where.owner)] = _Storage(str(len(self.storages)), where.owner, self.more)
            self.storages.append(where.owner)
        return _TENSOR, (
            storage,
            where.offset,
            tuple(obj._array.shape),
            where.strides,
            obj.requires_grad,
            OrderedDict(),
        )

    def save_name(self, obj: Name) -> None:
        """A name of torch's."""
        self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        self.memoize(obj)

    def save_dtype(self, obj: Any) -> None:
        """A dtype, which is a name of torch's."""
        self.save(_DTYPES[obj])

    dispatch[Name] = save_name
    dispatch[dtypes.dtype] = save_dtype


def _split(made: tuple[Name, tuple[Any, ...]]) -> tuple[Name, Name, tuple[Any, ...]]:
    return made[0], _TENSOR_TYPE, made[1]


def _detached(parameter: Parameter) -> Tensor:
    """Its values alone."""
    return wrap(parameter._array)


def pickled(obj: Any, protocol: int, *more: Any) -> tuple[bytes, list[Array]]:
    """An object's pickle and the arrays whose memory is left out of it. more: what is said last of each storage."""
    pickler = Pickler(protocol, more)
    pickler.dump(obj)
    return pickler.file.getvalue(), [np.asarray(owner) for owner in pickler.storages]
