"""ShownAs: the type of classes that print under the name that torch has for them."""

from __future__ import annotations

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
