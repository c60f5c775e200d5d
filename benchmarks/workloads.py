"""Workloads: training steps written once, for any library with torch's names.

Each function takes the library (torch or numpynet), prepares a model and its data from seed 0, and returns
the step to be timed. A step returns its loss as a Python number, so that equal results can be asserted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Workload = Callable[[Any], Callable[[], float]]


def regression(torch: Any) -> Callable[[], float]:
    """A linear regression of 2 weights and a bias on a batch of 32, by operations on leaf tensors and SGD."""
    torch.manual_seed(0)
    x = torch.randn(32, 2)
    y = torch.matmul(x, torch.tensor([[2.0], [-3.4]])) + 4.2 + 0.01 * torch.randn(32, 1)
    w = torch.normal(0, 0.01, (2, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=0.01)

    def step() -> float:
        optimizer.zero_grad()
        loss = ((torch.matmul(x, w) + b - y) ** 2 / 2).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def iris(torch: Any) -> Callable[[], float]:
    """A 4-8-1 network on a batch of 150 with BCE-with-logits and SGD: the size of the iris data set."""
    torch.manual_seed(0)
    x = torch.randn(150, 4)
    y = (torch.rand(150, 1) > 0.5).float()
    nn = torch.nn
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    loss_function = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


WORKLOADS: dict[str, Workload] = {"regression": regression, "iris": iris}
