"""A Wasserstein GAN with gradient penalty on a ring of points: the critic's gradient by its input is kept at norm 1."""

import math

import torch
from torch import nn

torch.manual_seed(0)


def real(count):
    angle = 2 * math.pi * torch.rand(count, 1)
    return torch.cat([angle.cos(), angle.sin()], dim=1) + 0.05 * torch.randn(count, 2)


generator = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
optimizer_c = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))


def gradient_penalty(x, fake):
    weight = torch.rand(len(x), 1)
    between = (weight * x + (1 - weight) * fake).requires_grad_(True)
    score = critic(between)
    (gradient,) = torch.autograd.grad(
        outputs=score, inputs=between, grad_outputs=torch.ones_like(score), create_graph=True, retain_graph=True
    )
    return ((gradient.norm(2, dim=1) - 1) ** 2).mean()


for step in range(6):
    for _ in range(3):
        x = real(32)
        fake = generator(torch.randn(32, 2)).detach()
        penalty = gradient_penalty(x, fake)
        loss_c = critic(fake).mean() - critic(x).mean() + 10 * penalty
        optimizer_c.zero_grad()
        loss_c.backward()
        optimizer_c.step()
    loss_g = -critic(generator(torch.randn(32, 2))).mean()
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()
    print(f"step {step}: critic {loss_c.item():.4f}, penalty {penalty.item():.4f}, generator {loss_g.item():.4f}")
print(critic[0].weight.grad.norm())
