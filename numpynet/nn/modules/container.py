"""Containers: modules that hold other modules, or parameters, in order or by name."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import Any, Self

from numpynet.core.tensor import Tensor
from numpynet.nn.modules.module import Module, indented, type_name
from numpynet.nn.parameter import Parameter


def _position(index: Any, length: int) -> int:
    """An index as a position from the start; IndexError when it is out of range."""
    position = operator.index(index)
    if not -length <= position < length:
        raise IndexError(f"index {position} is out of range")
    return position % length


class _ModuleSequence(Module):
    """What `Sequential` and `ModuleList` have in common: the children are the elements of a sequence."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    def _name_at(self, index: Any) -> str:
        names = list(self._modules)
        return names[_position(index, len(names))]

    def _slice(self, part: slice) -> Any:
        raise NotImplementedError

    def __getitem__(self, index: Any) -> Any:
        """The module at an index; a container of the same class for a slice."""
        return self._slice(index) if isinstance(index, slice) else self._modules[self._name_at(index)]

    def __setitem__(self, index: Any, module: Module) -> None:
        setattr(self, self._name_at(index), module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)
        gone = names[index] if isinstance(index, slice) else [self._name_at(index)]
        self._replace_all([self._modules[name] for name in names if name not in gone])

    def _replace_all(self, modules: list[Module]) -> None:
        """Makes these the children, named by their positions."""
        self._modules.clear()
        self.extend(modules)

    def append(self, module: Module) -> Self:
        """Adds a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Adds modules at the end; TypeError for what is not iterable."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"{type(self).__name__}.extend should be called with an iterable, but got {type(modules).__name__}"
            )
        for module in list(modules):
            self.append(module)
        return self

    def pop(self, key: Any) -> Any:
        """Takes the module at an index (the modules of a slice) out and returns it."""
        taken = self[key]
        del self[key]
        return taken


class Sequential(_ModuleSequence):
    """Modules applied one after the other, each to the result of the one before.

    args: the modules, or one OrderedDict of names and modules. It has a length, is iterated, indexed and
    sliced, takes `append`, `extend`, `insert`, `pop` and ``del``, and adds up with ``+``.

    >>> import numpynet
    >>> from numpynet import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> net(numpynet.zeros(5, 4)).shape
    torch.Size([5, 1])
    >>> net[1]
    ReLU()
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self.extend(args)

    def forward(self, input: Any) -> Any:
        """The input passed through all modules."""
        for module in self:
            input = module(input)
        return input

    def _slice(self, part: slice) -> Sequential:
        return type(self)(OrderedDict(list(self._modules.items())[part]))

    def insert(self, index: int, module: Module) -> Sequential:
        """Adds a module before that index; IndexError when it is out of range.

        >>> from numpynet import nn
        >>> nn.Sequential(nn.ReLU()).insert(0, nn.Tanh())
        Sequential(
          (0): Tanh()
          (1): ReLU()
        )
        """
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}, not {type(module)}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        modules = list(self)
        modules.insert(index, module)
        self._replace_all(modules)
        return self

    def __add__(self, other: Any) -> Sequential:
        _require_sequential(other)
        return Sequential(*self, *other)

    def __iadd__(self, other: Any) -> Sequential:
        _require_sequential(other)
        return self.extend(other)

    def __mul__(self, other: int) -> Sequential:
        _require_count(self, other)
        return Sequential(*(list(self) * other))

    __rmul__ = __mul__

    def __imul__(self, other: int) -> Sequential:
        _require_count(self, other)
        return self.extend(list(self) * (other - 1))


def _require_sequential(other: Any) -> None:
    if not isinstance(other, Sequential):
        raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")


def _require_count(sequential: Sequential, count: Any) -> None:
    if not isinstance(count, int):
        raise TypeError(f"unsupported operand type(s) for *: {type(sequential)} and {type(count)}")
    if count <= 0:
        raise ValueError(f"Non-positive multiplication factor {count} for {type(sequential)}")


