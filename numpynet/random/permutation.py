"""The Fisher-Yates shuffle with few Python steps, though each of its swaps depends on those before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

FEW = 400  # up to here a loop over a list is the fastest
_SHORT = 2**16  # up to here numbers are sorted by their 16 bits, and the arrays stay in the cache
_BLOCK = 2048


def apply_swaps(partner: Int64) -> Int64:
    """The result of: ``a = arange(n)``, then for i = 0 … n-1 in turn swap ``a[i]`` and ``a[partner[i]]``.

    partner: int64 (n,) with i <= partner[i] < n -> int64 (n,).

    >>> import numpy as np
    >>> apply_swaps(np.array([2, 1, 3, 3]))
    array([2, 1, 3, 0])
    """
    if len(partner) <= FEW:
        return one_by_one(len(partner), partner.tolist())
    return _all_at_once(partner) if len(partner) <= _SHORT else _in_blocks(partner)


def one_by_one(n: int, partner: Iterable[int]) -> Int64:
    """The same by a loop. Partners at the end that are missing are their own."""
    a = list(range(n))
    for i, j in enumerate(partner):
        a[i], a[j] = a[j], a[i]
    return np.fromiter(a, np.int64, n)


def by_words(n: int, words: Iterable[int]) -> Int64:
    """The same by a loop, where each partner is a word modulo the number of those to choose from."""
    a = list(range(n))
    for i, word in enumerate(words):
        j = i + word % (n - i)
        a[i], a[j] = a[j], a[i]
    return np.fromiter(a, np.int64, n)


def _all_at_once(partner: Int64) -> Int64:
    """Traces every value back instead of carrying it along; n <= 2¹⁶.

    Step i leaves at position i, for good, what it finds at partner[i]. If an earlier step had that same
    partner, the latest such step k put there what it had found at position k; otherwise the position
    still holds its own number. And what step k finds at its own position k is told in the same way by
    the latest earlier step whose partner was k, so the steps form chains, each from a value to its origin.
    """
    # A stable sort by partner (of 16-bit numbers: a radix sort) brings the steps of a common partner together.
    step = np.argsort(partner.astype(np.uint16), kind="stable")
    result = partner.copy()
    partner = partner[step]
    origin = np.arange(len(step))
    moved = step != partner
    origin[partner[moved]] = step[moved]  # of steps with one partner the latest is assigned last, and stays
    while True:
        further = origin[origin]  # half as many links to go at each turn
        if np.array_equal(further, origin):
            break
        origin = further
    again = np.flatnonzero(partner[1:] == partner[:-1])
    result[step[again + 1]] = origin[step[again]]
    return result


def _in_blocks(partner: Int64) -> Int64:
    """Makes the swaps of a block of steps at once, but for the few that share a position with another of the block."""
    n = len(partner)
    a = np.arange(n, dtype=np.int32)
    number = a.data  # single elements are read and written faster here
    latest = np.empty(n, np.int32)  # step of the block that has a position as its partner
    steps = np.arange(_BLOCK, dtype=np.int32)
    start = 0
    while n - start > _SHORT:
        block = slice(start, start + _BLOCK)
        partners = partner[block].copy()
        latest[partners] = steps
        last = latest.take(partners)
        again = np.flatnonzero(last != steps)
        inside = np.flatnonzero(partners < block.stop)
        shared = {*again.tolist(), *last[again].tolist(), *inside.tolist(), *(partners[inside] - start).tolist()}
        if shared:
            alone = sorted(shared)
            for i, j in zip(alone, partners[alone].tolist(), strict=True):
                number[start + i], number[j] = number[j], number[start + i]
            partners[alone] = np.add(alone, start)  # nothing is left to do for them
        found = a.take(partners)
        a[partners] = a[block]
        a[block] = found
        start = block.stop
    rest = a[start:]
    rest[...] = rest[_all_at_once(partner[start:] - start)]
    return a.astype(np.int64)
