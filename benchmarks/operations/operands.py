"""What the lines of code compute with: for each name a function that makes it with a library, from the same numbers.

Small operands have the sizes of teaching material, large ones 10⁶ elements. x, y are vectors and m, n, q matrices
(q positive), capital letters are large.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from benchmarks.workloads import Array

Maker = Callable[[Any], Any]


@lru_cache(maxsize=32)
def normal(seed: int, *shape: int) -> Array:
    """Standard normal numbers; the same for the same seed."""
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


@lru_cache(maxsize=32)
def uniform(seed: int, *shape: int) -> Array:
    """Numbers between 0.1 and 0.9."""
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape).astype(np.float32)


@lru_cache(maxsize=32)
def integers(seed: int, high: int, *shape: int) -> Array:
    """Integers from 0 to high - 1."""
    return np.random.default_rng(seed).integers(0, high, shape)


@lru_cache(maxsize=32)
def distinct(seed: int, *shape: int) -> Array:
    """Whole numbers, none of them twice: where there are ties, no order of the places is promised."""
    return np.random.default_rng(seed).permutation(np.arange(math.prod(shape), dtype=np.float32)).reshape(shape)


def given(make: Callable[..., Array], *arguments: int) -> Maker:
    """A tensor of the numbers that a function above makes."""
    return lambda torch: torch.tensor(make(*arguments))


def mask(seed: int, *shape: int) -> Maker:
    """A tensor of booleans."""
    return lambda torch: torch.tensor(normal(seed, *shape) > 0)


def probabilities(torch: Any) -> Any:
    """(27, 27): how often a letter follows another."""
    counts = torch.tensor(integers(0, 100, 27, 27) + 1).float()
    return counts / counts.sum(1, keepdim=True)


def network(torch: Any) -> Any:
    """64-64-1 with a ReLU."""
    nn = torch.nn
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))


def with_gradients(torch: Any) -> Any:
    """The network, after a backward pass."""
    made = network(torch)
    made(torch.tensor(normal(0, 32, 64))).sum().backward()
    return made


def optimizer(name: str, **options: Any) -> Maker:
    """An optimizer of the network, which has gradients."""
    return lambda torch: getattr(torch.optim, name)(with_gradients(torch).parameters(), lr=0.001, **options)


def layer(name: str, *sizes: int) -> Maker:
    """A module with its first parameters."""
    return lambda torch: getattr(torch.nn, name)(*sizes)


def loader(torch: Any, *, shuffle: bool) -> Any:
    """Ten batches of 32 samples."""
    data = torch.utils.data
    samples = data.TensorDataset(torch.tensor(normal(0, 320, 4)), torch.tensor(integers(0, 3, 320)))
    return data.DataLoader(samples, batch_size=32, shuffle=shuffle)


SMALL: dict[str, Maker] = {
    "x": given(normal, 0, 10),
    "y": given(normal, 1, 10),
    "m": given(normal, 2, 32, 32),
    "n": given(normal, 3, 32, 32),
    "q": given(uniform, 4, 32, 32),
    "r": given(normal, 5, 32),  # a row, or the biases of 32 outputs
    "c": given(normal, 6, 32, 1),  # a column
    "s": lambda torch: torch.tensor(1.5),
    "b": given(normal, 7, 8, 16, 16),  # a batch of matrices
    "k": given(integers, 8, 10, 10),
    "classes": given(integers, 9, 32, 32),
    "idx": given(integers, 10, 32, 16),
    "places": given(integers, 11, 32, 32, 1),
    "mask": mask(12, 32, 32),
    "few": mask(13, 10),
    "rows": lambda torch: torch.arange(32),
    "targets": given(uniform, 14, 32, 32),
    "chances": given(uniform, 15, 27),
    "N": lambda torch: torch.zeros((27, 27), dtype=torch.int32),
    "P": probabilities,
    "numbers": lambda torch: [[0.5 * row + column for column in range(4)] for row in range(8)],
    "array": lambda torch: normal(16, 32, 32).copy(),
    "sink": lambda torch: io.StringIO(),
    "inputs": given(normal, 17, 32, 64),
    "net": network,
    "trained": with_gradients,
    "linear": layer("Linear", 32, 32),
    "batch_norm": layer("BatchNorm1d", 32),
    "layer_norm": layer("LayerNorm", 32),
    "embedding": layer("Embedding", 32, 16),
    "dropout": layer("Dropout"),
    "relu": layer("ReLU"),
    "cross_entropy": layer("CrossEntropyLoss"),
    "sgd": optimizer("SGD"),
    "momentum": optimizer("SGD", momentum=0.9),
    "adam": optimizer("Adam"),
    "adamw": optimizer("AdamW"),
    "rmsprop": optimizer("RMSprop"),
    "adagrad": optimizer("Adagrad"),
    "loader": partial(loader, shuffle=False),
    "shuffled": partial(loader, shuffle=True),
}
LARGE: dict[str, Maker] = {
    "X": given(normal, 0, 1_000_000),
    "Y": given(normal, 1, 1_000_000),
    "M": given(normal, 2, 1000, 1000),
    "W": given(normal, 3, 1000, 1000),
    "Q": given(uniform, 4, 1000, 1000),
    "R": given(normal, 5, 1000),
    "G": given(integers, 6, 1000, 1000),
    "D": given(distinct, 10, 1_000_000),
    "E": given(distinct, 11, 1000, 1000),
    "mask": mask(7, 1000, 1000),
    "classes": given(integers, 8, 1000, 1000),
    "targets": given(uniform, 9, 1000, 1000),
    "linear": layer("Linear", 1000, 1000),
}
