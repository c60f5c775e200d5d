"""Newton's method with linalg.solve: a system of equations, a minimum, the logarithm of a determinant."""

import torch
from torch.autograd.functional import hessian, jacobian

torch.set_default_dtype(torch.float64)


def circle_and_parabola(p):
    x, y = p
    return torch.stack([x**2 + y**2 - 4, y - x**2])


p = torch.tensor([1.0, 1.0])
for step in range(6):
    f = circle_and_parabola(p)
    p = p - torch.linalg.solve(jacobian(circle_and_parabola, p), f)
    print(f"{step}: {p.tolist()[0]:.10f} {p.tolist()[1]:.10f} residual {torch.linalg.vector_norm(f).item():.3e}")

torch.manual_seed(0)
A = torch.randn(5, 3)


def barrier(x):
    return x.sum() - torch.log(1 - A @ x).sum()


x = torch.zeros(3)
for step in range(8):
    gradient = jacobian(barrier, x)
    direction = torch.cholesky_solve(-gradient.unsqueeze(1), torch.linalg.cholesky(hessian(barrier, x))).squeeze(1)
    decrement = -(gradient @ direction)
    x = x + direction / (1 + decrement.sqrt())
    print(f"{step}: {barrier(x).item():.8f} decrement {decrement.item():.3e}")

S = torch.eye(3, requires_grad=True)
samples = torch.randn(50, 3)
C = samples.T @ samples / 50
for step in range(5):  # the maximum likelihood of a precision matrix, which is the inverse of C
    loss = torch.trace(C @ S) - torch.logdet(S)
    (slope,) = torch.autograd.grad(loss, S)
    with torch.no_grad():
        S = (S - 0.8 * S @ slope @ S).requires_grad_()
    print(f"{step}: {loss.item():.8f} {torch.linalg.matrix_norm(S @ C - torch.eye(3)).item():.6f}")
print(torch.linalg.matrix_exp(torch.tensor([[0.0, -1.0], [1.0, 0.0]])))
