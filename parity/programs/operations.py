"""Operations one at a time, each differentiated with a random cotangent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

Inputs = Callable[[Any], list[Any]]


@dataclass(frozen=True)
class Case:
    """An operation and what to try it on.

    call: of the namespace and the inputs. inputs: of the namespace; those of a floating dtype are differentiated.
    """

    call: Callable[..., Any]
    inputs: Inputs


def normal(*shapes: tuple[int, ...]) -> Inputs:
    """Standard normal numbers."""
    return lambda torch: [torch.randn(*shape) for shape in shapes]


def positive(*shapes: tuple[int, ...]) -> Inputs:
    """Between 1/4 and 4."""
    return lambda torch: [0.25 + 3.75 * torch.rand(*shape) for shape in shapes]


def logits(torch: Any) -> list[Any]:
    """Normal numbers, and those where kinks and tails are."""
    return [torch.cat([3 * torch.randn(50), torch.tensor([0.0, -0.0, 20.0, -20.0, 100.0, -100.0])])]


def tied(torch: Any) -> list[Any]:
    """Two tensors of small integers, many of them equal."""
    return [torch.randint(-2, 3, (6, 7)) * 1.0, torch.randint(-2, 3, (7,)) * 1.0]


def tied_rows(torch: Any) -> list[Any]:
    """One tensor of small integers."""
    return [torch.randint(0, 4, (6, 5)) * 1.0]


def predictions(torch: Any) -> list[Any]:
    """Logits and targets between 0 and 1."""
    return [3 * torch.randn(8, 5), torch.rand(8, 5)]


def classes(torch: Any) -> list[Any]:
    """Scores (9, 4) and a class for each row."""
    return [torch.randn(9, 4), torch.randint(0, 4, (9,))]


def apart(torch: Any) -> list[Any]:
    """Numbers at least 1/8 away from whole and half ones, where rounded functions jump, and divisors for them."""
    whole = torch.randint(-4, 5, (3, 4)) * 1.0
    return [whole + 0.125 + 0.25 * torch.rand(3, 4), 1.5 + torch.rand(4)]


def between_whole(torch: Any) -> list[Any]:
    """The first of these."""
    return apart(torch)[:1]


def inside(*shapes: tuple[int, ...]) -> Inputs:
    """Between -0.9 and 0.9."""
    return lambda torch: [1.8 * torch.rand(*shape) - 0.9 for shape in shapes]


def chances(torch: Any) -> list[Any]:
    """Probabilities that are neither 0 nor 1, and targets."""
    return [0.05 + 0.9 * torch.rand(4, 3), torch.rand(4, 3)]


def missing(torch: Any) -> list[Any]:
    """Numbers, one of them NaN."""
    x = torch.randn(3, 4)
    x[1, 2] = float("nan")
    return [x]


def overwritten(torch: Any, x: Any, value: Any) -> Any:
    """x with two elements replaced."""
    y = x * 1
    y[torch.tensor([0, 2]), torch.tensor([1, 3])] = value
    return y


MATRIX, BATCH, SMALL = (6, 7), (2, 3, 4), (3, 4)


def regular(torch: Any) -> list[Any]:
    """A matrix far from singular, whose singular values are apart."""
    return [torch.randn(3, 3) * 0.2 + torch.diag(torch.tensor([1.0, 3.0, 9.0]))]


def together(torch: Any, *parts: Any) -> Any:
    """Several results in one; of matrices the products of their columns, whose signs LAPACK's builds differ in."""
    return torch.cat([part.abs().reshape(-1) for part in parts])


