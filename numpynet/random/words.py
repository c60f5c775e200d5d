"""What torch takes of the words of the engine: their low bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
DoubleWords = NDArray[np.uint64]

_LOW_24_BITS = np.array(2**24 - 1, np.uint32)
_LOW_53_BITS = np.array(2**53 - 1, np.uint64)


def low_24_bits(words: Words) -> NDArray[np.int32]:
    """Overwrites words with their low 24 bits, as signed integers (which are the faster to convert)."""
    words &= _LOW_24_BITS
    return words.view(np.int32)


def low_53_bits(double_words: DoubleWords) -> NDArray[np.int64]:
    """Overwrites 64-bit words with their low 53 bits, as signed integers."""
    double_words &= _LOW_53_BITS
    return double_words.view(np.int64)
