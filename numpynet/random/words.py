"""What is made of the words of the engine: their low bits, which torch takes, and the key that they came from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
DoubleWords = NDArray[np.uint64]

FEW = 4096  # so many words at most are taken from the engine's stock

_LOW_24_BITS = np.array(2**24 - 1, np.uint32)
LOW_21_BITS = np.array(2**21 - 1, np.uint32)
_LOW_53_BITS = np.array(2**53 - 1, np.uint64)


def low_24_bits(words: Words) -> NDArray[np.int32]:
    """Overwrites words with their low 24 bits, as signed integers (which are the faster to convert)."""
    words &= _LOW_24_BITS
    return words.view(np.int32)


def low_53_bits(double_words: DoubleWords) -> NDArray[np.int64]:
    """Overwrites 64-bit words with their low 53 bits, as signed integers."""
    double_words &= _LOW_53_BITS
    return double_words.view(np.int64)


def below(words: Words, threshold: int) -> NDArray[np.bool_]:
    """Which 64-bit words have low 53 bits less than a threshold of at most 2⁵³. Each is two words, its high half first.

    The high halves mostly tell.

    >>> below(np.array([0, 7, 0, 8], np.uint32), 8)
    array([ True, False])
    """
    high, low = words[0::2] & LOW_21_BITS, words[1::2]
    high_threshold, low_threshold = (np.array(half, np.uint32) for half in divmod(threshold, 2**32))
    are_below = high < high_threshold
    if low_threshold:
        alike = high == high_threshold
        if alike.any():
            are_below |= alike & (low < low_threshold)
    return are_below


def untempered(words: Words) -> Words:
    """The words of a key, of which the engine made these words by mixing the bits of each."""
    key = words ^ words >> np.uint32(18)
    key ^= key << np.uint32(15) & np.uint32(0xEFC60000)
    mixed = key
    for _ in range(4):  # each time 7 more of the lower bits are right
        key = mixed ^ (key << np.uint32(7) & np.uint32(0x9D2C5680))
    return key ^ key >> np.uint32(11) ^ key >> np.uint32(22)
