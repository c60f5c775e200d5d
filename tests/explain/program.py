"""The small network that the tests of explanations study."""

import numpynet as torch
from numpynet import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 3)
        self.out = nn.Linear(3, 1)

    def forward(self, x):
        z = self.hidden(x)
        h = torch.tanh(z)
        y = self.out(h)
        return y  # noqa: RET504  a name to be shown


def training():
    """A model, and a training step of it."""
    torch.manual_seed(3)
    model = Net()
    x = torch.tensor([[-1.0, 0.5], [1.5, 1.0], [0.5, -1.0], [-0.5, -1.5]])
    target = torch.tensor([[0.0], [1.0], [0.0], [1.0]])
    loss_function = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    return model, step
