"""A denoising diffusion model of points in the plane: schedules, sinusoidal embeddings, averaged weights, sampling."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
T = 20


def cosine_beta_schedule(timesteps, s=0.008):
    x = torch.linspace(0, timesteps, timesteps + 1)
    a = torch.cos(((x / timesteps) + s) / (1 + s) * torch.pi * 0.5) ** 2
    a = a / a[0]
    return torch.clip(1 - (a[1:] / a[:-1]), 0.0001, 0.9999)


betas = cosine_beta_schedule(T)
alphas = 1.0 - betas
ac = torch.cumprod(alphas, axis=0)
acp = F.pad(ac[:-1], (1, 0), value=1.0)
post = betas * (1.0 - acp) / (1.0 - ac)


def extract(a, t, shape):
    return a.gather(-1, t).reshape(t.shape[0], *((1,) * (len(shape) - 1)))


class SinusoidalPositionEmbeddings(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, time):
        half = self.dim // 2
        e = torch.exp(torch.arange(half) * -(math.log(10000) / (half - 1)))
        e = time[:, None] * e[None, :]
        return torch.cat((e.sin(), e.cos()), dim=-1)


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.GroupNorm(4, d)
        self.lin = nn.Linear(d, d)
        self.time = nn.Linear(16, 2 * d)
        self.act = nn.SiLU()

    def forward(self, x, t):
        scale, shift = self.time(t).chunk(2, dim=1)
        return x + self.lin(self.act(self.norm(x) * (scale + 1) + shift))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.mlp = nn.Sequential(SinusoidalPositionEmbeddings(8), nn.Linear(8, 16), nn.GELU())
        self.inp = nn.Linear(2, 32)
        self.blocks = nn.ModuleList(Block(32) for _ in range(2))
        self.out = nn.Linear(32, 2)
        nn.init.zeros_(self.out.weight)

    def forward(self, x, t):
        t = self.mlp(t)
        x = self.inp(x)
        for b in self.blocks:
            x = b(x, t)
        return self.out(x)


ang = torch.rand(128) * 2 * torch.pi
data = torch.stack([ang.cos(), ang.sin()], -1)
net = Net()
ema = copy.deepcopy(net).eval().requires_grad_(False)
opt = torch.optim.NAdam(net.parameters(), lr=5e-3)
sch = torch.optim.lr_scheduler.SequentialLR(
    opt,
    [torch.optim.lr_scheduler.LinearLR(opt, 0.1, total_iters=5), torch.optim.lr_scheduler.CosineAnnealingLR(opt, 25)],
    milestones=[5],
)
for i in range(30):
    x = data[torch.randint(128, (64,))]
    t = torch.randint(0, T, (64,)).long()
    noise = torch.randn_like(x)
    xn = extract(ac.sqrt(), t, x.shape) * x + extract((1 - ac).sqrt(), t, x.shape) * noise
    loss = F.huber_loss(net(xn, t), noise)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sch.step()
    with torch.no_grad():
        for e, p in zip(ema.parameters(), net.parameters()):
            e.mul_(0.9).add_(p, alpha=0.1)
    if i % 10 == 9:
        print(i, f"{loss.item():.4f} {sch.get_last_lr()[0]:.6f}")


@torch.inference_mode()
def sample(n):
    x = torch.randn(n, 2)
    for i in reversed(range(T)):
        t = torch.full((n,), i, dtype=torch.long)
        mean = (1 / alphas[i]).sqrt() * (x - betas[i] * ema(x, t) / (1 - ac[i]).sqrt())
        x = mean if i == 0 else mean + post[i].sqrt() * torch.randn_like(x)
    return x


s = sample(200)
print(s.shape, s.norm(dim=1).mean(), s.isfinite().all().item(), s.std(0))
print(ac[::6], torch.logspace(0, 1, 4), torch.hypot(s[:2, 0], s[:2, 1]), torch.atan2(s[0, 1], s[0, 0]))
