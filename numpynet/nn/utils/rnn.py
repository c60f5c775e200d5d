"""rnn: sequences of different lengths in one tensor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from numpynet import ops
from numpynet.composite.results import titled
from numpynet.core.dtypes import int64
from numpynet.core.tensor import Tensor, wrap
from numpynet.creation import arange, as_tensor, empty_like, full
from numpynet.ops.arguments import no_tensor, require

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__


def pad_sequence(
    sequences: Tensor | Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (Lᵢ, ...) side by side in one tensor (max L, N, ...), or (N, max L, ...), filled up with a number.

    padding_side: "right" or "left". RuntimeError for no sequences and for sequences whose other sizes differ.

    >>> import numpynet
    >>> from numpynet.nn.utils.rnn import pad_sequence
    >>> pad_sequence([numpynet.tensor([1, 2]), numpynet.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    parts = list(sequences) if isinstance(sequences, Tensor) else sequences
    require("pad_sequence", (parts, batch_first, padding_value, padding_side))
    if not parts:
        raise RuntimeError("pad_sequence(): received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    rest = parts[0].shape[1:]
    for part in parts:
        if not part.ndim:
            raise RuntimeError("pad_sequence(): a sequence has at least one dimension, but one of them has none")
        if part.shape[1:] != rest:
            raise RuntimeError(
                f"pad_sequence(): The expanded size of the tensor must match: sequences of shapes "
                f"{list(parts[0].shape)} and {list(part.shape)} differ beyond their length"
            )
    length, count = max(len(part) for part in parts), len(parts)
    shape = (count, length, *rest) if batch_first else (length, count, *rest)
    padded = full(shape, padding_value, dtype=parts[0].dtype)
    for number, part in enumerate(parts):
        place = slice(0, len(part)) if padding_side == "right" else slice(length - len(part), length)
        padded[(number, place) if batch_first else (place, number)] = part
    return padded


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences (Lᵢ, ...) of these lengths that `pad_sequence` has filled up on the right.

    >>> import numpynet
    >>> from numpynet.nn.utils.rnn import unpad_sequence
    >>> unpad_sequence(numpynet.tensor([[1, 2], [3, 0]]), numpynet.tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    steps = arange(rows.shape[1], device=lengths.device)
    return [row[steps < length] for row, length in zip(rows, lengths, strict=True)]


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences of different lengths without padding: what recurrent layers take in the place of a tensor.

    data: the rows of all first steps, then those of all second steps, ..., (Σ Lᵢ, ...). batch_sizes: how many rows
    each step has. sorted_indices, unsorted_indices: the order that brings the sequences from the longest to the
    shortest, and back. It is made by `pack_sequence` and `pack_padded_sequence`.

    >>> import numpynet
    >>> from numpynet.nn.utils.rnn import pack_sequence
    >>> pack_sequence([numpynet.tensor([1, 2]), numpynet.tensor([3])]).data
    tensor([1, 3, 2])
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if not isinstance(batch_sizes, Tensor):
            raise no_tensor("PackedSequence", "batch_sizes", 2, batch_sizes, asks="device")
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same sequences with data of another dtype; itself where they have it already.

        >>> import numpynet
        >>> from numpynet.nn.utils.rnn import pack_sequence
        >>> pack_sequence([numpynet.tensor([1, 2])]).to(numpynet.float32).data
        tensor([1., 2.])
        """
        return self._with(self.data.to(*args, **kwargs))

    def _with(self, data: Tensor) -> PackedSequence:
        return self if data is self.data else type(self)(data, *self[1:])

    def double(self) -> PackedSequence:
        """With float64 data.

        >>> import numpynet
        >>> from numpynet.nn.utils.rnn import pack_sequence
        >>> pack_sequence([numpynet.tensor([1, 2])]).double().data.dtype
        torch.float64
        """
        return self._with(self.data.double())

    def float(self) -> PackedSequence:
        """With float32 data.

        >>> import numpynet
        >>> from numpynet.nn.utils.rnn import pack_sequence
        >>> pack_sequence([numpynet.tensor([1, 2])]).float().data.dtype
        torch.float32
        """
        return self._with(self.data.float())

    def long(self) -> PackedSequence:
        """With int64 data.

        >>> import numpynet
        >>> from numpynet.nn.utils.rnn import pack_sequence
        >>> pack_sequence([numpynet.tensor([1.0, 2.0])]).long().data
        tensor([1, 2])
        """
        return self._with(self.data.long())

    def cpu(self) -> PackedSequence:
        """Itself.

        >>> import numpynet
        >>> from numpynet.nn.utils.rnn import pack_sequence
        >>> packed = pack_sequence([numpynet.tensor([1, 2])])
        >>> packed.cpu() is packed
        True
        """
        return self

    def is_pinned(self) -> bool:
        """False.

        >>> import numpynet
        >>> from numpynet.nn.utils.rnn import pack_sequence
        >>> pack_sequence([numpynet.tensor([1, 2])]).is_pinned()
        False
        """
        return False

    @property
    def is_cuda(self) -> bool:
        """False.

        >>> import numpynet
        >>> pack_sequence([numpynet.tensor([1, 2])]).is_cuda
        False
        """
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one.

    >>> import numpynet
    >>> from numpynet.nn.utils.rnn import invert_permutation
    >>> invert_permutation(numpynet.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    return empty_like(permutation).scatter_(0, permutation, arange(permutation.numel()))


def _places(batch_sizes: Sequence[int], batch_first: bool) -> tuple[Any, Any]:
    """Where the packed rows stand in a padded tensor: for each its step and its sequence, in the tensor's order."""
    time = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    sequence = np.concatenate([np.arange(size) for size in batch_sizes])
    return (sequence, time) if batch_first else (time, sequence)


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Padded sequences (T, N, ...), or (N, T, ...), without their padding.

    lengths: of the N sequences. enforce_sorted: whether they must come from the longest to the shortest; otherwise
    they are brought into that order. RuntimeError where they do not, for lengths that are not positive or exceed T,
    and for another number of lengths.

    >>> import numpynet
    >>> from numpynet.nn.utils.rnn import pack_padded_sequence
    >>> pack_padded_sequence(numpynet.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True).data
    tensor([1, 3, 2])
    """
    counts = as_tensor(lengths, dtype=int64)
    order = None
    if not enforce_sorted:
        counts, order = counts.sort(descending=True)
        input = input.index_select(0 if batch_first else 1, order)
    require("pack_padded_sequence", (input, counts, batch_first))
    if counts.ndim != 1:
        raise RuntimeError(f"pack_padded_sequence(): expected lengths of 1 dimension, but got {counts.ndim}")
    batch_dim, time_dim = (0, 1) if batch_first else (1, 0)
    if not input.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    sizes, count, length = counts.tolist(), input.size(batch_dim), input.size(time_dim)
    if len(sizes) != count:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(sizes)} (batch_size={count})"
        )
    if any(size <= 0 for size in sizes):
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if sizes != sorted(sizes, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )
    if sizes[0] > length:
        raise RuntimeError(f"pack_padded_sequence(): a length of {sizes[0]} exceeds the {length} steps of the input")
    batch_sizes = [sum(size > step for size in sizes) for step in range(sizes[0])]
    data = titled(input[tuple(map(wrap, _places(batch_sizes, batch_first)))], "PackPaddedSequenceBackward0")
    return PackedSequence(data, as_tensor(batch_sizes), order)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Packed sequences filled up with a number, (T, N, ...) or (N, T, ...), in their first order; and their lengths.

    total_length: T, where it is not the length of the longest one; ValueError where that is longer.

    >>> import numpynet
    >>> from numpynet.nn.utils.rnn import pack_sequence, pad_packed_sequence
    >>> packed = pack_sequence([numpynet.tensor([1, 2]), numpynet.tensor([3])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
    """
    require("pad_packed_sequence", (sequence.data, sequence.batch_sizes, batch_first, padding_value))
    sizes = sequence.batch_sizes.tolist()
    length = len(sizes)
    if total_length is not None:
        if total_length < length:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {length}"
            )
        length = total_length
    data, count = sequence.data, sizes[0]
    empty = full((length, count, *data.shape[1:]), padding_value, dtype=data.dtype)
    padded = titled(ops.index_put(empty, data, index=_places(sizes, False)), "torch::autograd::CopySlices")
    if batch_first:
        padded = padded.transpose(0, 1)
    lengths = as_tensor([sum(size > place for size in sizes) for place in range(count)])
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices
        return padded.index_select(0 if batch_first else 1, back), lengths[back]
    return padded, lengths


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (Lᵢ, ...) packed together; see `pack_padded_sequence`.

    >>> import numpynet
    >>> from numpynet.nn.utils.rnn import pack_sequence
    >>> pack_sequence([numpynet.tensor([1]), numpynet.tensor([2, 3])], enforce_sorted=False).data
    tensor([2, 1, 3])
    """
    lengths = [part.size(0) for part in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences (Lᵢ, ...) that `pack_sequence` has packed together.

    >>> import numpynet
    >>> from numpynet.nn.utils.rnn import pack_sequence, unpack_sequence
    >>> unpack_sequence(pack_sequence([numpynet.tensor([1, 2]), numpynet.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)
