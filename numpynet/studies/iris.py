"""Iris, versicolor or not: SGD against an update written by hand, with and without a bug."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from textwrap import fill
from typing import TYPE_CHECKING, Any, ClassVar

from tqdm import tqdm

from numpynet import nn, ops
from numpynet.autograd import no_grad
from numpynet.core.dtypes import dtype as Dtype
from numpynet.core.dtypes import float32
from numpynet.core.tensor import Tensor
from numpynet.optim import SGD, Optimizer
from numpynet.studies.iris_classifier import seeded_classifier, versicolor_data
from numpynet.studies.result import Result
from numpynet.studies.table import table
from numpynet.training.plotting import tidy
from numpynet.training.step import compiled

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

HIDDEN = 8
LEARNING_RATE = 0.1

Step = Callable[[], Tensor]
loss_function = nn.BCEWithLogitsLoss()


def sgd_step(model: nn.Module, x: Tensor, y: Tensor, momentum: float = 0.0) -> Step:
    """A step by `numpynet.optim.SGD`."""
    optimizer = SGD(model.parameters(), lr=LEARNING_RATE, momentum=momentum)

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def manual_step(model: nn.Module, x: Tensor, y: Tensor, optimizer: Optimizer) -> Step:
    """A step that updates by hand. `optimizer` only clears gradients: those of the parameters that it holds."""

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        with no_grad():
            for parameter in model.parameters():
                assert parameter.grad is not None
                parameter -= LEARNING_RATE * parameter.grad
        return loss

    return step


@dataclass
class Run:
    """One network's training: the loss before each update, the accuracy and the parameters after the last."""

    losses: list[float]
    accuracy: float
    parameters: list[float]


def run(model: nn.Module, step: Step, x: Tensor, y: Tensor, epochs: int, bar: tqdm[Any]) -> Run:
    """Takes a model's step on all data so many times."""
    losses = []
    for _ in range(epochs):
        losses.append(step().item())
        bar.update()
    with no_grad():
        predicted = (ops.sigmoid(model(x)) > 0.5).float()
        accuracy = (predicted == y).float().mean().item()
    return Run(losses, accuracy, list(chain.from_iterable(p.flatten().tolist() for p in model.parameters())))


@dataclass
class Agreement:
    """How far two runs are the same, bit for bit.

    first_difference: the first step, from 1, whose losses differ; None when all are equal.
    equal_parameters: how many of the parameters are equal at the end; `largest_difference` is between them.
    """

    steps: int
    first_difference: int | None
    parameters: int
    equal_parameters: int
    largest_difference: float

    @classmethod
    def between(cls, a: Run, b: Run) -> Agreement:
        """Compares the losses and the final parameters of two runs of one length."""
        pairs = list(zip(a.parameters, b.parameters, strict=True))
        return cls(
            len(a.losses),
            _first_difference(a.losses, b.losses),
            len(pairs),
            sum(_same(p, q) for p, q in pairs),
            max(abs(p - q) for p, q in pairs),
        )

    @property
    def is_exact(self) -> bool:
        """Whether every loss and every parameter is equal."""
        return self.first_difference is None and self.equal_parameters == self.parameters

    def __str__(self) -> str:
        if self.is_exact:
            return f"bit for bit: all {self.steps} losses and all {self.parameters} parameters are equal"
        same = f"{self.equal_parameters} of {self.parameters} parameters are equal"
        apart = f"they are up to {self.largest_difference:.3g} apart"
        if self.first_difference is None:
            return f"all {self.steps} losses are equal, but {same}; {apart}"
        return f"only up to step {self.first_difference - 1} of {self.steps}: at the end {same}; {apart}"


def _first_difference(a: Sequence[float], b: Sequence[float]) -> int | None:
    return next((number for number, (p, q) in enumerate(zip(a, b, strict=True), 1) if not _same(p, q)), None)


def _same(p: float, q: float) -> bool:
    return p == q or (math.isnan(p) and math.isnan(q))


