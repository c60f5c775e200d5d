"""Recurrence: layers that carry a state from one step of a sequence to the next, forwards and back through time.

Each layer is one operation: a loop over the steps, each of which takes all gates from one product. What a step is
given by the input, z = x Wᵢₕᵀ + bᵢₕ, is computed for all steps before, by `linear`.

Sequences of different lengths are packed: the rows of all first steps, then those of all second steps, and so on, the
longest sequence first. ``batch_sizes`` tells how many rows each step has; these are never more than the step before
has, and the states of the sequences that have ended stay what they are. Sequences of one length are the case in which
all steps have as many rows.

The result has planes, (planes, M, H): the states, and the gates on which the formulas depend. Back through time, all
that does not depend on another step is computed for all steps at once; what remains is linear in the cotangent of the
state, which the loop carries from the last step to the first. (Werbos 1990, "Backpropagation through time: what it
does and how to do it".)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from numpynet.ops.form import Array, op, possible
from numpynet.ops.sums import column_sums

Sizes = tuple[int, ...]


@lru_cache(64)
def steps(batch_sizes: Sizes, reverse: bool = False) -> tuple[slice, ...]:
    """The rows of each step, in the order in which a layer takes them.

    >>> steps((2, 1))
    (slice(0, 2, None), slice(2, 3, None))
    """
    rows, start = [], 0
    for size in batch_sizes:
        rows.append(slice(start, start + size))
        start += size
    return tuple(rows[::-1] if reverse else rows)


def _carried(new: Array, state: Array) -> Array:
    """A state after a step of which its first rows took part."""
    return new if len(new) == len(state) else np.concatenate([new, state[len(new) :]])


def _before(states: Array, first: Array, batch_sizes: Sizes, reverse: bool) -> Array:
    """For each row the state before its step, of the states after it and the one before the first step."""
    if len(batch_sizes) == 1:
        return first
    if batch_sizes[0] == batch_sizes[-1]:
        n = len(first)
        return np.concatenate([states[n:], first] if reverse else [first, states[:-n] if n else states])
    parts, state = [], first
    for rows in steps(batch_sizes, reverse):
        new = states[rows]
        parts.append(state[: len(new)])
        state = _carried(new, state)
    return np.concatenate(parts[::-1] if reverse else parts)


def _turned(w: Array, batch_sizes: Sizes) -> Array:
    """wᵀ, copied where it is used often enough: a product with a turned matrix takes up to twice the time."""
    return w.T.copy() if len(batch_sizes) > 2 else w.T


def _sigmoid(a: Array, out: Array) -> None:
    """out = σ(a) = 1 / (1 + e⁻ᵃ)"""
    np.negative(a, out=out)
    np.exp(out, out=out)
    out += 1
    np.reciprocal(out, out=out)


def _in_order(parts: list[Array], reverse: bool) -> Array:
    """What a loop back through time has given for its steps, from the last to the first, as rows."""
    return np.concatenate(parts if reverse else parts[::-1])


def _of_weights(da: Array, before: Array, b: Array | None) -> list[Array | None]:
    """∂L/∂w = daᵀ h and ∂L/∂b = Σ da, of the cotangents of all products h wᵀ + b."""
    return [da.T.dot(before), None if b is None else column_sums(da)]


# --- a layer of one gate --------------------------------------------------------------------------------


@op
def rnn(*operands: Any, batch_sizes: Sizes, reverse: bool = False, nonlinearity: str = "tanh") -> Any:
    """h = tanh(z + h wᵀ + b), step by step, or relu(...)        (Elman 1990)

    operands: z (M, H), h (N, H), w (H, H), b (H,) or None -> y (1, M, H), the states after all steps
    """
    z, h, w, b = operands
    z = z if b is None else z + b
    wt = _turned(w, batch_sizes)
    y = np.empty_like(z, shape=(1, *z.shape))
    activation = np.tanh if nonlinearity == "tanh" else _relu
    for rows in steps(batch_sizes, reverse):
        new = y[0, rows]
        a = h[: len(new)].dot(wt)
        a += z[rows]
        activation(a, out=new)
        h = _carried(new, h)
    return y


def _relu(a: Array, out: Array) -> None:
    np.maximum(0, a, out=out)


def _through_rnn(
    dy: Array, operands: Sequence[Any], y: Array, batch_sizes: Sizes, reverse: bool, nonlinearity: str
) -> list[Array | None]:
    _, h, w, b = operands
    slope = 1 - y[0] * y[0] if nonlinearity == "tanh" else (y[0] > 0).astype(y.dtype)
    dh, parts = np.zeros_like(h), []
    for rows in steps(batch_sizes, not reverse):
        now = dy[0, rows]
        da = (now + dh[: len(now)]) * slope[rows]
        dh = _carried(da.dot(w), dh)
        parts.append(da)
    da = _in_order(parts, reverse)
    return [da, dh, *_of_weights(da, _before(y[0], h, batch_sizes, reverse), b)]


rnn.gradients(operands=_through_rnn)


# --- long short-term memory -------------------------------------------------------------------------------


@op
def lstm(*operands: Any, batch_sizes: Sizes, reverse: bool = False) -> Any:
    """i, f, g, o = z + h wᵀ + b;  c = σ(f) c + σ(i) tanh(g),  h = σ(o) tanh(c), step by step

    operands: z (M, 4H), h (N, H), c (N, H), w (4H, H), b (4H,) or None
    -> y (6, M, H): h, c, σ(i), σ(f), tanh(g) and σ(o) of all steps        (Hochreiter & Schmidhuber 1997)
    """
    z, h, c, w, b = operands
    z = z if b is None else z + b
    wt, size = _turned(w, batch_sizes), c.shape[1]
    y, gates = np.empty_like(z, shape=(6, len(z), size)), np.empty_like(z)
    for rows in steps(batch_sizes, reverse):
        new_h, new_c, now = y[0, rows], y[1, rows], gates[rows]
        a = h[: len(now)].dot(wt)
        a += z[rows]
        _sigmoid(a, out=now)
        g = now[:, 2 * size : 3 * size]
        np.tanh(a[:, 2 * size : 3 * size], out=g)
        np.multiply(now[:, size : 2 * size], c[: len(now)], out=new_c)
        new_c += now[:, :size] * g
        np.tanh(new_c, out=new_h)
        new_h *= now[:, 3 * size :]
        h, c = _carried(new_h, h), _carried(new_c, c)
    y[2:] = gates.reshape(len(z), 4, size).swapaxes(0, 1)
    return y


def _through_lstm(
    dy: Array, operands: Sequence[Any], y: Array, batch_sizes: Sizes, reverse: bool
) -> list[Array | None]:
    _, h, c, w, b = operands
    i, f, g, o = y[2], y[3], y[4], y[5]
    t = np.tanh(y[1])
    slopes = (1 - i) * i, (1 - f) * f, 1 - g * g, (1 - o) * o
    c_by_h = o * (1 - t * t)  # ∂h/∂c, and ∂c/∂a of the gates i, f and g, and ∂h/∂a of the gate o
    by_c = np.stack([slopes[0] * g, slopes[1] * _before(y[1], c, batch_sizes, reverse), slopes[2] * i], axis=1)
    by_h = slopes[3] * t
    more = _of_gates(dy[2:], slopes)
    dh, dc, parts = np.zeros_like(c), np.zeros_like(c), []  # the states after a step are as wide as c
    for rows in steps(batch_sizes, not reverse):
        now = dy[0, rows]
        n = len(now)
        now_h = now + dh[:n]
        now_c = dy[1, rows] + dc[:n] + now_h * c_by_h[rows]
        of_c, of_h = by_c[rows] * now_c[:, None], by_h[rows] * now_h
        da = np.concatenate([of_c.reshape(n, by_c.shape[1] * by_c.shape[2]), of_h], axis=1)
        if more is not None:
            da = da + more[rows]
        dh, dc = _carried(da.dot(w), dh), _carried(now_c * f[rows], dc)
        parts.append(da)
    da = _in_order(parts, reverse)
    return [da, dh, dc, *_of_weights(da, _before(y[0], h, batch_sizes, reverse), b)]


def _of_gates(dy: Array, slopes: Sequence[Array]) -> Array | None:
    """The cotangents that the gates themselves were given, carried through their activations; None where all are 0.

    (planes, M, H) -> (M, planes · H)
    """
    if type(dy) is np.ndarray and not possible(dy != 0):
        return None
    return np.concatenate([dy[place] * slope for place, slope in enumerate(slopes)], axis=1)


lstm.gradients(operands=_through_lstm)


# --- the gated recurrent unit -----------------------------------------------------------------------------


@op
def gru(*operands: Any, batch_sizes: Sizes, reverse: bool = False) -> Any:
    """r, u, q = h wᵀ + b;  r = σ(zᵣ + r), u = σ(zᵤ + u), n = tanh(zₙ + r q);  h = n + u (h − n), step by step

    operands: z (M, 3H), h (N, H), w (3H, H), b (3H,) or None
    -> y (5, M, H): h, r, u, n and q of all steps        (Cho et al. 2014, with the reset gate behind the product)
    """
    z, h, w, b = operands
    wt, size = _turned(w, batch_sizes), h.shape[1]
    y = np.empty_like(z, shape=(5, len(z), size))
    for rows in steps(batch_sizes, reverse):
        old = h[: rows.stop - rows.start]
        product = old.dot(wt)
        if b is not None:
            product += b
        now, given, q, n = y[:, rows], z[rows], y[4, rows], y[3, rows]
        q[...] = product[:, 2 * size :]
        product[:, : 2 * size] += given[:, : 2 * size]
        gates = product[:, : 2 * size]
        _sigmoid(gates, out=gates)
        now[1], now[2] = gates[:, :size], gates[:, size:]
        np.multiply(gates[:, :size], q, out=n)
        n += given[:, 2 * size :]
        np.tanh(n, out=n)
        new = now[0]
        np.subtract(old, n, out=new)
        new *= gates[:, size:]
        new += n
        h = _carried(new, h)
    return y


def _through_gru(dy: Array, operands: Sequence[Any], y: Array, batch_sizes: Sizes, reverse: bool) -> list[Array | None]:
    _, h, w, b = operands
    r, u, n, q = y[1], y[2], y[3], y[4]
    size = h.shape[1]
    before = _before(y[0], h, batch_sizes, reverse)
    by_r, by_u, by_n = q * ((1 - r) * r), (1 - u) * u, 1 - n * n
    of_n = (1 - u) * by_n  # ∂h/∂ of what the gates r, u, q and n are the activations of
    factors = np.stack([of_n * by_r, (before - n) * by_u, of_n * r, of_n], axis=1)
    more = None
    if type(dy) is not np.ndarray or possible(dy[1:] != 0):
        dn = dy[3] * by_n
        more = np.stack([dn * by_r + dy[1] * ((1 - r) * r), dy[2] * by_u, dn * r + dy[4], dn], axis=1)
    dh, parts = np.zeros_like(h), []
    for rows in steps(batch_sizes, not reverse):
        now = dy[0, rows]
        count = len(now)
        now = now + dh[:count]
        da = factors[rows] * now[:, None]
        if more is not None:
            da = da + more[rows]
        parts.append(da)
        dh = _carried(now * u[rows] + da[:, :3].reshape(count, 3 * size).dot(w), dh)
    da = _in_order(parts, reverse)
    dz = np.concatenate([da[:, 0], da[:, 1], da[:, 3]], axis=1)
    return [dz, dh, *_of_weights(da[:, :3].reshape(len(da), 3 * size), before, b)]


gru.gradients(operands=_through_gru)


# --- what of it is seen -----------------------------------------------------------------------------------


@op(torch="input", arrays="rows", grad_fn=lambda title: title)
def states(x: Array, *, plane: int, rows: Any, shape: tuple[int, ...], title: str = "StackBackward0") -> Array:
    """One plane of a layer's result, some rows of it, in another shape.

    rows: a slice, or an array of their numbers, no number twice.
    """
    return x[plane][rows].reshape(shape).copy()


def _states_back(dy: Array, x_shape: tuple[int, ...], plane: int, rows: Any) -> Array:
    fresh = type(dy) is np.ndarray  # then planes that are not read are never touched
    dx = np.zeros(x_shape, dy.dtype) if fresh else np.zeros_like(dy, shape=x_shape)
    dx[plane][rows] = dy.reshape(-1, x_shape[2])
    return dx


states.gradients(x=_states_back)
