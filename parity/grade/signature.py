"""Signature: what each parameter of a student's function stands for.

A parameter is recognised by its name: dy or grad_output for the cotangent, the operands by numpynet's, torch's
or customary names, y or out for the result, x_shape, axis, keepdims, reduction. What is not recognised is
matched in order: first the cotangent, then the operands. Customs differ: `a` is the input of one book's sigmoid and the
result of another's. So a function has several readings, the most likely first, and what is wrong by one
may be right by another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from parity.grade.catalogue import LOSSES_WITHOUT_DY, Exercise
from parity.grade.plain import Context
from parity.grade.solutions import CACHE_NAMES, Parameter, Solver


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COTANGENT_NAMES = _words(
    "dy dout d_out grad grad_output grad_out grad_y gradient upstream upstream_grad cotangent g dl dl_dy dldy dloss "
    "dl_dout delta output_grad grads gy gout v ct up error err top_diff grad_in incoming y_grad out_grad dscore dscores"
)
COTANGENT_FORM = re.compile(r"(d|d_|dl_?d|grad_?|g_|delta_?)[a-z]{0,8}\d?|[a-z]+_(bar|grad|cotangent)|[a-z]bar")
RESULT_NAMES = _words(
    "y out output outputs result res s p probs prob activation activations act value softmax sigmoid yhat y_hat fx "
    "forward_output cached_output ret answer"
)
INPUT_NAMES = _words("x input inp inputs data z logits scores in_ x_in preactivation")
SETTINGS = re.compile(r"([a-z]+_)?params?|h(yper)?_?param(eter)?s|config|cfg|settings")
MASK_NAMES = frozenset(["mask", "active", "positive"])
TUPLE_NAMES = _words("inputs operands args params tensors values xs inp tape store")
CONTEXT_NAMES = frozenset(["ctx", "context", "self"])
SYNONYMS = {
    "x": "x input inp inputs data z a h pred preds prediction predictions y_pred y_hat yhat logits scores log_probs "
    "logp log_p probs p prob img image images f u feature features",
    "w": "w weight weights gamma theta kernel kernels filters filter embeddings table wt emb",
    "b": "b bias biases beta x2 y other right exponent n power k divisor denominator den denom bottom other_input v "
    "rhs",
    "t": "t target targets y y_true labels label truth true ytrue gt classes expected tgt d ans",
    "z": "z logits x input pred preds scores y_pred y_hat yhat output out",
    "a": "a x x1 input left base numerator num top dividend u lhs y tensor1",
    "condition": "condition cond mask c",
    "low": "low min lo minimum min_val a_min lower minval",
    "high": "high max hi maximum max_val a_max upper maxval",
    "weight": "weight weights w class_weight",
    "pos_weight": "pos_weight posweight pw",
}
OF_OPERATION = {
    ("pow", "b"): "b exponent n power k p e c y",
    ("atan2", "a"): "y y1 numerator opposite",
    ("atan2", "b"): "x x1 denominator adjacent",
}
OPTIONS_OF = {
    **{("embedding", name): "index" for name in ("x", "input", "inputs", "words", "word_ids", "t", "token_ids")},
    **{("dropout", name): "mask" for name in ("cache", "saved", "keep", "kept", "m", "d", "dropout_mask")},
}
OPTION_SYNONYMS = {
    "axis": "dim",
    "axes": "dim",
    "keepdims": "keepdim",
    "idx": "index",
    "indices": "index",
    "ids": "index",
    "tokens": "index",
    "ddof": "correction",
    "k": "diagonal",
    "slope": "negative_slope",
    "epsilon": "eps",
    "drop_p": "p",
    "p_drop": "p",
    "rate": "p",
    "prob": "p",
    "kernel": "kernel_size",
    "size": "kernel_size",
    "pool_size": "kernel_size",
    "pad": "padding",
    "newshape": "shape",
    "new_shape": "shape",
    "axis0": "dim0",
    "axis1": "dim1",
    "axis2": "dim1",
}
EXPONENTS = frozenset(["exponent", "n", "power", "k"])  # a power named so is a number, not an array
MOST = 12  # readings that are tried

CACHE_FORMS = ("operands", "alone", "result", "with result", "by name", "the needed")


class Source(NamedTuple):
    """Where an argument comes from.

    "dy", "y", "cache" in a form, a "mask", "settings", which are all options by their customary names, or by its name
    an "operand", its "shape", or an "option".
    """

    kind: str
    name: str = ""


class UnknownParameter(TypeError):
    """A parameter that cannot be matched with anything an operation has."""


Match = tuple[Parameter, Source]


class Signature:
    """One reading of a student's function: what to call it with.

    parameters: the parameters that are given an argument, and its source.
    called: the function's own names of the operands that it takes.
    number: whether the exponent of a power is one number, not an array.
    """

    def __init__(
        self, solver: Solver, exercise: Exercise, parameters: Sequence[Match], *, number: bool = False
    ) -> None:
        self.solver = solver
        self.number = number
        self.parameters = list(parameters)
        self.sources = {source for _, source in self.parameters}
        self.called = {source.name: one.name for one, source in self.parameters if source.kind == "operand"}
        self.cache = next((source.name for source in self.sources if source.kind == "cache"), None)
        known = set(self.called)
        if self.cache is not None and self.cache != "the needed":
            known |= set(exercise.operation.operands)
        self.exercise = exercise.asked_by(known)

    @property
    def has_cotangent(self) -> bool:
        """Whether the function is given dy; otherwise dy = 1."""
        return Source("dy") in self.sources

    def knows(self, operand: str) -> bool:
        """Whether the function is given an operand or at least its shape."""
        if self.cache is not None:
            return self.cache != "result"
        return Source("operand", operand) in self.sources or Source("shape", operand) in self.sources

    def takes(self, option: str) -> bool:
        """Whether the function has a parameter for an option."""
        if self.sources & {Source("option", option), Source("settings")}:
            return True
        return self.cache is not None and option in ("dim", "alpha")

    def needs(self, operand: str) -> bool:
        """Whether the function has no default for an operand that may be left out."""
        return any(source == Source("operand", operand) and not one.has_default for one, source in self.parameters)

    @property
    def mask(self) -> str:
        """What a mask among the parameters marks, or nothing."""
        return next((source.name for source in self.sources if source.kind == "mask"), "")

    def in_words(self) -> str:
        """What each parameter is taken for."""
        words = {
            "mask": f"the mask {self.mask}",
            "dy": "the cotangent dy",
            "y": "the result y",
            "cache": "the saved values",
        }
        said = ["a number for an exponent"] * self.number
        for one, source in self.parameters:
            meant = words.get(source.kind) or f"{source.name}{' (its shape)' * (source.kind == 'shape')}"
            said.append(f"{one.name} as {meant}" + f" ({source.name})" * (source.kind == "cache"))
        return ", ".join(said)

    def given(
        self, operands: Mapping[str, Any], options: Mapping[str, Any], y: Any, dy: Any
    ) -> list[tuple[Parameter, Any]]:
        """Each parameter and its argument, for one call."""
        found: list[tuple[Parameter, Any]] = []
        for one, source in self.parameters:
            if source.kind == "cache":
                value = self._cache(one.name.lower() in CONTEXT_NAMES, operands, options, y)
            elif source.kind == "operand":
                value = operands[source.name]
            elif source.kind == "shape":
                value = operands[source.name].shape
            elif source.kind == "mask":
                value = operands["x"] > 0 if source.name == "x > 0" else operands["x"] <= 0
            elif source.kind == "option":
                value = options[source.name]
            elif source.kind == "settings":
                value = _settings(options)
            else:
                value = y if source.kind == "y" else dy
            found.append((one, value))
        return found

    def _cache(self, is_context: bool, operands: Mapping[str, Any], options: Mapping[str, Any], y: Any) -> Any:
        given = {name: value for name, value in operands.items() if value is not None}
        if self.cache == "the needed":
            optional = self.exercise.operation.operand_defaults
            given = {name: value for name, value in given.items() if name not in optional} or given
        values = tuple(given.values())
        if self.cache == "result":
            values = (y,)
        elif self.cache == "with result":
            values = (*values, y)
        if is_context:
            return Context(values, {**given, **options, "y": y, "out": y})
        if self.cache == "by name":
            return {**given, **options, "y": y, "out": y}
        if self.cache == "alone":
            return values
        return values[0] if len(values) == 1 else values

    def arguments(
        self, operands: Mapping[str, Any], options: Mapping[str, Any], y: Any, dy: Any
    ) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments for one call."""
        found = self.given(operands, options, y, dy)
        names = [one.name for one in self.solver.parameters]
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for one, value in found:
            in_order = one.variadic or (names[len(positional)] == one.name and not keywords)
            if one.keyword_only or not in_order:
                keywords[one.name] = value
            else:
                positional.append(value)
        return positional, keywords


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """A dict of the options as courses name them."""
    others = {name: options[meant] for name, meant in OPTION_SYNONYMS.items() if meant in options}
    size = options.get("kernel_size")
    windows = {} if size is None else {"pool_height": size, "pool_width": size, "f": size}
    return {"mode": "train", "momentum": 0.9, **others, **windows, **options}


