"""The inside of the graph: nodes, their names and values, and hooks of every kind in the order in which they run."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
c = torch.tensor([1.0, 0.5, 0.25])
y = ((x * c).exp() ** 2).sum()


def walk(node, depth=0):
    print("  " * depth + (type(node).__name__ if node is not None else "None"))
    for parent, _ in getattr(node, "next_functions", ()):
        walk(parent, depth + 1)


walk(y.grad_fn)
power = y.grad_fn.next_functions[0][0]
print(power, power.name(), power._saved_exponent, power._saved_self)
print(power(torch.ones(3)))
power.metadata["seen"] = True
print(y.grad_fn.next_functions[0][0].metadata)
power.register_prehook(lambda grads: print("before", grads))
power.register_hook(lambda inputs, outputs: print("after", inputs, outputs))
y.backward(retain_graph=True)
print(x.grad)

net = nn.Sequential(nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 1))
for name, module in net.named_children():
    module.register_full_backward_pre_hook(lambda m, grads, name=name: print("into", name, [g.shape for g in grads]))
    module.register_full_backward_hook(
        lambda m, inputs, outputs, name=name: print("out of", name, [g if g is None else g.shape for g in inputs])
    )
for name, parameter in net.named_parameters():
    parameter.register_hook(lambda grad, name=name: print("gradient of", name))
    parameter.register_post_accumulate_grad_hook(lambda p, name=name: print("added", name, p.grad.shape))
net(x[None]).sum().backward()
print(net[0].weight.grad)

kept = []


def pack(tensor):
    kept.append(tuple(tensor.shape))
    return tensor.half()


with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed.float()):
    z = (x.sin() * x).sum()
print(kept)
x.grad = None
z.backward()
print(x.grad)


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * grad


(first,) = torch.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
(second,) = torch.autograd.grad(first.sum(), x)
print(first, second)
print(torch.autograd.gradgradcheck(Cube.apply, x.detach().double().requires_grad_(True)))