@dataclass
class IrisResult(Result):
    """What `iris` found: four runs from the same first weights, and which of them agree.

    sgd, as_written, mended, momentum_1: the runs; the last is SGD with momentum 1.
    accumulated_norm, gradient_norm: ‖.grad‖ of all parameters as the run as written left it, and ‖∂L/∂θ‖ at the
        weights where it ended.

    >>> from numpynet.studies import iris
    >>> result = iris(epochs=3)
    >>> len(result.sgd.losses), result.as_written_follows_momentum_1.is_exact
    (3, True)
    """

    height: ClassVar[float] = 4.0

    seed: int
    dtype: str
    epochs: int
    samples: int
    sgd: Run
    as_written: Run
    mended: Run
    momentum_1: Run
    accumulated_norm: float
    gradient_norm: float

    @property
    def mended_follows_sgd(self) -> Agreement:
        """The manual update with its gradients cleared, beside SGD."""
        return Agreement.between(self.mended, self.sgd)

    @property
    def as_written_follows_momentum_1(self) -> Agreement:
        """The manual update as written, beside SGD with momentum 1."""
        return Agreement.between(self.as_written, self.momentum_1)

    def report(self) -> str:
        """Losses, accuracies, and what the runs say about each other."""
        every = max(1, self.epochs // 10)
        runs = [self.sgd, self.as_written, self.mended]
        rows = [
            [f"step {step}", *(f"{one.losses[step - 1]:.4f}" for one in runs)]
            for step in range(every, self.epochs + 1, every)
        ]
        rows.append(["accuracy", *(f"{one.accuracy:.4f}" for one in runs)])
        return "\n".join(
            [
                f"Iris, versicolor or not: a 4-{HIDDEN}-1 network, all {self.samples} flowers in every step, "
                f"seed {self.seed}, {self.dtype}",
                "",
                table(["loss at", "SGD", "manual, as written", "manual, mended"], rows),
                "",
                *(fill(finding, 100) for finding in self._findings()),
            ]
        )

    def _findings(self) -> list[str]:
        mended, momentum = self.mended_follows_sgd, self.as_written_follows_momentum_1
        parted = Agreement.between(self.as_written, self.sgd).first_difference
        leaves = "are those of SGD to the end" if parted is None else f"leave those of SGD at step {parted}"
        findings = [
            f"Mended, the manual update follows SGD {mended}.",
            f"As written, its losses {leaves}. Its zero_grad() clears the gradients of another model, so that its own "
            f"add up: at the end .grad has the norm {self.accumulated_norm:.4g}, the gradient itself "
            f"{self.gradient_norm:.4g}. Adding up all gradients is momentum 1, and it follows SGD with momentum 1 "
            f"{momentum}.",
        ]
        if mended.is_exact and momentum.is_exact:
            findings.append("So the rule of the update is right both times; what differs is the gradient it is given.")
        return findings

    def to_dict(self) -> dict[str, Any]:
        """Seed, dtype, every loss, the accuracies and parameters, and the comparisons."""
        names = ("sgd", "as_written", "mended", "momentum_1")
        return {
            "seed": self.seed,
            "dtype": self.dtype,
            "epochs": self.epochs,
            **{name: dict(vars(getattr(self, name))) for name in names},
            "accumulated_norm": self.accumulated_norm,
            "gradient_norm": self.gradient_norm,
            "mended_follows_sgd": vars(self.mended_follows_sgd),
            "as_written_follows_momentum_1": vars(self.as_written_follows_momentum_1),
        }

    def draw(self, figure: Figure | SubFigure) -> None:
        """Draws the three loss curves."""
        figure.suptitle(f"Iris, versicolor or not (seed {self.seed}, {self.dtype})")
        axes = figure.subplots()
        steps = range(1, self.epochs + 1)
        curves: tuple[tuple[Run, str, dict[str, Any]], ...] = (
            (self.as_written, "manual, as written", {"color": "#d95f02", "linewidth": 1.0}),
            (self.sgd, "SGD", {"color": "#9db8d6", "linewidth": 3.5}),
            (
                self.mended,
                "manual, mended",
                {"color": "#1f4e8c", "linewidth": 1.2, "linestyle": "--"},
            ),
        )
        for one, name, style in curves:
            axes.plot(steps, one.losses, label=f"{name} (accuracy {one.accuracy:.4f})", **style)
        tidy(axes, "Loss")
        axes.set_xlabel("step")
        axes.margins(x=0.01)
        axes.set_ylim(bottom=0)
        figure.legend(loc="outside lower center", ncols=len(curves), frameon=False, fontsize=9)


def iris(
    seed: int = 0,
    epochs: int = 1000,
    *,
    dtype: Dtype = float32,
    compile: bool = True,
    progress: bool = False,
) -> IrisResult:
    """Trains a 4-8-1 network on all iris flowers in every step, four times from the same first weights.

    By SGD; by hand, clearing the gradients of the optimizer's model instead of its own; by hand with that
    mended; and by SGD with momentum 1, which is what adding up all gradients amounts to. The loss is binary cross
    entropy, the learning rate 0.1.

    seed: the first weights are those of torch after ``manual_seed(seed)``; the global generator is left alone.
    compile: compiles the steps (`numpynet.compile`), which changes their time and nothing else.
    ModuleNotFoundError when scikit-learn is missing.

    >>> from numpynet.studies import iris
    >>> result = iris(epochs=3)
    >>> result.mended_follows_sgd.is_exact
    True
    """
    x, y = versicolor_data(dtype)
    model = seeded_classifier(seed, HIDDEN, dtype)
    as_written, mended, momentum_1 = (copy.deepcopy(model) for _ in range(3))
    others = SGD(model.parameters(), lr=LEARNING_RATE)
    own = SGD(mended.parameters(), lr=LEARNING_RATE)
    with tqdm(desc="Iris", unit="step", total=4 * epochs, disable=not progress) as bar:
        steps = {
            "sgd": (model, sgd_step(model, x, y)),
            "as_written": (as_written, manual_step(as_written, x, y, others)),
            "mended": (mended, manual_step(mended, x, y, own)),
            "momentum_1": (momentum_1, sgd_step(momentum_1, x, y, momentum=1.0)),
        }
        runs = {
            name: run(network, compiled(step, compile), x, y, epochs, bar) for name, (network, step) in steps.items()
        }
    accumulated_norm = _gradient_norm(as_written)
    as_written.zero_grad()
    loss_function(as_written(x), y).backward()
    return IrisResult(
        seed=seed,
        dtype=str(dtype).rpartition(".")[2],
        epochs=epochs,
        samples=len(x),
        accumulated_norm=accumulated_norm,
        gradient_norm=_gradient_norm(as_written),
        **runs,
    )


def _gradient_norm(model: nn.Module) -> float:
    return math.hypot(*chain.from_iterable(p.grad.flatten().tolist() for p in model.parameters() if p.grad is not None))
