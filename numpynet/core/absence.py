"""Absence: what a module answers when it is asked for a name that it does not have as yet, or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

OURS = "numpynet."


def asked(place: str, *rooms: str, later: dict[str, str] | None = None) -> Callable[[str], object]:
    """The ``__getattr__`` of the module `place`: imports its rooms when they are asked for, and has no other names.

    later: names that come from other modules when they are asked for, as {module: names}.

    >>> asked("numpynet.optim")("SparseAdam")
    Traceback (most recent call last):
    AttributeError: module 'numpynet.optim' has no attribute 'SparseAdam': torch.optim has it, numpynet does not
    """

    sources = {name: module for module, names in (later or {}).items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name.startswith("__"):  # as Python asks for some of every module
            raise AttributeError(f"module {place!r} has no attribute {name!r}")
        if name in rooms:
            return imported(f"{place}.{name}")
        if name in sources:
            member = getattr(imported(sources[name]), name)
            setattr(sys.modules[place], name, member)
            return member
        if (member := from_elsewhere(place, name)) is not None:
            setattr(sys.modules[place], name, member)
            return member
        if is_home(f"{place}.{name}"):  # as torch imports all of its modules at once
            return import_module(f"{place}.{name}")
        raise absence(place, name)

    return __getattr__


def from_elsewhere(home: str, name: str) -> Any:
    """What torch has in that module, from the package around it, which exports it; None where numpynet lacks it.

    >>> from_elsewhere("numpynet.distributions.normal", "Normal")
    <class 'numpynet.distributions.continuous.Normal'>
    """
    from numpynet.core.torch_names import HOMES  # which few need

    if name not in HOMES.get(home.removeprefix(OURS), "").split():
        return None
    return getattr(import_module(home.rpartition(".")[0]), name, None)


def is_home(name: str) -> bool:
    """Whether torch has such a module, and numpynet any of its names.

    >>> is_home("numpynet.distributions.normal"), is_home("numpynet.distributions.usual")
    (True, False)
    """
    if not name.startswith(OURS):
        return False
    from numpynet.core.torch_names import HOMES  # which few need

    names = HOMES.get(name.removeprefix(OURS), "").split()
    return any(from_elsewhere(name, one) is not None for one in names)


def imported(room: str) -> Any:
    """A room that few need, now that it is needed."""
    return import_module(room)


def absence(place: str, name: str) -> AttributeError:
    """The error for a name that the module `place` does not have: whether torch has it there, and what is nearest."""
    from numpynet.core.torch_names import MODULES, NAMES  # which few need

    message = f"module {place!r} has no attribute {name!r}"
    room = place.removeprefix("numpynet").removeprefix(".")
    if name not in NAMES.get(room, "").split() and name not in MODULES.get(room, "").split():
        return AttributeError(message)
    message += f": torch{place.removeprefix('numpynet')} has it, numpynet does not"
    near = nearest(place, name, [f"numpynet.{other}".rstrip(".") for other in NAMES])
    return AttributeError(message + (f"; the nearest that it has is {near}" if near else ""))


def nearest(place: str, name: str, others: list[str]) -> str | None:
    """The same name elsewhere, or one like it in the same place."""
    from difflib import get_close_matches  # which few need

    for other in others:
        if other in sys.modules and name in dir(sys.modules[other]):
            return f"{other}.{name}"
    close = get_close_matches(name, [one for one in dir(sys.modules[place]) if one[0] != "_"], 1, 0.7)
    return f"{place}.{close[0]}" if close else None
