"""REINFORCE and an actor with a critic walk along a corridor; and a bandit with a softmax policy."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical, Normal

torch.manual_seed(5)
LENGTH = 7


def step(place, action):
    place = max(0, place + (1 if action == 1 else -1))
    return place, (1.0 if place == LENGTH - 1 else -0.05), place == LENGTH - 1


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine = nn.Linear(LENGTH, 16)
        self.action_head = nn.Linear(16, 2)
        self.value_head = nn.Linear(16, 1)

    def forward(self, x):
        x = F.relu(self.affine(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


model = ActorCritic()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-2)
eps = torch.finfo(torch.float32).eps
for episode in range(12):
    place, rewards, saved, entropies = 0, [], [], []
    for _ in range(40):
        state = F.one_hot(torch.tensor(place), LENGTH).float()
        probs, value = model(state)
        policy = Categorical(probs)
        action = policy.sample()
        saved.append((policy.log_prob(action), value))
        entropies.append(policy.entropy())
        place, reward, done = step(place, action.item())
        rewards.append(reward)
        if done:
            break
    R, returns = 0.0, []
    for r in rewards[::-1]:
        R = r + 0.99 * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    policy_losses, value_losses = [], []
    for (log_prob, value), R in zip(saved, returns, strict=True):
        advantage = R - value.item()
        policy_losses.append(-log_prob * advantage)
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([R])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum() - 0.01 * torch.stack(entropies).sum()
    loss.backward()
    optimizer.step()
    print(f"Episode {episode}\tlength {len(rewards):2d}\treward {sum(rewards):.2f}\tloss {loss.item():.3f}")

# A bandit with four arms
means, preferences = torch.tensor([0.1, 0.5, -0.2, 0.9]), torch.zeros(4, requires_grad=True)
sgd = torch.optim.SGD([preferences], lr=0.2)
baseline = 0.0
for t in range(60):
    arm = torch.multinomial(preferences.softmax(0), 1)
    reward = torch.normal(means[arm], 0.3).item()
    loss = -(reward - baseline) * preferences.log_softmax(0)[arm]
    sgd.zero_grad()
    loss.backward()
    sgd.step()
    baseline += 0.1 * (reward - baseline)
print(preferences, preferences.softmax(0), round(baseline, 3))

# A continuous action
mu, log_std = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
for t in range(20):
    policy = Normal(mu, log_std.exp())
    actions = policy.sample((16,))
    rewards = -((actions - 1.5) ** 2)
    loss = -(policy.log_prob(actions) * (rewards - rewards.mean())).mean()
    gradients = torch.autograd.grad(loss, [mu, log_std])
    with torch.no_grad():
        for p, g in zip([mu, log_std], gradients, strict=True):
            p.sub_(0.05 * g)
print(mu, log_std, policy)
