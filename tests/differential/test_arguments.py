"""Arguments: what torch accepts is accepted, and what it refuses is refused by the same class of exception.

A table over the public functions and Tensor methods of both libraries (see `calls`): each argument of a valid call is
replaced by each of the `WRONG` ones in turn, and each keyword that torch documents is given besides.
"""

from __future__ import annotations

import re
import signal
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pytest

import numpynet
import numpynet.nn.functional
from tests.differential.public_calls import FUNCTIONS, LEFT_OUT, METHODS, NETWORKS, operands

torch = pytest.importorskip("torch")
torch.set_num_threads(1)
torch.broadcast_shapes((1,), (2,))  # for which torch imports a good deal, and must not be interrupted by a time limit

# What holds today, so that it gets no worse; these bounds are drawn closer as differences are mended.
WRONG_ARGUMENTS_AGREE = 0.985
KEYWORDS_AGREE = 0.98

WRONG = {
    "None": "None",
    "string": "'a'",
    "dictionary": "{'a': 1}",
    "object": "object()",
    "list of strings": "['a', 'b']",
    "float": "1.5",
    "beyond int64": "2**70",
    "large negative": "-10**9",
    "array": "np.array([1.0, 2.0])",
    "NumPy float": "np.float32(1.5)",
    "NumPy int": "np.int64(1)",
    "complex": "1 + 2j",
    "bytes": "b'a'",
    "class": "int",
    "generator": "(one for one in (1, 2))",
    "ragged list": "[[1, 2], [3]]",
    "set": "{1, 2}",
    "NaN": "float('nan')",
    "bool": "True",
    "empty tuple": "()",
    "dtype": "torch.float32",
    "bool tensor": "torch.ones(2, 3, dtype=torch.bool)",
    "int tensor": "torch.ones(2, 3, dtype=torch.int64)",
    "wrong size": "torch.zeros(7, 5)",
    "empty tensor": "torch.zeros(0)",
}

# What torch's documentation calls a keyword of these names takes.
VALUES = {
    "dim": "0",
    "axis": "0",
    "keepdim": "True",
    "dtype": "torch.float64",
    "out": "torch.empty(0)",
    "generator": "None",
    "requires_grad": "True",
    "device": "'cpu'",
    "alpha": "2",
    "beta": "2",
    "value": "2",
    "correction": "0",
    "rounding_mode": "'floor'",
    "decimals": "1",
    "stable": "True",
    "descending": "True",
    "largest": "False",
    "sorted": "True",
    "rtol": "0.5",
    "atol": "0.5",
    "equal_nan": "True",
    "right": "True",
    "side": "'right'",
    "out_int32": "True",
    "sorter": "None",
    "weights": "None",
    "minlength": "3",
    "min": "0",
    "max": "1",
    "bins": "4",
    "p": "1",
    "n": "1",
    "nan": "0.5",
    "posinf": "1.0",
    "neginf": "-1.0",
    "offset": "1",
    "diagonal": "1",
    "dim1": "-2",
    "dim2": "-1",
    "dims": "(0, 1)",
    "k": "1",
    "prepend": "None",
    "append": "None",
    "fweights": "None",
    "aweights": "None",
    "assume_unique": "False",
    "invert": "True",
    "interpolation": "'lower'",
    "replacement": "True",
    "as_tuple": "True",
    "return_inverse": "True",
    "return_counts": "True",
    "output_size": "None",
    "base": "2.0",
    "m": "3",
    "copy": "True",
    "start_dim": "0",
    "end_dim": "-1",
    "chunks": "2",
    "dim0": "0",
    "indexing": "'ij'",
}
# Documented keywords that are not tried, and why.
EXOTIC = {
    "layout": "numpynet has no sparse tensors",
    "sparse_grad": "numpynet has no sparse tensors",
    "pin_memory": "numpynet has no CUDA",
    "non_blocking": "numpynet has no CUDA",
    "memory_format": "numpynet has no channels_last",
}

