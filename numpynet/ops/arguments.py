"""Arguments: whether torch takes a call's arguments, and how it refuses them.

The one door for what a tensor, a size, a dimension, a dtype or a number is. It is opened where a call looks unusual
or has failed already; what is usual goes past it. The signatures are in `numpynet.ops.signatures`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import index
from typing import Any, NamedTuple

import numpy as np

from numpynet.ops import signatures
from numpynet.ops.acceptance import fitting

ALIASES = {
    "axis": "dim",
    "keepdims": "keepdim",
    "x": "input",
    "a": "input",
    "x1": "input",
    "x2": "other",
    "from": "from_",
}


class Parameter(NamedTuple):
    """One parameter of a signature."""

    name: str
    kinds: tuple[str, ...]
    optional: bool  # whether None will do
    required: bool
    by_name: bool
    rest: bool  # whether it takes all that is given by position

    def takes(self, value: Any) -> bool:
        if value is None or self.name == "out":  # which is looked at where the result is written
            return self.optional or "object" in self.kinds
        return any(_IS[kind](value) for kind in self.kinds)

    def __str__(self) -> str:
        kinds = " or ".join(_WORDS.get(kind, kind) for kind in self.kinds)
        return ("*" * self.rest) + f"{kinds} {self.name}"


# --- the kinds ------------------------------------------------------------------------------------------------------


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor: its class carries operations out."""
    return hasattr(type(value), "__operation__")


def is_number(value: Any) -> bool:
    """Python's numbers, NumPy's, symbolic ones, and tensors without dimensions that need no gradient."""
    if is_tensor(value):
        return not value.ndim and not value.requires_grad
    if isinstance(value, (str, bytes, np.ndarray)):
        return False
    return isinstance(value, complex) or hasattr(type(value), "__float__")


def is_integer(value: Any) -> bool:
    """Whole numbers that are no bool, NumPy's too, and integer tensors of one element without dimensions."""
    if type(value) is int:
        return True
    if is_tensor(value):
        return not value.ndim and not value.requires_grad and value.dtype.numpy.kind in "iu"
    return hasattr(type(value), "__index__") and not isinstance(value, (bool, np.bool_, np.ndarray))


def _is_integers(value: Any) -> bool:
    """A tuple or list of them within 64 bits; torch looks for booleans in the first place alone."""
    if not isinstance(value, (tuple, list)):
        return False
    return all(_fits(one) or (place and isinstance(one, bool)) for place, one in enumerate(value))


def integers(function: str, argument: str, value: Any) -> tuple[int, ...]:
    """The whole numbers that an argument is, one or several; TypeError for what torch takes for none.

    ValueError for a single one beyond int64.

    >>> integers("conv1d", "stride", 2)
    (2,)
    """
    if _fits(value):
        return (int(value),)
    if _is_integers(value):
        return tuple(map(int, value))
    if is_integer(value):
        raise _beyond_int64(function, argument, value)
    raise TypeError(f"{function}(): argument '{argument}' must be tuple of ints, not {_kind_of(value)}")


def _beyond_int64(function: str, argument: str, value: int) -> ValueError:
    return ValueError(f"Overflow when unpacking long long: {value} as '{argument}' of {function}()")


def _fits(value: Any) -> bool:
    return is_integer(value) and not (isinstance(value, int) and not -(2**63) <= value < 2**63)


def _is_named(*names: str) -> Callable[[Any], bool]:
    return lambda value: type(value).__name__ in names


_IS: dict[str, Callable[[Any], bool]] = {
    "Tensor": is_tensor,
    "Tensors": lambda value: isinstance(value, (tuple, list)) and all(map(is_tensor, value)),
    "Number": is_number,
    "Numbers": lambda value: isinstance(value, (tuple, list)) and all(map(is_number, value)),
    "float": lambda value: is_number(value) and not isinstance(value, complex),
    "int": is_integer,
    "ints": _is_integers,
    "bool": lambda value: isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "dtype": lambda value: type(value).__name__ == "dtype" or any(value is one for one in (float, int, bool, complex)),
    "device": lambda value: isinstance(value, (str, int)) or type(value).__name__ == "device",
    "layout": _is_named("layout"),
    "memory_format": _is_named("memory_format"),
    "Generator": _is_named("Generator"),
    "object": lambda value: True,
}
_WORDS = {
    "dtype": "torch.dtype",
    "ints": "tuple of ints",
    "Tensors": "tuple of Tensors",
    "device": "torch.device",
    "layout": "torch.layout",
    "memory_format": "torch.memory_format",
    "Generator": "torch.Generator",
}