CASES: dict[str, Case] = {
    # arithmetic, broadcast
    "add": Case(lambda torch, a, b: a + b, normal(MATRIX, (7,))),
    "add, alpha": Case(lambda torch, a, b: torch.add(a, b, alpha=-3), normal(MATRIX, (6, 1))),
    "sub": Case(lambda torch, a, b: a - b, normal(MATRIX, (6, 1))),
    "rsub": Case(lambda torch, a: 2.5 - a, normal(MATRIX)),
    "mul": Case(lambda torch, a, b: a * b, normal(MATRIX, (7,))),
    "div": Case(lambda torch, a, b: a / b, lambda torch: [*normal(MATRIX)(torch), *positive((6, 1))(torch)]),
    "neg": Case(lambda torch, x: -x, normal(MATRIX)),
    "abs": Case(lambda torch, x: x.abs(), tied_rows),
    "square": Case(lambda torch, x: x.square(), normal(MATRIX)),
    "pow, 2": Case(lambda torch, x: x**2, normal(MATRIX)),
    "pow, 3": Case(lambda torch, x: x**3, normal(MATRIX)),
    "pow, -1.5": Case(lambda torch, x: x**-1.5, positive(MATRIX)),
    "pow": Case(lambda torch, a, b: a**b, lambda torch: [*positive(MATRIX)(torch), *normal((7,))(torch)]),
    "sqrt": Case(lambda torch, x: x.sqrt(), positive(MATRIX)),
    "rsqrt": Case(lambda torch, x: x.rsqrt(), positive(MATRIX)),
    "reciprocal": Case(lambda torch, x: x.reciprocal(), positive(MATRIX)),
    "addcmul": Case(lambda torch, x, a, b: torch.addcmul(x, a, b, value=0.3), normal(SMALL, (4,), (3, 1))),
    "addcdiv": Case(
        lambda torch, x, a, b: torch.addcdiv(x, a, b, value=0.3),
        lambda torch: [*normal(SMALL, (4,))(torch), *positive((3, 1))(torch)],
    ),
    "lerp": Case(lambda torch, a, b, w: torch.lerp(a, b, w), normal(SMALL, SMALL, (4,))),
    "lerp, number": Case(lambda torch, a, b: torch.lerp(a, b, 0.3), normal(SMALL, (4,))),
    "hypot": Case(lambda torch, a, b: torch.hypot(a, b), normal(SMALL, (4,))),
    "atan2": Case(lambda torch, a, b: torch.atan2(a, b), normal(SMALL, (4,))),
    "logaddexp": Case(lambda torch, a, b: torch.logaddexp(a, b), normal(SMALL, (4,))),
    "remainder": Case(lambda torch, a, b: torch.remainder(a, b), apart),
    "fmod": Case(lambda torch, a, b: torch.fmod(a, b), apart),
    "div, floor": Case(lambda torch, a, b: torch.div(a, b, rounding_mode="floor") * a, apart),
    "div, trunc": Case(lambda torch, a, b: torch.div(a, b, rounding_mode="trunc") * a, apart),
    "floor": Case(lambda torch, x: x.floor() * x, between_whole),
    "ceil": Case(lambda torch, x: x.ceil() * x, between_whole),
    "trunc": Case(lambda torch, x: x.trunc() * x, between_whole),
    "round": Case(lambda torch, x: x.round() * x, between_whole),
    "round, decimals": Case(lambda torch, x: x.round(decimals=1) * x, between_whole),
    "frac": Case(lambda torch, x: x.frac(), between_whole),
    "sign": Case(lambda torch, x: x.sign() * x, tied_rows),
    "nan_to_num": Case(lambda torch, x: torch.nan_to_num(x, nan=0.5), missing),
    # exponentials and what is made of them
    "exp": Case(lambda torch, x: x.exp(), normal(MATRIX)),
    "expm1": Case(lambda torch, x: x.expm1(), normal(MATRIX)),
    "log": Case(lambda torch, x: x.log(), positive(MATRIX)),
    "log1p": Case(lambda torch, x: x.log1p(), positive(MATRIX)),
    "sin": Case(lambda torch, x: x.sin(), normal(MATRIX)),
    "cos": Case(lambda torch, x: x.cos(), normal(MATRIX)),
    "tan": Case(lambda torch, x: x.tan(), inside(SMALL)),
    "asin": Case(lambda torch, x: x.asin(), inside(SMALL)),
    "acos": Case(lambda torch, x: x.acos(), inside(SMALL)),
    "atan": Case(lambda torch, x: x.atan(), normal(SMALL)),
    "sinh": Case(lambda torch, x: x.sinh(), normal(SMALL)),
    "cosh": Case(lambda torch, x: x.cosh(), normal(SMALL)),
    "asinh": Case(lambda torch, x: x.asinh(), normal(SMALL)),
    "acosh": Case(lambda torch, x: (1 + x).acosh(), positive(SMALL)),
    "atanh": Case(lambda torch, x: x.atanh(), inside(SMALL)),
    "exp2": Case(lambda torch, x: x.exp2(), normal(SMALL)),
    "log2": Case(lambda torch, x: x.log2(), positive(SMALL)),
    "log10": Case(lambda torch, x: x.log10(), positive(SMALL)),
    "erf": Case(lambda torch, x: torch.erf(x), normal(SMALL)),
    "gelu": Case(lambda torch, x: torch.nn.functional.gelu(x), logits),
    "gelu, tanh": Case(lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh"), logits),
    "tanh": Case(lambda torch, x: x.tanh(), logits),
    "sigmoid": Case(lambda torch, x: x.sigmoid(), logits),
    "relu": Case(lambda torch, x: x.relu(), logits),
    "leaky_relu": Case(lambda torch, x: torch.nn.functional.leaky_relu(x, 0.1), logits),
    "elu": Case(lambda torch, x: torch.nn.functional.elu(x, 0.5), logits),
    "silu": Case(lambda torch, x: torch.nn.functional.silu(x), logits),
    "softplus": Case(lambda torch, x: torch.nn.functional.softplus(x), logits),
    "logsigmoid": Case(lambda torch, x: torch.nn.functional.logsigmoid(x), logits),
    "softmax": Case(lambda torch, x: torch.softmax(x, 1), normal(SMALL)),
    "log_softmax": Case(lambda torch, x: torch.log_softmax(x, 0), normal(MATRIX)),
    "logsumexp": Case(lambda torch, x: torch.logsumexp(x, 1), normal(SMALL)),
    # selection, with ties
    "maximum": Case(lambda torch, a, b: torch.maximum(a, b), tied),
    "minimum": Case(lambda torch, a, b: torch.minimum(a, b), tied),
    "clamp": Case(lambda torch, x: x.clamp(1.0, 2.0), tied_rows),
    "where": Case(lambda torch, a, b: torch.where(a > b, a, b), tied),
    "masked_fill": Case(lambda torch, x: x.masked_fill(x > 2, 0.5), tied_rows),
    "amax": Case(lambda torch, x: x.amax(1), tied_rows),
    "amin": Case(lambda torch, x: x.amin(0, keepdim=True), tied_rows),
    "max, all": Case(lambda torch, x: x.max(), tied_rows),
    "min, all": Case(lambda torch, x: x.min(), tied_rows),
    "min, dim": Case(lambda torch, x: x.min(1).values, tied_rows),
    # reductions
    "sum": Case(lambda torch, x: x.sum(), normal(MATRIX)),
    "sum, dim": Case(lambda torch, x: x.sum((0, 2)), normal(BATCH)),
    "mean": Case(lambda torch, x: x.mean(), normal(MATRIX)),
    "mean, dim": Case(lambda torch, x: x.mean(1, keepdim=True), normal(BATCH)),
    "prod": Case(lambda torch, x: x.prod(1), positive(SMALL)),
    "cumsum": Case(lambda torch, x: x.cumsum(1), normal(MATRIX)),
    "var": Case(lambda torch, x: x.var(1), normal(SMALL)),
    "norm": Case(lambda torch, x: x.norm(), normal(MATRIX)),
    "nansum": Case(lambda torch, x: x.nansum(1), missing),
    "cumprod": Case(lambda torch, x: x.cumprod(1), positive(SMALL)),
    "std": Case(lambda torch, x: x.std(1), normal(SMALL)),
    "std, uncorrected": Case(lambda torch, x: x.std(0, correction=0, keepdim=True), normal(SMALL)),
    "median": Case(lambda torch, x: x.median(), normal(SMALL)),
    "cdist": Case(lambda torch, a, b: torch.cdist(a, b), normal((2, 2), (3, 2))),
    "cdist, p": Case(lambda torch, a, b: torch.cdist(a, b, p=3.0), normal((2, 2), (3, 2))),
    "layer_norm": Case(lambda torch, x, w, b: torch.nn.functional.layer_norm(x, (4,), w, b), normal(SMALL, (4,), (4,))),
    "batch_norm": Case(
        lambda torch, x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, training=True),
        normal((5, 3), (3,), (3,)),
    ),
    "batch_norm, running": Case(
        lambda torch, x, w, b: torch.nn.functional.batch_norm(
            x, torch.tensor([0.5, -1.0, 2.0]), torch.tensor([0.5, 1.0, 2.0]), w, b
        ),
        normal((2, 3, 2), (3,), (3,)),
    ),
    # windows
    "conv1d": Case(
        lambda torch, x, w, b: torch.nn.functional.conv1d(x, w, b, stride=2, padding=2, dilation=2),
        normal((2, 2, 6), (2, 2, 3), (2,)),
    ),
    "conv2d": Case(lambda torch, x, w, b: torch.conv2d(x, w, b), normal((1, 2, 4, 3), (2, 2, 3, 2), (2,))),
    "conv2d, groups": Case(
        lambda torch, x, w: torch.conv2d(x, w, padding=1, groups=2), normal((1, 2, 3, 3), (2, 1, 2, 2))
    ),
    "conv_transpose2d": Case(
        lambda torch, x, w, b: torch.nn.functional.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1),
        normal((1, 2, 2, 3), (2, 2, 3, 2), (2,)),
    ),
    "max_pool2d": Case(
        lambda torch, x: torch.nn.functional.max_pool2d(x, 2, 1, padding=1),
        lambda torch: [tied_rows(torch)[0].unsqueeze(0)],
    ),
    "adaptive_max_pool1d": Case(lambda torch, x: torch.nn.functional.adaptive_max_pool1d(x, 3), tied_rows),
    "avg_pool2d": Case(
        lambda torch, x: torch.nn.functional.avg_pool2d(x, 2, 1, padding=1, count_include_pad=False), normal((1, 3, 4))
    ),
    "adaptive_avg_pool2d": Case(lambda torch, x: torch.nn.functional.adaptive_avg_pool2d(x, (2, 3)), normal((1, 3, 4))),
    "unfold": Case(lambda torch, x: torch.nn.functional.unfold(x, 2, padding=1), normal((1, 2, 2, 3))),
    "fold": Case(lambda torch, x: torch.nn.functional.fold(x, (2, 3), 2), normal((1, 4, 2))),
    "interpolate": Case(
        lambda torch, x: torch.nn.functional.interpolate(x, (5, 4), mode="bilinear"), normal((1, 1, 3, 3))
    ),
    "interpolate, nearest": Case(lambda torch, x: torch.nn.functional.interpolate(x, 7), normal((1, 2, 3))),
    "interpolate, bicubic": Case(  # to twice the size: the weights are exact, and only the sums are rounded
        lambda torch, x: torch.nn.functional.interpolate(x, (4, 6), mode="bicubic"), normal((1, 1, 2, 3))
    ),
    "interpolate, smoothed": Case(
        lambda torch, x: torch.nn.functional.interpolate(x, (2, 3), mode="bilinear", antialias=True),
        normal((1, 1, 5, 4)),
    ),
    "grid_sample": Case(
        lambda torch, x, g: torch.nn.functional.grid_sample(x, g, padding_mode="reflection", align_corners=False),
        normal((1, 2, 3, 4), (1, 2, 3, 2)),
    ),
    "affine_grid": Case(
        lambda torch, t: torch.nn.functional.affine_grid(t, (2, 1, 3, 2), align_corners=True), normal((2, 2, 3))
    ),
    "lu": Case(lambda torch, x: torch.linalg.lu_factor(x)[0], normal((3, 3))),
    "lu_solve": Case(lambda torch, a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b), normal((3, 3), (3, 2))),
    "householder_product": Case(  # small numbers: torch goes back by dividing by 1 − τ vᵀ v
        lambda torch, a, t: torch.linalg.householder_product(a, t / 8), normal((4, 3), (3,))
    ),
    "pixel_shuffle": Case(lambda torch, x: torch.nn.functional.pixel_shuffle(x, 2), normal((1, 8, 2, 3))),
    "pixel_unshuffle": Case(lambda torch, x: torch.nn.functional.pixel_unshuffle(x, 2), normal((1, 2, 2, 4))),
    "channel_shuffle": Case(lambda torch, x: torch.nn.functional.channel_shuffle(x, 2), normal((2, 6, 2))),
    "local_response_norm": Case(
        lambda torch, x: torch.nn.functional.local_response_norm(x, 3, alpha=0.5), normal((2, 4, 3))
    ),
    "group_norm": Case(
        lambda torch, x, w, b: torch.nn.functional.group_norm(x, 2, w, b), normal((2, 4, 3), (4,), (4,))
    ),
    "pad": Case(lambda torch, x: torch.nn.functional.pad(x, (1, 2, -1, 0), value=0.5), normal(SMALL)),
    "pad, reflect": Case(lambda torch, x: torch.nn.functional.pad(x, (2, 1), mode="reflect"), normal(SMALL)),
    # products
    "einsum": Case(lambda torch, a, b: torch.einsum("ij,jk->ik", a, b), normal((3, 4), (4, 2))),
    "einsum, three": Case(lambda torch, a, b, c: torch.einsum("i,ij,j->", a, b, c), normal((3,), (3, 4), (4,))),
    "trace": Case(lambda torch, x: x.trace(), normal((4, 4))),
    "linear": Case(lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), normal((9, 4), (3, 4), (3,))),
    "linear, no bias": Case(lambda torch, x, w: torch.nn.functional.linear(x, w), normal((9, 4), (3, 4))),
    "linear, 3-D": Case(lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), normal(BATCH, (5, 4), (5,))),
    "matmul": Case(lambda torch, a, b: a @ b, normal((6, 7), (7, 3))),
    "matmul, 2-D 1-D": Case(lambda torch, a, b: a @ b, normal((6, 7), (7,))),
    "matmul, 1-D 2-D": Case(lambda torch, a, b: a @ b, normal((6,), (6, 7))),
    "matmul, 1-D": Case(lambda torch, a, b: a @ b, normal((40,), (40,))),
    "matmul, batched": Case(lambda torch, a, b: a @ b, normal(BATCH, (4, 5))),
    "matmul, broadcast": Case(lambda torch, a, b: a @ b, normal((2, 1, 3, 4), (5, 4, 2))),
    # special functions
    "lgamma": Case(lambda torch, x: (x + 2).lgamma(), positive(SMALL)),  # torch is some dozen ULP off near 1 and 2
    "digamma": Case(lambda torch, x: torch.digamma(x.detach() + 9) * x, positive(SMALL)),  # torch's ψ′ is not exact
    "erfc": Case(lambda torch, x: x.erfc(), normal(SMALL)),
    "erfinv": Case(lambda torch, x: x.erfinv(), inside(SMALL)),
    "ndtri": Case(lambda torch, x: torch.special.ndtri(x / 5), positive(SMALL)),
    "sinc": Case(lambda torch, x: x.sinc(), positive(SMALL)),
    "logcumsumexp": Case(lambda torch, x: x.logcumsumexp(1), normal(SMALL)),
    # linear algebra
    "inv": Case(lambda torch, x: torch.linalg.inv(x), regular),
    "solve": Case(lambda torch, x: torch.linalg.solve(x, x[:, :2]), regular),
    "solve_triangular": Case(lambda torch, x: torch.linalg.solve_triangular(x, x[:, :2], upper=True), regular),
    "det": Case(lambda torch, x: torch.linalg.det(x), regular),
    "slogdet": Case(lambda torch, x: torch.linalg.slogdet(x).logabsdet, regular),
    "svd": Case(lambda torch, x: together(torch, *torch.linalg.svd(x, full_matrices=False)), regular),
    "eigh": Case(lambda torch, x: torch.linalg.eigvalsh(x + x.T), regular),
    "qr": Case(lambda torch, x: together(torch, *torch.linalg.qr(x)), regular),
    "cholesky": Case(lambda torch, x: torch.linalg.cholesky(x @ x.T), regular),
    "cholesky_solve": Case(lambda torch, x: torch.cholesky_solve(x[:, :2], x), regular),
    "cholesky_inverse": Case(lambda torch, x: torch.cholesky_inverse(x, upper=True), regular),
    "pinv": Case(lambda torch, x: torch.linalg.pinv(x[:, :2]), regular),
    "lstsq": Case(
        lambda torch, a, b: torch.linalg.lstsq(a[:, :2], b).solution,
        lambda torch: [*regular(torch), torch.randn(3, 2)],
    ),
    "matrix_exp": Case(lambda torch, x: torch.linalg.matrix_exp(x / 8), regular),
    "cross": Case(lambda torch, a, b: torch.linalg.cross(a, b), normal((2, 3), (2, 3))),
    # shapes and indices: elements are moved, and nothing is rounded but sums of what was used twice
    "reshape": Case(lambda torch, x: x.reshape(4, -1), normal(BATCH)),
    "view": Case(lambda torch, x: x.view(-1), normal(BATCH)),
    "transpose": Case(lambda torch, x: x.transpose(0, 2), normal(BATCH)),
    "t": Case(lambda torch, x: x.t(), normal(MATRIX)),
    "permute": Case(lambda torch, x: x.permute(2, 0, 1), normal(BATCH)),
    "expand": Case(lambda torch, x: x.expand(4, 3, 5), normal((3, 1))),
    "flip": Case(lambda torch, x: x.flip(0), normal(MATRIX)),
    "squeeze": Case(lambda torch, x: x.squeeze(1).unsqueeze(0), normal((3, 1, 2))),
    "cat": Case(lambda torch, a, b: torch.cat([a, b], 1), normal((3, 2), (3, 4))),
    "stack": Case(lambda torch, a, b: torch.stack([a, b], 1), normal((3, 2), (3, 2))),
    "index, basic": Case(lambda torch, x: x[1:, ::2], normal(MATRIX)),
    "index, repeated": Case(lambda torch, x: x[torch.tensor([0, 2, 2, 5])], normal(MATRIX)),
    "index, mask": Case(lambda torch, x: x[x > 0], normal(MATRIX)),
    "gather": Case(lambda torch, x: x.gather(1, torch.tensor([[0, 1], [1, 1]])), normal((2, 3))),
    "index_select": Case(lambda torch, x: torch.index_select(x, 1, torch.tensor([2, 2, 0])), normal((4, 3))),
    "roll": Case(lambda torch, x: x.roll(2, 1), normal(SMALL)),
    "clone": Case(lambda torch, x: x.clone(), normal(SMALL)),
    "cast": Case(lambda torch, x: (x * 1).double().to(x.dtype), normal(SMALL)),
    "tril": Case(lambda torch, x: x.tril(1), normal(SMALL)),
    "triu": Case(lambda torch, x: x.triu(), normal(SMALL)),
    "diagonal": Case(lambda torch, x: x.diagonal(1), normal(SMALL)),
    "diag_embed": Case(lambda torch, x: torch.diag_embed(x, 1), normal((2, 3))),
    "repeat": Case(lambda torch, x: x.repeat(2, 3), normal((2, 3))),
    "repeat_interleave": Case(lambda torch, x: x.repeat_interleave(2, 1), normal((2, 3))),
    "embedding": Case(
        lambda torch, w: torch.nn.functional.embedding(torch.tensor([[0, 2], [2, 3]]), w, padding_idx=3), normal((4, 3))
    ),
    "index_put": Case(overwritten, normal(SMALL, (2,))),
    "index_put, accumulate": Case(
        lambda torch, x, v: (x * 1).index_put_((torch.tensor([0, 2, 2]), torch.tensor([1, 3, 3])), v, accumulate=True),
        normal(SMALL, (3,)),
    ),
    "index_add": Case(
        lambda torch, x, s: torch.index_add(x, 0, torch.tensor([1, 1, 0]), s, alpha=0.3), normal(SMALL, SMALL)
    ),
    "scatter": Case(lambda torch, x, s: torch.scatter(x, 1, torch.tensor([[0, 1], [3, 2]]), s), normal(SMALL, (2, 2))),
    "scatter_add": Case(
        lambda torch, x, s: torch.scatter_add(x, 1, torch.tensor([[0, 0], [3, 2]]), s), normal(SMALL, (2, 2))
    ),
    "index_copy": Case(
        lambda torch, x, s: torch.index_copy(x, 1, torch.tensor([3, 0]), s), normal(SMALL, (SMALL[0], 2))
    ),
    "index_fill": Case(lambda torch, x, v: torch.index_fill(x, 1, torch.tensor([3, 0]), v.sum()), normal(SMALL, (2,))),
    **{
        f"scatter_reduce, {reduce}": Case(
            lambda torch, x, s, reduce=reduce: torch.scatter_reduce(x, 1, torch.tensor([[0, 0], [3, 2]]), s, reduce),
            normal(SMALL, (2, 2)),
        )
        for reduce in ("sum", "prod", "mean", "amax", "amin")
    },
    **{
        f"segment_reduce, {reduce}": Case(
            lambda torch, x, reduce=reduce: torch.segment_reduce(x, reduce, lengths=torch.tensor([2, 1])),
            normal(SMALL),
        )
        for reduce in ("sum", "prod", "mean", "max", "min")
    },
    "as_strided": Case(lambda torch, x: (x * 1).as_strided((2, 3), (1, 4), 2), normal(SMALL)),
    "unfold, a view": Case(lambda torch, x: x.unfold(1, 2, 1), normal(SMALL)),
    "put": Case(lambda torch, x, s: torch.put(x, torch.tensor([3, -1]), s), normal(SMALL, (2,))),
    "masked_scatter": Case(lambda torch, x, s: torch.masked_scatter(x, x.detach() > 0, s), normal(SMALL, SMALL)),
    "diagonal_scatter": Case(lambda torch, x, s: torch.diagonal_scatter(x, s, 1), normal((3, 3), (2,))),
    # losses
    "mse_loss": Case(lambda torch, x, t: torch.nn.functional.mse_loss(x, t), normal(MATRIX, MATRIX)),
    "mse_loss, sum": Case(
        lambda torch, x, t: torch.nn.functional.mse_loss(x, t, reduction="sum"), normal(MATRIX, MATRIX)
    ),
    "l1_loss": Case(lambda torch, x, t: torch.nn.functional.l1_loss(x, t), normal(MATRIX, MATRIX)),
    "smooth_l1_loss": Case(
        lambda torch, x, t: torch.nn.functional.smooth_l1_loss(x, t, beta=0.7), normal(SMALL, SMALL)
    ),
    "binary_cross_entropy": Case(lambda torch, x, t: torch.nn.functional.binary_cross_entropy(x, t), chances),
    "binary_cross_entropy, weight": Case(
        lambda torch, x, t: torch.nn.functional.binary_cross_entropy(
            x, t, weight=torch.tensor([0.5, 1.0, 2.0]), reduction="none"
        ),
        chances,
    ),
    "huber_loss": Case(lambda torch, x, t: torch.nn.functional.huber_loss(x, t, delta=0.7), normal(MATRIX, MATRIX)),
    "bce_with_logits": Case(
        lambda torch, z, t: torch.nn.functional.binary_cross_entropy_with_logits(z, t), predictions
    ),
    "bce_with_logits, none": Case(
        lambda torch, z, t: torch.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="none"), predictions
    ),
    "bce_with_logits, weights": Case(
        lambda torch, z, t: torch.nn.functional.binary_cross_entropy_with_logits(
            z, t, weight=torch.arange(1.0, 6.0), pos_weight=torch.tensor([0.5, 1.0, 2.0, 3.0, 4.0]), reduction="sum"
        ),
        predictions,
    ),
    "cross_entropy": Case(lambda torch, z, t: torch.nn.functional.cross_entropy(z, t), classes),
    "cross_entropy, weights": Case(
        lambda torch, z, t: torch.nn.functional.cross_entropy(z, t, weight=torch.tensor([1.0, 0.5, 2.0, 3.0])), classes
    ),
    "nll_loss": Case(lambda torch, x, t: torch.nn.functional.nll_loss(x, t, reduction="sum"), classes),
}


def operations(torch: Any, recorder: Any, steps: int) -> None:
    """Every operation by itself, forwards and backwards, with random operands and cotangents, ties and tails."""
    seed = torch.initial_seed()
    for name, case in CASES.items():
        torch.manual_seed(seed + crc32(name.encode()))  # its numbers are its own, whatever other cases there are
        recorder.begin(name)
        operands = [one.detach().requires_grad_() if one.is_floating_point() else one for one in case.inputs(torch)]
        result = case.call(torch, *operands)
        result.backward(torch.randn(result.shape))
        recorder.evaluation(name, operands, result)
    torch.manual_seed(seed)
