"""The sweep by numpynet's ensembles: the networks of one width trained as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import numpynet
from benchmarks.competitors import UnavailableError
from benchmarks.sweep import Sweep
from benchmarks.workloads import Array
from numpynet.creation import tensor
from numpynet.studies.iris import sgd_step
from numpynet.studies.iris_classifier import Classifier


def prepare(sweep: Sweep) -> Callable[[int], Array]:
    """An ensemble for each width, of the networks that the seeds give."""
    ensemble: Callable[..., Any] | None = getattr(numpynet, "ensemble", None)
    if ensemble is None:
        raise UnavailableError("numpynet.ensemble does not exist yet")
    x, y, seeds = tensor(sweep.x), tensor(sweep.y), range(sweep.seeds)
    ensembles = [ensemble(lambda width=width: Classifier(4, width, 1), seeds) for width in sweep.widths]
    steps = [models.compile(lambda model: sgd_step(model, x, y)) for models in ensembles]

    def train(count: int) -> Array:
        losses = np.empty((len(steps), sweep.seeds))
        for row, step in enumerate(steps):
            for _ in range(count):
                losses[row] = step().numpy()
        return losses

    return train
