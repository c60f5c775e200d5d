"""What is told of words without putting two of them together."""

import numpy as np
import pytest

from numpynet.random.words import below

THRESHOLDS = [0, 1, 2**31, 2**32, 5 << 32, (5 << 32) + 7, (5 << 32) + 2**31, 2**52, 2**53 - 1, 2**53]


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_halves_tell_which_words_are_below_a_threshold(threshold):
    words = np.random.default_rng(0).integers(0, 2**32, 4000, np.uint32)
    words[::8] = 5  # high halves that are those of thresholds, beside low ones on either side
    words[2::8] = 2**32 - 1  # and one whose upper bits count for nothing
    words[1::16] = 7
    low_53_bits = [(high << 32 | low) % 2**53 for high, low in words.reshape(-1, 2).tolist()]
    assert below(words, threshold).tolist() == [one < threshold for one in low_53_bits]


def test_words_are_left_alone():
    words = np.arange(8, dtype=np.uint32)
    words.flags.writeable = False
    assert below(words, 2**32 + 4).tolist() == [True, False, False, False]
