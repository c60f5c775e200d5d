"""Whole programs, as teaching material writes them, small enough for about a second; each returns what it would print.

A program's text is the same under both libraries, its random bits are too, and so are its losses but for roundings.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.operations.operands import integers
from benchmarks.operations.row import SEED, Prepared, Row

LETTERS = 27


def letter_pairs(count: int) -> list[list[int]]:
    """Which letter follows which."""
    pairs: list[list[int]] = integers(0, LETTERS, count, 2).tolist()
    return pairs


def count_bigrams(torch: Any, pairs: Iterable[list[int]]) -> Any:
    """How often each letter follows each, pair by pair."""
    N = torch.zeros((LETTERS, LETTERS), dtype=torch.int32)
    for i, j in pairs:
        N[i, j] += 1
    return N


def bigrams(torch: Any) -> Prepared:
    """Counts 200,000 pairs of letters."""
    return Prepared(partial(count_bigrams, torch, letter_pairs(200_000)))


def likelihood(torch: Any) -> Prepared:
    """Reads the probabilities of 20,000 pairs and sums their logarithms, one by one."""
    pairs = letter_pairs(20_000)
    counts = count_bigrams(torch, pairs)

    def call() -> float:
        P = (counts + 1).float()
        P /= P.sum(1, keepdim=True)
        log_likelihood: Any = 0.0
        for i, j in pairs:
            log_likelihood += torch.log(P[i, j])
        return (-log_likelihood / len(pairs)).item()

    return Prepared(call)


def letters(torch: Any) -> Prepared:
    """The next letter from three: an embedding, a hidden layer with a batch norm by hand, 1,000 mini-batches of 32."""
    F = torch.nn.functional
    data = integers(1, 3, 5000).cumsum() % LETTERS
    X = torch.tensor(np.stack([data[:-3], data[1:-2], data[2:-1]], 1))
    Y = torch.tensor(data[3:])

    def call() -> list[float]:
        torch.manual_seed(SEED)
        C = torch.randn((LETTERS, 10))
        W1 = torch.randn((30, 64)) * (5 / 3) / 30**0.5
        W2 = torch.randn((64, LETTERS)) * 0.01
        b2 = torch.zeros(LETTERS)
        gain = torch.ones((1, 64))
        bias = torch.zeros((1, 64))
        mean_running = torch.zeros((1, 64))
        std_running = torch.ones((1, 64))
        parameters = [C, W1, W2, b2, gain, bias]
        for p in parameters:
            p.requires_grad = True
        losses = []
        for step in range(1000):
            batch = torch.randint(0, X.shape[0], (32,))
            embedded = C[X[batch]]
            hidden = embedded.view(embedded.shape[0], -1) @ W1
            mean = hidden.mean(0, keepdim=True)
            std = hidden.std(0, keepdim=True)
            hidden = gain * (hidden - mean) / std + bias
            with torch.no_grad():
                mean_running = 0.999 * mean_running + 0.001 * mean
                std_running = 0.999 * std_running + 0.001 * std
            logits = torch.tanh(hidden) @ W2 + b2
            loss = F.cross_entropy(logits, Y[batch])
            for p in parameters:
                p.grad = None
            loss.backward()
            lr = 0.1 if step < 600 else 0.01
            for p in parameters:
                p.data += -lr * p.grad
            losses.append(loss.item())
        return losses

    return Prepared(call)


def moons(torch: Any) -> Prepared:
    """A 2-8-1 classifier of two moons, every weight and every activation a tensor of its own, 20 steps."""
    from sklearn.datasets import make_moons

    X, y = make_moons(n_samples=20, noise=0.1, random_state=0)
    samples = [
        ([torch.tensor(number) for number in row], sign) for row, sign in zip(X.tolist(), 2.0 * y - 1, strict=True)
    ]

    def neuron(weights: list[Any], inputs: Iterable[Any]) -> Any:
        return sum((w * x for w, x in zip(weights[1:], inputs, strict=True)), weights[0])

    def call() -> list[float]:
        numbers = random.Random(SEED)
        sizes = [2] * 8 + [8]
        neurons = [[torch.tensor(numbers.uniform(-1, 1), requires_grad=True) for _ in range(n + 1)] for n in sizes]
        parameters = [p for weights in neurons for p in weights]
        losses = []
        for _ in range(20):
            total: Any = 0.0
            for inputs, label in samples:
                hidden = [torch.tanh(neuron(weights, inputs)) for weights in neurons[:-1]]
                total = total + torch.relu(1 - label * neuron(neurons[-1], hidden))
            loss = total / len(samples)
            for p in parameters:
                p.grad = None
            loss.backward()
            for p in parameters:
                p.data -= 0.1 * p.grad
            losses.append(loss.item())
        return losses

    return Prepared(call)


def polynomial(torch: Any) -> Prepared:
    """A cubic through noisy points: a DataLoader that shuffles, a linear layer, SGD with momentum, 30 epochs."""
    nn, data = torch.nn, torch.utils.data

    def call() -> list[float]:
        torch.manual_seed(SEED)
        x = torch.linspace(-1, 1, 200).unsqueeze(1)
        X = torch.cat([x, x**2, x**3], dim=1)
        y = 1.2 + X @ torch.tensor([[0.5], [-2.0], [3.0]]) + 0.1 * torch.randn(200, 1)
        loader = data.DataLoader(data.TensorDataset(X, y), batch_size=16, shuffle=True)
        model, loss_of = nn.Linear(3, 1), nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        losses = []
        for _ in range(30):
            total = 0.0
            for inputs, targets in loader:
                optimizer.zero_grad()
                loss = loss_of(model(inputs), targets)
                loss.backward()
                optimizer.step()
                total += loss.item() * len(inputs)
            losses.append(total / len(x))
        return losses

    return Prepared(call)


def digits(torch: Any) -> Prepared:
    """A 64-64-10 classifier of handwritten digits, with dropout, Adam and a schedule, 12 epochs."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    nn = torch.nn

    def call() -> list[tuple[float, float]]:
        torch.manual_seed(SEED)
        X, y = torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels)
        X_train, y_train, X_test, y_test = X[:1500], y[:1500], X[1500:], y[1500:]
        model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.3)
        loss_of = nn.CrossEntropyLoss()
        losses = []
        for _ in range(12):
            model.train()
            for batch in torch.randperm(len(X_train)).split(64):
                loss = loss_of(model(X_train[batch]), y_train[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            scheduler.step()
            model.eval()
            with torch.no_grad():
                losses.append((loss.item(), loss_of(model(X_test), y_test).item()))
        return losses

    return Prepared(call)


def program(name: str, setup: Callable[[Any], Prepared], *, roundings: int, steps: int) -> Row:
    """roundings: of a step; of a training without amplification those of all steps lie one behind the other."""
    return Row(name, "programs", "small", setup, roundings * steps)


PROGRAMS: tuple[Row, ...] = (
    program("count 200,000 bigrams by N[i, j] += 1", bigrams, roundings=0, steps=200_000),
    program("sum 20,000 torch.log(P[i, j])", likelihood, roundings=1, steps=20_000),
    program("letters: embedding, batch norm by hand", letters, roundings=30 + 64 + LETTERS + 32, steps=1000),
    program("moons: scalar loops", moons, roundings=2 + 8 + 20, steps=20),
    program("polynomial: DataLoader, SGD", polynomial, roundings=3 + 16, steps=390),
    program("digits: dropout, Adam, StepLR", digits, roundings=64 + 64 + 10 + 64, steps=288),
)
