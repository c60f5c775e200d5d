"""What users are shown of a class: ShownAs prints it under torch's name, and its constructor goes by its own."""

from __future__ import annotations

from types import FunctionType
from typing import Any

_names: dict[type, str] = {}


class ShownAs(type):
    """Prints a class as torch prints its own; a class that is derived from it prints as any other.

    >>> class Tensor(metaclass=ShownAs, torch_name="torch.Tensor"):
    ...     pass
    >>> Tensor
    <class 'torch.Tensor'>
    """

    def __new__(metacls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], torch_name: str = "") -> Any:
        cls = super().__new__(metacls, name, bases, namespace)
        if torch_name:
            _names[cls] = torch_name
        return cls

    def __repr__(cls) -> str:
        return f"<class '{_names[cls]}'>" if cls in _names else super().__repr__()


def torch_name(cls: type) -> str | None:
    """The name that torch has for a class, None where it is printed as any other."""
    return _names.get(cls)


def name_constructor(cls: Any) -> None:
    """Gives a public class with the constructor of a private one a copy of it, so that Python's errors name the class.

    >>> class _Base:
    ...     def __init__(self, scale):
    ...         self.scale = scale
    >>> class Normal(_Base):
    ...     pass
    >>> name_constructor(Normal)
    >>> Normal()
    Traceback (most recent call last):
    TypeError: Normal.__init__() missing 1 required positional argument: 'scale'
    """
    given = cls.__init__
    if cls.__name__.startswith("_") or not given.__qualname__.startswith("_"):
        return
    own = FunctionType(given.__code__, given.__globals__, "__init__", given.__defaults__, given.__closure__)
    own.__kwdefaults__, own.__annotations__ = given.__kwdefaults__, given.__annotations__
    own.__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = own