# Calls that are not made, and why: a regular expression that finds the text.
NOT_MADE = {
    r"arange\(-10\*\*9": "it makes a billion elements",
}

# Deliberate differences: what torch and numpynet do, in which rows, and why.
DELIBERATE = [
    ("RuntimeError", "fine", r"complex", "an operator's method called by its name returns NotImplemented"),
    ("AttributeError", "TypeError", r"", "torch's Python code trips over what is no tensor: here it is a TypeError"),
    (
        "AttributeError that names an internal attribute",
        "TypeError",
        r"array",
        "torch's Python code trips over an array, and here it is a TypeError",
    ),
]
SECONDS = 2  # after which a call is given up: all are over in milliseconds


class Row(NamedTuple):
    """One call that both libraries are given."""

    where: str  # "torch", "Tensor" or "F"
    name: str
    what: str
    source: str


def sources(where: str, name: str, arguments: list[str]) -> str:
    """The text of a call."""
    if where == "Tensor":
        return f"({arguments[0]}).{name}({', '.join(arguments[1:])})"
    return f"{where}.{name}({', '.join(arguments)})"


def tables() -> Iterator[tuple[str, str, list[str]]]:
    for where, table in (("torch", FUNCTIONS), ("Tensor", METHODS), ("F", NETWORKS)):
        for name, arguments in table.items():
            yield where, name, arguments


def owner(library: Any, where: str) -> Any:
    return {"torch": library, "Tensor": library.Tensor, "F": library.nn.functional}[where]


def wrong_arguments() -> Iterator[Row]:
    """Each argument of each call replaced by each wrong one; one argument less, more, and of an unknown name."""
    for where, name, arguments in tables():
        bound = where == "Tensor"
        for place in range(bound, len(arguments)):
            for what, wrong in WRONG.items():
                changed = [*arguments[:place], wrong, *arguments[place + 1 :]]
                yield Row(where, name, f"argument {place}: {what}", sources(where, name, changed))
        if name.startswith("__"):  # operators always have theirs
            continue
        if len(arguments) > bound:
            yield Row(where, name, "one less", sources(where, name, arguments[:-1]))
        yield Row(where, name, "four more", sources(where, name, [*arguments, "None", "None", "None", "object()"]))
        yield Row(where, name, "unknown keyword", sources(where, name, [*arguments, "unknown_keyword=1"]))


def documented(where: str, name: str) -> list[list[str]]:
    """The parameters of each overload that torch's documentation has of a function."""
    text = getattr(owner(torch, where), name).__doc__ or ""
    found = re.findall(rf"(?m)^\s*(?:\.\. function:: )?(?:torch\.)?{re.escape(name)}\((.*)\)\s*(?:->.*)?$", text)
    overloads = []
    for signature in found:
        signature = re.sub(r"\[[^\]]*\]|\([^)]*\)", "", signature.split(") ->")[0])
        names = [re.split(r"[:=]", part)[0].strip().strip("\\") for part in signature.split(",")]
        if all(re.fullmatch(r"\*{0,2}\w*", one) for one in names):
            overloads.append(names)
    return overloads


def keywords() -> Iterator[Row]:
    """Each call with all arguments by name, and with each documented keyword besides."""
    for where, name, arguments in tables():
        for parameters in documented(where, name):
            positional = parameters[: parameters.index("*")] if "*" in parameters else parameters
            if any(one.startswith("*") for one in positional):
                positional = []
            given = arguments[where == "Tensor" :]
            first = arguments[: where == "Tensor"]
            if positional and len(positional) >= len(given):
                named = [f"{one}={argument}" for one, argument in zip(positional, given, strict=False)]
                yield Row(where, name, "by name", sources(where, name, [*first, *named]))
            for one in parameters:
                if one in VALUES and one not in positional[: len(given)]:
                    yield Row(where, name, f"keyword {one}", sources(where, name, [*arguments, f"{one}={VALUES[one]}"]))


