"""Calls with wrong arguments and with documented keywords, made under both libraries, and how they differ.

Each argument of a valid call is replaced by each of the `WRONG` ones in turn, and each keyword that torch documents is
given besides. ``python -m tests.differential.wrong_arguments [ROOM ...]`` makes all of them and tells the shares.
"""

from __future__ import annotations

import re
import signal
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import torch

import numpynet
import numpynet.nn.functional
from tests.differential.public_calls import FUNCTIONS, METHODS, NETWORKS, Operands
from tests.differential.room_calls import ROOMS

# Of torch's modules many are imported by the first call that needs them, which no time limit must interrupt.
for _room in ROOMS:
    import_module(f"torch.{_room}".rstrip("."))
torch.broadcast_shapes((1,), (2,))
torch.optim.SGD([torch.ones(1, requires_grad=True)]).step()

KEYWORD = re.compile(r"[a-z_]+=(?!=)")

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
    "persistent": "numpynet has no buffers that are registered by being assigned",
}

# Calls that are not made, and why: a regular expression that finds the text.
NOT_MADE = {
    r"(num_layers=|Transformer\(2, 1, |Transformer\(2, 1, 1, |coder.*\(2, 1, 2\), )2\*\*70": "it makes layers forever",
    r"num_workers=(np.int64|True|2\*\*70|1.5|np.float32)": "it starts processes",
    r"range\(-10\*\*9": "it makes a billion elements",
}

# Deliberate differences: what torch and numpynet do, in which rows, and why.
DELIBERATE = [
    ("TypeError", "RuntimeError", r"argument out: array", "an array of the result's shape takes it over as well"),
    ("TypeError", "ValueError", r"argument reduction|RNNBase", "torch trips over its own message for what is no text"),
    ("fine", "TypeError", r"(ParameterList|ModuleList) ", "a ParameterList holds tensors, and a ModuleList modules"),
    ("fine", "ValueError", r"^(SGD|get_ema_(multi_)?avg_fn) .*NaN", "no rate takes NaN, where torch's SGD does"),
    ("fine", "NotImplementedError", r"argument (scale_grad_by_freq|sparse)", "embeddings' gradients are dense"),
    ("RuntimeError", "NotImplementedError", r"argument differentiable", "updates are not recorded on the tape"),
    (
        "fine",
        "OverflowError",
        r"^(ModuleList|trunc_normal_|pad_sequence|ASGD|Ada\w+|NAdam|RAdam|SGD) .*beyond int64",
        "an integer beyond int64 is no option, also where torch adds none to it",
    ),
    ("fine", "TypeError", r"^Distribution argument", "the shapes of a batch and an event are sizes from the start"),
    ("fine", "TypeError", r"^(no_grad|enable_grad|inference_mode) .*class", "a class is not decorated"),
]
SECONDS = 5  # after which a call is given up: all are over in milliseconds


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


def owner(where: str) -> Any:
    """What of torch has the public names of one table."""
    if where == "Tensor":
        return torch.Tensor
    return import_module(function_of({"torch": "", "F": "nn.functional"}.get(where, where), ""))


def wrong_arguments(*only: str) -> Iterator[Row]:
    """Each argument of each call replaced by each wrong one; one argument less, more, and of an unknown name.

    only: "torch", "Tensor" or "F", of whose calls these are; of all if none is named.
    """
    for where, name, arguments in tables():
        if only and where not in only:
            continue
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
    text = getattr(owner(where), name).__doc__ or ""
    found = re.findall(rf"(?m)^\s*(?:\.\. function:: )?(?:[\w.]+\.)?{re.escape(name)}\((.*)\)\s*(?:->.*)?$", text)
    overloads = []
    for text in found:
        form = re.sub(r"\[[^\]]*\]|\([^)]*\)", "", text.split(") ->")[0])
        names = [re.split(r"[:=]", part)[0].strip().strip("\\") for part in form.split(",")]
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


# --- rooms ----------------------------------------------------------------------------------------------------------


def optional(room: str, name: str, given: list[str]) -> dict[str, str]:
    """The keywords that torch documents besides those that are given, each with a value that it may have."""
    by_name = {one.partition("=")[0] for one in given if KEYWORD.match(one)}
    count = len(given) - len(by_name)
    try:
        parameters = list(signature(getattr(owner(room), name)).parameters.values())
    except ValueError:
        overloads = documented(room, name)
        names = [one for one in overloads[0] if one != "*"] if overloads else []
        return {one: VALUES[one] for one in names[count:] if one in VALUES and one not in by_name}
    return {
        one.name: repr(one.default)
        for one in parameters[count:]
        if one.default is not one.empty and one.name not in (*by_name, *EXOTIC) and not one.name.startswith("_")
    }


def function_of(room: str, name: str) -> str:
    """Where torch has a function of a room, or the room."""
    return ".".join(filter(None, ("torch", room, name)))


def room_rows(room: str) -> Iterator[Row]:
    """Each argument of each call of a room, and of what is done with its result, replaced by each wrong one."""
    for name, call in ROOMS[room].items():
        function = function_of(room, name)
        then = [f"{attribute}({', '.join(given)})" for attribute, given in call.then]
        first = then[0] if then else ""

        def row(what: str, arguments: list[str], function: str = function, then: str = first, name: str = name) -> Row:
            return Row(room, name, what, f"{function}({', '.join(arguments)}){then}")

        for what, arguments in _changed(call.arguments):
            yield row(what, arguments)
        for keyword in optional(room, name, call.arguments):
            for what, wrong in WRONG.items():
                yield row(f"argument {keyword}: {what}", [*call.arguments, f"{keyword}={wrong}"])
        for attribute, given in call.then:
            for what, arguments in _changed(given):
                yield row(f"{attribute} {what}", arguments, f"{function}({', '.join(call.arguments)}){attribute}", "")


