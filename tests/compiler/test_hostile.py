"""Random programs whose surroundings change between calls: each call is the eager one bit for bit, or is refused."""

from __future__ import annotations

import pytest
from hostile import check

PROGRAMS, BLOCKS = 64, 8  # `python tests/compiler/hostile.py 3000` checks more


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("block", range(BLOCKS))
def test_each_call_is_the_eager_one_or_is_refused(block: int) -> None:
    refused = sum(bool(check(seed)) for seed in range(block, PROGRAMS, BLOCKS))
    assert refused < 0.15 * PROGRAMS / BLOCKS + 3
