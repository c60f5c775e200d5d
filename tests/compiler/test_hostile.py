"""Random programs whose surroundings change between calls: each call is the eager one bit for bit, or is refused."""

from __future__ import annotations

import hostile_ensembles
import pytest
from hostile import check, compare, program_of

PROGRAMS, BLOCKS = 64, 8  # `python tests/compiler/hostile.py 3000` checks more


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("block", range(BLOCKS))
def test_each_call_is_the_eager_one_or_is_refused(block: int) -> None:
    refused = sum(bool(check(seed)) for seed in range(block, PROGRAMS, BLOCKS))
    assert refused < 0.15 * PROGRAMS / BLOCKS + 3


@pytest.mark.parametrize(
    "name",
    [
        "__add__", "__contains__", "__eq__", "__getitem__", "__lt__", "__neg__ and __abs__", "attribute of a tensor",
        "divided by a counter", "hook of a result", "iterator of a class", "list of modules", "powers of a counter",
        "property with a setter", "generator of random numbers", "NumPy's float32",
    ],
)  # fmt: skip
def test_each_change_is_noticed(name: str) -> None:
    assert not compare(name, *program_of(name))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("block", range(4))
def test_members_of_ensembles_are_what_they_are_alone(block: int) -> None:
    for seed in [*range(32), 128, 7037][block::4]:
        hostile_ensembles.check(seed)
