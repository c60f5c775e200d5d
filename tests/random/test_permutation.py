"""The shuffle without a loop against the shuffle with one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numpynet.random import permutation
from numpynet.random.permutation import _all_at_once, _in_blocks, apply_swaps, one_by_one


def reference(partner):
    a = np.arange(len(partner))
    for i, j in enumerate(partner):
        a[[i, j]] = a[[j, i]]
    return a


@st.composite
def partners(draw):
    n = draw(st.integers(0, 60))
    return np.array([draw(st.integers(i, n - 1)) for i in range(n)], np.int64)


@settings(max_examples=100)
@given(partners())
def test_all_ways_agree(partner):
    expected = reference(partner)
    np.testing.assert_array_equal(one_by_one(len(partner), partner.tolist()), expected)
    np.testing.assert_array_equal(_all_at_once(partner), expected)


@settings(max_examples=100)
@given(partners(), st.integers(1, 20), st.integers(1, 60))
def test_blocks_of_any_size_agree(partner, block, short):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(permutation, "_BLOCK", block)
        patch.setattr(permutation, "_SHORT", max(block, short))
        np.testing.assert_array_equal(_in_blocks(partner), reference(partner))


def test_partners_that_are_missing_are_their_own():
    np.testing.assert_array_equal(one_by_one(4, [2]), [2, 1, 0, 3])


@pytest.mark.parametrize("n", [1, 2, 399, 400, 401, 5000, 2**16, 2**16 + 1, 80_000])
def test_long_chains_and_large_sizes(n):
    random = np.random.default_rng(n)
    last = np.full(n, n - 1)
    following = np.minimum(np.arange(n) + 1, n - 1)
    drawn = np.arange(n) + random.integers(0, np.arange(n, 0, -1))
    for partner in (last, following, drawn, np.arange(n)):
        expected = one_by_one(n, partner.tolist())
        np.testing.assert_array_equal(apply_swaps(partner), expected)
        np.testing.assert_array_equal(np.sort(expected), np.arange(n))
