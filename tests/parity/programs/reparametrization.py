"""Parametrized weights: symmetric ones, a direction and a length, and a largest singular value of 1."""

import copy
import warnings

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import (
    parametrizations,
    parametrize,
    remove_spectral_norm,
    remove_weight_norm,
    spectral_norm,
    weight_norm,
)


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)

    def right_inverse(self, a):
        return a.triu()


class Exponential(nn.Module):
    def forward(self, x):
        return x.exp()

    def right_inverse(self, a):
        return a.log()


class LowRank(nn.Module):
    def forward(self, u, v):
        return u @ v

    def right_inverse(self, a):
        return a[:, :1].clone(), a[:1].clone()


class Transposed(nn.Module):
    def forward(self, x):
        return x.t()


torch.manual_seed(0)
layer = nn.Linear(3, 3)
parametrize.register_parametrization(layer, "weight", Symmetric())
print(layer)
print(layer.weight, torch.allclose(layer.weight, layer.weight.T))
print([(name, tuple(p.shape)) for name, p in layer.named_parameters()], list(layer.state_dict()))
layer.weight = torch.arange(9.0).reshape(3, 3)
print(layer.parametrizations.weight.original, layer.weight)
print(type(layer).__name__, parametrize.is_parametrized(layer), parametrize.is_parametrized(layer, "bias"))
print(parametrize.type_before_parametrizations(layer).__name__)
with parametrize.cached():
    print(layer.weight is layer.weight)
print(layer.weight is layer.weight)

positive = nn.Linear(2, 2, bias=False)
with torch.no_grad():
    positive.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
parametrize.register_parametrization(positive, "weight", Exponential())
parametrize.register_parametrization(positive, "weight", Symmetric())
print(positive, positive.weight)
x = torch.randn(4, 2)
positive(x).sum().backward()
print(positive.parametrizations.weight.original.grad)
optimizer = torch.optim.SGD(positive.parameters(), 0.1)
optimizer.step()
print(positive.weight)
other = copy.deepcopy(positive)
print(torch.equal(other.weight, positive.weight), other.weight is positive.weight)
other.load_state_dict({name: value * 2 for name, value in positive.state_dict().items()})
print(other.weight)
parametrize.remove_parametrizations(positive, "weight")
print(positive, positive.weight)
once = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Exponential())
parametrize.remove_parametrizations(once, "weight", leave_parametrized=False)
print(once.weight, once)

low = nn.Linear(3, 2)
parametrize.register_parametrization(low, "weight", LowRank())
print([(name, tuple(p.shape)) for name, p in low.named_parameters()], low.weight)
low.weight = torch.ones(2, 3)
print(low.weight)
buffered = nn.BatchNorm1d(2)
parametrize.register_parametrization(buffered, "running_var", Exponential())
print(buffered.running_var, list(buffered.state_dict()))

REFUSED = {
    "no such tensor": lambda: parametrize.register_parametrization(nn.Linear(2, 3), "nothing", Symmetric()),
    "another shape": lambda: parametrize.register_parametrization(nn.Linear(2, 3), "weight", Transposed()),
    "another shape, later": lambda: parametrize.register_parametrization(
        parametrize.register_parametrization(nn.Linear(2, 3), "weight", nn.Tanh()), "weight", Transposed()
    ),
    "no inverse": lambda: setattr(
        parametrize.register_parametrization(nn.Linear(2, 2), "weight", nn.Tanh()), "weight", torch.ones(2, 2)
    ),
    "not parametrized": lambda: parametrize.remove_parametrizations(nn.Linear(2, 2), "weight"),
    "of two": lambda: parametrize.remove_parametrizations(low, "weight", leave_parametrized=False),
    "no iterations": lambda: spectral_norm(nn.Linear(2, 2), n_power_iterations=0),
    "no iterations at all": lambda: parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=0),
    "twice": lambda: spectral_norm(spectral_norm(nn.Linear(2, 2))),
    "none to remove": lambda: remove_spectral_norm(nn.Linear(2, 2)),
    "none of the other": lambda: remove_weight_norm(nn.Linear(2, 2)),
    "no weight": lambda: parametrizations.spectral_norm(nn.ReLU()),
    "no dimension": lambda: parametrizations.spectral_norm(nn.Linear(2, 2), dim=2),
}
for words, call in REFUSED.items():
    try:
        call()
    except Exception as error:
        print(words, type(error).__name__, error)

inputs, labels = torch.randn(16, 1, 5, 5), torch.randint(0, 3, (16,))


def trained(network, steps=12):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for step in range(steps):
        loss = F.cross_entropy(network(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 4 == 0:
            print(f"step {step} loss {loss.item():.4f}")


def network(norm):
    torch.manual_seed(3)
    return nn.Sequential(norm(nn.Conv2d(1, 3, 3)), nn.ReLU(), nn.Flatten(), norm(nn.Linear(27, 3)))


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torch prefers the second form
    for norm in (weight_norm, parametrizations.weight_norm, spectral_norm, parametrizations.spectral_norm):
        model = network(norm)
        print(model)
        print([(name, tuple(value.shape)) for name, value in model.state_dict().items()])
        trained(model)
        print(model[3].weight.norm(2).item(), model.eval()(inputs)[0])
        again = network(norm)
        again.load_state_dict(model.state_dict())
        print(torch.allclose(again.eval()(inputs), model(inputs)))
    flat = weight_norm(nn.Linear(2, 3), dim=None)
    print(flat.weight_g.shape, flat.weight, remove_weight_norm(flat).weight)
    up = spectral_norm(nn.ConvTranspose2d(2, 3, 2))
    print(up.weight_u.shape, up.weight_v.shape, up(torch.ones(1, 2, 1, 1)).shape)
    print([name for name, _ in remove_spectral_norm(up).named_parameters()])
