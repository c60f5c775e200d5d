"""The shuffle without a loop against the shuffle with one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numpynet.random.permutation import _all_at_once, _one_by_one, apply_swaps


@st.composite
def partners(draw):
    n = draw(st.integers(0, 60))
    return np.array([draw(st.integers(i, n - 1)) for i in range(n)], np.int64)


@settings(max_examples=100)
@given(partners())
def test_both_ways_agree(partner):
    np.testing.assert_array_equal(_all_at_once(partner), _one_by_one(partner))


@pytest.mark.parametrize("n", [1, 2, 299, 300, 301, 5000])
def test_long_chains_and_large_sizes(n):
    random = np.random.default_rng(n)
    last = np.full(n, n - 1)
    following = np.minimum(np.arange(n) + 1, n - 1)
    drawn = np.arange(n) + random.integers(0, np.arange(n, 0, -1))
    for partner in (last, following, drawn, np.arange(n)):
        expected = _one_by_one(partner)
        np.testing.assert_array_equal(_all_at_once(partner), expected)
        np.testing.assert_array_equal(apply_swaps(partner), expected)
        np.testing.assert_array_equal(np.sort(expected), np.arange(n))