# --- readings --------------------------------------------------------------------------------------------


def readings(solver: Solver, exercise: Exercise) -> list[Signature]:
    """All readings of a function, the most likely first; UnknownParameter where there is none."""
    parameters = _spread(solver, exercise)
    choices = [_choices(one, position, parameters, exercise) for position, one in enumerate(parameters)]
    for one, candidates in zip(parameters, choices, strict=True):
        if not candidates:
            raise UnknownParameter(_stranger(one.name, exercise))
    found = [
        (
            cost + _lacking(sources, exercise),
            [(one, source) for one, source in zip(parameters, sources, strict=True) if source is not None],
        )
        for cost, sources in _assignments(choices)
    ]
    found = [(cost, pairs) for cost, pairs in found if _makes_sense(pairs, exercise)]
    if not found:
        unmatched = _first_unmatched(parameters, exercise)
        raise UnknownParameter(unmatched)
    found.sort(key=lambda one: one[0])
    signatures = [
        Signature(solver, exercise, pairs, number=number)
        for pairs in _with_forms([pairs for _, pairs in found])
        for number in _exponents(pairs, exercise)
    ]
    return signatures[:MOST]


def _exponents(pairs: Sequence[Match], exercise: Exercise) -> tuple[bool, ...]:
    """Whether a power's exponent is a number, the likelier first."""
    if exercise.operation.name != "pow":
        return (False,)
    is_number = any(one.name.lower() in EXPONENTS for one, _ in pairs)
    return is_number, not is_number


