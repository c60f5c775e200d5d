"""Alpha dropout as modules. They are imported when they are first asked for."""

from __future__ import annotations

from numpynet.core.tensor import Tensor
from numpynet.nn import further_dropout as functions
from numpynet.nn.modules.dropout import _Dropout


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
        return functions.alpha_dropout(input, self.p, self.training)


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
        return functions.feature_alpha_dropout(input, self.p, self.training)
