"""Activations as modules: the nonlinear functions between the layers of a network."""

from __future__ import annotations

import warnings
from typing import Any

from numpynet import ops
from numpynet.core.absence import asked
from numpynet.core.functions import function
from numpynet.core.tensor import Tensor
from numpynet.creation import empty
from numpynet.nn import functional as F
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter


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
        return function(ops.sigmoid)(input)


class Tanh(Module):
    """y = tanh x, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Tanh()(numpynet.tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """y = tanh x"""
        return function(ops.tanh)(input)


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


class Hardtanh(Module):
    """y = x, cut off at min_val and max_val, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Hardtanh()(numpynet.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        for old, new, given in (("min_value", "min_val", min_value), ("max_value", "max_val", max_value)):
            if given is not None:
                warnings.warn(
                    f"keyword argument `{old}` is deprecated and rename to `{new}`", FutureWarning, stacklevel=2
                )
        min_val, max_val = min_val if min_value is None else min_value, max_val if max_value is None else max_value
        if max_val <= min_val:
            raise AssertionError(f"max_val must be larger than min_val, got {max_val} and {min_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x, cut off at min_val and max_val"""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    """y = x, cut off at 0 and 6, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ReLU6()(numpynet.tensor([-2.0, 8.0]))
    tensor([0., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class SELU(Module):
    """y = s x where x > 0, else s α (eˣ − 1), element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.SELU()(numpynet.tensor([-1.0, 1.0]))
    tensor([-1.1113,  1.0507])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = s x where x > 0, else s α (eˣ − 1)"""
        return F.selu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class CELU(Module):
    """y = x where x > 0, else α (e^(x/α) − 1), element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.CELU()(numpynet.tensor([-1.0, 1.0]))
    tensor([-0.6321,  1.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x where x > 0, else α (e^(x/α) − 1)"""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class Mish(Module):
    """y = x tanh ln(1 + eˣ), element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Mish()(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8651])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x tanh ln(1 + eˣ)"""
        return F.mish(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(Module):
    """y = (x + 3) / 6, cut off at 0 and 1, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Hardsigmoid()(numpynet.tensor([0.0, 4.0]))
    tensor([0.5000, 1.0000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = (x + 3) / 6, cut off at 0 and 1"""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(Module):
    """y = x · hardsigmoid(x), element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Hardswish()(numpynet.tensor([1.5, 4.0]))
    tensor([1.1250, 4.0000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x · hardsigmoid(x)"""
        return F.hardswish(input, self.inplace)


class Threshold(Module):
    """y = x where x > threshold, else the value, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Threshold(1.0, 20.0)(numpynet.tensor([0.5, 2.0]))
    tensor([20.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x where x > threshold, else the value"""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class Hardshrink(Module):
    """y = 0 where |x| ≤ λ, else x, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Hardshrink()(numpynet.tensor([-2.0, 0.5]))
    tensor([-2.,  0.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """y = 0 where |x| ≤ λ, else x"""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Softshrink(Module):
    """y = x moved towards 0 by λ, and 0 where |x| ≤ λ, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Softshrink()(numpynet.tensor([-2.0, 0.25]))
    tensor([-1.5000,  0.0000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """y = x moved towards 0 by λ, and 0 where |x| ≤ λ"""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Softsign(Module):
    """y = x / (1 + |x|), element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Softsign()(numpynet.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        """y = x / (1 + |x|)"""
        return F.softsign(input)


class Tanhshrink(Module):
    """y = x − tanh x, element by element.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Tanhshrink()(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """

    def forward(self, input: Tensor) -> Tensor:
        """y = x − tanh x"""
        return F.tanhshrink(input)


class GLU(Module):
    """y = a σ(b), of the two halves a and b along `dim`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.GLU()(numpynet.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([0.5000, 1.0000])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """y = a σ(b), of the two halves a and b along `dim`"""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class PReLU(Module):
    """y = x where x > 0, else w x, with one w that is learned, or one for each channel (He et al. 2015).

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.PReLU()(numpynet.tensor([-2.0, 2.0]))
    tensor([-0.5000,  2.0000], grad_fn=<PreluKernelBackward0>)
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Gives all weights their first value.

        >>> from numpynet import nn
        >>> layer = nn.PReLU()
        >>> _ = nn.init.zeros_(layer.weight)
        >>> layer.reset_parameters()
        >>> layer.weight.tolist()
        [0.25]
        """
        self.weight.data.fill_(self.init)

    def forward(self, input: Tensor) -> Tensor:
        """y = x where x > 0, else w x"""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """y = x where x > 0, else a x, with a drawn for each x in training, and in the middle in evaluation.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.RReLU(0.25, 0.75).eval()(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.5000,  2.0000])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """y = x where x > 0, else a x"""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class Softmin(Module):
    """The softmax of −x along `dim`.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Softmin(dim=0)(numpynet.tensor([0.0, 0.0]))
    tensor([0.5000, 0.5000])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The softmax of −x"""
        return F.softmin(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax2d(Module):
    """The softmax over the channels of images (N, C, H, W) or (C, H, W); ValueError for another rank.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.Softmax2d()(numpynet.zeros(2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The softmax over the channels"""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)


__getattr__ = asked(__name__)  # torch has names of other files here
