"""rnn: sequences of different lengths in one tensor."""

from __future__ import annotations

from collections.abc import Sequence

from numpynet.core.tensor import Tensor
from numpynet.creation import full

__all__ = ["pad_sequence", "unpad_sequence"]


def pad_sequence(
    sequences: Tensor | Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (Lᵢ, ...) side by side in one tensor (max L, N, ...), or (N, max L, ...), filled up with a number.

    padding_side: "right" or "left". RuntimeError for no sequences and for sequences whose other sizes differ.

    >>> import numpynet
    >>> pad_sequence([numpynet.tensor([1, 2]), numpynet.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    parts = list(sequences)
    if not parts:
        raise RuntimeError("pad_sequence(): received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    for position, part in enumerate(parts):
        if not isinstance(part, Tensor):
            raise TypeError(f"expected Tensor as element {position} in argument 0, but got {type(part).__name__}")
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
    >>> unpad_sequence(numpynet.tensor([[1, 2], [3, 0]]), numpynet.tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:length] for row, length in zip(rows, lengths.tolist(), strict=True)]
