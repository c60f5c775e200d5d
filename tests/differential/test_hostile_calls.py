"""Hostile calls beyond the table of functions: what torch refuses is refused by the same class of exception."""

from __future__ import annotations

import pytest

import numpynet
from tests.differential.hostile_calls import CALLS, differences, names_internals, outcome, told

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

AGREE = 0.985  # of the calls


@pytest.fixture(scope="module")
def hostile():
    return differences((numpynet, torch), 2000, seed=1)


def test_every_call_is_valid_before_it_is_corrupted():
    for call in CALLS:
        text = f"{call.function}({', '.join(call.arguments)})" + (f"({', '.join(call.then)})" if call.then else "")
        assert outcome(torch, text)[0] == "fine", text
        assert outcome(numpynet, text) == ("fine", ""), text


def test_hostile_calls_are_refused_as_torch_refuses_them(hostile):
    made, found = hostile
    assert made > 1000
    assert 1 - len(found) / made >= AGREE, told(found)


def test_no_message_names_internals(hostile):
    assert [one for one in hostile[1] if names_internals(one.message)] == []
