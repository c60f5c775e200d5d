"""The Fisher-Yates shuffle without a loop over its swaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

_FEW = 300  # up to here a loop over a list is the faster


def apply_swaps(partner: Int64) -> Int64:
    """The result of: ``a = arange(n)``, then for i = 0 … n-1 in turn swap ``a[i]`` and ``a[partner[i]]``.

    partner: int64 (n,) with i <= partner[i] < n -> int64 (n,).

    >>> import numpy as np
    >>> apply_swaps(np.array([2, 1, 3, 3]))
    array([2, 1, 3, 0])
    """
    return _one_by_one(partner) if len(partner) <= _FEW else _all_at_once(partner)


def _one_by_one(partner: Int64) -> Int64:
    a = list(range(len(partner)))
    for i, j in enumerate(partner.tolist()):
        a[i], a[j] = a[j], a[i]
    return np.array(a, np.int64)


def _all_at_once(partner: Int64) -> Int64:
    """Traces every value back instead of carrying it along.

    Step i leaves at position i, for good, what it finds at partner[i]. If an earlier step had that same
    partner, the latest such step k put there what it had found at position k; otherwise the position
    still holds its own number. And what step k finds at its own position k is told in the same way by
    the latest earlier step whose partner was k, so the steps form chains, each from a value to its origin.
    """
    n = len(partner)
    # One sort, by partner and then by step, brings the steps of a common partner together.
    keys = (partner << 32) | np.arange(n)
    keys.sort()
    step = keys & 0xFFFFFFFF
    partner = keys >> 32
    origin = np.arange(n)
    moved = step != partner
    origin[partner[moved]] = step[moved]  # of steps with one partner the latest is assigned last, and stays
    while True:
        further = origin[origin]  # half as many links to go at each turn
        if np.array_equal(further, origin):
            break
        origin = further
    found = partner.copy()
    again = np.flatnonzero(partner[1:] == partner[:-1])
    found[again + 1] = origin[step[again]]
    result = np.empty(n, np.int64)
    result[step] = found
    return result