# --- the signatures -------------------------------------------------------------------------------------------------

Overloads = list[list[Parameter]]


@lru_cache(None)
def _texts(table: str) -> dict[str, list[str]]:
    """Each name's signatures, as text; parsed when the first call asks that is not a usual one."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    forms: list[str] = []
    for line in map(str.strip, table.strip().splitlines()):
        if line.startswith(":"):
            forms.append(line[1:].strip())
        elif forms and forms[-1].endswith(","):
            forms[-1] += f" {line}"
        else:
            if forms:
                names, forms = [], []
            names += line.split()
            found.update((name, forms) for name in names)
    return found


def _parsed(text: str) -> list[Parameter]:
    parameters, by_name = [], False
    for part in filter(None, text.replace("OPTIONS", signatures.OPTIONS).split(", ")):
        if part == "*":
            by_name = True
            continue
        name, _, kind = part.partition(" ")
        rest = name.startswith("*")
        required = not kind.endswith("=") and not rest
        kind = kind.rstrip("=")
        optional = kind.endswith("?")
        kinds = tuple(kind.rstrip("?").split("|"))
        parameters.append(Parameter(name.lstrip("*"), kinds, optional, required, by_name, rest))
        by_name |= rest
    return parameters


@lru_cache(None)
def overloads(name: str, method: bool = False) -> Overloads:
    """The forms of a function; of a method, what comes after the tensor it is called on. None where it is not known."""
    methods = _texts(signatures.METHODS)
    own = name.rstrip("_") if name not in methods else name
    if method and own in methods:
        return [_parsed(text) for text in methods[own]]
    forms = [_parsed(text) for text in _texts(signatures.FUNCTIONS).get(own, ())]
    if not method:
        return forms
    return [[one for one in form[1:] if one.name != "out"] for form in forms if "Tensor" in form[0].kinds]


def has_out(name: str) -> bool:
    """Whether a function's result may be written into a tensor that is given."""
    return any(" out " in form for form in _texts(signatures.FUNCTIONS).get(name, ()))


def takes_numbers(name: str, parameter: str) -> bool:
    """Whether a function takes a number for one of its operands; True where its signature is not known."""
    forms = _texts(signatures.FUNCTIONS).get(name, ())
    found = [kind for form in forms for kind in re.findall(rf"\b{parameter} (\S+?)=?(?:,|$)", form)]
    return not found or any(kind.rstrip("?") != "Tensor" for kind in found)


# --- the door -------------------------------------------------------------------------------------------------------


def _mismatch(
    name: str,
    form: Sequence[Parameter],
    positional: Sequence[Any],
    named: Mapping[str, Any],
    complete: bool,
    arrays: bool,
) -> str | None:
    """Why a form of a function does not take these arguments; None where it does."""
    given: list[tuple[int, Parameter, Any]] = []
    by_place = [one for one in form if not one.by_name]
    if by_place and by_place[0].rest:
        return None if _is_integers(list(positional)) and positional else f"{name}() takes whole numbers"
    for place, value in enumerate(positional):
        if place >= len(by_place):
            return f"{name}() takes {len(by_place)} positional arguments but {len(positional)} were given"
        given.append((place + 1, by_place[place], value))
    have = {parameter.name for _, parameter, _ in given}
    by_their_names = {one.name: one for one in form}
    for keyword, value in named.items():
        found = by_their_names.get(keyword) or by_their_names.get(ALIASES.get(keyword, ""))
        if found is None:
            return f"{name}() got an unexpected keyword argument '{keyword}'"
        if found.name in have:
            return f"{name}() got multiple values for argument '{found.name}'"
        have.add(found.name)
        given.append((0 if found.by_name else form.index(found) + 1, found, value))
    missing = [one.name for one in form if one.required and one.name not in have]
    if missing and complete:
        words = ", ".join(missing)
        return f'{name}() missing {len(missing)} required positional arguments: "{words}"'
    for place, parameter, value in given:
        by_hand = arrays and isinstance(value, np.ndarray) and "Tensor" in parameter.kinds
        if not parameter.takes(value) and not by_hand:
            if parameter.kinds == ("Tensors",) and isinstance(value, (tuple, list)):
                wrong = next(i for i, one in enumerate(value) if not is_tensor(one))
                return f"expected Tensor as element {wrong} in argument 0, but got {_kind_of(value[wrong])} in {name}()"
            position = f" (position {place})" if place else ""
            kinds = " or ".join(_WORDS.get(kind, kind) for kind in parameter.kinds)
            hint = ": make one with tensor(...)" if parameter.kinds == ("Tensor",) else ""
            return f"{name}(): argument '{parameter.name}'{position} must be {kinds}, not {_kind_of(value)}{hint}"
    return None


