"""Fusion: a layer and the batch normalization after it as one layer, for evaluation."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from numpynet import ops
from numpynet.core.tensor import Tensor
from numpynet.creation import ones_like, zeros_like
from numpynet.nn.modules.linear import Linear
from numpynet.nn.modules.normalization import _BatchNorm
from numpynet.nn.parameter import Parameter

Conv = TypeVar("Conv", bound=Any)


def _require_evaluation(layer: Any, bn: _BatchNorm) -> None:
    """AssertionError while they are trained, and where there are no running averages."""
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")


def fuse_conv_bn_eval(conv: Conv, bn: _BatchNorm, transpose: bool = False) -> Conv:
    """A new convolution that does what the convolution and the batch normalization after it do.

    transpose: of transposed convolutions, whose output channels are the second dimension of the weight.
    AssertionError unless both are in evaluation, with running averages.

    >>> import numpynet
    >>> from numpynet import nn
    >>> conv, bn, x = nn.Conv1d(2, 3, 2).eval(), nn.BatchNorm1d(3).eval(), numpynet.randn(4, 2, 5)
    >>> numpynet.allclose(nn.utils.fuse_conv_bn_eval(conv, bn)(x), bn(conv(x)), atol=1e-6)
    True
    """
    _require_evaluation(conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Any,
    bn_rv: Any,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight w s and bias (b − μ) s + β of such a convolution, with s = γ / √(σ² + eps) for each output channel.

    conv_w, conv_b: w and b; bn_rm, bn_rv, bn_w, bn_b: μ, σ², γ and β. None counts as b = 0, γ = 1, β = 0.

    >>> import numpynet
    >>> from numpynet import nn
    >>> one = numpynet.ones(1)
    >>> nn.utils.fuse_conv_bn_weights(numpynet.ones(1, 1, 1), None, one, 4 * one, 0.0, None, one)[1].tolist()
    [0.5]
    """
    bias_dtype = conv_w.dtype if conv_b is None else conv_b.dtype
    bias = zeros_like(bn_rm) if conv_b is None else conv_b
    gain = ones_like(bn_rm) if bn_w is None else bn_w
    shift = zeros_like(bn_rm) if bn_b is None else bn_b
    reciprocal = ops.rsqrt(bn_rv + bn_eps)
    shape = [1] * conv_w.ndim
    shape[1 if transpose else 0] = -1
    weight = (conv_w * ops.reshape(gain * reciprocal, shape)).to(conv_w.dtype)
    moved = ((bias - bn_rm) * reciprocal * gain + shift).to(bias_dtype)
    return Parameter(weight.detach(), conv_w.requires_grad), Parameter(moved.detach(), bias.requires_grad)


def fuse_linear_bn_eval(linear: Linear, bn: _BatchNorm) -> Linear:
    """A new linear layer that does what the linear layer and the batch normalization after it do.

    AssertionError unless both are in evaluation, with running averages, and have as many features (or the
    normalization one).

    >>> import numpynet
    >>> from numpynet import nn
    >>> linear, bn, x = nn.Linear(2, 3).eval(), nn.BatchNorm1d(3).eval(), numpynet.randn(4, 2)
    >>> numpynet.allclose(nn.utils.fuse_linear_bn_eval(linear, bn)(x), bn(linear(x)), atol=1e-6)
    True
    """
    if not linear.training and not bn.training and bn.num_features not in (1, linear.out_features):
        raise AssertionError(
            f"To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    _require_evaluation(linear, bn)
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor, linear_b: Tensor | None, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """As `fuse_conv_bn_weights`, of a linear layer, whose weight is (O, I); γ and β must be given.

    >>> import numpynet
    >>> from numpynet import nn
    >>> one = numpynet.ones(1)
    >>> nn.utils.fuse_linear_bn_weights(numpynet.ones(1, 2), None, one, 4 * one, 0.0, one, one)[0].tolist()
    [[0.5, 0.5]]
    """
    bias_dtype = linear_w.dtype if linear_b is None else linear_b.dtype
    bias = zeros_like(bn_rm) if linear_b is None else linear_b
    scale = bn_w * ops.rsqrt(bn_rv + bn_eps)
    weight = linear_w * ops.unsqueeze(scale, -1).to(linear_w.dtype)
    moved = ((bias - bn_rm) * scale + bn_b).to(bias_dtype)
    return Parameter(weight.detach(), linear_w.requires_grad), Parameter(moved.detach(), bias.requires_grad)
