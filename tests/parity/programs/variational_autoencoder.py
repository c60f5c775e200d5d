"""A variational autoencoder of small binary images: rsample, Bernoulli likelihoods, kl_divergence to the prior."""

import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

torch.manual_seed(3)
templates = torch.bernoulli(torch.full((4, 16), 0.5))
kinds = torch.randint(0, 4, (120,))
images = (templates[kinds] + torch.bernoulli(torch.full((120, 16), 0.05))) % 2


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(16, 12), nn.Tanh(), nn.Linear(12, 4))
        self.decoder = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 16))

    def encode(self, x):
        mean, log_scale = self.encoder(x).chunk(2, dim=-1)
        return Independent(Normal(mean, log_scale.exp()), 1)

    def decode(self, z):
        return Independent(Bernoulli(logits=self.decoder(z)), 1)


model = Autoencoder().double()
images = images.double()
prior = Independent(Normal(torch.zeros(2, dtype=torch.float64), 1.0), 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(60):
    posterior = model.encode(images)
    z = posterior.rsample()
    reconstruction = -model.decode(z).log_prob(images)
    divergence = kl_divergence(posterior, prior)
    loss = (reconstruction + divergence).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 12 == 0:
        print(f"{step}: loss {loss.item():.6f} = {reconstruction.mean().item():.6f} + {divergence.mean().item():.6f}")
print(posterior)
print(prior.entropy(), prior.log_prob(torch.zeros(2, dtype=torch.float64)))
generated = model.decode(prior.sample((3,)))
print(generated.mean.round(decimals=4))
print(generated.sample().int())
