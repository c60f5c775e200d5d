"""Iris, versicolor or not: a network with one hidden layer, all flowers in every step."""

from __future__ import annotations

import copy
from typing import Any

from parity.programs.flowers import flowers


def network(torch: Any, hidden: int) -> Any:
    """Linear, ReLU, linear: 4 measurements to one logit."""
    nn, F = torch.nn, torch.nn.functional

    class Network(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc1 = nn.Linear(4, hidden)
            self.fc2 = nn.Linear(hidden, 1)

        def forward(self, x: Any) -> Any:
            return self.fc2(F.relu(self.fc1(x)))

    return Network()


def versicolor(torch: Any) -> tuple[Any, Any]:
    """x (150, 4) in cm, and y (150, 1), which is 1 for versicolor."""
    measurements, species = flowers()
    x = torch.tensor(measurements, dtype=torch.get_default_dtype())
    y = torch.tensor(species == 1, dtype=torch.get_default_dtype()).view(-1, 1)
    return x, y


def report_accuracy(torch: Any, recorder: Any, name: str, model: Any, x: Any, y: Any) -> None:
    """Counts the samples on the right side of ½."""
    with torch.no_grad():
        predicted = (torch.sigmoid(model(x)) > 0.5).to(y.dtype)
        recorder.accuracy(name, (predicted == y).sum().item(), len(y))


def train(torch: Any, recorder: Any, name: str, model: Any, x: Any, y: Any, steps: int) -> None:
    """With SGD."""
    loss_function = torch.nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    recorder.start(name, model.named_parameters(), optimizer)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        recorder.step(loss, optimizer.param_groups[0]["lr"])
    report_accuracy(torch, recorder, name, model, x, y)


def iris_sgd(torch: Any, recorder: Any, steps: int) -> None:
    """The 4-8-1 network, trained by SGD."""
    x, y = versicolor(torch)
    train(torch, recorder, "4-8-1", network(torch, 8), x, y, steps)


def _by_hand(torch: Any, recorder: Any, steps: int, mended: bool) -> None:
    x, y = versicolor(torch)
    model = network(torch, 8)
    clone = copy.deepcopy(model)
    learning_rate = 0.1
    loss_function = torch.nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD((clone if mended else model).parameters(), lr=learning_rate)
    recorder.start("clone", clone.named_parameters())
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_function(clone(x), y)
        loss.backward()
        with torch.no_grad():
            for parameter in clone.parameters():
                parameter -= learning_rate * parameter.grad
        recorder.step(loss, learning_rate)
    report_accuracy(torch, recorder, "clone", clone, x, y)


def iris_as_written(torch: Any, recorder: Any, steps: int) -> None:
    """Updated by hand, zero_grad() called on an optimizer of another model: the gradients add up for ever."""
    _by_hand(torch, recorder, steps, mended=False)


def iris_mended(torch: Any, recorder: Any, steps: int) -> None:
    """Updated by hand, the gradients zeroed before every step."""
    _by_hand(torch, recorder, steps, mended=True)


WIDTHS = range(8, 15)


def widths(torch: Any, recorder: Any, steps: int) -> None:
    """The sweep of hidden widths 8 to 14, one network after the other from one stream."""
    x, y = versicolor(torch)
    for hidden in WIDTHS:
        train(torch, recorder, f"4-{hidden}-1", network(torch, hidden), x, y, steps // len(WIDTHS))
