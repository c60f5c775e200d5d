"""Linear regression from scratch: a line through noisy points, with a learning rate that decays."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpynet
from numpynet.autograd import no_grad
from numpynet.core.dtypes import dtype as Dtype
from numpynet.core.dtypes import float32
from numpynet.core.tensor import Tensor
from numpynet.creation import tensor, zeros
from numpynet.random import Generator
from numpynet.studies.result import Result
from numpynet.studies.table import table
from numpynet.training import History, Trainer
from numpynet.training.plotting import draw_history

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

TRUE_W = (2.0, -3.4)
TRUE_B = 4.2


class SyntheticRegressionData:
    """y = X w + b + ε with standard normal X, and ε normal with standard deviation `noise`.

    w: (I,), whose dtype all data have. b: a number. generator: draws X (n, I), then ε (n, 1), for the
    n = num_train + num_val samples; the first `num_train` are there to train on, the others to validate.
    shuffler: shuffles the order in which `get_dataloader` gives them, each time it is asked.
    """

    def __init__(
        self,
        w: Tensor,
        b: float,
        *,
        noise: float = 0.01,
        num_train: int = 9984,
        num_val: int = 2976,
        batch_size: int = 32,
        generator: Generator,
        shuffler: random.Random,
    ) -> None:
        self.num_train = num_train
        self.num_val = num_val
        self.batch_size = batch_size
        self.shuffler = shuffler
        n = num_train + num_val
        self.X = numpynet.randn(n, len(w), generator=generator, dtype=w.dtype)
        ε = numpynet.randn(n, 1, generator=generator, dtype=w.dtype) * noise
        self.y = self.X @ w.reshape(-1, 1) + b + ε

    def get_dataloader(self, train: bool) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches (X, y) of all training or all validation samples, in a new order."""
        first, last = (0, self.num_train) if train else (self.num_train, self.num_train + self.num_val)
        order = list(range(first, last))
        self.shuffler.shuffle(order)
        for start in range(0, len(order), self.batch_size):
            batch = tensor(order[start : start + self.batch_size])
            yield self.X[batch], self.y[batch]


class LinearRegressionScratch:
    """ŷ = X w + b with the loss ½ (ŷ − y)², and no module, layer or loss function from a library.

    w (I, 1) starts normal with standard deviation `sigma`, b (1,) at 0. lr: the learning rate to begin with.
    """

    def __init__(
        self,
        num_inputs: int,
        lr: float,
        *,
        sigma: float = 0.01,
        generator: Generator,
        dtype: Dtype,
    ) -> None:
        self.lr = lr
        self.w = numpynet.normal(0, sigma, (num_inputs, 1), generator=generator, dtype=dtype, requires_grad=True)
        self.b = zeros(1, dtype=dtype, requires_grad=True)

    def forward(self, X: Tensor) -> Tensor:
        """ŷ (N, 1) for X (N, I)."""
        return X @ self.w + self.b

    def loss(self, y_hat: Tensor, y: Tensor) -> Tensor:
        """The mean of ½ (ŷ − y)² over the batch."""
        return ((y_hat - y) ** 2 / 2).mean()

    def parameters(self) -> list[Tensor]:
        """w and b."""
        return [self.w, self.b]


@dataclass
class RegressionResult(Result):
    """What `regression` found: the history of the training, and how far w and b are from the true ones.

    >>> from numpynet.studies import regression
    >>> result = regression(epochs=4)
    >>> bool((result.w_error.abs() < 0.01).all())
    True
    """

    height: ClassVar[float] = 5.0

    seed: int
    dtype: str
    history: History
    w_error: Tensor
    b_error: Tensor

    def report(self) -> str:
        """A line for each epoch, and the errors of w and b."""
        epochs = self.history.epochs
        rows = [
            [str(epoch), str(step), f"{train:.4f}", f"{validation:.4f}", f"{rate:.6f}"]
            for epoch, step, train, validation, rate in zip(*epochs.values(), strict=True)
        ]
        return "\n".join(
            [
                f"Linear regression from scratch: w = {list(TRUE_W)}, b = {TRUE_B}, seed {self.seed}, {self.dtype}",
                "",
                table([name.replace("_", " ") for name in epochs], rows),
                "",
                f"error of w: {self.w_error}",
                f"error of b: {self.b_error}",
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Seed, dtype, the errors, and the history's two tables."""
        return {
            "seed": self.seed,
            "dtype": self.dtype,
            "w_error": self.w_error.tolist(),
            "b_error": self.b_error.tolist(),
            **self.history.to_dict(),
        }

    def draw(self, figure: Figure | SubFigure) -> None:
        """Draws the losses and the learning rate over the steps."""
        figure.suptitle(f"Linear regression from scratch (seed {self.seed}, {self.dtype})")
        draw_history(figure, self.history)


def regression(
    seed: int = 0,
    epochs: int = 4,
    *,
    dtype: Dtype = float32,
    lr: float = 0.01,
    decay_rate: float = 0.000001,
    compile: bool = True,
    progress: bool = False,
) -> RegressionResult:
    """Fits w and b to 9984 noisy samples in batches of 32, with a learning rate that decays at every step.

    seed: the data, the first weights and the order of the batches are those of torch after ``manual_seed(seed)``
        and of Python after ``random.seed(seed)``. The global generators are left alone.
    dtype: `numpynet.float32` or `numpynet.float64`. The rest as in `Trainer`.
    KeyboardInterrupt when it is interrupted.

    >>> from numpynet.studies import regression
    >>> result = regression(epochs=1)
    >>> print(f"{result.history.learning_rates[-1]:.6f}")
    0.009523
    """
    generator = Generator().manual_seed(seed)
    w = tensor(TRUE_W, dtype=dtype)
    data = SyntheticRegressionData(w, TRUE_B, generator=generator, shuffler=random.Random(seed))
    model = LinearRegressionScratch(len(w), lr, generator=generator, dtype=dtype)
    history = Trainer(epochs, decay_rate=decay_rate, compile=compile, progress=progress).fit(model, data)
    if history.interrupted:
        raise KeyboardInterrupt
    with no_grad():
        w_error, b_error = w - model.w.reshape(w.shape), TRUE_B - model.b
    return RegressionResult(seed, str(dtype).rpartition(".")[2], history, w_error, b_error)
