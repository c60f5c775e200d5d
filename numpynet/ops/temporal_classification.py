"""Connectionist temporal classification: a sequence of labels, of which nobody says at which steps they stand.

A path says one label or nothing (the blank) at each step. Said twice in a row a label counts once, and blanks do not
count. The loss is −ln p of the target, the sum of the probabilities of all its paths (Graves et al. 2006,
"Connectionist temporal classification"). The states that a path goes through are the labels of the target with blanks
around each: the probability of having come to a state (α), and of going on from it to the end (β), are found step by
step, in logarithms.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numpynet.ops.acceptance import no_integers, scalar_name
from numpynet.ops.form import Array, op

Lengths = tuple[int, ...]


def _floats(name: str, *arrays: Any) -> None:
    """NotImplementedError for float16 as for integers."""
    no_integers(name, *arrays)
    if arrays[0].dtype == np.float16:
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{scalar_name(arrays[0])}': convert it first")


def _states(targets: Array, blank: int) -> tuple[Array, Array]:
    """The labels of all states, (N, 2S + 1), and to which of them a path may come from the last but one."""
    labels = np.full((len(targets), 2 * targets.shape[1] + 1), blank)
    labels[:, 1::2] = targets
    skips = np.zeros(labels.shape, bool)
    skips[:, 2:] = labels[:, 2:] != labels[:, :-2]  # which blanks never do
    return labels, skips


def _log_sum(*terms: Array) -> Array:
    """ln Σ eᵃ"""
    largest = np.maximum.reduce(terms)
    shift = np.where(np.isneginf(largest), 0, largest)
    return np.log(np.add.reduce([np.exp(term - shift) for term in terms])) + shift


def _later(a: Array, count: int) -> Array:
    """Each state's value moved to the state `count` behind it."""
    moved = np.full_like(a, -np.inf)
    moved[:, count:] = a[:, : a.shape[1] - count]
    return moved


def _ways(x: Array, labels: Array, skips: Array, lengths: Lengths) -> Array:
    """α: for each step the logarithm of the probability of all ways to each state, (T, N, 2S + 1)."""
    emitted = np.take_along_axis(x, labels[None].repeat(len(x), 0), 2)
    a = np.full_like(x, -np.inf, shape=(len(x) + 1, *labels.shape))
    a[0, :, 0] = 0  # before the first step, from where the first two states can be reached
    for step in range(len(x)):
        start = _later(a[0], 1) if step == 0 else np.where(skips, _later(a[step], 2), -np.inf)
        going = _log_sum(a[step], start) if step == 0 else _log_sum(a[step], _later(a[step], 1), start)
        ended = np.array(lengths)[:, None] <= step
        a[step + 1] = np.where(ended, a[step], going + emitted[step])
    return a[1:]


def _loss(a: Array, input_lengths: Lengths, target_lengths: Lengths) -> Array:
    """−ln p, of what ends in the last label or the blank behind it; 0 or ∞ where there are no steps."""
    loss = np.empty_like(a, shape=len(target_lengths))
    for place, (steps, size) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        if steps == 0:
            loss[place] = -0.0 if size == 0 else np.inf
        elif size == 0:
            loss[place] = -a[-1, place, 0]
        else:
            loss[place] = -_log_sum(a[-1, place, 2 * size], a[-1, place, 2 * size - 1])
    return loss


@op(torch="log_probs", arrays="targets", accepts=_floats)
def ctc_loss(
    x: Array,
    *,
    targets: Array,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Array:
    """y = −ln p(target), for each sequence        x (T, N, C) logarithms of probabilities -> y (N,)

    targets: (N, S) labels, of which the first `target_lengths` count, as the first `input_lengths` steps do.
    zero_infinity: whether the gradient of an infinite loss is 0, and not NaN.
    """
    a = _ways(x, *_states(targets, blank), input_lengths)
    return _loss(a, input_lengths, target_lengths)


def _backwards(x: Array, lengths: Lengths) -> Array:
    """Each sequence's steps from its last to its first; the others stay where they are."""
    turned = x.copy()
    for place, length in enumerate(lengths):
        turned[:length, place] = x[:length, place][::-1]
    return turned


def _through_ctc(
    dy: Array,
    x: Array,
    y: Array,
    targets: Array,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int,
    zero_infinity: bool,
) -> Array:
    """∂L/∂x = dy (eˣ − the probability that a path says the label at this step, given the target)

    The first term is not of the derivative: it is what a log_softmax before would add, as in torch, whose sum over
    the labels then is 0.
    """
    labels, skips = _states(targets, blank)
    a = _ways(x, labels, skips, input_lengths)
    turned = targets.copy()
    for place, size in enumerate(target_lengths):
        turned[place, :size] = targets[place, :size][::-1]
    b = _backwards(_ways(_backwards(x, input_lengths), *_states(turned, blank), input_lengths), input_lengths)
    dx = np.zeros_like(x)
    for place, (steps, size) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        count, own = 2 * size + 1, labels[place, : 2 * size + 1]
        emitted = x[:steps, place, own]
        both = np.exp(a[:steps, place, :count] + b[:steps, place, :count][:, ::-1] - emitted + y[place])
        said = np.zeros_like(x, shape=(steps, x.shape[2]))
        np.add.at(said.T, own, both.T)
        if np.isfinite(y[place]):
            dx[:steps, place] = dy[place] * (np.exp(x[:steps, place]) - said)
        elif not zero_infinity:
            dx[:steps, place] = np.nan
    return dx


ctc_loss.gradients(x=_through_ctc)
