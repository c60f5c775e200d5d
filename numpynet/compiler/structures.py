"""Structures: what a step takes and returns, as containers and the parts in them."""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from numpynet.core.tensor import Tensor

_MAPPINGS = (dict, OrderedDict, defaultdict)
_SLOT: Any = Tensor.__dict__["_array"]  # past the gate that stands before it while a step is traced


def array_of(tensor: Tensor) -> Any:
    """The array or symbol in the tensor; None before it was given one."""
    try:
        return _SLOT.__get__(tensor)
    except AttributeError:
        return None


def set_array_of(tensor: Tensor, array: Any) -> None:
    """Puts an array or a symbol into the tensor."""
    _SLOT.__set__(tensor, array)


def opened(whole: Any) -> tuple[Any, list[Any]] | None:
    """The keys and the parts of a container; None for anything else.

    Containers are tuples, named ones too, lists, dictionaries, and objects that the step makes of a plain class.
    """
    if isinstance(whole, Tensor):
        return None
    if type(whole) in (list, tuple) or (isinstance(whole, tuple) and hasattr(whole, "_fields")):
        return None, list(whole)
    return (list(whole), list(whole.values())) if type(whole) in _MAPPINGS else None


def remade(whole: Any, parts: list[Any]) -> Any:
    """A container of the same kind, with other parts."""
    if isinstance(whole, dict):
        made = copy.copy(whole)
        made.update(zip(whole, parts, strict=True))
        return made
    return type(whole)(parts) if type(whole) in (list, tuple) else type(whole)(*parts)


@dataclass(frozen=True, eq=False)
class Kept:
    """What stands for a container that was there before the step, in what the step leaves."""

    thing: Any


def structure_text(whole: Any, text_of: Callable[[Any], str]) -> str:
    """Containers as Python text, with the text that is given for each part in them and for classes and keys."""
    found = opened(whole)
    if found is None:
        return text_of(whole)
    keys, parts = found
    texts = [structure_text(one, text_of) for one in parts]
    inner = ", ".join(texts)
    if type(whole) is list:
        return f"[{inner}]"
    if type(whole) is tuple:
        return f"({inner}{',' if len(texts) == 1 else ''})"
    if keys is None:
        return f"{text_of(type(whole))}({inner})"
    entries = ", ".join(f"{text_of(key)}: {text}" for key, text in zip(keys, texts, strict=True))
    if type(whole) is dict:
        return f"{{{entries}}}"
    factory = [text_of(whole.default_factory)] if type(whole) is defaultdict else []
    return f"{text_of(type(whole))}({', '.join([*factory, f'{{{entries}}}'])})"


def parts_of(whole: Any) -> Iterator[Any]:
    """What is in containers, at any depth; what is none of these is its own only part."""
    found = opened(whole)
    if found is None:
        yield whole
    else:
        for one in found[1]:
            yield from parts_of(one)


def pairs_of(whole: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    """The parts of a container, each with what is at its place in another."""
    found, others = opened(whole), opened(other)
    if found is None or others is None:
        yield whole, other
    else:
        for one, another in zip(found[1], others[1], strict=True):
            yield from pairs_of(one, another)


def tensors_in(whole: Any) -> Iterator[Tensor]:
    """The tensors among the parts."""
    return (part for part in parts_of(whole) if isinstance(part, Tensor))