def _changed(arguments: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Arguments with a wrong one, without one, and with more; and what was done to them."""
    for place, argument in enumerate(arguments):
        keyword = KEYWORD.match(argument)
        for what, wrong in WRONG.items():
            changed = (keyword.group() if keyword else "") + wrong
            yield f"argument {place}: {what}", [*arguments[:place], changed, *arguments[place + 1 :]]
    if arguments:
        yield "one less", arguments[:-1]
    yield "unknown keyword", [*arguments, "unknown_keyword=1"]
    if not any(map(KEYWORD.match, arguments)):
        yield "twenty more", [*arguments, *["None"] * 19, "object()"]


def room_keywords(room: str) -> Iterator[Row]:
    """Each call of a room with each documented keyword besides, and with its arguments by name."""
    for name, call in ROOMS[room].items():
        then = "".join(f"{attribute}({', '.join(given)})" for attribute, given in call.then[:1])
        given = ", ".join(call.arguments)
        for keyword, value in optional(room, name, call.arguments).items():
            if not value.startswith("<"):
                together = ", ".join(filter(None, (given, f"{keyword}={value}")))
                yield Row(room, name, f"keyword {keyword}", f"{function_of(room, name)}({together}){then}")


def room_calls(room: str) -> Iterator[Row]:
    """The valid calls themselves."""
    for name, call in ROOMS[room].items():
        text = f"{function_of(room, name)}({', '.join(call.arguments)})"
        for attribute, given in call.then or [("", [])]:
            yield Row(room, name, "valid", text + (f"{attribute}({', '.join(given)})" if call.then else ""))


# --- the calls ------------------------------------------------------------------------------------------------------


class TooSlow(Exception):
    """A call that did not return."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooSlow in a block that takes longer."""

    def give_up(*_: Any) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)  # again, where a destructor swallowed the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


INTERNAL = re.compile(r"(?<!\w)_(?!_)\w+|Unusual|_array\b|<locals>|'numpy\.ndarray' object has no attribute")


def outcome(library: Any, source: str) -> tuple[str, str]:
    """The class of what a call raises and its message, or "fine"."""
    try:
        with limited(SECONDS):
            eval(source, Operands(library))
    except Exception as error:
        return type(error).__name__, str(error)
    return "fine", ""


class Difference(NamedTuple):
    """A row, what each library makes of it, and their messages."""

    row: Row
    ours: str
    theirs: str
    message: str
    their_message: str

    @property
    def is_deliberate(self) -> bool:
        return not self.names_internals and any(map(self.is_one_of, DELIBERATE))

    def is_one_of(self, deliberate: tuple[str, str, str, str]) -> bool:
        theirs, ours, what, _ = deliberate
        own_theirs = self.theirs.removeprefix("UFunc")  # of NumPy, which is a TypeError
        return (own_theirs, self.ours) == (theirs, ours) and bool(re.search(what, f"{self.row.name} {self.row.what}"))

    @property
    def names_internals(self) -> bool:
        return any(one not in self.their_message for one in INTERNAL.findall(self.message))

    def __str__(self) -> str:
        return f"{self.row.source}: numpynet {self.ours}, torch {self.theirs}; {self.message}"


def differences(rows: list[Row]) -> list[Difference]:
    """The rows whose outcomes differ in class, or in which numpynet names what no user knows."""
    torch.distributions.Distribution.set_default_validate_args(True)  # which torch.compile turns off
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        both = []
        for row in rows:
            (ours, message), (theirs, their_message) = outcome(numpynet, row.source), outcome(torch, row.source)
            both.append(Difference(row, ours, theirs, message, their_message))
    return [one for one in both if one.ours != one.theirs or one.names_internals]


def made(rows: Iterator[Row], part: int = 1) -> list[Row]:
    """The rows of which calls are made; of these every so many, chosen by their text."""
    return [
        row
        for row in rows
        if crc32(row.source.encode()) % part == 0 and not any(re.search(one, row.source) for one in NOT_MADE)
    ]


def told(found: list[Difference], examples: int = 4) -> str:
    """The differences, the most frequent kinds first, with examples."""
    kinds: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for one in found:
        kinds[one.ours, one.theirs].append(one)
    text = []
    for (ours, theirs), some in sorted(kinds.items(), key=lambda item: -len(item[1])):
        text.append(f"{len(some)} x numpynet {ours}, torch {theirs}, as in")
        text += [f"    {one.row.source}    {one.message[:80]!r}" for one in some[:: len(some) // examples + 1]]
    return "\n".join(text)


def main(rooms: list[str]) -> int:
    torch.set_num_threads(1)
    everything = {room: partial(wrong_arguments, room) for room in ("torch", "Tensor", "F")}
    everything |= {room: partial(room_rows, room) for room in ROOMS}
    for room, rows in everything.items():
        if rooms and room not in rooms:
            continue
        calls = made(rows())
        found = differences(calls)
        others = [one for one in found if not one.is_deliberate]
        print(f"== {room}: {len(calls)} calls, {1 - len(found) / len(calls):.2%} answered alike, ", end="")
        print(f"{1 - len(others) / len(calls):.2%} with the deliberate differences; the others:")
        print(told(others, 8))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
