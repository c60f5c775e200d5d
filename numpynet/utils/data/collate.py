"""Collating: from a list of samples to one batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from numpynet import creation, ops
from numpynet.core import dtypes, listening
from numpynet.core.tensor import Tensor, wrap

_WORDS = "SUO"  # kinds of NumPy dtypes that no tensor has


def default_collate(batch: Sequence[Any]) -> Any:
    """One batch of a list of equally built samples: what was a number or a tensor gets a first dimension.

    Tensors and arrays are stacked; integers and bools become a tensor, floats a float64 tensor; strings and
    bytes stay a list. Dictionaries, named tuples and lists are collated part by part and stay what they are;
    tuples become lists.

    TypeError for samples of other types; RuntimeError for parts that differ in size.

    >>> from numpynet.utils.data import default_collate
    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        if isinstance(batch, Tensor):
            raise TypeError("stack(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
        return _stacked(batch)
    if isinstance(first, np.ndarray):
        if first.dtype.kind in _WORDS:
            raise _foreign(first.dtype)
        return _stacked([creation.as_tensor(array) for array in batch])
    if isinstance(first, (np.bool_, np.number)):
        return creation.as_tensor(np.array(batch))
    if isinstance(first, float):
        return creation.tensor(batch, dtype=dtypes.float64)
    if isinstance(first, int):
        return creation.tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return _rebuilt_mapping(first, lambda key: default_collate([sample[key] for sample in batch]))
    if isinstance(first, Sequence):
        if not _is_named_tuple(first) and set(map(len, batch)) != {len(first)}:
            raise RuntimeError("each element in list of batch should be of equal size")
        return _rebuilt_sequence(first, [default_collate(parts) for parts in zip(*batch, strict=False)])
    raise _foreign(type(first))


def default_convert(data: Any) -> Any:
    """A sample with its NumPy arrays and scalars turned into tensors, and all else as it is.

    What a `DataLoader` without batches (batch_size=None) does to each sample. Tuples become lists, as in
    `default_collate`.

    >>> import numpy
    >>> from numpynet.utils.data import default_convert
    >>> default_convert({"x": numpy.arange(2), "y": 1.5})
    {'x': tensor([0, 1]), 'y': 1.5}
    """
    if isinstance(data, np.ndarray):
        return data if data.dtype.kind in _WORDS else creation.as_tensor(data)
    if isinstance(data, (np.bool_, np.number)):
        return creation.as_tensor(data)
    if isinstance(data, Mapping):
        return _rebuilt_mapping(data, lambda key: default_convert(data[key]))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _rebuilt_sequence(data, [default_convert(part) for part in data])
    return data


def _stacked(tensors: Sequence[Any]) -> Tensor:
    """As `ops.stack`; of tensors of one size and dtype that need no gradient by one call of NumPy."""
    first = tensors[0]._array
    if set(map(type, tensors)) == {Tensor} and not listening.count[0]:
        recorded = [one for one in tensors if one._requires_grad or (one._view and one._view.root._requires_grad)]
        try:
            stacked = np.array([one._array for one in tensors])
        except ValueError:  # of several sizes, which is told below
            return ops.stack(tensors)
        if not recorded and stacked.dtype == first.dtype:
            return wrap(stacked)
    return ops.stack(tensors)


def _foreign(found: Any) -> TypeError:
    return TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {found}"
    )


def _is_named_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _rebuilt_mapping(example: Mapping[Any, Any], part: Callable[[Any], Any]) -> Any:
    """A mapping of the example's type and keys; a plain dictionary where that type cannot be rebuilt."""
    parts = {key: part(key) for key in example}
    try:
        if isinstance(example, MutableMapping):
            rebuilt = copy.copy(example)  # keeps attributes that the type may have besides
            rebuilt.update(parts)
            return rebuilt
        return type(example)(parts)  # type: ignore[call-arg]
    except TypeError:
        return parts


def _rebuilt_sequence(example: Sequence[Any], parts: list[Any]) -> Any:
    """A sequence of the example's type; a list for tuples, and where that type cannot be rebuilt."""
    if _is_named_tuple(example):
        return type(example)(*parts)
    if isinstance(example, tuple):
        return parts
    try:
        if isinstance(example, MutableSequence):
            rebuilt = copy.copy(example)
            for position, part in enumerate(parts):
                rebuilt[position] = part
            return rebuilt
        return type(example)(parts)  # type: ignore[call-arg]
    except TypeError:
        return parts
