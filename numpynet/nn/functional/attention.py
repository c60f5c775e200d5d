"""Attention: each position takes a mean of values, weighted by how well its query fits their keys.

Vaswani et al. 2017, "Attention is all you need".
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from numpynet import ops
from numpynet.composite import softmax
from numpynet.composite.arguments import composed
from numpynet.composite.padding import pad
from numpynet.composite.results import titled
from numpynet.core import dtypes
from numpynet.core.tensor import Tensor
from numpynet.creation import full, ones, zeros, zeros_like
from numpynet.nn.functional.arguments import c_name
from numpynet.nn.functional.dropouts import dropout
from numpynet.nn.functional.linear_maps import linear
from numpynet.ops.acceptance import no_complex, scalar_name
from numpynet.ops.form import possible


def _attended(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout_p: float, scale: float, *, safe: bool
) -> tuple[Tensor, Tensor]:
    """softmax(scale q kᵀ + mask) v, and the weights.

    safe: whether a query that may attend to nothing gets 0; otherwise it gets NaN.
    """
    scores = (q * scale) @ k.transpose(-2, -1)
    dead = None
    if mask is not None:
        scores = scores + mask
        if safe:
            nothing = (mask.detach() == -math.inf).all(-1, keepdim=True)
            dead = nothing if possible(nothing._array) else None
    if dead is not None:
        scores = scores.masked_fill(dead, 0.0)
    weights = softmax(scores, -1)
    if dead is not None:
        weights = weights.masked_fill(dead, 0.0)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    return weights @ v, weights


def additive(mask: Tensor, dtype: Any) -> Tensor:
    """A mask that is added to scores: 0 where a mask of booleans is False, −∞ where it is True.

    >>> import numpynet
    >>> additive(numpynet.tensor([True, False]), numpynet.float32)
    tensor([-inf, 0.])
    """
    return zeros_like(mask, dtype=dtype).masked_fill(mask, -math.inf) if mask.dtype is dtypes.bool_ else mask


def causal_mask(length: int, device: Any = None, dtype: Any = None) -> Tensor:
    """A mask that lets each position attend to itself and those before it.

    >>> causal_mask(2)
    tensor([[0., -inf],
            [0., 0.]])
    """
    return full((length, length), -math.inf, dtype=dtype, device=device).triu(diagonal=1)


@composed
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(q kᵀ / √E + mask) v        q (..., L, E), k (..., S, E), v (..., S, V) -> (..., L, V)

    attn_mask: (..., L, S), what is added to the products, or booleans, False where a query may not attend to a key. A
    query that may attend to none gets 0. is_causal: lets query i attend to the keys up to i. dropout_p: the probability
    with which weights are dropped. scale: what takes the place of 1/√E. enable_gqa: lets several heads of queries share
    a head of keys and values. RuntimeError for dtypes that differ, for a mask beside `is_causal`, and for heads that
    do not divide.

    >>> import numpynet
    >>> import numpynet.nn.functional as F
    >>> q = numpynet.tensor([[1.0, 0.0]])
    >>> F.scaled_dot_product_attention(q, q, numpynet.tensor([[3.0, 4.0]]))
    tensor([[3., 4.]])
    """
    _check(query, key, value, attn_mask, is_causal)
    if dropout_p < 0 or dropout_p > 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    if enable_gqa and query.size(-3) != key.size(-3):
        heads, shared, others = query.size(-3), key.size(-3), value.size(-3)
        if heads % shared or heads % others:
            raise RuntimeError(
                f"Number of heads in key and value must divide the number of heads in query: {heads} heads of queries "
                f"cannot share {shared} of keys and {others} of values"
            )
        key = key.repeat_interleave(heads // shared, -3)
        value = value.repeat_interleave(heads // others, -3)
    mask = attn_mask
    if is_causal:
        mask = ones(query.size(-2), key.size(-2), dtype=dtypes.bool_).tril()
    if mask is not None and mask.dtype is dtypes.bool_:
        mask = additive(~mask, query.dtype)
    scale = 1 / math.sqrt(query.size(-1)) if scale is None else scale
    y, _ = _attended(query, key, value, mask, dropout_p, scale, safe=not is_causal)
    at_once = query.dim() == 4 and not dropout_p and (attn_mask is None or not attn_mask.requires_grad)
    if not at_once or query.size(-1) != value.size(-1):
        return y
    if not query._array.flags.c_contiguous and query.transpose(1, 2)._array.flags.c_contiguous:
        y = y.transpose(1, 2).contiguous().transpose(1, 2)  # as torch lays out the result, which is then no copy
    return titled(y, "ScaledDotProductFlashAttentionForCpuBackward0")


def _check(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool) -> None:
    """RuntimeError for what does not go together."""
    if min(query.dim(), key.dim(), value.dim()) < 2:
        raise RuntimeError(
            f"Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {query.dim()} "
            f"key.dim: {key.dim()} and value.dim: {value.dim()} instead."
        )
    if not query.dtype == key.dtype == value.dtype:
        kinds = [c_name(one) for one in (query, key, value)]
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and "
            "value.dtype: {} instead.".format(*kinds)
        )
    no_complex("scaled_dot_product_attention", query._array)
    if not query.is_floating_point():
        raise RuntimeError(f"expected scalar type Float but found {scalar_name(query._array)}: convert q, k and v")
    if mask is not None:
        if is_causal:
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
            )
        if mask.dtype is not dtypes.bool_ and mask.dtype not in (query.dtype, dtypes.float32):
            raise RuntimeError(
                f"Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                f"{c_name(mask)} and  query.dtype: {c_name(query)} instead."
            )


