"""Signature: what each parameter of a student's function stands for.

A parameter is recognised by its name: dy or grad_output for the cotangent, the operands by numpynet's, torch's
or customary names, y or out for the result, x_shape, axis, keepdims, reduction. What is not recognised is
matched in order: first the cotangent, then the operands.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from parity.grade.catalogue import Exercise

COTANGENT_NAMES = frozenset(
    {"dy", "dout", "d_out", "grad", "grad_output", "grad_out", "grad_y", "gradient", "upstream", "upstream_grad"}
    | {"cotangent", "g", "dl", "dl_dy", "dldy", "dloss", "dl_dout", "delta", "output_grad"}
)
RESULT_NAMES = frozenset(["y", "out", "output", "result", "s", "p", "probs", "activation"])
CACHE_NAMES = frozenset(["cache", "saved", "ctx"])
SYNONYMS = {
    "x": "x input inp inputs data z a pred preds prediction predictions y_pred y_hat logits scores h log_probs",
    "w": "w weight weights",
    "b": "b bias x2 y other right exponent n power k",
    "t": "t target targets y y_true labels label truth",
    "z": "z logits x input pred preds scores y_pred y_hat",
    "a": "a x x1 input left base",
    "condition": "condition cond mask c",
    "low": "low min lo minimum",
    "high": "high max hi maximum",
}
OPTION_SYNONYMS = {"axis": "dim", "keepdims": "keepdim", "axes": "dims", "idx": "index", "indices": "index"}
EXPONENTS = frozenset(["exponent", "n", "power", "k"])  # a power named so is a number, not an array


class Source(NamedTuple):
    """Where an argument comes from: "dy", "y", "cache", or an "operand", its "shape" or an "option" by name."""

    kind: str
    name: str = ""


class UnknownParameter(TypeError):
    """A parameter that cannot be matched with anything an operation has."""


class Signature:
    """A student's function and what to call it with.

    parameters: the source of each argument, in order, and the keyword where it must be passed by one.
    called: the function's own names of the operands that it takes.
    """

    def __init__(self, function: Callable[..., Any], exercise: Exercise) -> None:
        self.function = function
        self.exercise = exercise
        self.parameters = _match(function, exercise)
        self.sources = {source for source, _ in self.parameters}
        names = zip(self.names(), self.parameters, strict=True)
        self.called = {source.name: name for name, (source, _) in names if source.kind == "operand"}

    def names(self) -> list[str]:
        """The names of the parameters that are given an argument."""
        taken = list(inspect.signature(self.function).parameters)
        keywords = [keyword for _, keyword in self.parameters if keyword is not None]
        return taken[: len(self.parameters) - len(keywords)] + keywords

    def knows(self, operand: str) -> bool:
        """Whether the function is given an operand or at least its shape."""
        if Source("cache") in self.sources:
            return True
        return Source("operand", operand) in self.sources or Source("shape", operand) in self.sources

    def takes(self, option: str) -> bool:
        """Whether the function has a parameter for an option."""
        return Source("option", option) in self.sources

    def takes_exponent_as_number(self) -> bool:
        """Whether this is a power whose exponent is named as a number is."""
        parameters = inspect.signature(self.function).parameters
        return self.exercise.operation.name == "pow" and any(name.lower() in EXPONENTS for name in parameters)

    def arguments(
        self, operands: Mapping[str, Any], options: Mapping[str, Any], y: Any, dy: Any
    ) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments for one call."""
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        given = [value for value in operands.values() if value is not None]
        for source, keyword in self.parameters:
            if source.kind == "cache":
                value: Any = given[0] if len(given) == 1 else tuple(given)
            elif source.kind == "operand":
                value = operands[source.name]
            elif source.kind == "shape":
                value = operands[source.name].shape
            elif source.kind == "option":
                value = options[source.name]
            else:
                value = y if source.kind == "y" else dy
            if keyword is None:
                positional.append(value)
            else:
                keywords[keyword] = value
        return positional, keywords


def _match(function: Callable[..., Any], exercise: Exercise) -> list[tuple[Source, str | None]]:
    parameters = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    matched = _by_name([parameter.name for parameter in parameters], exercise)
    free = [name for name in exercise.operation.operands if Source("operand", name) not in matched.values()]
    free.sort(key=lambda name: name in exercise.operation.operand_defaults)  # what may be left out comes last
    given = [Source("dy")] * (Source("dy") not in matched.values()) + [Source("operand", name) for name in free]
    found: list[tuple[Source, str | None]] = []
    for parameter in parameters:
        keyword = parameter.name if parameter.kind is parameter.KEYWORD_ONLY else None
        source = matched.get(parameter.name)
        if source is None and parameter.default is parameter.empty:
            if not given:
                raise UnknownParameter(
                    f"the parameter {parameter.name!r} stands for nothing that {exercise.name} has: there are dy, "
                    f"{', '.join(exercise.operation.operands)}, y (the result) and "
                    f"{', '.join(exercise.operation.options) or 'no options'}"
                )
            source = given.pop(0)
        if source is None:
            break  # its default holds, and so do those after it
        found.append((source, keyword))
    rest = parameters[len(found) :]
    found += [(matched[one.name], one.name) for one in rest if one.name in matched]
    if all(source != Source("dy") for source, _ in found):
        raise UnknownParameter(f"no parameter takes the cotangent: a backward is called as in {_example(exercise)}")
    return found


def _example(exercise: Exercise) -> str:
    return f"{exercise.name}_backward(dy, {', '.join(exercise.operation.operands)})"


def _by_name(names: Sequence[str], exercise: Exercise) -> dict[str, Source]:
    """The parameters that are recognised by their names; exact names before customary ones."""
    operation = exercise.operation
    plain = {name: name.lower().strip("_") for name in names}
    matched: dict[str, Source] = {}
    taken: set[Source] = set()

    def match(name: str, source: Source) -> None:
        if name not in matched and source not in taken:
            matched[name] = source
            taken.add(source)

    for name, low in plain.items():
        if low in COTANGENT_NAMES and low not in operation.operands:
            match(name, Source("dy"))
    for name, low in plain.items():
        if low in operation.operands or low in operation.keywords:
            match(name, Source("operand", operation.keywords.get(low, low)))
        option = OPTION_SYNONYMS.get(low, low)
        if option in operation.options:
            match(name, Source("option", option))
        if low in CACHE_NAMES:
            match(name, Source("cache"))
    is_loss = exercise.family in ("alike", "classes")
    for operand in operation.operands:
        for name, low in plain.items():
            if low in SYNONYMS.get(operand, "").split():
                match(name, Source("operand", operand))
            elif is_loss and low in RESULT_NAMES - {"y"}:  # of the network, which the loss is given
                match(name, Source("operand", operation.operands[0]))
    for name, low in plain.items():
        if low in RESULT_NAMES:
            match(name, Source("y"))
        first, _, last = low.partition("_")
        for operand in operation.operands:
            words = SYNONYMS.get(operand, operand).split()
            if low == "shape" or (last == "shape" and first in words) or (first == "shape" and last in words):
                match(name, Source("shape", operand))
    return matched
