"""A mixture density network: the three branches of an inverted curve, each with a weight, a mean and a spread."""

import torch
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily, Normal


class MixtureDensityNetwork(nn.Module):
    def __init__(self, hidden=16, parts=3):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, hidden), nn.Tanh())
        self.logits, self.mean, self.log_scale = (nn.Linear(hidden, parts) for _ in range(3))

    def forward(self, x):
        h = self.body(x)
        return MixtureSameFamily(Categorical(logits=self.logits(h)), Normal(self.mean(h), self.log_scale(h).exp()))


torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
y = torch.distributions.Uniform(-1.0, 1.0).sample((200,))
x = (y + 0.3 * torch.sin(2 * torch.pi * y) + Normal(0.0, 0.05).sample((200,))).unsqueeze(1)
model = MixtureDensityNetwork()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for step in range(60):
    loss = -model(x).log_prob(y).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"step {step}: negative log-likelihood {loss.item():.6f}")
mixture = model(torch.zeros(1, 1))
print(mixture)
print(mixture.mean, mixture.variance)
print(mixture.mixture_distribution.probs, mixture.component_distribution.mean)
print(mixture.sample((4,)).squeeze())
print(Normal(0.0, 1.0), Categorical(torch.ones(3)).entropy())
try:
    Normal(torch.zeros(2), torch.tensor([1.0, -1.0]))
except ValueError as error:
    print(error)
