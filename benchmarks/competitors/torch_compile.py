"""torch.compile on the whole step."""

from __future__ import annotations

from collections.abc import Callable

import torch

from benchmarks.competitors import UnavailableError
from benchmarks.training import forward
from benchmarks.workloads import Workload


def prepare(workload: Workload) -> Callable[[], float]:
    """Forward, backward and update in one graph, by `torch.func`, which was the fastest of the ways tried.

    The other ways: the step with `backward()` and `optim.SGD` (its graph breaks), and other modes of compilation.
    """
    parameters = [torch.tensor(array) for array in workload.parameters]
    x, y, lr = torch.tensor(workload.x), torch.tensor(workload.y), workload.lr
    slopes = torch.func.grad_and_value(lambda parameters, x, y: forward(torch, workload, parameters)(x, y))

    def step(parameters: list[torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        gradients, loss = slopes(parameters, x, y)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(gradient, alpha=lr)
        return loss

    compiled = torch.compile(step, fullgraph=True, mode="reduce-overhead")
    try:
        with torch.no_grad():  # compiles, on copies
            compiled([parameter.clone() for parameter in parameters], x, y)
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise UnavailableError(f"it does not compile here: {reason[0] if reason else type(error).__name__}") from error

    def call() -> float:
        with torch.no_grad():
            return compiled(parameters, x, y).item()

    return call
