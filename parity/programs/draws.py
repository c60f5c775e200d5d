"""Random draws of every kind, at sizes around those where torch changes its method, interleaved."""

from __future__ import annotations

from typing import Any

SIZES = (0, 1, 2, 7, 15, 16, 17, 23, 24, 31, 32, 33, 70, 1000)


def draws(torch: Any, recorder: Any, steps: int) -> None:
    """Every way to draw random numbers, one after the other from one stream."""
    F = torch.nn.functional
    for size in SIZES:
        torch.rand(size)
        torch.randn(size)
        torch.randint(-5, 1000, (size,))
        torch.normal(1.0, 0.01, (size, 1))
        torch.randperm(size)
        torch.bernoulli(torch.rand(size))
        recorder.draw("uniform_", torch.empty(size).uniform_(-0.5, 2.0))
        recorder.draw("normal_", torch.empty(size, 2).normal_(-1.0, 3.0))
        recorder.draw("exponential_", torch.empty(size).exponential_(0.5))
        recorder.draw("random_", torch.empty(size, dtype=torch.int64).random_(0, 2**40))
        recorder.draw("dropout", F.dropout(torch.ones(size), 0.3))
    torch.multinomial(torch.rand(50), 20)
    torch.randint(0, 2**40, (9,))
    torch.normal(torch.arange(5.0), 0.5)
    torch.normal(torch.arange(20.0), torch.rand(20))
    torch.randn_like(torch.zeros(3, 5).t())
    torch.rand_like(torch.zeros(4, 5, 6).permute(2, 0, 1))
    torch.randint_like(torch.zeros(7), 3, 90)

    layer = torch.nn.Linear(7, 5)
    recorder.draw("Linear.weight", layer.weight)
    recorder.draw("Linear.bias", layer.bias)
    for name in ("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"):
        recorder.draw(name, getattr(torch.nn.init, name)(torch.empty(6, 4)))

    data = torch.utils.data.TensorDataset(torch.arange(40), torch.arange(40) * 2)
    kept, _ = torch.utils.data.random_split(data, [30, 10])
    for _ in range(2):
        for _ in torch.utils.data.DataLoader(kept, batch_size=7, shuffle=True):
            pass
    generator = torch.Generator().manual_seed(7)
    for _ in torch.utils.data.DataLoader(data, batch_size=16, shuffle=True, generator=generator):
        pass
    torch.rand(3, generator=generator)
    torch.rand(3)
