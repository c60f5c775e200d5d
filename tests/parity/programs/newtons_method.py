"""Newton's method: on Rosenbrock's function with the whole Hessian, and on logistic regression."""

import torch
from torch.autograd.functional import hessian, hvp, jacobian


def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def solve(a, b):
    """The solution of a symmetric 2 by 2 system, by Cramer's rule."""
    det = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    return torch.stack([b[0] * a[1, 1] - b[1] * a[0, 1], a[0, 0] * b[1] - a[1, 0] * b[0]]) / det


point = torch.tensor([-1.2, 1.0], dtype=torch.float64)
print(hessian(rosenbrock, point))
for step in range(7):
    p = point.clone().requires_grad_(True)
    value = rosenbrock(p)
    (gradient,) = torch.autograd.grad(value, p, create_graph=True)
    rows = [torch.autograd.grad(gradient[i], p, retain_graph=True)[0] for i in range(2)]
    point = point - solve(torch.stack(rows), gradient.detach())
    print(f"step {step}: value {value.item():.6e} at {point.tolist()[0]:.6f}, {point.tolist()[1]:.6f}")

torch.manual_seed(0)
x = torch.randn(40, 2, dtype=torch.float64)
y = (x[:, 0] - 2 * x[:, 1] + 0.5 * torch.randn(40, dtype=torch.float64) > 0).double()


def loss(w):
    return torch.nn.functional.binary_cross_entropy_with_logits(x @ w, y) + 0.01 * (w**2).sum()


w = torch.zeros(2, dtype=torch.float64)
for step in range(5):
    slope = jacobian(loss, w)
    print(f"logistic {step}: loss {loss(w).item():.6f}, gradient {slope.norm().item():.2e}")
    w = w - solve(hessian(loss, w), slope)
print(w)
print(hvp(loss, w, torch.ones(2, dtype=torch.float64)))
w.requires_grad_(True)
curvature = hessian(loss, w, create_graph=True).diagonal().sum()
curvature.backward()
print(curvature, w.grad)
