"""The engine: MT19937, the Mersenne Twister of M. Matsumoto and T. Nishimura (1998), seeded as torch seeds it.

NumPy has the same engine, with the same seeding by one integer, so the words come from NumPy, always in bulk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

STATE_WORDS = 624
_WORD = np.array(32, np.uint64)


class _NoEntropy(np.random.bit_generator.ISeedSequence):
    """Spares a new engine the gathering of entropy: it is seeded before its first use."""

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        return np.ones(n_words, dtype)


class MersenneTwister:
    """A stream of 32-bit words.

    seed: an integer, of which the low 32 bits count.
    """

    def __init__(self, seed: int) -> None:
        no_entropy: Any = _NoEntropy()
        self._engine = np.random.MT19937(no_entropy)
        # Only this class seeds an MT19937 with a plain integer, as in the authors' code of 2002.
        self._seeding = np.random.RandomState(self._engine)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Starts the stream of a seed."""
        self._seeding.seed(seed % 2**32)
        self._untouched = True

    def words(self, count: int) -> Words:
        """The next 32-bit words, as a fresh uint64 array (count,)."""
        if count:
            self._untouched = False
        return self._engine.random_raw(count)

    def double_words(self, count: int) -> Words:
        """64-bit words (count,), each of two words of which the first is the high half."""
        halves = self.words(2 * count)
        result: Words = halves[0::2] << _WORD
        result |= halves[1::2]
        return result

    @property
    def key(self) -> NDArray[np.uint32]:
        """The engine's 624 words."""
        state: Any = self._engine.state
        key: NDArray[np.uint32] = state["state"]["key"]
        return key

    @property
    def position(self) -> int:
        """How many of the 624 words are used up; 0, as torch writes it, after seeding (which leaves none)."""
        state: Any = self._engine.state
        return 0 if self._untouched else int(state["state"]["pos"])

    def resume(self, key: NDArray[Any], position: int) -> None:
        """Continues from the `key` and `position` of another engine."""
        self._untouched = position == 0
        self._engine.state = {
            "bit_generator": "MT19937",
            "state": {"key": key.astype(np.uint32), "pos": position or STATE_WORDS},
        }
