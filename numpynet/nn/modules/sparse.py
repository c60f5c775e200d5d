"""Embeddings: a learned vector for every word, letter or other number of a vocabulary."""

from __future__ import annotations

from typing import Any

from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.creation import empty
from numpynet.nn import functional as F
from numpynet.nn import init
from numpynet.nn.functional.embeddings import padding_row, require_dense_embedding
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter


class _Table(Module):
    """What embeddings share: a row for each number; that of `padding_idx` is 0."""

    weight: Parameter

    def _fill(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        weight: Tensor | None,
        requires_grad: bool,
        limit: tuple[float | None, float],
        device: Any,
        dtype: Any,
    ) -> None:
        self.max_norm, self.norm_type = limit
        self.scale_grad_by_freq = self.sparse = False
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        if weight is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype), requires_grad)
            self.reset_parameters()
        elif tuple(weight.shape) != (num_embeddings, embedding_dim):
            raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
        else:
            self.weight = Parameter(weight, requires_grad)

    def reset_parameters(self) -> None:
        """Draws the weight anew, from the default generator.

        >>> from numpynet import nn
        >>> layer = nn.Embedding(2, 1, padding_idx=0)
        >>> _ = nn.init.ones_(layer.weight)
        >>> layer.reset_parameters()
        >>> layer.weight[0].tolist()
        [0.0]
        """
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def _sizes_shown(self) -> list[str]:
        return [str(self.num_embeddings), str(self.embedding_dim)]

    def _limits_shown(self) -> list[str]:
        limits = [] if self.max_norm is None else [f"max_norm={self.max_norm}"]
        return limits if self.norm_type == 2 else [*limits, f"norm_type={self.norm_type}"]


def _sizes(embeddings: Tensor) -> tuple[int, int]:
    if embeddings.ndim != 2:
        raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
    rows, columns = embeddings.shape
    return rows, columns


class Embedding(_Table):
    """y = weight[x]        x (...) integers from 0 to num_embeddings − 1 -> y (..., embedding_dim)

    weight: (num_embeddings, embedding_dim), learned and initially standard normal; the row `padding_idx` is 0
    and is not learned. max_norm: rows whose norm, of the order `norm_type`, is larger are scaled to it when they are
    asked for. IndexError for a number out of range. NotImplementedError for `scale_grad_by_freq` and `sparse`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Embedding(10, 3)(numpynet.tensor([[1, 2], [4, 5]])).shape
    torch.Size([2, 2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        require_dense_embedding(max_norm, scale_grad_by_freq, sparse)
        padding_idx = padding_row(padding_idx, num_embeddings)
        self._fill(
            num_embeddings, embedding_dim, padding_idx, _weight, not _freeze, (max_norm, norm_type), device, dtype
        )

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An embedding with the weight given, which is not learned unless `freeze` is False.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.Embedding.from_pretrained(numpynet.tensor([[0.0, 1.0], [2.0, 3.0]]))
        >>> layer(numpynet.tensor([1]))
        tensor([[2., 3.]])
        """
        return cls(
            *_sizes(embeddings), padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze
        )

    def forward(self, input: Tensor) -> Tensor:
        """The rows of the weight with these numbers."""
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        padding = [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        return ", ".join([*self._sizes_shown(), *padding, *self._limits_shown()])


class EmbeddingBag(_Table):
    """The sum, the mean or the maximum of the rows of a table in each bag, without the rows themselves.

    forward takes (bags, N) integers, or (N,) with all bags one after another and where each begins, and returns
    (bags, embedding_dim). weight: (num_embeddings, embedding_dim), learned and initially standard normal; the row
    `padding_idx` is 0 and does not count. mode: "sum", "mean" or "max"; with "sum" forward also takes
    per_sample_weights, factors of the rows. max_norm, norm_type: as for `Embedding`. NotImplementedError for
    `scale_grad_by_freq` and `sparse`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.EmbeddingBag(10, 3)(numpynet.tensor([1, 2, 4]), numpynet.tensor([0, 2])).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        require_dense_embedding(max_norm, scale_grad_by_freq, sparse)
        padding_idx = padding_row(padding_idx, num_embeddings, "padding_idx")
        self._fill(num_embeddings, embedding_dim, padding_idx, _weight, True, (max_norm, norm_type), device, dtype)
        self.mode = mode
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """An embedding with the weight given, which is not learned unless `freeze` is False.

        >>> import numpynet
        >>> from numpynet import nn
        >>> layer = nn.EmbeddingBag.from_pretrained(numpynet.tensor([[0.0, 1.0], [2.0, 3.0]]))
        >>> layer(numpynet.tensor([[0, 1]]))
        tensor([[1., 2.]])
        """
        rows, columns = _sizes(embeddings)
        layer = cls(
            rows, columns, max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset,
            padding_idx,
        )  # fmt: skip
        layer.weight.requires_grad_(not freeze)
        return layer

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """What the rows in each bag come to."""
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, self.sparse,
            per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        padding = [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        return ", ".join([*self._sizes_shown(), *self._limits_shown(), f"mode={self.mode!r}", *padding])
