"""Principal components: by the SVD of the data and by the covariance; whitening; the best approximation of a rank."""

import torch

torch.manual_seed(1)
x = torch.randn(100, 4) @ torch.tensor([[3.0, 1.0, 0.0, 0.0], [0, 1, 0.5, 0], [0, 0, 0.5, 0.1], [0, 0, 0, 0.2]])
x = x - x.mean(0)
U, S, Vh = torch.linalg.svd(x, full_matrices=False)
print(U.shape, S, Vh.shape)
print(Vh)
print("explained", (S**2 / (S**2).sum()).cumsum(0))
scores = x @ Vh.T[:, :2]
print(scores[:5])
values = torch.linalg.eigvalsh(torch.cov(x.T))
print("variances", values.flip(0), torch.allclose(values.flip(0), S**2 / 99, rtol=1e-4))
for rank in (1, 2, 3):
    nearest = (U[:, :rank] * S[:rank]) @ Vh[:rank]
    print(
        rank, f"{torch.linalg.matrix_norm(x - nearest).item():.4f}", f"{torch.linalg.norm(x - nearest, 2).item():.4f}"
    )
white = scores / S[:2] * 99**0.5
print(torch.cov(white.T).round(decimals=3).abs())
digits = torch.rand(6, 6, dtype=torch.float64).requires_grad_()
nuclear = torch.linalg.matrix_norm(digits, "nuc")
nuclear.backward()
print(f"{nuclear.item():.6f}", torch.linalg.matrix_norm(digits.grad, 2).round(decimals=6))
wide = torch.randn(3, 5)
u, s, v = torch.svd(wide)
print(u, s, v)