def _spread(solver: Solver, exercise: Exercise) -> list[Parameter]:
    """The parameters, *inputs taken apart into one for each operand that is not named."""
    parameters: list[Parameter] = []
    for one in solver.parameters:
        if not one.variadic:
            parameters.append(one)
            continue
        named = {parameter.name for parameter in solver.parameters}
        operands = [name for name in exercise.operation.operands if name not in exercise.operation.operand_defaults]
        first = [] if parameters else ["dy"]
        parameters += [Parameter(name, variadic=True) for name in [*first, *operands] if name not in named]
    return parameters


def _lacking(sources: Sequence[Source | None], exercise: Exercise) -> float:
    """What a reading costs that uses the result but leaves out operands of several."""
    if Source("y") not in sources or len(exercise.required) < 2:
        return 0.0
    return float(sum(Source("operand", name) not in sources for name in exercise.required))


Choice = tuple[float, Source | None]


def _choices(one: Parameter, position: int, parameters: Sequence[Parameter], exercise: Exercise) -> list[Choice]:
    """What a parameter may stand for, and at what cost in likelihood."""
    operation = exercise.operation
    low = one.name.lower().strip("_")
    is_loss = exercise.family in ("alike", "classes", "hinge")
    found: list[Choice] = []
    if low in MASK_NAMES and operation.name in ("relu", "leaky_relu"):
        return [(0.0, Source("mask", "x > 0")), (0.5, Source("mask", "x ≤ 0"))]
    option = OPTIONS_OF.get((operation.name, low)) or OPTION_SYNONYMS.get(low, low)
    if low == "shape" and option in operation.options:  # the new one, or x's
        return [(0.0, Source("option", option)), (1.0, Source("shape", operation.operands[0]))]
    if option in operation.options:
        return [(0.0, Source("option", option))]
    if SETTINGS.fullmatch(low) and operation.options:
        return [(0.0, Source("settings"))]
    exact = operation.keywords.get(low, low if low in operation.operands else "")
    if exact:
        found.append((0.0, Source("operand", exact)))
    shape = _shape_of(low, exercise)
    if shape and not exact:
        return [(0.0, Source("shape", shape))]
    if low in COTANGENT_NAMES and not exact:
        found.append((0.0, Source("dy")))
    elif COTANGENT_FORM.fullmatch(low) and not exact:
        found.append((0.3, Source("dy")))
    if low in CACHE_NAMES and not exact:
        found.append((0.0, Source("cache")))
    elif low in TUPLE_NAMES and len(operation.operands) > 1 and not exact:
        found.append((1.0, Source("cache")))
    ahead = [name for name in operation.operands if name not in operation.operand_defaults]
    for place, operand in enumerate(operation.operands):
        words = OF_OPERATION.get((operation.name, operand), SYNONYMS.get(operand, "")).split()
        if low in words and operand != exact:
            found.append((0.5 + 0.01 * words.index(low), Source("operand", operand)))
        elif is_loss and place == 0 and low in RESULT_NAMES and operand != exact:
            found.append((0.6, Source("operand", operand)))
    if one.name.lower() in RESULT_NAMES or _names_the_operation(low, exercise):
        found.append((0.55 if is_loss and low != "y" else 0.4, Source("y")))
    if is_loss:
        found = [(cost + 3 * (source.kind == "y"), source) for cost, source in found if source is not None]
    if one.has_default:
        return [*found, (2.0 if found else 0.0, None)]
    if exact:
        return found
    meant = {source for _, source in found}
    only_by_form = low not in COTANGENT_NAMES and meant == {Source("dy")}  # den and dist look like cotangents
    x = Source("operand", operation.operands[0])
    if not found or only_by_form:  # by its place
        if not found:
            found = [(1.0 + 0.4 * position, Source("dy"))]
        found.append((2.6 + 2 * is_loss, Source("y")))
        layer = exercise.family in ("linear", "norm", "conv")  # of which a bias may have any name
        for place, operand in enumerate(operation.operands if layer else ahead):
            found.append((1.5 + 0.5 * abs(place - (position - 1)), Source("operand", operand)))
    elif exercise.family == "one" and Source("dy") not in meant and low not in INPUT_NAMES:
        if Source("y") not in meant:
            found.append((2.5, Source("y")))
        elif x not in meant and low not in ("y", "out", "output", "result"):
            found.append((2.5, x))
    if exercise.family == "one" and low in ("y", "out", "output", "result"):
        found = [(cost, source) for cost, source in found if source != x]
    return found


