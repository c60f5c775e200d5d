"""Boltzmann-Maschine, Hopfield-Netz, selbstorganisierende Karte und Viterbi-Pfad, alles ohne Autograd."""

import torch

torch.manual_seed(9)
torch.set_grad_enabled(False)
muster = torch.tensor([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [1, 0, 1, 0, 1, 0]], dtype=torch.float)
daten = muster[torch.randint(0, 3, (40,))]
daten = torch.where(torch.rand_like(daten) < 0.05, 1 - daten, daten)


class RBM:
    def __init__(self, v, h):
        self.W = torch.randn(h, v) * 0.1
        self.bv = torch.zeros(v)
        self.bh = torch.zeros(h)

    def ziehe_h(self, v):
        p = torch.sigmoid(torch.addmm(self.bh, v, self.W.t()))
        return p, torch.bernoulli(p)

    def ziehe_v(self, h):
        p = torch.sigmoid(h @ self.W + self.bv)
        return p, p.bernoulli()

    def energie(self, v):
        return -(v @ self.bv) - torch.nn.functional.softplus(v @ self.W.T + self.bh).sum(1)

    def schritt(self, v0, lr=0.1, k=2):
        ph0, h = self.ziehe_h(v0)
        for _ in range(k):
            pv, v = self.ziehe_v(h)
            ph, h = self.ziehe_h(v)
        self.W += lr * (torch.einsum("bh,bv->hv", ph0, v0) - torch.einsum("bh,bv->hv", ph, v)) / len(v0)
        self.bv += lr * (v0 - v).mean(0)
        self.bh += lr * (ph0 - ph).mean(0)
        return (v0 - pv).abs().mean()


rbm = RBM(6, 4)
for ep in range(12):
    fehler = torch.stack([rbm.schritt(b) for b in daten[torch.randperm(40)].chunk(4)]).mean()
    if ep % 4 == 3:
        print(ep, f"{fehler.item():.4f} {rbm.energie(daten).mean().item():.4f}")
print(rbm.ziehe_v(rbm.ziehe_h(muster)[0])[0].round().int().tolist())
s = 2 * muster - 1
W = torch.einsum("ki,kj->ij", s, s) / 6
W -= torch.diag(W.diag())
zustand = s[0].clone()
zustand[2] *= -1
verlauf = []
for _ in range(3):
    for i in torch.randperm(6):
        zustand[i] = torch.sign(W[i] @ zustand) if (W[i] @ zustand) != 0 else zustand[i]
    verlauf.append((-0.5 * zustand @ W @ zustand).item())
print(zustand.tolist(), [round(v, 4) for v in verlauf], torch.equal(zustand, s[0]))
gitter = torch.cartesian_prod(torch.arange(3.0), torch.arange(3.0))
karte = torch.rand(9, 6)
for t in range(30):
    x = daten[t % 40]
    sieger = (karte - x).norm(dim=1).argmin()
    nachbar = torch.exp(-(gitter - gitter[sieger]).square().sum(1) / (2 * (1.5 * 0.95**t) ** 2))
    karte += 0.5 * 0.97**t * nachbar.unsqueeze(1) * (x - karte)
print(torch.cdist(muster, karte).argmin(1), karte.mean(), torch.cdist(daten, karte).amin(1).mean())
A = torch.tensor([[0.0, 1, 0], [0.5, 0, 0.5], [0.2, 0.3, 0.5]])
pi = torch.ones(3) / 3
for _ in range(50):
    pi = pi @ A
print(
    pi,
    torch.matrix_power(A, 50)[0],
    torch.allclose(pi @ A, pi),
    torch.linalg.matrix_rank(A),
    torch.trace(A),
    torch.tril(A, -1).count_nonzero(),
    torch.kron(torch.eye(2), A[:1]),
    torch.logdet(A + torch.eye(3)),
)
kette = [0]
for _ in range(8):
    kette.append(torch.multinomial(A[kette[-1]], 1).item())
print(kette)
B = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
beob = [0, 1, 1, 0]
alpha = (pi * B[:, 0]).log()
delta = alpha.clone()
zeiger = []
for o in beob[1:]:
    alpha = torch.logsumexp(alpha[:, None] + A.clamp(min=1e-9).log(), 0) + B[:, o].log()
    m = (delta[:, None] + A.clamp(min=1e-9).log()).max(0)
    delta = m.values + B[:, o].log()
    zeiger.append(m.indices)
pfad = [delta.argmax().item()]
for z in zeiger[::-1]:
    pfad.append(z[pfad[-1]].item())
print(f"{alpha.logsumexp(0).item():.4f}", pfad[::-1])
torch.set_grad_enabled(True)
