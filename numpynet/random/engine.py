"""The engine: MT19937, the Mersenne Twister of M. Matsumoto and T. Nishimura (1998), seeded as torch seeds it.

NumPy has the same engine, with the same seeding by one integer, so the words come from NumPy: for large draws
in blocks that stay in the cache, for smaller ones from a stock that is fetched ahead: as many words as such draws
have used up so far, in whole keys of 624. The key of the words drawn last is NumPy's, or is read off the stock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numpynet.core.forking import held_for_forks
from numpynet.random.ahead import AHEAD, Ahead
from numpynet.random.box_muller import (
    ROW,
    few_pairs_float64,
    fill_rows_float32,
    fill_rows_of_polar_float32,
    pairs_float64,
    polar_float32,
)
from numpynet.random.words import FEW, LOW_21_BITS, DoubleWords, Words, low_24_bits, low_53_bits, untempered

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

STATE_WORDS = 624
_MANY = 4096  # from so many words on, a call of randint takes less time than random_raw
_BLOCK = 2**15
_FEW_FRACTIONS = 64  # up to here a loop over Python's numbers is the fastest

_drawing = held_for_forks(threading.RLock())  # of all engines: two threads that drew from one would break it

_WORD = np.array(32, np.uint64)
_UNIT_24 = np.array(2.0**-24, np.float32)
_UNIT_53 = np.array(2.0**-53)
_ZERO = np.zeros((), np.float32)


class _NoEntropy(np.random.bit_generator.ISeedSequence):
    """Spares a new engine the gathering of entropy: it is seeded before its first use."""

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
        return [1] * n_words  # read one by one, for which a list is the fastest


class MersenneTwister:
    """A stream of 32-bit words, and the fractions made of them.

    seed: an integer, of which the low 32 bits count.
    """

    _words: Words  # the stock, which ends with a key's words, and of whose ...
    _size: int  # ... so many words ...
    _next: int  # ... so many are used up, ...
    _stock32: Float32 | None  # ... its float32 fractions, once they are wanted, ...
    _stock64: Float64 | None  # ... and its float64 ones, of each word and the word after it
    _step: int  # how many words after whole rows of 16 the last draw of rows began

    def __init__(self, seed: int) -> None:
        no_entropy: Any = _NoEntropy()
        self._engine = np.random.MT19937(no_entropy)
        # Only this class seeds an MT19937 with a plain integer, as in the authors' code of 2002.
        self._state = np.random.RandomState(self._engine)
        self._polar = Ahead(1, 1024, _polar)
        self._rows = Ahead(ROW, 1024, _rows)
        self._pairs = Ahead(4, 0, _pairs)
        self.seed(seed)

    # ---- seed and state ----

    def seed(self, seed: int) -> None:
        """Starts the stream of a seed."""
        with _drawing:
            self._state.seed(seed % 2**32)
            self._untouched = True
            self._used = STATE_WORDS
            self._from_stock = self._step = 0
            self._empty_stock()

    @property
    def key(self) -> NDArray[np.uint32]:
        """The engine's 624 words."""
        with _drawing:
            keys_ahead = (self._size - self._next) // STATE_WORDS
            if keys_ahead:
                end = self._size - keys_ahead * STATE_WORDS
                return untempered(self._words[end - STATE_WORDS : end])
            state: Any = self._engine.state
            key: NDArray[np.uint32] = state["state"]["key"]
            return key

    @property
    def position(self) -> int:
        """How many of the 624 words are used up; 0, as torch writes it, after seeding (which leaves none)."""
        with _drawing:
            return 0 if self._untouched else self._used - (self._size - self._next) % STATE_WORDS

    def resume(self, key: NDArray[Any], position: int) -> None:
        """Continues from the `key` and `position` of another engine."""
        with _drawing:
            self._untouched = position == 0
            self._used = position or STATE_WORDS
            self._from_stock = self._step = 0
            # The key's words are read one by one, for which a list is the fastest.
            state: Any = {"bit_generator": "MT19937", "state": {"key": key.tolist(), "pos": self._used}}
            self._engine.state = state
            self._empty_stock()

    # ---- words ----

    def words(self, count: int) -> Words:
        """The next 32-bit words, a fresh array (count,)."""
        return self.made_of_words(count, np.uint32, _copy)

    def few_words(self, count: int) -> Words:
        """The next words, up to 4096. Not to be written to."""
        with _drawing:
            start = self._few(count)
            return self._words[start : start + count]

    def double_words(self, count: int) -> DoubleWords:
        """64-bit words (count,), each of two words of which the first is the high half."""
        return self.made_of_double_words(count, np.uint64, _copy)

    def made_of_words(self, count: int, dtype: Any, make: Callable[[Words, NDArray[Any]], Any]) -> NDArray[Any]:
        """An array (count,) into whose parts `make(words, part)` writes what it makes of as many words.

        The words are handed over a block at a time, and may be overwritten.
        """
        with _drawing:
            result = np.empty(count, dtype)
            start = self._few(count)
            if start >= 0:
                make(self._words[start : start + count].copy(), result)
                return result
            kept = self._take_stock()
            done = kept.size
            if done:
                make(kept, result[:done])
            while done < count:
                block = self._block(min(_BLOCK, count - done))
                make(block, result[done : done + block.size])
                done += block.size
            return result

    def made_of_double_words(
        self, count: int, dtype: Any, make: Callable[[DoubleWords, NDArray[Any]], Any]
    ) -> NDArray[Any]:
        """The same, of 64-bit words."""
        with _drawing:
            result = np.empty(count, dtype)
            start = self._few(2 * count)
            if start >= 0:
                make(_paired(self._words[start : start + 2 * count]), result)
                return result
            kept = self._take_stock()
            if kept.size % 2:
                kept = np.concatenate((kept, self._fetch(1)))
            done = kept.size // 2
            if done:
                make(_paired(kept), result[:done])
            while done < count:
                block = self._double_block(min(_BLOCK // 2, count - done))
                make(block, result[done : done + block.size])
                done += block.size
            return result

    # ---- fractions ----

    def fractions32(self, count: int) -> Float32:
        """Float32 fractions in [0, 1), a fresh array (count,): the low 24 bits of a word, times 2⁻²⁴."""
        return self.made_of_words(count, np.float32, _fractions32)

    def few_fractions32(self, count: int) -> Float32:
        """The same for up to 4096 fractions. Not to be written to."""
        with _drawing:
            start = self._few(count)
            if self._stock32 is None:
                self._stock32 = np.empty(self._size, np.float32)
                _fractions32(self._words.copy(), self._stock32)
            return self._stock32[start : start + count]

    def fractions64(self, count: int) -> Float64:
        """Float64 fractions in [0, 1), a fresh array (count,): the low 53 bits of a 64-bit word, times 2⁻⁵³."""
        with _drawing:
            start = self._few(2 * count)
            if start < 0:
                return self.made_of_double_words(count, np.float64, _fractions64)
            return self._fractions_in_stock()[start : start + 2 * count : 2].copy()

    def few_polar32(self, count: int) -> tuple[Float32, Float32]:
        """Up to 4096 float32 fractions as radii and as angles, see `polar_float32`. Not to be written to."""
        with _drawing:
            return self._polar_of(self._few(count), count)

    def _polar_of(self, start: int, count: int) -> tuple[Float32, Float32]:
        place = self._polar.place(self._words, start, count)
        radius, waves = self._polar.made
        return radius[place : place + count], waves[:, place : place + count]

    def few_rows32(self, count: int) -> Float32:
        """Up to 4096 float32 fractions as normals, in whole rows, see `fill_rows_float32`. Not to be written to.

        A zero among them has lost its sign.
        """
        with _drawing:
            start = self._few(count)
            step = (self._from_stock + start) % ROW
            if step == self._step:
                place = self._rows.place(self._words, start, count)
                rows: Float32 = self._rows.made[place : place + count]
            else:  # draws between may put the next one out of step, too, and rows made ahead would be of no use to it
                self._step = step
                rows = np.empty(count, np.float32)
                fill_rows_of_polar_float32(rows, *self._polar_of(start, count))
                rows += _ZERO
            return rows

    def pairs64(self, count: int) -> tuple[Float64, Float32, int]:
        """Float64 fractions as normals, in whole pairs, see `pairs_float64`: they lie in an array from a place on.

        Between the two are the same in float32, without zeros of a sign. Neither is to be written to.
        """
        with _drawing:
            start = self._few(2 * count)
            if start < 0:
                return *_rounded(pairs_float64(self.fractions64(count))), 0
            place = self._pairs.place(self._fractions_in_stock(), start, 2 * count) // 2
            return *self._pairs.made, place

    def few_fractions64(self, count: int) -> list[float]:
        """Up to 2048 float64 fractions, as a list."""
        with _drawing:
            start = self._few(2 * count)
            fractions: list[float] = self._fractions_in_stock()[start : start + 2 * count : 2].tolist()
            return fractions

    def _fractions_in_stock(self) -> Float64:
        """The float64 fraction of each word in stock and the word after it; of the last word there is none."""
        if self._stock64 is None:
            self._stock64 = np.multiply(self._words & LOW_21_BITS, 2.0**-21)
            self._stock64[:-1] += np.multiply(self._words[1:], 2.0**-53)
        return self._stock64

    # ---- the stock ----

    def _few(self, count: int) -> int:
        """Takes words from the stock; returns the place in it of the first, or -1 for more than are taken from it."""
        start = self._next
        end = start + count
        if end > self._size:
            if count > FEW:
                return -1
            self._restock(count)
            start, end = 0, count
        self._next = end
        return start

    def _restock(self, count: int) -> None:
        """Puts in stock what is left of it and fresh words, `count` at least."""
        self._from_stock += self._next
        kept = self._words[self._next :]
        missing = count - kept.size
        fresh = -self._used % STATE_WORDS  # to the end of the key
        wanted = missing if fresh else max(missing, min(self._from_stock, AHEAD))
        while fresh < wanted:
            fresh += STATE_WORDS
        for ahead in (self._polar, self._rows, self._pairs):
            ahead.move(-self._next)
        self._put_in_stock(np.concatenate((kept, self._block(fresh))))

    def _put_in_stock(self, words: Words) -> None:
        self._words = words
        self._size = words.size
        self._next = 0
        self._stock32 = self._stock64 = None

    def _empty_stock(self) -> None:
        self._put_in_stock(_NO_WORDS)
        for ahead in (self._polar, self._rows, self._pairs):
            ahead.forget()

    def _take_stock(self) -> Words:
        """All that is left of the stock."""
        words = self._words[self._next :]
        if words.size:
            self._from_stock += self._next
            self._empty_stock()
        return words

    # ---- NumPy's engine ----

    def _fetch(self, count: int) -> Words:
        self._note(count)
        return self._engine.random_raw(count).astype(np.uint32)

    def _block(self, count: int) -> Words:
        if count < _MANY or count % 2:
            return self._fetch(count)
        pairs = self._double_block(count // 2)
        first = pairs >> _WORD
        pairs <<= _WORD
        pairs |= first
        return pairs.view(np.uint32)

    def _double_block(self, count: int) -> DoubleWords:
        self._note(2 * count)
        if 2 * count < _MANY or not _draws_the_high_half_first():
            return _paired(self._engine.random_raw(2 * count))
        return self._state.randint(0, 2**64, count, np.uint64)

    def _note(self, count: int) -> None:
        self._untouched = False
        self._used = (self._used + count - 1) % STATE_WORDS + 1


_NO_WORDS: Words = np.empty(0, np.uint32)


@cache
def _draws_the_high_half_first() -> bool:
    """Whether a 64-bit draw of NumPy's is put together as torch's: C leaves that to NumPy's compiler."""
    one, other = np.random.RandomState(1), np.random.RandomState(1)
    high, low = one.randint(0, 2**32, 2, np.uint32).tolist()
    return int(other.randint(0, 2**64, dtype=np.uint64)) == high << 32 | low


def _paired(words: Words | DoubleWords) -> DoubleWords:
    pairs: DoubleWords = words[0::2] << _WORD
    pairs |= words[1::2]
    return pairs


def _polar(words: Words) -> tuple[Float32, Float32]:
    return polar_float32(low_24_bits(words.copy()))


def _rows(words: Words) -> Float32:
    return fill_rows_float32(low_24_bits(words.copy()), 0.0)


def _pairs(fractions: Float64) -> tuple[Float64, Float32]:
    """Of fractions that begin at each word, every second."""
    fractions = fractions[::2]
    few = fractions.size <= _FEW_FRACTIONS
    return _rounded(np.array(few_pairs_float64(fractions.tolist())) if few else pairs_float64(fractions))


def _rounded(normals: Float64) -> tuple[Float64, Float32]:
    """These, and what they are in float32, without zeros of a sign."""
    rounded = normals.astype(np.float32)
    rounded += _ZERO
    return normals, rounded


def _copy(words: NDArray[Any], result: NDArray[Any]) -> None:
    result[...] = words


def _fractions32(words: Words, result: Float32) -> None:
    result[...] = low_24_bits(words)
    result *= _UNIT_24


def _fractions64(double_words: DoubleWords, result: Float64) -> None:
    result[...] = low_53_bits(double_words)
    result *= _UNIT_53
