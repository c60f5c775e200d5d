"""A differential equation whose right side is a network: Runge-Kutta, and the adjoint against the tape."""

import torch
from torch import nn

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)


class Dynamics(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
        for layer in self.net:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=0.3)
                nn.init.constant_(layer.bias, 0)

    def forward(self, t, y):
        return self.net(y**3)


def rk4(f, y, times):
    path = [y]
    for t0, t1 in zip(times[:-1], times[1:], strict=True):
        h = t1 - t0
        k1 = f(t0, y)
        k2 = f(t0 + h / 2, y + h * k1 / 2)
        k3 = f(t0 + h / 2, y + h * k2 / 2)
        k4 = f(t1, y + h * k3)
        y = y + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
        path.append(y)
    return torch.stack(path)


times = torch.linspace(0.0, 2.0, 21)
matrix = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])
start = torch.tensor([2.0, 0.0])
with torch.no_grad():
    truth = rk4(lambda t, y: (y**3) @ matrix, start, times)
print(truth[::5])

model = Dynamics()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-2)
for step in range(20):
    optimizer.zero_grad()
    loss = (rk4(model, start, times) - truth).abs().mean()
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        print(f"Iter {step:04d} | Total Loss {loss.item():.6f}")

# The adjoint state a = ∂L/∂y runs backwards: da/dt = -aᵀ ∂f/∂y.
y = start.clone().requires_grad_()
end = rk4(model, y, times)[-1]
(end**2).sum().backward()
adjoint, state = 2 * end.detach(), end.detach()
h = times[1] - times[0]
for _ in range(20):
    for _ in range(10):
        state = state.detach().requires_grad_()
        value = model(0.0, state)
        (pull,) = torch.autograd.grad(value, state, adjoint)
        adjoint = adjoint + h / 10 * pull
        state = state - h / 10 * value
print(y.grad, adjoint, torch.allclose(y.grad, adjoint, rtol=0.2))
jacobian = torch.autograd.functional.jacobian(lambda v: model(0.0, v), start)
print(jacobian, jacobian.trace())
