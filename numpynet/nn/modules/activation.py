"""Activations as modules: the nonlinear functions between the layers of a network."""

from __future__ import annotations

from numpynet.core.tensor import Tensor
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module


class ReLU(Module):
    """y = max(x, 0), element by element.

    inplace: whether the result is written over the input.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReLU()(numpynet.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = max(x, 0)"""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ), element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Sigmoid()(numpynet.tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """y = 1 / (1 + e⁻ˣ)"""
        return F.sigmoid(input)


class Tanh(Module):
    """y = tanh x, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Tanh()(numpynet.tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """y = tanh x"""
        return F.tanh(input)


class LeakyReLU(Module):
    """y = x where x > 0, else negative_slope · x, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LeakyReLU(0.5)(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.5000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x where x > 0, else negative_slope · x"""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """y = x where x > 0, else α (eˣ − 1), element by element (Clevert et al. 2016).

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ELU()(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x where x > 0, else α (eˣ − 1)"""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class GELU(Module):
    """y = x Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel 2016).

    approximate: "tanh" approximates Φ, which is faster; "none" does not.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.GELU()(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """y = x Φ(x)"""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """y = x / (1 + e⁻ˣ), element by element; also called swish.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.SiLU()(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x / (1 + e⁻ˣ)"""
        return F.silu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Softplus(Module):
    """y = ln(1 + e^βx) / β, and x itself where βx exceeds the threshold: a smooth ReLU.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Softplus()(numpynet.tensor([0.0]))
    tensor([0.6931])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """y = ln(1 + e^βx) / β"""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class LogSigmoid(Module):
    """y = −ln(1 + e⁻ˣ), element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LogSigmoid()(numpynet.tensor([0.0]))
    tensor([-0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        """y = −ln(1 + e⁻ˣ)"""
        return F.logsigmoid(input)


class Softmax(Module):
    """y = eˣ / Σ eˣ along `dim`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Softmax(dim=1)(numpynet.tensor([[0.0, 0.0]]))
    tensor([[0.5000, 0.5000]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """y = eˣ / Σ eˣ"""
        return F.softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """y = x − ln Σ eˣ along `dim`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.LogSoftmax(dim=1)(numpynet.tensor([[0.0, 0.0]]))
    tensor([[-0.6931, -0.6931]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """y = x − ln Σ eˣ"""
        return F.log_softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
