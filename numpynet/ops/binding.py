"""Binding: a call's arguments as an operation's operands and options, by code made for its signature.

Python binds arguments to parameters faster than any code of ours could. So every operation gets a function
whose parameters are torch's names of its operands and options:

    def sum(input=MISSING, dim=None, keepdim=False, dtype=None, **others):
        if others or input is MISSING or keepdim is not False and keepdim is not True:
            return unusual((input,), {"dim": dim, "keepdim": keepdim, "dtype": dtype}, others)
        if dtype is not None:
            input = cast(input, dtype)
        try:
            record = input.__operation__
        except AttributeError:
            record = taken_by((input,))
        try:
            return record(operation, (input,), {"dim": dim, "keepdim": keepdim, "dtype": dtype})
        except Exception as error:
            refuse(error, (input,), {"dim": dim, "keepdim": keepdim, "dtype": dtype})
            raise

What an option's annotation says of its type is looked at before, by one cheap test, where NumPy would take more than
torch does; all else is looked at where the call has failed. Before all this, where the options have their defaults, and
once more where the class is asked for, stands the straight way of tensors (`numpynet.core.straight`), which most calls
end in. Operations with as many operands and options of the same types share one compiled text; only the names differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from inspect import Parameter, Signature, signature
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from numpynet.ops.arguments import takes_numbers
from numpynet.ops.source import Docstring

if TYPE_CHECKING:
    from numpynet.ops.form import Op


class _Missing:
    """The default of a parameter that must be given."""

    def __repr__(self) -> str:
        return "<required>"


MISSING: Any = _Missing()


_NO_NUMBER = "type({0}) is not float and (type({0}) is not int or not -(2**63) <= {0} < 2**64)"
ODD = {  # what tells an option from what its annotation says, most often rightly
    "int": "type({0}) is not int",
    "bool": "{0} is not False and {0} is not True",
    "float": _NO_NUMBER,
    "int | None": "{0} is not None and type({0}) is not int",
    "DType | None": "{0} is not None and type({0}).__name__ != 'dtype'",
    "Tensor | float | None": f"{{0}} is not None and {_NO_NUMBER}",
    "float | str": f"type({{0}}) is not str and {_NO_NUMBER}",
    "float | str | None": f"{{0}} is not None and type({{0}}) is not str and {_NO_NUMBER}",
    "float | None": f"{{0}} is not None and {_NO_NUMBER}",
    "Sequence[int]": "type({0}) is not tuple and type({0}) is not list",
    "Sequence[int] | None": "{0} is not None and type({0}) is not tuple and type({0}) is not list",
    "Sequence[Tensor]": "type({0}) is not tuple and type({0}) is not list",
    "Dim": "{0} is not None and type({0}) is not int and type({0}) is not tuple",
    "int | Sequence[int]": "type({0}) is not int and type({0}) is not tuple and type({0}) is not list",
    "int | Sequence[int] | None": "{0} is not None and type({0}) is not int and type({0}) is not tuple",
    "int | tuple[int, ...] | None": "{0} is not None and type({0}) is not int and type({0}) is not tuple",
    "int | Tensor": "type({0}) is bool or type({0}) is float",
    "int | Tensor | None": "{0} is not None and type({0}) is not int",
    "int | Sequence[int] | Tensor": "type({0}) is not int and type({0}) is not tuple and type({0}) is not list",
}


# What finds the straight way of an operation on tensors, and what its names stand for, is put here by their room.
straight_ways: list[Callable[[Op, bool], tuple[Any, dict[str, Any]]]] = []


@lru_cache
def _text(
    operands: int, required: tuple[int, ...], kinds: tuple[str, ...], casts: bool, tensors: tuple[int, ...], way: Any
) -> CodeType:
    """The code of a call with so many operands and options, named p0, p1, ...

    required: the positions of the parameters that must be given. kinds: the options' annotations. tensors: the
    positions of the operands that must be tensors, but for the first. way: the straight one, if there is any.
    """
    options = len(kinds)
    names = [f"p{position}" for position in range(operands + options)]
    values = f"({', '.join(names[:operands])},)"
    chosen = "{" + ", ".join(f"'{name}': {name}" for name in names[operands:]) + "}" if options else "DEFAULTS"
    odd = [f"{names[position]} is MISSING" for position in required]
    odd += [f"{names[position]} is None" for position in required if position]
    odd += [ODD[kind].format(name) for name, kind in zip(names[operands:], kinds, strict=True) if kind in ODD]
    lines = [f"def call({', '.join(names)}, **others):"]
    if way is not None and max(required, default=0) < operands:
        usual = [f"{name} is default_{place}" for place, name in enumerate(names[operands:])]
        lines += [f"    if not others{''.join(f' and {one}' for one in usual)}:"]
        lines += tried(way.lines(names[:operands], (), tensors, required), 8)
    lines += [
        f"    if {' or '.join(['others', *odd])}:",
        f"        return unusual({values}, {chosen}, others)",
        *([f"    if {names[-1]} is not None:", f"        p0 = cast(p0, {names[-1]})"] if casts else []),
    ]
    if way is not None and options:
        lines += tried(way.lines(names[:operands], names[operands:], tensors, required), 4)
    lines += [
        "    try:",
        "        record = p0.__operation__",
        *[f"        {names[position]}.__operation__" for position in tensors],
        "    except AttributeError:",
        f"        record = taken_by({values})",
        "    try:",
        f"        return record(operation, {values}, {chosen})",
        "    except Exception as error:",
        f"        refuse(error, {values}, {chosen})",
        "        raise",
    ]
    return compiled(lines)


def compiled(lines: Sequence[str]) -> CodeType:
    """The code of the function ``call`` that stands in these lines."""
    made: dict[str, Any] = {}
    exec(compile("\n".join(lines), __file__, "exec"), made)
    code: CodeType = made["call"].__code__
    return code


def tried(lines: Sequence[str], margin: int) -> list[str]:
    """The lines of a straight way, after which the general one comes where they do not return."""
    within = ["try:", *(f"    {line}" for line in lines), "except Exception:", "    pass"]
    return [" " * margin + line for line in within]


def bound(operation: Op, taken_over_by: str = "", taken_by: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """The function that binds a call's arguments to the operation's operands and options, and hands them on.

    taken_over_by: the attribute of an operand's class that carries the operation out, if that is not ``__operation__``.
    taken_by: finds what carries the operation out where the first operand's class does not; by default as `Op` does.
    """
    count = len(operation.operands)
    defaults = [operation.operand_defaults.get(name, MISSING) for name in operation.operands]
    defaults += [operation.option_defaults.get(name, MISSING) for name in operation.options]
    handed_to = taken_over_by or "__operation__"

    def code() -> CodeType:
        parameters = operation.parameters
        required = tuple(position for position, default in enumerate(defaults) if default is MISSING)
        casts = bool(operation.options) and operation.options[-1] == "dtype"
        kinds = tuple(operation.kinds.get(name, "") for name in operation.options)
        tensors = tuple(
            place
            for place in range(1, count)
            if defaults[place] is MISSING and not takes_numbers(operation.name, parameters[place])
        )
        real = {f"p{position}": name for position, name in enumerate((*parameters, *operation.options))}
        real["__operation__"] = handed_to
        way, meanings = straight_ways[0](operation, bool(taken_over_by)) if straight_ways else (None, {})
        surroundings.update(meanings)
        return renamed(_text(count, required, kinds, casts, tensors, way), real, operation.name)

    name = f"{operation.name}_" if taken_over_by else operation.name
    convert = kept if taken_over_by else cast
    surroundings: dict[str, Any] = {
        "operation": operation,
        "unusual": partial(operation.unusual, name, handed_to, taken_by or operation.taken_by, convert),
        "taken_by": taken_by or operation.taken_by,
        "refuse": partial(operation.refuse, name),
        "cast": convert,
        "MISSING": MISSING,
        "DEFAULTS": operation.option_defaults,
        **{f"default_{place}": default for place, default in enumerate(defaults[count:])},
    }
    function = made_when_called(code, surroundings, operation.name, tuple(defaults))
    function.__doc__ = Docstring(operation.forward.__doc__, operation.documentation)
    function.__module__ = operation.__module__
    function.__wrapped__ = operation  # type: ignore[attr-defined]
    return function


def made_when_called(
    make: Callable[[], CodeType], surroundings: dict[str, Any], name: str, defaults: tuple[Any, ...]
) -> FunctionType:
    """A function that is given its code by its first call: few of them are called by any one program.

    surroundings: the names that its code finds, to which `make` may add. defaults: of its parameters.
    """

    def first_call(*args: Any, **kwargs: Any) -> Any:
        function.__code__ = make()
        return function(*args, **kwargs)

    surroundings["first_call"] = first_call
    function = FunctionType(_as_yet_unmade.__code__, surroundings, name, defaults)
    function.__qualname__ = name
    return function


def _as_yet_unmade(*args: Any, **kwargs: Any) -> Any:
    return first_call(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821  among its surroundings


def renamed(code: CodeType, names: dict[str, str], function: str) -> CodeType:
    """The same code with other names for its variables, attributes and keywords."""

    def exchanged(given: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(exchanged(one) if isinstance(one, tuple) else names.get(one, one) for one in given)

    return code.replace(
        co_name=function,
        co_qualname=function,
        co_varnames=exchanged(code.co_varnames),
        co_names=exchanged(code.co_names),
        co_consts=exchanged(code.co_consts),
    )


class WithOut:
    """A function as inspect.signature is shown it: with ``out=``, which it has besides what its own code says."""

    __slots__ = ("__wrapped__",)

    def __init__(self, function: Any) -> None:
        self.__wrapped__ = function

    def __get__(self, instance: Any, owner: type | None = None) -> WithOut:  # as routines have it
        return self

    @property
    def __signature__(self) -> Signature:
        parameters = signature(self.__wrapped__).parameters.values()
        return Signature([*parameters, Parameter("out", Parameter.KEYWORD_ONLY, default=None)])


def kept(operand: Any, dtype: Any) -> Any:
    """The operand that is overwritten; RuntimeError where another dtype is wanted."""
    if operand.dtype != dtype:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {operand.dtype} and output tensor dtype {dtype} should match"
        )
    return operand


def cast(operand: Any, dtype: Any) -> Any:
    """The operand in the dtype wanted, as torch casts it first; the gradient returns through that cast."""
    return operand.__cast__(dtype) if hasattr(operand, "__cast__") else operand
