"""What is missing: names of torch that can be imported, and say so when they are used."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Union


class Missing(type):
    """The class of placeholders. A placeholder is a class, so that others can derive from it, and nothing is of it."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """NotImplementedError."""
        raise NotImplementedError(f"{cls.__module__}.{cls.__qualname__} is missing in numpynet")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{cls.__module__}.{cls.__qualname__} is missing in numpynet, and so is its {name}")
        return placeholder(f"{cls.__module__}.{cls.__qualname__}.{name}")

    def __getitem__(cls, types: Any) -> Any:
        """Itself: annotations may name what it would hold."""
        return cls

    __iter__ = None  # for all that

    def __repr__(cls) -> str:
        return f"<missing {cls.__module__}.{cls.__qualname__}>"


class MissingModule(ModuleType):
    """A module of torch's that numpynet has not, with whatever is asked of it."""

    __path__: list[str] = []  # noqa: RUF012  # modules can be imported from it too

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{self.__name__} is missing in numpynet, and so is its {name}")
        return placeholder(f"{self.__name__}.{name}")

    def __or__(self, other: Any) -> Any:
        """A union of types, in an annotation: what was imported may have been a class."""
        return Union[placeholder(self.__name__), other]  # noqa: UP007  # which has no value

    __ror__ = __or__

    def __getitem__(self, types: Any) -> Any:
        """Itself, in an annotation."""
        return self

    __iter__ = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """NotImplementedError: what was imported may have been a function."""
        raise NotImplementedError(f"{self.__name__} is missing in numpynet")


def placeholder(name: str) -> Missing:
    """What stands for a missing class or function."""
    module, _, last = name.rpartition(".")
    return Missing(last, (), {"__module__": module})
