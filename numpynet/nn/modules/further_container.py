"""Further containers. They are imported when they are first asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import Any

from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module
from numpynet.nn.parameter import Parameter


class ParameterDict(Module):
    """Parameters by name that are part of the network: unlike in a plain dict, they are found.

    parameters: a mapping or pairs of names and tensors, which become parameters. Other objects are kept as they are.
    A plain mapping is taken in the order of its names, as in torch.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ParameterDict({"w": numpynet.zeros(2, 3), "count": 5})
    ParameterDict(
        (count): Object of type: int
        (w): Parameter containing: [torch.FloatTensor of size 2x3]
    )
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def _require_name(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type is "
                f"'{type(key).__name__}')"
            )
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._require_name(key))

    def __setitem__(self, key: str, value: Any) -> None:
        self._require_name(key)
        plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
        setattr(self, key, Parameter(value.detach()) if plain else value)
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """Another dict of the same parameters.

        >>> import numpynet
        >>> from numpynet import nn
        >>> parameters = nn.ParameterDict({"w": numpynet.zeros(2)})
        >>> parameters.copy()["w"] is parameters["w"]
        True
        """
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter of that name, which is `default` if there was none.

        >>> from numpynet import nn
        >>> nn.ParameterDict().setdefault("count", 5)
        5
        """
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Removes all parameters.

        >>> import numpynet
        >>> from numpynet import nn
        >>> parameters = nn.ParameterDict({"w": numpynet.zeros(2)})
        >>> parameters.clear()
        >>> len(parameters)
        0
        """
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """Removes a parameter, and returns it.

        >>> from numpynet import nn
        >>> nn.ParameterDict({"count": 5}).pop("count")
        5
        """
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Removes the last parameter, and returns its name and it; KeyError where there is none.

        >>> from numpynet import nn
        >>> nn.ParameterDict({"count": 5}).popitem()
        ('count', 5)
        """
        if not self._keys:
            raise KeyError("popitem(): dictionary is empty")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of that name, or `default`.

        >>> from numpynet import nn
        >>> nn.ParameterDict().get("w", 5)
        5
        """
        return self[key] if key in self else default  # noqa: SIM401  which this is

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dict with `default` for each name.

        >>> from numpynet import nn
        >>> list(nn.ParameterDict().fromkeys(["a", "b"], 5).items())
        [('a', 5), ('b', 5)]
        """
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> KeysView[str]:
        """The names.

        >>> from numpynet import nn
        >>> list(nn.ParameterDict({"count": 5}).keys())
        ['count']
        """
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names with their parameters.

        >>> from numpynet import nn
        >>> list(nn.ParameterDict({"count": 5}).items())
        [('count', 5)]
        """
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterable[Any]:
        """The parameters.

        >>> from numpynet import nn
        >>> list(nn.ParameterDict({"count": 5}).values())
        [5]
        """
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Adds parameters; TypeError for what is not iterable, ValueError for what is no pair.

        >>> from numpynet import nn
        >>> parameters = nn.ParameterDict()
        >>> parameters.update([("count", 5)])
        >>> parameters["count"]
        5
        """
        if not isinstance(parameters, Iterable):
            raise TypeError(
                "ParametersDict.update should be called with an iterable of key/value pairs, but got "
                + type(parameters).__name__
            )
        if isinstance(parameters, (OrderedDict, ParameterDict)):
            pairs: Iterable[Any] = parameters.items()
        elif isinstance(parameters, Mapping):
            pairs = sorted(parameters.items())
        else:
            pairs = parameters
        for place, pair in enumerate(pairs):
            if not isinstance(pair, Iterable):
                raise TypeError(
                    f"ParameterDict update sequence element #{place} should be Iterable; is{type(pair).__name__}"
                )
            parts = tuple(pair)
            if len(parts) != 2:
                raise ValueError(
                    f"ParameterDict update sequence element #{place} has length {len(parts)}; 2 is required"
                )
            self[parts[0]] = parts[1]

    def __or__(self, other: Any) -> ParameterDict:
        both = self.copy()
        both.update(other)
        return both

    def __ror__(self, other: Any) -> ParameterDict:
        both: ParameterDict = other.copy()
        both.update(self)
        return both

    def __ior__(self, other: Any) -> ParameterDict:
        self.update(other)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterDict should not be called.")

    def extra_repr(self) -> str:
        lines = []
        for name, value in self.items():
            if isinstance(value, Tensor):
                kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
                size = "x".join(map(str, value.shape))
                shown = f"{kind} containing: [{value.type()} of size {size}]"
            else:
                shown = f"Object of type: {type(value).__name__}"
            lines.append(f"  ({name}): {shown}")
        return "\n".join(lines)
