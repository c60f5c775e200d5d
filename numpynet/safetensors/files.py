"""safetensors' files, whose bytes the package of that name reads and writes: here they are tensors on both sides."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from numpynet.core.device import require_cpu
from numpynet.core.tensor import Tensor, wrap
from numpynet.nn import Module
from numpynet.ops.form import Array
from numpynet.serialization.atomic_file import atomic_file

Path = str | os.PathLike[str]


def _safetensors() -> ModuleType:
    try:
        import safetensors.numpy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "numpynet.safetensors needs that package: pip install safetensors, or numpynet-backprop[safetensors]",
            name=error.name,
        ) from error
    return safetensors.numpy


def save(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a file of tensors.

    metadata: texts that are kept beside them.

    As in ``safetensors.torch``: ValueError for what is no tensor or not contiguous, RuntimeError for tensors that
    share memory, since the file could not tell of it.

    >>> import numpynet
    >>> from numpynet import safetensors
    >>> safetensors.load(safetensors.save({"weight": numpynet.ones(2)}))
    {'weight': tensor([1., 1.])}
    """
    arrays: dict[str, Array] = {}
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(f"safetensors: {name!r} is no tensor, but a {type(tensor).__name__}")
        if not tensor.is_contiguous():
            raise ValueError(f"safetensors: {name!r} is not contiguous, as the file's tensors are: save .contiguous()")
        for other, array in arrays.items():
            if np.shares_memory(array, tensor._array):
                raise RuntimeError(
                    f"safetensors: {other!r} and {name!r} share memory, of which the file cannot tell: save clones, or "
                    f"a module by save_model"
                )
        arrays[name] = np.ascontiguousarray(tensor._array).reshape(tensor.shape)
    written: bytes = _safetensors().save(arrays, None if metadata is None else dict(metadata))
    return written


def save_file(tensors: Mapping[str, Tensor], filename: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Writes a file of tensors, whole or not at all; the errors are those of `save`, and OSError.

    >>> import tempfile
    >>> import numpynet
    >>> from numpynet import safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     safetensors.save_file({"weight": numpynet.ones(2)}, f"{folder}/one.safetensors")
    ...     print(safetensors.load_file(f"{folder}/one.safetensors"))
    {'weight': tensor([1., 1.])}
    """
    written = save(tensors, metadata)
    with atomic_file(filename, "wb") as file:
        file.write(written)


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors in the bytes of a file, in the order of their names.

    RuntimeError for a damaged file, and for one with dtypes that numpynet has not.

    >>> import numpynet
    >>> from numpynet import safetensors
    >>> safetensors.load(safetensors.save({"count": numpynet.tensor(3)}))
    {'count': tensor(3)}
    """
    package = _safetensors()
    from safetensors import SafetensorError

    try:
        found = package.load(data)
    except KeyError as error:
        raise RuntimeError(f"safetensors: the file has a tensor of dtype {error.args[0]}, which is missing") from error
    except SafetensorError as error:
        raise RuntimeError(f"safetensors: this is no such file, or it is damaged: {error}") from error
    return {name: _tensor(name, array) for name, array in sorted(found.items())}


def load_file(filename: Path, device: Any = "cpu") -> dict[str, Tensor]:
    """The tensors in a file; the errors are those of `load`, and OSError.

    >>> import tempfile
    >>> import numpynet
    >>> from numpynet import safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     safetensors.save_file({"weight": numpynet.ones(2)}, f"{folder}/one.safetensors")
    ...     print(safetensors.load_file(f"{folder}/one.safetensors")["weight"])
    tensor([1., 1.])
    """
    require_cpu(device)
    with open(filename, "rb") as file:
        return load(file.read())


def save_model(model: Module, filename: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Writes the state of a module. Of tensors that are one and the same it writes the first, and notes the others.

    >>> import tempfile
    >>> from numpynet import nn, safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     safetensors.save_model(nn.Linear(2, 1), f"{folder}/line.safetensors")
    ...     print(sorted(safetensors.load_file(f"{folder}/line.safetensors")))
    ['bias', 'weight']
    """
    kept: dict[str, Tensor] = {}
    notes = dict(metadata or {})
    for name, tensor in model.state_dict().items():
        same = next((other for other, one in kept.items() if one._array is tensor._array), None)
        if same is None:
            kept[name] = tensor
        else:
            notes[name] = same
    save_file({name: tensor.contiguous() for name, tensor in kept.items()}, filename, notes or None)


def load_model(model: Module, filename: Path, strict: bool = True, device: Any = "cpu") -> tuple[set[str], list[str]]:
    """Puts the state of a module into one like it. Returns the names that the file lacks, and those that it has beside.

    RuntimeError where sizes differ, and with `strict` where names do.

    >>> import tempfile
    >>> from numpynet import nn, safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     safetensors.save_model(nn.Linear(2, 1), f"{folder}/line.safetensors")
    ...     print(safetensors.load_model(nn.Linear(2, 1), f"{folder}/line.safetensors"))
    (set(), [])
    """
    state, found = model.state_dict(), load_file(filename, device)
    for name, tensor in state.items():
        same = next((other for other in found if other in state and state[other]._array is tensor._array), None)
        if name not in found and same is not None:
            found[name] = found[same]
    missing, unexpected = model.load_state_dict(found, strict=strict)
    return set(missing), list(unexpected)


def _tensor(name: str, array: Array) -> Tensor:
    try:
        return wrap(array.copy())
    except (KeyError, TypeError) as error:
        raise RuntimeError(f"safetensors: {name!r} is of dtype {array.dtype}, which is missing") from error
