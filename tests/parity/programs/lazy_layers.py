"""Layers that learn their sizes from the first input."""

import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(
    nn.LazyConv2d(6, kernel_size=5, padding=2), nn.LazyBatchNorm2d(), nn.Sigmoid(), nn.AvgPool2d(2, stride=2),
    nn.LazyConv2d(16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.LazyLinear(12), nn.ReLU(),
    nn.LazyLinear(4),
)  # fmt: skip
print(net)
print(net[0].weight, net[8].bias)
print([isinstance(p, nn.parameter.UninitializedParameter) for p in net.parameters()])
try:
    print(net[0].weight.shape)
except RuntimeError as error:
    print(type(error).__name__, str(error).splitlines()[0])
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
before = [id(p) for p in net.parameters()]


def layer_summary(net, shape):
    x = torch.randn(*shape)
    for layer in net:
        x = layer(x)
        print(layer.__class__.__name__, "output shape:\t", x.shape)


layer_summary(net, (2, 1, 8, 8))
print(before == [id(p) for p in net.parameters()])
print(net)


def init_cnn(module):
    if type(module) in (nn.Linear, nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)


net.apply(init_cnn)
x, y = torch.randn(8, 1, 8, 8), torch.randint(0, 4, (8,))
loss_function = nn.CrossEntropyLoss()
for step in range(5):
    loss = loss_function(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.4f}")
print([tuple(v.shape) for v in net.state_dict().values()])


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.LazyLinear(16)
        self.output = nn.LazyLinear(3, bias=False)

    def forward(self, x):
        return self.output(self.hidden(x).relu())


mlp = MLP()
print(mlp, list(mlp.state_dict()))
full = MLP()
full(torch.ones(1, 5))
print(mlp.load_state_dict(full.state_dict()), mlp.hidden.in_features, mlp.hidden.weight.shape)
mlp(torch.ones(2, 5))
print(mlp)
