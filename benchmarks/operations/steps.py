"""Training steps of the workloads, as `benchmarks.training` writes them."""

from __future__ import annotations

from typing import Any

from benchmarks.agreement import CHECKED
from benchmarks.operations.row import Prepared, Row
from benchmarks.training import training_step
from benchmarks.workloads import WORKLOADS


def step_of(workload_name: str) -> Row:
    """A row whose call is a whole step and returns its loss; a wrong gradient shows in the losses after it."""
    workload = WORKLOADS[workload_name]()

    def setup(torch: Any) -> Prepared:
        step = training_step(torch, workload)
        x, y = torch.tensor(workload.x), torch.tensor(workload.y)

        def call() -> Any:
            return step(x, y).item()

        return Prepared(call, lambda: [call() for _ in range(1, CHECKED)])

    roundings = sum(workload.widths[:-1]) + workload.batch
    return Row(f"step of {workload_name}: {workload.title}", "steps", "small", setup, roundings * CHECKED)


STEPS = tuple(map(step_of, ("regression", "iris", "mlp-64", "mlp-64-adam")))
