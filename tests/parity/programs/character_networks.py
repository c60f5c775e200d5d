"""Three recurrent networks learn to go on with a text, character by character, and then write."""

import torch
import torch.nn.functional as F
from torch import nn

TEXT = "the rain in spain stays mainly in the plain. " * 4
letters = sorted(set(TEXT))
number = {letter: place for place, letter in enumerate(letters)}
data = torch.tensor([number[letter] for letter in TEXT])


class Writer(nn.Module):
    def __init__(self, kind, size=24):
        super().__init__()
        self.embedding = nn.Embedding(len(letters), 8)
        self.layer = getattr(nn, kind)(8, size, num_layers=2, batch_first=True, dropout=0.1)
        self.head = nn.Linear(size, len(letters))

    def forward(self, x, state=None):
        y, state = self.layer(self.embedding(x), state)
        return self.head(y), state


def batch(length=16, count=8):
    starts = torch.randint(0, len(data) - length - 1, (count,))
    rows = torch.stack([data[start : start + length + 1] for start in starts])
    return rows[:, :-1], rows[:, 1:]


for kind in ("RNN", "LSTM", "GRU"):
    torch.manual_seed(1)
    model = Writer(kind)
    print(model)
    print(sum(p.numel() for p in model.parameters()), "parameters")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(60):
        x, y = batch()
        logits, _ = model(x)
        loss = F.cross_entropy(logits.reshape(-1, len(letters)), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 15 == 0:
            print(f"{kind} {step:3d} loss {loss.item():.4f} norm {norm.item():.4f}")

    model.eval()
    with torch.no_grad():
        x, state, text = torch.tensor([[number["t"]]]), None, "t"
        for _ in range(30):
            logits, state = model(x, state)
            x = logits[:, -1].argmax(-1, keepdim=True)
            text += letters[x.item()]
    print(repr(text))

# The same by hand, with cells and truncated backpropagation through time.
for kind in ("RNNCell", "LSTMCell", "GRUCell"):
    torch.manual_seed(2)
    cell, head = getattr(nn, kind)(len(letters), 16), nn.Linear(16, len(letters))
    print(cell)
    optimizer = torch.optim.SGD([*cell.parameters(), *head.parameters()], lr=0.5)
    state = None
    for part in range(6):
        losses = []
        for place in range(part * 10, part * 10 + 10):
            x = F.one_hot(data[place : place + 1], len(letters)).float()
            state = cell(x, state)
            h = state[0] if kind == "LSTMCell" else state
            losses.append(F.cross_entropy(head(h), data[place + 1 : place + 2]))
        loss = torch.stack(losses).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = tuple(one.detach() for one in state) if kind == "LSTMCell" else state.detach()
        print(kind, part, f"{loss.item():.4f}", h[0, :3])
