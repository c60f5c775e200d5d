"""The width sweep: a 4-width-1 network on iris for 7 widths and 32 seeds, 1,000 steps each; 224 networks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.workloads import Array, Workload

SEEDS = 32
STEPS = 1000


@dataclass(frozen=True)
class Sweep:
    """Networks of several widths, from the first parameters that torch draws for each seed.

    x: (150, 4), y: (150, 1). parameters: by width the two weights and biases, each stacked over the seeds:
        (S, width, 4), (S, width), (S, 1, width), (S, 1).
    """

    widths: tuple[int, ...]
    lr: float
    x: Array = field(repr=False)
    y: Array = field(repr=False)
    parameters: dict[int, tuple[Array, ...]] = field(repr=False)

    @property
    def seeds(self) -> int:
        """How many networks of each width there are."""
        return len(self.parameters[self.widths[0]][0])

    def network(self, width: int, seed: int) -> Workload:
        """One of the networks, to be trained by itself."""
        parameters = tuple(stacked[seed] for stacked in self.parameters[width])
        return Workload("sweep", f"4-{width}-1", (4, width, 1), "bce", self.lr, self.x, self.y, parameters)

    def tolerance(self, step: int) -> float:
        """As `Workload.tolerance`."""
        return self.network(max(self.widths), 0).tolerance(step)


def sweep() -> Sweep:
    """The sweep of `numpynet.studies.widths`. ModuleNotFoundError without scikit-learn, which has the data."""
    from numpynet.core.dtypes import float32
    from numpynet.studies.iris import LEARNING_RATE
    from numpynet.studies.iris_classifier import seeded_classifier, versicolor_data
    from numpynet.studies.widths import WIDTHS

    x, y = versicolor_data(float32)
    parameters = {}
    for width in WIDTHS:
        networks = [list(seeded_classifier(seed, width, float32).parameters()) for seed in range(SEEDS)]
        parameters[width] = tuple(
            np.stack([parameter.detach().numpy() for parameter in place]) for place in zip(*networks, strict=True)
        )
    return Sweep(WIDTHS, LEARNING_RATE, x.numpy(), y.numpy(), parameters)