# --- several heads ------------------------------------------------------------------------------------------


def canonical_mask(mask: Tensor | None, name: str, other: Tensor | None, other_name: str, dtype: Any) -> Tensor | None:
    """A mask as it is added; warns where another one is of another kind. AssertionError for integers.

    >>> import numpynet
    >>> canonical_mask(numpynet.tensor([False]), "mask", None, "", numpynet.float32)
    tensor([0.])
    """
    if mask is None:
        return None
    if mask.dtype is not dtypes.bool_ and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and other.dtype != mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=3,
        )
    return additive(mask, dtype)


def _require_fit(
    query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None, heads: int
) -> bool:
    """Whether there is a batch; AssertionError for numbers of dimensions that do not go together."""
    rank = query.dim()
    if rank not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor")
    what = "batched (3-D)" if rank == 3 else "unbatched (2-D)"
    if key.dim() != rank or value.dim() != rank:
        raise AssertionError(
            f"For {what} `query`, expected `key` and `value` to be {rank}-D but found {key.dim()}-D and "
            f"{value.dim()}-D tensors respectively"
        )
    if padding is not None and padding.dim() != rank - 1:
        raise AssertionError(
            f"For {what} `query`, expected `key_padding_mask` to be `None` or {rank - 1}-D but found "
            f"{padding.dim()}-D tensor instead"
        )
    if mask is not None and mask.dim() not in (2, 3):
        raise AssertionError(
            f"For {what} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D tensor instead"
        )
    if rank == 2 and mask is not None and mask.dim() == 3:
        wanted = (heads, query.shape[0], key.shape[0])
        if mask.shape != wanted:
            raise AssertionError(f"Expected `attn_mask` shape to be {wanted} but got {mask.shape}")
    return rank == 3


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """q, k and v, from one product where they are of the same tensor."""
    if query is key is value:
        q, k, v = linear(query, weight, bias).chunk(3, -1)
        return q, k, v
    size = query.size(-1)
    if key is value:
        w_q, w_kv = weight.split([size, 2 * size])
        b_q, b_kv = (None, None) if bias is None else bias.split([size, 2 * size])
        k, v = linear(key, w_kv, b_kv).chunk(2, -1)
        return linear(query, w_q, b_q), k, v
    w_q, w_k, w_v = weight.chunk(3)
    return _projected_apart(query, key, value, w_q, w_k, w_v, bias)


