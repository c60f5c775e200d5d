"""Least squares in five ways: normal equations, QR, SVD, the pseudoinverse, and lstsq; ridge; its gradient."""

import torch

torch.manual_seed(0)
t = torch.linspace(-1, 1, 30, dtype=torch.float64)
A = torch.vander(t, 4, increasing=True)
b = A @ torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64) + 0.1 * torch.randn(30, dtype=torch.float64)

normal = torch.linalg.solve(A.T @ A, A.T @ b)
L = torch.linalg.cholesky(A.T @ A)
by_cholesky = torch.cholesky_solve((A.T @ b).unsqueeze(1), L).squeeze(1)
Q, R = torch.linalg.qr(A)
by_qr = torch.linalg.solve_triangular(R, (Q.T @ b).unsqueeze(1), upper=True).squeeze(1)
U, S, Vh = torch.linalg.svd(A, full_matrices=False)
by_svd = Vh.T @ ((U.T @ b) / S)
by_pinv = torch.linalg.pinv(A) @ b
found = torch.linalg.lstsq(A, b.unsqueeze(1), driver="gelsd")
for name, x in (
    *(("normal equations", normal), ("Cholesky", by_cholesky), ("QR", by_qr), ("SVD", by_svd), ("pinv", by_pinv)),
    ("lstsq", found.solution.squeeze(1)),
):
    print(f"{name:17s}", [f"{one:.6f}" for one in x.tolist()], f"{torch.linalg.norm(A @ x - b).item():.6f}")
print("rank", found.rank.item(), "singular values", found.singular_values)
print("condition", f"{torch.linalg.cond(A).item():.4f}", "determinant", f"{torch.linalg.det(A.T @ A).item():.4f}")
print(Q.shape, R.diagonal().sign().tolist(), torch.linalg.matrix_rank(A).item())

strength = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
ridge = torch.linalg.solve(A.T @ A + strength * torch.eye(4, dtype=torch.float64), A.T @ b)
loss = ((A @ ridge - b) ** 2).mean()
loss.backward()
print(f"ridge: loss {loss.item():.6f}, dloss/dstrength {strength.grad.item():.6f}")

try:
    torch.linalg.inv(torch.ones(2, 2))
except torch.linalg.LinAlgError as error:
    print(type(error).__name__, "singular" in str(error))
