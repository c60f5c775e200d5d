"""Dropout: random zeros against overfitting."""

from __future__ import annotations

from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module


class _Dropout(Module):
    """p: the probability. inplace: whether the result is written over the input. ValueError unless p is in [0, 1]."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, each element with probability p replaced by 0, the others divided by 1 − p (Srivastava et al. 2014).

    In evaluation it does nothing. inplace: whether the result is written over the input.
    ValueError unless p is in [0, 1].

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Dropout(0.5).eval()(numpynet.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with zeros in it."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """`Dropout` of whole channels of x (N, C, L) or (C, L) (Tompson et al. 2015)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Dropout1d(0.5).eval()(numpynet.ones(1, 2, 2))
    tensor([[[1., 1.],
             [1., 1.]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with channels of zeros in it."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """`Dropout` of whole channels of x (N, C, H, W) (Tompson et al. 2015)

    >>> import numpynet
    >>> from numpynet import nn
    >>> channels = nn.Dropout2d(0.5)(numpynet.ones(2, 3, 4, 4))
    >>> bool((channels == channels[:, :, :1, :1]).all())
    True
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with channels of zeros in it."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """`Dropout` of whole channels of x (N, C, D, H, W) or (C, D, H, W)

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Dropout3d(0.5)(numpynet.ones(1, 2, 3, 3, 3)).shape
    torch.Size([1, 2, 3, 3, 3])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with channels of zeros in it."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout for SELU, which keeps mean 0 and variance 1 (Klambauer et al. 2017).

    `numpynet.nn.functional.alpha_dropout` has the formula. ValueError unless p is in [0, 1].

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.AlphaDropout(0.5).eval()(numpynet.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with elements that are dropped."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels of x (N, C, ...)

    >>> import numpynet
    >>> from numpynet import nn
    >>> channels = nn.FeatureAlphaDropout(0.5)(numpynet.ones(2, 3, 4))
    >>> bool((channels == channels[..., :1]).all())
    True
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input, in training with channels that are dropped."""
        return F.feature_alpha_dropout(input, self.p, self.training)
