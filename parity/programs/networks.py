"""Networks trained in other ways: deeper, with dropout and momentum, from a DataLoader with a schedule."""

from __future__ import annotations

from typing import Any

from parity.programs.flowers import flowers
from parity.programs.iris import report_accuracy, versicolor
from parity.programs.program import Text


def deep(torch: Any, recorder: Any, steps: int) -> None:
    """Three hidden layers and three species: cross entropy, Nesterov's momentum, weight decay, random batches."""
    nn = torch.nn
    measurements, species = flowers()
    x = torch.tensor(measurements, dtype=torch.get_default_dtype())
    x = (x - x.mean(0)) / 2
    y = torch.tensor(species)
    model = nn.Sequential(
        nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.Sigmoid(), nn.Linear(8, 3)
    )
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    recorder.start("4-8-8-8-3", model.named_parameters(), optimizer)
    order: list[Any] = []
    for _ in range(steps):
        if not order:
            order = list(torch.randperm(len(x)).split(50))
        rows = order.pop()
        optimizer.zero_grad()
        loss = loss_function(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        recorder.step(loss, optimizer.param_groups[0]["lr"])
    with torch.no_grad():
        recorder.accuracy("4-8-8-8-3", (model(x).argmax(1) == y).sum().item(), len(y))


def dropout_momentum(torch: Any, recorder: Any, steps: int) -> None:
    """Dropout between the layers, momentum with dampening, weight decay, and a weight on the rarer class."""
    nn = torch.nn
    x, y = versicolor(torch)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 1))
    loss_function = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([2.0]))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, dampening=0.1, weight_decay=1e-3)
    recorder.start("4-16-1", model.named_parameters(), optimizer)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        recorder.step(loss, optimizer.param_groups[0]["lr"])
    model.eval()
    report_accuracy(torch, recorder, "4-16-1", model, x, y)


def optimized(name: str, **options: Any) -> Text:
    """A program that trains a small network by an optimizer of torch's."""

    def text(torch: Any, recorder: Any, steps: int) -> None:
        nn = torch.nn
        x = torch.rand(60, 3) * 2 - 1
        y = x[:, :1] * x[:, 1:2] - x[:, 2:] + 0.05 * torch.randn(60, 1)
        model = nn.Sequential(nn.Linear(3, 10), nn.Tanh(), nn.Linear(10, 1))
        loss_function = nn.MSELoss()
        optimizer = getattr(torch.optim, name)(model.parameters(), **options)
        recorder.start("3-10-1", model.named_parameters(), optimizer)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            recorder.step(loss, optimizer.param_groups[0]["lr"])

    text.__doc__ = f"The 3-10-1 network, trained by {name}({', '.join(f'{k}={v}' for k, v in options.items())})."
    return text


def loader_schedule(torch: Any, recorder: Any, steps: int) -> None:
    """Batches shuffled by a DataLoader, one of them short; a learning rate that warms up, then falls by half."""
    nn, data = torch.nn, torch.utils.data
    x = torch.rand(157, 3) * 2 - 1
    y = x[:, :1] * x[:, 1:2] - x[:, 2:] + 0.05 * torch.randn(157, 1)
    model = nn.Sequential(nn.Linear(3, 10), nn.Tanh(), nn.Linear(10, 1))
    loss_function = nn.MSELoss()
    loader = data.DataLoader(data.TensorDataset(x, y), batch_size=16, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.5)
    schedules = torch.optim.lr_scheduler
    warm_up = schedules.LinearLR(optimizer, start_factor=0.25, total_iters=3)
    halving = schedules.StepLR(optimizer, step_size=15, gamma=0.5)
    scheduler = schedules.SequentialLR(optimizer, [warm_up, halving], milestones=[3])
    recorder.start("3-10-1", model.named_parameters(), optimizer)
    for _ in range(steps // len(loader)):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            recorder.step(loss, optimizer.param_groups[0]["lr"])
        scheduler.step()
    with torch.no_grad():
        near = (model(x) - y).abs() < 0.15
        recorder.accuracy("within 0.15", near.sum().item(), len(y))
