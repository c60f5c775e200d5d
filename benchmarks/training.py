"""A training step as one writes it with torch, for any library that has torch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.workloads import Workload


def forward(torch: Any, workload: Workload, parameters: list[Any]) -> Callable[[Any, Any], Any]:
    """The loss, as a function of a batch and its targets, of tensors that serve as the workload's parameters."""
    F = torch.nn.functional
    if workload.loss == "half squared error":
        w, b = parameters
        return lambda x, y: ((torch.matmul(x, w) + b - y) ** 2 / 2).mean()
    losses = {
        "mse": F.mse_loss,
        "bce": F.binary_cross_entropy_with_logits,
        "cross entropy": F.cross_entropy,
    }
    loss_function = losses[workload.loss]
    *hidden, (last_w, last_b) = zip(parameters[::2], parameters[1::2], strict=True)

    def loss(x: Any, y: Any) -> Any:
        for w, b in hidden:
            x = F.relu(F.linear(x, w, b))
        return loss_function(F.linear(x, last_w, last_b), y)

    return loss


def model(torch: Any, workload: Workload) -> tuple[list[Any], Callable[[Any, Any], Any]]:
    """The workload's parameters, and the loss as a function of a batch and its targets.

    The regression has two tensors and an expression, as in the studies; networks are modules.
    """
    if workload.loss == "half squared error":
        parameters = [torch.tensor(array, requires_grad=True) for array in workload.parameters]
        return parameters, forward(torch, workload, parameters)
    nn = torch.nn
    layers: list[Any] = []
    for w in workload.parameters[::2]:
        layers += [nn.Linear(w.shape[1], w.shape[0]), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    parameters = list(network.parameters())
    with torch.no_grad():
        for parameter, array in zip(parameters, workload.parameters, strict=True):
            parameter.copy_(torch.tensor(array))
    losses = {"mse": nn.MSELoss, "bce": nn.BCEWithLogitsLoss, "cross entropy": nn.CrossEntropyLoss}
    loss_function = losses[workload.loss]()
    return parameters, lambda x, y: loss_function(network(x), y)


def training_step(torch: Any, workload: Workload) -> Callable[[Any, Any], Any]:
    """A function of a batch and its targets: zero_grad, forward, loss, backward, update; it returns the loss."""
    parameters, loss_of = model(torch, workload)
    optimizer = getattr(torch.optim, workload.optimizer)(parameters, lr=workload.lr)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        return loss

    return step
