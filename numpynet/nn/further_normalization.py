"""Further normalization as functions: that which few networks have. It is imported when it is first asked for."""

from __future__ import annotations

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.padding import pad
from numpynet.composite.pooling import avg_pool2d
from numpynet.core.tensor import Tensor


@composed
def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """y[n, c] = x[n, c] / (k + α/size Σ x[n, c′]²)^β, over the `size` channels c′ around c        x (N, C, ...)

    Channels outside count as 0; of an even number the one more stands before. ValueError for fewer than 3 dimensions,
    RuntimeError for a size that is not positive.
    A. Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks".

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.local_response_norm(numpynet.tensor([[[1.0], [2.0]]]), 2, alpha=2.0, beta=1.0).flatten()
    tensor([0.5000, 0.3333])
    """
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions): give it (N, C, ...)"
        )
    if size < 1:
        raise RuntimeError(f"local_response_norm: size should be greater than zero, but got {size}")
    if not input.numel():
        return input
    rows = ops.reshape(input * input, (input.size(0), 1, input.size(1), -1))
    means = avg_pool2d(pad(rows, (0, 0, size // 2, (size - 1) // 2)), (size, 1), stride=1)
    means = ops.reshape(means, input.shape)
    return input / ops.pow(means * alpha + k, beta)
