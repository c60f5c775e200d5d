"""Normalizations: over the batch, the channels, groups of them, or a sample's features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from numpynet import ops
from numpynet.composite.arguments import composed
from numpynet.composite.padding import pad
from numpynet.composite.pooling import avg_pool2d
from numpynet.composite.results import titled
from numpynet.core.dtypes import scalar_type_name
from numpynet.core.functions import current_arrays, placed
from numpynet.core.modes import flags, silently
from numpynet.core.tensor import Tensor, record
from numpynet.nn.functional.arguments import require_tensor
from numpynet.ops import normalization
from numpynet.ops.blocks import lone
from numpynet.ops.form import Array, Op
from numpynet.ops.showing import all_show_operations
from numpynet.ops.sums import HALF, sum_over


def _normalized(
    operation: Op,
    input: Tensor,
    parameters: Sequence[Tensor | None],
    options: dict[str, Any],
    averages: Sequence[Tensor | None] = (),
) -> Tensor:
    """What a normalization with these parameters gives, in the dtype of the input.

    RuntimeError where another dtype is among the parameters and running averages; beside float16 they may be float32.
    """
    kind, operands = input._array.dtype, (input, *parameters)
    arrays, needed = current_arrays(operands)
    if arrays and kind.char in "fd" and not operation.array_options:
        y = flags.silently(operation.forward, *arrays, **options)
        return placed(y, operation, operands, arrays, needed, options)
    given = [one._array.dtype for one in (*parameters, *averages) if one is not None]
    refused_first = kind.kind != "f" and (operation is ops.batch_norm or kind in given[:1])  # for its integers
    if refused_first or all(one == kind for one in given):
        return record(operation, operands, options)
    if kind != HALF or any(one != np.float32 for one in given):
        names = ", ".join(scalar_type_name(one) for one in given)
        raise RuntimeError(
            f"{operation.name}: mixed dtype (CPU): all the inputs must share same datatype, or the others be Float "
            f"beside Half, but the input is {scalar_type_name(kind)} and the others are {names}: convert the input"
        )
    y = record(operation, operands, options)
    return titled(y.to(input.dtype), "" if y._node is None else y._node.name())


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
    return _normalized(ops.layer_norm, input, (weight, bias), {"dims": len(sizes), "eps": eps})


@composed
def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """y = w x / √(mean x² + eps), with the mean over the last dimensions of each sample (Zhang & Sennrich 2019).

    normalized_shape: the sizes of those dimensions, which w (`weight`) has. eps: by default that of the dtype.
    RuntimeError when they do not fit.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.rms_norm(numpynet.tensor([[1.0, 7.0]]), (2,), eps=0.0)
    tensor([[0.2000, 1.4000]])
    """
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            f"rms_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}"
        )
    for place, size in enumerate(normalized_shape):
        if not isinstance(size, int):
            raise TypeError(
                f"rms_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, but found element of "
                f"type {type(size).__name__} at pos {place}"
            )
    if weight is not None:
        require_tensor("rms_norm", "weight", 3, weight)
    sizes = tuple(normalized_shape)
    if not sizes:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    if weight is not None and tuple(weight.shape) != sizes:
        raise RuntimeError(
            f"Expected weight to be of same shape as normalized_shape, but got weight of shape {list(weight.shape)} "
            f"and normalized_shape = {list(sizes)}"
        )
    x = input._array
    if x.shape[-len(sizes) :] != sizes:
        raise RuntimeError(
            f"Given normalized_shape={list(sizes)}, expected input with shape [*{', '.join(map(str, sizes))}], "
            f"but got input of size{list(x.shape)}"
        )
    if eps is None and x.dtype.kind == "f":
        eps = float(np.finfo(np.float32 if x.itemsize == 2 else x.dtype).eps)  # of what is computed in
    wide = input.float() if x.dtype == HALF else input  # as torch, which rounds what float16 gives once
    y = record(normalization.rms_norm, (wide, weight), {"dims": len(sizes), "eps": eps})
    return y.to(input.dtype).contiguous()


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
    averages = (running_mean, running_var)
    for name, average in ("running_mean", running_mean), ("running_var", running_var):
        if average is not None and average.requires_grad and flags.enabled:
            raise RuntimeError(
                f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'. This input "
                f"cannot have requires_grad True: detach() it"
            )
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("batch_norm: running_mean and running_var must be given in evaluation mode")
        known = {"mean": running_mean._array.copy(), "variance": running_var._array.copy()}
        return _normalized(ops.batch_norm, input, (weight, bias), {**known, "eps": eps}, averages)
    if x.size == channels:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.size()}")
    if eps <= 0.0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    options = {"mean": None, "variance": None, "eps": eps}
    operands = (input, weight, bias)
    arrays, needed = current_arrays(operands)
    if arrays and x.dtype.char in "fd" and all(one is None or one._array.dtype is x.dtype for one in averages):
        array, mean, squares = flags.silently(normalization.batch_normalized, *arrays, eps)
        y = placed(array, ops.batch_norm, operands, arrays, needed, options)
    else:
        y = _normalized(ops.batch_norm, input, (weight, bias), options, averages)
        if running_mean is not None or running_var is not None:
            mean, squares = silently(normalization.moments, x)
    if running_mean is not None or running_var is not None:
        variance = squares / lone(x.size // channels - 1, squares)
        silently(_move, averages, (mean, variance), momentum)
    return y


def _move(averages: Sequence[Tensor | None], values: Sequence[Array], share: float) -> None:
    """Moves averages towards these values by a share of the way."""
    for average, value in zip(averages, values, strict=True):
        if average is not None:
            array = average._array
            array *= lone(1 - share, array)
            array += value * lone(share, value)
            average._writes[0] += 1


@composed(asks="input.dim")
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
    return _normalized(ops.group_norm, input, (weight, bias), {"groups": num_groups, "eps": eps})


@composed(asks="input.size")
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


@composed(asks="input.dim")
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


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """x / max(‖x‖ₚ, eps), the norm taken along `dim`.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> F.normalize(numpynet.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    is_plain = p == 2.0 and type(dim) is int  # which `norm` hands on as it is
    size = ops.norm.call(input, p, dim, True) if is_plain else input.norm(p, dim, keepdim=True)
    length = titled(ops.clamp.call(size, eps), "ClampMinBackward0")
    return input / length if out is None else ops.true_divide(input, length, out=out)


all_show_operations(globals())
