"""What is made ahead of the words of a stock: always of the right words, and not of many more than are wanted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numpynet.random.ahead import Ahead


def followed(draws, step, least):
    """What is made for draws of (words passed over, steps) from stocks of 1000 words: how often, and of how many."""
    made = []

    def make(words):
        made.append(words.size)
        return words + 1

    ahead = Ahead(step, least, make)
    words, start = np.arange(1000), 0
    for passed, steps in draws:
        start += passed
        count = steps * step
        if start + count > words.size:  # what is left is in front of the next stock
            ahead.move(-start)
            words, start = np.arange(words[0] + start, words[0] + start + 1000), 0
        place = ahead.place(words, start, count)
        np.testing.assert_array_equal(ahead.made[place : place + count], words[start : start + count] + 1)
        start += count
    return made


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=60),
    st.sampled_from([1, 4, 16]),
    st.integers(0, 200),
)
def test_it_is_always_made_of_the_words_asked_for(draws, step, least):
    followed(draws, step, least)


@pytest.mark.parametrize("step", [1, 4, 16])
def test_a_run_of_draws_makes_more_and_more_at_a_time(step):
    made = followed([(0, 1)] * (10_000 // step), step, 0)
    assert len(made) < 20
    assert sum(made) < 12_000


@pytest.mark.parametrize("passed", [1, 4, 400])
def test_draws_far_between_or_out_of_step_make_little_that_is_not_wanted(passed):
    made = followed([(passed, 2)] * 100, 4, 0)
    assert sum(made) <= 2 * 100 * 8


def test_after_another_stock_all_is_made_anew():
    ahead = Ahead(4, 0, lambda words: words + 1)
    ahead.place(np.arange(40), 0, 40)
    ahead.forget()
    place = ahead.place(np.arange(100, 140), 8, 4)
    assert ahead.made[place : place + 4].tolist() == [109, 110, 111, 112]
