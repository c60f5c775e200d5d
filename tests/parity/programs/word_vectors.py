"""Word2vec com amostragem negativa, tabela unigrama, subamostragem, EmbeddingBag e analogias."""

import random
from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence, pad_sequence

random.seed(1)
torch.manual_seed(1)
texto = (
    "o rei governa o reino e a rainha governa o reino . o homem ama a mulher e a mulher ama o homem . "
    "o rei é um homem e a rainha é uma mulher . " * 3
).split()
cont = Counter(texto)
vocab = [p for p, _ in cont.most_common()]
ind = {p: i for i, p in enumerate(vocab)}
freq = torch.tensor([cont[p] for p in vocab], dtype=torch.float)
manter = (1e-1 * freq.sum() / freq).sqrt().clamp_(max=1.0)
ids = torch.tensor([ind[p] for p in texto])
ids = ids[torch.bernoulli(manter[ids]).bool()]
ruido = freq**0.75
ruido /= ruido.sum()
print(len(vocab), len(ids), ruido[:3])
pares = [
    (ids[i].item(), ids[j].item())
    for i in range(len(ids))
    for j in range(max(0, i - 2), min(len(ids), i + 3))
    if i != j
]
centro, contexto = torch.tensor(pares).unbind(1)


class SkipGram(nn.Module):
    def __init__(self, v, d):
        super().__init__()
        self.u = nn.Embedding(v, d)
        self.v = nn.Embedding(v, d)
        nn.init.uniform_(self.u.weight, -0.5 / d, 0.5 / d)
        nn.init.constant_(self.v.weight, 0)

    def forward(self, c, o, neg):
        e = self.u(c)
        pos = F.logsigmoid((e * self.v(o)).sum(1))
        n = F.logsigmoid(-torch.bmm(self.v(neg), e.unsqueeze(2)).squeeze(2)).sum(1)
        return -(pos + n).mean()


m = SkipGram(len(vocab), 8)
opt = torch.optim.SGD(m.parameters(), lr=1.0)
sch = torch.optim.lr_scheduler.LambdaLR(opt, lambda e: max(0.1, 1 - e / 8))
for ep in range(6):
    for i in torch.randperm(len(pares)).split(32):
        neg = torch.multinomial(ruido, len(i) * 4, replacement=True).view(-1, 4)
        opt.zero_grad()
        loss = m(centro[i], contexto[i], neg)
        loss.backward()
        opt.step()
    sch.step()
    if ep % 2:
        print(ep, f"{loss.item():.4f} {sch.get_last_lr()[0]:.3f}")
E = F.normalize(m.u.weight.detach(), dim=1)
alvo = E[ind["rei"]] - E[ind["homem"]] + E[ind["mulher"]]
print([vocab[i] for i in (E @ alvo).topk(3).indices], F.cosine_similarity(E[ind["rei"]], E[ind["rainha"]], dim=0))
bag = nn.EmbeddingBag.from_pretrained(E, freeze=False, mode="mean")
desl = torch.tensor([0, 3, 5])
frase = ids[:9]
out = bag(frase, desl)
out.sum().backward()
print(out.shape, bag.weight.grad.count_nonzero().item(), nn.Embedding.from_pretrained(E).weight.requires_grad)
pad = nn.Embedding(5, 3, padding_idx=0)
pad(torch.tensor([[0, 1], [2, 0]])).sum().backward()
print(pad.weight.grad, pad.weight[0])
cooc = torch.zeros(len(vocab), len(vocab))
cooc.index_put_((centro, contexto), torch.ones(len(pares)), accumulate=True)
pmi = (cooc * cooc.sum() / cooc.sum(0) / cooc.sum(1, keepdim=True)).log().clamp(min=0).nan_to_num(0, posinf=0)
U, S, V = torch.linalg.svd(pmi)
print(S[:3], cooc.diagonal().sum(), torch.allclose(cooc, cooc.T))

fr = [ids[a:b] for a, b in ((0, 4), (4, 6), (6, 9))]
P = pad_sequence(fr, batch_first=True, padding_value=-1)
print(P.shape, (P != -1).sum(1))
g = nn.GRU(8, 3, bidirectional=True, batch_first=True)
o, h = g(pack_sequence([E[f] for f in fr], enforce_sorted=False))
q, n = pad_packed_sequence(o, batch_first=True)
print(q.shape, n, h.shape, h.abs().mean())
