"""Arguments: a composed function's, bound and checked as torch does it, at the cost of one plain call.

The function that users call has the parameters of the one written here, and looks at what it was given only to
hand it on:

    def aminmax(input=MISSING, *, dim=None, keepdim=False, **others):
        if others or type(input) not in tensor_types or keepdim is not False and ...:
            return unusual((input,), {"dim": dim, "keepdim": keepdim}, others)
        try:
            return function(input, dim=dim, keepdim=keepdim)
        except Exception as error:
            refuse(error, (input,), {"dim": dim, "keepdim": keepdim})
            raise

All that is unusual (NumPy's words, ``out=``, what torch refuses) is told apart in `_Unusual`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, TypeVar, overload

from numpynet.core.messages import torch_error
from numpynet.core.tensor import Tensor, tensor_types
from numpynet.ops.arguments import is_ours, no_tensor, plain, refusal
from numpynet.ops.binding import MISSING, ODD, WithOut, made_when_called, renamed
from numpynet.ops.form import NUMPY_NAMES
from numpynet.ops.showing import shows_operations

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def composed(function: Function, /) -> Function: ...
@overload
def composed(*, out: bool = False, asks: str = "", **names: str) -> Callable[[Function], Function]: ...
def composed(function: Any = None, /, *, out: bool = False, asks: str = "", **names: str) -> Any:
    """Has a function take its arguments as torch's functions do.

    A parameter that is annotated as Tensor takes nothing else: TypeError. `dim` and `keepdim` may be called
    ``axis`` and ``keepdims``.

    out: whether the result may be written into tensors that the caller gives.
    asks: the attributes that torch's Python code asks of arguments before it knows that they are tensors, as
        "input.size target.size": what has none such is refused with an AttributeError.
    names: other keywords for parameters, as ``sections="indices_or_sections"``.
    """

    def make(function: Any) -> Any:
        code, annotations = function.__code__, function.__annotations__
        parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        defaults = dict(zip(parameters[: code.co_argcount][::-1], (function.__defaults__ or ())[::-1], strict=False))
        defaults |= function.__kwdefaults__ or {}
        defaults = {name: defaults.get(name, MISSING) for name in parameters}
        kinds = [
            annotations.get(name, "") + ("" if defaults[name] is not MISSING or name == "self" else "!")
            for name in parameters
        ]
        looked_at = tuple(kind if kind.rstrip("!") in _LOOKED_AT else kind[-1:] for kind in kinds)
        unusual = _Unusual(function, defaults, out, asks, names)
        surroundings = {
            "Tensor": Tensor,
            "tensor_types": tensor_types,
            "MISSING": MISSING,
            "function": function,
            "unusual": unusual,
            "refuse": unusual.refuse,
        }
        real = {f"p{place}": name for place, name in enumerate(parameters)}
        by_place = tuple(defaults[name] for name in parameters[: function.__code__.co_argcount])
        made = made_when_called(
            lambda: renamed(_text(code.co_argcount, looked_at), real, function.__name__),
            surroundings,
            function.__name__,
            by_place,
        )
        made.__kwdefaults__ = {name: defaults[name] for name in parameters[function.__code__.co_argcount :]}
        shows_operations(function)
        functools.update_wrapper(made, function)
        if out:
            made.__wrapped__ = WithOut(function)  # type: ignore[attr-defined]
        return made

    return make if function is None else make(function)


def tensors_of(name: str, given: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """The tensors that a function is given one by one, or as a sequence; TypeError for anything else."""
    tensors = tuple(given[0]) if len(given) == 1 and isinstance(given[0], (list, tuple)) else given
    for place, one in enumerate(tensors):
        if not isinstance(one, Tensor):
            kind = type(one).__name__
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got {kind} in {name}()")
    return tensors


_LOOKED_AT = {"Tensor", *ODD}


@lru_cache
def _text(by_place: int, kinds: tuple[str, ...]) -> CodeType:
    """The code of a function with so many parameters given by place, and others by name, called p0, p1, ...

    kinds: of all parameters, as far as they are looked at; with a ! behind, of those that must be given.
    """
    names = [f"p{place}" for place in range(len(kinds))]
    given = [f"{name}=None" for name in names]
    if by_place < len(names):
        given.insert(by_place, "*")
    conditions = ["others"]
    for name, kind in zip(names, kinds, strict=True):
        if kind.rstrip("!") == "Tensor":
            conditions.append(f"type({name}) is not Tensor and type({name}) not in tensor_types")
        elif kind.endswith("!"):
            conditions.append(f"{name} is MISSING")
        if kind.rstrip("!") in ODD:
            conditions.append(ODD[kind.rstrip("!")].format(name))
    places = "".join(f"{name}, " for name in names[:by_place])
    chosen = ", ".join(f'"{name}": {name}' for name in names[by_place:])
    text = (
        f"def call({', '.join(given)}, **others):\n"
        f"    if {' or '.join(conditions)}:\n"
        f"        return unusual(({places}), {{{chosen}}}, others)\n"
        f"    try:\n"
        f"        return function({places}{', '.join(f'{name}={name}' for name in names[by_place:])})\n"
        f"    except Exception as error:\n"
        f"        refuse(error, ({places}), {{{chosen}}})\n"
        f"        raise\n"
    )
    made: dict[str, Any] = {}
    exec(compile(text, __file__, "exec"), made)
    code: CodeType = made["call"].__code__
    return code


class _Unusual:
    """The calls of a composed function that are not the usual ones."""

    def __init__(self, function: Any, parameters: dict[str, Any], out: bool, asks: str, names: dict[str, str]) -> None:
        self.function, self.name = function, function.__name__
        self.method = next(iter(parameters)) == "self"
        self.parameters = parameters  # with their defaults
        self.kinds: dict[str, str] = function.__annotations__
        self.tensors, self.out = [name for name in parameters if self.kinds.get(name) == "Tensor"], out
        self.asks = dict(one.split(".") for one in asks.split())
        others = {**NUMPY_NAMES, "from": "from_"}
        self.names = names | {theirs: own for theirs, own in others.items() if own in self.parameters}

    def __call__(self, by_place: tuple[Any, ...], by_name: dict[str, Any], others: dict[str, Any]) -> Any:
        """TypeError for a keyword that means nothing, for what is given twice or missing, and for what is no tensor."""
        given = dict(zip(self.parameters, by_place, strict=False)) | by_name
        out = others.pop("out", None) if self.out else None
        for keyword, value in others.items():
            name = self.names.get(keyword)
            if name is None:
                raise TypeError(f"{self.name}() got an unexpected keyword argument '{keyword}'")
            if given[name] is not MISSING and given[name] is not self.parameters[name]:
                raise TypeError(f"{self.name}() got multiple values for argument '{name}'")
            given[name] = value
        missing = [name for name, value in given.items() if value is MISSING]
        if missing:
            words = ", ".join(missing)
            raise TypeError(f'{self.name}() missing {len(missing)} required positional arguments: "{words}"')
        for position, (name, value) in enumerate(given.items()):
            if name in self.tensors and not isinstance(value, Tensor):
                raise no_tensor(self.name, name, position + 1, value, self.asks.get(name, ""))
        values = list(given.values())
        count = len(by_place)
        by_name = dict(zip(by_name, values[count:], strict=True))
        refused = self.refusal(values[:count], by_name if out is None else by_name | {"out": out})
        if refused is not None:
            raise refused
        given = {name: plain(value, self.kinds.get(name, ""), values) for name, value in given.items()}
        values = list(given.values())
        by_name = dict(zip(by_name, values[count:], strict=True))
        try:
            result = self.function(*values[:count], **by_name)
        except Exception as error:
            self.refuse(error, tuple(values[:count]), by_name)
            raise
        return result if out is None else written(self.name, out, result, values)

    def refusal(self, by_place: Sequence[Any], by_name: dict[str, Any]) -> Exception | None:
        """How torch refuses these arguments; None where it takes them, as far as their kinds go.

        What is as it is by default has not been given.
        """
        places = list(self.parameters.items())[self.method :]
        values = list(by_place)[self.method :]
        count = 0
        while count < len(values) and values[count] is not places[count][1]:
            count += 1
        named = dict(zip([name for name, _ in places], values, strict=False)) | by_name
        named = {name: value for name, value in named.items() if value is not self.parameters.get(name, MISSING)}
        for name, _ in places[:count]:
            del named[name]
        refused = refusal(self.name, values[:count], named, method=self.method)
        first = 0 if self.method else 1
        if refused is None or count <= first:
            return refused
        # What the call gave by name stands by place here too, where a form may take it by name alone.
        named = dict(zip([name for name, _ in places[first:count]], values[first:count], strict=True)) | named
        return refused if refusal(self.name, values[:first], named, method=self.method) else None

    def refuse(self, error: Exception, by_place: Sequence[Any], by_name: dict[str, Any]) -> None:
        """Raises, in the place of an error that a call has ended in, that with which torch refuses its arguments."""
        if is_ours(error):
            refused = self.refusal(by_place, by_name)
            if refused is None and isinstance(error, ValueError):  # NumPy's, perhaps
                arrays = [one._array for one in (*by_place, *by_name.values()) if isinstance(one, Tensor)]
                refused = torch_error(error, self.name, arrays)
            if refused is not None and refused is not error:
                raise refused from None


def written(name: str, out: Any, result: Any, operands: Sequence[Any] = ()) -> Any:
    """A result, or each of several, written into the tensor that the caller gave for it, which is returned.

    RuntimeError where a tensor cannot take its result over; then none is changed.
    """
    several = isinstance(result, tuple)
    if several != isinstance(out, (tuple, list)) or (several and len(out) != len(result)):
        kind = "tuple of Tensors" if several else "Tensor"
        raise TypeError(f"{name}(): argument 'out' must be {kind}, not {type(out).__name__}")
    pairs = list(zip(out, result, strict=True)) if several else [(out, result)]
    for target, _ in pairs:
        if not isinstance(target, Tensor):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(target).__name__}")
    for target, one in pairs:
        target._require_room(name, one, operands)
    for target, one in pairs:
        target.__take_over__(name, one, operands)
    return type(result)(*out) if several and hasattr(result, "_fields") else out
