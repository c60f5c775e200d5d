"""The mathematics of numpynet: every operation, its forward and its gradients, in plain NumPy.

Each room (module) holds one family; `numpynet.ops.form` explains how an operation is written. What is
listed in ``__all__`` is also a function of the package itself, as in torch.
"""

from numpynet.ops.activation import elu as elu
from numpynet.ops.activation import gelu as gelu
from numpynet.ops.activation import leaky_relu as leaky_relu
from numpynet.ops.activation import log_sigmoid as log_sigmoid
from numpynet.ops.activation import log_softmax as log_softmax
from numpynet.ops.activation import relu, sigmoid, tanh
from numpynet.ops.activation import silu as silu
from numpynet.ops.activation import softmax as softmax
from numpynet.ops.activation import softplus as softplus
from numpynet.ops.arithmetic import (
    abs,
    add,
    addcdiv,
    addcmul,
    fmod,
    hypot,
    lerp,
    mul,
    neg,
    pow,
    reciprocal,
    remainder,
    rsqrt,
    rsub,
    sqrt,
    square,
    sub,
)
from numpynet.ops.arithmetic import floor_divide as floor_divide
from numpynet.ops.arithmetic import rounded_divide as rounded_divide
from numpynet.ops.arithmetic import true_divide as true_divide
from numpynet.ops.comparison import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    eq,
    ge,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from numpynet.ops.conversion import cast as cast
from numpynet.ops.conversion import clone
from numpynet.ops.convolution import col2im as col2im
from numpynet.ops.convolution import conv_transpose as conv_transpose
from numpynet.ops.convolution import convolution as convolution
from numpynet.ops.convolution import im2col as im2col
from numpynet.ops.einsum import einsum as einsum
from numpynet.ops.embedding import embedding as embedding
from numpynet.ops.exponential import erf, exp, exp2, expm1, log, log1p, log2, log10, logaddexp
from numpynet.ops.indexing import gather, index_select
from numpynet.ops.indexing import index as index
from numpynet.ops.indexing import index_add as index_add
from numpynet.ops.indexing import index_put as index_put
from numpynet.ops.indexing import index_put_accumulate as index_put_accumulate
from numpynet.ops.indexing import picked as picked
from numpynet.ops.indexing import scatter as scatter
from numpynet.ops.indexing import scatter_add as scatter_add
from numpynet.ops.indexing import scatter_reduced as scatter_reduced
from numpynet.ops.linear import linear as linear
from numpynet.ops.linear import matmul
from numpynet.ops.linear import trace as trace
from numpynet.ops.loss import binary_cross_entropy as binary_cross_entropy
from numpynet.ops.loss import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from numpynet.ops.loss import huber_loss as huber_loss
from numpynet.ops.loss import l1_loss as l1_loss
from numpynet.ops.loss import mse_loss as mse_loss
from numpynet.ops.loss import nll_loss as nll_loss
from numpynet.ops.loss import smooth_l1_loss as smooth_l1_loss
from numpynet.ops.normalization import batch_norm as batch_norm
from numpynet.ops.normalization import group_norm as group_norm
from numpynet.ops.normalization import layer_norm as layer_norm
from numpynet.ops.padding import constant_pad as constant_pad
from numpynet.ops.padding import taken_along as taken_along
from numpynet.ops.pooling import adaptive_avg_pool as adaptive_avg_pool
from numpynet.ops.pooling import avg_pool as avg_pool
from numpynet.ops.pooling import max_pool as max_pool
from numpynet.ops.reduction import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    cumprod,
    cumsum,
    logsumexp,
    mean,
    nansum,
    prod,
    sum,
)
from numpynet.ops.reduction import cdist as cdist
from numpynet.ops.reduction import max_of_all as max_of_all
from numpynet.ops.reduction import median_of_all as median_of_all
from numpynet.ops.reduction import min_of_all as min_of_all
from numpynet.ops.reduction import norm as norm
from numpynet.ops.reduction import std as std
from numpynet.ops.reduction import var as var
from numpynet.ops.resampling import interpolated as interpolated
from numpynet.ops.rounding import ceil, floor, frac, round, sign, trunc
from numpynet.ops.selection import clamp, masked_fill, maximum, minimum, nan_to_num
from numpynet.ops.selection import where as where
from numpynet.ops.shape import (
    cat,
    diag_embed,
    diagonal,
    flip,
    permute,
    reshape,
    roll,
    squeeze,
    stack,
    t,
    transpose,
    tril,
    triu,
    unsqueeze,
)
from numpynet.ops.shape import expand as expand
from numpynet.ops.shape import repeat as repeat
from numpynet.ops.shape import repeat_interleave as repeat_interleave
from numpynet.ops.shape import view as view
from numpynet.ops.trigonometric import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan

__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "addcdiv",
    "addcmul",
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cat",
    "ceil",
    "clamp",
    "clone",
    "cos",
    "cosh",
    "cumprod",
    "cumsum",
    "diag_embed",
    "diagonal",
    "eq",
    "erf",
    "exp",
    "exp2",
    "expm1",
    "flip",
    "floor",
    "fmod",
    "frac",
    "gather",
    "ge",
    "gt",
    "hypot",
    "index_select",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "lerp",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "lt",
    "masked_fill",
    "matmul",
    "maximum",
    "mean",
    "minimum",
    "mul",
    "nan_to_num",
    "nansum",
    "ne",
    "neg",
    "permute",
    "pow",
    "prod",
    "reciprocal",
    "relu",
    "remainder",
    "reshape",
    "roll",
    "round",
    "rsqrt",
    "rsub",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "sub",
    "sum",
    "t",
    "tan",
    "tanh",
    "transpose",
    "tril",
    "triu",
    "trunc",
    "unsqueeze",
]