def _names_the_operation(low: str, exercise: Exercise) -> bool:
    """Whether a name is that of the forward's result, as tanh_x, sig, exp_out or log_p."""
    stem = exercise.operation.name[:3]
    return exercise.family == "one" and len(low) > 2 and low.startswith(stem)


def _shape_of(low: str, exercise: Exercise) -> str | None:
    first, _, last = low.partition("_")
    if low in ("shape", "shp", "original_shape", "in_shape", "old_shape", "orig_shape") and "shape" not in (
        exercise.operation.options if low == "shape" else ()
    ):
        return exercise.operation.operands[0]
    if low.endswith("shape") and not last:
        first, last = low.removesuffix("shape"), "shape"
    for operand in exercise.operation.operands:
        words = SYNONYMS.get(operand, operand).split()
        if (last == "shape" and first in words) or (first == "shape" and last in words):
            return operand
    return None


def _assignments(choices: Sequence[list[Choice]]) -> list[tuple[float, list[Source | None]]]:
    """All ways to give each parameter a source, no source twice; the cheapest few hundred."""
    partial: list[tuple[float, list[Source | None]]] = [(0.0, [])]
    for candidates in choices:
        longer = [
            (cost + more, [*sources, source])
            for cost, sources in partial
            for more, source in candidates
            if source is None or source not in sources
        ]
        longer.sort(key=lambda one: one[0])
        partial = longer[:300]
    return partial


def _makes_sense(pairs: Sequence[Match], exercise: Exercise) -> bool:
    sources = [source for _, source in pairs]
    operands = {source.name for source in sources if source.kind == "operand"}
    ahead = {name for name in exercise.operation.operands if name not in exercise.operation.operand_defaults}
    for one, source in pairs:  # a stranger may be the result in place of an operand, not besides all of them
        low = one.name.lower()
        if (
            source.kind == "y"
            and not (low in RESULT_NAMES or _names_the_operation(low, exercise))
            and ahead <= operands
        ):
            return False
    if Source("dy") in sources:
        return True
    return exercise.operation.name in LOSSES_WITHOUT_DY and any(
        source.kind in ("operand", "cache") for source in sources
    )


def _with_forms(found: Sequence[Sequence[Match]]) -> Iterator[list[Match]]:
    """The readings, those with a cache once for each form that it may have."""
    for pairs in found:
        if all(source.kind != "cache" for _, source in pairs):
            yield list(pairs)
            continue
        for form in CACHE_FORMS:
            yield [(one, Source("cache", form) if source.kind == "cache" else source) for one, source in pairs]


def _stranger(name: str, exercise: Exercise) -> str:
    return (
        f"the parameter {name!r} stands for nothing that {exercise.name} has: there are dy, "
        f"{', '.join(exercise.operation.operands)}, y (the result) and "
        f"{', '.join(exercise.operation.options) or 'no options'}"
    )


def _first_unmatched(parameters: Sequence[Parameter], exercise: Exercise) -> str:
    """Why no reading makes sense."""
    needed = [one for one in parameters if not one.has_default]
    room = 2 + len(exercise.operation.operands)
    if len(needed) > 1:
        for one in reversed(needed):
            low = one.name.lower()
            known = low in COTANGENT_NAMES | RESULT_NAMES | CACHE_NAMES or exercise.operation.keywords.get(low)
            if not known and len(needed) >= room - 1:
                return _stranger(one.name, exercise)
    return f"no parameter takes the cotangent: a backward is called as in {_example(exercise)}"


def _example(exercise: Exercise) -> str:
    return f"{exercise.name}_backward(dy, {', '.join(exercise.operation.operands)})"
