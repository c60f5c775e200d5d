"""The network of an estimator that is given none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from numpynet.nn import Linear, Module, ReLU, Sequential


def perceptron(n_features: int, n_outputs: int, hidden: Sequence[int] = (100,)) -> Sequential:
    """Linear layers with ReLU between them.

    hidden: the widths of the layers between.

    >>> from numpynet.sklearn import perceptron
    >>> perceptron(4, 3, hidden=(8,))
    Sequential(
      (0): Linear(in_features=4, out_features=8, bias=True)
      (1): ReLU()
      (2): Linear(in_features=8, out_features=3, bias=True)
    )
    """
    layers: list[Module] = []
    for inputs, outputs in pairwise([n_features, *hidden, n_outputs]):
        layers += [Linear(inputs, outputs), ReLU()]
    return Sequential(*layers[:-1])
