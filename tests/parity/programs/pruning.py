"""Weights are pruned by chance, by size, by rows, and over a whole network, which then is trained on."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune

torch.manual_seed(0)
layer = nn.Linear(4, 3)
print(list(layer.named_parameters()))
prune.random_unstructured(layer, "weight", 0.3)
print(list(layer.named_parameters()))
print(list(layer.named_buffers()), layer.weight)
prune.l1_unstructured(layer, "bias", amount=1)
print(layer.bias)
prune.ln_structured(layer, "weight", amount=0.5, n=2, dim=0)
print(layer.weight, list(layer.state_dict()))
x = torch.randn(2, 4)
y = layer(x)
y.sum().backward()
print(y, layer.weight_orig.grad)
torch.optim.SGD(layer.parameters(), 0.1).step()
print(layer(x))
prune.random_structured(layer, "weight", amount=1, dim=1)
print(layer.weight_mask, prune.is_pruned(layer))
prune.remove(layer, "weight")
print(layer.weight, list(layer.state_dict()), prune.is_pruned(layer))
prune.remove(layer, "bias")
print(list(layer.state_dict()), prune.is_pruned(layer))


class EverySecond(prune.BasePruningMethod):
    """Prunes every second weight."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        mask = default_mask.clone()
        mask.view(-1)[::2] = 0
        return mask


network = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
places = [(network[0], "weight"), (network[3], "weight")]
prune.global_unstructured(places, pruning_method=prune.L1Unstructured, amount=0.4)
print(network[0].weight_mask, network[3].weight_mask, network)
prune.global_unstructured(places, pruning_method=prune.RandomUnstructured, amount=3)
print(network[0].weight_mask, network[3].weight_mask)
EverySecond.apply(network[3], "bias")
print(network[3].bias_mask, network[3].bias)
images, labels = torch.randn(6, 1, 3, 3), torch.randint(0, 2, (6,))
optimizer = torch.optim.Adam(network.parameters(), 0.05)
for step in range(20):
    loss = F.cross_entropy(network(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 5 == 0:
        print(f"step {step} loss {loss.item():.4f}")
for module, name in places:
    share = 100.0 * float((getattr(module, name) == 0).sum()) / getattr(module, name).nelement()
    print(f"{share:.1f} % are 0")
prune.custom_from_mask(network[3], "bias", mask=torch.tensor([1.0, 0.0]))
print(network[3].bias, list(network.state_dict()))
again = nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
for module, name in [(again[0], "weight"), (again[3], "weight"), (again[3], "bias")]:
    prune.identity(module, name)
again.load_state_dict(network.state_dict())
print(torch.equal(again(images), network(images)))
print(prune.L1Unstructured(2).prune(torch.tensor([1.0, -2.0, 3.0])))

REFUSED = {
    "a share above 1": lambda: prune.l1_unstructured(nn.Linear(4, 3), "weight", 1.5),
    "a negative count": lambda: prune.l1_unstructured(nn.Linear(4, 3), "weight", -1),
    "no number": lambda: prune.l1_unstructured(nn.Linear(4, 3), "weight", "x"),
    "more than there are": lambda: prune.l1_unstructured(nn.Linear(4, 3), "weight", 13),
    "slices of a vector": lambda: prune.ln_structured(nn.Linear(4, 3), "bias", 1, 2, 0),
    "no such dimension": lambda: prune.ln_structured(nn.Linear(4, 3), "weight", 1, 2, 2),
    "not pruned": lambda: prune.remove(nn.Linear(4, 3), "weight"),
    "a mask of another shape": lambda: prune.custom_from_mask(nn.Linear(4, 3), "weight", torch.ones(2)),
    "scores of another shape": lambda: prune.l1_unstructured(nn.Linear(4, 3), "weight", 1, torch.ones(2)),
    "no list": lambda: prune.global_unstructured(5, prune.L1Unstructured, amount=1),
    "no such parameter": lambda: prune.l1_unstructured(nn.Linear(4, 3), "nothing", 1),
    "abstract": lambda: prune.BasePruningMethod(),
}
for words, call in REFUSED.items():
    try:
        call()
    except Exception as error:
        print(words, type(error).__name__, error)
