"""A physics-informed network: u'' + u = 0 with u(0) = 0 and u'(0) = 1, whose solution is the sine."""

import math

import torch
from torch import nn

torch.manual_seed(1)
net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
x = torch.linspace(0, 2, 21).reshape(-1, 1).requires_grad_(True)


def derivative(y, x):
    return torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)[0]


for step in range(41):
    u = net(x)
    u_x = derivative(u, x)
    u_xx = derivative(u_x, x)
    equation = ((u_xx + u) ** 2).mean()
    start = u[0, 0] ** 2 + (u_x[0, 0] - 1) ** 2
    loss = equation + start
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"step {step}: equation {equation.item():.4f}, start {start.item():.4f}")

# Derivatives of a known function, up to the fourth.
t = torch.tensor([0.5, 1.0], dtype=torch.float64, requires_grad=True)
y = torch.sin(2 * t)
for order in range(1, 5):
    y = derivative(y, t)
    print(order, y)
print(16 * math.sin(1.0))

# The heat equation by a field of two variables: u_t - u_xx.
field = nn.Sequential(nn.Linear(2, 8), nn.Sigmoid(), nn.Linear(8, 1)).double()
points = torch.rand(4, 2, dtype=torch.float64, requires_grad=True)
gradient = derivative(field(points), points)
second = derivative(gradient[:, 0], points)[:, 0]
residual = gradient[:, 1] - second
print(residual)
residual.pow(2).mean().backward()
print(field[0].weight.grad)