class ModuleList(_ModuleSequence):
    """A list of modules that are part of the network: unlike in a plain list, their parameters are found.

    modules: what it starts with. It is a list in all but name, and has no `forward`.

    >>> from numpynet import nn
    >>> nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _slice(self, part: slice) -> ModuleList:
        return type(self)(list(self)[part])

    def insert(self, index: int, module: Module) -> None:
        """Adds a module before that index.

        >>> from numpynet import nn
        >>> layers = nn.ModuleList([nn.ReLU()])
        >>> layers.insert(0, nn.Tanh())
        >>> layers
        ModuleList(
          (0): Tanh()
          (1): ReLU()
        )
        """
        modules = list(self)
        modules.insert(index, module)
        self._replace_all(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def __repr__(self) -> str:
        runs: list[tuple[int, int, str]] = []  # first index, last index, what all between look like
        for index, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], index, text)
            else:
                runs.append((index, index, text))
        if not runs:
            return f"{self._get_name()}()"
        lines = [
            f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in runs
        ]
        return "\n  ".join([f"{self._get_name()}(", *map(indented, lines)]) + "\n)"


class ModuleDict(Module):
    """A dict of modules that are part of the network: unlike in a plain dict, their parameters are found.

    modules: a mapping, or pairs of name and module. KeyError for a name that an attribute has.

    >>> from numpynet import nn
    >>> heads = nn.ModuleDict({"mean": nn.Linear(2, 1), "spread": nn.Linear(2, 1)})
    >>> list(heads)
    ['mean', 'spread']
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Any:
        """The names.

        >>> from numpynet import nn
        >>> list(nn.ModuleDict({"a": nn.ReLU()}).keys())
        ['a']
        """
        return self._modules.keys()

    def values(self) -> Any:
        """The modules.

        >>> from numpynet import nn
        >>> list(nn.ModuleDict({"a": nn.ReLU()}).values())
        [ReLU()]
        """
        return self._modules.values()

    def items(self) -> Any:
        """Pairs of name and module.

        >>> from numpynet import nn
        >>> list(nn.ModuleDict({"a": nn.ReLU()}).items())
        [('a', ReLU())]
        """
        return self._modules.items()

    def clear(self) -> None:
        """Takes all modules out.

        >>> from numpynet import nn
        >>> layers = nn.ModuleDict({"a": nn.ReLU()})
        >>> layers.clear()
        >>> len(layers)
        0
        """
        for name in list(self):
            del self[name]

    def pop(self, key: str) -> Any:
        """Takes the module of that name out and returns it.

        >>> from numpynet import nn
        >>> layers = nn.ModuleDict({"a": nn.ReLU()})
        >>> layers.pop("a")
        ReLU()
        """
        taken = self[key]
        del self[key]
        return taken

    def update(self, modules: Any) -> None:
        """Adds modules, replacing those of the same names: a mapping, or pairs of name and module.

        >>> from numpynet import nn
        >>> layers = nn.ModuleDict()
        >>> layers.update({"a": nn.ReLU()})
        >>> layers
        ModuleDict(
          (a): ReLU()
        )
        """
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"ModuleDict.update should be called with an iterable of key/value pairs, but got "
                f"{type(modules).__name__}"
            )
        pairs = modules.items() if isinstance(modules, (Mapping, ModuleDict)) else modules
        for position, pair in enumerate(list(pairs)):
            if not isinstance(pair, Iterable):
                raise TypeError(
                    f"ModuleDict update sequence element #{position} should be Iterable; is {type(pair).__name__}"
                )
            name, module = pair
            self[name] = module


class ParameterList(Module):
    """A list of parameters that are part of the network: unlike in a plain list, they are found.

    values: tensors, which become parameters.

    >>> import numpynet
    >>> from numpynet import nn
    >>> nn.ParameterList([numpynet.zeros(2), numpynet.zeros(3, 1)])
    ParameterList(
        (0): Parameter containing: [torch.float32 of size 2]
        (1): Parameter containing: [torch.float32 of size 3x1]
    )
    """

    def __init__(self, values: Iterable[Tensor] | None = None) -> None:
        super().__init__()
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return self.parameters(recurse=False)

    def __getitem__(self, index: Any) -> Any:
        """The parameter at an index; a list of the same class for a slice."""
        if isinstance(index, slice):
            return type(self)(list(self._parameters.values())[index])
        return self._parameters[str(_position(index, len(self)))]

    def __setitem__(self, index: Any, value: Tensor) -> None:
        self._set(_position(index, len(self)), value)

    def _set(self, position: int, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"ParameterList holds tensors, not {type_name(value)}")
        setattr(self, str(position), value if isinstance(value, Parameter) else Parameter(value))

    def append(self, value: Tensor) -> ParameterList:
        """Adds a parameter at the end.

        >>> import numpynet
        >>> from numpynet import nn
        >>> len(nn.ParameterList().append(nn.Parameter(numpynet.ones(2))))
        1
        """
        self._set(len(self), value)
        return self

    def extend(self, values: Iterable[Tensor]) -> ParameterList:
        """Adds parameters at the end; TypeError for what is not iterable.

        >>> import numpynet
        >>> from numpynet import nn
        >>> len(nn.ParameterList().extend([numpynet.ones(2), numpynet.ones(3)]))
        2
        """
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Tensor]) -> ParameterList:
        return self.extend(values)

    def extra_repr(self) -> str:
        return "\n".join(
            f"  ({name}): Parameter containing: [{parameter.dtype} of size {'x'.join(map(str, parameter.shape))}]"
            for name, parameter in self._parameters.items()
        )


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
