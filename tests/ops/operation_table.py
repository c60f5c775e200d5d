"""The table that drives the checks of every operation: what it takes, with which options, and how it rounds.

A row is ``row(operation, operands..., options...)``. An operand is a domain with a shape (``real[3, 4]``), a
domain alone (an elementwise operation then gets every combination of `SHAPES`), or a constant: a number, None,
an array of indices, a mask.

A result may differ from torch's by k eps times a shadow: the size of what was rounded on the way. k is 4, unless
the row says why it is not. The shadow is one of

- "result": the result itself, for functions whose value is rounded a few times and nothing cancels.
- "absolute": the operation on absolute values, for sums and products: a sum is as exact as its terms are large.
- a function of the operands and options (for gradients: of dy, operands, result and options) that adds up the
  sizes of terms that may cancel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from operation_cases import (
    LIMITS,
    SHAPES,
    Case,
    Domain,
    Shadow,
    above_one,
    apart,
    between,
    beyond,
    broken,
    divisor,
    finite,
    inf,
    moderate,
    nan,
    nonzero,
    positive,
    real,
    share,
    unit,
)

from numpynet import ops
from numpynet.ops import (
    floating_point,
    gated_activation,
    grid_sampling,
    group_reduction,
    normalization,
    piecewise_activation,
    placing,
    recurrence,
    shuffling,
    special,
    temporal_classification,
)
from numpynet.ops import linear_algebra as algebra
from numpynet.ops import lu as factors
from numpynet.ops.embedding import embedding_bag
from numpynet.ops.form import Op
from numpynet.ops.strides import as_strided
from numpynet.ops.unfolding import unfold

CASES: list[Case] = []


def row(
    op: Op,
    *operands: Any,
    torch: str = "",
    shadow: Shadow = "result",
    gradient_shadow: Shadow | None = None,
    k: float = 4,
    analytic: bool = False,
    title: bool = True,
    derivative: bool = True,
    signed: bool = True,
    **options: Any,
) -> None:
    """Adds the cases of a row to the table; see `Case` for the parameters."""
    free = [position for position, one in enumerate(operands) if isinstance(one, Domain)]
    if not torch:
        arguments = [f"*{op.operands[0]}" if op.variadic else name for name in op.operands[: len(operands)]]
        torch = f"torch.{op.name}({', '.join([*arguments, *(f'{name}={name}' for name in options)])})"
    for shapes in SHAPES[len(free)] if free else [()]:
        placed = list(operands)
        for position, shape in zip(free, shapes, strict=True):
            placed[position] = placed[position][shape]
        by = shadow if gradient_shadow is None else gradient_shadow
        CASES.append(Case(op, tuple(placed), options, torch, shadow, by, k, analytic, title, derivative, signed))


def spread(value: Any, x: Any, dim: Any, keepdim: bool = False) -> Any:
    """A reduced value in the shape of what it was reduced from."""
    if dim is not None and not keepdim and x.ndim:
        value = np.expand_dims(value, dim)
    return np.broadcast_to(value, x.shape)


F = "torch.nn.functional"

# --- arithmetic ---------------------------------------------------------------------------------------------

row(ops.add, real, real, analytic=True)
row(ops.add, real, 2.5, analytic=True)
row(ops.add, real, real, alpha=-2.5, shadow=lambda a, b, alpha: abs(a) + abs(alpha * b), gradient_shadow="result")
row(ops.sub, real, real, analytic=True)
row(ops.sub, 2.5, real, torch="a - b", title=False)
row(ops.sub, real, real, alpha=3, shadow=lambda a, b, alpha: abs(a) + abs(alpha * b), gradient_shadow="result")
row(ops.rsub, real, 2.5, analytic=True)
row(
    ops.rsub,
    real,
    real,
    alpha=2,
    shadow=lambda a, b, alpha: abs(b) + abs(alpha * a),
    gradient_shadow="result",
    title=False,
)
row(ops.mul, real, real, analytic=True)
row(ops.mul, real, 3, analytic=True)
row(ops.true_divide, real, nonzero, analytic=True)
row(ops.true_divide, real, 0.3, analytic=True)
row(ops.true_divide, 2.5, nonzero, torch="a / b", title=False)
row(ops.rounded_divide, real, nonzero, torch="torch.div(a, b, rounding_mode=rounding_mode)", rounding_mode="floor")
row(ops.rounded_divide, real, nonzero, torch="torch.div(a, b, rounding_mode=rounding_mode)", rounding_mode="trunc")
row(ops.remainder, real, divisor)
row(ops.remainder, real, 0.7)
row(ops.fmod, real, divisor)
row(ops.fmod, real, -0.7)
row(ops.neg, real, analytic=True)
# a + weight (b − a): the difference and the sum each round something as large as a and b; torch fuses the rest.
row(
    ops.lerp,
    moderate,
    moderate,
    share,
    signed=False,
    shadow=lambda a, b, weight: (abs(a) + abs(b)) * (1 + abs(weight)),
    gradient_shadow="result",
)
row(
    ops.lerp,
    real,
    real,
    0.25,
    shadow=lambda a, b, weight: (abs(a) + abs(b)) * (1 + abs(weight)),
    gradient_shadow="result",
)
for value in (1, -0.5):
    row(
        ops.addcmul,
        moderate,
        moderate,
        moderate,
        value=value,
        analytic=True,
        shadow=lambda x, a, b, value: abs(x) + abs(a * b * value),
        gradient_shadow="result",
    )
    row(
        ops.addcdiv,
        moderate,
        moderate,
        divisor,
        value=value,
        analytic=True,
        shadow=lambda x, a, b, value: abs(x) + abs(a / b * value),
        gradient_shadow="result",
    )
for exponent in (2, 3, 1, 0):
    row(ops.pow, real, exponent, analytic=True)
for exponent in (0.5, -0.5, -1, -2, 2.5, -3):
    row(ops.pow, positive, exponent)
row(ops.pow, positive, real, analytic=True)
row(ops.pow, 2.0, real, analytic=True)
row(ops.sqrt, positive, analytic=True)
row(ops.rsqrt, positive, analytic=True)
row(ops.reciprocal, nonzero, analytic=True)
row(ops.square, real, analytic=True)
row(ops.abs, nonzero)
row(ops.hypot, real, nonzero)

# --- exponentials and logarithms ----------------------------------------------------------------------------

row(ops.exp, real, analytic=True)
row(ops.exp2, real, analytic=True)
row(ops.expm1, real, analytic=True, gradient_shadow=lambda dy, x, y: abs(dy) * (abs(y) + 1))  # y + 1 cancels
row(ops.log, positive, analytic=True)
row(ops.log1p, positive, analytic=True)
row(ops.log2, positive, analytic=True)
row(ops.log10, positive, analytic=True)
row(  # the maximum may cancel against ln(1 + …), and e^(b − a) amplifies the rounding of b − a
    ops.logaddexp,
    real,
    real,
    shadow=lambda a, b: abs(np.maximum(a, b)) + 1,
    gradient_shadow=lambda dy, a, b, y: abs(dy) * (1 + abs(a - b)),
)
row(ops.erf, real, gradient_shadow=lambda dy, x, y: abs(dy) * (1 + x * x) * np.exp(-x * x))  # so does e^(−x²)

# --- trigonometric and hyperbolic functions: 1 − x² and x² − 1 cancel near ±1 -------------------------------------

row(ops.sin, real, analytic=True)
row(ops.cos, real, analytic=True)
row(ops.tan, unit, analytic=True)
row(ops.asin, unit, analytic=True, gradient_shadow=lambda dy, x, y: abs(dy) / (1 - x * x) ** 1.5)
row(ops.acos, unit, analytic=True, gradient_shadow=lambda dy, x, y: abs(dy) / (1 - x * x) ** 1.5)
row(ops.atan, real, analytic=True)
row(ops.atan2, real, nonzero)
row(ops.sinh, real, analytic=True)
row(ops.cosh, real, analytic=True)
row(ops.asinh, real, analytic=True)
row(ops.acosh, above_one, analytic=True, gradient_shadow=lambda dy, x, y: abs(dy) * x * x / (x * x - 1) ** 1.5)
row(ops.atanh, unit, analytic=True, gradient_shadow=lambda dy, x, y: abs(dy) / (1 - x * x) ** 2)

# --- rounding and selection ---------------------------------------------------------------------------------

for step in (ops.sign, ops.floor, ops.ceil, ops.trunc, ops.frac, ops.round):
    row(step, broken)
row(ops.round, broken, decimals=2)
row(ops.maximum, apart, between)
row(ops.minimum, apart, between)
row(ops.clamp, apart, between, torch="torch.clamp(x, low)")
row(ops.clamp, apart, -1.0, 1.0, torch="torch.clamp(x, low, high)")
row(ops.clamp, apart, None, 0.3, torch="torch.clamp(x, low, high)")
row(ops.clamp, apart, -0.4, torch="torch.clamp(x, low)")
row(ops.clamp, apart[3, 4], between[3, 4], beyond[4], torch="torch.clamp(x, low, high)")
row(ops.clamp, apart[3, 4], None, between[3, 1], torch="torch.clamp(x, low, high)")
MASK = np.array([[True, False, True, False], [False] * 4, [True] * 4])
row(ops.where, MASK, real[3, 4], real[4])
row(ops.where, MASK, real[3, 1], 2.0)
row(ops.where, MASK[:0], real[()], real[1, 4])
row(ops.masked_fill, real[3, 4], MASK, 2.5)
row(ops.masked_fill, real[4], MASK, real[()], shadow="absolute", title=False)
row(ops.nan_to_num, real)
row(ops.nan_to_num, real, nan=1.5, posinf=2.0, neginf=-3.0)

row(special.xlogy, real, positive)
row(special.xlogy, real, 2.5, title=False)
row(special.xlogy, 1.5, positive, title=False)
row(floating_point.fmax, apart, between, signed=False)  # which of 0 and −0 is greater C leaves open
row(floating_point.fmin, apart, between, signed=False)
row(floating_point.copysign, nonzero, nonzero)
row(  # 1 − x cancels
    special.logit,
    share,
    torch="torch.logit(x)",
    shadow=lambda x: 1 + abs(np.log(x)) + abs(np.log1p(-x)),
    gradient_shadow="result",
)
row(
    special.logit,
    share,
    eps=0.25,
    torch="torch.logit(x, eps)",
    shadow=lambda x, eps: 1 + abs(np.log(x)) + abs(np.log1p(-x)),
    gradient_shadow="result",
)

# --- activations --------------------------------------------------------------------------------------------

row(ops.relu, nonzero)
row(ops.sigmoid, real, gradient_shadow=lambda dy, x, y: abs(dy) * y)  # 1 − y cancels near 1
row(ops.tanh, real, analytic=True, gradient_shadow=lambda dy, x, y: abs(dy) * (1 + y * y))
row(ops.leaky_relu, nonzero, torch=f"{F}.leaky_relu(x, negative_slope)", negative_slope=0.1)
row(ops.elu, nonzero, torch=f"{F}.elu(x, alpha)", alpha=1.5)
row(ops.silu, real, torch=f"{F}.silu(x)", gradient_shadow=lambda dy, x, y: abs(dy) * (1 + abs(x)))
row(ops.softplus, real, torch=f"{F}.softplus(x, beta, threshold)", beta=2.0, threshold=3.0)
row(ops.log_sigmoid, real, torch=f"{F}.logsigmoid(x)", gradient_shadow=lambda dy, x, y: abs(dy))  # 1 − σ(x)
for approximate in ("none", "tanh"):  # Φ(x) = (1 + erf) / 2 and (1 + tanh) / 2 cancel for negative x
    row(
        ops.gelu,
        finite,  # torch's AVX-512 kernel gives NaN at ∞ in float32, and only there
        signed=False,
        torch=f"{F}.gelu(x, approximate=approximate)",
        approximate=approximate,
        shadow=lambda x, approximate: abs(x),
        gradient_shadow=lambda dy, x, y, approximate: abs(dy) * (1 + abs(x)),
    )

row(piecewise_activation.hardtanh, broken, torch=f"{F}.hardtanh(x, min_val, max_val)", min_val=-1.5, max_val=0.5)
row(
    piecewise_activation.hardsigmoid,
    broken,
    torch=f"{F}.hardsigmoid(x)",
    shadow=lambda x: (3 + abs(x)) / 6,
    gradient_shadow="result",
)
row(  # x / 3 and 1/2 cancel
    piecewise_activation.hardswish,
    broken,
    torch=f"{F}.hardswish(x)",
    shadow=lambda x: abs(x) * (3 + abs(x)) / 6,
    gradient_shadow=lambda dy, x, y: abs(dy) * (abs(x) / 3 + 0.5),
)
row(piecewise_activation.hardshrink, broken, torch=f"{F}.hardshrink(x, lambd)", lambd=0.75)
row(
    piecewise_activation.softshrink,
    broken,
    torch=f"{F}.softshrink(x, lambd)",
    lambd=0.75,
    shadow=lambda x, lambd: abs(x) + lambd,
    gradient_shadow="result",
)
row(piecewise_activation.threshold, broken, torch=f"{F}.threshold(x, threshold, value)", threshold=0.75, value=-2.5)
row(  # eˣ is amplified by no more than |x|, and 1 − t² cancels
    gated_activation.mish,
    real,
    torch=f"{F}.mish(x)",
    shadow=lambda x: abs(x),
    gradient_shadow=lambda dy, x, y: abs(dy) * (1 + abs(x)),
)
row(piecewise_activation.celu, nonzero, torch=f"{F}.celu(x, alpha)", alpha=1.5)
row(piecewise_activation.selu, nonzero, torch=f"{F}.selu(x)", derivative=True)
row(piecewise_activation.prelu, nonzero[3, 4], positive[1, 1], torch=f"{F}.prelu(x, w.reshape(-1))")
row(piecewise_activation.prelu, nonzero[2, 3, 2], positive[1, 3, 1], torch=f"{F}.prelu(x, w.reshape(-1))")
for shape, dim in (((3, 4), -1), ((4, 3), 0), ((2, 6, 2), 1), ((0, 2), 1)):
    row(
        gated_activation.glu,
        real[shape],
        dim=dim,
        torch=f"{F}.glu(x, dim)",
        gradient_shadow=lambda dy, x, y, dim: (
            np.concatenate([abs(dy)] * 2, axis=dim) * (1 + abs(x) + abs(np.roll(x, x.shape[dim] // 2, dim)))
        ),
    )


def amplified(x: Any, dim: Any) -> Any:
    """1 + the largest |x − max x| along `dim`, by which eˣ amplifies the rounding of its argument."""
    return 1 + np.ptp(x, axis=dim, keepdims=True) if x.size else 1


for shape, dim in (((3, 4), 1), ((3, 4), 0), ((2, 3, 4), -2), ((), 0), ((0, 3), 1), ((3, 0), 1)):
    row(
        ops.softmax,
        real[shape],
        dim=dim,
        shadow=lambda x, dim: ops.softmax.forward(x, dim=dim) * amplified(x, dim),
        gradient_shadow=lambda dy, x, y, dim: (
            y * (abs(dy) + (abs(dy) * y).sum(axis=dim, keepdims=True)) * amplified(x, dim)
        ),
    )
    row(
        ops.log_softmax,
        real[shape],
        dim=dim,
        shadow=lambda x, dim: abs(ops.log_softmax.forward(x, dim=dim)) + amplified(x, dim),
        gradient_shadow=lambda dy, x, y, dim: (
            abs(dy) + np.exp(y) * abs(dy).sum(axis=dim, keepdims=True) * amplified(x, dim)
        ),
    )

# --- reductions ---------------------------------------------------------------------------------------------

REDUCED: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((3, 4), {}),
    ((3, 4), {"dim": 0}),
    ((3, 4), {"dim": -1, "keepdim": True}),
    ((2, 3, 4), {"dim": (0, 2)}),
    ((2, 3, 4), {"dim": (-1, 1), "keepdim": True}),
    ((), {}),
]
EMPTY: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((0, 3), {"dim": 1}),
    ((3, 0), {"dim": 1}),
    ((0,), {}),
    ((), {"dim": 0}),
]
for shape, options in [*REDUCED, *EMPTY, ((3, 4), {"dim": ()})]:
    row(ops.sum, real[shape], shadow="absolute", analytic=True, **options)
    row(ops.mean, real[shape], shadow="absolute", analytic=True, **options)
for shape, options in [*REDUCED[:5], *EMPTY[:1]]:
    row(ops.nansum, real[shape], shadow="absolute", **options)
    row(ops.amax, apart[shape], **options)
    row(ops.amin, apart[shape], **options)
for shape in ((3, 4), (), (5,)):
    row(ops.max_of_all, apart[shape], torch="torch.max(x)")
    row(ops.min_of_all, apart[shape], torch="torch.min(x)")
    row(ops.median_of_all, apart[shape], torch="torch.median(x)")
for shape, options in (
    ((2, 3), {}),
    ((2, 5), {"dim": 1}),
    ((3, 2), {"dim": 0, "keepdim": True}),
    ((), {}),
    ((0,), {}),
    ((2, 0), {"dim": 1}),
):
    row(ops.prod, nonzero[shape], k=8, analytic=not options, **options)  # each of n factors rounds the product
for shape, options in (
    ((3, 4), {"dim": 1}),
    ((2, 3, 4), {"dim": (0, 2), "keepdim": True}),
    ((), {"dim": 0}),
    ((3, 0), {"dim": 1}),
):
    row(
        ops.logsumexp,
        real[shape],
        **options,
        shadow=lambda x, dim, keepdim=False: abs(ops.logsumexp.forward(x, dim=dim, keepdim=keepdim)) + 4,
        gradient_shadow=lambda dy, x, y, dim, keepdim=False: abs(spread(dy, x, dim, keepdim)) * amplified(x, dim),
    )
for shape, dim in (((3, 4), 1), ((2, 3, 4), -2), ((), 0), ((0, 3), 0), ((1, 2), 0)):
    row(ops.cumsum, real[shape], dim=dim, shadow="absolute", analytic=True)
    row(ops.cumprod, nonzero[shape], dim=dim, shadow="result", gradient_shadow="absolute", k=8)


def variance_size(x: Any, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Any:
    """Σ (|x| + mean |x|)² / (n − correction): x − x̄ rounds something as large as x."""
    size = abs(x) + abs(x).mean(axis=dim, keepdims=True)
    total = (size * size).sum(axis=dim, keepdims=keepdim)
    return total / max(x.size / max(total.size, 1) - correction, 1)


def slope_size(dy: Any, x: Any, y: Any, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Any:
    """The gradient of a variance with |x| + mean |x| in place of x − x̄."""
    size = abs(x) + abs(x).mean(axis=dim, keepdims=True)
    return abs(spread(dy, x, dim, keepdim)) * 2 * size / max(x.size / max(np.size(y), 1) - correction, 1)


for shape, options in (
    ((3, 4), {}),
    ((3, 4), {"dim": 1, "keepdim": True}),
    ((2, 3, 4), {"dim": (0, 2), "correction": 0}),
    ((3, 0), {"dim": 0}),
):
    row(ops.var, real[shape], shadow=variance_size, gradient_shadow=slope_size, **options)
    row(  # the root halves relative errors; the slope is that of the variance over 2y
        ops.std,
        real[shape],
        **options,
        shadow=lambda x, **options: variance_size(x, **options) / np.maximum(ops.std.forward(x, **options), 1e-3),
        gradient_shadow=lambda dy, x, y, **options: (
            slope_size(dy / y, x, y, **options)
            * (1 + spread(variance_size(x, **options) / y**2, x, options.get("dim"), options.get("keepdim", False)))
        ),
    )
for p in (2.0, 1.0, 3.0, 1.5, 0.5, inf, -inf, 0.0):
    for shape, options in (((3, 4), {}), ((2, 3), {"dim": 1}), ((2, 3, 2), {"dim": (0, 2), "keepdim": True})):
        # |x|ᵖ, its sum, the root and (|x| / y)ᵖ⁻¹ are rounded one after the other, and powers amplify by p and 1/p.
        row(
            ops.norm,
            nonzero[shape],
            p=p,
            k=16,
            torch="torch.linalg.vector_norm(x, p" + "".join(f", {name}={name}" for name in options) + ")",
            **options,
        )

# --- products -----------------------------------------------------------------------------------------------

for left, right in (
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 2)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((4, 1, 2, 3), (5, 3, 4)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((2, 3), (3, 0)),
    ((0,), (0,)),
    ((1, 1), (1, 1)),
):
    # torch has many names for the last step of a product of stacks.
    row(ops.matmul, real[left], real[right], shadow="absolute", analytic=True, title=len(left + right) < 5)
for batch in (4, 1, 0):
    row(ops.linear, real[batch, 3], real[2, 3], torch=f"{F}.linear(x, w)", shadow="absolute", analytic=True)
    row(ops.linear, real[batch, 3], real[2, 3], real[2], torch=f"{F}.linear(x, w, b)", shadow="absolute", analytic=True)
for equation, shapes in (
    ("ij,jk->ik", ((2, 3), (3, 4))),
    ("ij,jk", ((2, 3), (3, 4))),
    ("ij->ji", ((2, 3),)),
    ("ij->", ((2, 3),)),
    ("ij->j", ((2, 3),)),
    ("ii->i", ((3, 3),)),
    ("ii", ((3, 3),)),
    ("iij->j", ((3, 3, 2),)),
    ("i,j->ij", ((2,), (3,))),
    ("i,i->", ((3,), (3,))),
    ("i,ij,j->", ((2,), (2, 3), (3,))),
    ("bij,bjk->bik", ((2, 3, 4), (2, 4, 5))),
    ("...ij,...jk->...ik", ((5, 2, 3), (3, 4))),
    ("...i->...", ((2, 3, 4),)),
    ("i...,i...->...", ((3, 2), (3, 1))),
    ("i ..., i j", ((3, 2), (3, 1))),
    ("ba", ((2, 3),)),
    ("ij,kj->ik", ((2, 1), (4, 3))),
    ("ij,j->i", ((0, 3), (3,))),
    ("ij,ij->ij", ((2, 3), (2, 3))),
    ("ik,jk,lk->ijl", ((2, 2), (3, 2), (1, 2))),
):
    row(
        ops.einsum,
        *[real[shape] for shape in shapes],
        equation=equation,
        torch="torch.einsum(equation, *operands)",
        shadow="absolute",
        title=False,
        analytic=True,
    )

# --- shapes -------------------------------------------------------------------------------------------------

for shape, to in (((3, 4), (2, 6)), ((3, 4), (-1,)), ((), (1, 1)), ((2, 0), (0, 5)), ((1,), ())):
    row(ops.reshape, real[shape], shape=to, analytic=True)
    row(ops.view, real[shape], shape=to, torch="x.view(shape)", analytic=True)
for shape, i, j in (((2, 3), 0, 1), ((2, 3, 4), 0, -1), ((), 0, -1), ((0, 3), 1, 0)):
    row(ops.transpose, real[shape], dim0=i, dim1=j, analytic=True)
for shape in ((2, 3), (3,), ()):
    row(ops.t, real[shape], analytic=True)
for shape, dims in (((2, 3, 4), (2, 0, 1)), ((2, 3), (-1, 0)), ((), ()), ((0, 2, 1), (1, 2, 0))):
    row(ops.permute, real[shape], dims=dims, analytic=True)
for shape, size in (((3, 1), (3, 4)), ((3,), (2, 3)), ((1,), (0,)), ((2, 1), (5, -1, 3)), ((), (2, 2))):
    row(ops.expand, real[shape], size=size, torch="x.expand(size)", shadow="absolute")
for shape, options in (
    ((1, 3, 1), {}),
    ((1, 3, 1), {"dim": 0}),
    ((1, 3, 1), {"dim": (0, -1)}),
    ((1, 3), {"dim": 1}),
    ((), {}),
    ((1, 0), {"dim": 0}),
):
    row(ops.squeeze, real[shape], analytic=True, **options)
for shape, dim in (((2, 3), 1), ((2, 3), -1), ((), 0), ((0,), -2)):
    row(ops.unsqueeze, real[shape], dim=dim, analytic=True)
for shape, dims in (((3, 4), (0,)), ((2, 3, 4), (0, -1)), ((), (0,)), ((0, 2), (0, 1)), ((3,), ())):
    row(ops.flip, real[shape], dims=dims, analytic=True)
for shape, options in (
    ((3, 4), {"shifts": 1}),
    ((3, 4), {"shifts": -2, "dims": 1}),
    ((3, 4), {"shifts": (1, 5), "dims": (0, -1)}),
    ((), {"shifts": 1}),
    ((0, 3), {"shifts": 2, "dims": 0}),
):
    row(ops.roll, real[shape], analytic=True, **options)
for shapes, dim in (
    (((2, 3), (1, 3)), 0),
    (((2, 3), (2, 1), (2, 2)), -1),
    (((0,), (2, 3), (0, 3)), 0),
    (((3,),), 0),
    (((0,), (0,)), 0),
):
    row(ops.cat, *[real[shape] for shape in shapes], dim=dim, torch="torch.cat(tensors, dim)", analytic=True)
for shape, count, dim in (((2, 3), 2, 0), ((2, 3), 3, -1), ((), 2, 0), ((0,), 2, 1)):
    row(ops.stack, *[real[shape]] * count, dim=dim, torch="torch.stack(tensors, dim)", analytic=True)
for shape, diagonal in (((3, 4), 0), ((3, 4), 1), ((2, 3, 3), -1), ((0, 3), 0)):
    row(ops.tril, real[shape], diagonal=diagonal, analytic=True)
    row(ops.triu, real[shape], diagonal=diagonal, analytic=True)
for shape, options in (
    ((3, 4), {}),
    ((3, 4), {"offset": 1}),
    ((3, 4), {"offset": -2}),
    ((2, 3, 4), {"dim1": -1, "dim2": 0}),
    ((3, 4), {"offset": 7}),
):
    row(ops.diagonal, real[shape], analytic=True, **options)
for shape in ((3, 3), (2, 4), (4, 2), (0, 3)):
    row(ops.trace, real[shape], shadow="absolute", analytic=True)
for a, b in (((3, 4), (2, 4)), ((2, 3, 2), (1, 4, 2)), ((0, 3), (2, 3)), ((2, 3), (0, 3)), ((2, 0), (3, 0))):
    for p in (0.0, 1.0, 1.5, 2.0, 3.0, inf):
        row(
            ops.cdist,
            real[a],
            real[b],
            torch="torch.cdist(a, b, p)",
            gradient_shadow=lambda dy, *_, **__: np.abs(dy).sum(),  # times slopes of a norm, which are at most 1
            derivative=p > 0,
            p=p,
        )
for shape, repeats in (((3,), (2,)), ((2, 3), (2, 1, 3)), ((2, 3), (0, 2)), ((), (2, 2)), ((0, 2), (1, 2))):
    row(
        ops.repeat,
        real[shape],
        torch="x.repeat(repeats)",
        gradient_shadow="absolute",
        analytic=True,
        repeats=repeats,
    )
for shape, repeats, dim in (((3,), 2, 0), ((2, 3), 3, 1), ((2, 3, 2), 2, 1), ((2, 3), 0, 0), ((0, 3), 2, 1)):
    row(ops.repeat_interleave, real[shape], gradient_shadow="absolute", analytic=True, repeats=repeats, dim=dim)
for shape, options in (((3,), {}), ((2, 3), {"offset": 1}), ((2, 3), {"offset": -1, "dim1": 0, "dim2": 2}), ((0,), {})):
    row(ops.diag_embed, real[shape], analytic=True, **options)

# --- indexing -----------------------------------------------------------------------------------------------

INDEX = np.array([[0, 2, 1], [2, 0, 0]])
PLACES = np.array([2, 0, 0])
NOWHERE = np.zeros(0, np.int64)
for index in (
    1,
    (slice(None), 2),
    (slice(0, 2), slice(None, None, 2)),
    (None, Ellipsis, 1),
    Ellipsis,
    PLACES,
    (PLACES, PLACES),
    (slice(None), INDEX),
    MASK,
    (MASK[:, 0], slice(1, 3)),
    NOWHERE,
):
    row(ops.index, real[3, 4], index=index, torch="x[index]", shadow="absolute", analytic=True)
for index, shape in (
    (1, (4,)),
    (1, ()),
    (1, (1, 1, 4)),
    ((slice(0, 2), slice(None, None, 2)), (2, 1)),
    (np.array([0, 2]), (2, 4)),
    (MASK, ()),
):
    row(
        ops.index_put,
        real[3, 4],
        real[shape],
        index=index,
        torch="put(x, index, value)",
        shadow="absolute",
        title=False,
        analytic=True,
    )
for shape, index in (((3, 4), np.array([2, 0, 2])), ((), np.array([1, 1])), ((), MASK), ((1, 4), np.array([2, 0, 0]))):
    row(
        ops.index_put_accumulate,
        real[3, 4],
        real[shape],
        index=index,
        torch="x.index_put((index,), value, accumulate=True)",
        shadow="absolute",
        analytic=True,
    )
for shape, dim, index in (
    ((3, 4), 0, INDEX),
    ((3, 4), -1, INDEX),
    ((3,), 0, PLACES),
    ((), 0, np.array(0)),
    ((3,), 0, NOWHERE),
):
    row(ops.gather, real[shape], dim=dim, index=index, shadow="absolute", analytic=True)
row(
    ops.picked,
    real[3, 4],
    dim=0,
    positions=INDEX,
    torch="torch.gather(x, dim, positions)",
    shadow="absolute",
    analytic=True,
)
row(
    ops.picked,
    real[3, 4],
    dim=1,
    positions=np.array([[3], [0], [3]]),
    keepdim=False,
    torch="torch.gather(x, dim, positions).squeeze(dim)",
    title=False,
    analytic=True,
)
for src, dim, index in (
    (real[2, 3], 0, np.array([[0, 2, 1], [2, 0, 0]])),
    (real[2, 2], -1, np.array([[1, 0], [3, 2]])),
    (1.5, 1, INDEX[:, :1]),
    (real[0, 4], 1, np.zeros((0, 4), np.int64)),
):
    row(ops.scatter, real[3, 4], src, dim=dim, index=index, torch="torch.scatter(x, dim, index, src)", analytic=True)
for dim in (0, -1):
    row(
        ops.scatter_add,
        real[3, 4],
        real[2, 3],
        dim=dim,
        index=INDEX,
        torch="torch.scatter_add(x, dim, index, src)",
        shadow="absolute",
        analytic=True,
    )
for shape, dim, index in (((3, 4), 0, PLACES), ((3, 4), -1, PLACES), ((), 0, np.array([0])), ((3, 4), 0, NOWHERE)):
    row(ops.index_select, real[shape], dim=dim, index=index, shadow="absolute", analytic=True)
row(
    ops.index_add,
    real[3, 4],
    real[3, 4],
    dim=0,
    index=PLACES,
    torch="torch.index_add(x, dim, index, source)",
    shadow="absolute",
    analytic=True,
)
row(
    ops.index_add,
    real[3, 4],
    real[3, 3],
    dim=1,
    index=PLACES,
    alpha=-2.0,
    torch="torch.index_add(x, dim, index, source, alpha=alpha)",
    analytic=True,
    shadow=lambda x, source, alpha, **where: ops.index_add.forward(abs(x), abs(source), alpha=abs(alpha), **where),
    gradient_shadow="result",
)
for shape, shape_of_source, dim, index in (
    ((3, 4), (2, 4), 0, np.array([2, 0])),
    ((3, 4), (3, 2), -1, np.array([3, 1])),
    ((3,), (1,), 0, np.array(1)),
    ((), (1,), 0, np.array([0])),
    ((3, 4), (0, 4), 0, NOWHERE),
):
    row(
        placing.index_copy,
        real[shape],
        real[shape_of_source],
        dim=dim,
        index=index,
        torch="torch.index_copy(x, dim, index, source)",
        analytic=True,
    )
for value in (real[()], 2.5):
    for dim, index in ((0, PLACES), (-1, np.array([3, 0])), (0, NOWHERE), (1, np.array(2))):
        row(
            placing.index_fill,
            real[3, 4],
            value,
            dim=dim,
            index=index,
            torch="torch.index_fill(x, dim, index, value)",
            shadow="absolute",
            analytic=True,
        )
for accumulate in (False, True):
    row(
        placing.put,
        real[3, 4],
        real[2, 2],
        index=np.array([[1, -1], [7, 4]]),
        accumulate=accumulate,
        torch="torch.put(x, index, source, accumulate)",
        shadow="absolute",
        analytic=True,
    )
row(
    placing.put,
    real[3, 4],
    real[3],
    index=np.array([5, 5, -7]),
    accumulate=True,
    torch="torch.put(x, index, source, accumulate)",
    shadow="absolute",
    analytic=True,
)
for shape, mask, shape_of_source in (
    ((3, 4), MASK, (2, 6)),
    ((3, 4), MASK[0], (12,)),
    ((4,), MASK, (3, 4)),
    ((3, 4), np.zeros((3, 4), bool), (0,)),
    ((), np.array(True), (2,)),
):
    row(
        placing.masked_scatter,
        real[shape],
        mask,
        real[shape_of_source],
        torch="torch.masked_scatter(x, mask, source)",
        shadow="absolute",
        analytic=True,
    )
for shape, shape_of_source, where in (
    ((3, 4), (3,), {}),
    ((3, 4), (2,), {"offset": 2}),
    ((2, 3, 2), (3, 2), {"offset": 0, "dim1": 0, "dim2": -1}),
    ((2, 2), (0,), {"offset": -3}),
):
    row(placing.diagonal_scatter, real[shape], real[shape_of_source], **where, analytic=True)
GROUPS = np.array([[0, 2, 1], [2, 0, 0]])
for reduce in ("sum", "prod", "mean", "amax", "amin"):
    for include_self, dim in ((True, 0), (False, -1)):
        row(
            group_reduction.scatter_reduce,
            apart[3, 4],
            between[2, 3],
            dim=dim,
            index=GROUPS,
            reduce=reduce,
            include_self=include_self,
            torch="torch.scatter_reduce(x, dim, index, src, reduce, include_self=include_self)",
            shadow="absolute" if reduce != "prod" else "result",
            gradient_shadow="result",
            k=16,  # of up to four factors, and their gradients of the quotients of these
        )
for reduce, include_self in (("mean", False), ("amax", True), ("prod", False)):
    row(
        group_reduction.scatter_reduce,
        apart[()],
        between[()],
        dim=0,
        index=np.array(0),
        reduce=reduce,
        include_self=include_self,
        torch="torch.scatter_reduce(x, dim, index, src, reduce, include_self=include_self)",
    )
SEGMENTS = {"index": np.array([[0, 0, 2, 2], [0, 1, 1, 1]])[..., None], "counts": np.array([[2, 0, 2], [1, 3, 0]])}
SEGMENTS = {"index": np.broadcast_to(SEGMENTS["index"], (2, 4, 3)), "counts": SEGMENTS["counts"][..., None]}
for reduce, name in {"sum": "sum", "prod": "prod", "mean": "mean", "amax": "max", "amin": "min"}.items():
    for initial in (None, 0.25):
        row(
            group_reduction.segment_reduce,
            apart[2, 4, 3],
            dim=1,
            **SEGMENTS,
            reduce=reduce,
            initial=initial,
            torch=f"torch.segment_reduce(x, '{name}', lengths=counts.squeeze(-1), axis=dim, initial=initial)",
            shadow="absolute" if reduce != "prod" else "result",
            gradient_shadow="result",
            k=16,  # of up to four factors, and their gradients of the quotients of these
        )
for shape, dimension, size, step in (
    ((5,), 0, 3, 1),
    ((3, 5), -1, 2, 2),
    ((4, 2, 3), 0, 3, 1),
    ((3, 4), 1, 0, 1),
    ((), 0, 1, 1),
):
    row(
        unfold,
        real[shape],
        dimension=dimension,
        size=size,
        step=step,
        torch="x.unfold(dimension, size, step)",
        shadow="absolute",
        analytic=True,
    )
for size, stride, offset in (((3, 2), (1, 1), 0), ((2, 2), (0, 2), 1), ((), (), 4), ((0,), (1,), 0)):
    row(
        as_strided,
        real[5],
        size=size,
        stride=stride,
        offset=offset,
        torch="torch.as_strided(x, size, stride, offset)",
        shadow="absolute",
        analytic=True,
    )
row(ops.embedding, real[4, 2], index=INDEX, torch=f"{F}.embedding(index, w)", shadow="absolute")
row(
    ops.embedding,
    real[4, 2],
    index=INDEX,
    padding_idx=2,
    derivative=False,
    torch=f"{F}.embedding(index, w, padding_idx)",
    shadow="absolute",
)
row(ops.clone, real[3, 4], analytic=True)
row(ops.cast, real[3, 4], kind=np.dtype(np.float64), torch="x.double()", title=False)

# --- losses -------------------------------------------------------------------------------------------------


def loss_size(losses: Any, reduction: str) -> Any:
    """Losses per element, reduced; their rounding errors add up as their sizes do."""
    return losses if reduction == "none" else losses.sum() / (losses.size if reduction == "mean" and losses.size else 1)


def loss_slope(dy: Any, slopes: Any, reduction: str) -> Any:
    """The size of dy, shared over the elements under a mean, times that of each slope."""
    return abs(dy) / (max(np.size(slopes), 1) if reduction == "mean" else 1) * slopes


for shape in ((3, 4), (5,), (), (0, 2)):
    for reduction in ("mean", "sum", "none"):
        for loss, options in (
            (ops.mse_loss, {}),
            (ops.l1_loss, {}),
            (ops.smooth_l1_loss, {"beta": 0.5}),
            (ops.huber_loss, {"delta": 1.5}),
        ):
            # x − t rounds something as large as x and t, and is squared or multiplied by δ.
            row(
                loss,
                apart[shape],
                between[shape],
                reduction=reduction,
                **options,
                torch=f"{F}.{loss.name}(x, t, reduction=reduction{''.join(f', {name}={name}' for name in options)})",
                shadow=lambda x, t, reduction, **options: loss_size(
                    2 * (abs(x) + abs(t)) * (1 + abs(x - t)), reduction
                ),
                gradient_shadow=lambda dy, x, t, y, reduction, **options: loss_slope(
                    dy, 2 * (abs(x) + abs(t)), reduction
                ),
                title=loss is not ops.l1_loss or reduction == "none",
            )
        row(  # (1 − t) z, ln(1 + e^−|z|) and max(z, 0) cancel; σ(z) − t cancels
            ops.binary_cross_entropy_with_logits,
            real[shape],
            share[shape],
            reduction=reduction,
            torch=f"{F}.binary_cross_entropy_with_logits(z, t, reduction=reduction)",
            shadow=lambda z, t, reduction: loss_size(1 + 2 * abs(z), reduction),
            gradient_shadow=lambda dy, z, t, y, reduction: loss_slope(dy, 2 + abs(z), reduction),
        )
        row(
            ops.binary_cross_entropy,
            share[shape],
            share[shape],
            reduction=reduction,
            torch=f"{F}.binary_cross_entropy(x, t, reduction=reduction)",
            shadow=lambda x, t, reduction: loss_size(abs(np.log(x)) + abs(np.log1p(-x)), reduction),
            gradient_shadow=lambda dy, x, t, y, reduction: loss_slope(
                dy, 2 / (x * (1 - x)) + abs(np.log(x)) + abs(np.log1p(-x)), reduction
            ),
        )
for reduction in ("mean", "none"):
    row(
        ops.binary_cross_entropy_with_logits,
        real[3, 4],
        share[3, 4],
        share[4],
        positive[4],
        reduction=reduction,
        torch=f"{F}.binary_cross_entropy_with_logits(z, t, weight, reduction=reduction, pos_weight=pos_weight)",
        shadow=lambda z, t, weight, pos_weight, reduction: loss_size(
            (1 + 2 * abs(z)) * weight * (1 + pos_weight), reduction
        ),
        gradient_shadow=lambda dy, z, t, weight, pos_weight, y, reduction: loss_slope(
            dy, (2 + 2 * abs(z)) * weight * (1 + pos_weight), reduction
        ),
    )
    row(
        ops.binary_cross_entropy,
        share[3, 4],
        share[3, 4],
        positive[4],
        reduction=reduction,
        torch=f"{F}.binary_cross_entropy(x, t, weight, reduction=reduction)",
        shadow=lambda x, t, weight, reduction: loss_size(weight * (abs(np.log(x)) + abs(np.log1p(-x))), reduction),
        gradient_shadow=lambda dy, x, t, weight, y, reduction: loss_slope(
            dy, weight * (2 / (x * (1 - x)) + abs(np.log(x)) + abs(np.log1p(-x))), reduction
        ),
    )
CLASSES = np.array([2, 0, 2, 1])
for reduction in ("mean", "sum", "none"):
    for operands, options, call in (
        ((real[4, 3], CLASSES), {}, "x, t, reduction=reduction"),
        ((real[3], np.array(1)), {}, "x, t, reduction=reduction"),
        ((real[2, 3, 2], CLASSES.reshape(2, 2)), {}, "x, t, reduction=reduction"),
        ((real[4, 3], CLASSES, positive[3]), {}, "x, t, weight, reduction=reduction"),
        ((real[4, 3], CLASSES), {"ignore_index": 0}, "x, t, ignore_index=ignore_index, reduction=reduction"),
        (
            (real[4, 3], CLASSES, positive[3]),
            {"ignore_index": 2},
            "x, t, weight, ignore_index=ignore_index, reduction=reduction",
        ),
    ):
        row(
            ops.nll_loss,
            *operands,
            reduction=reduction,
            **options,
            torch=f"{F}.nll_loss({call})",
            analytic=True,
            gradient_shadow="result",
            shadow=lambda x, t, weight=None, **options: (
                abs(x).max()
                * (1 if weight is None else weight.max())
                * (t.size if options["reduction"] == "sum" else 1)
            ),
        )

# --- normalization ------------------------------------------------------------------------------------------


def standardization_size(x: Any, axes: tuple[int, ...]) -> Any:
    """(|x| + mean |x|) / σ, the size of what cancels in (x − x̄) / σ; and 1 / σ."""
    scale = 1 / x.std(axis=axes, keepdims=True)
    return (abs(x) + abs(x).mean(axis=axes, keepdims=True)) * scale, scale


def normalization_slope(dy: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """The terms of the gradient by x of a standardized x, each with the size of what cancels in it."""
    size, scale = standardization_size(x, axes)
    return scale * size * size * (abs(dy) + abs(dy).mean(axis=axes, keepdims=True) * (1 + size))


# Mean, variance, root and two more means are rounded one after the other, each from the last: hence k = 8.
for shape, features, dims in (((3, 4), (4,), 1), ((2, 3, 4), (3, 4), 2)):
    axes = tuple(range(len(shape) - dims, len(shape)))
    others = tuple(range(len(shape) - dims))
    row(
        ops.layer_norm,
        real[shape],
        positive[features],
        real[features],
        dims=dims,
        k=8,
        torch=f"{F}.layer_norm(x, w.shape, w, b, 1e-5)",
        shadow=lambda x, w, b, dims, axes=axes: standardization_size(x, axes)[0] ** 2 * w + abs(b),
        gradient_shadow=lambda dy, x, w, b, y, dims, axes=axes: (
            normalization_slope(dy * w, x, axes).sum() + abs(dy).sum()
        ),
    )
row(
    ops.layer_norm,
    real[3, 4],
    dims=1,
    k=8,
    torch=f"{F}.layer_norm(x, x.shape[1:])",
    shadow=lambda x, dims: standardization_size(x, (1,))[0] ** 2,
    gradient_shadow=lambda dy, x, y, dims: normalization_slope(dy, x, (1,)),
)
for shape, axes in (((5, 3), (0,)), ((2, 3, 4), (0, 2))):
    row(
        ops.batch_norm,
        real[shape],
        positive[3],
        real[3],
        k=8,
        torch=f"{F}.batch_norm(x, None, None, w, b, training=True)",
        shadow=lambda x, w, b, axes=axes: standardization_size(x, axes)[0].max() ** 2 * w.max() + abs(b).max(),
        gradient_shadow=lambda dy, x, w, b, y, axes=axes: (
            normalization_slope(dy, x, axes).sum() * w.max() + abs(dy).sum()
        ),
    )

# --- windows ------------------------------------------------------------------------------------------------


for x, w, b, options in (
    ((2, 3, 7), (4, 3, 3), (4,), {"stride": (1,), "padding": (0,), "dilation": (1,), "groups": 1}),
    ((2, 4, 9), (6, 2, 3), None, {"stride": (2,), "padding": (2,), "dilation": (2,), "groups": 2}),
    ((2, 3, 6, 5), (2, 3, 3, 2), (2,), {"stride": (1, 2), "padding": (1, 0), "dilation": (1, 2), "groups": 1}),
    ((2, 2, 4, 4), (4, 1, 1, 1), (4,), {"stride": (2, 2), "padding": (0, 0), "dilation": (1, 1), "groups": 2}),
    ((1, 2, 3, 4, 3), (2, 2, 2, 2, 2), (2,), {"stride": (1,) * 3, "padding": (1,) * 3, "dilation": (1,) * 3}),
    ((0, 3, 7), (4, 3, 3), (4,), {"stride": (1,), "padding": (0,), "dilation": (1,), "groups": 1}),
):
    row(
        ops.convolution,
        real[x],
        real[w],
        *([] if b is None else [real[b]]),
        **options,
        torch=f"{F}.conv{len(x) - 2}d(x, w, {'None' if b is None else 'b'}, stride, padding, dilation"
        f"{', groups' if 'groups' in options else ''})",
        shadow="absolute",
    )
for x, w, b, options in (
    ((2, 3, 5), (3, 4, 3), (4,), {"stride": (1,), "padding": (0,), "output_padding": (0,), "dilation": (1,)}),
    ((2, 4, 5), (4, 3, 3), None, {"stride": (2,), "padding": (2,), "output_padding": (1,), "dilation": (2,)}),
    ((2, 3, 3, 4), (3, 2, 3, 2), (2,), {"stride": (3, 1), "padding": (1, 0), "output_padding": (2, 1)}),
    ((0, 3, 5), (3, 4, 3), (4,), {"stride": (1,), "padding": (0,), "output_padding": (0,), "dilation": (1,)}),
):
    options = {"dilation": (2,) * (len(x) - 2), "groups": 1, **options}
    row(
        ops.conv_transpose,
        real[x],
        real[w],
        *([] if b is None else [real[b]]),
        **options,
        torch=f"{F}.conv_transpose{len(x) - 2}d(x, w, {'None' if b is None else 'b'}, stride, padding, "
        f"output_padding, groups, dilation)",
        shadow="absolute",
    )
row(
    ops.conv_transpose,
    real[2, 4, 3],
    real[4, 3, 2],
    real[6],
    stride=(2,),
    padding=(0,),
    output_padding=(0,),
    dilation=(1,),
    groups=2,
    torch=f"{F}.conv_transpose1d(x, w, b, stride, padding, output_padding, groups, dilation)",
    shadow="absolute",
)
row(  # windows that overlap may have one maximum
    ops.max_pool,
    real[2, 3, 4],
    dims=2,
    positions=np.array([[[0, 6], [6, 11]], [[1, 1], [1, 7]]]),
    torch="x.flatten(1).gather(1, positions.flatten(1)).reshape(positions.shape)",
    analytic=True,
    title=False,
    gradient_shadow="absolute",
)
for shape, options in (
    ((2, 3, 6), {"size": (2,), "stride": (2,), "padding": (0,), "places": (3,)}),
    ((2, 3, 5, 4), {"size": (3, 2), "stride": (2, 1), "padding": (1, 0), "places": (3, 3)}),
    ((2, 3, 5, 4), {"size": (3, 2), "stride": (2, 1), "padding": (1, 1), "places": (3, 5), "count_include_pad": False}),
    ((2, 3, 5, 4), {"size": (2, 2), "stride": (2, 2), "padding": (0, 0), "places": (2, 2), "divisor": 3}),
    ((0, 3, 5, 4), {"size": (2, 2), "stride": (2, 2), "padding": (0, 0), "places": (2, 2)}),
):
    more = ", count_include_pad=False" if "count_include_pad" in options else ""
    more += ", divisor_override=divisor" if "divisor" in options else ""
    row(
        ops.avg_pool,
        real[shape],
        **options,
        torch=f"{F}.avg_pool{len(shape) - 2}d(x, size, stride, padding{more})",
        shadow="absolute",
        analytic=True,
        title=len(shape) == 4,
    )
row(  # the last window reaches beyond the end
    ops.avg_pool,
    real[2, 3, 5, 6],
    size=(2, 3),
    stride=(2, 2),
    padding=(0, 1),
    places=(3, 4),
    torch=f"{F}.avg_pool2d(x, size, stride, padding, ceil_mode=True)",
    shadow="absolute",
    analytic=True,
)
for shape, places in (((2, 3, 7, 5), (3, 5)), ((2, 3, 4), (6,)), ((2, 3, 4, 4), (2, 2)), ((0, 3, 4, 4), (2, 2))):
    row(
        ops.adaptive_avg_pool,
        real[shape],
        places=places,
        torch=f"{F}.adaptive_avg_pool{len(places)}d(x, places)",
        shadow="absolute",
        title=len(places) == 2,
    )
for shape, margins, pad in (
    ((3, 4), ((0, 0), (1, 2)), "(1, 2)"),
    ((2, 3, 4), ((0, 0), (1, -1), (-2, 2)), "(-2, 2, 1, -1)"),
    ((0, 3), ((1, 0), (0, 1)), "(0, 1, 1, 0)"),
):
    row(ops.constant_pad, real[shape], margins=margins, value=2.5, torch=f"{F}.pad(x, {pad}, 'constant', value)")
row(
    ops.taken_along,
    real[2, 3, 4],
    sources=((2, 1, 0, 1, 2, 1), (1, 0, 1, 2)),
    torch=f"{F}.pad(x, (1, -1, 2, 1), 'reflect')",
    shadow="absolute",
    analytic=True,
)
WINDOWS = {"size": (2, 3), "stride": (1, 2), "padding": (1, 0), "dilation": (2, 1)}
row(
    ops.im2col,
    real[2, 3, 4, 5],
    **WINDOWS,
    torch=f"{F}.unfold(x, size, dilation, padding, stride)",
    shadow="absolute",
    analytic=True,
)
row(
    ops.col2im,
    real[2, 12, 8],
    lengths=(4, 5),
    **WINDOWS,
    torch=f"{F}.fold(x, lengths, size, dilation, padding, stride)",
    shadow="absolute",
    analytic=True,
)
row(
    ops.interpolated,
    real[2, 3, 2, 3],
    taps=(
        (((0, 0, 0, 1), (1.0, 0.75, 0.25, 0.75)), ((1, 1, 1, 1), (0.0, 0.25, 0.75, 0.25))),
        (((0, 1), (0.75, 0.25)), ((1, 2), (0.25, 0.75))),
    ),
    torch=f"{F}.interpolate(x, (4, 2), mode='bilinear')",
    shadow="absolute",
    analytic=True,
)
for mode, padding, image, grid in (
    ("bilinear", "zeros", (2, 3, 4, 5), (2, 3, 2, 2)),
    ("bilinear", "border", (1, 2, 3, 4), (1, 4, 1, 2)),
    ("bilinear", "reflection", (1, 2, 3, 4), (1, 4, 2, 2)),
    ("bilinear", "zeros", (2, 1, 2, 3, 4), (2, 2, 1, 2, 3)),
    ("nearest", "border", (1, 2, 3, 4), (1, 4, 2, 2)),
    ("bicubic", "zeros", (1, 2, 3, 4), (1, 4, 2, 2)),
    ("bicubic", "reflection", (1, 1, 5, 4), (1, 2, 2, 2)),
):
    for align_corners in (False, True):
        row(
            grid_sampling.grid_sampler,
            real[image],
            real[grid],
            mode=mode,
            padding=padding,
            align_corners=align_corners,
            torch=f"{F}.grid_sample(x, g, mode, padding, align_corners)",
            # At most 16 pixels, each with a weight that a place of up to 5 units, known to its rounding, moves.
            shadow=lambda x, g, **options: 16 * 5 * abs(x).max(initial=0),
            gradient_shadow=lambda dy, x, g, y, **options: 16 * 5 * 5 * abs(dy).sum() * max(abs(x).max(initial=0), 1),
        )
for operation, shape, factor in (
    (shuffling.pixel_shuffle, (2, 8, 2, 3), {"upscale_factor": 2}),
    (shuffling.pixel_shuffle, (9, 2, 1), {"upscale_factor": 3}),
    (shuffling.pixel_unshuffle, (2, 2, 4, 6), {"downscale_factor": 2}),
    (shuffling.pixel_unshuffle, (1, 3, 6), {"downscale_factor": 3}),
    (shuffling.channel_shuffle, (2, 6, 3), {"groups": 2}),
    (shuffling.channel_shuffle, (1, 4, 2, 3), {"groups": 4}),
    (shuffling.channel_shuffle, (0, 6, 2), {"groups": 3}),
):
    row(operation, real[shape], analytic=True, **factor)
for shape, groups in (((2, 4, 3), 2), ((3, 6), 2), ((2, 3, 2, 2), 3)):
    members = (shape[0], groups, math.prod(shape[1:]) // groups)
    row(
        ops.group_norm,
        real[shape],
        positive[shape[1]],
        real[shape[1]],
        groups=groups,
        k=8,
        torch=f"{F}.group_norm(x, groups, w, b)",
        shadow=lambda x, w, b, groups, members=members: (
            standardization_size(x.reshape(members), (2,))[0].max() ** 2 * w.max() + abs(b).max()
        ),
        gradient_shadow=lambda dy, x, w, b, y, groups, members=members: (
            normalization_slope(dy.reshape(members), x.reshape(members), (2,)).sum() * w.max() + abs(dy).sum()
        ),
    )


# --- recurrence ---------------------------------------------------------------------------------------------


def _recurrent(*operands: Any, **options: Any) -> Any:
    """The largest that a term of any sum in it can be: a state is at most 1, and a slope too."""
    return sum(float(np.abs(one).sum()) for one in operands if one is not None)


def _through_time(dy: Any, *others: Any, **options: Any) -> Any:
    """The same backwards: each cotangent goes through at most so many products, one a step."""
    largest = max(float(np.abs(one).sum(axis=0).max()) for one in others[1:-1] if one is not None)
    return np.abs(dy).sum() * (1 + largest) ** len(options["batch_sizes"])


for operation, gates, states in ((recurrence.rnn, 1, 1), (recurrence.lstm, 4, 2), (recurrence.gru, 3, 1)):
    for batch_sizes in ((2, 2, 2), (3, 1, 1), (2,)):
        for reverse in (False, True):
            for bias in (True, False):
                row(
                    operation,
                    *[real[sum(batch_sizes), gates * 2], *[unit[batch_sizes[0], 2]] * states],
                    *[unit[gates * 2, 2], unit[gates * 2] if bias else None],
                    torch=f"textbook.{operation.name}(operands, batch_sizes, reverse)",
                    shadow=_recurrent,
                    gradient_shadow=_through_time,
                    analytic=True,
                    title=False,
                    batch_sizes=batch_sizes,
                    reverse=reverse,
                )
row(
    recurrence.rnn,
    *[real[5, 2], unit[3, 2], unit[2, 2], unit[2]],
    torch="textbook.rnn(operands, batch_sizes, reverse, nonlinearity)",
    shadow=lambda *operands, **options: (1 + _recurrent(*operands)) ** 3,
    gradient_shadow=_through_time,
    title=False,
    batch_sizes=(3, 1, 1),
    reverse=False,
    nonlinearity="relu",
)
for rows in (slice(None), slice(1, 3), np.array([2, 0])):
    row(
        recurrence.states,
        real[2, 4, 3],
        torch="x[plane][rows].reshape(shape)",
        analytic=True,
        title=False,
        plane=1,
        rows=rows,
        shape=(2, -1, 3),
    )

# --- linear algebra: each is a sum of some dozens of products, amplified by condition numbers below 10 -----------


def _regular(rng: Any, shape: Any) -> Any:
    """Matrices far from singular, whose singular values are apart."""
    return rng.normal(size=shape) * 0.3 + np.eye(*shape[-2:]) * np.arange(1, shape[-1] + 1)


def _symmetric(rng: Any, shape: Any) -> Any:
    x = _regular(rng, shape)
    return (x + x.mT) / 2 + np.eye(shape[-1])


regular, symmetric = Domain(_regular, ()), Domain(_symmetric, ())


def square_row(op: Op, *operands: Any, torch: str, k: float = 256, **others: Any) -> None:
    """A row with such bounds: of the size of the result, and of all that adds up in a gradient."""
    row(
        op,
        *operands,
        torch=torch,
        k=k,
        shadow=lambda *operands, **options: abs(op.forward(*operands, **options)).max(initial=1),
        gradient_shadow=lambda dy, *others, **options: abs(dy).max(initial=1),
        **others,
    )


for shape in ((3, 3), (2, 3, 3), (1, 1), (0, 2, 2)):
    square_row(algebra.inv, regular[shape], torch="torch.linalg.inv(x)", analytic=True)
    square_row(algebra.det, regular[shape], torch="torch.linalg.det(x)", analytic=True, k=1024)
    square_row(algebra.slogdet, regular[shape], torch="torch.stack(torch.linalg.slogdet(x))", title=False)
    square_row(algebra.matrix_exp, regular[shape], torch="torch.linalg.matrix_exp(x)", k=8192)
    square_row(algebra.cholesky, symmetric[shape], torch="torch.linalg.cholesky(x)", derivative=False)
    for upper in (False, True):
        square_row(
            algebra.cholesky_inverse,
            regular[shape],
            upper=upper,
            torch="torch.cholesky_inverse(f, upper=upper)",
            k=4096,
            derivative=False,
        )
    for UPLO in "LU":
        square_row(
            algebra.eigh,
            symmetric[shape],
            UPLO=UPLO,
            torch="decompositions.eigh(x, UPLO)",
            title=False,
            derivative=False,
        )
for a, b in (((3, 3), (3, 2)), ((2, 3, 3), (3, 2)), ((3, 3), (2, 3, 1)), ((2, 1, 2, 2), (3, 2, 4))):
    square_row(algebra.solve, regular[a], regular[b], torch="torch.linalg.solve(a, b)", analytic=True)
    for upper in (False, True):  # ∂L/∂f is that of a factor all of which counts, f alone is read in the triangle
        square_row(
            algebra.cholesky_solve,
            regular[b],
            regular[a],
            upper=upper,
            torch="torch.cholesky_solve(b, f, upper=upper)",
            k=4096,  # two triangular systems
            derivative=False,
        )
    for upper, unitriangular in ((True, False), (False, False), (True, True), (False, True)):
        square_row(
            algebra.solve_triangular,
            regular[a],
            regular[b],
            upper=upper,
            unitriangular=unitriangular,
            torch="torch.linalg.solve_triangular(a, b, upper=upper, unitriangular=unitriangular)",
        )
for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 3), (2, 4, 3), (2, 2, 5), (0, 3, 2)):
    square_row(
        algebra.svd, regular[shape], full_matrices=False, torch="decompositions.svd(x, full_matrices)", title=False
    )
    square_row(algebra.pinv, regular[shape], torch="torch.linalg.pinv(x)")
    square_row(factors.lu, regular[shape], torch="decompositions.lu(x)", title=False)
    square_row(algebra.qr, regular[shape], mode="reduced", torch="decompositions.qr(x, mode)", title=False)
    square_row(
        algebra.lstsq, regular[shape], real[*shape[:-1], 2], torch="torch.linalg.lstsq(a, b).solution", title=False
    )
square_row(algebra.qr, regular[2, 3], mode="complete", torch="decompositions.qr(x, mode)", title=False)
square_row(algebra.qr, regular[3, 3], mode="complete", torch="decompositions.qr(x, mode)", title=False)

CROSS = "torch.linalg.cross(a, b, dim=dim)"


def _cross_size(*operands: Any, dim: int) -> Any:
    """The largest product of what is multiplied, twice; which stands for all."""
    return 2 * math.prod(abs(one).max() for one in operands)


for a, b in (((2, 3), (2, 3)), ((4, 1, 3), (1, 2, 3))):
    row(
        algebra.cross,
        real[a],
        real[b],
        dim=-1,
        torch="torch.linalg.cross(a, b, dim=dim)",
        analytic=True,
        shadow=_cross_size,
    )
row(algebra.cross, real[3, 2], real[3, 1], dim=0, torch="torch.linalg.cross(a, b, dim=dim)", shadow=_cross_size)

# --- special functions -------------------------------------------------------------------------------------------

row(special.lgamma, positive, shadow=lambda x: abs(x) + 1, gradient_shadow=lambda dy, x, y: abs(dy) * (1 + 1 / x))
# torch's ψ is exact to some roundings of what is added up
ordinary = Domain(positive.draw, (0.5, 1.0, 3.0, 100.0, nan))  # at the poles torch's ψ′ is what sin πx is rounded to
row(special.digamma, ordinary, k=16, shadow=lambda x: 10 + abs(1 / x), gradient_shadow="result", derivative=True)
row(special.polygamma, ordinary, n=1, torch="torch.special.zeta(torch.tensor(2, dtype=x.dtype), x)", title=False, k=16)
row(special.polygamma, ordinary, n=2, torch="torch.polygamma(n, x)", k=64)
row(special.erfc, real, gradient_shadow=lambda dy, x, y: abs(dy) * (1 + x * x) * np.exp(-x * x))
row(special.erfinv, unit, k=16, gradient_shadow=lambda dy, x, y: abs(dy) * (1 + y * y) * np.exp(y * y))
row(
    special.ndtri,
    Domain(lambda rng, shape: rng.uniform(0.02, 0.98, shape), (*LIMITS, 1e-8, 1e-20, 0.25)),
    torch="torch.special.ndtri(x)",
    k=16,
    shadow=lambda x: abs(special.ndtri.forward(x)) + np.sqrt(2 * np.pi) * 0.5,  # torch's rounds x − 1/2
    gradient_shadow=lambda dy, x, y: abs(dy) * (1 + abs(y)) ** 2 * np.exp(y * y / 2),
)
small = Domain(positive.draw, (0.5, 1.0, 3.0, nan))  # torch's P is exact to 1e-9 alone for some larger ones
row(special.igamma, small, small, k=64)
row(special.igammac, small, small, k=64)
row(special.sinc, nonzero, shadow=lambda x: 1 / abs(x) + 1, gradient_shadow=lambda dy, x, y: abs(dy) * (4 + 2 / abs(x)))
row(
    special.logaddexp2,
    real,
    real,
    shadow=lambda a, b: abs(np.maximum(a, b)) + 1,
    gradient_shadow=lambda dy, a, b, y: abs(dy) * (1 + abs(a - b)),
)
for shape, dim in (((5,), 0), ((3, 4), 1), ((3, 4), 0), ((0, 3), 1), ((), 0)):
    row(
        special.logcumsumexp,
        moderate[shape],
        dim=dim,
        k=16,
        shadow=lambda x, dim: abs(x).max(initial=0) + 2,
        gradient_shadow=lambda dy, x, y, dim: (abs(dy) * (1 + abs(y))).sum() * 4,
    )
row(special.xlog1py, real, positive, torch="torch.special.xlog1py(a, b)")
row(
    special.entr,
    positive,
    torch="torch.special.entr(x)",
    gradient_shadow=lambda dy, x, y: abs(dy) * (1 + abs(np.log(x))),
)


# --- layers -------------------------------------------------------------------------------------------------

for shape, dims in (((3, 4), 1), ((2, 3, 4), 2)):
    for weight in (real[shape[-dims:]], None):
        row(
            normalization.rms_norm,
            real[shape],
            weight,
            torch=f"{F}.rms_norm(x, x.shape[-dims:], w, eps)",
            # Each is a few roundings of itself; the gradient is a difference of two terms as large as dy w / √mean x².
            gradient_shadow=lambda dy, x, w, y, **options: np.abs(dy).sum() * (1 + np.abs(y).max()) ** 2,
            title=False,
            dims=dims,
            eps=1e-5,
        )
for mode in ("sum", "mean"):
    for sizes in ((2, 2), (3, 0, 1), (0, 4), (4,)):
        row(
            embedding_bag,
            real[5, 3],
            None,
            torch=f"textbook.embedding_bag(w, s, index, sizes, {mode!r})",
            shadow=lambda w, *others, **options: np.abs(w).max() * 4,
            gradient_shadow=lambda dy, *others, **options: np.abs(dy).sum(),
            title=False,
            index=np.array([4, 0, 4, 1]),
            sizes=sizes,
            mode=mode,
        )
row(
    embedding_bag,
    real[5, 3],
    real[4],
    torch="textbook.embedding_bag(w, s, index, sizes, 'sum')",
    shadow=lambda w, s, *others, **options: np.abs(w).max() * np.abs(s).sum(),
    gradient_shadow=lambda dy, w, s, *others, **options: np.abs(dy).sum() * max(np.abs(w).max(), np.abs(s).max()),
    title=False,
    index=np.array([4, 0, 4, 1]),
    sizes=(3, 1),
    mode="sum",
)


# --- connectionist temporal classification ------------------------------------------------------------------

logarithm = Domain(lambda rng, shape: np.log(rng.dirichlet(np.ones(shape[-1]), shape[:-1])), LIMITS)
for lengths in (((4, 3), (2, 1)), ((4, 4), (2, 0))):
    row(
        temporal_classification.ctc_loss,
        logarithm[4, 2, 3],
        torch=f"{F}.ctc_loss(x, targets, input_lengths, target_lengths, blank, 'none')",
        # Each of the 4 steps adds logarithms, which are below 20, and rounds each sum a few times.
        shadow=lambda x, **options: 4 * (np.abs(x).max() + 1),
        gradient_shadow=lambda dy, x, y, **options: 8 * np.abs(dy).max() * (np.abs(x).max() + 1),
        derivative=False,  # which it is behind a log_softmax only
        targets=np.array([[1, 2], [2, 1]]),
        input_lengths=lengths[0],
        target_lengths=lengths[1],
        blank=0,
    )
