"""Attention of several heads."""

from __future__ import annotations

from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.creation import empty
from numpynet.nn import init
from numpynet.nn.functional.attention import canonical_mask, multi_head_attention_forward
from numpynet.nn.modules.linear import Linear
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter


class NonDynamicallyQuantizableLinear(Linear):
    """`Linear` under the name that torch prints."""


class MultiheadAttention(Module):
    """Each head projects queries, keys and values, attends, and the heads' results are projected together.

    forward takes query (L, N, embed_dim), key (S, N, kdim) and value (S, N, vdim), with `batch_first` (N, L, ...), or
    all of them without N, and returns (L, N, embed_dim) and the weights, (N, L, S).

    key_padding_mask: (N, S), True or −∞ where a key is no key. attn_mask: (L, S) or (N · num_heads, L, S), True or −∞
    where a query may not attend to a key; other numbers are added. need_weights: False gives None in their place.
    average_attn_weights: False gives them for each head, (N, num_heads, L, S). is_causal: says that `attn_mask` is the
    causal one. dropout: the probability with which weights are dropped in training. add_bias_kv: learns one more key
    and value; add_zero_attn: adds a key and a value of 0.

    in_proj_weight (3 embed_dim, embed_dim), or q_proj_weight, k_proj_weight and v_proj_weight where kdim or vdim
    differ; in_proj_bias; out_proj. (Vaswani et al. 2017)

    >>> import numpynet
    >>> from numpynet import nn
    >>> x = numpynet.zeros(3, 1, 4)
    >>> y, weights = nn.MultiheadAttention(4, 2)(x, x, x)
    >>> y.shape, weights.shape
    (torch.Size([3, 1, 4]), torch.Size([1, 3, 3]))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")

        def made(wanted: bool, *shape: int) -> Parameter | None:
            return Parameter(empty(*shape, device=device, dtype=dtype)) if wanted else None

        apart = not self._qkv_same_embed_dim
        self.register_parameter("in_proj_weight", made(not apart, 3 * embed_dim, embed_dim))
        self.register_parameter("q_proj_weight", made(apart, embed_dim, embed_dim))
        self.register_parameter("k_proj_weight", made(apart, embed_dim, self.kdim))
        self.register_parameter("v_proj_weight", made(apart, embed_dim, self.vdim))
        self.register_parameter("in_proj_bias", made(bias, 3 * embed_dim))
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.register_parameter("bias_k", made(add_bias_kv, 1, 1, embed_dim))
        self.register_parameter("bias_v", made(add_bias_kv, 1, 1, embed_dim))
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)  # type: ignore[arg-type]
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """What the heads give together, and their weights or None."""
        turned = self.batch_first and query.dim() == 3
        key_padding_mask = canonical_mask(key_padding_mask, "key_padding_mask", attn_mask, "attn_mask", query.dtype)
        attn_mask = canonical_mask(attn_mask, "attn_mask", None, "", query.dtype)
        if turned:
            of_one = query is key, key is value
            query, key, value = query.transpose(1, 0), key.transpose(1, 0), value.transpose(1, 0)
            key = query if of_one[0] else key
            value = key if of_one[1] else value
        output, weights = multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim, q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight, v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return output.transpose(1, 0) if turned else output, weights
