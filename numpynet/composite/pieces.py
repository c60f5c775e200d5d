"""Pieces: tensors cut apart in ways that few programs use. They are imported when first asked for."""

from __future__ import annotations

from collections.abc import Sequence

from numpynet import composite
from numpynet.composite.arguments import composed
from numpynet.composite.results import titled
from numpynet.core.tensor import Tensor


def _cut(name: str, input: Tensor, places: int | Sequence[int], dim: int, ndim: int) -> tuple[Tensor, ...]:
    """`tensor_split` along `dim` of a tensor of at least so many dimensions, into equal pieces where it is a number."""
    if input.ndim < ndim:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {ndim} dimension, but got a tensor with {input.ndim} "
            f"dimensions!"
        )
    if isinstance(places, int) and (not places or input.shape[dim] % places):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {input.shape[dim]} "
            f"is not divisible by the split_size {places}!"
        )
    return composite.tensor_split(input, places, dim)


@composed(indices="indices_or_sections", sections="indices_or_sections")
def hsplit(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Views of consecutive pieces along dimension 1, of a vector along 0: so many equal ones, or cut before each index.

    RuntimeError where the size is no multiple of the number, and for a tensor without dimensions.

    >>> import numpynet
    >>> numpynet.hsplit(numpynet.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    return _cut("hsplit", input, indices_or_sections, 0 if input.ndim == 1 else 1, 1)


@composed(indices="indices_or_sections", sections="indices_or_sections")
def vsplit(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """As `hsplit`, along dimension 0 of a tensor with at least 2 dimensions.

    >>> import numpynet
    >>> numpynet.vsplit(numpynet.tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _cut("vsplit", input, indices_or_sections, 0, 2)


@composed(indices="indices_or_sections", sections="indices_or_sections")
def dsplit(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """As `hsplit`, along dimension 2 of a tensor with at least 3 dimensions.

    >>> import numpynet
    >>> [one.shape for one in numpynet.dsplit(numpynet.zeros(2, 3, 4), (1,))]
    [torch.Size([2, 3, 1]), torch.Size([2, 3, 3])]
    """
    return _cut("dsplit", input, indices_or_sections, 2, 3)


@composed
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive pieces of these sizes along `dim`. RuntimeError when they do not add up.

    >>> import numpynet
    >>> numpynet.split_with_sizes(numpynet.arange(3), (1, 2))
    (tensor([0]), tensor([1, 2]))
    """
    return composite.split(input, list(split_sizes), dim)


def _writeable(pieces: tuple[Tensor, ...], title: str) -> tuple[Tensor, ...]:
    """Views that may be overwritten, as torch's unsafe functions give them; here, what is written is followed."""
    for one in pieces:
        if one._view is not None:
            one._view.origin = ""
        titled(one, title)
    return pieces


@composed
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """As `chunk`, of pieces that may be overwritten while gradients are recorded. They are views, and followed.

    >>> import numpynet
    >>> numpynet.unsafe_chunk(numpynet.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    return _writeable(composite.chunk(input, chunks, dim), "UnsafeSplitBackward0")


@composed
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """As `split` into pieces of one size, which may be overwritten while gradients are recorded.

    >>> import numpynet
    >>> numpynet.unsafe_split(numpynet.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    return _writeable(composite.split(input, split_size, dim), "UnsafeSplitBackward0")


@composed
def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """As `split_with_sizes`, of pieces that may be overwritten while gradients are recorded.

    >>> import numpynet
    >>> numpynet.unsafe_split_with_sizes(numpynet.arange(3), (1, 2))
    (tensor([0]), tensor([1, 2]))
    """
    return _writeable(split_with_sizes(input, split_sizes, dim), "UnsafeSplitWithSizesBackward0")
