"""What two studies share: the iris data with one species to be told from the others, and a network for it."""

from __future__ import annotations

import numpynet.nn.functional as F
from numpynet import nn
from numpynet.core.dtypes import dtype as Dtype
from numpynet.core.tensor import Tensor
from numpynet.creation import tensor
from numpynet.random import fork_rng, manual_seed


class Classifier(nn.Module):
    """A network with one hidden layer: linear, ReLU, linear, to one logit per sample."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dtype: Dtype | None = None) -> None:
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden, dtype=dtype)
        self.fc2 = nn.Linear(hidden, outputs, dtype=dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, outputs) of x (N, inputs)."""
        return self.fc2(F.relu(self.fc1(x)))


def seeded_classifier(seed: int, hidden: int, dtype: Dtype) -> Classifier:
    """The 4-hidden-1 network that torch makes after ``manual_seed(seed)``; the global generator is left alone."""
    with fork_rng():
        manual_seed(seed)
        return Classifier(4, hidden, 1, dtype=dtype)


def versicolor_data(dtype: Dtype) -> tuple[Tensor, Tensor]:
    """The 150 iris flowers: x (150, 4) in cm, and y (150, 1), which is 1 for versicolor and 0 for the others.

    ModuleNotFoundError when scikit-learn, which has the data, is missing.
    """
    try:
        from sklearn.datasets import load_iris
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the iris data come with scikit-learn, which is not installed: pip install scikit-learn, or "
            "numpynet-backprop[studies] with all that the studies need",
            name=error.name,
        ) from error
    features, species = load_iris(return_X_y=True)
    x = tensor(features, dtype=dtype)
    y = tensor(species == 1, dtype=dtype).view(-1, 1)
    return x, y
