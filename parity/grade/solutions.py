"""Solutions: what in a student's file, notebook or class can be called as a backward pass.

Functions of any making (def, lambda, partial, static method, callable object), and classes with `backward`: layers
whose forward keeps what the backward needs, and functions in the style of torch.autograd.Function. A function that
takes a cache is called with what the file's own forward of that name keeps.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import re
import sys
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from parity.grade.declaration import Declaration, declared
from parity.run.source import read

MODULE = "students_file"
CACHE_NAMES = frozenset(["cache", "saved", "ctx", "context", "self", "memory", "stash", "residuals", "saved_tensors"])
BACKWARD_CLASS = re.compile(r"(\w+?)_?(?:Backward|Bwd|Grad)")
GRADIENT_ATTRIBUTE = re.compile(r"d_?[A-Za-z]\w*|grad_?\w+|\w+_grad")
KIND = inspect.Parameter


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function: how it is passed, and whether it may be left out."""

    name: str
    keyword_only: bool = False
    has_default: bool = False
    variadic: bool = False


@dataclass(frozen=True)
class Solver:
    """A function of the student's as the grader knows it, without the function.

    operation, operand: what it claims to be the gradient of. is_class: a class whose name claims it.
    source, first_line, filename: its text and where that stands, as far as it can be found.
    """

    name: str
    operation: str
    operand: str | None
    parameters: tuple[Parameter, ...]
    is_class: bool = False
    source: str = ""
    first_line: int = 1
    filename: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the pipe."""
        return {**asdict(self), "parameters": [asdict(one) for one in self.parameters]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Solver:
        """What `as_dict` made."""
        return cls(**{**content, "parameters": tuple(Parameter(**one) for one in content["parameters"])})


Found = tuple[Solver, Callable[..., Any]]


# --- files -----------------------------------------------------------------------------------------------


def import_file(path: Path) -> ModuleType:
    """The module made from a script or a notebook, whose folder can be imported from."""
    folder = str(path.parent)
    sys.path.insert(0, folder)
    module = types.ModuleType(MODULE)
    module.__file__ = str(path)
    sys.modules[MODULE] = module
    for piece in read(path).pieces:
        linecache.cache[piece.filename] = len(piece.text), None, piece.text.splitlines(keepends=True), piece.filename
        exec(compile(piece.text, piece.filename, "exec"), vars(module))
    sys.path.remove(folder)
    sys.path.append(folder)  # from now on nothing in it stands in for what libraries import when they first need it
    return module


def solvers_of(module: ModuleType) -> list[Found]:
    """What a module itself defines that may be an exercise, in the order of its definition."""
    found: list[Found] = []
    taken: list[Any] = []
    for name, value in list(vars(module).items()):
        if any(value is one for one in taken) or not _is_own(value, module):
            continue
        for solver in _solvers(name, value):
            found.append(solver)
            taken.append(value)
    return found


def _is_own(value: Any, module: ModuleType) -> bool:
    kind = type(value)
    if isinstance(value, functools.partial):
        return True
    if kind in (FunctionType, type) or isinstance(value, type):
        return bool(value.__module__ == module.__name__)
    if isinstance(value, (staticmethod, types.MethodType, np.vectorize)):
        return True
    return kind.__module__ == module.__name__ and callable(value)


def _solvers(name: str, value: Any) -> Iterator[Found]:
    if isinstance(value, type):
        yield from _of_class(name, value)
        return
    declaration = declared(value, name)
    if declaration is not None:
        yield _of_function(value, name, declaration)


def one_solver(function: Any, declaration: Declaration | None = None) -> Found | None:
    """A function, an object or a class that was handed over, as a solver; None where it names no operation."""
    name = getattr(function, "__name__", "") or type(function).__name__
    if isinstance(function, type):
        return next(_of_class(name, function, declaration=declaration), None)
    declaration = declaration or declared(function, name)
    if declaration is not None and not hasattr(function, "backward"):
        return _of_function(function, name, declaration)
    if isinstance(function, (FunctionType, functools.partial)) or not callable(getattr(function, "backward", function)):
        return None
    return next(_of_class(type(function).__name__, type(function), made=function, declaration=declaration), None)


def _of_function(function: Any, name: str, declaration: Declaration) -> Found:
    """A function, together with the forward of the same name where that keeps what the function takes from a cache."""
    solver = describe(function, name, *declaration)
    cache = next((one.name for one in solver.parameters if one.name in CACHE_NAMES), None)
    known = getattr(function, "__globals__", {})
    names = [name.replace("backward", "forward").replace("bwd", "fwd"), f"{declaration.operation}_forward"]
    forward = next((known[one] for one in names if one in known), None)
    if cache is None or forward is None or not _keeps_something(forward):
        return solver, function
    ahead, back = _names(forward), [one for one in _names(function) if one != cache]

    def run(**given: Any) -> Any:
        """Forward, then backward."""
        _, *kept = forward(**{one: given[one] for one in ahead if one in given})
        saved = kept[0] if len(kept) == 1 else tuple(kept)
        return function(**{one: given[one] for one in back if one in given}, **{cache: saved})

    joined = _joined(
        [*inspect.signature(forward).parameters.values(), *inspect.signature(function).parameters.values()]
    )
    return replace(solver, parameters=tuple(one for one in joined if one.name != cache)), run


def _keeps_something(forward: Any) -> bool:
    """Whether a forward returns more than its result, as its text says."""
    try:
        tree = ast.parse(textwrap.dedent(_text(forward).get("source", "")))
    except SyntaxError:
        return False
    returned = [one.value for one in ast.walk(tree) if isinstance(one, ast.Return)]
    return isinstance(forward, FunctionType) and any(
        isinstance(one, ast.Tuple) and len(one.elts) > 1 for one in returned
    )


def describe(function: Any, name: str, operation: str, operand: str | None, *, text_of: Any = None) -> Solver:
    """A callable as a solver."""
    try:
        parameters = [_parameter(one) for one in inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):  # NumPy's own functions do not tell
        parameters = [Parameter("args", variadic=True)]
    known = tuple(one for one in parameters if one is not None)
    return Solver(name, operation, operand, known, **_text(text_of or function))


def _parameter(one: inspect.Parameter) -> Parameter | None:
    if one.kind is KIND.VAR_KEYWORD:
        return None
    return Parameter(
        one.name, one.kind is KIND.KEYWORD_ONLY, one.default is not KIND.empty, one.kind is KIND.VAR_POSITIONAL
    )


def _text(function: Any) -> dict[str, Any]:
    while isinstance(function, functools.partial):
        function = function.func
    if not isinstance(function, (FunctionType, types.MethodType, type)):
        function = type(function)
    try:
        lines, first = inspect.getsourcelines(function)
        return {"source": "".join(lines), "first_line": first, "filename": inspect.getsourcefile(function) or ""}
    except (OSError, TypeError, IndexError, SyntaxError):
        return {"filename": getattr(getattr(function, "__code__", None), "co_filename", "")}


# --- classes ----------------------------------------------------------------------------------------------


def _of_class(name: str, kind: type, made: Any = None, declaration: Declaration | None = None) -> Iterator[Found]:
    """The solvers in a class: methods named as backward passes are, or the class itself."""
    marked = declaration or declared(kind, "")
    for attribute, value in list(vars(kind).items()):
        of_method = declared(getattr(value, "__func__", value), attribute)
        if of_method is not None and (isinstance(value, (FunctionType, staticmethod, classmethod))):
            function = getattr(kind, attribute)
            if isinstance(value, FunctionType):
                function = getattr(made if made is not None else kind(), attribute)
            yield describe(function, f"{name}.{attribute}", *of_method), function
    operation, operand = marked or (kind.__name__, None)
    if hasattr(kind, "backward"):
        yield _layer(name, kind, operation, operand, made)
    elif "__call__" in vars(kind) and (marked or BACKWARD_CLASS.fullmatch(kind.__name__)):
        if made is None and any(one.default is KIND.empty for one in inspect.signature(kind).parameters.values()):
            return  # what an object of it does depends on what it is made with
        named = BACKWARD_CLASS.fullmatch(kind.__name__)
        function = made if made is not None else kind()
        yield describe(function, name, operation if marked or not named else named[1], operand), function


def _layer(name: str, kind: Any, operation: str, operand: str | None, made: Any) -> Found:
    """A class with `backward`, as one function of what its constructor, its forward and its backward take."""
    fixed = inspect.getattr_static(kind, "backward")
    forward = getattr(kind, "forward", None) or vars(kind).get("__call__")
    is_static = isinstance(fixed, (staticmethod, classmethod))
    if is_static and (forward is None or _names(kind.backward)[:1] != ["ctx"]):
        solver = describe(kind.backward, name, operation, operand)
        return _as_class(solver, kind), kind.backward
    start = [] if is_static or made is not None else _names(kind.__init__)[1:]
    ahead = [] if forward is None else _names(forward)[1:]
    back = _names(kind.backward)[1:]

    def run(**given: Any) -> Any:
        """Forward, then backward."""

        def call(function: Any, names: list[str], *first: Any) -> Any:
            return function(*first, **{one: given[one] for one in names if one in given})

        if is_static:
            context = _Context()
            if any(one.__module__.startswith("torch.") for one in kind.__mro__):
                given = {one: _as_tensor(value) for one, value in given.items()}
            call(kind.forward, ahead, context)
            return call(kind.backward, back, context)
        layer = made if made is not None else call(kind, start)
        if forward is not None:
            call(getattr(layer, "forward", layer), ahead)
        result = call(layer.backward, back)
        kept = dict(vars(layer)) if hasattr(layer, "__dict__") else {}
        if isinstance(kept.get("grads"), dict):
            kept.update(kept["grads"])
        gradients = {one: value for one, value in kept.items() if GRADIENT_ATTRIBUTE.fullmatch(one)}
        gradients = {one: value for one, value in gradients.items() if isinstance(value, (np.ndarray, np.generic))}
        if isinstance(result, (tuple, list, dict)) or not gradients or not ahead:
            return result
        return {**gradients, ahead[0]: result}

    functions = [kind.__init__] * bool(start) + [forward] * (forward is not None) + [kind.backward]
    joined = _joined(one for each in functions for one in list(inspect.signature(each).parameters.values())[1:])
    solver = Solver(name, operation, operand, joined, **_text(kind))
    return _as_class(solver, kind), run


def _joined(parameters: Iterable[inspect.Parameter]) -> tuple[Parameter, ...]:
    """The parameters of several functions that are called together, each once and by its name."""
    found: dict[str, Parameter] = {}
    for one in parameters:
        described = _parameter(one)
        if described is not None and not described.variadic and one.name not in found:
            found[one.name] = Parameter(one.name, True, described.has_default)
    return tuple(found.values())


def _as_tensor(value: Any) -> Any:
    """An array as the tensor that a function of torch.autograd expects."""
    return sys.modules["torch"].from_numpy(value) if isinstance(value, np.ndarray) else value


def _as_class(solver: Solver, kind: Any) -> Solver:
    return Solver(**{**vars(solver), "is_class": True, **_text(kind)})


def _names(function: Any) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [one.name for one in parameters if one.kind not in (KIND.VAR_KEYWORD, KIND.VAR_POSITIONAL)]


class _Context(SimpleNamespace):
    """`ctx` of a function in torch's style, filled by its own forward."""

    saved_tensors: tuple[Any, ...] = ()
    needs_input_grad = (True,) * 8

    def save_for_backward(self, *tensors: Any) -> None:
        """Keeps arrays for the backward."""
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Arrays here carry no gradients anyway."""
