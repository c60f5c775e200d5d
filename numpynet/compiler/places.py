"""Places: where Python keeps a value that a step reads or writes, and what is taken for granted of it."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from operator import is_
from typing import Any

import numpy as np

FEW = 16  # parts of a container, up to which each is looked at by itself
ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "nothing"})()
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic, slice, range, type(Ellipsis))
Bind = Callable[[Any], str]  # gives the name of an object in the text that is made


@dataclass(frozen=True, eq=False)
class Place:
    """Where a value is kept.

    kind: "global" of a namespace, "cell", "attribute", "entry" of an object's `__dict__`, "item" of a container, or
    "element" of a sequence that is an item, where `key` has both.
    """

    kind: str
    holder: Any
    key: Any

    def identity(self) -> tuple[str, int, Any]:
        """What tells it from other places, while its holder lives."""
        key = self.key if isinstance(self.key, (*PLAIN, tuple)) else id(self.key)
        if self.kind in ("attribute", "entry"):
            own = getattr(self.holder, "__dict__", None)
            if type(own) is dict and not is_data_descriptor(inspect.getattr_static(type(self.holder), self.key, None)):
                return "item", id(own), key
        return ("item" if self.kind == "global" else self.kind), id(self.holder), key

    def own(self) -> Any:
        """What is there now, or `ABSENT` where it is only found in a class of the holder's."""
        own = getattr(self.holder, "__dict__", None) if self.kind == "attribute" else None
        if own is None or self.key in own:
            return self.get()
        kind = type(self.holder)
        return self.get() if is_data_descriptor(inspect.getattr_static(kind, self.key, None)) else ABSENT

    @property
    def template(self) -> str:
        """How Python reads it: an expression over the holder, {0}, and the key, {1}."""
        if self.kind == "cell":
            return "{0}.cell_contents"
        if self.kind == "attribute" and self.key.isidentifier():
            return f"{{0}}.{self.key}"
        key = repr(self.key).replace("{", "{{").replace("}", "}}") if type(self.key) in (str, int) else "{1}"
        if self.kind == "attribute":
            return f"getattr({{0}}, {key})"
        if self.kind == "entry":
            return f"{{0}}.__dict__[{key}]"
        if self.kind == "element":
            return f"{{0}}[{self.key[0]!r}][{self.key[1]}]"
        return f"{{0}}[{key}]"

    def expression(self, bind: Bind) -> str:
        """How Python reads it, over the names of objects."""
        template = self.template
        return template.format(bind(self.holder), bind(self.key) if "{1}" in template else "")

    def assignment(self, bind: Bind, value: str) -> str:
        """How Python writes it."""
        if self.kind == "entry":
            return f"{bind(self.holder)}.{self.key} = {value}"
        return f"{self.expression(bind)} = {value}"

    def get(self) -> Any:
        """What is there now, or `ABSENT`."""
        if isinstance(self.holder, dict) and self.kind in ("item", "global"):
            return dict.get(self.holder, self.key, ABSENT)  # which makes nothing by a default factory
        try:
            return eval(self.template.format("h", "k"), {"h": self.holder, "k": self.key})
        except (AttributeError, LookupError, ValueError):
            return ABSENT

    def set(self, value: Any) -> None:
        """Puts a value there; `ABSENT` takes it away."""
        space = {"h": self.holder, "k": self.key, "v": value}
        text = self.template.format("h", "k")
        if value is ABSENT:
            exec(f"del {text}", space)
        else:
            exec(f"h.{self.key} = v" if self.kind == "entry" else f"{text} = v", space)


@dataclass(eq=False)
class Guard:
    """What a program takes for granted.

    name: what it is of, in the user's words. where: the line that read it.
    template: an expression over `objects`, numbered in braces. value: what it gives; where `of_content` is True, the
        expression gives a container, and this is what was in it.
    rare: whether it can only change where `epoch` counts it, and is looked at no sooner.
    """

    name: str
    where: str
    template: str
    objects: tuple[Any, ...]
    value: Any
    of_content: bool = False
    rare: bool = False

    def expression(self, bind: Bind) -> str:
        """The expression over the names that objects are given."""
        return self.template.format(*map(bind, self.objects))

    def conditions(self, bind: Bind, value: str) -> list[str]:
        """What is true where a closer look is needed; the parts of a short container are looked at one by one."""
        text = self.expression(bind)
        if not self.of_content:
            return [f"({text}) is not {value}"]
        if type(self.value) is not tuple or len(self.value) > FEW:
            return [f"not unchanged({text}, {value})"]
        parts = (f"{text}[{place}] is not {value}[{place}]" for place in range(len(self.value)))
        return [f"len({text}) != {len(self.value)}", *parts]

    def holds(self, now: Any) -> bool:
        """Whether the program is right where the expression gives this."""
        return agrees(now, self.value) if self.of_content else same(now, self.value)

    def __str__(self) -> str:
        return f"{self.name} = {shortened(self.value)}"


def is_data_descriptor(found: Any) -> bool:
    """Whether what a class has stands before what is in the `__dict__` of its objects."""
    return hasattr(type(found), "__set__")


def shortened(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, PLAIN):
        text = repr(value)
    elif isinstance(value, (list, tuple, dict, set, frozenset)):
        text = f"{type(value).__name__} of {len(value)}"
    else:
        text = getattr(value, "__qualname__", None) or f"<{type(value).__name__}>"
    return text if len(text) <= 40 else f"{text[:37]}..."


def kept(container: Any) -> Any:
    """What is in a container now."""
    if isinstance(container, np.ndarray):
        return container.copy()
    if isinstance(container, dict):
        return dict(container)
    return frozenset(container) if isinstance(container, (set, frozenset)) else tuple(container)


def restore(container: Any, before: Any) -> None:
    """Puts back what was in a container."""
    if isinstance(container, np.ndarray):
        container[...] = before
    else:
        container.clear()
        (container.update if isinstance(container, (dict, set)) else container.extend)(before)


def unchanged(container: Any, before: Any) -> bool:
    """Whether the very same objects are in a container; quick, and False where equal ones are."""
    if type(before) is tuple:
        return len(container) == len(before) and all(map(is_, container, before))
    if type(before) is dict:
        return (
            len(container) == len(before)
            and all(map(is_, container, before))
            and all(map(is_, container.values(), before.values()))
        )
    return agrees(container, before)


def agrees(container: Any, before: Any) -> bool:
    """Whether there is the same in a container."""
    if isinstance(before, np.ndarray):
        return (
            isinstance(container, np.ndarray)
            and (container.shape, container.dtype) == (before.shape, before.dtype)
            and container.tobytes() == before.tobytes()
        )
    if not isinstance(container, (list, tuple, dict, set, frozenset, deque)) or len(container) != len(before):
        return False
    if isinstance(before, frozenset):
        return all(any(same(one, other) for other in before) for one in container)
    if isinstance(before, dict) or isinstance(container, dict):
        if type(before) is not dict or not isinstance(container, dict):
            return False
        return agrees(list(container), tuple(before)) and all(
            same(one, other) for one, other in zip(container.values(), before.values(), strict=True)
        )
    return all(same(one, other) for one, other in zip(container, before, strict=True))


def same(a: Any, b: Any) -> bool:
    """Whether one value is as good as the other: the same object, or a plain one of the same bits."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.generic):
        return a.tobytes() == b.tobytes()
    if isinstance(a, (tuple, frozenset)):
        return agrees(a, b) if isinstance(a, tuple) else a == b and agrees(a, b)
    return isinstance(a, PLAIN) and repr(a) == repr(b)
