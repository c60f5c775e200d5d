"""torch.nn.functional: the computations of layers and losses as functions, over `numpynet.ops`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from numpynet import composite, ops
from numpynet.composite.arguments import composed
from numpynet.composite.convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from numpynet.composite.padding import pad
from numpynet.composite.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from numpynet.composite.resampling import fold, interpolate, unfold, upsample, upsample_bilinear, upsample_nearest
from numpynet.composite.results import titled
from numpynet.core.absence import asked
from numpynet.core.dtypes import can_cast_category, scalar_type_name
from numpynet.core.messages import torch_error
from numpynet.core.modes import silently
from numpynet.core.tape import OpNode
from numpynet.core.tensor import Tensor, leaf, record, record_one, view_of_nobody, wrap
from numpynet.ops.acceptance import no_complex
from numpynet.ops.arguments import is_integer, is_number, refusal
from numpynet.ops.form import Array, Op
from numpynet.ops.showing import all_show_operations
from numpynet.ops.sums import HALF, sum_over
from numpynet.random.generator import default_generator

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "embedding",
    "fold",
    "gelu",
    "group_norm",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "relu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]


_LATER = {
    "numpynet.composite": "pdist",
    "numpynet": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "numpynet.nn.further_dropout": "alpha_dropout feature_alpha_dropout",
    "numpynet.nn.spatial_transformer": "affine_grid grid_sample",
    "numpynet.nn.further_normalization": "local_response_norm",
    "numpynet.nn.dot_product_attention": "multi_head_attention_forward scaled_dot_product_attention",
    "numpynet.nn.further_pooling": "lp_pool1d lp_pool2d lp_pool3d max_unpool1d max_unpool2d max_unpool3d",
    "numpynet.nn.further_layer": "bilinear ctc_loss embedding_bag rms_norm",
    "numpynet.nn.further_activation": """
        celu celu_ elu_ glu gumbel_softmax hardshrink hardsigmoid hardswish hardtanh hardtanh_ leaky_relu_ mish prelu
        relu6 relu_ rrelu rrelu_ selu selu_ softmin softshrink softsign tanhshrink threshold threshold_
    """,
    "numpynet.nn.further_loss": """
        cosine_embedding_loss cosine_similarity gaussian_nll_loss hinge_embedding_loss kl_div margin_ranking_loss
        multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss pairwise_distance poisson_nll_loss
        soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss
    """,
}


def __dir__() -> list[str]:
    """What completion shows."""
    return [*__all__, *" ".join(_LATER.values()).split()]


NO_OPTIONS: dict[str, Any] = {}


def require_tensor(function: str, argument: str, position: int, value: Any) -> None:
    """TypeError unless a value is a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be Tensor, not "
            f"{type(value).__name__}: make one with numpynet.tensor(...)"
        )


def _require_number(function: str, argument: str, position: int, value: Any) -> None:
    """TypeError unless a value is a number."""
    if not is_number(value) or isinstance(value, complex):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be float, not {type(value).__name__}"
        )


