"""Drawing categories with given probabilities: what becomes of the random numbers that `multinomial` draws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.core.modes import flags

Array = NDArray[Any]

_MOST_CATEGORIES = 2**24


def check_request(probabilities: Array, num_samples: int, replacement: bool) -> None:
    """RuntimeError, as torch's, unless so many samples can be drawn from probabilities of that shape and dtype."""
    if probabilities.dtype.kind != "f":
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {probabilities.dtype}")
    if probabilities.ndim not in (1, 2):
        raise RuntimeError(f"multinomial: prob_dist must be 1 or 2 dim, but it has {probabilities.ndim}")
    categories = probabilities.shape[-1]
    if num_samples <= 0:
        raise RuntimeError(f"multinomial: cannot sample n_sample <= 0 samples, got {num_samples}")
    if not replacement and num_samples > categories:
        raise RuntimeError(
            f"multinomial: cannot sample n_sample > prob_dist.size(-1) samples without replacement: "
            f"{num_samples} > {categories}"
        )
    if categories > _MOST_CATEGORIES:
        raise RuntimeError(f"multinomial: number of categories cannot exceed 2^24, got {categories}")


def check_probabilities(probabilities: Array) -> None:
    """RuntimeError, as torch's, for probabilities that are negative, infinite or NaN, or a row of zeros."""
    invalid = "multinomial: invalid multinomial distribution (sum of probabilities <= 0)"
    if not probabilities.size:
        raise RuntimeError(invalid)
    largest = np.maximum.reduce(probabilities.reshape(-1, probabilities.shape[-1]), 1).tolist()
    if not (np.minimum.reduce(probabilities, None) >= 0 and max(largest) < math.inf):
        raise RuntimeError("multinomial: probability tensor contains either `inf`, `nan` or element < 0")
    if not min(largest) > 0:
        raise RuntimeError(invalid)


def by_exponential_race(probabilities: Array, exponentials: Array, num_samples: int) -> NDArray[np.int64]:
    """The indices of the `num_samples` largest p/q, q being standard exponential: draws without replacement.

    q/p is the arrival time of an event of rate p, and of independent events the next to come is each with a
    probability in proportion to its rate. (…, categories) twice -> (…, num_samples).
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scores = probabilities / exponentials
    if num_samples == 1:
        return scores.argmax(axis=-1, keepdims=True)
    return np.argsort(-scores, axis=-1, kind="stable")[..., :num_samples]


def distribution(probabilities: Array) -> NDArray[np.float64]:
    """The shares of the sum of all that are reached from category to category: (categories,) -> (categories,).

    A fraction's place in it is the category that is drawn. RuntimeError as `check_probabilities`.
    """
    cumulative: Array = flags.silently(_cumulative, probabilities)  # the sum may overflow; torch goes on, too
    return cumulative.astype(np.float64)


def _cumulative(probabilities: Array) -> Array:
    if not probabilities.size:
        check_probabilities(probabilities)
    cumulative = np.add.accumulate(probabilities, dtype=np.float32 if probabilities.itemsize == 2 else None)
    total = cumulative[-1]
    if not (0.0 < total < math.inf and probabilities[probabilities.argmin()] >= 0.0):
        check_probabilities(probabilities)
    cumulative /= total
    return cumulative