def _projected_apart(
    query: Tensor, key: Tensor, value: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, bias: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    b_q, b_k, b_v = (None,) * 3 if bias is None else bias.chunk(3)
    size, columns = query.size(-1), [key.size(-1), value.size(-1)]
    if tuple(w_q.shape) != (size, size):
        raise AssertionError(f"expecting query weights shape of {(size, size)}, but got {w_q.shape}")
    for name, weight, width in zip(("key", "value"), (w_k, w_v), columns, strict=True):
        if tuple(weight.shape) != (size, width):
            raise AssertionError(f"expecting {name} weights shape of {(size, width)}, but got {weight.shape}")
    return linear(query, w_q, b_q), linear(key, w_k, b_k), linear(value, w_v, b_v)


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """What `nn.MultiheadAttention` computes, which explains the arguments.

    static_k, static_v: (N · num_heads, S, head size), what takes the place of the projected keys and values.
    AssertionError and RuntimeError for shapes that do not go together.

    >>> import numpynet
    >>> from numpynet import nn
    >>> x, w = numpynet.ones(1, 1, 2), numpynet.eye(2)
    >>> nn.functional.multi_head_attention_forward(
    ...     x, x, x, 2, 1, w.repeat(3, 1), None, None, None, False, 0.0, w, None)[0]
    tensor([[[1., 1.]]])
    """
    batched = _require_fit(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = _alike(query, key, value, lambda one: one.unsqueeze(1))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, count, size = query.shape
    padding = canonical_mask(key_padding_mask, "key_padding_mask", attn_mask, "attn_mask", query.dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    by_hint = is_causal and padding is None and not need_weights
    mask = None if by_hint else canonical_mask(attn_mask, "attn_mask", None, "", query.dtype)
    if size != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}")
    head = size // num_heads
    if head * num_heads != size:
        raise AssertionError(f"embed_dim {size} not divisible by num_heads {num_heads}")
    if not use_separate_proj_weight and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    if key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if use_separate_proj_weight:
        for name, weight in (("q", q_proj_weight), ("k", k_proj_weight), ("v", v_proj_weight)):
            if weight is None:
                raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
        q, k, v = _projected_apart(query, key, value, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias)  # type: ignore[arg-type]
    elif in_proj_weight is None:
        raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
    else:
        q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias)
    mask = _in_heads(mask, count, num_heads, length, key.shape[0])
    more = 0
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError(f"bias cannot be added to static {'key' if static_k is not None else 'value'}.")
        k, v = ops.cat([k, bias_k.repeat(1, count, 1)]), ops.cat([v, bias_v.repeat(1, count, 1)])
        more += 1
    elif bias_k is not None or bias_v is not None:
        given, missing = ("bias_k", "bias_v") if bias_v is None else ("bias_v", "bias_k")
        raise AssertionError(f"{given} is set but {missing} is None")
    # (L, N, E) -> (N, heads, L, head)
    q, k, v = (one.reshape(one.shape[0], count, num_heads, head).permute(1, 2, 0, 3) for one in (q, k, v))
    k, v = (
        one if static is None else _static(static, name, count, num_heads, head)
        for one, static, name in ((k, static_k, "k"), (v, static_v, "v"))
    )
    if add_zero_attn:
        nothing = zeros(count, num_heads, 1, head, dtype=q.dtype)
        k, v = ops.cat([k, nothing], dim=2), ops.cat([v, nothing], dim=2)
        more += 1
    if more:
        mask = None if mask is None else pad(mask, (0, more))
        padding = None if padding is None else pad(padding, (0, more))
    if padding is not None:
        for dim, wanted in enumerate((count, k.shape[2])):
            if padding.shape[dim] != wanted:
                raise AssertionError(
                    f"Expected key_padded_mask.shape[{dim}] to be {wanted}, but got {padding.shape[dim]}"
                )
        padding = padding.reshape(count, 1, 1, k.shape[2])
        mask = padding if mask is None else mask + padding
    dropout_p = dropout_p if training else 0.0
    weights = None
    if need_weights:
        y, weights = _attended(q, k, v, mask, dropout_p, math.sqrt(1 / head), safe=False)
    else:
        y = scaled_dot_product_attention(q, k, v, mask, dropout_p, by_hint)
    y = linear(y.permute(2, 0, 1, 3).reshape(length * count, size), out_proj_weight, out_proj_bias)
    y = y.view(length, count, y.size(1))
    if weights is not None and average_attn_weights:
        weights = weights.mean(1)
    if not batched:
        y, weights = y.squeeze(1), None if weights is None else weights.squeeze(0)
    return y, weights


def _alike(query: Tensor, key: Tensor, value: Tensor, change: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The three of them changed; what is one tensor stays one."""
    q = change(query)
    k = q if key is query else change(key)
    return q, k, k if value is key else change(value)


def _in_heads(mask: Tensor | None, count: int, heads: int, length: int, keys: int) -> Tensor | None:
    """A mask (L, S) or (N · heads, L, S) as (..., L, S) that fits (N, heads, L, S)."""
    if mask is None:
        return None
    wanted = (length, keys) if mask.dim() == 2 else (count * heads, length, keys)
    if tuple(mask.shape) != wanted:
        raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}.")
    return mask if mask.dim() == 2 else mask.reshape(count, heads, length, keys)


def _static(static: Tensor, name: str, count: int, heads: int, head: int) -> Tensor:
    for dim, wanted in ((0, count * heads), (2, head)):
        if static.size(dim) != wanted:
            raise AssertionError(f"expecting static_{name}.size({dim}) of {wanted}, but got {static.size(dim)}")
    return ops.reshape(static, (count, heads, -1, head))
