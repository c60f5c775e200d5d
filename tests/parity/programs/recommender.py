"""Factors of users and items explain ratings; then neighbours of an item, and the best for a user."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(7)
users, items, factors = 30, 20, 4
truth = torch.randn(users, 3) @ torch.randn(3, items) / 2 + 3
seen = torch.rand(users, items) < 0.5
pairs = seen.nonzero()
ratings = truth[seen].clamp(1, 5)
print(seen.sum(), pairs[:4], ratings.mean(), ratings.histc(4, 1, 5))


class Ratings(Dataset):
    def __len__(self):
        return len(pairs)

    def __getitem__(self, place):
        user, item = pairs[place]
        return {"user": user, "item": item, "rating": ratings[place]}


class Factorisation(nn.Module):
    def __init__(self):
        super().__init__()
        self.user, self.item = nn.Embedding(users, factors), nn.Embedding(items, factors)
        self.user_bias, self.item_bias = nn.Embedding(users, 1), nn.Embedding(items, 1)
        self.mean = nn.Parameter(torch.tensor(3.0))
        for table in (self.user, self.item):
            nn.init.normal_(table.weight, 0, 0.1)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, user, item):
        score = (self.user(user) * self.item(item)).sum(-1)
        return score + self.user_bias(user).squeeze(-1) + self.item_bias(item).squeeze() + self.mean


model = Factorisation()
optimizer = torch.optim.AdamW(
    [
        {"params": [model.user.weight, model.item.weight], "weight_decay": 0.05},
        {"params": [model.user_bias.weight, model.item_bias.weight, model.mean], "lr": 0.05},
    ],
    lr=0.03,
)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
loader = DataLoader(Ratings(), batch_size=64, shuffle=True)
for epoch in range(5):
    total = 0.0
    for batch in loader:
        loss = F.mse_loss(model(batch["user"], batch["item"]), batch["rating"])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch["rating"])
    scheduler.step(total / len(pairs))
    print(f"epoch {epoch}: rmse {(total / len(pairs)) ** 0.5:.4f}", [group["lr"] for group in optimizer.param_groups])

with torch.no_grad():
    table = model.user.weight @ model.item.weight.T + model.user_bias.weight + model.item_bias.weight.T + model.mean
    table.masked_fill_(seen, float("-inf"))
    best = table.topk(3, dim=1)
    print(best.indices[:4], best.values[:2])
    similar = F.cosine_similarity(model.item.weight[0], model.item.weight, dim=1)
    print(similar.argsort(descending=True)[:5], similar.sort(descending=True).values[:3])
    print(torch.cdist(model.item.weight[:3], model.item.weight[:3]))
    held = ~seen
    print(torch.sqrt(F.mse_loss(table[held], truth.clamp(1, 5)[held])).item() < 3)
bag = nn.EmbeddingBag.from_pretrained(model.item.weight.detach(), mode="mean")
print(bag(torch.tensor([1, 2, 3, 0, 5]), torch.tensor([0, 3])))
