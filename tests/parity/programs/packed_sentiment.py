"""Short sentences of different lengths: packed for a bidirectional LSTM, and as bags of words."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence

SENTENCES = [
    ("what a fine film", 1),
    ("dull", 0),
    ("fine acting and a fine story", 1),
    ("a dull story and dull acting", 0),
    ("i loved it", 1),
    ("i slept", 0),
]
vocabulary = {word: place + 1 for place, word in enumerate(sorted({w for s, _ in SENTENCES for w in s.split()}))}
sentences = [torch.tensor([vocabulary[word] for word in text.split()]) for text, _ in SENTENCES]
labels = torch.tensor([float(label) for _, label in SENTENCES])
lengths = torch.tensor([len(one) for one in sentences])
padded = pad_sequence(sentences, batch_first=True)
print(padded)
print(pack_sequence(sentences, enforce_sorted=False))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(vocabulary) + 1, 6, padding_idx=0)
        self.lstm = nn.LSTM(6, 5, bidirectional=True, batch_first=True)
        self.head = nn.Linear(10, 1)

    def forward(self, words, lengths):
        packed = pack_padded_sequence(self.embedding(words), lengths, batch_first=True, enforce_sorted=False)
        output, (h, _) = self.lstm(packed)
        output, counts = pad_packed_sequence(output, batch_first=True)
        return self.head(torch.cat([h[-2], h[-1]], dim=1)).squeeze(1), output, counts


torch.manual_seed(4)
model = Reader()
print(model)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(25):
    logits, output, counts = model(padded, lengths)
    loss = criterion(logits, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 5 == 0:
        print(
            f"epoch {epoch} loss {loss.item():.4f} accuracy {((logits > 0) == labels.bool()).float().mean().item():.2f}"
        )
print(output.shape, counts)
print(output[1, :2, :3])

torch.manual_seed(5)
bags = nn.Sequential(nn.EmbeddingBag(len(vocabulary) + 1, 8, mode="mean", padding_idx=0), nn.Linear(8, 1))
print(bags)
optimizer = torch.optim.SGD(bags.parameters(), lr=1.0)
for _ in range(20):
    loss = criterion(bags(padded).squeeze(1), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"bags of words: loss {loss.item():.4f}")
offsets = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])
print(bags[0](torch.cat(sentences), offsets)[:2])
