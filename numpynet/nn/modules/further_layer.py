"""Further layers: those that few networks have. They are imported when they are first asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpynet.core.modes import no_grad
from numpynet.core.tensor import Tensor
from numpynet.creation import empty
from numpynet.nn import functional as F
from numpynet.nn import further_layer as functions
from numpynet.nn import init
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter


class RMSNorm(Module):
    """y = w x / √(mean x² + eps), with the mean over the last dimensions of each sample (Zhang & Sennrich 2019).

    normalized_shape: the sizes of those dimensions, or the size of the last one. The weight w has it too and is
    learned, unless `elementwise_affine` is False. eps: by default that of the input's dtype.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.RMSNorm(2)(numpynet.tensor([[1.0, 7.0]])).detach()
    tensor([[0.2000, 1.4000]])
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape = sizes
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = Parameter(empty(sizes, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to 1.

        >>> from numpynet import nn
        >>> layer = nn.RMSNorm(2)
        >>> _ = nn.init.zeros_(layer.weight)
        >>> layer.reset_parameters()
        >>> layer.weight.tolist()
        [1.0, 1.0]
        """
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The input normalized."""
        return functions.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class EmbeddingBag(Module):
    """The sum, the mean or the maximum of the rows of a table in each bag, without the rows themselves.

    forward takes (bags, N) integers, or (N,) with all bags one after another and where each begins, and returns
    (bags, embedding_dim). weight: (num_embeddings, embedding_dim), learned and initially standard normal; the row
    `padding_idx` is 0 and does not count. mode: "sum", "mean" or "max"; with "sum" forward also takes
    per_sample_weights, factors of the rows. NotImplementedError for `max_norm`, `scale_grad_by_freq` and `sparse`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.EmbeddingBag(10, 3)(numpynet.tensor([1, 2, 4]), numpynet.tensor([0, 2])).shape
    torch.Size([2, 3])
    """

    weight: Parameter

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
        F.require_plain_embedding(max_norm, scale_grad_by_freq, sparse)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise AssertionError("padding_idx must be within num_embeddings")
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        if _weight is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype))
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(_weight)
        self.mode = mode
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        mode: str = "mean",
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
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, columns = embeddings.shape
        layer = cls(
            rows, columns, mode=mode, _weight=embeddings, include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )  # fmt: skip
        layer.weight.requires_grad_(not freeze)
        return layer

    def reset_parameters(self) -> None:
        """Draws the weight anew, from the default generator.

        >>> from numpynet import nn
        >>> layer = nn.EmbeddingBag(2, 1, padding_idx=0)
        >>> _ = nn.init.ones_(layer.weight)
        >>> layer.reset_parameters()
        >>> layer.weight[0].tolist()
        [0.0]
        """
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """What the rows in each bag come to."""
        return functions.embedding_bag(
            input, self.weight, offsets, mode=self.mode, per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset, padding_idx=self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}, mode={self.mode!r}{padding}"


class Bilinear(Module):
    """yₒ = x₁ᵀ Wₒ x₂ + bₒ        x₁ (..., in1_features), x₂ (..., in2_features) -> y (..., out_features)

    weight (out_features, in1_features, in2_features) and bias (out_features,) or None are learned, and initially drawn
    uniformly from −1/√in1_features to 1/√in1_features. ValueError where in1_features is not positive.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Bilinear(2, 3, 4)(numpynet.zeros(5, 2), numpynet.zeros(5, 3)).shape
    torch.Size([5, 4])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws weight and bias anew, from the default generator.

        >>> from numpynet import nn
        >>> layer = nn.Bilinear(1, 1, 1)
        >>> layer.reset_parameters()
        >>> bool(layer.weight.abs() <= 1)
        True
        """
        if self.in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={self.in1_features})")
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """x₁ᵀ W x₂ + b"""
        return functions.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class CTCLoss(Module):
    """−ln p of a sequence of labels of which it is not known where they stand; see `functional.ctc_loss`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> x = numpynet.full((2, 1, 2), 0.5).log()
    >>> nn.CTCLoss()(x, numpynet.tensor([[1]]), [2], [1])
    tensor(0.2877)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__()
        self.blank = blank
        self.reduction = reduction
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        """The loss."""
        return functions.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
