"""A generator and a discriminator play against each other over points on a circle."""

import math

import torch
from torch import nn, optim

torch.manual_seed(111)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(2, 32),
            nn.LeakyReLU(0.2),
            nn.Dropout(0.3),
            nn.Linear(32, 16),
            nn.LeakyReLU(0.2),
            nn.Linear(16, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.model(x)


class Generator(nn.Module):
    def __init__(self, latent=2):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(latent, 16, bias=False),  # its gradient would be rounding alone, which Adam makes steps of
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.Linear(16, 32),
            nn.ELU(),
            nn.Linear(32, 2),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.model(z)


def init_weights(module):
    if isinstance(module, nn.Linear):
        nn.init.xavier_normal_(module.weight, gain=nn.init.calculate_gain("relu"))
        if module.bias is not None:
            nn.init.zeros_(module.bias)


angle = 2 * math.pi * torch.rand(256)
real = torch.stack((angle.cos(), angle.sin()), dim=1) * 0.8 + 0.01 * torch.randn(256, 2)
loader = torch.utils.data.DataLoader(real, batch_size=32, shuffle=True)
generator, discriminator = Generator().apply(init_weights), Discriminator().apply(init_weights)
loss_function = nn.BCELoss()
optimizer_d = optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizer_g = optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
for epoch in range(3):
    for n, samples in enumerate(loader):
        z = torch.randn((len(samples), 2))
        fake = generator(z)
        both = torch.cat((samples, fake.detach()))
        truth = torch.cat((torch.ones(len(samples), 1), torch.zeros(len(samples), 1)))
        discriminator.zero_grad()
        loss_d = loss_function(discriminator(both), truth)
        loss_d.backward()
        optimizer_d.step()
        for p in discriminator.parameters():
            p.requires_grad_(False)
        generator.zero_grad()
        loss_g = loss_function(discriminator(fake), torch.ones(len(samples), 1))
        loss_g.backward()
        optimizer_g.step()
        for p in discriminator.parameters():
            p.requires_grad_(True)
        if n % 4 == 0:
            print(f"Epoch: {epoch} Loss D.: {loss_d:.4f} Loss G.: {loss_g:.4f}")
generator.eval()
with torch.no_grad():
    points = generator(torch.randn(5, 2))
print(points, points.norm(dim=1))
print(discriminator.training, generator.model[1].running_var[:3])
print({k: tuple(v.shape) for k, v in generator.state_dict().items()})
