"""Model-agnostic meta-learning on sines: the outer gradient goes through the inner step of gradient descent."""

import torch
import torch.nn.functional as F

torch.manual_seed(0)


def make(rows, columns):
    return (torch.randn(rows, columns) / columns**0.5).requires_grad_(True)


weights = [make(20, 1), torch.zeros(20, requires_grad=True), make(1, 20), torch.zeros(1, requires_grad=True)]


def model(x, w):
    return F.linear(torch.tanh(F.linear(x, w[0], w[1])), w[2], w[3])


def task():
    amplitude, phase = 0.5 + 2 * torch.rand(1), 3 * torch.rand(1)
    x = 4 * torch.rand(10, 1) - 2
    y = amplitude * torch.sin(x + phase)
    return x[:5], y[:5], x[5:], y[5:]


optimizer = torch.optim.SGD(weights, lr=0.02)
for step in range(8):
    outer = 0.0
    for _ in range(4):
        x, y, x_new, y_new = task()
        inner = F.mse_loss(model(x, weights), y)
        gradients = torch.autograd.grad(inner, weights, create_graph=True)
        fast = [w - 0.1 * g for w, g in zip(weights, gradients, strict=True)]
        outer = outer + F.mse_loss(model(x_new, fast), y_new)
    optimizer.zero_grad()
    outer.backward()
    optimizer.step()
    print(f"step {step}: outer loss {outer.item():.4f}, gradient {weights[2].grad.norm().item():.4f}")

# The same with first-order gradients only differs.
inner = F.mse_loss(model(x, weights), y)
for create_graph in (True, False):
    gradients = torch.autograd.grad(inner, weights, create_graph=create_graph, retain_graph=True)
    fast = [w - 0.1 * g for w, g in zip(weights, gradients, strict=True)]
    (first,) = torch.autograd.grad(F.mse_loss(model(x_new, fast), y_new), weights[3], retain_graph=True)
    print(create_graph, gradients[3].requires_grad, first)
