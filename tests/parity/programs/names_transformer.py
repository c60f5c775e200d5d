"""A small transformer learns to write names; another one turns words around."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

TEXT = "emma olivia ava isabella sophia charlotte mia amelia harper evelyn anna ella lena nora lily"
NAMES = TEXT.split(" ")
letters = [".", *sorted(set("".join(NAMES)))]
number = {letter: place for place, letter in enumerate(letters)}
rows = [torch.tensor([0, *(number[one] for one in name), 0]) for name in NAMES]
data = pad_sequence(rows, batch_first=True, padding_value=-1)
x, y = data[:, :-1].clamp(min=0), data[:, 1:]
print(x.shape, x[0], y[0])


class Block(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(size), nn.RMSNorm(size)
        self.qkv, self.out = nn.Linear(size, 3 * size, bias=False), nn.Linear(size, size, bias=False)
        self.forward_ = nn.Sequential(nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size))

    def forward(self, x):
        n, length, size = x.shape
        q, k, v = self.qkv(self.norm1(x)).split(size, dim=2)
        q, k, v = (one.view(n, length, self.heads, size // self.heads).transpose(1, 2) for one in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).contiguous().view(n, length, size))
        return x + self.forward_(self.norm2(x))


class Writer(nn.Module):
    def __init__(self, size=16, heads=2, depth=2, length=16):
        super().__init__()
        self.letters, self.places = nn.Embedding(len(letters), size), nn.Embedding(length, size)
        self.blocks = nn.Sequential(*[Block(size, heads) for _ in range(depth)])
        self.head = nn.Linear(size, len(letters), bias=False)

    def forward(self, x):
        return self.head(self.blocks(self.letters(x) + self.places(torch.arange(x.shape[1]))))


torch.manual_seed(1337)
model = Writer()
print(model)
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
for step in range(80):
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten(), ignore_index=-1)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    word = torch.zeros(1, 1, dtype=torch.long)
    for _ in range(12):
        best = model(word)[:, -1].argmax(-1, keepdim=True)
        word = torch.cat([word, best], dim=1)
        if best.item() == 0:
            break
    print("".join(letters[place] for place in word[0].tolist()))

# An encoder and a decoder, with padding, that learn to turn words around.
torch.manual_seed(7)


def positions(length, size):
    place = torch.arange(length).unsqueeze(1)
    rate = torch.exp(torch.arange(0, size, 2) * (-math.log(10000.0) / size))
    table = torch.zeros(length, size)
    table[:, 0::2], table[:, 1::2] = torch.sin(place * rate), torch.cos(place * rate)
    return table


size = 16
embedding = nn.Embedding(len(letters), size)
transformer = nn.Transformer(size, 2, 1, 1, 32, dropout=0.1, batch_first=True)
head = nn.Linear(size, len(letters))
parameters = [*embedding.parameters(), *transformer.parameters(), *head.parameters()]
optimizer = torch.optim.Adam(parameters, lr=3e-3)
words = [torch.tensor([number[one] for one in name]) for name in NAMES]
source = pad_sequence(words, batch_first=True)
target = pad_sequence([torch.cat([torch.zeros(1, dtype=torch.long), word.flip(0)]) for word in words], batch_first=True)
padding = source == 0
mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1] - 1)
print(mask[:3, :3], padding[0])


def run():
    src = embedding(source) * math.sqrt(size) + positions(source.shape[1], size)
    tgt = embedding(target[:, :-1]) * math.sqrt(size) + positions(target.shape[1] - 1, size)
    y = transformer(src, tgt, tgt_mask=mask, src_key_padding_mask=padding, memory_key_padding_mask=padding)
    return head(y)


for step in range(40):
    loss = F.cross_entropy(run().flatten(0, 1), target[:, 1:].flatten(), ignore_index=0)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"step {step} loss {loss.item():.4f}")
transformer.eval()
with torch.no_grad():
    print(run()[0, :3, :4])

attention = nn.MultiheadAttention(size, 2, batch_first=True)
values, weights = attention(embedding(source), embedding(source), embedding(source), key_padding_mask=padding)
print(values[0, 0, :4], weights[0, 0])