# --- layers -------------------------------------------------------------------------------------------


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x wᵀ + b        x (..., I), w (O, I), b (O,) or None -> y (..., O)

    TypeError unless they are tensors; RuntimeError when their shapes do not fit or their dtypes differ.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.linear(numpynet.tensor([[1.0, 2.0]]), numpynet.tensor([[3.0, 4.0]]), numpynet.tensor([0.5]))
    tensor([[11.5000]])
    """
    if not isinstance(input, Tensor) or not isinstance(weight, Tensor):
        require_tensor("linear", "input", 1, input)
        require_tensor("linear", "weight", 2, weight)
    if bias is not None and not isinstance(bias, Tensor):
        require_tensor("linear", "bias", 3, bias)
    dimensions = input._array.ndim
    if dimensions == 2 and weight._array.ndim == 2:
        return record(ops.linear, (input, weight, bias), NO_OPTIONS)
    if dimensions == 0:
        raise RuntimeError("linear: both arguments to linear need to be at least 1D, but the input is 0D")
    if bias is None:
        return ops.matmul(input, ops.t(weight))
    if not bias._array.ndim and dimensions != 2:
        return ops.matmul(input, ops.t(weight)).add_(bias)
    if weight._array.ndim != 2:
        raise RuntimeError(f"linear: mat2 must be a matrix, got {weight._array.ndim}-D tensor")
    x = input._array
    if bias._array.ndim > 1 and bias._array.shape[-1] == weight._array.shape[0] and dimensions > 2:
        if bias._array.dtype != weight._array.dtype:
            kinds = f"{scalar_type_name(bias._array.dtype)} and {scalar_type_name(weight._array.dtype)}"
            raise RuntimeError(f"linear: self and mat2 must have the same dtype, but got {kinds}: convert one")
        return ops.matmul(input, ops.t(weight)) + bias
    *leading, features = x.shape
    shape = (math.prod(leading), features)
    if input._is_quiet() and x.flags.c_contiguous:
        rows = leaf(Tensor, x.reshape(shape), input._writes, False)
    else:
        rows = record(ops.reshape, (input,), {"shape": shape})
    y = record(ops.linear, (rows, weight, bias), NO_OPTIONS)
    y = record(ops.reshape, (y,), {"shape": (*leading, weight._array.shape[0])})
    return y if dimensions < 3 or x.flags.c_contiguous else titled(y, "AddBackward0")


@composed
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: Any = False) -> Tensor:
    """Each element with probability p replaced by 0, the others divided by 1 − p, so that the mean stays.

    training: False leaves the input alone. inplace: writes the result over the input. The draws come from
    the default generator; none are made when nothing is to be dropped, or everything.
    ValueError unless p is in [0, 1]; RuntimeError for integers.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.dropout(numpynet.ones(3), 0.0)
    tensor([1., 1., 1.])
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p != p:
        raise RuntimeError("dropout probability has to be between 0 and 1, but got nan")
    if not isinstance(input, Tensor):
        require_tensor("dropout", "input", 1, input)
    x = input._array
    if not training or p == 0 or not x.size:
        return input
    no_complex("dropout", x)
    if x.dtype.kind != "f":
        raise RuntimeError(
            f"dropout(): result type Float can't be cast to the desired output type of {input.dtype}: convert the "
            f"input, as in x.float()"
        )
    if p < 1 and x.flags.c_contiguous:
        mask = wrap(default_generator.bernoulli(x.shape, 1 - p).astype(x.dtype))
        mask._array /= 1 - p
    else:  # the draws follow the order in memory, which is the input's, unless that has elements in one place
        mask = wrap(np.zeros_like(x, order="C" if 0 in x.strides else "K"))
        if p < 1:
            mask.bernoulli_(1 - p)
            mask._array /= 1 - p
    return input.mul_(mask) if inplace else input * mask


