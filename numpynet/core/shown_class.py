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


def name_functions(cls: Any) -> None:
    """Has Python's errors name the functions of a class of numpynet as its users know them.

    Those of a private class go without its name. A public class with the constructor of a private one is given a copy
    of it that goes by its own.

    >>> class _Base:
    ...     def __init__(self, scale):
    ...         self.scale = scale
    >>> class Normal(_Base):
    ...     pass
    >>> name_functions(Normal)
    >>> Normal()
    Traceback (most recent call last):
    TypeError: Normal.__init__() missing 1 required positional argument: 'scale'
    """
    if cls.__name__.startswith("_"):
        for function in filter(_is_own, vars(cls).values()):
            function.__qualname__ = function.__name__
        return
    given = cls.__init__
    if not _is_own(given) or not given.__qualname__.startswith("_"):
        return
    own = FunctionType(given.__code__, given.__globals__, "__init__", given.__defaults__, given.__closure__)
    own.__kwdefaults__, own.__annotations__ = given.__kwdefaults__, given.__annotations__
    own.__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = own


def _is_own(member: Any) -> bool:
    """Whether a member of a class is a function of numpynet."""
    return isinstance(member, FunctionType) and str(member.__module__).partition(".")[0] == __name__.partition(".")[0]