class TooSlow(Exception):
    """A call that did not return."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooSlow in a block that takes longer."""

    def give_up(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def outcome(library: Any, source: str) -> str:
    """The class of what a call raises, or "fine"; and whether the message names an internal attribute."""
    names = operands(library)
    try:
        with limited(SECONDS):
            eval(source, names)
    except Exception as error:
        internal = re.search(r"'_\w+'|has no attribute '_|Unusual|_array\b", str(error)) or (
            isinstance(error, AttributeError) and "ndarray" in str(error)
        )
        return type(error).__name__ + (" that names an internal attribute" if internal else "")
    return "fine"


class Difference(NamedTuple):
    """A row, and what each library makes of it."""

    row: Row
    ours: str
    theirs: str

    @property
    def is_deliberate(self) -> bool:
        return any(
            (self.theirs, self.ours) == (theirs, ours) and re.search(what, self.row.what)
            for theirs, ours, what, _ in DELIBERATE
        )

    def __str__(self) -> str:
        return f"{self.row.source}: numpynet {self.ours}, torch {self.theirs}"


def differences(rows: list[Row]) -> list[Difference]:
    """The rows whose outcomes differ in class."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        both = [Difference(row, outcome(numpynet, row.source), outcome(torch, row.source)) for row in rows]
    return [one for one in both if one.ours != one.theirs]


def made(rows: Iterator[Row]) -> list[Row]:
    return [row for row in rows if not any(re.search(pattern, row.source) for pattern in NOT_MADE)]


def told(found: list[Difference]) -> str:
    """The differences, the most frequent kinds first, with examples."""
    kinds: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for one in found:
        kinds[one.ours, one.theirs].append(one)
    text = []
    for (ours, theirs), some in sorted(kinds.items(), key=lambda item: -len(item[1])):
        text.append(f"{len(some)} x numpynet {ours}, torch {theirs}, as in")
        text += [f"    {one.row.source}" for one in some[:: len(some) // 4 + 1]]
    return "\n".join(text)


@pytest.fixture(scope="module")
def wrong() -> tuple[list[Row], list[Difference]]:
    rows = made(wrong_arguments())
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


def test_every_call_of_the_table_is_valid():
    rows = [Row(where, name, "valid", sources(where, name, arguments)) for where, name, arguments in tables()]
    found = [f"{row.source}: {outcome(library, row.source)}" for row in rows for library in (torch, numpynet)]
    assert [one for one in found if not one.endswith(": fine")] == []


def test_wrong_arguments_are_refused_as_torch_refuses_them(wrong):
    rows, found = wrong
    found = [one for one in found if not one.is_deliberate]
    agreement = 1 - len(found) / len(rows)
    assert agreement >= WRONG_ARGUMENTS_AGREE, f"{agreement:.1%} of {len(rows)} calls agree; the others:\n{told(found)}"


def test_no_wrong_argument_shows_an_internal_attribute_or_hangs(wrong):
    _, found = wrong
    assert [str(one) for one in found if one.ours == "TooSlow"] == []
    assert [str(one) for one in found if "internal" in one.ours] == []


def test_every_documented_keyword_is_accepted():
    rows = made(keywords())
    found = differences(rows)
    assert len(rows) > 1000
    refused = [str(one) for one in found if one.theirs == "fine"]
    assert refused == []
    agreement = 1 - len(found) / len(rows)
    assert agreement >= KEYWORDS_AGREE, f"{agreement:.1%} of {len(rows)} calls agree; the others:\n{told(found)}"


@pytest.mark.parametrize("deliberate", DELIBERATE, ids=lambda one: f"{one[0]} {one[1]} {one[3]}")
def test_every_deliberate_difference_exists(deliberate, wrong):
    assert any((one.theirs, one.ours) == deliberate[:2] and re.search(deliberate[2], one.row.what) for one in wrong[1])
