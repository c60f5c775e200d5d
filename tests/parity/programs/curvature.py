"""The curvature of a loss: Hessian times vector by double backward, its largest eigenvalue, and torch.func."""

import torch
from torch import nn
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1)).double()
x, y = torch.randn(12, 3, dtype=torch.float64), torch.randn(12, 1, dtype=torch.float64)
parameters = list(net.parameters())


def dot(a, b):
    return sum((p * q).sum() for p, q in zip(a, b, strict=True))


def hessian_times(v):
    loss = nn.functional.mse_loss(net(x), y)
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)
    return torch.autograd.grad(dot(gradients, v), parameters)


v = [torch.randn_like(p) for p in parameters]
for step in range(12):
    length = dot(v, v).sqrt()
    v = [one / length for one in v]
    product = hessian_times(v)
    if step % 4 == 3:
        print(f"step {step}: largest eigenvalue {dot(v, product).item():.6f}")
    v = list(product)

weights = {name: one.detach() for name, one in net.named_parameters()}


def loss(weights, x, y):
    return (functional_call(net, weights, (x,)) - y).pow(2).mean()


each = vmap(grad(loss), in_dims=(None, 0, 0))(weights, x, y)
print({name: tuple(one.shape) for name, one in each.items()})
print((each["0.bias"].mean(0) - grad(loss)(weights, x, y)["0.bias"]).abs().max() < 1e-12)


def f(x):
    return torch.stack([x[0] ** 2 * x[1], 5 * x[0] + torch.sin(x[1])])


point = torch.tensor([1.0, 2.0], dtype=torch.float64)
print(jacrev(f)(point))
print(jacfwd(f)(point))
print(hessian(lambda x: f(x).prod())(point))
print(jvp(f, (point,), (torch.tensor([1.0, 0.0], dtype=torch.float64),)))
value, pull = vjp(f, point)
print(value, pull(torch.tensor([0.0, 1.0], dtype=torch.float64)))
print(grad(grad(grad(lambda x: x**5)))(torch.tensor(2.0)))
print(vmap(jacrev(torch.tanh))(torch.tensor([[0.1, 0.2], [0.3, 0.4]])))
