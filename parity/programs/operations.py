"""Operations one at a time, each differentiated with a random cotangent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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


MATRIX, BATCH = (6, 7), (2, 3, 4)

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
    # exponentials and what is made of them
    "exp": Case(lambda torch, x: x.exp(), normal(MATRIX)),
    "expm1": Case(lambda torch, x: x.expm1(), normal(MATRIX)),
    "log": Case(lambda torch, x: x.log(), positive(MATRIX)),
    "log1p": Case(lambda torch, x: x.log1p(), positive(MATRIX)),
    "sin": Case(lambda torch, x: x.sin(), normal(MATRIX)),
    "cos": Case(lambda torch, x: x.cos(), normal(MATRIX)),
    "tanh": Case(lambda torch, x: x.tanh(), logits),
    "sigmoid": Case(lambda torch, x: x.sigmoid(), logits),
    "relu": Case(lambda torch, x: x.relu(), logits),
    "leaky_relu": Case(lambda torch, x: torch.nn.functional.leaky_relu(x, 0.1), logits),
    "elu": Case(lambda torch, x: torch.nn.functional.elu(x, 0.5), logits),
    "silu": Case(lambda torch, x: torch.nn.functional.silu(x), logits),
    "softplus": Case(lambda torch, x: torch.nn.functional.softplus(x), logits),
    "logsigmoid": Case(lambda torch, x: torch.nn.functional.logsigmoid(x), logits),
    "softmax": Case(lambda torch, x: torch.softmax(x, 1), normal(MATRIX)),
    "log_softmax": Case(lambda torch, x: torch.log_softmax(x, 0), normal(MATRIX)),
    "logsumexp": Case(lambda torch, x: torch.logsumexp(x, 1), normal(MATRIX)),
    # selection, with ties
    "maximum": Case(lambda torch, a, b: torch.maximum(a, b), tied),
    "minimum": Case(lambda torch, a, b: torch.minimum(a, b), tied),
    "clamp": Case(lambda torch, x: x.clamp(1.0, 2.0), tied_rows),
    "where": Case(lambda torch, a, b: torch.where(a > b, a, b), tied),
    "masked_fill": Case(lambda torch, x: x.masked_fill(x > 2, 0.5), tied_rows),
    "amax": Case(lambda torch, x: x.amax(1), tied_rows),
    "amin": Case(lambda torch, x: x.amin(0, keepdim=True), tied_rows),
    "max, all": Case(lambda torch, x: x.max(), tied_rows),
    "min, dim": Case(lambda torch, x: x.min(1).values, tied_rows),
    # reductions
    "sum": Case(lambda torch, x: x.sum(), normal(MATRIX)),
    "sum, dim": Case(lambda torch, x: x.sum((0, 2)), normal(BATCH)),
    "mean": Case(lambda torch, x: x.mean(), normal(MATRIX)),
    "mean, dim": Case(lambda torch, x: x.mean(1, keepdim=True), normal(BATCH)),
    "prod": Case(lambda torch, x: x.prod(1), positive(MATRIX)),
    "cumsum": Case(lambda torch, x: x.cumsum(1), normal(MATRIX)),
    "var": Case(lambda torch, x: x.var(1), normal(MATRIX)),
    "norm": Case(lambda torch, x: x.norm(), normal(MATRIX)),
    # products
    "linear": Case(lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), normal((9, 4), (3, 4), (3,))),
    "linear, no bias": Case(lambda torch, x, w: torch.nn.functional.linear(x, w), normal((9, 4), (3, 4))),
    "linear, 3-D": Case(lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), normal(BATCH, (5, 4), (5,))),
    "matmul": Case(lambda torch, a, b: a @ b, normal((6, 7), (7, 3))),
    "matmul, 2-D 1-D": Case(lambda torch, a, b: a @ b, normal((6, 7), (7,))),
    "matmul, 1-D 2-D": Case(lambda torch, a, b: a @ b, normal((6,), (6, 7))),
    "matmul, 1-D": Case(lambda torch, a, b: a @ b, normal((40,), (40,))),
    "matmul, batched": Case(lambda torch, a, b: a @ b, normal(BATCH, (4, 5))),
    "matmul, broadcast": Case(lambda torch, a, b: a @ b, normal((2, 1, 3, 4), (5, 4, 2))),
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
    # losses
    "mse_loss": Case(lambda torch, x, t: torch.nn.functional.mse_loss(x, t), normal(MATRIX, MATRIX)),
    "mse_loss, sum": Case(
        lambda torch, x, t: torch.nn.functional.mse_loss(x, t, reduction="sum"), normal(MATRIX, MATRIX)
    ),
    "l1_loss": Case(lambda torch, x, t: torch.nn.functional.l1_loss(x, t), normal(MATRIX, MATRIX)),
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
    for name, case in CASES.items():
        operands = [one.detach().requires_grad_() if one.is_floating_point() else one for one in case.inputs(torch)]
        result = case.call(torch, *operands)
        result.backward(torch.randn(result.shape))
        recorder.evaluation(name, operands, result)
