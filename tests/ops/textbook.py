"""What some operations compute, written in torch as textbooks have it: one sequence, one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _sequences(batch_sizes: tuple[int, ...]) -> list[list[int]]:
    """For each of the sequences that are packed together the rows of its steps."""
    starts = [sum(batch_sizes[:step]) for step in range(len(batch_sizes))]
    return [
        [start + place for start, size in zip(starts, batch_sizes, strict=True) if place < size]
        for place in range(batch_sizes[0])
    ]


def _layer(
    step: Callable[..., list[Any]], states: list[Any], z: Any, batch_sizes: tuple[int, ...], reverse: bool
) -> Any:
    """step(z, *states) gives what the planes of the result hold, the new states first. All of it, (planes, M, H)."""
    import torch

    rows: dict[int, Any] = {}
    for place, of_steps in enumerate(_sequences(batch_sizes)):
        now = [state[place] for state in states]
        for row in reversed(of_steps) if reverse else of_steps:
            made = step(z[row], *now)
            rows[row] = torch.stack(made)
            now = made[: len(now)]
    return torch.stack([rows[row] for row in sorted(rows)], dim=1)


def _affine(h: Any, w: Any, b: Any) -> Any:
    return w @ h if b is None else w @ h + b


def rnn(operands: Any, batch_sizes: Any, reverse: bool, nonlinearity: str = "tanh") -> Any:
    """h = tanh(z + w h + b)"""
    z, h, w, b = operands
    return _layer(lambda z, h: [getattr(z + _affine(h, w, b), nonlinearity)()], [h], z, batch_sizes, reverse)


def lstm(operands: Any, batch_sizes: Any, reverse: bool) -> Any:
    """c = σ(f) c + σ(i) tanh(g), h = σ(o) tanh(c)"""
    z, h, c, w, b = operands

    def step(z: Any, h: Any, c: Any) -> list[Any]:
        i, f, g, o = (z + _affine(h, w, b)).chunk(4)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        return [o * c.tanh(), c, i, f, g, o]

    return _layer(step, [h, c], z, batch_sizes, reverse)


def gru(operands: Any, batch_sizes: Any, reverse: bool) -> Any:
    """h = (1 − u) n + u h, n = tanh(zₙ + r (wₙ h + bₙ))"""
    z, h, w, b = operands

    def step(z: Any, h: Any) -> list[Any]:
        (z_r, z_u, z_n), (r, u, q) = z.chunk(3), _affine(h, w, b).chunk(3)
        r, u = (z_r + r).sigmoid(), (z_u + u).sigmoid()
        n = (z_n + r * q).tanh()
        return [(1 - u) * n + u * h, r, u, n, q]

    return _layer(step, [h], z, batch_sizes, reverse)


def embedding_bag(w: Any, s: Any, index: Any, sizes: tuple[int, ...], mode: str) -> Any:
    """The rows of each bag put together."""
    import torch

    made, start = [], 0
    for size in sizes:
        rows = w[index[start : start + size]]
        if s is not None:
            rows = rows * s[start : start + size, None]
        start += size
        made.append({"sum": rows.sum, "mean": rows.mean}[mode](0) if size else torch.zeros_like(w[0]))
    return torch.stack(made)