def _feature_dropout(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    """Dropout of whole channels of x (N, C, ...), one draw for each."""
    x = input._array
    if not training or p == 0 or not x.size:
        return input
    if x.ndim < 2:
        raise RuntimeError(
            f"Feature dropout requires at least 2 dimensions in the input, but it has {x.ndim}: use dropout()"
        )
    mask = wrap(np.zeros((*x.shape[:2], *(1,) * (x.ndim - 2)), x.dtype))
    if p < 1:
        mask.bernoulli_(1 - p)
        mask._array /= 1 - p
    return input.mul_(mask) if inplace else input * mask


def _require_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, L) or (C, L); RuntimeError for another number of dimensions.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.dropout1d(numpynet.ones(1, 2, 2), 0.0)
    tensor([[[1., 1.],
             [1., 1.]]])
    """
    _require_probability(p)
    require_tensor("dropout1d", "input", 1, input)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input: (N, C, L) or (C, L)"
        )
    if input.ndim == 3:
        return _feature_dropout(input, p, training, inplace)
    batch: Tensor = input.unsqueeze_(0) if inplace else ops.unsqueeze(input, 0)
    result = _feature_dropout(batch, p, training, inplace)
    return result.squeeze_(0) if inplace else ops.squeeze(result, 0)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, H, W); warns for another number of dimensions.

    An input of 3 dimensions is taken for (N, C, L), as in torch.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.dropout2d(numpynet.ones(1, 2, 1, 2), 0.0)
    tensor([[[[1., 1.]],
    <BLANKLINE>
             [[1., 1.]]]])
    """
    _require_probability(p)
    require_tensor("dropout2d", "input", 1, input)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired "
            "- input is interpreted as shape (N, C, L), where C is the channel dim: use dropout1d()",
            stacklevel=2,
        )
    elif input.ndim != 4:
        warnings.warn(
            f"dropout2d: Received a {input.ndim}-D input to dropout2d, which is deprecated and will result in an error "
            f"in a future release: use dropout()",
            stacklevel=2,
        )
    return _feature_dropout(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels of x (N, C, D, H, W) or (C, D, H, W); warns for another number of dimensions.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.dropout3d(numpynet.ones(1, 2, 3, 3, 3), 0.0).shape
    torch.Size([1, 2, 3, 3, 3])
    """
    _require_probability(p)
    require_tensor("dropout3d", "input", 1, input)
    if input.ndim not in (4, 5):
        warnings.warn(
            f"dropout3d: Received a {input.ndim}-D input to dropout3d, which is deprecated and will result in an error "
            f"in a future release: use dropout()",
            stacklevel=2,
        )
    if input.ndim != 4:
        return _feature_dropout(input, p, training, inplace)
    batch: Tensor = input.unsqueeze_(0) if inplace else ops.unsqueeze(input, 0)
    result = _feature_dropout(batch, p, training, inplace)
    return result.squeeze_(0) if inplace else ops.squeeze(result, 0)


def padding_row(padding_idx: int | None, rows: int) -> int | None:
    """The padding row of a table, counted from its start; AssertionError when it has none of that number."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % rows


def require_plain_embedding(max_norm: float | None, scale_grad_by_freq: bool, sparse: bool) -> None:
    """NotImplementedError for what embeddings cannot do here, TypeError for what torch's cannot."""
    given = {"max_norm": max_norm, "scale_grad_by_freq": scale_grad_by_freq, "sparse": sparse}
    refused = refusal("embedding", (), given, complete=False)
    if refused is not None:
        raise refused
    for name, wanted in (
        ("max_norm", max_norm is not None),
        ("scale_grad_by_freq", scale_grad_by_freq),
        ("sparse", sparse),
    ):
        if wanted:
            raise NotImplementedError(f"embedding: {name} is missing")


@composed
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of a table: input (...) integers, weight (V, D) -> (..., D)

    The row `padding_idx` gets no gradient. IndexError for a number out of range, RuntimeError for an input that
    is neither int64 nor int32; NotImplementedError for `max_norm`, `scale_grad_by_freq` and `sparse`.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.embedding(numpynet.tensor([1, 1]), numpynet.tensor([[0.0, 1.0], [2.0, 3.0]]))
    tensor([[2., 3.],
            [2., 3.]])
    """
    if not isinstance(input, Tensor) or not isinstance(weight, Tensor):
        require_tensor("embedding", "input", 1, input)
        require_tensor("embedding", "weight", 2, weight)
    if max_norm is not None or scale_grad_by_freq or sparse:
        require_plain_embedding(max_norm, scale_grad_by_freq, sparse)
    if weight._array.ndim != 2:
        refusal = IndexError if weight.requires_grad and not weight._array.ndim else RuntimeError
        raise refusal(f"embedding: 'weight' must be 2-D, but it is {weight._array.ndim}-D")
    row = None if padding_idx is None else padding_row(padding_idx, weight._array.shape[0])
    return record(ops.embedding, (weight,), {"index": input._array, "padding_idx": row})


@composed
def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """y = w (x − μ) / √(σ² + eps) + b, with mean and variance over the last dimensions of each sample.

    normalized_shape: the sizes of those dimensions, which w (`weight`) and b (`bias`) have. RuntimeError when
    they do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.layer_norm(numpynet.tensor([[1.0, 3.0]]), (2,), eps=0.0)
    tensor([[-1.,  1.]])
    """
    if not isinstance(input, Tensor):
        require_tensor("layer_norm", "input", 1, input)
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            f"layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}: write ({normalized_shape},)"
        )
    sizes = tuple(normalized_shape)
    if not sizes or input._array.shape[-len(sizes) :] != sizes:
        raise RuntimeError(
            f"layer_norm: Given normalized_shape={list(sizes)}, expected input with shape "
            f"{['*', *sizes]}, but got input of size {list(input._array.shape)}"
        )
    for name, values in ("weight", weight), ("bias", bias):
        if values is not None and values._array.shape != sizes:
            raise RuntimeError(
                f"layer_norm: Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(values._array.shape)} and normalized_shape = {list(sizes)}"
            )
    return record(ops.layer_norm, (input, weight, bias), {"dims": len(sizes), "eps": eps})


@composed
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """y = w (x − μ) / √(σ² + eps) + b for each channel of x (N, C, ...), with w and b of shape (C,)

    training: True takes mean and variance from the batch, and moves the running ones, where given, towards
    them by the share `momentum` (the variance towards Σ (x − μ)² / (n − 1)); False takes the running ones.
    ValueError in training when a channel has a single value; RuntimeError when sizes do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.batch_norm(numpynet.tensor([[1.0], [3.0]]), None, None, training=True, eps=1e-9)
    tensor([[-1.],
            [ 1.]])
    """
    if not isinstance(input, Tensor):
        require_tensor("batch_norm", "input", 1, input)
    x = input._array
    if x.ndim < 2:
        raise RuntimeError(f"batch_norm: the input needs at least 2 dimensions (N, C), but has {x.ndim}")
    channels = x.shape[1]
    shape = (channels,)
    for values in (running_mean, running_var, weight, bias):
        if values is not None and values._array.shape != shape:
            named = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
            raise RuntimeError(
                f"batch_norm: {next(name for name in named if named[name] is values)} should contain {channels} "
                f"elements not {values._array.size}: one for each channel of an input of shape {x.shape}"
            )
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("batch_norm: running_mean and running_var must be given in evaluation mode")
        known = {"mean": running_mean._array.copy(), "variance": running_var._array.copy()}
        return record(ops.batch_norm, (input, weight, bias), {**known, "eps": eps})
    if x.size == channels:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.size()}")
    if eps <= 0.0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    y = record(ops.batch_norm, (input, weight, bias), {"eps": eps})
    if running_mean is not None or running_var is not None:
        silently(_move_averages, x, running_mean, running_var, momentum)
    return y


@composed
def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """y = w (x − μ) / √(σ² + eps) + b for x (N, C, ...), with mean and variance over each of `num_groups` groups of
    channels of each sample, and w and b of shape (C,)

    RuntimeError when the groups do not divide the channels, and when sizes do not fit; ValueError when a mean would
    be of one value.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.group_norm(numpynet.tensor([[1.0, 3.0, 5.0, 7.0]]), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])
    """
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    channels = shape[1]
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if shape[0] * channels // num_groups * math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(shape)}")
    if channels % num_groups:
        raise RuntimeError(
            f"Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(shape)} and num_groups={num_groups}"
        )
    for name, values in ("weight", weight), ("bias", bias):
        if values is not None and values._array.shape != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(values._array.shape)} and input of shape {list(shape)}"
            )
    return record(ops.group_norm, (input, weight, bias), {"groups": num_groups, "eps": eps})


@composed
def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """y = w (x − μ) / √(σ² + eps) + b for x (N, C, ...), with mean and variance of each channel of each sample

    use_input_stats: False takes the running ones, which else move towards the means over the samples. Otherwise as
    `batch_norm`, which is applied to all channels of all samples as those of one.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.instance_norm(numpynet.tensor([[[1.0, 3.0]], [[5.0, 5.5]]]), eps=1e-9)
    tensor([[[-1.,  1.]],
    <BLANKLINE>
            [[-1.,  1.]]])
    """
    shape = input._array.shape
    if use_input_stats and math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.size()}")
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    samples, channels = shape[:2]

    def of_all(values: Tensor | None) -> Any:
        return None if values is None else ops.repeat(values, (samples,))

    mean, variance = of_all(running_mean), of_all(running_var)
    flat = ops.reshape(input, (1, samples * channels, *shape[2:]))
    y = batch_norm(flat, mean, variance, of_all(weight), of_all(bias), use_input_stats, momentum, eps)
    if use_input_stats:
        for values, moved in ((running_mean, mean), (running_var, variance)):
            if values is not None:
                silently(_take_mean, values, moved._array.reshape(samples, channels))
    result: Tensor = ops.reshape(y, shape)
    return result


def _take_mean(average: Tensor, values: Array) -> None:
    average._array[...] = sum_over(values, 0) / len(values)
    average._writes[0] += 1


def _move_averages(x: Array, running_mean: Tensor | None, running_var: Tensor | None, momentum: float) -> None:
    """Moves them towards the mean of each channel of x (N, C, ...), and its variance, by the share `momentum`."""
    if x.dtype == HALF:
        x = x.astype(np.float32)
    axes = (0, *range(2, x.ndim))
    count = x.size // x.shape[1]
    mean = sum_over(x, axes, keepdim=True) / count
    if running_mean is not None:
        _move(running_mean, mean.reshape(-1), momentum)
    if running_var is not None:
        deviation = x - mean
        _move(running_var, sum_over(deviation * deviation, axes) / (count - 1), momentum)


def _move(average: Tensor, values: Array, share: float) -> None:
    array = average._array
    array[...] = array * (1 - share) + values * share
    average._writes[0] += 1


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """x / max(‖x‖ₚ, eps), the norm taken along `dim`.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.normalize(numpynet.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    length = composite.norm(input, p, dim, keepdim=True).clamp_min(eps)
    return input / length if out is None else ops.true_divide(input, length, out=out)


@composed
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Classes (...) as int64 rows (..., num_classes) of zeros with a 1 at the class.

    num_classes: −1 for one more than the greatest class. RuntimeError for a dtype other than int64, and for
    a class that is negative or too great.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.one_hot(numpynet.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    require_tensor("one_hot", "tensor", 1, tensor)
    classes = tensor._array
    if classes.dtype != np.int64:
        raise RuntimeError(
            f"one_hot is only applicable to index tensor of type LongTensor, not {tensor.dtype}: write x.long()"
        )
    if not classes.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    greatest = int(classes.view(np.uint64).max()) if classes.size else -1  # of unsigned numbers; see below
    if greatest >= 1 << 63:  # what is negative without that
        raise RuntimeError(f"Class values must be non-negative, but one is {classes.min()}.")
    if num_classes == -1:
        num_classes = greatest + 1
    if num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    if greatest >= num_classes:
        raise RuntimeError(f"Class values must be smaller than num_classes, but {greatest} is not below {num_classes}.")
    rows = np.zeros((classes.size, num_classes), np.int64)
    rows.reshape(-1)[classes.reshape(-1) + np.arange(classes.size) * num_classes] = 1
    return wrap(rows.reshape(*classes.shape, num_classes))


# --- activations --------------------------------------------------------------------------------------


_IN_PLACE = {ops.leaky_relu: "LeakyReluBackward1", ops.elu: "EluBackward1"}  # torch's nodes of what is overwritten


def _activation(operation: Op, input: Tensor, options: dict[str, Any], inplace: bool) -> Tensor:
    if inplace:
        require_tensor(operation.name, "input", 1, input)
        overwritten = input._overwrite(operation, (input,), options)
        title = _IN_PLACE.get(operation)
        return overwritten if title is None or input._view is not None else titled(overwritten, title)
    return record_one(operation, (input,), options)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(x, 0); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.relu(numpynet.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else record_one(ops.relu, (input,), NO_OPTIONS)


def sigmoid(input: Tensor) -> Tensor:
    """y = σ(x) = 1 / (1 + e⁻ˣ)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.sigmoid(numpynet.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """
    return record_one(ops.sigmoid, (input,), NO_OPTIONS)


def tanh(input: Tensor) -> Tensor:
    """y = tanh x

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.tanh(numpynet.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return record_one(ops.tanh, (input,), NO_OPTIONS)


@composed
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: Any = False) -> Tensor:
    """y = x where x > 0, else negative_slope · x; `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.leaky_relu(numpynet.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return _activation(ops.leaky_relu, input, {"negative_slope": negative_slope}, inplace)


@composed
def elu(input: Tensor, alpha: float = 1.0, inplace: Any = False) -> Tensor:
    """y = x where x > 0, else α (eˣ − 1); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.elu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return _activation(ops.elu, input, {"alpha": alpha}, inplace)


@composed
def silu(input: Tensor, inplace: Any = False) -> Tensor:
    """y = x σ(x); `inplace` writes it over the input.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.silu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return _activation(ops.silu, input, NO_OPTIONS, inplace)


@composed
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """y = x Φ(x), Φ the standard normal distribution function, or its approximation by "tanh".

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.gelu(numpynet.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    return record_one(ops.gelu, (input,), {"approximate": approximate})


@composed
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """y = ln(1 + e^βx) / β, and x itself where βx exceeds the threshold.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softplus(numpynet.tensor([0.0, 30.0]))
    tensor([ 0.6931, 30.0000])
    """
    return record_one(ops.softplus, (input,), {"beta": beta, "threshold": threshold})


def logsigmoid(input: Tensor) -> Tensor:
    """y = ln σ(x)

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.logsigmoid(numpynet.tensor([0.0, 2.0]))
    tensor([-0.6931, -0.1269])
    """
    return record_one(ops.log_sigmoid, (input,), NO_OPTIONS)


def _implicit_dim(name: str, input: Tensor, stacklevel: int) -> int:
    """The dimension that torch takes when none is given, which it warns of."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return 0 if input.ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """eˣ / Σ eˣ along `dim`, after a conversion to `dtype` if there is one; warns without a dimension.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    if dim is None:
        dim = _implicit_dim("softmax", input, _stacklevel)
    if dtype is None and type(dim) is int and isinstance(input, Tensor):
        return record_one(ops.softmax, (input,), {"dim": dim})
    return composite.softmax(input, dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """x − ln Σ eˣ along `dim`, after a conversion to `dtype` if there is one; warns without a dimension.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.log_softmax(numpynet.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    if dim is None:
        dim = _implicit_dim("log_softmax", input, _stacklevel)
    if dtype is None and type(dim) is int and isinstance(input, Tensor):
        return record_one(ops.log_softmax, (input,), {"dim": dim})
    return composite.log_softmax(input, dim, dtype)


# --- losses -------------------------------------------------------------------------------------------


def legacy_reduction(size_average: bool | None, reduce: bool | None) -> str:
    """The reduction meant by torch's two deprecated arguments, of which None counts as True.

    RuntimeError for tensors, which nobody passes here who knows where they go.
    """
    for given in (size_average, reduce):
        if isinstance(given, Tensor) and given.numel() != 1:
            raise RuntimeError(
                "Boolean value of Tensor with more than one value is ambiguous: size_average or reduce was given one. "
                "A loss is made first and then called, as in MSELoss()(input, target)"
            )
    averages, reduces = (given is None or bool(given) for given in (size_average, reduce))
    reduction = "none" if not reduces else "mean" if averages else "sum"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
        UserWarning,
        stacklevel=3,
    )
    return reduction


def _compared(operation: Op, input: Tensor, target: Tensor, options: dict[str, Any], weight: Tensor | None) -> Tensor:
    """A loss of the difference of input and target, which should be of one size; a warning when they are not.

    weight: of each element; a mean then divides by the sum of the weights. ValueError when it is of another
    size than the input.
    """
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor(operation.name, "input", 1, input)
        require_tensor(operation.name, "target", 2, target)
    x, t = input._array, target._array
    if weight is not None and not isinstance(weight, Tensor):
        require_tensor(operation.name, "weight", 3, weight)
    if weight is not None and weight._array.shape != x.shape:
        _require_broadcasting(operation, x, t)
        raise ValueError("Weights and input must have the same size.")
    if x.dtype is not t.dtype or x.dtype.kind != "f":
        _require_difference(operation, x, t, "" if weight is not None else options["reduction"])
    if x.shape != t.shape:
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            UserWarning,
            stacklevel=3,
        )
    if weight is None:
        loss = record(operation, (input, target), options)
        if operation is ops.l1_loss and isinstance(loss._node, OpNode):
            loss._node.keep_copies()  # as torch, which keeps signs, and lets both be overwritten
        if operation is ops.huber_loss and t.dtype != x.dtype:
            return titled(loss.to(input.dtype), "HuberLossBackward0")
        return loss
    reduction = options["reduction"]
    if operation is ops.huber_loss:
        losses = record(operation, (input, target), {**options, "reduction": "none"}) * weight
    else:  # as torch, whose tape keeps the difference, so that both may be overwritten
        difference = input - target
        losses = (difference.abs() if operation is ops.l1_loss else difference**2) * weight
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    total: Tensor = ops.sum(losses)
    return total / ops.sum(weight) if reduction == "mean" else total


def _require_difference(operation: Op, x: Array, t: Array, reduction: str) -> None:
    """NotImplementedError or RuntimeError for dtypes whose difference torch does not take as a loss.

    reduction: empty for losses that are to be weighted, of which torch computes some in another way.
    """
    integers = x.dtype.kind != "f" and t.dtype.kind != "f"
    if operation is ops.l1_loss or (operation is ops.mse_loss and not reduction):
        if "b" in (x.dtype.kind, t.dtype.kind):
            raise RuntimeError(
                f"{operation.name}: Subtraction, the `-` operator, with a bool tensor is not supported: convert it, "
                f"as in x.float()"
            )
        if integers and reduction == "mean":
            raise RuntimeError(
                f"l1_loss: mean(): could not infer output dtype. Input dtype must be either a floating point or "
                f"complex dtype. Got: {scalar_type_name(x.dtype)}: convert it, as in x.float()"
            )
        return
    if operation is ops.huber_loss and not can_cast_category(t.dtype, x.dtype):
        raise RuntimeError(
            f"huber_loss: result type {scalar_type_name(t.dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(x.dtype)}: convert the input, as in x.float()"
        )
    if integers:
        _require_broadcasting(operation, x, t)
        _not_implemented(operation.name.replace("_loss", "_cpu"), x)


def _require_broadcasting(operation: Op, x: Array, t: Array) -> None:
    """RuntimeError unless input and target broadcast."""
    try:
        np.broadcast_shapes(x.shape, t.shape)
    except ValueError as error:
        raise torch_error(error, operation.name, [x, t]) from None


def _not_implemented(kernel: str, x: Array) -> None:
    kind = scalar_type_name(x.dtype)
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{kind}': convert it, as in x.float()")


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """ℓ = (x − t)², reduced; with a weight for each element, a mean divides by the sum of the weights.

    Warns when the sizes differ; ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.mse_loss(numpynet.tensor([1.0, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(5.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    return _compared(ops.mse_loss, input, target, {"reduction": reduction}, weight)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """ℓ = |x − t|, reduced; with a weight for each element, a mean divides by the sum of the weights.

    Warns when the sizes differ; ValueError for an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.l1_loss(numpynet.tensor([1.0, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(2.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    return _compared(ops.l1_loss, input, target, {"reduction": reduction}, weight)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """ℓ = −w [p t ln σ(z) + (1 − t) ln(1 − σ(z))] of logits z (`input`) and targets t, reduced.

    w is `weight`, p `pos_weight`; both broadcast to z. ValueError when the sizes of z and t differ, and for
    an unknown reduction.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.binary_cross_entropy_with_logits(numpynet.tensor([0.0]), numpynet.tensor([1.0]))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor("binary_cross_entropy_with_logits", "input", 1, input)
        require_tensor("binary_cross_entropy_with_logits", "target", 2, target)
    if weight is not None and not isinstance(weight, Tensor):
        require_tensor("binary_cross_entropy_with_logits", "weight", 3, weight)
    if pos_weight is not None and not isinstance(pos_weight, Tensor):
        require_tensor("binary_cross_entropy_with_logits", "pos_weight", 7, pos_weight)
    x, t = input._array.dtype, target._array.dtype
    same = x is t
    if not (same and x.kind == "f") and input._array.shape == target._array.shape:
        if x.kind != "f":
            _not_implemented("log_sigmoid_cpu", input._array)
        if t.kind != "f":
            raise RuntimeError(
                f"binary_cross_entropy_with_logits: result type {scalar_type_name(x)} can't be cast to the desired "
                f"output type {scalar_type_name(t)}: convert the target, as in target.float()"
            )
    operands = (input, target, weight, pos_weight)
    loss = record(ops.binary_cross_entropy_with_logits, operands, {"reduction": reduction})
    if same or loss._array.dtype == t:
        return loss
    return titled(loss.to(target.dtype), loss._node.name() if loss._node else "")


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """ℓ = (x − t)² / 2β where |x − t| < β, else |x − t| − β/2, reduced; with β = 0 it is `l1_loss`.

    Warns when the sizes differ; ValueError for an unknown reduction, RuntimeError for a negative β.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.smooth_l1_loss(numpynet.tensor([0.5, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(1.3125)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if type(beta) is not float:
        _require_number("smooth_l1_loss", "beta", 6, beta)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta: {beta}")
    if beta == 0:
        return _compared(ops.l1_loss, input, target, {"reduction": reduction}, None)
    return _compared(ops.smooth_l1_loss, input, target, {"reduction": reduction, "beta": beta}, None)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """ℓ = (x − t)² / 2 where |x − t| ≤ δ, else δ (|x − t| − δ/2), times the weight of each element, reduced.

    A mean divides by the number of elements, with weights too. Warns when the sizes differ; ValueError for an
    unknown reduction, RuntimeError unless δ > 0.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.huber_loss(numpynet.tensor([0.5, 3.0]), numpynet.tensor([0.0, 0.0]))
    tensor(1.3125)
    """
    if type(delta) is not float:
        _require_number("huber_loss", "delta", 4, delta)
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta: {delta}")
    if weight is not None and reduction == "mean":
        return ops.mean(huber_loss(input, target, "none", delta, weight))
    return _compared(ops.huber_loss, input, target, {"reduction": reduction, "delta": delta}, weight)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = −w [t ln x + (1 − t) ln(1 − x)] of probabilities x and targets t, reduced; no logarithm below −100.

    ValueError when the sizes differ, and for an unknown reduction; RuntimeError unless all of x and t are in
    [0, 1] and of one dtype. `binary_cross_entropy_with_logits` is accurate also where x is near 0 or 1.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.binary_cross_entropy(numpynet.tensor([0.5]), numpynet.tensor([1.0]))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor("binary_cross_entropy", "input", 1, input)
        require_tensor("binary_cross_entropy", "target", 2, target)
    if weight is not None and not isinstance(weight, Tensor):
        require_tensor("binary_cross_entropy", "weight", 3, weight)
    if target._array.shape != input._array.shape:
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            f"deprecated. Please ensure they have the same size."
        )
    if target._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"binary_cross_entropy: Found dtype {target.dtype} but expected {input.dtype}: convert the target"
        )
    if input._array.dtype.kind != "f":
        _not_implemented("binary_cross_entropy", input._array)
    return record(ops.binary_cross_entropy, (input, target, weight), {"reduction": reduction})


def _require_class_options(function: str, weight: Any, ignore_index: Any) -> None:
    """TypeError unless the weights of the classes are a tensor, and the class to ignore is an integer."""
    if weight is not None and not isinstance(weight, Tensor):
        require_tensor(function, "weight", 3, weight)
    if type(ignore_index) is not int and not is_integer(ignore_index):
        kind = type(ignore_index).__name__
        raise TypeError(f"{function}(): argument 'ignore_index' (position 5) must be int, not {kind}")


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """ℓ = −w[t] x[t], of log-probabilities x (N, C, ...) or (C,) and the classes t (N, ...) or () that are right

    weight: w, of each class. "mean" divides by the sum of the weights of the targets. Targets equal to
    `ignore_index` do not count. IndexError for a target that is no class; ValueError and RuntimeError for
    shapes and dtypes that do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.nll_loss(numpynet.tensor([[-0.5, -1.0]]), numpynet.tensor([1]))
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor("nll_loss", "input", 1, input)
        require_tensor("nll_loss", "target", 2, target)
    _require_class_options("nll_loss", weight, ignore_index)
    options = {"reduction": reduction, "ignore_index": ignore_index}
    return _shaped(record(ops.nll_loss, (input, target, weight), options))


def _shaped(loss: Tensor) -> Tensor:
    """The loss as torch gives it, which takes more dimensions than two for images, and views their losses in shape."""
    return loss if loss._array.ndim < 2 or loss._array.ndim == 3 else view_of_nobody(loss)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """ℓ = −Σ w p ln softmax(z), of logits z (N, C, ...) or (C,) and a target p, reduced

    target: the classes that are right, (N, ...) or (); or the probabilities p, of the shape of z.
    weight: w, of each class, (C,). With classes "mean" divides by the sum of the weights of the targets, and
    targets equal to `ignore_index` do not count; with probabilities it divides by the number of targets.
    label_smoothing: ε in [0, 1]; p becomes (1 − ε) p + ε / C.

    ∂ℓ/∂z = (softmax(z) − one-hot(t)) / N for the mean over N classes t that weigh the same.

    IndexError for a target that is no class; ValueError and RuntimeError for what does not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.cross_entropy(numpynet.tensor([[0.0, 0.0]]), numpynet.tensor([1]))
    tensor(0.6931)
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    if not isinstance(input, Tensor) or not isinstance(target, Tensor):
        require_tensor("cross_entropy", "input", 1, input)
        require_tensor("cross_entropy", "target", 2, target)
    _require_class_options("cross_entropy", weight, ignore_index)
    if type(label_smoothing) is not float:
        _require_number("cross_entropy", "label_smoothing", 8, label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    shape = input._array.shape
    class_dim = 0 if len(shape) == 1 else 1
    of_probabilities = shape == target._array.shape
    if of_probabilities:
        if not target.is_floating_point():
            raise RuntimeError(f"Expected floating point type for target with class probabilities, got {target.dtype}")
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
    logarithms = record_one(ops.log_softmax, (input,), {"dim": class_dim})
    if of_probabilities:
        return _cross_entropy_of_probabilities(logarithms, target, weight, reduction, label_smoothing, class_dim)
    options = {"reduction": reduction, "ignore_index": ignore_index}
    loss = _shaped(record(ops.nll_loss, (logarithms, target, weight), options))
    if label_smoothing == 0:
        return loss
    share = label_smoothing / shape[class_dim] if shape[class_dim] else 0.0
    smooth = _smooth_loss(logarithms, target, weight, ignore_index, reduction, class_dim)
    return loss * (1 - label_smoothing) + smooth * share


def _along_classes(weight: Tensor, logarithms: Tensor, class_dim: int) -> Tensor:
    """The weights of the classes in a shape that broadcasts against (N, C, ...)."""
    shape = [1] * logarithms._array.ndim
    shape[class_dim] = -1
    return ops.reshape(weight, shape)


def _smooth_loss(
    logarithms: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    class_dim: int,
) -> Tensor:
    """The loss if all classes were equally right: −Σ w ln softmax(z), reduced as `nll_loss` is."""
    if weight is not None:
        logarithms = logarithms * _along_classes(weight, logarithms, class_dim)
    ignored = target._array == ignore_index
    mask = wrap(ignored if class_dim else ignored.reshape(()))
    losses = ops.where(mask, 0.0, -ops.sum(logarithms, dim=class_dim))
    if reduction == "none":
        return losses
    total: Tensor = ops.sum(losses)
    if reduction == "sum":
        return total
    weights = 1 if weight is None else weight._array[np.where(ignored, 0, target._array)]
    return total / ops.sum(wrap(np.where(ignored, 0, weights)))


def _cross_entropy_of_probabilities(
    logarithms: Tensor,
    target: Tensor,
    weight: Tensor | None,
    reduction: str,
    label_smoothing: float,
    class_dim: int,
) -> Tensor:
    count = logarithms._array.shape[class_dim]
    if label_smoothing > 0 and count:
        target = target * (1 - label_smoothing) + label_smoothing / count
    products = logarithms * target
    if weight is not None:
        if weight._array.shape != (count,):
            raise RuntimeError(
                f"cross_entropy: weight tensor should be defined either for all {count} classes or no classes but "
                f"got weight tensor of shape: {list(weight._array.shape)}"
            )
        products = products * _along_classes(weight, logarithms, class_dim)
    if reduction == "none":
        return -ops.sum(products, dim=class_dim)
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction: choose 'none', 'mean' or 'sum'")
    loss = -ops.sum(products)
    if reduction == "sum":
        return loss
    if not logarithms._array.size:
        return titled(loss / 0, "NegBackward0")
    return titled(loss / (logarithms._array.size / count), "DivBackward1")


all_show_operations(globals())
__getattr__ = asked(__name__, later=_LATER)