def _kind_of(value: Any) -> str:
    """The class of a value, and of what it holds."""
    if isinstance(value, (tuple, list)) and value:
        return f"{type(value).__name__} of {', '.join(dict.fromkeys(type(one).__name__ for one in value))}"
    return type(value).__name__


def no_tensor(function: str, argument: str, position: int, value: Any, asks: str = "") -> Exception:
    """The error for what is given where a tensor should be: a TypeError.

    asks: the attribute that torch's own Python code asks of it first; what has none such gets an AttributeError.

    >>> no_tensor("mse_loss", "target", 2, 0.5)
    TypeError("mse_loss(): argument 'target' (position 2) must be Tensor, not float: make one with tensor(...)")
    """
    kind = type(value).__name__
    said = f"{function}(): argument '{argument}' (position {position}) must be Tensor, not {kind}"
    if asks and not hasattr(value, asks):
        return AttributeError(f"'{kind}' object has no attribute '{asks}': {said}: make one with tensor(...)")
    return TypeError(f"{said}: make one with tensor(...)")


def refusal(
    name: str,
    positional: Sequence[Any],
    named: Mapping[str, Any] | None = None,
    method: bool = False,
    complete: bool = True,
    arrays: bool = False,
) -> Exception | None:
    """The error with which torch refuses these arguments, whatever the values in them; None where it takes them.

    method: whether the first argument is the tensor it is called on, and left away. complete: whether what is missing
    is looked for. arrays: whether arrays do for tensors, as they do where an operation is called by hand.
    TypeError for arguments that no form of the function takes, ValueError for whole numbers beyond int64.
    """
    forms = overloads(name, method)
    if not forms:
        return None
    named = named or {}
    reasons = [_mismatch(name, form, positional, named, complete, arrays) for form in forms]
    if None in reasons:
        return _overflow(name, forms[reasons.index(None)], positional, named)
    if len(set(reasons)) == 1:
        return TypeError(reasons[0])
    got = [*map(_kind_of, positional), *(f"{keyword}={_kind_of(value)}" for keyword, value in named.items())]
    expected = "\n".join(f" * ({', '.join(map(str, form))})" for form in forms)
    return TypeError(
        f"{name}() received an invalid combination of arguments - got ({', '.join(got)}), but expected one of:\n"
        f"{expected}"
    )


def require(name: str, positional: Sequence[Any], named: Mapping[str, Any] | None = None, method: bool = False) -> None:
    """Raises the error with which torch refuses these arguments, if it does; see `refusal`."""
    refused = refusal(name, positional, named, method)
    if refused is not None:
        raise refused


def _overflow(
    name: str, form: Sequence[Parameter], positional: Sequence[Any], named: Mapping[str, Any]
) -> Exception | None:
    """ValueError where a dimension or a count does not fit into int64."""
    by_their_names = {one.name: one for one in form}
    given = [*zip(form, positional, strict=False), *((by_their_names.get(one), named[one]) for one in named)]
    for parameter, value in given:
        if isinstance(value, int) and not -(2**63) <= value < 2**63 and parameter is not None:
            if "int" in parameter.kinds:
                return _beyond_int64(name, parameter.name, value)
            if "Number" in parameter.kinds and not 0 <= value < 2**64:
                return OverflowError(f"int too big to convert: {value} as '{parameter.name}' of {name}()")
    return None


def plain(value: Any, kind: str, operands: Sequence[Any] = ()) -> Any:
    """An option as Python's own number, where it is NumPy's, or a tensor of one; beside real operands a real one.

    An integer beyond 64 bits, where torch takes one, is the float that it is nearest to.

    RuntimeError for one with an imaginary part beside these.
    """
    if is_tensor(value) and kind in ("int", "int | None"):
        return index(value)
    is_number = kind in ("float", "float | None")
    if isinstance(value, np.generic) or (is_number and is_tensor(value)):
        value = value.item()
    if is_number and type(value) is int and not -(2**63) <= value < 2**64:
        return float(value)
    if is_number and isinstance(value, complex):
        tensors = list(filter(is_tensor, operands))
        if tensors and not any(one.dtype.is_complex for one in tensors):
            return fitting(value, np.dtype(float))
    return value


def is_ours(error: Exception) -> bool:
    """Whether an exception may be put in other words: those of Python and NumPy, but for a TypeError."""
    return type(error).__module__ in ("builtins", "numpy.exceptions", "numpy._core._exceptions") and (
        type(error) is not TypeError
    )
