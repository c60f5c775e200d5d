"""Arguments: what torch accepts is accepted, and what it refuses is refused by the same class of exception.

A table over the public functions and Tensor methods of both libraries (see `calls`): each argument of a valid call is
replaced by each of the `WRONG` ones in turn, and each keyword that torch documents is given besides.
"""

from __future__ import annotations

import importlib
import itertools
import re

import pytest

torch = pytest.importorskip("torch")

import numpynet  # noqa: E402
from tests.differential.public_calls import FUNCTIONS, LEFT_OUT, METHODS, NETWORKS  # noqa: E402
from tests.differential.room_calls import LEFT_OUT as LEFT_OUT_OF_ROOMS  # noqa: E402
from tests.differential.room_calls import ROOMS  # noqa: E402
from tests.differential.wrong_arguments import (  # noqa: E402
    DELIBERATE,
    Difference,
    Row,
    differences,
    keywords,
    made,
    outcome,
    room_calls,
    room_keywords,
    room_rows,
    sources,
    tables,
    told,
    wrong_arguments,
)

torch.set_num_threads(1)

# What holds today, so that it gets no worse; these bounds are drawn closer as differences are mended.
WRONG_ARGUMENTS_AGREE = 0.99
KEYWORDS_AGREE = 0.98
ROOMS_AGREE = 0.99
DELIBERATE_AT_MOST = 0.01  # of all calls
# Of so many calls one is made here. ``python -m tests.differential.wrong_arguments`` makes all of them.
PART = 2
PART_OF_ROOMS = 8


@pytest.fixture(scope="module")
def wrong() -> tuple[list[Row], list[Difference]]:
    rows = made(wrong_arguments(), PART)
    return rows, differences(rows)


@pytest.fixture(scope="module")
def wrong_in_rooms() -> tuple[list[Row], list[Difference]]:
    rows = [row for room in ROOMS for row in made(room_rows(room), PART_OF_ROOMS)]
    return rows, differences(rows)


def test_every_public_function_and_method_has_a_call_or_a_reason():
    left_out = set(" ".join(LEFT_OUT.values()).split())

    def public(one, other):
        return {name for name in dir(one) if not name.startswith("_") and name in dir(other)}

    functions = {name for name in public(torch, numpynet) if callable(getattr(torch, name))}
    assert functions - left_out == set(FUNCTIONS) - left_out
    methods = public(torch.Tensor, numpynet.Tensor)
    assert methods - left_out == {name for name in METHODS if not name.startswith("__")}
    networks = public(torch.nn.functional, numpynet.nn.functional)
    networks = {name for name in networks if getattr(torch.nn.functional, name).__class__.__name__ != "module"}
    assert {name for name in networks if callable(getattr(torch.nn.functional, name))} - {"Tensor"} == set(NETWORKS)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_has_a_call_or_a_reason(room):
    ours, theirs = (importlib.import_module(".".join(filter(None, (one, room)))) for one in ("numpynet", "torch"))
    left_out = {name.removeprefix(f"{room}.") for name in " ".join(LEFT_OUT_OF_ROOMS.values()).split()}
    assert all(callable(getattr(ours, name)) for name in ROOMS[room])
    own = [name for name in dir(ours) if getattr(getattr(ours, name), "__module__", "").startswith(ours.__name__)]
    public = {name for name in getattr(ours, "__all__", own) if not name.startswith("_") and hasattr(theirs, name)}
    assert not room or {name for name in public if callable(getattr(ours, name))} - left_out <= set(ROOMS[room])


def test_every_call_of_the_table_is_valid():
    rows = [Row(where, name, "valid", sources(where, name, arguments)) for where, name, arguments in tables()]
    rows += [row for room in ROOMS for row in room_calls(room)]
    found = [f"{row.source}: {outcome(library, row.source)}" for row in rows for library in (torch, numpynet)]
    assert [one for one in found if not one.endswith(": ('fine', '')")] == []


def test_wrong_arguments_are_refused_as_torch_refuses_them(wrong):
    rows, found = wrong
    found = [one for one in found if not one.is_deliberate]
    agreement = 1 - len(found) / len(rows)
    assert agreement >= WRONG_ARGUMENTS_AGREE, f"{agreement:.1%} of {len(rows)} calls agree; the others:\n{told(found)}"


def test_wrong_arguments_in_rooms_are_refused_as_torch_refuses_them(wrong_in_rooms):
    rows, found = wrong_in_rooms
    found = [one for one in found if not one.is_deliberate]
    agreement = 1 - len(found) / len(rows)
    assert agreement >= ROOMS_AGREE, f"{agreement:.1%} of {len(rows)} calls agree; the others:\n{told(found)}"


def test_deliberate_differences_are_few(wrong, wrong_in_rooms):
    rows, found = (one + other for one, other in zip(wrong, wrong_in_rooms, strict=True))
    deliberate = [one for one in found if one.is_deliberate]
    assert len(deliberate) <= DELIBERATE_AT_MOST * len(rows), told(deliberate)


def test_no_wrong_argument_shows_an_internal_attribute_or_hangs(wrong, wrong_in_rooms):
    found = wrong[1] + wrong_in_rooms[1]
    assert [str(one) for one in found if one.ours == "TooSlow"] == []
    assert [str(one) for one in found if one.names_internals] == []


def test_every_documented_keyword_is_accepted():
    rows = made(keywords()) + [row for room in ROOMS for row in made(room_keywords(room))]
    found = differences(rows)
    assert len(rows) > 1000
    refused = [str(one) for one in found if one.theirs == "fine"]
    assert refused == []
    agreement = 1 - len(found) / len(rows)
    assert agreement >= KEYWORDS_AGREE, f"{agreement:.1%} of {len(rows)} calls agree; the others:\n{told(found)}"


@pytest.mark.parametrize("deliberate", DELIBERATE, ids=lambda one: f"{one[0]} {one[1]} {one[3]}")
def test_every_deliberate_difference_exists(deliberate):
    rows = itertools.chain(*map(room_rows, ROOMS), wrong_arguments())
    fitting = (row for row in rows if re.search(deliberate[2], f"{row.name} {row.what}"))
    assert any(one.is_one_of(deliberate) for row in fitting for one in differences([row]))
